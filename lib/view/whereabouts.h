#ifndef GV_WHEREABOUTS_H
#define GV_WHEREABOUTS_H
/*
 * On which remotes a snapshot is, as the last fetch, sync or push has seen
 * them, and since when by the receipts of the servers there. Nobody is asked.
 *
 *	r = gv_whereabouts_load(&where, repo, GV_WHEREABOUTS_RECEIPTS);
 *	for (i = 0; i < where.n; i++)
 *		if (gv_whereabouts_has(&where.remotes[i], id, &commit)) …
 *	gv_whereabouts_release(&where);
 */

#include <stdbool.h>
#include <stddef.h>

#include "audit/audit_signers.h"
#include "audit/receipt_chain.h"
#include "repo/oid.h"
#include "repo/ref.h"

struct gv_repo;

enum gv_whereabouts_how {
	GV_WHEREABOUTS_RECEIPTS = 1, /* look at receipts, too */
};

struct gv_whereabouts_remote {
	char *name;
	/* a fetch of it brings its vault, or has brought one */
	bool is_vault;
	/* what it has was told, and that is not lost; else it may have more
	 * than what stands in `snapshots` */
	bool is_known;
	struct gv_refs snapshots;
	size_t prefix; /* bytes of their names before the id */
	struct gv_receipt_chains chains;
};

struct gv_whereabouts {
	struct gv_whereabouts_remote *remotes; /* as the configuration has them
						*/
	size_t n, cap;
	struct gv_audit_signers signers;
};

/* What is known of one snapshot on one remote. */
struct gv_whereabouts_word {
	bool has_receipt;
	struct gv_receipt receipt;
	enum gv_receipt_trust trust;
	const char *server; /* whose it is; borrowed */
};

/* Load. 0; GV_EREFUSED where vault.receiptSigner is no key; a failure. The
 * caller releases *out in any case. */
int gv_whereabouts_load(
    struct gv_whereabouts *out, struct gv_repo *repo, unsigned how);

/* Whether there is a remote with a vault. */
bool gv_whereabouts_is_vault(const struct gv_whereabouts *where);

/* The first remote with a vault of which it is not known what it has, or NULL.
 */
const struct gv_whereabouts_remote *
gv_whereabouts_unknown(const struct gv_whereabouts *where);

/* The remote of that name, or NULL. */
struct gv_whereabouts_remote *
gv_whereabouts_find(const struct gv_whereabouts *where, const char *name);

/* What the remote has under this id; NULL: nothing. */
const struct gv_oid *gv_whereabouts_commit(
    const struct gv_whereabouts_remote *remote, const char *id);

/* Whether it has the very snapshot: this commit under this id. */
bool gv_whereabouts_has(const struct gv_whereabouts_remote *remote,
    const char *id, const struct gv_oid *commit);

/* Where, in refs that are sorted by name, those begin behind which none is on
 * any remote: what a lost machine takes with it. Their number: the newest is on
 * one.
 */
size_t gv_whereabouts_unsent(
    const struct gv_whereabouts *where, const struct gv_refs *snapshots);

/* The best receipt of a snapshot on a remote, whatever commit it is of. 0, also
 * where there is none; GV_ECORRUPT; a failure. The caller releases the receipt.
 */
int gv_whereabouts_ask(struct gv_whereabouts_word *out,
    struct gv_whereabouts_remote *remote, const char *id);

/* Free; NULL-safe, zeroed struct ok. */
void gv_whereabouts_release(struct gv_whereabouts *where);

#endif
