#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "store/odb.h"
#include "store/repo.h"
#include "store/tree.h"
#include "vault/seal.h"
#include "vault/track_internal.h"

#define TEXT_MAX (2 * 32 + 1 + 20 + 2)

int
gv_track_sum_seal(struct gv_oid *out, const struct gv_seal *how,
    const struct gv_track_sum *sum)
{
	char hex[2 * 32 + 1], text[TEXT_MAX];
	struct gv_seal_value value = { .p = text };
	int r;

	gv_enc_hex(hex, sum->sha256, sizeof(sum->sha256));
	value.len = (size_t)snprintf(
	    text, sizeof(text), "%s %" PRIu64 "\n", hex, sum->size);
	r = gv_seal_run(how, &value, 1);
	*out = value.object;
	return r;
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

int
gv_track_sum_open(struct gv_track_sum *out, struct gv_odb *odb,
    struct gv_seal_reader *reader, const struct gv_oid *root)
{
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_oid object;
	unsigned mode;
	int r = gv_tree_find(odb, root, "sum", &mode, &object);

	if (r == GV_ENOTFOUND)
		return gv_err(GV_ECORRUPT, "it has no sum");
	if (r == 0)
		r = gv_seal_read(reader, odb, &object, NULL, append, &text);
	if (r == 0)
		r = parse(out, &text);
	gv_secret_release(&text);
	return r;
}

int
gv_track_opens(bool *out, struct gv_repo *repo,
    const struct gv_track_version *v, const struct gv_identity *const *with,
    size_t n)
{
	struct gv_seal_reader *reader = NULL;
	struct gv_track_sum sum;
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0)
		r = gv_seal_reader_new(&reader, with, n);
	if (r == 0)
		r = gv_track_sum_open(&sum, odb, reader, &v->tree);
	gv_seal_reader_free(reader);
	if (r == 0 || r == GV_ENOKEY)
		*out = r == 0;
	return r == GV_ENOKEY ? 0 : r;
}
