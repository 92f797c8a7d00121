/* For whom a scope is sealed: what is read is written the same again. */
#include "fuzz.h"

#include "base/err.h"
#include "safe/safe_internal.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_safe_sealed_for f;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_safe_sealed_for_parse(&f, (const char *)data, len);

	must(r == 0 || r == GV_ECORRUPT);
	if (r == 0) {
		gv_safe_sealed_for_format(&text, &f);
		must_be(&text, data, len);
	}
	return 0;
}
