#include "good/approval_want.h"
#include "health/health_internal.h"
#include "repo/repo.h"
#include "safe/inventory.h"

/* What waits for somebody: approvals, and secrets that were revoked. */

int
gv_health_load_approvals(struct gv_health *h, struct gv_repo *repo)
{
	struct gv_approval_wants list;
	struct gv_health_env *env;
	size_t i;
	int r = gv_approval_want_load(&list, repo, h->now);

	for (i = 0; r == 0 && i < list.n; i++)
		if ((env = gv_health_find_env(h, list.items[i].env)) != NULL)
			env->approvals++;
		else
			h->approvals++;
	gv_approval_want_release(&list);
	return r;
}

int
gv_health_load_secrets(struct gv_health *h, struct gv_repo *repo)
{
	struct gv_inventory inv;
	size_t i;
	int r = gv_inventory_load(
	    &inv, repo, &(struct gv_inventory_opts){ .is_newest = true });

	for (i = 0; r == 0 && i < inv.n; i++)
		h->secrets_due += gv_inventory_is_due(&inv.values[i]);
	h->has_secrets = r == 0;
	gv_inventory_release(&inv);
	return r;
}
