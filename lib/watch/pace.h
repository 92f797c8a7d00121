#ifndef GV_PACE_H
#define GV_PACE_H
/*
 * When a project is saved: after work has settled, not too often, not too late,
 * and not in the middle of a storm. A pure function of what changed when, of
 * which class, how often. Times are milliseconds of a clock that only goes on.
 *
 *	gv_pace_note(&pace, now, GV_CLASS_CRITICAL);
 *	if (gv_pace_decide(&pace, &at).what == GV_PACE_SAVE)
 *		…
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "infra/class.h"

#define GV_PACE_SETTLE      20000 /* no change of the first class for */
#define GV_PACE_SETTLE_REST 60000 /* of another one that waits no longer */
#define GV_PACE_APART       60000 /* between two saves */
#define GV_PACE_OFTEN       300 /* seconds: who waits longer does not settle */
#define GV_PACE_EARLIER     10000 /* so that the save is made in that time */
#define GV_PACE_STORM       100   /* more changes than that */
#define GV_PACE_STORM_IN    2000  /* in that long */
#define GV_PACE_STORM_QUIET 10000
#define GV_PACE_STORM_MOST  120000
#define GV_PACE_OVER        600000 /* no change for that long: session over */
/* how often a project is looked at where nothing tells of changes: one that
 * changed in the last half hour, in the last day, and others */
#define GV_PACE_HOT  10000
#define GV_PACE_WARM 60000
#define GV_PACE_COLD 900000

#define GV_PACE_EVENTS 128

struct gv_pace_event {
	int64_t time; /* of the first of them */
	enum gv_class class;
	unsigned count;
};

/* What changed since the last save, oldest first. Zeroed: nothing. */
struct gv_pace {
	struct gv_pace_event events[GV_PACE_EVENTS];
	size_t n;
	int64_t last; /* of the last change */
};

struct gv_pace_at {
	int64_t now;
	int64_t saved;   /* the last save; a negative number: none yet */
	bool is_busy;    /* git is at work in it */
	bool is_open;    /* it was saved since the session began */
	unsigned factor; /* of the time between two saves: 1; 3 on battery */
	/* how many seconds a change of each class may wait */
	const int64_t *every;
};

enum gv_pace_what {
	GV_PACE_REST, /* nothing changed */
	GV_PACE_WAIT, /* not yet */
	GV_PACE_SAVE,
	GV_PACE_END, /* the session is over */
};

struct gv_pace_verdict {
	enum gv_pace_what what;
	const char *why; /* static */
};

/* Note a change. The list is bounded: what is old is counted together. */
void gv_pace_note(struct gv_pace *pace, int64_t now, enum gv_class class);

/* The project was saved: what was noted up to a time is done. */
void gv_pace_saved(struct gv_pace *pace, int64_t begun);

struct gv_pace_verdict
gv_pace_decide(const struct gv_pace *pace, const struct gv_pace_at *at);

/* The first class that changed; GV_CLASS_LOW where nothing did. */
enum gv_class gv_pace_class(const struct gv_pace *pace);

/* Which project is saved first: what has waited long enough, then by class, and
 * of these what has waited longest. Where nothing changed, `asked` says when it
 * was last looked at; -1: never. */
struct gv_pace_rank {
	int urgency;   /* the lower comes first */
	int64_t since; /* the first change */
};

struct gv_pace_rank gv_pace_rank(const struct gv_pace *pace,
    const int64_t *every, int64_t asked, int64_t now);
bool
gv_pace_is_before(const struct gv_pace_rank *a, const struct gv_pace_rank *b);

/* How long to leave a project unlooked at that changed last at a time; a
 * negative one: never. */
int64_t gv_pace_tier(int64_t now, int64_t changed, unsigned factor);

/* What a name is that changed. `is_git`: it lies in a git directory. */
enum gv_pace_name {
	GV_PACE_IS_FILE,    /* it has a class */
	GV_PACE_IS_GIT,     /* index, HEAD: GV_CLASS_NORMAL */
	GV_PACE_IS_SESSION, /* of an editor at work: no change, but a session */
	GV_PACE_IS_NOTHING,
};

enum gv_pace_name gv_pace_name(const char *name, bool is_git);

#endif
