#include "format/untar.h"

#include <string.h>

#include "base/err.h"

#define NAME_LEN   100
#define PREFIX_LEN 155
#define EXTRA_MAX  ((size_t)64 * 1024)

bool
gv_untar_is(const void *data, size_t len)
{
	return len >= GV_UNTAR_BLOCK &&
	    memcmp((const char *)data + 257, "ustar", 5) == 0;
}

/* In octal, or where the first bit is set in binary, as GNU has it. */
static bool
read_number(uint64_t *out, const unsigned char *p, size_t n)
{
	uint64_t v = 0;
	size_t i = 0;

	if (p[0] & 0x80) {
		for (i = 1; i < n; i++) {
			if (v >> 55)
				return false;
			v = v << 8 | p[i];
		}
		*out = v;
		return true;
	}
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(p[i] - '0');
	*out = v;
	return i == n || p[i] == '\0' || p[i] == ' ';
}

/* The sum of all bytes, those of the sum itself taken for blanks. */
static bool
is_sum_right(const unsigned char *head)
{
	uint64_t want, sum = 0;
	size_t i;

	for (i = 0; i < GV_UNTAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : head[i];
	return read_number(&want, head + 148, 8) && want == sum;
}

/* Whether bytes are only there to fill up a block. */
static bool
is_filled_up(const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void
add_field(struct gv_buf *out, const unsigned char *p, size_t max)
{
	gv_buf_add(out, p, strnlen((const char *)p, max));
}

static int
set_name(struct gv_untar *tar)
{
	const unsigned char *head = tar->head;

	/* a name that was told in front */
	if (tar->name.len == 0) {
		if (memcmp(head + 257, "ustar\0", 6) == 0 && head[345]) {
			add_field(&tar->name, head + 345, PREFIX_LEN);
			gv_buf_addch(&tar->name, '/');
		}
		add_field(&tar->name, head, NAME_LEN);
	}
	return gv_buf_check(&tar->name);
}

static bool
is_file(const struct gv_untar *tar)
{
	return tar->type == '0' || tar->type == '\0' || tar->type == '7';
}

/* The length of a file in decimal, which pax writes where it takes more than
 * eleven octal digits, and may always. */
static void
read_size(struct gv_untar *tar, const char *p, size_t n)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9' || v > UINT64_MAX / 16)
			return;
		v = v * 10 + (uint64_t)(p[i] - '0');
	}
	tar->has_size = n > 0;
	tar->size = v;
}

/* Of the lines "LENGTH path=NAME\n" of pax the name, and "size=". */
static void
read_pax(struct gv_untar *tar)
{
	const char *p = tar->extra.p, *end = p + tar->extra.len, *q;
	size_t n;

	for (; p < end; p += n) {
		for (n = 0, q = p; q < end && *q >= '0' && *q <= '9'; q++)
			n = n > EXTRA_MAX ? n : n * 10 + (size_t)(*q - '0');
		if (n > (size_t)(end - p) || n <= (size_t)(q - p) + 7)
			return;
		if (memcmp(q, " path=", 6) == 0) {
			gv_buf_reset(&tar->name);
			gv_buf_add(&tar->name, q + 6, n - (size_t)(q - p) - 7);
		} else if (memcmp(q, " size=", 6) == 0) {
			read_size(tar, q + 6, n - (size_t)(q - p) - 7);
		}
	}
}

/* What was read is over. */
static int
finish(struct gv_untar *tar)
{
	int r = 0;

	if (is_file(tar))
		r = tar->end(tar->ctx);
	if (tar->type == 'x') {
		read_pax(tar);
	} else if (tar->type != 'K' && tar->type != 'g') {
		/* these two may stand between a name and its file */
		gv_buf_reset(&tar->name);
		tar->has_size = tar->has_size && tar->type == 'L';
		if (tar->type == 'L' && tar->extra.len)
			gv_buf_add(&tar->name, tar->extra.p,
			    strnlen(tar->extra.p, tar->extra.len));
	}
	gv_buf_reset(&tar->extra);
	return r ? r : gv_buf_check(&tar->name);
}

static int
read_head(struct gv_untar *tar)
{
	int r = 0;

	tar->have = 0;
	/* the end; but another archive may stand behind it */
	if (is_filled_up(tar->head, GV_UNTAR_BLOCK))
		return 0;
	if (!is_sum_right(tar->head) ||
	    !read_number(&tar->left, tar->head + 124, 12))
		return GV_ECORRUPT;
	tar->type = (char)tar->head[156];
	if (tar->has_size && !memchr("xgLK", tar->type, 4))
		tar->left = tar->size;
	/* links and the like have no bytes, whatever they say */
	if (tar->type >= '1' && tar->type <= '6')
		tar->left = 0;
	tar->pad = -tar->left % GV_UNTAR_BLOCK;
	if (is_file(tar)) {
		if ((r = set_name(tar)) == 0)
			r = tar->begin(tar->ctx, tar->name.p, tar->name.len);
	}
	return r == 0 && tar->left == 0 ? finish(tar) : r;
}

static int
take(struct gv_untar *tar, const void *p, size_t n)
{
	size_t room = EXTRA_MAX - tar->extra.len;
	int r = 0;

	if (is_file(tar))
		r = tar->data(tar->ctx, p, n);
	else if (tar->type == 'L' || tar->type == 'x')
		gv_buf_add(&tar->extra, p, n < room ? n : room);
	tar->left -= n;
	if (r == 0)
		r = gv_buf_check(&tar->extra);
	return r == 0 && tar->left == 0 ? finish(tar) : r;
}

int
gv_untar_feed(struct gv_untar *tar, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t n;
	int r = 0;

	for (; r == 0 && len; p += n, len -= n) {
		n = len;
		if (tar->left) {
			n = n < tar->left ? n : (size_t)tar->left;
			r = take(tar, p, n);
		} else if (tar->pad) {
			n = n < tar->pad ? n : (size_t)tar->pad;
			tar->is_odd |= !is_filled_up(p, n);
			tar->pad -= n;
		} else {
			if (n > GV_UNTAR_BLOCK - tar->have)
				n = GV_UNTAR_BLOCK - tar->have;
			memcpy(tar->head + tar->have, p, n);
			tar->have += n;
			if (tar->have == GV_UNTAR_BLOCK)
				r = read_head(tar);
		}
	}
	return r;
}

int
gv_untar_end(const struct gv_untar *tar)
{
	return tar->left || tar->is_odd || !is_filled_up(tar->head, tar->have)
	    ? GV_ECORRUPT
	    : 0;
}

void
gv_untar_release(struct gv_untar *tar)
{
	if (tar == NULL)
		return;
	gv_buf_release(&tar->name);
	gv_buf_release(&tar->extra);
}
