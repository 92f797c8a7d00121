#include "safe/safe_reseal_worker.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/pack.h"
#include "safe/safe_resealed.h"
#include "safe/safe_who.h"
#include "sys/cancel.h"

static int
put(void *ctx, struct gv_oid *out, enum gv_otype type, const void *data,
    size_t len, const struct gv_digest *id)
{
	struct gv_safe_worker *worker = ctx;

	(void)id;
	return gv_pack_add(worker->lane, out, type, data, len, NULL);
}

static int
hold(void *ctx, const void *data, size_t len)
{
	return gv_secret_add(ctx, data, len);
}

/* Everybody who can push can put an object of another scope under an id of this
 * one, to have it encrypted for the readers of this one. */
int
gv_safe_worker_value(struct gv_safe_worker *worker, const struct gv_oid *object,
    const struct gv_digest *id, gv_age_sink *sink)
{
	struct gv_safe_scope *scope = worker->batch->scope;
	struct gv_safe *safe = worker->batch->safe;
	struct gv_seal_claim claim = { .scope = scope->name, .id = id };
	size_t i;
	int r = GV_ENOKEY;

	for (i = 0; gv_safe_scope_claim(&claim, scope, i, safe); i++) {
		if (claim.key == NULL)
			continue;
		gv_secret_reset(&worker->value);
		r = gv_seal_read(worker->reader, safe->odb, object, &claim,
		    sink, &worker->value);
		if (r != GV_ECORRUPT)
			break;
	}
	return r;
}

/* Encrypt the value of the worker for the present readers of the scope. */
static int
seal_held(struct gv_safe_worker *worker)
{
	struct gv_seal_value value = { .p = worker->value.p,
		.len = worker->value.len };
	int r = gv_seal_run(&worker->seal, &value, 1);

	worker->object = value.object;
	worker->is_tree = value.len > GV_SEAL_WHOLE;
	gv_secret_reset(&worker->value);
	return r;
}

/* Encrypt an entry again that is not a list of chunks. */
static int
seal_again(struct gv_safe_worker *worker, const struct gv_safe_entry *e)
{
	const struct gv_safe_parts *parts = worker->batch->parts;
	int r;

	gv_secret_reset(&worker->value);
	if (e->part)
		r = parts->open(
		    parts->ctx, &worker->value, worker->reader, e->part);
	else
		r = gv_safe_worker_value(worker, &e->object, &e->id, hold);
	if (r == 0)
		r = seal_held(worker);
	gv_secret_reset(&worker->value);
	return r;
}

/* Encrypt a chunk again. The whole list was checked against its id before. */
static int
seal_chunk(struct gv_safe_worker *worker, const struct gv_oid *object)
{
	int r;

	gv_secret_reset(&worker->value);
	if ((r = gv_seal_read(worker->reader, worker->batch->safe->odb, object,
		 NULL, hold, &worker->value)) == 0)
		r = seal_held(worker);
	gv_secret_reset(&worker->value);
	return r;
}

int
gv_safe_worker_open(struct gv_safe_worker *worker, struct gv_safe_batch *batch)
{
	const struct gv_identity *const *with;
	const struct gv_safe_keys *keys;
	size_t n;
	int r = gv_safe_identities_at_hand(&with, &n, batch->safe);

	keys = r == 0 ? gv_safe_keys_of(&r, batch->safe, batch->scope->name)
		      : NULL;
	worker->batch = batch;
	if (keys == NULL)
		return r;
	worker->seal = (struct gv_seal){ .key = keys->list.p,
		.scope = batch->scope->name,
		.to = batch->scope->to,
		.n_to = batch->scope->n_to,
		.threads = 1,
		.put = put,
		.ctx = worker };
	if (r == 0 && (r = gv_pack_lane_open(&worker->lane, batch->pack)) == 0)
		r = gv_seal_reader_new(&worker->reader, with, n);
	return r;
}

int
gv_safe_worker_close(struct gv_safe_worker *worker)
{
	gv_seal_reader_free(worker->reader);
	gv_secret_release(&worker->value);
	return gv_pack_lane_close(worker->lane);
}

/* What cannot be opened is counted and left; what cannot be sealed ends it. */
static int
note(struct gv_safe_worker *worker, struct gv_safe_entry *e, int r)
{
	struct gv_safe_batch *b = worker->batch;

	if (r == 0) {
		e->object = worker->object;
		e->is_tree = worker->is_tree;
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

int
gv_safe_worker_work(void *ctx, int i)
{
	struct gv_safe_batch *b = ctx;
	struct gv_safe_worker worker = { .value = GV_SECRET_INIT };
	struct gv_safe_entry *e;
	size_t at;
	int r = gv_safe_worker_open(&worker, b), closed;

	(void)i;
	while (r == 0 && !b->failed &&
	    (at = atomic_fetch_add(&b->next, 1)) < b->n) {
		e = b->list[at];
		if (gv_cancel_requested())
			r = gv_cancel_error();
		else if (!e->is_tree)
			r = note(&worker, e, seal_again(&worker, e));
	}
	if (r < 0)
		b->failed = true;
	closed = gv_safe_worker_close(&worker);
	return r < 0 ? r : closed;
}

/* ---- values in chunks -------------------------------------------------- */

struct list {
	struct gv_safe_worker worker;
	struct gv_map by_object; /* entries as they were, by what they had */
	struct gv_oid *was;
	struct gv_chunk_tree tree;
};

/* A chunk that was sealed again is the object of its entry; one whose turn has
 * not come is sealed now, and its entry has it. */
static int
add_chunk(void *ctx, const struct gv_oid *object)
{
	struct list *l = ctx;
	struct gv_safe_entry *e =
	    gv_map_get(&l->by_object, object->id, sizeof(object->id));
	int r = 0;

	if (e && !e->is_stale) {
		l->worker.object = e->object;
	} else {
		r = seal_chunk(&l->worker, object);
		if (r == 0 && e)
			r = note(&l->worker, e, 0);
	}
	return r < 0
	    ? r
	    : gv_chunk_tree_add(&l->tree, l->worker.lane, &l->worker.object);
}

static int
seal_list(struct list *l, struct gv_safe_entry *e)
{
	struct gv_oid tree = { { 0 } };
	int r;

	l->tree = (struct gv_chunk_tree)GV_CHUNK_TREE_INIT;
	if ((r = gv_safe_worker_value(&l->worker, &e->object, &e->id, NULL)) ==
	    0)
		r = gv_chunk_each(
		    l->worker.batch->safe->odb, &e->object, add_chunk, l);
	if (r == 0)
		r = gv_chunk_tree_finish(&l->tree, l->worker.lane, &tree);
	gv_chunk_tree_release(&l->tree);
	l->worker.object = tree;
	l->worker.is_tree = true;
	return note(&l->worker, e, r);
}

int
gv_safe_worker_lists(struct gv_safe_batch *b, const struct gv_map *by_object)
{
	struct list l = { .by_object = *by_object };
	size_t i;
	int r = gv_safe_worker_open(&l.worker, b), closed;

	for (i = 0; r == 0 && i < b->n; i++)
		if (b->list[i]->is_tree && b->list[i]->is_stale)
			r = seal_list(&l, b->list[i]);
	closed = gv_safe_worker_close(&l.worker);
	return r < 0 ? r : closed;
}
