#include "unit.h"

#include <string.h>

#include "git-vault/front/out.h"
#include "git-vault/front/out_fit.h"

#define GONE GV_OUT_FIT_GONE

static const struct gv_out_column list[] = {
	{ .head = "ID", .whole = true },
	{ .head = "AGE", .whole = true },
	{ .head = "BASE", .extra = 3 },
	{ .head = "FILES", .right = true, .extra = 2 },
	{ .head = "SIZE", .right = true, .extra = 1 },
	{ .head = "TAGS" },
	{ .head = "SUBJECT", .cut = true },
};

#define N (sizeof(list) / sizeof(list[0]))

static size_t
sum(const size_t *widths, size_t n)
{
	size_t i, all = 0, shown = 0;

	for (i = 0; i < n; i++)
		if (widths[i] != GONE)
			all += widths[i] + (shown++ ? GV_OUT_FIT_GAP : 0);
	return all;
}

static void
becomes(const size_t *before, size_t room, const size_t *expect)
{
	size_t widths[N];

	memcpy(widths, before, sizeof(widths));
	gv_out_fit(widths, list, N, room);
	assert_memory_equal(widths, expect, sizeof(widths));
}

static void
what_fits_stays_as_it_is(void **state)
{
	static const size_t all[N] = { 8, 11, 10, 5, 8, 4, 12 };

	(void)state;
	becomes(all, 70, all);
	becomes(all, 80, all);
}

static void
extra_columns_go_by_their_number(void **state)
{
	static const size_t all[N] = { 8, 11, 10, 5, 8, 4, 12 };

	(void)state;
	becomes(all, 69, (const size_t[N]){ 8, 11, GONE, 5, 8, 4, 12 });
	becomes(all, 57, (const size_t[N]){ 8, 11, GONE, GONE, 8, 4, 12 });
	becomes(all, 50, (const size_t[N]){ 8, 11, GONE, GONE, GONE, 4, 12 });
}

static void
a_long_subject_costs_extra_columns_only_up_to_some_words(void **state)
{
	static const size_t all[N] = { 8, 11, 10, 5, 8, 4, 200 };

	(void)state;
	becomes(all, 90, (const size_t[N]){ 8, 11, 10, 5, 8, 4, 32 });
	becomes(all, 80, (const size_t[N]){ 8, 11, GONE, 5, 8, 4, 34 });
}

static void
others_are_cut_before_the_subject_has_few_words(void **state)
{
	static const size_t all[N] = { 8, 11, GONE, GONE, GONE, 60, 200 };

	(void)state;
	becomes(all, 80, (const size_t[N]){ 8, 11, GONE, GONE, GONE, 23, 32 });
	becomes(all, 45, (const size_t[N]){ 8, 11, GONE, GONE, GONE, 8, 12 });
}

/* Whatever the texts are: it fits where three columns a cell are room enough,
 * nothing grows, and numbers and ids are whole while others can be cut. */
static void
any_table_fits(void **state)
{
	struct gv_out_column columns[8];
	size_t before[8], widths[8], n, i, room;
	unsigned seed = 1, round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		memset(columns, 0, sizeof(columns));
		seed = seed * 1103515245u + 12345u;
		n = 1 + (seed >> 16) % 8;
		room = 8 * 5 + (seed >> 19) % 100;
		for (i = 0; i < n; i++) {
			seed = seed * 1103515245u + 12345u;
			before[i] = (seed >> 16) % 3 ? (seed >> 18) % 20
						     : (seed >> 18) % 300;
			columns[i].right = (seed >> 8) % 4 == 0;
			columns[i].whole = (seed >> 10) % 4 == 0;
			columns[i].cut = i + 1 == n && (seed >> 12) % 2;
			columns[i].extra = (seed >> 13) % 4;
		}
		memcpy(widths, before, sizeof(widths));
		gv_out_fit(widths, columns, n, room);
		assert_true(sum(widths, n) <= room);
		for (i = 0; i < n; i++)
			assert_true(widths[i] <= before[i] ||
			    (widths[i] == GONE && columns[i].extra));
		if (sum(before, n) <= room)
			assert_memory_equal(
			    widths, before, n * sizeof(*widths));
	}
}

