#ifndef GV_SWEEP_H
#define GV_SWEEP_H
/*
 * Looks for secrets in many files: those of the working tree that a snapshot
 * would hold, those that are staged, any other files, or a stream. Each is read
 * once, in pieces of bounded size, by all cores.
 *
 *	r = gv_sweep_new(&sweep, &opts);
 *	r = gv_sweep_add_worktree(sweep);
 *	r = gv_sweep_run(sweep);
 *	for (i = 0; i < sweep->n; i++) … sweep->findings[i]
 *	gv_sweep_free(sweep);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/finding.h"

struct gv_buf;
struct gv_oid;
struct gv_record;
struct gv_repo;
struct gv_safe;

struct gv_sweep_opts {
	struct gv_repo *repo; /* NULL: none, and no fingerprints */
	int threads;          /* 0: one a processor */
	bool keep_values;     /* findings hold their values */
	bool tallies;         /* for a snapshot: no key is made, and nobody is
				 told of anything */
	bool is_reading;      /* nothing is written: neither key nor facts */
	int64_t now;
	const char *baseline; /* a file of findings that are known; or NULL */
	/* the team's policy as bytes, in place of the working tree's, and what
	 * it is called; or NULL */
	const char *policy, *policy_name;
	size_t policy_len;
	bool policy_is_accepted; /* all of it counts: it is a server's own */
	void (*begin)(void *ctx, const char *title, uint64_t total);
	void (*add)(void *ctx, uint64_t count, uint64_t bytes);
	void *progress; /* ctx of both, which may be NULL */
};

/* What is the matter with an allowance. */
enum gv_sweep_matter {
	GV_SWEEP_UNUSED, /* it matches nothing (of a whole working tree) */
	GV_SWEEP_EXPIRED,
	GV_SWEEP_NO_REASON,
	GV_SWEEP_OTHER_KEY, /* its digest is of a key that is not here */
	GV_SWEEP_NO_DIGEST, /* it should be a digest, and is not */
	GV_SWEEP_NO_RULE,   /* there is no such rule */
};

/* Words as reports have them, and sentences, by the enum. */
extern const char *const gv_sweep_matters[];
extern const char *const gv_sweep_sentences[];

/* An allowance that is not as it should be: a line of the policy, of a scanned
 * file, or of the baseline. */
struct gv_sweep_doubt {
	const char *path;
	unsigned line;
	enum gv_sweep_matter matter;
};

/* A file that could not be read. */
struct gv_sweep_note {
	const char *path, *reason;
};

struct gv_sweep_job;

struct gv_sweep {
	struct gv_finding *findings; /* by path and place, once it has run */
	size_t n, cap;
	struct gv_sweep_note *notes;
	size_t n_notes, cap_notes;
	struct gv_sweep_doubt *doubts; /* by path and line */
	size_t n_doubts, cap_doubts;
	/* archives that were not looked into, or not all of the way */
	struct gv_sweep_note *shallow;
	size_t n_shallow, cap_shallow;
	uint64_t files, bytes;      /* that were scanned */
	const struct gv_idkey *key; /* of fingerprints, or NULL */
	/* why there is none, where there could be; or NULL */
	const char *keyless;
	struct gv_sweep_private *private;
};

/* Begin, with the rules that come with us and what the team's policy makes of
 * them. 0; GV_EREFUSED where the policy or the baseline cannot be read, with
 * the line; GV_ENOTFOUND where there is no baseline; GV_ENOMEM. */
int gv_sweep_new(struct gv_sweep **out, const struct gv_sweep_opts *opts);

/* Free; NULL-safe. */
void gv_sweep_free(struct gv_sweep *sweep);

/* Add every file that a snapshot of the working tree would hold. 0;
 * GV_ECANCELED; the walk's failure. */
int gv_sweep_add_worktree(struct gv_sweep *sweep);

/* Add a file, or a directory with all below it: what a snapshot would hold of
 * it, and all of it where that is nothing, or it is not in the working tree.
 * `typed` is as for gv_content_path(). 0; GV_ENOTFOUND; GV_ERROR. */
int gv_sweep_add_path(struct gv_sweep *sweep, const char *typed);

/* Add what is staged and differs from HEAD, and in a merge from its other sides
 * as well, as it stands in the index. 0, or the failure of git; GV_ERROR. */
int gv_sweep_add_staged(struct gv_sweep *sweep);

/* Add every file of a tree, as its blobs have it: links and submodules are
 * none. 0, or the reading's failure. */
int gv_sweep_add_tree(struct gv_sweep *sweep, const struct gv_oid *tree);

/* Add the blob of one such file. 0, or GV_ENOMEM; the opening's failure. */
int gv_sweep_add_blob(
    struct gv_sweep *sweep, const char *path, const struct gv_oid *blob);

/* Add every version of a file that these commits have brought, each once:
 * `range` is as for git rev-list, such as "A..B". 0; GV_ENOTFOUND where git
 * cannot list them; GV_ECANCELED; the failure of git. */
