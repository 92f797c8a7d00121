#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/policy.h"
#include "drill/drill_internal.h"
#include "policy/team.h"
#include "sandbox/sandbox.h"
#include "sys/clock.h"
#include "sys/file.h"

#define TIMEOUT_MS 300000

static const char *const env[] = { "CHECKPOINT_DISABLE=1", "ANSIBLE_NOCOLOR=1",
	"ANSIBLE_LOCALHOST_WARNING=0", "NO_COLOR=1", NULL };

static int
note(struct gv_drill_run *run, const struct gv_validator_call *call,
    enum gv_drill_result result, uint64_t ms, const char *detail)
{
	struct gv_drill *d = run->drill;

	return gv_drill_note(d,
	    &(struct gv_drill_validation){
		.validator = gv_drill_text(d, "%s", call->name),
		.path = gv_drill_text(d, "%s", *call->path ? call->path : "."),
		.result = result,
		.ms = ms,
		.detail = gv_drill_text(d, "%s", detail),
	    });
}

/* Why it did not pass: a sentence of our own, or the tool's line. */
static int
explain(const char **out, struct gv_drill_run *run,
    const struct gv_validator_call *call,
    const struct gv_sandbox_result *result)
{
	const char *const out_text = result->out.len ? result->out.p : "";
	const char *const err_text = result->err.len ? result->err.p : "";
	const char *line, *place;
	bool may;
	size_t len, n;
	int r = 0;

	if (result->is_missing) {
		*out = result->status == 127
		    ? gv_drill_text(
			  run->drill, "%s is not installed", call->program)
		    : gv_drill_text(run->drill, "%s cannot be run: %s",
			  call->program, result->err.p);
	} else if (result->is_timed_out) {
		*out = gv_drill_text(
		    run->drill, "it took longer than %d s", TIMEOUT_MS / 1000);
	} else if (result->status &&
	    (line = gv_validator_lack(out_text, err_text)) != NULL) {
		*out = line;
	} else {
		line = gv_validator_line(&len, out_text, err_text);
		place = gv_validator_place(&n, line);
		if ((r = gv_drill_may_tell(&may, run, line, len)) == 0 && may &&
		    place)
			r = gv_drill_may_tell(&may, run, place, n);
		if (r == 0 && may)
			*out = gv_drill_text(run->drill, "%.*s%s%.*s", (int)len,
			    line,
			    place ? line[len - 1] == ':' ? " " : ", " : "",
			    place ? (int)n : 0, place ? place : "");
		else
			*out = "what it says may hold a secret value, and is "
			       "left out; run it in the clone that --keep "
			       "leaves";
	}
	return r < 0 ? r : *out ? 0 : GV_ENOMEM;
}

static int
run_one(struct gv_drill_run *run, struct gv_sandbox *box,
    const struct gv_validator_call *call)
{
	static const enum gv_drill_result results[] = { GV_DRILL_PASSED,
		GV_DRILL_FAILED, GV_DRILL_COULD_NOT };
	struct gv_sandbox_result result;
	enum gv_drill_result found;
	const char *detail = "";
	int r = gv_sandbox_run(&result, box,
	    &(struct gv_sandbox_job){ .argv = call->argv,
		.env = call->env ? call->env : env,
		.timeout_ms = TIMEOUT_MS });

	if (r < 0)
		return r;
	found = result.is_missing || result.is_timed_out
	    ? GV_DRILL_COULD_NOT
	    : results[gv_validator_judge(result.status,
		  result.out.len ? result.out.p : "",
		  result.err.len ? result.err.p : "")];
	if (found != GV_DRILL_PASSED)
		r = explain(&detail, run, call, &result);
	if (r == 0)
		r = note(run, call, found, result.ms, detail);
	gv_sandbox_result_release(&result);
	return r;
}

/* Why the tool's version says nothing of these files; *out NULL: it does, or is
 * not there, which the call finds out. */
static int
look_at_version(const char **out, struct gv_drill_run *run,
    struct gv_sandbox *box, const struct gv_validator_call *call)
{
	struct gv_sandbox_result result;
	const char *old = NULL;
	size_t len = 0;
	int r;

	*out = NULL;
	if (call->least == NULL)
		return 0;
	r = gv_sandbox_run(&result, box,
	    &(struct gv_sandbox_job){ .argv = call->version,
		.env = call->env ? call->env : env,
		.timeout_ms = TIMEOUT_MS });
	if (r < 0)
		return r;
	if (!result.is_missing)
		old = gv_validator_old(&len, call->least,
		    result.out.len       ? result.out.p
			: result.err.len ? result.err.p
					 : "");
	if (old)
		*out = len ? gv_drill_text(run->drill,
				 "%s %.*s is older than %s, so its word does "
				 "not count",
				 call->version[0], (int)len, old, call->least)
			   : gv_drill_text(run->drill,
				 "%s does not say its version, and at least %s "
				 "is needed",
				 call->version[0], call->least);
	gv_sandbox_result_release(&result);
	return old && *out == NULL ? GV_ENOMEM : 0;
}

/* Whether the policy leaves a built-in one out: that is its decision, and no
 * check that is missing. */
static bool
is_left(const struct gv_policy_drills *drills, const char *name)
{
	size_t i;

	for (i = 0; i < drills->without.n; i++)
		if (strcmp(drills->without.items[i], name) == 0)
			return true;
	return false;
}

