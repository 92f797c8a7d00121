#ifndef GV_TRAWL_H
#define GV_TRAWL_H
/*
 * Looks for secrets in many files: those of the working tree that a snapshot
 * would hold, those that are staged, any other files, or a stream. Each is read
 * once, in pieces of bounded size, by all cores.
 *
 *	r = gv_trawl_new(&trawl, &opts);
 *	r = gv_trawl_add_worktree(trawl);
 *	r = gv_trawl_run(trawl);
 *	for (i = 0; i < trawl->n; i++) … trawl->findings[i]
 *	gv_trawl_free(trawl);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/finding.h"

struct gv_buf;
struct gv_oid;
struct gv_repo;

struct gv_trawl_opts {
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
enum gv_trawl_matter {
	GV_TRAWL_UNUSED, /* it matches nothing (of a whole working tree) */
	GV_TRAWL_EXPIRED,
	GV_TRAWL_NO_REASON,
	GV_TRAWL_OTHER_KEY, /* its digest is of a key that is not here */
	GV_TRAWL_NO_DIGEST, /* what should be one is none */
	GV_TRAWL_NO_RULE,   /* there is no such rule */
};

/* Words as reports have them, and sentences, by the enum. */
extern const char *const gv_trawl_matters[];
extern const char *const gv_trawl_sentences[];

/* An allowance that is not as it should be: a line of the policy, of a scanned
 * file, or of the baseline. */
struct gv_trawl_doubt {
	const char *path;
	unsigned line;
	enum gv_trawl_matter matter;
};

/* A file that could not be read. */
struct gv_trawl_note {
	const char *path, *reason;
};

struct gv_trawl_job;

struct gv_trawl {
	struct gv_finding *findings; /* by path and place, once it has run */
	size_t n, cap;
	struct gv_trawl_note *notes;
	size_t n_notes, cap_notes;
	struct gv_trawl_doubt *doubts; /* by path and line */
	size_t n_doubts, cap_doubts;
	/* archives that were not looked into, or not all of the way */
	struct gv_trawl_note *shallow;
	size_t n_shallow, cap_shallow;
	uint64_t files, bytes;      /* that were scanned */
	const struct gv_idkey *key; /* of fingerprints, or NULL */
	/* why there is none, where there could be; or NULL */
	const char *keyless;
	struct gv_trawl_private *private;
};

/* Begin, with the rules that come with us and what the team's policy makes of
 * them. 0; GV_EREFUSED where the policy or the baseline cannot be read, with
 * the line; GV_ENOTFOUND where there is no baseline; GV_ENOMEM. */
int gv_trawl_new(struct gv_trawl **out, const struct gv_trawl_opts *opts);

/* Free; NULL-safe. */
void gv_trawl_free(struct gv_trawl *trawl);

/* Add every file that a snapshot of the working tree would hold. 0;
 * GV_ECANCELED; the walk's failure. */
int gv_trawl_add_worktree(struct gv_trawl *trawl);

/* Add a file, or a directory with all below it: what a snapshot would hold of
 * it, and all of it where that is nothing, or it is not in the working tree.
 * `typed` is as for gv_content_path(). 0; GV_ENOTFOUND; GV_ERROR. */
int gv_trawl_add_path(struct gv_trawl *trawl, const char *typed);

/* Add what is staged and differs from HEAD, and in a merge from its other sides
 * as well, as it stands in the index. 0, or the failure of git; GV_ERROR. */
int gv_trawl_add_staged(struct gv_trawl *trawl);

/* Add every file of a tree, as its blobs have it: links and submodules are
 * none. 0, or the reading's failure. */
int gv_trawl_add_tree(struct gv_trawl *trawl, const struct gv_oid *tree);

/* Add the blob of one such file. 0, or GV_ENOMEM; the opening's failure. */
int gv_trawl_add_blob(
    struct gv_trawl *trawl, const char *path, const struct gv_oid *blob);

