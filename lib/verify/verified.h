#ifndef GV_VERIFIED_H
#define GV_VERIFIED_H
/*
 * When each snapshot was last verified and found whole. A cache in the
 * repository's own vault folder, shared by its working trees: lost or damaged
 * it costs another verification, never more.
 *
 *	gv_verified_load(&v, repo, now);
 *	when = gv_verified_get(&v, rec->id, &rec->commit);	0: never
 *	gv_verified_release(&v);
 */

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "record/record_id.h"
#include "repo/oid.h"

struct gv_repo;

struct gv_verified_entry {
	char id[GV_RECORD_ID_LEN + 1];
	struct gv_oid commit; /* another one under this id: not verified */
	int64_t time;         /* seconds since 1970 */
};

struct gv_verified {
	struct gv_verified_entry *entries; /* sorted by id */
	size_t n, cap;
};

/* Read the text of the file. 0; GV_ECORRUPT without a message where it is
 * not what gv_verified_format() writes, down to the last byte; GV_ENOMEM.
 * *out is empty then. */
int gv_verified_parse(struct gv_verified *out, const char *text, size_t len);

/* Append the text. */
void gv_verified_format(struct gv_buf *out, const struct gv_verified *v);

/* Read the file of the repository; none, or a damaged one, is as one without
 * entries. What is said to have been verified more than ten minutes after `now`
 * is left out: the clock was ahead then, and it would be said for years. 0 or
 * GV_ENOMEM. */
int gv_verified_load(
    struct gv_verified *out, const struct gv_repo *repo, int64_t now);

/* Replace the file. No failure tells: it only costs time. */
void gv_verified_save(const struct gv_verified *v, const struct gv_repo *repo);

/* When the snapshot was verified, or 0. */
int64_t gv_verified_get(
    const struct gv_verified *v, const char *id, const struct gv_oid *commit);

/* Set it; 0 takes it away. 0 or GV_ENOMEM. */
int gv_verified_put(struct gv_verified *v, const char *id,
    const struct gv_oid *commit, int64_t time);

/* Free; NULL-safe, zeroed struct ok. */
void gv_verified_release(struct gv_verified *v);

#endif
