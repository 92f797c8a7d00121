#ifndef GV_RECEIPT_CHAIN_H
#define GV_RECEIPT_CHAIN_H
/*
 * Receipts as who was not the server reads them: the chains that a fetch has
 * brought, whose word they are, and what each says of a snapshot. Whose keys
 * are believed is this clone's configuration, vault.receiptSigner, and nothing
 * that travels. A server signs a tree, so its newest signed commit is its word
 * for all receipts that stand in there; what came behind it unsigned is not.
 *
 *	r = gv_receipt_signers(&signers, &repo->config);
 *	r = gv_receipt_chains_load(&chains, repo, prefix, &signers);
 *	r = gv_receipt_chain_find(&receipt, &trust, &chains.all[0], id);
 *	gv_receipt_chains_release(&chains);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/receipt.h"
#include "base/buf.h"
#include "crypto/sign.h"
#include "record/record_id.h"
#include "repo/oid.h"

struct gv_audit_signers;
struct gv_config;
struct gv_odb;
struct gv_ref;
struct gv_repo;

/* Whose word a receipt is; the later, the better. */
enum gv_receipt_trust {
	GV_RECEIPT_BAD,      /* an invalid signature, or of something else */
	GV_RECEIPT_UNSIGNED, /* anybody's who could write there */
	GV_RECEIPT_UNKNOWN,  /* signed by a key that this clone was not told of
			      */
	GV_RECEIPT_KNOWN,    /* signed by one of vault.receiptSigner */
	GV_RECEIPT_TRUSTS
};

/* "bad", "unsigned", "unknown", "known": the words for a user. */
extern const char *const gv_receipt_chain_trusts[GV_RECEIPT_TRUSTS];

struct gv_receipt_entry {
	char id[GV_RECORD_ID_LEN + 1];
	struct gv_oid oid;
};

/* The receipts of one month in a tree, as they were read last. */
struct gv_receipt_month {
	struct gv_oid tree; /* of the chain; zero: nothing was read yet */
	char name[8];
	struct gv_receipt_entry *all; /* sorted by id */
	size_t n, cap;
};

struct gv_receipt_chain {
	char *ref;          /* in full */
	const char *server; /* the last part of it: what the server is called */
	struct gv_oid tip, tree;
	enum gv_receipt_trust trust;       /* of the newest commit */
	unsigned char key[GV_SIGN_PUBLIC]; /* that signed it, where UNKNOWN or
					      KNOWN */
	struct gv_oid known; /* the newest tree that is KNOWN; zero: none */
	struct gv_odb *odb;
	struct gv_receipt_month month, known_month; /* private */
};

struct gv_receipt_chains {
	struct gv_receipt_chain *all; /* by name */
	size_t n, cap;
	struct gv_buf damaged; /* sentences, a line each, of those that cannot
				  be read */
};

/* The keys that vault.receiptSigner names, each as a line of an ssh key or as a
 * file of one. 0; GV_EREFUSED if a key cannot sign, and as gv_keyfile_key().
 * The caller releases *out. */
int gv_receipt_signers(
    struct gv_audit_signers *out, const struct gv_config *config);

/* Open the chain that a ref names. 0; GV_ECORRUPT or GV_ENOTFOUND where it is
 * damaged; GV_ENOMEM. The caller releases *out in any case. */
int gv_receipt_chain_open(struct gv_receipt_chain *out, struct gv_repo *repo,
    const struct gv_ref *ref, const struct gv_audit_signers *signers);

/* What the chain says of a snapshot. 0; GV_ENOTFOUND without a message;
 * GV_ECORRUPT. The caller releases *out. */
int gv_receipt_chain_find(struct gv_receipt *out, enum gv_receipt_trust *trust,
    struct gv_receipt_chain *chain, const char *id);

/* Free; NULL-safe, zeroed struct ok. */
void gv_receipt_chain_release(struct gv_receipt_chain *chain);

/* Open all chains whose refs begin with this; a damaged one is named. 0 or a
 * failure. The caller releases *out in any case. */
int gv_receipt_chains_load(struct gv_receipt_chains *out, struct gv_repo *repo,
    const char *prefix, const struct gv_audit_signers *signers);

/* The best word on a snapshot: of the most trusted chains the earliest. 0 with
 * *of set (borrowed); GV_ENOTFOUND without a message; GV_ECORRUPT. */
int gv_receipt_chains_find(struct gv_receipt *out, enum gv_receipt_trust *trust,
    const struct gv_receipt_chain **of, struct gv_receipt_chains *chains,
    const char *id);

/* Free; NULL-safe, zeroed struct ok. */
void gv_receipt_chains_release(struct gv_receipt_chains *chains);

#endif
