#include "git-vault/state/state_version.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state.h"
#include "git-vault/state/state_stack.h"
#include "record/record_resolve.h"
#include "state/track_good.h"
#include "vault/label.h"

int
gv_state_version_of(
    struct gv_track_of *out, struct gv_track_version *hold, struct gv_ctx *ctx)
{
	struct gv_state_stack s;
	int r;

	memset(hold, 0, sizeof(*hold));
	if ((r = gv_state_stack_find(&s, ctx, NULL)) < 0)
		return r;
	if (s.is_new && s.is_first)
		return gv_err(GV_ENOTFOUND,
		    "no state is saved yet; to save one: git vault state save "
		    "FILE");
	if (s.is_new)
		return gv_state_stack_none(&s);
	hold->env = strdup(s.name.env);
	hold->stack = strdup(s.name.stack);
	*out = (struct gv_track_of){ hold->env, hold->stack };
	return hold->env && hold->stack ? 0 : gv_err_nomem();
}

int
gv_state_commit(struct gv_oid *out, const char *text)
{
	int r = gv_record_commit(out, text);

	if (r == 0)
		r = gv_err(GV_ENOTFOUND,
		    "git has no commit '%s'; fetch it, or name another one",
		    text);
	return r < 0 ? r : 0;
}

void
gv_state_version_id(
    char out[GV_STATE_VERSION_ID], const struct gv_track_version *v)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &v->commit);
	memcpy(out, hex, GV_STATE_VERSION_ID - 1);
	out[GV_STATE_VERSION_ID - 1] = '\0';
}

void
gv_state_version_serial(char out[24], const struct gv_track_version *v)
{
	if (v->has_serial)
		snprintf(out, 24, "%" PRIu64, v->serial);
	else
		memcpy(out, "-", 2);
}

int
gv_state_version_next_serial(
    uint64_t *out, struct gv_ctx *ctx, const struct gv_track_of *of)
{
	struct gv_track_version newest = { 0 }, good = { 0 };
	bool found = false, has_one;
	int r = gv_track_resolve(&newest, ctx->repo, of, "latest");

	if (r == 0)
		r = gv_track_good(&good, &found, ctx->repo, of);
	has_one = newest.has_serial || good.has_serial;
	*out = newest.has_serial ? newest.serial : 0;
	if (good.has_serial && good.serial > *out)
		*out = good.serial;
	if (r == 0 && (!has_one || *out == UINT64_MAX))
		r = 1;
	*out += 1;
	gv_track_version_release(&newest);
	gv_track_version_release(&good);
	return r;
}

/* How a command names its state. */
static void
add_of(struct gv_buf *out, const struct gv_track_version *v)
{
	gv_buf_addf(out, "--env %s --stack %s", v->env, v->stack);
}

/* The trailer says what was overridden, and then the reason in brackets. */
bool
gv_state_version_is_gone(
    char why[GV_STATE_VERSION_WHY], const struct gv_track_version *v)
{
	const char *from, *end;
	size_t i = 0;

	why[0] = '\0';
	if (!gv_track_is_gone(v))
		return false;
	from = strchr(v->forced, '(');
	from = from ? from + 1 : v->forced;
	end = strrchr(from, ')');
	for (; *from && from != end && i + 1 < GV_STATE_VERSION_WHY; from++)
		why[i++] = (char)((unsigned char)*from < ' ' ? '?' : *from);
	why[i] = '\0';
	return true;
}

static void
warn_gone(struct gv_ctx *ctx, const struct gv_track_version *v, const char *why)
{
	const struct gv_track_of of = { v->env, v->stack };
	struct gv_track_version good = { 0 };
	char id[GV_STATE_VERSION_ID], whole[GV_STATE_VERSION_ID];
	bool found = false;

	gv_state_version_id(id, v);
	if (gv_track_good_once(&good, &found, ctx->repo, &of) == 0 && found) {
		gv_state_version_id(whole, &good);
		gv_out_warn(ctx->out,
		    "version %s records that the state was deleted: %s; to "
		    "restore the version before it: git vault state restore "
		    "--env %s --stack %s %s",
		    id, why, v->env, v->stack, whole);
	} else {
		gv_out_warn(ctx->out,
		    "version %s says that the state was deleted: %s", id, why);
	}
	gv_track_version_release(&good);
}

