#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/portable.h"
#include "base/vec.h"
#include "object/tree.h"
#include "snapshot/snapshot_internal.h"
#include "sys/cancel.h"

/*
 * What Git itself has of files that values are taken out of: what is staged is
 * stored without them, and what is in HEAD is reported.
 */

static int
compare_twins(const void *a, const void *b)
{
	const struct gv_snapshot_twin *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static const struct gv_snapshot_twin *
find_twin(const struct gv_snapshot_run *run, const struct gv_index_entry *e)
{
	const struct gv_snapshot_twin key = { .path = (char *)e->path };
	const struct gv_snapshot_twin *twin = run->n_twins
	    ? bsearch(
		  &key, run->twins, run->n_twins, sizeof(key), compare_twins)
	    : NULL;

	return twin && gv_oid_equal(&twin->original, &e->oid) ? twin : NULL;
}

/* ---- what is staged ---- */

struct staging {
	struct gv_snapshot_run *run;
	struct gv_withhold_worker worker;
	unsigned stage;
	struct gv_buf path;
	bool any;
};

/* Where its values are listed, and under which path. */
static int
keep_entries(struct staging *s, const struct gv_index_entry *e)
{
	struct gv_snapshot_run *run = s->run;

	if (s->stage == 0)
		return gv_snapshot_keep_entries(
		    run, &s->worker, &run->index_withheld, e->path, NULL);
	gv_buf_reset(&s->path);
	gv_buf_addf(&s->path, "stages/%u/%s", s->stage, e->path);
	return gv_buf_check(&s->path) < 0
	    ? GV_ENOMEM
	    : gv_snapshot_keep_entries(
		  run, &s->worker, &run->meta_withheld, s->path.p, NULL);
}

static int
set_instead(struct staging *s, size_t i, const struct gv_oid *oid)
{
	struct gv_snapshot_run *run = s->run;

	if (run->instead == NULL)
		run->instead =
		    calloc(run->survey.index->n, sizeof(*run->instead));
	if (run->instead == NULL)
		return gv_err_nomem();
	run->instead[i] = *oid;
	s->any = true;
	return 0;
}

/* The file was read, and is what is staged. */
static int
take_twin(struct staging *s, size_t i, const struct gv_snapshot_twin *twin)
{
	struct gv_snapshot_run *run = s->run;
	size_t j;
	int r = set_instead(s, i, &twin->redacted);

	for (j = 0; r == 0 && j < twin->n; j++)
		r = gv_withheld_add(&run->index_withheld,
		    &run->withheld.entries[twin->first + j]);
	return r;
}

/* Whether the file in the working tree is the same, and has nothing to hide. */
static bool
is_clean_there(
    const struct gv_snapshot_run *run, const struct gv_index_entry *e)
{
	const struct gv_row *row =
	    gv_survey_find_row(&run->survey, e->path, e->path_len, NULL);

	return row && (row->flags & GV_ROW_SEARCHED) &&
	    !(row->flags & (GV_ROW_ABSENT | GV_ROW_WITHHELD)) &&
	    gv_oid_equal(&row->oid, &e->oid);
}

static int
search_blob(struct staging *s, size_t i, enum gv_scope_keep keep)
{
	const struct gv_index_entry *e = &s->run->survey.index->entries[i];
	struct gv_object obj = { 0 };
	struct gv_oid id;
	bool added = false;
	int r =
	    gv_odb_read_type(s->run->survey.odb, &obj, &e->oid, GV_OTYPE_BLOB);

	/* not here: then nobody has it from us */
	if (r == GV_ENOTFOUND)
		return 0;
	if (r == 0) {
		const struct gv_withhold_bytes file = { e->path, obj.data,
			obj.len, &e->oid };

		r = gv_withhold_file(&s->worker, &file, keep);
	}
	gv_object_release(&obj);
	if (r <= 0)
		return r < 0 ? gv_err_in(r, "%s, as git has it", e->path) : 0;
	if ((r = gv_pack_add(s->run->lane, &id, GV_OTYPE_BLOB,
		 s->worker.clean.p, s->worker.clean.len, &added)) < 0)
		return r;
	if (added && s->worker.view)
		s->run->out->findings += s->worker.view->findings;
	r = set_instead(s, i, &id);
	return r < 0 ? r : keep_entries(s, e);
}

/* Whether the entry is sealed because of its content (gv_snapshot_refusal());
 * notes that. If its blob is missing, nobody can get it from us. */
static int
is_refused(struct staging *s, const struct gv_index_entry *e)
{
	const char *slash = strrchr(e->path, '/');
	const char *name = slash ? slash + 1 : e->path, *why = NULL;
	struct gv_object obj = { 0 };
	int r;

	if (!gv_portable_is_checked(name, strlen(name)))
		return 0;
	r = gv_odb_read_type(s->run->survey.odb, &obj, &e->oid, GV_OTYPE_BLOB);
	if (r == 0)
		why = gv_snapshot_refusal(s->run,
		    &(struct gv_withhold_bytes){
			e->path, obj.data, obj.len, &e->oid });
	gv_object_release(&obj);
	if (r < 0)
		return r == GV_ENOTFOUND
		    ? 0
		    : gv_err_in(r, "%s, as git has it", e->path);
	if (why == NULL)
		return 0;
	r = gv_survey_note_path(
	    &s->run->survey, GV_SURVEY_REFUSED, e->path, why);
	return r < 0 ? r : 1;
}

static int
search_entry(struct staging *s, size_t i)
{
	const struct gv_index_entry *e = &s->run->survey.index->entries[i];
	const struct gv_snapshot_twin *twin;
	enum gv_scope_keep keep;
	int r;

	keep = gv_screen_keep(s->run->withhold.screen, e->path, false);
	r = keep == GV_SCOPE_SEALED ? 0 : is_refused(s, e);
	if (r < 0)
		return r;
	if (r > 0)
		keep = GV_SCOPE_SEALED;
	if (keep == GV_SCOPE_CLEAR)
		return 0;
	if (keep == GV_SCOPE_VALUES) {
		if (s->worker.view == NULL || is_clean_there(s->run, e))
			return 0;
		twin = s->stage == 0 ? find_twin(s->run, e) : NULL;
		if (twin)
			return take_twin(s, i, twin);
		r = gv_screen_known(s->worker.view, e->path, &e->oid);
		if (r < 0 || (r > 0 && s->worker.view->n == 0))
			return r < 0 ? r : 0;
	}
	return search_blob(s, i, keep);
}

int
gv_snapshot_withhold_index(struct gv_snapshot_run *run, unsigned stage)
{
	struct staging s = { .run = run, .stage = stage, .path = GV_BUF_INIT };
	size_t i;
	int r = gv_withhold_open(&s.worker, &run->withhold, run->lane);

	if (run->n_twins)
		qsort(run->twins, run->n_twins, sizeof(*run->twins),
		    compare_twins);
	for (i = 0; r == 0 && i < run->survey.index->n; i++) {
		const struct gv_index_entry *e = &run->survey.index->entries[i];

		if (e->stage != stage || !S_ISREG(e->mode) ||
		    (e->flags & GV_INDEX_INTENT_TO_ADD))
			continue;
		r = gv_cancel_requested() ? gv_cancel_error()
					  : search_entry(&s, i);
	}
	gv_withhold_close(&s.worker);
	gv_buf_release(&s.path);
	return r < 0 ? r : s.any;
}

/* ---- what is in HEAD ---- */

static int
add_exposed(struct gv_snapshot *out, const struct gv_snapshot_twin *twin)
{
	char *path = strdup(twin->path);

	if (path == NULL)
		return gv_err_nomem();
	out->exposed[out->n_exposed].path = path;
	out->exposed[out->n_exposed++].n = twin->n;
	return 0;
}

static bool
is_in_head(const struct gv_snapshot_run *run, const struct gv_snapshot_twin *t)
{
	const struct gv_index_entry *e;
	struct gv_oid id;
	unsigned mode;

	/* where nothing is staged, the index is HEAD */
	if (gv_oid_is_zero(&run->staged)) {
		e = gv_index_find(
		    run->survey.index, t->path, strlen(t->path), 0);
		return e && gv_oid_equal(&e->oid, &t->original);
	}
	return gv_tree_find(run->survey.odb, &run->head_tree, t->path, &mode,
		   &id) == 0 &&
	    gv_oid_equal(&id, &t->original);
}

int
gv_snapshot_exposed(struct gv_snapshot_run *run)
{
	struct gv_snapshot *out = run->out;
	size_t i;
	int r = 0;

	if (run->n_twins == 0 || gv_oid_is_zero(&run->repo->head))
		return 0;
	qsort(run->twins, run->n_twins, sizeof(*run->twins), compare_twins);
	out->exposed = calloc(run->n_twins, sizeof(*out->exposed));
	if (out->exposed == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < run->n_twins; i++)
		if (is_in_head(run, &run->twins[i]))
			r = add_exposed(out, &run->twins[i]);
	return r;
}
