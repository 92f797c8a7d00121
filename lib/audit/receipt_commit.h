#ifndef GV_RECEIPT_COMMIT_H
#define GV_RECEIPT_COMMIT_H
/*
 * A commit of a chain of receipts as who checks its signature needs it: what
 * was signed, by what, and where it stands. The bytes come from elsewhere.
 *
 *	struct gv_receipt_commit c = GV_RECEIPT_COMMIT_INIT;
 *	r = gv_receipt_commit_parse(&c, bytes, len);
 *	r = gv_sign_check(&sign, "git", c.bytes.p, c.bytes.len);
 *	gv_receipt_commit_release(&c);
 */

#include <stddef.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_receipt_commit {
	struct gv_oid tree, parent; /* the first one; zero: none */
	unsigned n_parents;
	struct gv_buf bytes;     /* the commit without its signature */
	struct gv_buf signature; /* its text; empty: it is not signed */
};

#define GV_RECEIPT_COMMIT_INIT                                                 \
	{                                                                      \
		.bytes = GV_BUF_INIT, .signature = GV_BUF_INIT                 \
	}

/* Read the bytes of a commit object. 0; GV_ECORRUPT; GV_ENOMEM. The caller
 * releases *out in any case. */
int gv_receipt_commit_parse(
    struct gv_receipt_commit *out, const char *text, size_t len);

/* Free; NULL-safe. */
void gv_receipt_commit_release(struct gv_receipt_commit *c);

#endif
