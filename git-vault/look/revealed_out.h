#ifndef GIVEN_OUT_H
#define GIVEN_OUT_H
/*
 * What commands that read snapshots have to do with values that are withheld:
 * open the safe where there is something to open, and say what stays sealed.
 *
 *	r = gv_revealed_out_open(&safe, ctx, &rec, &o->identities);
 *	…
 *	gv_revealed_out_note(ctx, &rec);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_ctx;
struct gv_digest;
struct gv_json;
struct gv_opt_list;
struct gv_record;
struct gv_restore_change;
struct gv_restore_result;
struct gv_safe;

/* Open the safe for the values of a snapshot, by these files of identities, or
 * the usual ones. *out is NULL where nothing is withheld. As gv_safe_open(). */
int gv_revealed_out_open(struct gv_safe **out, struct gv_ctx *ctx,
    const struct gv_record *rec, const struct gv_opt_list *identities);

/* Close it, and tell the user what is new. NULL-safe. */
void gv_revealed_out_close(struct gv_ctx *ctx, struct gv_safe *safe);

/* Say how many values a snapshot withholds, if any. */
void gv_revealed_out_note(struct gv_ctx *ctx, const struct gv_record *rec);

/* Warn of a file that is not whole: of GV_RESTORE_SEALED. */
void
gv_revealed_out_file(struct gv_ctx *ctx, const struct gv_restore_change *c);

/* Warn of files that are not whole: the first 20, and how many they are. Those
 * that are so on purpose are only counted. */
void gv_revealed_out_left(struct gv_ctx *ctx,
    const struct gv_restore_change *items, size_t n, bool on_purpose);

/* Warn of a value that is revoked: gv_restore_opts.revoked; `ctx` is a struct
 * gv_ctx. */
void gv_revealed_out_revoked(void *ctx, const char *scope,
    const struct gv_digest *id, const char *reason);

/* After a command that left secrets encrypted: print the command by which the
 * user gets access, for themselves or for an owner to run. NULL-safe. */
void gv_revealed_out_access(struct gv_ctx *ctx, struct gv_safe *safe);

/* Say how those come back that more people would read. */
void gv_revealed_out_crossed(
    struct gv_ctx *ctx, const struct gv_restore_result *res, const char *id);

/* The list "sealed" of a document. */
void gv_revealed_out_json(
    struct gv_json *j, const struct gv_restore_change *items, size_t n);

#endif
