#include "toolstate/state_internal.h"

#include <string.h>

#include "base/utf8.h"

/* Characters that Terraform writes as \u in the key of an instance, besides
 * controls: spaces other than the plain one, marks of direction and the like,
 * and what stands for nothing. */
static const uint32_t unseen[][2] = {
	{ 0x7f, 0xa0 },
	{ 0xad, 0xad },
	{ 0x600, 0x605 },
	{ 0x61c, 0x61c },
	{ 0x6dd, 0x6dd },
	{ 0x70f, 0x70f },
	{ 0x1680, 0x1680 },
	{ 0x180e, 0x180e },
	{ 0x2000, 0x200f },
	{ 0x2028, 0x202f },
	{ 0x205f, 0x206f },
	{ 0x3000, 0x3000 },
	{ 0xd800, 0xf8ff },
	{ 0xfeff, 0xfeff },
	{ 0xfff0, 0xfffb },
	{ 0xfffe, 0xffff },
	{ 0xe0000, 0xe00ff },
	{ 0xe01f0, 0x10ffff },
};

static bool
is_seen(uint32_t c)
{
	size_t i;

	if (c < ' ')
		return false;
	for (i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
		if (c >= unseen[i][0] && c <= unseen[i][1])
			return false;
	}
	return true;
}

/* One character as HCL quotes it: `p` begins with it and has `n` bytes of it;
 * `next` is the byte behind. */
static void
add_quoted(struct gv_buf *out, uint32_t c, const char *p, size_t n, char next)
{
	switch (c) {
	case '\n':
		gv_buf_addstr(out, "\\n");
		return;
	case '\r':
		gv_buf_addstr(out, "\\r");
		return;
	case '\t':
		gv_buf_addstr(out, "\\t");
		return;
	case '"':
	case '\\':
		gv_buf_addch(out, '\\');
		break;
	case '$':
	case '%':
		/* a template would begin */
		if (next == '{')
			gv_buf_addch(out, *p);
		break;
	default:
		if (is_seen(c))
			break;
		gv_buf_addf(out, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
		return;
	}
	gv_buf_add(out, p, n);
}

static void
add_key(struct gv_buf *out, const char *p, size_t len)
{
	uint32_t c;
	size_t n;

	for (; len; p += n, len -= n) {
		n = gv_utf8_next(&c, p, len);
		if (n == 0) /* was checked, so that this is not reached */
			c = (unsigned char)*p, n = 1;
		add_quoted(out, c, p, n, len > n ? p[n] : '\0');
	}
}

void
gv_state_address_add(
    struct gv_buf *out, const struct gv_state_resource *resource)
{
	if (resource->module.len) {
		gv_state_text_add(out, &resource->module);
		gv_buf_addch(out, '.');
	}
	if (gv_state_resource_is_data(resource))
		gv_buf_addstr(out, "data.");
	gv_state_text_add(out, &resource->type);
	gv_buf_addch(out, '.');
	gv_state_text_add(out, &resource->name);
}

void
gv_state_address_key(struct gv_buf *out, const struct gv_jsontext_token *key)
{
	struct gv_buf plain = GV_BUF_INIT;
	struct gv_state_text text;

	if (key->kind == GV_JSONTEXT_NUMBER) {
		gv_buf_addch(out, '[');
		gv_buf_add(out, key->p, key->len);
		gv_buf_addch(out, ']');
	} else if (key->kind == GV_JSONTEXT_TEXT) {
		text = gv_state_text_of(key);
		gv_state_text_add(&plain, &text);
		out->failed |= plain.failed;
		gv_buf_addstr(out, "[\"");
		add_key(out, plain.p, plain.len);
		gv_buf_addstr(out, "\"]");
	}
	gv_buf_release(&plain);
}

bool
gv_state_resource_is_data(const struct gv_state_resource *resource)
{
	return resource->mode.p && resource->mode.len == strlen("data") &&
	    memcmp(resource->mode.p, "data", strlen("data")) == 0;
}
