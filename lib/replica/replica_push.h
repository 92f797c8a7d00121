#ifndef GV_REPLICA_PUSH_H
#define GV_REPLICA_PUSH_H
/*
 * What the parts of a push share; include it nowhere else.
 *
 *	replica_push.c		all of it, in order
 *	replica_push_start.c	where the chain stands, and whose it is
 *	replica_push_gate.c	what must not leave this clone
 *	replica_push_pack.c	the pack of what the store lacks
 *	replica_push_reuse.c	packs of the repository, sent as they are
 *	replica_push_room.c	whether it fits into the target's limit
 *	replica_push_bundle.c	the bundle that git clone begins with
 */

#include "object/scratch.h"
#include "replica/replica_internal.h"

struct gv_pack_file;

struct gv_replica_push {
	struct gv_replica_pushed *out;
	struct gv_replica *rep;
	const struct gv_replica_push_opts *opts;
	/* what the store has of this clone, as a whole manifest; where the
	 * chain does not exist yet, all that it has of others */
	struct gv_replica_manifest before;
	struct gv_replica_manifest after;       /* what it is to have */
	unsigned char previous[GV_REPLICA_SUM]; /* of the newest manifest */
	uint64_t last;                          /* its number; 0: none */
	bool is_whole;
	bool is_asked;   /* of a target with a limit: … */
	uint64_t stored; /* … bytes there, with what this push sends */
	struct gv_scratch scratch;
};

/* Find where this clone's chain stands: from memory, else from the store; and
 * settle what a push that was killed has left open. 0; GV_EEXISTS where another
 * clone writes it; others. */
int gv_replica_push_start(struct gv_replica_push *push);

/* Whether this push writes heads/HOST. */
bool gv_replica_push_writes_hint(const struct gv_replica_push *push);

/* Take out of `after` what must not leave, or set it back. 0; GV_EREFUSED; as
 * gv_outgoing_look(). */
int gv_replica_push_gate(struct gv_replica_push *push);

/* Pack what `after` leads to and `before` does not, store the pack and its
 * index, and add it to `after`. 0, also where there is nothing to pack;
 * GV_ERROR; as gv_store_put(). */
int gv_replica_push_pack(struct gv_replica_push *push);

/* A pack of the repository. */
struct gv_replica_reused {
	struct gv_buf stem; /* its path in the scratch folder, no extension */
	struct gv_pack_file *file;
	uint64_t bytes;
};

/* The packs that can be sent as they are, and what they leave. */
struct gv_replica_reuse {
	struct gv_replica_reused *all;
	size_t n, cap;
	bool is_listed;     /* else no pack is large enough to ask for it */
	struct gv_buf list; /* the file of all that is sent: an id and a path */
	uint64_t n_left;    /* objects that no such pack has */
};

/* Find them: packs of 8 MiB or more, each of whose objects the revisions lead
 * to (as git rev-list --stdin reads them). 0, also where there are none;
 * GV_ERROR; GV_ENOMEM. To be released in any case. */
int gv_replica_reuse_load(struct gv_replica_reuse *out,
    struct gv_replica_push *push, const struct gv_buf *revisions);
void gv_replica_reuse_release(struct gv_replica_reuse *reuse);

/* The lines of the list whose objects are in none of the packs. */
struct gv_replica_left {
	int fd;
	const struct gv_replica_reuse *reuse;
	struct gv_buf in, out;
};

/* 0; GV_ERROR; GV_ENOMEM. To be closed in any case. */
int gv_replica_left_open(
    struct gv_replica_left *out, const struct gv_replica_reuse *reuse);
void gv_replica_left_close(struct gv_replica_left *left);

/* The next of them, as gv_proc's give(). */
int64_t gv_replica_left_give(void *left, const void **data);

/* Whether that many bytes more fit into the target's limit; then they count. 0,
 * also where there is no limit; GV_EREFUSED; as gv_store_list(). */
int gv_replica_push_room(struct gv_replica_push *push, uint64_t bytes);

/* Whether all that the chain needs would fit in once more, until the next
 * prune. 0; as gv_store_list(). */
int gv_replica_push_room_for_all(bool *out, struct gv_replica_push *push);

/* Write a bundle of branches and tags and the list that names it. 0; as
 * gv_store_put(). */
int gv_replica_push_bundle(struct gv_replica_push *push);

#endif
