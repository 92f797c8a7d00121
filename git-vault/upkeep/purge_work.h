#ifndef PURGE_WORK_H
#define PURGE_WORK_H
/*
 * What all purges do alike, of files and of secrets: rewrite the snapshots of
 * this clone, note for the copies what they have to lose, go on there, and tell
 * of all of it.
 *
 *	r = gv_purge_work_here(&work, &how);
 *	gv_purge_work_hint(&work);
 *	r = gv_purge_work_copies(&work);
 */

#include <stdbool.h>

#include "git-vault/upkeep/purge_records.h"
#include "secret/purge.h"

struct gv_ctx;
struct gv_opt_list;

struct gv_purge_work {
	struct gv_ctx *ctx;
	const struct gv_opt_list *identities;
	const char *command; /* the same purge in another clone */
	bool dry_run;
	struct gv_purge_records records;
	int noted; /* a failure to note one, or 0 */
	struct gv_purge_result result;
};

/* Rewrite the snapshots. Of `how`, the callbacks are set here. 0; as
 * gv_purge_run(). */
int gv_purge_work_here(struct gv_purge_work *work, struct gv_purge_opts *how);

/* For people: how many snapshots and automatic saves were rewritten, and the
 * places in them, which are called `noun`. */
void gv_purge_work_say(const struct gv_purge_work *work, const char *noun);

/* For people, after the sums: what stays, and what to do. */
void gv_purge_work_hint(const struct gv_purge_work *work);

/* For programs: known-good records, and the sums that all purges have. */
void gv_purge_work_put(const struct gv_purge_work *work);

/* Go on in the targets; the exit status of all of it, or a failure. */
int gv_purge_work_copies(struct gv_purge_work *work);

#endif
