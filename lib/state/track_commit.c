#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "key/idkey.h"
#include "object/odb.h"
#include "seal/seal.h"
#include "state/track_binding.h"
#include "state/track_internal.h"
#include "vault/author.h"
#include "vault/trailer.h"

/*
 * The commit of a version. Its parents are the previous version, the commit of
 * the project if that may leave this clone, and the newest version of another
 * clone if one was merged. Each may be missing. Other parents are refused: one
 * that no trailer names would put an old version in front of newer ones.
 *
 *	state prod/network: terraform, serial 12
 *
 *	Vault-Format: 3
 *	Vault-Env: prod
 *	Vault-Stack: network
 *	Vault-Tool: terraform
 *	Vault-Tool-Format: 4
 *	Vault-Tool-Version: 1.6.0
 *	Vault-Serial: 12
 *	Vault-Lineage: 3f1c2a58-0c3e-4a57-9b57-2f5f0d9a7c11
 *	Vault-Previous: 40 digits
 *	Vault-Commit: 40 digits
 *	Vault-Size: 81223
 *	Vault-Parts: 6
 *	Vault-Items: 57
 *	Vault-Digest: KEY:40 digits
 *	Vault-Sealed-For: 64 digits
 *	Vault-Seal: sensitive
 *	Vault-Seal-Rules: 40 digits
 *	Vault-Snapshot: 20261121T093000Z-0123abcd
 *	Vault-Host: ci-runner-4
 *	Vault-Encrypted: by the tool
 *	Vault-Forced: why
 *	Vault-Damage: what is wrong with it
 *	Vault-Binding: KEY:40 digits
 */

#define COMMIT_MAX  ((size_t)64 * 1024)
#define BINDING_MAX ((size_t)80) /* its line */

/* ---- writing ------------------------------------------------------------ */

static void
add_oid(struct gv_buf *out, const char *before, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	if (gv_oid_is_zero(oid))
		return;
	gv_oid_format(hex, oid);
	gv_buf_addf(out, "%s%s\n", before, hex);
}

static void
add_text(struct gv_buf *out, const char *key, const char *text)
{
	if (text && *text)
		gv_trailer_add(out, key, text);
}

static void
add_numbers(struct gv_buf *out, const struct gv_track_version *v)
{
	char digest[2 * GV_DIGEST_BYTES + 1], sum[2 * GV_TRACK_SUM + 1];

	gv_enc_hex(digest, v->digest.bytes, GV_DIGEST_BYTES);
	gv_enc_hex(sum, v->sealed_for, GV_TRACK_SUM);
	gv_buf_addf(out,
	    "Vault-Size: %" PRIu64 "\nVault-Parts: %" PRIu64
	    "\nVault-Items: %" PRIu64 "\nVault-Digest: %s:%s\n"
	    "Vault-Sealed-For: %s\n",
	    v->size, v->parts, v->items, v->key, digest, sum);
}

/* Bind what a reader will find in the text from `before` on. */
static int
add_binding(struct gv_buf *out, size_t before, const unsigned char *key)
{
	char hex[2 * GV_DIGEST_BYTES + 1];
	struct gv_track_version v = { .env = NULL };
	struct gv_digest binding;
	struct gv_idkey named;
	int r;

	if ((r = gv_buf_check(out)) < 0)
		return r;
	r = gv_track_commit_parse(&v, out->p + before, out->len - before);
	if (r < 0)
		return r;
	gv_track_binding_make(&binding, &v, key);
	gv_track_version_release(&v);
	gv_idkey_set(&named, key);
	gv_enc_hex(hex, binding.bytes, GV_DIGEST_BYTES);
	gv_buf_addf(out, "Vault-Binding: %s:%s\n", named.name, hex);
	explicit_bzero(&named, sizeof(named));
	return gv_buf_check(out);
}

