#include "format/zip.h"

#include <string.h>

#include "base/err.h"

/*
 * In numbers that are little-endian, by place: the end is PK 5 6, members (10),
 * bytes of the directory (12), where it begins (16), bytes of a comment (20).
 * An entry of it is PK 1 2, flags (8), method (10), bytes packed (20), and of
 * name (28), extras (30) and comment (32), where the member is (42), name (46).
 * The member is PK 3 4, bytes of name (26) and extras (28), these (30), its
 * bytes.
 *
 * What is too large for these numbers has all bits set there. Those of the end
 * stand in another one, PK 6 6, in front of it: bytes of the directory (40),
 * where it begins (48); and between the two is where that one begins, PK 6 7,
 * place (8). Those of an entry are in the extra of kind 1, each of them only
 * where it is needed, 8 bytes: bytes unpacked, packed, where the member is.
 */
#define END_LEN     22
#define BIG_END_LEN 56
#define PLACE_LEN   20
#define TOO_LARGE   0xffffffff
#define ENTRY_LEN   46
#define MEMBER_LEN  30
#define COMMENT_MAX 65535
#define SUMS_MAX    24 /* behind a member of unknown length */

struct reading {
	const unsigned char *p;
	size_t len;
	size_t shift; /* what stands in front of all that is counted */
	size_t next;  /* behind the last member */
	size_t loose; /* … where so many bytes more may say how long it was */
	bool is_odd;  /* something stands between members */
};

/* Numbers of an entry. */
struct large {
	size_t unpacked, packed, at;
};

