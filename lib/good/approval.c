#include "good/approval.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit_check.h"
#include "audit/audit_find.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "good/approval_use.h"
#include "policy/freeze.h"
#include "policy/team.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe_who.h"

/* Clocks differ; but what is signed for a day to come would never be old. */
#define MAX_AHEAD 300 /* seconds */

#define MAX_SELVES 2 /* keys */

/* Keys of who asks. */
struct selves {
	unsigned char keys[MAX_SELVES][GV_SIGN_PUBLIC];
	size_t n;
};

/* One count: what the events are held against. */
struct count {
	struct gv_approvals *to;
	const struct gv_approval_of *of;
	struct selves selves;
	struct gv_audit_check check;
	struct gv_audit_found found;
	struct gv_approval_uses uses;
};

/* ---- the policy --------------------------------------------------------- */

int
gv_approval_open_by(struct gv_approvals *out, struct gv_repo *repo,
    const struct gv_policy_approval *rule)
{
	*out = (struct gv_approvals){ .repo = repo,
		.passed = GV_BUF_INIT,
		.policy = GV_POLICY_INIT,
		.present = GV_POLICY_INIT,
		.rule = *rule,
		.wanted = rule->wanted,
		.lasts = rule->lasts,
		.arena = GV_ARENA_INIT };
	return 0;
}

/* What the working tree has may only tighten, so that one which cannot be read
 * changes nothing. */
static int
load_present(struct gv_approvals *out, struct gv_repo *repo)
{
	char *before = gv_err_save();
	int r = gv_team_load(&out->present, repo);

	gv_err_restore(before);
	return r == GV_ENOMEM ? gv_err_nomem() : 0;
}

static int
open_at_head(struct gv_approvals *out, struct gv_repo *repo, const char *what)
{
	static const struct gv_policy_approval none = { .env = NULL };
	int r = gv_approval_open_by(out, repo, &none);

	if (r == 0 &&
	    (r = gv_team_load_at(&out->policy, repo, &repo->head)) < 0)
		r = gv_err_in(r,
		    "the number of approvals for a %s is unknown: the policy "
		    "at HEAD",
		    what);
	return r < 0 ? r : load_present(out, repo);
}

/* The rule at HEAD, and what that of the working tree adds to it: more
 * approvals, a shorter time, and names where HEAD takes anybody. A shorter list
 * of names would lower the number, so it does not count. */
static void
set_rule(struct gv_approvals *out, const struct gv_policy_approval *rule,
    const struct gv_policy_approval *present)
{
	struct gv_policy_approval *is = &out->rule;

	*is = rule->wanted ? *rule : *present;
	if (present->wanted && present->lasts < is->lasts)
		is->lasts = present->lasts;
	if (present->wanted > is->wanted)
		is->wanted = present->wanted;
	if (is->n_approvers == 0 && present->n_approvers >= is->wanted) {
		is->approvers = present->approvers;
		is->n_approvers = present->n_approvers;
	}
	/* more than there are names could never be had */
	if (is->n_approvers && is->wanted > is->n_approvers)
		is->wanted = (unsigned)is->n_approvers;
	out->wanted = is->wanted;
	out->lasts = is->lasts;
}

int
gv_approval_open(
    struct gv_approvals *out, struct gv_repo *repo, const char *env)
{
	struct gv_policy_approval rule, present;
	int r = open_at_head(out, repo, "rollback");

	if (r < 0)
		return r;
	rule = gv_policy_approval_of(&out->policy, env);
	present = gv_policy_approval_of(&out->present, env);
	set_rule(out, &rule, &present);
	return 0;
}

int
gv_approval_open_removal(struct gv_approvals *out, struct gv_repo *repo,
    enum gv_policy_removal removal)
{
	struct gv_policy_approval rule, present;
	int r = open_at_head(out, repo, gv_policy_removals[removal]);

	if (r < 0)
		return r;
	rule = gv_policy_approval_to(&out->policy, removal);
	present = gv_policy_approval_to(&out->present, removal);
	set_rule(out, &rule, &present);
	return 0;
}

int
gv_approval_frozen(struct gv_policy_frozen *out, const struct gv_policy **by,
    const struct gv_approvals *a, const char *env, int64_t now)
{
	int r = gv_freeze_at(out, *by = &a->policy, env, now);

	return r ? r : gv_freeze_at(out, *by = &a->present, env, now);
}

