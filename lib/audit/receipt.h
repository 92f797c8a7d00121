#ifndef GV_RECEIPT_H
#define GV_RECEIPT_H
/*
 * Receipts: which snapshots a server has received, when, and from whom, in
 * refs/vault/server/<name>, a commit a push. The server alone writes there, so
 * its clock counts and not that of who took the snapshot. Where it has a key
 * each commit is signed as git signs by ssh: git verify-commit tells.
 *
 *	r = gv_receipt_add(&done, repo, &push, &how);
 *	…
 *	r = gv_receipt_find(&receipt, repo, "refs/vault/server/git", id);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_receive;
struct gv_repo;
struct gv_safe;

struct gv_receipt {
	struct gv_oid commit; /* that the snapshot's ref named */
	int64_t time;         /* seconds since 1970, the server's */
	char *pusher;         /* who pushed, as the server names them */
};

struct gv_receipt_how {
	int64_t now;          /* seconds since 1970 */
	const char *pusher;   /* as above */
	struct gv_safe *safe; /* of whose identities one signs; NULL: none */
};

/* How many snapshots a push has created. */
size_t gv_receipt_count(const struct gv_receive *push);

/* The account that pushes, as receipts name it: "" where the server gives none,
 * or not one that could stand there. All who push as the user that the
 * repository belongs to share that name, so it is "". 0 or a failure. */
int gv_receipt_account(struct gv_buf *out, struct gv_repo *repo);

struct gv_receipt_done {
	size_t n; /* of how many snapshots there is a receipt now */
	bool is_signed;
};

/* Write receipts of the snapshots that a push has created. 0, also without
 * snapshots; GV_EREFUSED inside a push's quarantine; GV_ELOCKED where others
 * were quicker again and again; GV_ECORRUPT for a damaged chain; GV_ERROR;
 * GV_ENOMEM. */
int gv_receipt_add(struct gv_receipt_done *out, struct gv_repo *repo,
    const struct gv_receive *push, const struct gv_receipt_how *how);

/* The receipt of a snapshot on the chain of that name. 0; GV_ENOTFOUND without
 * a message; GV_ECORRUPT. The caller releases *out. */
int gv_receipt_find(struct gv_receipt *out, struct gv_repo *repo,
    const char *ref, const char *id);

/* Free; NULL-safe, zeroed struct ok. */
void gv_receipt_release(struct gv_receipt *receipt);

/* An entry's bytes, and back: 0, or GV_ECORRUPT. */
void gv_receipt_format(struct gv_buf *out, const struct gv_receipt *receipt);
int gv_receipt_parse(struct gv_receipt *out, const char *text, size_t len);

/* Append the ref of this server's chain: by vault.receive.name, else the host.
 */
void gv_receipt_ref(struct gv_buf *out, const struct gv_repo *repo);

/* Append who pushes, as the server's programs tell its hooks: gitolite, Gitea,
 * GitLab, the web server, else the user of the system. What looks like a secret
 * is left out, and *withheld and the text say of what and for which rule:
 * "without ${GL_USERNAME} (github-pat)". 0; GV_ERROR; GV_ENOMEM. */
int gv_receipt_pusher(
    struct gv_buf *out, struct gv_buf *withheld, struct gv_repo *repo);

#endif
