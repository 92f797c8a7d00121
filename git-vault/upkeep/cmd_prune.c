#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/time.h"
#include "drill/drill_log.h"
#include "fold/fold.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/reason_opt.h"
#include "git-vault/front/run_note.h"
#include "git-vault/upkeep/prune_out.h"
#include "git-vault/upkeep/reclaim_out.h"
#include "git-vault/upkeep/removal_consent.h"
#include "job/job_report.h"
#include "retention/prune.h"
#include "retention/prune_component.h"

struct prune_opts {
	const char *last, *secondly, *minutely, *hourly, *daily, *weekly,
	    *monthly, *yearly;
	const char *within, *within_secondly, *within_minutely, *within_hourly,
	    *within_daily, *within_weekly, *within_monthly, *within_yearly;
	struct gv_opt_list tags;
	const char *group_by;
	bool dry_run, reclaim, empty_trash, yes, approve, unapproved;
	const char *reason;
	struct gv_opt_list identities;
};

#define AT(field) offsetof(struct prune_opts, field)

/* The options that are rules: what the policy file calls them. */
static const struct {
	const char *name;
	size_t at;
} rules[] = {
	{ "keep-last", AT(last) },
	{ "keep-secondly", AT(secondly) },
	{ "keep-minutely", AT(minutely) },
	{ "keep-hourly", AT(hourly) },
	{ "keep-daily", AT(daily) },
	{ "keep-weekly", AT(weekly) },
	{ "keep-monthly", AT(monthly) },
	{ "keep-yearly", AT(yearly) },
	{ "keep-within", AT(within) },
	{ "keep-within-secondly", AT(within_secondly) },
	{ "keep-within-minutely", AT(within_minutely) },
	{ "keep-within-hourly", AT(within_hourly) },
	{ "keep-within-daily", AT(within_daily) },
	{ "keep-within-weekly", AT(within_weekly) },
	{ "keep-within-monthly", AT(within_monthly) },
	{ "keep-within-yearly", AT(within_yearly) },
	{ "group-by", AT(group_by) },
};

#define N_RULES (sizeof(rules) / sizeof(rules[0]))

#define COUNT(l, n, field, text)                                               \
	{                                                                      \
		.type = GV_OPT_STRING, .letter = (l), .name = (n), .arg = "N", \
		.at = AT(field), .help = (text)                                \
	}
#define SPAN(n, field, text)                                                   \
	{                                                                      \
		.type = GV_OPT_STRING, .name = (n), .arg = "DURATION",         \
		.at = AT(field), .help = (text)                                \
	}

