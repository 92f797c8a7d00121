#ifndef GV_REPLICA_MEMORY_H
#define GV_REPLICA_MEMORY_H
/*
 * What this clone remembers of a target: which store it is, how far each chain
 * was seen, what of it was verified, and where its own chain stands. Without it
 * nothing is lost, but a push begins with a look at the store, and a store that
 * was set back is not noticed until the audit tells.
 *
 *	r = gv_replica_memory_load(&m, dir);
 *	r = gv_replica_memory_save(&m, dir);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "replica/replica_manifest.h"

struct gv_buf;
struct gv_repo;

/* The newest manifest of a host that was seen. */
struct gv_replica_seen {
	char host[GV_REPLICA_HOST_MAX + 1];
	uint64_t seq;
	unsigned char sum[GV_REPLICA_SUM];
};

enum gv_replica_level {
	GV_REPLICA_LISTED, /* the store lists it, with its size */
	GV_REPLICA_HASHED, /* the store vouches for its SHA-256 */
	GV_REPLICA_READ,   /* it was read here, and has that SHA-256 */
	GV_REPLICA_LEVELS
};

/* "listed", "hashed", "read". */
extern const char *const gv_replica_levels[GV_REPLICA_LEVELS];

/* What a look at the store found that no copy may have, until another look
 * proves the copy intact. */
struct gv_replica_damage {
	int64_t time; /* when it was found first; 0: nothing is wrong */
	/* by a verification of this level; GV_REPLICA_LEVELS: by a push */
	unsigned by;
	enum gv_replica_mend {
		GV_REPLICA_MEND_WHOLE, /* a push of everything */
		GV_REPLICA_MEND_BEGIN, /* another chain: this one is broken */
		GV_REPLICA_MEND_OTHER, /* the host whose chain it is */
		GV_REPLICA_MENDS
	} mend;
	char *text; /* a sentence */
};

struct gv_replica_memory {
	char store[GV_REPLICA_ID + 1];      /* "": never seen */
	char host[GV_REPLICA_HOST_MAX + 1]; /* under which this clone writes */
	struct gv_replica_seen *seen;       /* sorted by host */
	size_t n, cap;
	/* a manifest that was about to be written; seq 0: none */
	struct gv_replica_seen pending;
	/* when all of the chain up to a number was verified; 0: never */
	struct {
		int64_t time;
		uint64_t seq;
	} verified[GV_REPLICA_LEVELS];
	int64_t pushed;    /* when the last push ended */
	int64_t succeeded; /* when one last left nothing out */
	struct gv_replica_damage damage;
	uint64_t requests; /* of all pushes, verifies and prunes from here */
	uint64_t bytes_out, bytes_in;
	uint64_t whole; /* bytes of packs when all was last packed; 0: that is
			      not known */
	unsigned promises; /* of the store … */
	bool is_probed;    /* … if they are known */
	bool is_encrypted; /* the store, as its format object says … */
	bool has_kind;     /* … if that is known */
};

/* Append the folder of a target: below the shared .git. */
int gv_replica_memory_dir(
    struct gv_buf *out, const struct gv_repo *repo, const char *target);

/* Read it; what is not there or damaged is empty. 0; GV_ENOMEM; GV_ERROR. To be
 * released in any case. */
int gv_replica_memory_load(struct gv_replica_memory *out, const char *dir);

/* Write it, durably. 0; GV_ERROR; GV_ENOMEM. */
int gv_replica_memory_save(const struct gv_replica_memory *m, const char *dir);

/* The text of it, and back: 0; GV_ECORRUPT; GV_ENOMEM. */
int
gv_replica_memory_format(struct gv_buf *out, const struct gv_replica_memory *m);
int gv_replica_memory_parse(
    struct gv_replica_memory *out, const char *text, size_t len);

/* What was seen of a host, or NULL; and note that it was. 0 or GV_ENOMEM. */
const struct gv_replica_seen *
gv_replica_memory_find(const struct gv_replica_memory *m, const char *host);
int gv_replica_memory_see(struct gv_replica_memory *m, const char *host,
    uint64_t seq, const unsigned char *sum);

/* Note damage; when it was found first is kept. 0 or GV_ENOMEM. */
int gv_replica_memory_damage(
    struct gv_replica_memory *m, const struct gv_replica_damage *found);

/* Append the command for that: it mends the copy, or shows what does. */
void gv_replica_memory_mend(struct gv_buf *out,
    const struct gv_replica_damage *damage, const char *target);

/* Forget it. */
void gv_replica_memory_mended(struct gv_replica_memory *m);

/* NULL-safe, zeroed ok. */
void gv_replica_memory_release(struct gv_replica_memory *m);

/* Files of that folder that are locked: by what works with the target, and by
 * the push that waits for that. */
#define GV_REPLICA_LOCK "lock"
#define GV_REPLICA_TURN "turn"

#define GV_REPLICA_STATE   "state" /* of this clone's chain, at its last push */
#define GV_REPLICA_PENDING "pending" /* … at that which was about to end */

/* Such a state, as a whole manifest. 0; GV_ENOTFOUND without a message where
 * there is none that can be used; GV_ENOMEM. */
int gv_replica_memory_state(
    struct gv_replica_manifest *out, const char *dir, const char *name);
int gv_replica_memory_save_state(
    struct gv_replica_manifest *state, const char *dir, const char *name);

#endif
