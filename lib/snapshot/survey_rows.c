#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/portable.h"
#include "base/vec.h"
#include "infra/sister.h"
#include "policy/wish_file.h"
#include "snapshot/survey_internal.h"

static bool
is_stored(const struct gv_row *row)
{
	return !(row->flags & (GV_ROW_ABSENT | GV_ROW_DIR));
}

static int
add_job(struct gv_survey *s, uint32_t dir, uint32_t i, const struct gv_row *row)
{
	int r = GV_GROW(s->jobs, s->n_jobs, s->cap_jobs);

	if (r == 0)
		s->jobs[s->n_jobs++] =
		    (struct gv_survey_job){ dir, i, 0, row->size };
	return r;
}

static int
survey_child(struct gv_survey *s, uint32_t dir, const struct gv_row *row)
{
	uint32_t number = (uint32_t)row->size;
	struct gv_census_dir *child = gv_census_dir(s->census, number);

	if (child->flags & GV_CENSUS_GONE)
		return 0;
	s->order[s->n_order++] = number;
	if (child->flags & GV_CENSUS_UNREAD)
		return gv_survey_note(
		    s, GV_SURVEY_UNREADABLE, dir, row, strerror(child->error));
	if (child->state == GV_DIR_REPO &&
	    (child->flags & (GV_CENSUS_NEW | GV_CENSUS_CHANGED)))
		return gv_survey_note(s, GV_SURVEY_REPO, dir, row,
		    gv_oid_is_zero(&child->tree)
			? "a repository of its own, without a commit yet: its "
			  "files are not saved"
			: "a repository of its own: its files and commits are "
			  "not saved, only the id of its commit");
	return 0;
}

/* Of what has no content it is said once, of what cannot be had every time. */
static int
survey_skipped(struct gv_survey *s, uint32_t dir, const struct gv_row *row)
{
	const struct gv_census_dir *d = gv_census_dir(s->census, dir);

	if (row->flags & GV_ROW_BASE)
		return 0;
	if (!gv_path_is_safe(gv_census_name(d, row), row->name_len))
		return gv_survey_note(
		    s, GV_SURVEY_UNREADABLE, dir, row, GV_SURVEY_FORBIDDEN);
	if (S_ISREG(row->mode))
		return gv_survey_note(s, GV_SURVEY_UNREADABLE, dir, row,
		    strerror((int)row->spare));
	if (!(row->flags & GV_ROW_NEW))
		return 0;
	return gv_survey_note(s, GV_SURVEY_SPECIAL, dir, row,
	    S_ISSOCK(row->mode)       ? "a socket"
		: S_ISFIFO(row->mode) ? "a FIFO"
				      : "a device");
}

/* A directory with new files. */
struct place {
	struct gv_buf path; /* "a/b/" */
	bool is_known;
	/* why other systems cannot have it and its files, or NULL */
	const char *why;
};

static int
find_place(struct place *p, const struct gv_survey *s, uint32_t dir)
{
	gv_census_dir_path(s->census, dir, &p->path);
	if (gv_buf_check(&p->path) < 0)
		return GV_ENOMEM;
	p->why = gv_portable_path(p->path.p, p->path.len);
	if (p->path.len)
		gv_buf_addch(&p->path, '/');
	p->is_known = true;
	return gv_buf_check(&p->path);
}

/* Note a new file that other systems cannot have. */
static int
survey_name(struct gv_survey *s, struct place *p, uint32_t dir,
    const struct gv_row *row)
{
	const char *name = gv_census_name(gv_census_dir(s->census, dir), row);
	const char *why;
	size_t len;
	int r = p->is_known ? 0 : find_place(p, s, dir);

	if (r < 0)
		return r;
	why = p->why ? p->why : gv_portable_name(name, row->name_len);
	len = p->path.len;
	if (why == NULL && len + row->name_len > GV_PORTABLE_PATH_MOST) {
		gv_buf_add(&p->path, name, row->name_len);
		if (gv_buf_check(&p->path) < 0)
			return GV_ENOMEM;
		why = gv_portable_path(p->path.p, p->path.len);
		gv_buf_truncate(&p->path, len);
	}
	return why ? gv_survey_note(s, GV_SURVEY_UNPORTABLE, dir, row, why) : 0;
}

/* A .vaultignore must be a file. Links are not followed, just as git does not
 * follow a .gitignore that is a link. */
