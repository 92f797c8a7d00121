#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "hook/hook_internal.h"
#include "repo/repo.h"
#include "repo/worktree.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "vault/hook_script.h"

/*
 * A relative core.hooksPath begins at the top of each working tree, so that one
 * may have hooks and another one none, or others.
 */

static bool
has_ours(const char *top, const char *set)
{
	struct gv_buf dir = GV_BUF_INIT;
	const struct gv_hook *h = gv_hook_all;
	int fd = -1;

	gv_buf_addf(&dir, "%s/%s", top, set);
	if (gv_buf_check(&dir) == 0)
		fd = gv_dir_open_root(dir.p);
	while (fd >= 0 && h->name &&
	    !(h->side == GV_HOOK_CLIENT && gv_hook_is_ours(fd, h->name)))
		h++;
	gv_file_close(fd);
	gv_buf_release(&dir);
	return fd >= 0 && h->name;
}

int
gv_hook_without(struct gv_buf *tops, const struct gv_hook_report *report,
    const struct gv_repo *repo)
{
	const char *set = gv_config_get(&repo->config, "core.hookspath");
	struct gv_buf top = GV_BUF_INIT;
	struct gv_worktrees trees;
	bool is_any = false;
	size_t i;
	int r;

	/* husky's own folder is for it to make in each */
	if (set == NULL || *set == '\0' || *set == '/' || *set == '~' ||
	    report->own)
		return 0;
	r = gv_worktrees_load(&trees, repo);
	if (r != GV_ENOMEM)
		r = 0; /* of those that can be listed */
	for (i = 0; r == 0 && i < trees.n; i++) {
		gv_buf_reset(&top);
		r = gv_worktree_top(&top, repo, trees.git_dirs[i]);
		if (r < 0 || !gv_file_is_dir(AT_FDCWD, top.p))
			continue;
		if (has_ours(top.p, set))
			is_any = true;
		else
			gv_buf_add(tops, top.p, top.len + 1);
	}
	if (!is_any)
		gv_buf_reset(tops);
	gv_worktrees_release(&trees);
	gv_buf_release(&top);
	return r < 0 ? r : gv_buf_check(tops);
}
