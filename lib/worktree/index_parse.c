#include "worktree/index_internal.h"

#include <string.h>

#include "base/err.h"

/*
 * The file, all numbers big-endian:
 *
 *	"DIRC" version:4 count:4
 *	entry…		by path (bytes), then stage
 *	extension…	name:4 length:4 bytes
 *	checksum:20	SHA-1 of all before, or zeros where git skipped it
 *
 * An entry:
 *
 *	ctime:4+4 mtime:4+4 dev:4 ino:4 mode:4 uid:4 gid:4 size:4
 *	oid:20 flags:2	assume-valid:1 extended:1 stage:2 path length:12
 *	[flags:2]	version 3 on, if extended: reserved:1
 *			skip-worktree:1 intent-to-add:1 unused:13
 *	path		versions 2 and 3: NUL-ended, padded with NULs to a
 *			multiple of eight; version 4: how many bytes to take
 *			off the previous path (a varint), then NUL-ended what
 *			to put there
 */
#define HEADER     12
#define FIXED      62
#define MIN_ENTRY  64 /* the smallest in any version */
#define FLAG_VALID 0x8000
#define FLAG_MORE  0x4000
#define MORE_SKIP  0x4000
#define MORE_ADD   0x2000
#define LEN_MASK   0x0fff
#define CHUNK      ((size_t)64 * 1024)

struct reader {
	struct gv_index *index;
	const unsigned char *data;
	size_t len; /* without the checksum */
	size_t at;
	unsigned version;
	/* version 4 */
	const char *prev;
	size_t prev_len;
	char *chunk; /* where paths are put together */
	size_t room;
	size_t spent; /* bytes of all of them */
};

static uint32_t
be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static int
cut_short(const struct reader *r)
{
	return gv_err(GV_ECORRUPT, "entry %zu of it is cut short or malformed",
	    r->index->n);
}

/* A path of version 2 or 3: used where it lies. */
static int
read_plain_path(struct reader *r, struct gv_index_entry *e, size_t at)
{
	const char *path = (const char *)r->data + at;
	size_t len = strnlen(path, r->len - at);
	size_t end = r->at + ((at - r->at + len + 8) & ~(size_t)7);

	if (len == r->len - at || end > r->len || len > UINT32_MAX)
		return cut_short(r);
	e->path = path;
	e->path_len = (uint32_t)len;
	r->at = end;
	return 0;
}

static char *
take_room(struct reader *r, size_t size)
{
	struct gv_index_owner *owner = r->index->owner;
	char *p;

	if (size > r->room) {
		r->room = size > CHUNK ? size : CHUNK;
		r->chunk = gv_arena_alloc(&owner->arena, r->room);
		if (r->chunk == NULL) {
			r->room = 0;
			return NULL;
		}
	}
	p = r->chunk;
	r->chunk += size;
	r->room -= size;
	return p;
}

static int
read_varint(const struct reader *r, size_t *at, size_t *out)
{
	size_t v;
	unsigned char c;

	if (*at >= r->len)
		return cut_short(r);
	c = r->data[(*at)++];
	for (v = c & 127; c & 128; v = (v << 7) + (c & 127)) {
		if (*at >= r->len || ++v >= SIZE_MAX >> 8)
			return cut_short(r);
		c = r->data[(*at)++];
	}
	*out = v;
	return 0;
}

/* A path of version 4: what it shares with the one before and its own end. */
static int
read_cut_path(struct reader *r, struct gv_index_entry *e, size_t at)
{
	const char *own;
	size_t strip = 0, kept, len;
	char *path;

	if (read_varint(r, &at, &strip) < 0)
		return GV_ECORRUPT;
	own = (const char *)r->data + at;
	len = strnlen(own, r->len - at);
	if (strip > r->prev_len || len == r->len - at)
		return cut_short(r);
	kept = r->prev_len - strip;
	r->spent += kept;
	/* a few crafted bytes could ask for gigabytes */
	if (r->spent > 16 * r->len + CHUNK || kept + len > UINT32_MAX)
		return gv_err(GV_EREFUSED, "its paths are too long to hold");
	path = take_room(r, kept + len + 1);
	if (path == NULL)
		return GV_ENOMEM;
	if (kept)
		memcpy(path, r->prev, kept);
	memcpy(path + kept, own, len + 1);
	e->path = path;
	e->path_len = (uint32_t)(kept + len);
	r->prev = path;
	r->prev_len = e->path_len;
	r->at = at + len + 1;
	return 0;
}