static size_t
get(const unsigned char *p, int n)
{
	size_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static bool
is_mark(const unsigned char *p, unsigned a, unsigned b)
{
	return p[0] == 'P' && p[1] == 'K' && p[2] == a && p[3] == b;
}

bool
gv_zip_is(const void *data, size_t len)
{
	return len >= END_LEN && (is_mark(data, 3, 4) || is_mark(data, 5, 6));
}

/* Where the end begins; len: nowhere. */
static size_t
find_end(const struct reading *rd)
{
	size_t at = rd->len < END_LEN ? 0 : rd->len - END_LEN + 1;
	size_t least = at > COMMENT_MAX ? at - COMMENT_MAX : 0;

	while (at > least) {
		at--;
		if (is_mark(rd->p + at, 5, 6) &&
		    get(rd->p + at + 20, 2) <= rd->len - at - END_LEN)
			return at;
	}
	return rd->len;
}

/* Where the end of a large one begins, of which the small one stands at `end`;
 * that where there is none. What stands in front of the file has moved it. */
static size_t
find_big_end(const struct reading *rd, size_t end)
{
	const unsigned char *place;
	size_t at;

	if (end < PLACE_LEN + BIG_END_LEN)
		return end;
	place = rd->p + end - PLACE_LEN;
	if (!is_mark(place, 6, 7))
		return end;
	at = end - PLACE_LEN - BIG_END_LEN;
	if (!is_mark(rd->p + at, 6, 6))
		at = get(place + 8, 8);
	return at <= end - PLACE_LEN - BIG_END_LEN && is_mark(rd->p + at, 6, 6)
	    ? at
	    : end;
}

/* Take the numbers that are too large for an entry out of its extras. */
static void
read_extras(struct large *large, const unsigned char *p, size_t len)
{
	size_t *wants[] = { &large->unpacked, &large->packed, &large->at };
	size_t i, n;

	for (; len >= 4; p += n, len -= n) {
		n = 4 + get(p + 2, 2);
		if (n > len)
			return;
		if (get(p, 2) == 1)
			break;
	}
	if (len < 4)
		return;
	for (p += 4, n -= 4, i = 0; i < 3; i++)
		if (*wants[i] == TOO_LARGE && n >= 8) {
			*wants[i] = get(p, 8);
			p += 8;
			n -= 8;
		}
}

/* What comes next is from here to there: writers leave no gaps. */
static void
follow(struct reading *rd, size_t from, size_t to, bool has_sums)
{
	rd->is_odd |= from < rd->next || from - rd->next > rd->loose;
	rd->next = to;
	rd->loose = has_sums ? SUMS_MAX : 0;
}

/* A comment, or what stands at the end, as a member without a name. */
static int
tell_bytes(const unsigned char *p, size_t len, gv_zip_fn fn, void *ctx)
{
	const struct gv_zip_entry entry = {
		.name = "", .packed = p, .len = len, .method = GV_ZIP_STORED
	};

	return len ? fn(ctx, &entry) : 0;
}

/* Where the bytes of a member are; false where they are not. */
static bool
find_bytes(
    const struct reading *rd, struct gv_zip_entry *entry, size_t at, size_t n)
{
	if (at > rd->len - rd->shift)
		return false;
	at += rd->shift;
	if (rd->len - at < MEMBER_LEN || !is_mark(rd->p + at, 3, 4))
		return false;
	at += MEMBER_LEN + get(rd->p + at + 26, 2) + get(rd->p + at + 28, 2);
	if (at > rd->len || rd->len - at < n)
		return false;
	entry->packed = rd->p + at;
	entry->len = n;
	return true;
}

/* The entry at *at, which is moved behind it. */
static int
read_entry(struct reading *rd, size_t *at, size_t end, gv_zip_fn fn, void *ctx)
{
	const unsigned char *p = rd->p + *at;
	struct gv_zip_entry entry = { 0 };
	struct large large;
	size_t more, note;
	int r;

	if (end - *at < ENTRY_LEN || !is_mark(p, 1, 2))
		return GV_ECORRUPT;
	entry.name = (const char *)p + ENTRY_LEN;
	entry.name_len = get(p + 28, 2);
	entry.method = (unsigned)get(p + 10, 2);
	entry.is_encrypted = get(p + 8, 2) & 1;
	note = get(p + 32, 2);
	more = entry.name_len + get(p + 30, 2) + note;
	if (end - *at - ENTRY_LEN < more)
		return GV_ECORRUPT;
	*at += ENTRY_LEN + more;
	r = tell_bytes(rd->p + *at - note, note, fn, ctx);
	if (r != 0)
		return r;
	large =
	    (struct large){ get(p + 24, 4), get(p + 20, 4), get(p + 42, 4) };
	read_extras(&large, p + ENTRY_LEN + entry.name_len, get(p + 30, 2));
	if (!find_bytes(rd, &entry, large.at, large.packed))
		return GV_ENOTFOUND;
	follow(rd, large.at + rd->shift,
	    (size_t)((const unsigned char *)entry.packed - rd->p) + entry.len,
	    get(p + 8, 2) & 8);
	if (entry.name_len && entry.name[entry.name_len - 1] == '/' &&
	    entry.len == 0)
		return 0;
	return fn(ctx, &entry);
}

int
gv_zip_each(const void *data, size_t len, gv_zip_fn fn, void *ctx)
{
	struct reading rd = { .p = data, .len = len };
	const size_t last = find_end(&rd);
	size_t end = last, big, size, from, at;
	bool is_whole = true;
	int r = 0;

	if (end == len)
		return GV_ECORRUPT;
	size = get(rd.p + end + 12, 4);
	from = get(rd.p + end + 16, 4);
	big = find_big_end(&rd, end);
	if (big < end) {
		size = get(rd.p + big + 40, 8);
		from = get(rd.p + big + 48, 8);
		end = big;
		rd.is_odd = last - big != BIG_END_LEN + PLACE_LEN;
	}
	if (size > end || from > end - size)
		return GV_ECORRUPT;
	rd.shift = end - size - from;
	/* in front of it may be a program, but no other zip */
	rd.next = gv_zip_is(data, len) ? 0 : rd.shift;
	for (at = end - size; r == 0 && at < end;) {
		r = read_entry(&rd, &at, end, fn, ctx);
		if (r == GV_ENOTFOUND) {
			is_whole = false;
			r = 0;
		}
	}
	follow(&rd, end - size, end, false);
	if (r == 0)
		r = tell_bytes(
		    rd.p + last + END_LEN, len - last - END_LEN, fn, ctx);
	return r == 0 && (!is_whole || rd.is_odd) ? GV_ECORRUPT : r;
}
