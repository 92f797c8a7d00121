#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "reuse/match.h"
#include "kin/print.h"

/* Functions that differ from each other; `rename`: with other names, numbers
 * and comments. */
static void
write_code(struct gv_buf *out, unsigned from, unsigned to, bool rename)
{
	static const char *const ops[] = { "+", "-", "*", "/", "%", "&", "|" };
	unsigned i, k, x;

	for (i = from; i < to; i++) {
		gv_buf_addf(out, "int\n%s_%u(int a)\n{\n",
		    rename ? "other" : "first", i);
		for (k = 0; k < 8; k++) {
			x = (i * 8 + k) * 2654435761u >> 8;
			gv_buf_addf(out, "\t%s = %s %s %u; /* %s */\n",
			    rename ? "u" : "v", rename ? "w" : "a", ops[x % 7],
			    rename ? x : k, rename ? "x" : "y");
			if (x / 7 % 3 == 0)
				gv_buf_addf(out, "\tif (%s %s 3) call(%s);\n",
				    rename ? "u" : "v", ops[x / 21 % 7],
				    rename ? "w" : "a");
			if (x / 147 % 3 == 1)
				gv_buf_addf(out, "\t%s[%s]++;\n",
				    rename ? "tab" : "list",
				    ops[x / 441 % 2] + 1);
		}
		gv_buf_addstr(out, "}\n\n");
	}
}

static void
find(struct gv_matches *out, const char *a, const struct gv_buf *old,
    const char *b, const struct gv_buf *new)
{
	struct gv_prints x[GV_PRINT_STREAMS], y[GV_PRINT_STREAMS];
	struct gv_match_index index;
	int i;

	memset(&index, 0, sizeof(index));
	assert_int_equal(gv_prints_of(x, a, old->p, old->len), 0);
	assert_int_equal(gv_prints_of(y, b, new->p, new->len), 0);
	assert_int_equal(gv_match_add(&index, 7, x), 0);
	gv_match_end(&index);
	assert_int_equal(gv_match_find(out, &index, y), 0);
	gv_match_release(&index);
	for (i = 0; i < GV_PRINT_STREAMS; i++) {
		gv_prints_release(&x[i]);
		gv_prints_release(&y[i]);
	}
}

static void
a_copy_is_found_with_its_lines(void **state)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	struct gv_matches m;

	(void)state;
	write_code(&a, 0, 20, false);
	gv_buf_addstr(&b, "/* a licence\n *\n */\n#include <x.h>\n");
	write_code(&b, 100, 103, false);
	write_code(&b, 5, 8, false);
	find(&m, "a.c", &a, "b.c", &b);
	assert_true(m.n > 0);
	assert_int_equal(m.items[0].file, 7);
	assert_false(m.items[0].is_renamed);
	assert_true(m.items[0].alike > 80);
	assert_true(m.items[0].first < m.items[0].last);
	assert_true(m.items[0].to_first > 30);
	/* as many lines there as here */
	assert_int_equal(m.items[0].last - m.items[0].first,
	    m.items[0].to_last - m.items[0].to_first);
	free(m.items);
	gv_buf_release(&a);
	gv_buf_release(&b);
}

static void
what_was_renamed_is_found_and_said_to_be(void **state)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	struct gv_matches m;

	(void)state;
	write_code(&a, 0, 20, false);
	write_code(&b, 4, 9, true);
	find(&m, "a.c", &a, "b.c", &b);
	assert_true(m.n > 0);
	assert_true(m.items[0].is_renamed);
	assert_true(m.items[0].tokens > 100);
	free(m.items);
	gv_buf_release(&a);
	gv_buf_release(&b);
}

static void
a_file_is_known_after_it_was_renamed_and_edited(void **state)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT, c = GV_BUF_INIT;
	struct gv_prints x[GV_PRINT_STREAMS], y[GV_PRINT_STREAMS];
	struct gv_prints z[GV_PRINT_STREAMS];
	int i;

	(void)state;
	/* more than half of the lines are new, and some of the old ones */
	write_code(&a, 0, 20, false);
	write_code(&b, 100, 115, false);
	write_code(&b, 6, 20, false);
	write_code(&c, 200, 230, false);
	assert_int_equal(gv_prints_of(x, "a.c", a.p, a.len), 0);
	assert_int_equal(gv_prints_of(y, "b.c", b.p, b.len), 0);
	assert_int_equal(gv_prints_of(z, "c.c", c.p, c.len), 0);
	assert_true(gv_prints_shared(&x[0], &y[0]) >= GV_PRINT_DESCENT);
	assert_true(gv_prints_shared(&y[0], &x[0]) >= GV_PRINT_DESCENT);
	assert_true(gv_prints_shared(&x[0], &z[0]) < GV_PRINT_DESCENT);
	for (i = 0; i < GV_PRINT_STREAMS; i++) {
		gv_prints_release(&x[i]);
		gv_prints_release(&y[i]);
		gv_prints_release(&z[i]);
	}
	gv_buf_release(&a);
	gv_buf_release(&b);
	gv_buf_release(&c);
}

