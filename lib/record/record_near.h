#ifndef GV_RECORD_NEAR_H
#define GV_RECORD_NEAR_H
/*
 * What to offer a user who named a snapshot that cannot be had: for a name that
 * fits nothing, the one that was probably meant, a tag, `latest` or an
 * environment with known-good records; for a damaged one, an intact copy.
 *
 *	r = gv_record_near(&near, repo, "tag:esk");	"tag:eks"
 */

struct gv_buf;
struct gv_repo;

/* Append the nearest expression, quoted for a message; nothing if none is near.
 * Damaged snapshots are passed over. 0, or a failure of reading. */
int gv_record_near(struct gv_buf *out, struct gv_repo *repo, const char *typed);

/* A damaged snapshot may have intact copies, and older ones may be intact. Add
 * to the message of the failure what was asked for, the command that looks for
 * an intact copy, and the newest snapshot that can be read. GV_ECORRUPT, or a
 * failure. */
int gv_record_near_intact(struct gv_repo *repo, const char *asked);

/* Where a repository has no snapshot: say so for the one that was asked for,
 * with the newest automatic save, or how to get a snapshot. GV_ENOTFOUND, or
 * GV_ENOMEM. */
int gv_record_near_none(struct gv_repo *repo, const char *asked);

#endif
