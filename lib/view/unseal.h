#ifndef GV_UNSEAL_H
#define GV_UNSEAL_H
/*
 * What has to be done beside opening values of a snapshot for somebody: tell
 * the audit chain first, and warn of those that are revoked. How they are
 * opened is for revealed.h.
 *
 *	r = gv_unseal_add(&u, file);	each file that is given out
 *	r = gv_unseal_tell(&u, repo, safe, &why);
 *	…
 *	r = gv_unseal_warn(&u, repo, warn, ctx);
 *	gv_unseal_release(&u);
 */

#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"

struct gv_revealed_file;
struct gv_record;
struct gv_repo;
struct gv_safe;

/* Zeroed is empty. */
struct gv_unseal {
	struct gv_digest *ids;
	const char **scopes; /* of each; borrowed of the list */
	size_t n, cap, cap_scopes;
};

/* Add the values of a file, which are the list's and must stay. 0 or GV_ENOMEM.
 */
int gv_unseal_add(struct gv_unseal *u, const struct gv_revealed_file *file);

/* NULL-safe, zeroed ok. */
void gv_unseal_release(struct gv_unseal *u);

/* Record in the audit chain that values of the snapshot of that id are opened,
 * and why (or NULL). Nothing is recorded where there are none, or no key at
 * hand that could open one. As gv_audit_tell_given(). */
int gv_unseal_tell(const struct gv_unseal *u, struct gv_repo *repo,
    struct gv_safe *safe, const char *snapshot, const char *reason);

/* The same of a file of a snapshot, or of all below a directory ("": of all),
 * that is going to be given out. As gv_revealed_load() too. */
int gv_unseal_tell_path(struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_record *rec, const char *path, const char *reason);

/* Visit those that are revoked, each once: fn(ctx, scope, id, reason or NULL).
 * 0; GV_ECORRUPT where a statement is damaged; GV_ENOMEM; GV_ERROR. */
int gv_unseal_warn(const struct gv_unseal *u, struct gv_repo *repo,
    void (*fn)(void *ctx, const char *scope, const struct gv_digest *id,
	const char *reason),
    void *ctx);

#endif
