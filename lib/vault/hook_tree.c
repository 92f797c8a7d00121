#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "store/repo.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "vault/hook_internal.h"

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

/* Each stands in a paragraph whose first line names it. */
static int
find(struct gv_buf *tops, bool *is_any, char *list, const char *set)
{
	static const char first[] = "worktree ";
	char *next;

	for (; *list; list = next) {
		char *end = list + strcspn(list, "\n");
		bool is_bare;

		next = strstr(list, "\n\n");
		next = next ? next + 2 : list + strlen(list);
		if (*end)
			*end++ = '\0';
		is_bare = strncmp(end, "bare\n", 5) == 0;
		if (strncmp(list, first, strlen(first)) != 0 || is_bare)
			continue;
		list += strlen(first);
		if (has_ours(list, set))
			*is_any = true;
		else if (gv_file_is_dir(AT_FDCWD, list))
			gv_buf_add(tops, list, strlen(list) + 1);
	}
	return gv_buf_check(tops);
}

int
gv_hook_without(struct gv_buf *tops, const struct gv_hook_report *report,
    const struct gv_repo *repo)
{
	static const char *const argv[] = { "git", "worktree", "list",
		"--porcelain", NULL };
	const char *set = gv_config_get(&repo->config, "core.hookspath");
	struct gv_buf linked = GV_BUF_INIT;
	struct gv_proc git = GV_PROC_INIT;
	bool is_any = false;
	int r;

	/* husky's own folder is for it to make in each */
	if (set == NULL || *set == '\0' || *set == '/' || *set == '~' ||
	    report->own)
		return 0;
	gv_buf_addf(&linked, "%s/worktrees", repo->common_dir);
	r = gv_buf_check(&linked);
	if (r == 0 && gv_file_is_dir(AT_FDCWD, linked.p)) {
		r = gv_proc_run(&git, &(struct gv_proc_opts){ .argv = argv });
		if (r == 0 && git.status == 0 && git.out.len)
			r = find(tops, &is_any, git.out.p, set);
	}
	if (!is_any)
		gv_buf_reset(tops);
	gv_proc_release(&git);
	gv_buf_release(&linked);
	return r;
}
