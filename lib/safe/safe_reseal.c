#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "repo/repo.h"
#include "safe/safe_internal.h"
#include "safe/safe_reader.h"
#include "safe/safe_reseal_worker.h"
#include "safe/safe_resealed.h"
#include "safe/safe_who.h"
#include "sys/lock.h"
#include "sys/workers.h"

/*
 * Values are sealed again in the order of their ids, BATCH at a time, each
 * batch with its own commit: the file sealed-for says up to where. So a kill
 * costs one batch. A value keeps its id, whatever key named it.
 */
#define BATCH   ((size_t)2048)
#define WAIT_MS 5000 /* for a snapshot that is being taken */

/* Which entry had which object before anything was sealed again. */
static int
remember(struct gv_map *map, struct gv_oid **was, struct gv_safe_scope *scope)
{
	size_t i;
	int r = 0;

	*was = calloc(scope->n + 1, sizeof(**was));
	if (*was == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < scope->n; i++) {
		(*was)[i] = scope->entries[i]->object;
		if (!scope->entries[i]->is_tree && !gv_oid_is_zero(&(*was)[i]))
			r = gv_map_put(
			    map, (*was)[i].id, GV_OID_RAW, scope->entries[i]);
	}
	return r;
}

/* ---- batches ----------------------------------------------------------- */

/* What is now in place of an object here. It was made room for before. */
static void
take_new(struct gv_safe_batch *b)
{
	struct gv_safe_scope *scope = b->scope;
	size_t i;

	for (i = 0; i < scope->n; i++) {
		if (scope->entries[i]->is_new)
			b->done->ids[b->done->n_ids++] = scope->entries[i]->id;
		scope->entries[i]->is_new = false;
	}
	scope->n_new = 0;
}

static int
make_room(struct gv_safe_batch *b)
{
	struct gv_safe_resealed *done = b->done;
	size_t i, n = 0;

	for (i = 0; i < b->scope->n; i++)
		n += b->scope->entries[i]->is_new;
	return gv_vec_grow((void **)&done->ids, &done->cap_ids, done->n_ids + n,
	    sizeof(*done->ids));
}

static int
publish(struct gv_safe_batch *b, struct gv_ledger_edit *edit,
    const struct gv_safe_entry *next)
{
	struct gv_safe_scope *scope = b->scope;
	struct gv_safe_sealed_for now = { .is_mixed = next != NULL };
	int r = make_room(b);

	memcpy(now.sum, scope->sum, GV_SAFE_SUM);
	/* values that the scope already has are not changed */
	if (b->parts) {
		gv_safe_say_for_whom(&now, scope);
	} else if (next) {
		now.from = next->id;
		memcpy(now.old,
		    scope->sealed_for.is_mixed ? scope->sealed_for.old
					       : scope->sealed_for.sum,
		    GV_SAFE_SUM);
	}
	if (r < 0 ||
	    (r = gv_safe_publish_scope(edit, scope, &now, "seal")) < 0 ||
	    (r = gv_ledger_publish(edit)) < 0)
		return r;
	scope->ledger.tip = edit->tip;
	scope->sealed_for = now;
	scope->has_sealed_for = true;
	take_new(b);
	return 0;
}

/* `next` is the first entry behind the batch; where one before it stays as it
 * is, that is as far as the file can say. */
static int
run_batch(struct gv_safe_batch *b, const struct gv_map *by_object,
    const struct gv_safe_entry *next)
{
	struct gv_ledger_edit edit = { 0 };
	size_t i;
	int lock = -1, r = 0;

	if (!b->safe->opts.is_locked)
		r = gv_repo_lock(&lock, b->safe->repo, WAIT_MS);
	if (r == 0)
		r = gv_ledger_begin(&edit, b->safe->repo, b->safe->opts.now);
	b->pack = edit.pack;
	if (r < 0)
		goto out;
	r = gv_workers_run(gv_workers_count(0), gv_safe_worker_work, b);
	if (r < 0 || (r = gv_safe_worker_lists(b, by_object)) < 0)
		goto out;
	for (i = 0; i < b->n && b->left == NULL; i++)
		if (b->list[i]->is_stale)
			b->left = b->list[i];
	/* values that are left need these keys to be checked by */
	if (b->parts == NULL && b->left == NULL && next == NULL &&
	    (r = gv_safe_foreign_reseal(&edit, b->scope, b->safe)) < 0)
		goto out;
	r = publish(b, &edit, b->left ? b->left : next);
out:
	gv_ledger_end(&edit);
	gv_lock_close(lock);
	return r;
}

static int
run_all(struct gv_safe_batch *b, struct gv_safe_entry **stale, size_t n)
{
	struct gv_map by_object = GV_MAP_INIT;
	struct gv_oid *was = NULL;
	size_t i;
	int r = remember(&by_object, &was, b->scope);

	for (i = 0; r == 0 && (i < n || i == 0); i += BATCH) {
		b->list = stale + i;
		b->n = n - i < BATCH ? n - i : BATCH;
		b->next = 0;
		r = run_batch(
		    b, &by_object, i + b->n < n ? stale[i + b->n] : NULL);
	}
	gv_map_release(&by_object);
	free(was);
	return r;
}

static int
find_stale(struct gv_safe_entry ***out, size_t *n, struct gv_safe_scope *scope)
{
	struct gv_safe_entry **list;
	size_t i, all;
	int r = gv_safe_scope_list(&list, &all, scope, false);

	if (r < 0)
		return r;
	for (*n = i = 0; i < all; i++)
		if (list[i]->is_stale)
			list[(*n)++] = list[i];
	*out = list;
	return 0;
}

