#include "crypto/sops.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <sodium.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "crypto/secret.h"

/*
 * AES-256 in GCM comes from nettle: that of libsodium asks for instructions
 * that not every processor has, and takes nonces of 12 bytes alone. SOPS
 * has 32.
 */

static const char begin[] = "ENC[AES256_GCM,";

/* The parts between the commas, as they are written. */
struct parts {
	struct gv_buf data, iv, tag; /* what is public */
	const char *type;
	size_t type_len;
};

static int
damaged(const char *why)
{
	return gv_err(GV_ECORRUPT, "a value of SOPS %s", why);
}

bool
gv_sops_is(const char *text, size_t len)
{
	return len >= sizeof(begin) - 1 &&
	    memcmp(text, begin, sizeof(begin) - 1) == 0;
}

/* "NAME:" and what is up to the comma or bracket, which *p is moved behind. */
static bool
take(const char **out, size_t *out_len, const char **p, const char *end,
    const char *name, char until)
{
	const size_t len = strlen(name);
	const char *stop;

	if ((size_t)(end - *p) < len || memcmp(*p, name, len) != 0)
		return false;
	*out = *p + len;
	stop = memchr(*out, until, (size_t)(end - *out));
	if (stop == NULL)
		return false;
	*out_len = (size_t)(stop - *out);
	*p = stop + 1;
	return true;
}

static int
take_bytes(
    struct gv_buf *out, const char **p, const char *end, const char *name)
{
	const char *text;
	size_t len;
	int r;

	if (!take(&text, &len, p, end, name, ','))
		return damaged("has a part that is missing");
	r = gv_enc_unbase64(out, text, len);
	if (r == GV_ENOMEM)
		return r;
	return r < 0 ? damaged("has a part that is no base64") : 0;
}

static int
read_parts(struct parts *out, const char *text, size_t len)
{
	const char *p = text + sizeof(begin) - 1, *end = text + len;
	int r;

	if (!gv_sops_is(text, len))
		return damaged("does not begin as one");
	if ((r = take_bytes(&out->data, &p, end, "data:")) < 0 ||
	    (r = take_bytes(&out->iv, &p, end, "iv:")) < 0 ||
	    (r = take_bytes(&out->tag, &p, end, "tag:")) < 0)
		return r;
	if (!take(&out->type, &out->type_len, &p, end, "type:", ']') ||
	    p != end)
		return damaged("does not end with its type");
	return out->iv.len == 0 || out->tag.len != GCM_DIGEST_SIZE
	    ? damaged("has a nonce or tag of another length")
	    : 0;
}

static enum gv_sops_kind
kind_of(const struct parts *parts)
{
	static const struct {
		const char *name;
		enum gv_sops_kind kind;
	} kinds[] = { { "int", GV_SOPS_INT }, { "float", GV_SOPS_FLOAT },
		{ "bool", GV_SOPS_BOOL } };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == parts->type_len &&
		    memcmp(kinds[i].name, parts->type, parts->type_len) == 0)
			return kinds[i].kind;
	return GV_SOPS_TEXT;
}

/* Whether a value is one of the type that it names, which its tag does not
 * vouch for. */
static bool
fits(enum gv_sops_kind kind, const char *p, size_t len)
{
	static const char *const bools[] = { "True", "False", "true", "false" };
	const char *chars =
	    kind == GV_SOPS_INT ? "0123456789" : "0123456789.+-eE";
	bool has_digit = false;
	size_t i;

	if (kind == GV_SOPS_TEXT)
		return true;
	if (kind == GV_SOPS_BOOL) {
		for (i = 0; i < sizeof(bools) / sizeof(bools[0]); i++)
			if (strlen(bools[i]) == len &&
			    memcmp(bools[i], p, len) == 0)
				return true;
		return false;
	}
	if (kind == GV_SOPS_FLOAT && len >= 3 && len <= 4 &&
	    (memcmp(p + len - 3, "NaN", 3) == 0 ||
		memcmp(p + len - 3, "Inf", 3) == 0))
		return len == 3 || *p == '+' || *p == '-';
	for (i = len && (*p == '+' || *p == '-'); i < len; i++) {
		if (p[i] == '\0' || strchr(chars, p[i]) == NULL)
			return false;
		has_digit |= p[i] >= '0' && p[i] <= '9';
	}
	return has_digit;
}

int
gv_sops_open(struct gv_secret *out, const unsigned char key[GV_SOPS_KEY],
    const char *place, const char *text, size_t len)
{
	struct parts parts = {
		.data = GV_BUF_INIT, .iv = GV_BUF_INIT, .tag = GV_BUF_INIT
	};
	unsigned char tag[GCM_DIGEST_SIZE];
	const size_t before = out->len;
	struct gcm_aes256_ctx aes;
	int r;

	if ((r = read_parts(&parts, text, len)) < 0 ||
	    (r = gv_secret_grow(out, parts.data.len + 1)) < 0)
		goto out;
	gcm_aes256_set_key(&aes, key);
	gcm_aes256_set_iv(&aes, parts.iv.len, (const uint8_t *)parts.iv.p);
	gcm_aes256_update(&aes, strlen(place), (const uint8_t *)place);
	gcm_aes256_decrypt(&aes, parts.data.len, out->p + before,
	    (const uint8_t *)parts.data.p);
	gcm_aes256_digest(&aes, sizeof(tag), tag);
	sodium_memzero(&aes, sizeof(aes));
	out->len = before + parts.data.len;
	if (sodium_memcmp(tag, parts.tag.p, sizeof(tag)) != 0) {
		gv_secret_truncate(out, before);
		r = damaged("was changed, or is at another place than the one "
			    "it was encrypted for");
		goto out;
	}
	r = (int)kind_of(&parts);
	if (!fits((enum gv_sops_kind)r, (const char *)out->p + before,
		parts.data.len)) {
		gv_secret_truncate(out, before);
		r = damaged("is not of the type that it names");
	}
out:
	gv_buf_release(&parts.data);
	gv_buf_release(&parts.iv);
	gv_buf_release(&parts.tag);
	return r;
}
