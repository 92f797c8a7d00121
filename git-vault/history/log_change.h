#ifndef LOG_CHANGE_H
#define LOG_CHANGE_H
/*
 * What git prints between two snapshots of a log: a patch, a bar chart or a
 * list of paths, with the changed secrets below it.
 *
 *	struct gv_log_change how = { .form = "--patch", .keys = &keys };
 *
 *	r = gv_log_change_print(ctx, &how, before, rec);
 */

#include <stdbool.h>

struct gv_ctx;
struct gv_record;
struct gv_reveal_keys;

struct gv_log_change {
	const char *form;         /* --patch, --stat, --name-status; or NULL */
	const char *const *paths; /* pathspecs, NULL-terminated, or NULL */
	struct gv_reveal_keys *keys;
};

/* Print how `to` differs from `from`; NULL: from no files. Paths that a
 * snapshot of some files lacks are not shown as removed. 0, or the failure of
 * gv_diff_run() or gv_diff_out(). */
int gv_log_change_print(struct gv_ctx *ctx, const struct gv_log_change *how,
    const struct gv_record *from, const struct gv_record *to);

/* Whether a failure concerns one change only, so that the log can go on. It
 * cannot if memory is short or the user interrupted the command. */
bool gv_log_change_is_of_one(const struct gv_ctx *ctx, int r);

#endif
