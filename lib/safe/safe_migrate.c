#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "object/pack.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_internal.h"
#include "safe/safe_migrated.h"
#include "safe/safe_reader.h"
#include "safe/safe_who.h"
#include "seal/seal.h"
#include "sys/cancel.h"
#include "sys/lock.h"

/*
 * Values go to where the policy keeps them in the order of their ids, BATCH at
 * a time, each batch by one commit on top of what the ref has then. What goes
 * out of the scope does so in that commit, and its other place was read back
 * before: a kill leaves each value where it was or where it is to be, and what
 * was given to a vault already is found there by the next try.
 */
#define BATCH   ((size_t)128)
#define WAIT_MS 5000 /* for a snapshot that is being taken */

/* ---- what became of them ----------------------------------------------- */

struct run {
	struct gv_safe *safe;
	const char *scope;
	const struct gv_safe_migrate_opts *opts;
	struct gv_safe_migrated *out;
	struct gv_digest last; /* that was looked at */
	bool has_last;
};

/* What is known of a scope and a vault; NULL: no memory. */
static struct gv_safe_move *
move_of(struct run *m, const char *vault)
{
	struct gv_safe_migrated *out = m->out;
	size_t i;

	for (i = 0; i < out->n; i++)
		if (strcmp(out->moves[i].scope, m->scope) == 0 &&
		    strcmp(out->moves[i].vault, vault) == 0)
			return &out->moves[i];
	if (GV_GROW(out->moves, out->n, out->cap) < 0)
		return NULL;
	out->moves[out->n] =
	    (struct gv_safe_move){ .scope = m->scope, .vault = vault };
	return &out->moves[out->n++];
}

/* A value that has been moved, or would be. */
static int
count(
    struct run *m, const struct gv_safe_aim *aim, const struct gv_safe_stray *v)
{
	struct gv_safe_move *move;

	if (aim->keep != GV_POLICY_IN_GIT) {
		move = move_of(m, aim->vault);
		if (move == NULL)
			return GV_ENOMEM;
		move->given += !gv_safe_is_there(aim, v);
		move->unsealed +=
		    aim->keep == GV_POLICY_IN_VAULT && v->was_sealed;
	}
	if (v->vault && *v->vault) {
		move = move_of(m, v->vault);
		if (move == NULL)
			return GV_ENOMEM;
		move->taken +=
		    aim->keep != GV_POLICY_IN_VAULT && !v->was_sealed;
		move->released += !gv_safe_is_there(aim, v);
	}
	m->out->values++;
	return 0;
}

/* Keep the thread's message with the value that it is about, unless there is
 * one. 0 or GV_ENOMEM. */
static int
keep_why(const char **why, struct run *m, const struct gv_safe_stray *v)
{
	char id[2 * GV_DIGEST_BYTES + 1];
	const char *text;

	if (*why)
		return 0;
	gv_enc_hex(id, v->id.bytes, GV_DIGEST_BYTES);
	(void)gv_err_in(GV_ERROR, "value %.12s", id);
	text = gv_err_message();
	*why = gv_arena_copy(&m->safe->arena, text, strlen(text));
	return *why ? 0 : GV_ENOMEM;
}

/* ---- one value --------------------------------------------------------- */

struct batch {
	struct run *run;
	struct gv_safe_strays strays;
	struct gv_ledger_edit edit;
	struct gv_safe_reader *reader;
	struct gv_seal seal;
	struct gv_secret value;
	size_t moved;
};

static int
keep_object(void *ctx, struct gv_oid *out, enum gv_otype type, const void *data,
    size_t len, const struct gv_digest *id)
{
	struct batch *b = ctx;

	(void)id;
	return gv_pack_add(b->edit.lane, out, type, data, len, NULL);
}

/* What cannot be opened or read is counted and left; any other failure, as of a
 * vault that does not answer, is that of the run. */
static int
pass_over(struct batch *b, const struct gv_safe_stray *v, int r)
{
	struct run *m = b->run;
	bool is_nowhere = r == GV_EREFUSED && !v->was_sealed &&
	    gv_policy_vault(&m->safe->policy, v->vault) == NULL;

	if (r == GV_ENOKEY && v->was_sealed) {
		m->out->unopened++;
		return 0;
	}
	if (r != GV_ENOTFOUND && r != GV_ECORRUPT && !is_nowhere)
		return r;
	m->out->left++;
	return keep_why(&m->out->left_why, m, v);
}

/* Have the vault keep it. 1 with the reference in *object; 0 where that is not
 * possible for this value, which is counted. */
