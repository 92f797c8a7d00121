#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "drift/drift_internal.h"
#include "drift/meaning.h"
#include "lex/name.h"
#include "scan/rule.h"
#include "scan/value.h"

#define HEX_BYTES 8 /* of a digest that are written */

/*
 * What the value of a key is for: a secret is never shown, and never copied
 * from the bytes of its file; what is known of it is a digest under a key that
 * ends with the run.
 */

static bool
begins(const char *p, size_t len, const char *word)
{
	return len >= strlen(word) && memcmp(p, word, strlen(word)) == 0;
}

/* The gravest finding that has a byte of the node in it. */
static const struct gv_scan_finding *
find(const struct gv_scan *scan, size_t at, size_t len)
{
	const struct gv_scan_finding *best = NULL;
	size_t from = 0, to = scan->n, i;

	while (from < to) {
		i = from + (to - from) / 2;
		if (scan->findings[i].at + scan->findings[i].len <= at)
			from = i + 1;
		else
			to = i;
	}
	for (i = from; i < scan->n && scan->findings[i].at < at + len; i++)
		if (best == NULL || scan->findings[i].grade > best->grade)
			best = &scan->findings[i];
	return best;
}

static bool
is_sealed(const struct gv_drift_key *key, const char *p, size_t len,
    const struct gv_value *v)
{
	const struct gv_doc_mark *mark = gv_doc_mark(&key->of->doc, key->node);
	const char *path = key->of->file.path, *slash = strrchr(path, '/');
	const char *tag = key->of->doc.text, *last;
	size_t n;

	last = gv_meaning_last(&n, key->show, strlen(key->show));
	return v->shape == GV_VALUE_CIPHERTEXT ||
	    (len > 9 && memmem(p, len, "GITVAULT[", 9)) ||
	    begins(p, len, "ENC[") || begins(p, len, "$ANSIBLE_VAULT") ||
	    begins(p, len, "-----BEGIN AGE") ||
	    (mark && mark->tag_len &&
		begins(tag + mark->tag_at, mark->tag_len, "!vault")) ||
	    strstr(key->show, "encryptedData.") ||
	    (n == 6 && memcmp(last, "secure", 6) == 0 &&
		begins(slash ? slash + 1 : path, strlen(path), "Pulumi."));
}

static bool
is_pointer(const char *p, size_t len, const struct gv_value *v, bool is_named)
{
	return begins(p, len, "ref+") || begins(p, len, "op://") ||
	    begins(p, len, "vault:") || begins(p, len, "vault://") ||
	    begins(p, len, "arn:aws:secretsmanager:") ||
	    begins(p, len, "arn:aws:ssm:") ||
	    (is_named &&
		(v->shape == GV_VALUE_REFERENCE ||
		    v->shape == GV_VALUE_TEMPLATE));
}

/* Whether any of these bytes were encrypted where the file is stored. */
static bool
was_encrypted(const struct gv_drift_file *file, size_t at, size_t len)
{
	size_t i;

	for (i = 0; i < file->n_secrets; i++)
		if (file->secrets[i].at < at + len &&
		    file->secrets[i].at + file->secrets[i].len > at)
			return true;
	return false;
}

void
gv_drift_disguise(struct gv_drift_key *key, const char *p, size_t len)
{
	const struct gv_doc_node *n = &key->of->doc.nodes[key->node];
	const struct gv_scan_finding *f = find(&key->of->scan, n->at, n->len);
	struct gv_value v;
	enum gv_name name;
	const char *last;
	size_t last_len;

	last = gv_meaning_last(&last_len, key->show, strlen(key->show));
	name = gv_name_judge(last, last_len);
	gv_value_judge(&v, p, len);
	if (is_sealed(key, p, len, &v))
		key->guise = GV_DRIFT_SEALED;
	else if (is_pointer(p, len, &v, name >= GV_NAME_KEY))
		key->guise = GV_DRIFT_POINTER;
	else if (v.shape == GV_VALUE_PUBLIC ||
	    (f && f->rule->kind == GV_RULE_PUBLIC))
		key->guise = GV_DRIFT_PUBLIC;
	else if ((f && f->grade >= GV_SCAN_LIKELY) ||
	    gv_value_is_promised(&v, name))
		key->guise = GV_DRIFT_CREDENTIAL;
	if (key->guise == GV_DRIFT_CLEAR &&
	    was_encrypted(&key->of->file, n->at, n->len))
		key->guise = GV_DRIFT_CREDENTIAL;
	key->is_hidden = f != NULL || key->guise == GV_DRIFT_SEALED ||
	    key->guise == GV_DRIFT_CREDENTIAL;
}

void
gv_drift_digest(
    struct gv_digest *out, const struct gv_drift *d, const char *p, size_t len)
{
	const struct gv_digest_field field = { p, len };

	gv_digest_keyed(out, d->secret, "drift run", &field, 1);
}

void
gv_drift_mask(struct gv_buf *name, const struct gv_drift *d,
    const struct gv_drift_document *of, size_t at, size_t len)
{
	struct gv_digest digest;
	char hex[9];

	if (find(&of->scan, at, len) == NULL)
		return;
	gv_drift_digest(&digest, d, name->p, name->len);
	gv_enc_hex(hex, digest.bytes, 4);
	explicit_bzero(name->p, name->len);
	gv_buf_reset(name);
	gv_buf_addf(name, "(hidden-%s)", hex);
}

static void
digest_of(struct gv_digest *out, const struct gv_drift *d,
    const struct gv_drift_key *key)
{
	if (key->is_hidden)
		*out = key->digest;
	else
		gv_drift_digest(out, d, key->text.p, key->text.len);
}