void
gv_approval_close(struct gv_approvals *a)
{
	gv_policy_release(&a->policy);
	gv_policy_release(&a->present);
	gv_buf_release(&a->passed);
	gv_arena_release(&a->arena);
	free(a->all);
	free(a->events);
	memset(a, 0, sizeof(*a));
}

bool
gv_approval_is_enough(const struct gv_approvals *a)
{
	return a->wanted == 0 || (a->self && a->n >= a->wanted);
}

/* ---- who asks ----------------------------------------------------------- */

static void
find_selves(struct selves *out, struct gv_safe *safe)
{
	struct gv_secret signer = GV_SECRET_INIT;

	out->n = 0;
	/* the event is signed by the first */
	if (safe)
		gv_safe_signer(&signer, safe, true);
	if (signer.len)
		gv_sign_public(out->keys[out->n++], &signer);
	gv_secret_release(&signer);
	if (gv_audit_signers_own(out->keys[out->n]))
		out->n++;
}

static const struct gv_audit_signer *
find_member(const struct gv_audit_signers *all, const unsigned char *key)
{
	const struct gv_audit_signer *who = gv_audit_signers_find(all, key);

	return who && who->who == GV_AUDIT_WHO_KEYRING ? who : NULL;
}

static bool
is_former(const struct gv_audit_signers *all, const unsigned char *key)
{
	const struct gv_audit_signer *who = gv_audit_signers_find(all, key);

	return who && who->who == GV_AUDIT_WHO_FORMER;
}

/* Their name; NULL: nobody whom the keyring has. */
static int
name_self(struct gv_approvals *a, const struct selves *selves,
    const struct gv_audit_signers *all)
{
	const struct gv_audit_signer *who = NULL;
	size_t i;

	for (i = 0; who == NULL && i < selves->n; i++)
		who = find_member(all, selves->keys[i]);
	if (who == NULL)
		return 0;
	a->self = gv_arena_copy(&a->arena, who->name, strlen(who->name));
	return a->self ? 0 : gv_err_nomem();
}

/* By each key that is at hand: a user may have several, of several names. */
static bool
is_self(const struct count *c, const struct gv_audit_signer *who)
{
	const struct gv_audit_signer *own;
	size_t i;

	for (i = 0; i < c->selves.n; i++) {
		own = find_member(&c->check.signers, c->selves.keys[i]);
		if (own && strcmp(own->name, who->name) == 0)
			return true;
	}
	return false;
}

static bool
is_approver(const struct gv_approvals *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->rule.n_approvers; i++)
		if (strcmp(a->rule.approvers[i], name) == 0)
			return true;
	return a->rule.n_approvers == 0;
}

/* Only people who may read an environment decide about it, unless the policy
 * names approvers. */
static bool
may_approve(const struct gv_approvals *a, const struct gv_audit_signers *all,
    const struct gv_audit_signer *who, const struct gv_approval_of *of)
{
	return a->rule.n_approvers > 0 ||
	    gv_audit_signers_speaks(all, who, of->env);
}

/* ---- which count -------------------------------------------------------- */

static bool
is_whole(const struct gv_audit_check *check, const char *host)
{
	size_t i;

	for (i = 0; i < check->n; i++)
		if (strcmp(check->chains[i].host, host) == 0)
			return check->chains[i].n_faults == 0;
	return false;
}

/* A chain is of who began it, by the first event that is signed: what others
 * have put behind that, with whatever key, is not where they tell of things. */
struct beginning {
	unsigned char key[GV_SIGN_PUBLIC];
	bool is_signed;
};

static int
note_key(void *ctx, const struct gv_audit_entry *e)
{
	struct beginning *b = ctx;

	if (e->is_signed) {
		b->is_signed = true;
		memcpy(b->key, e->key, sizeof(b->key));
	}
	return 0;
}

static void
find_beginning(struct beginning *out, struct gv_repo *repo, const char *ref)
{
	out->is_signed = false;
	if (gv_audit_each(repo, ref, NULL, note_key, out) < 0)
		out->is_signed = false;
}

