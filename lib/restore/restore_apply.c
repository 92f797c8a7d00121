#include "restore/restore_apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "restore/large.h"
#include "snapshot/survey.h"

/* A file whose directory is left out is left out with it. */
static bool
is_out(const struct gv_restore_apply *a, const struct gv_restore_file *f)
{
	return a->run->plan.dirs[f->dir].skipped;
}

bool
gv_restore_is_written(
    const struct gv_restore_apply *a, const struct gv_restore_file *f)
{
	return (f->action == GV_RESTORE_CREATE ||
		   f->action == GV_RESTORE_CHANGE) &&
	    !is_out(a, f);
}

static int
map_dirs(struct gv_restore_apply *a)
{
	const struct gv_restore_plan *plan = &a->run->plan;
	char *copy;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < plan->n_dirs; i++) {
		gv_restore_dir_path(&a->path, plan, i);
		copy = gv_arena_copy(&a->arena, a->path.p, a->path.len);
		r = copy ? gv_map_put(&a->dirs, copy, a->path.len,
			       (void *)(uintptr_t)(i + 1))
			 : GV_ENOMEM;
	}
	return r;
}

/* What stands where the snapshot has something: where names are the same
 * whatever their case, git may know it by another one. */
static int
map_planned(struct gv_map *map, const struct gv_restore_apply *a)
{
	const struct gv_restore_plan *plan = &a->run->plan;
	struct gv_restore_old *old;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < plan->n_files; i++) {
		old = &a->old[i];
		if (old->there)
			r = gv_map_put(map, &old->id, sizeof(old->id), old);
	}
	for (i = 0; r == 0 && i < plan->n_dirs; i++) {
		old = &plan->dirs[i].old;
		if (plan->dirs[i].there)
			r = gv_map_put(map, &old->id, sizeof(old->id), old);
	}
	return r;
}

/* Another name of a file that has several is another name all the same. */
static bool
is_planned(const struct gv_map *planned, const struct gv_restore_old *old,
    const struct stat *st)
{
	return (st->st_nlink == 1 || old->is_dir) &&
	    gv_map_get(planned, &old->id, sizeof(old->id));
}

/* What is to be deleted, each with what it is now. */
static int
find_surplus(struct gv_restore_apply *a)
{
	const char *p, *end, *name;
	struct gv_restore_surplus *s;
	struct gv_map planned = GV_MAP_INIT;
	struct stat st;
	size_t len;
	int dir, r;

	if ((r = map_dirs(a)) == 0 && (r = map_planned(&planned, a)) == 0)
		r = gv_restore_list_surplus(
		    &a->surplus_text, a->run, a->place->root_fd);
	p = a->surplus_text.p;
	end = r == 0 ? p + a->surplus_text.len : p;
	for (; r == 0 && p < end; p += strlen(p) + 1) {
		len = strlen(p);
		len -= len && p[len - 1] == '/';
		r = GV_GROW(a->surplus, a->n_surplus, a->surplus_cap);
		if (r < 0)
			break;
		s = &a->surplus[a->n_surplus];
		s->path = gv_arena_copy(&a->arena, p, len);
		s->len = len;
		if (s->path == NULL) {
			r = GV_ENOMEM;
			break;
		}
		/* gone, or beyond a link: not ours to remove */
		dir =
		    gv_entry_cursor_parent(&a->cursor, s->path, s->len, &name);
		if (dir < 0 || gv_entry_stat(dir, name, &st) < 0)
			continue;
		gv_restore_old_of(&s->old, &st);
		if (s->old.is_dir && p[len] != '/')
			continue;
		if (is_planned(&planned, &s->old, &st))
			continue;
		a->n_surplus++;
		r = gv_map_put(&a->going, s->path, s->len, a);
	}
	gv_map_release(&planned);
	return r;
}

