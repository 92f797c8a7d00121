#include "object/pack_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "compress/deflate.h"
#include "object/odb_internal.h"
#include "repo/hash.h"

/*
 * What git checks when it copies an object from pack to pack is the CRC-32 that
 * the index has of its compressed bytes. The same sums cover a pack that is
 * copied as a whole, if its objects, in the order of their offsets, follow one
 * another without a gap.
 */

#define HEAD 12

/* A row and its offset in one number, so that 8 bytes an object will do. */
#define ROW_BITS 28
#define ROW_MASK ((UINT64_C(1) << ROW_BITS) - 1)

struct gv_pack_file {
	struct gv_odb_pack *index;
	unsigned char *marks; /* a bit a row */
	uint32_t n_marked;
	uint64_t *order; /* offset << ROW_BITS | row, rising */
	/* how far the check has come */
	uint64_t at;   /* bytes */
	uint32_t next; /* object, in that order */
	uint32_t crc;  /* of what came of the one before */
	unsigned char head[HEAD], tail[GV_OID_RAW];
	size_t n_tail;
};

int
gv_pack_file_open(struct gv_pack_file **out, const char *stem)
{
	struct gv_pack_file *f = calloc(1, sizeof(*f));
	int r = f ? 0 : gv_err_nomem();

	if (r == 0 && (r = gv_odb_pack_open(&f->index, stem)) < 0) {
		f->index = NULL;
		r = r == GV_ENOMEM ? r : GV_EREFUSED;
	} else if (r == 0 &&
	    (f->index->version != 2 || f->index->n == 0 ||
		f->index->n > ROW_MASK)) {
		r = gv_err(GV_EREFUSED, "%s.idx has no sums", stem);
	}
	if (r == 0 && (f->marks = calloc(f->index->n / 8 + 1, 1)) == NULL)
		r = gv_err_nomem();
	if (r < 0)
		gv_pack_file_close(f);
	else
		*out = f;
	return r;
}

void
gv_pack_file_close(struct gv_pack_file *f)
{
	if (f == NULL)
		return;
	gv_odb_pack_free(f->index);
	free(f->marks);
	free(f->order);
	free(f);
}

uint32_t
gv_pack_file_count(const struct gv_pack_file *f)
{
	return f->index->n;
}

bool
gv_pack_file_has(const struct gv_pack_file *f, const struct gv_oid *id)
{
	uint32_t row;

	return gv_odb_pack_find(f->index, id, &row);
}

void
gv_pack_file_id(const struct gv_pack_file *f, uint32_t row, struct gv_oid *out)
{
	gv_odb_pack_id(f->index, row, out);
}

void
gv_pack_file_mark(struct gv_pack_file *f, const struct gv_oid *id)
{
	const unsigned bit = 1;
	uint32_t row;

	if (!gv_odb_pack_find(f->index, id, &row) ||
	    (f->marks[row / 8] & bit << row % 8))
		return;
	f->marks[row / 8] |= (unsigned char)(bit << row % 8);
	f->n_marked++;
}

bool
gv_pack_file_is_marked(const struct gv_pack_file *f)
{
	return f->n_marked == f->index->n;
}

/* ---- the bytes ---------------------------------------------------------- */

/* The name of the pack without its folder. */
static const char *
name_of(const struct gv_pack_file *f)
{
	const char *slash = strrchr(f->index->stem, '/');

	return slash ? slash + 1 : f->index->stem;
}

