#include "git-vault/secret/sealed.h"

#include <inttypes.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "git-vault/secret/sealed_open.h"
#include "safe/safe.h"
#include "safe/safe_migrated.h"
#include "safe/safe_scopes.h"

struct migrating {
	struct gv_ctx *ctx;
	const struct gv_sealed_opts *o;
	struct gv_safe *safe;
	const char *const *scopes;
	size_t n;
	const char *scope; /* at hand */
	struct gv_sealed_ids ids;
	struct gv_safe_migrated done;
};

static bool
has_scope(const char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Those that were named, or all. */
static int
find_scopes(struct migrating *m)
{
	const struct gv_opt_list *named = &m->o->scopes;
	size_t i;
	int r = gv_safe_scopes(&m->scopes, &m->n, m->safe);

	for (i = 0; r == 0 && i < named->n; i++)
		if (!has_scope(m->scopes, m->n, named->items[i]))
			r = gv_err(GV_ENOTFOUND, "no value is of the scope %s",
			    named->items[i]);
	if (named->n) {
		m->scopes = named->items;
		m->n = named->n;
	}
	return r;
}

static int
add_id(void *ctx, const struct gv_digest *id)
{
	struct migrating *m = ctx;

	return gv_sealed_ids_add(&m->ids, id, m->scope);
}

static int
find_ids(struct migrating *m)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < m->n; i++) {
		m->scope = m->scopes[i];
		r = gv_safe_each_astray(m->safe, m->scope, add_id, m);
	}
	return r;
}

/* ---- output ---- */

static void
print_json(struct migrating *m)
{
	struct gv_json *j = m->ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_array(j, "moves");
	for (i = 0; i < m->done.n; i++) {
		const struct gv_safe_move *move = &m->done.moves[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "scope", move->scope);
		gv_json_string(j, "vault", move->vault);
		gv_json_uint(j, "given", move->given);
		gv_json_uint(j, "taken", move->taken);
		gv_json_uint(j, "unsealed", move->unsealed);
		gv_json_uint(j, "released", move->released);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_bool(j, "dry_run", m->o->dry_run);
	gv_json_uint(j, "secrets", m->done.values);
	gv_json_uint(j, "unopened", m->done.unopened);
	gv_json_uint(j, "unfit", m->done.unfit);
	gv_json_uint(j, "left", m->done.left);
	gv_json_end(j);
}

/* `what` is behind "3 values ", and the name of the vault comes between its two
 * parts. */
static void
print_count(struct migrating *m, const struct gv_safe_move *move, uint64_t n,
    const char *what, const char *behind)
{
	char count[GV_OUT_SIZE_MAX];

	if (n == 0)
		return;
	gv_out_count(count, n, "value");
	gv_out_paint(m->ctx->out, GV_OUT_TAG, "%s", move->scope);
	gv_out_printf(m->ctx->out, ": %s %s%s the vault ", count,
	    m->o->dry_run ? "would be " : "", what);
	gv_out_text(m->ctx->out, move->vault, strlen(move->vault));
	gv_out_printf(m->ctx->out, "%s\n", behind);
}

static void
print_text(struct migrating *m)
{
	size_t i;

	for (i = 0; i < m->done.n; i++) {
		const struct gv_safe_move *move = &m->done.moves[i];

		print_count(m, move, move->given, "given to", "");
		print_count(m, move, move->taken, "encrypted here, from", "");
		print_count(m, move, move->unsealed, "left to", " alone");
		print_count(m, move, move->released, "no longer sought in", "");
	}
	if (m->ids.n == 0)
		gv_out_printf(m->ctx->out,
		    "all values are where the policy keeps them\n");
}

/* What is left as it was, and what is left in vaults. */
static void
tell_what_is_left(struct migrating *m)
{
	const struct gv_safe_migrated *done = &m->done;
	struct gv_out *out = m->ctx->out;
	char count[GV_OUT_SIZE_MAX];
	size_t i;

	for (i = 0; !m->o->dry_run && i < done->n; i++) {
		const struct gv_safe_move *move = &done->moves[i];

		gv_out_count(count, move->released, "value");
		if (move->released)
			gv_out_say(out,
			    "the vault %s still has %s of %s: once all clones "
			    "know, delete them there",
			    move->vault, count, move->scope);
	}
	gv_out_count(count, done->unfit, "value");
	if (done->unfit)
		gv_out_warn(out,
		    "%s not moved, since the vault does not store values "
		    "of that size: %s",
		    count, done->unfit_why);
	gv_out_count(count, done->left, "value");
	if (done->left)
		gv_out_warn(out,
		    "%s missing, damaged or not to be had stay where they "
		    "are: %s; see git vault verify --deep",
		    count, done->left_why);
}

/* ---- the work ---- */

static int
move_all(struct migrating *m)
{
	const struct gv_safe_migrate_opts opts = { .dry_run = m->o->dry_run,
		.on_add = gv_progress_on_add,
		.ctx = m->ctx->progress };
	size_t i;
	int r = 0;

	if (!opts.dry_run)
		gv_progress_on_begin(
		    m->ctx->progress, "Moving values", m->ids.n);
	for (i = 0; r == 0 && i < m->n; i++)
		r = gv_safe_migrate(&m->done, m->safe, m->scopes[i], &opts);
	gv_progress_on_begin(m->ctx->progress, "", 0);
	return r;
}

/* Report what was moved, even if the rest failed. */
static int
migrate(struct migrating *m)
{
	struct gv_audit_event e = { .what = GV_AUDIT_MIGRATE };
	char *why;
	int r = 0;

	if (m->ids.n && !m->o->dry_run)
		r = gv_sealed_tell(m->ctx, m->safe, &e, &m->ids);
	if (r < 0)
		return r;
	r = move_all(m);
	why = gv_err_save();
	if (m->ctx->json)
		print_json(m);
	else
		print_text(m);
	tell_what_is_left(m);
	gv_err_restore(why);
	if (r == 0 && m->done.unopened)
		r = gv_err(GV_ENOKEY,
		    "%" PRIu64
		    " of the secrets cannot be decrypted here; ask a reader to "
		    "run `git vault secret migrate`",
		    m->done.unopened);
	return r < 0 ? r : m->done.unfit || m->done.left ? 3 : 0;
}

int
gv_sealed_migrate(struct gv_ctx *ctx, int argc, char **argv)
{
	struct migrating m = { .ctx = ctx, .o = ctx->opts };
	int r = gv_sealed_open(&m.safe, ctx);

	(void)argc;
	(void)argv;
	if (r == 0 && (r = find_scopes(&m)) == 0 && (r = find_ids(&m)) == 0)
		r = migrate(&m);
	gv_safe_migrated_release(&m.done);
	gv_sealed_ids_release(&m.ids);
	gv_identity_opt_tell(ctx, m.safe);
	gv_safe_close(m.safe);
	return r;
}