static int
survey_wish(struct gv_survey *s, uint32_t dir, const struct gv_row *row)
{
	static const char name[] = GV_WISH_FILE;
	const char *why = NULL;

	if (row->name_len != sizeof(name) - 1 ||
	    memcmp(gv_census_name(gv_census_dir(s->census, dir), row), name,
		sizeof(name) - 1) != 0)
		return 0;
	if (row->flags & GV_ROW_DIR)
		why = "a directory";
	else if (S_ISLNK(row->mode))
		why = "a symbolic link";
	else if (row->mode && !S_ISREG(row->mode))
		why = "a FIFO, socket or device";
	return why ? gv_survey_note(s, GV_SURVEY_NO_WISH, dir, row, why) : 0;
}

static int
survey_dir(struct gv_survey *s, uint32_t dir)
{
	struct gv_census_dir *d = gv_census_dir(s->census, dir);
	struct place place = { .path = GV_BUF_INIT };
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < d->n; i++) {
		const struct gv_row *row = &d->rows[i];

		if ((r = survey_wish(s, dir, row)) < 0)
			break;
		if (is_stored(row)) {
			if (!(row->flags & GV_ROW_SPARSE)) {
				s->found->files++;
				s->found->bytes += row->size;
			}
			s->has_chunks |= (row->flags & GV_ROW_CHUNKED) != 0;
			if (row->flags & GV_ROW_NEW)
				r = survey_name(s, &place, dir, row);
			if (r == 0 && (row->flags & GV_ROW_READ))
				r = add_job(s, dir, i, row);
		} else if (row->flags & GV_ROW_SKIPPED) {
			r = survey_skipped(s, dir, row);
		} else if ((row->flags & GV_ROW_DIR) &&
		    !(row->flags & GV_ROW_ABSENT)) {
			r = survey_child(s, dir, row);
		}
	}
	gv_buf_release(&place.path);
	return r;
}

/* Sister files (the same path in several environments) next to each other,
 * groups in the order in which their first member is met. */
static int
group_jobs(struct gv_survey *s)
{
	struct gv_map groups = GV_MAP_INIT; /* to the first job of each */
	struct gv_buf path = GV_BUF_INIT, folded = GV_BUF_INIT;
	uint64_t *keys = malloc((s->n_jobs + 1) * sizeof(*keys));
	uint32_t n = 0;
	size_t i;
	int r = 0;

	if (keys == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < s->n_jobs; i++) {
		struct gv_survey_job *job = &s->jobs[i], *first;
		const struct gv_census_dir *d =
		    gv_census_dir(s->census, job->dir);

		gv_buf_reset(&path);
		gv_buf_reset(&folded);
		gv_census_path(s->census, job->dir, &d->rows[job->row], &path);
		gv_sister_fold(&folded, path.p, path.len);
		keys[i] = gv_map_hash(folded.p, folded.len);
		first = gv_map_get(&groups, &keys[i], sizeof(keys[i]));
		job->group = first ? first->group : n++;
		if (first == NULL)
			r = gv_map_put(&groups, &keys[i], sizeof(keys[i]), job);
	}
	gv_map_release(&groups);
	free(keys);
	gv_buf_release(&path);
	gv_buf_release(&folded);
	return r;
}

static int
compare_jobs(const void *a, const void *b)
{
	const struct gv_survey_job *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->dir != y->dir)
		return x->dir < y->dir ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

int
gv_survey_rows(struct gv_survey *s)
{
	uint32_t i;
	int r = 0;

	s->n_jobs = 0;
	gv_survey_forget_notes(s->found);
	s->found->files = s->found->bytes = 0;
	if (s->order == NULL)
		s->order =
		    malloc((gv_census_dirs(s->census) + 1) * sizeof(*s->order));
	if (s->order == NULL)
		return gv_err_nomem();
	s->order[0] = 0;
	s->n_order = 1;
	for (i = 0; r == 0 && i < s->n_order; i++)
		r = survey_dir(s, s->order[i]);
	if (r == 0 && s->n_jobs > 1) {
		r = group_jobs(s);
		qsort(s->jobs, s->n_jobs, sizeof(*s->jobs), compare_jobs);
	}
	return r;
}

/* Whether nothing is in it, as far as the directories below are known. */
static bool
is_empty(
    const struct gv_survey *s, const struct gv_census_dir *d, const bool *empty)
{
	uint32_t i;

	if (d->state != GV_DIR_NORMAL ||
	    (d->flags & (GV_CENSUS_UNREAD | GV_CENSUS_VIRTUAL)))
		return false;
	for (i = 0; i < d->n; i++) {
		const struct gv_row *row = &d->rows[i];

		if (!(row->flags & GV_ROW_DIR) || (row->flags & GV_ROW_ABSENT))
			return false;
		if (!(gv_census_dir(s->census, (uint32_t)row->size)->flags &
			GV_CENSUS_GONE) &&
		    !empty[row->size])
			return false;
	}
	return true;
}

