#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/pack.h"
#include "repo/repo.h"
#include "safe/safe_internal.h"
#include "seal/seal.h"
#include "sys/cancel.h"
#include "sys/lock.h"
#include "sys/workers.h"

/*
 * Values are sealed anew in the order of their ids, BATCH at a time, each batch
 * with its own commit: the file sealed-for says up to where. So a kill costs
 * one batch. A value keeps its id, whatever key named it.
 */
#define BATCH   ((size_t)2048)
#define WAIT_MS 5000 /* for a snapshot that is being taken */

struct batch {
	struct gv_safe *safe;
	struct gv_safe_scope *scope;
	const struct gv_safe_parts *parts; /* NULL: the values of the scope */
	struct gv_safe_entry **list;
	size_t n;
	const struct gv_safe_entry *left; /* the first that stays as it is */
	struct gv_pack *pack;
	struct gv_safe_resealed *done;
	atomic_size_t next;
	atomic_bool failed;
	_Atomic uint64_t values, unopened, damaged;
	void (*on_add)(void *ctx, uint64_t n, uint64_t bytes);
	void *ctx;
};

/* One thread's. */
struct hand {
	struct batch *batch;
	struct gv_pack_lane *lane;
	struct gv_seal_reader *reader;
	struct gv_secret value;
	struct gv_seal seal;
	struct gv_oid object; /* that the last value became */
	bool is_tree;         /* it is a tree of chunks */
};

static int
put(void *ctx, struct gv_oid *out, enum gv_otype type, const void *data,
    size_t len, const struct gv_digest *id)
{
	struct hand *hand = ctx;

	(void)id;
	return gv_pack_add(hand->lane, out, type, data, len, NULL);
}

static int
hold(void *ctx, const void *data, size_t len)
{
	return gv_secret_add(ctx, data, len);
}

/* Open the value of an id, by the key of the scope that named it. Everybody who
 * can push can put an object of another scope under an id of this one, to have
 * it encrypted for the readers of this one. So a value that does not match its
 * id is left as it is. */
static int
open_held(struct hand *hand, const struct gv_oid *object,
    const struct gv_digest *id, gv_age_sink *sink)
{
	struct gv_safe_scope *scope = hand->batch->scope;
	struct gv_safe *safe = hand->batch->safe;
	struct gv_seal_claim claim = { .scope = scope->name, .id = id };
	const unsigned char *key;
	size_t i;
	int r = GV_ENOKEY;

	for (i = 0; gv_safe_scope_key(&key, scope, i, safe); i++) {
		if (key == NULL)
			continue;
		claim.key = key;
		gv_secret_reset(&hand->value);
		r = gv_seal_read(hand->reader, safe->odb, object, &claim, sink,
		    &hand->value);
		if (r != GV_ECORRUPT)
			break;
	}
	return r;
}

/* Encrypt the value in the hand for the present readers of the scope. */
static int
seal_held(struct hand *hand)
{
	struct gv_seal_value value = { .p = hand->value.p,
		.len = hand->value.len };
	int r = gv_seal_run(&hand->seal, &value, 1);

	hand->object = value.object;
	hand->is_tree = value.len > GV_SEAL_WHOLE;
	gv_secret_reset(&hand->value);
	return r;
}

/* Encrypt an entry again that is not a list of chunks. */
static int
seal_again(struct hand *hand, const struct gv_safe_entry *e)
{
	const struct gv_safe_parts *parts = hand->batch->parts;
	int r;

	gv_secret_reset(&hand->value);
	if (e->part)
		r = parts->open(
		    parts->ctx, &hand->value, hand->reader, e->part);
	else
		r = open_held(hand, &e->object, &e->id, hold);
	if (r == 0)
		r = seal_held(hand);
	gv_secret_reset(&hand->value);
	return r;
}

