#include "git-vault/secret/sealed.h"

#include <inttypes.h>
#include <string.h>

#include "audit/audit.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/sealed_open.h"
#include "git-vault/secret/sealed_out.h"
#include "safe/safe.h"
#include "secret/valuefile.h"
#include "sys/outfile.h"
#include "sys/tty.h"

static void
print_statement(
    struct gv_out *out, const char *what, int64_t time, const char *reason)
{
	char when[GV_TIME_MAX];

	gv_time_rfc3339(when, time);
	gv_out_printf(out, "%s %s", what, when);
	if (reason) {
		gv_out_printf(out, ": ");
		gv_out_text(out, reason, strlen(reason));
	}
	gv_out_printf(out, "\n");
}

static void
print_environment(void *ctx, const char *environment)
{
	struct gv_out *out = ctx;

	gv_out_printf(out, "environment %s\n", environment);
}

static void
print_places(struct gv_out *out, const struct gv_inventory_value *v)
{
	size_t i;

	for (i = 0; i < v->n_places; i++) {
		const struct gv_inventory_place *p = &v->places[i];

		gv_out_printf(out,
		    p->is_staged     ? "staged      "
			: p->is_meta ? "beside      "
				     : "place       ");
		gv_out_path(out, p->path, p->path_len);
		if (p->kind == GV_WITHHELD_FILE)
			gv_out_printf(out, " (all of it)\n");
		else
			gv_out_printf(out, " at %" PRIu64 "\n", p->at);
	}
}

static void
print_text(struct gv_out *out, const struct gv_inventory *inv,
    const struct gv_inventory_value *v)
{
	char hex[GV_SEALED_OUT_ID];

	gv_enc_hex(hex, v->id.bytes, GV_DIGEST_BYTES);
	gv_out_paint(out, GV_OUT_ID, "%s\n", hex);
	gv_out_printf(out, "state       %s\n", gv_inventory_state(v));
	gv_out_printf(out, "scope       %s\n", v->scope);
	if (v->life.name) {
		gv_out_printf(out, "name        ");
		gv_out_text(out, v->life.name, strlen(v->life.name));
		gv_out_printf(out, "\n");
	}
	gv_out_printf(out, "rule        %s\n", gv_sealed_out_rule(v));
	gv_sealed_out_environments(v, print_environment, out);
	if (v->is_used)
		gv_out_printf(out, "snapshots   %s to %s\n",
		    inv->snapshots[v->oldest].id, inv->snapshots[v->newest].id);
	if (!v->is_kept)
		gv_out_printf(
		    out, "encrypted   in snapshots only, not in its scope\n");
	print_places(out, v);
	if (v->life.is_rotated) {
		print_statement(out, "rotated    ", v->life.rotated,
		    v->life.rotated_reason);
		gv_enc_hex(hex, v->life.next.bytes, GV_DIGEST_BYTES);
		gv_out_printf(out, "next        %s\n", hex);
	}
	if (v->life.is_revoked)
		print_statement(out, "revoked    ", v->life.revoked,
		    v->life.revoked_reason);
}

/* The value itself, and nothing else: to the user's terminal, or to a file that
 * they chose. */
static int
reveal(struct gv_ctx *ctx, const struct gv_inventory_value *v)
{
	const struct gv_sealed_opts *o = ctx->opts;
	struct gv_audit_event e = { .what = GV_AUDIT_REVEAL };
	struct gv_sealed_ids ids = { .n = 0 };
	struct gv_secret value = GV_SECRET_INIT;
	struct gv_safe *safe = NULL;
	const bool is_shown = gv_outfile_is_stdout(o->output);
	int r = 0;

	if (is_shown && (ctx->json || !gv_tty_is(1)))
		return gv_err(GV_EREFUSED,
		    "a value is shown on a terminal only; write it to a file "
		    "by --output FILE");
	if ((r = gv_sealed_open(&safe, ctx)) == 0 &&
	    (r = gv_sealed_get(&value, safe, v)) == 0 &&
	    (r = gv_sealed_ids_add(&ids, &v->id, v->scope)) == 0)
		r = gv_sealed_tell(ctx, safe, &e, &ids);
	if (r == 0 && is_shown)
		r = gv_secret_add(&value, "\n", 1);
	if (r == 0)
		r = gv_sealed_write(ctx, o->output, &value);
	gv_secret_release(&value);
	gv_sealed_ids_release(&ids);
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	return r;
}

int
gv_sealed_show(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_sealed_opts *o = ctx->opts;
	const struct gv_inventory_value *v;
	struct gv_inventory inv;
	int r;

	(void)argc;
	if ((r = gv_inventory_load(&inv, ctx->repo, NULL)) < 0)
		goto out;
	if ((r = gv_inventory_find(&v, &inv, argv[0])) < 0)
		goto out;
	if (o->output && !o->reveal) {
		r = gv_err(GV_EUSAGE, "--output goes with --reveal");
		goto out;
	}
	if (o->reveal) {
		r = reveal(ctx, v);
	} else if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_sealed_out_json(ctx->json, &inv, v);
		gv_json_end(ctx->json);
	} else {
		print_text(ctx->out, &inv, v);
	}
out:
	gv_inventory_release(&inv);
	return r;
}
