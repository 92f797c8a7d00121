#include "rollback/rollback_follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/repo.h"
#include "rollback/rollback_code.h"
#include "rollback/rollback_way.h"
#include "sys/dir.h"

#define SUBMODULE "160000"
#define MODE_LEN  6
#define HALF      (MODE_LEN + 1 + GV_OID_HEX) /* of "MODE ID" */

/* git as it is in the user's own working tree. */
static struct gv_rollback_git
user_git(const struct gv_rollback_follow *f)
{
	const struct gv_repo *repo = f->code->git.repo;

	return (struct gv_rollback_git){ .repo = repo,
		.index = repo->index_file,
		.worktree = repo->worktree };
}

/* ---- what changes ------------------------------------------------------- */

static bool
is_submodule(const char *half)
{
	return strncmp(half, SUBMODULE, MODE_LEN) == 0;
}

const char *
gv_rollback_follow_repo(const struct gv_rollback_change *c)
{
	return c->action != GV_RESTORE_DELETE && is_submodule(c->is)
	    ? c->is + MODE_LEN + 1
	    : NULL;
}

/* ":MODE MODE ID ID STATUS" and its path. */
static int
add_change(struct gv_rollback_follow *f, const char *line, const char *path)
{
	const size_t ids = 1 + 2 * (MODE_LEN + 1);
	const size_t status = ids + 2 * (GV_OID_HEX + 1);
	struct gv_rollback_change *c;
	char was[HALF + 1], is[HALF + 1];

	if (*line != ':' || strlen(line) <= status)
		return gv_err(
		    GV_ERROR, "git diff-tree printed an unexpected line");
	if (gv_vec_grow((void **)&f->changes, &f->cap, f->n + 1, sizeof(*c)) <
	    0)
		return gv_err_nomem();
	snprintf(was, sizeof(was), "%.*s %.*s", MODE_LEN, line + 1, GV_OID_HEX,
	    line + ids);
	snprintf(is, sizeof(is), "%.*s %.*s", MODE_LEN, line + 1 + MODE_LEN + 1,
	    GV_OID_HEX, line + ids + GV_OID_HEX + 1);
	c = &f->changes[f->n];
	*c = (struct gv_rollback_change){ .action = line[status] == 'A'
		    ? GV_RESTORE_CREATE
		    : line[status] == 'D' ? GV_RESTORE_DELETE
					  : GV_RESTORE_CHANGE,
		.len = strlen(path),
		.path = gv_arena_copy(&f->arena, path, strlen(path)),
		.was = gv_arena_copy(&f->arena, was, HALF),
		.is = gv_arena_copy(&f->arena, is, HALF) };
	if (c->path == NULL || c->was == NULL || c->is == NULL)
		return gv_err_nomem();
	f->n++;
	if (line[status] == 'T' && is_submodule(was) != is_submodule(is))
		return gv_err(GV_EREFUSED,
		    "%s is a submodule on one side only; go back by "
		    "--as-branch and check that branch out",
		    path);
	return 0;
}

static int
list_changes(struct gv_rollback_follow *f)
{
	const char *argv[] = { "git", "diff-tree", "-r", "-z", "--no-renames",
		"--raw", "--no-abbrev", "--ignore-submodules=none",
		f->code->head_tree, f->code->tree, NULL };
	struct gv_proc p = GV_PROC_INIT;
	const char *at, *end, *path;
	int r = gv_rollback_git_run(&p, &f->code->git, argv, NULL);

	at = p.out.p;
	end = at + (r == 0 ? p.out.len : 0);
	while (r == 0 && at < end) {
		path = at + strlen(at) + 1;
		r = path < end
		    ? add_change(f, at, path)
		    : gv_err(
			  GV_ERROR, "git diff-tree printed an unexpected line");
		at = path < end ? path + strlen(path) + 1 : end;
	}
	gv_proc_release(&p);
	return r;
}

/* ---- whether it may be -------------------------------------------------- */

/* Before git is asked: what comes to stand later is not what it judged. */
static int
look(struct gv_rollback_follow *f)
{
	const char *worktree = f->code->git.repo->worktree;
	struct gv_entry_cursor cursor;
	struct stat st;
	const char *name;
	size_t i;
	int root = gv_dir_open(AT_FDCWD, worktree, strlen(worktree)), dir;

	if (root < 0)
		return gv_err_sys("cannot open directory %s", worktree);
	gv_entry_cursor_init(&cursor, root);
	for (i = 0; i < f->n; i++) {
		struct gv_rollback_change *c = &f->changes[i];

		dir = gv_entry_cursor_parent(&cursor, c->path, c->len, &name);
		if (dir >= 0 && gv_entry_stat(dir, name, &st) == 0 &&
		    !S_ISDIR(st.st_mode))
			gv_restore_old_of(&c->old, &st);
	}
	gv_entry_cursor_release(&cursor);
	gv_entry_close(root);
	return 0;
}

/* git's own rules, of which what it would overwrite is the most; what it
 * ignores, it lets go, so that is for rollback_way.c. */
