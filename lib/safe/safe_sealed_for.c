#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "object/odb.h"
#include "repo/hash.h"
#include "safe/safe_internal.h"

/*
 * The file sealed-for at the top of a scope's tree:
 *
 *	SUM LF			for whom entries are sealed: SHA-256 of their
 *				keys, sorted, LF behind each; 64 digits
 *	SUM SP ID LF		only while entries are sealed again: for whom
 *				those of this id and above it are yet
 */

#define MOST    ((uint64_t)1024) /* bytes of it */
#define SUM_HEX (2 * GV_SAFE_SUM)
#define ID_HEX  (2 * GV_DIGEST_BYTES)

static bool
read_hex(unsigned char *out, size_t n, const char *text)
{
	size_t i;

	for (i = 0; i < 2 * n; i++)
		if (text[i] >= 'A' && text[i] <= 'F')
			return false;
	return gv_enc_unhex(out, text, n) == 0;
}

int
gv_safe_sealed_for_parse(
    struct gv_safe_sealed_for *out, const char *text, size_t len)
{
	const char *second = text + SUM_HEX + 1;
	bool good;

	memset(out, 0, sizeof(*out));
	out->is_mixed = len == 2 * (SUM_HEX + 1) + ID_HEX + 1;
	good = (out->is_mixed || len == SUM_HEX + 1) &&
	    read_hex(out->sum, GV_SAFE_SUM, text) && text[SUM_HEX] == '\n';
	if (good && out->is_mixed)
		good = read_hex(out->old, GV_SAFE_SUM, second) &&
		    second[SUM_HEX] == ' ' &&
		    read_hex(out->from.bytes, GV_DIGEST_BYTES,
			second + SUM_HEX + 1) &&
		    text[len - 1] == '\n';
	return good ? 0
		    : gv_err(GV_ECORRUPT, "the file sealed-for is malformed");
}

int
gv_safe_sealed_for_load(struct gv_safe_sealed_for *out, struct gv_odb *odb,
    const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	char *before = gv_err_save();
	uint64_t size;
	int r;

	if ((r = gv_odb_read_size(odb, &size, oid)) < 0)
		goto out;
	if (size > MOST) {
		r = GV_ECORRUPT;
		goto out;
	}
	if ((r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_BLOB)) < 0)
		goto out;
	r = gv_safe_sealed_for_parse(out, (const char *)obj.data, obj.len);
out:
	if (r < 0)
		memset(out, 0, sizeof(*out));
	gv_object_release(&obj);
	gv_err_restore(before);
	return r == GV_ENOMEM ? r : r == 0;
}

void
gv_safe_sealed_for_format(
    struct gv_buf *out, const struct gv_safe_sealed_for *f)
{
	char sum[SUM_HEX + 1], id[ID_HEX + 1];

	gv_enc_hex(sum, f->sum, GV_SAFE_SUM);
	gv_buf_addf(out, "%s\n", sum);
	if (!f->is_mixed)
		return;
	gv_enc_hex(sum, f->old, GV_SAFE_SUM);
	gv_enc_hex(id, f->from.bytes, GV_DIGEST_BYTES);
	gv_buf_addf(out, "%s %s\n", sum, id);
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
gv_safe_sealed_for_sum(unsigned char out[GV_SAFE_SUM],
    const struct gv_keyring_recipient *const *readers, size_t n)
{
	const char **keys = calloc(n + 1, sizeof(*keys));
	struct gv_hash_sha256 h;
	size_t i;

	if (keys == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++)
		keys[i] = readers[i]->key;
	qsort(keys, n, sizeof(*keys), compare_keys);
	gv_hash_sha256_init(&h);
	for (i = 0; i < n; i++) {
		gv_hash_sha256_update(&h, keys[i], strlen(keys[i]));
		gv_hash_sha256_update(&h, "\n", 1);
	}
	gv_hash_sha256_finish(&h, out);
	free(keys);
	return 0;
}

bool
gv_safe_sealed_for_covers(const struct gv_safe_sealed_for *f,
    const unsigned char sum[GV_SAFE_SUM], const struct gv_digest *id)
{
	return memcmp(f->sum, sum, GV_SAFE_SUM) == 0 &&
	    (!f->is_mixed ||
		memcmp(id->bytes, f->from.bytes, GV_DIGEST_BYTES) < 0);
}

int
gv_safe_readers(const struct gv_keyring_recipient ***out, size_t *n,
    const struct gv_keyring *k, const char *scope)
{
	const struct gv_keyring_recipient **list;
	size_t i;
	bool all = false;

	if (gv_keyring_has_scope(k, scope))
		return gv_keyring_readers(out, n, k, scope);
	list = calloc(k->n_recipients, sizeof(const void *));
	if (list == NULL)
		return gv_err_nomem();
	for (i = 0; i < k->n_recipients; i++)
		all = all || k->recipients[i].all;
	for (*n = i = 0; i < k->n_recipients; i++)
		if (all ? k->recipients[i].all
			: k->recipients[i].role == GV_KEYRING_OWNER)
			list[(*n)++] = &k->recipients[i];
	*out = list;
	return 0;
}