/* Note those that are left out, and keep the others. */
static int
leave(struct gv_drill_run *run, struct gv_validator_calls *calls,
    const struct gv_policy_drills *drills)
{
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r == 0 && i < calls->n; i++)
		if (is_left(drills, calls->items[i].name))
			r = note(run, &calls->items[i], GV_DRILL_NOTHING, 0,
			    "the policy leaves it out");
		else
			calls->items[n++] = calls->items[i];
	calls->n = n;
	return r;
}

/* In a sandbox of its own: what one wrote, to the tree, its home or elsewhere,
 * the next one would take for what was restored. */
static int
run_apart(struct gv_drill_run *run, const struct gv_validator_call *call)
{
	struct gv_drill *d = run->drill;
	struct gv_sandbox *box = NULL;
	struct gv_buf dir = GV_BUF_INIT;
	const char *old;
	char *saved;
	int r = gv_sandbox_make_dir(&dir);

	if (r == 0 &&
	    (r = gv_sandbox_start(&box, run->opts->self,
		 &(struct gv_sandbox_opts){ .tree = run->clone,
		     .least = GV_SANDBOX_LANDLOCK,
		     .dir = dir.p })) == 0) {
		d->sandbox = (int)gv_sandbox_level(box);
		d->sandbox_why = gv_drill_text(d, "%s", gv_sandbox_why(box));
		r = d->sandbox_why ? look_at_version(&old, run, box, call)
				   : GV_ENOMEM;
		if (r == 0)
			r = old ? note(run, call, GV_DRILL_COULD_NOT, 0, old)
				: run_one(run, box, call);
	}
	gv_sandbox_stop(box);
	saved = gv_err_save();
	if (dir.len)
		(void)gv_file_remove_tree(AT_FDCWD, dir.p);
	gv_err_restore(saved);
	gv_buf_release(&dir);
	return r;
}

static int
run_calls(struct gv_drill_run *run, const struct gv_validator_calls *calls)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < calls->n; i++)
		r = run->until <= (int64_t)(gv_clock_tick() / 1000000)
		    ? note(run, &calls->items[i], GV_DRILL_NOT_RUN, 0,
			  "the time of the drill is over")
		    : run_apart(run, &calls->items[i]);
	return r;
}

static int
sum_up(struct gv_drill_run *run, struct gv_drill_step *step, size_t first)
{
	struct gv_drill *d = run->drill;
	size_t n[GV_DRILL_NOTHING + 1] = { 0 }, i;
	const struct gv_drill_validation *bad = NULL;

	for (i = first; i < d->n_validations; i++) {
		n[d->validations[i].result]++;
		if (d->validations[i].result == GV_DRILL_FAILED && bad == NULL)
			bad = &d->validations[i];
	}
	step->detail = gv_drill_text(d,
	    "%zu passed, %zu failed, %zu could not run", n[GV_DRILL_PASSED],
	    n[GV_DRILL_FAILED], n[GV_DRILL_COULD_NOT] + n[GV_DRILL_NOT_RUN]);
	if (step->detail == NULL)
		return GV_ENOMEM;
	step->result = n[GV_DRILL_COULD_NOT] + n[GV_DRILL_NOT_RUN]
	    ? GV_DRILL_COULD_NOT
	    : n[GV_DRILL_PASSED] ? GV_DRILL_PASSED
				 : GV_DRILL_NOTHING;
	if (bad) {
		const char *detail = gv_drill_text(
		    d, "%s: %s: %s", bad->validator, bad->path, bad->detail);

		return detail ? gv_drill_fail_at(run, step, detail) : GV_ENOMEM;
	}
	return 0;
}

/* The team's own commands, as far as the policy of the repository is accepted:
 * what the clone says of itself is not asked. */
static int
add_policy(
    struct gv_validator_calls *calls, const struct gv_policy_drills *drills)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < drills->n_validators; i++)
		r = gv_validator_add(calls, drills->validators[i].name,
		    drills->validators[i].command);
	return r;
}

/* What the team runs, with the servers that it needs. */
static int
add_team(struct gv_validator_calls *calls, struct gv_drill_run *run,
    const struct gv_policy *policy)
{
	const size_t first = calls->n;
	int r;

	if ((r = add_policy(calls, &policy->drills)) < 0 ||
	    (r = gv_drill_good_checks(run, calls, policy)) < 0)
		return r;
	return gv_validator_serve(calls, first, &policy->drills);
}

int
gv_drill_validate(struct gv_drill_run *run, struct gv_drill_step *step)
{
	struct gv_validator_calls calls = { .arena = GV_ARENA_INIT };
	struct gv_drill_tree tree = { .text = GV_BUF_INIT };
	struct gv_policy policy = GV_POLICY_INIT;
	const size_t first = run->drill->n_validations;
	int r = 0;

	if (run->opts->no_validators) {
		step->result = GV_DRILL_NOT_RUN;
		step->detail = "not wanted (--no-validators)";
		return 0;
	}
	if ((r = gv_drill_list(&tree, run)) == 0 &&
	    (r = gv_validator_find(&calls, tree.paths, tree.n)) == 0 &&
	    (r = gv_team_load(&policy, run->repo)) == 0 &&
	    (r = leave(run, &calls, &policy.drills)) == 0 &&
	    (r = add_team(&calls, run, &policy)) == 0 && calls.n)
		r = run_calls(run, &calls);
	if (r == GV_EREFUSED) {
		step->result = GV_DRILL_COULD_NOT;
		step->detail = gv_drill_text(
		    run->drill, "no sandbox: %s", gv_err_message());
		r = step->detail ? 0 : GV_ENOMEM;
	} else if (r == 0) {
		r = sum_up(run, step, first);
	}
	gv_validator_release(&calls);
	gv_drill_tree_release(&tree);
	gv_policy_release(&policy);
	return r;
}
