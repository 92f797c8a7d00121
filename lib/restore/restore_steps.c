#include "restore/restore_apply.h"

#include <string.h>

#include "base/err.h"

/* Where the directory ends that a path lies in; 0 is the top. */
static size_t
above(const char *path, size_t len)
{
	while (len > 0 && path[--len] != '/')
		;
	return len;
}

static void
mark_dirty(struct gv_restore_apply *a)
{
	struct gv_restore_plan *plan = &a->run->plan;
	struct gv_restore_dir *d;
	uintptr_t at;
	size_t i, n;

	for (i = 0; i < plan->n_files; i++)
		if (gv_restore_is_written(a, &plan->files[i]))
			plan->dirs[plan->files[i].dir].dirty = true;
	for (i = 1; i < plan->n_dirs; i++) {
		d = &plan->dirs[i];
		if (d->used && !d->skipped && !d->there)
			plan->dirs[d->parent].dirty = true;
	}
	/* what is emptied by that goes, too */
	for (i = 0; i < a->n_surplus; i++) {
		for (at = 0, n = a->surplus[i].len; at == 0 && n > 0;) {
			n = above(a->surplus[i].path, n);
			at = (uintptr_t)gv_map_get(
			    &a->dirs, a->surplus[i].path, n);
		}
		if (at)
			plan->dirs[at - 1].dirty = true;
	}
}

/* A directory that is locked: opened, or as it was again if it is still
 * there. */
static void
add_lock(struct gv_restore_apply *a, const char *path, size_t len, bool open)
{
	struct gv_entry_meta m = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
	int dir = gv_entry_cursor_go(&a->cursor, path, len);
	bool locked;
	struct stat st;

	if (dir < 0 || !gv_entry_may_write(dir, &locked) || !locked ||
	    gv_entry_stat(dir, "", &st) < 0)
		return;
	m.mode = st.st_mode & 07777;
	if (open)
		gv_restore_step_open(&a->journal, path, len);
	else
		gv_restore_step_meta(&a->journal, &m, S_IFDIR, path, len);
}

/* Whether it has its step already. */
static bool
is_cleared(const struct gv_restore_apply *a, const struct gv_restore_surplus *s)
{
	return gv_map_get(&a->cleared, s->path, s->len) != NULL;
}

/* The directories that only what is deleted lies in; the plan's own are opened
 * with it. */
static int
add_locks(struct gv_restore_apply *a, bool open)
{
	struct gv_map seen = GV_MAP_INIT;
	const struct gv_restore_surplus *s;
	size_t i, n;
	int r = 0;

	for (i = 0; r == 0 && i < a->n_surplus; i++) {
		s = &a->surplus[i];
		if (is_cleared(a, s))
			continue;
		for (n = above(s->path, s->len); r == 0 && n > 0;
		     n = above(s->path, n)) {
			if (gv_map_get(&a->dirs, s->path, n) ||
			    gv_map_get(&seen, s->path, n))
				break;
			r = gv_map_put(&seen, s->path, n, &seen);
			add_lock(a, s->path, n, open);
		}
	}
	gv_map_release(&seen);
	return r;
}

/* The locks of the directory at a->path and of those below it. */
static void
add_room_locks(
    struct gv_restore_apply *a, const struct gv_restore_room *room, bool open)
{
	const struct gv_restore_surplus *s;
	size_t i;

	if (open)
		add_lock(a, a->path.p, a->path.len, true);
	for (i = 0; i < room->n; i++) {
		s = &a->inside[room->first + i];
		if (s->old.is_dir)
			add_lock(a, s->path, s->len, open);
	}
	if (!open)
		add_lock(a, a->path.p, a->path.len, false);
}

/* All that was listed of the directory at a->path goes, which may be locked, it
 * or what is in it. What has come since, or was changed, keeps it there. */
static int
clear_dir(struct gv_restore_apply *a)
{
	struct gv_restore_room room = gv_restore_room_of(a);
	const struct gv_restore_surplus *s;
	size_t i;
	int r = 0;

	add_room_locks(a, &room, true);
	for (i = 0; r == 0 && i < room.n; i++) {
		s = &a->inside[room.first + i];
		if (s->old.is_dir)
			gv_restore_step_rmdir(&a->journal, s->path, s->len);
		else
			gv_restore_step_unlink(
			    &a->journal, &s->old, s->path, s->len);
		r = gv_map_put(&a->cleared, s->path, s->len, a);
	}
	gv_restore_step_rmdir(&a->journal, a->path.p, a->path.len);
	add_room_locks(a, &room, false);
	return r;
}

/* Make room: what stands where a directory goes, and the other way round. */
static int
add_clearing(struct gv_restore_apply *a)
{
	struct gv_restore_plan *plan = &a->run->plan;
	size_t i;
	int r = 0;

	for (i = 0; i < plan->n_dirs; i++) {
		struct gv_restore_dir *d = &plan->dirs[i];

		gv_restore_dir_path(&a->path, plan, i);
		if (d->there && d->dirty && d->locked)
			gv_restore_step_open(
			    &a->journal, a->path.p, a->path.len);
		if (d->blocked && !d->skipped)
			gv_restore_step_unlink(
			    &a->journal, &d->old, a->path.p, a->path.len);
	}
	for (i = 0; r == 0 && i < plan->n_files; i++) {
		if (!gv_restore_is_written(a, &plan->files[i]) ||
		    !a->old[i].is_dir)
			continue;
		gv_restore_file_path(&a->path, plan, i);
		r = clear_dir(a);
		memset(&a->old[i], 0, sizeof(a->old[i]));
	}
	return r;
}