int
gv_survey_list_empty(struct gv_survey *s, struct gv_buf *out)
{
	bool *empty = calloc(gv_census_dirs(s->census) + 1, sizeof(*empty));
	uint32_t i;

	if (empty == NULL)
		return gv_err_nomem();
	/* children stand behind their parents; the top stays in any case */
	for (i = s->n_order; i-- > 1;) {
		uint32_t dir = s->order[i];

		empty[dir] = is_empty(s, gv_census_dir(s->census, dir), empty);
		if (!empty[dir])
			continue;
		gv_census_dir_path(s->census, dir, out);
		gv_buf_add(out, "/", 2);
	}
	free(empty);
	return gv_buf_check(out);
}

/* A file, or a repository of its own, which a tree has the commit of. */
static bool
is_held(const struct gv_survey *s, const struct gv_row *row)
{
	const struct gv_census_dir *child;

	if (row->flags & GV_ROW_ABSENT)
		return false;
	if (!(row->flags & GV_ROW_DIR))
		return true;
	child = gv_census_dir(s->census, (uint32_t)row->size);
	return child->state == GV_DIR_REPO && !(child->flags & GV_CENSUS_GONE);
}

int
gv_survey_list_held(struct gv_survey *s,
    int (*fn)(
	void *ctx, const char *path, size_t len, const struct gv_oid *pointer),
    void *ctx)
{
	struct gv_buf path = GV_BUF_INIT;
	uint32_t i, j;
	int r = 0;

	for (i = 0; r == 0 && i < s->n_order; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(s->census, s->order[i]);

		for (j = 0; r == 0 && j < d->n; j++) {
			const struct gv_row *row = &d->rows[j];

			if (!is_held(s, row))
				continue;
			gv_buf_reset(&path);
			gv_census_path(s->census, s->order[i], row, &path);
			if ((r = gv_buf_check(&path)) == 0)
				r = fn(ctx, path.p, path.len,
				    row->flags & GV_ROW_POINTER ? &row->oid
								: NULL);
		}
	}
	gv_buf_release(&path);
	return r;
}

static const struct gv_row *
find_in(const struct gv_census_dir *d, const char *name, size_t len, bool dir)
{
	uint32_t low = 0, high = d->n, i;

	while (low < high) {
		const struct gv_row *row;
		int x;

		i = low + (high - low) / 2;
		row = &d->rows[i];
		x = gv_path_compare(gv_census_name(d, row), row->name_len,
		    row->flags & GV_ROW_DIR, name, len, dir);
		if (x == 0)
			return row;
		if (x < 0)
			low = i + 1;
		else
			high = i;
	}
	return NULL;
}

const struct gv_row *
gv_survey_find_row(
    const struct gv_survey *s, const char *path, size_t len, uint32_t *dir)
{
	const struct gv_row *row;
	const char *slash;
	uint32_t at = 0;

	for (;;) {
		const struct gv_census_dir *d = gv_census_dir(s->census, at);

		if (d->flags & GV_CENSUS_GONE)
			return NULL;
		if (dir)
			*dir = at;
		slash = memchr(path, '/', len);
		row = find_in(
		    d, path, slash ? (size_t)(slash - path) : len, slash);
		if (row == NULL || slash == NULL)
			return row;
		if (row->flags & GV_ROW_ABSENT)
			return NULL;
		at = (uint32_t)row->size;
		len -= (size_t)(slash + 1 - path);
		path = slash + 1;
	}
}

/* Rows of folders stand where git sorts them, with a slash. */
static const struct gv_row *
find_any(const struct gv_census_dir *d, const char *name, size_t len)
{
	const struct gv_row *row = find_in(d, name, len, true);

	return row ? row : find_in(d, name, len, false);
}

bool
gv_survey_is_excluded(const struct gv_survey *s, const char *path, size_t len)
{
	const struct gv_row *row;
	const char *slash;
	uint32_t at = 0;

	for (;;) {
		slash = memchr(path, '/', len);
		row = find_any(gv_census_dir(s->census, at), path,
		    slash ? (size_t)(slash - path) : len);
		if (row == NULL || (row->flags & GV_ROW_EXCLUDED))
			return row != NULL;
		if (slash == NULL || !(row->flags & GV_ROW_DIR) ||
		    (row->flags & GV_ROW_ABSENT))
			return false;
		at = (uint32_t)row->size;
		len -= (size_t)(slash + 1 - path);
		path = slash + 1;
	}
}
