/*
 * The public test vectors of age: a head of lines "name: value", an empty line,
 * and a file, as armor or deflated by zlib where the head says so.
 */
#include "helper/age-vector.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "crypto/age.h"
#include "crypto/armor.h"
#include "crypto/identity.h"
#include "crypto/scrypt.h"

#define LARGEST ((size_t)64 * 1024 * 1024)

struct vector {
	char expect[64];
	char payload[65]; /* hash of what is to be released, in hex */
	bool armored, compressed;
	struct gv_identity_list ids;
	int refused; /* an identity that we do not take */
	char why[256];
	const char *file;
	size_t len;
};

struct released {
	crypto_hash_sha256_state hash;
	size_t len;
};

static int
on_bytes(void *ctx, const void *data, size_t len)
{
	struct released *r = ctx;

	crypto_hash_sha256_update(&r->hash, data, len);
	r->len += len;
	return 0;
}

static void
add_identity(struct vector *v, const char *value, size_t len)
{
	int r = gv_identity_list_read(&v->ids, value, len, NULL, NULL);

	if (r < 0) {
		v->refused = r;
		snprintf(v->why, sizeof(v->why), "%s", gv_err_message());
	}
}

static void
add_passphrase(struct vector *v, const char *value, size_t len)
{
	struct gv_identity *all =
	    realloc(v->ids.all, (v->ids.n + 1) * sizeof(*all));

	if (all == NULL)
		abort();
	v->ids.all = all;
	v->ids.cap = v->ids.n + 1;
	if (gv_identity_passphrase(
		&all[v->ids.n], value, len, GV_SCRYPT_WORK_MAX) < 0)
		abort();
	v->ids.n++;
}

static bool
is_line(const char *line, size_t len, const char *name, size_t *skip)
{
	*skip = strlen(name);
	return len >= *skip && memcmp(line, name, *skip) == 0;
}

static void
read_line(struct vector *v, const char *line, size_t len)
{
	size_t n;

	if (is_line(line, len, "expect: ", &n))
		snprintf(v->expect, sizeof(v->expect), "%.*s", (int)(len - n),
		    line + n);
	else if (is_line(line, len, "payload: ", &n))
		snprintf(v->payload, sizeof(v->payload), "%.*s", (int)(len - n),
		    line + n);
	else if (is_line(line, len, "identity: ", &n))
		add_identity(v, line + n, len - n);
	else if (is_line(line, len, "passphrase: ", &n))
		add_passphrase(v, line + n, len - n);
	else if (is_line(line, len, "armored: yes", &n))
		v->armored = true;
	else if (is_line(line, len, "compressed: zlib", &n))
		v->compressed = true;
}

/* The head; what follows it is the file. */
static int
read_head(struct vector *v, const char *p, size_t len)
{
	const char *end = p + len, *lf;

	for (; (lf = memchr(p, '\n', (size_t)(end - p))); p = lf + 1) {
		if (lf == p) {
			v->file = p + 1;
			v->len = (size_t)(end - p - 1);
			return 0;
		}
		read_line(v, p, (size_t)(lf - p));
	}
	return -1;
}

static char *
inflate_file(struct vector *v)
{
	uLongf len = LARGEST;
	char *out = malloc(len);

	if (out == NULL ||
	    uncompress((Bytef *)out, &len, (const Bytef *)v->file,
		(uLong)v->len) != Z_OK)
		abort();
	v->file = out;
	v->len = len;
	return out;
}

/* In pieces of an odd size, so that their ends fall anywhere. */
static int
open_file(struct released *out, const struct vector *v, const char *p, size_t n)
{
	const struct gv_identity **with = calloc(v->ids.n + 1, sizeof(*with));
	struct gv_age_reader *reader;
	size_t i, step;
	int r;

	for (i = 0; i < v->ids.n; i++)
		with[i] = &v->ids.all[i];
	crypto_hash_sha256_init(&out->hash);
	r = gv_age_reader_new(&reader, with, v->ids.n, on_bytes, out);
	for (i = 0; r == 0 && i < n; i += step) {
		step = n - i < 1009 ? n - i : 1009;
		r = gv_age_reader_add(reader, p + i, step);
	}
	if (r == 0)
		r = gv_age_reader_finish(reader);
	gv_age_reader_free(reader);
	free(with);
	return r;
}

/* What went wrong, in the words of the vectors. */
static const char *
class_of(int r)
{
	const char *m = gv_err_message();

	if (r == 0)
		return "success";
	if (r == GV_ENOKEY)
		return "no match";
	if (strncmp(m, "age armor: ", 11) == 0)
		return "armor failure";
	if (strncmp(m, "age payload: ", 13) == 0)
		return "payload failure";
	if (strncmp(m, "age header: its MAC is wrong", 28) == 0)
		return "HMAC failure";
	if (strncmp(m, "age header", 10) == 0)
		return "header failure";
	return "another failure";
}

static bool
judge(const char *name, const struct vector *v, int r, struct released *got)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	const char *class = class_of(r);
	char hex[65];

	crypto_hash_sha256_final(&got->hash, hash);
	gv_enc_hex(hex, hash, sizeof(hash));
	/* where nothing is released the vectors name no hash */
	if (strcmp(class, v->expect) != 0 ||
	    (*v->payload ? strcmp(hex, v->payload) != 0 : got->len > 0)) {
		printf("wrong %s: wants %s, is %s (%s), %zu bytes of hash %s\n",
		    name, v->expect, class, r ? gv_err_message() : "-",
		    got->len, hex);
		return false;
	}
	printf("right %s: %s\n", name, class);
	return true;
}

int
age_vector(const char *name, const char *data, size_t len)
{
	struct vector v = { .armored = false };
	struct released got = { .len = 0 };
	struct gv_buf plain = GV_BUF_INIT;
	char *inflated = NULL;
	int r = 0;

	if (read_head(&v, data, len) < 0) {
		printf("wrong %s: it has no head\n", name);
		return 1;
	}
	if (v.refused) {
		printf("refused %s: %s\n", name, v.why);
		gv_identity_list_release(&v.ids);
		return 0;
	}
	if (v.compressed)
		inflated = inflate_file(&v);
	crypto_hash_sha256_init(&got.hash);
	if (v.armored)
		r = gv_armor_read(&plain, v.file, v.len);
	else
		gv_buf_add(&plain, v.file, v.len);
	if (r == 0)
		r = open_file(&got, &v, plain.p, plain.len);
	r = !judge(name, &v, r, &got);
	gv_identity_list_release(&v.ids);
	gv_buf_release(&plain);
	free(inflated);
	return r;
}