int gv_sweep_add_range(struct gv_sweep *sweep, const char *range);

/* The same of commits as git rev-list --stdin takes them, a line each: "ID" is
 * one with all that it reaches, "^ID" takes these away, and what is not there
 * is passed over. `max` is how many at most, the newest; 0: all. */
int gv_sweep_add_revisions(
    struct gv_sweep *sweep, const struct gv_buf *revisions, unsigned max);

/* The same for all commits that a ref of the user reaches, or that a snapshot
 * keeps, also one in the trash. */
int gv_sweep_add_history(struct gv_sweep *sweep);

/* Two trees of which the second was brought, and by which commit. */
struct gv_sweep_pair {
	struct gv_oid commit, from, to;
	bool names_only; /* but for the targets of links no file is scanned */
};

/* A blob without a file, and its name in findings. */
struct gv_sweep_loose {
	struct gv_oid blob;
	const char *path;
};

/* What findings name in place of a path: what a commit says, and files
 * that it adds are called; what a tag or a snapshot says; names. */
#define GV_SWEEP_MESSAGE "commit message or file name"
#define GV_SWEEP_OBJECT  "message"
#define GV_SWEEP_REFS    "ref name"

/* More that findings say about a commit or tag, in lines after it. */
struct gv_sweep_more {
	struct gv_oid of;
	const char *text;
};

/* What was pushed. */
struct gv_sweep_push {
	const struct gv_oid *tips; /* commits and tags */
	size_t n_tips;
	const char *const *had;     /* what is not new in them, as git rev-list
				       takes it; NULL behind the last */
	const struct gv_oid *known; /* the same, as ids that are there */
	size_t n_known;
	const struct gv_sweep_pair *pairs;
	size_t n_pairs;
	const struct gv_sweep_loose *loose;
	size_t n_loose;
	/* The same as tips and known, in the way of gv_sweep_add_revisions();
	 * or NULL. */
	const struct gv_buf *revisions;
	/* Commits and tags of which what they say is scanned, and the names of
	 * files that pairs of the same commit bring; and names, a line each. */
	const struct gv_oid *said;
	size_t n_said;
	const struct gv_sweep_more *more; /* of those */
	size_t n_more;
	const struct gv_buf *names; /* or NULL */
	/* Set: how the commits that are new hang together, the oldest first:
	 * lines of a commit and its parents, as git rev-list --parents has
	 * them. NULL: nobody asks. */
	struct gv_buf *graph;
};

/* Add every version of a file that a push has brought, what its commits say,
 * the names of files and the targets of links; but no more than the beginning
 * of what is sealed. As gv_sweep_add_range(). */
int gv_sweep_add_push(struct gv_sweep *sweep, const struct gv_sweep_push *push);

/* Add every file of a snapshot as it is stored, what was staged too. 0, or the
 * reading's failure. */
int gv_sweep_add_record(struct gv_sweep *sweep, const struct gv_record *rec);

/* What was sought of a snapshot's secrets. */
struct gv_sweep_sought {
	uint64_t secrets;
	uint64_t unopened; /* no key opens them, or they are damaged or large,
			      which is noted of their files */
	uint64_t simple;   /* so short or plain that an equal text says nothing
			    */
};

/* Once it has run: seek the secrets of a snapshot in all that it stores, its
 * message too, in the forms that needle.h knows. One in clear is a finding
 * "verified" by the rule "encrypted-secret", with the path where it is
 * encrypted as its key, but where the scanner has found it already. States are
 * not opened, and a value across the border of two chunks of a large file is
 * not seen. 0; GV_ECANCELED; GV_ENOMEM; the reading's failure. */
int gv_sweep_seek_secrets(struct gv_sweep_sought *out, struct gv_sweep *sweep,
    struct gv_safe *safe, const struct gv_record *rec);

/* Scan all that was added. 0; GV_ECANCELED; GV_ENOMEM; GV_ECORRUPT where a
 * staged blob cannot be read. */
int gv_sweep_run(struct gv_sweep *sweep);

/* Once it has run: add "2 allowances of the policy are of a key that is not
 * here, so they cannot be judged" and say yes, where findings were held against
 * such; else add nothing. */
bool gv_sweep_add_foreign(struct gv_buf *out, const struct gv_sweep *sweep);

/* Scan what comes from a descriptor to its end, in this thread; `path` (NULL:
 * none) says what kind of file it is and is named in findings. As above, and
 * GV_ERROR where it cannot be read. */
int gv_sweep_stream(struct gv_sweep *sweep, int fd, const char *path);

/* The digest of the rules, and of how they are applied. 0 or GV_ENOMEM. */
int gv_sweep_sum_rules(struct gv_oid *sum, const struct gv_sweep *sweep);

/* The rules, as reports show them: *n of them. Some are of what is public, and
 * find nothing. */
const struct gv_finding_rule *
gv_sweep_rules(const struct gv_sweep *sweep, size_t *n);

#endif
