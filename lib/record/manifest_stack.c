#include "record/manifest_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/tree.h"

/* Layers are numbered 1, 2, 3 …; number N takes in all those that share its
 * trailing zeros: 10 takes 1 to f, 100 takes 10, 20 … f0 (and what came after
 * f0). So at most 15 a digit stand at a time. */
#define FAN        16u
#define MAX_NUMBER 0xffffu

struct gv_manifest {
	struct gv_manifest_entry *entries;
	size_t n, cap;
	size_t first;       /* of the layer that was read last */
	struct gv_map seen; /* path -> its place in `entries`, plus one */
	struct gv_arena arena;
	/* which paths are read; NULL: all of them */
	bool (*takes)(void *ctx, const char *path, size_t len);
	void *ctx;
};

static bool
is_dir(const struct gv_manifest_entry *e)
{
	return e->type == GV_MANIFEST_DIR;
}

int
gv_manifest_compare(
    const struct gv_manifest_entry *a, const struct gv_manifest_entry *b)
{
	int c = gv_path_compare(
	    a->path, a->path_len, is_dir(a), b->path, b->path_len, is_dir(b));

	/* the top directory comes before everything, "a" before "a/b" */
	if (a->path_len == 0 || b->path_len == 0 || c == 0)
		return (a->path_len > b->path_len) -
		    (a->path_len < b->path_len);
	return c;
}

static int
compare(const void *a, const void *b)
{
	return gv_manifest_compare(a, b);
}

/* Copies of what the iterator lends, kept while they do not change. */
struct names {
	const char *user, *group;
};

static int
keep_text(struct gv_arena *arena, const char **text, const char **last)
{
	if (*text == NULL)
		return 0;
	if (last && *last && strcmp(*last, *text) == 0) {
		*text = *last;
		return 0;
	}
	*text = gv_arena_copy(arena, *text, strlen(*text));
	if (*text == NULL)
		return GV_ENOMEM;
	if (last)
		*last = *text;
	return 0;
}

static int
keep_entry(
    struct gv_arena *arena, struct gv_manifest_entry *e, struct names *names)
{
	e->path = gv_arena_copy(arena, e->path, e->path_len);
	if (e->path == NULL || keep_text(arena, &e->user, &names->user) < 0 ||
	    keep_text(arena, &e->group, &names->group) < 0 ||
	    keep_text(arena, &e->xattrs, NULL) < 0 ||
	    keep_text(arena, &e->holes, NULL) < 0 ||
	    keep_text(arena, &e->reason, NULL) < 0)
		return GV_ENOMEM;
	return 0;
}

/* The next line that is wanted: as gv_manifest_next(). */
static int
next_taken(const struct gv_manifest *m, struct gv_manifest_iter *it,
    struct gv_manifest_entry *e)
{
	struct gv_manifest_line line;
	int r;

	while (m->takes) {
		if ((r = gv_manifest_peek(&line, it)) <= 0)
			return r;
		if (m->takes(m->ctx, line.path, line.path_len))
			break;
		gv_manifest_pass(it, &line);
	}
	return gv_manifest_next(it, e);
}

/* Take the lines of one layer, the newest layer first: a path that a newer
 * one spoke of is not asked again. In one layer the later line counts. */
static int
add_layer(struct gv_manifest *m, const char *data, size_t len, bool last)
{
	struct gv_manifest_iter it;
	struct gv_manifest_entry e;
	struct names names = { NULL, NULL };
	size_t seen;
	int r;

	r = gv_manifest_iter_init(&it, data, len);
	if (r < 0)
		return r;
	m->first = m->n;
	while ((r = next_taken(m, &it, &e)) > 0) {
		seen =
		    (size_t)(uintptr_t)gv_map_get(&m->seen, e.path, e.path_len);
		if (seen && seen <= m->first)
			continue;
		r = keep_entry(&m->arena, &e, &names);
		if (r == 0 && seen == 0)
			r = GV_GROW(m->entries, m->n, m->cap);
		if (r < 0)
			break;
		if (seen) {
			/* the old key goes with the old entry's path */
			e.path = m->entries[seen - 1].path;
			m->entries[seen - 1] = e;
			continue;
		}
		m->entries[m->n++] = e;
		/* nothing comes after the base that would ask */
		if (!last)
			r = gv_map_put(&m->seen, e.path, e.path_len,
			    (void *)(uintptr_t)m->n);
		if (r < 0)
			break;
	}
	gv_manifest_iter_release(&it);
	return r;
}

static bool
is_sorted(const struct gv_manifest_entry *e, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (gv_manifest_compare(&e[i - 1], &e[i]) > 0)
			return false;
	return true;
}

/* Put the entries in order. The base, which comes last, mostly is already:
 * then only the layers' few lines are sorted, and both merged. */
