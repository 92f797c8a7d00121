#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "record/record.h"
#include "record/record_load.h"
#include "secret/purge_internal.h"
#include "sys/cancel.h"

/*
 * Automatic saves are rewritten as snapshots are, and their chain gets new
 * links. Only this clone's own chain of this working tree: nobody may take
 * another one for it. What others have is reported (purge_left.c).
 */

int
gv_purge_save_load(struct gv_purge_run *run)
{
	struct gv_autosaves *saves = &run->saves;
	int r;

	gv_autosave_release(saves);
	r = gv_autosave_load(saves, run->repo, NULL);
	if (r == 0 && saves->n)
		r = gv_autosave_took(run->repo, &saves->saves[0].commit);
	/* a damaged one, or another's: it stays as it is */
	if (r == 0 || r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_autosave_release(saves);
		r = 0;
	}
	return r < 0 ? r : 0;
}

/* What stops all: the chain can go. */
static int
say(int r, struct gv_purge_run *run)
{
	struct gv_buf name = GV_BUF_INIT;
	char *why;

	if (r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r < 0 ? gv_err_in(r, "automatic save %s", run->save->id)
			     : 0;
	why = gv_err_save();
	if (gv_autosave_ref(&name, run->repo) == 0)
		r = gv_err(GV_ECORRUPT,
		    "automatic save %s: %s; to purge without the automatic "
		    "saves of this working tree, first: git update-ref -d %s",
		    run->save->id, why ? why : "it is damaged", name.p);
	gv_buf_release(&name);
	free(why);
	return r;
}

int
gv_purge_save_each(struct gv_purge_run *run,
    int (*each)(struct gv_purge_run *run, const struct gv_record *rec))
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->saves.n; i++) {
		struct gv_record rec = { 0 };

		run->save = &run->saves.saves[i];
		r = gv_record_load(&rec, run->repo, &run->save->commit);
		if (r == 0)
			r = each(run, &rec);
		r = say(r, run);
		gv_record_release(&rec);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	run->rec = NULL;
	run->save = NULL;
	return r;
}

void
gv_purge_save_put(struct gv_purge_run *run, const struct gv_oid *commit,
    const struct gv_oid *root)
{
	run->save->commit = *commit;
	run->save->root = *root;
	memset(&run->save->link, 0, sizeof(run->save->link));
}

int
gv_purge_save_publish(struct gv_purge_run *run)
{
	size_t i;

	for (i = 0; i < run->saves.n; i++)
		if (gv_oid_is_zero(&run->saves.saves[i].link))
			return gv_autosave_renew(&run->edit.tx, run->edit.lane,
			    run->repo, &run->saves, run->opts->now);
	return 0;
}
