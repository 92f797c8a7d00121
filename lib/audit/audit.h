#ifndef GV_AUDIT_H
#define GV_AUDIT_H
/*
 * The audit chain: who opened, changed or gave out which sealed values, when
 * and why. Each host writes its own chain, refs/vault/audit/<host>, a commit an
 * event, so that no event can be removed or changed without changing the names
 * of all after it. It never holds a secret. An event is recorded before
 * secrets are given out: if that fails, nothing is given out, except in an
 * emergency (gv_audit_tell_given()). A deletion is recorded in the transaction
 * that deletes. To look at chains: audit_find.h; to check them: audit_check.h.
 *
 *	struct gv_audit_event e = { .what = GV_AUDIT_EXPORT, … };
 *	r = gv_audit_add(repo, &e);
 *	if (r == 0)
 *		r = give_it_out();
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"
#include "crypto/sign.h"
#include "repo/oid.h"

#define GV_AUDIT_SPACE     "git-vault-audit" /* what is signed */
#define GV_AUDIT_LISTED    50  /* ids; of more, how many and their digest */
#define GV_AUDIT_SNAPSHOTS 500 /* the same of ids of snapshots */

/* Kinds of events; others are words of small letters and '-', too. */
#define GV_AUDIT_UNSEAL         "unseal" /* into files, by a restore */
#define GV_AUDIT_REVEAL         "reveal" /* shown */
#define GV_AUDIT_EXPORT         "export"
#define GV_AUDIT_IMPORT         "import"
#define GV_AUDIT_ROTATE         "rotate"
#define GV_AUDIT_REVOKE         "revoke"
#define GV_AUDIT_PURGE          "purge"
#define GV_AUDIT_MIGRATE        "migrate" /* to where the policy keeps them */
#define GV_AUDIT_RESEAL         "reseal"  /* for who reads them now */
#define GV_AUDIT_KEY_ADD        "key-add"
#define GV_AUDIT_KEY_REMOVE     "key-remove"
#define GV_AUDIT_KEY_ROTATE     "key-rotate"
#define GV_AUDIT_KEY_ADOPT      "key-adopt"
#define GV_AUDIT_KEY_SIGNER     "key-signer" /* by what somebody signs events */
#define GV_AUDIT_ESCROW         "key-escrow"
#define GV_AUDIT_RECOVER        "key-recover" /* of an escrow, into a file */
#define GV_AUDIT_RESTORE        "restore"     /* files were brought back */
#define GV_AUDIT_ROLLBACK       "rollback"    /* an environment was */
#define GV_AUDIT_APPROVE        "rollback-approve" /* of one, to a record */
#define GV_AUDIT_PLAN_APPROVE   "plan-approve"     /* of a step of a plan */
#define GV_AUDIT_DELETE_APPROVE "delete-approve"   /* of snapshots */
#define GV_AUDIT_PRUNE_APPROVE  "prune-approve"    /* the same, by rules */
#define GV_AUDIT_APPROVAL_USE   "approval-use"     /* of one, by a run */
#define GV_AUDIT_CONFIG_APPROVE "config-approve"   /* of a change of it */
#define GV_AUDIT_CONFIG_REFUSE  "config-refuse"    /* of one, by rules */
#define GV_AUDIT_CONFIG_CHANGE  "config-change"    /* it came, with its keys */
#define GV_AUDIT_PLAN           "plan"             /* a recovery plan was run */
#define GV_AUDIT_POLICY         "policy-accept"    /* contents of its files */
#define GV_AUDIT_PRUNE          "prune"
#define GV_AUDIT_DELETE         "delete"
#define GV_AUDIT_UNDELETE       "undelete" /* they came back from the trash */
#define GV_AUDIT_PRUNE_VALUES   "prune-values"
#define GV_AUDIT_REPAIR         "repair"
#define GV_AUDIT_REPARENT       "reparent"
#define GV_AUDIT_GOOD_MARK      "good-mark"    /* a record was made */
#define GV_AUDIT_GOOD_PROMOTE   "good-promote" /* of a candidate, by checks */
#define GV_AUDIT_GOOD_REVOKE    "good-revoke"
#define GV_AUDIT_DRILL          "drill"     /* the recovery was rehearsed */
#define GV_AUDIT_REPLICATE      "replicate" /* a copy is pushed elsewhere */

/* What became of it. Told beforehand it says nothing. */
#define GV_AUDIT_DONE "done"
#define GV_AUDIT_PART "part"

struct gv_buf;
struct gv_ledger_edit;
struct gv_repo;
struct gv_safe;
struct gv_secret;

struct gv_audit_event {
	const char *what;
	int64_t time;                /* that it is of; seconds since 1970 */
	const struct gv_digest *ids; /* of the values; in any order */
	size_t n_ids;
	const char *const *scopes;
	size_t n_scopes;
	const char *snapshot;         /* its id, or NULL */
	const char *const *snapshots; /* ids of several, in any order */
	size_t n_snapshots;
	const char *target; /* what it was put to, or NULL */
	const char *result; /* GV_AUDIT_DONE …, or NULL */
	const char *reason; /* or NULL */
	bool is_done; /* nothing can be refused any more: a text that is too
			 long is cut, and says so */
	const struct gv_secret *signer; /* GV_SIGN_KEY bytes; NULL: nobody */
};

/* Add an event to this host's chain, durably, behind those that wait (below).
 * 0; GV_EUSAGE for a kind that can be none, or an event that says more than one
 * can; GV_EREFUSED inside a push's quarantine; GV_ELOCKED where others were
 * quicker again and again; GV_ECORRUPT for a damaged chain; GV_ERROR, also for
 * a time that no event can be of; GV_ENOMEM. */
