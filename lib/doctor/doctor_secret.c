#include <stdio.h>

#include "base/enc.h"
#include "base/err.h"
#include "doctor/doctor_internal.h"
#include "safe/inventory.h"

int
gv_doctor_revoked(struct gv_doctor *d)
{
	const struct gv_inventory_value *first = NULL;
	char command[120], hex[GV_REDACT_ID_HEX + 1];
	struct gv_inventory inv;
	unsigned long n = 0;
	size_t i;
	int r = gv_inventory_load(
	    &inv, d->repo, &(struct gv_inventory_opts){ .is_newest = true });

	for (i = 0; r == 0 && i < inv.n; i++) {
		const struct gv_inventory_value *v = &inv.values[i];

		if (!gv_inventory_is_due(v))
			continue;
		if (n++ == 0)
			first = v;
	}
	if (first) {
		gv_enc_hex(hex, first->id.bytes, GV_DIGEST_BYTES);
		/* the newest snapshot says what is in use */
		snprintf(command, sizeof(command),
		    "git vault secret rotate --patch %.*s && "
		    "git vault snapshot",
		    (int)first->unique, hex);
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "revoked_in_use",
		    command,
		    "%lu value%s revoked and still in use, such as %.*s in %s",
		    n, n == 1 ? " is" : "s are", (int)first->unique, hex,
		    first->n_places ? first->places[0].path : first->scope);
	}
	gv_inventory_release(&inv);
	return r;
}
