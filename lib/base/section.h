#ifndef GV_SECTION_H
#define GV_SECTION_H
/*
 * A part of somebody else's text that is ours, between two lines: replaced or
 * taken out, and all around it stays as it is.
 *
 *	r = gv_section_replace(&text, old, "# begin\n", "# end\n", lines);
 */

struct gv_buf;

/* Append `old` with what is between the two marks, and the marks, replaced by
 * `text`, or added at the end; taken out where `text` is NULL. Marks end with a
 * newline and belong to `text`. A mark without the other one is left alone. 0
 * or GV_ENOMEM. */
int gv_section_replace(struct gv_buf *out, const char *old, const char *begin,
    const char *end, const char *text);

#endif
