#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "infra/sister.h"
#include "infra/statefile.h"
#include "restore/restore_internal.h"

/*
 * The plan of a restore whose files are put where another environment has them:
 * each folder and file gets its new path, and the plan is put into order again.
 * Folders are few and files many, so a file takes its folder's new place.
 */

struct moved {
	struct gv_restore_file file;
	uint32_t link; /* names of one file have the same; 0: it has one name */
};

struct mover {
	struct gv_restore_run *run;
	const struct gv_sister_move *move;
	struct gv_restore_dir *dirs;
	size_t n_dirs;
	uint32_t *to;       /* by old folder: its new place, plus 1; 0: none */
	size_t *others;     /* by old folder: files below that are moved */
	size_t *kept;       /* … and states, which are not */
	struct gv_map made; /* new paths of folders: their entry of `to` */
	struct moved *files;
	size_t n_files;
	struct gv_buf path, other; /* as it was; as it is to be */
	size_t n_nameless;         /* files whose path has no such name … */
	struct gv_buf nameless;    /* … the first of them */
};

/* The new path of what m->path is. */
static int
find_place(struct mover *m)
{
	int r = gv_buf_check(&m->path);

	gv_buf_reset(&m->other);
	return r < 0
	    ? r
	    : gv_sister_path(&m->other, m->move, m->path.p, m->path.len);
}

/* The last name of the new path, which lives as long as the plan. */
static int
name_of(const char **name, uint32_t *len, struct mover *m)
{
	const char *slash =
	    m->other.len ? memrchr(m->other.p, '/', m->other.len) : NULL;
	const size_t at = slash ? (size_t)(slash - m->other.p) + 1 : 0;

	*len = (uint32_t)(m->other.len - at);
	*name = gv_arena_copy(
	    &m->run->plan.arena, m->other.len ? m->other.p + at : "", *len);
	return *name ? 0 : GV_ENOMEM;
}

/* The caller hears of both paths of a file. */
static int
note_path(struct mover *m)
{
	struct gv_arena *arena = &m->run->plan.arena;
	const char *to = gv_arena_copy(arena, m->other.p, m->other.len);
	char *from = gv_arena_copy(arena, m->path.p, m->path.len);

	return to && from ? gv_map_put(&m->run->moved, to, m->other.len, from)
			  : GV_ENOMEM;
}

/* Count what is below each folder; one is behind the folder that it is in. */
static int
count_states(struct mover *m)
{
	const struct gv_restore_plan *plan = &m->run->plan;
	size_t i, dir;

	for (i = 0; i < plan->n_files; i++) {
		dir = plan->files[i].dir;
		gv_restore_file_path(&m->path, plan, i);
		if (gv_buf_check(&m->path) < 0)
			return GV_ENOMEM;
		if (gv_statefile_is_kept(m->path.p))
			m->kept[dir]++;
		else
			m->others[dir]++;
	}
	for (i = plan->n_dirs; i-- > 1;) {
		m->others[plan->dirs[i].parent] += m->others[i];
		m->kept[plan->dirs[i].parent] += m->kept[i];
	}
	return 0;
}

static int
move_dir(struct mover *m, size_t i)
{
	struct gv_restore_plan *plan = &m->run->plan;
	const struct gv_restore_dir *old = &plan->dirs[i];
	struct gv_restore_dir *d = &m->dirs[m->n_dirs];
	const uint32_t *made;
	const char *key;
	int r;

	if (!old->used || old->skipped)
		return 0;
	/* below what stays all stays, and a folder of states is one of them */
	if (i && (m->to[old->parent] == 0 || (m->kept[i] && !m->others[i])))
		return 0;
	gv_restore_dir_path(&m->path, plan, i);
	if (old->repo) {
		gv_restore_tell(m->run, GV_RESTORE_ABSENT, m->path.p,
		    m->path.len, "a nested repository stays where it is");
		return 0;
	}
	if ((r = find_place(m)) < 0)
		return r;
	made =
	    gv_map_get(&m->made, m->other.len ? m->other.p : "", m->other.len);
	if (made) {
		m->to[i] = *made;
		return 0;
	}
	*d = *old;
	d->parent = i ? m->to[old->parent] - 1 : 0;
	d->path_len = m->other.len;
	d->first = d->n = 0;
	m->to[i] = (uint32_t)++m->n_dirs;
	key = gv_arena_copy(
	    &plan->arena, m->other.len ? m->other.p : "", m->other.len);
	if (key == NULL || name_of(&d->name, &d->name_len, m) < 0)
		return GV_ENOMEM;
	return gv_map_put(&m->made, key, m->other.len, &m->to[i]);
}

