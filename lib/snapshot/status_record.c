#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "object/tree.h"
#include "record/record_load.h"
#include "snapshot/status_internal.h"
#include "view/apart.h"
#include "view/diff.h"

/* The last snapshot, and the lines that one taken now would have. */
struct record {
	struct gv_status_run *cmp;
	struct gv_map tree;            /* its entries by their paths */
	struct gv_manifest *was, *now; /* `was` may be NULL */
	bool here;                     /* it was taken on this machine */
	bool is_narrow;                /* what is not in `apart` is as it was */
	struct gv_apart apart;
	struct gv_map links, links_back; /* by number, to both numbers */
	struct gv_arena arena;
};

struct entry {
	struct gv_oid oid;
	unsigned mode;
	bool seen;
};

/* ---- what the cache's snapshot and the last one share ---------------------
 */

/* More than this part of all files is not worth it. */
#define PART 4

/* Enter what differs now from what the cache has. */
static int
add_changes(struct record *rec)
{
	struct gv_status changes = { 0 };
	struct gv_status_run cmp = *rec->cmp;
	struct gv_snapshot_run *run = cmp.run;
	size_t i;
	int r;

	cmp.out = &changes;
	cmp.path = (struct gv_buf)GV_BUF_INIT;
	r = gv_status_compare_cache(&cmp);
	for (i = 0; r == 0 && i < changes.n; i++)
		r = gv_apart_add(&rec->apart, changes.entries[i].path,
		    changes.entries[i].len);
	gv_buf_release(&cmp.path);
	gv_status_release(&changes);
	if (r == 0 && (r = gv_snapshot_manifest(run, false)) == 0 &&
	    run->layer.len > 0)
		r = gv_apart_overlay(&rec->apart, run->layer.p, run->layer.len);
	return r;
}

/* A restore leaves the cache with the snapshot that it took first. The last one
 * is then compared with that, and that with the working tree by the cache: so
 * no more is looked at than what differs. 0, or a failure that ends it all. */
static int
narrow_down(struct record *rec)
{
	const struct gv_record *last = &rec->cmp->out->last;
	struct gv_snapshot_run *run = rec->cmp->run;
	struct gv_record seen = { 0 };
	int r;

	if (*last->id == '\0' || run->survey.cache == NULL)
		return 0;
	if ((r = gv_record_load(
		 &seen, run->repo, &run->survey.cache->head->commit)) == 0 &&
	    (r = gv_apart_find(&rec->apart, run->survey.odb, last, &seen)) ==
		0 &&
	    rec->apart.n < run->out->found.files / PART)
		rec->is_narrow = !rec->apart.is_sparse;
	gv_record_release(&seen);
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	return rec->is_narrow ? add_changes(rec) : 0;
}

static bool
is_looked_at(const struct record *rec, const char *path, size_t len)
{
	return !rec->is_narrow || gv_apart_get(&rec->apart, path, len);
}

/* Whether anything is looked at in a directory, or it itself. */
static bool
is_on_way(const struct record *rec, const char *path, size_t len)
{
	return !rec->is_narrow || gv_apart_is_on_way(&rec->apart, path, len);
}

static int
load_manifests(struct record *rec)
{
	struct gv_snapshot_run *run = rec->cmp->run;
	const struct gv_record *last = &rec->cmp->out->last;
	struct gv_diff_side side;
	int r;

	if (rec->is_narrow) {
		r = gv_apart_manifest(&rec->was, &rec->apart, GV_APART_FROM);
		return r < 0
		    ? r
		    : gv_apart_manifest(&rec->now, &rec->apart, GV_APART_TO);
	}
	if (*last->id) {
		if ((r = gv_diff_side_of(&side, run->repo, last)) < 0)
			return r;
		r = gv_manifest_load(
		    &rec->was, run->survey.odb, &side.manifest);
		if (r < 0)
			return gv_err_in(r, "snapshot %s: manifest", last->id);
	}
	if ((r = gv_snapshot_manifest(run, true)) < 0)
		return r;
	return gv_manifest_parse(&rec->now, run->layer.p, run->layer.len);
}

