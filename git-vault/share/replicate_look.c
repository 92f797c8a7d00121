#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/share/replicate.h"
#include "replica/replica.h"

/* ---- status ------------------------------------------------------------- */

static void
put_time(struct gv_json *j, const char *key, int64_t time)
{
	if (time)
		gv_json_time(j, key, time);
	else
		gv_json_null(j, key);
}

/* Whether the policy lets copies be there. */
static const char *
residency_of(const struct gv_target *t)
{
	return gv_target_is_refused(t) ? "refused"
	    : gv_target_is_disputed(t) ? "waiting"
				       : "allowed";
}

static void
put_status(struct gv_json *j, const struct gv_target *t,
    const struct gv_replica_status *s)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "target", t->name);
	gv_json_string(j, "url", t->url);
	gv_json_string(j, "region", t->region);
	gv_json_string(j, "residency", residency_of(t));
	gv_json_uint(j, "manifest", s->seq);
	put_time(j, "pushed", s->pushed);
	if (s->is_known)
		gv_json_bool(j, "conditional", !s->is_unsafe);
	else
		gv_json_null(j, "conditional");
	gv_json_uint(j, "behind_snapshots", s->snapshots);
	gv_json_uint(j, "behind_bytes", s->bytes);
	gv_json_int(j, "behind_seconds", s->behind);
	gv_json_uint(j, "behind_refs", s->refs);
	gv_json_object(j, "verified");
	for (i = 0; i < GV_REPLICA_LEVELS; i++)
		put_time(j, gv_replica_levels[i], s->verified[i]);
	gv_json_end(j);
	put_time(j, "damaged", s->damage->time);
	gv_json_string(j, "damage", s->damage->text);
	gv_json_bool(j, "asked", s->is_asked);
	gv_json_uint(j, "packs", s->packs);
	gv_json_uint(j, "stored_bytes", s->stored);
	gv_json_uint(j, "hosts", s->hosts);
	gv_json_uint(j, "requests", s->requests);
	gv_json_uint(j, "all_requests", s->all_requests);
	gv_json_uint(j, "all_bytes_sent", s->all_out);
	gv_json_uint(j, "all_bytes_read", s->all_in);
	if (s->has_cost)
		gv_json_uint(j, "cost_month_millionths", s->cost_month);
	else
		gv_json_null(j, "cost_month_millionths");
	if (s->has_use)
		gv_json_uint(j, "cost_used_millionths", s->cost_used);
	else
		gv_json_null(j, "cost_used_millionths");
	gv_json_string(j, "currency", t->price.currency);
	gv_replicate_faults_json(j, &s->faults);
	gv_json_end(j);
}

static void
print_lag(struct gv_ctx *ctx, const struct gv_replica_status *s)
{
	char n[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX], age[GV_TIME_MAX];

	if (!s->is_known) {
		gv_out_paint(ctx->out, GV_OUT_CHANGED, "  never pushed");
		gv_out_printf(ctx->out, "\n");
		return;
	}
	gv_time_relative(age, s->pushed, ctx->now);
	if (s->snapshots == 0 && s->refs == 0) {
		gv_out_paint(ctx->out, GV_OUT_ADDED, "  up to date");
		gv_out_printf(ctx->out, ", pushed %s\n", age);
		return;
	}
	gv_out_size(size, s->bytes);
	gv_out_count(n, s->snapshots, "snapshot");
	gv_out_paint(ctx->out, GV_OUT_CHANGED, "  behind");
	if (s->snapshots)
		gv_out_printf(ctx->out, " by %s", n);
	else
		gv_out_printf(ctx->out, " by %" PRIu64 " ref%s", s->refs,
		    s->refs == 1 ? "" : "s");
	gv_out_printf(ctx->out, " (%s), pushed %s\n", size, age);
}

static void
print_cost(struct gv_ctx *ctx, const struct gv_target *t, uint64_t millionths,
    const char *behind)
{
	const char *currency = t->price.currency;

	gv_out_printf(ctx->out, ", about %" PRIu64 ".%02" PRIu64 "%s%s%s",
	    millionths / 1000000, millionths / 10000 % 100, currency ? " " : "",
	    currency ? currency : "", behind);
}

