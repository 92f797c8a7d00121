#include "format/jsontext.h"

#include "base/utf8.h"
#include "format/jsontext_internal.h"

#define NO_CHARACTER 0xfffd

static int32_t
hex_at(const char *p, size_t len)
{
	return len >= 6 && p[0] == '\\' && p[1] == 'u' ? gv_jsontext_hex(p + 2)
						       : -1;
}

/* One character by \u, of which a pair is one and a half of one NO_CHARACTER;
 * how many bytes it stands in, 0 for none. */
static size_t
read_hex(uint32_t *c, const char *p, size_t len)
{
	int32_t high = hex_at(p, len), low;

	if (high < 0)
		return 0;
	*c = (uint32_t)high;
	if (high < 0xd800 || high >= 0xe000)
		return 6;
	low = hex_at(p + 6, len - 6);
	if (high >= 0xdc00 || low < 0xdc00 || low >= 0xe000) {
		*c = NO_CHARACTER;
		return 6;
	}
	*c = 0x10000 +
	    (((uint32_t)high - 0xd800) << 10 | ((uint32_t)low - 0xdc00));
	return 12;
}

/* The escape at `p` as up to four bytes at `out`; how many bytes it stands in.
 * Another letter, which no token has, stands for itself. */
static size_t
read_escape(char *out, size_t *out_len, const char *p, size_t len)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	const char *found =
	    len > 1 ? memchr(names, p[1], sizeof(names) - 1) : NULL;
	uint32_t c = 0;
	size_t n = read_hex(&c, p, len);

	*out_len = 1;
	out[0] = p[0];
	if (found)
		out[0] = meant[found - names];
	if (n)
		*out_len = gv_utf8_put(out, c);
	return found ? 2 : n ? n : 1;
}

/* How many bytes stand before the next escape. */
static size_t
count_plain(const char *p, size_t len)
{
	const char *slash = memchr(p, '\\', len);

	return slash ? (size_t)(slash - p) : len;
}

bool
gv_jsontext_has_half(const char *p, size_t len)
{
	uint32_t c = 0;
	size_t n;

	while ((n = count_plain(p, len)) < len) {
		p += n;
		len -= n;
		n = read_hex(&c, p, len);
		/* what says so itself is whole */
		if (n == 6 && c == NO_CHARACTER &&
		    gv_jsontext_hex(p + 2) != NO_CHARACTER)
			return true;
		n = n ? n : 2;
		p += n;
		len -= n;
	}
	return false;
}

bool
gv_jsontext_is(const char *p, size_t len, bool escaped, const char *text)
{
	size_t left = strlen(text), plain = len, n;
	char out[4];

	if (!escaped)
		return len == left && memcmp(p, text, len) == 0;
	while (len) {
		plain = count_plain(p, len);
		if (plain > left || memcmp(p, text, plain) != 0)
			return false;
		p += plain;
		len -= plain;
		text += plain;
		left -= plain;
		if (len == 0)
			break;
		plain = read_escape(out, &n, p, len);
		if (n > left || memcmp(out, text, n) != 0)
			return false;
		p += plain;
		len -= plain;
		text += n;
		left -= n;
	}
	return left == 0;
}

size_t
gv_jsontext_decode(char *out, const char *p, size_t len)
{
	char *to = out, c[4];
	size_t n, taken;

	while (len) {
		n = count_plain(p, len);
		memmove(to, p, n);
		to += n;
		p += n;
		len -= n;
		if (len == 0)
			break;
		/* first read, then written: it may be the same place */
		taken = read_escape(c, &n, p, len);
		memcpy(to, c, n);
		to += n;
		p += taken;
		len -= taken;
	}
	return (size_t)(to - out);
}
