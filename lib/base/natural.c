#include "base/natural.h"

#include <string.h>

static size_t
digits(const char *p)
{
	return strspn(p, "0123456789");
}

/* A longer number without zeros in front is a larger one, however long. */
static int
compare_numbers(const char *a, const char *b, size_t a_len, size_t b_len)
{
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return memcmp(a, b, a_len);
}

int
gv_natural_compare(const char *a, const char *b)
{
	const char *x = a, *y = b;
	size_t n, m;
	int r;

	while (*x && *y) {
		if (digits(x) == 0 || digits(y) == 0) {
			if (*x != *y)
				break;
			x++;
			y++;
			continue;
		}
		x += strspn(x, "0");
		y += strspn(y, "0");
		n = digits(x);
		m = digits(y);
		if ((r = compare_numbers(x, y, n, m)) != 0)
			return r;
		x += n;
		y += m;
	}
	r = strcmp(x, y);
	return r ? r : strcmp(a, b);
}
