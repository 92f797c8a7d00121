#include "key/keyring_ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/age.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "key/keyring_ids_internal.h"
#include "key/keyring_store_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/hash.h"
#include "repo/repo.h"

/*
 * The list is signed text:
 *
 *	git-vault idkeys 1
 *	keyring <64 digits: SHA-256 of the text of the version>
 *	<64 digits: SHA-256 of the file> <name>		sorted by name
 *
 * So only the owner who signed the version can choose the keys of its readers.
 * Whoever knows a key can test guesses of values with it.
 */

static const char head[] = "git-vault idkeys 1\nkeyring ";

#define HEX     (2 * GV_KEYRING_DIGEST)
#define KEY_HEX (2 * GV_KDF_BYTES)
#define OF_KEYS "the list of id keys"

void
gv_keyring_ids_sum(
    unsigned char out[GV_KEYRING_DIGEST], const void *p, size_t n)
{
	struct gv_hash_sha256 h;

	gv_hash_sha256_init(&h);
	gv_hash_sha256_update(&h, p, n);
	gv_hash_sha256_finish(&h, out);
}

void
gv_keyring_ids_begin(struct gv_buf *text, const struct gv_keyring *k)
{
	char hex[HEX + 1];

	gv_enc_hex(hex, k->digest, GV_KEYRING_DIGEST);
	gv_buf_addf(text, "%s%s\n", head, hex);
}

void
gv_keyring_ids_add(struct gv_buf *text, const struct gv_keyring_entry *e)
{
	unsigned char sum[GV_KEYRING_DIGEST];
	char hex[HEX + 1];

	gv_keyring_ids_sum(sum, e->bytes.p, e->bytes.len);
	gv_enc_hex(hex, sum, sizeof(sum));
	gv_buf_addf(text, "%s %s\n", hex, e->name);
}

/* ---- reading the list ---------------------------------------------------- */

static int
read_file(struct gv_object *out, struct gv_repo *repo,
    const struct gv_oid *tree, const char *name, size_t max)
{
	struct gv_odb *odb;
	struct gv_oid oid;
	unsigned mode;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0 && (r = gv_tree_find(odb, tree, name, &mode, &oid)) == 0)
		r = gv_keyring_object(out, odb, &oid, GV_OTYPE_BLOB, max);
	return r;
}

/* Read the signature of the version itself. */
static int
read_signer(struct gv_sign *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept)
{
	struct gv_object sig = { 0 };
	int r = read_file(
	    &sig, repo, &kept->ledger.tree, "keyring.sig", GV_KEYRING_SIG_MAX);

	if (r == 0)
		r = gv_sign_parse(
		    out, GV_KEYRING_SPACE, (const char *)sig.data, sig.len);
	gv_object_release(&sig);
	return r;
}

static int
check_list(const struct gv_object *text, const struct gv_object *sig,
    const struct gv_sign *by, const struct gv_keyring *k)
{
	struct gv_buf begin = GV_BUF_INIT;
	struct gv_sign sign;
	int r = gv_sign_parse(
	    &sign, GV_KEYRING_IDS_SPACE, (const char *)sig->data, sig->len);

	gv_keyring_ids_begin(&begin, k);
	if (r < 0 || (r = gv_buf_check(&begin)) < 0)
		goto out;
	r = gv_sign_check(&sign, GV_KEYRING_IDS_SPACE, text->data, text->len);
	if (r < 0)
		goto out;
	if (memcmp(sign.key, by->key, sizeof(by->key)) != 0 ||
	    text->len < begin.len ||
	    memcmp(text->data, begin.p, begin.len) != 0)
		r = gv_err(GV_EREFUSED,
		    "it is not that of version %u, as its owner signed it: "
		    "somebody has exchanged it; an owner makes it again by any "
		    "change, such as git vault key rotate",
		    k->version);
out:
	gv_buf_release(&begin);
	return r;
}

int
gv_keyring_ids_load(struct gv_keyring_ids *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept)
{
	struct gv_object text = { 0 }, sig = { 0 };
	struct gv_sign by;
	int r;

	memset(out, 0, sizeof(*out));
	out->text = (struct gv_buf)GV_BUF_INIT;
	out->repo = repo;
	out->tree = kept->ledger.tree;
	r = read_file(
	    &text, repo, &out->tree, GV_KEYRING_IDS, GV_KEYRING_IDS_MAX);
	if (r == GV_ENOTFOUND)
		return r;
	if (r == 0)
		r = read_file(&sig, repo, &out->tree, GV_KEYRING_IDS_SIG,
		    GV_KEYRING_SIG_MAX);
	if (r == 0 && (r = read_signer(&by, repo, kept)) == 0 &&
	    (r = check_list(&text, &sig, &by, &kept->keyring)) == 0) {
		gv_buf_add(&out->text, text.data, text.len);
		r = gv_buf_check(&out->text);
	}
	gv_object_release(&text);
	gv_object_release(&sig);
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_ECORRUPT, "it is not signed");
	return r < 0 && r != GV_ENOMEM ? gv_err_in(r, OF_KEYS) : r;
}

void
gv_keyring_ids_release(struct gv_keyring_ids *ids)
{
	gv_buf_release(&ids->text);
}

