#include "view/apart.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "record/record.h"

/* What by_path has of a directory that is there for what is in it alone. */
static const struct gv_apart_path around;

/* Enter the directories around a path, from the innermost up to the first that
 * is known. */
static int
add_above(struct gv_apart *a, const char *path, size_t len)
{
	int r = 0;

	while (r == 0 && len > 0) {
		if (path[--len] != '/')
			continue;
		if (gv_map_get(&a->by_path, path, len))
			break;
		r = gv_map_put(
		    &a->by_path, path, len, (void *)(uintptr_t)&around);
	}
	return r;
}

static int
add(struct gv_apart_path **out, struct gv_apart *a, const char *path,
    size_t len)
{
	void *is = gv_map_get(&a->by_path, path, len);
	struct gv_apart_path *p;
	int r;

	*out = is;
	if (is && is != &around)
		return 0;
	p = gv_arena_alloc(&a->arena, sizeof(*p));
	if (p == NULL)
		return GV_ENOMEM;
	p->path = gv_arena_copy(&a->arena, path, len);
	p->len = len;
	if (p->path == NULL)
		return GV_ENOMEM;
	r = gv_vec_grow(
	    (void **)&a->paths, &a->cap, a->n + 1, sizeof(*a->paths));
	if (r < 0 || (r = gv_map_put(&a->by_path, p->path, len, p)) < 0)
		return r;
	a->paths[a->n++] = *out = p;
	return is ? 0 : add_above(a, p->path, len);
}

/* A file and a directory of one name come one after the other. */
static int
add_entry(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *from, const struct gv_tree_entry *to)
{
	struct gv_apart_path *p;
	int r = add(&p, ctx, path, len);

	if (r < 0)
		return r;
	p->differs = true;
	p->from |= from != NULL;
	p->to |= to != NULL;
	p->is_other |= from && to && !gv_oid_equal(&from->oid, &to->oid);
	return 0;
}

static int
add_line(void *ctx, const struct gv_manifest_line *line)
{
	struct gv_apart_path *p;

	return add(&p, ctx, line->path, line->path_len);
}

/* Lines that only all of their kind say something. */
static int
add_special(void *ctx, const struct gv_manifest_line *line)
{
	struct gv_apart *a = ctx;

	a->is_sparse |= line->type == GV_MANIFEST_SPARSE;
	return line->is_special || line->type == GV_MANIFEST_REPO ||
		line->type == GV_MANIFEST_SKIPPED
	    ? add_line(a, line)
	    : 0;
}

static int
open_lines(struct gv_manifest_text **out, struct gv_odb *odb,
    const struct gv_record *rec)
{
	struct gv_oid id;
	unsigned mode;
	int r = gv_tree_find(odb, &rec->meta, "manifest", &mode, &id);

	if (r == GV_ENOTFOUND || (r == 0 && mode != GV_MODE_DIR))
		return GV_EREFUSED;
	return r < 0 ? r : gv_manifest_text_open(out, odb, &id);
}

int
gv_apart_find(struct gv_apart *out, struct gv_odb *odb,
    const struct gv_record *from, const struct gv_record *to)
{
	struct gv_manifest_text **lines = out->lines;
	int r;

	if ((r = open_lines(&lines[GV_APART_FROM], odb, from)) == 0 &&
	    (r = open_lines(&lines[GV_APART_TO], odb, to)) == 0 &&
	    (r = gv_tree_diff(odb, &from->tree, &to->tree, add_entry, out)) ==
		0)
		r = gv_manifest_text_diff(lines[GV_APART_FROM],
		    lines[GV_APART_TO], add_line, add_special, out);
	return r;
}

/* Whether two trees have the same entry of a path. */
static int
has_same_entry(bool *is, struct gv_odb *odb, const struct gv_record *from,
    const struct gv_record *to, const char *path)
{
	struct gv_oid a, b;
	unsigned mode_a, mode_b;
	int r;

	*is = false;
	if ((r = gv_tree_find(odb, &from->tree, path, &mode_a, &a)) == 0 &&
	    (r = gv_tree_find(odb, &to->tree, path, &mode_b, &b)) == 0)
		*is = mode_a == mode_b && gv_oid_equal(&a, &b);
	return r == GV_ENOTFOUND ? 0 : r;
}

int
gv_apart_is_alike(bool *is, struct gv_odb *odb, const struct gv_record *from,
    const struct gv_record *to, const char *path, size_t len)
{
	struct gv_manifest_text *a = NULL, *b = NULL;
	int r;

	if ((r = has_same_entry(is, odb, from, to, path)) < 0 || !*is)
		return r;
	if ((r = open_lines(&a, odb, from)) == 0 &&
	    (r = open_lines(&b, odb, to)) == 0)
		r = gv_manifest_text_is_alike(is, a, b, path, len);
	gv_manifest_text_close(a);
	gv_manifest_text_close(b);
	if (r < 0)
		*is = false;
	return r == GV_EREFUSED ? 0 : r;
}

void
gv_apart_release(struct gv_apart *apart)
{
	gv_manifest_text_close(apart->lines[GV_APART_FROM]);
	gv_manifest_text_close(apart->lines[GV_APART_TO]);
	gv_map_release(&apart->by_path);
	gv_arena_release(&apart->arena);
	free(apart->paths);
	*apart = (struct gv_apart)GV_APART_INIT;
}

const struct gv_apart_path *
gv_apart_get(const struct gv_apart *apart, const char *path, size_t len)
{
	const void *is = gv_map_get(&apart->by_path, path, len);

	return is == &around ? NULL : is;
}

bool
gv_apart_is_on_way(const struct gv_apart *apart, const char *path, size_t len)
{
	return len == 0 || gv_map_get(&apart->by_path, path, len);
}

static bool
is_taken(void *ctx, const char *path, size_t len)
{
	return gv_apart_is_on_way(ctx, path, len);
}

int
gv_apart_manifest(struct gv_manifest **out, const struct gv_apart *apart,
    enum gv_apart_side side)
{
	return gv_manifest_text_pick(
	    out, apart->lines[side], is_taken, (void *)(uintptr_t)apart);
}

int
gv_apart_add(struct gv_apart *apart, const char *path, size_t len)
{
	struct gv_apart_path *p;

	return add(&p, apart, path, len);
}

int
gv_apart_overlay(struct gv_apart *apart, const char *text, size_t len)
{
	struct gv_manifest_line line;
	struct gv_manifest_iter it;
	int r = gv_manifest_iter_init(&it, text, len);

	if (r < 0)
		return r;
	while ((r = gv_manifest_peek(&line, &it)) > 0 &&
	    (r = add_line(apart, &line)) == 0)
		gv_manifest_pass(&it, &line);
	gv_manifest_iter_release(&it);
	if (r == 0)
		gv_manifest_text_add(apart->lines[GV_APART_TO], text, len);
	return r;
}
