#include "access/access_judge.h"

#include <stdlib.h>
#include <string.h>

#include "access/access_step.h"
#include "access/access_judge_internal.h"
#include "base/err.h"
#include "base/vec.h"
#include "good/approval.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "sys/zonefile.h"
#include "base/zone.h"

/* ---- opening ------------------------------------------------------------- */

int
gv_access_judge_open(struct gv_access_judge **out, struct gv_repo *repo,
    const struct gv_access_judge_opts *opts)
{
	struct gv_access_judge *j = calloc(1, sizeof(*j));
	int r;

	if (j == NULL)
		return gv_err_nomem();
	j->repo = repo;
	j->opts = *opts;
	j->head_ref = opts->head_ref ? opts->head_ref : repo->head_ref;
	j->head = opts->head ? *opts->head : repo->head;
	j->policy = (struct gv_policy)GV_POLICY_INIT;
	j->unread = (struct gv_buf)GV_BUF_INIT;
	if ((r = gv_repo_odb(repo, &j->odb)) < 0 ||
	    (r = gv_access_who_load(&j->who, repo)) < 0) {
		gv_access_judge_close(j);
		return r;
	}
	*out = j;
	return 0;
}

void
gv_access_judge_close(struct gv_access_judge *judge)
{
	if (judge == NULL)
		return;
	gv_policy_release(&judge->policy);
	if (judge->has_ask)
		gv_access_ask_release(&judge->ask);
	gv_buf_release(&judge->unread);
	gv_access_who_release(&judge->who);
	free(judge->zone);
	free(judge);
}

const struct gv_access_who *
gv_access_judge_who(const struct gv_access_judge *judge)
{
	return &judge->who;
}

/* ---- who ----------------------------------------------------------------- */

static const char *
find_person(const struct gv_access_judge *j, const struct gv_policy *policy)
{
	if (j->opts.is_self)
		return j->who.self;
	if (j->opts.name)
		return j->opts.name;
	return j->opts.account && *j->opts.account
	    ? gv_access_name_of(&policy->access, j->opts.account)
	    : NULL;
}

/* An account that is nobody is somebody all the same: the signature of another
 * one does not stand in. */
static bool
is_told(const struct gv_access_judge *j)
{
	return j->opts.name || j->opts.account || j->opts.is_self;
}

/* ---- time zones ---------------------------------------------------------- */

static const struct gv_zone *
find_zone(void *ctx, const char *name)
{
	struct gv_access_judge *j = ctx;
	char *before = gv_err_save();
	int r;

	if (j->zone == NULL)
		j->zone = malloc(sizeof(*j->zone));
	r = j->zone ? gv_zonefile_load(j->zone, name) : GV_ENOMEM;
	gv_err_restore(before);
	return r == 0 ? j->zone : NULL;
}

/* ---- approvals ----------------------------------------------------------- */

/* Everybody who could approve by some rule that lacks approvals, and how long
 * the longest of them counts. */
static int
add_approvers(struct gv_policy_approval *out, const struct gv_access_judge *j,
    const struct gv_access_verdict *v, const struct gv_policy *policy)
{
	size_t i, k;

	for (i = 0; i < j->who.n; i++) {
		const struct gv_access_person *who = &j->who.people[i];

		for (k = 0; k < v->n; k++) {
			const struct gv_policy_access_rule *rule =
			    v->points[k].rule;
			const struct gv_policy_texts *roles =
			    gv_access_approvers(rule);

			if (rule->approvals == 0)
				continue;
			out->lasts =
			    rule->valid > out->lasts ? rule->valid : out->lasts;
			if (roles->n == 0 ||
			    gv_access_has_any(&policy->access, j->who.people,
				j->who.n, who->name, roles))
				break;
		}
		if (k == v->n)
			continue;
		if (GV_GROW(out->approvers, out->n_approvers,
			out->cap_approvers) < 0)
			return gv_err_nomem();
		out->approvers[out->n_approvers++] = who->name;
	}
	return 0;
}

/* Those that allow this step, and have not allowed it before. */
static int
take_given(struct gv_access_given *given, size_t *n, struct gv_approvals *a,
    struct gv_access_judge *j, const struct gv_access_result *of)
{
	char hex[GV_OID_HEX + 1];
	const char *why;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < a->n; i++) {
		const struct gv_approval *one = &a->all[i];

		r = gv_access_judge_spent(&why, j, of, one->target);
		if (r == 0 && why == NULL) {
			given[(*n)++] =
			    (struct gv_access_given){ one->name, one->time };
		} else if (r == 0) {
			gv_oid_format(hex, &one->event);
			gv_buf_addf(&a->passed,
			    "approval %.12s of %s does not count: %s\n", hex,
			    one->name, why);
			r = gv_buf_check(&a->passed);
		}
	}
	return r;
}

struct other {
	struct gv_access_judge *j;
	const struct gv_access_result *of;
};

/* Of all that were ever given, those matter that may have been meant for this
 * change. */
static const char *
judge_other(void *ctx, const char *target)
{
	const struct other *o = ctx;

	return gv_access_judge_is_near(o->j, o->of, target)
	    ? "it was given for another content of these files; an approval "
	      "ends with each change of them"
	    : NULL;
}

