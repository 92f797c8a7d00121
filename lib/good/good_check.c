#include "good/good_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "detect/sweep.h"
#include "policy/disclosure.h"
#include "policy/team.h"
#include "record/record_refs.h"
#include "repo/repo.h"
#include "state/track.h"
#include "state/track_verify.h"
#include "sys/proc.h"
#include "verify/verify.h"

#define COMMAND_MS (60 * 60 * 1000) /* as long may a command take */

struct checking {
	struct gv_good_checks *out;
	const struct gv_good_check_opts *opts;
	struct gv_buf name, detail;
	char *first; /* what was found first */
};

void
gv_good_check_release(struct gv_good_checks *checks)
{
	if (checks == NULL)
		return;
	free(checks->all);
	gv_arena_release(&checks->arena);
	*checks = (struct gv_good_checks)GV_GOOD_CHECKS_INIT;
}

int
gv_good_check_add(struct gv_good_checks *out, const char *name, bool passed,
    const char *detail)
{
	struct gv_good_check *check;
	int r = GV_GROW(out->all, out->n, out->cap);

	if (r < 0)
		return r;
	check = &out->all[out->n];
	check->passed = passed;
	check->name = gv_arena_copy(&out->arena, name, strlen(name));
	check->detail = gv_arena_copy(&out->arena, detail, strlen(detail));
	if (check->name == NULL || check->detail == NULL)
		return gv_err_nomem();
	out->n++;
	out->failed += !passed;
	return 0;
}

/* Add what is in `name` and `detail`. */
static int
conclude(struct checking *c, bool passed, const char *words)
{
	struct gv_good_checks *out = c->out;
	int r;

	if ((r = gv_buf_check(&c->name)) < 0 ||
	    (r = gv_buf_check(&c->detail)) < 0 ||
	    (r = gv_good_check_add(
		 out, c->name.p, passed, c->detail.len ? c->detail.p : "")) < 0)
		return r;
	if (c->opts->told)
		c->opts->told(c->opts->ctx, &out->all[out->n - 1], words);
	return 0;
}

static void
begin(struct checking *c, const char *name)
{
	gv_buf_reset(&c->name);
	gv_buf_reset(&c->detail);
	gv_buf_addstr(&c->name, name);
	free(c->first);
	c->first = NULL;
}

static void
remember(struct checking *c, const char *sentence)
{
	if (c->first == NULL)
		c->first = strdup(sentence);
}

static void
add_count(struct checking *c, uint64_t n, const char *one)
{
	gv_buf_addf(&c->detail, "%s%" PRIu64 " %s%s", c->detail.len ? ", " : "",
	    n, one, n == 1 ? "" : "s");
}

static void
add_first(struct checking *c)
{
	if (c->first)
		gv_buf_addf(&c->detail, ", the first: %s", c->first);
}

/* ---- the snapshot ------------------------------------------------------- */

static void
note_fault(void *ctx, const struct gv_verify_fault *fault)
{
	remember(ctx, fault->reason);
}

/* Another one under its name may be whole, and is not what was deployed. */
static int
find_snapshot(struct checking *c)
{
	const struct gv_good *good = c->opts->good;
	struct gv_oid commit;
	char hex[GV_OID_HEX + 1];
	int r = gv_record_refs_now(&commit, c->opts->repo, good->snapshot_id);

	if (r < 0)
		return r;
	if (r == 0) {
		/* a rollback cannot use a snapshot that is only in the trash */
		gv_buf_addstr(&c->detail, "it is not here any more");
		return gv_buf_check(&c->detail);
	}
	if (gv_oid_equal(&commit, &good->snapshot))
		return 0;
	gv_oid_format(hex, &commit);
	gv_buf_addf(
	    &c->detail, "its name points to another commit, %.10s", hex);
	return gv_buf_check(&c->detail);
}

