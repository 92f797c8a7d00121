#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "code/stack.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/reason_opt.h"
#include "git-vault/front/run_note.h"
#include "git-vault/recovery/plan_gate.h"
#include "git-vault/recovery/plan_new.h"
#include "git-vault/recovery/plan_out.h"
#include "git-vault/recovery/plan_run.h"
#include "git-vault/recovery/recover_approve.h"
#include "git-vault/recovery/recover_as.h"
#include "git-vault/recovery/recover_lock.h"
#include "git-vault/recovery/recover_source.h"
#include "git-vault/state/state_out.h"
#include "plan/plan.h"
#include "plan/plan_order.h"
#include "record/good.h"
#include "recover/recover.h"
#include "recover/recover_facts.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "state/track.h"

struct recover_opts {
	const char *to, *snapshot, *at, *into, *as, *reason;
	struct gv_opt_list components, without;
	int64_t jobs;
	bool dry_run, yes, in_freeze, unapproved;
	bool replace, cross_scope, with_states, approve;
};

#define LITERAL ":(top,literal)" /* before a path of git's */
#define ABBREV  10

#define AT(m) offsetof(struct recover_opts, m)

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "to",
	    .arg = "RECORD",
	    .at = AT(to),
	    .help = "recover what this known-good record has: its number" },
	{ .type = GV_OPT_STRING,
	    .name = "snapshot",
	    .arg = "SNAP",
	    .kind = GV_OPT_SNAPSHOT,
	    .at = AT(snapshot),
	    .help = "recover what this snapshot has" },
	{ .type = GV_OPT_STRING,
	    .name = "at",
	    .arg = "TIME",
	    .at = AT(at),
	    .help = "recover the newest snapshot that is not after TIME" },
	{ .type = GV_OPT_LIST,
	    .name = "component",
	    .arg = "NAME",
	    .at = AT(components),
	    .help = "only this component; may be repeated",
	    .is_kept = true },
	{ .type = GV_OPT_LIST,
	    .name = "without-state",
	    .arg = "STACK",
	    .at = AT(without),
	    .help = "go on though this state of the record is not here",
	    .is_kept = true },
	{ .type = GV_OPT_STRING,
	    .name = "into",
	    .arg = "DIR",
	    .kind = GV_OPT_PATH,
	    .at = AT(into),
	    .help = "write the files to this new directory" },
	{ .type = GV_OPT_STRING,
	    .name = "as",
	    .arg = "ENV2",
	    .kind = GV_OPT_ENV,
	    .at = AT(as),
	    .help = "write the files where the environment ENV2 has its own" },
	{ .type = GV_OPT_BOOL,
	    .name = "replace",
	    .at = AT(replace),
	    .help = "with --as: also files that ENV2 has" },
	{ .type = GV_OPT_BOOL,
	    .name = "cross-scope",
	    .at = AT(cross_scope),
	    .help = "with --as: also secrets that more people can read there" },
	{ .type = GV_OPT_BOOL,
	    .name = "with-states",
	    .at = AT(with_states),
	    .help = "with --as: also the states of ENV, as files" },
	{ .type = GV_OPT_INT,
	    .letter = 'j',
	    .name = "jobs",
	    .arg = "N",
	    .at = AT(jobs),
	    .help = "run at most N steps beside each other" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = AT(dry_run),
	    .help = "show the plan, and do nothing" },
	{ .type = GV_OPT_BOOL,
	    .name = "in-freeze",
	    .at = AT(in_freeze),
	    .help = "proceed although the environment is frozen; needs "
		    "--reason" },
	{ .type = GV_OPT_BOOL,
	    .name = "approve",
	    .at = AT(approve),
	    .help = "approve that somebody else recovers the record as ENV2" },
	GV_UNAPPROVED_OPT(struct recover_opts, unapproved),
	GV_REASON_OPT(struct recover_opts, reason),
	GV_ASK_OPT(struct recover_opts, yes), GV_OPT_LAST
};

