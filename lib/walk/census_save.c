#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sys/pages.h"
#include "walk/census_internal.h"

/* The cache under construction. Directories are numbered again in the order in
 * which they are met, so that a parent always comes before its children. */
struct saving {
	const struct gv_census *c;
	uint32_t *order; /* new number to the census' own */
	uint32_t *parent;
	uint32_t *name; /* offset, in the parent's names */
	uint32_t n;
	struct gv_dir_row *dirs;
	struct gv_row *rows;
	uint32_t n_rows;
	struct gv_buf names;
};

static uint64_t
count_rows(const struct gv_census *c)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < c->n_dirs; i++)
		n += gv_census_dir(c, i)->n;
	return n;
}

/* Whether a row may enter the file: not what is gone by now. */
static bool
is_kept(const struct gv_census *c, const struct gv_row *row)
{
	if (!(row->flags & GV_ROW_DIR) || (row->flags & GV_ROW_ABSENT))
		return true;
	return !(gv_census_dir(c, (uint32_t)row->size)->flags & GV_CENSUS_GONE);
}

/* A directory that could not be read is tried again next time. */
static bool
is_unread(const struct gv_census *c, const struct gv_row *row)
{
	return (row->flags & GV_ROW_DIR) && !(row->flags & GV_ROW_ABSENT) &&
	    (gv_census_dir(c, (uint32_t)row->size)->flags & GV_CENSUS_UNREAD);
}

/* As what is skipped, with what tells whether it is as it was. */
static void
save_unread(struct gv_row *row, const struct gv_census *c)
{
	const struct gv_census_dir *d = gv_census_dir(c, (uint32_t)row->size);

	row->flags |= GV_ROW_SKIPPED;
	row->mtime = d->mtime;
	row->mode = d->mode;
	row->extra = d->extra;
	row->size = 0;
}

static void
save_rows(struct saving *s, uint32_t i)
{
	const struct gv_census_dir *d = gv_census_dir(s->c, s->order[i]);
	uint32_t j;

	for (j = 0; j < d->n; j++) {
		const struct gv_row *from = &d->rows[j];
		struct gv_row *row = &s->rows[s->n_rows];

		if (!is_kept(s->c, from))
			continue;
		*row = *from;
		row->flags &= GV_ROW_KEPT_FLAGS;
		row->spare = 0;
		row->name = (uint32_t)s->names.len;
		gv_buf_add(&s->names, d->names + from->name, from->name_len);
		if (is_unread(s->c, from)) {
			save_unread(row, s->c);
		} else if ((row->flags & GV_ROW_DIR) &&
		    !(row->flags & GV_ROW_ABSENT)) {
			s->order[s->n] = (uint32_t)from->size;
			s->parent[s->n] = i;
			s->name[s->n] = row->name;
			row->size = s->n++;
		}
		s->n_rows++;
	}
}

static void
save_dir(struct saving *s, uint32_t i)
{
	const struct gv_census_dir *d = gv_census_dir(s->c, s->order[i]);

	s->dirs[i] = (struct gv_dir_row){
		.mtime = d->mtime,
		.ctime = d->ctime,
		.ino = d->ino,
		.rules = d->rules,
		.mode = d->mode,
		.extra = d->extra,
		.parent = s->parent[i],
		.name = s->name[i],
		.first = s->n_rows,
		.name_len = d->name_len,
		.state = d->state,
		.read_as = d->read_as,
		.tree = d->tree,
	};
	save_rows(s, i);
	s->dirs[i].n = s->n_rows - s->dirs[i].first;
}

/* ---- only what changed --------------------------------------------------- */

/* The row as the file has it, where it stands for what the cache's stands for:
 * a thing of this name, entered or not as that. */
static bool
take_over(struct gv_row *out, const struct gv_census *c,
    const struct gv_census_dir *d, const struct gv_row *row,
    const struct gv_row *was)
{
	const char *names = c->opts.old->names;

	*out = *row;
	out->flags &= GV_ROW_KEPT_FLAGS;
	out->spare = 0;
	out->name = was->name;
	return row->name_len == was->name_len &&
	    memcmp(d->names + row->name, names + was->name, was->name_len) ==
	    0 &&
	    gv_census_is_entered(row) == gv_census_is_entered(was) &&
	    (!gv_census_is_entered(row) || row->size == was->size);
}