/* The line of a file, which begins with its digest, or NULL. */
static const char *
find_line(const struct gv_keyring_ids *ids, const char *name)
{
	struct gv_buf want = GV_BUF_INIT;
	const char *found = NULL;

	gv_buf_addf(&want, " %s\n", name);
	if (ids->text.len && gv_buf_check(&want) == 0)
		found = memmem(ids->text.p, ids->text.len, want.p, want.len);
	gv_buf_release(&want);
	return found && found - ids->text.p >= HEX ? found - HEX : NULL;
}

bool
gv_keyring_ids_has(const struct gv_keyring_ids *ids, const char *name)
{
	return find_line(ids, name) != NULL;
}

int
gv_keyring_ids_each(const struct gv_keyring_ids *ids, const char *prefix,
    int (*fn)(void *ctx, const char *name), void *ctx)
{
	const char *p = ids->text.p, *end, *stop = p + ids->text.len;
	char name[GV_KEYRING_IDS_NAME];
	size_t len, skip = strlen(prefix);
	int r = 0;

	for (; r == 0 && ids->text.len && p < stop; p = end + 1) {
		end = memchr(p, '\n', (size_t)(stop - p));
		if (end == NULL)
			break;
		len = (size_t)(end - p);
		if (len <= HEX + 1 + skip + 4 ||
		    len - HEX - 1 >= sizeof(name) || p[HEX] != ' ' ||
		    memcmp(p + HEX + 1, prefix, skip) != 0)
			continue;
		len -= HEX + 1 + skip + 4;
		memcpy(name, p + HEX + 1 + skip, len);
		name[len] = '\0';
		r = fn(ctx, name);
	}
	return r;
}

/* ---- opening ------------------------------------------------------------- */

static int
parse_keys(struct gv_secret *out, size_t *own, const struct gv_secret *text)
{
	const char *p = (const char *)text->p, *end = p + text->len;
	unsigned char key[GV_KDF_BYTES];
	bool is_other = false;
	int r = 0;

	*own = 0;
	while (r == 0 && p < end) {
		is_other = is_other || *p == '+';
		p += *p == '+';
		if (end - p < KEY_HEX + 1 || p[KEY_HEX] != '\n' ||
		    gv_enc_unhex(key, p, sizeof(key)) < 0)
			r = gv_err(GV_ECORRUPT, "it holds no keys");
		else
			r = gv_secret_add(out, key, sizeof(key));
		*own += r == 0 && !is_other;
		p += KEY_HEX + 1;
	}
	explicit_bzero(key, sizeof(key));
	return r == 0 && *own == 0 ? gv_err(GV_ECORRUPT, "it holds no keys")
				   : r;
}

int
gv_keyring_ids_open(struct gv_secret *out, size_t *own,
    const struct gv_keyring_ids *ids, const char *name,
    const struct gv_identity *const *with, size_t n)
{
	const char *said = find_line(ids, name);
	unsigned char sum[GV_KEYRING_DIGEST], is[GV_KEYRING_DIGEST];
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_object file = { 0 };
	int r;

	if (said == NULL)
		return GV_ENOTFOUND;
	if (n == 0)
		return GV_ENOKEY;
	r = read_file(
	    &file, ids->repo, &ids->tree, name, GV_KEYRING_SEALED_MAX);
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_ECORRUPT, "it is not there");
	if (r < 0)
		goto out;
	gv_keyring_ids_sum(is, file.data, file.len);
	if (gv_enc_unhex(sum, said, sizeof(sum)) < 0 ||
	    memcmp(sum, is, sizeof(is)) != 0) {
		r = gv_err(GV_EREFUSED,
		    "it is not the one that the keyring lists: somebody has "
		    "exchanged it");
		goto out;
	}
	if ((r = gv_age_open(&text, with, n, file.data, file.len, NULL)) < 0)
		goto out;
	r = parse_keys(out, own, &text);
out:
	gv_secret_release(&text);
	gv_object_release(&file);
	return r < 0 && r != GV_ENOMEM ? gv_err_in(r, "the id keys in %s", name)
				       : r;
}

int
gv_keyring_ids_derive(struct gv_secret *out, const unsigned char *from,
    const char *kind, const char *name, unsigned version)
{
	struct gv_buf salt = GV_BUF_INIT;
	unsigned char key[GV_KDF_BYTES];
	struct gv_kdf_input in = { .key = from, .key_len = GV_KDF_BYTES };
	int r;

	gv_buf_addf(&salt, "%s %s %u", kind, name, version);
	r = gv_buf_check(&salt);
	in.salt = salt.p;
	in.salt_len = salt.len;
	if (r == 0) {
		gv_kdf_derive(key, &in, "git-vault id key");
		r = gv_secret_add(out, key, sizeof(key));
	}
	explicit_bzero(key, sizeof(key));
	gv_buf_release(&salt);
	return r;
}

void
gv_keyring_entries_release(struct gv_keyring_entries *e)
{
	while (e->n > 0)
		gv_buf_release(&e->list[--e->n].bytes);
	free(e->list);
	memset(e, 0, sizeof(*e));
}