static int
ask_git(struct gv_rollback_follow *f)
{
	static const char *const refresh[] = { "git", "update-index", "-q",
		"--refresh", NULL };
	const char *try[] = { "git", "read-tree", "-m", "-u", "-n",
		f->code->head_tree, f->code->tree, NULL };
	struct gv_rollback_git git = user_git(f);
	struct gv_proc p = GV_PROC_INIT;
	const char *why;
	int r;

	/* it says 1 where files differ */
	(void)gv_rollback_git_do(&git, refresh, NULL);
	git.env = gv_rollback_git_plain;
	r = gv_rollback_git_run(&p, &git, try, NULL);
	if (r < 0 && gv_rollback_git_is_locked(&p)) {
		r = gv_err(GV_ELOCKED,
		    "another git command is running here, or was killed: %s",
		    gv_proc_why(&p));
	} else if (r < 0 && p.status) {
		why = gv_proc_why(&p);
		if (strncmp(why, "error: ", 7) == 0)
			why += 7;
		r = gv_err(GV_EREFUSED,
		    "uncommitted changes are in the way: %s commit them, or "
		    "stash them by 'git stash -u', and try again",
		    why);
	}
	gv_proc_release(&p);
	return r;
}

/* A path that was staged as it is to be stays, and so does what stands
 * there. */
static int
read_index(struct gv_rollback_follow *f)
{
	static const char *const argv[] = { "git", "ls-files", "-s", "-z",
		NULL };
	struct gv_rollback_git git = user_git(f);
	struct gv_proc p = GV_PROC_INIT;
	struct gv_map lines = { 0 };
	char *line, *tab;
	size_t i;
	int r = gv_rollback_git_run(&p, &git, argv, NULL);

	for (line = p.out.p; r == 0 && line < p.out.p + p.out.len;
	     line += strlen(line) + 1) {
		tab = strchr(line, '\t');
		if (tab &&
		    gv_map_put(&lines, tab + 1, strlen(tab + 1), line) < 0)
			r = gv_err_nomem();
		if (tab == NULL)
			break;
		line = tab;
	}
	for (i = 0; r == 0 && i < f->n; i++) {
		struct gv_rollback_change *c = &f->changes[i];

		line = gv_map_get(&lines, c->path, c->len);
		c->is_ours = c->action == GV_RESTORE_CREATE
		    ? line == NULL
		    : line && strncmp(line, c->was, HALF) == 0;
	}
	gv_map_release(&lines);
	gv_proc_release(&p);
	return r;
}

int
gv_rollback_follow_open(
    struct gv_rollback_follow *f, struct gv_rollback_code *code)
{
	int r;

	memset(f, 0, sizeof(*f));
	f->code = code;
	f->arena = (struct gv_arena)GV_ARENA_INIT;
	if ((r = list_changes(f)) == 0 && (r = look(f)) == 0 &&
	    (r = ask_git(f)) == 0)
		r = read_index(f);
	return r < 0 ? r : gv_rollback_way_check(f);
}

void
gv_rollback_follow_close(struct gv_rollback_follow *f)
{
	free(f->changes);
	gv_arena_release(&f->arena);
	gv_map_release(&f->emptied);
	gv_map_release(&f->made);
	memset(f, 0, sizeof(*f));
}

/* ---- new files ---------------------------------------------------------- */

/* A file is to be written, and not a submodule, which stays as it is. */
static bool
is_written(const struct gv_rollback_change *c)
{
	return c->is_ours && c->action != GV_RESTORE_DELETE &&
	    !is_submodule(c->is);
}

/* All files of attributes, too: they say how the others are written. */
static int
list_written(struct gv_buf *out, const struct gv_rollback_follow *f)
{
	static const char *const argv[] = { "git", "ls-files", "-s", "-z", "--",
		":(glob)**/.gitattributes", NULL };
	struct gv_proc p = GV_PROC_INIT;
	size_t i;
	int r = gv_rollback_git_run(&p, &f->code->git, argv, NULL);

	if (r == 0)
		gv_buf_add(out, p.out.p, p.out.len);
	for (i = 0; r == 0 && i < f->n; i++)
		if (is_written(&f->changes[i]))
			gv_buf_addf(out, "%s\t%s%c", f->changes[i].is,
			    f->changes[i].path, 0);
	gv_proc_release(&p);
	return r < 0 ? r : gv_buf_check(out);
}

/* A tree of those alone, checked out where nobody looks. */
static int
check_out(const struct gv_rollback_follow *f, const char *dir)
{
	static const char *const update[] = { "git", "update-index", "-z",
		"--index-info", NULL };
	static const char *const write[] = { "git", "write-tree", NULL };
	static const char *const clear[] = { "git", "read-tree", "--empty",
		NULL };
	char tree[GV_OID_HEX + 1];
	const char *out[] = { "git", "-c", "core.fsmonitor=false", "read-tree",
		"-m", "-u", tree, NULL };
	struct gv_rollback_git git = f->code->git;
	struct gv_buf lines = GV_BUF_INIT;
	int r = list_written(&lines, f);

	if (r == 0 && (r = gv_rollback_git_do(&git, clear, NULL)) == 0 &&
	    lines.len)
		r = gv_rollback_git_do(&git, update, &lines);
	if (r == 0 && (r = gv_rollback_git_id(tree, &git, write)) == 0)
		r = gv_rollback_git_do(&git, clear, NULL);
	git.worktree = dir;
	if (r == 0)
		r = gv_rollback_git_do(&git, out, NULL);
	gv_buf_release(&lines);
	return r;
}

