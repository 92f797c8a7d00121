#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "base/portable.h"
#include "snapshot/snapshot_internal.h"
#include "sys/clock.h"
#include "worktree/index.h"

/*
 * Which rows are believed as to what they withhold. A row of the cache is, if
 * it was searched and what decides is as it was then; what it is not, or
 * what git's index vouches for, is if it is known that nothing is found in that
 * blob. All others are files to read.
 */

int
gv_snapshot_search_open(struct gv_snapshot_run *run)
{
	int64_t now = gv_clock_now().tv_sec;
	int r = run->opts->no_scan
	    ? gv_screen_new_blind(&run->withhold.screen, run->repo, now)
	    : gv_screen_new(&run->withhold.screen, run->repo, now);

	return gv_withhold_refused(&run->withhold, r);
}

/* What a run believes. */
struct believing {
	struct gv_snapshot_run *run;
	struct gv_screen_view *view; /* NULL: nothing is searched */
	bool is_stale, is_sealed_stale;
	struct gv_buf path;
	bool any;
};

/* One that is not checked out, too: git has it. */
static bool
is_file(const struct gv_row *row)
{
	return !(row->flags & (GV_ROW_ABSENT | GV_ROW_DIR | GV_ROW_POINTER)) &&
	    S_ISREG(row->mode);
}

/* 1: its row is right; 0: it must be read. */
static int
judge(struct believing *b, uint32_t dir, const struct gv_row *row,
    bool *is_searched)
{
	enum gv_scope_keep keep;
	int r;

	gv_buf_reset(&b->path);
	gv_census_path(b->run->survey.census, dir, row, &b->path);
	if (gv_buf_check(&b->path) < 0)
		return GV_ENOMEM;
	keep = gv_snapshot_keep(b->run, row, b->path.p);
	*is_searched = false;
	/* a file that is unchanged by git's index was not read yet */
	if ((row->flags & GV_ROW_BY_INDEX) && keep != GV_SCOPE_SEALED &&
	    gv_portable_is_checked(
		b->path.p + b->path.len - row->name_len, row->name_len) &&
	    !gv_snapshot_is_in_head(b->run, b->path.p, &row->oid))
		return 0;
	if (keep == GV_SCOPE_SEALED)
		return (row->flags & GV_ROW_WITHHELD) &&
		    (row->flags & GV_ROW_SEARCHED) && !b->is_sealed_stale;
	if (keep == GV_SCOPE_CLEAR) {
		*is_searched = true;
		return !(row->flags & GV_ROW_WITHHELD);
	}
	if (b->view == NULL)
		return 1;
	if (row->flags & (GV_ROW_WITHHELD | GV_ROW_CHUNKED))
		return 0;
	r = gv_screen_known(b->view, b->path.p, &row->oid);
	*is_searched = r > 0 && b->view->n == 0;
	return r < 0 ? r : *is_searched;
}

static int
believe(struct believing *b, uint32_t dir, uint32_t i)
{
	struct gv_census_dir *d = gv_census_dir(b->run->survey.census, dir);
	const bool was = (d->rows[i].flags & GV_ROW_SEARCHED) != 0;
	bool is_searched = false;
	int r = judge(b, dir, &d->rows[i], &is_searched), own;

	if (r < 0 || (r > 0 && was == is_searched))
		return r < 0 ? r : 0;
	/* sealed, and rightly so */
	if (r > 0 && was && (d->rows[i].flags & GV_ROW_WITHHELD) &&
	    !b->is_sealed_stale)
		return 0;
	b->run->judged = true;
	own = gv_census_own_rows(d);
	if (own < 0)
		return own;
	d->own[i].flags &= ~(uint32_t)GV_ROW_SEARCHED;
	if (is_searched)
		d->own[i].flags |= GV_ROW_SEARCHED;
	if (r == 0) {
		d->own[i].flags |= GV_ROW_READ;
		d->flags |= GV_CENSUS_DIRTY;
		b->any = true;
	}
	return 0;
}

static int
believe_all(struct believing *b)
{
	struct gv_snapshot_run *run = b->run;
	uint32_t i, j;
	int r = 0;

	for (i = 0; r == 0 && i < run->survey.n_order; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(run->survey.census, run->survey.order[i]);

		for (j = 0; r == 0 && j < d->n; j++) {
			const struct gv_row *row = &d->rows[j];

			/* who only compares believes the cache */
			if (run->opts->dry_run &&
			    !(row->flags & (GV_ROW_BY_INDEX | GV_ROW_SPARSE)))
				continue;
			if (!is_file(row) || (row->flags & GV_ROW_READ) ||
			    ((row->flags & GV_ROW_SEARCHED) && !b->is_stale))
				continue;
			r = believe(b, run->survey.order[i], j);
		}
	}
	return r;
}

int
gv_snapshot_search(struct gv_snapshot_run *run)
{
	const struct gv_statcache_head *head =
	    run->survey.cache ? run->survey.cache->head : NULL;
	struct believing b = { .run = run, .path = GV_BUF_INIT };
	bool is_blind = !gv_screen_searches(run->withhold.screen);
	int r = gv_snapshot_ciphered(run);

	run->policy = *gv_screen_policy(run->withhold.screen);
	run->search = *gv_screen_sum(run->withhold.screen);
	if (r < 0 || (r = gv_snapshot_mix_ciphered(&run->policy, run)) < 0 ||
	    (r = gv_snapshot_mix_ciphered(&run->search, run)) < 0)
		return r;
	b.is_sealed_stale =
	    head == NULL || !gv_oid_equal(&head->policy, &run->policy);
	b.is_stale = is_blind
	    ? b.is_sealed_stale
	    : head == NULL || !gv_oid_equal(&head->search, &run->search);
	if (is_blind && !b.is_sealed_stale)
		run->search = head->search;
	if (!is_blind)
		r = gv_screen_view_new(&b.view, run->withhold.screen);
	if (r == 0)
		r = believe_all(&b);
	gv_screen_view_free(b.view);
	gv_buf_release(&b.path);
	/* what has to be read is found by a second look */
	return r < 0 || !b.any ? r : gv_survey_rows(&run->survey);
}

/* ---- a row by its path ---- */
