#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "infra/precious.h"
#include "snapshot/status_internal.h"

struct listing {
	struct gv_status_items *out;
	struct gv_census *census;
};

/* The path of a row, or with NULL of the directory itself. */
static int
add(struct listing *l, struct gv_status_item item, uint32_t dir,
    const struct gv_row *row)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if (row)
		gv_census_path(l->census, dir, row, &path);
	else
		gv_census_dir_path(l->census, dir, &path);
	item.len = path.len;
	item.is_dir = row == NULL || (row->flags & GV_ROW_DIR);
	if (item.is_stored && !item.why)
		item.why = gv_precious_rule(path.p, path.len);
	item.path = gv_buf_take(&path);
	if (item.path == NULL)
		return GV_ENOMEM;
	r = gv_vec_grow(
	    (void **)&l->out->items, &l->out->cap, l->out->n + 1, sizeof(item));
	if (r == 0)
		l->out->items[l->out->n++] = item;
	else
		free(item.path);
	return r;
}

static int
add_left(void *ctx, const struct gv_census_out *left)
{
	struct listing *l = ctx;

	/* nobody ignores these, and there may be very many */
	if (left->why == GV_CENSUS_BASE)
		return 0;
	return add(l,
	    (struct gv_status_item){ .left = left->why,
		.bytes = left->bytes,
		.entries = left->entries },
	    left->dir, left->row);
}

static const char *
why_stored(const struct gv_row *row)
{
	if (row->flags & GV_ROW_WANTED)
		return "included";
	if (row->flags & GV_ROW_CONTENT)
		return "by its content";
	return row->flags & GV_ROW_LOCAL ? "within the bounds" : NULL;
}

static int
add_stored(struct listing *l, const struct gv_snapshot_run *run)
{
	uint32_t i, j;
	int r = 0;

	for (i = 0; r == 0 && i < run->survey.n_order; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(run->survey.census, run->survey.order[i]);

		for (j = 0; r == 0 && j < d->n; j++) {
			const struct gv_row *row = &d->rows[j];

			if ((row->flags & (GV_ROW_PRECIOUS | GV_ROW_ABSENT)) !=
			    GV_ROW_PRECIOUS)
				continue;
			r = add(l,
			    (struct gv_status_item){ .is_stored = true,
				.why = why_stored(row),
				.bytes = row->size },
			    run->survey.order[i], row);
		}
	}
	return r;
}

static int
compare_items(const void *a, const void *b)
{
	const struct gv_status_item *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int
gv_status_list_ignored(struct gv_status_items *out, struct gv_repo *repo)
{
	const struct gv_snapshot_opts opts = { .dry_run = true };
	struct gv_snapshot snap = { 0 };
	struct gv_snapshot_run run = { GV_SNAPSHOT_RUN(&opts, &snap, repo) };
	struct listing l = { .out = out };
	int r;

	memset(out, 0, sizeof(*out));
	r = gv_snapshot_open(&run);
	l.census = run.survey.census;
	if (r == 0 && (r = gv_status_tell_wishes(&run)) == 0 &&
	    (r = add_stored(&l, &run)) == 0 &&
	    (r = gv_census_each_left(run.survey.census, add_left, &l)) == 0 &&
	    out->n)
		qsort(out->items, out->n, sizeof(*out->items), compare_items);
	memcpy(out->left, snap.found.left, sizeof(out->left));
	gv_snapshot_close(&run);
	gv_snapshot_release(&snap);
	if (r < 0)
		gv_status_release_ignored(out);
	return r;
}

void
gv_status_release_ignored(struct gv_status_items *ignored)
{
	size_t i;

	for (i = 0; i < ignored->n; i++)
		free(ignored->items[i].path);
	free(ignored->items);
	memset(ignored, 0, sizeof(*ignored));
}
