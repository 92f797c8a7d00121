#include "watch/pace.h"

#include <string.h>

#include "base/glob.h"

#define HALF_HOUR ((int64_t)30 * 60 * 1000)
#define DAY       ((int64_t)24 * 60 * 60 * 1000)
#define SECOND    1000

/* ---- the list ------------------------------------------------------------ */

/* Count the two oldest together: when the first was, and the class that is
 * saved first, are all that is asked of them. So what is in a lower class may
 * be saved earlier than it has to. */
static void
make_room(struct gv_pace *pace)
{
	struct gv_pace_event *e = pace->events;

	if (e[1].class < e[0].class)
		e[0].class = e[1].class;
	e[0].count += e[1].count;
	memmove(e + 1, e + 2, (pace->n - 2) * sizeof(*e));
	pace->n--;
}

void
gv_pace_note(struct gv_pace *pace, int64_t now, enum gv_class class)
{
	struct gv_pace_event *last = &pace->events[pace->n ? pace->n - 1 : 0];

	pace->last = now;
	if (pace->n && last->class == class && now - last->time < SECOND) {
		last->count++;
		return;
	}
	if (pace->n == GV_PACE_EVENTS)
		make_room(pace);
	pace->events[pace->n++] = (struct gv_pace_event){ now, class, 1 };
}

void
gv_pace_saved(struct gv_pace *pace, int64_t begun)
{
	size_t i = 0;

	/* one that is counted together may have gone on since */
	while (i < pace->n && pace->events[i].time + SECOND < begun)
		i++;
	memmove(pace->events, pace->events + i,
	    (pace->n - i) * sizeof(pace->events[0]));
	pace->n -= i;
}

enum gv_class
gv_pace_class(const struct gv_pace *pace)
{
	enum gv_class first = GV_CLASS_LOW;
	size_t i;

	for (i = 0; i < pace->n; i++)
		if (pace->events[i].class < first)
			first = pace->events[i].class;
	return first;
}

/* ---- the decision -------------------------------------------------------- */

/* Whether that many changed at once, and it may still go on. */
static bool
is_storm(const struct gv_pace *pace)
{
	unsigned long count = 0;
	size_t i;

	for (i = pace->n; i-- > 0;) {
		if (pace->last - pace->events[i].time > GV_PACE_STORM_IN)
			break;
		count += pace->events[i].count;
	}
	return count > GV_PACE_STORM;
}

static struct gv_pace_verdict
verdict(enum gv_pace_what what, const char *why)
{
	return (struct gv_pace_verdict){ what, why };
}

static struct gv_pace_verdict
rest(const struct gv_pace *pace, const struct gv_pace_at *at)
{
	return at->is_open && at->now - pace->last >= GV_PACE_OVER
	    ? verdict(GV_PACE_END, "no change for ten minutes")
	    : verdict(GV_PACE_REST, "nothing changed");
}

/* The milliseconds that a change may wait, of the seconds that a policy has. */
static int64_t
latest(int64_t every)
{
	return every * SECOND - (every <= GV_PACE_OFTEN ? GV_PACE_EARLIER : 0);
}

static bool
is_late(const struct gv_pace *pace, const int64_t *every, int64_t now)
{
	size_t i;

	for (i = 0; i < pace->n; i++)
		if (now - pace->events[i].time >=
		    latest(every[pace->events[i].class]))
			return true;
	return false;
}

/* How long nothing is to change before a save; 0: work need not settle, as all
 * that changed waits for its time. */
static int64_t
settle(const struct gv_pace *pace, const struct gv_pace_at *at)
{
	int64_t least = 0;
	size_t i;

	for (i = 0; i < pace->n; i++) {
		const enum gv_class class = pace->events[i].class;

		if (at->every[class] > GV_PACE_OFTEN)
			continue;
		if (class == GV_CLASS_CRITICAL)
			return GV_PACE_SETTLE;
		least = GV_PACE_SETTLE_REST;
	}
	return least;
}

struct gv_pace_verdict
gv_pace_decide(const struct gv_pace *pace, const struct gv_pace_at *at)
{
	const int64_t quiet = at->now - pace->last;
	int64_t least;

	if (pace->n == 0)
		return rest(pace, at);
	if (at->saved >= 0 &&
	    at->now - at->saved < (int64_t)GV_PACE_APART * at->factor)
		return verdict(GV_PACE_WAIT, "saved just now");
	if (at->is_busy || is_storm(pace)) {
		if (at->now - pace->events[0].time >= GV_PACE_STORM_MOST)
			return verdict(GV_PACE_SAVE, "changes do not end");
		return at->is_busy || quiet < GV_PACE_STORM_QUIET
		    ? verdict(GV_PACE_WAIT, "many changes at once")
		    : verdict(GV_PACE_SAVE, "many changes have ended");
	}
	if (is_late(pace, at->every, at->now))
		return verdict(GV_PACE_SAVE, "a change has waited long enough");
	if ((least = settle(pace, at)) == 0)
		return verdict(GV_PACE_WAIT, "changes of a class that waits");
	return quiet >= least ? verdict(GV_PACE_SAVE, "work has settled")
			      : verdict(GV_PACE_WAIT, "work goes on");
}

struct gv_pace_rank
gv_pace_rank(const struct gv_pace *pace, const int64_t *every, int64_t asked,
    int64_t now)
{
	if (pace->n == 0)
		return (struct gv_pace_rank){ GV_CLASSES + 1, asked };
	return (struct gv_pace_rank){
		is_late(pace, every, now) ? 0 : 1 + (int)gv_pace_class(pace),
		pace->events[0].time
	};
}

bool
gv_pace_is_before(const struct gv_pace_rank *a, const struct gv_pace_rank *b)
{
	return a->urgency != b->urgency ? a->urgency < b->urgency
					: a->since < b->since;
}

int64_t
gv_pace_tier(int64_t now, int64_t changed, unsigned factor)
{
	int64_t each = GV_PACE_COLD;

	if (changed >= 0 && now - changed < HALF_HOUR)
		each = GV_PACE_HOT;
	else if (changed >= 0 && now - changed < DAY)
		each = GV_PACE_WARM;
	return each * factor;
}

/* ---- names --------------------------------------------------------------- */

/* Files that editors make next to the one that is edited. */
static const char *const session[] = { ".*.sw?", ".*.swpx", "4913", ".#*",
	"#*#", ".~lock.*", ".*.kate-swp", ".goutputstream-*", "*___jb_???___",
	"workspace.xml", "*~", NULL };

static bool
is_among(const char *const *patterns, const char *name)
{
	for (; *patterns; patterns++)
		if (gv_glob_match(
			*patterns, strlen(*patterns), name, strlen(name), 0))
			return true;
	return false;
}

enum gv_pace_name
gv_pace_name(const char *name, bool is_git)
{
	if (is_git)
		return strcmp(name, "index") == 0 || strcmp(name, "HEAD") == 0
		    ? GV_PACE_IS_GIT
		    : GV_PACE_IS_NOTHING;
	return is_among(session, name) ? GV_PACE_IS_SESSION : GV_PACE_IS_FILE;
}
