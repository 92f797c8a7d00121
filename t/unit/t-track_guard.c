#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "state/track_internal.h"

static char terraform[] = "terraform", pulumi[] = "pulumi", opaque[] = "opaque";
static char one[] = "line-1", two[] = "line-2", cut[] = "it is cut off";

/* A version of Terraform: its digest is the digit of its content. */
static struct gv_track_version
version(uint64_t serial, unsigned char content)
{
	struct gv_track_version v = { .commit = { .id = { 1 } },
		.tool = terraform,
		.lineage = one,
		.has_serial = true,
		.serial = serial,
		.size = 100,
		.digest = { .bytes = { content } },
		.key = "k" };

	return v;
}

static void
assert_says(const struct gv_track_guard *g, const char *expect)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *why = gv_track_object(g, &text);

	if (expect == NULL) {
		assert_null(why);
	} else {
		assert_non_null(why);
		assert_string_equal(why, expect);
	}
	gv_buf_release(&text);
}

static void
what_goes_on_is_saved(void **state)
{
	struct gv_track_version last = version(4, 1), next = version(5, 2);
	struct gv_track_guard g = { .last = &last, .next = &next };

	(void)state;
	assert_says(&g, NULL);
	next = version(4, 1); /* the same once more */
	assert_says(&g, NULL);
	next = version(0, 2);
	next.has_serial = false;
	assert_says(&g, NULL);
	last = version(9, 1); /* the first one */
	memset(&last.commit, 0, sizeof(last.commit));
	next = version(1, 2);
	assert_says(&g, NULL);
}

static void
what_goes_back_or_elsewhere_is_refused(void **state)
{
	struct gv_track_version last = version(4, 1), next = version(3, 2);
	struct gv_track_guard g = { .last = &last, .next = &next };

	(void)state;
	assert_says(
	    &g, "its serial is 3, but the last version has 4: it is older");
	next = version(4, 2);
	assert_says(&g,
	    "serial 4 is already used by the last version, with different content");
	strcpy(next.key, "other"); /* of which nobody can say that it differs */
	assert_says(&g, NULL);
	next = version(5, 2);
	next.lineage = two;
	assert_says(&g,
	    "its lineage is line-2, and that of the last version is "
	    "line-1: it is the state of something else");
	next = version(5, 2);
	next.size = 0;
	assert_says(&g, "it is empty, and the last version is not");
}

static void
what_is_no_state_does_not_follow_one(void **state)
{
	struct gv_track_version last = version(4, 1), next = version(5, 2);
	struct gv_track_guard g = { .last = &last, .next = &next };

	(void)state;
	next.tool = opaque;
	assert_says(
	    &g, "it is not a state, but the last version is one of terraform");
	next.tool = NULL;
	assert_says(
	    &g, "it is not a state, but the last version is one of terraform");
	next.tool = pulumi;
	assert_says(&g,
	    "it is of pulumi, but the last version is a state of terraform");
	next.tool = terraform;
	next.damage = cut;
	assert_says(&g, NULL);
	g.wants_whole = true;
	assert_says(&g, "it is not an intact state, but the last version is");
	last.tool = opaque; /* behind what is no state itself anything comes */
	assert_says(&g, NULL);
}

/* A damaged version is no measure, and the one before it may come again. */
static void
the_last_whole_version_is_the_measure(void **state)
{
	struct gv_track_version last = version(9, 1), good = version(4, 2);
	struct gv_track_version next = version(5, 3);
	struct gv_track_guard g = {
		.last = &last, .next = &next, .good = &good
	};

	(void)state;
	last.damage = cut;
	assert_says(&g, NULL);
	next = version(4, 2);
	assert_says(&g, NULL);
	next = version(3, 3);
	assert_says(
	    &g, "its serial is 3, but the last version has 4: it is older");
	g.good = NULL;
	g.is_refused = true; /* by its readers: it says nothing */
	assert_says(&g, NULL);
}

UNIT(track_guard)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_on_is_saved),
		cmocka_unit_test(what_goes_back_or_elsewhere_is_refused),
		cmocka_unit_test(what_is_no_state_does_not_follow_one),
		cmocka_unit_test(the_last_whole_version_is_the_measure),
	};

	return UNIT_RUN(tests);
}
