#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "object/tree.h"
#include "snapshot/snapshot_internal.h"
#include "sys/cancel.h"
#include "sys/workers.h"

/* Fewer trees than this are not worth a thread. */
#define FEW 64

/* What git's index says of a file, or 0. */
static unsigned
index_mode(
    const struct gv_snapshot_run *run, uint32_t dir, const struct gv_row *row)
{
	const struct gv_index_entry *e;
	struct gv_buf path = GV_BUF_INIT;

	gv_census_path(run->survey.census, dir, row, &path);
	e = gv_index_find(run->survey.index, path.p, path.len, 0);
	gv_buf_release(&path);
	return e && S_ISREG(e->mode) ? e->mode : 0;
}

static unsigned
tree_mode(
    const struct gv_snapshot_run *run, uint32_t dir, const struct gv_row *row)
{
	unsigned mode;

	if (row->flags & GV_ROW_SPARSE)
		return row->mode;
	if (S_ISLNK(row->mode))
		return GV_MODE_LINK;
	mode = run->index_modes && (row->flags & GV_ROW_TRACKED)
	    ? index_mode(run, dir, row)
	    : 0;
	if (mode)
		return mode;
	return row->mode & S_IXUSR ? GV_MODE_EXEC : GV_MODE_FILE;
}

/* The directory of a row that is one and is stored, else NULL. */
static const struct gv_census_dir *
child_of(const struct gv_snapshot_run *run, const struct gv_row *row)
{
	if (!(row->flags & GV_ROW_DIR) || (row->flags & GV_ROW_ABSENT))
		return NULL;
	return gv_census_dir(run->survey.census, (uint32_t)row->size);
}

static bool
is_repo(const struct gv_snapshot_run *run, const struct gv_row *row)
{
	const struct gv_census_dir *child = child_of(run, row);

	return child && child->state == GV_DIR_REPO;
}

static void
add_row(const struct gv_snapshot_run *run, struct gv_buf *tree, uint32_t dir,
    const struct gv_row *row)
{
	const struct gv_census_dir *d = gv_census_dir(run->survey.census, dir);
	const struct gv_census_dir *child = child_of(run, row);
	unsigned mode = GV_MODE_DIR;

	if (row->flags & GV_ROW_ABSENT)
		return;
	if (child == NULL) {
		gv_tree_add(tree, tree_mode(run, dir, row),
		    gv_census_name(d, row), row->name_len, &row->oid);
		return;
	}
	if (child->state == GV_DIR_REPO)
		mode = GV_MODE_GIT;
	/* Git knows no empty directory, nor a repository without a commit */
	if (!(child->flags & GV_CENSUS_GONE) && !gv_oid_is_zero(&child->tree))
		gv_tree_add(tree, mode, gv_census_name(d, row), row->name_len,
		    &child->tree);
}

/* Rows are in Git's order of files and directories; but in a tree, a
 * repository stands where a file of its name would. */
struct place {
	const struct gv_row *row;
	const char *name;
	bool dir;
};

static int
compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return gv_path_compare(x->name, x->row->name_len, x->dir, y->name,
	    y->row->name_len, y->dir);
}

static int
add_sorted(const struct gv_snapshot_run *run, struct gv_buf *tree, uint32_t dir)
{
	const struct gv_census_dir *d = gv_census_dir(run->survey.census, dir);
	struct place *places = calloc(d->n, sizeof(*places));
	uint32_t i;

	if (places == NULL)
		return gv_err_nomem();
	for (i = 0; i < d->n; i++) {
		const struct gv_row *row = &d->rows[i];

		places[i] = (struct place){ row, gv_census_name(d, row),
			(row->flags & GV_ROW_DIR) && !is_repo(run, row) };
	}
	qsort(places, d->n, sizeof(*places), compare_places);
	for (i = 0; i < d->n; i++)
		add_row(run, tree, dir, places[i].row);
	free(places);
	return 0;
}

int
gv_snapshot_add_rows(
    const struct gv_snapshot_run *run, struct gv_buf *tree, uint32_t dir)
{
	const struct gv_census_dir *d = gv_census_dir(run->survey.census, dir);
	uint32_t i;

	for (i = 0; i < d->n; i++)
		if (is_repo(run, &d->rows[i]))
			return add_sorted(run, tree, dir);
	for (i = 0; i < d->n; i++)
		add_row(run, tree, dir, &d->rows[i]);
	return 0;
}

/* Whether a row is just what git's index has: how many entries of the index
 * it stands for, or -1. */
static int64_t
clean_count(const struct gv_snapshot_run *run, const struct gv_row *row)
{
	const struct gv_census_dir *child;
	unsigned off = run->index_modes ? 0 : GV_ROW_MODE_OFF;

	if (row->flags & GV_ROW_ABSENT)
		return 0;
	if (!(row->flags & GV_ROW_DIR))
		return (row->flags & (GV_ROW_BY_INDEX | GV_ROW_READ | off)) ==
			GV_ROW_BY_INDEX
		    ? 1
		    : -1;
	child = gv_census_dir(run->survey.census, (uint32_t)row->size);
	if (child->flags & (GV_CENSUS_GONE | GV_CENSUS_UNREAD))
		return 0;
	if (child->state == GV_DIR_REPO || !(child->flags & GV_CENSUS_DIRTY))
		return -1;
	return child->clean;
}

/* A directory that is wholly as git's index has it needs no building where
 * the index remembers its tree. */
