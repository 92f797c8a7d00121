#include "git-vault/secret/sealed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/sealed_open.h"
#include "git-vault/secret/sealed_out.h"

struct revoking {
	struct gv_ctx *ctx;
	struct gv_inventory inv;
	const struct gv_inventory_value **values;
	struct gv_lifecycle_change *changes;
	size_t n;
	struct gv_lifecycle life;
};

static int
find(struct revoking *v, int argc, char **argv)
{
	int i, r = 0;

	v->values = calloc((size_t)argc, sizeof(*v->values));
	v->changes = calloc((size_t)argc, sizeof(*v->changes));
	if (v->values == NULL || v->changes == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < argc; i++)
		r = gv_inventory_find(&v->values[v->n++], &v->inv, argv[i]);
	return r;
}

static int
tell(struct revoking *v)
{
	struct gv_audit_event e = { .what = GV_AUDIT_REVOKE };
	struct gv_sealed_ids ids = { .n = 0 };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < v->n; i++) {
		assert(v->values[i]);
		r = gv_sealed_ids_add(
		    &ids, &v->values[i]->id, v->values[i]->scope);
	}
	if (r == 0)
		r = gv_sealed_tell(v->ctx, NULL, &e, &ids);
	gv_sealed_ids_release(&ids);
	return r;
}

/* Those of one scope at a time: a scope is a ref. */
static int
save(struct revoking *v)
{
	size_t i, k, n;
	int r = 0;

	for (i = 0; r == 0 && i < v->n; i++) {
		const char *scope = v->values[i]->scope;

		for (k = 0; k < i; k++)
			if (strcmp(v->values[k]->scope, scope) == 0)
				break;
		if (k < i)
			continue;
		for (n = 0, k = i; k < v->n; k++)
			if (strcmp(v->values[k]->scope, scope) == 0)
				v->changes[n++] = (struct gv_lifecycle_change){
					.id = v->values[k]->id,
					.kind = GV_LIFECYCLE_REVOKED,
					.life = &v->life
				};
		r = gv_lifecycle_save(
		    v->ctx->repo, scope, v->changes, n, v->ctx->now);
	}
	return r;
}

static void
print(struct revoking *v)
{
	char id[GV_SEALED_OUT_ID];
	size_t i;

	if (v->ctx->json) {
		gv_json_object(v->ctx->json, NULL);
		gv_json_array(v->ctx->json, "revoked");
	}
	for (i = 0; i < v->n; i++) {
		const struct gv_inventory_value *value = v->values[i];

		if (v->ctx->json) {
			gv_json_object(v->ctx->json, NULL);
			gv_sealed_out_json(v->ctx->json, &v->inv, value);
			gv_json_end(v->ctx->json);
			continue;
		}
		gv_sealed_out_id(id, value);
		gv_out_paint(v->ctx->out, GV_OUT_ID, "%s", id);
		gv_out_printf(v->ctx->out, " is revoked%s\n",
		    gv_inventory_is_current(value)
			? "; files still use it: git vault secret rotate"
			: "");
	}
	if (v->ctx->json) {
		gv_json_end(v->ctx->json);
		gv_json_end(v->ctx->json);
	}
}

int
gv_sealed_revoke(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_sealed_opts *o = ctx->opts;
	struct revoking v = { .ctx = ctx };
	int r = gv_inventory_load(&v.inv, ctx->repo, NULL);

	v.life.is_revoked = true;
	v.life.revoked = ctx->now;
	if (r == 0 && o->reason) {
		v.life.revoked_reason = strdup(o->reason);
		r = v.life.revoked_reason ? 0 : gv_err_nomem();
	}
	if (r == 0 && (r = find(&v, argc, argv)) == 0 && (r = tell(&v)) == 0 &&
	    (r = save(&v)) == 0)
		print(&v);
	free(v.values);
	free(v.changes);
	gv_lifecycle_release(&v.life);
	gv_inventory_release(&v.inv);
	return r;
}
