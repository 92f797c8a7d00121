#ifndef GV_AUDIT_H
#define GV_AUDIT_H
/*
 * The audit chain: who opened, changed or gave out which sealed values, when
 * and why. Each host writes one of its own, refs/vault/audit/<host>, a commit
 * an event, so that nothing can be taken out or changed without all behind it
 * changing their names. It never holds a value. What is given out is told here
 * first: where that fails, nothing is given out, but for a restore (unseal.h).
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
#include "store/oid.h"

#define GV_AUDIT_REFS   "refs/vault/audit/" /* and the host */
#define GV_AUDIT_SPACE  "git-vault-audit"   /* what is signed for */
#define GV_AUDIT_LISTED 50 /* ids; of more, how many and their digest */

/* Kinds of events; others are words of small letters and '-', too. */
#define GV_AUDIT_UNSEAL     "unseal" /* into files, by a restore */
#define GV_AUDIT_REVEAL     "reveal" /* shown */
#define GV_AUDIT_EXPORT     "export"
#define GV_AUDIT_IMPORT     "import"
#define GV_AUDIT_ROTATE     "rotate"
#define GV_AUDIT_REVOKE     "revoke"
#define GV_AUDIT_PURGE      "purge"
#define GV_AUDIT_MIGRATE    "migrate" /* to where the policy keeps them */
#define GV_AUDIT_KEY_ADD    "key-add"
#define GV_AUDIT_KEY_REMOVE "key-remove"
#define GV_AUDIT_KEY_ROTATE "key-rotate"
#define GV_AUDIT_ESCROW     "key-escrow"

struct gv_buf;
struct gv_repo;
struct gv_safe;
struct gv_secret;

struct gv_audit_event {
	const char *what;
	int64_t time;                /* seconds since 1970 */
	const struct gv_digest *ids; /* of the values; in any order */
	size_t n_ids;
	const char *const *scopes;
	size_t n_scopes;
	const char *snapshot;           /* its id, or NULL */
	const char *reason;             /* or NULL */
	const struct gv_secret *signer; /* GV_SIGN_KEY bytes; NULL: nobody */
};

/* Add an event to this host's chain, durably. 0; GV_EUSAGE for a kind that can
 * be none; GV_EREFUSED inside a push's quarantine; GV_ELOCKED where others were
 * quicker again and again; GV_ECORRUPT for a damaged chain; GV_ERROR;
 * GV_ENOMEM. */
int gv_audit_add(struct gv_repo *repo, const struct gv_audit_event *event);

/* The same, signed by the first identity of a safe that can. NULL: as above;
 * no identity at all is no failure. */
int gv_audit_tell(
    struct gv_repo *repo, struct gv_safe *safe, struct gv_audit_event *event);

/* The key by which the first identity of a safe that can signs; empty where
 * none can. Keeps this thread's message. */
void gv_audit_signer(struct gv_secret *out, struct gv_safe *safe);

/* An event as it was read. Texts are its own. */
struct gv_audit_entry {
	struct gv_oid commit, parent; /* parent zero: the first */
	int64_t time;
	char *what, *actor, *user, *snapshot, *reason; /* the last two or NULL*/
	char *ids;      /* digits, a blank between two; NULL: none */
	uint64_t n_ids; /* of all, also where not all are listed */
	char *scopes;   /* a blank between two, or NULL */
	bool is_signed; /* and the signature is good … */
	unsigned char key[GV_SIGN_PUBLIC]; /* … by this key */
};

/* Free what it holds; NULL-safe, zeroed ok. */
void gv_audit_entry_release(struct gv_audit_entry *e);

/* Read the bytes of such a commit; `commit` stays zero. 0; GV_ECORRUPT for what
 * is none, or a signature that is not of these bytes; GV_EREFUSED for a newer
 * format; GV_ENOMEM. */
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

/* Append the ref of this host's chain. */
void gv_audit_ref(struct gv_buf *out);

#endif
