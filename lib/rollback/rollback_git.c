#include "rollback/rollback_git.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/repo.h"
#include "sys/proc.h"

#define MAX_ENV 9 /* variables, the last NULL not counted */

const char *const gv_rollback_git_plain[] = { "LC_ALL=C", NULL };

int
gv_rollback_git_run(struct gv_proc *p, const struct gv_rollback_git *g,
    const char *const *argv, const struct gv_buf *in)
{
	struct gv_buf text[3] = { GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT };
	const char *env[MAX_ENV + 1] = { NULL };
	/* never where the user is: git might list that folder alone */
	const char *worktree = g->worktree ? g->worktree : g->repo->worktree;
	size_t i, n = 0;
	int r = 0;

	/* no pathspec here is the user's */
	env[n++] = "GIT_LITERAL_PATHSPECS=0";
	gv_buf_addf(&text[0], "GIT_DIR=%s", g->repo->git_dir);
	gv_buf_addf(&text[1], "GIT_INDEX_FILE=%s", g->index);
	if (worktree)
		gv_buf_addf(&text[2], "GIT_WORK_TREE=%s", worktree);
	for (i = 0; r == 0 && i < 3; i++)
		r = gv_buf_check(&text[i]);
	for (i = 0; i < (worktree ? 3 : 2); i++)
		env[n++] = text[i].p;
	for (i = 0; g->env && g->env[i] && n < MAX_ENV; i++)
		env[n++] = g->env[i];
	if (r == 0)
		r = gv_proc_run(p,
		    &(struct gv_proc_opts){ .argv = argv,
			.cwd = worktree,
			.env = env,
			.in = in ? in->p : NULL,
			.in_len = in ? in->len : 0 });
	if (r == 0 && p->status)
		r = gv_err(GV_ERROR, "git: %s", gv_proc_why(p));
	for (i = 0; i < 3; i++)
		gv_buf_release(&text[i]);
	return r;
}

bool
gv_rollback_git_is_locked(const struct gv_proc *p)
{
	const char *lock = strstr(p->err.p, "Unable to create '");

	return p->status && lock && strstr(lock, ".lock': ");
}

int
gv_rollback_git_do(const struct gv_rollback_git *g, const char *const *argv,
    const struct gv_buf *in)
{
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_rollback_git_run(&p, g, argv, in);

	gv_proc_release(&p);
	return r;
}

int
gv_rollback_git_id(char hex[GV_OID_HEX + 1], const struct gv_rollback_git *g,
    const char *const *argv)
{
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_rollback_git_run(&p, g, argv, NULL);

	if (r == 0 && p.out.len < GV_OID_HEX)
		r = gv_err(GV_ERROR,
		    "git gave no id; to check the repository: git fsck");
	if (r == 0) {
		memcpy(hex, p.out.p, GV_OID_HEX);
		hex[GV_OID_HEX] = '\0';
	}
	gv_proc_release(&p);
	return r;
}
