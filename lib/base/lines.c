#include "base/lines.h"

#include <string.h>

bool
gv_lines_next(const char **line, size_t *len, const char **p, const char *end)
{
	const char *lf;

	if (*p == end)
		return false;
	lf = memchr(*p, '\n', (size_t)(end - *p));
	*line = *p;
	*len = (size_t)((lf ? lf : end) - *p);
	*p = lf ? lf + 1 : end;
	return true;
}

bool
gv_lines_have(const char *text, size_t text_len, const char *line, size_t len)
{
	const char *p = text, *other;
	size_t n;

	while (gv_lines_next(&other, &n, &p, text + text_len))
		if (n == len && memcmp(other, line, len) == 0)
			return true;
	return false;
}

const char *
gv_lines_after(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	return p && (size_t)(end - p) >= n && memcmp(p, word, n) == 0 ? p + n
								      : NULL;
}
