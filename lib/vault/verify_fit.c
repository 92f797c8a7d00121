#include "vault/verify_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "vault/manifest.h"

/*
 * A thousand snapshots of one working tree differ from one another in a few
 * files, so each is held against the one before: where neither the tree nor
 * the manifest's line of a path differs, what held there holds here. Layers
 * that both have say nothing new; the paths of all others, and those of the
 * trees' difference, are looked at one by one. Whatever is not plainly right
 * is left to the restore's own eyes, which know every reason.
 */
#define MANY_GONE 16

/* Layers that no snapshot at hand has are kept until they hold as many lines
 * as those that it has, and so many more: what is read is read once, and a
 * tree without end takes twice its own manifest and no more. */
#define SPARE_LINES 16384
#define LAYER_LINES 256 /* what a layer takes beside its lines */

/* What a layer says of a path. */
struct line {
	enum gv_manifest_type type;
	uint64_t chunked;
	char path[]; /* NUL-terminated */
};

struct layer {
	struct gv_oid oid;
	struct gv_arena arena;
	struct gv_map lines; /* path -> struct line */
	bool is_needed;
};

/* The metadata of a snapshot that count here. */
struct parts {
	struct gv_manifest_layer stack[GV_MANIFEST_MAX_LAYERS];
	size_t n;
	struct gv_oid chunks; /* the tree of large files' chunks; zero: none */
};

/* What is known of the last snapshot whose parts were found to fit. */
struct gv_verify_layers {
	struct gv_map cache; /* object id -> struct layer */
	size_t lines;        /* in it */
	struct parts parts;
	struct gv_oid tree;
	struct gv_verify_counts counts;
	bool is_set;
};

/* One snapshot beside it. */
struct fit {
	struct gv_verify_run *run;
	struct gv_verify_layers *old;
	struct parts parts;
	struct layer *layers[2][GV_MANIFEST_MAX_LAYERS]; /* 0: the old one's */
	size_t n[2], common;
	struct gv_map changed; /* path -> kind, of the trees' difference */
	struct gv_arena arena;
	const char *founded; /* the path of a directory that is known to be */
	size_t founded_len;
	struct gv_verify_counts counts;
	const char *gone[MANY_GONE]; /* directories */
	size_t n_gone;
	bool sure;
};

enum kind {
	KIND_NONE = 1, /* the tree has nothing there */
	KIND_FILE,
	KIND_LINK,
};

static void
free_layer(struct layer *l)
{
	if (l == NULL)
		return;
	gv_map_release(&l->lines);
	gv_arena_release(&l->arena);
	free(l);
}

void
gv_verify_layers_free(struct gv_verify_layers *old)
{
	size_t i;

	if (old == NULL)
		return;
	for (i = 0; i < old->cache.cap; i++)
		free_layer(old->cache.slots[i].value);
	gv_map_release(&old->cache);
	free(old);
}

static int
add_line(struct layer *l, const struct gv_manifest_entry *e)
{
	struct line *line =
	    gv_arena_alloc(&l->arena, sizeof(*line) + e->path_len + 1);

	if (line == NULL)
		return GV_ENOMEM;
	line->type = e->type;
	line->chunked = e->chunked;
	memcpy(line->path, e->path, e->path_len);
	return gv_map_put(&l->lines, line->path, e->path_len, line);
}

static int
parse_layer(struct layer *l, const struct gv_object *obj)
{
	struct gv_manifest_iter it;
	struct gv_manifest_entry e;
	int r;

	r = gv_manifest_iter_init(&it, (const char *)obj->data, obj->len);
	if (r < 0)
		return r;
	while ((r = gv_manifest_next(&it, &e)) > 0) {
		/* a NUL is left to the closer look */
		r = memchr(e.path, '\0', e.path_len) ? GV_ECORRUPT
						     : add_line(l, &e);
		if (r < 0)
			break;
	}
	gv_manifest_iter_release(&it);
	return r;
}