/* What a sparse checkout leaves out has no file. */
static int
number(struct gv_rollback_follow *f, const struct gv_restore_place *place)
{
	char name[GV_RESTORE_NAME_MAX];
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < f->n; i++) {
		if (!is_written(&f->changes[i]))
			continue;
		gv_buf_reset(&path);
		gv_buf_addf(&path, "tree/%s", f->changes[i].path);
		r = gv_buf_check(&path);
		snprintf(name, sizeof(name), "%zu", i);
		if (r == 0 &&
		    gv_entry_rename(place->staging_fd, path.p,
			place->staging_fd, name) == 0)
			f->changes[i].is_staged = true;
		else if (r == 0 && errno != ENOENT)
			r = gv_err_sys("cannot rename %s", path.p);
	}
	gv_buf_release(&path);
	return r;
}

int
gv_rollback_follow_stage(
    struct gv_rollback_follow *f, const struct gv_restore_place *place)
{
	struct gv_buf dir = GV_BUF_INIT;
	int r;

	gv_buf_addf(&dir, "%s/tree", place->staging);
	if ((r = gv_buf_check(&dir)) == 0 &&
	    gv_entry_mkdir(AT_FDCWD, dir.p, 0700) < 0)
		r = gv_err_sys("cannot make directory %s", dir.p);
	if (r == 0 && (r = check_out(f, dir.p)) == 0)
		r = number(f, place);
	gv_buf_release(&dir);
	return r;
}

/* ---- steps -------------------------------------------------------------- */

static int
add_unlinks(struct gv_rollback_follow *f)
{
	size_t i, n;

	for (i = 0; i < f->n; i++) {
		struct gv_rollback_change *c = &f->changes[i];

		if (c->action != GV_RESTORE_DELETE || !c->is_ours ||
		    !c->old.there)
			continue;
		gv_restore_step_unlink(f->journal, &c->old, c->path, c->len);
	}
	/* what is below comes behind what is above */
	for (i = f->n; i-- > 0;) {
		const struct gv_rollback_change *c = &f->changes[i];

		if (c->action != GV_RESTORE_DELETE || !c->is_ours)
			continue;
		for (n = c->len; n > 0; n--) {
			if (c->path[n] != '/')
				continue;
			gv_restore_step_rmdir(f->journal, c->path, n);
			if (gv_map_put(&f->emptied, c->path, n, f) < 0)
				return gv_err_nomem();
		}
	}
	return 0;
}

/* A directory that is not there, or may have gone with the last file in it. */
static int
add_dir(struct gv_rollback_follow *f, const char *path, size_t len)
{
	struct gv_entry_meta meta = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
	char *name = gv_arena_copy(&f->arena, path, len);
	bool there;
	struct stat st;

	if (name == NULL || gv_map_put(&f->made, name, len, f) < 0)
		return gv_err_nomem();
	there = gv_entry_stat(f->root, name, &st) == 0 && S_ISDIR(st.st_mode);
	if (there && gv_map_get(&f->emptied, path, len) == NULL)
		return 0;
	meta.mode = there ? st.st_mode & 07777 : 0777 & ~gv_entry_umask();
	gv_restore_step_mkdir(f->journal, path, len);
	gv_restore_step_meta(f->journal, &meta, S_IFDIR, path, len);
	return 0;
}

static int
add_dirs(struct gv_rollback_follow *f, const struct gv_rollback_change *c)
{
	size_t n, end = c->len + (is_submodule(c->is) ? 1 : 0);
	int r = 0;

	for (n = 1; r == 0 && n < end; n++)
		if ((c->path[n] == '/' || c->path[n] == '\0') &&
		    gv_map_get(&f->made, c->path, n) == NULL)
			r = add_dir(f, c->path, n);
	return r;
}

int
gv_rollback_follow_steps(struct gv_rollback_follow *f,
    struct gv_restore_journal *journal, const struct gv_restore_place *place)
{
	size_t i;
	int r;

	f->journal = journal;
	f->root = place->root_fd;
	r = add_unlinks(f);
	for (i = 0; r == 0 && i < f->n; i++) {
		const struct gv_rollback_change *c = &f->changes[i];

		if (c->is_staged ||
		    (c->is_ours && c->action == GV_RESTORE_CREATE &&
			is_submodule(c->is)))
			r = add_dirs(f, c);
		if (r == 0 && c->is_staged)
			gv_restore_step_move(
			    journal, i, &c->old, c->path, c->len);
	}
	return r < 0 ? r : gv_buf_check(&journal->text);
}
