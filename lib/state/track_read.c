#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "safe/safe_who.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"
#include "state/track_binding.h"
#include "state/track_internal.h"
#include "sys/cancel.h"

struct gv_track_reader {
	const struct gv_track_version *v;
	struct gv_safe *safe;
	struct gv_odb *odb;
	struct gv_seal_reader *open;
	const unsigned char *key; /* NULL: parts were named by another one */
	struct gv_track_parts parts;
	struct gv_track_ahead *ahead;
	const unsigned char *p; /* of the present part: what is left to read */
	size_t len;
	struct gv_track_hash hash;
	uint64_t size;
	bool is_done; /* all was given, and its sum is right */
};

int
gv_track_in_version(const struct gv_track_version *v, int r)
{
	char hex[GV_OID_HEX + 1];

	if (r != GV_ECORRUPT && r != GV_ENOTFOUND && r != GV_ENOKEY)
		return r;
	gv_oid_format(hex, &v->commit);
	return gv_err_in(r, "version %.12s of %s/%s", hex, v->env, v->stack);
}

int
gv_track_naming_key(const unsigned char **out, struct gv_safe *safe,
    const struct gv_track_version *v)
{
	return gv_safe_key_named(out, safe, v->env, v->key);
}

/* One that is sealed in full has nothing in clear that somebody else put
 * there. */
static int
check_kinds(const struct gv_track_reader *g)
{
	size_t i;

	for (i = 0; g->v->seal == GV_POLICY_SEAL_FULL && i < g->parts.n; i++)
		if (g->parts.list[i].kind > GV_TRACK_CHUNKS)
			return gv_err(GV_ECORRUPT,
			    "part %zu of %zu is plaintext, although the "
			    "version claims to be fully encrypted",
			    i + 1, g->parts.n);
	return 0;
}

/* What is in clear needs nobody's. */
static int
find_identities(const struct gv_identity *const **with, size_t *n,
    struct gv_safe *safe, const struct gv_track_version *v)
{
	int r = gv_safe_identities(with, n, safe);

	if (r == GV_ENOKEY && v->seal == GV_POLICY_SEAL_NONE) {
		*n = 0;
		r = 0;
	}
	return r;
}

/* The parts are those that the commit names: by the same digest of their ids,
 * which each is held to when it is opened. */
static int
check_digest(const struct gv_track_reader *g)
{
	struct gv_digest_field ids = { NULL, 0 };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_digest is;
	size_t i;
	int r;

	for (i = 0; i < g->parts.n; i++)
		gv_buf_add(&text, g->parts.list[i].id.bytes, GV_DIGEST_BYTES);
	r = gv_buf_check(&text);
	ids.p = text.p;
	ids.len = text.len;
	if (r == 0) {
		gv_digest_keyed(&is, g->key, "state version", &ids, 1);
		if (!gv_digest_equal(&is, &g->v->digest))
			r = gv_err(
			    GV_ECORRUPT, "its digest does not match its parts");
	}
	gv_buf_release(&text);
	return r;
}

int
gv_track_reader_new(struct gv_track_reader **out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_version *v)
{
	struct gv_track_reader *g = calloc(1, sizeof(*g));
	const struct gv_identity *const *with;
	struct gv_seal_claim claim = { .scope = v->env };
	enum gv_track_binding kind;
	size_t n;
	int r;

	if (g == NULL)
		return gv_err_nomem();
	g->v = v;
	g->safe = safe;
	if ((r = gv_track_hash_init(&g->hash)) == 0 &&
	    (r = gv_repo_odb(repo, &g->odb)) == 0)
		r = gv_track_binding_check(&kind, repo, safe, v);
	if (r < 0) {
		gv_track_reader_free(g);
		return r;
	}
	if ((r = find_identities(&with, &n, safe, v)) < 0 ||
	    (r = gv_seal_reader_new(&g->open, with, n)) < 0 ||
	    (r = gv_track_naming_key(&g->key, safe, v)) < 0 ||
	    (r = gv_track_parts_list(&g->parts, g->odb, &v->tree)) < 0 ||
	    (r = check_kinds(g)) < 0 ||
	    (r = gv_track_parts_name(&g->parts, g->odb)) < 0 ||
	    (g->key && (r = check_digest(g)) < 0) ||
	    (r = gv_track_parts_again(&g->parts, safe, v->env)) < 0)
		goto out;
	claim.key = g->key;
	r = gv_track_ahead_new(&g->ahead, g->odb, with, n, &g->parts, &claim);
out:
	if (r < 0) {
		r = gv_track_in_version(g->v, r);
		gv_track_reader_free(g);
		return r;
	}
	*out = g;
	return 0;
}

/* That all parts are there, each itself and in order, only this tells. */
static int
check_sum(struct gv_track_reader *g)
{
	struct gv_track_sum sum;
	unsigned char sha[32];
	int r = gv_track_sum_open(&sum, g->odb, g->open, g->v, g->safe);

	if (r < 0)
		return r;
	gv_track_hash_finish(&g->hash, sha);
	return sum.size == g->size && memcmp(sha, sum.sha256, 32) == 0
	    ? 0
	    : gv_err(GV_ECORRUPT,
		  "its parts are not the saved ones: their checksum differs; "
		  "restore an earlier version, or fetch this one again from "
		  "another clone");
}

int
gv_track_reader_next(struct gv_track_reader *g, const void **data, size_t *len)
{
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (g->is_done)
		return 0;
	r = gv_track_ahead_next(g->ahead, data, len);
	if (r < 0)
		return gv_track_in_version(g->v, r);
	if (r == 0) {
		r = gv_track_in_version(g->v, check_sum(g));
		g->is_done = r == 0;
		return r;
	}
	g->size += *len;
	r = gv_track_hash_add(&g->hash, *data, *len);
	return r < 0 ? r : 1;
}

void
gv_track_reader_free(struct gv_track_reader *g)
{
	if (g == NULL)
		return;
	gv_seal_reader_free(g->open);
	gv_track_ahead_free(g->ahead);
	gv_track_hash_release(&g->hash);
	gv_track_parts_release(&g->parts);
	free(g);
}

int64_t
gv_track_reader_read(struct gv_track_reader *g, void *data, size_t len)
{
	const void *p = NULL;
	int r = 1;

	while (g->len == 0 && r > 0) {
		r = gv_track_reader_next(g, &p, &g->len);
		g->p = p;
	}
	if (r <= 0)
		return r;
	len = len < g->len ? len : g->len;
	memcpy(data, g->p, len);
	g->p += len;
	g->len -= len;
	return (int64_t)len;
}
