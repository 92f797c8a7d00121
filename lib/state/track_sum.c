#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/repo.h"
#include "safe/safe_reader.h"
#include "seal/seal.h"
#include "state/track_internal.h"

#define TEXT_MAX (2 * 32 + 1 + 20 + 2)
#define ID_TEXT  (2 * GV_DIGEST_BYTES + 1) /* digits and a newline */

static size_t
format(char text[TEXT_MAX], const struct gv_track_sum *sum)
{
	char hex[2 * 32 + 1];

	gv_enc_hex(hex, sum->sha256, sizeof(sum->sha256));
	return (size_t)snprintf(
	    text, TEXT_MAX, "%s %" PRIu64 "\n", hex, sum->size);
}

int
gv_track_sum_seal(struct gv_oid *out, struct gv_digest *id,
    const struct gv_seal *how, const struct gv_track_sum *sum)
{
	char text[TEXT_MAX];
	struct gv_seal_value value = { .p = text };
	int r;

	value.len = format(text, sum);
	r = gv_seal_run(how, &value, 1);
	explicit_bzero(text, sizeof(text));
	*out = value.object;
	*id = value.id;
	return r;
}

int
gv_track_sum_put_id(
    struct gv_oid *out, struct gv_pack_lane *lane, const struct gv_digest *id)
{
	char text[ID_TEXT + 1];

	gv_enc_hex(text, id->bytes, GV_DIGEST_BYTES);
	text[ID_TEXT - 1] = '\n';
	return gv_pack_add(lane, out, GV_OTYPE_BLOB, text, ID_TEXT, NULL);
}

int
gv_track_sum_put(struct gv_oid *out, struct gv_pack_lane *lane,
    const struct gv_track_sum *sum)
{
	char text[TEXT_MAX];
	size_t len = format(text, sum);

	return gv_pack_add(lane, out, GV_OTYPE_BLOB, text, len, NULL);
}

static int
append(void *ctx, const void *data, size_t len)
{
	return gv_secret_add(ctx, data, len);
}

static int
parse(struct gv_track_sum *out, const struct gv_secret *text)
{
	const size_t hex = (size_t)2 * 32;
	const char *p = (const char *)text->p;
	char *end;

	if (text->len < hex + 3 || text->len >= TEXT_MAX || p[hex] != ' ' ||
	    p[text->len - 1] != '\n' || gv_enc_unhex(out->sha256, p, 32) < 0)
		return gv_err(GV_ECORRUPT, "its sum is damaged");
	out->size = strtoull(p + hex + 1, &end, 10);
	return end == p + text->len - 1
	    ? 0
	    : gv_err(GV_ECORRUPT, "its sum is damaged");
}

/* A state that is in clear may have one that is. */
static int
read_clear(
    struct gv_secret *out, struct gv_odb *odb, const struct gv_track_version *v)
{
	struct gv_object obj = { 0 };
	struct gv_oid object;
	unsigned mode;
	int r = GV_ENOTFOUND;

	if (v->seal == GV_POLICY_SEAL_NONE)
		r = gv_tree_find(odb, &v->tree, "sum.clear", &mode, &object);
	if (r == GV_ENOTFOUND)
		return gv_err(GV_ECORRUPT, "it has no sum");
	if (r == 0 &&
	    (r = gv_odb_read_type(odb, &obj, &object, GV_OTYPE_BLOB)) == 0)
		r = gv_secret_add(out, obj.data, obj.len);
	gv_object_release(&obj);
	return r;
}

int
gv_track_sum_id(
    struct gv_digest *out, struct gv_odb *odb, const struct gv_track_version *v)
{
	struct gv_object obj = { 0 };
	struct gv_oid object;
	unsigned mode;
	int r = gv_tree_find(odb, &v->tree, "sum.id", &mode, &object);

	if (r == GV_ENOTFOUND)
		return 0;
	if (r == 0 &&
	    (r = gv_odb_read_type(odb, &obj, &object, GV_OTYPE_BLOB)) == 0 &&
	    (obj.len != ID_TEXT || obj.data[ID_TEXT - 1] != '\n' ||
		gv_enc_unhex(
		    out->bytes, (const char *)obj.data, GV_DIGEST_BYTES) < 0))
		r = gv_err(GV_ECORRUPT, "the id of its sum is damaged");
	gv_object_release(&obj);
	return r < 0 ? r : 1;
}

int
gv_track_sum_text(struct gv_secret *out, struct gv_odb *odb,
    struct gv_seal_reader *reader, const struct gv_track_version *v,
    const struct gv_seal_claim *claim)
{
	struct gv_oid object;
	unsigned mode;
	int r;

	if ((r = gv_tree_find(odb, &v->tree, "sum", &mode, &object)) < 0)
		return r;
	return gv_seal_read(reader, odb, &object, claim, append, out);
}

/* Read the sum that was encrypted again: 1, 0 if there is none that opens, or a
 * failure. */
static int
read_again(struct gv_secret *out, struct gv_odb *odb,
    struct gv_seal_reader *reader, const struct gv_track_version *v,
    struct gv_safe *safe)
{
	struct gv_digest id;
	struct gv_oid object;
	char *before;
	int r = safe ? gv_track_sum_id(&id, odb, v) : 0;

	if (r > 0)
		r = gv_safe_find_part(&object, NULL, safe, v->env, &id);
	if (r <= 0)
		return r;
	before = gv_err_save();
	r = gv_seal_read(reader, odb, &object, NULL, append, out);
	if (r != GV_ENOKEY && r != GV_ECORRUPT && r != GV_ENOTFOUND) {
		free(before);
		return r < 0 ? r : 1;
	}
	gv_err_restore(before);
	gv_secret_reset(out);
	return 0;
}

int
gv_track_sum_open(struct gv_track_sum *out, struct gv_odb *odb,
    struct gv_seal_reader *reader, const struct gv_track_version *v,
    struct gv_safe *safe)
{
	struct gv_secret text = GV_SECRET_INIT;
	int r = read_again(&text, odb, reader, v, safe);

	if (r == 0)
		r = gv_track_sum_text(&text, odb, reader, v, NULL);
	if (r == GV_ENOTFOUND)
		r = read_clear(&text, odb, v);
	if (r >= 0)
		r = parse(out, &text);
	gv_secret_release(&text);
	return r;
}

int
gv_track_opens(bool *out, struct gv_repo *repo,
    const struct gv_track_version *v, struct gv_safe *safe,
    const struct gv_identity *const *with, size_t n)
{
	struct gv_seal_reader *reader = NULL;
	struct gv_track_sum sum;
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0 && (r = gv_seal_reader_new(&reader, with, n)) == 0)
		r = gv_track_sum_open(&sum, odb, reader, v, safe);
	gv_seal_reader_free(reader);
	if (r == 0 || r == GV_ENOKEY)
		*out = r == 0;
	return r == GV_ENOKEY ? 0 : r;
}
