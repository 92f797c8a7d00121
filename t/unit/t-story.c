#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search/story.h"

#define NONE GV_STORY_NONE

/* 0 has nothing, 1 and 2 have different lines, 3 the line of 1 and more of what
 * does not matter, 4 a whole word, 5 a definition. */
static const struct gv_story_version versions[] = {
	{ 0, 0, false, false },
	{ 1, 11, false, false },
	{ 1, 22, false, false },
	{ 1, 11, false, false },
	{ 1, 44, true, false },
	{ 1, 55, true, true },
};

static const bool *is_foreign;

/* Versions 1 and 2 are the same file, edited, and 4 became 0; others differ. */
static unsigned
count_alike(void *ctx, const struct gv_story_change *gone, uint32_t version,
    const struct gv_story_change *came)
{
	assert_null(ctx);
	assert_int_not_equal(gone->path, came->path);
	return version == 1 && came->version == 2 ? 60
	    : version == 4 && came->version == 0  ? 50
						  : 0;
}

static bool knows_files;

/* "0:introduced@0 moved@1<0 !": the stories in order, each with its path, its
 * events and whether it is there. */
static const char *
tell(const struct gv_story_change *changes, size_t n, const uint32_t *now,
    size_t n_paths)
{
	static char out[400];
	struct gv_stories stories;
	size_t i, k, len = 0;

	assert_int_equal(gv_story_tell(&stories,
			     &(struct gv_story_steps){ .changes = changes,
				 .n = n,
				 .versions = versions,
				 .n_versions = 6,
				 .is_foreign = is_foreign,
				 .alike = knows_files ? count_alike : NULL,
				 .now = now,
				 .n_paths = n_paths }),
	    0);
	out[0] = '\0';
	for (i = 0; i < stories.n; i++) {
		const struct gv_story *s = &stories.items[i];

		len += (size_t)snprintf(out + len, sizeof(out) - len,
		    "%s%u:", i ? "; " : "", s->path);
		for (k = 0; k < s->n; k++)
			len += (size_t)snprintf(out + len, sizeof(out) - len,
			    "%s%c%u", k ? " " : "",
			    gv_story_words[s->events[k].what][0],
			    s->events[k].step);
		len += (size_t)snprintf(
		    out + len, sizeof(out) - len, "%s", s->is_there ? "!" : "");
	}
	gv_story_release(&stories);
	return out;
}

