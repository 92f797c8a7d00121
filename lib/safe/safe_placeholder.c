#include "safe/safe_placeholder.h"

#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "key/keyring.h"
#include "safe/safe_reader.h"

static const char begin[] = "GITVAULT[";

#define BEGIN (sizeof(begin) - 1)
#define HEX   ((size_t)2 * GV_DIGEST_BYTES)
#define RULE  64 /* characters, as seal/redact.h has it */

/* RULE:ID] behind the beginning; its length, or 0. */
static size_t
read_rest(struct gv_digest *id, const char *p, size_t len)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t n = 0;

	while (n < len && n < RULE && p[n] && strchr(chars, p[n]))
		n++;
	if (n == 0 || len - n < HEX + 2 || p[n] != ':' ||
	    p[n + 1 + HEX] != ']' ||
	    gv_enc_unhex(id->bytes, p + n + 1, GV_DIGEST_BYTES) < 0)
		return 0;
	return n + HEX + 2;
}

bool
gv_safe_placeholder_next(
    struct gv_safe_placeholder *out, const char *text, size_t len, size_t from)
{
	const char *end = text + len, *p = text + from;
	size_t n;

	while (p < end &&
	    (p = memmem(p, (size_t)(end - p), begin, BEGIN)) != NULL) {
		n = read_rest(&out->id, p + BEGIN, (size_t)(end - p) - BEGIN);
		if (n) {
			out->at = (size_t)(p - text);
			out->len = BEGIN + n;
			return true;
		}
		p += BEGIN;
	}
	return false;
}

static int
open_of(struct gv_safe_reader *reader, struct gv_secret *out, const char *scope,
    const struct gv_digest *id)
{
	const struct gv_safe_place place = { .scope = scope, .id = *id };
	const size_t before = out->len;
	int r = gv_safe_get(reader, out, &place);

	if (r < 0)
		gv_secret_truncate(out, before);
	return r;
}

int
gv_safe_placeholder_open(struct gv_safe_reader *reader, struct gv_secret *out,
    const char **scope, const char *env, const struct gv_digest *id)
{
	int r = GV_ENOTFOUND, shared;

	*scope = env;
	if (env && (r = open_of(reader, out, env, id)) == 0)
		return 0;
	shared = open_of(reader, out, GV_KEYRING_SHARED, id);
	if (shared == 0) {
		*scope = GV_KEYRING_SHARED;
		return 0;
	}
	/* that one scope has it says more than that the other has not */
	return r == GV_ENOTFOUND ? shared : r;
}
