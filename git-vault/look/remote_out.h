#ifndef REMOTE_OUT_H
#define REMOTE_OUT_H
/*
 * On which remotes a snapshot is, as text and JSON.
 *
 *	gv_remote_out_names(&text, &where, rec);
 */

struct gv_buf;
struct gv_ctx;
struct gv_record;
struct gv_whereabouts;
struct gv_whereabouts_remote;

/* The remote that an option names. 0; GV_EUSAGE where there is none. */
int gv_remote_out_find(const struct gv_whereabouts_remote **out,
    const struct gv_whereabouts *where, const char *name);

/* Append the names of the remotes that have it, with commas between, "-" for
 * none. One that has something else under its id is warned of. */
void gv_remote_out_names(struct gv_buf *out, const struct gv_ctx *ctx,
    const struct gv_whereabouts *where, const struct gv_record *rec);

/* "remotes": those that have it, with their receipts. The same is warned of,
 * and receipts that are damaged or of another commit. */
void gv_remote_out_json(const struct gv_ctx *ctx, struct gv_whereabouts *where,
    const struct gv_record *rec);

#endif
