#include "format/zip.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"

/*
 * In numbers that are little-endian, by place: the end is PK 5 6, members (10),
 * bytes of the directory (12), where it begins (16), bytes of a comment (20).
 * An entry of it is PK 1 2, flags (8), method (10), bytes packed (20), and of
 * name (28), extras (30) and comment (32), where the member is (42), name (46).
 * The member is PK 3 4, flags (6), method (8), bytes packed (18), and of name
 * (26) and extras (28), these (30), its bytes. Behind one whose length was not
 * known when it was begun (flag 8) its sum and lengths may stand, each in 4 or
 * 8 bytes, with PK 7 8 before them or not.
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
#define HAS_SUMS    8 /* flags */
#define ENCRYPTED   1

struct extent {
	size_t from, to;
};

/* Members lie in any order, and other things between them (what an APK is
 * signed by, what fills up to a page): so what the directory does not name is
 * known only behind all of it. */
struct reading {
	const unsigned char *p;
	size_t len;
	size_t shift; /* what stands in front of all that is counted */
	gv_zip_fn fn;
	void *ctx;
	struct extent *known;
	size_t n, cap;
	bool is_lacking; /* some bytes could not be told */
};

/* Numbers of an entry. */
struct large {
	size_t unpacked, packed, at;
};

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
		    gv_enc_number_le(rd->p + at + 20, 2) <=
			rd->len - at - END_LEN)
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
		at = gv_enc_number_le(place + 8, 8);
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
		n = 4 + gv_enc_number_le(p + 2, 2);
		if (n > len)
			return;
		if (gv_enc_number_le(p, 2) == 1)
			break;
	}
	if (len < 4)
		return;
	for (p += 4, n -= 4, i = 0; i < 3; i++)
		if (*wants[i] == TOO_LARGE && n >= 8) {
			*wants[i] = gv_enc_number_le(p, 8);
			p += 8;
			n -= 8;
		}
}

/* Take note of what is known; what goes on where the last one ends, as in most
 * files all does, makes that one longer. */
static int
know(struct reading *rd, size_t from, size_t to)
{
	struct extent *last = rd->n ? &rd->known[rd->n - 1] : NULL;
	int r;

	if (last && from >= last->from && from <= last->to) {
		last->to = to > last->to ? to : last->to;
		return 0;
	}
	if ((r = GV_GROW(rd->known, rd->n, rd->cap)) == 0)
		rd->known[rd->n++] = (struct extent){ from, to };
	return r;
}

/* How many bytes at a place say how long the member before them is. */
static size_t
sums_len(const struct reading *rd, size_t at, const struct large *is)
{
	static const struct {
		size_t mark;
		int wide;
	} forms[] = { { 4, 4 }, { 4, 8 }, { 0, 4 }, { 0, 8 } };
	const unsigned char *p = rd->p + at;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		int wide = forms[i].wide;
		size_t first = forms[i].mark + 4, n = first + 2 * (size_t)wide;

		if (rd->len - at >= n &&
		    (forms[i].mark == 0 || is_mark(p, 7, 8)) &&
		    gv_enc_number_le(p + first, wide) == is->packed &&
		    gv_enc_number_le(p + first + wide, wide) == is->unpacked)
			return n;
	}
	return 0;
}

/* What has no name, as a member without one. */
static int
tell_bytes(const struct reading *rd, size_t from, size_t to)
{
	const struct gv_zip_entry entry = { .name = "",
		.packed = rd->p + from,
		.len = to - from,
		.method = GV_ZIP_STORED };

	return entry.len ? rd->fn(rd->ctx, &entry) : 0;
}

/* A member at *at that the directory does not name, as one that was replaced in
 * a file that others were added to. Where its length is not said, all up to
 * `end` is given as it stands, which is not what is packed in it. */
static int
tell_unnamed(struct reading *rd, size_t *at, size_t end)
{
	const unsigned char *p = rd->p + *at;
	struct gv_zip_entry entry = { 0 };
	size_t room = end - *at, front;
	bool is_said = false;
	int r;

	if (room >= MEMBER_LEN) {
		entry.name_len = gv_enc_number_le(p + 26, 2);
		front =
		    MEMBER_LEN + entry.name_len + gv_enc_number_le(p + 28, 2);
		entry.len = gv_enc_number_le(p + 18, 4);
		is_said = (gv_enc_number_le(p + 6, 2) & HAS_SUMS) == 0 &&
		    front <= room && entry.len <= room - front;
	}
	if (!is_said) {
		rd->is_lacking = true;
		r = tell_bytes(rd, *at, end);
		*at = end;
		return r;
	}
	entry.name = (const char *)p + MEMBER_LEN;
	entry.method = (unsigned)gv_enc_number_le(p + 8, 2);
	entry.is_encrypted = gv_enc_number_le(p + 6, 2) & ENCRYPTED;
	entry.packed = p + front;
	*at += front + entry.len;
	return entry.len ? rd->fn(rd->ctx, &entry) : 0;
}