static int
check_snapshot(struct checking *c)
{
	const char *const ids[] = { c->opts->good->snapshot_id };
	const struct gv_verify_opts opts = { .snapshots = ids,
		.n_snapshots = 1,
		.safe = c->opts->safe,
		.now = c->opts->now,
		.fault = note_fault,
		.fault_ctx = c };
	struct gv_verify_result done = { .objects = 0 };
	int r;

	begin(c, "snapshot");
	if (ids[0] == NULL)
		return 0;
	if ((r = find_snapshot(c)) == 0 && c->detail.len)
		return conclude(c, false, NULL);
	if (r == 0)
		r = gv_verify_run(&done, c->opts->repo, &opts);
	if (r == GV_ENOTFOUND) {
		gv_buf_addstr(&c->detail, "it is not here any more");
		return conclude(c, false, NULL);
	}
	if (r < 0)
		return r;
	add_count(c, done.objects, "object");
	add_count(c, done.faults, "fault");
	add_first(c);
	return conclude(c, done.faults == 0, NULL);
}

/* ---- the states --------------------------------------------------------- */

static int
note_finding(void *ctx, enum gv_track_finding kind, const char *sentence)
{
	(void)kind;
	remember(ctx, sentence);
	return 0;
}

/* Without a key the values are not looked at, which is no fault of theirs. */
static int
verify_state(struct checking *c, const struct gv_track_version *v)
{
	struct gv_track_verified done = { .findings = 0 };
	int r = gv_track_verify(
	    &done, c->opts->repo, c->opts->safe, v, note_finding, c);

	if (r < 0)
		return r;
	add_count(c, done.items, "resource");
	add_count(c, done.findings, "finding");
	if (!done.was_opened)
		gv_buf_addstr(
		    &c->detail, ", the values not looked at for want of a key");
	add_first(c);
	return conclude(c, done.findings == 0, NULL);
}

static int
check_state(struct checking *c, const struct gv_good_state *s)
{
	const struct gv_track_of of = { c->opts->good->env, s->stack };
	struct gv_track_version v = { .env = NULL };
	char hex[GV_OID_HEX + 1];
	int r;

	begin(c, "state ");
	gv_buf_addstr(&c->name, s->stack);
	gv_oid_format(hex, &s->version);
	if ((r = gv_track_resolve(&v, c->opts->repo, &of, hex)) == 0)
		r = verify_state(c, &v);
	if (r == GV_ENOTFOUND || r == GV_ECORRUPT || r == GV_EUSAGE) {
		gv_buf_reset(&c->detail);
		gv_buf_addstr(&c->detail, gv_err_message());
		r = conclude(c, false, NULL);
	}
	gv_track_version_release(&v);
	return r;
}

static int
check_states(struct checking *c)
{
	const struct gv_good *good = c->opts->good;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < good->n_states; i++)
		r = check_state(c, &good->states[i]);
	return r;
}

/* ---- secrets in the code ------------------------------------------------ */

static int
count_findings(struct checking *c, const struct gv_sweep *sweep)
{
	const struct gv_finding *first = NULL;
	size_t i, n = 0;

	for (i = 0; i < sweep->n; i++)
		if (gv_finding_counts(&sweep->findings[i], GV_FINDING_LIKELY) &&
		    n++ == 0)
			first = &sweep->findings[i];
	add_count(c, sweep->files, "file");
	add_count(c, n, "finding");
	if (first)
		gv_buf_addf(&c->detail, ", the first: %s:%" PRIu64 " %s",
		    first->path, (uint64_t)first->line, first->rule->id);
	return conclude(c, n == 0 && sweep->n_notes == 0, NULL);
}

/* All that was deployed, and not only what came since: nobody may have looked
 * at the last one. */
static int
check_scan(struct checking *c)
{
	const struct gv_sweep_opts opts = { .repo = c->opts->repo,
		.now = c->opts->now };
	const struct gv_oid *tree = &c->opts->good->code_tree;
	struct gv_sweep *sweep = NULL;
	int r;

	begin(c, "scan");
	if (gv_oid_is_zero(tree))
		return 0;
	if ((r = gv_sweep_new(&sweep, &opts)) == 0 &&
	    (r = gv_sweep_add_tree(sweep, tree)) == 0 &&
	    (r = gv_sweep_run(sweep)) == 0)
		r = count_findings(c, sweep);
	gv_sweep_free(sweep);
	return r;
}

