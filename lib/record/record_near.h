#ifndef GV_RECORD_NEAR_H
#define GV_RECORD_NEAR_H
/*
 * The name of a snapshot that was probably meant: a tag, `latest`, or an
 * environment with known-good records. For messages about names that fit
 * nothing.
 *
 *	r = gv_record_near(&near, repo, "tag:esk");	"tag:eks"
 */

struct gv_buf;
struct gv_repo;

/* Append the nearest expression, quoted for a message; nothing if none is near.
 * Damaged snapshots are passed over. 0, or a failure of reading. */
int gv_record_near(struct gv_buf *out, struct gv_repo *repo, const char *typed);

#endif
