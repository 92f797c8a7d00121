#include "git-vault/state/state_lend.h"

#include <stddef.h>

#include "git-vault/front/cmd.h"
#include "safe/safe.h"

int
gv_state_lend(void *lend, struct gv_safe **out)
{
	struct gv_state_lend *l = lend;
	const struct gv_safe_opts opts = { .now = l->ctx->now };
	int r = l->safe ? 0 : gv_safe_open(&l->safe, l->ctx->repo, &opts);

	*out = l->safe;
	return r;
}

void
gv_state_lend_close(struct gv_state_lend *lend)
{
	gv_safe_close(lend->safe);
	lend->safe = NULL;
}
