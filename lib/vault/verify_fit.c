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

/* The line of a file in chunks, whose tree has a pointer at the path: never
 * plainly right where it is new. */
#define CHUNKED 'c'

/* The lines of one layer: path -> its type. */
struct layer {
	struct gv_oid oid;
	struct gv_arena arena;
	struct gv_map lines;
	const char **paths; /* NUL-terminated copies, in the layer's order */
	size_t n, cap;
};

/* What is known of the last snapshot that was found whole. */
struct gv_verify_layers {
	struct gv_map cache; /* object id -> struct layer */
	struct gv_manifest_layer stack[GV_MANIFEST_MAX_LAYERS];
	size_t n;
	struct gv_oid tree, chunks;
	struct gv_verify_counts counts;
	bool is_set;
};

/* One snapshot beside it. */
struct fit {
	struct gv_verify_run *run;
	struct gv_verify_layers *old;
	struct layer *layers[2][GV_MANIFEST_MAX_LAYERS]; /* 0: the old one's */
	size_t n[2], common;
	struct gv_map changed; /* path -> kind, of the trees' difference */
	struct gv_arena arena;
	struct gv_verify_counts *counts;
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
	free(l->paths);
	free(l);
}

static void
drop_cache(struct gv_verify_layers *old)
{
	size_t i;

	for (i = 0; i < old->cache.cap; i++)
		if (old->cache.slots[i].value)
			free_layer(old->cache.slots[i].value);
	gv_map_release(&old->cache);
}

void
gv_verify_layers_free(struct gv_verify_layers *old)
{
	if (old == NULL)
		return;
	drop_cache(old);
	free(old);
}

