#include "base/base64.h"

/* Of each byte of ASCII; in what is random nothing else could be foretold. */
static const signed char values[128] = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 62, -1, 62,
	-1, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1,
	-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
	19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1, 63, -1, 26, 27, 28, 29, 30,
	31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
	49, 50, 51, -1, -1, -1, -1, -1 };

int
gv_base64_value(char ch)
{
	unsigned char byte = (unsigned char)ch;

	return byte < sizeof(values) ? values[byte] : -1;
}

long
gv_base64_decode(void *out, size_t max, const char *p, size_t len)
{
	unsigned bits = 0, have = 0;
	unsigned char *to = out;
	size_t i, n = 0;

	while (len && p[len - 1] == '=')
		len--;
	if (len % 4 == 1)
		return -1;
	for (i = 0; i < len; i++) {
		int v = gv_base64_value(p[i]);

		if (v < 0)
			return -1;
		bits = (bits << 6 | (unsigned)v) & 0xffff;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (n < max)
			to[n] = (unsigned char)(bits >> have);
		n++;
	}
	return (long)n;
}

bool
gv_base64_begins_text(const char *p, size_t len)
{
	int a, b, c, d;
	unsigned bits, first, second, third;

	if (len < 4)
		return false;
	a = gv_base64_value(p[0]);
	b = gv_base64_value(p[1]);
	c = gv_base64_value(p[2]);
	d = gv_base64_value(p[3]);
	if ((a | b | c | d) < 0)
		return false;
	bits = (unsigned)(a << 18 | b << 12 | c << 6 | d);
	first = bits >> 16;
	second = bits >> 8 & 255;
	third = bits & 255;
	/* without branches, since of what is random no order is foretold */
	return (first - ' ' < 95) & (second - ' ' < 95) & (third - ' ' < 95);
}
