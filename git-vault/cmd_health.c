#include "cmd.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "json.h"
#include "out.h"
#include "doctor/health.h"

#define A_DAY 86400
#define NAMED 3 /* snapshots that are named, of many */

struct health_opts {
	const char *max_age, *verified_within;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "max-age",
	    .arg = "DURATION",
	    .at = offsetof(struct health_opts, max_age),
	    .help = "how old the newest snapshot may be, as 26h; default: 7d" },
	{ .type = GV_OPT_STRING,
	    .name = "verified-within",
	    .arg = "DURATION",
	    .at = offsetof(struct health_opts, verified_within),
	    .help = "how long ago one may have been verified; default: 30d" },
	GV_OPT_LAST
};

/* ---- text --------------------------------------------------------------- */

static void
print_row(struct gv_ctx *ctx, const char *what, struct gv_buf *text)
{
	gv_out_cell_text(ctx->out, GV_OUT_TAG, what);
	gv_out_cell_text(
	    ctx->out, GV_OUT_PLAIN, gv_buf_check(text) == 0 ? text->p : "");
	gv_buf_reset(text);
}

static void
add_age(struct gv_buf *out, const struct gv_ctx *ctx, int64_t time)
{
	char age[GV_TIME_MAX];

	gv_time_relative(age, time, ctx->now);
	gv_buf_addstr(out, age);
}

static void
print_snapshots(
    struct gv_ctx *ctx, const struct gv_health *h, struct gv_buf *text)
{
	const size_t n = h->refs.refs.n;

	gv_buf_addf(text, "%zu", n);
	if (n) {
		gv_buf_addf(text, ", the newest %s, ", gv_health_id(h, n - 1));
		add_age(text, ctx, gv_health_time(h, n - 1));
	}
	print_row(ctx, "snapshots", text);
	gv_buf_addf(text, h->n_verified ? "%zu of them, one last " : "none",
	    h->n_verified);
	if (h->n_verified)
		add_age(text, ctx, h->verified);
	print_row(ctx, "verified", text);
}

/* Those that it lacks, the newest first. */
static void
add_missing(struct gv_buf *out, const struct gv_health *h,
    const struct gv_health_remote *remote)
{
	size_t i, n = 0;

	for (i = h->refs.refs.n; i > 0; i--)
		if (!gv_health_has(h, remote, i - 1) && n++ < NAMED)
			gv_buf_addf(out, "%s%s", n == 1 ? "; not " : ", ",
			    gv_health_id(h, i - 1));
	if (n > NAMED)
		gv_buf_addf(out, " and %zu more", n - NAMED);
}

static void
print_remotes(
    struct gv_ctx *ctx, const struct gv_health *h, struct gv_buf *text)
{
	struct gv_buf name = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < h->n_remotes; i++) {
		const struct gv_health_remote *it = &h->remotes[i];

		gv_buf_reset(&name);
		gv_buf_addf(&name, "on %s", it->where->name);
		if (!it->where->is_known)
			gv_buf_addf(text, "not known; at least ");
		gv_buf_addf(text, "%zu of them", it->n);
		if (it->n)
			gv_buf_addf(text, ", the newest %s",
			    gv_health_id(h, it->newest));
		if (it->received) {
			gv_buf_addstr(text, ", received ");
			add_age(text, ctx, it->received);
			gv_buf_addf(text, " by a receipt (%s)",
			    gv_receipt_chain_trusts[it->trust]);
		}
		if (it->where->is_known)
			add_missing(text, h, it);
		print_row(ctx, gv_buf_check(&name) == 0 ? name.p : "", text);
	}
	gv_buf_release(&name);
}

/* Whether the remote has the snapshot that the record is of. */
static bool
has_good(const struct gv_health_remote *remote, const struct gv_health_env *env)
{
	return env->rec.id[0] &&
	    gv_whereabouts_has(remote->where, env->rec.id, &env->rec.commit);
}