static int
give(struct batch *b, struct gv_oid *object, const struct gv_safe_stray *v)
{
	const struct gv_safe_bytes bytes = { b->value.p, b->value.len };
	struct run *m = b->run;
	int r = gv_safe_entrust(
	    object, m->safe, b->edit.lane, m->scope, &v->id, &bytes);

	if (r == 0) {
		m->out->unfit++;
		return keep_why(&m->out->unfit_why, m, v);
	}
	if (r != GV_EEXISTS && r != GV_ECORRUPT)
		return r;
	m->out->left++;
	return keep_why(&m->out->left_why, m, v);
}

/* Seal it for who reads the scope. Its id stays, whatever key named it. */
static int
seal_here(struct batch *b, struct gv_oid *object)
{
	struct gv_seal_value value = { .p = b->value.p, .len = b->value.len };
	int r = value.len > GV_SEAL_WHOLE
	    ? gv_err(GV_ECORRUPT, "it is larger than any that a vault is given")
	    : gv_seal_run(&b->seal, &value, 1);

	*object = value.object;
	return r;
}

/* The scope has this object as the value or its reference; zero: none. */
static int
set_entry(struct gv_safe_scope *scope, const struct gv_digest *id,
    const struct gv_oid *object, bool is_ref)
{
	struct gv_safe_entry *e = is_ref ? gv_safe_scope_ref(scope, id)
					 : gv_safe_scope_find(scope, id);

	if (e == NULL)
		e = is_ref ? gv_safe_scope_add_ref(scope, id)
			   : gv_safe_scope_add(scope, id);
	if (e == NULL)
		return GV_ENOMEM;
	e->object = *object;
	e->is_new = true;
	return 0;
}

/* The value is at hand. Where git alone is to keep it, it is sealed again even
 * if it was sealed: that may be damaged, and these bytes be the vault's. */
static int
place(struct batch *b, struct gv_safe_stray *v)
{
	const enum gv_policy_where keep = b->strays.aim.keep;
	bool gives = keep == GV_POLICY_IN_VAULT ||
	    (keep == GV_POLICY_IN_BOTH && !gv_safe_is_there(&b->strays.aim, v));
	bool seals = keep == GV_POLICY_IN_GIT ||
	    (keep == GV_POLICY_IN_BOTH && !v->was_sealed);
	bool drops = keep == GV_POLICY_IN_VAULT && v->was_sealed;
	struct gv_oid ref = { { 0 } }, sealed = { { 0 } };
	int r = gives ? give(b, &ref, v) : 1;

	if (r <= 0)
		return r;
	r = seals ? seal_here(b, &sealed) : 0;
	if (r < 0)
		return pass_over(b, v, r);
	if (gives || keep == GV_POLICY_IN_GIT)
		r = set_entry(b->strays.scope, &v->id, &ref, true);
	if (r == 0 && (seals || drops))
		r = set_entry(b->strays.scope, &v->id, &sealed, false);
	v->is_moved = r == 0;
	b->moved += r == 0;
	return r;
}

static int
move_value(struct batch *b, struct gv_safe_stray *v)
{
	struct run *m = b->run;
	const struct gv_safe_place from = { .scope = m->scope, .id = v->id };
	int r = gv_cancel_requested() ? gv_cancel_error() : 0;

	gv_secret_reset(&b->value);
	if (r == 0) {
		r = gv_safe_get(b->reader, &b->value, &from);
		r = r < 0 ? pass_over(b, v, r) : place(b, v);
	}
	gv_secret_reset(&b->value);
	if (r == 0 && m->opts->on_add)
		m->opts->on_add(m->opts->ctx, 1, 0);
	return r;
}

/* ---- batches ----------------------------------------------------------- */

static int
publish(struct batch *b)
{
	struct gv_safe_sealed_for now;
	size_t i;
	int r;

	gv_safe_say_for_whom(&now, b->strays.scope);
	if ((r = gv_safe_publish_scope(
		 &b->edit, b->strays.scope, &now, "move")) == 0)
		r = gv_ledger_publish(&b->edit);
	if (r == GV_EEXISTS)
		r = gv_err(GV_ELOCKED,
		    "another command encrypted secrets meanwhile; run the same "
		    "command again to finish");
	for (i = 0; r == 0 && i < b->strays.n; i++)
		if (b->strays.list[i].is_moved)
			r = count(b->run, &b->strays.aim, &b->strays.list[i]);
	return r;
}

/* What was moved before a failure is published all the same. */
static int
move_all(struct batch *b)
{
	char *why = NULL;
	size_t i;
	int r = 0, published;

	for (i = 0; r == 0 && i < b->strays.n; i++)
		r = move_value(b, &b->strays.list[i]);
	if (b->moved == 0)
		return r;
	why = gv_err_save();
	published = publish(b);
	if (published == 0)
		gv_err_restore(why);
	else
		free(why);
	return published < 0 ? published : r;
}

