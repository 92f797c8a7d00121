#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "crypto/digits.h"
#include "format/unjson.h"
#include "key/backend_internal.h"

int
gv_backend_add(struct gv_secret *out, const char *text)
{
	return gv_secret_add(out, text, strlen(text));
}

int
gv_backend_add_text(struct gv_secret *out, const char *text)
{
	char escaped[8];
	int r = gv_secret_add(out, "\"", 1);

	for (; r == 0 && *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == '"' || c == '\\') {
			snprintf(escaped, sizeof(escaped), "\\u%04x", c);
			r = gv_secret_add(out, escaped, 6);
			explicit_bzero(escaped, sizeof(escaped));
		} else {
			r = gv_secret_add(out, text, 1);
		}
	}
	return r < 0 ? r : gv_secret_add(out, "\"", 1);
}

int
gv_backend_add_bytes(struct gv_secret *out, const void *p, size_t len)
{
	int r = gv_secret_add(out, "\"", 1);

	if (r == 0)
		r = gv_digits_add(out, p, len);
	return r < 0 ? r : gv_secret_add(out, "\"", 1);
}

int
gv_backend_take_bytes(
    const struct gv_backend *b, struct gv_secret *out, const char *text)
{
	size_t len = strlen(text), n = 0;
	int r = gv_secret_grow(out, len / 4 * 3 + 3);

	if (r < 0)
		return r;
	if (gv_digits_read(out->p + out->len, out->cap - out->len, &n, text,
		len, GV_DIGITS_PADDED) < 0)
		return gv_err(GV_ECORRUPT,
		    "%s returned a value that is not base64", b->host.p);
	out->len += n;
	return 0;
}

int
gv_backend_parse(const struct gv_backend *b, struct gv_unjson **out,
    struct gv_http_reply *reply)
{
	int r = gv_unjson_parse(
	    out, "its answer", (char *)reply->body.p, reply->body.len);

	if (r == GV_EREFUSED)
		return gv_err_in(GV_ECORRUPT, "%s", b->host.p);
	return r;
}

int
gv_backend_set_version(const struct gv_backend *b,
    struct gv_backend_version *out, const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-";
	size_t len = text ? strlen(text) : 0;

	if (len == 0 || len > GV_BACKEND_VERSION_MAX ||
	    strspn(text, letters) != len)
		return gv_err(GV_ECORRUPT,
		    "%s does not say which version it wrote", b->host.p);
	memcpy(out->text, text, len + 1);
	return 0;
}

const struct gv_unjson_node *
gv_backend_root(const struct gv_backend_call *c)
{
	return c->doc ? gv_unjson_root(c->doc) : NULL;
}
