#include "git-vault/history/log_former.h"

#include "base/err.h"
#include "object/repo_odb.h"
#include "search/descent.h"
#include "view/history.h"

/* The oldest snapshot of those in which the file came; records are the newest
 * first. */
static size_t
find_first(const struct gv_history *h)
{
	size_t i, k, first = GV_HISTORY_NONE;

	for (i = 0; i < h->n; i++)
		for (k = 0; k < h->versions[i].n_runs; k++) {
			const struct gv_history_run *run =
			    &h->versions[i].runs[k];

			if (h->versions[i].there &&
			    run->change == GV_HISTORY_ADDED &&
			    (first == GV_HISTORY_NONE || run->first > first))
				first = run->first;
		}
	return first;
}

int
gv_log_former(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_history *h, const char *path)
{
	const struct gv_records *all = &h->snapshots;
	size_t first = find_first(h), before;
	struct gv_odb *odb;
	int r;

	if (first == GV_HISTORY_NONE)
		return 0;
	for (before = first + 1; before < all->n; before++)
		if (all->records[before].only == NULL)
			break;
	if (before >= all->n)
		return 0;
	if ((r = gv_repo_odb(repo, &odb)) < 0)
		return r;
	r = gv_descent_find(out, odb, &all->records[before].tree,
	    &all->records[first].tree, path);
	/* a damaged snapshot was named, and the rest of the history stands */
	return r == GV_ENOTFOUND || r == GV_ECORRUPT ? 0 : r;
}
