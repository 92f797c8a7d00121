#include <errno.h>
#include <string.h>

#include "snapshot/snapshot_internal.h"

/* Also where something else stands there now: a link, a directory, a FIFO. */
static bool
is_gone(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EISDIR ||
	    error == ELOOP || error == EINVAL || error == ENXIO;
}

int
gv_snapshot_give_up(struct gv_snapshot_run *run,
    const struct gv_survey_job *job, struct gv_row *row, bool was_stored,
    int error)
{
	bool gone = is_gone(error);

	pthread_mutex_lock(&run->lock);
	run->out->found.files--;
	run->out->found.bytes -= job->size;
	pthread_mutex_unlock(&run->lock);
	/* if not, a line in the manifest says so already */
	if (was_stored)
		row->flags |= GV_ROW_CHANGED;
	memset(&row->oid, 0, sizeof(row->oid));
	row->flags &= ~(uint32_t)(GV_ROW_CHUNKED | GV_ROW_WITHHELD |
	    GV_ROW_SEARCHED | GV_ROW_BY_INDEX);
	row->flags |= GV_ROW_SKIPPED;
	if (gone)
		row->mode = 0;
	return gv_survey_note(&run->survey,
	    gone ? GV_SURVEY_VANISHED : GV_SURVEY_UNREADABLE, job->dir, row,
	    gone ? "it was deleted while the snapshot was taken"
		 : strerror(error));
}

/* The size that was counted may not be the one that was stored. */
void
gv_snapshot_count_size(struct gv_snapshot_run *run,
    const struct gv_survey_job *job, const struct gv_row *row)
{
	if (job->size == row->size)
		return;
	pthread_mutex_lock(&run->lock);
	run->out->found.bytes += row->size - job->size;
	pthread_mutex_unlock(&run->lock);
}

/* As it is now, git's index vouches for it after all, or not. */
void
gv_snapshot_settle_index(struct gv_row *row, const struct gv_oid *was)
{
	if (!(row->flags & GV_ROW_BY_INDEX))
		return;
	row->flags &= ~(uint32_t)(gv_oid_equal(&row->oid, was)
		? GV_ROW_READ
		: GV_ROW_BY_INDEX | GV_ROW_MODE_OFF);
}
