/* Signatures as text: what is read is written again so that it is read the
 * same, and none of the fuzzer's is anybody's. */
#include "fuzz.h"

#include "base/buf.h"
#include "crypto/sign.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_sign sign, again;
	struct gv_buf text = GV_BUF_INIT;

	if (gv_sign_parse(&sign, "space", (const char *)data, len) < 0)
		return 0;
	must(gv_sign_format(&text, &sign, "space") == 0);
	must(gv_sign_parse(&again, "space", text.p, text.len) == 0);
	must(memcmp(&sign, &again, sizeof(sign)) == 0);
	must(gv_sign_check(&sign, "space", "not signed", 10) < 0);
	gv_buf_release(&text);
	return 0;
}
