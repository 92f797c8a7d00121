#include "git-vault/secret/evidence_out.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "evidence/evidence.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "sys/file.h"

static int
unknown(const char *name)
{
	const struct gv_evidence_control *c;
	struct gv_buf names = GV_BUF_INIT;
	int r;

	for (c = gv_evidence_control_all; c->name; c++)
		gv_buf_addf(&names, "%s%s",
		    c == gv_evidence_control_all ? ""
			: c[1].name              ? ", "
						 : " and ",
		    c->name);
	r = gv_buf_check(&names);
	if (r == 0)
		r = gv_err(GV_EUSAGE, "no control is called '%s'; there are %s",
		    name, names.p);
	gv_buf_release(&names);
	return r;
}

/* The span of time: by default the year that ends now. */
static int
find_span(struct gv_evidence_opts *out, const struct gv_evidence_ask *ask)
{
	int r = 0;

	if (ask->to && (r = gv_evidence_time(&out->to, ask->to, true)) < 0)
		return r;
	out->from = gv_time_back(out->to, 12, 0);
	if (ask->from &&
	    (r = gv_evidence_time(&out->from, ask->from, false)) < 0)
		return r;
	return out->from > out->to
	    ? gv_err(GV_EUSAGE, "--from is later than --to")
	    : 0;
}

static void
put(struct gv_json *j, const struct gv_evidence_opts *how,
    const struct gv_evidence *e)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "control", how->control->name);
	gv_json_string(j, "framework", how->control->framework);
	gv_json_time(j, "from", how->from);
	gv_json_time(j, "to", how->to);
	gv_json_string(j, "directory", how->dir);
	gv_json_uint(j, "files", e->files);
	gv_json_uint(j, "drills", e->drills);
	gv_json_uint(j, "drills_failed", e->failed);
	gv_json_uint(j, "reports_elsewhere", e->lacking);
	gv_json_uint(j, "events", e->events);
	gv_json_uint(j, "events_unsigned", e->is_unsigned);
	gv_json_uint(j, "events_unknown_signer", e->unknown);
	gv_json_uint(j, "snapshots", e->snapshots);
	gv_json_uint(j, "records", e->records);
	gv_json_uint(j, "environments", e->environments);
	gv_json_uint(j, "environments_overdue", e->overdue);
	gv_json_bool(j, "signed", e->is_signed);
	gv_json_uint(j, "damaged", e->damaged);
	gv_json_end(j);
}

static void
warn(struct gv_ctx *ctx, const struct gv_evidence *e)
{
	if (e->lacking)
		gv_out_warn(ctx->out,
		    "%zu report%s of drills %s in other clones; export there, "
		    "too",
		    e->lacking, e->lacking == 1 ? "" : "s",
		    e->lacking == 1 ? "is" : "are");
	if (e->is_unsigned)
		gv_out_warn(ctx->out, "%zu event%s not signed", e->is_unsigned,
		    e->is_unsigned == 1 ? " is" : "s are");
	if (e->unknown)
		gv_out_warn(ctx->out,
		    "%zu event%s signed by a key that the keyring does not "
		    "have; to see them: git vault audit verify",
		    e->unknown, e->unknown == 1 ? " is" : "s are");
	if (!e->is_signed)
		gv_out_warn(ctx->out,
		    "the sums are not signed, since no key is at hand");
	if (e->damaged)
		gv_out_warn(ctx->out,
		    "some records could not be read, and are left out; to see "
		    "them: git vault verify");
}

static void
print(struct gv_ctx *ctx, const struct gv_evidence_opts *how,
    const struct gv_evidence *e)
{
	struct gv_out *o = ctx->out;

	gv_out_printf(o, "%s %s: %zu files in %s\n", how->control->framework,
	    how->control->name, e->files, how->dir);
	if (how->control->parts & GV_EVIDENCE_DRILLS)
		gv_out_printf(
		    o, "drills %zu, failed %zu\n", e->drills, e->failed);
	if (how->control->parts & GV_EVIDENCE_ENVIRONMENTS)
		gv_out_printf(o, "environments %zu, overdue %zu\n",
		    e->environments, e->overdue);
	if (how->control->parts & GV_EVIDENCE_SNAPSHOTS)
		gv_out_printf(o, "snapshots %zu\n", e->snapshots);
	if (how->control->parts & GV_EVIDENCE_RECORDS)
		gv_out_printf(o, "records %zu\n", e->records);
	gv_out_printf(o, "events %zu\n", e->events);
	gv_out_say(ctx->out, "%s/README says how to check it without git-vault",
	    how->dir);
}

int
gv_evidence_out(struct gv_ctx *ctx, const struct gv_evidence_ask *ask)
{
	struct gv_evidence_opts how = { .control = gv_evidence_control_find(
					    ask->control),
		.to = ctx->now,
		.now = ctx->now,
		.dir = ask->into };
	struct gv_buf dir = GV_BUF_INIT;
	struct gv_evidence e;
	int r;

	if (how.control == NULL)
		return unknown(ask->control);
	gv_buf_addf(&dir, "evidence-%s", how.control->name);
	if ((r = gv_buf_check(&dir)) < 0 || (r = find_span(&how, ask)) < 0)
		goto out;
	if (how.dir == NULL) {
		how.dir = dir.p;
		r = gv_file_leads_through_link(".", how.dir);
		if (r > 0)
			r = gv_err(GV_EREFUSED,
			    "%s is a symbolic link; name a directory by "
			    "--into",
			    how.dir);
		if (r < 0)
			goto out;
	}
	if ((r = gv_evidence_write(&e, ctx->repo, &how)) < 0)
		goto out;
	if (ctx->json)
		put(ctx->json, &how, &e);
	else
		print(ctx, &how, &e);
	warn(ctx, &e);
	r = e.damaged ? 3 : 0;
out:
	gv_buf_release(&dir);
	return r;
}