/* What is recovered, and from where. */
struct recovery {
	struct gv_ctx *ctx;
	const struct recover_opts *o;
	const char *env;
	struct gv_recover_source from;
	struct gv_recover_facts facts;
	struct gv_buf text, title, into;
	struct gv_buf what, approve; /* of the gate */
	struct gv_plan_guarded gate;
	struct gv_plan plan;
	const char **paths;
	struct gv_recover_as as;
};

/* ---- what ---------------------------------------------------------------- */

/* The part of it that a name is: its directory, or the end of that. */
static int
find_component(
    const struct gv_plan_fact **out, const struct recovery *r, const char *name)
{
	const struct gv_plan_facts *f = &r->facts.plan;
	size_t i, n = 0;

	*out = NULL;
	for (i = 0; i < f->n_components; i++) {
		const char *dir = f->components[i].dir;
		const char *leaf = strrchr(dir, '/');

		if (strcmp(dir, name) == 0) {
			*out = &f->components[i];
			return 0;
		}
		if (leaf && strcmp(leaf + 1, name) == 0) {
			*out = &f->components[i];
			n++;
		}
	}
	if (n == 1)
		return 0;
	return gv_err(n ? GV_EREFUSED : GV_ENOTFOUND,
	    n ? "several components of %s end in '%.64s'; give its directory"
	      : "%s has no component '%.64s' there; list them: git vault "
		"graph",
	    r->env, name);
}

/* Only the files of these, and only their states. */
static int
choose_components(struct recovery *r)
{
	const struct gv_opt_list *list = &r->o->components;
	struct gv_plan_facts *f = &r->facts.plan;
	const struct gv_plan_fact *c;
	struct gv_buf path = GV_BUF_INIT;
	size_t i, k, n = 0;
	int e = 0;

	if (list->n == 0)
		return 0;
	r->paths = calloc(list->n + 1, sizeof(*r->paths));
	if (r->paths == NULL)
		return gv_err_nomem();
	for (k = 0; k < f->n_states; k++)
		r->facts.states[k].kind = "";
	for (i = 0; e == 0 && i < list->n; i++) {
		if ((e = find_component(&c, r, list->items[i])) < 0)
			break;
		if (c->is_shared) {
			e = gv_err(GV_EREFUSED,
			    "the component %s has files of other environments, "
			    "so it is recovered with all of %s only",
			    c->dir, r->env);
			break;
		}
		gv_buf_reset(&path);
		gv_buf_addf(&path, LITERAL "%s", c->dir);
		if ((e = gv_buf_check(&path)) == 0 &&
		    (r->paths[i] = strdup(path.p)) == NULL)
			e = gv_err_nomem();
		for (k = 0; k < f->n_states; k++)
			if (r->facts.states[k].dir &&
			    strcmp(r->facts.states[k].dir, c->dir) == 0)
				r->facts.states[k].kind = "taken";
	}
	for (k = 0; k < f->n_states; k++)
		if (*r->facts.states[k].kind)
			r->facts.states[n++] = r->facts.states[k];
	f->n_states = n;
	f->paths = r->paths;
	gv_buf_release(&path);
	return e;
}

/* Whether the user goes on without it. */
static bool
is_without(const struct recovery *r, const char *stack)
{
	size_t i;

	for (i = 0; i < r->o->without.n; i++)
		if (strcmp(r->o->without.items[i], stack) == 0)
			return true;
	return false;
}

/* Whether --component leaves its directory out. */
static int
is_left_out(bool *out, const struct recovery *r, const char *stack)
{
	const size_t prefix = strlen(LITERAL);
	struct gv_buf dir = GV_BUF_INIT;
	size_t i;
	int e = 0;

	*out = r->paths != NULL;
	if (*out && gv_stack_dir(&dir, stack) && (e = gv_buf_check(&dir)) == 0)
		for (i = 0; r->paths[i]; i++)
			if (strcmp(r->paths[i] + prefix,
				dir.len ? dir.p : ".") == 0)
				*out = false;
	gv_buf_release(&dir);
	return e;
}

/* The states of another environment are not those that the files had. */
static bool
leaves_states(const struct recovery *r)
{
	return r->o->as && !r->o->with_states;
}

/* What of the record's states is not here cannot come back, and nobody would
 * miss it: the plan is made of what is here. */