int
gv_track_commit_format(struct gv_buf *out, const struct gv_repo *repo,
    const struct gv_track_version *v, const unsigned char *key)
{
	size_t before = out->len;
	int r;

	add_oid(out, "tree ", &v->tree);
	add_oid(out, "parent ", &v->previous);
	if (!v->is_apart)
		add_oid(out, "parent ", &v->code);
	add_oid(out, "parent ", &v->also);
	r = gv_author_add(out, repo, v->time);
	if (r < 0)
		return r;
	gv_buf_addf(out, "state %s/%s: %s", v->env, v->stack, v->tool);
	if (v->has_serial)
		gv_buf_addf(out, ", serial %" PRIu64, v->serial);
	gv_buf_addf(out, "\n\nVault-Format: %d\n", GV_TRACK_FORMAT);
	add_text(out, "Vault-Env", v->env);
	add_text(out, "Vault-Stack", v->stack);
	add_text(out, "Vault-Tool", v->tool);
	if (v->format)
		gv_buf_addf(out, "Vault-Tool-Format: %u\n", v->format);
	add_text(out, "Vault-Tool-Version", v->writer);
	if (v->has_serial)
		gv_buf_addf(out, "Vault-Serial: %" PRIu64 "\n", v->serial);
	add_text(out, "Vault-Lineage", v->lineage);
	add_oid(out, "Vault-Previous: ", &v->previous);
	add_oid(out, "Vault-Commit: ", &v->code);
	add_numbers(out, v);
	/* that of all others, which older ones read */
	if (v->seal != GV_POLICY_SEAL_FULL)
		add_text(out, "Vault-Seal", gv_policy_seals[v->seal]);
	add_oid(out, "Vault-Seal-Rules: ", &v->rules);
	add_text(out, "Vault-Snapshot", v->snapshot);
	add_text(out, "Vault-Host", v->host);
	if (v->is_encrypted)
		gv_buf_addstr(out, "Vault-Encrypted: by the tool\n");
	add_text(out, "Vault-Forced", v->forced);
	add_text(out, "Vault-Damage", v->damage);
	/* what could not be read again would end the chain */
	if (out->len - before > COMMIT_MAX - BINDING_MAX)
		return gv_err(GV_EUSAGE,
		    "the description of the version is too long: it has at "
		    "most %zu KiB; give a shorter reason",
		    COMMIT_MAX / 1024);
	return add_binding(out, before, key);
}

/* ---- reading ------------------------------------------------------------ */

static int
damaged(const char *key)
{
	return gv_err(GV_ECORRUPT, "its %s cannot be read", key);
}

static int
read_number(uint64_t *out, const struct gv_trailer *t, const char *key)
{
	size_t i;

	*out = 0;
	for (i = 0; i < t->value_len; i++) {
		unsigned digit = (unsigned)(t->value[i] - '0');

		if (digit > 9 || *out > (UINT64_MAX - digit) / 10)
			return damaged(key);
		*out = *out * 10 + digit;
	}
	return i ? 0 : damaged(key);
}

static int
read_oid(struct gv_oid *out, const struct gv_trailer *t, const char *key)
{
	return t->value_len != GV_OID_HEX || gv_oid_parse(out, t->value) < 0
	    ? damaged(key)
	    : 0;
}

/* KEY:40 digits. */
static int
read_keyed(struct gv_digest *out, char key[GV_TRACK_KEY],
    const struct gv_trailer *t, const char *name)
{
	const size_t n = GV_TRACK_KEY - 1;

	if (t->value_len != n + 1 + (size_t)2 * GV_DIGEST_BYTES ||
	    t->value[n] != ':' || t->value[0] == '\0' ||
	    gv_enc_unhex(out->bytes, t->value + n + 1, GV_DIGEST_BYTES) < 0)
		return damaged(name);
	memcpy(key, t->value, n);
	return 0;
}

static int
read_number_trailer(
    struct gv_track_version *v, const struct gv_trailer *t, bool *is_one)
{
	uint64_t format = 0;
	struct {
		const char *key;
		uint64_t *at;
	} numbers[] = { { "Vault-Size", &v->size },
		{ "Vault-Parts", &v->parts }, { "Vault-Items", &v->items },
		{ "Vault-Serial", &v->serial },
		{ "Vault-Tool-Format", &format } };
	size_t i;
	int r;