/* The sum of what names each, which is the same in any order; in a list each
 * goes in with its place. */
static void
digest_items(struct gv_digest *out, const struct gv_drift *d,
    const struct gv_drift_key *key)
{
	struct gv_digest one;
	uint64_t place = 0;
	size_t i, k;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < key->n_items; i++) {
		const struct gv_digest_field fields[] = {
			{ key->items[i].p, key->items[i].len },
			{ &place, sizeof(place) }
		};

		gv_digest_keyed(&one, d->secret, "drift item", fields, 2);
		for (k = 0; k < sizeof(one.bytes); k++)
			out->bytes[k] =
			    (unsigned char)(out->bytes[k] + one.bytes[k]);
		place += key->kind == GV_DRIFT_LIST;
	}
}

void
gv_drift_name_place(struct gv_drift_place *out, const struct gv_drift *d,
    const struct gv_drift_finding *finding, const struct gv_drift_key *key)
{
	const uint64_t keys = finding->keys;
	struct gv_digest value, digest;
	const struct gv_digest_field fields[] = { { finding->key,
						      strlen(finding->key) },
		{ &keys, sizeof(keys) }, { value.bytes, sizeof(value.bytes) } };
	char hex[2 * HEX_BYTES + 1];

	if (*d->key_name == '\0' || !(out->is_hidden || out->is_private))
		return;
	if (key->is_hidden || key->text.p)
		digest_of(&value, d, key);
	else
		digest_items(&value, d, key);
	gv_digest_keyed(&digest, d->secret, "drift accepted", fields, 3);
	gv_enc_hex(hex, digest.bytes, HEX_BYTES);
	snprintf(out->digest, sizeof(out->digest), "%s-%s", d->key_name, hex);
}

bool
gv_drift_is_equal(const struct gv_drift *d, const struct gv_drift_key *a,
    const struct gv_drift_key *b)
{
	struct gv_digest x, y;
	size_t i;

	if (a->is_hidden || b->is_hidden) {
		digest_of(&x, d, a);
		digest_of(&y, d, b);
		return gv_digest_equal(&x, &y);
	}
	if (a->n_items != b->n_items || a->text.len != b->text.len ||
	    memcmp(a->text.p, b->text.p, a->text.len) != 0)
		return false;
	for (i = 0; i < a->n_items; i++)
		if (a->items[i].len != b->items[i].len ||
		    memcmp(a->items[i].p, b->items[i].p, a->items[i].len) != 0)
			return false;
	return true;
}

/* ---- two of them --------------------------------------------------------- */

static bool
is_protected(const struct gv_drift_key *key)
{
	return key->guise == GV_DRIFT_SEALED || key->guise == GV_DRIFT_POINTER;
}

static bool
is_empty(const struct gv_drift_key *key)
{
	return !key->is_hidden && key->n_items == 0 && key->text.len == 0;
}

static void
judge_equal(struct gv_drift_judged *out, const struct gv_drift_pair *pair,
    const struct gv_drift_key *key)
{
	static const char *const what[] = { "", "one secret",
		"one certificate or public key", "one encrypted value",
		"one reference" };

	if (key->guise == GV_DRIFT_CLEAR || pair->d->opts->in_time)
		return;
	if (key->guise == GV_DRIFT_CREDENTIAL || key->guise == GV_DRIFT_SEALED)
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_SECRET,
		    GV_DRIFT_HIGH, "%s in two environments", what[key->guise]);
	else
		gv_drift_set(out, GV_DRIFT_NOTE, GV_DRIFT_SECRET,
		    GV_DRIFT_NO_SEVERITY, "%s in two environments",
		    what[key->guise]);
}

void
gv_drift_judge_secrets(struct gv_drift_judged *out,
    const struct gv_drift_pair *pair, const struct gv_drift_key *low,
    const struct gv_drift_key *high)
{
	if (gv_drift_is_equal(pair->d, low, high))
		judge_equal(out, pair, low->guise > high->guise ? low : high);
	else if (is_empty(low) || is_empty(high))
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_MISSING,
		    GV_DRIFT_NORMAL, "empty in %s",
		    is_empty(low) ? gv_drift_low(pair) : gv_drift_high(pair));
	else if (low->guise == GV_DRIFT_SEALED && high->guise == low->guise)
		gv_drift_set(out, GV_DRIFT_UNKNOWN, GV_DRIFT_SECRET,
		    GV_DRIFT_NO_SEVERITY, "needs the keys of %s and %s",
		    gv_drift_low(pair), gv_drift_high(pair));
	else if (pair->d->opts->in_time &&
	    (low->guise == GV_DRIFT_SEALED) != (high->guise == GV_DRIFT_SEALED))
		gv_drift_set(out, GV_DRIFT_UNKNOWN, GV_DRIFT_SECRET,
		    GV_DRIFT_NO_SEVERITY, "encrypted in %s",
		    low->guise == GV_DRIFT_SEALED ? gv_drift_low(pair)
						  : gv_drift_high(pair));
	else if (is_protected(low) != is_protected(high))
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_SECRET,
		    GV_DRIFT_HIGH, "clear in %s",
		    is_protected(low) ? gv_drift_high(pair)
				      : gv_drift_low(pair));
	else if (low->guise == GV_DRIFT_CLEAR && high->guise == GV_DRIFT_CLEAR)
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_VALUE,
		    GV_DRIFT_NORMAL, "differs; it may be a secret");
	else if (pair->d->opts->in_time)
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_SECRET,
		    GV_DRIFT_NORMAL, "changed");
	else
		gv_drift_set(out, GV_DRIFT_INTENDED, GV_DRIFT_SECRET,
		    GV_DRIFT_NO_SEVERITY, "differs");
}