/* All from here to there that the directory does not know. */
static int
tell_gap(struct reading *rd, size_t from, size_t to)
{
	static const char mark[] = { 'P', 'K', 3, 4 };
	const unsigned char *member;
	size_t at;
	int r = 0;

	while (r == 0 && from < to) {
		member = memmem(rd->p + from, to - from, mark, sizeof(mark));
		at = member ? (size_t)(member - rd->p) : to;
		if ((r = tell_bytes(rd, from, at)) == 0 && member)
			r = tell_unnamed(rd, &at, to);
		from = at;
	}
	return r;
}

static int
by_place(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static int
tell_gaps(struct reading *rd, size_t next)
{
	size_t i;
	int r = 0;

	qsort(rd->known, rd->n, sizeof(*rd->known), by_place);
	for (i = 0; r == 0 && i < rd->n; i++) {
		const struct extent *e = &rd->known[i];

		if (e->from > next)
			r = tell_gap(rd, next, e->from);
		next = e->to > next ? e->to : next;
	}
	return r == 0 ? tell_gap(rd, next, rd->len) : r;
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
	at += MEMBER_LEN + gv_enc_number_le(rd->p + at + 26, 2) +
	    gv_enc_number_le(rd->p + at + 28, 2);
	if (at > rd->len || rd->len - at < n)
		return false;
	entry->packed = rd->p + at;
	entry->len = n;
	return true;
}

/* The member that an entry is of, where it is at its place. */
static int
read_member(struct reading *rd, struct gv_zip_entry *entry,
    const struct large *is, bool has_sums)
{
	size_t to;
	int r;

	if (!find_bytes(rd, entry, is->at, is->packed)) {
		rd->is_lacking = true;
		return 0;
	}
	to =
	    (size_t)((const unsigned char *)entry->packed - rd->p) + entry->len;
	if (has_sums)
		to += sums_len(rd, to, is);
	r = know(rd, is->at + rd->shift, to);
	if (r < 0)
		return r;
	if (entry->name_len && entry->name[entry->name_len - 1] == '/' &&
	    entry->len == 0)
		return 0;
	return rd->fn(rd->ctx, entry);
}

/* The entry at *at, which is moved behind it. */
static int
read_entry(struct reading *rd, size_t *at, size_t end)
{
	const unsigned char *p = rd->p + *at;
	struct gv_zip_entry entry = { 0 };
	struct large large;
	size_t more, note;
	int r;

	if (end - *at < ENTRY_LEN || !is_mark(p, 1, 2))
		return GV_ECORRUPT;
	entry.name = (const char *)p + ENTRY_LEN;
	entry.name_len = gv_enc_number_le(p + 28, 2);
	entry.method = (unsigned)gv_enc_number_le(p + 10, 2);
	entry.is_encrypted = gv_enc_number_le(p + 8, 2) & ENCRYPTED;
	note = gv_enc_number_le(p + 32, 2);
	more = entry.name_len + gv_enc_number_le(p + 30, 2) + note;
	if (end - *at - ENTRY_LEN < more)
		return GV_ECORRUPT;
	*at += ENTRY_LEN + more;
	r = tell_bytes(rd, *at - note, *at);
	if (r != 0)
		return r;
	large = (struct large){ gv_enc_number_le(p + 24, 4),
		gv_enc_number_le(p + 20, 4), gv_enc_number_le(p + 42, 4) };
	read_extras(&large, p + ENTRY_LEN + entry.name_len,
	    gv_enc_number_le(p + 30, 2));
	return read_member(
	    rd, &entry, &large, gv_enc_number_le(p + 8, 2) & HAS_SUMS);
}

/* The directory, and what ends it: a large one has three parts there. */
static int
know_directory(struct reading *rd, size_t from, size_t end, size_t last)
{
	int r;

	if ((r = know(rd, from, end)) < 0)
		return r;
	if (end < last && (r = know(rd, end, end + BIG_END_LEN)) < 0)
		return r;
	if (end < last && (r = know(rd, last - PLACE_LEN, last)) < 0)
		return r;
	return know(rd, last, last + END_LEN);
}

static int
read_all(struct reading *rd)
{
	const size_t last = find_end(rd);
	size_t end = last, size, from, at;
	int r = 0;

	if (end == rd->len)
		return GV_ECORRUPT;
	size = gv_enc_number_le(rd->p + end + 12, 4);
	from = gv_enc_number_le(rd->p + end + 16, 4);
	end = find_big_end(rd, last);
	if (end < last) {
		size = gv_enc_number_le(rd->p + end + 40, 8);
		from = gv_enc_number_le(rd->p + end + 48, 8);
	}
	if (size > end || from > end - size)
		return GV_ECORRUPT;
	rd->shift = end - size - from;
	for (at = end - size; r == 0 && at < end;)
		r = read_entry(rd, &at, end);
	if (r == 0)
		r = know_directory(rd, end - size, end, last);
	/* in front of it may be a program, but no other zip */
	if (r == 0)
		r = tell_gaps(rd, gv_zip_is(rd->p, rd->len) ? 0 : rd->shift);
	return r == 0 && rd->is_lacking ? GV_ECORRUPT : r;
}

int
gv_zip_each(const void *data, size_t len, gv_zip_fn fn, void *ctx)
{
	struct reading rd = { .p = data, .len = len, .fn = fn, .ctx = ctx };
	int r = read_all(&rd);

	free(rd.known);
	return r;
}
