#include "store/nested.h"

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

/* What is neither plain nor loose, git resolves. */
static void
ask_git(struct gv_oid *commit, const char *dir)
{
	const char *argv[] = { "git", "rev-parse", "--verify", "--quiet",
		"HEAD^{commit}", NULL };
	const char *env[] = { "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE",
		"GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
		"GIT_CEILING_DIRECTORIES", NULL };
	struct gv_proc p = GV_PROC_INIT;

	if (gv_proc_run(&p,
		&(struct gv_proc_opts){
		    .argv = argv, .cwd = dir, .env = env }) == 0 &&
	    p.status == 0)
		gv_oid_parse(commit, p.out.p);
	gv_proc_release(&p);
}

bool
gv_nested_head(struct gv_oid *commit, const char *dir)
{
	struct gv_buf git_dir = GV_BUF_INIT, head = GV_BUF_INIT;
	struct gv_buf text = GV_BUF_INIT;
	bool yes;

	memset(commit, 0, sizeof(*commit));
	find_git_dir(&git_dir, dir, &text);
	yes = read_line(&head, git_dir.p, "HEAD");
	if (!yes)
		goto out;
	if (head.len == GV_OID_HEX && gv_oid_parse(commit, head.p) == 0)
		goto out;
	if (!strncmp(head.p, "ref: ", 5) &&
	    read_line(&text, git_dir.p, head.p + 5) && text.len == GV_OID_HEX &&
	    gv_oid_parse(commit, text.p) == 0)
		goto out;
	ask_git(commit, dir);
out:
	gv_buf_release(&git_dir);
	gv_buf_release(&head);
	gv_buf_release(&text);
	return yes;
}
