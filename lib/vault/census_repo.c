#include "store/nested.h"
#include "store/repo.h"
#include "store/tree.h"
#include "sys/file.h"
#include "vault/census_internal.h"

const struct gv_index_entry *
gv_census_submodule(const struct gv_census *c, const struct gv_buf *path)
{
	const struct gv_index_entry *e =
	    gv_index_find(c->opts.index, path->p, path->len, 0);

	return e && e->mode == GV_MODE_GIT ? e : NULL;
}

/* A submodule that is not checked out: an empty directory keeps its place,
 * and git's index knows its commit. */
static bool
is_placeholder(
    const struct gv_census *c, const struct gv_buf *path, struct gv_oid *commit)
{
	const struct gv_index_entry *e = gv_census_submodule(c, path);
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	bool empty;
	int fd;

	if (e == NULL)
		return false;
	fd = gv_dir_open(c->root_fd, path->p, path->len);
	empty = fd >= 0 && gv_dir_list(&names, fd) == 0 && names.n == 0;
	if (fd >= 0)
		gv_file_close(fd);
	gv_dir_names_release(&names);
	if (empty)
		*commit = e->oid;
	return empty;
}

bool
gv_census_is_repo(
    const struct gv_census *c, const struct gv_buf *path, struct gv_oid *commit)
{
	struct gv_buf full = GV_BUF_INIT;
	bool yes;

	gv_buf_addf(&full, "%s/%s", c->opts.repo->worktree, path->p);
	yes = gv_buf_check(&full) == 0 &&
	    (gv_nested_head(commit, full.p) || is_placeholder(c, path, commit));
	gv_buf_release(&full);
	return yes;
}
