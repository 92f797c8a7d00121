#include "rollback/rollback.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/good.h"
#include "rollback/rollback_code.h"
#include "sys/proc.h"

#define MAX_BRANCH 255 /* bytes of its name */

static int
check_name(const struct gv_rollback_code *code, const char *ref)
{
	const char *name = ref + strlen("refs/heads/");
	const char *check[] = { "git", "check-ref-format", "--branch", name,
		NULL };
	const char *seek[] = { "git", "rev-parse", "--verify", "--quiet", ref,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_rollback_git_run(&p, &code->git, check, NULL);

	if (r < 0 && p.status)
		r = gv_err(GV_EUSAGE, "'%s' cannot be a branch's name", name);
	gv_proc_release(&p);
	if (r == 0 && gv_rollback_git_do(&code->git, seek, NULL) == 0)
		r = gv_err(GV_EEXISTS,
		    "the branch %s exists already; name another one, or delete "
		    "it",
		    name);
	return r;
}

static int
make(struct gv_rollback_code *code, const struct gv_good *good,
    const struct gv_record *rec, struct gv_rollback_env *own, const char *ref)
{
	const char *name[] = { "git", "update-ref", "-m", "git vault rollback",
		ref, code->commit, "0000000000000000000000000000000000000000",
		NULL };
	struct gv_buf message = GV_BUF_INIT;
	int r = check_name(code, ref);

	if (r == 0 && (r = gv_rollback_code_fill(code, good, rec, own)) == 0)
		r = gv_rollback_code_tree(code);
	gv_rollback_code_say(&message, code, good);
	if (r == 0 && (r = gv_buf_check(&message)) == 0 &&
	    (r = gv_rollback_code_commit(code, message.p)) == 0)
		r = gv_rollback_git_do(&code->git, name, NULL);
	gv_buf_release(&message);
	return r;
}

int
gv_rollback_branch(struct gv_rollback_branch *out, struct gv_repo *repo,
    const struct gv_good *good, const struct gv_record *rec,
    struct gv_rollback_env *own, const char *name)
{
	struct gv_rollback_code code;
	struct gv_rollback *job;
	char ref[MAX_BRANCH + 16];
	int r;

	memset(out, 0, sizeof(*out));
	if (*name == '-' || strlen(name) > MAX_BRANCH)
		return gv_err(
		    GV_EUSAGE, "'%.255s' cannot be a branch's name", name);
	(void)snprintf(ref, sizeof(ref), "refs/heads/%s", name);
	r = gv_rollback_open(&job, repo);
	if (r < 0)
		return r;
	if ((r = gv_rollback_code_open(&code, repo)) == 0 &&
	    (r = make(&code, good, rec, own, ref)) == 0 &&
	    (r = gv_oid_parse(&out->commit, code.commit)) == 0) {
		out->apart = code.apart;
		out->kept = code.kept;
		out->kept_paths = code.kept_paths;
		code.kept_paths = (struct gv_buf)GV_BUF_INIT;
	}
	gv_rollback_code_close(&code);
	gv_rollback_close(job);
	return r;
}
