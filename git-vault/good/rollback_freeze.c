#include "git-vault/good/rollback.h"

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "policy/freeze.h"

/* What takes back a rollback brings what was there before it, so it may be done
 * at any time; what takes back that is a rollback again. */
static bool
is_undo(const struct gv_rollback_run *w)
{
	return w->undone.id[0] && !w->undone.undoes[0];
}

int
gv_rollback_check_freeze(const struct gv_rollback_run *w)
{
	const struct gv_policy *by;
	struct gv_policy_frozen frozen;
	struct gv_buf says = GV_BUF_INIT;
	int r;

	if (w->is_blind || is_undo(w))
		return 0;
	r = gv_approval_frozen(
	    &frozen, &by, &w->approvals, w->env, w->ctx->now);
	if (r <= 0)
		return r;
	gv_freeze_say(&says, &frozen, by, w->env);
	if ((r = gv_buf_check(&says)) < 0)
		goto out;
	if (w->o->dry_run || w->o->in_freeze)
		gv_out_warn(w->ctx->out, "%s", says.p);
	else
		r = gv_err(GV_EREFUSED,
		    "%s; wait until then, or roll back nevertheless by "
		    "--in-freeze --reason TEXT",
		    says.p);
out:
	gv_buf_release(&says);
	return r;
}