static int
move_file(struct mover *m, size_t i)
{
	const struct gv_restore_plan *plan = &m->run->plan;
	const struct gv_restore_file *old = &plan->files[i];
	struct moved *to = &m->files[m->n_files];
	int r;

	gv_restore_file_path(&m->path, plan, i);
	if ((r = find_place(m)) < 0)
		return r;
	if (gv_statefile_is_kept(m->path.p)) {
		gv_restore_tell(m->run, GV_RESTORE_ABSENT, m->path.p,
		    m->path.len, "a state stays with its environment");
		return 0;
	}
	if (m->to[old->dir] == 0)
		return 0;
	if (m->other.len == m->path.len &&
	    memcmp(m->other.p, m->path.p, m->path.len) == 0) {
		if (m->n_nameless++ == 0)
			gv_buf_add(&m->nameless, m->path.p, m->path.len);
		return gv_buf_check(&m->nameless);
	}
	to->file = *old;
	to->file.dir = m->to[old->dir] - 1;
	to->link = old->leader ? old->leader
	    : old->shared      ? (uint32_t)i + 1
			       : 0;
	m->n_files++;
	if ((r = note_path(m)) < 0)
		return r;
	return name_of(&to->file.name, &to->file.name_len, m);
}

static int
by_place(const void *a, const void *b)
{
	const struct gv_restore_file *x = a, *y = b; /* their first members */

	if (x->dir != y->dir)
		return x->dir < y->dir ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Two files cannot have one path: prod.tfvars and production.tfvars. */
static int
check_apart(struct mover *m)
{
	const struct gv_restore_file *f;
	size_t i;

	for (i = 1; i < m->n_files; i++) {
		f = &m->files[i].file;
		if (by_place(&m->files[i - 1], f) != 0)
			continue;
		return gv_err(GV_EREFUSED,
		    "nothing was restored: two files of %s would both be "
		    "%.*s%s%s; restore one of them by its path",
		    m->move->from, (int)m->dirs[f->dir].name_len,
		    m->dirs[f->dir].name, m->dirs[f->dir].name_len ? "/" : "",
		    f->name);
	}
	return 0;
}

/* The files take their places in the plan, those of a folder together; the
 * first name of a file leads the others, as before. */
static int
settle(struct mover *m)
{
	struct gv_restore_plan *plan = &m->run->plan;
	uint32_t *first = calloc(plan->n_files + 1, sizeof(*first));
	struct gv_restore_file *f;
	size_t i;
	uint32_t link;

	if (first == NULL)
		return gv_err_nomem();
	for (i = 0; i < m->n_files; i++) {
		f = &plan->files[i];
		*f = m->files[i].file;
		link = m->files[i].link;
		if (link) {
			f->leader = first[link];
			f->shared = first[link] == 0;
		}
		if (link && first[link] == 0)
			first[link] = (uint32_t)i + 1;
		if (m->dirs[f->dir].n++ == 0)
			m->dirs[f->dir].first = (uint32_t)i;
	}
	free(first);
	plan->n_files = m->n_files;
	free(plan->dirs);
	plan->dirs = m->dirs;
	plan->n_dirs = plan->dirs_cap = m->n_dirs;
	m->dirs = NULL;
	return 0;
}

static int
check_names(const struct mover *m)
{
	if (m->n_nameless == 0)
		return 0;
	return gv_err(GV_EREFUSED,
	    "nothing was restored: the path of %.*s%s does not name %s, so "
	    "its place in %s is not known; restore the other files by their "
	    "paths",
	    (int)m->nameless.len, m->nameless.p,
	    m->n_nameless > 1 ? ", and of others," : "", m->move->from,
	    m->move->to);
}

int
gv_restore_move(struct gv_restore_run *run)
{
	const struct gv_restore_plan *plan = &run->plan;
	struct mover m = { .run = run,
		.move = run->opts->move,
		.path = GV_BUF_INIT,
		.other = GV_BUF_INIT,
		.nameless = GV_BUF_INIT };
	size_t i;
	int r = 0;

	if (m.move == NULL)
		return 0;
	m.dirs = calloc(plan->n_dirs, sizeof(*m.dirs));
	m.to = calloc(plan->n_dirs, sizeof(*m.to));
	m.others = calloc(plan->n_dirs, sizeof(*m.others));
	m.kept = calloc(plan->n_dirs, sizeof(*m.kept));
	m.files = calloc(plan->n_files + 1, sizeof(*m.files));
	if (!m.dirs || !m.to || !m.others || !m.kept || !m.files)
		r = gv_err_nomem();
	else
		r = count_states(&m);
	for (i = 0; r == 0 && i < plan->n_dirs; i++)
		r = move_dir(&m, i);
	for (i = 0; r == 0 && i < plan->n_files; i++)
		r = move_file(&m, i);
	if (r < 0 || (r = check_names(&m)) < 0)
		goto out;
	if (m.n_files)
		qsort(m.files, m.n_files, sizeof(*m.files), by_place);
	if ((r = check_apart(&m)) == 0)
		r = settle(&m);
out:
	gv_map_release(&m.made);
	gv_buf_release(&m.path);
	gv_buf_release(&m.other);
	gv_buf_release(&m.nameless);
	free(m.dirs);
	free(m.to);
	free(m.others);
	free(m.kept);
	free(m.files);
	return r;
}
