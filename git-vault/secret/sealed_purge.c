#include "git-vault/secret/sealed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/sealed_open.h"
#include "git-vault/secret/sealed_out.h"
#include "git-vault/upkeep/purge_work.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "seal/needle.h"
#include "secret/valuefile.h"
#include "vault/scope.h"

#define TYPED 4 /* bytes of a name that tells a typed value from others */

struct purging {
	struct gv_ctx *ctx;
	const struct gv_sealed_opts *o;
	struct gv_inventory inv;
	const struct gv_inventory_value **values;
	size_t n;
	struct gv_safe *safe;
	struct gv_needles *needles;
	struct gv_sealed_ids ids;
	struct gv_digest typed; /* names the value of stdin */
	struct gv_buf command;  /* the same, in another clone */
	struct gv_purge_work work;
};

static int
check(const struct gv_sealed_opts *o, int argc)
{
	if (argc == 0 && !o->from_stdin && !o->precious)
		return gv_err(GV_EUSAGE,
		    "name what to purge: an ID, --stdin or --precious");
	if (o->forget && (argc == 0 || o->precious))
		return gv_err(GV_EUSAGE,
		    "--forget goes with the ids of the values to forget");
	return 0;
}

/* A value never stands on the command line: by its id it is opened. */
static int
seek_values(struct purging *p, int argc, char **argv)
{
	struct gv_secret value = GV_SECRET_INIT;
	int i, r = 0;

	p->values = calloc((size_t)argc + 1, sizeof(*p->values));
	if (p->values == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < argc; i++) {
		const struct gv_inventory_value *v;

		if ((r = gv_inventory_find(&v, &p->inv, argv[i])) == 0) {
			p->values[p->n++] = v;
			r = gv_sealed_get(&value, p->safe, v);
		}
		if (r == 0 &&
		    (r = gv_needles_add(
			 p->needles, value.p, value.len, (size_t)i)) == 0)
			r = gv_sealed_ids_add(&p->ids, &v->id, v->scope);
		gv_secret_reset(&value);
	}
	gv_secret_release(&value);
	return r;
}

/* The value that stands on stdin, without the end of its last line. */
static int
seek_stdin(struct purging *p)
{
	struct gv_secret value = GV_SECRET_INIT;
	int r;

	if ((r = gv_sealed_read(&value, "-")) < 0)
		goto out;
	if (value.len && value.p[value.len - 1] == '\n')
		gv_secret_truncate(&value, value.len - 1);
	if ((r = gv_needles_add(p->needles, value.p, value.len, 0)) < 0)
		goto out;
	r = p->o->dry_run ? gv_safe_prepare_names(p->safe)
			  : gv_safe_prepare(p->safe);
	if (r == 0)
		r = gv_safe_name(
		    &p->typed, p->safe, GV_SCOPE_SHARED, value.p, value.len);
out:
	gv_secret_release(&value);
	return r;
}

/* ---- output ---- */

static void
print_sum(struct purging *p)
{
	const struct gv_purge_result *r = &p->work.result;
	struct gv_json *j = p->ctx->json;

	if (j) {
		gv_json_end(j);
		gv_purge_work_put(&p->work);
		gv_json_uint(j, "objects", r->objects);
		gv_json_uint(j, "forgotten", r->forgotten);
		return;
	}
	gv_purge_work_say(&p->work, "place");
	gv_purge_work_hint(&p->work);
}

/* ---- the work ---- */

/* Another clone knows the value by its id, or has to be told it again. What is
 * not done yet is remembered by the command, so two values have two. */
static int
put_command(struct purging *p)
{
	char id[GV_SEALED_OUT_ID];
	char typed[2 * TYPED + 1];
	size_t i;

	gv_buf_addf(&p->command, "git vault secret purge%s%s%s",
	    p->o->forget ? " --forget" : "",
	    p->o->precious ? " --precious" : "",
	    p->o->from_stdin ? " --stdin" : "");
	gv_enc_hex(typed, p->typed.bytes, TYPED);
	if (p->o->from_stdin)
		gv_buf_addf(&p->command, " --reason 'value %s'", typed);
	for (i = 0; i < p->n; i++) {
		gv_sealed_out_id(id, p->values[i]);
		gv_buf_addf(&p->command, " %s", id);
	}
	return gv_buf_check(&p->command);
}

static int
forget_sealed(struct purging *p)
{
	struct gv_lifecycle_change change = { .kind = GV_LIFECYCLE_VALUE };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < p->n; i++) {
		if (!p->values[i]->is_kept)
			continue;
		change.id = p->values[i]->id;
		change.is_tree = p->values[i]->is_tree;
		r = gv_lifecycle_save(
		    p->ctx->repo, p->values[i]->scope, &change, 1, p->ctx->now);
	}
	return r;
}

static int
purge(struct purging *p)
{
	struct gv_audit_event e = { .what = GV_AUDIT_PURGE };
	const bool seeks = p->n || p->o->from_stdin;
	struct gv_purge_opts how = { .safe = p->safe,
		.needles = seeks ? p->needles : NULL,
		.forget = p->o->forget ? p->ids.ids : NULL,
		.n_forget = p->o->forget ? p->ids.n : 0,
		.precious = p->o->precious,
		.no_seal = p->o->forget };
	struct gv_json *j = p->ctx->json;
	int r = put_command(p);

	p->work.command = p->command.p;
	if (r < 0 ||
	    (!p->o->dry_run &&
		(r = gv_sealed_tell(p->ctx, p->safe, &e, &p->ids)) < 0))
		return r;
	if (j) {
		gv_json_object(j, NULL);
		gv_json_array(j, "notes");
	}
	if ((r = gv_purge_work_here(&p->work, &how)) < 0)
		return r;
	if (p->o->forget && !p->o->dry_run && (r = forget_sealed(p)) < 0)
		return r;
	print_sum(p);
	r = p->o->dry_run ? (p->work.result.left ? 3 : 0)
			  : gv_purge_work_copies(&p->work);
	if (j)
		gv_json_end(j);
	return r;
}

int
gv_sealed_purge(struct gv_ctx *ctx, int argc, char **argv)
{
	struct purging p = {
		.ctx = ctx, .o = ctx->opts, .command = GV_BUF_INIT
	};
	int r = check(p.o, argc);

	p.work = (struct gv_purge_work){ .ctx = ctx,
		.identities = &p.o->identities,
		.dry_run = p.o->dry_run };

	if (r == 0 && (r = gv_needles_new(&p.needles)) == 0 &&
	    (r = gv_inventory_load(&p.inv, ctx->repo, NULL)) == 0 &&
	    (r = gv_sealed_open(&p.safe, ctx)) == 0 &&
	    (r = seek_values(&p, argc, argv)) == 0 && p.o->from_stdin)
		r = seek_stdin(&p);
	if (r == 0)
		r = purge(&p);
	free(p.values);
	gv_needles_free(p.needles);
	gv_sealed_ids_release(&p.ids);
	gv_purge_records_release(&p.work.records);
	gv_buf_release(&p.command);
	gv_identity_opt_tell(ctx, p.safe);
	gv_safe_close(p.safe);
	gv_inventory_release(&p.inv);
	return r;
}
