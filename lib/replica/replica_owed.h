#ifndef GV_REPLICA_OWED_H
#define GV_REPLICA_OWED_H
/*
 * What a purge here has taken out of the vault and a target may still have:
 * ids of objects, noted for each target before anything changes here. So a
 * purge that was killed, or did not reach a store, is known until it is done.
 *
 *	r = gv_replica_owed_add(repo, "far", oids, n, "git vault purge x");
 *	r = gv_replica_owed_done(repo, "far", "git vault purge x");
 *	r = gv_replica_owed_load(&owed, dir);
 *	r = gv_replica_owed_settle(dir, done, n);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_repo;

struct gv_replica_owed {
	struct gv_oid *oids; /* sorted, each once */
	size_t n, cap;
	struct gv_buf commands; /* what was purged: lines, see below */
	struct gv_buf begun;    /* … and is not rewritten in this clone yet */
};

/* Append the commands of such lines, joined by " && ". 0 or GV_ENOMEM. */
int gv_replica_owed_commands(struct gv_buf *out, const struct gv_buf *lines);

/* Add to what a target owes, durably; the command is begun. 0; GV_ELOCKED;
 * GV_ERROR; GV_ENOMEM. */
int gv_replica_owed_add(const struct gv_repo *repo, const char *target,
    const struct gv_oid *oids, size_t n, const char *command);

/* What the command begins in this clone is done. The same. */
int gv_replica_owed_done(
    const struct gv_repo *repo, const char *target, const char *command);

/* Read it from the memory of a target (`dir`). Without a file, nothing is owed.
 * 0; GV_ECORRUPT; GV_ERROR; GV_ENOMEM. To be released in any case. */
int gv_replica_owed_load(struct gv_replica_owed *out, const char *dir);

/* How many objects a target owes. As gv_replica_owed_load(). */
int gv_replica_owed_count(
    size_t *out, const struct gv_repo *repo, const char *target);

/* These are not owed any more; without any left, the file goes. The same. */
int
gv_replica_owed_settle(const char *dir, const struct gv_oid *done, size_t n);

/* Whether one of them is in a sorted row. Pure. */
bool gv_replica_owed_has(
    const struct gv_oid *sorted, size_t n, const struct gv_oid *oid);

/* Sort a row, each id once; how many are left. Pure. */
size_t gv_replica_owed_sort(struct gv_oid *oids, size_t n);

/* NULL-safe, zeroed ok. */
void gv_replica_owed_release(struct gv_replica_owed *owed);

#endif
