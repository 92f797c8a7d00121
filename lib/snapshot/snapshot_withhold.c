#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "snapshot/snapshot_internal.h"

/*
 * The lists of what a snapshot withholds.
 */

int
gv_snapshot_keep_entries(struct gv_snapshot_run *run,
    struct gv_withhold_worker *worker, struct gv_withheld *list,
    const char *path, size_t *first)
{
	int r;

	if (worker->n_entries == 0)
		return 0;
	pthread_mutex_lock(&run->lock);
	if (first)
		*first = list->n;
	r = gv_withhold_list(worker, list, path);
	pthread_mutex_unlock(&run->lock);
	return r;
}

int
gv_snapshot_write_list(
    struct gv_snapshot_run *run, struct gv_oid *id, struct gv_withheld *list)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	memset(id, 0, sizeof(*id));
	if (list->n == 0)
		return 0;
	if ((r = gv_withheld_write(&text, list)) == 0)
		r = gv_pack_add(
		    run->lane, id, GV_OTYPE_BLOB, text.p, text.len, NULL);
	gv_buf_release(&text);
	return r;
}

/* Whether the lines of a path still hold: its row is as it was, unread. */
static bool
is_carried(const struct gv_snapshot_run *run, const struct gv_withheld_entry *e)
{
	const struct gv_row *row =
	    gv_survey_find_row(&run->survey, e->path, e->path_len, NULL);

	return row && (row->flags & GV_ROW_WITHHELD) &&
	    !(row->flags & (GV_ROW_READ | GV_ROW_ABSENT));
}

/* Add those entries of the last list that hold; *all: each does. */
static int
carry(struct gv_snapshot_run *run, const struct gv_object *list, bool *all)
{
	struct gv_withheld_iter it;
	struct gv_withheld_entry e;
	int r = gv_withheld_open(&it, (const char *)list->data, list->len);

	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0) {
		const bool holds = is_carried(run, &e);

		*all = *all && holds;
		r = holds ? gv_withheld_add(&run->withheld, &e) : 0;
	}
	gv_withheld_close(&it);
	return r;
}

/* What the last snapshot withheld of files that are as they were. */
int
gv_snapshot_carry(struct gv_snapshot_run *run)
{
	bool all = run->withheld.n == 0;
	struct gv_object obj = { 0 };
	int r;

	if (run->survey.cache == NULL ||
	    gv_oid_is_zero(&run->survey.cache->head->secrets))
		return 0;
	r = gv_odb_read_type(run->survey.odb, &obj,
	    &run->survey.cache->head->secrets, GV_OTYPE_BLOB);
	if (r < 0)
		return r;
	r = carry(run, &obj, &all);
	run->is_list_same = r == 0 && all;
	gv_object_release(&obj);
	return r;
}

int
gv_snapshot_write_withheld(struct gv_snapshot_run *run, struct gv_oid *id)
{
	if (!run->is_list_same ||
	    gv_odb_freshen(
		run->survey.odb, &run->survey.cache->head->secrets) != 1)
		return gv_snapshot_write_list(run, id, &run->withheld);
	*id = run->survey.cache->head->secrets;
	return 0;
}