/* 1; 0 where it holds other things than the cache has. */
static int
note_rows(struct gv_statcache_change *change, const struct gv_census *c,
    const struct gv_census_dir *d, const struct gv_dir_row *od)
{
	const struct gv_row *was = c->opts.old->rows + od->first;
	struct gv_row row;
	uint32_t i;

	if (d->n != od->n)
		return 0;
	for (i = 0; i < d->n; i++) {
		if (!take_over(&row, c, d, &d->rows[i], &was[i]))
			return 0;
		if (memcmp(&row, &was[i], sizeof(row)) != 0 &&
		    gv_statcache_change_row(change, od->first + i, &row) < 0)
			return GV_ENOMEM;
	}
	return 1;
}

static int
note_dir(
    struct gv_statcache_change *change, const struct gv_census *c, uint32_t i)
{
	const struct gv_census_dir *d = gv_census_dir(c, i);
	const struct gv_dir_row *od = &c->opts.old->dirs[i];
	struct gv_dir_row now = *od;

	if (d->flags & (GV_CENSUS_GONE | GV_CENSUS_UNREAD))
		return 0;
	now.mtime = d->mtime;
	now.ctime = d->ctime;
	now.ino = d->ino;
	now.rules = d->rules;
	now.mode = d->mode;
	now.extra = d->extra;
	now.state = d->state;
	now.read_as = d->read_as;
	now.tree = d->tree;
	if (memcmp(&now, od, sizeof(now)) != 0 &&
	    gv_statcache_change_dir(change, i, &now) < 0)
		return GV_ENOMEM;
	return d->own ? note_rows(change, c, d, od) : d->n == od->n;
}

/* Where the same things stand in the same directories, the journal takes what
 * changed of them. 0; GV_ENOTFOUND where all is to be written. */
static int
save_changes(const struct gv_census *c, const char *path,
    const struct gv_statcache_head *head)
{
	struct gv_statcache_change change = GV_STATCACHE_CHANGE_INIT;
	uint32_t i;
	int r = 1;

	if (c->opts.old == NULL || c->n_dirs != c->opts.old->head->dirs)
		return GV_ENOTFOUND;
	for (i = 0; r > 0 && i < c->n_dirs; i++)
		r = note_dir(&change, c, i);
	r = r > 0 ? gv_statcache_append(c->opts.old, path, head, &change)
		  : GV_ENOTFOUND;
	gv_statcache_change_release(&change);
	return r;
}

int
gv_census_save(
    const struct gv_census *c, const char *path, struct gv_statcache_head *head)
{
	struct saving s = { .c = c, .n = 1, .names = GV_BUF_INIT };
	uint64_t rows;
	uint32_t i;
	int r;

	head->stamp = c->stamp;
	head->rules = c->rules;
	head->moment = c->hint.now;
	head->walked = c->walked;
	if (save_changes(c, path, head) == 0)
		return 0;
	if ((rows = count_rows(c)) > UINT32_MAX)
		return gv_err(GV_EREFUSED, "too many files for the cache");
	s.order = calloc(c->n_dirs, sizeof(*s.order));
	s.parent = calloc(c->n_dirs, sizeof(*s.parent));
	s.name = calloc(c->n_dirs, sizeof(*s.name));
	s.dirs = calloc(c->n_dirs, sizeof(*s.dirs));
	s.rows = gv_pages_new_huge((size_t)(rows + 1) * sizeof(*s.rows));
	if (!s.order || !s.parent || !s.name || !s.dirs || !s.rows) {
		r = gv_err_nomem();
		goto out;
	}
	for (i = 0; i < s.n; i++)
		save_dir(&s, i);
	if ((r = gv_buf_check(&s.names)) == 0 && s.names.len > UINT32_MAX)
		r = gv_err(GV_EREFUSED, "too long names for the cache");
	if (r < 0)
		goto out;
	head->dirs = s.n;
	head->rows = s.n_rows;
	r = gv_statcache_write(path, head, s.dirs, s.rows, &s.names);
out:
	free(s.order);
	free(s.parent);
	free(s.name);
	free(s.dirs);
	gv_pages_free_huge(s.rows, (size_t)(rows + 1) * sizeof(*s.rows));
	gv_buf_release(&s.names);
	return r;
}
