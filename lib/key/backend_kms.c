/*
 * Keys wrapped by AWS KMS. What it gives is bytes, here in base64.
 */
#include <string.h>

#include "base/err.h"
#include "format/unjson.h"
#include "key/backend_internal.h"

#define SERVICE "TrentService."

static int
ask(struct gv_backend *b, struct gv_backend_call *c, const char *target)
{
	const char *name;
	int r = gv_backend_add(&c->body, ",\"KeyId\":");

	if (r == 0 && (r = gv_backend_add_text(&c->body, b->vault->key)) == 0 &&
	    (r = gv_backend_add(&c->body, "}")) == 0)
		r = gv_backend_ask_aws(b, c, target);
	if (r < 0 || c->reply.status == 200)
		return r;
	name = gv_backend_failure(c);
	if (strcmp(name, "InvalidCiphertextException") == 0 ||
	    strcmp(name, "IncorrectKeyException") == 0)
		return gv_err(GV_ECORRUPT,
		    "%s says that its key %s did not wrap this, or it is "
		    "damaged",
		    b->host.p, b->vault->key);
	if (strcmp(name, "DisabledException") == 0 ||
	    strcmp(name, "KMSInvalidStateException") == 0)
		return gv_err(GV_ENOKEY, "%s: the key %s is switched off",
		    b->host.p, b->vault->key);
	return gv_backend_say_aws(b, c, b->vault->key);
}

static int
wrap(struct gv_backend *b, struct gv_buf *out, const void *p, size_t len)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789+/=";
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	const char *text;
	int r = gv_backend_add(&c.body, "{\"Plaintext\":");

	if (r == 0 && (r = gv_backend_add_bytes(&c.body, p, len)) == 0 &&
	    (r = ask(b, &c, SERVICE "Encrypt")) == 0) {
		text = gv_unjson_get_text(c.data, "CiphertextBlob");
		if (text == NULL || *text == '\0' ||
		    strspn(text, digits) != strlen(text))
			r = gv_err(GV_ECORRUPT, "%s returned nothing wrapped",
			    b->host.p);
		else
			gv_buf_addstr(out, text);
	}
	gv_backend_call_release(&c);
	return r < 0 ? r : gv_buf_check(out);
}

static int
unwrap(struct gv_backend *b, struct gv_secret *out, const char *wrapped)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	const char *text;
	int r = gv_backend_add(&c.body, "{\"CiphertextBlob\":");

	if (r == 0 && (r = gv_backend_add_text(&c.body, wrapped)) == 0 &&
	    (r = ask(b, &c, SERVICE "Decrypt")) == 0) {
		text = gv_unjson_get_text(c.data, "Plaintext");
		r = text
		    ? gv_backend_take_bytes(b, out, text)
		    : gv_err(GV_ECORRUPT, "%s unwrapped nothing", b->host.p);
	}
	gv_backend_call_release(&c);
	return r;
}

static int
health(struct gv_backend *b, struct gv_buf *out)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	int r = gv_backend_add(&c.body, "{\"GrantTokens\":[]");

	if (r == 0 && (r = ask(b, &c, SERVICE "DescribeKey")) == 0) {
		gv_buf_addf(out, "KMS of %s at %s, key %s", b->region.p,
		    b->host.p, b->vault->key);
		r = gv_buf_check(out);
	}
	gv_backend_call_release(&c);
	return r;
}

const struct gv_backend_ops gv_backend_kms = {
	.open = gv_backend_open_aws,
	.health = health,
	.wrap = wrap,
	.unwrap = unwrap,
};