/* ---- the team's own ----------------------------------------------------- */

static void
add_variables(struct gv_buf *text, const struct gv_good *good)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &good->code);
	gv_buf_addf(text, "GIT_VAULT_ENVIRONMENT=%s", good->env);
	gv_buf_addch(text, '\0');
	gv_buf_addf(text, "GIT_VAULT_RECORD=%u", good->n);
	gv_buf_addch(text, '\0');
	gv_buf_addf(text, "GIT_VAULT_COMMIT=%s",
	    gv_oid_is_zero(&good->code) ? "" : hex);
	gv_buf_addch(text, '\0');
	gv_buf_addf(text, "GIT_VAULT_SNAPSHOT=%s",
	    good->snapshot_id ? good->snapshot_id : "");
}

/* The first line of what it has printed, without what may be a secret. It is
 * shown to the user and stored nowhere. */
static int
conclude_command(struct checking *c, struct gv_proc *p)
{
	struct gv_disclosure disclosure = GV_DISCLOSURE_INIT(c->opts->repo);
	const char *why = gv_proc_why(p);
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_disclosure_hide(&text, &disclosure, why, strlen(why));

	if (r == 0)
		r = conclude(c, false, text.p);
	gv_disclosure_release(&disclosure);
	gv_buf_release(&text);
	return r;
}

static int
run_command(struct checking *c, const char *command)
{
	const char *argv[] = { "sh", "-c", command, NULL }, *env[5] = { NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf text = GV_BUF_INIT;
	const char *at;
	size_t i;
	int r;

	if (c->opts->repo->worktree == NULL) {
		gv_buf_addstr(&c->detail, "it was not run");
		return conclude(c, false,
		    "commands of the policy run in a working tree, and this "
		    "repository has none: verify in a clone that has one");
	}
	add_variables(&text, c->opts->good);
	r = gv_buf_check(&text);
	for (at = text.p, i = 0; r == 0 && i < 4; i++, at += strlen(at) + 1)
		env[i] = at;
	if (r == 0)
		r = gv_proc_run(&p,
		    &(struct gv_proc_opts){ .argv = argv,
			.cwd = c->opts->repo->worktree,
			.env = env,
			.timeout_ms = COMMAND_MS,
			.is_apart = true });
	if (r == GV_ERROR || r == GV_ENOTFOUND) {
		gv_buf_addstr(&c->detail, "it could not be run to its end");
		r = conclude(c, false, gv_err_message());
	} else if (r == 0) {
		gv_buf_addf(&c->detail, "exit status %d%s", p.status,
		    p.is_left ? ", and a process of it went on" : "");
		r = p.status ? conclude_command(c, &p)
			     : conclude(c, true, NULL);
	}
	gv_proc_release(&p);
	gv_buf_release(&text);
	return r;
}

static int
check_commands(struct checking *c)
{
	struct gv_policy policy;
	size_t i;
	int r = gv_team_load(&policy, c->opts->repo);

	if (r < 0)
		return r;
	for (i = 0; r == 0 && i < policy.goods.n; i++) {
		begin(c, policy.goods.checks[i].name);
		r = run_command(c, policy.goods.checks[i].command);
	}
	gv_policy_release(&policy);
	return r;
}

int
gv_good_check_run(
    struct gv_good_checks *out, const struct gv_good_check_opts *opts)
{
	struct checking c = { .out = out,
		.opts = opts,
		.name = GV_BUF_INIT,
		.detail = GV_BUF_INIT };
	int r = check_snapshot(&c);

	if (r == 0 && (r = check_states(&c)) == 0 && (r = check_scan(&c)) == 0)
		r = check_commands(&c);
	free(c.first);
	gv_buf_release(&c.name);
	gv_buf_release(&c.detail);
	return r;
}
