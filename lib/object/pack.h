#ifndef GV_PACK_H
#define GV_PACK_H
/*
 * Writes new objects straight into one pack and its index (version 2, also
 * beyond 2 GiB): each thread has a lane with a buffer of its own, takes an
 * offset under a lock and writes there. Equal objects are written once;
 * objects that the repository has are not written (but freshened). Nothing
 * is visible before gv_pack_finish(), and then first the pack, then the
 * index, both on disk.
 *
 *	r = gv_pack_open(&pack, &opts);
 *	r = gv_pack_lane_open(&lane, pack);		one a thread
 *	r = gv_pack_add(lane, &id, GV_OTYPE_BLOB, data, len, NULL);
 *	r = gv_pack_lane_close(lane);
 *	r = gv_pack_finish(pack, &result);
 *	... move the ref ...
 *	gv_pack_unkeep(pack);
 *	gv_pack_free(pack);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_buf;
struct gv_odb;
struct gv_pack;
struct gv_pack_lane;

struct gv_pack_opts {
	const char *objects_dir; /* the pack goes to its pack/ folder */
	struct gv_odb *odb;      /* what need not be written; NULL: all is */
	int level;               /* of compression; 0 means 1 */
	/* little is written, and packed again when packs are folded: text and
	 * trees are compressed in less time, for an eighth more bytes */
	bool is_quick;
	bool no_sync; /* not durable: for tests and dry runs */
};

struct gv_pack_result {
	uint32_t objects; /* 0: nothing was new, no file was made */
	uint32_t deltas;
	uint64_t bytes;         /* of the pack file */
	struct gv_oid checksum; /* the pack's name: pack-<checksum>.pack */
};

/* Begin a pack. The temporary file is made when the first bytes are ready.
 * 0 or GV_ENOMEM. */
int gv_pack_open(struct gv_pack **out, const struct gv_pack_opts *opts);

/* A lane for one thread. */
int gv_pack_lane_open(struct gv_pack_lane **out, struct gv_pack *pack);

/* Write out what the lane still holds and free it (freed also on failure);
 * NULL-safe. */
int gv_pack_lane_close(struct gv_pack_lane *lane);

/* Begin a group of sister files (the same path in several environments): the
 * next whole object added becomes the base that the following ones of the
 * group may be stored as deltas against. */
void gv_pack_group(struct gv_pack_lane *lane);

/* What comes next has no sisters. */
void gv_pack_ungroup(struct gv_pack_lane *lane);

/* Add an object and get its id. *added (may be NULL) tells whether it was
 * new. 0; GV_ERROR with errno's reason where it could not be written (then
 * the whole pack is lost: go on to gv_pack_free()). */
int gv_pack_add(struct gv_pack_lane *lane, struct gv_oid *out,
    enum gv_otype type, const void *data, size_t len, bool *added);

/* As gv_pack_add() for an object whose id the caller knows already. */
int gv_pack_add_known(struct gv_pack_lane *lane, const struct gv_oid *id,
    enum gv_otype type, const void *data, size_t len, bool *added);

/* Add a blob of `size` bytes that read(ctx, data, len) gives in pieces (the
 * bytes put at `data`, at most `len`; 0 at the end, negative on failure),
 * with bounded memory. GV_EEXISTS without a message where it gives more or
 * fewer bytes than `size`: nothing was added then. */
int
gv_pack_add_stream(struct gv_pack_lane *lane, struct gv_oid *out, uint64_t size,
    int64_t (*read)(void *ctx, void *data, size_t len), void *ctx, bool *added);

/* All lanes closed: complete the file, flush it, put it in place as
 * pack-<checksum>.pack with its .idx (or another name, where another writer
 * has that one), and a .keep that saves it from a concurrent repack until
 * gv_pack_unkeep(). 0, or GV_ERROR and nothing in place. */
int gv_pack_finish(struct gv_pack *pack, struct gv_pack_result *result);

/* Let go of the pack once a ref reaches it: remove the .keep. */
void gv_pack_unkeep(struct gv_pack *pack);

/* Free; an unfinished pack's temporary file is removed; one that was finished
 * and is still kept (no ref took it) is removed too. NULL-safe. */
void gv_pack_free(struct gv_pack *pack);

/* Remove .keep and temporary files in objects_dir that a git-vault left
 * when it was killed (its process is gone), and a multi-pack-index of packs
 * that are gone (object/midx.h). Called at the start of a snapshot. Never
 * touches another program's. */
int gv_pack_sweep(const char *objects_dir);

/* Whether a file's name in the pack folder says that it is the index of the
 * pack of these 40 digits, which a fold has moved out of the way. */
bool gv_pack_hides(const char *name, const char *pack);

/* Append the names of what such a sweep would remove, a NUL behind each. 0 or
 * GV_ENOMEM. */
int gv_pack_left(struct gv_buf *names, const char *objects_dir);

#endif
