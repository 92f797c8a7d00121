/* An event of the audit chain: what is read has all that must be said. */
#include "fuzz.h"

#include "audit/audit.h"
#include "base/err.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_audit_entry e;
	int r = gv_audit_parse(&e, data, len);

	must(r == 0 || r == GV_ECORRUPT || r == GV_EREFUSED);
	if (r == 0)
		must(e.what && e.actor && e.user && e.time >= 0);
	else
		must(e.what == NULL && e.ids == NULL);
	gv_audit_entry_release(&e);
	return 0;
}
