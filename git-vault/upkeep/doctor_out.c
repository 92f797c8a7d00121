#include "git-vault/upkeep/doctor_out.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "doctor/doctor.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/upkeep/health_file.h"
#include "health/health.h"
#include "sys/outfile.h"

#define NAMED 3 /* snapshots that are named, of many */

static const char *const grades[] = {
	[GV_DOCTOR_NOTE] = "note",
	[GV_DOCTOR_WARNING] = "warning",
	[GV_DOCTOR_ERROR] = "error",
};

/* ---- text: where copies are --------------------------------------------- */

static void
print_row(struct gv_ctx *ctx, const char *what, struct gv_buf *text)
{
	gv_out_cell_text(ctx->out, GV_OUT_TAG, what);
	gv_out_cell_buf(ctx->out, GV_OUT_PLAIN, text);
}

static void
print_snapshots(
    struct gv_ctx *ctx, const struct gv_doctor_report *h, struct gv_buf *text)
{
	const size_t n = h->refs.refs.n;

	gv_buf_addf(text, "%zu", n);
	if (n) {
		gv_buf_addf(text, ", the newest %s, ",
		    gv_out_short_id(ctx->out, gv_doctor_id(h, n - 1)));
		gv_time_add_relative(text, gv_doctor_time(h, n - 1), ctx->now);
	}
	print_row(ctx, "snapshots", text);
	gv_buf_addf(text, h->n_verified ? "%zu of them, one last " : "none",
	    h->n_verified);
	if (h->n_verified)
		gv_time_add_relative(text, h->verified, ctx->now);
	print_row(ctx, "verified", text);
}

/* Those that it lacks, the newest first. */
static void
add_missing(struct gv_buf *out, const struct gv_ctx *ctx,
    const struct gv_doctor_report *h, const struct gv_doctor_remote *remote)
{
	size_t i, n = 0;

	for (i = h->refs.refs.n; i > 0; i--)
		if (!gv_doctor_has(h, remote, i - 1) && n++ < NAMED)
			gv_buf_addf(out, "%s%s", n == 1 ? "; not " : ", ",
			    gv_out_short_id(ctx->out, gv_doctor_id(h, i - 1)));
	if (n > NAMED)
		gv_buf_addf(out, " and %zu more", n - NAMED);
}

static void
print_remotes(
    struct gv_ctx *ctx, const struct gv_doctor_report *h, struct gv_buf *text)
{
	struct gv_buf name = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < h->n_remotes; i++) {
		const struct gv_doctor_remote *it = &h->remotes[i];

		gv_buf_reset(&name);
		gv_buf_addf(&name, "on %s", it->where->name);
		if (!it->where->is_known)
			gv_buf_addf(text, "not known; at least ");
		gv_buf_addf(text, "%zu of them", it->snapshots);
		if (it->snapshots)
			gv_buf_addf(text, ", the newest %s",
			    gv_out_short_id(
				ctx->out, gv_doctor_id(h, it->newest)));
		if (it->received) {
			gv_buf_addstr(text, ", received ");
			gv_time_add_relative(text, it->received, ctx->now);
			gv_buf_addf(text, " by a receipt (%s)",
			    gv_receipt_chain_trusts[it->trust]);
		}
		if (it->where->is_known)
			add_missing(text, ctx, h, it);
		print_row(ctx, gv_buf_check(&name) == 0 ? name.p : "", text);
	}
	gv_buf_release(&name);
}

/* Whether the remote has the snapshot that the record is of. */
static bool
has_good(const struct gv_doctor_remote *remote, const struct gv_doctor_env *env)
{
	return env->rec.id[0] &&
	    gv_whereabouts_has(remote->where, env->rec.id, &env->rec.commit);
}

static void
print_envs(
    struct gv_ctx *ctx, const struct gv_doctor_report *h, struct gv_buf *text)
{
	size_t i, k;

	for (i = 0; i < h->n_envs; i++) {
		const struct gv_doctor_env *env = &h->envs[i];
		const char *between = ", on ";

		gv_buf_addf(text, "%s: ", env->name);
		if (env->has_good) {
			gv_buf_addf(text, "record %u, ", env->good.n);
			gv_time_add_relative(text, env->good.time, ctx->now);
			gv_buf_addf(text, ", %s",
			    env->rec.id[0]
				? gv_out_short_id(ctx->out, env->rec.id)
				: "of no snapshot");
		} else {
			gv_buf_addstr(text, "none");
		}
		for (k = 0; k < h->n_remotes; k++)
			if (has_good(&h->remotes[k], env)) {
				gv_buf_addf(text, "%s%s", between,
				    h->remotes[k].where->name);
				between = ",";
			}
		print_row(ctx, "known-good", text);
	}
}

