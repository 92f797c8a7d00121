#include "symbol/symbol_writer.h"

#include <string.h>

#include "base/enc.h"
#include "symbol/symbol_der.h"

/*
 * Certificates in PEM, and one by itself in DER: until when they are valid.
 * Private keys that stand in the same file are passed over.
 */

#define BEGIN      "-----BEGIN CERTIFICATE-----"
#define END        "-----END CERTIFICATE-----"
#define BYTES_MOST ((size_t)64 * 1024) /* of one in base64 */

static void
add(struct gv_symbol_writer *w, const unsigned char *p, size_t len)
{
	struct gv_symbol_certificate c;
	char seconds[GV_ENC_DECIMAL_MAX];
	size_t i;

	if (!gv_symbol_der_certificate(&c, p, len) || c.not_after < 0)
		return;
	gv_buf_reset(&w->text);
	for (i = 0; c.name && i < c.name_len; i++)
		if (c.name[i])
			gv_buf_addch(&w->text, (char)c.name[i]);
	w->in = GV_SYMBOL_NONE;
	w->in = gv_symbol_define(w, GV_SYMBOL_SPACE_CERTIFICATE, 0);
	gv_buf_add(
	    &w->extra, seconds, gv_enc_decimal(seconds, (uint64_t)c.not_after));
	gv_symbol_tell(w, GV_SYMBOL_VALUE_EXPIRY);
}

/* The lines of base64 between two marks, without their ends. */
static void
add_base64(struct gv_symbol_writer *w, const char *p, size_t len)
{
	struct gv_buf text = GV_BUF_INIT, bytes = GV_BUF_INIT;
	int64_t n;
	size_t i;

	for (i = 0; i < len; i++)
		if (!strchr(" \t\r\n", p[i]))
			gv_buf_addch(&text, p[i]);
	if (!text.failed && gv_buf_grow(&bytes, text.len) == 0) {
		unsigned char *to = (unsigned char *)bytes.p;

		n = gv_enc_unbase64_to(to, text.p, text.len);
		if (n > 0)
			add(w, to, (size_t)n);
	}
	w->out->failed |= text.failed | bytes.failed;
	gv_buf_release(&text);
	gv_buf_release(&bytes);
}

void
gv_symbol_certificate(struct gv_symbols *out, const char *text, size_t len)
{
	struct gv_symbol_writer w;
	const char *p = text, *end, *mark;
	const char *counted = text;

	gv_symbol_writer_init(&w, out, NULL);
	w.line = 1;
	/* a SEQUENCE with two bytes of length */
	if (len > 4 && text[0] == 0x30 && (unsigned char)text[1] == 0x82)
		add(&w, (const unsigned char *)text, len);
	while ((p = memmem(p, len - (size_t)(p - text), BEGIN,
		    strlen(BEGIN))) != NULL) {
		for (; counted < p; counted++)
			w.line += *counted == '\n';
		p += strlen(BEGIN);
		end = text + len;
		mark = memmem(p, (size_t)(end - p), END, strlen(END));
		if (mark == NULL)
			break;
		if ((size_t)(mark - p) <= BYTES_MOST)
			add_base64(&w, p, (size_t)(mark - p));
		p = mark;
	}
	gv_symbol_writer_release(&w);
}
