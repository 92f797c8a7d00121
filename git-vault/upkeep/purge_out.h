#ifndef PURGE_OUT_H
#define PURGE_OUT_H
/*
 * What purges tell of, as they go: a line, or an object of the open list of a
 * document.
 *
 *	gv_purge_out(ctx, note);
 */

struct gv_ctx;
struct gv_purge_note;

void gv_purge_out(struct gv_ctx *ctx, const struct gv_purge_note *note);

#endif
