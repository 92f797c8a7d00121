#include "restore/restore_internal.h"
#include "record/record.h"
#include "view/unseal.h"

/* What the plan puts into files: told before anything of it is opened, so that
 * nothing is where that cannot be; and then who is to be warned. */

static int
collect(struct gv_unseal *u, const struct gv_restore_run *run)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->plan.n_files; i++)
		if (run->plan.files[i].given)
			r = gv_unseal_add(u, run->plan.files[i].given);
	return r;
}

int
gv_restore_unseal(struct gv_restore_run *run)
{
	const struct gv_restore_opts *o = run->opts;
	struct gv_unseal u = { .n = 0 };
	int r;

	if (run->given == NULL || o->safe == NULL)
		return 0;
	if ((r = collect(&u, run)) == 0 && !o->dry_run)
		r = gv_unseal_tell(
		    &u, run->repo, o->safe, run->rec->id, o->reason);
	if (r == 0 && o->revoked)
		r = gv_unseal_warn(&u, run->repo, o->revoked, o->revoked_ctx);
	gv_unseal_release(&u);
	return r;
}
