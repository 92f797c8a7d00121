#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "good/approval.h"
#include "recover/recover_internal.h"
#include "repo/hash.h"
#include "sys/clock.h"

#define LASTS ((int64_t)86400) /* seconds that an approval counts by itself */

void
gv_recover_rule(struct gv_policy_approval *out, const struct gv_plan_step *step)
{
	*out = (struct gv_policy_approval){ .is_counted = true,
		.wanted = step->approvals ? step->approvals : 1,
		.approvers = (const char **)step->approvers,
		.n_approvers = gv_recover_count(step->approvers),
		.lasts = step->lasts ? step->lasts : LASTS };
}

static int
wait_for(struct gv_recover_job *job, const struct gv_approvals *a)
{
	const char *p = a->passed.len ? a->passed.p : "";

	job->is_parked = true;
	if (a->n >= a->wanted)
		return gv_recover_fail(job,
		    "your identity is unknown, so one of the approvals could "
		    "be your own");
	return gv_recover_fail(job, "%zu of %u approvals are there%s%.*s", a->n,
	    a->wanted, *p ? "; " : "", (int)strcspn(p, "\n"), p);
}

/* Who they are stays with the run. */
static int
keep_names(struct gv_recover_job *job, const struct gv_approvals *a)
{
	struct gv_buf names = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < a->n; i++)
		gv_buf_addf(&names, "%s%s", i ? ", " : "", a->all[i].name);
	if ((r = gv_buf_check(&names)) == 0 && a->n) {
		r = gv_recover_value(job, GV_RECOVER_APPROVED, names.p);
		job->detail = gv_recover_text(job, "approved by %s", names.p);
	}
	gv_buf_release(&names);
	return r == 0 && a->n && job->detail == NULL ? GV_ENOMEM : r;
}

int
gv_recover_approve(struct gv_recover_job *job)
{
	struct gv_recover *run = job->run;
	struct gv_approval_of of = { .kind = GV_AUDIT_PLAN_APPROVE,
		.env = run->environment,
		.now = gv_clock_now().tv_sec };
	struct gv_policy_approval rule;
	struct gv_approvals a;
	int left, r;

	if (gv_recover_time_left(&left, job) < 0)
		return gv_recover_fail(job, "%s", gv_err_message());
	gv_recover_rule(&rule, &job->s);
	if ((r = gv_recover_subject(&of.subject, run, run->id, job->s.id)) <
		0 ||
	    (r = gv_approval_open_by(&a, run->repo, &rule)) < 0)
		return r;
	if ((r = gv_approval_count(&a, &of)) == 0)
		r = gv_approval_is_enough(&a) ? keep_names(job, &a)
					      : wait_for(job, &a);
	else if (r < 0)
		r = gv_recover_fail_by(job, r);
	gv_approval_close(&a);
	return r;
}

int
gv_recover_as_subject(struct gv_oid *out, const struct gv_oid *record,
    const char *from, const char *to, const char *how)
{
	struct gv_buf text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r;

	gv_oid_format(hex, record);
	gv_buf_addf(
	    &text, "recovery approval\n%s\n%s\n%s\n%s\n", hex, from, to, how);
	if ((r = gv_buf_check(&text)) == 0)
		gv_hash_object(out, GV_OTYPE_BLOB, text.p, text.len);
	gv_buf_release(&text);
	return r;
}