/* ---- the comparison ------------------------------------------------------ */

static int
take_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct record *rec = ctx;
	struct entry *entry;
	char *copy;

	if (e->mode == GV_MODE_DIR)
		return is_on_way(rec, path, len) ? 0 : 1;
	if (!is_looked_at(rec, path, len))
		return 0;
	entry = gv_arena_alloc(&rec->arena, sizeof(*entry));
	copy = gv_arena_copy(&rec->arena, path, len);
	if (entry == NULL || copy == NULL)
		return GV_ENOMEM;
	*entry = (struct entry){ .oid = e->oid, .mode = e->mode };
	return gv_map_put(&rec->tree, copy, len, entry);
}

static int
load_last(struct record *rec)
{
	struct gv_snapshot_run *run = rec->cmp->run;
	const struct gv_record *last = &rec->cmp->out->last;
	int r = narrow_down(rec);

	if (r == 0 && *last->id) {
		rec->here = gv_record_is_here(last);
		r = gv_tree_walk(run->survey.odb, &last->tree, take_entry, rec);
	}
	return r < 0 ? r : load_manifests(rec);
}

static const struct gv_manifest_entry *
get(const struct gv_manifest *m, const struct gv_buf *path)
{
	return m ? gv_manifest_get(m, path->p, path->len) : NULL;
}

static bool
is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Before values of a file are found, its line says where it has data. */
static bool
is_same_holes(const char *a, const char *b)
{
	return is_same_text(a, b) ||
	    (a && b &&
		(strcmp(a, GV_MANIFEST_HOLES_UNSAID) == 0 ||
		    strcmp(b, GV_MANIFEST_HOLES_UNSAID) == 0));
}

/* Whether a file has the same other names as before. The number of a group of
 * names is the file system's, and a restore changes it. So two groups are the
 * same if each has only one counterpart. */
static bool
is_same_link(struct record *rec, uint64_t was, uint64_t now)
{
	uint64_t *both;

	if (was == 0 || now == 0)
		return was == now;
	both = gv_map_get(&rec->links, &was, sizeof(was));
	if (both)
		return both[1] == now;
	if (gv_map_get(&rec->links_back, &now, sizeof(now)))
		return false;
	both = gv_arena_alloc(&rec->arena, 2 * sizeof(*both));
	if (both == NULL)
		return false;
	both[0] = was;
	both[1] = now;
	return gv_map_put(&rec->links, &both[0], sizeof(was), both) == 0 &&
	    gv_map_put(&rec->links_back, &both[1], sizeof(now), both) == 0;
}

/* Whether the lines of what stands at cmp->path are equal. Times, owners and
 * what else a copy does not keep say nothing of another machine. Of directories
 * the time is no change: each name in it sets that. */
static bool
is_same_line(struct record *rec)
{
	const struct gv_manifest_entry *was = get(rec->was, &rec->cmp->path),
				       *now = get(rec->now, &rec->cmp->path);
	unsigned meta;

	if (was == NULL || now == NULL)
		return was == now;
	meta = gv_diff_meta(was, now);
	if (meta & ~(rec->here ? 0u : (unsigned)GV_DIFF_OWNER))
		return false;
	if (!rec->here || now->type == GV_MANIFEST_DIR ||
	    now->type == GV_MANIFEST_REPO)
		return true;
	return was->mtime_s == now->mtime_s && was->mtime_ns == now->mtime_ns &&
	    is_same_link(rec, was->link, now->link) &&
	    is_same_holes(was->holes, now->holes) &&
	    is_same_text(was->reason, now->reason);
}

static struct entry *
get_entry(const struct record *rec, const struct gv_buf *path)
{
	return gv_map_get(&rec->tree, path->p, path->len);
}

