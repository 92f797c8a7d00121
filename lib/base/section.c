#include "base/section.h"

#include <string.h>

#include "base/buf.h"

int
gv_section_replace(struct gv_buf *out, const char *old, const char *begin,
    const char *end, const char *text)
{
	const char *from = strstr(old, begin), *next;
	const char *to = from ? strstr(from, end) : NULL;

	/* what is behind a mark that lost its end is not ours */
	while (to && (next = strstr(from + 1, begin)) != NULL && next < to)
		from = next;
	if (to == NULL)
		from = to = old + strlen(old);
	else
		to += strlen(end);
	gv_buf_add(out, old, (size_t)(from - old));
	if (text && out->len && out->p[out->len - 1] != '\n')
		gv_buf_addch(out, '\n');
	if (text)
		gv_buf_addstr(out, text);
	gv_buf_addstr(out, to);
	return gv_buf_check(out);
}
