#ifndef GV_SNAPSHOT_LAST_H
#define GV_SNAPSHOT_LAST_H
/*
 * The snapshot that the working tree is compared with, and the one that the
 * next snapshot builds on.
 *
 *	r = gv_snapshot_last(&rec, repo);
 *	gv_record_release(&rec);
 */

struct gv_record;
struct gv_repo;

/* What the working tree is compared with where nobody names a snapshot: what
 * `latest` means, as gv_record_resolve() has it. */
int gv_snapshot_last(struct gv_record *out, struct gv_repo *repo);

/* The snapshot that the next one of this working tree builds on, whatever it
 * was taken for: with nothing changed since, that is what a next one would
 * give. 0 with *out set (the caller releases it); GV_ENOTFOUND where that is
 * not known; GV_ECORRUPT. */
int gv_snapshot_cached(struct gv_record *out, struct gv_repo *repo);

/* Forget what the last snapshot of each working tree was, so that the next ones
 * look at every file and stand on nothing that may be lost. */
void gv_snapshot_forget(const struct gv_repo *repo);

#endif
