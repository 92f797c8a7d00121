#include "git-vault/secret/sealed.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/enc.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/sealed_open.h"
#include "git-vault/secret/sealed_out.h"
#include "safe/deposit.h"
#include "safe/safe.h"
#include "safe/secret_label.h"
#include "secret/replace.h"
#include "secret/valuefile.h"
#include "sys/tty.h"

struct rotating {
	struct gv_ctx *ctx;
	const struct gv_sealed_opts *o;
	struct gv_inventory inv;
	const struct gv_inventory_value *value;
	struct gv_safe *safe;
	struct gv_secret old, new;
	struct gv_deposit put;
	struct gv_replace patch;
};

static bool
is_whole_file(const struct gv_inventory_value *v)
{
	return v->n_places && v->places[0].kind == GV_WITHHELD_FILE;
}

/* The line end of a file with a single value does not belong to the value. */
static int
read_new(struct rotating *r)
{
	int rc;

	if (r->o->value_from == NULL && gv_tty_is(0))
		return gv_err(GV_EUSAGE,
		    "give the new value on stdin, or by --value-from FILE");
	rc = gv_sealed_read(&r->new, r->o->value_from ? r->o->value_from : "-");
	if (rc == 0 && !is_whole_file(r->value) && r->new.len &&
	    r->new.p[r->new.len - 1] == '\n')
		gv_secret_truncate(&r->new, r->new.len - 1);
	if (rc == 0 && r->new.len == 0)
		rc = gv_err(GV_EUSAGE, "the new value is empty");
	return rc;
}

static int
tell(struct rotating *r)
{
	struct gv_audit_event e = { .what = GV_AUDIT_ROTATE };
	struct gv_sealed_ids ids = { .n = 0 };
	int rc = gv_sealed_ids_add(&ids, &r->value->id, r->value->scope);

	if (rc == 0)
		rc = gv_sealed_ids_add(&ids, &r->put.id, r->value->scope);
	if (rc == 0)
		rc = gv_sealed_tell(r->ctx, r->safe, &e, &ids);
	gv_sealed_ids_release(&ids);
	return rc;
}

/* The new value is called what the old one was, wherever that stood. */
static int
save(struct rotating *r)
{
	struct gv_lifecycle old = {
		.is_rotated = true, .next = r->put.id, .rotated = r->ctx->now
	};
	struct gv_lifecycle new = { .name = NULL };
	const struct gv_lifecycle_change changes[] = {
		{ .id = r->value->id, .kind = GV_LIFECYCLE_NEXT, .life = &old },
		{ .id = r->put.id, .kind = GV_LIFECYCLE_NAME, .life = &new },
	};
	int rc = gv_deposit_put(r->ctx->repo, r->safe, &r->put, 1, r->ctx->now);

	if (rc == 0)
		rc = gv_secret_label_of(
		    &new.name, r->ctx->repo, &r->inv, r->value);
	if (rc == 0 && r->o->reason) {
		old.rotated_reason = strdup(r->o->reason);
		rc = old.rotated_reason ? 0 : gv_err_nomem();
	}
	if (rc == 0)
		rc = gv_lifecycle_save(
		    r->ctx->repo, r->value->scope, changes, 2, r->ctx->now);
	gv_lifecycle_release(&old);
	gv_lifecycle_release(&new);
	return rc;
}

static void
told(void *ctx, const char *path, const char *why)
{
	struct gv_ctx *c = ctx;

	if (why)
		gv_out_warn(c->out, "%s is left as it is: %s", path, why);
	else if (c->json)
		gv_json_path(c->json, NULL, path, strlen(path));
	else
		gv_out_printf(c->out, "patched %s\n", path);
}

static int
patch(struct rotating *r)
{
	const struct gv_replace_job job = { .repo = r->ctx->repo,
		.safe = r->safe,
		.inv = &r->inv,
		.value = r->value,
		.old = &r->old,
		.new = &r->new,
		.told = told,
		.ctx = r->ctx };
	int rc;

	if (r->ctx->json)
		gv_json_array(r->ctx->json, "patched");
	rc = r->o->patch ? gv_replace_run(&r->patch, &job) : 0;
	if (r->ctx->json)
		gv_json_end(r->ctx->json);
	return rc;
}

static void
print(struct rotating *r)
{
	char old[GV_SEALED_OUT_ID], new[GV_SEALED_OUT_ID];
	struct gv_out *out = r->ctx->out;
	size_t i;

	gv_enc_hex(old, r->value->id.bytes, GV_DIGEST_BYTES);
	gv_enc_hex(new, r->put.id.bytes, GV_DIGEST_BYTES);
	if (r->ctx->json) {
		gv_json_string(r->ctx->json, "id", new);
		gv_json_object(r->ctx->json, "old");
		gv_sealed_out_json(r->ctx->json, &r->inv, r->value);
		gv_json_end(r->ctx->json);
		return;
	}
	gv_out_paint(out, GV_OUT_ID, "%.*s", (int)r->value->unique, old);
	gv_out_printf(out, " is rotated; the new value is ");
	gv_out_paint(out, GV_OUT_ID, "%.*s\n", (int)r->value->unique, new);
	for (i = 0; !r->o->patch && i < r->value->n_places; i++) {
		if (i &&
		    r->value->places[i].path == r->value->places[i - 1].path)
			continue;
		gv_out_printf(out, "still used in ");
		gv_out_path(out, r->value->places[i].path,
		    r->value->places[i].path_len);
		gv_out_printf(out, "\n");
	}
}

static int
rotate(struct rotating *r)
{
	int rc = gv_sealed_open(&r->safe, r->ctx);

	r->put.scope = r->value->scope;
	if (rc == 0)
		rc = read_new(r);
	if (rc == 0 && r->o->patch)
		rc = gv_sealed_get(&r->old, r->safe, r->value);
	r->put.p = r->new.p;
	r->put.len = r->new.len;
	if (rc == 0)
		rc = gv_deposit_name(r->safe, &r->put, 1);
	if (rc == 0 && gv_digest_equal(&r->put.id, &r->value->id))
		rc = gv_err(GV_EREFUSED, "the new value is the old one");
	if (rc == 0)
		rc = tell(r);
	if (rc == 0)
		rc = save(r);
	if (rc < 0)
		return rc;
	if (r->ctx->json)
		gv_json_object(r->ctx->json, NULL);
	print(r);
	rc = patch(r);
	if (r->ctx->json)
		gv_json_end(r->ctx->json);
	return rc < 0 ? rc : r->patch.refused ? 3 : 0;
}

int
gv_sealed_rotate(struct gv_ctx *ctx, int argc, char **argv)
{
	struct rotating r = { .ctx = ctx, .o = ctx->opts };
	int rc = gv_inventory_load(&r.inv, ctx->repo, NULL);

	(void)argc;
	if (rc == 0)
		rc = gv_inventory_find(&r.value, &r.inv, argv[0]);
	if (rc == 0)
		rc = rotate(&r);
	gv_secret_release(&r.old);
	gv_secret_release(&r.new);
	gv_identity_opt_tell(ctx, r.safe);
	gv_safe_close(r.safe);
	gv_inventory_release(&r.inv);
	return rc;
}