static const struct gv_opt opts[] = { COUNT('l', "keep-last", last,
					  "keep the N newest of each group"),
	COUNT(0, "keep-secondly", secondly, "keep one for each of N seconds"),
	COUNT(0, "keep-minutely", minutely, "keep one for each of N minutes"),
	COUNT('H', "keep-hourly", hourly, "keep one for each of N hours"),
	COUNT('d', "keep-daily", daily, "keep one for each of N days"),
	COUNT('w', "keep-weekly", weekly, "keep one for each of N weeks"),
	COUNT('m', "keep-monthly", monthly, "keep one for each of N months"),
	COUNT('Y', "keep-yearly", yearly, "keep one for each of N years"),
	SPAN("keep-within", within, "keep all younger than this (7d or 1y5m)"),
	SPAN("keep-within-secondly", within_secondly,
	    "of these, keep one per second"),
	SPAN("keep-within-minutely", within_minutely,
	    "of these, keep one per minute"),
	SPAN(
	    "keep-within-hourly", within_hourly, "of these, keep one per hour"),
	SPAN("keep-within-daily", within_daily, "of these, keep one per day"),
	SPAN(
	    "keep-within-weekly", within_weekly, "of these, keep one per week"),
	SPAN("keep-within-monthly", within_monthly,
	    "of these, keep one per month"),
	SPAN(
	    "keep-within-yearly", within_yearly, "of these, keep one per year"),
	{ .type = GV_OPT_LIST,
	    .name = "keep-tag",
	    .arg = "TAG",
	    .at = AT(tags),
	    .help = "keep all snapshots with this tag; may be repeated" },
	{ .type = GV_OPT_STRING,
	    .letter = 'g',
	    .name = "group-by",
	    .arg = "KEYS",
	    .at = AT(group_by),
	    .help = "apply the rules per group: host,branch,env,trigger" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = AT(dry_run),
	    .help = "show what would be deleted and kept, and why" },
	{ .type = GV_OPT_BOOL,
	    .name = "reclaim",
	    .at = AT(reclaim),
	    .help = "free their space now" },
	{ .type = GV_OPT_BOOL,
	    .name = "empty-trash",
	    .at = AT(empty_trash),
	    .help = "empty the trash and free its space" },
	{ .type = GV_OPT_BOOL,
	    .name = "approve",
	    .at = AT(approve),
	    .help = "approve the prune by somebody else, delete nothing" },
	GV_UNAPPROVED_OPT(struct prune_opts, unapproved),
	GV_REASON_OPT(struct prune_opts, reason),
	GV_IDENTITY_OPT(struct prune_opts, identities),
	GV_ASK_OPT(struct prune_opts, yes), GV_OPT_LAST };

