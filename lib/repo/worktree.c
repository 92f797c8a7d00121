#include "repo/worktree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"

#define GITDIR_MAX ((size_t)1 << 16)

/* --- git's folders --- */

static int
add(struct gv_worktrees *w, const char *path)
{
	const char *copy = gv_arena_copy(&w->arena, path, strlen(path));

	if (copy == NULL || GV_GROW(w->git_dirs, w->n, w->cap) < 0)
		return GV_ENOMEM;
	w->git_dirs[w->n++] = copy;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct gv_dir_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* What a file manager leaves there is no working tree's. */
static int
add_linked(struct gv_worktrees *w, struct gv_buf *path,
    const struct gv_dir_names *names)
{
	size_t len = path->len, i;
	int r = 0;

	for (i = 0; r == 0 && i < names->n; i++) {
		gv_buf_truncate(path, len);
		gv_buf_addf(path, "/%s", names->names[i].name);
		if ((r = gv_buf_check(path)) == 0 &&
		    gv_file_is_dir(AT_FDCWD, path->p))
			r = add(w, path->p);
	}
	return r;
}

int
gv_worktrees_load(struct gv_worktrees *out, const struct gv_repo *repo)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	struct gv_buf path = GV_BUF_INIT;
	int r, fd = -1;

	*out = (struct gv_worktrees){ .arena = GV_ARENA_INIT };
	r = add(out, repo->common_dir);
	gv_buf_addf(&path, "%s/worktrees", repo->common_dir);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		fd = gv_dir_open_root(path.p);
	if (r == 0 && fd < 0 && errno != ENOENT && errno != ENOTDIR)
		r = gv_err_sys("cannot open %s", path.p);
	if (fd >= 0 && gv_dir_list(&names, fd) < 0 && errno != ENOENT)
		r = gv_err_sys("cannot list %s", path.p);
	if (names.n > 1)
		qsort(names.names, names.n, sizeof(*names.names), by_name);
	if (r == 0)
		r = add_linked(out, &path, &names);
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r;
}

void
gv_worktrees_release(struct gv_worktrees *trees)
{
	if (trees == NULL)
		return;
	free(trees->git_dirs);
	gv_arena_release(&trees->arena);
	*trees = (struct gv_worktrees){ .arena = GV_ARENA_INIT };
}

/* --- where a working tree is --- */

/* A path that may be meant from a folder of git's on. */
static void
add_path(struct gv_buf *out, const char *from, const char *path)
{
	if (*path != '/')
		gv_buf_addf(out, "%s/", from);
	gv_buf_addstr(out, path);
}

/* Git's folder lies in it, or names it. */
static void
add_main_top(struct gv_buf *out, const struct gv_repo *repo)
{
	const char *set = gv_config_get(&repo->config, "core.worktree");
	size_t len = strlen(repo->common_dir);

	if (gv_config_bool(&repo->config, "core.bare", false))
		return;
	if (set)
		add_path(out, repo->common_dir, set);
	else if (len > 5 && strcmp(repo->common_dir + len - 5, "/.git") == 0)
		gv_buf_add(out, repo->common_dir, len - 5);
}

/* The file gitdir names the file .git of the working tree. */
static void
add_linked_top(struct gv_buf *out, const char *git_dir)
{
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;

	gv_buf_addf(&path, "%s/gitdir", git_dir);
	if (gv_buf_check(&path) == 0 &&
	    gv_file_read(&text, AT_FDCWD, path.p, GITDIR_MAX) < 0)
		gv_buf_reset(&text);
	while (text.len && strchr("\r\n", text.p[text.len - 1]))
		gv_buf_truncate(&text, text.len - 1);
	if (text.len > 5 && strcmp(text.p + text.len - 5, "/.git") == 0) {
		gv_buf_truncate(&text, text.len - 5);
		add_path(out, git_dir, text.p);
	}
	out->failed = out->failed || path.failed || text.failed;
	gv_buf_release(&text);
	gv_buf_release(&path);
}

int
gv_worktree_top(
    struct gv_buf *out, const struct gv_repo *repo, const char *git_dir)
{
	if (strcmp(git_dir, repo->common_dir) == 0)
		add_main_top(out, repo);
	else
		add_linked_top(out, git_dir);
	return gv_buf_check(out);
}
