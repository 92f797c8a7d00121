#include "toolstate/state_triage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state.h"
#include "git-vault/state/state_subject.h"
#include "git-vault/state/state_version.h"
#include "toolstate/state_repair.h"

static const char *
side_of(const struct gv_state_found *f)
{
	return f->side == GV_STATE_OURS  ? "ours"
	    : f->side == GV_STATE_THEIRS ? "theirs"
					 : "";
}

/* ---- JSON --------------------------------------------------------------- */

static void
put_documents(struct gv_json *j, const struct gv_state_triage *t)
{
	static const char *const sides[] = { NULL, "ours", "theirs" };
	size_t i;

	gv_json_array(j, "documents");
	for (i = 0; i < t->n_documents; i++) {
		const struct gv_state_document *d = &t->documents[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "side", sides[d->side]);
		gv_json_string(j, "tool", d->info.tool);
		if (d->info.has_serial)
			gv_json_uint(j, "serial", d->info.serial);
		else
			gv_json_null(j, "serial");
		gv_json_string(
		    j, "lineage", d->info.lineage[0] ? d->info.lineage : NULL);
		gv_json_uint(j, "from", d->from);
		gv_json_uint(j, "to", d->to);
		gv_json_bool(j, "intact", d->is_whole);
		gv_json_string(
		    j, "warning", d->info.warning[0] ? d->info.warning : NULL);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put_found(struct gv_json *j, const struct gv_state_triage *t)
{
	size_t i;

	gv_json_array(j, "resources");
	for (i = 0; i < t->n; i++) {
		const struct gv_state_found *f = &t->found[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "address", f->address);
		gv_json_uint(j, "from", f->from);
		gv_json_uint(j, "to", f->to);
		gv_json_uint(j, "document", f->document);
		gv_json_string(j, "side", *side_of(f) ? side_of(f) : NULL);
		gv_json_bool(j, "behind", f->is_behind);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put(const struct gv_state_subject *s)
{
	const struct gv_state_triage *t = &s->triage;
	struct gv_json *j = s->ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "kind", gv_state_damage_name(t->kind));
	gv_json_string(j, "message", t->damage[0] ? t->damage : NULL);
	gv_json_string(j, "reader", t->wrong[0] ? t->wrong : NULL);
	gv_json_uint(j, "bytes", t->size);
	gv_json_uint(j, "nuls", t->nuls);
	if (t->nuls)
		gv_json_uint(j, "first_nul", t->first_nul);
	else
		gv_json_null(j, "first_nul");
	gv_json_uint(j, "conflicts", t->conflicts);
	put_documents(j, t);
	put_found(j, t);
	gv_json_array(j, "lost");
	for (i = 0; i < s->n_lost; i++)
		gv_json_string(j, NULL, s->lost[i]);
	gv_json_end(j);
	if (s->has_good)
		gv_state_version_json(j, "newest_intact", &s->good);
	else
		gv_json_null(j, "newest_intact");
	gv_json_end(j);
}

/* ---- text --------------------------------------------------------------- */

static void
print_head(struct gv_ctx *ctx, const struct gv_state_triage *t)
{
	bool is_whole = t->kind == GV_STATE_WHOLE;
	size_t i;

	gv_out_paint(ctx->out, is_whole ? GV_OUT_ADDED : GV_OUT_REMOVED, "%s",
	    gv_state_damage_name(t->kind));
	if (!is_whole)
		gv_out_printf(ctx->out, ": %s", t->damage);
	gv_out_printf(ctx->out, "\n");
	if (t->wrong[0] && strcmp(t->wrong, t->damage) != 0)
		gv_out_printf(ctx->out, "reader: %s\n", t->wrong);
	for (i = 0; i < t->n_documents; i++)
		if (t->documents[i].info.warning[0])
			gv_out_printf(ctx->out, "warning: %s\n",
			    t->documents[i].info.warning);
	for (i = 0; t->n_documents > 1 && i < t->n_documents; i++) {
		const struct gv_state_document *d = &t->documents[i];

		if (d->side == GV_STATE_BOTH)
			gv_out_printf(ctx->out, "document %zu", i + 1);
		else
			gv_out_printf(ctx->out, "%s",
			    d->side == GV_STATE_OURS ? "ours" : "theirs");
		gv_out_printf(ctx->out, ": %s", d->info.tool);
		if (d->info.has_serial)
			gv_out_printf(
			    ctx->out, ", serial %" PRIu64, d->info.serial);
		gv_out_printf(ctx->out,
		    ", bytes %" PRIu64 " to %" PRIu64 "%s\n", d->from, d->to,
		    d->is_whole ? "" : ", damaged");
	}
}

static void
print_found(struct gv_ctx *ctx, const struct gv_state_triage *t)
{
	static const struct gv_out_column columns[] = {
		{ .head = "RESOURCE" },
		{ .head = "FROM", .right = true },
		{ .head = "TO", .right = true },
		{ .head = "", .cut = true },
	};
	bool joined = gv_state_triage_count(t) > 1;
	size_t i;

	gv_out_columns(ctx->out, columns, 4);
	for (i = 0; i < t->n && !gv_out_stopped(ctx->out); i++) {
		const struct gv_state_found *f = &t->found[i];

		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, f->address);
		gv_out_cell(ctx->out, GV_OUT_DIM, "%" PRIu64, f->from);
		gv_out_cell(ctx->out, GV_OUT_DIM, "%" PRIu64, f->to);
		if (joined)
			gv_out_cell(ctx->out, GV_OUT_TAG, "document %u%s%s",
			    f->document, *side_of(f) ? ", " : "", side_of(f));
		else
			gv_out_cell_text(ctx->out, GV_OUT_TAG, side_of(f));
	}
	gv_out_columns_end(ctx->out);
}

/* What can be done about it besides. */
static const char *
advice(const struct gv_state_triage *t)
{
	if (t->kind == GV_STATE_DELETED)
		return "which was deleted since";
	if (t->kind == GV_STATE_ENCODED)
		return "'git vault state repair' writes the state that is in "
		       "the file";
	if (gv_state_repair_may(t))
		return "to build a state of the intact resources: git vault "
		       "state repair";
	return t->is_yaml ? "YAML cannot be repaired" : "it cannot be repaired";
}

static void
print_lost(const struct gv_state_subject *s, const char *whole)
{
	struct gv_ctx *ctx = s->ctx;
	char id[GV_STATE_VERSION_ID];
	char lost[GV_OUT_SIZE_MAX];
	size_t i;

	for (i = 0; i < s->n_lost; i++) {
		gv_out_paint(ctx->out, GV_OUT_REMOVED, "lost");
		gv_out_printf(ctx->out, ": ");
		gv_out_text(ctx->out, s->lost[i], strlen(s->lost[i]));
		gv_out_printf(ctx->out, "\n");
	}
	if (!s->has_good)
		return;
	gv_state_version_id(id, &s->good);
	snprintf(lost, sizeof(lost), "%zu address%s", s->n_lost,
	    s->n_lost == 1 ? "" : "es");
	gv_out_say(ctx->out,
	    "%s intact; of version %s, the newest intact one, %s missing; 'git "
	    "vault state restore --env %s --stack %s %s' restores it, %s",
	    whole, id, lost, s->of.env, s->of.stack, id, advice(&s->triage));
}

static void
print(const struct gv_state_subject *s)
{
	char whole[GV_OUT_SIZE_MAX];

	print_head(s->ctx, &s->triage);
	if (s->triage.kind == GV_STATE_WHOLE)
		return;
	print_found(s->ctx, &s->triage);
	gv_out_count(whole, gv_state_subject_count(s), "resource");
	print_lost(s, whole);
	if (!s->has_good && s->triage.kind == GV_STATE_ENCODED)
		gv_out_say(
		    s->ctx->out, "%s intact; %s", whole, advice(&s->triage));
	else if (!s->has_good)
		gv_out_say(s->ctx->out,
		    "%s intact; no intact version is stored to compare with%s",
		    whole, s->has_of ? "" : ", or give --env ENV");
}

int
gv_state_triage(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_state_subject s;
	int r;

	(void)argc;
	if ((r = gv_state_subject_open(&s, ctx, argv[0])) < 0)
		goto out;
	if (ctx->json)
		put(&s);
	else
		print(&s);
	r = s.triage.kind != GV_STATE_WHOLE;
out:
	gv_state_subject_close(&s);
	return r;
}