static char
letter_of_file(struct record *rec, const struct gv_row *row)
{
	struct entry *e = get_entry(rec, &rec->cmp->path);

	if (e == NULL && gv_manifest_is_base(get(rec->was, &rec->cmp->path)))
		return 'M';
	if (e == NULL || e->mode == GV_MODE_GIT)
		return 'A';
	e->seen = true;
	if (!gv_oid_equal(&e->oid, &row->oid) ||
	    !S_ISLNK(e->mode) != !S_ISLNK(row->mode))
		return 'M';
	return is_same_line(rec) ? 0 : 'm';
}

/* Of what is not stored a snapshot only notes that it was there. */
static char
letter_of_absent(struct record *rec, const struct gv_row *row)
{
	const struct gv_manifest_entry *was = get(rec->was, &rec->cmp->path);
	struct entry *e = get_entry(rec, &rec->cmp->path);

	if ((row->flags & GV_ROW_BASE) && e && e->mode != GV_MODE_GIT) {
		e->seen = true;
		return 'm';
	}
	if (was && was->type != GV_MANIFEST_SKIPPED)
		return 0; /* what stood there is shown as gone */
	return is_same_line(rec) ? 0 : 'm';
}

static int
compare_row(struct record *rec, uint32_t dir, const struct gv_row *row)
{
	struct gv_status_run *cmp = rec->cmp;
	char change;

	/* directories are shown separately; ignored files are not kept */
	if ((row->flags & GV_ROW_IGNORED) ||
	    ((row->flags & GV_ROW_DIR) && !(row->flags & GV_ROW_ABSENT)))
		return 0;
	gv_buf_reset(&cmp->path);
	gv_census_path(cmp->run->survey.census, dir, row, &cmp->path);
	if (!is_looked_at(rec, cmp->path.p, cmp->path.len))
		return 0;
	change = gv_status_is_unreadable(row) ? 'X'
	    : gv_status_is_file(row)          ? letter_of_file(rec, row)
					      : letter_of_absent(rec, row);
	return change ? gv_status_add_row(cmp, dir, row, change) : 0;
}

static char
letter_of_repo(struct record *rec, const struct gv_oid *commit)
{
	const struct gv_manifest_entry *was = get(rec->was, &rec->cmp->path);
	struct entry *e = get_entry(rec, &rec->cmp->path);

	if (was == NULL || was->type != GV_MANIFEST_REPO)
		return 'A';
	if (e)
		e->seen = true;
	/* one without a commit is in no tree */
	if (e ? !gv_oid_equal(&e->oid, commit) : !gv_oid_is_zero(commit))
		return 'M';
	return is_same_line(rec) ? 0 : 'm';
}

static char
letter_of_dir(struct record *rec, uint32_t dir)
{
	const struct gv_census *census = rec->cmp->run->survey.census;
	const struct gv_census_dir *d = gv_census_dir(census, dir);
	const struct gv_manifest_entry *was;

	if (d->flags & GV_CENSUS_UNREAD)
		return 'X';
	if (d->flags & GV_CENSUS_VIRTUAL)
		return 0;
	if (d->state == GV_DIR_REPO)
		return letter_of_repo(rec, &d->tree);
	was = get(rec->was, &rec->cmp->path);
	if (was && was->type == GV_MANIFEST_DIR)
		return is_same_line(rec) ? 0 : 'm';
	if (was && was->type == GV_MANIFEST_REPO)
		return 0; /* that is shown as gone */
	if (dir && gv_status_is_bare(census, dir))
		return 'A';
	return was && was->type == GV_MANIFEST_SKIPPED ? 'm' : 0;
}

static int
compare_dir(struct record *rec, uint32_t dir)
{
	struct gv_status_run *cmp = rec->cmp;
	const struct gv_census_dir *d =
	    gv_census_dir(cmp->run->survey.census, dir);
	char change;
	uint32_t i;
	int r = 0;

	gv_buf_reset(&cmp->path);
	gv_census_dir_path(cmp->run->survey.census, dir, &cmp->path);
	if (!is_on_way(rec, cmp->path.p, cmp->path.len))
		return 0;
	change = dir == 0 || is_looked_at(rec, cmp->path.p, cmp->path.len)
	    ? letter_of_dir(rec, dir)
	    : 0;
	if (cmp->path.len == 0)
		gv_buf_addch(&cmp->path, '.');
	if (change)
		r = gv_status_add(cmp->out, &cmp->path, change,
		    gv_status_row_of(cmp->run->survey.census, dir));
	for (i = 0; r == 0 && i < d->n; i++)
		r = compare_row(rec, dir, &d->rows[i]);
	return r;
}

