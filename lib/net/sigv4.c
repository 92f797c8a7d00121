#include "net/sigv4.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "crypto/sha.h"

#define HEX (2 * GV_SHA_BYTES + 1)

/* What differs between those who want such signatures. */
struct dialect {
	const char *algorithm, *before, *end;
};

static const struct dialect *
dialect_of(const struct gv_sigv4 *what)
{
	static const struct dialect amazon = { "AWS4-HMAC-SHA256", "AWS4",
		"aws4_request" };
	static const struct dialect google = { "GOOG4-HMAC-SHA256", "GOOG4",
		"goog4_request" };

	return what->is_google ? &google : &amazon;
}

/* A parameter of the query, "name=value" or "name". */
struct param {
	const char *p;
	size_t len, name_len;
};

/* What is signed may hold the token of a session: it is built where secrets
 * are. A failure sticks. */
struct text {
	struct gv_secret s;
	int r;
};

static void
add(struct text *t, const char *p, size_t len)
{
	if (t->r == 0)
		t->r = gv_secret_add(&t->s, p, len);
}

static void
add_line(struct text *t, const char *line)
{
	add(t, line, strlen(line));
	add(t, "\n", 1);
}

static void
add_sum(struct text *t, const void *data, size_t len)
{
	unsigned char sum[GV_SHA_BYTES];
	char hex[HEX];

	gv_sha_sum(sum, data, len);
	gv_enc_hex(hex, sum, sizeof(sum));
	add(t, hex, HEX - 1);
}

/* ---- the canonical request ---- */

static int
compare_params(const void *a, const void *b)
{
	const struct param *x = a, *y = b;
	size_t n = x->name_len < y->name_len ? x->name_len : y->name_len;
	int c = memcmp(x->p, y->p, n);

	if (c == 0 && x->name_len != y->name_len)
		return x->name_len < y->name_len ? -1 : 1;
	if (c)
		return c;
	n = x->len < y->len ? x->len : y->len;
	c = memcmp(x->p, y->p, n);
	return c ? c : (x->len > y->len) - (x->len < y->len);
}

static int
add_query(struct text *t, const char *query)
{
	struct param *params = NULL;
	size_t n = 0, cap = 0, i;
	int r = 0;

	while (*query && r == 0) {
		size_t len = strcspn(query, "&");

		if ((r = GV_GROW(params, n, cap)) == 0 && len)
			params[n++] =
			    (struct param){ query, len, strcspn(query, "=&") };
		query += len + (query[len] == '&');
	}
	if (n)
		qsort(params, n, sizeof(*params), compare_params);
	for (i = 0; r == 0 && i < n; i++) {
		if (i)
			add(t, "&", 1);
		add(t, params[i].p, params[i].len);
		if (params[i].name_len == params[i].len)
			add(t, "=", 1);
	}
	add(t, "\n", 1);
	free(params);
	return r;
}

/* Without blanks at either end, and each run of them as one. */
static void
add_value(struct text *t, const char *value)
{
	bool first = true;

	while (*value) {
		size_t blanks = strspn(value, " \t"), len;

		value += blanks;
		len = strcspn(value, " \t");
		if (blanks && len && !first)
			add(t, " ", 1);
		add(t, value, len);
		value += len;
		first = false;
	}
	add(t, "\n", 1);
}

