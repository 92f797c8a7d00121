#ifndef DIFF_POINTER_H
#define DIFF_POINTER_H
/*
 * The patch of files in chunks. git has only their pointers, which are binary
 * to it; but an attribute, or a diff program of the user's, makes it show them
 * or give them to programs as if they were the files. Where that is so they are
 * left out of the git diff of all else, and are printed by another one, in
 * which they stay binary.
 *
 *	r = gv_diff_pointer_is_due(ctx->repo, diff);
 *	if (r > 0)
 *		r = gv_diff_pointer_each(diff, add, ctx);
 *	…
 *	r = gv_diff_pointer_print(out, diff, patch, list);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_diff;
struct gv_out;
struct gv_repo;

/* Whether there are such files, and git may not take them for binary. 1, 0, or
 * a failure. NULL is no change at all. */
int gv_diff_pointer_is_due(struct gv_repo *repo, const struct gv_diff *diff);

/* Their paths. 0, or fn's first negative value. */
int gv_diff_pointer_each(const struct gv_diff *diff,
    int (*fn)(void *ctx, const char *path, size_t len), void *ctx);

/* Run `patch`, a git diff --patch of them, and print it with what git took for
 * text told to be binary. `list`: the same as --raw -z --no-abbrev; `diff`: the
 * same differences, without renames. 0, or GV_ERROR with git's words. */
int gv_diff_pointer_print(struct gv_out *out, const struct gv_diff *diff,
    const char *const *patch, const char *const *list);

#endif
