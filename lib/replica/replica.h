#ifndef GV_REPLICA_H
#define GV_REPLICA_H
/*
 * Copies of a repository and its vault in stores elsewhere. A push packs what
 * the store lacks, and appends a signed manifest to the chain of this host; so
 * writers never contend, nothing is ever replaced but a hint, and a writer
 * needs no right to delete. What nobody has signed decides nothing.
 *
 *	r = gv_replica_open(&rep, repo, target, &opts);
 *	r = gv_replica_push(&pushed, rep, &how);
 *	r = gv_replica_verify(&verified, rep, &how);
 *	gv_replica_close(rep);
 *
 * Objects of a store: replica_name.h. Targets: target.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/identity.h"
#include "replica/replica_memory.h"
#include "replica/target.h"
#include "safe/safe.h"

#define GV_REPLICA_RECIPIENTS 256 /* an encrypted copy is for, at most */

struct gv_repo;
struct gv_replica;

/* What is wrong with a store, each a sentence. Kinds are words: "missing",
 * "size", "content", "gap", "rollback", "truncated", "signature", "signer",
 * "foreign", "form", "unchecked". */
struct gv_replica_fault {
	const char *kind;
	char *host; /* whose chain it is of; NULL: of none */
	char *text;
};

#define GV_REPLICA_FAULTS 200 /* are listed; more are counted */

struct gv_replica_faults {
	struct gv_replica_fault *all;
	size_t n, cap;
	uint64_t more;
};

/* Whether one of them is more than that something could not be checked. */
bool gv_replica_faults_are_grave(const struct gv_replica_faults *faults);

void gv_replica_faults_release(struct gv_replica_faults *faults);

/* Open a target of a repository; nothing is asked of it yet. 0; as
 * gv_store_open() and gv_safe_open(). The caller closes *out. */
int gv_replica_open(struct gv_replica **out, struct gv_repo *repo,
    const struct gv_target *target, const struct gv_safe_opts *opts);

/* NULL-safe; what went over the wire is noted in the memory. */
void gv_replica_close(struct gv_replica *rep);

/* Its address without credentials. Borrowed. */
const char *gv_replica_url(const struct gv_replica *rep);

/* ---- push ---- */

struct gv_replica_pushed {
	uint64_t seq; /* of the manifest; 0: there was nothing new */
	char host[GV_REPLICA_HOST_MAX + 1]; /* whose chain it is of */
	uint64_t refs;                      /* that changed */
	uint64_t snapshots;                 /* that are new there */
	uint64_t objects;                   /* in the new pack */
	uint64_t pack_bytes, bytes; /* of the pack; of all that was sent */
	uint64_t requests;
	bool is_whole;  /* everything was packed again */
	bool is_unsafe; /* the store cannot create only what is missing */
	/* refs that were kept back, since secrets seem to be in them */
	size_t n_kept_back;
	struct gv_buf found;    /* a sentence each, with its newline … */
	struct gv_buf allow;    /* … and " --allow FINGERPRINT" each */
	struct gv_buf left;     /* of refs that a manifest cannot name, … */
	struct gv_buf warnings; /* … and others: a sentence each, the same */
};

struct gv_replica_push_opts {
	bool is_whole; /* pack everything again */
	bool dry_run;
};

/* Push what is new. 0; GV_ENOKEY where this host has no key to sign by;
 * GV_EEXISTS where another clone writes the same chain; GV_EREFUSED for a store
 * of another project, or a shallow clone; GV_ELOCKED; GV_ECORRUPT; as
 * gv_store_put(). Killed at any instant, what was pushed before is intact and
 * the next push goes on. To be released in any case. */
int gv_replica_push(struct gv_replica_pushed *out, struct gv_replica *rep,
    const struct gv_replica_push_opts *opts);
void gv_replica_pushed_release(struct gv_replica_pushed *pushed);

/* ---- status ---- */

struct gv_replica_status {
	bool is_known; /* this clone has pushed there */
	bool is_unsafe; /* … and the store cannot create only what is missing */
	uint64_t seq;   /* of its newest manifest */
	int64_t pushed;     /* when; 0: never */
	uint64_t snapshots; /* that are not there yet */
	uint64_t bytes;     /* of Git's objects that are not, as git counts */
	int64_t behind;     /* seconds since the oldest of these was taken */
	uint64_t refs;      /* that differ */
	int64_t verified[GV_REPLICA_LEVELS]; /* when; 0: never */
	/* what a push or verification found wrong; borrowed */
	const struct gv_replica_damage *damage;
	/* of the store, if it was asked */
	bool is_asked;
	uint64_t packs, objects, stored; /* bytes */
	uint64_t hosts;
	uint64_t requests; /* that this took */
	/* of all that this clone did there */
	uint64_t all_requests, all_out, all_in;
	uint64_t cost_month; /* in millionths, where prices are known … */
	bool has_cost;
	uint64_t cost_used; /* the same of these requests and bytes */
	bool has_use;
	struct gv_replica_faults faults;
};

/* How far a target is behind; `asks` its store, too, in a request a thousand
 * packs. 0, also with faults; as gv_store_list(). To be released in any case.
 */
int gv_replica_status(
    struct gv_replica_status *out, struct gv_replica *rep, bool asks);
void gv_replica_status_release(struct gv_replica_status *status);

/* ---- verify ---- */

struct gv_replica_verify_opts {
	enum gv_replica_level level;
	unsigned share; /* of READ: how much of the bytes, in percent; 0: all */
};

