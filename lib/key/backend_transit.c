/*
 * Keys wrapped by the secrets engine Transit of HashiCorp Vault.
 */
#include <string.h>

#include "base/err.h"
#include "format/unjson.h"
#include "key/backend_internal.h"

static int
transit(struct gv_backend *b, struct gv_backend_call *c, const char *verb)
{
	int r;

	gv_backend_add_path(&c->path, b, verb, b->vault->key);
	if ((r = gv_backend_add(&c->body, "}")) < 0 ||
	    (r = gv_backend_ask(b, c, "POST")) < 0)
		return r;
	/* what it did not wrap; and a key that is not there */
	if (c->reply.status == 400)
		return gv_err(GV_ECORRUPT,
		    "%s reports that its key %s cannot do this: the data is of "
		    "another key or damaged, or the key does not exist",
		    b->host.p, b->vault->key);
	if (c->reply.status != 200)
		return gv_backend_say(b, c);
	return 0;
}

static int
transit_wrap(
    struct gv_backend *b, struct gv_buf *out, const void *p, size_t len)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	const char *text;
	int r = gv_backend_add(&c.body, "{\"plaintext\":");

	if (r == 0 && (r = gv_backend_add_bytes(&c.body, p, len)) == 0 &&
	    (r = transit(b, &c, "encrypt")) == 0) {
		text = gv_unjson_get_text(c.data, "ciphertext");
		if (text == NULL || strncmp(text, "vault:v", 7) != 0 ||
		    strpbrk(text, " \t\r\n"))
			r = gv_err(GV_ECORRUPT, "%s returned nothing wrapped",
			    b->host.p);
		else
			gv_buf_addstr(out, text);
	}
	gv_backend_call_release(&c);
	return r < 0 ? r : gv_buf_check(out);
}

static int
transit_unwrap(struct gv_backend *b, struct gv_secret *out, const char *wrapped)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	const char *text;
	int r = gv_backend_add(&c.body, "{\"ciphertext\":");

	if (r == 0 && (r = gv_backend_add_text(&c.body, wrapped)) == 0 &&
	    (r = transit(b, &c, "decrypt")) == 0) {
		text = gv_unjson_get_text(c.data, "plaintext");
		r = text
		    ? gv_backend_take_bytes(b, out, text)
		    : gv_err(GV_ECORRUPT, "%s unwrapped nothing", b->host.p);
	}
	gv_backend_call_release(&c);
	return r;
}

const struct gv_backend_ops gv_backend_transit = {
	.open = gv_backend_open_hashicorp,
	.health = gv_backend_health_hashicorp,
	.wrap = transit_wrap,
	.unwrap = transit_unwrap,
};
