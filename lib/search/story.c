#include "search/story.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

const char *const gv_story_words[] = {
	[GV_STORY_INTRODUCED] = "introduced",
	[GV_STORY_MODIFIED] = "modified",
	[GV_STORY_MOVED] = "moved",
	[GV_STORY_REMOVED] = "removed",
};

struct telling {
	const struct gv_story_steps *steps;
	struct gv_stories *out;
	uint32_t *story_of; /* by path: its story, + 1; 0: none yet */
	uint32_t *state;    /* by path: its version up to this step */
	bool *is_saved;     /* by version: a snapshot had it */
	/* by path: a version of it is not read, or its story may not have moved
	 * away */
	bool *is_doubtful;
	size_t first, end;  /* the changes of this step */
	bool has_lost;      /* in one of them a file lost the text */
	bool has_gone;      /* in one of them a file went */
	bool before_unread; /* what one of them changed is not known */
	bool after_unread;  /* nor is what one became */
	size_t looked;      /* changes, for what was renamed and edited */
};

static const struct gv_story_version *
version_of(const struct gv_story_steps *s, uint32_t version)
{
	static const struct gv_story_version nothing;

	return version == GV_STORY_NONE ? &nothing : &s->versions[version];
}

static bool
is_unread(const struct gv_story_steps *s, uint32_t version)
{
	return s->is_read && version != GV_STORY_NONE && !s->is_read[version];
}

/* Whether versions that are not read may make another event of this one, or put
 * it into another story: a file may have lost the text to any that changed in
 * the same step. */
static bool
may_differ(const struct telling *t, const struct gv_story_change *c,
    enum gv_story_what what, uint32_t from)
{
	if (t->is_doubtful[c->path] ||
	    (from != GV_STORY_NONE && t->is_doubtful[from]))
		return true;
	switch (what) {
	case GV_STORY_INTRODUCED:
		return t->before_unread;
	case GV_STORY_MOVED:
	case GV_STORY_REMOVED:
		return t->before_unread || t->after_unread;
	default:
		return false;
	}
}

/* The story of a path; begun where it has none. The pointer is good up to the
 * next call. */
static struct gv_story *
get_story(struct telling *t, uint32_t path)
{
	struct gv_stories *out = t->out;

	if (t->story_of[path])
		return &out->items[t->story_of[path] - 1];
	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return NULL;
	out->items[out->n++] =
	    (struct gv_story){ .path = path, .version = GV_STORY_NONE };
	t->story_of[path] = (uint32_t)out->n;
	return &out->items[out->n - 1];
}

static int
add_event(struct telling *t, const struct gv_story_change *c,
    enum gv_story_what what, uint32_t from)
{
	struct gv_story *story = get_story(t, c->path);

	if (story == NULL || GV_GROW(story->events, story->n, story->cap) < 0)
		return gv_err_nomem();
	story->events[story->n++] = (struct gv_story_event){ .what = what,
		.step = c->step,
		.path = c->path,
		.from = from,
		.to = GV_STORY_NONE,
		.before = GV_STORY_NONE,
		.after = GV_STORY_NONE };
	story->is_open |= may_differ(t, c, what, from);
	if (what != GV_STORY_REMOVED) {
		story->version = c->version;
		story->is_word |= version_of(t->steps, c->version)->is_word;
		story->is_definition |=
		    version_of(t->steps, c->version)->is_definition;
	}
	return 0;
}

static const struct gv_story_version *
before(const struct telling *t, const struct gv_story_change *c)
{
	return version_of(t->steps, t->state[c->path]);
}

static const struct gv_story_version *
after(const struct telling *t, const struct gv_story_change *c)
{
	return version_of(t->steps, c->version);
}

static bool
is_known(const struct telling *t, const struct gv_story_change *c)
{
	return c->is_commit && c->version != GV_STORY_NONE &&
	    t->is_saved[c->version];
}

static bool
is_lost(const struct telling *t, const struct gv_story_change *c)
{
	return before(t, c)->lines > 0 && after(t, c)->lines == 0 &&
	    !is_known(t, c);
}

/* Whether a file is new in this step, or went in it. */
static bool
is_new(const struct telling *t, const struct gv_story_change *c)
{
	return t->state[c->path] == GV_STORY_NONE &&
	    c->version != GV_STORY_NONE && !is_known(t, c);
}

static bool
is_gone(const struct telling *t, const struct gv_story_change *c)
{
	return t->state[c->path] != GV_STORY_NONE &&
	    c->version == GV_STORY_NONE;
}

