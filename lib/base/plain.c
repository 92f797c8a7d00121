#include "base/plain.h"

#include <string.h>

#include "base/buf.h"

#define ESC 0x1b
#define BEL 0x07
#define TAB 8 /* columns */

/* Bytes of the sequence at p, which begins with ESC (ECMA-48): to its final
 * byte, or all that is there. */
static size_t
sequence(const char *p, const char *end)
{
	const char *at = p + 1;

	if (at == end)
		return 1;
	if (*at == '[') {
		for (at++; at < end && (*at < 0x40 || *at > 0x7e); at++)
			;
	} else if (*at && strchr("]PX^_", *at)) {
		/* a text for the terminal, such as its title */
		while (at < end && *at != BEL &&
		    !(*at == ESC && at + 1 < end && at[1] == '\\'))
			at++;
		at += at < end && *at == ESC;
	} else {
		while (at < end && *at >= 0x20 && *at <= 0x2f)
			at++;
	}
	return (size_t)((at < end ? at + 1 : end) - p);
}

/* Where the text begins that nothing overwrites. */
static const char *
after_returns(const char *line, const char **end)
{
	const char *cr;

	while (*end > line && (*end)[-1] == '\r')
		--*end;
	cr = memrchr(line, '\r', (size_t)(*end - line));
	return cr ? cr + 1 : line;
}

int
gv_plain_add(struct gv_buf *out, const char *line, size_t len)
{
	const char *end = line + len, *p;
	size_t column = 0;

	for (p = after_returns(line, &end); p < end; p++) {
		if (*p == ESC) {
			p += sequence(p, end) - 1;
		} else if (*p == '\t') {
			do
				gv_buf_addch(out, ' ');
			while (++column % TAB);
		} else {
			/* the rest of a character has no column of its own */
			column += ((unsigned char)*p & 0xc0) != 0x80;
			gv_buf_addch(out, *p);
		}
	}
	return gv_buf_check(out);
}