static void
count_work(struct gv_restore_apply *a)
{
	struct gv_restore_plan *plan = &a->run->plan;
	bool keep = a->run->opts->overwrite == GV_RESTORE_NEVER ||
	    a->run->opts->overwrite == GV_RESTORE_IF_NEWER;
	size_t i;

	a->work = a->n_surplus + a->run->opts->index;
	for (i = 0; i < plan->n_files; i++)
		if (!is_out(a, &plan->files[i]) &&
		    (gv_restore_is_written(a, &plan->files[i]) ||
			plan->files[i].action == GV_RESTORE_TOUCH))
			a->work++;
	for (i = 0; i < plan->n_dirs; i++) {
		struct gv_restore_dir *d = &plan->dirs[i];

		if (d->differs) {
			gv_restore_dir_path(&a->path, plan, i);
			d->differs = !keep &&
			    gv_restore_sets_dir(a->run, a->path.p, a->path.len);
		}
		if (d->used && !d->skipped && (!d->there || d->differs))
			a->work++;
	}
}

/* --- nothing is replaced that the safety snapshot does not hold --- */

static int
hold_path(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct gv_restore_apply *a = ctx;
	char *copy;

	if (e->mode == GV_MODE_DIR)
		return 0;
	copy = gv_arena_copy(&a->arena, path, len);
	return copy ? gv_map_put(&a->held, copy, len, copy) : GV_ENOMEM;
}

/* What stands in the safety snapshot for a file of which it has the pointer
 * alone, and the filter's store nothing. */
static char lost_pointer;

/* Whether the filter's store has what a blob is a pointer of. */
static bool
is_stored(const struct gv_restore_apply *a, const struct gv_object *obj)
{
	struct gv_large large;

	return gv_large_parse(&large, (const char *)obj->data, obj->len) &&
	    gv_large_is_stored(a->run->repo, &large);
}

/* It holds no more of a file under a large-file filter than its pointer, where
 * that was not changed. */
static int
check_pointers(struct gv_restore_apply *a, const struct gv_record *rec)
{
	const struct gv_config *config = &a->run->repo->config;
	struct gv_manifest *m = NULL;
	struct gv_object obj;
	struct gv_oid id;
	unsigned mode;
	size_t i;
	int r;

	if (!gv_large_is_used(config))
		return 0;
	if ((r = gv_tree_find(
		 a->run->odb, &rec->meta, "manifest", &mode, &id)) == 0)
		r = gv_manifest_load(&m, a->run->odb, &id);
	for (i = 0; r == 0 && i < gv_manifest_count(m); i++) {
		const struct gv_manifest_entry *e = gv_manifest_at(m, i);

		if (!gv_manifest_is_pointer(e))
			continue;
		r = gv_tree_find(a->run->odb, &rec->tree, e->path, &mode, &id);
		memset(&obj, 0, sizeof(obj));
		if (r == 0 &&
		    (r = gv_odb_read_type(
			 a->run->odb, &obj, &id, GV_OTYPE_BLOB)) == 0 &&
		    !is_stored(a, &obj))
			r = gv_map_put(&a->held,
			    gv_arena_copy(&a->arena, e->path, e->path_len),
			    e->path_len, &lost_pointer);
		gv_object_release(&obj);
	}
	gv_manifest_free(m);
	return r;
}

/* The same before there is one. */
static int
foresee_path(
    void *ctx, const char *path, size_t len, const struct gv_oid *pointer)
{
	struct gv_restore_apply *a = ctx;
	char *copy = gv_arena_copy(&a->arena, path, len), *held = copy;
	struct gv_object obj = { 0 };
	int r = copy ? 0 : GV_ENOMEM;

	if (r == 0 && pointer) {
		r = gv_odb_read_type(a->run->odb, &obj, pointer, GV_OTYPE_BLOB);
		if (r == 0 && !is_stored(a, &obj))
			held = &lost_pointer;
		gv_object_release(&obj);
	}
	return r < 0 ? r : gv_map_put(&a->held, copy, len, held);
}

static int
foresee_safety(struct gv_restore_apply *a)
{
	int r = a->run->opts->to
	    ? 0
	    : gv_survey_each_held(a->run->repo, foresee_path, a);

	return r < 0 ? gv_err_in(r, GV_RESTORE_NO_SAFETY) : 0;
}