static int
say_what_is_left(const struct gv_safe_batch *b)
{
	if (b->unopened && b->scope)
		return gv_err(GV_ENOKEY,
		    "%llu secrets of %s cannot be decrypted here, so they "
		    "cannot be encrypted for its present readers; ask a reader "
		    "to run `git vault key reseal`",
		    (unsigned long long)b->unopened, b->scope->name);
	return 0;
}

static bool
is_done(const struct gv_safe_scope *scope)
{
	return scope->has_sealed_for && !scope->sealed_for.is_mixed &&
	    memcmp(scope->sealed_for.sum, scope->sum, GV_SAFE_SUM) == 0;
}

static int
get_ready(struct gv_safe_scope **out, struct gv_safe *safe, const char *name)
{
	int r = safe->has_keyring
	    ? 0
	    : gv_err(GV_EREFUSED, "there is no keyring yet");

	*out = r < 0 ? NULL : gv_safe_scope_get(&r, safe, name);
	return *out ? gv_safe_scope_ready(*out, safe) : r;
}

int
gv_safe_is_current(bool *out, struct gv_safe *safe, const char *scope)
{
	struct gv_safe_scope *s = NULL;
	int r = get_ready(&s, safe, scope);

	if (r == 0)
		*out = s->n == 0 || is_done(s);
	return r;
}

/* The common end of both functions. */
static int
finish(struct gv_safe_batch *b, struct gv_safe_resealed *out, int r)
{
	out->values += b->values;
	out->unopened += b->unopened;
	out->damaged += b->damaged;
	return r < 0 ? r : say_what_is_left(b);
}

static int
find_keys(struct gv_safe *safe)
{
	const struct gv_identity *const *with;
	size_t n;
	int r = gv_safe_identities(&with, &n, safe);

	return r < 0 ? r : gv_safe_need_idkey(safe, false);
}

int
gv_safe_reseal(struct gv_safe_resealed *out, struct gv_safe *safe,
    const char *scope, void (*on_add)(void *ctx, uint64_t n, uint64_t bytes),
    void *ctx)
{
	struct gv_safe_batch b = {
		.safe = safe, .done = out, .on_add = on_add, .ctx = ctx
	};
	struct gv_safe_entry **stale = NULL;
	size_t n = 0;
	int r = get_ready(&b.scope, safe, scope);

	if (r < 0 || b.scope->n == 0 || is_done(b.scope))
		return r;
	if ((r = find_keys(safe)) == 0 &&
	    (r = find_stale(&stale, &n, b.scope)) == 0)
		r = run_all(&b, stale, n);
	free(stale);
	return finish(&b, out, r);
}

/* ---- parts of states ---------------------------------------------------- */

/* Collect the parts that the scope does not have, or has for earlier readers.
 * Parts with the same id are done once. */
static int
find_missing(struct gv_safe_entry ***out, size_t *n,
    struct gv_safe_scope *scope, const struct gv_safe_parts *parts)
{
	struct gv_safe_entry **list = calloc(parts->n + 1, sizeof(*list)), *e;
	size_t i;

	*n = 0;
	*out = list;
	if (list == NULL)
		return gv_err_nomem();
	for (i = 0; i < parts->n; i++) {
		e = gv_safe_scope_find(scope, &parts->list[i].id);
		if (e && (!e->is_stale || e->part))
			continue;
		if (e == NULL) {
			e = gv_safe_scope_add(scope, &parts->list[i].id);
			if (e == NULL)
				return GV_ENOMEM;
			e->is_part = true;
		}
		e->is_stale = true;
		e->is_tree = false;
		e->part = &parts->list[i];
		list[(*n)++] = e;
	}
	return 0;
}

/* Set is_done of each part; one that could not be opened is not done. */
static void
settle_parts(struct gv_safe_scope *scope, const struct gv_safe_parts *parts)
{
	struct gv_safe_entry *e;
	size_t i;

	for (i = 0; i < parts->n; i++) {
		e = gv_safe_scope_find(scope, &parts->list[i].id);
		parts->list[i].is_done =
		    e && !e->is_stale && !gv_oid_is_zero(&e->object);
		if (e)
			e->part = NULL;
	}
}

int
gv_safe_reseal_parts(struct gv_safe_resealed *out, struct gv_safe *safe,
    const char *scope, struct gv_safe_parts *parts,
    void (*on_add)(void *ctx, uint64_t n, uint64_t bytes), void *ctx)
{
	struct gv_safe_batch b = { .safe = safe,
		.parts = parts,
		.done = out,
		.on_add = on_add,
		.ctx = ctx };
	struct gv_safe_entry **missing = NULL;
	size_t n = 0;
	int r = get_ready(&b.scope, safe, scope);

	if (r == 0 && (r = find_keys(safe)) == 0 &&
	    (r = find_missing(&missing, &n, b.scope, parts)) == 0 && n)
		r = run_all(&b, missing, n);
	if (b.scope)
		settle_parts(b.scope, parts);
	free(missing);
	return finish(&b, out, r);
}

int
gv_safe_find_part(struct gv_oid *object, bool *is_current, struct gv_safe *safe,
    const char *scope, const struct gv_digest *id)
{
	const struct gv_safe_entry *e;
	struct gv_safe_scope *s;
	int r;

	s = gv_safe_scope_get(&r, safe, scope);
	if (s && is_current)
		r = gv_safe_scope_ready(s, safe);
	if (s == NULL || r < 0)
		return r;
	pthread_mutex_lock(&s->lock);
	e = gv_safe_scope_find(s, id);
	r = e && !gv_oid_is_zero(&e->object);
	if (r)
		*object = e->object;
	if (r && is_current)
		*is_current = !e->is_stale;
	pthread_mutex_unlock(&s->lock);
	return r;
}