void
gv_state_version_warn(struct gv_ctx *ctx, const struct gv_track_version *v)
{
	const struct gv_track_of of = { v->env, v->stack };
	struct gv_track_version good = { 0 };
	char id[GV_STATE_VERSION_ID], whole[GV_STATE_VERSION_ID];
	struct gv_buf text = GV_BUF_INIT;
	char why[GV_STATE_VERSION_WHY];
	bool found = false;

	if (gv_state_version_is_gone(why, v))
		warn_gone(ctx, v, why);
	if (v->damage == NULL || gv_track_is_gone(v))
		return;
	gv_state_version_id(id, v);
	gv_buf_addf(&text,
	    "version %s is not an intact state: %s; 'git vault state triage ",
	    id, v->damage);
	add_of(&text, v);
	gv_buf_addf(&text, " %s' lists what is intact in it", id);
	if (gv_track_good(&good, &found, ctx->repo, &of) == 0 && found) {
		gv_state_version_id(whole, &good);
		gv_buf_addf(
		    &text, ", and the newest intact version is %s", whole);
	}
	gv_out_warn(ctx->out, "%s", text.p);
	gv_buf_release(&text);
	gv_track_version_release(&good);
}

static void
put_oid(struct gv_json *j, const char *key, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	gv_json_string(j, key, gv_oid_is_zero(oid) ? NULL : hex);
}

void
gv_state_version_json(
    struct gv_json *j, const char *key, const struct gv_track_version *v)
{
	gv_json_object(j, key);
	put_oid(j, "id", &v->commit);
	gv_json_string(j, "environment", v->env);
	gv_json_string(j, "stack", v->stack);
	gv_json_string(j, "tool", v->tool);
	if (v->format)
		gv_json_uint(j, "format", v->format);
	else
		gv_json_null(j, "format");
	gv_json_string(j, "tool_version", v->writer);
	if (v->has_serial)
		gv_json_uint(j, "serial", v->serial);
	else
		gv_json_null(j, "serial");
	gv_json_string(j, "lineage", v->lineage);
	put_oid(j, "commit", &v->code);
	put_oid(j, "previous", &v->previous);
	gv_json_time(j, "time", v->time);
	gv_json_uint(j, "bytes", v->size);
	gv_json_uint(j, "resources", v->items);
	gv_json_uint(j, "parts", v->parts);
	gv_json_string(j, "host", v->host);
	gv_json_string(j, "snapshot", v->snapshot);
	gv_json_string(j, "seal", gv_policy_seals[v->seal]);
	gv_json_bool(j, "encrypted_by_tool", v->is_encrypted);
	gv_json_string(j, "forced", v->forced);
	gv_json_bool(j, "deleted", gv_track_is_gone(v));
	gv_json_string(j, "damage", gv_track_is_gone(v) ? NULL : v->damage);
	gv_json_string(j, "binding", v->bound);
	gv_json_end(j);
}

int
gv_state_with_version(struct gv_ctx *ctx, int argc, char **argv,
    int (*fn)(struct gv_ctx *ctx, const struct gv_track_version *v))
{
	struct gv_track_version hold, v = { 0 };
	struct gv_track_of of;
	int r;

	if ((r = gv_state_version_of(&of, &hold, ctx)) < 0)
		goto out;
	r = gv_track_resolve(&v, ctx->repo, &of, argc ? argv[0] : "latest");
	if (r < 0)
		goto out;
	r = fn(ctx, &v);
out:
	gv_track_version_release(&v);
	gv_track_version_release(&hold);
	return r;
}

void
gv_state_version_cells(struct gv_ctx *ctx, const struct gv_track_version *v)
{
	char id[GV_STATE_VERSION_ID], serial[24], age[GV_TIME_MAX];
	char code[GV_OID_HEX + 1] = "-";

	gv_state_version_id(id, v);
	gv_state_version_serial(serial, v);
	gv_time_relative(age, v->time, ctx->now);
	if (!gv_oid_is_zero(&v->code))
		gv_oid_format(code, &v->code);
	gv_out_cell_id(ctx->out, GV_OUT_ID, id);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, serial);
	gv_out_cell(ctx->out, GV_OUT_PLAIN, "%.12s", code);
	gv_out_cell_text(ctx->out, GV_OUT_DIM, age);
}
