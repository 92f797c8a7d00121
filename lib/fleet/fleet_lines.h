#ifndef GV_FLEET_LINES_H
#define GV_FLEET_LINES_H
/*
 * The lines of a file that may be larger than memory, one at a time.
 *
 *	r = gv_fleet_lines_open(&lines, "list.txt", 4096);
 *	while ((r = gv_fleet_lines_next(&lines)) > 0)
 *		use(lines.line.p, lines.line.len);
 *	gv_fleet_lines_close(&lines);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct gv_fleet_lines {
	struct gv_buf line; /* without its end; its beginning, if it is cut */
	size_t number;      /* of the line, from 1 */
	bool is_whole;      /* it ends with a newline, and is not cut */
	const char *name;   /* private, as what follows */
	int fd;
	char *chunk;
	size_t at, n, most;
};

/* Open a regular file, or standard input for "-"; the name stays until the end.
 * Of a line, `most` bytes are kept. 0; GV_ENOTFOUND; GV_EREFUSED where it is
 * something else; GV_ERROR; GV_ENOMEM. To be closed in any case. */
int
gv_fleet_lines_open(struct gv_fleet_lines *out, const char *file, size_t most);

/* Read the next line. 1; 0 at the end; GV_ERROR; GV_ENOMEM. */
int gv_fleet_lines_next(struct gv_fleet_lines *lines);

/* Zeroed ok. */
void gv_fleet_lines_close(struct gv_fleet_lines *lines);

#endif
