#include "restore/restore_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/tree.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "snapshot/seen.h"
#include "sys/dir.h"
#include "view/apart.h"

/*
 * A restore in place need not look at each file: the safety snapshot, taken
 * first, has just done so. What its tree and manifest share with those of the
 * snapshot is in place; the rest alone is planned, compared and written. A file
 * is replaced only while it is the very one that the safety snapshot holds, by
 * the stat data that this one has seen. Wherever that would not tell, all files
 * are looked at, as they are without it.
 */
struct gv_restore_narrow {
	struct gv_record safety;
	struct gv_seen *seen;
	struct gv_apart apart;
};

void
gv_restore_narrow_free(struct gv_restore_narrow *n)
{
	if (n == NULL)
		return;
	gv_record_release(&n->safety);
	gv_seen_close(n->seen);
	gv_apart_release(&n->apart);
	free(n);
}

/* Whether this restore may look at the differing paths only. One that leaves
 * out paths, or needs more than a comparison of stored content, may not. */
static bool
may_be(const struct gv_restore_run *run)
{
	const struct gv_restore_opts *o = run->opts;

	return o->to == NULL && o->take_safety && o->may_retake &&
	    !o->dry_run && !o->skip_damaged && !o->takes && !o->stays &&
	    o->n_pathspecs == 0 && o->overwrite == GV_RESTORE_IF_CHANGED &&
	    !run->is_foreign && run->rec->only == NULL &&
	    run->rec->omits == NULL &&
	    !gv_config_bool(&run->repo->config, "core.sparsecheckout", false);
}

static bool
is_file(enum gv_seen_kind kind)
{
	return kind == GV_SEEN_TRACKED || kind == GV_SEEN_UNTRACKED ||
	    kind == GV_SEEN_IGNORED || kind == GV_SEEN_POINTER;
}

/* Whether the safety snapshot can tell of all that it holds there whether it is
 * still that. */
static bool
is_known(const struct gv_restore_narrow *n)
{
	const struct gv_apart_path *p;
	enum gv_seen_kind kind;
	size_t i;

	for (i = 0; i < n->apart.n; i++) {
		p = n->apart.paths[i];
		kind = gv_seen_kind(n->seen, p->path, p->len);
		if (p->differs && p->from != is_file(kind) &&
		    !(p->to && kind == GV_SEEN_REPO))
			return false;
		/* nothing is written over one that is equal */
		if (kind == GV_SEEN_POINTER && !p->differs)
			continue;
		if (is_file(kind) &&
		    !gv_seen_is_settled(n->seen, p->path, p->len))
			return false;
	}
	return !n->apart.is_sparse;
}

/* What may be removed under one name and is in place under another: where names
 * are the same whatever their case, one file may be seen twice. */
static int
find_twin(bool *has, const struct gv_restore_narrow *n)
{
	struct gv_map inodes = GV_MAP_INIT;
	const struct gv_apart_path *p;
	const uint64_t *inode;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n->apart.n; i++) {
		p = n->apart.paths[i];
		if (p->differs
			? p->to
			: gv_seen_kind(n->seen, p->path, p->len) != GV_SEEN_DIR)
			continue;
		inode = gv_seen_inode(n->seen, p->path, p->len);
		if (inode)
			r = gv_map_put(&inodes, inode, sizeof(*inode), &inodes);
	}
	*has = r == 0 && gv_seen_is_any_twin(n->seen, &inodes);
	gv_map_release(&inodes);
	return r;
}

