#include <stdlib.h>
#include <string.h>

#include "repo/repo.h"
#include "sys/file.h"
#include "walk/census_internal.h"
#include "worktree/gitlink.h"

/* Repositories within the working tree: submodules and others. Each is kept
 * as its commit, unless git's index has files below it: what is tracked here
 * is captured here. */

bool
gv_census_is_gitlink(
    const struct gv_census *c, const struct gv_buf *path, struct gv_oid *commit)
{
	const struct gv_index_entry *e;

	if (!c->has_gitlinks)
		return false;
	e = gv_index_find(c->opts.index, path->p, path->len, 0);
	if (e == NULL || (e->mode & S_IFMT) != 0160000)
		return false;
	if (commit)
		*commit = e->oid;
	return true;
}

bool
gv_census_is_tracking(const struct gv_census *c, struct gv_census_cursor *cur,
    const struct gv_buf *path, size_t name_at, bool is_dir)
{
	if (gv_census_cursor_find(
		cur, path->p + name_at, path->len - name_at, is_dir))
		return true;
	return is_dir && gv_census_is_gitlink(c, path, NULL);
}

static bool
has_git(
    const struct gv_census *c, const struct gv_buf *path, struct gv_oid *commit)
{
	struct gv_buf full = GV_BUF_INIT;
	bool yes;

	gv_buf_addf(&full, "%s/%s", c->opts.repo->worktree, path->p);
	yes = gv_buf_check(&full) == 0 && gv_gitlink_head(commit, full.p);
	gv_buf_release(&full);
	return yes;
}

bool
gv_census_is_repo(const struct gv_census *c, const struct gv_buf *path,
    const struct gv_dir_names *names, struct gv_oid *commit)
{
	size_t first, below;

	if (names->n == 0)
		return gv_census_is_gitlink(c, path, commit);
	if (!gv_dir_names_have(names, names->n, ".git", 4))
		return false;
	gv_index_range(c->opts.index, path->p, path->len, &first, &below);
	return below == 0 && has_git(c, path, commit);
}

bool
gv_census_is_still_repo(
    const struct gv_census *c, const struct gv_buf *path, struct gv_oid *commit)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	int fd = gv_dir_open(c->root_fd, path->p, path->len);
	bool yes = fd >= 0 && gv_dir_list(&names, fd) == 0 &&
	    gv_census_is_repo(c, path, &names, commit);

	gv_file_close(fd);
	gv_dir_names_release(&names);
	return yes;
}