static int
get_layer(struct layer **out, struct fit *f, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	struct layer *l = gv_map_get(&f->old->cache, oid->id, GV_OID_RAW);
	int r;

	*out = l;
	if (l)
		return 0;
	r = gv_odb_read_type(f->run->odb, &obj, oid, GV_OTYPE_BLOB);
	if (r < 0)
		return r;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		r = gv_err_nomem();
	if (r == 0) {
		l->oid = *oid;
		r = parse_layer(l, &obj);
	}
	gv_object_release(&obj);
	if (r == 0)
		r = gv_map_put(&f->old->cache, l->oid.id, GV_OID_RAW, l);
	if (r < 0) {
		free_layer(l);
		return r;
	}
	f->old->lines += l->lines.n + LAYER_LINES;
	*out = l;
	return 0;
}

/* Let go of what the snapshot does not need, where that has become much. */
static void
trim_cache(struct gv_verify_layers *old)
{
	size_t i, needed = 0;
	struct layer *l;

	for (i = 0; i < old->parts.n; i++) {
		l = gv_map_get(
		    &old->cache, old->parts.stack[i].oid.id, GV_OID_RAW);
		if (l == NULL)
			continue;
		l->is_needed = true;
		needed += l->lines.n + LAYER_LINES;
	}
	for (i = 0; i < old->cache.cap; i++) {
		l = old->cache.slots[i].value;
		if (l && !l->is_needed &&
		    old->lines > 2 * needed + SPARE_LINES) {
			old->lines -= l->lines.n + LAYER_LINES;
			gv_map_del(&old->cache, l->oid.id, GV_OID_RAW);
			free_layer(l);
		} else if (l) {
			l->is_needed = false;
		}
	}
}

/* The newest line of a path in the layers from `from` on, or NULL. */
static const struct line *
find_line(
    const struct fit *f, int side, size_t from, const char *path, size_t len)
{
	uint64_t hash = gv_map_hash(path, len);
	const struct line *l = NULL;
	size_t i;

	for (i = f->n[side]; l == NULL && i-- > from;)
		l = gv_map_get_hashed(
		    &f->layers[side][i]->lines, hash, path, len);
	return l;
}

/* What the effective manifest says of a path, or NULL. */
static const struct line *
line_of(const struct fit *f, int side, const char *path, size_t len)
{
	const struct line *l = find_line(f, side, 0, path, len);

	return l && l->type != GV_MANIFEST_GONE ? l : NULL;
}

static int
type_of(const struct line *l)
{
	return l ? (int)l->type : 0;
}

static bool
is_dir(const struct fit *f, const char *path, size_t len)
{
	return type_of(line_of(f, 1, path, len)) == GV_MANIFEST_DIR;
}

/* Whether every directory above is known to the new manifest, and every
 * component of the path is safe to create. The path lives as long as the
 * look. */
static bool
is_founded(struct fit *f, const char *path, size_t len)
{
	const char *slash = memrchr(path, '/', len);
	size_t from = 0, above = slash ? (size_t)(slash - path) : 0, i;

	/* mostly they come directory by directory */
	if (f->founded && f->founded_len == above &&
	    memcmp(f->founded, path, above) == 0)
		return gv_path_is_safe(path + above + (slash != NULL),
		    len - above - (slash != NULL));
	if (!is_dir(f, "", 0))
		return false;
	for (i = 0; i <= len; i++) {
		if (i < len && path[i] != '/')
			continue;
		if (!gv_path_is_safe(path + from, i - from) ||
		    (i < len && !is_dir(f, path, i)))
			return false;
		from = i + 1;
	}
	f->founded = path;
	f->founded_len = above;
	return true;
}

static enum kind
kind_of(const struct gv_tree_entry *e)
{
	if (e == NULL)
		return KIND_NONE;
	if (e->mode == GV_MODE_LINK)
		return KIND_LINK;
	return (e->mode & 0170000u) == 0100000u ? KIND_FILE : 0;
}

/* Whether the line is what the tree has there; one of a file in chunks, whose
 * tree has a pointer, never is where it is new. */
static bool
is_line_of(const struct line *line, enum kind kind)
{
	int type = type_of(line);

	if (kind == KIND_FILE)
		return type == GV_MANIFEST_FILE && !line->chunked;
	if (kind == KIND_LINK)
		return type == GV_MANIFEST_LINK;
	return type == 0 || type == GV_MANIFEST_DIR ||
	    type == GV_MANIFEST_SKIPPED;
}

