#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "project/crew.h"
#include "sys/clock.h"
#include "watch/watch_internal.h"

/* A repository on a disk that answers no more is not waited for. */
#define TIMEOUT_MS 600000

#define LOCKED 4 /* exit codes of git-vault */
#define PART   3

#define SOON 30000 /* until it is tried again: locked, */
#define LATE 60000 /* or failed, and twice that each time after */
#define MOST 3600000

struct saving {
	struct gv_watch *w;
	size_t i;
	const char *argv[8];
	int64_t begun;
};

static const char *const *
argv_of(void *ctx, size_t i)
{
	(void)i;
	return ((struct saving *)ctx)->argv;
}

static const char *
dir_of(void *ctx, size_t i)
{
	const struct saving *s = ctx;

	(void)i;
	return s->w->items[s->i].path;
}

void
gv_watch_say(struct gv_watched *p, const char *state, const char *why)
{
	free(p->why);
	p->why = why && *why ? strdup(why) : NULL;
	p->state = state;
}

/* A message of the process without what it puts before each. */
static const char *
plain(const char *text)
{
	if (strncmp(text, "git-vault: ", 11) == 0)
		text += 11;
	return strncmp(text, "warning: ", 9) == 0 ? text + 9 : text;
}

static void
note_failure(struct saving *s, struct gv_crew_result *result)
{
	struct gv_watched *p = &s->w->items[s->i];
	int64_t wait = LATE;
	const char *why = result->err.p;
	unsigned k;

	result->err.p[strcspn(result->err.p, "\n")] = '\0';
	why = plain(why);
	if (result->status == LOCKED) {
		p->retry = s->w->now + SOON;
		gv_watch_say(p, "locked", why);
		return;
	}
	for (k = 0; k < p->failures && wait < MOST; k++)
		wait *= 2;
	p->failures++;
	p->retry = s->w->now + wait;
	gv_watch_say(
	    p, "failed", *why ? why : "its process ended without a word");
}

static void
note_saved(struct saving *s, struct gv_crew_result *result)
{
	struct gv_watched *p = &s->w->items[s->i];
	const size_t len = strcspn(result->out.p, "\n");

	if (len > 0 && len < sizeof(p->id) &&
	    (strlen(p->id) != len || memcmp(p->id, result->out.p, len) != 0)) {
		memcpy(p->id, result->out.p, len);
		p->id[len] = '\0';
		p->saved_at = gv_clock_now().tv_sec;
		s->w->saves += !p->is_new;
	}
	p->saved = s->begun;
	p->failures = 0;
	p->is_open = p->pace.n > 0;
	/* folders without events are looked at as those of one that changed */
	if (p->is_new)
		p->changed = s->w->now;
	p->is_new = false;
	gv_pace_saved(&p->pace, s->begun);
	result->err.p[strcspn(result->err.p, "\n")] = '\0';
	gv_watch_say(p, result->status == PART ? "incomplete" : "saved",
	    *result->err.p ? plain(result->err.p) : NULL);
}

static int
take(void *ctx, size_t i, struct gv_crew_result *result)
{
	struct saving *s = ctx;

	(void)i;
	if (gv_buf_check(&result->out) < 0 || gv_buf_check(&result->err) < 0)
		return GV_ENOMEM;
	if (result->err.len == 0)
		gv_buf_addch(&result->err, '\n');
	if (gv_buf_check(&result->err) < 0)
		return GV_ENOMEM;
	if (result->status == 0 || result->status == PART)
		note_saved(s, result);
	else
		note_failure(s, result);
	return 0;
}

static int
run(struct saving *s,
    int (*done)(void *ctx, size_t i, struct gv_crew_result *result))
{
	return gv_crew_run(&(struct gv_crew_opts){ .n = 1,
	    .argv = argv_of,
	    .dir = dir_of,
	    .done = done,
	    .ctx = s,
	    .timeout_ms = TIMEOUT_MS,
	    .beside = s->w->asked.fd < 0 ? NULL : &s->w->asked });
}

int
gv_watch_save(struct gv_watch *w, size_t i)
{
	struct saving s = { .w = w,
		.i = i,
		.argv = { w->self.p, "-C", w->items[i].path, "-q", "snapshot",
		    "--auto" },
		.begun = w->now };
	int r;

	w->items[i].looked = w->items[i].asked = w->now;
	w->is_moved = true;
	/* so that the save knows a moment to go on from, and what it sees of
	 * folders that were there before stays true up to the next event */
	(void)gv_notice_add(w->notice, w->items[i].path, i);
	if (w->items[i].is_new && gv_watch_folders(w, i) == GV_ENOMEM)
		return GV_ENOMEM;
	if ((r = run(&s, take)) < 0 || (r = gv_watch_folders(w, i)) < 0)
		return r;
	return gv_watch_class_read(&w->items[i]) < 0 ? GV_ENOMEM : r;
}

static int
ignore(void *ctx, size_t i, struct gv_crew_result *result)
{
	(void)ctx;
	(void)i;
	(void)result;
	return 0;
}

void
gv_watch_tidy(struct gv_watch *w, size_t i)
{
	struct saving s = { .w = w,
		.i = i,
		.argv = { w->self.p, "-C", w->items[i].path, "-q", "fold",
		    "--auto" } };

	(void)run(&s, ignore);
}
