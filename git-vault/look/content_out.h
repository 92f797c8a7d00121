#ifndef CONTENT_OUT_H
#define CONTENT_OUT_H
/*
 * A file of a snapshot on stdout, byte for byte, or the names in a directory:
 * what `cat` and `show SNAP:PATH` print. With --json, they are objects with
 * members.
 *
 *	return gv_content_out(ctx, &place.rec, place.path.p);
 */

struct gv_ctx;
struct gv_place;
struct gv_record;
struct gv_reveal_opts;
struct gv_safe;

/* Print it. 0, also where the reader of stdout went away; GV_ENOTFOUND with
 * the nearest name; GV_EREFUSED for a repository of its own; GV_ECORRUPT. */
int gv_content_out(
    struct gv_ctx *ctx, const struct gv_record *rec, const char *path);

/* The same, and a file has the values that the safe (NULL where the snapshot
 * withholds none) opens. Also as gv_content_stream_clear(). */
int gv_content_out_clear(struct gv_ctx *ctx, const struct gv_record *rec,
    const char *path, struct gv_safe *safe);

/* Begin and end the document of `cat` and `show SNAP PATH...`; only with
 * --json. Between them each place becomes an object in "files". */
void gv_content_out_begin(struct gv_ctx *ctx, const struct gv_record *rec);
void gv_content_out_end(struct gv_ctx *ctx);

/* The same of a place: with its secrets if these options ask for them, reported
 * to the audit chain first and never through a pager. Else, on a terminal, the
 * command that shows them follows on stderr. */
int gv_content_out_place(struct gv_ctx *ctx, const struct gv_place *place,
    const struct gv_reveal_opts *o);

#endif