/* What was found earlier; what this look finds comes last. */
static void
print_damage(struct gv_ctx *ctx, const struct gv_target *t,
    const struct gv_replica_damage *damage)
{
	struct gv_buf cmd = GV_BUF_INIT;
	char age[GV_TIME_MAX];

	if (damage->time == 0)
		return;
	gv_time_relative(age, damage->time, ctx->now);
	gv_out_printf(ctx->out, "  ");
	gv_out_paint(ctx->out, GV_OUT_REMOVED, "damaged or gone");
	gv_out_printf(ctx->out, ", found %s: ", age);
	gv_out_text(ctx->out, damage->text, strlen(damage->text));
	gv_out_printf(ctx->out, "\n");
	gv_replica_memory_mend(&cmd, damage, t->name);
	if (gv_buf_check(&cmd) == 0)
		gv_out_printf(ctx->out, "  to mend it: %s\n", cmd.p);
	gv_buf_release(&cmd);
}

static void
print_residency(struct gv_ctx *ctx, const struct gv_target *t)
{
	if (gv_target_check_region(t) < 0 || gv_target_check_disputed(t) < 0)
		gv_out_warn(ctx->out, "%s%s", gv_err_message(),
		    gv_target_is_disputed(t)
			? ". To see it: git vault policy diff"
			: "");
}

/* All that this clone ever did there. */
static void
print_use(struct gv_ctx *ctx, const struct gv_target *t,
    const struct gv_replica_status *s)
{
	char n[GV_OUT_SIZE_MAX], out[GV_OUT_SIZE_MAX], in[GV_OUT_SIZE_MAX];

	if (s->all_requests == 0)
		return;
	gv_out_count(n, s->all_requests, "request");
	gv_out_size(out, s->all_out);
	gv_out_size(in, s->all_in);
	gv_out_printf(
	    ctx->out, "  %s from this clone, %s sent, %s read", n, out, in);
	if (s->has_use)
		print_cost(ctx, t, s->cost_used, "");
	gv_out_printf(ctx->out, "\n");
}

static void
print_store(struct gv_ctx *ctx, const struct gv_target *t,
    const struct gv_replica_status *s)
{
	char n[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX], age[GV_TIME_MAX];
	size_t i;

	if (s->is_asked) {
		gv_out_size(size, s->stored);
		gv_out_count(n, s->packs, "pack");
		gv_out_printf(ctx->out, "  %s in %s", size, n);
		if (s->has_cost)
			print_cost(ctx, t, s->cost_month, " a month");
		gv_out_printf(ctx->out, "\n");
	}
	print_use(ctx, t, s);
	if (s->is_unsafe)
		gv_out_printf(ctx->out,
		    "  no compare-and-swap: two clones with one host name "
		    "could overwrite\n  each other's manifests\n");
	for (i = GV_REPLICA_LEVELS; i-- > 0;) {
		if (s->verified[i] == 0)
			continue;
		gv_time_relative(age, s->verified[i], ctx->now);
		gv_out_printf(ctx->out, "  verified (%s) %s\n",
		    gv_replica_levels[i], age);
		return;
	}
	if (s->is_known)
		gv_out_printf(ctx->out,
		    "  never verified: git vault replicate verify %s\n",
		    t->name);
}

int
gv_replicate_status_one(
    struct gv_ctx *ctx, struct gv_replica *rep, const struct gv_target *target)
{
	const struct replicate_opts *o = ctx->opts;
	struct gv_replica_status s;
	int r = gv_replica_status(&s, rep, !o->offline);

	if (r == 0 && ctx->json) {
		put_status(ctx->json, target, &s);
	} else if (r == 0) {
		gv_out_paint(ctx->out, GV_OUT_TAG, "%s", target->name);
		gv_out_printf(ctx->out, "  ");
		gv_out_text(ctx->out, target->url, strlen(target->url));
		gv_out_printf(ctx->out, "\n");
		print_lag(ctx, &s);
		print_residency(ctx, target);
		print_damage(ctx, target, s.damage);
		print_store(ctx, target, &s);
		gv_replicate_faults(ctx, &s.faults);
	}
	if (r == 0 && (s.faults.n || s.damage->time))
		r = 1;
	gv_replica_status_release(&s);
	return r;
}

