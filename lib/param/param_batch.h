#ifndef GV_PARAM_BATCH_H
#define GV_PARAM_BATCH_H
/*
 * Several files of the working tree replaced together: all or none, whenever
 * the program is killed or the disk is full. What is to be is staged in the
 * vault's folder; then a journal stands, and from then on the next command
 * finishes what is missing.
 *
 *	r = gv_param_batch_lock(&fd, repo);
 *	r = gv_param_batch_write(repo, files, n);
 *	gv_lock_close(fd);
 */

#include <stddef.h>

struct gv_buf;
struct gv_repo;

struct gv_param_batch_file {
	const char *path;         /* from the top of the working tree */
	const struct gv_buf *was; /* what it has; NULL: it is made */
	const struct gv_buf *text;
};

/* Let nobody else write; what was interrupted is finished first. 0, and the
 * caller closes *fd by gv_lock_close(); GV_ELOCKED; as
 * gv_param_batch_recover(). */
int gv_param_batch_lock(int *fd, struct gv_repo *repo);

/* Write the files, at most GV_PARAM_BATCH_MAX and each path once, under that
 * lock. 0; GV_EREFUSED with nothing written where one has something else than
 * `was`, or leads through a link; GV_ERROR, with nothing written, or where the
 * next command finishes it; GV_ENOMEM. */
#define GV_PARAM_BATCH_MAX 10000

int gv_param_batch_write(
    struct gv_repo *repo, const struct gv_param_batch_file *files, size_t n);

/* Finish what was interrupted, if anything and if nobody is at it: one
 * access(2) where there is nothing. A file that was changed since stays, and
 * is named in the sentence, which is appended. 0; GV_ECORRUPT for a damaged
 * journal; GV_ERROR; GV_ENOMEM. */
int gv_param_batch_recover(struct gv_repo *repo, struct gv_buf *sentence);

#endif
