#ifndef GV_NOTICE_H
#define GV_NOTICE_H
/*
 * Something changed in one of these folders: by inotify where the system has
 * it, else by looking at the folders now and then. An event
 * proves nothing: it says where to look. Folders below are not included.
 *
 *	r = gv_notice_open(&n, false);
 *	r = gv_notice_add(n, "/home/a/shop/src", 3);
 *	r = gv_notice_wait(n, -1, 1000, tell, ctx);	tell(ctx, 3, dir, name)
 *	gv_notice_look(n, 3, tell, ctx);
 *	gv_notice_close(n);
 *
 * Beside that it keeps, for each folder, a number of the last thing that
 * happened in it, also of what is not told: a write to a file that is still
 * open, a change of rights. So a caller learns which folders stand as they
 * stood at an earlier number, or that this is not known.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_notice;

/* `tag` is of the folder `dir`. `name` changed in it; NULL: something did, or
 * events were lost. `dir` is NULL where that may be in any folder of the tag.
 */
typedef void (*gv_notice_told)(
    void *ctx, size_t tag, const char *dir, const char *name);

/* Open one; `polls`: without inotify, also where there is one. 0 or GV_ENOMEM.
 */
int gv_notice_open(struct gv_notice **out, bool polls);

/* Mind a folder, which the caller calls by a number that several may share;
 * once more has no effect. One that is deleted is forgotten. One that the
 * system has no more room for is looked at by gv_notice_look() alone. 0;
 * GV_ENOTFOUND without a message where it is not there; GV_ENOMEM. */
int gv_notice_add(struct gv_notice *n, const char *dir, size_t tag);

/* Forget all folders of a number; what happened in them until now is unknown.
 */
void gv_notice_drop(struct gv_notice *n, size_t tag);

/* Wait at most that long for something to be told, and tell all that there is.
 * `other`, a descriptor or -1, ends it too: 1 where that can be read, else 0,
 * also where a signal ended it. Events that never
 * end are handed over now and then, so that a log costs little. */
int gv_notice_wait(struct gv_notice *n, int other, int wait_ms,
    gv_notice_told told, void *ctx);

/* Tell all that happened until now, without waiting, and give the number of
 * this moment: what happens later has a higher one. */
uint64_t gv_notice_now(struct gv_notice *n, gv_notice_told told, void *ctx);

/* Call fn for each folder of a number in which something may have happened
 * after the moment `since`: also for those that are only looked at, and those
 * that are minded since a later moment. Where files in it were written to or
 * got other rights, and nothing else happened, it is called with the name of
 * each, and of some to which that happened earlier; else `name` is NULL. 0;
 * fn's negative value; GV_ENOTFOUND without a message where it is not known:
 * events were lost, folders were forgotten or moved, or a file system was
 * mounted since. */
int gv_notice_each_moved(const struct gv_notice *n, size_t tag, uint64_t since,
    int (*fn)(void *ctx, const char *dir, const char *name), void *ctx);

/* Which folder is minded by that name for a number, as the system counts
 * folders: 1. 0 where it is only looked at; GV_ENOTFOUND without a message
 * where it is not known, or its file system may change without a word, as one
 * of a network. */
int gv_notice_find(const struct gv_notice *n, size_t tag, const char *dir,
    uint64_t *dev, uint64_t *ino);

/* Look at those folders of a number that nothing tells of, and tell of those
 * that are not as they were. */
void
gv_notice_look(struct gv_notice *n, size_t tag, gv_notice_told told, void *ctx);

/* How many folders of a number are minded, and how many only looked at. */
size_t gv_notice_count(const struct gv_notice *n, size_t tag, size_t *looked);

void gv_notice_close(struct gv_notice *n);

#endif
