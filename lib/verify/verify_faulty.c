#include "verify/verify_internal.h"

#include <string.h>

#include "record/record_id.h"
#include "repo/refs.h"
#include "verify/faulty.h"

/* The ref that a snapshot is, or that a version is of. */
static int
name_ref(struct gv_buf *out, const struct gv_verify_snapshot *s)
{
	gv_buf_reset(out);
	gv_buf_addf(out, "%s%s",
	    s->state                                    ? GV_REFS_STATES
		: gv_record_is_id(s->id, strlen(s->id)) ? GV_REFS_SNAPSHOTS
							: "",
	    s->state ? s->state : s->id);
	return gv_buf_check(out);
}

void
gv_verify_faulty_note(
    struct gv_verify_run *run, const struct gv_verify_snapshot *s)
{
	struct gv_faulty *f = &run->faulty;
	struct gv_buf ref = GV_BUF_INIT;

	if (run->opts->rescue || s->in_trash || s->is_save ||
	    name_ref(&ref, s) < 0 ||
	    strncmp(ref.p, GV_REFS_TRASH, strlen(GV_REFS_TRASH)) == 0)
		goto out;
	/* most faults of a ref come one after the other */
	if (f->n == 0 || strcmp(f->entries[f->n - 1].ref, ref.p) != 0)
		(void)gv_faulty_add(f, ref.p, &s->commit);
out:
	gv_buf_release(&ref);
}

int
gv_verify_faulty_save(struct gv_verify_run *run)
{
	const bool is_all =
	    run->opts->n_snapshots == 0 && run->result->left == 0;
	struct gv_buf ref = GV_BUF_INIT;
	struct gv_faulty before = { 0 };
	size_t i, n;
	int r = gv_faulty_load(&before, run->repo);

	if (r < 0 || (n = before.n) + run->faulty.n == 0)
		goto out;
	for (i = 0; r == 0 && n && !is_all && i < run->n_snapshots; i++)
		if (run->snapshots[i].checked &&
		    (r = name_ref(&ref, &run->snapshots[i])) == 0)
			gv_faulty_drop(
			    &before, ref.p, &run->snapshots[i].commit);
	for (i = 0; r == 0 && !is_all && i < before.n; i++)
		r = gv_faulty_add(&run->faulty, before.entries[i].ref,
		    &before.entries[i].commit);
	if (r == 0)
		gv_faulty_save(&run->faulty, run->repo);
out:
	gv_buf_release(&ref);
	gv_faulty_release(&before);
	return r;
}