/* Add every version of a file that these commits have brought, each once:
 * `range` is as for git rev-list, such as "A..B". 0; GV_ENOTFOUND where git
 * cannot list them; GV_ECANCELED; the failure of git. */
int gv_trawl_add_range(struct gv_trawl *trawl, const char *range);

/* The same of commits as git rev-list --stdin takes them, a line each: "ID" is
 * one with all that it reaches, "^ID" takes these away, and what is not there
 * is passed over. `max` is how many at most, the newest; 0: all. */
int gv_trawl_add_revisions(
    struct gv_trawl *trawl, const struct gv_buf *revisions, unsigned max);

/* The same for all commits that a ref of the user reaches, or that a snapshot
 * keeps, also one in the trash. */
int gv_trawl_add_history(struct gv_trawl *trawl);

/* Two trees of which the second was brought, and by which commit. */
struct gv_trawl_pair {
	struct gv_oid commit, from, to;
	bool names_only; /* but for the targets of links no file is scanned */
};

/* A blob that was brought by itself, and what it is told as. */
struct gv_trawl_loose {
	struct gv_oid blob;
	const char *path;
};

/* What is told in place of the path of a file: what a commit says, and files
 * that it adds are called; what a tag or a snapshot says; names. */
#define GV_TRAWL_MESSAGE "commit message or file name"
#define GV_TRAWL_OBJECT  "message"
#define GV_TRAWL_REFS    "ref name"

/* More that is told by what a commit or tag says, lines that follow it. */
struct gv_trawl_more {
	struct gv_oid of;
	const char *text;
};

/* What was pushed. */
struct gv_trawl_push {
	const struct gv_oid *tips; /* commits and tags */
	size_t n_tips;
	const char *const *had;     /* what is not new in them, as git rev-list
				       takes it; NULL behind the last */
	const struct gv_oid *known; /* the same, as ids that are there */
	size_t n_known;
	const struct gv_trawl_pair *pairs;
	size_t n_pairs;
	const struct gv_trawl_loose *loose;
	size_t n_loose;
	/* The same as tips and known, in the way of gv_trawl_add_revisions();
	 * or NULL. */
	const struct gv_buf *revisions;
	/* Commits and tags of which what they say is scanned, and the names of
	 * files that pairs of the same commit bring; and names, a line each. */
	const struct gv_oid *said;
	size_t n_said;
	const struct gv_trawl_more *more; /* of those */
	size_t n_more;
	const struct gv_buf *names; /* or NULL */
	/* Set: how the commits that are new hang together, the oldest first:
	 * lines of a commit and its parents, as git rev-list --parents has
	 * them. NULL: nobody asks. */
	struct gv_buf *graph;
};

/* Add every version of a file that a push has brought, what its commits say,
 * the names of files and the targets of links; but no more than the beginning
 * of what is sealed. As gv_trawl_add_range(). */
int gv_trawl_add_push(struct gv_trawl *trawl, const struct gv_trawl_push *push);

/* Scan all that was added. 0; GV_ECANCELED; GV_ENOMEM; GV_ECORRUPT where a
 * staged blob cannot be read. */
int gv_trawl_run(struct gv_trawl *trawl);

/* Once it has run: add "2 allowances of the policy are of a key that is not
 * here, so they cannot be judged" and say yes, where findings were held against
 * such; else add nothing. */
bool gv_trawl_add_foreign(struct gv_buf *out, const struct gv_trawl *trawl);

/* Scan what comes from a descriptor to its end, in this thread; `path` (NULL:
 * none) says what kind of file it is and is told in findings. As above, and
 * GV_ERROR where it cannot be read. */
int gv_trawl_stream(struct gv_trawl *trawl, int fd, const char *path);

/* The digest of the rules, and of how they are applied. 0 or GV_ENOMEM. */
int gv_trawl_sum_rules(struct gv_oid *sum, const struct gv_trawl *trawl);

/* The rules, as reports show them: *n of them. Some are of what is public, and
 * find nothing. */
const struct gv_finding_rule *
gv_trawl_rules(const struct gv_trawl *trawl, size_t *n);

#endif
