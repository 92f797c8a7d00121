#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "infra/precious.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "secret/purge_internal.h"
#include "sys/cancel.h"
#include "vault/scope.h"

#define DEPTH 1000 /* of directories; no checkout of git goes deeper */

/* ---- trees ---- */

int
gv_purge_tree_entries(struct gv_buf *raw, bool *changed,
    const struct gv_object *tree, struct gv_buf *path, gv_purge_entry_fn *take,
    void *ctx)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_oid oid;
	size_t len = path->len;
	int r;

	gv_tree_iter_init(&it, tree->data, tree->len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (len)
			gv_buf_addch(path, '/');
		gv_buf_add(path, e.name, e.name_len);
		if ((r = gv_buf_check(path)) == 0)
			r = take(ctx, &e, &oid);
		gv_buf_truncate(path, len);
		if (r < 0)
			return r;
		*changed = *changed || !gv_oid_equal(&oid, &e.oid);
		if (!gv_oid_is_zero(&oid))
			gv_tree_add(raw, e.mode, e.name, e.name_len, &oid);
	}
	return r < 0 ? r : gv_buf_check(raw);
}

struct walk {
	struct gv_purge_run *run;
	struct gv_purge_part *part;
	struct gv_buf path;
	unsigned depth;
};

/* A file that Git was not to have: precious by its name, and not in the commit
 * that the snapshot was taken on. */
static int
is_precious(struct walk *w, const struct gv_tree_entry *e)
{
	struct gv_oid oid;
	unsigned mode;
	int r;

	if (!w->run->opts->precious || w->part->is_meta ||
	    e->mode == GV_MODE_LINK ||
	    gv_precious_rule(w->path.p, w->path.len) == NULL ||
	    gv_scope_keep(&w->run->policy, w->path.p, true) !=
		GV_SCOPE_SEALED ||
	    gv_map_get(&w->part->lined, w->path.p, w->path.len))
		return 0;
	if (gv_oid_is_zero(&w->run->base))
		return 1;
	r = gv_tree_find(w->run->odb, &w->run->base, w->path.p, &mode, &oid);
	return r == GV_ENOTFOUND ? 1 : r < 0 ? r : 0;
}

static int
walk_tree(struct walk *w, const struct gv_oid *tree, struct gv_oid *out);

static int
take_entry(void *ctx, const struct gv_tree_entry *e, struct gv_oid *out)
{
	struct walk *w = ctx;
	int r;

	*out = e->oid;
	if (e->mode == GV_MODE_GIT)
		return 0;
	if (e->mode == GV_MODE_DIR)
		return walk_tree(w, &e->oid, out);
	r = gv_purge_holds(w->run, &e->oid) ? 1 : is_precious(w, e);
	return r > 0 ? gv_purge_file(w->run, w->part, w->path.p, e, out) : r;
}

/* A tree without any of it is the same wherever it stands, and in all
 * snapshots that have it; but not where names count. */
static int
note_clean(struct gv_purge_run *run, const struct gv_oid *tree)
{
	char *key;

	if (run->opts->precious)
		return 0;
	key = gv_arena_copy(&run->arena, tree->id, GV_OID_RAW);
	return key ? gv_map_put(&run->clean, key, GV_OID_RAW, key) : GV_ENOMEM;
}

static int
walk_tree(struct walk *w, const struct gv_oid *tree, struct gv_oid *out)
{
	struct gv_object obj = { 0 };
	struct gv_buf raw = GV_BUF_INIT;
	uint64_t left = w->run->result->left;
	bool changed = false;
	int r;

	*out = *tree;
	if (gv_map_get(&w->run->clean, tree->id, GV_OID_RAW))
		return 0;
	if (gv_cancel_requested())
		return gv_cancel_error();
	if (++w->depth > DEPTH)
		return gv_err(
		    GV_EREFUSED, "its directories are nested too deeply");
	if ((r = gv_odb_read_type(w->run->odb, &obj, tree, GV_OTYPE_TREE)) ==
		0 &&
	    (r = gv_purge_tree_entries(
		 &raw, &changed, &obj, &w->path, take_entry, w)) == 0 &&
	    changed)
		r = w->run->opts->dry_run
		    ? gv_oid_of(out, GV_OTYPE_TREE, raw.p, raw.len)
		    : gv_pack_add(w->run->edit.lane, out, GV_OTYPE_TREE, raw.p,
			  raw.len, NULL);
	else if (r == 0 && left == w->run->result->left)
		r = note_clean(w->run, tree);
	gv_object_release(&obj);
	gv_buf_release(&raw);
	w->depth--;
	return r;
}

int
gv_purge_tree(struct gv_purge_run *run, struct gv_purge_part *part,
    const char *path, const struct gv_oid *tree, struct gv_oid *out)
{
	struct walk w = { .run = run, .part = part, .path = GV_BUF_INIT };
	int r;

	gv_buf_addstr(&w.path, path);
	if ((r = gv_buf_check(&w.path)) == 0)
		r = walk_tree(&w, tree, out);

	gv_buf_release(&w.path);
	return r;
}
