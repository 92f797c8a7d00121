/*
 * Hexadecimal and base64: what is written is read back as it was, and
 * damaged text is refused or stands for one value only.
 */
#include "fuzz.h"

#include "base/enc.h"

static void
hex(const uint8_t *data, size_t len)
{
	char *text = malloc(2 * len + 1);
	unsigned char *back = malloc(len + 1);

	if (!text || !back)
		abort();
	gv_enc_hex(text, data, len);
	if (strlen(text) != 2 * len || gv_enc_unhex(back, text, len) < 0 ||
	    memcmp(back, data, len) != 0)
		abort();
	gv_enc_unhex(back, (const char *)data, len / 2);
	free(text);
	free(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf text = GV_BUF_INIT, back = GV_BUF_INIT;

	hex(data, len);
	gv_enc_base64(&text, data, len);
	if (gv_enc_unbase64(&back, text.p, text.len) < 0 || back.len != len ||
	    (len && memcmp(back.p, data, len) != 0))
		abort();
	gv_buf_reset(&text);
	gv_buf_reset(&back);
	/* a text that is taken has one way to be written only */
	if (gv_enc_unbase64(&back, (const char *)data, len) == 0) {
		gv_enc_base64(&text, back.p, back.len);
		if (text.len != len || (len && memcmp(text.p, data, len) != 0))
			abort();
	} else if (back.len) {
		abort();
	}
	gv_buf_release(&text);
	gv_buf_release(&back);
	return 0;
}
