#ifndef CARD_STORES_H
#define CARD_STORES_H
/*
 * The copies in stores that the emergency card names: where each is, how to get
 * it, and by whose signature it is known. Whoever has the escrow key alone can
 * open a copy, and must be told which signature to trust.
 *
 *	r = gv_card_stores_load(&stores, ctx);
 *	… stores.lines.p, stores.commands.p …
 *	gv_card_stores_release(&stores);
 */

#include <stddef.h>

#include "base/buf.h"
#include "key/keyring.h"

struct gv_ctx;

struct gv_card_stores {
	struct gv_buf lines;    /* one for each, and the signer's; "" */
	struct gv_buf commands; /* that make rescue.git, each if that before
				   failed */
	char signer[GV_KEYRING_PRINT]; /* of this host's copies; "" */
	size_t n;
};

/* Find them; with ctx->json also as its array "stores" and its member
 * "signer". 0; GV_ENOMEM; GV_ECANCELED; what cannot be read is reported. The
 * caller releases *out in any case. */
int gv_card_stores_load(struct gv_card_stores *out, struct gv_ctx *ctx);

void gv_card_stores_release(struct gv_card_stores *stores);

#endif