static int
compare_fields(const void *a, const void *b)
{
	const struct gv_sigv4_field *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void
add_names(
    struct gv_buf *names, const struct gv_sigv4_field *const *sorted, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		gv_buf_addf(names, "%s%s", i ? ";" : "", sorted[i]->name);
}

static int
add_request(struct text *t, const struct gv_sigv4 *what,
    const struct gv_sigv4_field *const *sorted, const char *names)
{
	size_t i;
	int r;

	add_line(t, what->method);
	add_line(t, what->path);
	r = add_query(t, what->query);
	for (i = 0; i < what->n; i++) {
		add(t, sorted[i]->name, strlen(sorted[i]->name));
		add(t, ":", 1);
		add_value(t, sorted[i]->value);
	}
	add(t, "\n", 1);
	add_line(t, names);
	if (what->sum)
		add(t, what->sum, strlen(what->sum));
	else
		add_sum(t, what->body, what->len);
	return r < 0 ? r : t->r;
}

/* ---- the signature ---- */

static void
hmac_text(unsigned char key[GV_SHA_BYTES], const char *text)
{
	gv_sha_hmac(key, key, GV_SHA_BYTES, text, strlen(text));
}

/* The secret goes in behind a word; all keys on the way stay in locked memory.
 */
static int
sign(char hex[HEX], const struct gv_sigv4 *what, const struct gv_sigv4_key *key,
    const char *day, const char *text)
{
	const struct dialect *d = dialect_of(what);
	struct text t = { GV_SECRET_INIT, 0 };
	struct gv_secret k = GV_SECRET_INIT;
	unsigned char signature[GV_SHA_BYTES];

	add(&t, d->before, strlen(d->before));
	add(&t, key->secret, key->len);
	if (t.r == 0)
		t.r = gv_secret_grow(&k, GV_SHA_BYTES);
	if (t.r == 0) {
		gv_sha_hmac(k.p, t.s.p, t.s.len, day, strlen(day));
		hmac_text(k.p, what->region);
		hmac_text(k.p, what->service);
		hmac_text(k.p, d->end);
		gv_sha_hmac(signature, k.p, GV_SHA_BYTES, text, strlen(text));
		gv_enc_hex(hex, signature, sizeof(signature));
	}
	gv_secret_release(&t.s);
	gv_secret_release(&k);
	return t.r;
}

int
gv_sigv4_authorize(struct gv_buf *out, const struct gv_sigv4 *what,
    const struct gv_sigv4_key *key)
{
	const struct gv_sigv4_field *sorted[GV_SIGV4_FIELDS_MAX];
	const struct dialect *d = dialect_of(what);
	struct gv_buf names = GV_BUF_INIT, scope = GV_BUF_INIT;
	struct gv_buf text = GV_BUF_INIT;
	struct text t = { GV_SECRET_INIT, 0 };
	char date[GV_TIME_MAX], day[9] = "", hex[HEX];
	unsigned char sum[GV_SHA_BYTES];
	size_t i;
	int r;

	if (what->n > GV_SIGV4_FIELDS_MAX)
		return gv_err(GV_EREFUSED, "too many fields to sign");
	for (i = 0; i < what->n; i++)
		sorted[i] = &what->fields[i];
	qsort(sorted, what->n, sizeof(*sorted), compare_fields);
	add_names(&names, sorted, what->n);
	gv_time_compact(date, what->now);
	memcpy(day, date, sizeof(day) - 1);
	gv_buf_addf(
	    &scope, "%s/%s/%s/%s", day, what->region, what->service, d->end);
	r = add_request(&t, what, sorted, names.p);
	if (r < 0)
		goto out;
	gv_sha_sum(sum, t.s.p, t.s.len);
	gv_enc_hex(hex, sum, sizeof(sum));
	gv_buf_addf(&text, "%s\n%s\n%s\n%s", d->algorithm, date, scope.p, hex);
	if ((r = gv_buf_check(&text)) == 0 && (r = gv_buf_check(&scope)) == 0 &&
	    (r = gv_buf_check(&names)) == 0)
		r = sign(hex, what, key, day, text.p);
	if (r < 0)
		goto out;
	gv_buf_addf(out, "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s",
	    d->algorithm, key->id, scope.p, names.p, hex);
	r = gv_buf_check(out);
out:
	gv_secret_release(&t.s);
	gv_buf_release(&names);
	gv_buf_release(&scope);
	gv_buf_release(&text);
	return r;
}
