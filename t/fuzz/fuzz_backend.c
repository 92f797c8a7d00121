/*
 * Any bytes as what a vault of others leaves behind: a reference, which is
 * written as it was read, a wrapped identity, which is so too, and Amazon's
 * file of credentials.
 */
#include "fuzz.h"

#include "base/err.h"
#include "key/backend_internal.h"
#include "key/backend_ref.h"
#include "key/backend_wrapped.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_backend_profile profile = { GV_SECRET_INIT, GV_SECRET_INIT,
		GV_SECRET_INIT };
	static struct gv_backend_wrapped wrapped;
	struct gv_backend_ref ref;
	struct gv_buf b = GV_BUF_INIT;
	int r;

	if (gv_backend_ref_parse(&ref, data, len) == 0) {
		must(gv_backend_ref_is(data, len));
		must(gv_backend_ref_format(&b, &ref) == 0);
		must_be(&b, data, len);
	}
	if (gv_backend_wrapped_parse(&wrapped, data, len) == 0) {
		must(gv_backend_wrapped_is(data, len));
		must(gv_backend_wrapped_same(data, len, data, len));
		must(gv_backend_wrapped_format(
			 &b, &wrapped.vault, wrapped.data) == 0);
		must_be(&b, data, len);
	}
	r = gv_backend_profile_read(
	    &profile, "default", (const char *)data, len);
	if (r == 0) {
		must(strlen((char *)profile.id.p) + 1 == profile.id.len);
		must(strlen((char *)profile.key.p) + 1 == profile.key.len);
	} else {
		must(r == GV_ENOTFOUND);
	}
	gv_backend_profile_release(&profile);
	return 0;
}