static int
check_state(const struct recovery *r, const struct gv_good_state *s)
{
	const struct gv_track_of of = { .env = r->env, .stack = s->stack };
	struct gv_track_version v = { .env = NULL };
	char hex[GV_OID_HEX + 1];
	bool is_out;
	int e = is_left_out(&is_out, r, s->stack);

	if (e < 0 || is_out)
		return e;
	gv_oid_format(hex, &s->version);
	e = gv_track_resolve(&v, r->ctx->repo, &of, hex);
	gv_track_version_release(&v);
	if (e != GV_ENOTFOUND && e != GV_ECORRUPT && e != GV_EUSAGE)
		return e;
	if (is_without(r, s->stack)) {
		gv_out_warn(r->ctx->out,
		    "the state %s of record %u is not here, and does not come "
		    "back",
		    s->stack, r->from.good.n);
		return 0;
	}
	return gv_err(GV_EREFUSED,
	    "nothing was recovered: the state %s, version %.*s of record %u, "
	    "is not here; to fetch it: git vault sync; to go on without it: "
	    "git vault recover --without-state %s %s",
	    s->stack, ABBREV, hex, r->from.good.n, s->stack, r->env);
}

static int
check_states(const struct recovery *r)
{
	const struct gv_good *good = &r->from.good;
	size_t i;
	int e = 0;

	for (i = 0;
	     e == 0 && good->n && i < good->n_states && !leaves_states(r); i++)
		e = check_state(r, &good->states[i]);
	return e;
}

/* A state that is left out knowingly: the ref may be here, without the version
 * that the record names. */
static void
drop_states(struct recovery *r)
{
	struct gv_plan_facts *f = &r->facts.plan;
	size_t i, n = 0;

	for (i = 0; i < f->n_states; i++)
		if (!leaves_states(r) &&
		    !is_without(r, r->facts.states[i].name))
			r->facts.states[n++] = r->facts.states[i];
	f->n_states = n;
}

static int
set_title(struct recovery *r)
{
	if (r->from.good.n)
		gv_buf_addf(&r->title, "Recover %s as record %u knows it",
		    r->env, r->from.good.n);
	else
		gv_buf_addf(&r->title, "Recover %s", r->env);
	if (r->o->as)
		gv_buf_addf(&r->title, " as %s", r->o->as);
	if (r->o->into == NULL)
		return gv_buf_check(&r->title);
	/* a plan counts from the top */
	gv_buf_addf(&r->into, "%s%s",
	    *r->o->into == '/' ? "" : r->ctx->repo->prefix, r->o->into);
	r->facts.plan.into = r->into.p;
	return gv_buf_check(&r->into) < 0 ? GV_ENOMEM : gv_buf_check(&r->title);
}

static int
make_plan(struct recovery *r)
{
	int e = gv_recover_facts_load(
	    &r->facts, r->ctx->repo, r->env, &r->from.rec.tree);

	if (e < 0 ||
	    (e = gv_recover_facts_versions(
		 &r->facts, r->ctx->repo, &r->from.rec, &r->from.good)) < 0 ||
	    (e = choose_components(r)) < 0 || (e = check_states(r)) < 0 ||
	    (e = set_title(r)) < 0)
		return e;
	drop_states(r);
	r->facts.plan.snapshot = r->from.rec.id;
	r->facts.plan.as = r->o->as;
	r->facts.plan.replaces = r->o->replace;
	r->facts.plan.crosses = r->o->cross_scope;
	r->facts.plan.title = r->title.p;
	r->facts.plan.find = gv_plan_new_find;
	if ((e = gv_plan_fill(
		 &r->text, gv_plan_new_find("_recover"), &r->facts.plan)) < 0 ||
	    (e = gv_plan_read(&r->plan, "recover", r->text.p, r->text.len)) < 0)
		return e;
	if (r->plan.n_faults)
		return gv_err(GV_ERROR, "no plan can be made: line %u: %s",
		    r->plan.faults[0].line, r->plan.faults[0].what);
	return 0;
}

/* ---- telling ------------------------------------------------------------- */

