#include "worktree/gitlink.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "sys/file.h"
#include "sys/proc.h"

#define MAX_TEXT 65536

static bool
read_line(struct gv_buf *out, const char *dir, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	bool ok;

	gv_buf_reset(out);
	gv_buf_addf(&path, "%s/%s", dir, name);
	ok = gv_buf_check(&path) == 0 &&
	    gv_file_read(out, AT_FDCWD, path.p, MAX_TEXT) == 0;
	gv_buf_release(&path);
	while (ok && out->len && strchr("\r\n ", out->p[out->len - 1]))
		gv_buf_truncate(out, out->len - 1);
	return ok;
}

/* The folder that .git is, or names. */
static void
find_git_dir(struct gv_buf *out, const char *dir, struct gv_buf *text)
{
	gv_buf_reset(out);
	if (read_line(text, dir, ".git") && !strncmp(text->p, "gitdir: ", 8)) {
		if (text->p[8] != '/')
			gv_buf_addf(out, "%s/", dir);
		gv_buf_addstr(out, text->p + 8);
	} else {
		gv_buf_addf(out, "%s/.git", dir);
	}
}

static bool
has_dir(const char *git_dir, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	bool yes;

	gv_buf_addf(&path, "%s/%s", git_dir, name);
	yes = gv_buf_check(&path) == 0 && gv_file_is_dir(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return yes;
}

/* As git sees it: a folder that only looks like one is no repository, and
 * what lies around it is ours to keep. */
static bool
is_git_dir(const char *git_dir, const struct gv_buf *head, struct gv_buf *text)
{
	struct gv_oid id;

	if (strncmp(head->p, "ref: refs/", 10) != 0 &&
	    gv_oid_parse(&id, head->p) < 0)
		return false;
	/* of a linked worktree or submodule both are elsewhere */
	return read_line(text, git_dir, "commondir") ||
	    (has_dir(git_dir, "objects") && has_dir(git_dir, "refs"));
}

/* What is neither plain nor loose, git resolves. It gets the repository,
 * or it would look for one further up. */
static void
ask_git(struct gv_oid *commit, const char *dir, const char *git_dir)
{
	const char *argv[] = { "git", "rev-parse", "--verify", "--quiet",
		"HEAD^{commit}", NULL };
	const char *env[] = { NULL, "GIT_WORK_TREE", "GIT_INDEX_FILE",
		"GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
		"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf var = GV_BUF_INIT;

	gv_buf_addf(&var, "GIT_DIR=%s", git_dir);
	env[0] = var.p;
	if (gv_buf_check(&var) == 0 &&
	    gv_proc_run(&p,
		&(struct gv_proc_opts){
		    .argv = argv, .cwd = dir, .env = env }) == 0 &&
	    p.status == 0 && p.out.len == GV_OID_HEX + 1)
		gv_oid_parse(commit, p.out.p);
	gv_proc_release(&p);
	gv_buf_release(&var);
}

bool
gv_gitlink_head(struct gv_oid *commit, const char *dir)
{
	struct gv_buf git_dir = GV_BUF_INIT, head = GV_BUF_INIT;
	struct gv_buf text = GV_BUF_INIT;
	bool yes;

	memset(commit, 0, sizeof(*commit));
	find_git_dir(&git_dir, dir, &text);
	yes = gv_buf_check(&git_dir) == 0 &&
	    read_line(&head, git_dir.p, "HEAD") &&
	    is_git_dir(git_dir.p, &head, &text);
	if (!yes)
		goto out;
	if (head.len == GV_OID_HEX && gv_oid_parse(commit, head.p) == 0)
		goto out;
	if (!strncmp(head.p, "ref: ", 5) &&
	    read_line(&text, git_dir.p, head.p + 5) && text.len == GV_OID_HEX &&
	    gv_oid_parse(commit, text.p) == 0)
		goto out;
	ask_git(commit, dir, git_dir.p);
out:
	gv_buf_release(&git_dir);
	gv_buf_release(&head);
	gv_buf_release(&text);
	return yes;
}
