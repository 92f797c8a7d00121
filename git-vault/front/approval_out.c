#include "git-vault/front/approval_out.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "good/approval.h"
#include "good/approval_want.h"

void
gv_approval_out_passed(const struct gv_ctx *ctx, const struct gv_approvals *a)
{
	const char *p = a->passed.len ? a->passed.p : "";
	size_t n;

	for (; *p; p += n + (p[n] != '\0')) {
		n = strcspn(p, "\n");
		gv_out_say(ctx->out, "%.*s", (int)n, p);
	}
}

void
gv_approval_out_count(const struct gv_ctx *ctx, const struct gv_approvals *a)
{
	gv_out_say(ctx->out,
	    "%u approval%s of others %s wanted, %zu %s there%s", a->wanted,
	    a->wanted == 1 ? "" : "s", a->wanted == 1 ? "is" : "are", a->n,
	    a->n == 1 ? "is" : "are",
	    a->self ? "" : ", and you are not a member of the keyring");
}

static void
add_givers(struct gv_buf *out, const struct gv_approvals *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		gv_buf_addf(out, "%s%s",
		    i == 0             ? " by "
			: i + 1 < a->n ? ", "
				       : " and ",
		    a->all[i].name);
}

int
gv_approval_out_refuse(const struct gv_approvals *a,
    const struct gv_approval_of *of, const char *what, const char *approve)
{
	const struct gv_approval_want want = { .time = of->now,
		.subject = of->subject,
		.env = of->env,
		.what = what,
		.approve = approve };
	struct gv_buf names = GV_BUF_INIT;
	int r;

	if (a->n >= a->wanted)
		return gv_err(GV_EREFUSED,
		    "your identity is unknown, so one of the approvals could "
		    "be your own: no identity on this host belongs to a member "
		    "of the keyring; to see who is: git vault key list");
	gv_approval_want_note(a->repo, &want);
	add_givers(&names, a);
	if ((r = gv_buf_check(&names)) == 0)
		r = gv_err(GV_EREFUSED,
		    "the policy at HEAD requires %u approval%s by others %s, "
		    "and there %s %zu%s; others approve by '%s', 'git vault "
		    "sync' fetches approvals, and in an emergency "
		    "--without-approval --reason TEXT goes on",
		    a->wanted, a->wanted == 1 ? "" : "s", what,
		    a->n == 1 ? "is" : "are", a->n, names.len ? names.p : "",
		    approve);
	gv_buf_release(&names);
	return r;
}

int
gv_approval_out_used(struct gv_buf *names, const struct gv_ctx *ctx,
    const struct gv_approvals *a, const char *what, const char *env)
{
	const size_t before = names->len;
	size_t i;
	int r;

	for (i = 0; i < a->n; i++)
		gv_buf_addf(
		    names, "%s%s", names->len ? ", " : "", a->all[i].name);
	if ((r = gv_buf_check(names)) < 0)
		return r;
	gv_out_say(ctx->out,
	    "%s uses the approval%s of %s%s%s, so the next one needs a new one",
	    what, a->n == 1 ? "" : "s", names->p + before + (before ? 2 : 0),
	    env ? " for " : "", env ? env : "");
	gv_out_say(ctx->out,
	    "hint: other clones know that it is used once they have it: git "
	    "vault sync");
	return 0;
}