struct gv_replica_verified {
	uint64_t packs, checked; /* that are needed; of them looked at */
	uint64_t bytes, checked_bytes;
	uint64_t manifests, hosts;
	uint64_t requests;
	bool is_complete; /* all that the level asks of a store was seen */
	struct gv_replica_faults faults;
	struct gv_buf mend; /* the command that mends it; "" */
};

/* Whether the store has what its chains say, and these are what was seen
 * before. What was read is noted, so that one that was interrupted goes on. 0,
 * also with faults; as gv_store_get(). To be released in any case. */
int gv_replica_verify(struct gv_replica_verified *out, struct gv_replica *rep,
    const struct gv_replica_verify_opts *opts);
void gv_replica_verified_release(struct gv_replica_verified *verified);

/* ---- restore ---- */

struct gv_replica_restore_opts {
	const char *dir;  /* of the new repository */
	const char *host; /* whose branches; NULL: of the newest manifest */
	int64_t until;    /* as the store was then; 0: now */
	const char *const *signers; /* fingerprints to trust; none: own key */
	size_t n_signers;
	const char *const *identities; /* files; none: where they are */
	size_t n_identities;
	gv_identity_ask *ask; /* for the passphrase of one; may be NULL */
	void *ask_ctx;
	bool is_bare;
	int64_t now;
};

struct gv_replica_restored {
	char host[GV_REPLICA_HOST_MAX + 1];
	uint64_t seq;
	int64_t time;
	uint64_t packs, bytes, refs, snapshots, hosts;
	uint64_t aside; /* refs of other hosts that differ: refs/remotes/HOST */
	struct gv_replica_faults faults;
};

/* Make a repository of what a store has. One that was interrupted goes on. 0,
 * also where a chain was passed over, which `faults` tells; GV_EEXISTS for a
 * folder that is not empty; GV_ENOTFOUND for a store with nothing in it;
 * GV_ENOKEY where no identity opens it; GV_EREFUSED where nobody whom this
 * machine knows has signed it, with the fingerprints; GV_ECORRUPT; others. To
 * be released in any case. */
int gv_replica_restore(struct gv_replica_restored *out,
    const struct gv_target *target, const struct gv_replica_restore_opts *opts);
void gv_replica_restored_release(struct gv_replica_restored *restored);

/* ---- prune ---- */

struct gv_replica_prune_opts {
	int64_t grace; /* seconds that what is not needed stays */
	bool dry_run;
	bool keeps_packs; /* write no folded base first */
};

struct gv_replica_pruned {
	uint64_t packs, manifests, bundles, bytes; /* that went */
	uint64_t waiting; /* packs and bundles that are not needed, but young */
	uint64_t locked;  /* objects that the store keeps locked */
	/* of what was removed: hidden versions that went for good, … */
	uint64_t versions, version_bytes;
	/* … and those that stay: locked until a day (0: not known), or denied
	 * to this host */
	uint64_t versions_locked, versions_denied, versions_left_bytes;
	int64_t versions_until;
	bool is_blind; /* the store does not tell whether it keeps any */
	uint64_t requests;
	uint64_t kept_back; /* refs, as of a push */
	bool is_folded;
};

/* Remove packs that no chain has needed for the grace time, and manifests
 * before the whole one that is older than it; where a bucket keeps versions,
 * these, too. 0; GV_ECORRUPT or GV_ENOKEY where
 * a chain cannot be read, and nothing goes then; as gv_store_delete(). */
int gv_replica_prune(struct gv_replica_pruned *out, struct gv_replica *rep,
    const struct gv_replica_prune_opts *opts);

/* ---- purge ---- */

/* What of a file is left in a store. Kinds are words: "locked" until a day,
 * "held" until somebody lets it go, "denied" to this host, "host": another
 * host's chain needs it, "young": it may be of a push that is under way,
 * "hidden": versions that cannot be seen, "kept": deleted, and kept by the
 * store until a day, "unseen": it may have a trash that cannot be seen,
 * "history": branches, automatic saves or known-good records here have it,
 * "kept-back": a ref that does not leave, "begun": snapshots of this clone may
 * have it, since the purge here did not end. */
struct gv_replica_purge_rest {
	const char *kind;
	char *host;              /* whose chain; NULL */
	uint64_t objects, bytes; /* of the store; without bytes, of Git */
	int64_t until; /* the last of them is free then; 0: not known */
};

struct gv_replica_purged {
	uint64_t owed;           /* objects of Git that were to go */
	uint64_t packs, bundles; /* that went */
	uint64_t bytes;          /* of all that went */
	uint64_t seq;            /* of the manifest that was written; 0: none */
	struct gv_replica_purge_rest *rest;
	size_t n, cap;
	struct gv_buf commands; /* what was purged here, or begun: lines */
	uint64_t requests;
};

struct gv_replica_purge_opts {
	int64_t grace; /* a pack that is younger may be of a push */
	bool dry_run;  /* only whether something is owed */
};

/* Take out of a target what a purge here has noted (replica_owed.h): push all
 * packs again, then remove those that have it, with all of their versions. 0,
 * also with a rest, which stays noted; as gv_replica_push() and
 * gv_replica_prune(): what was done stays done, and the next one goes on. To be
 * released in any case. */
int gv_replica_purge(struct gv_replica_purged *out, struct gv_replica *rep,
    const struct gv_replica_purge_opts *opts);
void gv_replica_purged_release(struct gv_replica_purged *purged);

#endif
