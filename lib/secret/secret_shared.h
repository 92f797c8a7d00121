#ifndef GV_SECRET_SHARED_H
#define GV_SECRET_SHARED_H
/*
 * Which values stand in several scopes. Ids do not tell, since the scope is
 * part of them: so values are opened, named by a key that is drawn for this
 * once, and forgotten. What cannot be opened is compared with nothing.
 *
 *	r = gv_secret_shared_find(&reuse, safe, &inv);
 *	for (i = 0; i < reuse.n; i++)
 *		tell(&reuse.groups[i]);
 *	gv_secret_shared_release(&reuse);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_inventory;
struct gv_inventory_value;
struct gv_safe;

struct gv_secret_shared_group {
	const struct gv_inventory_value **values; /* of the inventory; by scope
						   */
	size_t n;
	/* in two environments; else one of the scopes is for all of them */
	bool crosses_environments;
};

struct gv_secret_shared {
	struct gv_secret_shared_group *groups;
	size_t n;
	const struct gv_inventory_value **all; /* what groups point into */
	size_t unopened;                       /* values that no key opened */
};

/* Find them. Values that were rotated or revoked, or that no snapshot has any
 * more and nobody has named, count as well: they may still be in use there. 0;
 * GV_ENOMEM; GV_ECORRUPT; GV_ERROR. To be released in any case. */
int gv_secret_shared_find(struct gv_secret_shared *out, struct gv_safe *safe,
    const struct gv_inventory *inv);

/* NULL-safe, zeroed ok. */
void gv_secret_shared_release(struct gv_secret_shared *reuse);

#endif
