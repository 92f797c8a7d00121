#include "key/envelope.h"

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/dsse.h"
#include "crypto/secret.h"
#include "crypto/ssh.h"
#include "format/canon.h"

/* The key itself is its id: who knows no keyring can check the signature, and
 * who knows it, whose that is. */
static int
add(struct gv_buf *out, const struct gv_sign *sign, const void *statement,
    size_t len)
{
	struct gv_canon c = { .out = out };
	struct gv_buf key = GV_BUF_INIT, payload = GV_BUF_INIT;
	struct gv_buf sig = GV_BUF_INIT;
	int r = gv_ssh_add_public(&key, sign->key);

	gv_enc_base64(&payload, statement, len);
	gv_enc_base64(&sig, sign->bytes, sizeof(sign->bytes));
	if (r == 0 && (r = gv_buf_check(&payload)) == 0 &&
	    (r = gv_buf_check(&sig)) == 0) {
		gv_canon_map(&c, NULL);
		gv_canon_text(&c, "payload", payload.p);
		gv_canon_text(&c, "payloadType", GV_ENVELOPE_PAYLOAD);
		gv_canon_list(&c, "signatures");
		gv_canon_map(&c, NULL);
		gv_canon_text(&c, "keyid", key.p);
		gv_canon_text(&c, "sig", sig.p);
		gv_canon_end(&c);
		gv_canon_end(&c);
		gv_canon_end(&c);
		r = gv_buf_check(out);
	}
	gv_buf_release(&key);
	gv_buf_release(&payload);
	gv_buf_release(&sig);
	return r;
}

int
gv_envelope_sign(struct gv_buf *out, struct gv_sign *sign,
    const struct gv_secret *key, const void *statement, size_t len)
{
	const int r =
	    gv_dsse_sign(sign, key, GV_ENVELOPE_PAYLOAD, statement, len);

	return r < 0 ? r : add(out, sign, statement, len);
}