#define TELL(changes, ...)                                                     \
	tell(changes, sizeof(changes) / sizeof((changes)[0]),                  \
	    (const uint32_t[]){ __VA_ARGS__ },                                 \
	    sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static void
a_text_comes_changes_and_goes(void **state)
{
	const struct gv_story_change changes[] = {
		{ 0, 0, 0, false },
		{ 1, 0, 1, false },
		{ 2, 0, 3, false },
		{ 3, 0, 2, false },
		{ 4, 0, NONE, false },
	};

	(void)state;
	assert_string_equal(TELL(changes, NONE), "0:i1 m3 r4");
	assert_string_equal(
	    tell(changes, 4, (const uint32_t[]){ 2 }, 1), "0:i1 m3!");
	assert_string_equal(tell(changes, 1, (const uint32_t[]){ 0 }, 1), "");
}

static void
it_moves_with_its_file_or_to_another(void **state)
{
	const struct gv_story_change changes[] = {
		{ 0, 0, 1, false },
		{ 1, 0, NONE, false },
		{ 1, 1, 3, false },
		{ 2, 1, 0, false },
		{ 2, 2, 1, false },
	};

	(void)state;
	assert_string_equal(TELL(changes, NONE, 0, 1), "2:i0 m1 m2!");
}

static void
what_another_file_lost_otherwise_is_no_move(void **state)
{
	const struct gv_story_change changes[] = {
		{ 0, 0, 1, false },
		{ 1, 0, NONE, false },
		{ 1, 1, 2, false },
	};

	(void)state;
	assert_string_equal(TELL(changes, NONE, 2), "1:i1!; 0:i0 r1");
}

static void
it_goes_on_in_a_file_that_was_renamed_and_edited(void **state)
{
	const struct gv_story_change changes[] = {
		{ 0, 0, 1, false },
		{ 1, 0, NONE, false },
		{ 1, 1, 2, false },
	};

	(void)state;
	knows_files = true;
	assert_string_equal(TELL(changes, NONE, 2), "1:i0 m1!");
	knows_files = false;
}

static void
a_file_that_went_on_without_the_text_is_named(void **state)
{
	const struct gv_story_change changes[] = {
		{ 0, 0, 4, false },
		{ 1, 0, NONE, false },
		{ 1, 1, 0, false },
		{ 1, 2, 3, false },
	};
	const uint32_t now[] = { NONE, 0, 3 };
	struct gv_stories stories;
	const struct gv_story_event *e;

	(void)state;
	assert_int_equal(gv_story_tell(&stories,
			     &(struct gv_story_steps){ .changes = changes,
				 .n = 4,
				 .versions = versions,
				 .n_versions = 6,
				 .now = now,
				 .n_paths = 3,
				 .alike = count_alike }),
	    0);
	assert_int_equal(stories.n, 2);
	e = &stories.items[0].events[1];
	assert_int_equal(e->what, GV_STORY_REMOVED);
	assert_int_equal(e->to, 1);
	assert_int_equal(e->before, 4);
	assert_int_equal(e->after, 0);
	gv_story_release(&stories);
}

#define MANY 4000U /* files that go, and others that come, in one step */

static unsigned
count_calls(void *ctx, const struct gv_story_change *gone, uint32_t version,
    const struct gv_story_change *came)
{
	size_t *calls = ctx;

	(void)gone;
	(void)version;
	(void)came;
	++*calls;
	return 0;
}

static void
of_very_many_that_went_not_each_is_compared_with_each(void **state)
{
	struct gv_story_change *changes = calloc(3UL * MANY, sizeof(*changes));
	uint32_t *now = malloc(2UL * MANY * sizeof(*now)), i;
	struct gv_stories stories;
	size_t calls = 0;

	(void)state;
	assert_non_null(changes);
	assert_non_null(now);
	for (i = 0; i < MANY; i++) {
		changes[i] = (struct gv_story_change){ 0, i, 4, false };
		changes[MANY + i] =
		    (struct gv_story_change){ 1, i, NONE, false };
		changes[2 * MANY + i] =
		    (struct gv_story_change){ 1, MANY + i, 0, false };
		now[i] = NONE;
		now[MANY + i] = 0;
	}
	assert_int_equal(gv_story_tell(&stories,
			     &(struct gv_story_steps){ .changes = changes,
				 .n = 3UL * MANY,
				 .versions = versions,
				 .n_versions = 6,
				 .now = now,
				 .n_paths = 2UL * MANY,
				 .alike = count_calls,
				 .ctx = &calls }),
	    0);
	assert_int_equal(stories.n, MANY);
	assert_true(calls >= MANY);
	assert_true(calls <= GV_STORY_LOOKED);
	gv_story_release(&stories);
	free(changes);
	free(now);
}

static void
a_file_with_a_story_of_its_own_keeps_it(void **state)
{
	const struct gv_story_change changes[] = {
		{ 0, 0, 1, false },
		{ 0, 1, 2, false },
		{ 1, 1, 0, false },
		{ 2, 0, NONE, false },
		{ 2, 1, 3, false },
	};

	(void)state;
	assert_string_equal(TELL(changes, NONE, 3), "1:i0 r1 m2!; 0:i0 r2");
}

static void
a_commit_of_what_was_saved_is_no_event(void **state)
{
	const struct gv_story_change changes[] = {
		{ 0, 0, 1, false },
		{ 1, 0, 2, false },
		{ 2, 0, 1, true },
		{ 3, 0, NONE, false },
		{ 4, 0, 2, true },
		{ 5, 0, 4, true },
	};

	(void)state;
	assert_string_equal(TELL(changes, NONE), "0:i0 m1 r3 i5");
}

static void
whole_words_and_the_newest_come_first(void **state)
{
	const struct gv_story_change changes[] = {
		{ 0, 0, 4, false },
		{ 1, 1, 1, false },
		{ 2, 2, 2, false },
		{ 3, 3, 4, false },
		{ 4, 3, NONE, false },
	};

	(void)state;
	assert_string_equal(
	    TELL(changes, 4, 1, 2, NONE), "0:i0!; 3:i3 r4; 2:i2!; 1:i1!");
}

static void
definitions_come_before_words_and_source_before_what_is_made(void **state)
{
	const struct gv_story_change changes[] = {
		{ 0, 0, 4, false },
		{ 0, 1, 5, false },
		{ 1, 2, 1, false },
		{ 2, 3, 2, false },
		{ 3, 1, NONE, false },
	};
	const bool foreign[] = { false, false, false, true };

	(void)state;
	assert_string_equal(
	    TELL(changes, 4, NONE, 1, 2), "1:i0 r3; 0:i0!; 3:i2!; 2:i1!");
	is_foreign = foreign;
	assert_string_equal(
	    TELL(changes, 4, NONE, 1, 2), "1:i0 r3; 0:i0!; 2:i1!; 3:i2!");
	is_foreign = NULL;
}

/* ---- some versions are not read yet ---- */

#define PATHS    5U
#define STEPS    7U
#define CONTENTS 18U

/* What became of a text in made-up steps, in full. */
struct history {
	struct gv_story_change changes[PATHS * STEPS];
	size_t n;
	struct gv_story_version versions[CONTENTS];
	struct gv_story_version found[CONTENTS]; /* what was read of them */
	bool is_read[CONTENTS];
	uint32_t now[PATHS];
};

static uint32_t
draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (uint32_t)(*seed >> 33) % below;
}