int
gv_replicate_status(struct gv_ctx *ctx, int argc, char **argv)
{
	return gv_replicate_each(ctx, argc, argv, gv_replicate_status_one);
}

/* ---- verify ------------------------------------------------------------- */

static void
put_verify(struct gv_json *j, const struct gv_target *t,
    enum gv_replica_level level, const struct gv_replica_verified *v)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "target", t->name);
	gv_json_string(j, "level", gv_replica_levels[level]);
	gv_json_bool(j, "ok", !gv_replica_faults_are_grave(&v->faults));
	gv_json_bool(j, "complete", v->is_complete);
	gv_json_uint(j, "packs", v->packs);
	gv_json_uint(j, "checked", v->checked);
	gv_json_uint(j, "bytes", v->bytes);
	gv_json_uint(j, "checked_bytes", v->checked_bytes);
	gv_json_uint(j, "hosts", v->hosts);
	gv_json_uint(j, "manifests", v->manifests);
	gv_json_uint(j, "requests", v->requests);
	gv_replicate_faults_json(j, &v->faults);
	gv_json_end(j);
}

static void
print_verify(struct gv_ctx *ctx, const struct gv_target *t,
    enum gv_replica_level level, const struct gv_replica_verified *v)
{
	char n[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX], h[GV_OUT_SIZE_MAX];

	gv_out_size(size, v->bytes);
	gv_out_count(n, v->packs, "pack");
	gv_out_count(h, v->hosts, "host");
	gv_out_paint(ctx->out, GV_OUT_TAG, "%s", t->name);
	gv_out_printf(ctx->out, "  ");
	if (gv_replica_faults_are_grave(&v->faults))
		gv_out_paint(ctx->out, GV_OUT_REMOVED, "damaged");
	else if (v->is_complete)
		gv_out_paint(
		    ctx->out, GV_OUT_ADDED, "%s", gv_replica_levels[level]);
	else
		gv_out_paint(ctx->out, GV_OUT_CHANGED, "%s in part",
		    gv_replica_levels[level]);
	gv_out_printf(ctx->out, "  %s (%s) of %s", n, size, h);
	if (level == GV_REPLICA_READ && v->checked < v->packs)
		gv_out_printf(ctx->out, ", %" PRIu64 " read", v->checked);
	gv_out_printf(ctx->out, "\n");
	gv_replicate_faults(ctx, &v->faults);
	if (v->mend.len && gv_buf_check(&v->mend) == 0)
		gv_out_say(ctx->out, "hint: to mend it: %s", v->mend.p);
}

static int
verify_one(
    struct gv_ctx *ctx, struct gv_replica *rep, const struct gv_target *target)
{
	const struct replicate_opts *o = ctx->opts;
	const struct gv_replica_verify_opts how = {
		.level = (enum gv_replica_level)o->level,
		.share = (unsigned)o->share
	};
	struct gv_replica_verified v;
	int r = gv_replica_verify(&v, rep, &how);

	if (r == 0 && ctx->json)
		put_verify(ctx->json, target, how.level, &v);
	else if (r == 0)
		print_verify(ctx, target, how.level, &v);
	if (r == 0 && v.faults.n)
		r = gv_replica_faults_are_grave(&v.faults) ? 1 : 3;
	gv_replica_verified_release(&v);
	return r;
}

int
gv_replicate_verify(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct replicate_opts *o = ctx->opts;

	if (o->share > 100)
		return gv_err(
		    GV_EUSAGE, "--share is a number of percent, from 1 to 100");
	if (o->share && o->level != GV_REPLICA_READ)
		return gv_err(GV_EUSAGE,
		    "--share goes with --level read: the other levels take "
		    "nothing from the store");
	return gv_replicate_each(ctx, argc, argv, verify_one);
}
