#ifndef IDENTITY_OPT_H
#define IDENTITY_OPT_H
/*
 * The option --identity, and who is asked for a passphrase: for all commands
 * that open what is sealed.
 *
 *	struct cat_opts {
 *		struct gv_opt_list identities;
 *	};
 *
 *	GV_IDENTITY_OPT(struct cat_opts, identities),
 *
 *	r = gv_identity_opt_open(&safe, ctx, &o->identities);
 *	…
 *	gv_identity_opt_tell(ctx, safe);
 */

#include <stddef.h>

#include "git-vault/front/opt.h"

struct gv_ctx;
struct gv_safe;
struct gv_safe_news;
struct gv_safe_opts;

/* The line of a table. */
#define GV_IDENTITY_OPT(values, member)                                        \
	{                                                                      \
		.type = GV_OPT_LIST, .name = "identity", .arg = "FILE",        \
		.at = offsetof(values, member),                                \
		.help = "decrypt with the identities in this file; may be "    \
			"repeated",                                            \
		.kind = GV_OPT_PATH                                            \
	}

/* Fill in how a safe is opened: the files named (NULL or none: where they are
 * by themselves), the time, and the terminal to ask at, if there is one. It
 * points into `files` and `ctx`. */
void gv_identity_opt_fill(struct gv_safe_opts *out, struct gv_ctx *ctx,
    const struct gv_opt_list *files);

/* Open the safe of the repository so. As gv_safe_open(). */
int gv_identity_opt_open(
    struct gv_safe **out, struct gv_ctx *ctx, const struct gv_opt_list *files);

/* Whether the files that are named can be read, for what decrypts only later.
 * 0; why one cannot be. */
int gv_identity_opt_check(struct gv_ctx *ctx, const struct gv_opt_list *files);

/* Tell the user what is new: a key or keyring that was made, a keyring seen for
 * the first time, an identity that others can read. Call it once, when all is
 * done. NULL-safe. */
void gv_identity_opt_tell(struct gv_ctx *ctx, const struct gv_safe *safe);

/* The same of news that were taken down before the safe was closed. */
void
gv_identity_opt_tell_news(struct gv_ctx *ctx, const struct gv_safe_news *news);

#endif