static int
read_flags(struct reader *r, struct gv_index_entry *e, size_t *at)
{
	const unsigned char *p = r->data + r->at + FIXED - 2;
	unsigned flags = (unsigned)p[0] << 8 | p[1], more = 0;

	e->stage = flags >> 12 & 3;
	if (flags & FLAG_VALID)
		e->flags |= GV_INDEX_ASSUME_VALID;
	if (flags & FLAG_MORE) {
		more = (unsigned)p[2] << 8 | p[3];
		*at += 2;
	}
	if (((flags & FLAG_MORE) && r->version < 3) ||
	    (more & ~(unsigned)(MORE_SKIP | MORE_ADD)))
		return cut_short(r);
	if (more & MORE_SKIP)
		e->flags |= GV_INDEX_SKIP_WORKTREE;
	if (more & MORE_ADD)
		e->flags |= GV_INDEX_INTENT_TO_ADD;
	return 0;
}

static bool
has_length(const struct reader *r, size_t begin, size_t len)
{
	const unsigned char *p = r->data + begin + FIXED - 2;

	return (((unsigned)p[0] << 8 | p[1]) & LEN_MASK) ==
	    (len < LEN_MASK ? len : LEN_MASK);
}

static int
read_entry(struct reader *r)
{
	const unsigned char *p = r->data + r->at;
	struct gv_index_entry e = { 0 };
	size_t begin = r->at, at = begin + FIXED;
	int rc;

	if (r->len - r->at < MIN_ENTRY)
		return cut_short(r);
	e.ctime_s = be32(p);
	e.ctime_ns = be32(p + 4);
	e.mtime_s = be32(p + 8);
	e.mtime_ns = be32(p + 12);
	e.dev = be32(p + 16);
	e.ino = be32(p + 20);
	e.mode = be32(p + 24);
	e.uid = be32(p + 28);
	e.gid = be32(p + 32);
	e.size = be32(p + 36);
	memcpy(e.oid.id, p + 40, GV_OID_RAW);
	if ((e.mode & 0170000) == 0040000)
		return gv_err(GV_EREFUSED, "it is a sparse one");
	rc = read_flags(r, &e, &at);
	if (rc == 0)
		rc = r->version < 4 ? read_plain_path(r, &e, at)
				    : read_cut_path(r, &e, at);
	if (rc == 0 && !has_length(r, begin, e.path_len))
		rc = cut_short(r);
	/* the other half of a split index has the path */
	if (rc == 0 && e.path_len == 0)
		rc = gv_err(
		    GV_EREFUSED, "entry %zu of it has no path", r->index->n);
	return rc < 0 ? rc : gv_index_append(r->index, &e);
}

/* What has a lower-case name must be understood: "link" (a split index),
 * "sdir" (a sparse one), or what is yet to come. */
static int
read_extensions(struct reader *r)
{
	int rc = 0;

	while (rc == 0 && r->at < r->len) {
		const char *p = (const char *)r->data + r->at;
		size_t left = r->len - r->at, size;

		if (left < 8 || (size = be32(r->data + r->at + 4)) > left - 8)
			return gv_err(GV_ECORRUPT,
			    "an extension of it is cut short at byte %zu",
			    r->at);
		if (*p < 'A' || *p > 'Z')
			return gv_err(GV_EREFUSED,
			    "it has the extension '%.4s', which is for git "
			    "alone to read",
			    p);
		if (memcmp(p, "TREE", 4) == 0)
			rc = gv_index_take_trees(r->index, p + 8, size);
		r->at += 8 + size;
	}
	return rc;
}

static int
read_header(struct reader *r, size_t *n)
{
	const unsigned char *p = r->data;

	if (r->len < HEADER || memcmp(p, "DIRC", 4) != 0)
		return gv_err(GV_ECORRUPT, "it is no index, or cut short");
	r->version = be32(p + 4);
	if (r->version < 2 || r->version > 4)
		return gv_err(
		    GV_EREFUSED, "its version is %u, not known", r->version);
	*n = be32(p + 8);
	if (*n > (r->len - HEADER) / MIN_ENTRY)
		return gv_err(GV_ECORRUPT,
		    "it is too short for the %zu entries that it names", *n);
	r->at = HEADER;
	return 0;
}

int
gv_index_parse(struct gv_index **out, const void *data, size_t len)
{
	struct gv_index_owner *owner;
	struct gv_index *index;
	struct reader r = { .data = data };
	size_t i, n = 0;
	int rc;

	if (len < HEADER + GV_OID_RAW)
		return gv_err(GV_ECORRUPT, "it is no index, or cut short");
	rc = gv_index_new(&index);
	if (rc < 0)
		return rc;
	r.index = index;
	r.len = len - GV_OID_RAW;
	rc = read_header(&r, &n);
	if (rc == 0)
		rc = gv_index_reserve(index, n);
	for (i = 0; rc == 0 && i < n; i++)
		rc = read_entry(&r);
	if (rc == 0)
		rc = read_extensions(&r);
	if (rc < 0) {
		gv_index_close(index);
		return rc;
	}
	owner = index->owner;
	owner->data = data;
	owner->len = len;
	memcpy(index->checksum.id, r.data + r.len, GV_OID_RAW);
	*out = index;
	return 0;
}
