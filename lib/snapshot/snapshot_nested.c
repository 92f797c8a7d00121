#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "record/record.h"
#include "record/record_nested.h"
#include "repo/hash.h"
#include "snapshot/nested.h"
#include "snapshot/snapshot_internal.h"
#include "sys/workers.h"

/*
 * Repositories inside the working tree, where they are to have snapshots of
 * their own: these stand before ours does, so that its links lead somewhere.
 */

static int
add(struct gv_snapshot_run *run, uint32_t dir)
{
	struct gv_snapshot *out = run->out;
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_census_dir_path(run->survey.census, dir, &path);
	r = gv_buf_check(&path);
	/* a submodule that is not checked out is an empty directory */
	if (r == 0 && gv_nested_is_there(run->repo, path.p)) {
		r = GV_GROW(out->nested, out->n_nested, out->cap_nested);
		if (r == 0)
			out->nested[out->n_nested++] =
			    (struct gv_nested){ .path = gv_buf_take(&path) };
	}
	gv_buf_release(&path);
	return r;
}

static int
find_all(struct gv_snapshot_run *run)
{
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->survey.n_order; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(run->survey.census, run->survey.order[i]);

		if (d->state == GV_DIR_REPO && !(d->flags & GV_CENSUS_GONE))
			r = add(run, run->survey.order[i]);
	}
	return r;
}

static int
take_some(void *ctx, int i)
{
	struct gv_snapshot_run *run = ctx;
	const struct gv_nested_snapshot opts = { run->opts->message,
		run->opts->trigger, run->opts->no_scan };
	size_t at;
	int r = 0;

	(void)i;
	while (r == 0 &&
	    (at = atomic_fetch_add(&run->next_job, 1)) < run->out->n_nested) {
		r = gv_nested_snapshot(&run->out->nested[at], run->repo, &opts);
		if (run->opts->on_add)
			run->opts->on_add(run->opts->ctx, 1, 0);
	}
	return r;
}

/* That only the id of a repository's commit is stored is said where it has no
 * snapshot although it should. */
static void
drop_notes(struct gv_snapshot *out)
{
	size_t i, n = 0;

	out->found.left[GV_CENSUS_REPO].n = 0;
	for (i = 0; i < out->found.n_notes; i++) {
		if (out->found.notes[i].what == GV_SURVEY_REPO)
			free(out->found.notes[i].path);
		else
			out->found.notes[n++] = out->found.notes[i];
	}
	out->found.n_notes = n;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct gv_nested *)a)->path,
	    ((const struct gv_nested *)b)->path);
}

int
gv_snapshot_nested(struct gv_snapshot_run *run)
{
	struct gv_snapshot *out = run->out;
	int n = run->survey.threads, r = find_all(run);

	drop_notes(out);
	if (r < 0 || out->n_nested == 0)
		return r;
	qsort(out->nested, out->n_nested, sizeof(*out->nested), by_path);
	if (run->opts->on_begin)
		run->opts->on_begin(
		    run->opts->ctx, "nested repositories", out->n_nested);
	if ((size_t)n > out->n_nested)
		n = (int)out->n_nested;
	run->next_job = 0;
	/* what is made there is made by the rules that hold there */
	gv_repo_unshare(run->mask);
	r = gv_workers_run(n, take_some, run);
	(void)gv_repo_share(run->repo);
	return r;
}

int
gv_snapshot_link(const struct gv_snapshot_run *run, struct gv_record *rec)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->out->n_nested; i++) {
		const struct gv_nested *in = &run->out->nested[i];

		if (*in->id)
			r = gv_record_add_nested(
			    rec, in->id, &in->commit, in->path);
	}
	return r;
}

int
gv_snapshot_links_digest(const struct gv_snapshot_run *run, struct gv_oid *out)
{
	struct gv_record rec = { 0 };
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = gv_snapshot_link(run, &rec);

	memset(out, 0, sizeof(*out));
	for (i = 0; i < rec.n_nested; i++) {
		gv_buf_addstr(&text, rec.nested[i]);
		gv_buf_addch(&text, '\0');
	}
	if (r == 0 && (r = gv_buf_check(&text)) == 0 && text.len)
		gv_hash_object(out, GV_OTYPE_BLOB, text.p, text.len);
	gv_record_release(&rec);
	gv_buf_release(&text);
	return r;
}
