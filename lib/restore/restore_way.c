#include "restore/restore_apply.h"

#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/*
 * What stands where a path of the restore goes: a file where a directory is
 * needed, or a directory with files where a file is. A restore that takes some
 * paths only leaves all others alone, also those.
 */

static int
list_one(struct gv_restore_apply *a, const char *path, size_t len)
{
	struct gv_restore_surplus *s;
	const char *name;
	struct stat st;
	bool is_dir = path[len - 1] == '/';
	int dir, r;

	r = GV_GROW(a->inside, a->n_inside, a->inside_cap);
	if (r < 0)
		return r;
	len -= is_dir;
	s = &a->inside[a->n_inside];
	*s = (struct gv_restore_surplus){ .len = len };
	s->old.is_dir = is_dir;
	dir = gv_entry_cursor_parent(&a->cursor, path, len, &name);
	/* what is gone, or another kind by now, is not ours to remove */
	if (!is_dir &&
	    (dir < 0 || gv_entry_stat(dir, name, &st) < 0 ||
		S_ISDIR(st.st_mode)))
		return 0;
	if (!is_dir)
		gv_restore_old_of(&s->old, &st);
	s->path = gv_arena_copy(&a->arena, path, len);
	if (s->path == NULL)
		return GV_ENOMEM;
	a->n_inside++;
	return 0;
}

/* The directory at a->path. */
static int
list_room(struct gv_restore_apply *a)
{
	struct gv_restore_room *room;
	const char *p, *end, *copy;
	size_t len;
	int r;

	gv_buf_reset(&a->text);
	r = gv_restore_list_below(
	    &a->text, a->place->root_fd, a->path.p, a->path.len, NULL);
	if (r < 0)
		return r;
	room = gv_arena_alloc(&a->arena, sizeof(*room));
	copy = gv_arena_copy(&a->arena, a->path.p, a->path.len);
	if (room == NULL || copy == NULL)
		return GV_ENOMEM;
	room->first = a->n_inside;
	p = a->text.p;
	end = p + a->text.len;
	for (; r == 0 && p < end; p += len + 1) {
		len = strlen(p);
		r = list_one(a, p, len);
	}
	room->n = a->n_inside - room->first;
	return r < 0 ? r : gv_map_put(&a->rooms, copy, a->path.len, room);
}

int
gv_restore_list_rooms(struct gv_restore_apply *a)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < a->run->plan.n_files; i++) {
		if (!a->old[i].is_dir ||
		    !gv_restore_is_written(a, &a->run->plan.files[i]))
			continue;
		gv_restore_file_path(&a->path, &a->run->plan, i);
		r = list_room(a);
	}
	return r;
}

struct gv_restore_room
gv_restore_room_of(const struct gv_restore_apply *a)
{
	const struct gv_restore_room *room =
	    gv_map_get(&a->rooms, a->path.p, a->path.len);

	return room ? *room : (struct gv_restore_room){ 0 };
}

static bool
takes(const struct gv_restore_apply *a, const char *path, size_t len)
{
	return gv_restore_is_taken(a->run, path, len);
}

bool
gv_restore_all_below(const struct gv_restore_apply *a,
    bool (*is_one)(const struct gv_restore_apply *, const char *, size_t))
{
	struct gv_restore_room room = gv_restore_room_of(a);
	const struct gv_restore_surplus *s;
	size_t i;

	for (i = 0; i < room.n; i++) {
		s = &a->inside[room.first + i];
		if (!s->old.is_dir && !is_one(a, s->path, s->len))
			return false;
	}
	return true;
}

static void
check_file(struct gv_restore_apply *a, size_t i)
{
	struct gv_restore_file *f = &a->run->plan.files[i];

	if (!a->old[i].is_dir || !gv_restore_is_written(a, f))
		return;
	gv_restore_file_path(&a->path, &a->run->plan, i);
	if (gv_restore_all_below(a, takes))
		return;
	f->action = GV_RESTORE_SKIP;
	gv_restore_skip(a->run, a->path.p, a->path.len,
	    "a directory is there, with files outside the chosen paths");
}

void
gv_restore_skip_blocked(struct gv_restore_apply *a,
    bool (*is_one)(const struct gv_restore_apply *, const char *, size_t),
    const char *why)
{
	struct gv_restore_plan *plan = &a->run->plan;
	size_t i;

	for (i = 1; i < plan->n_dirs; i++) {
		struct gv_restore_dir *d = &plan->dirs[i];

		if (plan->dirs[d->parent].skipped)
			d->skipped = true;
		if (!d->blocked || d->skipped)
			continue;
		gv_restore_dir_path(&a->path, plan, i);
		if (is_one(a, a->path.p, a->path.len))
			continue;
		d->skipped = true;
		gv_restore_skip(a->run, a->path.p, a->path.len, why);
	}
}

void
gv_restore_way_check(struct gv_restore_apply *a)
{
	size_t i;

	gv_restore_skip_blocked(
	    a, takes, "a file outside the chosen paths is there");
	for (i = 0; i < a->run->plan.n_files; i++)
		check_file(a, i);
}
