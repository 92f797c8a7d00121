#ifndef GV_RECORD_DAMAGED_H
#define GV_RECORD_DAMAGED_H
/*
 * What a user can do if the snapshot that was asked for is damaged: copies of
 * it may be intact, and so may older ones.
 *
 *	if (r == GV_ECORRUPT)
 *		return gv_record_damaged_say(repo, "latest");
 */

struct gv_repo;

/* Add to the message of the failure what was asked for, the command that looks
 * for an intact copy, and the newest snapshot that can be read. GV_ECORRUPT, or
 * a failure. */
int gv_record_damaged_say(struct gv_repo *repo, const char *asked);

#endif
