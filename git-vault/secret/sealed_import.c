#include "git-vault/secret/sealed.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/sealed_open.h"
#include "git-vault/secret/sealed_out.h"
#include "safe/deposit.h"
#include "safe/safe.h"
#include "secret/valuefile.h"
#include "vault/label.h"

struct importing {
	struct gv_ctx *ctx;
	const struct gv_sealed_opts *o;
	const char *scope;
	struct gv_safe *safe;
	struct gv_secret text;
	struct gv_valuefile bundle;
	struct gv_deposit *values;
	struct gv_lifecycle *lives;
	struct gv_lifecycle_change *changes;
	struct gv_sealed_ids ids;
};

static int
read_file(struct importing *m, const char *path)
{
	struct gv_secret clear = GV_SECRET_INIT;
	int r;

	if ((r = gv_sealed_read(&m->text, path)) < 0)
		return r;
	if (m->o->format == GV_SEALED_AGE) {
		if ((r = gv_deposit_unseal(&clear, m->safe, &m->text)) < 0)
			goto out;
		gv_secret_release(&m->text);
		m->text = clear;
	}
	r = gv_valuefile_read(&m->bundle,
	    m->o->format == GV_SEALED_ENV       ? GV_VALUEFILE_ENV
		: m->o->format == GV_SEALED_K8S ? GV_VALUEFILE_K8S
						: GV_VALUEFILE_JSON,
	    &m->text);
	if (r < 0)
		goto out;
	if (m->bundle.n == 0)
		r = gv_err(GV_ENOTFOUND, "it has no secret");
out:
	return r < 0 ? gv_err_in(r, "%s", path) : r;
}

/* What is put, and what it is called from then on. */
static int
prepare(struct importing *m)
{
	size_t i, n = m->bundle.n;
	int r = 0;

	m->values = calloc(n, sizeof(*m->values));
	m->lives = calloc(n, sizeof(*m->lives));
	m->changes = calloc(n, sizeof(*m->changes));
	if (!m->values || !m->lives || !m->changes)
		return gv_err_nomem();
	for (i = 0; i < n; i++) {
		const struct gv_valuefile_item *item = &m->bundle.items[i];

		m->values[i].scope = m->scope;
		m->values[i].p = gv_valuefile_bytes(&m->bundle, item);
		m->values[i].len = item->len;
	}
	r = gv_deposit_name(m->safe, m->values, n);
	for (i = 0; r == 0 && i < n; i++) {
		m->lives[i].name = strdup(m->bundle.items[i].name);
		if (m->lives[i].name == NULL)
			return gv_err_nomem();
		m->changes[i] =
		    (struct gv_lifecycle_change){ .id = m->values[i].id,
			    .kind = GV_LIFECYCLE_NAME,
			    .life = &m->lives[i] };
		r = gv_sealed_ids_add(&m->ids, &m->values[i].id, m->scope);
	}
	return r;
}

static void
print(struct importing *m)
{
	char id[GV_SEALED_OUT_ID];
	size_t i;

	if (m->ctx->json) {
		gv_json_object(m->ctx->json, NULL);
		gv_json_array(m->ctx->json, "imported");
	}
	for (i = 0; i < m->bundle.n; i++) {
		gv_sealed_out_hex(id, &m->values[i].id);
		if (m->ctx->json) {
			gv_json_object(m->ctx->json, NULL);
			gv_json_string(m->ctx->json, "id", id);
			gv_json_string(m->ctx->json, "scope", m->scope);
			gv_json_string(m->ctx->json, "name", m->lives[i].name);
			gv_json_end(m->ctx->json);
			continue;
		}
		gv_out_paint(m->ctx->out, GV_OUT_ID, "%.8s", id);
		gv_out_printf(m->ctx->out, " ");
		gv_out_text(
		    m->ctx->out, m->lives[i].name, strlen(m->lives[i].name));
		gv_out_printf(m->ctx->out, "\n");
	}
	if (m->ctx->json) {
		gv_json_end(m->ctx->json);
		gv_json_end(m->ctx->json);
	}
}

static int
import(struct importing *m, const char *path)
{
	struct gv_audit_event event = { .what = GV_AUDIT_IMPORT };
	struct gv_ctx *ctx = m->ctx;
	int r;

	if ((r = gv_sealed_open(&m->safe, ctx)) < 0 ||
	    (r = read_file(m, path)) < 0 || (r = prepare(m)) < 0 ||
	    (r = gv_sealed_tell(ctx, m->safe, &event, &m->ids)) < 0)
		return r;
	r = gv_deposit_put(
	    ctx->repo, m->safe, m->values, m->bundle.n, ctx->now);
	if (r < 0)
		return r;
	r = gv_lifecycle_save(
	    ctx->repo, m->scope, m->changes, m->bundle.n, ctx->now);
	if (r < 0)
		return r;
	print(m);
	return 0;
}

int
gv_sealed_import(struct gv_ctx *ctx, int argc, char **argv)
{
	struct importing m = {
		.ctx = ctx, .o = ctx->opts, .bundle = GV_VALUEFILE_INIT
	};
	size_t i;
	int r = 0;

	(void)argc;
	if (m.o->scopes.n != 1)
		return gv_err(
		    GV_EUSAGE, "say by one --scope SCOPE where the values go");
	m.scope = m.o->scopes.items[0];
	if (!gv_label_is_valid(m.scope))
		r = gv_err(GV_EUSAGE, "no scope is called '%s'", m.scope);
	if (r == 0)
		r = import(&m, argv[0]);
	for (i = 0; m.lives && i < m.bundle.n; i++)
		gv_lifecycle_release(&m.lives[i]);
	free(m.values);
	free(m.lives);
	free(m.changes);
	gv_sealed_ids_release(&m.ids);
	gv_valuefile_release(&m.bundle);
	gv_secret_release(&m.text);
	gv_identity_opt_tell(ctx, m.safe);
	gv_safe_close(m.safe);
	return r;
}
