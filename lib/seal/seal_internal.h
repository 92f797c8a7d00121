#ifndef GV_SEAL_INTERNAL_H
#define GV_SEAL_INTERNAL_H
/* What the parts of seal share: pieces, which are sealed each by itself, some
 * at a time by several threads; and a value that is made up of them. */

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "seal/seal.h"
#include "sys/workers.h"

struct gv_seal_lane;

/* What there is of an id. */
struct gv_seal_known {
	struct gv_digest id;
	struct gv_oid object;
	bool is_there; /* before we came */
};

struct gv_seal_piece {
	const unsigned char *p;
	size_t len;
	struct gv_digest id;
	struct gv_seal_known *as; /* that of its id */
	bool is_to_seal;          /* it is the first of that id */
	bool is_named;            /* it came with its id */
};

struct gv_seal_batch;

/* One thing that is done with all pieces of a batch. */
struct gv_seal_pass {
	struct gv_seal_batch *batch;
	int (*step)(struct gv_seal_pass *pass, struct gv_seal_piece *piece,
	    struct gv_seal_lane *lane);
	atomic_size_t next;
	atomic_bool failed;
	pthread_mutex_t lock;
	struct gv_workers workers;
};

struct gv_seal_batch {
	const struct gv_seal *how;
	struct gv_seal_piece *pieces;
	size_t n, cap;
	struct gv_map known; /* by id, of all that were run */
	struct gv_arena arena;
	struct gv_seal_pass pass;
};

/* Whether values can be sealed so. As gv_seal_run(). */
int gv_seal_check(const struct gv_seal *how);

/* The id of a piece. */
void gv_seal_name_piece(const struct gv_seal *how, struct gv_seal_piece *piece);

/* Add a piece, whose bytes stay the caller's. 0 or GV_ENOMEM. */
int gv_seal_batch_add(struct gv_seal_batch *b, const void *p, size_t len);

/* Name and look up all pieces, and seal those that are not there: then all have
 * `as`. As gv_seal_run(). */
int gv_seal_batch_run(struct gv_seal_batch *b);

/* Begin the same: pieces are named and looked up, and sealed by threads while
 * the caller goes on; the batch and the bytes must stay where they are until
 * gv_seal_batch_finish(), which also seals what they have not come to. Both as
 * gv_seal_run(); after a failure to begin there is nothing to finish. */
int gv_seal_batch_start(struct gv_seal_batch *b);
int gv_seal_batch_finish(struct gv_seal_batch *b);

/* NULL-safe, zeroed ok. */
void gv_seal_batch_release(struct gv_seal_batch *b);

/* A value in chunks while it is made up. Zeroed but for `how` is empty. */
struct gv_seal_list {
	const struct gv_seal *how;
	struct gv_buf ids;
	struct gv_chunk_tree tree;
	bool is_new;
};

/* Add the next chunk, which was run. 0 or a failure. */
int
gv_seal_list_add(struct gv_seal_list *list, const struct gv_seal_piece *piece);

/* That was the last one: id, object and is_new of the value. 0 or a failure. */
int gv_seal_list_finish(struct gv_seal_list *list, struct gv_seal_value *value);

/* The id of a value in chunks of these ids, one behind the other. */
void gv_seal_name_list(
    struct gv_digest *out, const struct gv_seal *how, const struct gv_buf *ids);

/* NULL-safe, zeroed ok. */
void gv_seal_list_release(struct gv_seal_list *list);

#endif