/* Find approvals of a subject by anybody who may give one. What is in *given
 * points into *a. */
static int
find_given(struct gv_access_given **given, size_t *n, struct gv_approvals *a,
    struct gv_access_judge *j, const struct gv_access_verdict *v,
    const struct gv_access_result *of)
{
	struct gv_policy_approval rule = { .is_counted = true, .wanted = 1 };
	struct other other = { j, of };
	const struct gv_approval_of what = { .kind = GV_AUDIT_CONFIG_APPROVE,
		.env = GV_ACCESS_SCOPE,
		.subject = of->subject,
		.now = j->opts.now,
		.takes_own = true,
		.of_other = judge_other,
		.ctx = &other };
	int r = add_approvers(&rule, j, v, of->policy);

	if (r == 0 && (r = gv_approval_open_by(a, j->repo, &rule)) == 0 &&
	    rule.n_approvers)
		r = gv_approval_count(a, &what);
	*given = r == 0 ? calloc(a->n + 1, sizeof(**given)) : NULL;
	if (r == 0 && *given == NULL)
		r = gv_err_nomem();
	*n = 0;
	if (r == 0)
		r = take_given(*given, n, a, j, of);
	free(rule.approvers);
	return r;
}

/* ---- one step ------------------------------------------------------------ */

static int
decide(struct gv_access_result *result, struct gv_access_judge *j,
    const struct gv_access_authors *authors, gv_access_result_fn *fn, void *ctx)
{
	struct gv_access_asked asked = { .policy = result->policy,
		.changes = result->changes,
		.people = j->who.people,
		.n_people = j->who.n,
		.person = result->person,
		.is_reader = j->opts.is_viewer && result->ref && *result->ref &&
		    !authors->has_own,
		.authors = authors->names,
		.n_authors = authors->n,
		.now = j->opts.now,
		.zone = find_zone,
		.zone_ctx = j };
	struct gv_access_given *given = NULL;
	struct gv_access_verdict v;
	struct gv_approvals a = { .passed = GV_BUF_INIT };
	int r = gv_access_decide(&v, &asked);

	/* approvals are looked for only where they matter */
	if (r == 0 && (v.lacks & GV_ACCESS_APPROVALS) && result->has_subject) {
		r = find_given(&given, &asked.n_given, &a, j, &v, result);
		asked.given = given;
		gv_access_verdict_release(&v);
		if (r == 0)
			r = gv_access_decide(&v, &asked);
	}
	if (r == 0 && v.n) {
		struct gv_access_result judged = *result;

		judged.verdict = &v;
		judged.is_stranger = result->person &&
		    !gv_access_has_person(
			j->who.people, j->who.n, result->person);
		if (result->policy == &j->policy)
			gv_buf_add(&a.passed, j->unread.p, j->unread.len);
		judged.passed = a.passed.len ? a.passed.p : NULL;
		r = fn(ctx, &judged);
	}
	gv_access_verdict_release(&v);
	gv_approval_close(&a);
	free(given);
	return r;
}

int
gv_access_judge_step(struct gv_access_judge *j, const struct gv_access_move *m,
    const struct gv_policy *policy, gv_access_result_fn *fn, void *ctx)
{
	struct gv_access_changes changes = GV_ACCESS_CHANGES_INIT;
	struct gv_access_authors authors = { .n = 0 };
	struct gv_access_result result = { .ref = m->ref,
		.from = m->from,
		.to = m->to,
		.is_whole = m->is_whole,
		.policy = policy,
		.changes = &changes,
		.person = find_person(j, policy) };
	struct gv_oid old, now;
	int r;

	if (policy->access.n_rules == 0)
		return 0;
	if ((r = gv_access_judge_tree(&old, j, &m->from)) < 0 ||
	    (r = gv_access_judge_tree(&now, j, &m->to)) < 0 ||
	    (r = gv_access_step_load(
		 &changes, j->repo, &old, &now, policy, j->opts.key)) < 0)
		goto out;
	result.has_subject = gv_access_subject(&result.subject, &changes);
	if (!result.has_subject)
		goto out;
	r = gv_access_judge_authors(&authors, j, &m->from, &m->to);
	if (r == 0 && !is_told(j) && j->opts.by_signature)
		r = gv_access_who_signed(
		    &result.person, &j->who, j->odb, &m->to);
	if (r == 0)
		r = decide(&result, j, &authors, fn, ctx);
	if (r == 0)
		r = gv_access_judge_law(j, m, policy, &changes, fn, ctx);
out:
	free(authors.names);
	gv_access_changes_release(&changes);
	return r;
}

int
gv_access_judge_changes(struct gv_access_judge *judge,
    const struct gv_oid *base, const struct gv_policy *policy,
    const struct gv_access_changes *changes, gv_access_result_fn *fn, void *ctx)
{
	struct gv_access_authors authors = { .n = 0 };
	struct gv_access_result result = { .ref = "",
		.from = *base,
		.policy = policy,
		.changes = changes,
		.person = find_person(judge, policy) };

	result.has_subject = gv_access_subject(&result.subject, changes);
	return result.has_subject ? decide(&result, judge, &authors, fn, ctx)
				  : 0;
}