static void
tell_age(const struct recovery *r)
{
	const int64_t age = r->ctx->now - r->from.rec.time;
	char how[GV_TIME_MAX];

	gv_time_relative(how, r->from.rec.time, r->ctx->now);
	gv_out_say(r->ctx->out,
	    "snapshot %s of %s: what was made since then is not in it",
	    r->from.rec.id, how);
	if (age > r->facts.plan.rpo)
		gv_out_warn(r->ctx->out,
		    "the data is %lld minutes old, and at most %lld may be "
		    "lost (rpo of %s)",
		    (long long)age / 60, (long long)r->facts.plan.rpo / 60,
		    r->env);
}

static void
put_facts(const struct recovery *r)
{
	struct gv_json *j = r->ctx->json;
	const int64_t age = r->ctx->now - r->from.rec.time;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "environment", r->env);
	gv_json_string(j, "snapshot", r->from.rec.id);
	if (r->from.good.n)
		gv_json_uint(j, "record", r->from.good.n);
	else
		gv_json_null(j, "record");
	gv_json_time(j, "time", r->from.rec.time);
	gv_json_int(j, "age", age);
	gv_json_int(j, "rto", r->facts.plan.rto);
	gv_json_int(j, "rpo", r->facts.plan.rpo);
	gv_json_bool(j, "rpo_met", age <= r->facts.plan.rpo);
	gv_json_array(j, "steps");
	for (i = 0; i < r->plan.n; i++)
		gv_json_string(j, NULL, r->plan.steps[i].id);
	gv_json_end(j);
	gv_json_array(j, "states");
	for (i = 0; i < r->facts.plan.n_states; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "stack", r->facts.plan.states[i].name);
		gv_json_string(j, "version", r->facts.plan.states[i].version);
		gv_json_end(j);
	}
	gv_json_end(j);
	if (r->o->as)
		gv_recover_as_json(&r->as);
	gv_json_end(j);
}

static int
show(const struct recovery *r)
{
	struct gv_plan_order order = { .n = 0 };
	int e;

	if (r->ctx->json) {
		if (r->o->dry_run)
			put_facts(r);
		return 0;
	}
	if ((e = gv_plan_order(&order, &r->plan)) == 0)
		gv_plan_out_show(r->ctx, &r->plan, &order);
	gv_plan_order_release(&order);
	return e;
}

/* A state comes back as a file, since only its tool can push it. */
static void
tell_states(const struct recovery *r, const struct gv_recover *run)
{
	const struct gv_plan *plan = gv_recover_plan(run);
	struct gv_buf file = GV_BUF_INIT;
	const char *dir;
	size_t i, k = 0;

	for (i = 0; i < plan->n; i++) {
		if (plan->steps[i].kind != GV_PLAN_STATE)
			continue;
		dir = r->facts.plan.states[k++].dir;
		gv_buf_reset(&file);
		gv_buf_addf(&file, "%s/%s.tfstate", gv_recover_dir(run),
		    plan->steps[i].id);
		if (gv_buf_check(&file) < 0)
			break;
		gv_out_say(r->ctx->out, "state %s is in %s",
		    plan->steps[i].stack, file.p);
		if (dir && r->o->as == NULL)
			gv_state_out_push(r->ctx, dir, file.p);
	}
	gv_buf_release(&file);
	gv_out_say(r->ctx->out, "hint: to take it back: git vault plan undo %s",
	    gv_recover_id(run));
}

/* ---- doing it ------------------------------------------------------------ */

static int
confirm(const struct recovery *r)
{
	const char *const args[] = { r->env, NULL };
	bool yes;
	int e = gv_ask_must(r->ctx, r->o->yes, "nothing was recovered", args);

	if (e < 0)
		return e;
	e = gv_ask(&yes, r->ctx, r->o->yes, NULL,
	    "recover %s%s%s from snapshot %s, %zu steps?", r->env,
	    r->o->as ? " as " : "", r->o->as ? r->o->as : "", r->from.rec.id,
	    r->plan.n);
	if (e == 0 && !yes)
		e = gv_err(GV_ECANCELED, "nothing was recovered");
	return e;
}

/* An approval of a rollback to the record is one of its recovery. Files in a
 * new directory change no environment. */
