#include "toolstate/state_coding.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"

#define GZIP_LEAST 18 /* bytes of the smallest gzip file */

enum gv_state_coding
gv_state_coding_of(const void *data, size_t len)
{
	const unsigned char *p = data;

	if (len >= 3 && memcmp(p, "\357\273\277", 3) == 0)
		return GV_STATE_UTF8_MARK;
	if (len >= 2 && p[0] == 0xff && p[1] == 0xfe)
		return GV_STATE_UTF16_LITTLE;
	if (len >= 2 && p[0] == 0xfe && p[1] == 0xff)
		return GV_STATE_UTF16_BIG;
	if (len >= 2 && p[0] == 0x1f && p[1] == 0x8b)
		return GV_STATE_GZIP;
	/* without a byte order mark, if the first two characters are ASCII */
	if (len >= 4 && p[0] && p[1] == 0 && p[2] && p[3] == 0)
		return GV_STATE_UTF16_LITTLE;
	if (len >= 4 && p[0] == 0 && p[1] && p[2] == 0 && p[3])
		return GV_STATE_UTF16_BIG;
	return GV_STATE_UNCODED;
}

const char *
gv_state_coding_name(enum gv_state_coding coding)
{
	static const char *const names[] = {
		[GV_STATE_UNCODED] = "plain",
		[GV_STATE_UTF8_MARK] = "UTF-8 with a byte order mark",
		[GV_STATE_UTF16_LITTLE] = "UTF-16, as PowerShell writes it",
		[GV_STATE_UTF16_BIG] = "UTF-16, big-endian",
		[GV_STATE_GZIP] = "compressed by gzip",
	};

	return names[coding];
}

static int
too_long(void)
{
	return gv_err(
	    GV_EREFUSED, "it has more than %zu MiB", GV_STATE_CODING_MAX >> 20);
}

static int
reserve(struct gv_state_plain *out, size_t cap)
{
	if (cap > GV_STATE_CODING_MAX)
		return too_long();
	out->p = gv_memory_get(out->memory, cap + 1);
	if (out->p == NULL)
		return GV_ENOMEM;
	out->cap = cap + 1;
	return 0;
}

/* ---- UTF-16 ------------------------------------------------------------- */

static uint32_t
unit_at(const unsigned char *p, bool is_big)
{
	return is_big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static void
put(struct gv_state_plain *out, uint32_t ch)
{
	static const unsigned char marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	unsigned n = ch < 0x80 ? 1 : ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4, i;

	for (i = n; i-- > 1; ch >>= 6)
		out->p[out->len + i] = (char)(0x80 | (ch & 0x3f));
	out->p[out->len] = (char)(marks[n] | ch);
	out->len += n;
}

/* Half of a surrogate pair alone is not a character. */
static int
read_utf16(
    struct gv_state_plain *out, const unsigned char *p, size_t len, bool is_big)
{
	size_t at = unit_at(p, is_big) == 0xfeff ? 2 : 0;
	uint32_t a, b;
	int r = reserve(out, len / 2 * 3);

	if (r < 0)
		return r;
	if (len % 2)
		return gv_err(GV_EREFUSED, "its last character is cut off");
	for (; at < len; at += 2) {
		a = unit_at(p + at, is_big);
		if (a >= 0xd800 && a < 0xdc00 && at + 4 <= len) {
			b = unit_at(p + at + 2, is_big);
			if (b >= 0xdc00 && b < 0xe000) {
				a = 0x10000 + ((a - 0xd800) << 10) + b - 0xdc00;
				at += 2;
			}
		}
		if (a >= 0xd800 && a < 0xe000)
			return gv_err(
			    GV_EREFUSED, "byte %zu is not a character", at);
		put(out, a);
	}
	return 0;
}

/* ---- gzip --------------------------------------------------------------- */

/* The end of the file states its length, which may be wrong in a damaged or
 * hostile file. */
static int
read_gzip(struct gv_state_plain *out, const unsigned char *p, size_t len,
    int64_t (*unpack)(void *out, size_t max, const void *data, size_t len))
{
	int64_t n;
	size_t size;
	int r;

	if (unpack == NULL || len < GZIP_LEAST)
		return gv_err(GV_EREFUSED, "it is cut off");
	size = (size_t)p[len - 4] | (size_t)p[len - 3] << 8 |
	    (size_t)p[len - 2] << 16 | (size_t)p[len - 1] << 24;
	if ((r = reserve(out, size)) < 0)
		return r;
	n = unpack(out->p, size, p, len);
	if (n < 0)
		return gv_err(GV_EREFUSED, "it is cut off or damaged");
	out->len = (size_t)n;
	return 0;
}

int
gv_state_plain_read(struct gv_state_plain *out, enum gv_state_coding coding,
    const void *p, size_t len, const struct gv_memory *memory,
    int64_t (*unpack)(void *out, size_t max, const void *data, size_t len))
{
	int r;

	*out = (struct gv_state_plain){ .memory = memory };
	if (coding == GV_STATE_GZIP)
		return read_gzip(out, p, len, unpack);
	if (coding != GV_STATE_UTF8_MARK)
		return read_utf16(out, p, len, coding == GV_STATE_UTF16_BIG);
	if ((r = reserve(out, len)) < 0)
		return r;
	out->len = len - 3;
	memcpy(out->p, (const char *)p + 3, out->len);
	return 0;
}

void
gv_state_plain_release(struct gv_state_plain *plain)
{
	gv_memory_put(plain->memory, plain->p, plain->cap);
	memset(plain, 0, sizeof(*plain));
}
