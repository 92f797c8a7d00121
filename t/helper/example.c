#include "helper/example.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "scan/check.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static const struct {
	const char *name, *chars;
} classes[] = {
	{ "hex", DIGIT "abcdef" },
	{ "HEX", DIGIT "ABCDEF" },
	{ "digit", DIGIT },
	{ "lower", LOWER },
	{ "upper", UPPER },
	{ "alpha", LOWER UPPER },
	{ "alnum", LOWER DIGIT },
	{ "ALNUM", UPPER DIGIT },
	{ "base62", DIGIT UPPER LOWER },
	{ "base64", UPPER LOWER DIGIT "+/" },
	{ "base64url", UPPER LOWER DIGIT "-_" },
	{ "base32", LOWER "234567" },
	{ "BASE32", UPPER "234567" },
	{ "word", DIGIT UPPER LOWER "_" },
	{ "print", DIGIT UPPER LOWER "!#%&()*+,-./:;<=>?@^_~" },
};

/* xorshift64*, by Marsaglia and Vigna. */
static unsigned
draw(uint64_t *seed, unsigned n)
{
	uint64_t x = *seed ? *seed : 1;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*seed = x;
	return (unsigned)((x * 2685821657736338717u) >> 33) % n;
}

static void
add_chars(struct gv_buf *out, const char *chars, size_t n, uint64_t *seed)
{
	size_t len = strlen(chars);

	while (n-- > 0)
		gv_buf_addch(out, chars[draw(seed, (unsigned)len)]);
}

static void
add_uuid(struct gv_buf *out, uint64_t *seed)
{
	static const int parts[] = { 8, 4, 4, 4, 12 };
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (i)
			gv_buf_addch(out, '-');
		add_chars(out, DIGIT "abcdef", (size_t)parts[i], seed);
	}
}

/* Over what stands before it in the token, which begins where no part of one
 * can. */
static bool
add_sum(struct gv_buf *out, const char *validator)
{
	size_t from = out->len;
	char sum[16];

	while (from > 0 && strchr(" \t\n\"'=:/", out->p[from - 1]) == NULL)
		from--;
	if (validator == NULL ||
	    gv_check_sum(sum, validator, out->p + from, out->len - from) == 0)
		return false;
	gv_buf_addstr(out, sum);
	return true;
}

/* CLASS*N or CLASS*N-M. */
static bool
add_class(struct gv_buf *out, const char *p, size_t len, uint64_t *seed)
{
	size_t i, n;
	unsigned from, to;
	char *end;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		n = strlen(classes[i].name);
		if (len <= n || memcmp(p, classes[i].name, n) != 0 ||
		    p[n] != '*')
			continue;
		from = to = (unsigned)strtoul(p + n + 1, &end, 10);
		if (*end == '-')
			to = (unsigned)strtoul(end + 1, &end, 10);
		if (end != p + len || to < from || to > 100000)
			return false;
		add_chars(out, classes[i].chars,
		    from + draw(seed, to - from + 1), seed);
		return true;
	}
	return false;
}

/* Where the brace that opens in front of `p` closes, others within it too. */
static const char *
closing(const char *p)
{
	int depth = 1;

	for (; *p; p++) {
		depth += *p == '{';
		depth -= *p == '}';
		if (depth == 0)
			return p;
	}
	return NULL;
}

static bool
add_braces(struct gv_buf *out, const char *p, size_t len, const char *validator,
    uint64_t *seed)
{
	char *inner, *text;

	if (len == 4 && memcmp(p, "uuid", len) == 0) {
		add_uuid(out, seed);
		return true;
	}
	if (len == 5 && memcmp(p, "crc32", len) == 0)
		return add_sum(out, validator);
	if (len < 7 || memcmp(p, "base64:", 7) != 0)
		return add_class(out, p, len, seed);
	inner = strndup(p + 7, len - 7);
	text = example_expand(inner, validator, seed);
	free(inner);
	if (text == NULL)
		return false;
	gv_enc_base64(out, text, strlen(text));
	free(text);
	return true;
}

char *
example_expand(const char *template, const char *validator, uint64_t *seed)
{
	struct gv_buf out = GV_BUF_INIT;
	const char *p, *end;

	for (p = template; *p; p++) {
		if (*p != '{' || p[1] == '{') {
			gv_buf_addch(&out, *p);
			p += *p == '{';
			continue;
		}
		end = closing(p + 1);
		if (end == NULL ||
		    !add_braces(
			&out, p + 1, (size_t)(end - p - 1), validator, seed)) {
			gv_buf_release(&out);
			return NULL;
		}
		p = end;
	}
	return gv_buf_take(&out);
}