/* What others agree to, if the record becomes another environment. */
static struct gv_recover_agreed
agreed_of(const struct recovery *r)
{
	return (struct gv_recover_agreed){ .good = &r->from.good,
		.as = r->o->as,
		.replaces = r->o->replace,
		.crosses = r->o->cross_scope,
		.with_states = r->o->with_states };
}

/* Whom the approvals are of, and how others give them. */
static int
describe(struct recovery *r)
{
	const struct gv_recover_agreed agreed = agreed_of(r);
	int e = 0;

	if (r->o->as && r->from.good.n) {
		r->gate.of.kind = GV_AUDIT_PLAN_APPROVE;
		if ((e = gv_recover_agreed_subject(
			 &r->gate.of.subject, &agreed)) == 0)
			e = gv_recover_agreed_command(&r->approve, &agreed);
	} else {
		gv_buf_addf(&r->approve,
		    "git vault rollback --approve --to %u %s", r->from.good.n,
		    r->env);
	}
	gv_buf_addf(&r->what, "recover %s%s%s", r->env, r->o->as ? " as " : "",
	    r->o->as ? r->o->as : "");
	return e < 0 || (e = gv_buf_check(&r->what)) < 0
	    ? e
	    : gv_buf_check(&r->approve);
}

static int
guard(struct gv_buf *note, struct recovery *r)
{
	int e;

	r->gate = (struct gv_plan_guarded){ .of = { .kind = GV_AUDIT_APPROVE,
						.env = r->o->into ? NULL
						    : r->o->as    ? r->o->as
								  : r->env,
						.subject = r->from.good.tag,
						.now = r->ctx->now },
		.reason = r->o->reason,
		.in_freeze = r->o->in_freeze,
		.unapproved = r->o->unapproved };
	if ((e = describe(r)) < 0)
		return e;
	r->gate.what = r->what.p;
	r->gate.approve = r->from.good.n ? r->approve.p : NULL;
	return gv_plan_guard(note, r->ctx, &r->gate);
}

static int
approve(struct recovery *r)
{
	const struct gv_recover_agreed agreed = agreed_of(r);

	if (r->from.good.n == 0)
		return gv_err(GV_EREFUSED,
		    "only a known-good record can be approved; %s has none",
		    r->env);
	return gv_recover_agreed_give(r->ctx, &agreed, r->o->reason);
}

static int
carry_out(struct recovery *r, const char *note)
{
	const struct gv_recover_begin_opts begin = { .name = "recover",
		.text = r->text.p,
		.len = r->text.len,
		.environment = r->env,
		.now = r->ctx->now };
	struct gv_recover *run = NULL;
	int e = gv_recover_begin(&run, r->ctx->repo, &begin);

	if (e < 0)
		return e;
	if ((e = gv_plan_gate_use(r->ctx, &r->gate, run)) < 0)
		gv_recover_drop(run);
	else
		e = gv_plan_go_on(r->ctx, run,
		    &(struct gv_plan_how){ .jobs = r->o->jobs, .note = note });
	if (e == 0)
		tell_states(r, run);
	gv_recover_close(run);
	return e;
}

static bool
is_more_than_approval(const struct recover_opts *o)
{
	return o->into || o->snapshot || o->at || o->components.n ||
	    o->without.n || o->dry_run || o->in_freeze || o->unapproved;
}

static int
check_as(const struct recover_opts *o, const char *env)
{
	if (o->as == NULL && o->approve)
		return gv_err(GV_EUSAGE,
		    "--approve goes with --as; a recovery of %s in place is "
		    "approved by: git vault rollback --approve %s",
		    env, env);
	if (o->approve && is_more_than_approval(o))
		return gv_err(GV_EUSAGE,
		    "--approve is of a whole known-good record in place, and "
		    "does nothing else: it goes with --as, --to, --replace, "
		    "--cross-scope, --with-states and --reason alone");
	if (o->as == NULL && (o->replace || o->cross_scope || o->with_states))
		return gv_err(GV_EUSAGE,
		    "--%s goes with --as, which writes the files of %s "
		    "elsewhere",
		    o->replace           ? "replace"
			: o->cross_scope ? "cross-scope"
					 : "with-states",
		    env);
	if (o->as && !gv_plan_is_environment(o->as))
		return gv_err(GV_EUSAGE,
		    "'%.64s' cannot name an environment: a name has letters, "
		    "digits, '.', '-' and '_'",
		    o->as);
	if (o->as && strcmp(o->as, env) == 0)
		return gv_err(
		    GV_EUSAGE, "%s is recovered as itself without --as", env);
	return 0;
}