int gv_audit_add(struct gv_repo *repo, const struct gv_audit_event *event);

/* The same, signed by the first identity of a safe that can; NULL: by the first
 * on this host that is at hand without asking anybody. No identity at all is no
 * failure. */
int gv_audit_tell(
    struct gv_repo *repo, struct gv_safe *safe, struct gv_audit_event *event);

/* The same for an action that is done already, or must not be prevented: if the
 * event cannot be recorded now, it waits in GV_AUDIT_QUEUE for the next
 * event. 0; else as gv_audit_tell(), with a message that says whether it waits
 * and what to do. */
int gv_audit_tell_done(
    struct gv_repo *repo, struct gv_safe *safe, struct gv_audit_event *event);

/* Record that an owner of that name made the first keyring: the `made` of
 * gv_safe_opts. As gv_audit_tell_done(). */
int gv_audit_tell_made(
    struct gv_repo *repo, struct gv_safe *safe, const char *owner, int64_t now);

/* The same of what is going to be given out, and must not be kept from whoever
 * needs it in an emergency: where the chain cannot be written now, on a disk
 * that is full or read-only or behind a lock, the event waits, if it can, and
 * that is 0 and news of the safe, which begins by `news`, such as "values are
 * opened". A chain that is not as it was written is a failure; otherwise as
 * gv_audit_tell(). */
int gv_audit_tell_given(struct gv_repo *repo, struct gv_safe *safe,
    struct gv_audit_event *event, const char *news);

#define GV_AUDIT_QUEUE "vault/audit-queue" /* below the shared .git */

/* After an event could not be told, for the reason that the message says: have
 * it wait there, durably. Returns `code`, and the message says, too, whether it
 * waits. */
int gv_audit_wait(
    struct gv_repo *repo, const struct gv_audit_event *event, int code);

/* Have an event wait that tells of a push which is refused: in the quarantine
 * of the push no ref moves, but the refusal is certain. Nothing where 1000 wait
 * already. 0; a failure to write. */
int
gv_audit_wait_refusal(struct gv_repo *repo, const struct gv_audit_event *event);

/* How many wait there. 0; GV_ERROR; GV_ENOMEM. */
int gv_audit_waiting(uint64_t *n, const struct gv_repo *repo);

/* An event that a transaction records with its other changes: both happen, or
 * neither. Zeroed: no event. */
struct gv_audit_join {
	struct gv_buf *told; /* the waiting ones that it tells of, too */
	struct gv_oid was;   /* the chain's end before */
	struct gv_oid tip;   /* … and after it */
};

/* Add the event to an edit that is going to be published, signed as by
 * gv_audit_tell(). As gv_audit_add(); GV_EEXISTS then comes of the transaction.
 */
int gv_audit_join(struct gv_audit_join *out, struct gv_ledger_edit *edit,
    struct gv_safe *safe, struct gv_audit_event *event);

/* The edit is published: let the waiting ones go, and note the end of the
 * chain, unless the one that is noted was cut off: that is for a verify to
 * tell. Nothing that fails here is lost. */
void gv_audit_joined(const struct gv_audit_join *join, struct gv_repo *repo);

/* Free; NULL-safe, zeroed ok. */
void gv_audit_join_release(struct gv_audit_join *join);

/* An event as it was read. Texts are its own. */
struct gv_audit_entry {
	struct gv_oid commit, parent; /* parent zero: the first */
	uint64_t number;              /* 1 for the first; 0: it says none */
	int64_t time;
	int64_t told; /* it waited until then; 0: it did not */
	char *what, *actor, *user;
	char *pipeline; /* who had it run: "github octocat"; or NULL, as all
			   that follow may be */
	char *keyring;  /* the fingerprint of that of the vault */
	char *snapshot, *target, *result, *reason;
	char *ids;       /* digits, a blank between two */
	uint64_t n_ids;  /* of all, also where not all are listed */
	char *snapshots; /* ids, a blank between two */
	uint64_t n_snapshots;
	char *scopes;                      /* a blank between two */
	bool is_signed;                    /* and the signature is good … */
	unsigned char key[GV_SIGN_PUBLIC]; /* … by this key */
};

/* Free what it holds; NULL-safe, zeroed ok. */
void gv_audit_entry_release(struct gv_audit_entry *e);

/* Read the bytes of such a commit; `commit` stays zero. 0; GV_ECORRUPT if
 * it is not an event, or its signature is not of these bytes; GV_EREFUSED for a
 * newer format; GV_ENOMEM. */
int gv_audit_parse(struct gv_audit_entry *out, const void *data, size_t len);

/* Visit a chain from its newest event to its first, each held to the form and
 * its signature: fn(ctx, entry). `ref` is its full name. `seen` (NULL or zero:
 * nothing) is a commit that was at its end once: GV_EREFUSED where it is not
 * in the chain any more, told at the end. 0; fn's negative value; GV_ENOTFOUND
 * where there is no such ref; GV_ECORRUPT with the commit; GV_ENOMEM. `fn` may
 * be NULL. */
int
gv_audit_each(struct gv_repo *repo, const char *ref, const struct gv_oid *seen,
    int (*fn)(void *ctx, const struct gv_audit_entry *e), void *ctx);

/* Append the ref of the chain that is written here: it is called after the
 * host, unless vault.auditName says otherwise. */
void gv_audit_ref(struct gv_buf *out, const struct gv_repo *repo);

#endif