static int
sort_entries(struct gv_manifest *m)
{
	struct gv_manifest_entry *e = m->entries, *out;
	size_t i = 0, j = m->first, k = 0;

	if (is_sorted(e, m->n))
		return 0;
	qsort(e, m->first, sizeof(*e), compare);
	if (!is_sorted(e + m->first, m->n - m->first))
		qsort(e + m->first, m->n - m->first, sizeof(*e), compare);
	out = malloc(m->n * sizeof(*out));
	if (out == NULL)
		return gv_err_nomem();
	while (i < m->first && j < m->n)
		out[k++] =
		    gv_manifest_compare(&e[i], &e[j]) <= 0 ? e[i++] : e[j++];
	while (i < m->first)
		out[k++] = e[i++];
	while (j < m->n)
		out[k++] = e[j++];
	free(e);
	m->entries = out;
	m->cap = m->n;
	return 0;
}

static void
drop_gone(struct gv_manifest *m)
{
	size_t i, n = 0;

	for (i = 0; i < m->n; i++)
		if (m->entries[i].type != GV_MANIFEST_GONE)
			m->entries[n++] = m->entries[i];
	m->n = n;
}

static int
read_layer(struct gv_manifest *m, struct gv_odb *odb,
    const struct gv_manifest_layer *layer, bool last)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, &layer->oid, GV_OTYPE_BLOB);

	if (r == 0)
		r = add_layer(m, (const char *)obj.data, obj.len, last);
	gv_object_release(&obj);
	if (r < 0)
		return gv_err_in(r, "manifest layer %04x", layer->number);
	return 0;
}

/* "0000" to "ffff"; 0 where it is one. */
static int
parse_number(unsigned *out, const char *name, size_t len)
{
	static const char set[] = "0123456789abcdef";
	size_t i;
	const char *at;

	*out = 0;
	for (i = 0; i < len; i++) {
		at = name[i] ? strchr(set, name[i]) : NULL;
		if (at == NULL)
			return GV_ECORRUPT;
		*out = *out * FAN + (unsigned)(at - set);
	}
	return len == 4 ? 0 : GV_ECORRUPT;
}

int
gv_manifest_layers(struct gv_manifest_layer *out, size_t *n_out,
    struct gv_odb *odb, const struct gv_oid *tree)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	unsigned number = 0;
	size_t n = 0;
	int r;

	r = gv_odb_read_type(odb, &obj, tree, GV_OTYPE_TREE);
	if (r < 0)
		return gv_err_in(r, "the manifest's layers");
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (e.mode != GV_MODE_FILE ||
		    parse_number(&number, e.name, e.name_len) < 0)
			r = gv_err(GV_ECORRUPT,
			    "%s in meta/manifest is no layer", e.name);
		else if (n == GV_MANIFEST_MAX_LAYERS)
			r = gv_err(GV_ECORRUPT,
			    "meta/manifest has more than %d layers",
			    GV_MANIFEST_MAX_LAYERS);
		if (r < 0)
			break;
		out[n].number = number;
		out[n].oid = e.oid;
		out[n++].size = 0;
	}
	gv_object_release(&obj);
	if (r < 0)
		return r;
	/* names of equal length: Git's order is that of the numbers */
	if (n == 0 || out[0].number != 0)
		return gv_err(
		    GV_ENOTFOUND, "manifest layer 0000, the base, is missing");
	*n_out = n;
	return 0;
}

int
gv_manifest_parse(struct gv_manifest **out, const char *data, size_t len)
{
	struct gv_manifest *m = calloc(1, sizeof(*m));
	int r;

	if (m == NULL)
		return gv_err_nomem();
	if ((r = add_layer(m, data, len, true)) == 0)
		r = sort_entries(m);
	if (r < 0)
		gv_manifest_free(m);
	else
		*out = m;
	return r;
}

int
gv_manifest_text_pick(struct gv_manifest **out, struct gv_manifest_text *text,
    bool (*takes)(void *ctx, const char *path, size_t len), void *ctx)
{
	struct gv_manifest *m = calloc(1, sizeof(*m));
	const struct gv_object *obj = NULL;
	size_t i;
	int r = 0;

	if (m == NULL)
		return gv_err_nomem();
	m->takes = takes;
	m->ctx = ctx;
	for (i = text->n; r == 0 && i-- > 0;) {
		if ((r = gv_manifest_text_read(&obj, text, i)) < 0)
			break;
		r = add_layer(m, (const char *)obj->data, obj->len, i == 0);
		if (r < 0)
			gv_err_in(
			    r, "manifest layer %04x", text->layers[i].number);
	}
	if (r == 0)
		r = sort_entries(m);
	gv_map_release(&m->seen);
	if (r < 0) {
		gv_manifest_free(m);
		return r;
	}
	drop_gone(m);
	*out = m;
	return 0;
}

int
gv_manifest_load(
    struct gv_manifest **out, struct gv_odb *odb, const struct gv_oid *tree)
{
	struct gv_manifest_text *text;
	int r = gv_manifest_text_open(&text, odb, tree);

	if (r < 0)
		return r;
	r = gv_manifest_text_pick(out, text, NULL, NULL);
	gv_manifest_text_close(text);
	return r;
}

void
gv_manifest_free(struct gv_manifest *m)
{
	if (m == NULL)
		return;
	gv_map_release(&m->seen);
	gv_arena_release(&m->arena);
	free(m->entries);
	free(m);
}

