#ifndef GV_PLAIN_H
#define GV_PLAIN_H
/*
 * What a program printed for a terminal, as text: colours and other escape
 * sequences go, a tab is filled up with blanks, and of a line that overwrites
 * itself the last one stays.
 *
 *	r = gv_plain_add(&out, "\033[31mError:\033[0m no", len);
 */

#include <stddef.h>

struct gv_buf;

/* Append a line, without its LF. Other control characters stay. 0 or
 * GV_ENOMEM. */
int gv_plain_add(struct gv_buf *out, const char *line, size_t len);

#endif
