#include "cmd.h"

#include <string.h>

#include "base/time.h"
#include "json.h"
#include "out.h"
#include "doctor/doctor.h"

struct doctor_opts {
	bool fix;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .name = "fix",
	    .at = offsetof(struct doctor_opts, fix),
	    .help = "remove damaged caches of ours, and what was left by "
		    "an install of hooks that was killed" },
	GV_OPT_LAST
};

static const char *const grades[] = {
	[GV_DOCTOR_NOTE] = "note",
	[GV_DOCTOR_WARNING] = "warning",
	[GV_DOCTOR_ERROR] = "error",
};

static void
print_text(struct gv_ctx *ctx, const struct gv_doctor_finding *f)
{
	static const enum gv_out_slot slots[] = {
		[GV_DOCTOR_NOTE] = GV_OUT_DIM,
		[GV_DOCTOR_WARNING] = GV_OUT_CHANGED,
		[GV_DOCTOR_ERROR] = GV_OUT_REMOVED,
	};

	gv_out_paint(ctx->out, slots[f->grade], "%s", grades[f->grade]);
	gv_out_printf(ctx->out, ": ");
	gv_out_text(ctx->out, f->text, strlen(f->text));
	gv_out_printf(ctx->out, "\n");
	if (f->fixed)
		gv_out_printf(ctx->out, "    done\n");
	else if (f->command)
		gv_out_printf(ctx->out, "    ");
	if (!f->fixed && f->command) {
		gv_out_text(ctx->out, f->command, strlen(f->command));
		gv_out_printf(ctx->out, "\n");
	}
}

static void
print_json(struct gv_json *j, const struct gv_doctor_finding *f)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "grade", grades[f->grade]);
	gv_json_string(j, "kind", f->kind);
	gv_json_string(j, "text", f->text);
	gv_json_string(j, "command", f->command);
	gv_json_bool(j, "fixed", f->fixed);
	gv_json_end(j);
}

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

static void
put_remotes(struct gv_json *j, const struct gv_doctor_report *report)
{
	size_t i;

	gv_json_array(j, "remotes");
	for (i = 0; i < report->n_remotes; i++) {
		const struct gv_doctor_remote *it = &report->remotes[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "name", it->name);
		gv_json_uint(j, "snapshots", it->snapshots);
		gv_json_string(j, "newest", *it->newest ? it->newest : NULL);
		if (it->received)
			gv_json_time(j, "received", it->received);
		else
			gv_json_null(j, "received");
		gv_json_string(j, "signed",
		    it->received ? gv_receipt_chain_trusts[it->trust] : NULL);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
print_remotes(struct gv_ctx *ctx, const struct gv_doctor_report *report)
{
	char age[GV_TIME_MAX];
	size_t i;

	for (i = 0; i < report->n_remotes; i++) {
		const struct gv_doctor_remote *it = &report->remotes[i];

		gv_out_printf(ctx->out, "%s: %zu of the snapshots here",
		    it->name, it->snapshots);
		if (*it->newest)
			gv_out_printf(
			    ctx->out, ", the newest is %s", it->newest);
		gv_time_relative(age, it->received, ctx->now);
		if (it->received)
			gv_out_printf(ctx->out,
			    ", received %s by a receipt (%s)", age,
			    gv_receipt_chain_trusts[it->trust]);
		gv_out_printf(ctx->out, "\n");
	}
}

/* What a remote does with refs of ours, as far as it could be asked. */
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
		{ "hooks", "hooks of ours", p->has_ward },
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

static void
print(struct gv_ctx *ctx, const struct gv_doctor_report *report,
    const char *remote)
{
	const size_t *n = report->counts;
	size_t i;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "findings");
	}
	for (i = 0; i < report->n; i++) {
		if (ctx->json)
			print_json(ctx->json, &report->findings[i]);
		else
			print_text(ctx, &report->findings[i]);
	}
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_uint(ctx->json, "checks", report->checks);
		gv_json_uint(ctx->json, "errors", n[GV_DOCTOR_ERROR]);
		gv_json_uint(ctx->json, "warnings", n[GV_DOCTOR_WARNING]);
		gv_json_uint(ctx->json, "notes", n[GV_DOCTOR_NOTE]);
		print_versions(ctx, report);
		put_remotes(ctx->json, report);
		if (report->is_probed)
			print_probe(ctx, &report->probe, remote);
		gv_json_end(ctx->json);
		return;
	}
	if (report->n == 0)
		gv_out_printf(
		    ctx->out, "%zu checks, nothing found\n", report->checks);
	if (ctx->verbosity >= 0 && report->is_probed &&
	    report->probe.is_reached)
		print_probe(ctx, &report->probe, remote);
	if (ctx->verbosity > 0) {
		print_remotes(ctx, report);
		print_versions(ctx, report);
	}
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct doctor_opts *o = ctx->opts;
	struct gv_doctor_opts how = {
		.fix = o->fix, .now = ctx->now, .remote = argc ? argv[0] : NULL
	};
	struct gv_doctor_report report;
	bool is_ill;
	int r = gv_doctor_run(&report, ctx->repo, &how);

	if (r < 0)
		return r;
	print(ctx, &report, how.remote);
	is_ill =
	    report.counts[GV_DOCTOR_ERROR] || report.counts[GV_DOCTOR_WARNING];
	gv_doctor_release(&report);
	return is_ill;
}

const struct gv_cmd cmd_doctor = {
	.name = "doctor",
	.summary = "look for what endangers the snapshots",
	.usage = "[--fix] [REMOTE]",
	.group = GV_CMD_CARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct doctor_opts),
	.max_args = 1,
	.args = { GV_OPT_REMOTE },
	.run = run,
};
