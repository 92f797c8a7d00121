#ifndef RESTORE_OUT_H
#define RESTORE_OUT_H
/*
 * What is said of any restore behind its figures, whichever command made it.
 *
 *	gv_restore_out_rest(ctx, &result);
 */

#include <stdbool.h>

struct gv_buf;
struct gv_ctx;
struct gv_opt_list;
struct gv_record;
struct gv_restore_result;

/* How a restore in place was asked for. */
struct gv_restore_undo {
	bool index, recurse;
	const struct gv_opt_list *identities;
	char *const *paths; /* NULL behind the last */
	bool is_moved; /* the files of one environment are in places of another,
			  where time and size can be the same by chance */
};

/* Warn of files that are not there since a sparse checkout had left them out
 * when the snapshot of that id was taken, and say who has them. */
void gv_restore_out_sparse(
    struct gv_ctx *ctx, const struct gv_restore_result *res, const char *id);

/* Warn of files that the snapshot leaves to Subversion or Mercurial, and say
 * how `to` (NULL: an archive) is restored with them. */
void
gv_restore_out_omitted(struct gv_ctx *ctx, const struct gv_restore_result *res,
    const struct gv_record *rec, const char *to);

/* Warn of what the snapshot of that id lacks, since it could not be read. */
void gv_restore_out_unread(
    struct gv_ctx *ctx, const struct gv_restore_result *res, const char *id);

/* Say what stays though the snapshot does not hold it, and warn of what the
 * system did not let us set. */
void
gv_restore_out_rest(struct gv_ctx *ctx, const struct gv_restore_result *res);

/* Append what became of the files: "2 created, 96 unchanged", or "no files".
 * `stays`: those that were there were not compared, only left. */
void gv_restore_out_counts(
    struct gv_buf *out, const struct gv_restore_result *res, bool stays);

/* Append the command that brings back what a restore in place replaced, from
 * the safety snapshot that it took: "git vault restore ID --in-place ...". It
 * removes files only if the restore made some. Nothing is appended if no safety
 * snapshot was taken. */
void gv_restore_out_undo(struct gv_buf *out, const struct gv_ctx *ctx,
    const struct gv_restore_result *res, const struct gv_restore_undo *how);

/* Remember a restore in place for `git vault undo`, before anything is replaced
 * and again when it is done: `removes` says whether to undo it removes files
 * that the safety snapshot does not hold. As gv_undo_save(). */
int gv_restore_out_remember(struct gv_ctx *ctx, const char *safety,
    bool removes, const struct gv_restore_undo *how);

/* Say which snapshot of somebody else has files that this one, the newest of
 * all, lacks, and how they are had. 0, GV_ENOMEM or GV_ECANCELED. */
int gv_restore_out_more(struct gv_ctx *ctx, const struct gv_record *rec);

#endif
