#ifndef REVEAL_OUT_H
#define REVEAL_OUT_H
/*
 * Secrets in differences: the names of changed keys for everyone, and with
 * --secrets the changed lines with their values, on stdout only. For diff, log,
 * show and status.
 *
 *	struct gv_reveal_keys keys = { .asked = &o->reveal };
 *
 *	r = gv_reveal_out_open(&v, ctx, repo, &from, &to, &keys);
 *	if (r == 0)
 *		r = gv_reveal_out_patch(v, &diff, context, NULL);
 *	r = gv_reveal_out_close(v, r);
 *	gv_reveal_keys_close(&keys, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

#include "git-vault/front/identity_opt.h"
#include "git-vault/front/opt.h"

struct gv_ctx;
struct gv_diff;
struct gv_diff_change;
struct gv_record;
struct gv_repo;
struct gv_reveal_out;
struct gv_reveal_side;
struct gv_safe;

struct gv_reveal_opts {
	bool secrets;
	struct gv_opt_list identities;
	const char *reason;
};

/* The lines of a table, but for the identities. */
#define GV_REVEAL_OPTS(values, member)                                         \
	{ .type = GV_OPT_BOOL,                                                 \
		.name = "secrets",                                             \
		.at = offsetof(values, member) +                               \
		    offsetof(struct gv_reveal_opts, secrets),                  \
		.help = "with secrets decrypted" },                            \
	{                                                                      \
		.type = GV_OPT_STRING, .name = "reason", .is_kept = true,      \
		.arg = "TEXT",                                                 \
		.at = offsetof(values, member) +                               \
		    offsetof(struct gv_reveal_opts, reason),                   \
		.help = "why secrets are decrypted, for the audit chain"       \
	}

/* The keys of a command, opened when first needed, for all its differences. */
struct gv_reveal_keys {
	const struct gv_reveal_opts *asked;
	struct gv_safe *safe; /* NULL: not open */
	bool is_sought;       /* for names, and is not sought again */
	size_t sealed;        /* secrets that stayed encrypted */
};

/* Close them. Where secrets stayed encrypted, say how this user gets access. */
void gv_reveal_keys_close(struct gv_reveal_keys *k, struct gv_ctx *ctx);

/* Be ready. With `secrets` the safe is opened, and there is no pager: values
 * must not get into its files. The keys must outlive it. As gv_reveal_open(),
 * and gv_safe_open(). */
int gv_reveal_out_open(struct gv_reveal_out **out, struct gv_ctx *ctx,
    struct gv_repo *repo, const struct gv_reveal_side *from,
    const struct gv_reveal_side *to, struct gv_reveal_keys *keys);

/* Whether --secrets was given, and a change has secrets, so that git must not
 * print it: struct gv_diff_out.leaves_out; `ctx` is a gv_reveal_out. */
bool gv_reveal_out_takes(void *ctx, const struct gv_diff_change *c);

/* Report to the audit chain that secrets of these changes are about to be
 * shown. gv_reveal_out_patch() does it, unless it was done before. As
 * gv_reveal_tell(). */
int gv_reveal_out_tell(struct gv_reveal_out *v, const struct gv_diff *diff);

/* Behind what git prints of `diff`: without --secrets which keys changed, with
 * the command that shows their values in `how` (NULL: none); with it, the
 * patches of these files, with `context` lines (negative: 3). 0 or a failure.
 */
int gv_reveal_out_patch(struct gv_reveal_out *v, const struct gv_diff *diff,
    long context, const char *how);

/* The names of the changed keys of one change, a line each, behind `indent`. */
int gv_reveal_out_names(struct gv_reveal_out *v, const struct gv_diff_change *c,
    const char *indent);

/* The list "keys" of a change: each with "key", "change" and "sealed". Nothing
 * where the change has no secrets. */
int gv_reveal_out_json(struct gv_reveal_out *v, const struct gv_diff_change *c);

/* Close. If `r` is 0 or positive and secrets stayed encrypted, GV_ENOKEY, and
 * if they are lost GV_ECORRUPT; else `r`. NULL-safe; wipes. */
int gv_reveal_out_close(struct gv_reveal_out *v, int r);

#endif
