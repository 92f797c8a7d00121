#ifndef GV_SAFE_RESEAL_WORKER_H
#define GV_SAFE_RESEAL_WORKER_H
/*
 * One thread at a batch of values that are encrypted again: opens a value by
 * the keys at hand, holds it to its id, and encrypts it for the present readers
 * of its scope. safe_reseal.c makes the batches and publishes them.
 *
 *	r = gv_workers_run(gv_workers_count(0), gv_safe_worker_work, &batch);
 *	if (r == 0)
 *		r = gv_safe_worker_lists(&batch, &by_object);
 */

#include <stdatomic.h>

#include "crypto/secret.h"
#include "safe/safe_internal.h"
#include "safe/safe_resealed.h"
#include "seal/seal.h"

struct gv_pack;

struct gv_safe_batch {
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
struct gv_safe_worker {
	struct gv_safe_batch *batch;
	struct gv_pack_lane *lane;
	struct gv_seal_reader *reader;
	struct gv_secret value;
	struct gv_seal seal;
	struct gv_oid object; /* that the last value became */
	bool is_tree;         /* it is a tree of chunks */
};

/* Begin with a zeroed worker. 0 or a failure; to be closed in any case. */
int
gv_safe_worker_open(struct gv_safe_worker *worker, struct gv_safe_batch *batch);
int gv_safe_worker_close(struct gv_safe_worker *worker);

/* Open the value of an id into worker->value (a sink that is NULL: only look),
 * and hold it to the id by the keys of the scope, the newest first. 0;
 * GV_ECORRUPT where no key of the scope named this value so, which is left as
 * it is then; GV_ENOKEY; GV_ENOTFOUND; GV_ENOMEM. */
int gv_safe_worker_value(struct gv_safe_worker *worker,
    const struct gv_oid *object, const struct gv_digest *id, gv_age_sink *sink);

/* Encrypt chunks and small values of the batch, `batch` is one: a worker of
 * sys/workers.h. What cannot be opened is counted and left. 0 or a failure. */
int gv_safe_worker_work(void *batch, int i);

/* Then its lists of chunks; `by_object` has the entries by the objects that
 * they had before. The same. */
int gv_safe_worker_lists(
    struct gv_safe_batch *batch, const struct gv_map *by_object);

#endif
