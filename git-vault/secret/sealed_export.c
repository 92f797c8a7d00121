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
#include "safe/secret_label.h"
#include "secret/valuefile.h"
#include "sys/outfile.h"

struct exporting {
	struct gv_ctx *ctx;
	const struct gv_sealed_opts *o;
	struct gv_inventory inv;
	struct gv_safe *safe;
	const struct gv_inventory_value **values;
	size_t n, left_out;
	struct gv_sealed_ids ids;
	struct gv_valuefile bundle;
	struct gv_secret text;
};

static bool
is_whole_file(const struct gv_inventory_value *v)
{
	return v->n_places && v->places[0].kind == GV_WITHHELD_FILE;
}

/* Those that were named; else all that are in use now or were imported, but
 * what would be a file as a variable. */
static int
choose(struct exporting *e, int argc, char **argv)
{
	size_t i;
	int r = 0;

	e->values = calloc(e->inv.n + (size_t)argc + 1, sizeof(*e->values));
	if (e->values == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < (size_t)argc; i++)
		r = gv_inventory_find(&e->values[e->n++], &e->inv, argv[i]);
	for (i = 0; argc == 0 && i < e->inv.n; i++) {
		const struct gv_inventory_value *v = &e->inv.values[i];

		if (v->life.is_rotated || v->life.is_revoked ||
		    (!gv_inventory_is_current(v) && !v->life.name))
			continue;
		if (e->o->format == GV_SEALED_ENV && is_whole_file(v))
			e->left_out++;
		else
			e->values[e->n++] = v;
	}
	if (r == 0 && e->n == 0)
		r = gv_err(GV_ENOTFOUND, "there is no secret to export");
	return r;
}

static int
collect(struct exporting *e, enum gv_valuefile_format format)
{
	struct gv_secret value = GV_SECRET_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < e->n; i++) {
		const struct gv_inventory_value *v = e->values[i];
		char *name = NULL;

		if ((r = gv_secret_label_of(&name, e->ctx->repo, &e->inv, v)) ==
			0 &&
		    (r = gv_sealed_get(&value, e->safe, v)) == 0 &&
		    (r = gv_valuefile_add(
			 &e->bundle, v->scope, name, value.p, value.len)) == 0)
			r = gv_sealed_ids_add(&e->ids, &v->id, v->scope);
		gv_secret_reset(&value);
		free(name);
	}
	gv_secret_release(&value);
	if (r < 0 || (r = gv_valuefile_name(&e->bundle, format)) < 0)
		return r;
	return gv_valuefile_write(&e->text, &e->bundle, format);
}

/* As a file of age for all who may read all of it. */
static int
seal(struct exporting *e)
{
	struct gv_secret file = GV_SECRET_INIT;
	int r = gv_deposit_seal(
	    &file, e->safe, e->ids.scopes, e->ids.n_scopes, &e->text);

	if (r < 0)
		return r;
	gv_secret_release(&e->text);
	e->text = file;
	return 0;
}

static int export(struct exporting *e)
{
	static const enum gv_valuefile_format formats[] = {
		[GV_SEALED_ENV] = GV_VALUEFILE_ENV,
		[GV_SEALED_JSON] = GV_VALUEFILE_JSON,
		[GV_SEALED_K8S] = GV_VALUEFILE_K8S,
		[GV_SEALED_AGE] = GV_VALUEFILE_JSON,
	};
	struct gv_audit_event event = { .what = GV_AUDIT_EXPORT };
	int r = gv_sealed_open(&e->safe, e->ctx);

	if (r == 0)
		r = collect(e, formats[e->o->format]);
	if (r == 0 && e->o->format == GV_SEALED_AGE)
		r = seal(e);
	if (r == 0)
		r = gv_sealed_tell(e->ctx, e->safe, &event, &e->ids);
	return r < 0 ? r : gv_sealed_write(e->ctx, e->o->output, &e->text);
}

/* What was exported, by name; the secrets are in the file. */
static void
print_json(const struct exporting *e)
{
	struct gv_json *j = e->ctx->json;
	char id[GV_SEALED_OUT_ID];
	size_t i;

	gv_json_object(j, NULL);
	gv_json_path(j, "file", e->o->output, strlen(e->o->output));
	gv_json_array(j, "secrets");
	for (i = 0; i < e->n; i++) {
		gv_sealed_out_hex(id, &e->values[i]->id);
		gv_json_object(j, NULL);
		gv_json_string(j, "id", id);
		gv_json_string(j, "scope", e->values[i]->scope);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_uint(j, "left_out", e->left_out);
	gv_json_end(j);
}

int
gv_sealed_export(struct gv_ctx *ctx, int argc, char **argv)
{
	struct exporting e = {
		.ctx = ctx, .o = ctx->opts, .bundle = GV_VALUEFILE_INIT
	};
	const struct gv_inventory_opts which = {
		.scopes = e.o->scopes.items,
		.n_scopes = e.o->scopes.n,
	};
	char count[GV_OUT_SIZE_MAX];
	int r = ctx->json && gv_outfile_is_stdout(e.o->output)
	    ? gv_err(GV_EUSAGE,
		  "stdout is for the secrets, in the form that --format names; "
		  "with --json, give --output FILE")
	    : 0;

	if (r == 0 && (r = gv_inventory_load(&e.inv, ctx->repo, &which)) == 0 &&
	    (r = choose(&e, argc, argv)) == 0 && (r = export(&e)) == 0 &&
	    ctx->json)
		print_json(&e);
	if (r == 0 && e.left_out) {
		gv_out_count(count, e.left_out, "whole file");
		gv_out_say(ctx->out,
		    "%s left out, which do not fit into a variable; name them "
		    "by id, or choose another format",
		    count);
	}
	free(e.values);
	gv_sealed_ids_release(&e.ids);
	gv_valuefile_release(&e.bundle);
	gv_secret_release(&e.text);
	gv_identity_opt_tell(ctx, e.safe);
	gv_safe_close(e.safe);
	gv_inventory_release(&e.inv);
	return r;
}