/* A path that differs between the trees. */
static int
on_change(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	struct fit *f = ctx;
	enum kind was = kind_of(a), is = kind_of(b);
	const struct line *old = line_of(f, 0, path, len);
	const char *copy = gv_arena_copy(&f->arena, path, len);
	uint64_t size = 0;
	int r = 0;

	if (copy == NULL)
		return GV_ENOMEM;
	if (was == 0 || is == 0 || !is_line_of(line_of(f, 1, path, len), is) ||
	    (is != KIND_NONE && !is_founded(f, copy, len)) ||
	    type_of(old) == GV_MANIFEST_SPARSE || (old && old->chunked)) {
		f->sure = false;
		return 0;
	}
	if (was != KIND_NONE) {
		r = gv_verify_size(&size, f->run, &a->oid);
		f->counts.files--;
		f->counts.bytes -= size;
	}
	if (r == 0 && is != KIND_NONE) {
		r = gv_verify_size(&size, f->run, &b->oid);
		f->counts.files++;
		f->counts.bytes += size;
	}
	return r < 0
	    ? r
	    : gv_map_put(&f->changed, copy, len, (void *)(uintptr_t)is);
}

/* A path that a layer of one side alone speaks of. */
static void
check_line(struct fit *f, const char *path, size_t len)
{
	const struct line *old = line_of(f, 0, path, len);
	const struct line *new = line_of(f, 1, path, len);
	int was = type_of(old), is = type_of(new);

	if (was == is && (old == NULL || old->chunked == new->chunked))
		return;
	if (was == GV_MANIFEST_DIR) {
		if (f->n_gone == MANY_GONE)
			f->sure = false;
		else
			f->gone[f->n_gone++] = path;
	}
	/* the trees' difference has been looked at with its line */
	if (gv_map_get(&f->changed, path, len))
		return;
	if (is == GV_MANIFEST_DIR && was == 0 && is_founded(f, path, len))
		return;
	if ((is == 0 || is == GV_MANIFEST_SKIPPED) &&
	    (was == 0 || was == GV_MANIFEST_SKIPPED || was == GV_MANIFEST_DIR))
		return;
	f->sure = false;
}

/* The line of a slot, each path once: by its newest line of the new side, or
 * of the old one where that has none. */
static void
check_slot(struct fit *f, int side, const struct gv_map_slot *slot)
{
	const char *path = slot->key;

	if (side == 0 && find_line(f, 1, f->common, path, slot->len))
		return;
	if (find_line(f, side, f->common, path, slot->len) == slot->value)
		check_line(f, path, slot->len);
}

static void
check_lines(struct fit *f)
{
	const struct gv_map *lines;
	size_t i, j;
	int side;

	for (side = 0; side < 2; side++)
		for (i = f->common; i < f->n[side]; i++) {
			lines = &f->layers[side][i]->lines;
			for (j = 0; f->sure && j < lines->cap; j++)
				if (lines->slots[j].value)
					check_slot(f, side, &lines->slots[j]);
		}
}

/* Whether the path is that of a directory below one that is gone. */
static bool
is_below_gone(const struct fit *f, const char *path, size_t len)
{
	size_t i, n;

	for (i = 0; i < f->n_gone; i++) {
		n = strlen(f->gone[i]);
		if (n < len && path[n] == '/' &&
		    memcmp(path, f->gone[i], n) == 0 && is_dir(f, path, len))
			return true;
	}
	return false;
}

/* A directory that the manifest no longer knows: the tree must not know it
 * either, and no directory that the manifest knows may lie below. */
static int
check_gone(struct fit *f, const struct gv_oid *tree)
{
	struct gv_oid oid;
	unsigned mode;
	size_t i, j;
	int r;

	for (i = 0; i < f->n_gone; i++) {
		r = gv_tree_find(f->run->odb, tree, f->gone[i], &mode, &oid);
		if (r == 0)
			f->sure = false;
		else if (r != GV_ENOTFOUND)
			return r;
	}

	for (i = 0; f->n_gone && i < f->n[1]; i++) {
		const struct gv_map *lines = &f->layers[1][i]->lines;

		for (j = 0; f->sure && j < lines->cap; j++)
			if (lines->slots[j].value &&
			    is_below_gone(
				f, lines->slots[j].key, lines->slots[j].len))
				f->sure = false;
	}
	return 0;
}

