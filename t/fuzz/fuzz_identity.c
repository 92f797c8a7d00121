/* Identity files: all of one is read or nothing, and what is read tells whom to
 * seal for, or that it cannot. */
#include "fuzz.h"

#include "base/err.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"

/* Nobody knows a passphrase: scrypt is slow on purpose. */
static int
give_up(void *ctx, struct gv_secret *out)
{
	(void)ctx;
	(void)out;
	return gv_err(GV_ECANCELED, "nobody knows it");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_identity_list ids = GV_IDENTITY_LIST_INIT;
	struct gv_recipient to;
	size_t i;

	if (gv_identity_list_read(
		&ids, (const char *)data, len, give_up, NULL) < 0 &&
	    ids.n != 0)
		abort();
	for (i = 0; i < ids.n; i++)
		if (gv_identity_recipient(&to, &ids.all[i]) == 0)
			gv_recipient_release(&to);
	gv_identity_list_release(&ids);
	return 0;
}