static void
print_rows(struct gv_ctx *ctx, const struct gv_doctor_report *h)
{
	static const struct gv_out_column columns[] = { { .head = NULL },
		{ .head = NULL } };
	struct gv_buf text = GV_BUF_INIT;

	gv_out_columns(ctx->out, columns, 2);
	print_snapshots(ctx, h, &text);
	print_remotes(ctx, h, &text);
	print_envs(ctx, h, &text);
	if (h->waiting) {
		gv_buf_addf(&text, "%" PRIu64 " event%s", h->waiting,
		    h->waiting == 1 ? " waits" : "s wait");
		print_row(ctx, "audit", &text);
	}
	gv_out_columns_end(ctx->out);
	gv_buf_release(&text);
}

/* ---- text: findings ------------------------------------------------------ */

static void
print_finding(struct gv_ctx *ctx, const struct gv_doctor_finding *f)
{
	static const enum gv_out_slot slots[] = {
		[GV_DOCTOR_NOTE] = GV_OUT_DIM,
		[GV_DOCTOR_WARNING] = GV_OUT_CHANGED,
		[GV_DOCTOR_ERROR] = GV_OUT_REMOVED,
	};

	gv_out_paint(ctx->out, slots[f->grade], "%s", grades[f->grade]);
	gv_out_printf(ctx->out, ": ");
	gv_out_prose(
	    ctx->out, f->text, strlen(f->text), strlen(grades[f->grade]) + 2);
	if (f->command) {
		gv_out_printf(ctx->out, "    ");
		gv_out_text(ctx->out, f->command, strlen(f->command));
		gv_out_printf(ctx->out, "\n");
	}
}

/* ---- both ---------------------------------------------------------------- */

static void
print_versions(struct gv_ctx *ctx, const struct gv_doctor_report *report)
{
	size_t i;

	if (ctx->json) {
		gv_json_object(ctx->json, "versions");
		gv_json_string(ctx->json, "git_vault", PACKAGE_VERSION);
	} else {
		gv_out_printf(ctx->out, "git-vault %s", PACKAGE_VERSION);
	}
	for (i = 0; i < report->n_versions; i++) {
		const struct gv_doctor_version *v = &report->versions[i];

		if (ctx->json)
			gv_json_string(ctx->json, v->name, v->text);
		else
			gv_out_printf(ctx->out, ", %s %s", v->name, v->text);
	}
	if (ctx->json)
		gv_json_end(ctx->json);
	else
		gv_out_printf(ctx->out, "\n");
}

/* What a remote does with the refs of a vault, as far as it could be asked. */
static void
print_probe(struct gv_ctx *ctx, const struct gv_probe *p, const char *remote)
{
	const struct {
		const char *name, *text;
		bool is;
	} all[] = {
		{ "takes_refs", "takes refs", p->is_taken },
		{ "shows_refs", "shows them", p->is_shown },
		{ "deletes_refs", "lets them go", p->is_gone },
		{ "atomic", "atomic pushes", p->is_atomic },
		{ "push_options", "push options", p->has_options },
		{ "hooks", "hooks of git vault", p->has_ward },
		{ "receipts", "receipts", p->has_receipts },
	};
	char snapshots[GV_OUT_SIZE_MAX];
	size_t i;

	gv_out_count(snapshots, p->snapshots, "snapshot");
	if (ctx->json) {
		gv_json_object(ctx->json, "remote");
		gv_json_string(ctx->json, "name", remote);
		gv_json_bool(ctx->json, "reached", p->is_reached);
		gv_json_uint(ctx->json, "protocol", (uint64_t)p->protocol);
		gv_json_string(ctx->json, "agent", p->agent);
		gv_json_uint(ctx->json, "snapshots", p->snapshots);
	} else {
		gv_out_printf(ctx->out, "%s: ", remote);
		gv_out_text(ctx->out, p->agent ? p->agent : "git",
		    strlen(p->agent ? p->agent : "git"));
		gv_out_printf(
		    ctx->out, ", protocol %d, %s", p->protocol, snapshots);
	}
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (ctx->json)
			gv_json_bool(ctx->json, all[i].name, all[i].is);
		else if (all[i].is)
			gv_out_printf(ctx->out, ", %s", all[i].text);
	if (ctx->json)
		gv_json_end(ctx->json);
	else
		gv_out_printf(ctx->out, "\n");
}

