#include "textindex/extent.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/hash.h"
#include "repo/ref_vault.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "textindex/shelf.h"
#include "worktree/cache.h"

/* The bytes of the file, numbers in network order:
 *
 *	8 bytes		"GVEXTENT"
 *	32 bytes	the stamp of the refs
 *	4 * 8 bytes	how many snapshots, texts, bytes of them, other contents
 *	2 * 4 bytes	how many parts, and contents that no part has
 *	8 bytes each	parts: the number of its file, the sum of its head
 *	20 bytes each	contents
 *	4 bytes		CRC-32 of all before
 */
#define MAGIC "GVEXTENT"
#define NAME  GV_CACHE_SEARCH "/extent"
#define HEAD  (GV_CACHE_MAGIC + GV_EXTENT_STAMP + 4 * 8 + 2 * 4)
#define PART  8
#define MOST  ((size_t)16 * 1024 * 1024)

/* ---- the refs ------------------------------------------------------------ */

static void
add_refs(struct gv_buf *out, const struct gv_refs *refs)
{
	char hex[GV_OID_HEX + 1];
	size_t i;

	for (i = 0; i < refs->n; i++) {
		gv_oid_format(hex, &refs->refs[i].oid);
		gv_buf_addf(out, "%s %s\n", hex, refs->refs[i].name);
	}
}

int
gv_extent_stamp(unsigned char out[GV_EXTENT_STAMP], const char *common_dir)
{
	static const char *const deleted[] = { GV_REF_DELETED, NULL };
	struct gv_refs snapshots = { 0 }, saves = { 0 };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_hash_sha256 h;
	int r = gv_ref_vault_read(
	    &snapshots, common_dir, deleted, GV_REFS_SNAPSHOTS);

	if (r > 0)
		r = gv_ref_vault_read(&saves, common_dir, NULL, GV_REFS_AUTO);
	if (r <= 0)
		goto out;
	add_refs(&text, &snapshots);
	add_refs(&text, &saves);
	if (gv_buf_check(&text) < 0) {
		r = GV_ENOMEM;
		goto out;
	}
	gv_hash_sha256_init(&h);
	gv_hash_sha256_update(&h, text.p, text.len);
	gv_hash_sha256_finish(&h, out);
out:
	gv_refs_release(&snapshots);
	gv_refs_release(&saves);
	gv_buf_release(&text);
	return r;
}

/* ---- reading ------------------------------------------------------------- */

static int
take(struct gv_extent *out, const char *p, size_t parts, size_t unread)
{
	size_t i;

	out->parts = calloc(parts + 1, sizeof(*out->parts));
	out->unread = calloc(unread + 1, sizeof(*out->unread));
	if (out->parts == NULL || out->unread == NULL)
		return gv_err_nomem();
	for (i = 0; i < parts; i++, p += PART)
		out->parts[i] =
		    (struct gv_extent_part){ .number =
						 (uint32_t)gv_enc_number(p, 4),
			    .sum = (uint32_t)gv_enc_number(p + 4, 4) };
	for (i = 0; i < unread; i++, p += GV_OID_RAW)
		memcpy(out->unread[i].id, p, GV_OID_RAW);
	out->n = out->cap = parts;
	out->n_unread = out->cap_unread = unread;
	return 1;
}

static int
parse(struct gv_extent *out, const char *bytes, size_t len)
{
	const char *p = bytes + GV_CACHE_MAGIC;
	uint64_t *const numbers[] = { &out->snapshots, &out->blobs, &out->bytes,
		&out->binary };
	size_t parts, unread, i;

	if (!gv_cache_is_sealed(bytes, len, MAGIC) || len < HEAD + GV_CACHE_SUM)
		return 0;
	memcpy(out->stamp, p, GV_EXTENT_STAMP);
	p += GV_EXTENT_STAMP;
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++, p += 8)
		*numbers[i] = gv_enc_number(p, 8);
	parts = (size_t)gv_enc_number(p, 4);
	unread = (size_t)gv_enc_number(p + 4, 4);
	/* neither overflows 64 bits */
	if ((uint64_t)parts * PART + (uint64_t)unread * GV_OID_RAW !=
	    len - HEAD - GV_CACHE_SUM)
		return 0;
	return take(out, p + 8, parts, unread);
}