/* 0 with *is set; GV_ENOMEM; GV_ECANCELED. */
static int
find(bool *is, struct gv_restore_narrow *n, const struct gv_restore_run *run)
{
	struct gv_record_query query = { .text = run->result->safety };
	bool has_twin;
	int r;

	*is = false;
	if ((r = gv_record_resolve(&n->safety, run->repo, &query)) == 0 &&
	    (r = gv_seen_open(&n->seen, run->repo, &n->safety.commit)) == 0 &&
	    (r = gv_apart_find(&n->apart, run->odb, &n->safety, run->rec)) ==
		0 &&
	    (r = find_twin(&has_twin, n)) == 0)
		*is = !has_twin && is_known(n);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

int
gv_restore_narrow_down(struct gv_restore_run *run)
{
	const struct gv_restore_opts *o = run->opts;
	struct gv_restore_narrow *n;
	bool is = false;
	int r;

	if (!may_be(run))
		return 0;
	/* git would refuse it when the files are there already */
	if (o->index && (r = gv_restore_check_index(run)) < 0)
		return r;
	if ((r = o->take_safety(
		 o->safety_ctx, run->result->safety, &run->rec->tree)) < 0)
		return gv_err_in(r, GV_RESTORE_NO_SAFETY);
	if (*run->result->safety == '\0')
		return 0;
	if ((r = gv_odb_refresh(run->odb)) < 0)
		return r;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return gv_err_nomem();
	n->apart = (struct gv_apart)GV_APART_INIT;
	if ((r = find(&is, n, run)) == 0 && is) {
		run->narrow = n;
		return 0;
	}
	gv_restore_narrow_free(n);
	*run->result->safety = '\0';
	return r;
}

bool
gv_restore_narrow_has(
    const struct gv_restore_narrow *n, const char *path, size_t len)
{
	return n == NULL || gv_apart_is_on_way(&n->apart, path, len);
}

int
gv_restore_narrow_manifest(
    struct gv_manifest **out, const struct gv_restore_narrow *n)
{
	return gv_apart_manifest(out, &n->apart, GV_APART_TO);
}

uint64_t
gv_restore_narrow_same(const struct gv_restore_run *run)
{
	const uint64_t all = run->rec->files, some = run->plan.n_files;

	return run->narrow && all > some ? all - some : 0;
}

bool
gv_restore_narrow_is_held(
    const struct gv_restore_narrow *n, int root, const char *path, size_t len)
{
	struct stat st;

	return gv_dir_stat(root, path, len, &st) == 0 &&
	    gv_seen_is_same(n->seen, path, len, &st);
}

bool
gv_restore_narrow_knows(bool *same, const struct gv_restore_narrow *n,
    const char *path, size_t len, const struct stat *st)
{
	const struct gv_apart_path *p = gv_apart_get(&n->apart, path, len);
	const enum gv_seen_kind kind = gv_seen_kind(n->seen, path, len);

	if (p == NULL || !is_file(kind) || kind == GV_SEEN_POINTER ||
	    !gv_seen_is_same(n->seen, path, len, st))
		return false;
	*same = !p->is_other;
	return !p->differs || (p->from && p->to);
}

/* ---- what only the safety snapshot holds --------------------------------- */

bool
gv_restore_narrow_is_apart(
    const struct gv_restore_narrow *n, const char *path, size_t len)
{
	return n == NULL || gv_apart_get(&n->apart, path, len) != NULL;
}

static bool
is_only_held(const struct gv_apart_path *p)
{
	return p->from && !p->to;
}

/* Whether the rules at the top by which git ignores are still those of HEAD. */
static int
has_same_rules(bool *is, const struct gv_restore_run *run)
{
	struct gv_oid head, now;
	unsigned mode;
	int r = gv_restore_head_ignore(&head, run);

	*is = r == GV_ENOTFOUND || r == GV_ECORRUPT;
	if (r < 0)
		return *is ? 0 : r;
	r = gv_tree_find(
	    run->odb, &run->narrow->safety.tree, ".gitignore", &mode, &now);
	*is = r == 0 && gv_oid_equal(&head, &now);
	return r == GV_ENOTFOUND ? 0 : r;
}

int
gv_restore_narrow_tells(bool *tells, const struct gv_restore_run *run)
{
	const struct gv_restore_narrow *n = run->narrow;
	size_t i;

	*tells = n != NULL;
	for (i = 0; n && i < n->apart.n; i++) {
		const struct gv_apart_path *p = n->apart.paths[i];

		if (is_only_held(p) &&
		    gv_seen_kind(n->seen, p->path, p->len) == GV_SEEN_UNTRACKED)
			return has_same_rules(tells, run);
	}
	return 0;
}

int
gv_restore_narrow_each(const struct gv_restore_narrow *n,
    int (*fn)(void *ctx, const char *path, size_t len, bool is_ignored),
    void *ctx)
{
	const struct gv_apart_path *p;
	enum gv_seen_kind kind;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n->apart.n; i++) {
		p = n->apart.paths[i];
		if (!is_only_held(p))
			continue;
		kind = gv_seen_kind(n->seen, p->path, p->len);
		r = fn(ctx, p->path, p->len, kind == GV_SEEN_IGNORED);
	}
	return r;
}

/* Enter the folders around a file. */
static int
add_folders(struct gv_map *folders, const struct gv_apart_path *p)
{
	size_t len = p->len;
	int r = 0;

	while (r == 0 && len > 0) {
		if (p->path[--len] != '/')
			continue;
		if (gv_map_get(folders, p->path, len))
			break;
		r = gv_map_put(folders, p->path, len, folders);
	}
	return r;
}

int
gv_restore_narrow_has_empty(
    bool *has, const struct gv_restore_narrow *n, const struct gv_map *planned)
{
	struct gv_map folders = GV_MAP_INIT; /* that a file goes from */
	const struct gv_apart_path *p;
	size_t i;
	int r = 0;

	*has = false;
	for (i = 0; r == 0 && i < n->apart.n; i++)
		if (is_only_held(n->apart.paths[i]))
			r = add_folders(&folders, n->apart.paths[i]);
	for (i = 0; r == 0 && !*has && i < n->apart.n; i++) {
		p = n->apart.paths[i];
		*has = !gv_map_get(planned, p->path, p->len) &&
		    !gv_map_get(&folders, p->path, p->len) &&
		    gv_seen_kind(n->seen, p->path, p->len) == GV_SEEN_DIR;
	}
	gv_map_release(&folders);
	return r;
}
