#include "object/pack_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/hash.h"

/*
 * Version 2 of a pack's index, numbers big-endian:
 *	ff 't' 'O' 'c', 2
 *	256 x 4		how many ids begin with a byte <= i
 *	n x 20		ids, sorted
 *	n x 4		CRC-32 of the packed bytes
 *	n x 4		offset; with the high bit: row of the next table
 *	m x 8		offsets of 2 GiB and more
 *	20, 20		checksums of the pack and of all this
 */
static const unsigned char magic[8] = { 0xff, 't', 'O', 'c', 0, 0, 0, 2 };

#define LARGE UINT32_C(0x80000000)

static unsigned char *
put32(unsigned char *p, uint32_t v)
{
	*p++ = (unsigned char)(v >> 24);
	*p++ = (unsigned char)(v >> 16);
	*p++ = (unsigned char)(v >> 8);
	*p++ = (unsigned char)v;
	return p;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(((const struct gv_pack_entry *)a)->oid.id,
	    ((const struct gv_pack_entry *)b)->oid.id, GV_OID_RAW);
}

static unsigned
bucket_of(const struct gv_pack_entry *e)
{
	return (unsigned)e->oid.id[0] << 8 | e->oid.id[1];
}

/* Ids are as good as random: dealt out by their first two bytes, they leave
 * one or two to a bucket to be sorted. Eight times as fast as qsort alone. */
static int
sort(struct gv_pack_entry *entries, size_t n)
{
	struct gv_pack_entry *copy;
	uint32_t *at;
	size_t i;

	if (n < 4096) {
		qsort(entries, n, sizeof(*entries), compare);
		return 0;
	}
	at = calloc(65537, sizeof(*at));
	copy = malloc(n * sizeof(*copy));
	if (at == NULL || copy == NULL) {
		free(at);
		free(copy);
		return gv_err_nomem();
	}
	memcpy(copy, entries, n * sizeof(*copy));
	for (i = 0; i < n; i++)
		at[bucket_of(&copy[i]) + 1]++;
	for (i = 1; i <= 65536; i++)
		at[i] += at[i - 1];
	for (i = 0; i < n; i++)
		entries[at[bucket_of(&copy[i])]++] = copy[i];
	/* now at[b] is where bucket b ends */
	for (i = 0; i < 65536; i++) {
		size_t first = i ? at[i - 1] : 0, count = at[i] - first;

		if (count > 1)
			qsort(
			    entries + first, count, sizeof(*entries), compare);
	}
	free(at);
	free(copy);
	return 0;
}

static unsigned char *
put_fanout(unsigned char *p, const struct gv_pack_entry *entries, size_t n)
{
	size_t at = 0;
	unsigned i;

	for (i = 0; i < 256; i++) {
		while (at < n && entries[at].oid.id[0] <= i)
			at++;
		p = put32(p, (uint32_t)at);
	}
	return p;
}

static unsigned char *
put_offsets(unsigned char *p, const struct gv_pack_entry *entries, size_t n)
{
	uint32_t large = 0;
	size_t i;

	for (i = 0; i < n; i++)
		p = put32(p,
		    entries[i].offset < LARGE ? (uint32_t)entries[i].offset
					      : LARGE | large++);
	for (i = 0; i < n; i++)
		if (entries[i].offset >= LARGE) {
			p = put32(p, (uint32_t)(entries[i].offset >> 32));
			p = put32(p, (uint32_t)entries[i].offset);
		}
	return p;
}

int
gv_pack_index(struct gv_buf *out, struct gv_pack_entry *entries, size_t n,
    const struct gv_oid *pack_checksum)
{
	size_t before = out->len, i;
	struct gv_oid sum;
	unsigned char *p;
	int r;

	if ((r = sort(entries, n)) < 0 ||
	    (r = gv_buf_grow(out, sizeof(magic) + 1024 + n * 36 + 40)) < 0)
		return r;
	p = (unsigned char *)out->p + before;
	memcpy(p, magic, sizeof(magic));
	p = put_fanout(p + sizeof(magic), entries, n);
	for (i = 0; i < n; i++, p += GV_OID_RAW)
		memcpy(p, entries[i].oid.id, GV_OID_RAW);
	for (i = 0; i < n; i++)
		p = put32(p, entries[i].crc);
	p = put_offsets(p, entries, n);
	memcpy(p, pack_checksum->id, GV_OID_RAW);
	p += GV_OID_RAW;
	gv_hash_plain(
	    &sum, out->p + before, (size_t)((char *)p - out->p) - before);
	memcpy(p, sum.id, GV_OID_RAW);
	out->len = (size_t)((char *)p + GV_OID_RAW - out->p);
	out->p[out->len] = '\0';
	return 0;
}