/* What goes where, if it is another environment. */
static int
look_as(struct recovery *r)
{
	const struct gv_recover_as_ask ask = {
		.ctx = r->ctx, .rec = &r->from.rec, .facts = &r->facts.plan
	};
	int e;

	if (r->o->as == NULL)
		return 0;
	if ((e = gv_recover_as_look(&r->as, &ask)) < 0)
		return e;
	gv_recover_as_out(&r->as, r->o->dry_run);
	return r->o->dry_run ? 0 : gv_recover_as_check(&r->as);
}

static void
release(struct recovery *r)
{
	size_t i;

	gv_recover_as_release(&r->as);

	for (i = 0; r->paths && r->paths[i]; i++)
		free((void *)r->paths[i]);
	free(r->paths);
	gv_plan_release(&r->plan);
	gv_recover_facts_release(&r->facts);
	gv_recover_source_release(&r->from);
	gv_buf_release(&r->text);
	gv_buf_release(&r->title);
	gv_buf_release(&r->into);
	gv_buf_release(&r->what);
	gv_buf_release(&r->approve);
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct recovery r = { .ctx = ctx,
		.o = ctx->opts,
		.env = argv[0],
		.from = { .good = GV_GOOD_INIT },
		.text = GV_BUF_INIT,
		.title = GV_BUF_INIT,
		.into = GV_BUF_INIT,
		.what = GV_BUF_INIT,
		.approve = GV_BUF_INIT };
	struct gv_buf note = GV_BUF_INIT;
	struct gv_recover_from from = { .env = argv[0],
		.to = r.o->to,
		.snapshot = r.o->snapshot,
		.at = r.o->at,
		.asks = !r.o->yes && gv_ask_may(ctx),
		.only_shows = r.o->dry_run };
	int e;

	(void)argc;
	if ((e = check_as(r.o, r.env)) < 0 ||
	    (e = gv_recover_source_find(&r.from, ctx, &from)) < 0)
		goto out;
	if (r.o->approve) {
		e = approve(&r);
		goto out;
	}
	if ((e = gv_recover_source_check(&r.from, ctx, &from)) < 0 ||
	    (e = make_plan(&r)) < 0 || (e = look_as(&r)) < 0 ||
	    (e = show(&r)) < 0)
		goto out;
	tell_age(&r);
	/* a copy in a new directory changes no state's file */
	if ((e = gv_recover_lock_check(
		 ctx, &r.facts.plan, r.o->dry_run || r.o->into)) < 0 ||
	    r.o->dry_run || (e = guard(&note, &r)) < 0 || (e = confirm(&r)) < 0)
		goto out;
	gv_run_note_counts(ctx);
	e = carry_out(&r, note.p);
out:
	gv_buf_release(&note);
	release(&r);
	return e;
}

const struct gv_cmd cmd_recover = {
	.name = "recover",
	.summary = "bring an environment back: files, secrets and states",
	.usage = "[--to RECORD | --snapshot SNAP | --at TIME] [--component "
		 "NAME]... [--without-state STACK]... [--as ENV2] "
		 "[--replace] [--cross-scope] [--with-states] [--into DIR] "
		 "[--in-freeze] [--without-approval] [--reason TEXT] [-j N] "
		 "[-n] [-y] ENV\n"
		 "--approve --as ENV2 [--to RECORD] [--replace] "
		 "[--cross-scope] [--with-states] [--reason TEXT] ENV",
	.group = GV_CMD_BACK,
	.flags = GV_CMD_WORKTREE,
	.runs = "",
	.opts = opts,
	.opts_size = sizeof(struct recover_opts),
	.min_args = 1,
	.max_args = 1,
	.args = { GV_OPT_ENV },
	.run = run,
};
