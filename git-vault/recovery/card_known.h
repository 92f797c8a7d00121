#ifndef CARD_KNOWN_H
#define CARD_KNOWN_H
/*
 * Which snapshots the emergency card names, by the ids of their commits: what
 * each environment was last known to be good as, else what this clone took
 * last. A commit's id is the sum of all that it holds, so nobody can push
 * another snapshot in its place.
 *
 *	r = gv_card_known_load(&known, ctx);
 *	… known.lines.p, known.commit …
 *	gv_card_known_release(&known);
 */

#include "base/buf.h"
#include "repo/oid.h"

struct gv_ctx;

struct gv_card_known {
	struct gv_buf lines;         /* one for each; "" where there is none */
	char commit[GV_OID_HEX + 1]; /* of the newest of them; "" */
};

/* Find them; with ctx->json also as its array "snapshots". 0; as
 * gv_goods_load(). The caller releases *out in any case. */
int gv_card_known_load(struct gv_card_known *out, struct gv_ctx *ctx);

void gv_card_known_release(struct gv_card_known *known);

#endif