static int
take_safety(struct gv_restore_apply *a)
{
	struct gv_restore_run *run = a->run;
	struct gv_record rec = { 0 };
	int r;

	/* another tree than the repository's is no snapshot's to hold */
	if (run->opts->to || run->opts->take_safety == NULL || run->narrow)
		return 0;
	r = run->opts->take_safety(
	    run->opts->safety_ctx, run->result->safety, NULL);
	if (r < 0)
		return gv_err_in(r, GV_RESTORE_NO_SAFETY);
	if ((r = gv_odb_refresh(run->odb)) == 0)
		r = gv_record_resolve(&rec, run->repo,
		    &(struct gv_record_query){ .text = run->result->safety });
	if (r == 0 &&
	    (r = gv_tree_walk(run->odb, &rec.tree, hold_path, a)) == 0)
		r = check_pointers(a, &rec);
	gv_record_release(&rec);
	return r;
}

static bool
is_held(const struct gv_restore_apply *a, const char *path, size_t len)
{
	const char *held;

	/* a directory that is not the repository's: asked for by --overwrite */
	if (a->run->opts->to)
		return true;
	if (a->run->narrow)
		return gv_restore_narrow_is_held(
		    a->run->narrow, a->place->root_fd, path, len);
	held = gv_map_get(&a->held, path, len);
	return held && held != &lost_pointer;
}

/* Whether we may remove all that is below a->path. */
static bool
may_empty(struct gv_restore_apply *a, const struct gv_restore_room *room)
{
	const struct gv_restore_surplus *s;
	size_t i;
	bool locked;
	int dir = gv_entry_cursor_go(&a->cursor, a->path.p, a->path.len);

	for (i = 0; dir >= 0 && gv_entry_may_write(dir, &locked); i++) {
		if (i == room->n)
			return true;
		s = &a->inside[room->first + i];
		if (s->old.is_dir)
			dir = gv_entry_cursor_go(&a->cursor, s->path, s->len);
	}
	return false;
}

static bool
is_going(const struct gv_restore_apply *a, const char *path, size_t len)
{
	return gv_map_get(&a->going, path, len) != NULL;
}

/* Why not all that is below the directory at a->path may go, or NULL. */
static const char *
why_not_clear(struct gv_restore_apply *a)
{
	struct gv_restore_room room = gv_restore_room_of(a);
	const struct gv_restore_opts *opts = a->run->opts;

	if (opts->to && !opts->delete &&room.n > 0)
		return "a directory is there and is not empty; move it away "
		       "first";
	if (opts->to && !gv_restore_all_below(a, is_going))
		return "a directory is there, with something in it that "
		       "--delete does not remove; move it away first";
	if (!gv_restore_all_below(a, is_held))
		return "a directory is there, with files that are not in the "
		       "safety snapshot";
	if (!may_empty(a, &room))
		return "a directory is there, with files that must not be "
		       "removed";
	return NULL;
}

static void
check_file(struct gv_restore_apply *a, size_t i)
{
	static const char not_held[] =
	    "something that is not in the safety snapshot is there (ignored, "
	    "or not a file) and stays unchanged; move it away first";
	static const char pointer_only[] =
	    "the safety snapshot has only the pointer of it, and its content "
	    "is "
	    "not in the store of git's large-file filter, so it is left as it "
	    "is; move it away first";
	struct gv_restore_file *f = &a->run->plan.files[i];
	const char *why = NULL;

	if (!gv_restore_is_written(a, f) || !a->old[i].there || is_out(a, f))
		return;
	gv_restore_file_path(&a->path, &a->run->plan, i);
	if (a->old[i].is_dir)
		why = why_not_clear(a);
	else if (!is_held(a, a->path.p, a->path.len))
		why = gv_map_get(&a->held, a->path.p, a->path.len)
		    ? pointer_only
		    : not_held;
	if (why) {
		f->action = GV_RESTORE_SKIP;
		gv_restore_skip(a->run, a->path.p, a->path.len, why);
	}
}

static bool
may_delete(struct gv_restore_apply *a, const struct gv_restore_surplus *s)
{
	const char *name;
	bool locked;
	int dir;

	if (!s->old.is_dir && !is_held(a, s->path, s->len))
		return false;
	dir = gv_entry_cursor_parent(&a->cursor, s->path, s->len, &name);
	if (dir < 0 || gv_entry_may_write(dir, &locked))
		return true;
	gv_restore_skip(
	    a->run, s->path, s->len, "its directory may not be written");
	return false;
}

