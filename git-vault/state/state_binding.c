#include "git-vault/state/state_binding.h"

#include <stdlib.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "safe/safe.h"
#include "state/track.h"
#include "state/track_binding.h"

/* Without an id key nobody can tell, which the word says. */
static int
find_safe(struct gv_state_binding *b)
{
	const struct gv_safe_opts opts = { .now = b->ctx->now };
	char *before;
	int r;

	if (b->is_sought)
		return 0;
	before = gv_err_save();
	r = gv_safe_open(&b->safe, b->ctx->repo, &opts);
	if (r < 0)
		b->safe = NULL;
	if (r == GV_ENOMEM) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	b->is_sought = true;
	return 0;
}

int
gv_state_binding_look(struct gv_state_binding *b, struct gv_track_version *v)
{
	enum gv_track_binding kind = GV_TRACK_UNCHECKED;
	int r = find_safe(b);

	if (r == 0)
		r = gv_track_binding_check(&kind, b->ctx->repo, b->safe, v);
	v->bound = gv_track_bindings[kind];
	if (r != GV_ECORRUPT)
		return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
	if (!b->is_quiet)
		gv_out_warn(b->ctx->out, "%s", gv_err_message());
	return 1;
}

void
gv_state_binding_close(struct gv_state_binding *b)
{
	gv_safe_close(b->safe);
	b->safe = NULL;
	b->is_sought = false;
}
