#include "component/component_proof.h"

#include <stdbool.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"

#define SHA256 ((size_t)32)

/* ---- digests of the formats ---------------------------------------------- */

/* The CRC-64 of redis: the polynomial of Jones, lowest bit first. A table of
 * sixteen takes two steps a byte. */
static uint64_t
crc64(uint64_t crc, const unsigned char *p, size_t len)
{
	static const uint64_t reversed = 0x95ac9329ac4bc9b5u;
	uint64_t table[16];
	size_t i;
	int bit;

	for (i = 0; i < 16; i++) {
		table[i] = i;
		for (bit = 0; bit < 4; bit++)
			table[i] =
			    table[i] >> 1 ^ (table[i] & 1 ? reversed : 0);
	}
	for (i = 0; i < len; i++) {
		crc ^= p[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return crc;
}

/* Bytes that are certainly not in the checksum at the end. */
static void
add_digest(struct gv_component_proof *p, const void *data, size_t len)
{
	if (p->kind == GV_COMPONENT_PROOF_RDB)
		p->crc = crc64(p->crc, data, len);
	else if (p->kind == GV_COMPONENT_PROOF_ETCD)
		gv_hash_sha256_update(&p->sha256, data, len);
}

/* ---- the stream ---------------------------------------------------------- */

void
gv_component_proof_begin(struct gv_component_proof *proof,
    enum gv_component_proof_kind kind, const char *expect)
{
	memset(proof, 0, sizeof(*proof));
	proof->kind = kind;
	proof->expect = expect;
	gv_hash_sha256_init(&proof->sha256);
}

/* Only what leaves the tail is digested: the checksum is always within it. */
static void
drop_tail(struct gv_component_proof *p, size_t n)
{
	add_digest(p, p->tail, n);
	memmove(p->tail, p->tail + n, p->n_tail - n);
	p->n_tail -= n;
}

void
gv_component_proof_add(
    struct gv_component_proof *proof, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t n, excess;

	if (len == 0)
		return;
	if (proof->size < sizeof(proof->head)) {
		n = sizeof(proof->head) - (size_t)proof->size;
		memcpy(proof->head + proof->size, p, len < n ? len : n);
	}
	proof->size += len;
	if (len > sizeof(proof->tail)) {
		n = len - sizeof(proof->tail);
		drop_tail(proof, proof->n_tail);
		add_digest(proof, p, n);
		p += n;
		len -= n;
	}
	excess = proof->n_tail + len > sizeof(proof->tail)
	    ? proof->n_tail + len - sizeof(proof->tail)
	    : 0;
	drop_tail(proof, excess);
	memcpy(proof->tail + proof->n_tail, p, len);
	proof->n_tail += len;
}

/* ---- what must be there -------------------------------------------------- */

/* The last line that is not empty, passing over those that begin with `skip`
 * and those that are only "--"; its length in *len. */
static const char *
last_line(size_t *len, const struct gv_component_proof *p, const char *skip)
{
	const char *const text = (const char *)p->tail;
	size_t end = p->n_tail, begin;

	for (;;) {
		while (end && (text[end - 1] == '\n' || text[end - 1] == '\r'))
			end--;
		for (begin = end; begin && text[begin - 1] != '\n'; begin--)
			;
		*len = end - begin;
		if (end == 0)
			return text;
		if (!(*len == 2 && memcmp(text + begin, "--", 2) == 0) &&
		    !(skip && *len >= strlen(skip) &&
			memcmp(text + begin, skip, strlen(skip)) == 0))
			return text + begin;
		end = begin;
	}
}

static bool
begins(const char *line, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

static bool
has_line(const struct gv_component_proof *p, const char *with, const char *skip)
{
	size_t len;
	const char *line = last_line(&len, p, skip);

	return begins(line, len, with);
}

static bool
has_text(const struct gv_component_proof *p)
{
	size_t len;
	const char *line = last_line(&len, p, NULL);

	return memmem(line, len, p->expect, strlen(p->expect)) != NULL;
}

/* Behind the end mark 0xff stand eight bytes, the lowest first; zeros where the
 * server has checksums off. */
static bool
is_rdb(struct gv_component_proof *p)
{
	uint64_t crc;

	if (p->size < 18 || p->n_tail < 9 || memcmp(p->head, "REDIS", 5) != 0)
		return false;
	add_digest(p, p->tail, p->n_tail - 8);
	crc = gv_enc_number_le(p->tail + p->n_tail - 8, 8);
	return p->tail[p->n_tail - 9] == 0xff && (crc == 0 || crc == p->crc);
}

static bool
is_etcd(struct gv_component_proof *p)
{
	unsigned char sum[SHA256];

	if (p->n_tail < SHA256 || p->size % 512 != SHA256)
		return false;
	add_digest(p, p->tail, p->n_tail - SHA256);
	gv_hash_sha256_finish(&p->sha256, sum);
	return memcmp(sum, p->tail + p->n_tail - SHA256, SHA256) == 0;
}

/* Two blocks of zeros end an archive. */
static bool
is_tar(const struct gv_component_proof *p)
{
	size_t i;

	if (p->size % 512 || p->n_tail < 1024)
		return false;
	for (i = p->n_tail - 1024; i < p->n_tail; i++)
		if (p->tail[i])
			return false;
	return true;
}

static bool
is_mongo(const struct gv_component_proof *p)
{
	static const unsigned char magic[] = { 0x6d, 0xe2, 0x99, 0x81 };
	static const unsigned char end[] = { 0xff, 0xff, 0xff, 0xff };

	return p->size > 8 && memcmp(p->head, magic, sizeof(magic)) == 0 &&
	    memcmp(p->tail + p->n_tail - sizeof(end), end, sizeof(end)) == 0;
}

static bool
is_gzip(const struct gv_component_proof *p)
{
	return p->size > 18 && p->head[0] == 0x1f && p->head[1] == 0x8b;
}

static const char *
find_fault(struct gv_component_proof *p)
{
	if (p->size == 0)
		return "it is empty";
	switch (p->kind) {
	case GV_COMPONENT_PROOF_PG:
		return has_line(p, "-- PostgreSQL database dump complete",
			   "\\unrestrict")
		    ? NULL
		    : "it does not end with 'PostgreSQL database dump "
		      "complete'";
	case GV_COMPONENT_PROOF_MARIADB:
		return has_line(p, "-- Dump completed", NULL)
		    ? NULL
		    : "it does not end with 'Dump completed'";
	case GV_COMPONENT_PROOF_SQLITE:
		return has_line(p, "COMMIT;", NULL)
		    ? NULL
		    : "it does not end with COMMIT: the database is damaged";
	case GV_COMPONENT_PROOF_RDB:
		return is_rdb(p) ? NULL
				 : "it is not an RDB file with its checksum";
	case GV_COMPONENT_PROOF_ETCD:
		return is_etcd(p)
		    ? NULL
		    : "it does not end with the SHA-256 of its bytes";
	case GV_COMPONENT_PROOF_TAR:
		return is_tar(p) ? NULL : "the archive has no end";
	case GV_COMPONENT_PROOF_GZIP:
		return is_gzip(p) ? NULL : "it is not a gzip file";
	case GV_COMPONENT_PROOF_MONGO:
		return is_mongo(p) ? NULL : "the archive has no end";
	case GV_COMPONENT_PROOF_TEXT:
		return has_text(p) ? NULL
				   : "its last line is not the expected one";
	case GV_COMPONENT_PROOF_NONE:
		break;
	}
	return NULL;
}

int
gv_component_proof_end(struct gv_component_proof *proof)
{
	const char *const fault = find_fault(proof);

	explicit_bzero(proof, sizeof(*proof));
	return fault
	    ? gv_err(GV_ECORRUPT, "the dump is not complete: %s", fault)
	    : 0;
}
