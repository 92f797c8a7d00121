#ifndef GV_VERIFY_REMOTE_H
#define GV_VERIFY_REMOTE_H
/*
 * What a remote holds of our refs below refs/vault/, by asking it for its list
 * with git's own transport. Nothing is fetched: a server that names a commit
 * is believed to have it.
 *
 *	r = gv_verify_remote_ask(&out, repo, "origin");
 *	out.refs[i].state == GV_VERIFY_REMOTE_MISSING …
 *	gv_verify_remote_release(&out);
 */

#include <stddef.h>

#include "repo/oid.h"
#include "repo/ref.h"

struct gv_repo;

enum gv_verify_remote_state {
	GV_VERIFY_REMOTE_THERE,
	GV_VERIFY_REMOTE_MISSING,   /* ours alone */
	GV_VERIFY_REMOTE_DIFFERENT, /* another object under the name */
	GV_VERIFY_REMOTE_ONLY,      /* theirs alone */
	GV_VERIFY_REMOTE_STATES
};

struct gv_verify_remote_ref {
	const char *name; /* in full */
	enum gv_verify_remote_state state;
	struct gv_oid ours, theirs; /* zero where it is not there */
};

struct gv_verify_remote {
	struct gv_verify_remote_ref *refs; /* sorted by name */
	size_t n, cap;
	size_t counts[GV_VERIFY_REMOTE_STATES];
	struct gv_refs ours, theirs; /* what the names point into */
};

/* Why nothing goes between a remote with other names of objects and here. */
#define GV_VERIFY_REMOTE_HASH                                                  \
	"the remote names its objects by SHA-256, and this repository by "     \
	"SHA-1, and git brings none from one to the other; one made by 'git "  \
	"init --bare --object-format=sha1' can keep them"

/* Read what `git ls-remote` prints of our refs, notes among them (`text` is
 * taken over, malloc'd, NUL behind its bytes; also on failure). 0, GV_ECORRUPT,
 * GV_EREFUSED for names by SHA-256, GV_ENOMEM. */
int gv_verify_remote_parse(struct gv_refs *out, char *text);

/* Ask. 0; GV_ERROR with git's words where the remote cannot be asked, or its
 * prefix cannot be one. */
int gv_verify_remote_ask(
    struct gv_verify_remote *out, struct gv_repo *repo, const char *remote);

/* Free; NULL-safe, zeroed struct ok. */
void gv_verify_remote_release(struct gv_verify_remote *v);

#endif
