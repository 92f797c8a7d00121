#ifndef DIFF_OUT_H
#define DIFF_OUT_H
/*
 * Differences between two trees as git itself prints them: with the user's
 * diff drivers, attributes, colours and configuration. Of files in chunks a
 * patch says that they are binary, whatever these say; where that needs a
 * second git they come behind all others.
 *
 *	r = gv_diff_out(ctx, &(struct gv_diff_out){
 *	    .form = "--patch", .from = &a, .to = &b, .paths = paths });
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_ctx;
struct gv_diff;
struct gv_diff_change;
struct gv_oid;

struct gv_diff_out {
	const char *form;        /* "--patch", "--stat", … */
	const char *const *more; /* further options of git diff, or NULL */
	const struct gv_oid *from, *to; /* trees */
	const char *const *paths;   /* pathspecs, NULL-terminated, or NULL */
	const struct gv_diff *diff; /* what is known of files in chunks, of
				       which git has the pointers only: the
				       same differences, without renames; or
				       NULL */
	/* changes of `diff` that are left out, since others print them; NULL:
	 * none */
	bool (*leaves_out)(void *ctx, const struct gv_diff_change *c);
	void *ctx;
};

/* Print them on stdout. 0, also where the pager was left; GV_EREFUSED where
 * they are, or leave out, more files in chunks than git can be told of;
 * GV_ERROR where git failed (its own words are on stderr). */
int gv_diff_out(struct gv_ctx *ctx, const struct gv_diff_out *d);

#endif