static bool
is_begun_by(const struct beginning *b, const struct gv_audit_signers *all,
    const char *name)
{
	const struct gv_audit_signer *who =
	    b->is_signed ? gv_audit_signers_find(all, b->key) : NULL;

	return who && who->name && strcmp(who->name, name) == 0;
}

static bool
is_of(const struct count *c, const char *host, const char *name)
{
	struct gv_buf ref = GV_BUF_INIT;
	struct beginning b = { .is_signed = false };

	gv_buf_addf(&ref, GV_REFS_AUDIT "%s", host);
	if (gv_buf_check(&ref) == 0)
		find_beginning(&b, c->to->repo, ref.p);
	gv_buf_release(&ref);
	return is_begun_by(&b, &c->check.signers, name);
}

/* Of another subject. NULL with *who NULL: it is not named. */
static const char *
judge_other(const struct gv_audit_signer **who, const struct gv_approval_of *of,
    const char *target)
{
	const char *why = of->of_other(of->ctx, target);

	if (why == NULL)
		*who = NULL;
	return why;
}

/* Why an event is no approval of this; NULL where it is one of *who, or *who is
 * NULL and nobody needs to know of it. */
static const char *
judge(const struct gv_audit_signer **who, const struct count *c,
    const struct gv_audit_event_at *at)
{
	const struct gv_audit_entry *e = &at->entry;
	char hex[GV_OID_HEX + 1];
	const char *used;

	*who = e->is_signed ? find_member(&c->check.signers, e->key) : NULL;
	gv_oid_format(hex, &c->of->subject);
	if (!e->is_signed)
		return "nobody has signed it";
	if (at->is_elsewhere)
		return "it is of another vault, or names none";
	if (*who == NULL)
		return is_former(&c->check.signers, e->key)
		    ? "it is signed by a key that was removed from the keyring"
		    : "it is signed by nobody whom the keyring has";
	if ((*who)->is_writer)
		return "it is signed by a write-only key, which cannot approve";
	if (e->n_ids != 1 || e->ids == NULL || strcmp(e->ids, hex) != 0)
		return c->of->of_other ? judge_other(who, c->of, e->target)
		    : strcmp(c->of->kind, GV_AUDIT_APPROVE) == 0
		    ? "it belongs to another record"
		    : strcmp(c->of->env, GV_APPROVAL_SNAPSHOTS) == 0
		    ? "it belongs to other snapshots"
		    : "it belongs to another step, run, content or input";
	if (e->scopes == NULL || strcmp(e->scopes, c->of->env) != 0)
		return "it belongs to another environment";
	if (e->time > c->of->now + MAX_AHEAD)
		return "it is of a time to come";
	if (e->time < c->of->now - c->to->lasts)
		return "it is too old";
	if (!c->of->takes_own && is_self(c, *who))
		return "it is signed by the user who asks for it";
	if ((used = gv_approval_uses_get(&c->uses, &e->commit)))
		return used;
	if (!is_approver(c->to, (*who)->name))
		return "it is by none of the approvers that are named";
	if (!may_approve(c->to, &c->check.signers, *who, c->of))
		return "its signer cannot read the environment's secrets";
	return is_of(c, at->host, (*who)->name)
	    ? NULL
	    : "it is in a chain that somebody else began; the signer can get a "
	      "separate chain by setting vault.auditName";
}

/* Whether it is of something else, and too old for that as well: of no matter
 * to anybody. */
static bool
is_past(const struct count *c, const struct gv_audit_entry *e)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &c->of->subject);
	return e->time < c->of->now - c->to->lasts &&
	    (e->ids == NULL || strcmp(e->ids, hex) != 0);
}

static int
pass(struct count *c, const struct gv_audit_event_at *at,
    const struct gv_audit_signer *who, const char *why)
{
	struct gv_approvals *a = c->to;
	char hex[GV_OID_HEX + 1];

	if (a->n_passed++ >= GV_APPROVAL_PASSED)
		return 0;
	gv_oid_format(hex, &at->entry.commit);
	gv_buf_addf(&a->passed, "approval %.12s%s%s does not count: %s\n", hex,
	    who ? " of " : "", who ? who->name : "", why);
	return gv_buf_check(&a->passed);
}

