/* lib/base/linediff: hunks of a unified diff, without a copy of a line. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/linediff.h"

static int
add_hunk(void *ctx, const struct gv_linediff_hunk *h)
{
	gv_buf_addf(ctx, "@@ -%zu,%zu +%zu,%zu @@\n", h->old_first, h->old_n,
	    h->new_first, h->new_n);
	return 0;
}

static int
add_line(void *ctx, char sign, const char *line, size_t len, bool is_cut)
{
	gv_buf_addf(ctx, "%c%.*s\n%s", sign, (int)len, line,
	    is_cut ? "\\ No newline at end of file\n" : "");
	return 0;
}

static void
assert_diff(
    const char *old, const char *new, size_t context, const char *expect)
{
	struct gv_buf b = GV_BUF_INIT;
	const struct gv_linediff_to to = { add_hunk, add_line, &b };

	gv_buf_addstr(&b, "");
	assert_int_equal(
	    gv_linediff(&to, old, strlen(old), new, strlen(new), context), 0);
	assert_string_equal(b.p, expect);
	gv_buf_release(&b);
}

static void
equal_texts_have_no_hunk(void **state)
{
	(void)state;
	assert_diff("", "", 3, "");
	assert_diff("a\nb\n", "a\nb\n", 3, "");
	assert_diff("a", "a", 0, "");
}

static void
changed_lines_stand_between_equal_ones(void **state)
{
	(void)state;
	assert_diff(
	    "a\nb\nc\n", "a\nX\nc\n", 3, "@@ -1,3 +1,3 @@\n a\n-b\n+X\n c\n");
	assert_diff("a\nb\nc\n", "a\nX\nc\n", 0, "@@ -2,1 +2,1 @@\n-b\n+X\n");
	assert_diff("1\n2\n3\n4\n5\n", "1\n2\n3\n4\n5\n6\n", 1,
	    "@@ -5,1 +5,2 @@\n 5\n+6\n");
}

static void
a_side_without_lines_is_at_the_line_before(void **state)
{
	(void)state;
	assert_diff("", "a\nb\n", 3, "@@ -0,0 +1,2 @@\n+a\n+b\n");
	assert_diff("a\n", "", 3, "@@ -1,1 +0,0 @@\n-a\n");
	assert_diff("a\nb\n", "a\nx\nb\n", 0, "@@ -1,0 +2,1 @@\n+x\n");
}

static void
a_last_line_without_lf_differs_from_one_with_it(void **state)
{
	(void)state;
	assert_diff("a\nb", "a\nb\n", 1,
	    "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
	assert_diff("b\na", "c\na", 1,
	    "@@ -1,2 +1,2 @@\n-b\n+c\n a\n\\ No newline at end of file\n");
}

static void
near_differences_share_a_hunk_and_far_ones_do_not(void **state)
{
	(void)state;
	assert_diff("1\n2\n3\n4\n5\n", "x\n2\n3\n4\ny\n", 2,
	    "@@ -1,5 +1,5 @@\n-1\n+x\n 2\n 3\n 4\n-5\n+y\n");
	assert_diff("1\n2\n3\n4\n5\n", "x\n2\n3\n4\ny\n", 1,
	    "@@ -1,2 +1,2 @@\n-1\n+x\n 2\n@@ -4,2 +4,2 @@\n 4\n-5\n+y\n");
}

static void
the_shortest_script_is_found(void **state)
{
	(void)state;
	assert_diff("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", 0,
	    "@@ -1,2 +0,0 @@\n-a\n-b\n@@ -3,0 +2,1 @@\n+b\n"
	    "@@ -6,1 +4,0 @@\n-b\n@@ -7,0 +6,1 @@\n+c\n");
}

/* ---- against a slow model, on random texts ------------------------------- */

struct applied {
	const char *old;
	struct gv_buf made;
	size_t at, edits; /* the next line of `old` */
};

static const char *
line_at(const char *text, size_t n)
{
	for (; n; n--)
		text = strchr(text, '\n') + 1;
	return text;
}

static void
copy_lines(struct applied *a, size_t until)
{
	const char *from = line_at(a->old, a->at), *to = line_at(a->old, until);

	gv_buf_add(&a->made, from, (size_t)(to - from));
	a->at = until;
}

static int
apply_hunk(void *ctx, const struct gv_linediff_hunk *h)
{
	copy_lines(ctx, h->old_n ? h->old_first - 1 : h->old_first);
	return 0;
}

