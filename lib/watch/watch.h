#ifndef GV_WATCH_H
#define GV_WATCH_H
/*
 * One process of a user that saves all registered projects while somebody works
 * in them: notice.h says where something changed, pace.h when to save, and a
 * process of git-vault in the project saves it (snapshot --auto), which alone
 * finds out what changed.
 *
 *	r = gv_watch_run(&(struct gv_watch_opts){ .haste = 1 });
 *	r = gv_watch_look(&board);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct gv_watch_opts {
	bool polls; /* without what the system tells of changes */
	/* the clock goes that many times as fast, for tests; 1 */
	unsigned haste;
};

/* Watch until a signal comes. 0; GV_ELOCKED where one is running already;
 * GV_ERROR where the list of projects cannot be read at the beginning, or the
 * folder of watch cannot be written; GV_ENOMEM. */
int gv_watch_run(const struct gv_watch_opts *opts);

/* What a running one, or the last one, said of a project. */
struct gv_watch_row {
	const char *path, *state, *why, *id; /* id "": no save yet */
	int64_t saved, changed;              /* seconds since 1970; 0: never */
	uint64_t folders, polled;
};

struct gv_watch_board {
	bool is_running;
	int64_t pid, since;  /* of the running one */
	int64_t time;        /* when it was written */
	uint64_t cpu, saves; /* milliseconds of processor; how many saves */
	/* how often it was asked which folders moved, and could say it */
	uint64_t questions, hints;
	struct gv_watch_row *rows;
	size_t n, cap;
	struct gv_buf text; /* private */
};

/* Read what was written last. 0, also where there is nothing; GV_ECORRUPT;
 * GV_ERROR, GV_ENOMEM. To be released in any case. (watch_board.c) */
int gv_watch_look(struct gv_watch_board *out);
void gv_watch_board_release(struct gv_watch_board *board);

/* Ask the running one to end, wait until it has, and remove its service. 1; 0
 * where none is running; GV_ERROR where it does not end. (watch_start.c) */
int gv_watch_stop(void);

/* Start one, as a service of the user's systemd, whose path is appended to
 * `unit`, or else apart from us by the words argv, and wait until it runs. 1; 0
 * where one was running already; GV_ERROR. (watch_start.c) */
int gv_watch_start(struct gv_buf *unit, const char *const *argv, bool polls);

enum gv_watch_poked {
	GV_WATCH_POKED,
	GV_WATCH_IDLE,    /* none is running */
	GV_WATCH_STRANGE, /* the path is in no project that it watches */
};

/* Let the running one know that a file changed, as an editor does that has just
 * saved it; the file need not exist any more. One of the above; GV_EUSAGE where
 * the path cannot be; GV_ERROR; GV_ENOMEM. (watch_poke.c) */
int gv_watch_poke(const char *path);

#endif
