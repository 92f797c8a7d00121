#include "restore/restore_internal.h"

#include <string.h>

#include "base/err.h"
#include "repo/repo.h"

int
gv_restore_git(struct gv_proc *p, const struct gv_repo *repo,
    const char *const *argv, const char *index, bool in_prefix,
    const struct gv_buf *in)
{
	struct gv_buf text[4] = { GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT,
		GV_BUF_INIT };
	/* in the user's directory the pathspecs are the user's, too */
	const char *env[] = { NULL, NULL, NULL, NULL, NULL, NULL, NULL };
	static const char *const plain[] = { "GIT_GLOB_PATHSPECS=0",
		"GIT_NOGLOB_PATHSPECS=0", "GIT_ICASE_PATHSPECS=0" };
	struct gv_proc_opts opts = { .argv = argv, .env = env };
	int i, n = 0, r = 0;

	/* said outright, since a relative one would mean another place */
	gv_buf_addf(&text[0], "GIT_DIR=%s", repo->git_dir);
	gv_buf_addf(&text[1], "GIT_INDEX_FILE=%s", index);
	if (repo->worktree) {
		gv_buf_addf(&text[2], "GIT_WORK_TREE=%s", repo->worktree);
		gv_buf_addf(&text[3], "%s/%s", repo->worktree,
		    in_prefix ? repo->prefix : "");
		opts.cwd = text[3].p;
	}
	for (; n < 3 && text[n].len; n++)
		env[n] = text[n].p;
	for (i = 0; i < 3 && !in_prefix; i++)
		env[n++] = plain[i];
	if (in) {
		opts.in = in->p;
		opts.in_len = in->len;
	}
	for (i = 0; r == 0 && i < 4; i++)
		r = gv_buf_check(&text[i]);
	if (r == 0)
		r = gv_proc_run(p, &opts);
	for (i = 0; i < 4; i++)
		gv_buf_release(&text[i]);
	return r;
}

int
gv_restore_git_write(
    struct gv_repo *repo, const char *const *argv, const struct gv_buf *in)
{
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_restore_git(&p, repo, argv, repo->index_file, false, in);

	if (r == 0 && p.status)
		r = gv_restore_git_failed(&p,
		    strstr(p.err.p, "index.lock") ? GV_ELOCKED : GV_ERROR,
		    "git cannot write the index");
	gv_proc_release(&p);
	return r;
}

int
gv_restore_git_failed(const struct gv_proc *p, int code, const char *what)
{
	const char *text = p->err.p;

	if (strncmp(text, "fatal: ", 7) == 0 ||
	    strncmp(text, "error: ", 7) == 0)
		text += 7;
	return gv_err(code, "%s: %.*s", what, (int)strcspn(text, "\n"), text);
}