static int
add(struct gv_approvals *a, const struct gv_audit_event_at *at,
    const struct gv_audit_signer *who)
{
	const struct gv_audit_entry *e = &at->entry;
	struct gv_approval *one;
	size_t i;

	if (GV_GROW(a->events, a->n_events, a->cap_events) < 0)
		return gv_err_nomem();
	a->events[a->n_events++] = e->commit;
	for (i = 0; i < a->n; i++)
		if (strcmp(a->all[i].name, who->name) == 0)
			return 0;
	if (GV_GROW(a->all, a->n, a->cap) < 0)
		return gv_err_nomem();
	one = &a->all[a->n];
	*one = (struct gv_approval){ .time = e->time, .event = e->commit };
	one->name = gv_arena_copy(&a->arena, who->name, strlen(who->name));
	one->host = gv_arena_copy(&a->arena, at->host, strlen(at->host));
	if (e->reason)
		one->reason =
		    gv_arena_copy(&a->arena, e->reason, strlen(e->reason));
	if (e->target)
		one->target =
		    gv_arena_copy(&a->arena, e->target, strlen(e->target));
	if (one->name == NULL || one->host == NULL ||
	    (e->reason && one->reason == NULL) ||
	    (e->target && one->target == NULL))
		return gv_err_nomem();
	a->n++;
	return 0;
}

/* Of a chain with faults nobody knows what was in it. */
static int
pass_chains(struct count *c)
{
	struct gv_buf *out = &c->to->passed;
	size_t i;

	for (i = 0; i < c->check.n; i++)
		if (c->check.chains[i].n_faults)
			gv_buf_addf(out,
			    "no approval in the audit chain of %s counts: it "
			    "has faults, which 'git vault audit verify' "
			    "tells\n",
			    c->check.chains[i].host);
	return gv_buf_check(out);
}

/* Nobody is a member then, and chains seem to be of strangers: that would only
 * hide why. */
static int
pass_keyring(struct count *c)
{
	struct gv_buf *out = &c->to->passed;

	gv_buf_addf(out, "no approval counts: %s\n", c->check.signers.why);
	return gv_buf_check(out);
}

static int
take_all(struct count *c)
{
	const struct gv_audit_signer *who;
	const char *why;
	size_t i;
	int r;

	if (c->check.signers.why)
		return pass_keyring(c);
	if ((r = name_self(c->to, &c->selves, &c->check.signers)) == 0)
		r = pass_chains(c);
	for (i = 0; r == 0 && i < c->found.n; i++) {
		const struct gv_audit_event_at *at = &c->found.events[i];

		if (!is_whole(&c->check, at->host) || is_past(c, &at->entry))
			continue;
		why = judge(&who, c, at);
		if (why == NULL && who == NULL)
			continue;
		r = why ? pass(c, at, who, why) : add(c->to, at, who);
	}
	return r;
}

int
gv_approval_count(struct gv_approvals *a, const struct gv_approval_of *of)
{
	const struct gv_audit_check_opts all = { .host = NULL };
	const struct gv_audit_find_opts wanted = {
		.kind = of->kind, .scope = of->env, .limit = -1
	};
	struct count c = { .to = a, .of = of };
	int r = gv_audit_check_run(&c.check, a->repo, &all);

	if (r < 0)
		return r;
	if ((r = gv_approval_uses_load(&c.uses, a->repo, of->env)) == 0 &&
	    (r = gv_audit_find(&c.found, a->repo, &wanted)) == 0) {
		find_selves(&c.selves, of->safe);
		r = take_all(&c);
		gv_audit_found_release(&c.found);
	}
	gv_approval_uses_release(&c.uses);
	gv_audit_check_release(&c.check);
	return r;
}

/* ---- given -------------------------------------------------------------- */

/* The one key by which gv_audit_tell() signs: where identities were named, none
 * that lies elsewhere stands in for them. */
static int
find_giver(struct selves *out, struct gv_safe *safe)
{
	struct gv_secret signer = GV_SECRET_INIT;
	int r = 0;

	if (safe) {
		r = gv_safe_signer_as_named(&signer, safe);
		if (signer.len)
			gv_sign_public(out->keys[0], &signer);
		out->n = signer.len > 0;
		gv_secret_release(&signer);
	} else {
		out->n = gv_audit_signers_own(out->keys[0]);
	}
	if (r < 0 || out->n)
		return r;
	return gv_err(GV_ENOKEY,
	    "no identity here signs, and an approval is nobody's without; name "
	    "one by --identity");
}