static int
damaged(const struct gv_pack_file *f, const char *what)
{
	return gv_err(GV_ECORRUPT,
	    "the pack %s.pack is damaged: %s; to replace what is damaged by "
	    "other copies: git vault repair",
	    name_of(f), what);
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int
gv_pack_file_begin(struct gv_pack_file *f)
{
	const struct gv_odb_pack *p = f->index;
	struct gv_oid sum;
	uint64_t at;
	uint32_t i;

	gv_hash_plain(&sum, p->map, p->map_len - GV_OID_RAW);
	if (memcmp(sum.id, p->map + p->map_len - GV_OID_RAW, GV_OID_RAW) != 0)
		return damaged(f, "its index has another checksum");
	free(f->order);
	f->order = malloc(p->n * sizeof(*f->order));
	if (f->order == NULL)
		return gv_err_nomem();
	for (i = 0; i < p->n; i++) {
		at = gv_odb_pack_offset(p, i);
		if (at < HEAD || at >= UINT64_C(1) << (64 - ROW_BITS))
			return damaged(f, "its index has an invalid offset");
		f->order[i] = at << ROW_BITS | i;
	}
	qsort(f->order, p->n, sizeof(*f->order), compare);
	if (f->order[0] >> ROW_BITS != HEAD)
		return damaged(f, "bytes before its first object");
	f->at = f->next = f->crc = 0;
	f->n_tail = 0;
	return 0;
}

/* The object that ends here. */
static int
check_object(struct gv_pack_file *f)
{
	const struct gv_odb_pack *p = f->index;
	const uint64_t row = f->order[f->next - 1] & ROW_MASK;
	const unsigned char *want =
	    p->ids + GV_OID_RAW * (size_t)p->n + 4 * (size_t)row;
	char hex[GV_OID_HEX + 1];
	struct gv_oid id;

	if (gv_enc_number(want, 4) == f->crc)
		return 0;
	gv_odb_pack_id(p, (uint32_t)row, &id);
	gv_oid_format(hex, &id);
	return gv_err(GV_ECORRUPT,
	    "object %s is damaged in the pack %s.pack; to replace it by "
	    "another copy: git vault repair",
	    hex, name_of(f));
}

/* All of the last object cannot be told from the trailer until the end comes,
 * so its last bytes wait here. */
static void
add_last(struct gv_pack_file *f, const unsigned char *data, size_t len)
{
	size_t all = f->n_tail + len, old, n;

	/* of those that wait, what is no longer among the last */
	old = all > GV_OID_RAW ? all - GV_OID_RAW : 0;
	n = old < f->n_tail ? old : f->n_tail;
	f->crc = gv_deflate_crc32(f->crc, f->tail, n);
	memmove(f->tail, f->tail + n, f->n_tail - n);
	f->n_tail -= n;
	if (old > n) {
		f->crc = gv_deflate_crc32(f->crc, data, old - n);
		data += old - n;
		len -= old - n;
	}
	memcpy(f->tail + f->n_tail, data, len);
	f->n_tail += len;
}

/* As many bytes as go to one place; how many that were. */
static size_t
add_some(struct gv_pack_file *f, const unsigned char *data, size_t len)
{
	const uint64_t end =
	    f->next < f->index->n ? f->order[f->next] >> ROW_BITS : UINT64_MAX;

	if (len > end - f->at)
		len = (size_t)(end - f->at);
	if (f->at < HEAD)
		memcpy(f->head + f->at, data, len);
	else if (f->next < f->index->n)
		f->crc = gv_deflate_crc32(f->crc, data, len);
	else
		add_last(f, data, len);
	f->at += len;
	return len;
}

int
gv_pack_file_add(struct gv_pack_file *f, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t n;
	int r = 0;

	while (r == 0 && len) {
		n = add_some(f, p, len);
		p += n;
		len -= n;
		if (f->next == f->index->n ||
		    f->at < f->order[f->next] >> ROW_BITS)
			continue;
		if (f->next)
			r = check_object(f);
		f->next++;
		f->crc = 0;
	}
	return r;
}

int
gv_pack_file_finish(struct gv_pack_file *f)
{
	const struct gv_odb_pack *p = f->index;

	if (f->next < p->n || f->n_tail < GV_OID_RAW)
		return damaged(f, "it ends early");
	if (memcmp(f->head, "PACK", 4) != 0 ||
	    gv_enc_number(f->head + 8, 4) != p->n)
		return damaged(f, "it has another number of objects");
	if (memcmp(f->tail, p->trailer, GV_OID_RAW) != 0)
		return damaged(f, "it has another checksum");
	return check_object(f);
}