static void
check_held(struct gv_restore_apply *a)
{
	struct gv_restore_plan *plan = &a->run->plan;
	size_t i, n = 0;

	gv_restore_skip_blocked(
	    a, is_held, "a file that is not in the safety snapshot is there");
	for (i = 0; i < plan->n_files; i++)
		check_file(a, i);
	for (i = 0; i < a->n_surplus; i++)
		if (may_delete(a, &a->surplus[i]))
			a->surplus[n++] = a->surplus[i];
	a->n_surplus = n;
}

static bool
is_below_any(const struct gv_map *dirs, const struct gv_restore_surplus *s)
{
	size_t i;

	for (i = 0; i < s->len; i++)
		if (s->path[i] == '/' && gv_map_get(dirs, s->path, i))
			return true;
	return false;
}

/* A directory that a file does not take the place of keeps what is in it, or
 * neither of them would be there. */
static int
keep_rooms(struct gv_restore_apply *a)
{
	const struct gv_restore_plan *plan = &a->run->plan;
	struct gv_map kept = GV_MAP_INIT;
	size_t i, n = 0;
	char *copy;
	int r = 0;

	for (i = 0; r == 0 && i < plan->n_files; i++) {
		if (!a->old[i].is_dir ||
		    gv_restore_is_written(a, &plan->files[i]))
			continue;
		gv_restore_file_path(&a->path, plan, i);
		copy = gv_arena_copy(&a->arena, a->path.p, a->path.len);
		r = copy ? gv_map_put(&kept, copy, a->path.len, a) : GV_ENOMEM;
	}
	for (i = 0; r == 0 && i < a->n_surplus; i++)
		if (!is_below_any(&kept, &a->surplus[i]))
			a->surplus[n++] = a->surplus[i];
	if (r == 0)
		a->n_surplus = n;
	gv_map_release(&kept);
	return r;
}

static void
note_miss(void *ctx, const char *path, size_t len, const char *reason)
{
	struct gv_restore_apply *a = ctx;
	char *copy = gv_arena_copy(&a->arena, path, len);

	gv_restore_skip(a->run, path, len, reason);
	if (copy)
		gv_map_put(&a->missed, copy, len, copy);
}

/* Whoever staged something since the restore began keeps it. */
static int
write_index(struct gv_restore_apply *a)
{
	struct gv_restore_run *run = a->run;
	int fd = a->place->control_fd;
	bool is_same;
	int r =
	    gv_restore_is_marked(&is_same, run->repo, run->odb, run->rec, fd);

	if (r < 0)
		return r;
	if (is_same)
		return gv_restore_write_index(
		    run->repo, run->odb, run->rec, run, fd);
	gv_restore_skip(run, "", 0, "the index: " GV_RESTORE_INDEX_STAGED);
	return 0;
}

static int
carry_out(struct gv_restore_apply *a)
{
	struct gv_restore_run *run = a->run;
	unsigned refused = 0;
	int r;

	gv_restore_journal_begin(&a->journal, a->place, run->rec->id,
	    run->result->safety, run->index);
	/* what could not be staged is known by now */
	if ((r = keep_rooms(a)) == 0 && (r = gv_restore_add_steps(a)) == 0 &&
	    run->index)
		r = gv_restore_mark_index(run->repo, a->place->control_fd);
	if (r == 0)
		r = gv_restore_journal_commit(&a->journal, a->place);
	if (r < 0) {
		/* nothing was touched, and nothing shall be later */
		a->text.len = 0;
		gv_buf_addstr(&a->text, gv_err_message());
		gv_restore_place_clear(a->place);
		gv_err_set_message(a->text.p);
		return r;
	}
	r = gv_restore_journal_play(a->journal.text.p, a->journal.text.len,
	    a->place, note_miss, a, &run->result->refused);
	if (r == 0 && run->index)
		r = write_index(a);
	if (r == 0 && run->opts->to == NULL && run->opts->after)
		r = run->opts->after->played(
		    run->repo, run->result->safety, NULL);
	if (r < 0)
		return gv_err_in(r,
		    "the restore is not finished; the next "
		    "git-vault command here goes on with it");
	r = gv_restore_place_done(a->place);
	/* the journal's own folder at the top has left its mark on it */
	if (r == 0 && a->top_set)
		gv_entry_set_at(a->place->root_fd, ".", &a->top, &refused);
	return r;
}