static int
work(struct batch *b)
{
	struct gv_safe *safe = b->run->safe;
	struct gv_safe_scope *scope = b->strays.scope;
	const struct gv_safe_keys *keys;
	int r = gv_safe_scope_ready(scope, safe);

	keys = r == 0 ? gv_safe_keys_of(&r, safe, scope->name) : NULL;
	if (keys == NULL)
		return r;
	b->seal = (struct gv_seal){ .key = keys->list.p,
		.scope = scope->name,
		.to = scope->to,
		.n_to = scope->n_to,
		.threads = 1,
		.put = keep_object,
		.ctx = b };
	if (r == 0 &&
	    (r = gv_ledger_begin(&b->edit, safe->repo, safe->opts.now)) == 0 &&
	    (r = gv_safe_reader_new(&b->reader, safe)) == 0)
		r = move_all(b);
	gv_safe_reader_free(b->reader);
	gv_secret_release(&b->value);
	gv_ledger_end(&b->edit);
	return r;
}

/* The next BATCH of what lies elsewhere; *n is how many there were. */
static int
run_batch(struct run *m, size_t *n)
{
	struct batch b = { .run = m, .value = GV_SECRET_INIT };
	struct gv_safe *safe = m->safe;
	int lock = -1, r = 0;

	if (!safe->opts.is_locked)
		r = gv_repo_lock(&lock, safe->repo, WAIT_MS);
	if (r == 0 && (r = gv_safe_reload(safe)) == 0)
		r = gv_safe_strays_load(&b.strays, safe, m->scope,
		    m->has_last ? &m->last : NULL, BATCH);
	*n = b.strays.n;
	if (r == 0 && b.strays.n) {
		m->last = b.strays.list[b.strays.n - 1].id;
		m->has_last = true;
		r = work(&b);
	}
	gv_safe_strays_release(&b.strays);
	gv_lock_close(lock);
	return r;
}

/* ---- all of them ------------------------------------------------------- */

/* Without the key of ids nobody knows whether what is opened or fetched is the
 * value that was meant. */
static int
need_key(struct gv_safe *safe, const char *scope)
{
	const struct gv_identity *const *with;
	const struct gv_safe_keys *keys;
	size_t n;
	int r = safe->has_keyring
	    ? gv_safe_seek_idkey(safe)
	    : gv_err(GV_EREFUSED, "there is no keyring yet");

	keys = r == 0 ? gv_safe_keys_of(&r, safe, scope) : NULL;
	if (keys == NULL || keys->is_reader)
		return r < 0 ? r : 1;
	/* a reader of other scopes cannot do this one: others can */
	if (safe->has_idkey)
		return 0;
	r = gv_safe_identities(&with, &n, safe);
	return r < 0
	    ? r
	    : gv_err(GV_ENOKEY,
		  "no identity here decrypts the id key, which proves that a "
		  "secret is the right one; ask a reader to run `git vault "
		  "secret migrate`");
}

static int
look_only(struct run *m)
{
	struct gv_safe_strays strays;
	size_t i;
	int r = gv_safe_strays_load(&strays, m->safe, m->scope, NULL, SIZE_MAX);

	for (i = 0; r == 0 && i < strays.n; i++)
		r = count(m, &strays.aim, &strays.list[i]);
	gv_safe_strays_release(&strays);
	return r;
}

/* Count the values to migrate, up to `most`. */
static int
count_strays(uint64_t *n, struct gv_safe *safe, const char *scope, size_t most)
{
	struct gv_safe_strays strays;
	int r = gv_safe_strays_load(&strays, safe, scope, NULL, most);

	*n = r < 0 ? 0 : strays.n;
	gv_safe_strays_release(&strays);
	return r;
}

int
gv_safe_migrate(struct gv_safe_migrated *out, struct gv_safe *safe,
    const char *scope, const struct gv_safe_migrate_opts *opts)
{
	struct run m = {
		.safe = safe, .scope = scope, .opts = opts, .out = out
	};
	uint64_t strays;
	unsigned mask;
	size_t n = 0;
	int r;

	if (opts->dry_run)
		return look_only(&m);
	r = count_strays(&strays, safe, scope, 1);
	if (r < 0 || strays == 0)
		return r;
	if ((r = need_key(safe, scope)) == 0) {
		r = count_strays(&strays, safe, scope, SIZE_MAX);
		out->unopened += strays;
		return r;
	}
	mask = gv_repo_share(safe->repo);
	do {
		if (r >= 0)
			r = run_batch(&m, &n);
	} while (r == 0 && n);
	gv_repo_unshare(mask);
	return r;
}

void
gv_safe_migrated_release(struct gv_safe_migrated *out)
{
	free(out->moves);
	memset(out, 0, sizeof(*out));
}
