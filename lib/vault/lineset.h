#ifndef GV_LINESET_H
#define GV_LINESET_H
/*
 * The lines of texts as a set: sorted by their bytes, each once. They are
 * borrowed, the texts must outlive it. Empty lines are ignored.
 *
 *	r = gv_lineset_add(&set, text, len);
 *	gv_lineset_sort(&set);
 *	if (gv_lineset_has(&set, &line)) …
 *	gv_lineset_release(&set);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

struct gv_lineset_line {
	const char *p; /* no newline, and no NUL, behind it */
	size_t len;
};

struct gv_lineset {
	struct gv_lineset_line *lines;
	size_t n, cap;
};

/* Add the lines of a text, whose last one needs no newline. 0 or GV_ENOMEM. */
int gv_lineset_add(struct gv_lineset *set, const void *text, size_t len);

/* Sort them, and leave each once; before the two below. */
void gv_lineset_sort(struct gv_lineset *set);

bool gv_lineset_has(
    const struct gv_lineset *set, const struct gv_lineset_line *line);

/* Append them as a text. A failure is kept in `out`. */
void gv_lineset_write(struct gv_buf *out, const struct gv_lineset *set);

/* Free; NULL-safe, zeroed ok. */
void gv_lineset_release(struct gv_lineset *set);

#endif
