#ifndef GV_GOOD_MARK_H
#define GV_GOOD_MARK_H
/*
 * Makes known-good records, and revokes them by later records. record/good.h
 * reads and judges records.
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
	/* as set; but a record that nobody asked for is made also if git's
	 * program does not sign, or no named identity can */
	GV_GOOD_SIGN_IF_CAN,
};

/* A version of a state of the environment. */
struct gv_good_version {
	const char *stack;
	struct gv_oid version;
};

struct gv_good_what {
	const char *env;
	enum gv_good_status status; /* not revoked */
	/* an expression; NULL: the newest one taken on the commit, if any */
	const char *snapshot;
	/* NULL: the snapshot's, else HEAD, else the pipeline's */
	const char *commit;
	const char *const *artifacts; /* NAME=sha256:DIGITS */
	size_t n_artifacts;
	/* also take as artifacts the images with a digest in the manifests of
	 * this folder of the commit ("": of all folders); NULL: none */
	const char *images;
	const char *const *evidence; /* files, or addresses with "://" */
	size_t n_evidence;
	const char *const *approvers;
	size_t n_approvers;
	const char *pipeline_url; /* NULL: the pipeline's own */
	const char *reason;       /* why a revoked commit is good again */
	/* the candidate to promote: its content is repeated, and `snapshot` and
	 * `commit` are its own; NULL: none */
	const struct gv_good *of;
	/* the record is of a rollback to `of`: it does not promote `of`, does
	 * not repeat its evidence and approvers, and no reason makes a revoked
	 * commit good again */
	bool is_return;
	/* of states; NULL: the newest one of each */
	const struct gv_good_version *versions;
	size_t n_versions;
	const struct gv_good_check *checks; /* that were run */
	size_t n_checks;
	int64_t now; /* seconds since 1970 */
	enum gv_good_sign sign;
	const char
	    *sign_key; /* that git's program knows; NULL: git's setting */
};

/* Write a new record, durably, and in the same transaction the note of its
 * commit. The first identity at hand that can sign signs it, and git's own
 * program if that is wanted. The snapshot of a verified record is pinned. The
 * pipeline is that of the environment.
 *
 * 0 with *out as it was written, judged; GV_EUSAGE for invalid words;
 * GV_EREFUSED if the name of an environment or artifact looks like a secret,
 * the commit was revoked and no reason is given, the snapshot is of another
 * commit, the environment is not whole in a snapshot that was not named, or
 * git's program did not sign; GV_ENOKEY if no named identity can
 * sign; GV_ENOTFOUND for an object that is not in this clone; GV_ELOCKED if
 * other writers were faster each time; GV_ECORRUPT; GV_ERROR; GV_ENOMEM. The
 * caller releases *out after success. */
int gv_good_mark(struct gv_good *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_good_what *what);

/* A record to revoke, by its number, and why. */
struct gv_good_back {
	const char *env;
	unsigned n;
	const char *reason;
	int64_t now; /* seconds since 1970 */
	enum gv_good_sign sign;
	const char *sign_key; /* as in gv_good_what */
};

/* Revoke what a record is about, by a later record. As gv_good_mark(), and
 * GV_EREFUSED if it is revoked already. */
int gv_good_revoke(struct gv_good *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_good_back *back);

#endif