static const struct gv_out_column columns[] = {
	{ .head = "DO" },
	{ .head = "ID", .whole = true },
	{ .head = "AGE", .whole = true },
	{ .head = "BRANCH" },
	{ .head = "REASON", .wrap = true },
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* `why` is a buffer for the reasons, which all rows share. */
static void
print_row(
    struct gv_ctx *ctx, const struct gv_prune *p, size_t i, struct gv_buf *why)
{
	const struct gv_retention_verdict *v = &p->retention.verdicts[i];
	const struct gv_record *rec = &p->records.records[i];
	enum gv_out_slot slot = v->keep ? GV_OUT_PLAIN : GV_OUT_REMOVED;
	char age[GV_TIME_MAX];
	const char *line;
	size_t n;

	gv_buf_reset(why);
	for (line = v->why; *line; line += n + 1) {
		n = strcspn(line, "\n");
		gv_buf_addstr(why, why->len ? "; " : "");
		gv_buf_add(why, line, n);
	}
	gv_time_relative(age, rec->time, ctx->now);
	gv_out_cell_text(ctx->out, slot, v->keep ? "keep" : "drop");
	gv_out_cell_id(ctx->out, GV_OUT_ID, rec->id);
	gv_out_cell_text(ctx->out, GV_OUT_DIM, age);
	gv_out_cell_text(
	    ctx->out, GV_OUT_PLAIN, rec->branch ? rec->branch : "-");
	gv_out_cell_buf(ctx->out, GV_OUT_PLAIN, why);
}

/* Snapshots of other clones are grouped by the host that they name. Anybody who
 * can push can forge that name, so a person has to look at them. */
static void
say_others(struct gv_ctx *ctx, const struct gv_prune *p)
{
	size_t i, first = 0, n = 0;

	for (i = p->retention.n; i-- > 0;)
		if (!p->retention.verdicts[i].keep &&
		    !p->retention.verdicts[i].is_own) {
			first = i;
			n++;
		}
	if (n)
		gv_out_say(ctx->out,
		    "%zu of these %s taken by other clones, and %s there, too, "
		    "at "
		    "the next sync; to keep one: git vault pin %s",
		    n, n == 1 ? "was" : "were", n == 1 ? "goes" : "go",
		    p->records.records[first].id);
}

static const char *
first_dropped(const struct gv_prune *p)
{
	size_t i = 0;

	while (i + 1 < p->retention.n && p->retention.verdicts[i].keep)
		i++;
	return p->records.records[i].id;
}

/* Those that go; in a dry run, or if more is to be said, all of them. */
static void
print_text(struct gv_ctx *ctx, const struct gv_prune *p, bool dry_run)
{
	const struct prune_opts *o = ctx->opts;
	char dropped[GV_OUT_SIZE_MAX], expired[GV_OUT_SIZE_MAX];
	bool all = dry_run || ctx->verbosity > 0;
	struct gv_buf why = GV_BUF_INIT;
	size_t i;

	gv_out_columns(ctx->out, columns, N_COLUMNS);
	for (i = 0; i < p->retention.n; i++)
		if (all || !p->retention.verdicts[i].keep)
			print_row(ctx, p, i, &why);
	gv_out_columns_end(ctx->out);
	gv_buf_release(&why);
	gv_out_count(dropped, p->n_dropped, "snapshot");
	gv_out_count(expired, p->n_expired, "snapshot");
	if (p->n_dropped)
		gv_out_say(ctx->out, "%s %s of %zu, by the rules of %s",
		    dry_run ? "would drop" : "dropped", dropped, p->retention.n,
		    p->source);
	else
		gv_out_say(ctx->out,
		    "nothing to delete by the rules of %s: all %zu stay",
		    p->source, p->retention.n);
	say_others(ctx, p);
	if (p->n_dropped && !dry_run && !o->empty_trash)
		gv_out_say(ctx->out,
		    "to bring one back: git vault undelete %s; to list the "
		    "trash: git vault list --deleted",
		    first_dropped(p));
	if (p->n_expired)
		gv_out_say(ctx->out, "%s in the trash %s deleted for good",
		    expired, p->n_expired == 1 ? "is" : "are");
	if (p->n_again)
		gv_out_say(ctx->out,
		    "deleted again, after another clone had brought them back: "
		    "%zu",
		    p->n_again);
	gv_prune_out_sealed(ctx->out, p, all, dry_run);
}

static void
print_json(struct gv_ctx *ctx, const struct gv_prune *p, bool dry_run)
{
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_bool(j, "dry_run", dry_run);
	gv_json_string(j, "rules_of", p->source);
	gv_json_uint(j, "kept", p->retention.n_keep);
	gv_json_uint(j, "dropped", p->n_dropped);
	gv_json_uint(j, "dropped_again", p->n_again);
	gv_json_uint(j, "expired", p->n_expired);
	gv_json_array(j, "snapshots");
	for (i = 0; i < p->retention.n; i++)
		gv_prune_out_json(j, p, i);
	gv_json_end(j);
	gv_prune_out_sealed_json(j, p);
	gv_prune_out_damaged(ctx->out, j, p);
}

/* The options as rules, in the words of the policy file. */
static size_t
gather(struct gv_prune_rule *out, const struct prune_opts *o)
{
	size_t i, n = 0;

	for (i = 0; i < N_RULES; i++) {
		const char *v =
		    *(const char *const *)(const void *)((const char *)o +
			rules[i].at);

		if (v)
			out[n++] = (struct gv_prune_rule){ rules[i].name, v };
	}
	for (i = 0; i < o->tags.n; i++)
		out[n++] =
		    (struct gv_prune_rule){ "keep-tag", o->tags.items[i] };
	return n;
}

static void
print(struct gv_ctx *ctx, const struct gv_prune *p)
{
	if (ctx->json) {
		print_json(ctx, p, p->is_dry);
	} else {
		print_text(ctx, p, p->is_dry);
		gv_prune_out_damaged(ctx->out, NULL, p);
	}
}

/* By rules that nobody has named only what the user has seen goes: 1 where it
 * went now, 3 where not, 0 where there was nothing to ask, or a failure. */
static int
settle(struct gv_ctx *ctx, struct gv_prune *p, const struct gv_prune_opts *how)
{
	const struct prune_opts *o = ctx->opts;
	struct gv_prune_opts again = *how;
	bool yes = false;
	int r;

	if (o->dry_run || o->approve || !p->is_dry)
		return 0;
	if (p->n_dropped == 0 && p->sealed.n == 0) {
		p->is_dry = false;
		return 0;
	}
	if (gv_ask_may(ctx))
		gv_out_without_pager(ctx->out);
	if (ctx->json == NULL)
		print(ctx, p);
	r = gv_ask(&yes, ctx, false,
	    "nothing was deleted: there is no policy and no rule; to delete "
	    "these: git vault prune --yes",
	    "delete %zu of %zu snapshots?", p->n_dropped, p->retention.n);
	if (r < 0 || !yes) {
		if (ctx->json)
			print(ctx, p);
		return r < 0 ? r : 3;
	}
	again.by_rules_only = false;
	gv_prune_release(p);
	r = gv_prune_run(p, ctx->repo, &again);
	return r < 0 ? r : 1;
}

/* What leaves the trash cannot come back, so that somebody at a terminal is
 * asked; a script has named it. 0 to go on, 1 for no, or a failure. */
static int
agree_to_empty(struct gv_ctx *ctx)
{
	const struct prune_opts *o = ctx->opts;
	bool yes = false;
	int r;

	if (!o->empty_trash || o->dry_run || o->approve || o->yes ||
	    !gv_ask_may(ctx))
		return 0;
	if ((r = gv_ask(&yes, ctx, false, NULL,
		 "delete everything in the trash for good? 'git vault list "
		 "--deleted' lists it")) == 0 &&
	    !yes)
		gv_out_say(ctx->out, "nothing was deleted");
	return r < 0 ? r : !yes;
}

static void
say_reports(
    struct gv_ctx *ctx, size_t gone, const char *what, int days, bool dry_run)
{
	char count[GV_OUT_SIZE_MAX];

	gv_out_count(count, gone, what);
	if (gone)
		gv_out_say(ctx->out, "%s %s of more than %d days ago",
		    dry_run ? "would delete" : "deleted", count, days);
}

/* Dumps of components go by rules of their own, which the policy says. */
static int
prune_components(struct gv_ctx *ctx, struct gv_safe *safe, bool dry_run)
{
	struct gv_prune_component done;
	char count[GV_OUT_SIZE_MAX];
	size_t i;
	int r =
	    gv_prune_component_run(&done, ctx->repo, safe, ctx->now, dry_run);

	gv_out_count(count, done.n, "dump");
	if (r == 0 && ctx->json) {
		gv_json_array(ctx->json, "dumps");
		for (i = 0; i < done.n; i++)
			gv_json_string(ctx->json, NULL, done.items[i].ref);
		gv_json_end(ctx->json);
	}
	if (r == 0 && done.put_off)
		gv_out_warn(ctx->out, "%s of components would go: %s", count,
		    done.put_off);
	else if (r == 0 && done.n)
		gv_out_say(ctx->out, "%s %s of components, of %zu",
		    dry_run ? "would delete" : "deleted", count,
		    done.n + done.n_kept);
	if (r == 0 && done.n_unknown) {
		gv_out_count(count, done.n_unknown, "dump");
		gv_out_warn(ctx->out,
		    "%s of components stay: no key at hand shows that this "
		    "vault made them; to name them: git vault component verify "
		    "--all",
		    count);
	}
	gv_prune_component_release(&done);
	return r;
}

/* Reports go by their age alone, so nobody is asked. */
static int
prune_reports(struct gv_ctx *ctx, bool dry_run)
{
	size_t drills, runs;
	int r = gv_drill_kept_prune(&drills, ctx->repo, ctx->now, dry_run);

	if (r < 0 ||
	    (r = gv_job_report_prune(&runs, ctx->repo, ctx->now, dry_run)) < 0)
		return r;
	if (ctx->json)
		gv_json_uint(ctx->json, "reports", drills + runs);
	say_reports(ctx, drills, "drill report", 400, dry_run);
	say_reports(ctx, runs, "run report", 100, dry_run);
	return 0;
}

/* What the policy asks before it, and the rules as others have to name them. */
static int
open_consent(struct gv_removal_consent *out, struct gv_ctx *ctx,
    const struct gv_prune_rule *named, size_t n)
{
	const struct prune_opts *o = ctx->opts;
	size_t i;
	int r;

	*out = (struct gv_removal_consent){ .way = GV_POLICY_PRUNE,
		.reason = o->reason,
		.gives = o->approve,
		.unapproved = o->unapproved,
		.dry_run = o->dry_run,
		.is_for_good = o->empty_trash,
		.identities = &o->identities };
	gv_buf_addstr(&out->words, o->empty_trash ? " --empty-trash" : "");
	for (i = 0; i < n; i++) {
		gv_buf_addf(&out->words, " --%s", named[i].name);
		gv_shell_word(&out->words, named[i].value);
	}
	if ((r = gv_removal_consent_open(out, ctx)) == 0)
		r = gv_buf_check(&out->words);
	return r;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct prune_opts *o = ctx->opts;
	struct gv_prune_rule *given =
	    calloc(N_RULES + o->tags.n + 1, sizeof(*given));
	struct gv_removal_consent consent = { .ctx = ctx };
	struct gv_prune_opts how = { .dry_run = o->dry_run || o->approve,
		.by_rules_only = !o->yes,
		.empty_trash = o->empty_trash,
		.now = ctx->now,
		.agree = gv_removal_consent_ask,
		.data = &consent };
	struct gv_prune p = { .damaged = GV_BUF_INIT };
	struct gv_fold_result space;
	int reclaim = 0, asked = 0, r;

	(void)argc;
	(void)argv;
	if ((r = agree_to_empty(ctx)) != 0) {
		free(given);
		return r;
	}
	if (given == NULL)
		return gv_err_nomem();
	how.rules = given;
	how.n = gather(given, o);
	if (!o->dry_run && !o->approve)
		gv_run_note_counts(ctx);
	r = open_consent(&consent, ctx, given, how.n);
	how.safe = consent.safe;
	if (r < 0 || (r = gv_prune_run(&p, ctx->repo, &how)) < 0 ||
	    o->approve || (r = asked = settle(ctx, &p, &how)) < 0)
		goto out;
	if (asked != 3)
		print(ctx, &p);
	if ((r = prune_components(ctx, consent.safe, p.is_dry)) < 0 ||
	    (r = prune_reports(ctx, p.is_dry)) < 0)
		goto out;
	r = asked == 3 || p.damaged.len || p.sealed.is_failed ? 3 : 0;
	if ((o->reclaim || o->empty_trash) && !p.is_dry) {
		reclaim = gv_reclaim_run(&space, ctx);
		gv_reclaim_out(ctx, &space, reclaim);
	}
	if (ctx->json)
		gv_json_end(ctx->json);
	r = r ? r : reclaim;
out:
	gv_removal_consent_close(&consent);
	gv_prune_release(&p);
	free(given);
	return r;
}

const struct gv_cmd cmd_prune = {
	.name = "prune",
	.summary = "delete old snapshots by rules",
	.usage = "[-n] [-y] [--reclaim] [--keep-last N] [--keep-hourly N] "
		 "[--keep-daily N] "
		 "[--keep-weekly N] [--keep-monthly N] [--keep-yearly N] "
		 "[--keep-within DURATION] [--keep-tag TAG]... "
		 "[--group-by KEYS]\n"
		 "[-n] [-y] --empty-trash\n"
		 "[--keep-last N]... [--empty-trash] [--reason TEXT] "
		 "--approve",
	.group = GV_CMD_CARE,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct prune_opts),
	.runs = "",
	.run = run,
};