static void
a_room_for_nothing_does_no_harm(void **state)
{
	static const size_t all[N] = { 8, 11, 10, 5, 8, 4, 12 };

	(void)state;
	becomes(all, 1, (const size_t[N]){ 3, 3, GONE, GONE, GONE, 3, 3 });
	gv_out_fit((size_t[1]){ 3 }, list, 0, 0);
}

static void
sentences_are_broken_at_blanks(void **state)
{
	static const char text[] = "one two three", wide[] = "ünï cödé";

	(void)state;
	assert_int_equal(gv_out_fit_line(text, 13, 13), 13);
	assert_int_equal(gv_out_fit_line(text, 13, 12), 7);
	assert_int_equal(gv_out_fit_line(text, 13, 7), 7);
	assert_int_equal(gv_out_fit_line(text, 13, 6), 3);
	/* a word stays in one piece */
	assert_int_equal(gv_out_fit_line(text, 13, 2), 3);
	assert_int_equal(gv_out_fit_line(text + 8, 5, 1), 5);
	assert_int_equal(gv_out_fit_line(text, 0, 0), 0);
	/* columns count, not bytes */
	assert_int_equal(
	    gv_out_fit_line(wide, sizeof(wide) - 1, 8), sizeof(wide) - 1);
	assert_int_equal(gv_out_fit_line(wide, sizeof(wide) - 1, 7), 5);
}

static void
expect_line(const char *text, size_t room, const char *line)
{
	assert_int_equal(
	    gv_out_fit_line(text, strlen(text), room), strlen(line));
}

static void
a_command_stays_in_one_piece(void **state)
{
	(void)state;
	expect_line("ask for it: git vault key add ben", 20, "ask for it:");
	expect_line("git vault key add ben", 8, "git vault key add ben");
	expect_line(
	    "git vault key add ben (or wait)", 8, "git vault key add ben");
	expect_line("git vault list; then wait", 16, "git vault list;");
	expect_line(
	    "'git vault key list' lists them", 12, "'git vault key list'");
	expect_line("ask (git vault key list) of me", 12, "ask");
	expect_line("(git vault key list) of me", 12, "(git vault key list)");
	expect_line("git vault tag -m 'a; b (c)' x", 9,
	    "git vault tag -m 'a; b (c)' x");
	expect_line("the git vault of today", 10, "the");
	/* what only begins like one breaks as any text */
	expect_line("git flushes neither refs", 12, "git flushes");
	expect_line("git vault", 5, "git");
}

static void
a_column_that_goes_on_below_leaves_the_others_whole(void **state)
{
	static const struct gv_out_column columns[] = {
		{ .head = "EVENT" },
		{ .head = "WHO" },
		{ .head = "REASON", .wrap = true },
	};
	size_t widths[] = { 20, 20, 300 },
	       gone[] = { 20, GV_OUT_FIT_GONE, 300 };

	(void)state;
	gv_out_fit(widths, columns, 3, 80);
	assert_int_equal(widths[0], 20);
	assert_int_equal(widths[1], 20);
	assert_int_equal(widths[2], 36);
	/* what is left out before takes no room */
	gv_out_fit(gone, columns, 3, 80);
	assert_int_equal(gone[2], 58);
	assert_int_equal(gone[1], GV_OUT_FIT_GONE);
}

UNIT(out_fit)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_stays_as_it_is),
		cmocka_unit_test(extra_columns_go_by_their_number),
		cmocka_unit_test(
		    a_long_subject_costs_extra_columns_only_up_to_some_words),
		cmocka_unit_test(
		    others_are_cut_before_the_subject_has_few_words),
		cmocka_unit_test(any_table_fits),
		cmocka_unit_test(a_room_for_nothing_does_no_harm),
		cmocka_unit_test(sentences_are_broken_at_blanks),
		cmocka_unit_test(a_command_stays_in_one_piece),
		cmocka_unit_test(
		    a_column_that_goes_on_below_leaves_the_others_whole),
	};

	return UNIT_RUN(tests);
}