static unsigned
count_alike(const struct telling *t, const struct gv_story_change *gone,
    const struct gv_story_change *came)
{
	return t->steps->alike(t->steps->ctx, gone, t->state[gone->path], came);
}

/* Whether there is time to look through this step once more. */
static bool
may_look(struct telling *t)
{
	const size_t n = t->end - t->first;

	if (n > GV_STORY_LOOKED - t->looked)
		return false;
	t->looked += n;
	return true;
}

/* The file with the text that went in this step and came as this one, under
 * another name and edited. */
static const struct gv_story_change *
find_former(struct telling *t, const struct gv_story_change *came)
{
	const struct gv_story_change *best = NULL;
	unsigned most = 0, alike;
	size_t i;

	if (!t->steps->alike || !t->has_gone || !is_new(t, came) ||
	    !may_look(t))
		return NULL;
	for (i = t->first; i < t->end; i++) {
		const struct gv_story_change *c = &t->steps->changes[i];

		if (!is_gone(t, c) || !is_lost(t, c) ||
		    (alike = count_alike(t, c, came)) <= most)
			continue;
		most = alike;
		best = c;
	}
	return best;
}

/* What became in this step of a file that went, without the text. */
static const struct gv_story_change *
find_heir(struct telling *t, const struct gv_story_change *gone)
{
	const struct gv_story_change *best = NULL;
	unsigned most = 0, alike;
	size_t i;

	if (!t->steps->alike || !is_gone(t, gone) || !may_look(t))
		return NULL;
	for (i = t->first; i < t->end; i++) {
		const struct gv_story_change *c = &t->steps->changes[i];

		if (!is_new(t, c) || (alike = count_alike(t, gone, c)) <= most)
			continue;
		most = alike;
		best = c;
	}
	return best;
}

/* The file that lost in this step what another one got: the same lines, or
 * what was the file before it was renamed and edited. */
static const struct gv_story_change *
find_source(struct telling *t, const struct gv_story_change *got)
{
	size_t i;

	for (i = t->first; t->has_lost && i < t->end; i++) {
		const struct gv_story_change *c = &t->steps->changes[i];

		if (c->path != got->path && is_lost(t, c) &&
		    before(t, c)->print == after(t, got)->print)
			return c;
	}
	return find_former(t, got);
}

/* Two stories of which each says that the other one stays apart. */
static void
join_open(struct telling *t, uint32_t path, uint32_t other)
{
	struct gv_story *a = get_story(t, path), *b = get_story(t, other);
	const bool is_open = a->is_open || b->is_open || t->is_doubtful[path] ||
	    t->is_doubtful[other];

	a->is_open = b->is_open = is_open;
}

/* The story of the other file goes on in this one. Where this one has a story
 * of its own, both go on. */
static int
move(struct telling *t, const struct gv_story_change *got,
    const struct gv_story_change *lost)
{
	int r;

	if (t->story_of[got->path] == 0 && t->story_of[lost->path]) {
		t->story_of[got->path] = t->story_of[lost->path];
		t->story_of[lost->path] = 0;
		t->out->items[t->story_of[got->path] - 1].path = got->path;
	} else if (t->story_of[got->path] && t->story_of[lost->path]) {
		join_open(t, got->path, lost->path);
	}
	if ((r = add_event(t, got, GV_STORY_MOVED, lost->path)) < 0)
		return r;
	t->is_doubtful[lost->path] |= get_story(t, got->path)->is_open;
	return 0;
}

static int
tell_gain(struct telling *t, const struct gv_story_change *c)
{
	const struct gv_story_change *lost;
	struct gv_story *story;

	if (before(t, c)->lines == 0) {
		lost = find_source(t, c);
		return lost
		    ? move(t, c, lost)
		    : add_event(t, c, GV_STORY_INTRODUCED, GV_STORY_NONE);
	}
	if (before(t, c)->print != after(t, c)->print)
		return add_event(t, c, GV_STORY_MODIFIED, GV_STORY_NONE);
	story = t->story_of[c->path] ? get_story(t, c->path) : NULL;
	if (story)
		story->version = c->version;
	return 0;
}

static void
end_step(struct telling *t)
{
	size_t i;

	for (i = t->first; i < t->end; i++) {
		const struct gv_story_change *c = &t->steps->changes[i];

		if (is_known(t, c))
			continue;
		t->state[c->path] = c->version;
		if (c->version != GV_STORY_NONE && !c->is_commit)
			t->is_saved[c->version] = true;
	}
}

