/* A value of SOPS: any text is refused or opened, and nothing is given out of
 * one that is refused. */
#include "fuzz.h"

#include "crypto/secret.h"
#include "crypto/sops.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const unsigned char key[] = "ffffffffffffffffffffffffffffffff";
	struct gv_secret out = GV_SECRET_INIT;
	int r;

	if (gv_secret_ready() < 0)
		abort();
	r = gv_sops_open(&out, key, "bar:", (const char *)data, len);
	if (r >= 0 ? !gv_sops_is((const char *)data, len) : out.len > 0)
		abort();
	gv_secret_release(&out);
	return 0;
}