/* ---- JSON ---------------------------------------------------------------- */

static void
put_time(struct gv_json *j, const char *key, int64_t time)
{
	if (time)
		gv_json_time(j, key, time);
	else
		gv_json_null(j, key);
}

static void
put_snapshots(struct gv_json *j, const struct gv_doctor_report *h)
{
	const size_t n = h->refs.refs.n;
	size_t i;

	gv_json_uint(j, "snapshots", n);
	gv_json_string(j, "newest", n ? gv_doctor_id(h, n - 1) : NULL);
	put_time(j, "time", n ? gv_doctor_time(h, n - 1) : 0);
	gv_json_uint(j, "verified", h->n_verified);
	put_time(j, "last_verified_time", h->verified);
	gv_json_array(j, "unsent");
	for (i = h->unsent; i < n; i++)
		gv_json_string(j, NULL, gv_doctor_id(h, i));
	gv_json_end(j);
}

static void
put_remotes(struct gv_json *j, const struct gv_doctor_report *h)
{
	size_t i, k;

	gv_json_array(j, "remotes");
	for (i = 0; i < h->n_remotes; i++) {
		const struct gv_doctor_remote *it = &h->remotes[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "name", it->where->name);
		gv_json_bool(j, "known", it->where->is_known);
		gv_json_uint(j, "snapshots", it->snapshots);
		gv_json_string(j, "newest",
		    it->snapshots ? gv_doctor_id(h, it->newest) : NULL);
		put_time(j, "received_time", it->received);
		gv_json_string(j, "signed",
		    it->received ? gv_receipt_chain_trusts[it->trust] : NULL);
		gv_json_array(j, "missing");
		for (k = 0; k < h->refs.refs.n; k++)
			if (!gv_doctor_has(h, it, k))
				gv_json_string(j, NULL, gv_doctor_id(h, k));
		gv_json_end(j);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put_envs(struct gv_json *j, const struct gv_doctor_report *h)
{
	size_t i, k;

	gv_json_array(j, "environments");
	for (i = 0; i < h->n_envs; i++) {
		const struct gv_doctor_env *env = &h->envs[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "name", env->name);
		if (env->has_good)
			gv_json_uint(j, "record", env->good.n);
		else
			gv_json_null(j, "record");
		put_time(j, "time", env->has_good ? env->good.time : 0);
		gv_json_string(
		    j, "snapshot", env->rec.id[0] ? env->rec.id : NULL);
		gv_json_array(j, "remotes");
		for (k = 0; k < h->n_remotes; k++)
			if (has_good(&h->remotes[k], env))
				gv_json_string(
				    j, NULL, h->remotes[k].where->name);
		gv_json_end(j);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put_finding(struct gv_json *j, const struct gv_doctor_finding *f)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "grade", grades[f->grade]);
	gv_json_string(j, "kind", f->kind);
	gv_json_string(j, "message", f->text);
	gv_json_string(j, "command", f->command);
	gv_json_bool(j, "safe", f->is_safe);
	gv_json_bool(j, "fixed", f->is_fixed);
	gv_json_end(j);
}

static void
put(struct gv_json *j, const struct gv_doctor_report *h)
{
	size_t i;

	gv_json_array(j, "findings");
	for (i = 0; i < h->n; i++)
		put_finding(j, &h->findings[i]);
	gv_json_end(j);
	gv_json_uint(j, "checks", h->checks);
	gv_json_uint(j, "errors", h->counts[GV_DOCTOR_ERROR]);
	gv_json_uint(j, "warnings", h->counts[GV_DOCTOR_WARNING]);
	gv_json_uint(j, "notes", h->counts[GV_DOCTOR_NOTE]);
	gv_json_bool(j, "healthy",
	    h->counts[GV_DOCTOR_ERROR] + h->counts[GV_DOCTOR_WARNING] == 0);
	put_snapshots(j, h);
	put_remotes(j, h);
	put_envs(j, h);
	gv_json_uint(j, "events_waiting", h->waiting);
}

/* ---- the commands -------------------------------------------------------- */

static int
read_span(int64_t *out, const char *option, const char *text)
{
	if (text == NULL || gv_time_parse_span(out, text) == 0)
		return 0;
	return gv_err(GV_EUSAGE,
	    "'%s' is not a duration for --%s; write it as 26h or 7d", text,
	    option);
}

static void
print(struct gv_ctx *ctx, const struct gv_doctor_report *report,
    const struct gv_doctor_out_opts *o)
{
	size_t i;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		put(ctx->json, report);
		if (!o->brief)
			print_versions(ctx, report);
		if (report->is_probed)
			print_probe(ctx, &report->probe, o->remote);
		gv_json_end(ctx->json);
		return;
	}
	if (o->brief)
		print_rows(ctx, report);
	for (i = 0; i < report->n; i++)
		print_finding(ctx, &report->findings[i]);
	if (report->n == 0 && !o->brief)
		gv_out_printf(
		    ctx->out, "%zu checks, nothing found\n", report->checks);
	if (ctx->verbosity >= 0 && report->is_probed &&
	    report->probe.is_reached)
		print_probe(ctx, &report->probe, o->remote);
	if (ctx->verbosity > 0 && !o->brief) {
		print_rows(ctx, report);
		print_versions(ctx, report);
	}
}

/* Each command is printed before it is run. */
static int
fix(struct gv_ctx *ctx, struct gv_doctor_report *report)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < report->n; i++) {
		const struct gv_doctor_finding *f = &report->findings[i];

		if (!f->is_safe)
			continue;
		gv_out_say(ctx->out, "running: %s", f->command);
		r = gv_doctor_fix(report, i);
		if (r == GV_ENOMEM || r == GV_ECANCELED)
			return r;
		if (r < 0)
			gv_out_warn(ctx->out, "'%s' failed: %s", f->command,
			    gv_err_message());
		r = 0;
	}
	return r;
}

