#ifndef GV_SHARD_H
#define GV_SHARD_H
/*
 * One of N equal parts of a long list of repositories, so that N processes can
 * share the list without talking to each other. A repository belongs to the
 * part that the SHA-256 of its path says: its first eight bytes, as a number in
 * network order, modulo N. Pure functions.
 *
 *	r = gv_shard_parse(&shard, "3/16", NULL);
 *	if (gv_shard_has(&shard, &key))
 */

#include <stdbool.h>
#include <stdint.h>

#define GV_SHARD_MAX 100000

struct gv_shard {
	uint32_t index, n; /* n 0: everything */
};

/* Stands for a path: the beginning of its SHA-256. */
struct gv_shard_key {
	unsigned char bytes[16];
};

/* Read "I/N", or "N" where `index` is I as text (JOB_COMPLETION_INDEX of an
 * Indexed Job of Kubernetes; NULL: unknown). I is less than N. 0 or GV_EUSAGE.
 */
int gv_shard_parse(struct gv_shard *out, const char *text, const char *index);

struct gv_shard_key gv_shard_key(const char *path);

bool gv_shard_has(const struct gv_shard *shard, const struct gv_shard_key *key);

#endif
