#include "crypto/dsse.h"

#include <sodium.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"

/*
 * What is signed (PAE), lengths in decimal digits:
 *
 *	"DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload
 */
static int
encode(struct gv_buf *out, const char *type, const void *payload, size_t len)
{
	gv_buf_addf(out, "DSSEv1 %zu %s %zu ", strlen(type), type, len);
	gv_buf_add(out, payload, len);
	return gv_buf_check(out);
}

int
gv_dsse_sign(struct gv_sign *out, const struct gv_secret *key, const char *type,
    const void *payload, size_t len)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = encode(&text, type, payload, len);

	if (r == 0) {
		gv_sign_public(out->key, key);
		crypto_sign_detached(out->bytes, NULL,
		    (const unsigned char *)text.p, text.len, key->p);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_dsse_check(const struct gv_sign *sign, const char *type, const void *payload,
    size_t len)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = encode(&text, type, payload, len);

	if (r == 0 &&
	    crypto_sign_verify_detached(sign->bytes,
		(const unsigned char *)text.p, text.len, sign->key) < 0)
		r = gv_err(GV_EREFUSED,
		    "the signature does not match its data, or was not made by "
		    "the key it names");
	gv_buf_release(&text);
	return r;
}
