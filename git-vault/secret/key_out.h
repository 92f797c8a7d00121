#ifndef KEY_OUT_H
#define KEY_OUT_H
/*
 * The keyring and what became of it, as text and as JSON.
 *
 *	r = gv_key_out_list(ctx, kept);
 *	gv_key_out_version(ctx, kept);
 */

#include <stdbool.h>

struct gv_ctx;
struct gv_escrow;
struct gv_key_report;
struct gv_keyring_change;
struct gv_keyring_kept;
struct gv_keyring_recipient;

/* All recipients, or the one that is given, in full, with since when they have
 * their keys, and where the policy says it, how long these last. 0; as
 * gv_keyring_ages_load(). */
int gv_key_out_list(struct gv_ctx *ctx, const struct gv_keyring_kept *kept);
int gv_key_out_show(struct gv_ctx *ctx, const struct gv_keyring_kept *kept,
    const struct gv_keyring_recipient *who);

/* Which version the keyring has now, and its fingerprint; in JSON fields of the
 * object that is open. */
void gv_key_out_version(struct gv_ctx *ctx, const struct gv_keyring_kept *kept);

/* What was re-encrypted. */
void gv_key_out_resealed(struct gv_ctx *ctx, const struct gv_key_report *rep);

/* Print which versions of states the present readers cannot decrypt, and how to
 * encrypt them again. */
void gv_key_out_shut(struct gv_ctx *ctx, const struct gv_key_report *rep);

/* Who gets which file of an escrow that was written to `path`. */
void gv_key_out_escrow(
    struct gv_ctx *ctx, const struct gv_escrow *e, const char *path);

/* The values to be replaced, since `name` has seen them. */
void gv_key_out_exposed(
    struct gv_ctx *ctx, const struct gv_key_report *rep, const char *name);

/* Print the command to sync where there is a remote: a change of the keyring
 * counts for others, and in other copies, once it is pushed. An escrow that
 * only this disk knows opens no clone. */
void gv_key_out_sync(struct gv_ctx *ctx);

/* Before a passphrase is asked for: refuse a file of an identity that is there,
 * which is not replaced since it may be the only one of other vaults, with the
 * command that writes another one. `argv` is what else was said. 0; GV_EEXISTS;
 * GV_ENOMEM. */
int gv_key_out_check_free(const char *path, int argc, char **argv);

/* Say which vault the escrow that was added opens, and what adds it to another,
 * or somebody with many vaults trusts one paper for all of them. */
void gv_key_out_other_vaults(
    struct gv_ctx *ctx, const struct gv_keyring_change *c, const char *role);

#endif
