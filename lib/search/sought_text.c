#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "search/sought.h"

#define MARK     "\xef\xbb\xbf" /* of UTF-8 */
#define MARK_LEN 3
#define MOST_PUT 3 /* bytes of UTF-8 that two of UTF-16 become */

/* ---- UTF-16 -------------------------------------------------------------- */

enum order { NONE, LITTLE, BIG };

/* By its mark. One that a NUL follows is that of UTF-32, which nobody uses. */
static enum order
order_of(const unsigned char *p, size_t len)
{
	if (len < 2 || len % 2 || (len >= 4 && p[2] == 0 && p[3] == 0))
		return NONE;
	if (p[0] == 0xff && p[1] == 0xfe)
		return LITTLE;
	return p[0] == 0xfe && p[1] == 0xff ? BIG : NONE;
}

static uint32_t
unit_at(const unsigned char *p, enum order order)
{
	return order == BIG ? (uint32_t)p[0] << 8 | p[1]
			    : (uint32_t)p[1] << 8 | p[0];
}

/* Half a pair becomes U+FFFD. */
static size_t
decode(char *out, const unsigned char *p, size_t len, enum order order)
{
	uint32_t c, low;
	size_t i, n = 0;

	for (i = 2; i < len; i += 2) {
		c = unit_at(p + i, order);
		if (c >= 0xd800 && c < 0xdc00 && i + 2 < len) {
			low = unit_at(p + i + 2, order);
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) +
				    (low - 0xdc00);
				i += 2;
			}
		}
		n += gv_utf8_put(out + n, c);
	}
	return n;
}

/* ---- ends of lines ------------------------------------------------------- */

/* Most texts have no CR at all. To say so, memmem() of glibc takes ten
 * instructions for each byte, memchr() less than one. */
static bool
has_crlf(const char *p, size_t len)
{
	const char *end = p + len;

	for (; p < end && (p = memchr(p, '\r', (size_t)(end - p))); p++)
		if (p + 1 < end && p[1] == '\n')
			return true;
	return false;
}

static size_t
drop_cr(char *out, const char *p, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		if (p[i] != '\r' || i + 1 == len || p[i + 1] != '\n')
			out[n++] = p[i];
	return n;
}

/* ---- both ---------------------------------------------------------------- */

bool
gv_sought_is_searched(const void *data, size_t len)
{
	return gv_sought_is_text(data, len) ||
	    (len <= GV_SOUGHT_TEXT && order_of(data, len) != NONE);
}

static int
open_utf16(
    struct gv_sought_text *out, const void *data, size_t len, enum order order)
{
	/* a character of four bytes is two units */
	out->own = malloc(len / 2 * MOST_PUT + 1);
	if (out->own == NULL)
		return gv_err_nomem();
	out->p = out->own;
	out->len = decode(out->own, data, len, order);
	return 1;
}

static int
take_lines(struct gv_sought_text *out)
{
	char *own = out->own;

	if (!has_crlf(out->p, out->len))
		return 1;
	if (own == NULL && (own = malloc(out->len)) == NULL)
		return gv_err_nomem();
	/* in its place, too, since it becomes shorter */
	out->len = drop_cr(own, out->p, out->len);
	out->p = out->own = own;
	return 1;
}

int
gv_sought_open(struct gv_sought_text *out, const struct gv_sought *n,
    const void *data, size_t len)
{
	const enum order order = order_of(data, len);
	int r = 1;

	*out = (struct gv_sought_text){ .p = data, .len = len };
	if (!gv_sought_is_searched(data, len))
		return 0;
	if (order != NONE)
		r = open_utf16(out, data, len, order);
	if (r < 0 || n == NULL)
		return r;
	if (out->len >= MARK_LEN && memcmp(out->p, MARK, MARK_LEN) == 0) {
		out->p += MARK_LEN;
		out->len -= MARK_LEN;
	}
	return n->keeps_cr ? 1 : take_lines(out);
}

void
gv_sought_close(struct gv_sought_text *text)
{
	free(text->own);
	*text = (struct gv_sought_text){ .p = NULL };
}
