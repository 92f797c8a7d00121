#ifndef GV_GOOD_H
#define GV_GOOD_H
/*
 * Known-good records: what was deployed to an environment and found good. Each
 * is an annotated tag under refs/vault/good/<env>/<n> that nobody changes
 * again, with a Statement of in-toto in it, signed where an identity is at
 * hand; a later record promotes or revokes an earlier one. The commit's note
 * (note.h) has a line of each. What was found by the checks before a candidate
 * is promoted is for who runs them.
 *
 *	r = gv_goods_load(&all, repo, "prod");
 *	r = gv_good_resolve(&good, &rec, repo, "prod~1");
 *	gv_good_release(&good);
 *
 * Records name each other by their tags, never by numbers: two clones may give
 * one number to two records, and then one of them gets another.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "infra/pipeline.h"
#include "key/gitsign.h"
#include "record/good_standing.h"
#include "repo/oid.h"

struct gv_good_rule;
struct gv_odb;
struct gv_record;
struct gv_keyring_kept;
struct gv_repo;
struct gv_safe;
struct gv_secret;

#define GV_GOOD_MAX   ((size_t)1024 * 1024) /* bytes of a record */
#define GV_GOOD_ITEMS 1000                  /* of one kind in it */

enum gv_good_status {
	GV_GOOD_CANDIDATE, /* deployed, and not looked at */
	GV_GOOD_VERIFIED,
	GV_GOOD_REVOKED, /* takes its commit back */
	GV_GOOD_STATUSES
};

/* "candidate", "verified", "revoked". */
extern const char *const gv_good_statuses[GV_GOOD_STATUSES];

/* An artifact, or a piece of evidence: its name and SHA-256 as 64 digits, or
 * where evidence is. */
struct gv_good_item {
	const char *name, *sha256;
	const char *uri; /* of evidence: then both others are NULL */
};

/* A version of a state that belongs to the environment. */
struct gv_good_state {
	const char *stack, *tool;
	const char *lineage; /* NULL */
	struct gv_oid version;
	const char *digest, *key; /* keyed, in digits, and the key's name */
	bool has_serial;
	uint64_t serial, size;
};

/* Who may read the environment's values. */
struct gv_good_reader {
	const char *name, *print; /* SHA256:… of the key */
};

/* What a check said. */
struct gv_good_check {
	const char *name, *detail;
	bool passed;
};

/* A record. Texts are of its arena. */
struct gv_good {
	/* where it was read */
	const char *env;
	unsigned n;
	uint64_t at;       /* its place among those of the environment: by
			      its number, but behind all that it names */
	uint64_t over;     /* what it overrules stands up to there; 0: none */
	struct gv_oid tag; /* the tag object */
	struct gv_oid target; /* that it points at: the snapshot's commit,
				 or where there is none, the code's */
	const char *damage;   /* why it does not count; then what is
				 behind this says nothing. NULL */
	const char *revoked;  /* why what it is of was revoked; NULL */
	unsigned revoked_by;  /* the number of the record that says so */
	/* what it says */
	enum gv_good_status status;
	int64_t time; /* seconds since 1970 */
	const char *actor;
	struct gv_oid code, code_tree;         /* zero: it is of no commit */
	struct gv_oid snapshot, snapshot_tree; /* zero: of no snapshot */
	const char *snapshot_id;               /* NULL with it */
	const char *reason;       /* why it is marked again, or revoked; NULL */
	struct gv_oid previous;   /* tags, or zero: the good one before, */
	struct gv_oid promotes;   /* the candidate that this makes good, */
	struct gv_oid revokes;    /* the record that it takes back, */
	unsigned revokes_n;       /* its number, of one that is made now */
	struct gv_oid supersedes; /* the revocation that it overrules */
	struct gv_pipeline pipeline; /* its texts are of the arena, too */
	const char *keyring;         /* fingerprint; NULL: there was none */
	struct gv_good_item *artifacts, *evidence; /* by name, or uri */
	struct gv_good_state *states;              /* by stack */
	struct gv_good_reader *readers;            /* by name */
	struct gv_good_check *checks;
	const char **approvers;
	size_t n_artifacts, n_evidence, n_states, n_readers, n_checks,
	    n_approvers;
	/* how it was said */
	struct gv_buf statement; /* of in-toto, canonical JSON */
	struct gv_buf envelope;  /* of DSSE; empty where it is not signed */
	bool is_signed;          /* and the signature is good … */
	unsigned char key[32];   /* … by this key */
	bool has_git;            /* git's own signature stands behind it */
	struct gv_gitsign git;   /* what git says of that, once
				    gv_good_look() has asked */
	bool is_looked, is_judged;
	/* once gv_good_judge() was asked: */
	const char *distrust;  /* why it makes nothing good, by the keyring or
				  by the policy; NULL */
	const char *signed_by; /* the signer's name in the keyring; NULL */
	enum gv_good_who who;  /* the signer is */
	bool is_candidate;     /* nobody signed it whose word decides; such a
				  revocation only asks for one */
	bool is_vouched;       /* a record that counts names it */
	const char *lost; /* why none of its files can be gone back to, once
			     gv_good_seek() was asked; NULL */
	/* set by good/good_mark.h and gv_good_complete(): a snapshot of its
	 * commit, its own or a newer one, in which this file differs; NULL:
	 * none */
	const char *stray_id, *stray;
	/* set by good/good_mark.h: why the note of its commit does not name it;
	 * or NULL */
	const char *unnoted;
	/* set by good/good_mark.h: which variables of the pipeline look like
	 * secrets and were left out, with the rule of each; NULL: none */
	const char *withheld;
	/* set by good/good_mark.h: how many manifests or images could not be
	 * read, and why the first; NULL: none */
	const char *unread;
	/* set by good/good_mark.h: why its snapshot could not be pinned; NULL
	 */
	const char *unpinned;
	const char *untold; /* by it: why the audit does not tell yet; NULL */
	const char *ungit;  /* by it, of what need not be signed: why git's
			       program did not, though it is set to; NULL */
	struct gv_arena arena;
};

