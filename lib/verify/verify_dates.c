#include "verify/verify_internal.h"

#include <stdlib.h>
#include <string.h>

#include "verify/verified.h"

static int
by_id(const void *a, const void *b)
{
	const struct gv_verify_snapshot *x = a, *y = b;

	return strcmp(x->id, y->id);
}

int
gv_verify_dates_load(struct gv_verify_run *run, struct gv_verified *dates)
{
	size_t i;
	int r = gv_verified_load(dates, run->repo, run->opts->now);

	for (i = 0; r == 0 && i < run->n_snapshots; i++) {
		struct gv_verify_snapshot *s = &run->snapshots[i];

		if (!gv_verify_is_dated(s))
			continue;
		s->verified = gv_verified_get(dates, s->id, &s->commit);
		/* the clock was set back: this might be said for years */
		if (s->verified > run->opts->now)
			s->verified = 0;
	}
	return r;
}

/* A file that cannot be written costs the next run time, nothing else. */
int
gv_verify_dates_save(struct gv_verify_run *run, struct gv_verified *dates)
{
	const struct gv_verify_opts *opts = run->opts;
	int64_t now = opts->max_time ? run->cursor.begun : opts->now;
	size_t i, before = dates->n;
	int r = 0;

	if (opts->n_snapshots == 0)
		dates->n = 0; /* others are gone */
	if (run->n_snapshots)
		qsort(run->snapshots, run->n_snapshots, sizeof(*run->snapshots),
		    by_id);
	for (i = 0; r == 0 && i < run->n_snapshots; i++) {
		const struct gv_verify_snapshot *s = &run->snapshots[i];

		if (!gv_verify_is_dated(s))
			continue;
		r = gv_verified_put(dates, s->id, &s->commit,
		    !s->checked      ? s->verified
			: s->damaged ? 0
				     : now);
	}
	if (r == 0 && dates->n + before)
		gv_verified_save(dates, run->repo);
	if (r < 0 || opts->n_snapshots)
		return r;
	if (opts->max_time && run->result->left)
		gv_verify_cursor_save(&run->cursor, run->repo);
	else
		gv_verify_cursor_remove(run->repo);
	return 0;
}