/* Whether it is, or is in, what cannot be read now: nothing there is gone. */
static bool
is_unread(const struct record *rec, const struct gv_buf *path)
{
	const struct gv_manifest_entry *e =
	    gv_manifest_get_skipped(rec->now, path->p, path->len);

	return e && e->reason &&
	    (strcmp(e->reason, "unreadable") == 0 ||
		strcmp(e->reason, "forbidden name") == 0);
}

static int
add_unseen(struct record *rec)
{
	struct gv_buf *path = &rec->cmp->path;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < rec->tree.cap; i++) {
		const struct gv_map_slot *s = &rec->tree.slots[i];
		const struct entry *e = s->value;

		if (e == NULL || e->seen)
			continue;
		gv_buf_reset(path);
		gv_buf_add(path, s->key, s->len);
		if (!is_unread(rec, path))
			r = gv_status_add(rec->cmp->out, path, 'D', NULL);
	}
	return r;
}

/* What only the manifest knew. */
static char
letter_of_gone(const struct record *rec, size_t i)
{
	const struct gv_manifest_entry *was = gv_manifest_at(rec->was, i);
	const struct gv_manifest_entry *now = get(rec->now, &rec->cmp->path);

	switch (was->type) {
	case GV_MANIFEST_SKIPPED:
		return now ? 0 : 'm';
	case GV_MANIFEST_REPO:
		/* one with a commit is in the tree */
		return get_entry(rec, &rec->cmp->path) ||
			(now && now->type == GV_MANIFEST_REPO)
		    ? 0
		    : 'D';
	case GV_MANIFEST_DIR:
		return (now &&
			   (now->type == GV_MANIFEST_DIR ||
			       now->type == GV_MANIFEST_REPO)) ||
			!gv_manifest_is_bare(rec->was, i)
		    ? 0
		    : 'D';
	case GV_MANIFEST_FILE:
	case GV_MANIFEST_LINK:
	case GV_MANIFEST_SPARSE:
	case GV_MANIFEST_GONE:
		break;
	}
	return 0;
}

static int
add_gone(struct record *rec)
{
	struct gv_buf *path = &rec->cmp->path;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && rec->was && i < gv_manifest_count(rec->was);
	     i++) {
		const struct gv_manifest_entry *e = gv_manifest_at(rec->was, i);
		char change;

		gv_buf_reset(path);
		gv_buf_add(path, e->path, e->path_len);
		change = letter_of_gone(rec, i);
		if (change == 0 || is_unread(rec, path))
			continue;
		r = gv_status_add(rec->cmp->out, path, change, NULL);
		if (r == 0) {
			struct gv_status *out = rec->cmp->out;

			out->entries[out->n - 1].is_left = change == 'm';
		}
	}
	return r;
}

int
gv_status_compare_record(struct gv_status_run *cmp)
{
	struct record rec = { .cmp = cmp,
		.tree = GV_MAP_INIT,
		.arena = GV_ARENA_INIT,
		.apart = GV_APART_INIT };
	struct gv_snapshot_run *run = cmp->run;
	uint32_t i;
	int r = load_last(&rec);

	for (i = 0; r == 0 && i < run->survey.n_order; i++)
		r = compare_dir(&rec, run->survey.order[i]);
	if (r == 0 && (r = add_unseen(&rec)) == 0)
		r = add_gone(&rec);
	gv_map_release(&rec.tree);
	gv_map_release(&rec.links);
	gv_map_release(&rec.links_back);
	gv_manifest_free(rec.was);
	gv_manifest_free(rec.now);
	gv_apart_release(&rec.apart);
	gv_arena_release(&rec.arena);
	return r;
}