	*is_one = false;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (!gv_trailer_is(t, numbers[i].key))
			continue;
		*is_one = true;
		r = read_number(numbers[i].at, t, numbers[i].key);
		v->has_serial |= numbers[i].at == &v->serial;
		if (numbers[i].at == &format && format > UINT_MAX)
			return damaged(numbers[i].key);
		if (numbers[i].at == &format)
			v->format = (unsigned)format;
		return r;
	}
	return 0;
}

static int
read_text_trailer(
    struct gv_track_version *v, const struct gv_trailer *t, bool *is_one)
{
	struct {
		const char *key;
		char **at;
	} texts[] = { { "Vault-Env", &v->env }, { "Vault-Stack", &v->stack },
		{ "Vault-Tool", &v->tool },
		{ "Vault-Tool-Version", &v->writer },
		{ "Vault-Lineage", &v->lineage },
		{ "Vault-Snapshot", &v->snapshot }, { "Vault-Host", &v->host },
		{ "Vault-Forced", &v->forced },
		{ "Vault-Damage", &v->damage } };
	size_t i;

	*is_one = false;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!gv_trailer_is(t, texts[i].key))
			continue;
		*is_one = true;
		return gv_trailer_read(
		    texts[i].at, texts[i].key, t->value, t->value_len);
	}
	return 0;
}

static int
read_seal(struct gv_track_version *v, const struct gv_trailer *t)
{
	int i;

	for (i = 0; i < GV_POLICY_SEALS; i++) {
		if (t->value_len != strlen(gv_policy_seals[i]) ||
		    memcmp(t->value, gv_policy_seals[i], t->value_len) != 0)
			continue;
		v->seal = (enum gv_policy_seal)i;
		return 0;
	}
	return damaged("Vault-Seal");
}

static int
read_format(const struct gv_trailer *t)
{
	uint64_t v = 0;
	int r;

	if ((r = read_number(&v, t, "Vault-Format")) < 0)
		return r;
	if (v == 0)
		return damaged("Vault-Format");
	if (v > GV_TRACK_FORMAT)
		return gv_err(GV_EREFUSED,
		    "it is of format %" PRIu64
		    ", and this git vault knows %d; use a newer one",
		    v, GV_TRACK_FORMAT);
	if (v < GV_TRACK_FORMAT)
		return gv_err(GV_EREFUSED,
		    "it is of format %" PRIu64
		    ", which only versions before 0.1.0 wrote; save the state "
		    "again",
		    v);
	return 0;
}

/* Those that we know; of each there is one at most, and the first ones must be
 * there. */
static const char *const keys[] = { "Vault-Format", "Vault-Env", "Vault-Stack",
	"Vault-Tool", "Vault-Digest", "Vault-Tool-Format", "Vault-Tool-Version",
	"Vault-Serial", "Vault-Lineage", "Vault-Previous", "Vault-Commit",
	"Vault-Size", "Vault-Parts", "Vault-Items", "Vault-Sealed-For",
	"Vault-Snapshot", "Vault-Host", "Vault-Encrypted", "Vault-Forced",
	"Vault-Damage", "Vault-Seal", "Vault-Seal-Rules", "Vault-Binding" };

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))
#define NEEDED 5

/* Note it in *seen. 0, or GV_ECORRUPT where it is there already. */
static int
note_key(unsigned *seen, const struct gv_trailer *t)
{
	size_t i;

	for (i = 0; i < N_KEYS; i++) {
		if (!gv_trailer_is(t, keys[i]))
			continue;
		if (*seen & 1u << i)
			return gv_err(GV_ECORRUPT,
			    "its trailer %s is there twice", keys[i]);
		*seen |= 1u << i;
	}
	return 0;
}