/* Encrypt a chunk again. The whole list was checked against its id before. */
static int
seal_chunk(struct hand *hand, const struct gv_oid *object)
{
	int r;

	gv_secret_reset(&hand->value);
	r = gv_seal_read(hand->reader, hand->batch->safe->odb, object, NULL,
	    hold, &hand->value);
	if (r == 0)
		r = seal_held(hand);
	gv_secret_reset(&hand->value);
	return r;
}

static int
open_hand(struct hand *hand, struct batch *batch)
{
	const struct gv_identity *const *with;
	const struct gv_safe_keys *keys;
	size_t n;
	int r = gv_safe_identities_at_hand(&with, &n, batch->safe);

	keys = r == 0 ? gv_safe_keys_of(&r, batch->safe, batch->scope->name)
		      : NULL;
	hand->batch = batch;
	if (keys == NULL)
		return r;
	hand->seal = (struct gv_seal){ .key = keys->list.p,
		.scope = batch->scope->name,
		.to = batch->scope->to,
		.n_to = batch->scope->n_to,
		.threads = 1,
		.put = put,
		.ctx = hand };
	if (r == 0)
		r = gv_pack_lane_open(&hand->lane, batch->pack);
	if (r == 0)
		r = gv_seal_reader_new(&hand->reader, with, n);
	return r;
}

static int
close_hand(struct hand *hand)
{
	gv_seal_reader_free(hand->reader);
	gv_secret_release(&hand->value);
	return gv_pack_lane_close(hand->lane);
}

/* What cannot be opened is counted and left; what cannot be sealed ends it. */
static int
note(struct hand *hand, struct gv_safe_entry *e, int r)
{
	struct batch *b = hand->batch;

	if (r == 0) {
		e->object = hand->object;
		e->is_tree = hand->is_tree;
		e->is_new = true;
		e->is_stale = false;
		e->part = NULL;
		b->values++;
	} else if (r == GV_ENOKEY) {
		b->unopened++;
	} else if (r == GV_ENOTFOUND || r == GV_ECORRUPT) {
		/* nobody can do better */
		e->is_stale = false;
		b->damaged++;
	} else {
		return r;
	}
	if (b->on_add)
		b->on_add(b->ctx, 1, 0);
	return 0;
}

/* Chunks and small values, by some threads. */
static int
work(void *ctx, int i)
{
	struct batch *b = ctx;
	struct hand hand = { .value = GV_SECRET_INIT };
	struct gv_safe_entry *e;
	size_t at;
	int r = open_hand(&hand, b), closed;

	(void)i;
	while (r == 0 && !b->failed &&
	    (at = atomic_fetch_add(&b->next, 1)) < b->n) {
		e = b->list[at];
		if (gv_cancel_requested())
			r = gv_cancel_error();
		else if (!e->is_tree)
			r = note(&hand, e, seal_again(&hand, e));
	}
	if (r < 0)
		b->failed = true;
	closed = close_hand(&hand);
	return r < 0 ? r : closed;
}

/* ---- values in chunks -------------------------------------------------- */

struct list {
	struct hand hand;
	struct gv_map by_object; /* entries as they were, by what they had */
	struct gv_oid *was;
	struct gv_chunk_tree tree;
};

/* A chunk that was sealed anew is the object of its entry; one whose turn has
 * not come is sealed now, and its entry has it. */
static int
add_chunk(void *ctx, const struct gv_oid *object)
{
	struct list *l = ctx;
	struct gv_safe_entry *e =
	    gv_map_get(&l->by_object, object->id, sizeof(object->id));
	int r = 0;

	if (e && !e->is_stale) {
		l->hand.object = e->object;
	} else {
		r = seal_chunk(&l->hand, object);
		if (r == 0 && e)
			r = note(&l->hand, e, 0);
	}
	return r < 0
	    ? r
	    : gv_chunk_tree_add(&l->tree, l->hand.lane, &l->hand.object);
}

