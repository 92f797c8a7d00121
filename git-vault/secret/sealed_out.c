#include "git-vault/secret/sealed_out.h"

#include <string.h>

#include "base/enc.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "infra/environment.h"

void
gv_sealed_out_id(char out[GV_SEALED_OUT_ID], const struct gv_inventory_value *v)
{
	gv_enc_hex(out, v->id.bytes, GV_DIGEST_BYTES);
	out[v->unique] = '\0';
}

void
gv_sealed_out_hex(char out[GV_SEALED_OUT_ID], const struct gv_digest *id)
{
	gv_enc_hex(out, id->bytes, GV_DIGEST_BYTES);
}

const char *
gv_sealed_out_rule(const struct gv_inventory_value *v)
{
	return v->n_places ? v->places[0].rule : "-";
}

void
gv_sealed_out_environments(const struct gv_inventory_value *v,
    void (*fn)(void *ctx, const char *environment), void *ctx)
{
	const char *seen[64];
	size_t i, k, n = 0;

	for (i = 0; i < v->n_places && n < 64; i++) {
		const char *env = gv_environment_of(v->places[i].path);

		for (k = 0; env && k < n; k++)
			if (strcmp(seen[k], env) == 0)
				env = NULL;
		if (env) {
			seen[n++] = env;
			fn(ctx, env);
		}
	}
}

static void
add_environment(void *ctx, const char *environment)
{
	gv_json_string(ctx, NULL, environment);
}

static void
add_places(struct gv_json *j, const struct gv_inventory_value *v)
{
	size_t i;

	gv_json_array(j, "places");
	for (i = 0; i < v->n_places; i++) {
		const struct gv_inventory_place *p = &v->places[i];

		gv_json_object(j, NULL);
		gv_json_path(j, "path", p->path, p->path_len);
		gv_json_uint(j, "offset", p->at);
		gv_json_bool(j, "whole_file", p->kind == GV_WITHHELD_FILE);
		gv_json_bool(j, "staged", p->is_staged);
		gv_json_bool(j, "meta", p->is_meta);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
add_life(struct gv_json *j, const struct gv_lifecycle *life)
{
	char hex[GV_SEALED_OUT_ID];

	if (life->is_rotated) {
		gv_json_object(j, "rotated");
		gv_enc_hex(hex, life->next.bytes, GV_DIGEST_BYTES);
		gv_json_string(j, "next", hex);
		gv_json_time(j, "time", life->rotated);
		gv_json_string(j, "reason", life->rotated_reason);
		gv_json_end(j);
	} else {
		gv_json_null(j, "rotated");
	}
	if (life->is_revoked) {
		gv_json_object(j, "revoked");
		gv_json_time(j, "time", life->revoked);
		gv_json_string(j, "reason", life->revoked_reason);
		gv_json_end(j);
	} else {
		gv_json_null(j, "revoked");
	}
}

void
gv_sealed_out_json(struct gv_json *j, const struct gv_inventory *inv,
    const struct gv_inventory_value *v)
{
	char hex[GV_SEALED_OUT_ID];

	gv_enc_hex(hex, v->id.bytes, GV_DIGEST_BYTES);
	gv_json_string(j, "id", hex);
	gv_json_string(j, "scope", v->scope);
	gv_json_string(j, "state", gv_inventory_state(v));
	gv_json_string(j, "name", v->life.name);
	gv_json_string(j, "rule", v->n_places ? v->places[0].rule : NULL);
	gv_json_bool(j, "current", gv_inventory_is_current(v));
	gv_json_bool(j, "sealed", v->is_kept);
	gv_json_string(j, "first_snapshot",
	    v->is_used ? inv->snapshots[v->oldest].id : NULL);
	gv_json_string(j, "last_snapshot",
	    v->is_used ? inv->snapshots[v->newest].id : NULL);
	gv_json_uint(j, "files", v->n_files);
	add_places(j, v);
	gv_json_array(j, "environments");
	gv_sealed_out_environments(v, add_environment, j);
	gv_json_end(j);
	add_life(j, &v->life);
}

int
gv_sealed_out_damaged(struct gv_ctx *ctx, const struct gv_inventory *inv)
{
	const char *p = inv->damaged.p, *lf;

	for (; (lf = strchr(p, '\n')) != NULL; p = lf + 1)
		gv_out_warn(ctx->out, "%.*s", (int)(lf - p), p);
	return inv->damaged.len ? 3 : 0;
}