static unsigned
count_alike_contents(void *ctx, const struct gv_story_change *gone,
    uint32_t version, const struct gv_story_change *came)
{
	(void)ctx;
	(void)gone;
	return version % 3 == came->version % 3 ? 50 + version : 0;
}

static void
make_up(struct history *h, uint64_t *seed)
{
	uint32_t step, path, i;

	memset(h, 0, sizeof(*h));
	for (i = 0; i < CONTENTS; i++) {
		h->versions[i] = versions[draw(seed, 6)];
		h->is_read[i] = draw(seed, 4) != 0;
		if (h->is_read[i])
			h->found[i] = h->versions[i];
	}
	for (path = 0; path < PATHS; path++)
		h->now[path] = NONE;
	for (step = 0; step < STEPS; step++)
		for (path = 0; path < PATHS; path++) {
			if (draw(seed, 2))
				continue;
			i = draw(seed, CONTENTS + 5);
			h->now[path] = i < CONTENTS ? i : NONE;
			h->changes[h->n++] = (struct gv_story_change){ step,
				path, h->now[path], draw(seed, 6) == 0 };
		}
}

static void
tell_history(struct gv_stories *out, const struct history *h, bool is_all)
{
	assert_int_equal(gv_story_tell(out,
			     &(struct gv_story_steps){ .changes = h->changes,
				 .n = h->n,
				 .versions = is_all ? h->versions : h->found,
				 .n_versions = CONTENTS,
				 .is_read = is_all ? NULL : h->is_read,
				 .now = h->now,
				 .n_paths = PATHS,
				 .alike = count_alike_contents }),
	    0);
}

static bool
is_same(const struct gv_story *a, const struct gv_story *b)
{
	size_t i;

	if (a->path != b->path || a->version != b->version ||
	    a->is_there != b->is_there || a->is_word != b->is_word ||
	    a->is_definition != b->is_definition || a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		const struct gv_story_event *x = &a->events[i];
		const struct gv_story_event *y = &b->events[i];

		if (x->what != y->what || x->step != y->step ||
		    x->path != y->path || x->from != y->from ||
		    x->to != y->to || x->before != y->before ||
		    x->after != y->after)
			return false;
	}
	return true;
}

static bool
has_story(const struct gv_stories *all, const struct gv_story *story)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (is_same(&all->items[i], story))
			return true;
	return false;
}

static void
what_is_told_before_all_is_read_stays_so(void **state)
{
	struct gv_stories all, some;
	size_t round, i, closed = 0, open = 0;
	struct history h;
	uint64_t seed = 1;

	(void)state;
	for (round = 0; round < 20000; round++) {
		make_up(&h, &seed);
		tell_history(&all, &h, true);
		tell_history(&some, &h, false);
		for (i = 0; i < all.n; i++)
			assert_false(all.items[i].is_open);
		for (i = 0; i < some.n; i++) {
			if (some.items[i].is_open) {
				open++;
				continue;
			}
			closed++;
			assert_true(has_story(&all, &some.items[i]));
		}
		gv_story_release(&all);
		gv_story_release(&some);
	}
	assert_true(closed > 1000);
	assert_true(open > 1000);
}

UNIT(story)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_comes_changes_and_goes),
		cmocka_unit_test(it_moves_with_its_file_or_to_another),
		cmocka_unit_test(what_another_file_lost_otherwise_is_no_move),
		cmocka_unit_test(
		    it_goes_on_in_a_file_that_was_renamed_and_edited),
		cmocka_unit_test(a_file_that_went_on_without_the_text_is_named),
		cmocka_unit_test(
		    of_very_many_that_went_not_each_is_compared_with_each),
		cmocka_unit_test(a_file_with_a_story_of_its_own_keeps_it),
		cmocka_unit_test(a_commit_of_what_was_saved_is_no_event),
		cmocka_unit_test(whole_words_and_the_newest_come_first),
		cmocka_unit_test(
		    definitions_come_before_words_and_source_before_what_is_made),
		cmocka_unit_test(what_is_told_before_all_is_read_stays_so),
	};

	return UNIT_RUN(tests);
}