static int
seal_list(struct list *l, struct gv_safe_entry *e)
{
	struct gv_oid tree = { { 0 } };
	int r;

	l->tree = (struct gv_chunk_tree)GV_CHUNK_TREE_INIT;
	r = open_held(&l->hand, &e->object, &e->id, NULL);
	if (r == 0)
		r = gv_chunk_each(
		    l->hand.batch->safe->odb, &e->object, add_chunk, l);
	if (r == 0)
		r = gv_chunk_tree_finish(&l->tree, l->hand.lane, &tree);
	gv_chunk_tree_release(&l->tree);
	l->hand.object = tree;
	l->hand.is_tree = true;
	return note(&l->hand, e, r);
}

/* Which entry had which object before anything was sealed anew. */
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

static int
seal_lists(struct batch *b, const struct gv_map *by_object)
{
	struct list l = { .by_object = *by_object };
	size_t i;
	int r = open_hand(&l.hand, b), closed;

	for (i = 0; r == 0 && i < b->n; i++)
		if (b->list[i]->is_tree && b->list[i]->is_stale)
			r = seal_list(&l, b->list[i]);
	closed = close_hand(&l.hand);
	return r < 0 ? r : closed;
}

/* ---- batches ----------------------------------------------------------- */

/* What stands now under an object of ours. It was made room for before. */
static void
take_new(struct batch *b)
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
make_room(struct batch *b)
{
	struct gv_safe_resealed *done = b->done;
	size_t i, n = 0;

	for (i = 0; i < b->scope->n; i++)
		n += b->scope->entries[i]->is_new;
	return gv_vec_grow((void **)&done->ids, &done->cap_ids, done->n_ids + n,
	    sizeof(*done->ids));
}

static int
publish(struct batch *b, struct gv_ledger_edit *edit,
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
	if (r == 0)
		r = gv_safe_publish_scope(edit, scope, &now, "seal");
	if (r == 0)
		r = gv_ledger_publish(edit);
	if (r < 0)
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
run_batch(struct batch *b, const struct gv_map *by_object,
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
	if (r == 0)
		r = gv_workers_run(gv_workers_count(0), work, b);
	if (r == 0)
		r = seal_lists(b, by_object);
	for (i = 0; r == 0 && i < b->n && b->left == NULL; i++)
		if (b->list[i]->is_stale)
			b->left = b->list[i];
	/* values that are left need these keys to be checked by */
	if (r == 0 && b->parts == NULL && b->left == NULL && next == NULL)
		r = gv_safe_foreign_reseal(&edit, b->scope, b->safe);
	if (r == 0)
		r = publish(b, &edit, b->left ? b->left : next);
	gv_ledger_end(&edit);
	gv_lock_close(lock);
	return r;
}

static int
run_all(struct batch *b, struct gv_safe_entry **stale, size_t n)
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
say_what_is_left(const struct batch *b)
{
	if (b->unopened && b->scope)
		return gv_err(GV_ENOKEY,
		    "%llu values of %s cannot be opened here, and so not be "
		    "sealed for those who read it now; have somebody who reads "
		    "them run `git vault key reseal`",
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
finish(struct batch *b, struct gv_safe_resealed *out, int r)
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
	struct batch b = {
		.safe = safe, .done = out, .on_add = on_add, .ctx = ctx
	};
	struct gv_safe_entry **stale = NULL;
	size_t n = 0;
	int r = get_ready(&b.scope, safe, scope);

	if (r < 0 || b.scope->n == 0 || is_done(b.scope))
		return r;
	r = find_keys(safe);
	if (r == 0)
		r = find_stale(&stale, &n, b.scope);
	if (r == 0)
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
	struct batch b = { .safe = safe,
		.parts = parts,
		.done = out,
		.on_add = on_add,
		.ctx = ctx };
	struct gv_safe_entry **missing = NULL;
	size_t n = 0;
	int r = get_ready(&b.scope, safe, scope);

	if (r == 0)
		r = find_keys(safe);
	if (r == 0)
		r = find_missing(&missing, &n, b.scope, parts);
	if (r == 0 && n)
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