/* --- what was, or would be, done --- */

static void
tell_one(struct gv_restore_apply *a, enum gv_restore_action action,
    const char *path, size_t len)
{
	if (!gv_map_get(&a->missed, path, len))
		gv_restore_tell(a->run, action, path, len, NULL);
}

/* The files that go with the directory at a->path; --delete tells its own. */
static void
tell_room(struct gv_restore_apply *a)
{
	struct gv_restore_room room = gv_restore_room_of(a);
	const struct gv_restore_surplus *s;
	size_t i;

	for (i = 0; i < room.n; i++) {
		s = &a->inside[room.first + i];
		if (!s->old.is_dir && !is_going(a, s->path, s->len))
			tell_one(a, GV_RESTORE_DELETE, s->path, s->len);
	}
}

static void
tell_file(struct gv_restore_apply *a, size_t i)
{
	struct gv_restore_file *f = &a->run->plan.files[i];
	bool written = gv_restore_is_written(a, f);

	if (is_out(a, f))
		return;
	if (f->action == GV_RESTORE_KEEP)
		a->run->result->unchanged++;
	if (!written && !f->left && f->action != GV_RESTORE_TOUCH)
		return;
	gv_restore_file_path(&a->path, &a->run->plan, i);
	if (f->left && (f->action == GV_RESTORE_SEALED || written))
		gv_restore_tell_left(a->run, a->path.p, a->path.len, f->left,
		    f->action == GV_RESTORE_SEALED);
	if (written)
		tell_room(a);
	if (written || f->action == GV_RESTORE_TOUCH)
		tell_one(a, f->action, a->path.p, a->path.len);
}

/* A directory that stands, whose mode, owner or attributes are set; times of
 * directories follow from what is done in them, and are not told. */
static void
tell_touched(struct gv_restore_apply *a, size_t i)
{
	const struct gv_restore_dir *d = &a->run->plan.dirs[i];

	if (!d->there || !d->differs || !d->touched)
		return;
	gv_restore_dir_path(&a->path, &a->run->plan, i);
	if (gv_map_get(&a->missed, a->path.p, a->path.len))
		return;
	if (i == 0)
		gv_buf_addch(&a->path, '.');
	gv_restore_tell_dir(a->run, GV_RESTORE_TOUCH, a->path.p, a->path.len);
}

static void
tell_dir(struct gv_restore_apply *a, size_t i)
{
	const struct gv_restore_dir *d = &a->run->plan.dirs[i];

	if (!d->used || d->skipped)
		return;
	if (d->there || i == 0) {
		tell_touched(a, i);
		return;
	}
	gv_restore_dir_path(&a->path, &a->run->plan, i);
	if (d->blocked)
		tell_one(a, GV_RESTORE_DELETE, a->path.p, a->path.len);
	if (d->n == 0 && !d->repo)
		gv_restore_tell_dir(
		    a->run, GV_RESTORE_CREATE, a->path.p, a->path.len);
}

static void
tell(struct gv_restore_apply *a)
{
	const struct gv_restore_surplus *s;
	size_t i;

	a->run->result->unchanged += gv_restore_narrow_same(a->run);
	for (i = 0; i < a->run->plan.n_files; i++)
		tell_file(a, i);
	for (i = 0; i < a->run->plan.n_dirs; i++)
		tell_dir(a, i);
	gv_restore_tell_repos(a->run);
	for (i = 0; i < a->n_surplus; i++) {
		s = &a->surplus[i];
		if (s->old.is_dir)
			gv_restore_tell_dir(
			    a->run, GV_RESTORE_DELETE, s->path, s->len);
		else
			tell_one(a, GV_RESTORE_DELETE, s->path, s->len);
	}
}

/* All that may keep us from it, or from some of it; for a dry run too, which
 * would promise it else. */