static int
tell_loss(struct telling *t, const struct gv_story_change *c)
{
	const struct gv_story_change *heir = find_heir(t, c);
	struct gv_story_event *event;
	struct gv_story *story;
	int r = add_event(t, c, GV_STORY_REMOVED, GV_STORY_NONE);

	if (r < 0)
		return r;
	story = get_story(t, c->path);
	event = &story->events[story->n - 1];
	event->before = t->state[c->path];
	event->to = heir ? heir->path : GV_STORY_NONE;
	event->after = heir ? heir->version : c->version;
	return 0;
}

static void
begin_step(struct telling *t)
{
	size_t i;

	t->has_lost = t->has_gone = false;
	t->before_unread = t->after_unread = false;
	for (i = t->first; i < t->end; i++) {
		const struct gv_story_change *c = &t->steps->changes[i];

		t->has_lost |= is_lost(t, c);
		t->has_gone |= is_gone(t, c);
		t->before_unread |= is_unread(t->steps, t->state[c->path]);
		t->after_unread |= is_unread(t->steps, c->version);
	}
}

/* What came is looked at first: what went may have gone there. */
static int
tell_step(struct telling *t)
{
	const struct gv_story_change *all = t->steps->changes;
	size_t i;
	int r;

	begin_step(t);
	for (i = t->first; i < t->end; i++)
		if (after(t, &all[i])->lines && !is_known(t, &all[i]) &&
		    (r = tell_gain(t, &all[i])) < 0)
			return r;
	for (i = t->first; i < t->end; i++)
		if (is_lost(t, &all[i]) && t->story_of[all[i].path] &&
		    (r = tell_loss(t, &all[i])) < 0)
			return r;
	end_step(t);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_story *x = a, *y = b;
	const uint32_t s = x->events[x->n - 1].step;
	const uint32_t t = y->events[y->n - 1].step;

	if (x->is_definition != y->is_definition)
		return x->is_definition ? -1 : 1;
	if (x->is_word != y->is_word)
		return x->is_word ? -1 : 1;
	if (x->is_there != y->is_there)
		return x->is_there ? -1 : 1;
	if (x->is_foreign != y->is_foreign)
		return x->is_foreign ? 1 : -1;
	if (s != t)
		return s > t ? -1 : 1;
	return (x->path > y->path) - (x->path < y->path);
}

static void
finish(struct telling *t)
{
	const struct gv_story_steps *s = t->steps;
	size_t i;

	for (i = 0; i < t->out->n; i++) {
		struct gv_story *story = &t->out->items[i];
		const uint32_t now = s->now[story->path];

		story->is_open |= is_unread(s, now);
		story->is_there = version_of(s, now)->lines > 0;
		if (story->is_there)
			story->version = now;
		story->is_foreign = s->is_foreign && s->is_foreign[story->path];
	}
	if (t->out->n)
		qsort(
		    t->out->items, t->out->n, sizeof(*t->out->items), compare);
}

int
gv_story_tell(struct gv_stories *out, const struct gv_story_steps *steps)
{
	struct telling t = { .steps = steps, .out = out };
	size_t i;
	int r = 0;

	memset(out, 0, sizeof(*out));
	t.story_of = calloc(steps->n_paths + 1, sizeof(*t.story_of));
	t.state = malloc((steps->n_paths + 1) * sizeof(*t.state));
	t.is_saved = calloc(steps->n_versions + 1, sizeof(*t.is_saved));
	t.is_doubtful = calloc(steps->n_paths + 1, sizeof(*t.is_doubtful));
	if (!t.story_of || !t.state || !t.is_saved || !t.is_doubtful) {
		r = gv_err_nomem();
		goto out;
	}
	for (i = 0; i < steps->n_paths; i++)
		t.state[i] = GV_STORY_NONE;
	for (i = 0; i < steps->n; i++)
		t.is_doubtful[steps->changes[i].path] |=
		    is_unread(steps, steps->changes[i].version);
	for (; r == 0 && t.first < steps->n; t.first = t.end) {
		for (t.end = t.first + 1; t.end < steps->n &&
		     steps->changes[t.end].step ==
			 steps->changes[t.first].step;)
			t.end++;
		r = tell_step(&t);
	}
	if (r == 0)
		finish(&t);
out:
	free(t.story_of);
	free(t.state);
	free(t.is_saved);
	free(t.is_doubtful);
	return r;
}

void
gv_story_release(struct gv_stories *stories)
{
	size_t i;

	for (i = 0; i < stories->n; i++)
		free(stories->items[i].events);
	free(stories->items);
	memset(stories, 0, sizeof(*stories));
}