/* Where it would be told of: behind events of somebody else, or in a chain with
 * faults, it counts for nothing. */
static int
check_place(const struct gv_approvals *a, const struct gv_audit_signers *all)
{
	struct gv_audit_check check = { .n = 0 };
	struct gv_audit_check_opts opts = { .host = NULL };
	struct gv_buf ref = GV_BUF_INIT;
	struct beginning b;
	int r;

	gv_audit_ref(&ref, a->repo);
	r = gv_buf_check(&ref);
	if (r < 0)
		return r;
	opts.host = ref.p + strlen(GV_REFS_AUDIT);
	find_beginning(&b, a->repo, ref.p);
	if (b.is_signed && !is_begun_by(&b, all, a->self))
		r = gv_err(GV_EREFUSED,
		    "an approval of %s has no effect in the audit chain of %s, "
		    "which somebody else began; to give this clone its own: "
		    "git config --local vault.auditName %s-2",
		    a->self, opts.host, opts.host);
	if (r == 0)
		r = gv_audit_check_run(&check, a->repo, &opts);
	if (r == GV_ENOTFOUND)
		r = 0; /* this user begins it */
	else if (r == 0 && !is_whole(&check, opts.host))
		r = gv_err(GV_EREFUSED,
		    "an approval has no effect in the audit chain of %s, which "
		    "has faults; to list them: git vault audit verify; to give "
		    "this clone a new chain: git config --local "
		    "vault.auditName %s-2",
		    opts.host, opts.host);
	gv_audit_check_release(&check);
	gv_buf_release(&ref);
	return r;
}

static int
check_role(const struct gv_approvals *a, const struct selves *selves,
    const struct gv_audit_signers *all, const struct gv_approval_of *of)
{
	const struct gv_audit_signer *who = find_member(all, selves->keys[0]);

	if (who && who->is_writer)
		return gv_err(GV_EREFUSED,
		    "an approval by %s does not count: the key is write-only; "
		    "only an owner, operator or reader can approve",
		    a->self);
	if (who && !may_approve(a, all, who, of))
		return gv_err(GV_EREFUSED,
		    "an approval by %s does not count: %s cannot read the "
		    "secrets %s %s; only somebody who can, or an owner, can "
		    "approve",
		    a->self, a->self,
		    strcmp(of->env, GV_APPROVAL_SNAPSHOTS) == 0 ? "in" : "of",
		    of->env);
	return 0;
}

/* By whom it would be, if it counted. */
static int
check_giver(struct gv_approvals *a, const struct gv_approval_of *of)
{
	struct gv_audit_signers all = GV_AUDIT_SIGNERS_INIT;
	struct selves selves = { .n = 0 };
	int r = find_giver(&selves, of->safe);

	if (r < 0)
		return r;
	if ((r = gv_audit_signers_load(&all, a->repo)) == 0 &&
	    (r = name_self(a, &selves, &all)) == 0 && a->self == NULL)
		r = gv_err(GV_EREFUSED,
		    "an approval signed here counts for nothing: %s",
		    all.why ? all.why
			    : "the keyring does not know by whom; have an "
			      "owner say so by 'git vault key signer'");
	if (r == 0 && (r = check_role(a, &selves, &all, of)) == 0)
		r = check_place(a, &all);
	gv_audit_signers_release(&all);
	if (r == 0 && !is_approver(a, a->self))
		r = gv_err(GV_EREFUSED,
		    "an approval of %s counts for nothing: others are named as "
		    "approvers for %s",
		    a->self, of->env);
	return r;
}

int
gv_approval_give(const char **who, struct gv_approvals *a,
    const struct gv_approval_of *of, const char *reason)
{
	const char *env = of->env;
	struct gv_digest id;
	struct gv_audit_event e = { .what = of->kind,
		.time = of->now,
		.ids = &id,
		.n_ids = 1,
		.scopes = &env,
		.n_scopes = 1,
		.target = of->target,
		.reason = reason };
	int r = check_giver(a, of);

	memcpy(id.bytes, of->subject.id, sizeof(id.bytes));
	if (r == 0 && (r = gv_audit_tell(a->repo, of->safe, &e)) == 0)
		*who = a->self;
	return r;
}