static void
other_code_and_boilerplate_are_not(void **state)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	struct gv_matches m;
	unsigned i;

	(void)state;
	write_code(&a, 0, 20, false);
	gv_buf_addstr(&b,
	    "package x\nfunc main() {\n\tfor i := range y {\n"
	    "\t\tfmt.Println(i, y[i], \"text\")\n\t}\n}\n");
	find(&m, "a.c", &a, "b.go", &b);
	assert_int_equal(m.n, 0);
	free(m.items);
	/* the same row many times is in more places than counts */
	gv_buf_reset(&a);
	for (i = 0; i < 200; i++)
		gv_buf_addf(&a, "\t{ 1, \"a\", NULL, 2, { 3, 4 } },\n");
	find(&m, "a.c", &a, "b.c", &a);
	assert_int_equal(m.n, 0);
	free(m.items);
	gv_buf_release(&a);
	gv_buf_release(&b);
}

static void
comments_and_blanks_are_no_tokens(void **state)
{
	static const char *const texts[][2] = {
		{ "a.c", "int x; /* y\nz */ // w\nint\tx;" },
		{ "a.py", "int x; # y\n\n  int x;" },
		{ "a.sql", "int x; -- y\nint x;" },
		{ "a.tf", "int x; # y\n// z\nint x;" },
		{ "Makefile", "int x;\nint x; # y" },
	};
	struct gv_prints p[GV_PRINT_STREAMS];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(gv_prints_of(p, texts[i][0], texts[i][1],
				     strlen(texts[i][1])),
		    0);
		assert_int_equal(p[0].tokens, 6);
		assert_int_equal(p[0].n, 0);
	}
	assert_true(gv_print_is_source("x/a.go"));
	assert_false(gv_print_is_source("README.md"));
	assert_false(gv_print_is_source("COPYING"));
	/* an end that is missing is the end of the text, or of the line */
	for (i = 0; i < 3; i++) {
		static const char *const odd[] = { "/* x", "x 'y\nz",
			"\"\"\"x" };

		assert_int_equal(gv_prints_of(p, i < 2 ? "a.c" : "a.py", odd[i],
				     strlen(odd[i])),
		    0);
		assert_int_equal(p[0].tokens, i == 0 ? 0 : i == 1 ? 3 : 1);
	}
}

/* Each run of k + w - 1 tokens that two texts have in common has a print in
 * common, wherever it begins. */
static void
no_run_of_thirty_tokens_is_missed(void **state)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	struct gv_prints x[GV_PRINT_STREAMS], y[GV_PRINT_STREAMS];
	unsigned i, k;

	(void)state;
	for (i = 0; i < 300; i++)
		gv_buf_addf(&a, "w%u ", i * 7919 % 1009);
	assert_int_equal(gv_prints_of(x, "a.c", a.p, a.len), 0);
	for (i = 0; i < 260; i += 13) {
		gv_buf_reset(&b);
		for (k = 0; k < i; k++)
			gv_buf_addf(&b, "other%u ", k);
		for (k = i; k < i + 30; k++)
			gv_buf_addf(&b, "w%u ", k * 7919 % 1009);
		for (k = 0; k < 40; k++)
			gv_buf_addf(&b, "more%u ", k);
		assert_int_equal(gv_prints_of(y, "b.c", b.p, b.len), 0);
		assert_true(gv_prints_alike(&y[0], &x[0]) > 0);
		gv_prints_release(&y[0]);
		gv_prints_release(&y[1]);
	}
	assert_int_equal(gv_prints_alike(&x[0], &x[0]), 100);
	gv_prints_release(&x[0]);
	gv_prints_release(&x[1]);
	gv_buf_release(&a);
	gv_buf_release(&b);
}

UNIT(print)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_is_found_with_its_lines),
		cmocka_unit_test(what_was_renamed_is_found_and_said_to_be),
		cmocka_unit_test(
		    a_file_is_known_after_it_was_renamed_and_edited),
		cmocka_unit_test(other_code_and_boilerplate_are_not),
		cmocka_unit_test(comments_and_blanks_are_no_tokens),
		cmocka_unit_test(no_run_of_thirty_tokens_is_missed),
	};

	return UNIT_RUN(tests);
}