int
gv_extent_load(struct gv_extent *out, const char *common_dir)
{
	struct gv_buf path = GV_BUF_INIT, bytes = GV_BUF_INIT;
	unsigned char now[GV_EXTENT_STAMP];
	char *before = gv_err_save();
	int r;

	memset(out, 0, sizeof(*out));
	gv_buf_addf(&path, "%s/vault/" NAME, common_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_read(&bytes, AT_FDCWD, path.p, MOST);
	if (r == 0)
		r = parse(out, bytes.p, bytes.len);
	else if (r != GV_ENOMEM)
		r = 0;
	if (r > 0 && (r = gv_extent_stamp(now, common_dir)) > 0)
		r = memcmp(now, out->stamp, sizeof(now)) == 0;
	gv_buf_release(&path);
	gv_buf_release(&bytes);
	return gv_err_settle(r, before);
}

void
gv_extent_release(struct gv_extent *cover)
{
	free(cover->parts);
	free(cover->unread);
	memset(cover, 0, sizeof(*cover));
}

/* ---- asking -------------------------------------------------------------- */

static int
add_found(struct gv_extent_found *out, const struct gv_oid *oid)
{
	if (GV_GROW(out->oids, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->oids[out->n++] = *oid;
	return 0;
}

static int
find_in(struct gv_extent_found *out, const struct gv_segment *seg,
    const struct gv_grams *grams)
{
	struct gv_segment_found found;
	struct gv_segment_doc doc;
	size_t i;
	int r = gv_segment_find(&found, seg, grams);

	for (i = 0; r == 0 && i < found.n; i++) {
		gv_segment_doc(&doc, seg, found.docs[i]);
		r = add_found(out, &doc.oid);
	}
	free(found.docs);
	return r;
}

int
gv_extent_find(struct gv_extent_found *out, const struct gv_extent *cover,
    const char *common_dir, const struct gv_grams *grams)
{
	struct gv_shelf_book book;
	char *before = gv_err_save();
	size_t i;
	int r = 0;

	*out = (struct gv_extent_found){ .n = 0 };
	for (i = 0; r == 0 && i < cover->n_unread; i++)
		r = add_found(out, &cover->unread[i]);
	for (i = 0; r == 0 && i < cover->n; i++) {
		book =
		    (struct gv_shelf_book){ .number = cover->parts[i].number };
		if ((r = gv_shelf_open_book(&book, common_dir)) < 0)
			break;
		r = book.is_damaged || book.segment.sum != cover->parts[i].sum
		    ? GV_ECORRUPT
		    : find_in(out, &book.segment, grams);
		gv_shelf_close_book(&book);
	}
	if (r < 0) {
		free(out->oids);
		*out = (struct gv_extent_found){ .n = 0 };
	}
	return gv_err_settle(r == 0 ? 1 : r == GV_ENOMEM ? r : 0, before);
}

/* ---- writing ------------------------------------------------------------- */

void
gv_extent_save(const struct gv_extent *cover, const struct gv_repo *repo)
{
	const uint64_t numbers[] = { cover->snapshots, cover->blobs,
		cover->bytes, cover->binary };
	struct gv_buf out = GV_BUF_INIT;
	size_t i;

	gv_buf_addstr(&out, MAGIC);
	gv_buf_add(&out, cover->stamp, GV_EXTENT_STAMP);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		gv_enc_add_number(&out, numbers[i], 8);
	gv_enc_add_number(&out, cover->n, 4);
	gv_enc_add_number(&out, cover->n_unread, 4);
	for (i = 0; i < cover->n; i++) {
		gv_enc_add_number(&out, cover->parts[i].number, 4);
		gv_enc_add_number(&out, cover->parts[i].sum, 4);
	}
	for (i = 0; i < cover->n_unread; i++)
		gv_buf_add(&out, cover->unread[i].id, GV_OID_RAW);
	gv_cache_seal(&out, 0);
	if (gv_buf_check(&out) == 0 && out.len <= MOST)
		gv_cache_save_private(
		    repo, NAME, &(struct gv_cache_part){ out.p, out.len }, 1);
	gv_buf_release(&out);
}

void
gv_extent_remove(const struct gv_repo *repo)
{
	gv_cache_remove(repo, NAME);
}