#define GV_GOOD_INIT                                                           \
	{                                                                      \
		.statement = GV_BUF_INIT, .envelope = GV_BUF_INIT,             \
		.arena = GV_ARENA_INIT                                         \
	}

/* Free what it holds; NULL-safe. */
void gv_good_release(struct gv_good *good);

/* ---- read ---- */

struct gv_goods {
	struct gv_good *all; /* by environment, and number */
	size_t n, cap;
	struct gv_good_rule *rule; /* what the policy asks of them */
};

/* Read the records of an environment (NULL: of all), each held to its form and
 * its signature; of a damaged one there is no more than `damage`, and of a
 * record that has several numbers all but the lowest are damaged. 0; GV_EUSAGE
 * for what cannot be an environment; GV_ERROR; GV_ENOMEM. The caller releases.
 */
int gv_goods_load(struct gv_goods *out, struct gv_repo *repo, const char *env);

/* Whether a tag can be the record that a ref names. 0, also for one of a newer
 * format; GV_ECORRUPT with why not; GV_ENOTFOUND; GV_ENOMEM. */
int gv_good_check_tag(
    struct gv_odb *odb, const char *ref, const struct gv_oid *tag);

/* Free; NULL-safe, zeroed ok. */
void gv_goods_release(struct gv_goods *goods);

/* The record of that number, or of that tag; NULL where there is none. */
struct gv_good *
gv_goods_find(const struct gv_goods *goods, const char *env, unsigned n);
const struct gv_good *
gv_goods_find_tag(const struct gv_goods *goods, const struct gv_oid *tag);

/* The newest that is verified, not revoked and whole, that the policy trusts,
 * its snapshot being there; "ENV~N": the N-th before it. `rec` is its snapshot,
 * or zeroed where it is of none; it may be NULL. 0; GV_ENOTFOUND with what
 * there is instead; GV_EUSAGE; as gv_goods_load(). */
int gv_good_resolve(struct gv_good *out, struct gv_record *rec,
    struct gv_repo *repo, const char *text);

/* Ask git of its signature, once: good->git. 0; GV_ECANCELED; GV_ENOMEM. */
int gv_good_look(struct gv_good *good, const struct gv_repo *repo);

/* Find whose word it is and whether that counts, once: good->distrust and what
 * follows it. A keyring that cannot be believed is a reason for distrust. 0;
 * GV_ECANCELED; GV_ENOMEM. */
int gv_good_judge(
    struct gv_good *good, struct gv_good_rule *rule, struct gv_repo *repo);

/* The record of that number, judged. 0; GV_ENOTFOUND; GV_ECORRUPT where it is
 * damaged; as gv_goods_load(). */
int gv_good_load(
    struct gv_good *out, struct gv_repo *repo, const char *env, unsigned n);

/* The snapshot that a record is of, as the record names its commit: another one
 * that stands under its id is not taken for it. 0 with *rec, zeroed where it is
 * of none; GV_ENOTFOUND; GV_ECORRUPT where it is damaged, or another; as
 * gv_record_resolve(). The caller releases. */
int gv_good_snapshot(
    struct gv_record *rec, struct gv_repo *repo, const struct gv_good *good);

/* Look whether its snapshot is there: good->lost. 0; GV_ENOMEM; as reading
 * one. */
int gv_good_seek(struct gv_good *good, struct gv_repo *repo);

/* Append why something was revoked, or other words of whoever made it, as a
 * sentence can have them: on one line, for that may be anybody, and pipelines
 * read what we print. NULL is "". */
void gv_good_add_reason(struct gv_buf *out, const char *reason);

/* Whether a commit of the project was revoked for an environment, and no
 * verified record says since that it is good again: it must not be deployed
 * there. *why (may be NULL) gets the sentence appended. 0 with the answer, or a
 * failure, upon which it is not known. Damaged records say nothing. */
int gv_good_is_revoked(bool *out, struct gv_buf *why, struct gv_repo *repo,
    const char *env, const struct gv_oid *commit);

/* The signer of a record: their name in the keyring, borrowed from there, or
 * NULL if the record is not signed or the keyring does not list the key. The
 * key is appended as the line of an ssh key. */
const char *gv_good_signer(struct gv_buf *key, const struct gv_good *good,
    const struct gv_keyring_kept *kept);

#endif