static int
parse_layer(struct layer *l, const struct gv_object *obj)
{
	struct gv_manifest_iter it;
	struct gv_manifest_entry e;
	const char *path;
	int r;

	r = gv_manifest_iter_init(&it, (const char *)obj->data, obj->len);
	if (r < 0)
		return r;
	while ((r = gv_manifest_next(&it, &e)) > 0) {
		if (memchr(e.path, '\0', e.path_len)) {
			r = GV_ECORRUPT; /* left to the closer look */
			break;
		}
		path = gv_arena_copy(&l->arena, e.path, e.path_len);
		r = path ? gv_vec_grow((void **)&l->paths, &l->cap, l->n + 1,
			       sizeof(*l->paths))
			 : GV_ENOMEM;
		if (r == 0) {
			l->paths[l->n++] = path;
			r = gv_map_put(&l->lines, path, e.path_len,
			    (void *)(uintptr_t)(e.chunked ? CHUNKED : e.type));
		}
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
	*out = l;
	return 0;
}

/* What the effective manifest says of a path: a type, or 0. */
static int
line_of(const struct fit *f, int side, const char *path, size_t len)
{
	size_t i;

	for (i = f->n[side]; i-- > 0;) {
		void *t = gv_map_get(&f->layers[side][i]->lines, path, len);

		if (t)
			return (uintptr_t)t == GV_MANIFEST_GONE
			    ? 0
			    : (int)(uintptr_t)t;
	}
	return 0;
}

/* Whether every directory above is known to the new manifest, and every
 * component of the path is safe to create. */
static bool
is_founded(const struct fit *f, const char *path, size_t len)
{
	size_t from = 0, i;

	if (line_of(f, 1, "", 0) != GV_MANIFEST_DIR)
		return false;
	for (i = 0; i <= len; i++) {
		if (i < len && path[i] != '/')
			continue;
		if (!gv_path_is_safe(path + from, i - from) ||
		    (i < len && line_of(f, 1, path, i) != GV_MANIFEST_DIR))
			return false;
		from = i + 1;
	}
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

/* A path that differs between the trees. */
static int
on_change(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	struct fit *f = ctx;
	enum kind was = kind_of(a), is = kind_of(b);
	uint64_t size = 0;
	int line = line_of(f, 1, path, len), r = 0;
	const char *copy = gv_arena_copy(&f->arena, path, len);

	if (copy == NULL)
		return GV_ENOMEM;
	if (was == 0 || is == 0 ||
	    (is == KIND_FILE && line != GV_MANIFEST_FILE) ||
	    (is == KIND_LINK && line != GV_MANIFEST_LINK) ||
	    (is == KIND_NONE && line != 0 && line != GV_MANIFEST_DIR &&
		line != GV_MANIFEST_SKIPPED) ||
	    (is != KIND_NONE && !is_founded(f, path, len)) ||
	    line_of(f, 0, path, len) == GV_MANIFEST_SPARSE) {
		f->sure = false;
		return 0;
	}
	if (was != KIND_NONE) {
		r = gv_verify_size(&size, f->run, &a->oid);
		f->counts->files--;
		f->counts->bytes -= size;
	}
	if (r == 0 && is != KIND_NONE) {
		r = gv_verify_size(&size, f->run, &b->oid);
		f->counts->files++;
		f->counts->bytes += size;
	}
	return r < 0
	    ? r
	    : gv_map_put(&f->changed, copy, len, (void *)(uintptr_t)is);
}

/* A path that a layer of one side alone speaks of. */
static void
check_line(struct fit *f, const char *path)
{
	size_t len = strlen(path);
	int was = line_of(f, 0, path, len), is = line_of(f, 1, path, len);

	if (was == is)
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

static void
check_lines(struct fit *f)
{
	size_t i, j;
	int side;

	for (side = 0; side < 2; side++)
		for (i = f->common; i < f->n[side]; i++)
			for (j = 0; f->sure && j < f->layers[side][i]->n; j++)
				check_line(f, f->layers[side][i]->paths[j]);
}

/* A directory that the manifest no longer knows: the tree must not know it
 * either, and no directory that the manifest knows may lie below. */
static int
check_gone(struct fit *f, const struct gv_oid *tree)
{
	struct gv_oid oid;
	unsigned mode;
	size_t i, j, k;
	int r;

	for (i = 0; i < f->n_gone; i++) {
		r = gv_tree_find(f->run->odb, tree, f->gone[i], &mode, &oid);
		if (r == 0)
			f->sure = false;
		else if (r != GV_ENOTFOUND)
			return r;
	}

	for (i = 0; f->n_gone && i < f->n[1]; i++)
		for (j = 0; f->sure && j < f->layers[1][i]->n; j++) {
			const char *p = f->layers[1][i]->paths[j];

			for (k = 0; k < f->n_gone; k++) {
				size_t len = strlen(f->gone[k]);

				if (strncmp(p, f->gone[k], len) == 0 &&
				    p[len] == '/' &&
				    line_of(f, 1, p, strlen(p)) ==
					GV_MANIFEST_DIR)
					f->sure = false;
			}
		}
	return 0;
}

/* The tree of the large files' chunks; zero where there is none. */
static int
find_chunks(struct gv_oid *out, struct gv_verify_run *run,
    const struct gv_verify_snapshot *s)
{
	unsigned mode;
	int r = gv_tree_find(run->odb, &s->rec.meta, "chunks", &mode, out);

	if (r == GV_ENOTFOUND)
		memset(out, 0, sizeof(*out));
	return r == GV_ENOTFOUND ? 0 : r;
}

/* The layers of a snapshot, those that both have first. */
static int
open_layers(struct fit *f, const struct gv_verify_snapshot *s)
{
	struct gv_manifest_layer stack[GV_MANIFEST_MAX_LAYERS];
	struct gv_oid oid;
	unsigned mode;
	size_t i;
	int r;

	r = gv_tree_find(f->run->odb, &s->rec.meta, "manifest", &mode, &oid);
	if (r == 0)
		r = gv_manifest_layers(stack, &f->n[1], f->run->odb, &oid);
	if (r < 0)
		return r;
	f->n[0] = f->old->n;
	while (f->common < f->n[0] && f->common < f->n[1] &&
	    gv_oid_equal(&stack[f->common].oid, &f->old->stack[f->common].oid))
		f->common++;
	if (f->common == 0) {
		f->sure = false; /* another base: all of it is new */
		return 0;
	}
	for (i = 0; r == 0 && i < f->n[0]; i++)
		r = get_layer(&f->layers[0][i], f, &f->old->stack[i].oid);
	for (i = 0; r == 0 && i < f->n[1]; i++)
		r = get_layer(&f->layers[1][i], f, &stack[i].oid);
	return r;
}

int
gv_verify_fits(struct gv_verify_counts *counts, struct gv_verify_run *run,
    const struct gv_verify_snapshot *s)
{
	struct gv_oid chunks;
	struct fit *f;
	int r;

	if (run->layers == NULL || !run->layers->is_set)
		return 0;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return gv_err_nomem();
	f->run = run;
	f->old = run->layers;
	f->counts = counts;
	*counts = f->old->counts;
	/* whether a large file has its chunks the restore's eyes must see */
	r = find_chunks(&chunks, run, s);
	f->sure = r == 0 && gv_oid_equal(&chunks, &f->old->chunks);
	if (r == 0 && f->sure)
		r = open_layers(f, s);
	if (r == 0 && f->sure)
		r = gv_tree_diff(
		    run->odb, &f->old->tree, &s->rec.tree, on_change, f);
	if (r == 0 && f->sure)
		check_lines(f);
	if (r == 0 && f->sure)
		r = check_gone(f, &s->rec.tree);
	if (r == 0)
		r = f->sure;
	else if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		r = 0; /* it will be told by those who look closer */
	gv_map_release(&f->changed);
	gv_arena_release(&f->arena);
	free(f);
	return r;
}

int
gv_verify_fits_now(struct gv_verify_run *run,
    const struct gv_verify_snapshot *s, const struct gv_verify_counts *counts)
{
	struct gv_verify_layers *l = run->layers;
	struct gv_oid base, oid;
	unsigned mode;
	int r;

	if (l == NULL)
		l = run->layers = calloc(1, sizeof(*l));
	if (l == NULL)
		return gv_err_nomem();
	base = l->stack[0].oid;
	l->is_set = false;
	r = gv_tree_find(run->odb, &s->rec.meta, "manifest", &mode, &oid);
	if (r == 0)
		r = gv_manifest_layers(l->stack, &l->n, run->odb, &oid);
	if (r == 0)
		r = find_chunks(&l->chunks, run, s);
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	if (!gv_oid_equal(&base, &l->stack[0].oid))
		drop_cache(l);
	l->tree = s->rec.tree;
	l->counts = *counts;
	l->is_set = true;
	return 0;
}