const struct gv_manifest_entry *
gv_manifest_get(const struct gv_manifest *m, const char *path, size_t len)
{
	struct gv_manifest_entry key = { .path = path, .path_len = len };
	const struct gv_manifest_entry *e;

	/* it stands in one of two places: as a directory, or not as one */
	key.type = GV_MANIFEST_FILE;
	e = m->n ? bsearch(&key, m->entries, m->n, sizeof(key), compare) : NULL;
	if (e || m->n == 0)
		return e;
	key.type = GV_MANIFEST_DIR;
	return bsearch(&key, m->entries, m->n, sizeof(key), compare);
}

bool
gv_manifest_is_bare(const struct gv_manifest *m, size_t i)
{
	const struct gv_manifest_entry *e = &m->entries[i];

	return e->type == GV_MANIFEST_DIR &&
	    (i + 1 == m->n ||
		!gv_path_is_below(
		    e[1].path, e[1].path_len, e->path, e->path_len));
}

const struct gv_manifest_entry *
gv_manifest_get_skipped(
    const struct gv_manifest *m, const char *path, size_t len)
{
	const struct gv_manifest_entry *e;
	size_t i;

	for (i = 1; m && i <= len; i++) {
		if (i < len && path[i] != '/')
			continue;
		e = gv_manifest_get(m, path, i);
		if (e && e->type == GV_MANIFEST_SKIPPED)
			return e;
	}
	return NULL;
}

const struct gv_manifest_entry *
gv_manifest_at(const struct gv_manifest *m, size_t i)
{
	return &m->entries[i];
}

size_t
gv_manifest_count(const struct gv_manifest *m)
{
	return m->n;
}

/* Write all lines under the owner of the newest layer. */
static int
write_entries(
    struct gv_buf *out, const struct gv_manifest *m, const struct gv_buf *text)
{
	struct gv_manifest_iter it;
	size_t i;
	int r = gv_manifest_iter_init(&it, text->p, text->len);

	if (r < 0)
		return r;
	gv_manifest_begin(out, it.user, it.group);
	for (i = 0; i < m->n; i++)
		gv_manifest_put(out, &m->entries[i]);
	gv_manifest_iter_release(&it);
	return gv_buf_check(out);
}

/* Merge the layers old[0 … n-1] and the newest, `text`. */
static int
merge(struct gv_buf *out, struct gv_odb *odb,
    const struct gv_manifest_layer *old, size_t n, const struct gv_buf *text)
{
	struct gv_manifest m = { 0 };
	int r = add_layer(&m, text->p, text->len, n == 0);

	while (r == 0 && n > 0) {
		n--;
		r = read_layer(&m, odb, &old[n], n == 0);
	}
	if (r == 0 && (r = sort_entries(&m)) == 0)
		r = write_entries(out, &m, text);
	gv_map_release(&m.seen);
	gv_arena_release(&m.arena);
	free(m.entries);
	return r;
}

/* Fill in the sizes that are not known. */
static int
ask_sizes(struct gv_manifest_layer *layers, size_t n, struct gv_odb *odb)
{
	enum gv_otype type;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		if (layers[i].size)
			continue;
		r = gv_odb_read_header(
		    odb, &type, &layers[i].size, &layers[i].oid);
		if (r < 0)
			return r;
	}
	return 0;
}

/* How many of the old layers stay beside the new one of this number. */
static size_t
count_kept(const struct gv_manifest_layer *old, size_t n, unsigned number)
{
	unsigned span = 1;

	while (number % (span * FAN) == 0)
		span *= FAN;
	while (n > 1 && old[n - 1].number > number - span)
		n--;
	return n;
}

int
gv_manifest_stack(struct gv_manifest_layer *layers, size_t *n,
    struct gv_buf *merged, struct gv_odb *odb, const struct gv_buf *text)
{
	size_t before = merged->len, kept, total = 0, i;
	unsigned number;
	int r;

	if (*n == 0 || *n > GV_MANIFEST_MAX_LAYERS ||
	    layers[*n - 1].number >= MAX_NUMBER)
		return GV_EREFUSED;
	number = layers[*n - 1].number + 1;
	kept = count_kept(layers, *n, number);
	if (kept == GV_MANIFEST_MAX_LAYERS)
		return GV_EREFUSED;
	if ((r = ask_sizes(layers, kept, odb)) == 0 && kept < *n)
		r = merge(merged, odb, layers + kept, *n - kept, text);
	else if (r == 0)
		gv_buf_add(merged, text->p, text->len);
	if (r == 0)
		r = gv_buf_check(merged);
	for (i = 1; r == 0 && i < kept; i++)
		total += layers[i].size;
	total += merged->len - before;
	if (r == 0 && total > layers[0].size / 4)
		r = GV_EREFUSED;
	if (r < 0) {
		gv_buf_truncate(merged, before);
		return r == GV_ECORRUPT || r == GV_ENOTFOUND ? GV_EREFUSED : r;
	}
	memset(&layers[kept], 0, sizeof(layers[kept]));
	layers[kept].number = number;
	layers[kept].size = merged->len - before;
	*n = kept + 1;
	return 0;
}