static int
read_parts(struct parts *out, struct gv_verify_run *run,
    const struct gv_verify_snapshot *s)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_oid manifest = { { 0 } };
	int r = gv_odb_read_type(run->odb, &obj, &s->rec.meta, GV_OTYPE_TREE);

	memset(&out->chunks, 0, sizeof(out->chunks));
	gv_tree_iter_init(&it, obj.data, obj.len);
	while (r >= 0 && (r = gv_tree_next(&it, &e)) > 0)
		if (strcmp(e.name, "manifest") == 0)
			manifest = e.oid;
		else if (strcmp(e.name, "chunks") == 0)
			out->chunks = e.oid;
	gv_object_release(&obj);
	return r < 0
	    ? r
	    : gv_manifest_layers(out->stack, &out->n, run->odb, &manifest);
}

/* The layers of both, those that both have first. */
static int
open_layers(struct fit *f)
{
	const struct parts *old = &f->old->parts, *new = &f->parts;
	size_t i;
	int r = 0;

	f->n[0] = old->n;
	f->n[1] = new->n;
	while (f->common < f->n[0] && f->common < f->n[1] &&
	    gv_oid_equal(
		&old->stack[f->common].oid, &new->stack[f->common].oid))
		f->common++;
	for (i = 0; r == 0 && i < f->n[0]; i++)
		r = get_layer(&f->layers[0][i], f, &old->stack[i].oid);
	for (i = 0; r == 0 && i < f->n[1]; i++)
		r = get_layer(&f->layers[1][i], f, &new->stack[i].oid);
	return r;
}

static int
look(struct fit *f, const struct gv_verify_snapshot *s)
{
	int r = read_parts(&f->parts, f->run, s);

	/* whether a large file has its chunks the restore's eyes must see */
	f->sure =
	    r == 0 && gv_oid_equal(&f->parts.chunks, &f->old->parts.chunks);
	if (f->sure)
		r = open_layers(f);
	if (r == 0 && f->sure)
		r = gv_tree_diff(
		    f->run->odb, &f->old->tree, &s->rec.tree, on_change, f);
	if (r == 0 && f->sure)
		check_lines(f);
	if (r == 0 && f->sure)
		r = check_gone(f, &s->rec.tree);
	return r;
}

static void
go_on_from(struct gv_verify_layers *old, const struct parts *parts,
    const struct gv_verify_snapshot *s, const struct gv_verify_counts *counts)
{
	old->parts = *parts;
	old->tree = s->rec.tree;
	old->counts = *counts;
	old->is_set = true;
	trim_cache(old);
}

int
gv_verify_fits(struct gv_verify_counts *counts, struct gv_verify_run *run,
    const struct gv_verify_snapshot *s)
{
	struct fit *f;
	int r;

	if (run->layers == NULL || !run->layers->is_set)
		return 0;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return gv_err_nomem();
	f->run = run;
	f->old = run->layers;
	f->counts = f->old->counts;
	r = look(f, s);
	if (r == 0 && f->sure) {
		*counts = f->counts;
		go_on_from(f->old, &f->parts, s, counts);
		r = 1;
	} else if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		r = 0; /* it will be told by those who look closer */
	}
	gv_map_release(&f->changed);
	gv_arena_release(&f->arena);
	free(f);
	return r;
}

int
gv_verify_fits_now(struct gv_verify_run *run,
    const struct gv_verify_snapshot *s, const struct gv_verify_counts *counts)
{
	struct parts parts;
	int r;

	if (run->layers == NULL)
		run->layers = calloc(1, sizeof(*run->layers));
	if (run->layers == NULL)
		return gv_err_nomem();
	r = read_parts(&parts, run, s);
	if (r == 0)
		go_on_from(run->layers, &parts, s, counts);
	return r == GV_ENOMEM ? r : 0;
}