static int
check_keys(unsigned seen)
{
	size_t i;

	for (i = 0; i < NEEDED; i++)
		if (!(seen & 1u << i))
			return gv_err(GV_ECORRUPT,
			    "it does not name the state it is a version of: it "
			    "has no %s",
			    keys[i]);
	return 0;
}

static int
read_trailer(
    struct gv_track_version *v, unsigned *seen, const struct gv_trailer *t)
{
	bool is_one = false;
	int r = note_key(seen, t);

	if (r == 0 && (r = read_number_trailer(v, t, &is_one)) == 0 && !is_one)
		r = read_text_trailer(v, t, &is_one);
	if (r < 0 || is_one)
		return r;
	if (gv_trailer_is(t, "Vault-Format"))
		return read_format(t);
	if (gv_trailer_is(t, "Vault-Previous"))
		return read_oid(&v->previous, t, "Vault-Previous");
	if (gv_trailer_is(t, "Vault-Commit"))
		return read_oid(&v->code, t, "Vault-Commit");
	if (gv_trailer_is(t, "Vault-Digest"))
		return read_keyed(&v->digest, v->key, t, "Vault-Digest");
	if (gv_trailer_is(t, "Vault-Binding"))
		return read_keyed(&v->binding, v->bound_by, t, "Vault-Binding");
	if (gv_trailer_is(t, "Vault-Sealed-For"))
		return t->value_len != (size_t)2 * GV_TRACK_SUM ||
			gv_enc_unhex(v->sealed_for, t->value, GV_TRACK_SUM) < 0
		    ? damaged("Vault-Sealed-For")
		    : 0;
	if (gv_trailer_is(t, "Vault-Seal"))
		return read_seal(v, t);
	if (gv_trailer_is(t, "Vault-Seal-Rules"))
		return read_oid(&v->rules, t, "Vault-Seal-Rules");
	if (gv_trailer_is(t, "Vault-Encrypted"))
		v->is_encrypted = true;
	return 0; /* else of a later version */
}

/* " SECONDS ZONE", up to the end of the line. */
static int
read_seconds(int64_t *out, const char *p, const char *end)
{
	const char *space = end - p > 1 && *p == ' '
	    ? memchr(p + 1, ' ', (size_t)(end - p) - 1)
	    : NULL;
	struct gv_trailer digits = { .value = p + 1 };
	uint64_t seconds = 0;
	int r;

	if (space == NULL)
		return damaged("time");
	digits.value_len = (size_t)(space - p) - 1;
	if ((r = read_number(&seconds, &digits, "time")) == 0 &&
	    seconds > INT64_MAX)
		r = damaged("time");
	*out = r == 0 ? (int64_t)seconds : 0;
	return r;
}

/* The time of "committer NAME <MAIL> SECONDS ZONE". */
static int
read_time(int64_t *out, const char *p, const char *end)
{
	const char *line = p, *after, *close;

	while (line && line < end && strncmp(line, "committer ", 10) != 0) {
		line = memchr(line, '\n', (size_t)(end - line));
		line = line ? line + 1 : NULL;
	}
	if (line == NULL || line >= end)
		return damaged("time");
	after = memchr(line, '\n', (size_t)(end - line));
	end = after ? after : end;
	close = memrchr(line, '>', (size_t)(end - line));
	return close ? read_seconds(out, close + 1, end) : damaged("time");
}

/* Take the parent at *p. Returns whether there is one. */
static bool
take_parent(struct gv_oid *out, const char **p, const char *end)
{
	if (end - *p <= 7 + GV_OID_HEX || memcmp(*p, "parent ", 7) != 0 ||
	    gv_oid_parse(out, *p + 7) < 0 || (*p)[7 + GV_OID_HEX] != '\n')
		return false;
	*p += 7 + GV_OID_HEX + 1;
	return true;
}

/* Read the parents, which must be those of the trailers. A version that a
 * trailer names and that is not a parent would not be pushed; a parent that no
 * trailer names would add foreign versions to the line. */
