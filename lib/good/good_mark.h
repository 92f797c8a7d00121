#ifndef GV_GOOD_MARK_H
#define GV_GOOD_MARK_H
/*
 * Makes known-good records, and takes them back by later ones. How a record is
 * read and judged is for record/good.h.
 *
 *	r = gv_good_mark(&good, repo, safe, &what);
 *	r = gv_good_revoke(&good, repo, safe, &back);
 */

#include "record/good.h"

/* Whether git's own signature is added to that of an identity. */
enum gv_good_sign {
	GV_GOOD_SIGN_AS_SET, /* by vault.signGood, else tag.gpgSign */
	GV_GOOD_SIGN_YES,
	GV_GOOD_SIGN_NO,
	GV_GOOD_SIGN_IF_CAN, /* as set, but who makes a record unasked makes it
				also where git's program does not sign, or
				no identity that was named does */
};

/* A version of a state of the environment. */
struct gv_good_version {
	const char *stack;
	struct gv_oid version;
};

struct gv_good_what {
	const char *env;
	enum gv_good_status status; /* not revoked */
	const char *snapshot;       /* an expression; NULL: the newest that was
				       taken on the commit, if any */
	const char *commit;         /* NULL: that of the snapshot, else HEAD,
				       else the pipeline's */
	const char *const *artifacts; /* NAME=sha256:DIGITS */
	size_t n_artifacts;
	const char *images; /* artifacts, too, are the images with a digest that
			       manifests in this folder of the commit name, ""
			       for all of it; NULL: none */
	const char *const *evidence; /* files, or addresses with "://" */
	size_t n_evidence;
	const char *const *approvers;
	size_t n_approvers;
	const char *pipeline_url; /* instead of the pipeline's own; NULL */
	const char *reason;       /* why a revoked commit is good again */
	const struct gv_good *of; /* the candidate to promote: what it says is
				     said again, and `snapshot`, `commit` are
				     its own; NULL */
	/* it was gone back to: `of` is not promoted, and its evidence and
	 * approvers are not said again; no reason makes a commit good that was
	 * revoked */
	bool is_return;
	const struct gv_good_version *versions; /* of states; NULL: the newest
						   of each */
	size_t n_versions;
	const struct gv_good_check *checks; /* that were made of it */
	size_t n_checks;
	int64_t now; /* seconds since 1970 */
	enum gv_good_sign sign;
	const char
	    *sign_key; /* that git's program knows; NULL: as git is set */
};

/* Mark: a new record, durably, with the note of the commit in the same
 * transaction, signed by the first identity at hand that can, and by git's own
 * program where that is wanted; a snapshot of a verified one is pinned. The
 * pipeline is that of the environment. 0 with *out as it was written, judged;
 * GV_EUSAGE for words that are off; GV_EREFUSED for an environment or artifact
 * whose name looks like a secret, a commit that was revoked, where no reason is
 * given, a snapshot of another commit, or where git's program did not sign;
 * GV_ENOKEY where no identity that was named signs; GV_ENOTFOUND for what is
 * not here; GV_ELOCKED where others were quicker again and again; GV_ECORRUPT;
 * GV_ERROR; GV_ENOMEM. The caller releases *out after success. */
int gv_good_mark(struct gv_good *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_good_what *what);

/* A record to take back: its number, and why. */
struct gv_good_back {
	const char *env;
	unsigned n;
	const char *reason;
	int64_t now; /* seconds since 1970 */
	enum gv_good_sign sign;
	const char *sign_key; /* as in gv_good_what */
};

/* Take back what a record is of: a later record says so. The same;
 * GV_EREFUSED where it is revoked already. */
int gv_good_revoke(struct gv_good *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_good_back *back);

#endif
