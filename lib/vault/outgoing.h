#ifndef GV_OUTGOING_H
#define GV_OUTGOING_H
/*
 * What a push is about to send, by the lines that git gives to pre-push. Refs
 *of ours are no part of it: what is in them is sealed or withheld.
 *
 *	r = gv_outgoing_revisions(&revisions, repo, "origin", &lines);
 *	if (r == 0 && revisions.len)
 *		r = gv_trawl_add_revisions(trawl, &revisions, 0);
 */

struct gv_buf;
struct gv_repo;

/* Append, as git rev-list --stdin takes them, the commits that are pushed and,
 * taken away, those that the remote has: where its refs are now, by the same
 * lines, and where they were when they were last fetched. Nothing is appended
 * where nothing is pushed but deletions. 0; GV_ERROR for lines that are none,
 * or where refs cannot be listed; GV_ENOMEM. */
int gv_outgoing_revisions(struct gv_buf *out, const struct gv_repo *repo,
    const char *remote, const struct gv_buf *lines);

#endif