static void
print_envs(struct gv_ctx *ctx, const struct gv_health *h, struct gv_buf *text)
{
	size_t i, k;

	for (i = 0; i < h->n_envs; i++) {
		const struct gv_health_env *env = &h->envs[i];
		const char *between = ", on ";

		gv_buf_addf(text, "%s: ", env->name);
		if (env->has_good) {
			gv_buf_addf(text, "record %u, ", env->good.n);
			add_age(text, ctx, env->good.time);
			gv_buf_addf(text, ", %s",
			    env->rec.id[0] ? env->rec.id : "of no snapshot");
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
print_finding(struct gv_ctx *ctx, const struct gv_health_finding *f)
{
	gv_out_paint(ctx->out, GV_OUT_CHANGED, "warning");
	gv_out_printf(ctx->out, ": ");
	gv_out_text(ctx->out, f->text, strlen(f->text));
	gv_out_printf(ctx->out, "\n");
	if (f->command) {
		gv_out_printf(ctx->out, "    ");
		gv_out_text(ctx->out, f->command, strlen(f->command));
		gv_out_printf(ctx->out, "\n");
	}
}

static void
print_text(struct gv_ctx *ctx, const struct gv_health *h)
{
	static const struct gv_out_column columns[] = { { .head = NULL },
		{ .head = NULL } };
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

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
	for (i = 0; i < h->n; i++)
		print_finding(ctx, &h->findings[i]);
}

/* ---- JSON --------------------------------------------------------------- */

static void
put_time(struct gv_json *j, const char *key, int64_t time)
{
	if (time)
		gv_json_time(j, key, time);
	else
		gv_json_null(j, key);
}

static void
put_snapshots(struct gv_json *j, const struct gv_health *h)
{
	const size_t n = h->refs.refs.n;
	size_t i;

	gv_json_uint(j, "snapshots", n);
	gv_json_string(j, "newest", n ? gv_health_id(h, n - 1) : NULL);
	put_time(j, "time", n ? gv_health_time(h, n - 1) : 0);
	gv_json_uint(j, "verified", h->n_verified);
	put_time(j, "last_verified", h->verified);
	gv_json_array(j, "unsent");
	for (i = h->unsent; i < n; i++)
		gv_json_string(j, NULL, gv_health_id(h, i));
	gv_json_end(j);
}

static void
put_remotes(struct gv_json *j, const struct gv_health *h)
{
	size_t i, k;

	gv_json_array(j, "remotes");
	for (i = 0; i < h->n_remotes; i++) {
		const struct gv_health_remote *it = &h->remotes[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "name", it->where->name);
		gv_json_bool(j, "known", it->where->is_known);
		gv_json_uint(j, "snapshots", it->n);
		gv_json_string(
		    j, "newest", it->n ? gv_health_id(h, it->newest) : NULL);
		put_time(j, "received", it->received);
		gv_json_string(j, "signed",
		    it->received ? gv_receipt_chain_trusts[it->trust] : NULL);
		gv_json_array(j, "missing");
		for (k = 0; k < h->refs.refs.n; k++)
			if (!gv_health_has(h, it, k))
				gv_json_string(j, NULL, gv_health_id(h, k));
		gv_json_end(j);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put_envs(struct gv_json *j, const struct gv_health *h)
{
	size_t i, k;

	gv_json_array(j, "environments");
	for (i = 0; i < h->n_envs; i++) {
		const struct gv_health_env *env = &h->envs[i];

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
put(struct gv_json *j, const struct gv_health *h)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_bool(j, "healthy", h->n == 0);
	put_snapshots(j, h);
	put_remotes(j, h);
	put_envs(j, h);
	gv_json_uint(j, "events_waiting", h->waiting);
	gv_json_array(j, "findings");
	for (i = 0; i < h->n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "kind", h->findings[i].kind);
		gv_json_string(j, "text", h->findings[i].text);
		gv_json_string(j, "command", h->findings[i].command);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

/* ---- the command -------------------------------------------------------- */

static int
read_span(int64_t *out, const char *option, const char *text)
{
	if (text == NULL || gv_time_parse_span(out, text) == 0)
		return 0;
	return gv_err(GV_EUSAGE,
	    "'%s' is no duration for --%s; give it as 26h or 7d", text, option);
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct health_opts *o = ctx->opts;
	struct gv_health_opts how = { .now = ctx->now,
		.max_age = 7 * A_DAY,
		.verified_within = 30 * A_DAY };
	struct gv_health health = { .n = 0 };
	int r = read_span(&how.max_age, "max-age", o->max_age);

	(void)argc;
	(void)argv;
	if (r == 0)
		r = read_span(&how.verified_within, "verified-within",
		    o->verified_within);
	if (r == 0)
		r = gv_health_look(&health, ctx->repo, &how);
	if (r == 0 && ctx->json)
		put(ctx->json, &health);
	else if (r == 0)
		print_text(ctx, &health);
	if (r == 0)
		r = health.n > 0;
	gv_health_release(&health);
	return r;
}

const struct gv_cmd cmd_health = {
	.name = "health",
	.summary = "tell whether what is kept would be there when it is needed",
	.usage = "[--max-age DURATION] [--verified-within DURATION]",
	.group = GV_CMD_CARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct health_opts),
	.run = run,
};
