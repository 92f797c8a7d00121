#include <stdbool.h>

#include "base/err.h"
#include "doctor/doctor_internal.h"
#include "safe/safe.h"
#include "safe/safe_resealed.h"
#include "safe/safe_scopes.h"

/* Values that were sealed for others than who reads them now: a recipient was
 * added or removed elsewhere, or by a command that was stopped. */
int
gv_doctor_scopes(struct gv_doctor *d)
{
	const struct gv_safe_opts opts = { .now = d->opts->now };
	const char *const *names = NULL;
	const char *first = NULL;
	struct gv_safe *safe = NULL;
	unsigned long pending = 0;
	bool is_current;
	size_t i, n = 0;
	int r = gv_safe_open(&safe, d->repo, &opts);

	if (r == GV_EREFUSED || r == GV_ECORRUPT)
		return gv_doctor_add(d, GV_DOCTOR_ERROR, "keyring_refused",
		    NULL, "nothing can be encrypted or decrypted: %s",
		    gv_err_message());
	if (r == 0 && gv_safe_keyring(safe))
		r = gv_safe_scopes(&names, &n, safe);
	for (i = 0; r == 0 && i < n; i++) {
		r = gv_safe_is_current(&is_current, safe, names[i]);
		/* one that is damaged is for verify to tell */
		if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
			r = 0;
			continue;
		}
		if (r == 0 && !is_current && pending++ == 0)
			first = names[i];
	}
	if (r == 0 && pending)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "reseal_pending",
		    "git vault key reseal",
		    "secrets of %lu scope%s are not encrypted for the present "
		    "readers of %s, such as those of %s",
		    pending, pending == 1 ? "" : "s",
		    pending == 1 ? "it" : "them", first);
	gv_safe_close(safe);
	return r;
}