/* Delete what is surplus, and the directories that this empties. */
static void
add_deletions(struct gv_restore_apply *a)
{
	const struct gv_restore_surplus *s;
	size_t i, n;

	for (i = 0; i < a->n_surplus; i++) {
		s = &a->surplus[i];
		if (is_cleared(a, s))
			continue;
		if (s->old.is_dir)
			gv_restore_step_rmdir(&a->journal, s->path, s->len);
		else
			gv_restore_step_unlink(
			    &a->journal, &s->old, s->path, s->len);
	}
	/* the one whose file goes last is tried last, with all above it */
	for (i = a->n_surplus; i-- > 0;) {
		s = &a->surplus[i];
		if (is_cleared(a, s))
			continue;
		for (n = s->len; n > 0; n--) {
			if (s->path[n] != '/')
				continue;
			if (gv_map_get(&a->dirs, s->path, n))
				break;
			gv_restore_step_rmdir(&a->journal, s->path, n);
		}
	}
}

/* Of what stands already, all that was asked for is set, also where it is
 * ours, and attributes that it had not go; only the superuser sets owners. */
static void
own(const struct gv_restore_run *run, struct gv_entry_meta *m, uid_t uid,
    gid_t gid)
{
	m->exact = m->has_time; /* the manifest has a line for it */
	m->uid = run->uid == 0 ? uid : (uid_t)-1;
	m->gid = run->uid == 0 ? gid : (gid_t)-1;
}

static void
add_dir_meta(struct gv_restore_apply *a, size_t i)
{
	struct gv_restore_dir *d = &a->run->plan.dirs[i];
	struct gv_restore_meta meta;
	bool wanted;

	gv_restore_dir_path(&a->path, &a->run->plan, i);
	gv_restore_dir_meta(&meta, a->run, d);
	wanted = d->meta && !d->repo &&
	    (d->differs ||
		(d->dirty && a->run->opts->overwrite != GV_RESTORE_NEVER &&
		    gv_restore_sets_dir(a->run, a->path.p, a->path.len)));
	if (i == 0 && !wanted && !d->dirty) {
		/* as it is, but for what our own folder in it did */
		a->top = (struct gv_entry_meta){ .mode = d->now_mode,
			.uid = (uid_t)-1,
			.gid = (gid_t)-1,
			.has_time = true,
			.mtime_s = d->old.mtime_s,
			.mtime_ns = d->old.mtime_ns };
		a->top_set = true;
	}
	if (d->there && !wanted) {
		/* only its lock, if we had to open it */
		if (!d->locked || !d->dirty)
			return;
		memset(&meta, 0, sizeof(meta));
		meta.e.mode = d->now_mode;
		meta.e.uid = (uid_t)-1;
		meta.e.gid = (gid_t)-1;
	} else if (d->there) {
		own(a->run, &meta.e, d->uid, d->gid);
	} else {
		/* nothing of what the directory around it gives to new ones */
		meta.e.exact = true;
	}
	if (i == 0) {
		a->top = meta.e;
		a->top_set = true;
	}
	gv_restore_step_meta(
	    &a->journal, &meta.e, S_IFDIR, a->path.p, a->path.len);
}

int
gv_restore_add_steps(struct gv_restore_apply *a)
{
	struct gv_restore_plan *plan = &a->run->plan;
	struct gv_restore_meta meta;
	size_t i;
	int r;

	mark_dirty(a);
	if ((r = add_clearing(a)) == 0)
		r = add_locks(a, true);
	for (i = 1; i < plan->n_dirs; i++) {
		struct gv_restore_dir *d = &plan->dirs[i];

		if (!d->used || d->skipped || d->there)
			continue;
		gv_restore_dir_path(&a->path, plan, i);
		gv_restore_step_mkdir(&a->journal, a->path.p, a->path.len);
	}
	for (i = 0; i < plan->n_files; i++) {
		if (!gv_restore_is_written(a, &plan->files[i]))
			continue;
		gv_restore_file_path(&a->path, plan, i);
		gv_restore_step_move(
		    &a->journal, i, &a->old[i], a->path.p, a->path.len);
	}
	add_deletions(a);
	if (r == 0)
		r = add_locks(a, false);
	for (i = 0; i < plan->n_files; i++) {
		if (plan->files[i].action != GV_RESTORE_TOUCH ||
		    plan->dirs[plan->files[i].dir].skipped)
			continue;
		gv_restore_file_path(&a->path, plan, i);
		gv_restore_file_meta(&meta, a->run, &plan->files[i]);
		own(a->run, &meta.e, plan->files[i].uid, plan->files[i].gid);
		gv_restore_step_touch(
		    &a->journal, &a->old[i], &meta.e, a->path.p, a->path.len);
	}
	for (i = plan->n_dirs; i-- > 0;)
		if (plan->dirs[i].used && !plan->dirs[i].skipped)
			add_dir_meta(a, i);
	return r < 0 ? r : gv_buf_check(&a->journal.text);
}