static int
apply_line(void *ctx, char sign, const char *line, size_t len, bool is_cut)
{
	struct applied *a = ctx;

	assert_false(is_cut);
	if (sign != '+') {
		const char *old = line_at(a->old, a->at++);

		assert_memory_equal(old, line, len);
		assert_int_equal(old[len], '\n');
	}
	if (sign != '-') {
		gv_buf_add(&a->made, line, len);
		gv_buf_addch(&a->made, '\n');
	}
	a->edits += sign != ' ';
	return 0;
}

/* The number of edits, by the table of the longest common subsequence. */
static size_t
fewest(const char *a, size_t n, const char *b, size_t m)
{
	size_t table[41][41] = { { 0 } }, i, j;

	for (i = 1; i <= n; i++)
		for (j = 1; j <= m; j++)
			table[i][j] = a[2 * i - 2] == b[2 * j - 2]
			    ? table[i - 1][j - 1] + 1
			    : table[i - 1][j] > table[i][j - 1]
			    ? table[i - 1][j]
			    : table[i][j - 1];
	return n + m - 2 * table[n][m];
}

static unsigned
draw(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

static size_t
random_text(char *out, unsigned *seed)
{
	size_t n = draw(seed) % 41, i;

	for (i = 0; i < n; i++) {
		out[2 * i] = (char)('a' + draw(seed) % 4);
		out[2 * i + 1] = '\n';
	}
	out[2 * n] = '\0';
	return n;
}

static void
hunks_make_the_new_text_in_the_fewest_edits(void **state)
{
	char old[90], new[90];
	unsigned seed = 7;
	size_t i, n, m;

	(void)state;
	for (i = 0; i < 3000; i++) {
		struct applied a = { .old = old, .made = GV_BUF_INIT };
		const struct gv_linediff_to to = { apply_hunk, apply_line, &a };

		n = random_text(old, &seed);
		m = random_text(new, &seed);
		gv_buf_addstr(&a.made, "");
		assert_int_equal(
		    gv_linediff(&to, old, 2 * n, new, 2 * m, i % 4), 0);
		copy_lines(&a, n);
		assert_string_equal(a.made.p, new);
		assert_int_equal(a.edits, fewest(old, n, new, m));
		gv_buf_release(&a.made);
	}
}

static int
refuse_line(void *ctx, char sign, const char *line, size_t len, bool is_cut)
{
	(void)ctx, (void)sign, (void)line, (void)len, (void)is_cut;
	return GV_ECANCELED;
}

static void
what_a_call_returns_ends_it(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	const struct gv_linediff_to to = { add_hunk, refuse_line, &b };

	(void)state;
	assert_int_equal(gv_linediff(&to, "a\n", 2, "b\n", 2, 3), GV_ECANCELED);
	gv_buf_release(&b);
}

/* More differs than is searched for: all of it is replaced. */
static void
texts_that_differ_in_too_much_are_replaced(void **state)
{
	struct gv_buf old = GV_BUF_INIT, new = GV_BUF_INIT;
	struct applied a = { .made = GV_BUF_INIT };
	const struct gv_linediff_to to = { apply_hunk, apply_line, &a };
	size_t i;

	(void)state;
	for (i = 0; i < 2 * GV_LINEDIFF_MAX; i++) {
		gv_buf_addf(&old, "%zu\nsame\n", i);
		gv_buf_addf(&new, "%zu\nsame\n", i + 100000);
	}
	a.old = old.p;
	assert_int_equal(
	    gv_linediff(&to, old.p, old.len, new.p, new.len, 3), 0);
	copy_lines(&a, 4 * GV_LINEDIFF_MAX);
	assert_string_equal(a.made.p, new.p);
	assert_int_equal(a.edits, 8 * GV_LINEDIFF_MAX - 2);
	gv_buf_release(&a.made);
	gv_buf_release(&old);
	gv_buf_release(&new);
}

UNIT(linediff)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_have_no_hunk),
		cmocka_unit_test(changed_lines_stand_between_equal_ones),
		cmocka_unit_test(a_side_without_lines_is_at_the_line_before),
		cmocka_unit_test(
		    a_last_line_without_lf_differs_from_one_with_it),
		cmocka_unit_test(
		    near_differences_share_a_hunk_and_far_ones_do_not),
		cmocka_unit_test(the_shortest_script_is_found),
		cmocka_unit_test(hunks_make_the_new_text_in_the_fewest_edits),
		cmocka_unit_test(what_a_call_returns_ends_it),
		cmocka_unit_test(texts_that_differ_in_too_much_are_replaced),
	};

	return UNIT_RUN(tests);
}
