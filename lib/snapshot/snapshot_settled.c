#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/record.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "snapshot/snapshot_internal.h"
#include "whole/whole.h"

/*
 * Which states are locked while a snapshot is taken, and which get another
 * version meanwhile: only this moment knows it. Both are read from the list of
 * refs that a snapshot begins with, so that one of an unchanged tree costs no
 * more; only where states are saved, the end is compared with the beginning.
 */

static int
add(struct gv_record *rec, const char *name, enum gv_whole_why why)
{
	struct gv_buf text = GV_BUF_INIT;
	char **list = reallocarray(
	    rec->unsettled, rec->n_unsettled + 1, sizeof(*rec->unsettled));

	if (list == NULL)
		return gv_err_nomem();
	rec->unsettled = list;
	gv_whole_format(&text, name, why);
	if ((list[rec->n_unsettled] = gv_buf_take(&text)) == NULL)
		return GV_ENOMEM;
	rec->n_unsettled++;
	return 0;
}

/* What is behind a prefix, of refs that are below it. */
static const char *
below(const struct gv_ref *ref, const char *prefix)
{
	const size_t n = strlen(prefix);

	return strncmp(ref->name, prefix, n) == 0 ? ref->name + n : NULL;
}

static int
add_locked(struct gv_record *rec, const struct gv_refs *refs)
{
	const char *name;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < refs->n; i++)
		if ((name = below(&refs->refs[i], GV_REFS_LOCKS)) != NULL)
			r = add(rec, name, GV_WHOLE_LOCKED);
	return r;
}

static bool
has_states(const struct gv_refs *refs)
{
	size_t i;

	for (i = 0; i < refs->n; i++)
		if (below(&refs->refs[i], GV_REFS_STATES))
			return true;
	return false;
}

static int
add_moved(struct gv_record *rec, struct gv_snapshot_run *run)
{
	const struct gv_refs *then = &run->survey.refs, *now = &run->states;
	const struct gv_ref *was;
	size_t i;
	int r;

	if (!has_states(then))
		return 0;
	r = gv_ref_list(&run->states, run->repo, GV_REFS_STATES);
	for (i = 0; r == 0 && i < now->n; i++) {
		was = gv_refs_find(then, now->refs[i].name);
		if (was && !gv_oid_equal(&was->oid, &now->refs[i].oid))
			r = add(rec, below(&now->refs[i], GV_REFS_STATES),
			    GV_WHOLE_MOVED);
	}
	return r;
}

int
gv_snapshot_name_unsettled(struct gv_record *rec, struct gv_snapshot_run *run)
{
	int r = add_locked(rec, &run->survey.refs);

	return r < 0 ? r : add_moved(rec, run);
}

bool
gv_snapshot_is_as_settled(
    const struct gv_record *last, const struct gv_snapshot_run *run)
{
	struct gv_record now = { .n_unsettled = 0 };
	bool is_same = add_locked(&now, &run->survey.refs) == 0 &&
	    now.n_unsettled == last->n_unsettled;
	size_t i;

	for (i = 0; is_same && i < now.n_unsettled; i++)
		is_same = strcmp(now.unsettled[i], last->unsettled[i]) == 0;
	gv_record_release(&now);
	return is_same;
}
