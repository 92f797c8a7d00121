#ifndef GV_RESTORE_APPLY_H
#define GV_RESTORE_APPLY_H
/*
 * A restore over a tree that stands, while it goes on; shared by its parts:
 * restore_apply.c decides, restore_stage.c writes the new files where nobody
 * sees them, restore_steps.c says in a journal how they get in place.
 *
 *	r = gv_restore_stage(&apply);
 *	r = gv_restore_add_steps(&apply);
 */

#include <stdatomic.h>

#include "restore/restore_internal.h"

/* What is to go: the snapshot does not hold it, or it is in the way. */
struct gv_restore_surplus {
	const char *path;
	size_t len;
	struct gv_restore_old old; /* a directory: only removed when empty */
};

/* What is below a directory that a file takes the place of: entries of
 * a->inside, each directory behind what is in it. */
struct gv_restore_room {
	size_t first, n;
};

struct gv_restore_apply {
	struct gv_restore_run *run;
	struct gv_restore_place *place;
	struct gv_restore_journal journal;
	struct gv_restore_old *old; /* beside run->plan.files */
	char **reasons;             /* the same: why it could not be staged */
	struct gv_arena arena;
	struct gv_buf path, text;
	struct gv_buf surplus_text;
	struct gv_restore_surplus *surplus;
	size_t n_surplus, surplus_cap;
	struct gv_restore_surplus *inside;
	size_t n_inside, inside_cap;
	struct gv_map rooms;   /* path -> struct gv_restore_room */
	struct gv_map cleared; /* paths that go to make room */
	struct gv_map going;   /* paths that --delete removes */
	struct gv_map held;    /* paths that the safety snapshot holds */
	struct gv_map dirs;    /* path -> place in plan->dirs, plus one */
	struct gv_map missed;  /* paths that a step could not change */
	struct gv_entry_cursor cursor;
	uint64_t work;            /* how much there is to do */
	struct gv_entry_meta top; /* what the top directory is given at last */
	bool top_set;
	/* of the staging */
	atomic_size_t next;
	atomic_bool stop;
	atomic_ullong refused;
};

/* Whether the file is to be made or replaced: not where its directory is left
 * out. */
bool gv_restore_is_written(
    const struct gv_restore_apply *a, const struct gv_restore_file *f);

/* List what stands in each directory that a file takes the place of, with what
 * it is now. That and no more is removed: so it is listed before the safety
 * snapshot is taken. 0 or a failure. */
int gv_restore_list_rooms(struct gv_restore_apply *a);

/* Whether each file that was listed below the directory at a->path is one of
 * those; directories need not be. */
bool gv_restore_all_below(const struct gv_restore_apply *a,
    bool (*is_one)(
	const struct gv_restore_apply *, const char *path, size_t len));

/* That of the directory at a->path; nothing where it has none. */
struct gv_restore_room gv_restore_room_of(const struct gv_restore_apply *a);

/* Leave out the directories where a file stands that is not one of those, with
 * all that goes below them, and say why. */
void gv_restore_skip_blocked(struct gv_restore_apply *a,
    bool (*is_one)(
	const struct gv_restore_apply *, const char *path, size_t len),
    const char *why);

/* Leave out what would take the place of what opts->takes does not take, and
 * tell of it. */
void gv_restore_way_check(struct gv_restore_apply *a);

/* Write all new files into the staging. What cannot be made is left out and
 * told. */
int gv_restore_stage(struct gv_restore_apply *a);

/* Append all steps to a->journal. */
int gv_restore_add_steps(struct gv_restore_apply *a);

#endif
