#include "sealed_open.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "cmd.h"
#include "sealed.h"
#include "vault/audit.h"
#include "vault/safe.h"

int
gv_sealed_ids_add(
    struct gv_sealed_ids *all, const struct gv_digest *id, const char *scope)
{
	size_t i;
	int r = gv_vec_grow(
	    (void **)&all->ids, &all->cap, all->n + 1, sizeof(*all->ids));

	for (i = 0; i < all->n_scopes; i++)
		if (strcmp(all->scopes[i], scope) == 0)
			break;
	if (r == 0 && i == all->n_scopes)
		r = gv_vec_grow((void **)&all->scopes, &all->cap_scopes,
		    all->n_scopes + 1, sizeof(*all->scopes));
	if (r < 0)
		return r;
	all->ids[all->n++] = *id;
	if (i == all->n_scopes)
		all->scopes[all->n_scopes++] = scope;
	return 0;
}

void
gv_sealed_ids_release(struct gv_sealed_ids *all)
{
	if (all == NULL)
		return;
	free(all->ids);
	free(all->scopes);
	memset(all, 0, sizeof(*all));
}

int
gv_sealed_tell(struct gv_ctx *ctx, struct gv_safe *safe,
    struct gv_audit_event *event, const struct gv_sealed_ids *of)
{
	const struct gv_sealed_opts *o = ctx->opts;

	(void)safe;
	event->time = ctx->now;
	event->reason = o->reason;
	event->ids = of->ids;
	event->n_ids = of->n;
	event->scopes = of->scopes;
	event->n_scopes = of->n_scopes;
	return gv_audit_add(ctx->repo, event);
}