static int
prepare(struct gv_restore_apply *a)
{
	const struct gv_restore_opts *opts = a->run->opts;
	int r;

	if (opts->begin)
		opts->begin(opts->progress_ctx, "", 0);
	/* git would refuse it when the files are there already */
	r = opts->index ? gv_restore_check_index(a->run) : 0;
	if (r < 0)
		return r;
	r = opts->dry_run ? foresee_safety(a) : take_safety(a);
	if (r < 0)
		return r;
	check_held(a);
	if ((r = keep_rooms(a)) < 0)
		return r;
	if (opts->dry_run)
		return gv_restore_place_look(a->place);
	if (opts->begun && *a->run->result->safety)
		return opts->begun(opts->safety_ctx, a->run->result->safety);
	return 0;
}

/* Nothing that is there is replaced unasked: the first file that would be, and
 * how many there are. */
static int
check_new(struct gv_restore_apply *a)
{
	const struct gv_restore_plan *plan = &a->run->plan;
	size_t i, n = 0;

	for (i = plan->n_files; i-- > 0;)
		if (plan->files[i].action == GV_RESTORE_CHANGE) {
			gv_restore_file_path(&a->path, plan, i);
			n++;
		}
	if (n == 0 || gv_buf_check(&a->path) < 0)
		return n ? GV_ENOMEM : 0;
	return gv_err(GV_EREFUSED,
	    "nothing was restored: %s is there with other content%s", a->path.p,
	    n > 1 ? ", and so are others" : "");
}

static int
run_apply(struct gv_restore_apply *a)
{
	const struct gv_restore_opts *opts = a->run->opts;
	int r;

	if (opts->begin)
		opts->begin(opts->progress_ctx, "comparing files",
		    a->run->plan.n_files);
	if ((r = gv_restore_compare(a->run, a->place->root_fd, a->old)) < 0 ||
	    (r = gv_restore_list_rooms(a)) < 0)
		return r;
	if (opts->takes || opts->stays)
		gv_restore_way_check(a);
	r = opts->delete ? find_surplus(a) : 0;
	if (r < 0)
		return r;
	if (opts->only_new && (r = check_new(a)) < 0)
		return r;
	count_work(a);
	r = a->work ? prepare(a) : 0;
	if (r < 0)
		return r;
	if (opts->dry_run || a->work == 0) {
		/* nothing is touched that one would go back to */
		*a->run->result->safety = '\0';
		tell(a);
		return 0;
	}
	if (opts->begin)
		opts->begin(opts->progress_ctx, "restoring files", a->work);
	r = gv_restore_place_make(a->place, true);
	if (r < 0)
		return r;
	r = gv_restore_stage(a);
	if (r < 0) {
		gv_buf_reset(&a->text);
		gv_buf_addstr(&a->text, gv_err_message());
		gv_restore_place_clear(a->place);
		gv_err_set_message(a->text.p);
		return r;
	}
	if ((r = carry_out(a)) == 0)
		tell(a);
	return r;
}

int
gv_restore_apply(struct gv_restore_run *run, struct gv_restore_place *place)
{
	struct gv_restore_apply a = { .run = run, .place = place };
	size_t i;
	int r;

	a.path = a.text = (struct gv_buf)GV_BUF_INIT;
	a.surplus_text = a.journal.text = (struct gv_buf)GV_BUF_INIT;
	if (!gv_entry_hold(place->root_fd))
		return gv_err(GV_ELOCKED,
		    "another restore into %s is under way; try again when it "
		    "is done",
		    place->root);
	gv_entry_cursor_init(&a.cursor, place->root_fd);
	a.old = calloc(run->plan.n_files + 1, sizeof(*a.old));
	a.reasons = calloc(run->plan.n_files + 1, sizeof(*a.reasons));
	r = a.old && a.reasons ? run_apply(&a) : gv_err_nomem();
	gv_entry_cursor_release(&a.cursor);
	gv_map_release(&a.rooms);
	gv_map_release(&a.cleared);
	gv_map_release(&a.going);
	gv_map_release(&a.held);
	gv_map_release(&a.dirs);
	gv_map_release(&a.missed);
	gv_arena_release(&a.arena);
	gv_buf_release(&a.path);
	gv_buf_release(&a.text);
	gv_buf_release(&a.surplus_text);
	gv_buf_release(&a.journal.text);
	for (i = 0; a.reasons && i < run->plan.n_files; i++)
		free(a.reasons[i]);
	free(a.reasons);
	free(a.surplus);
	free(a.inside);
	free(a.old);
	return r;
}
