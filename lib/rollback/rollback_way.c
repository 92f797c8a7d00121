#include "rollback/rollback_way.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "repo/repo.h"
#include "rollback/rollback_code.h"
#include "rollback/rollback_follow.h"
#include "sys/dir.h"

#define MODE_LEN 6 /* of "MODE ID" */

struct way {
	const struct gv_rollback_follow *f;
	struct gv_map going; /* files that the commit takes away, and the
				directories above them */
	struct gv_buf path;
	int root;
};

static int
refuse(const char *path)
{
	return gv_err(GV_EREFUSED,
	    "an untracked file is in the way: %s; move it away, and try again",
	    path);
}

static int
note_going(struct way *w)
{
	size_t i, n;

	for (i = 0; i < w->f->n; i++) {
		struct gv_rollback_change *c = &w->f->changes[i];

		if (c->action != GV_RESTORE_DELETE || !c->is_ours)
			continue;
		for (n = c->len; n > 0; n--)
			if ((n == c->len || c->path[n] == '/') &&
			    gv_map_put(&w->going, c->path, n, c) < 0)
				return gv_err_nomem();
	}
	return 0;
}

/* Look at the first `len` bytes of a path: whether something stands there. */
static int
look(struct way *w, struct stat *st, const char *path, size_t len)
{
	gv_buf_reset(&w->path);
	gv_buf_add(&w->path, path, len);
	if (gv_buf_check(&w->path) < 0)
		return GV_ENOMEM;
	if (gv_entry_stat(w->root, w->path.p, st) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR
	    ? 0
	    : gv_err_sys("cannot look at %s", w->path.p);
}

/* 1 where all directories above it stand, 0 where one is to be made. */
static int
check_above(struct way *w, const struct gv_rollback_change *c)
{
	struct stat st;
	size_t n;
	int r;

	for (n = 1; n < c->len; n++) {
		if (c->path[n] != '/')
			continue;
		r = look(w, &st, c->path, n);
		if (r <= 0)
			return r;
		if (!S_ISDIR(st.st_mode))
			return gv_map_get(&w->going, c->path, n)
			    ? 0
			    : refuse(w->path.p);
	}
	return 1;
}

/* A file is to be where a directory stands: all in it must go. */
static int
check_below(struct way *w, const struct gv_rollback_change *c)
{
	struct gv_buf list = GV_BUF_INIT;
	const char *at;
	size_t n;
	int r = 0;

	if (gv_map_get(&w->going, c->path, c->len) == NULL)
		return refuse(c->path);
	r = gv_restore_list_below(&list, w->root, c->path, c->len, NULL);
	for (at = list.p; r == 0 && at < list.p + list.len; at += n + 1) {
		n = strlen(at);
		if (gv_map_get(&w->going, at, at[n - 1] == '/' ? n - 1 : n) ==
		    NULL)
			r = refuse(at);
	}
	gv_buf_release(&list);
	return r;
}

/* As git sees it, so behind its filters. */
static bool
is_equal(const struct way *w, const struct gv_rollback_change *c)
{
	const char *argv[] = { "git", "hash-object", "--", c->path, NULL };
	const struct gv_repo *repo = w->f->code->git.repo;
	const struct gv_rollback_git git = { .repo = repo,
		.index = repo->index_file,
		.worktree = repo->worktree };
	char hex[GV_OID_HEX + 1];

	return strncmp(c->is, "100", 3) == 0 &&
	    gv_rollback_git_id(hex, &git, argv) == 0 &&
	    strcmp(hex, c->is + MODE_LEN + 1) == 0;
}

static int
check(struct way *w, const struct gv_rollback_change *c)
{
	const bool is_submodule = strncmp(c->is, "160000", MODE_LEN) == 0;
	struct stat st;
	int r = check_above(w, c);

	if (r > 0)
		r = look(w, &st, c->path, c->len);
	if (r <= 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return is_submodule ? 0 : check_below(w, c);
	return S_ISREG(st.st_mode) && is_equal(w, c) ? 0 : refuse(c->path);
}

int
gv_rollback_way_check(const struct gv_rollback_follow *f)
{
	const char *worktree = f->code->git.repo->worktree;
	struct way w = { .f = f, .path = GV_BUF_INIT };
	size_t i;
	int r;

	w.root = gv_dir_open(AT_FDCWD, worktree, strlen(worktree));
	if (w.root < 0)
		return gv_err_sys("cannot open directory %s", worktree);
	r = note_going(&w);
	for (i = 0; r == 0 && i < f->n; i++)
		if (f->changes[i].is_ours &&
		    f->changes[i].action == GV_RESTORE_CREATE)
			r = check(&w, &f->changes[i]);
	gv_map_release(&w.going);
	gv_buf_release(&w.path);
	gv_entry_close(w.root);
	return r;
}
