#ifndef GV_OUTGOING_H
#define GV_OUTGOING_H
/*
 * What a push is about to send, by the lines that git gives to pre-push. Refs
 * of ours are no part of it: what is in them is sealed or withheld. The commits
 * that snapshots were taken on are, and go where those go.
 *
 *	struct gv_outgoing out = GV_OUTGOING_INIT;
 *	r = gv_outgoing_read(&out, repo, &to, &lines);
 *	if (r == 0 && !gv_outgoing_is_empty(&out))
 *		r = gv_outgoing_add(trawl, &out);
 *	gv_outgoing_release(&out);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "vault/trawl.h"

struct gv_repo;

/* Where it goes: a remote's name and its address, as git gives them. */
struct gv_outgoing_to {
	const char *remote, *url; /* url: NULL where it is not known */
};

struct gv_outgoing {
	struct gv_buf revisions; /* commits, for git rev-list --stdin */
	struct gv_buf lacking; /* branches that the remote has not: "NAME\n" */
	struct gv_trawl_loose *loose;
	size_t n_loose, cap_loose;
	struct gv_trawl_pair *trees;
	size_t n_trees, cap_trees;
	struct gv_arena arena; /* the names in it */
};

#define GV_OUTGOING_INIT                                                       \
	{                                                                      \
		.revisions = GV_BUF_INIT, .lacking = GV_BUF_INIT,              \
		.arena = GV_ARENA_INIT                                         \
	}

/* Add the commits that are pushed and, taken away, those that the remote has:
 * where its refs are now, by the same lines, and where they were when they were
 * last fetched, if that was from there, which it is asked for where it lacks
 * one of them, or has another address since (address.h); and files and trees
 * that a ref or a tag names itself. Nothing is
 * added where nothing is pushed but deletions. 0; GV_ERROR for lines that are
 * none, or where refs cannot be listed; GV_ECORRUPT for a tag that cannot be
 * read; GV_ENOMEM. */
int gv_outgoing_read(struct gv_outgoing *out, struct gv_repo *repo,
    const struct gv_outgoing_to *to, const struct gv_buf *lines);

/* Once that is done, have in its place the commits that snapshots here hold and
 * the remote has not, where these were not there when they were last fetched,
 * if that was from there, and it is not to be asked. As above. */
int gv_outgoing_read_vault(struct gv_outgoing *out, struct gv_repo *repo,
    const struct gv_outgoing_to *to);

bool gv_outgoing_is_empty(const struct gv_outgoing *out);

/* Have all of it searched. As gv_trawl_add_revisions(). */
int gv_outgoing_add(struct gv_trawl *trawl, const struct gv_outgoing *out);

void gv_outgoing_release(struct gv_outgoing *out);

#endif