static bool
take_index_tree(
    const struct gv_snapshot_run *run, uint32_t dir, struct gv_buf *path)
{
	struct gv_census_dir *d = gv_census_dir(run->survey.census, dir);
	const struct gv_oid *tree;
	int64_t total = 0, n;
	size_t first, count;
	uint32_t i;

	d->clean = -1;
	for (i = 0; i < d->n; i++) {
		n = clean_count(run, &d->rows[i]);
		if (n < 0)
			return false;
		total += n;
	}
	if (total == 0)
		d->clean = 0;
	gv_buf_reset(path);
	gv_census_dir_path(run->survey.census, dir, path);
	gv_index_range(run->survey.index, path->p, path->len, &first, &count);
	tree = gv_index_tree_of(run->survey.index, path->p, path->len);
	if (tree == NULL || total == 0 || count != (size_t)total ||
	    gv_odb_freshen(run->survey.odb, tree) != 1)
		return false;
	d->tree = *tree;
	d->clean = total;
	return true;
}

static int
build(struct gv_snapshot_run *run, struct gv_pack_lane *lane, uint32_t dir,
    struct gv_buf *tree)
{
	struct gv_census_dir *d = gv_census_dir(run->survey.census, dir);
	int r;

	if (d->state == GV_DIR_REPO)
		return 0;
	if (take_index_tree(run, dir, tree))
		return 0;
	gv_buf_reset(tree);
	if ((r = gv_snapshot_add_rows(run, tree, dir)) == 0)
		r = gv_buf_check(tree);
	if (r < 0)
		return r;
	if (tree->len == 0 && dir != 0) {
		memset(&d->tree, 0, sizeof(d->tree));
		return 0;
	}
	return gv_pack_add(
	    lane, &d->tree, GV_OTYPE_TREE, tree->p, tree->len, NULL);
}

/* Mark what must be built, up to the root, and count for each directory the
 * children that come first. */
static int
prepare(struct gv_snapshot_run *run)
{
	uint32_t i;
	size_t cap = 0;
	int r = 0;

	run->left = run->n_ready = 0;
	for (i = run->survey.n_order; i-- > 0;) {
		struct gv_census_dir *d =
		    gv_census_dir(run->survey.census, run->survey.order[i]);
		struct gv_census_dir *up =
		    gv_census_dir(run->survey.census, d->parent);

		if (!(d->flags & GV_CENSUS_DIRTY))
			continue;
		run->left++;
		if (run->survey.order[i] != 0) {
			up->flags |= GV_CENSUS_DIRTY;
			up->waiting++;
		}
		/* parents stand before their children, so that by now all of
		 * its own have been counted */
		if (d->waiting == 0) {
			r = GV_GROW(run->ready, run->n_ready, cap);
			if (r < 0)
				return r;
			run->ready[run->n_ready++] = run->survey.order[i];
		}
	}
	return 0;
}

static bool
next_tree(struct gv_snapshot_run *run, uint32_t *dir)
{
	bool got = false;

	pthread_mutex_lock(&run->lock);
	while (!run->failed && run->n_ready == 0 && run->left > 0)
		pthread_cond_wait(&run->wake, &run->lock);
	if (!run->failed && run->n_ready > 0) {
		*dir = run->ready[--run->n_ready];
		got = true;
	}
	pthread_mutex_unlock(&run->lock);
	return got;
}

/* One is built; its parent may be next. The stack has room: every directory
 * enters it at most once, and those that began in it have left. */
static void
finish_tree(struct gv_snapshot_run *run, uint32_t dir, bool failed)
{
	struct gv_census_dir *d = gv_census_dir(run->survey.census, dir);
	bool is_news; /* for those who wait */

	pthread_mutex_lock(&run->lock);
	run->left--;
	run->failed |= failed;
	is_news = run->failed || run->left == 0;
	if (dir != 0 &&
	    --gv_census_dir(run->survey.census, d->parent)->waiting == 0) {
		run->ready[run->n_ready++] = d->parent;
		is_news = true;
	}
	if (is_news)
		pthread_cond_broadcast(&run->wake);
	pthread_mutex_unlock(&run->lock);
}

static int
work(void *ctx, int i)
{
	struct gv_snapshot_run *run = ctx;
	struct gv_pack_lane *lane = NULL;
	struct gv_buf tree = GV_BUF_INIT;
	uint32_t dir;
	int r, closed;

	r = gv_pack_lane_open(&lane, run->pack);
	/* the manifest needs no tree: one thread writes it first */
	if (r == 0 && i == 0)
		r = gv_snapshot_manifest(run, run->whole);
	if (r < 0) {
		pthread_mutex_lock(&run->lock);
		run->failed = true;
		pthread_cond_broadcast(&run->wake);
		pthread_mutex_unlock(&run->lock);
	}
	while (r == 0 && next_tree(run, &dir)) {
		r = gv_cancel_requested() ? gv_cancel_error()
					  : build(run, lane, dir, &tree);
		finish_tree(run, dir, r < 0);
	}
	closed = gv_pack_lane_close(lane);
	gv_buf_release(&tree);
	return r < 0 ? r : closed;
}

int
gv_snapshot_trees(struct gv_snapshot_run *run)
{
	struct gv_census_dir *root = gv_census_dir(run->survey.census, 0);
	int r = prepare(run);

	if (r < 0)
		return r;
	run->failed = false;
	run->index_modes =
	    !gv_config_bool(&run->repo->config, "core.filemode", true);
	r = gv_workers_run(
	    run->left < FEW ? 1 : run->survey.threads, work, run);
	run->tree = root->tree;
	return r;
}