static int
read_parents(struct gv_track_version *v, const char *p, const char *end)
{
	struct gv_oid parent;
	bool has = take_parent(&parent, &p, end);

	if (!gv_oid_is_zero(&v->previous)) {
		if (!has || !gv_oid_equal(&parent, &v->previous))
			return damaged("Vault-Previous");
		has = take_parent(&parent, &p, end);
	}
	v->is_apart = !gv_oid_is_zero(&v->code) &&
	    !(has && gv_oid_equal(&parent, &v->code));
	if (has && !gv_oid_is_zero(&v->code) && !v->is_apart)
		has = take_parent(&parent, &p, end);
	if (has) {
		v->also = parent;
		has = take_parent(&parent, &p, end);
	}
	return has ? damaged("list of parents") : 0;
}

int
gv_track_commit_parse(struct gv_track_version *out, const void *data, size_t n)
{
	const char *p = data, *end = p + n, *parents = p + 5 + GV_OID_HEX + 1,
		   *message;
	struct gv_trailer_iter it;
	struct gv_trailer t;
	unsigned seen = 0;
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (n > COMMIT_MAX)
		return gv_err(
		    GV_ECORRUPT, "it is larger than the commit of any version");
	message = n ? memmem(p, n, "\n\n", 2) : NULL;
	if (message == NULL || memchr(p, '\0', n) ||
	    message - p < 5 + GV_OID_HEX || memcmp(p, "tree ", 5) != 0 ||
	    gv_oid_parse(&out->tree, p + 5) < 0 || parents[-1] != '\n' ||
	    gv_oid_is_zero(&out->tree))
		return gv_err(GV_ECORRUPT, "it is no version of a state");
	r = read_time(&out->time, parents, message);
	gv_trailer_begin(&it, message + 2, (size_t)(end - message) - 2);
	while (r == 0 && (r = gv_trailer_next(&it, &t)) > 0)
		r = read_trailer(out, &seen, &t);
	if (r == 0 && (r = check_keys(seen)) == 0)
		r = read_parents(out, parents, message);
	if (r < 0)
		gv_track_version_release(out);
	return r;
}

uint64_t
gv_track_size(enum gv_policy_seal seal, uint64_t size)
{
	return seal == GV_POLICY_SEAL_NONE ? size : gv_seal_padded(size);
}

int
gv_track_load(struct gv_track_version *out, struct gv_odb *odb,
    const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	char hex[GV_OID_HEX + 1];
	int r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT);

	memset(out, 0, sizeof(*out));
	if (r == 0)
		r = gv_track_commit_parse(out, obj.data, obj.len);
	gv_object_release(&obj);
	if (r == 0)
		out->commit = *commit;
	gv_oid_format(hex, commit);
	return r == GV_ECORRUPT || r == GV_EREFUSED
	    ? gv_err_in(r, "version %.12s", hex)
	    : r;
}

int
gv_track_load_of(struct gv_track_version *out, struct gv_odb *odb,
    const struct gv_oid *commit, const struct gv_track_of *of)
{
	int r = gv_track_load(out, odb, commit);

	/* a state whose commit is lost is not one that never was */
	if (r == GV_ENOTFOUND)
		return gv_err_in(GV_ECORRUPT, "a version of %s/%s is missing",
		    of->env, of->stack);
	if (r == 0 &&
	    (strcmp(out->env, of->env) != 0 ||
		strcmp(out->stack, of->stack) != 0)) {
		char hex[GV_OID_HEX + 1];

		gv_oid_format(hex, commit);
		r = gv_err(GV_ECORRUPT,
		    "version %.12s belongs to %s/%s, but is stored among those "
		    "of %s/%s",
		    hex, out->env, out->stack, of->env, of->stack);
		gv_track_version_release(out);
	}
	return r;
}

void
gv_track_version_release(struct gv_track_version *v)
{
	if (v == NULL)
		return;
	free(v->env);
	free(v->stack);
	free(v->tool);
	free(v->writer);
	free(v->lineage);
	free(v->forced);
	free(v->damage);
	free(v->host);
	free(v->snapshot);
	memset(v, 0, sizeof(*v));
}
