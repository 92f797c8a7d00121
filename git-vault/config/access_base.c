#include "git-vault/config/access_base.h"

#include <stdlib.h>
#include <string.h>

#include "access/access_judge.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "sys/proc.h"

/* The first line that git prints; 1 where it ends with 0. */
static int
ask(struct gv_buf *out, const char *const *argv)
{
	struct gv_proc git = GV_PROC_INIT;
	int r = gv_proc_run(&git, &(struct gv_proc_opts){ .argv = argv });

	if (r == 0 && git.status == 0) {
		gv_buf_add(out, git.out.p, strcspn(git.out.p, "\n"));
		r = gv_buf_check(out);
		r = r < 0 ? r : 1;
	}
	gv_proc_release(&git);
	return r;
}

int
gv_access_base_commit(struct gv_oid *out, const char *text)
{
	struct gv_buf name = GV_BUF_INIT, hex = GV_BUF_INIT;
	const char *argv[] = { "git", "rev-parse", "--verify", "-q",
		"--end-of-options", NULL, NULL };
	int r;

	gv_buf_addf(&name, "%s^{commit}", text);
	if ((r = gv_buf_check(&name)) == 0) {
		argv[5] = name.p;
		r = ask(&hex, argv);
	}
	if (r == 0 || (r > 0 && gv_oid_parse(out, hex.p) < 0))
		r = gv_err(GV_ENOTFOUND,
		    "'%s' is not a commit; to list branches: git branch -a",
		    text);
	gv_buf_release(&name);
	gv_buf_release(&hex);
	return r > 0 ? 0 : r;
}

int
gv_access_base_fork(
    struct gv_oid *out, const struct gv_oid *a, const struct gv_oid *b)
{
	char x[GV_OID_HEX + 1], y[GV_OID_HEX + 1];
	const char *const argv[] = { "git", "merge-base", x, y, NULL };
	struct gv_buf hex = GV_BUF_INIT;
	int r;

	memset(out, 0, sizeof(*out));
	gv_oid_format(x, a);
	gv_oid_format(y, b);
	r = ask(&hex, argv);
	if (r > 0)
		r = gv_oid_parse(out, hex.p);
	gv_buf_release(&hex);
	return r;
}

/* Of the default remote, what its HEAD is, as a clone has it. 1; 0. */
static int
find_remote(struct gv_access_base *out, struct gv_repo *repo)
{
	struct gv_buf head = GV_BUF_INIT, full = GV_BUF_INIT;
	const char *argv[] = { "git", "symbolic-ref", "-q", NULL, NULL };
	char *remote = NULL, *before = gv_err_save();
	size_t n;
	int r = gv_remote_default(&remote, repo);

	if (r < 0) {
		r = gv_err_settle(r == GV_EUSAGE ? 0 : r, before);
		goto out;
	}
	gv_err_restore(before);
	gv_buf_addf(&head, "refs/remotes/%s/HEAD", remote);
	if ((r = gv_buf_check(&head)) < 0)
		goto out;
	argv[3] = head.p;
	n = head.len - strlen("HEAD");
	if ((r = ask(&full, argv)) <= 0 || strncmp(full.p, head.p, n) != 0) {
		r = r < 0 ? r : 0;
		goto out;
	}
	gv_buf_addf(&out->ref, "refs/heads/%s", full.p + n);
	if ((r = gv_buf_check(&out->ref)) == 0 &&
	    (r = gv_access_base_commit(&out->commit, full.p)) == 0)
		r = 1;
	else if (r == GV_ENOTFOUND)
		r = 0;
out:
	free(remote);
	gv_buf_release(&head);
	gv_buf_release(&full);
	return r;
}

int
gv_access_base_find(struct gv_access_base *out, struct gv_ctx *ctx)
{
	struct gv_repo *repo = ctx->repo;
	int r;

	*out = (struct gv_access_base){ .ref = GV_BUF_INIT,
		.policy = GV_POLICY_INIT };
	if ((r = find_remote(out, repo)) < 0)
		return r;
	out->is_remote = r > 0;
	if (r == 0) {
		gv_buf_reset(&out->ref);
		gv_buf_addstr(&out->ref, repo->head_ref ? repo->head_ref : "");
		out->commit = repo->head;
		r = gv_buf_check(&out->ref);
	} else {
		r = 0;
	}
	if (r == 0)
		r = gv_access_policy(&out->policy, repo, &out->commit);
	return r < 0 ? gv_err_in(r, "the rules of access") : 0;
}

void
gv_access_base_release(struct gv_access_base *base)
{
	gv_buf_release(&base->ref);
	gv_policy_release(&base->policy);
}

bool
gv_access_base_is_here(
    const struct gv_access_base *base, const struct gv_ctx *ctx)
{
	return ctx->repo->head_ref &&
	    gv_access_is_protected(
		&base->policy.access, ctx->repo->head_ref, base->ref.p);
}
