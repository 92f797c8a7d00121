#ifndef GV_REPLICA_MANIFEST_H
#define GV_REPLICA_MANIFEST_H
/*
 * One link of a host's chain in a store: which refs the host had, and in which
 * packs their objects are. A whole manifest lists all of both; any other lists
 * what has changed since the one before, which it names by its SHA-256. A
 * manifest has exactly one text, so a signature is of what it says.
 *
 *	r = gv_replica_manifest_open(&m, &by, bytes, len);
 *	r = gv_replica_manifest_apply(&state, &m);
 *	gv_replica_manifest_release(&m);
 *
 * Whether the signer is one to trust is for the caller (replica_trust.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "replica/replica_name.h"
#include "repo/oid.h"

struct gv_buf;
struct gv_secret;
struct gv_sign;

#define GV_REPLICA_SPACE        "git-vault-replica" /* what is signed */
#define GV_REPLICA_MANIFEST_MAX ((size_t)64 << 20)  /* bytes of one */
#define GV_REPLICA_ID           32                  /* digits of a store's id */

struct gv_replica_ref {
	const char *name; /* in full */
	struct gv_oid id; /* zero, not in a whole one: it is gone */
};

struct gv_replica_pack {
	unsigned char sum[GV_REPLICA_SUM]; /* SHA-256 of the object */
	unsigned char idx_sum[GV_REPLICA_SUM];
	uint64_t bytes, idx_bytes; /* as the store has them */
	uint64_t objects;          /* of Git in it */
};

struct gv_replica_manifest {
	const char *store; /* the id that the store's format object says */
	const char *host;
	const char *head; /* the ref that HEAD names; NULL: none */
	uint64_t seq;     /* from 1 */
	int64_t time;     /* seconds since 1970 */
	bool is_whole;
	unsigned char previous[GV_REPLICA_SUM]; /* zero of the first */
	struct gv_replica_ref *refs;            /* sorted by name */
	size_t n_refs, cap_refs;
	struct gv_replica_pack *packs; /* sorted by sum */
	size_t n_packs, cap_packs;
	struct gv_arena arena; /* what the texts point into */
};

#define GV_REPLICA_MANIFEST_INIT                                               \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* Free; NULL-safe, zeroed ok. */
void gv_replica_manifest_release(struct gv_replica_manifest *m);

/* Add a ref or a pack; both are sorted when the text is written. The name is
 * copied. 0 or GV_ENOMEM. */
int gv_replica_manifest_add_ref(
    struct gv_replica_manifest *m, const char *name, const struct gv_oid *id);
int gv_replica_manifest_add_pack(
    struct gv_replica_manifest *m, const struct gv_replica_pack *pack);

/* Set a text of the manifest to a copy; NULL gives NULL. 0 or GV_ENOMEM. */
int gv_replica_manifest_set(
    struct gv_replica_manifest *m, const char **at, const char *text);

/* Sort refs and packs, so that they can be found. */
void gv_replica_manifest_sort(struct gv_replica_manifest *m);

/* The ref of that full name in a sorted one, or NULL; and the pack. */
const struct gv_replica_ref *
gv_replica_manifest_ref(const struct gv_replica_manifest *m, const char *name);
const struct gv_replica_pack *gv_replica_manifest_pack(
    const struct gv_replica_manifest *m, const unsigned char *sum);

/* ---- the text ---- */

/* Append the text, a line, and sort what is in it. 0 or GV_ENOMEM. */
int
gv_replica_manifest_format(struct gv_buf *out, struct gv_replica_manifest *m);

/* Read such a line. 0; GV_ECORRUPT with what is wrong, also where it is not in
 * the one form that it has; GV_EREFUSED for a newer format; GV_ENOMEM. `out` is
 * to be released in any case. */
int gv_replica_manifest_parse(
    struct gv_replica_manifest *out, const char *text, size_t len);

/* Append the text and the signature of it by that key. 0, GV_ENOMEM or
 * GV_ERROR. (replica_manifest_sign.c) */
int gv_replica_manifest_seal(struct gv_buf *out, struct gv_replica_manifest *m,
    const struct gv_secret *key);

/* Read both, and check the signature against the text. 0 with the signature in
 * *by; GV_ECORRUPT, also for a signature of something else; GV_EREFUSED where
 * nobody signed it, and for a newer format; GV_ENOMEM. `out` is to be released
 * in any case. (replica_manifest_sign.c) */
int gv_replica_manifest_open(struct gv_replica_manifest *out,
    struct gv_sign *by, const char *text, size_t len);

/* ---- as states (replica_manifest_state.c) ---- */

/* Give a state what the next manifest says: a whole one replaces it. 0;
 * GV_ECORRUPT where it does not go on from the state; GV_ENOMEM, and the state
 * is undefined then. */
int gv_replica_manifest_apply(
    struct gv_replica_manifest *state, const struct gv_replica_manifest *next);

/* Add the packs of a sorted manifest to those of another; both are sorted, also
 * afterwards. 0 or GV_ENOMEM. */
int gv_replica_manifest_join_packs(
    struct gv_replica_manifest *out, const struct gv_replica_manifest *m);

/* Add to `out` the refs by which `after` differs from `before`, and the packs
 * that only `after` has. Both are sorted. 0 or GV_ENOMEM. */
int gv_replica_manifest_diff(struct gv_replica_manifest *out,
    const struct gv_replica_manifest *before,
    const struct gv_replica_manifest *after);

/* The bytes of all packs. */
uint64_t gv_replica_manifest_bytes(const struct gv_replica_manifest *state);

/* Whether a push packs everything again. `whole` is the number of bytes that
 * the packs had when this was last done (0: not known; then those of the
 * largest pack count). What was added since has grown to as much (and 16 MiB),
 * to a quarter of it in more than 64 packs, or to more than 1,000 packs. So
 * what is sent in all is at most some times what was added. Pure. */
bool gv_replica_manifest_is_due(
    const struct gv_replica_manifest *state, uint64_t whole);

/* A copy. 0 or GV_ENOMEM; to be released in any case. */
int gv_replica_manifest_copy(
    struct gv_replica_manifest *out, const struct gv_replica_manifest *m);

#endif
