#include <string.h>

#include "base/err.h"
#include "snapshot/survey_internal.h"
#include "sys/env.h"

/*
 * git, run elsewhere than where we were started: what the environment says of
 * the repository may be relative, so it is set again.
 */

#define MAX_VARS 6

static void
add_var(struct gv_buf *vars, const char *name, const char *value)
{
	gv_buf_addf(vars, "%s=%s", name, value);
	gv_buf_addch(vars, '\0');
}

int
gv_survey_git(struct gv_proc *p, const struct gv_repo *repo,
    const struct gv_survey_git *git)
{
	struct gv_buf vars = GV_BUF_INIT;
	const char *env[MAX_VARS] = { NULL }, *at;
	size_t n = 0;
	int r;

	add_var(&vars, "GIT_DIR", repo->git_dir);
	add_var(&vars, "GIT_WORK_TREE", repo->worktree);
	add_var(&vars, "GIT_INDEX_FILE",
	    git->index ? git->index : repo->index_file);
	if (gv_env_get("GIT_COMMON_DIR"))
		add_var(&vars, "GIT_COMMON_DIR", repo->common_dir);
	if (gv_env_get("GIT_OBJECT_DIRECTORY"))
		add_var(&vars, "GIT_OBJECT_DIRECTORY", repo->objects_dir);
	r = gv_buf_check(&vars);
	for (at = vars.p; r == 0 && at < vars.p + vars.len;
	     at += strlen(at) + 1)
		env[n++] = at;
	if (r == 0)
		r = gv_proc_run(p,
		    &(struct gv_proc_opts){ .argv = git->argv,
			.env = env,
			.cwd = git->cwd ? git->cwd : repo->worktree,
			.in = git->in ? git->in->p : NULL,
			.in_len = git->in ? git->in->len : 0 });
	gv_buf_release(&vars);
	return r;
}
