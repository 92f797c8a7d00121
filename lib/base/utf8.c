#include "base/utf8.h"

#include <string.h>

size_t
gv_utf8_next(uint32_t *out, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t c = p[0], least;
	size_t n, i;

	if (c < 0x80) {
		*out = c;
		return 1;
	}
	if (c >= 0xc2 && c < 0xe0) {
		n = 2;
		c &= 0x1f;
		least = 0x80;
	} else if (c >= 0xe0 && c < 0xf0) {
		n = 3;
		c &= 0x0f;
		least = 0x800;
	} else if (c >= 0xf0 && c < 0xf5) {
		n = 4;
		c &= 0x07;
		least = 0x10000;
	} else {
		return 0;
	}
	if (n > len)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*out = c;
	return n;
}

size_t
gv_utf8_put(char *out, uint32_t c)
{
	if ((c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		c = 0xfffd;
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

bool
gv_utf8_is_valid(const char *p, size_t len)
{
	const uint64_t high = 0x8080808080808080u;
	const char *begin = p;
	uint64_t eight;
	uint32_t c;
	size_t n;

	for (; len > 0; p += n, len -= n) {
		/* mostly it is ASCII */
		if (len >= sizeof(eight)) {
			n = sizeof(eight);
			memcpy(&eight, p, n);
			if (!(eight & high))
				continue;
		} else if ((size_t)(p - begin) + len >= sizeof(eight)) {
			/* the rest, with what is in front of it */
			memcpy(&eight, p + len - sizeof(eight), sizeof(eight));
			if (!(eight & high))
				return true;
		}
		n = 1;
		if (!(*p & 0x80))
			continue;
		n = gv_utf8_next(&c, p, len);
		if (n == 0)
			return false;
	}
	return true;
}

/* One step of the two below: a byte that is not UTF-8 counts as a column. */
static size_t
step(const char *p, size_t len, size_t *columns)
{
	uint32_t c;
	size_t n = gv_utf8_next(&c, p, len);
	int width = n ? gv_utf8_width(c) : 1;

	*columns = width < 0 ? 1 : (size_t)width;
	return n ? n : 1;
}

size_t
gv_utf8_ascii(const char *p, size_t len)
{
	const uint64_t each = 0x0101010101010101;
	uint64_t eight;
	size_t n = 0;

	/* eight at a time: a blank less, or one more, sets the high bit of one
	 * of another byte (or of one before it: these are looked at) */
	for (; len - n >= sizeof(eight); n += sizeof(eight)) {
		memcpy(&eight, p + n, sizeof(eight));
		if ((eight | (eight + each) | (eight - each * ' ')) &
		    each * 0x80)
			break;
	}
	while (n < len && p[n] >= ' ' && p[n] <= '~')
		n++;
	return n;
}

size_t
gv_utf8_columns(const char *p, size_t len)
{
	size_t sum = gv_utf8_ascii(p, len), columns, n;

	if (sum == len)
		return sum;
	p += sum;
	len -= sum;
	for (; len > 0; p += n, len -= n) {
		n = step(p, len, &columns);
		sum += columns;
	}
	return sum;
}

size_t
gv_utf8_fit(const char *p, size_t len, size_t room)
{
	size_t done = 0, columns, n;

	while (done < len) {
		n = step(p + done, len - done, &columns);
		if (columns > room)
			break;
		room -= columns;
		done += n;
	}
	return done;
}
