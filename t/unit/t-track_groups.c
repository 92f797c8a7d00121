/* lib/state/track_groups: reading on another thread gives the same groups as
 * reading on one, for every tool and for groups of any length. A failure on
 * either side ends both, and is the one that is returned. */
#include "unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "state/track_internal.h"
#include "unit/state_told.h"
#include "unit/states.h"

typedef int run_fn(struct gv_state_info *out,
    const struct gv_state_source *source, gv_state_fn *fn, void *ctx);

static int
run_by(run_fn *by, struct gv_state_info *info, struct listener *l,
    const struct gv_buf *text)
{
	struct gv_state_source source = { .read = give, .ctx = l, .cut = cut };

	l->text = text->p;
	l->len = text->len;
	l->at = 0;
	memset(info, 0, sizeof(*info));
	return by(info, &source, listen, l);
}

/* Both ways, read `step` bytes at a time; 0: all that there is room for. */
static void
assert_same(const struct gv_buf *text, const char *tool, size_t step)
{
	struct listener one = LISTENER, two = LISTENER;
	struct gv_state_info a, b;
	size_t i;

	one.step = two.step = step;
	assert_int_equal(run_by(gv_state_run, &a, &one, text), 0);
	assert_int_equal(run_by(gv_track_groups, &b, &two, text), 0);
	assert_string_equal(a.tool, tool);
	assert_string_equal(b.tool, tool);
	assert_string_equal(a.damage, b.damage);
	assert_int_equal(a.size, b.size);
	assert_int_equal(a.items, b.items);
	assert_int_equal(a.groups, b.groups);
	assert_int_equal(one.n, two.n);
	for (i = 0; i < one.n; i++) {
		assert_int_equal(one.groups[i].len, two.groups[i].len);
		assert_int_equal(one.groups[i].level, two.groups[i].level);
		assert_int_equal(one.groups[i].n_items, two.groups[i].n_items);
	}
	assert_int_equal(two.file.len, text->len);
	assert_memory_equal(two.file.p, text->p, text->len);
	assert_string_equal(
	    one.list.p ? one.list.p : "", two.list.p ? two.list.p : "");
	free_listener(&one);
	free_listener(&two);
}

static void
terraform_is_told_alike(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 300, 3000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct states_made made;

		states_make(&made, i % STATES_FORMS, sizes[i], 0);
		assert_same(&made.text, "terraform", 0);
		assert_same(&made.text, "terraform", 4099);
		states_free(&made);
	}
}

/* A group of each side of what is copied, in turns: one that is lent is waited
 * for while those before it are still in the line. */
static void
long_groups_are_told_alike(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i, k;

	(void)state;
	gv_buf_addstr(&text,
	    "{\"version\": 4, \"serial\": 1, \"lineage\": \"l\", "
	    "\"outputs\": {}, \"resources\": [");
	for (i = 0; i < 60; i++) {
		gv_buf_addf(&text,
		    "%s{\"mode\": \"managed\", \"type\": \"t\", "
		    "\"name\": \"n%zu\", \"provider\": \"p\", "
		    "\"instances\": [{\"attributes\": {\"id\": \"",
		    i ? ", " : "", i);
		for (k = i % 3 ? 3000 : 270000; k > 0; k -= 10)
			gv_buf_addstr(&text, "0123456789");
		gv_buf_addstr(&text, "\"}}]}");
	}
	gv_buf_addstr(&text, "]}");
	assert_int_equal(gv_buf_check(&text), 0);
	assert_same(&text, "terraform", 0);
	gv_buf_release(&text);
}

/* Names and addresses that are put together stand behind the copied bytes. */
static void
yaml_is_told_alike(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	(void)state;
	gv_buf_addstr(&text, "apiVersion: v1\nkind: List\nitems:\n");
	for (i = 0; i < 2000; i++)
		gv_buf_addf(&text,
		    "- apiVersion: v1\n  kind: Secret\n  metadata:\n"
		    "    name: s%zu\n    namespace: prod\n"
		    "  data:\n    key%zu: dmFsdWU=\n",
		    i, i);
	assert_int_equal(gv_buf_check(&text), 0);
	assert_same(&text, "kubernetes", 0);
	assert_same(&text, "kubernetes", 1021);
	gv_buf_release(&text);
}

static void
what_nobody_knows_is_told_alike(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 20000; i++)
		gv_buf_addf(
		    &text, "a line of no tool, %zu%s\n", i, i % 97 ? "" : ";");
	assert_int_equal(gv_buf_check(&text), 0);
	assert_same(&text, "opaque", 0);
	gv_buf_release(&text);
}

static void
a_damaged_one_is_told_alike(void **state)
{
	struct states_made made;
	size_t len;

	(void)state;
	states_make(&made, STATES_PRETTY, 400, 0);
	for (len = made.text.len; len > 1000; len -= 1000 + len / 7) {
		gv_buf_truncate(&made.text, len);
		assert_same(&made.text, "terraform", 0);
	}
	states_free(&made);
}

/* ---- failures ----------------------------------------------------------- */

static void
who_takes_ends_both(void **state)
{
	static const size_t stops[] = { 1, 2, 16, 17, 40 };
	struct states_made made;
	size_t i;

	(void)state;
	states_make(&made, STATES_COMPACT, 6000, 0);
	for (i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		struct listener l = LISTENER;
		struct gv_state_info info;

		l.stop = stops[i];
		assert_int_equal(run_by(gv_track_groups, &info, &l, &made.text),
		    GV_ECANCELED);
		assert_int_equal(l.n, stops[i]);
		free_listener(&l);
	}
	states_free(&made);
}

static void
who_reads_ends_both(void **state)
{
	struct states_made made;
	size_t at;

	(void)state;
	states_make(&made, STATES_COMPACT, 6000, 0);
	for (at = 1; at < made.text.len; at = at * 5 + 1) {
		struct listener l = LISTENER;
		struct gv_state_info info;

		l.step = 5000;
		l.fail_at = at;
		assert_int_equal(
		    run_by(gv_track_groups, &info, &l, &made.text), GV_ERROR);
		assert_true(l.file.len <= l.at);
		assert_memory_equal(
		    l.file.p ? l.file.p : "", made.text.p, l.file.len);
		free_listener(&l);
	}
	states_free(&made);
}

static int
begin(void **state)
{
	(void)state;
	return gv_secret_ready();
}

UNIT(track_groups)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(terraform_is_told_alike, begin),
		cmocka_unit_test(long_groups_are_told_alike),
		cmocka_unit_test(yaml_is_told_alike),
		cmocka_unit_test(what_nobody_knows_is_told_alike),
		cmocka_unit_test(a_damaged_one_is_told_alike),
		cmocka_unit_test(who_takes_ends_both),
		cmocka_unit_test(who_reads_ends_both),
	};

	return UNIT_RUN(tests);
}
