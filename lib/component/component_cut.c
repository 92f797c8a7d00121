#include "component/component_cut.h"

#include <string.h>

#include "base/map.h"
#include "object/chunk.h"

#define LOOK ((size_t)8 * 1024) /* of the beginning tell text from bytes */

/* ---- rows ---------------------------------------------------------------- */

static bool
begins(const char *p, size_t len, const char *with)
{
	const size_t n = strlen(with);

	return len >= n && memcmp(p, with, n) == 0;
}

/* "COPY schema.table (columns) FROM stdin;" begins a block of rows. */
static bool
is_copy(const char *p, size_t len)
{
	static const char end[] = " FROM stdin;";
	const size_t n = sizeof(end) - 1;

	return begins(p, len, "COPY ") && len > n &&
	    memcmp(p + len - n, end, n) == 0;
}

/* Up to the first value and its end: "INSERT INTO t VALUES (17". */
static size_t
insert_key(const char *p, size_t len)
{
	static const char values[] = " VALUES";
	const size_t most = len < 4096 ? len : 4096;
	const char *at = memmem(p, most, values, sizeof(values) - 1);
	const char *comma =
	    at ? memchr(at, ',', (size_t)(p + most - at)) : NULL;

	return comma ? (size_t)(comma - p) : len;
}

/* What names a line, without its end. Never 0. */
static uint64_t
key_of(struct gv_component_cut *cut, const char *p, size_t len)
{
	const char *tab;
	uint64_t key;

	if (cut->table && len == 2 && memcmp(p, "\\.", 2) == 0) {
		cut->table = 0;
		return gv_map_hash(p, len) | 1;
	}
	if (cut->table) {
		tab = memchr(p, '\t', len);
		key = gv_map_hash(p, tab ? (size_t)(tab - p) : len);
		return (key ^ cut->table * 0x9e3779b97f4a7c15u) | 1;
	}
	if (begins(p, len, "INSERT INTO "))
		return gv_map_hash(p, insert_key(p, len)) | 1;
	key = gv_map_hash(p, len) | 1;
	if (is_copy(p, len))
		cut->table = key;
	return key;
}

/* ---- pieces -------------------------------------------------------------- */

/* Give the first bytes of what is held, and go on with the rest. */
static int
give(struct gv_component_cut *cut, size_t len)
{
	int r = cut->piece(cut->ctx, cut->held.p, len, cut->anchor);

	gv_secret_drop(&cut->held, len);
	cut->row -= len < cut->row ? len : cut->row;
	cut->seen -= len < cut->seen ? len : cut->seen;
	cut->best = 0;
	return r;
}

/* How unlikely a row is to begin a piece: below RANK it does. The larger a row,
 * the likelier, so that pieces are of the same size whatever the rows are. The
 * key's last bit is always set. */
#define RANK ((uint64_t)1 << 20)

static uint64_t
rank_of(uint64_t key, size_t len)
{
	return (key >> 20) % GV_COMPONENT_PIECE_AVG * RANK / len;
}

/* A row begins at cut->row and ends before `end`. */
static int
end_row(struct gv_component_cut *cut, size_t end)
{
	const char *p = (const char *)cut->held.p + cut->row;
	const size_t len = end - cut->row;
	const uint64_t table = cut->table;
	uint64_t key, rank;
	int r = 0;

	/* what began in an earlier piece has no key here */
	if (cut->is_inside) {
		cut->is_inside = false;
		cut->row = end;
		return 0;
	}
	key = key_of(cut, p, len - 1);
	rank = rank_of(key, len);
	if (cut->row >= GV_COMPONENT_PIECE_MIN && rank < RANK) {
		r = give(cut, cut->row);
		end = len;
	} else if (cut->row >= GV_COMPONENT_PIECE_MIN &&
	    (cut->best == 0 || rank < cut->best_rank)) {
		cut->best = cut->row;
		cut->best_rank = rank;
		cut->best_table = table;
	}
	if (cut->row == 0)
		cut->anchor = key;
	cut->row = end;
	return r;
}

/* No row of the piece begins one by itself: the likeliest does, which is the
 * same one where others come and go. What is behind it is looked at again. A
 * row that is longer than a piece goes on in the next one. */
static int
end_full(struct gv_component_cut *cut)
{
	const bool is_within = cut->row == 0;
	const uint64_t before = cut->anchor;
	int r;

	if (cut->best) {
		r = give(cut, cut->best);
		cut->table = cut->best_table;
		cut->row = cut->seen = 0;
		return r;
	}
	r = give(cut, is_within ? cut->held.len : cut->row);
	cut->is_inside = cut->is_inside || is_within;
	cut->anchor = before * 0x9e3779b97f4a7c15u | 1;
	return r;
}

static int
cut_lines(struct gv_component_cut *cut)
{
	const unsigned char *end;
	int r = 0;

	while (r == 0 && cut->seen < cut->held.len) {
		end = memchr(
		    cut->held.p + cut->seen, '\n', cut->held.len - cut->seen);
		cut->seen =
		    end ? (size_t)(end - cut->held.p) + 1 : cut->held.len;
		if (end)
			r = end_row(cut, cut->seen);
	}
	if (r == 0 && cut->held.len >= GV_COMPONENT_PIECE_MAX)
		r = end_full(cut);
	return r;
}

static int
cut_bytes(struct gv_component_cut *cut, bool is_end)
{
	size_t at = 0, n;
	int r = 0;

	while (r == 0 && at < cut->held.len &&
	    (is_end || cut->held.len - at >= GV_CHUNK_MAX)) {
		n = gv_chunk_cut(cut->held.p + at, cut->held.len - at);
		r = cut->piece(cut->ctx, cut->held.p + at, n, 0);
		at += n;
	}
	gv_secret_drop(&cut->held, at);
	return r;
}

/* ---- the stream ---------------------------------------------------------- */

/* A dump as text has no NUL. */
static void
look(struct gv_component_cut *cut)
{
	if (cut->is_known)
		return;
	cut->is_known = true;
	cut->is_text = cut->held.len == 0 ||
	    memchr(cut->held.p, '\0',
		cut->held.len < LOOK ? cut->held.len : LOOK) == NULL;
}

static int
cut_some(struct gv_component_cut *cut, bool is_end)
{
	if (!cut->is_known && cut->held.len < LOOK && !is_end)
		return 0;
	look(cut);
	return cut->is_text ? cut_lines(cut) : cut_bytes(cut, is_end);
}

int
gv_component_cut_add(struct gv_component_cut *cut, const void *data, size_t len)
{
	const unsigned char *p = data;
	/* of bytes more is held, so that few are moved */
	const size_t most =
	    GV_COMPONENT_PIECE_MAX * (cut->is_known && !cut->is_text ? 4 : 1);
	size_t room, n;
	int r = 0;

	while (r == 0 && len) {
		room = most - cut->held.len;
		n = len < room ? len : room;
		if ((r = gv_secret_add(&cut->held, p, n)) < 0)
			break;
		p += n;
		len -= n;
		if (cut->is_text || !cut->is_known || n == room)
			r = cut_some(cut, false);
	}
	return r;
}

int
gv_component_cut_finish(struct gv_component_cut *cut)
{
	int r = cut_some(cut, true);

	return r == 0 && cut->held.len ? give(cut, cut->held.len) : r;
}

void
gv_component_cut_release(struct gv_component_cut *cut)
{
	gv_secret_release(&cut->held);
}
