#include "state/track_values.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "state/track_values_internal.h"

/* ---- what is kept ------------------------------------------------------- */

void
gv_track_values_reset(struct gv_track_values *values)
{
	size_t i;

	for (i = 0; i < values->n_groups; i++)
		gv_track_kept_release(&values->groups[i].kept);
	values->n_groups = values->n_spans = 0;
	values->at = 0;
}

int
gv_track_values_span(
    struct gv_track_values *values, size_t part, size_t len, bool is_wanted)
{
	uint64_t from =
	    values->n_spans ? values->spans[values->n_spans - 1].to : 0;
	int r = GV_GROW(values->spans, values->n_spans, values->cap_spans);

	if (r < 0)
		return r;
	values->spans[values->n_spans++] =
	    (struct gv_track_values_span){ from, from + len, part, is_wanted };
	return 0;
}

static const struct gv_track_values_span *
find_span(const struct gv_track_values *values, uint64_t at)
{
	size_t low = 0, high = values->n_spans;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (values->spans[mid].to <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low < values->n_spans ? &values->spans[low] : NULL;
}

static const struct gv_track_values_span *
where(const struct gv_track_values *values, uint64_t at,
    const struct gv_state_group *group, size_t i)
{
	const char *p = group->items[i].text;

	return p >= group->text && p < group->text + group->len
	    ? find_span(values, at + (uint64_t)(p - group->text))
	    : NULL;
}

const struct gv_track_values_span *
gv_track_values_where(const struct gv_track_values *values,
    const struct gv_track_values_group *group, size_t i)
{
	return where(values, group->at, &group->kept.group, i);
}

static bool
is_wanted(const struct gv_track_values *values, uint64_t at,
    const struct gv_state_group *group)
{
	const struct gv_track_values_span *span;
	size_t i;

	for (i = 0; i < group->n_items; i++) {
		span = where(values, at, group, i);
		if (span && span->is_wanted)
			return true;
	}
	return false;
}

int
gv_track_values_keep(void *ctx, const struct gv_state_group *group)
{
	struct gv_track_values *values = ctx;
	struct gv_track_values_group kept = { .at = values->at };
	int r;

	values->at += group->len;
	if (!is_wanted(values, kept.at, group))
		return 0;
	r = GV_GROW(values->groups, values->n_groups, values->cap_groups);
	if (r == 0 && (r = gv_track_kept_put(&kept.kept, group)) == 0)
		values->groups[values->n_groups++] = kept;
	else
		gv_track_kept_release(&kept.kept);
	return r;
}

/* ---- all of it ---------------------------------------------------------- */

struct whole {
	struct gv_track_values *values;
	struct gv_track_reader *reader;
	size_t part; /* that is read next */
	const unsigned char *p;
	size_t len;
};

/* The next part: 1; 0 at the end; a failure. */
static int
next_part(struct whole *w)
{
	struct gv_track_values *values = w->values;
	const void *p = NULL;
	int r = gv_track_reader_next(w->reader, &p, &w->len), e;

	if (r <= 0)
		return r;
	w->p = p;
	e = gv_track_values_span(values, w->part, w->len,
	    w->part < values->parts.n && values->wanted[w->part]);
	w->part++;
	return e < 0 ? e : 1;
}

static int64_t
read_whole(void *ctx, void *data, size_t len)
{
	struct whole *w = ctx;
	int r = 1;

	while (w->len == 0 && r > 0)
		r = next_part(w);
	if (r <= 0)
		return r;
	len = len < w->len ? len : w->len;
	memcpy(data, w->p, len);
	w->p += len;
	w->len -= len;
	return (int64_t)len;
}

static int
keep_whole(struct gv_track_values *values)
{
	struct whole w = { .values = values };
	const struct gv_state_source source = { .read = read_whole,
		.cut = gv_chunk_cut,
		.memory = &gv_secret_memory,
		.ctx = &w };
	struct gv_state_info info;
	int r = gv_track_reader_new(
	    &w.reader, values->repo, values->safe, values->v);

	gv_track_values_reset(values);
	if (r == 0)
		r = gv_state_run(&info, &source, gv_track_values_keep, values);
	values->opened = w.part;
	gv_track_reader_free(w.reader);
	return r;
}

/* ---- which -------------------------------------------------------------- */

/* Which parts the leaves are of. The same leaf twice is the same part twice. */
static int
want(struct gv_track_values *values, const struct gv_oid *leaves, size_t n)
{
	struct gv_map map = GV_MAP_INIT;
	size_t i;
	int r = 0;

	values->wanted = calloc(values->parts.n + 1, sizeof(*values->wanted));
	if (values->wanted == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < n; i++)
		r = gv_map_put(
		    &map, leaves[i].id, GV_OID_RAW, (void *)&leaves[i]);
	for (i = 0; r == 0 && i < values->parts.n; i++) {
		values->wanted[i] =
		    gv_map_get(&map, values->parts.list[i].leaf.id,
			GV_OID_RAW) != NULL;
		values->n_wanted += values->wanted[i];
	}
	gv_map_release(&map);
	return r;
}

static char *
key_of(struct gv_arena *words, const struct gv_state_item *item, size_t *len)
{
	char *key;

	*len = item->address_len + 1 + item->deposed_len;
	key = gv_arena_alloc(words, *len);
	if (key == NULL)
		return NULL;
	memcpy(key, item->address, item->address_len);
	key[item->address_len] = '\0';
	if (item->deposed_len)
		memcpy(key + item->address_len + 1, item->deposed,
		    item->deposed_len);
	return key;
}

static int
name_items(
    struct gv_track_values *values, const struct gv_track_values_group *group)
{
	const struct gv_state_group *g = &group->kept.group;
	const struct gv_track_values_span *span;
	size_t i, len;
	char *key;
	int r = 0;

	for (i = 0; r == 0 && i < g->n_items; i++) {
		span = gv_track_values_where(values, group, i);
		if (span == NULL || !span->is_wanted)
			continue;
		key = key_of(&values->words, &g->items[i], &len);
		r = key
		    ? gv_map_put(&values->items, key, len, (void *)&g->items[i])
		    : GV_ENOMEM;
	}
	return r;
}

static int
read_items(struct gv_track_values *values)
{
	size_t i;
	int r = 0;

	if (values->n_wanted)
		r = gv_track_values_pick(values);
	if (r == 0 && values->n_wanted)
		r = keep_whole(values);
	for (i = 0; r >= 0 && i < values->n_groups; i++)
		r = name_items(values, &values->groups[i]);
	return r < 0 ? r : 0;
}

int
gv_track_values_open(struct gv_track_values **out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_version *v,
    const struct gv_oid *leaves, size_t n)
{
	struct gv_track_values *values = calloc(1, sizeof(*values));
	int r;

	if (values == NULL)
		return gv_err_nomem();
	values->repo = repo;
	values->safe = safe;
	values->v = v;
	values->items = (struct gv_map)GV_MAP_INIT;
	values->words = (struct gv_arena)GV_ARENA_INIT;
	if ((r = gv_repo_odb(repo, &values->odb)) == 0 &&
	    (r = gv_track_parts_list(&values->parts, values->odb, &v->tree)) ==
		0)
		r = want(values, leaves, n);
	if (r < 0)
		r = gv_track_in_version(v, r);
	else
		r = read_items(values);
	if (r == 0)
		*out = values;
	else
		gv_track_values_close(values);
	return r;
}

const struct gv_state_item *
gv_track_values_find(const struct gv_track_values *values, const char *address,
    const char *deposed)
{
	struct gv_buf key = GV_BUF_INIT;
	const struct gv_state_item *item = NULL;

	gv_buf_add(&key, address, strlen(address) + 1);
	gv_buf_addstr(&key, deposed);
	if (gv_buf_check(&key) == 0)
		item = gv_map_get(&values->items, key.p, key.len);
	gv_buf_release(&key);
	return item;
}

int
gv_track_values_each(const struct gv_track_values *values,
    int (*fn)(void *ctx, const struct gv_state_item *item), void *ctx)
{
	size_t i, k;
	int r = 0;

	for (i = 0; values && r == 0 && i < values->n_groups; i++) {
		const struct gv_state_group *g = &values->groups[i].kept.group;

		for (k = 0; r == 0 && k < g->n_items; k++)
			r = fn(ctx, &g->items[k]);
	}
	return r;
}

size_t
gv_track_values_opened(const struct gv_track_values *values)
{
	return values ? values->opened : 0;
}

void
gv_track_values_close(struct gv_track_values *values)
{
	if (values == NULL)
		return;
	gv_track_values_reset(values);
	gv_track_parts_release(&values->parts);
	gv_map_release(&values->items);
	gv_arena_release(&values->words);
	free(values->wanted);
	free(values->spans);
	free(values->groups);
	free(values);
}