/* Which of the commands --fix would run. */
static void
print_hint(struct gv_ctx *ctx, const struct gv_doctor_report *report)
{
	size_t i, n = 0;

	for (i = 0; i < report->n; i++)
		n += report->findings[i].is_safe;
	if (n && !ctx->json && ctx->verbosity >= 0)
		gv_out_printf(ctx->out,
		    "hint: git vault doctor --fix runs %zu of these commands\n",
		    n);
}

int
gv_doctor_out_run(struct gv_ctx *ctx, const struct gv_doctor_out_opts *o)
{
	struct gv_doctor_opts how = { .brief = o->brief,
		.now = ctx->now,
		.max_age = GV_DOCTOR_MAX_AGE,
		.verified_within = GV_DOCTOR_VERIFIED_WITHIN,
		.remote = o->remote };
	struct gv_doctor_report report = { .n = 0 };
	int r;

	if (ctx->json && o->html && gv_outfile_is_stdout(o->html)) {
		r = gv_err(GV_EUSAGE, "with --json, give --html a file");
		goto out;
	}
	if ((r = read_span(&how.max_age, "max-age", o->max_age)) < 0)
		goto out;
	r = read_span(
	    &how.verified_within, "verified-within", o->verified_within);
	if (r == 0 && o->html) {
		r = gv_health_file_page(o->html, ctx,
		    &(struct gv_health_opts){ .now = how.now,
			.max_age = how.max_age,
			.verified_within = how.verified_within });
		goto out;
	}
	if (r < 0 || (r = gv_doctor_run(&report, ctx->repo, &how)) < 0 ||
	    (r = gv_health_judge_jobs(&report, ctx->repo, how.now)) < 0 ||
	    (r = gv_health_judge_components(&report, ctx->repo)) < 0)
		goto out;
	if (o->fix && ctx->json && (r = fix(ctx, &report)) < 0)
		goto out;
	print(ctx, &report, o);
	if (o->fix && !ctx->json)
		r = gv_out_flush(ctx->out) < 0 ? GV_ERROR : fix(ctx, &report);
	else
		print_hint(ctx, &report);
	if (r < 0)
		goto out;
	r = report.counts[GV_DOCTOR_ERROR] || report.counts[GV_DOCTOR_WARNING];
out:
	gv_doctor_release(&report);
	return r;
}
