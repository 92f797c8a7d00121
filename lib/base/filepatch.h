#ifndef GV_FILEPATCH_H
#define GV_FILEPATCH_H
/*
 * The change of one file as a unified diff that git apply takes, without the
 * lines that must not be shown.
 *
 *	const struct gv_filepatch p = { .path = path, .old = a, .old_len = n,
 *		.new = b, .new_len = m };
 *
 *	r = gv_filepatch_add(&out, &done, &p);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

struct gv_filepatch {
	const char *path;
	const char *old, *new;
	size_t old_len, new_len;
	/* whether bytes of the old text must not be shown; NULL: none is */
	bool (*is_hidden)(void *ctx, size_t at, size_t len);
	void *ctx;
};

/* Append it, with fewer lines around the changes where one is hidden. *done:
 * whether that was possible; else nothing is appended. 0 or GV_ENOMEM. */
int gv_filepatch_add(
    struct gv_buf *out, bool *done, const struct gv_filepatch *patch);

#endif
