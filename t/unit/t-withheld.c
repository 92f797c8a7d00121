/* lib/seal/withheld: a list comes back as it was written, has one form only,
 * and a path is found without reading all of it. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "seal/withheld.h"

#define ZEROS "0000000000000000000000000000000000000000"
#define MAGIC "git-vault secrets 1\n"
#define REST  " prod aws-key " ZEROS " 4b825dc642cb6eb9a060e54bf8d69288fbee4904 "

static struct gv_withheld list;
static struct gv_buf text;

static int
begin(void **state)
{
	(void)state;
	memset(&list, 0, sizeof(list));
	text = (struct gv_buf)GV_BUF_INIT;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	gv_withheld_release(&list);
	gv_buf_release(&text);
	return 0;
}

static struct gv_withheld_entry
entry(const char *path, uint64_t at)
{
	char placeholder[GV_REDACT_MAX];
	struct gv_withheld_entry e = { .kind = GV_WITHHELD_SPAN,
		.scope = "prod",
		.path = path,
		.path_len = strlen(path),
		.object = gv_oid_empty_tree };

	e.place.at = at;
	e.place.rule = "aws-key";
	e.place.len =
	    gv_redact_placeholder(placeholder, e.place.rule, &e.place.id);
	return e;
}

static int
add(const char *path, uint64_t at)
{
	struct gv_withheld_entry e = entry(path, at);

	return gv_withheld_add(&list, &e);
}

static void
write_list(void)
{
	gv_buf_reset(&text);
	assert_int_equal(gv_withheld_write(&text, &list), 0);
}

/* Reads it all: the number of entries, or the failure. */
static int
read_all(const char *data, size_t len)
{
	struct gv_withheld_iter it;
	struct gv_withheld_entry e;
	int n = 0, r = gv_withheld_open(&it, data, len);

	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0) {
		n++;
		r = 0;
	}
	gv_withheld_close(&it);
	return r < 0 ? r : n;
}

static void
one_line_a_placeholder_whatever_the_order(void **state)
{
	static const char expect[] = MAGIC "s 0 58" REST "a\n"
					   "s 58 58" REST "a\n"
					   "f 0 58" REST "a b\n"
					   "s 3 58" REST "a/b\n"
					   "t 0 58" REST "\"b\\n\\303\\274\"\n";
	struct gv_withheld_entry e;

	(void)state;
	e = entry("b\n\303\274", 0);
	e.kind = GV_WITHHELD_STATE;
	assert_int_equal(gv_withheld_add(&list, &e), 0);
	assert_int_equal(add("a/b", 3), 0);
	assert_int_equal(add("a", 58), 0);
	e = entry("a b", 0);
	e.kind = GV_WITHHELD_FILE;
	assert_int_equal(gv_withheld_add(&list, &e), 0);
	assert_int_equal(add("a", 0), 0);
	write_list();
	assert_string_equal(text.p, expect);
	assert_int_equal(read_all(text.p, text.len), 5);
}

static void
what_is_read_is_what_was_written(void **state)
{
	struct gv_withheld_entry e = entry(" \"odd\\ \t\377", 7), back;
	struct gv_withheld_iter it;

	(void)state;
	e.scope = "eu-1.prod_x";
	memset(e.place.id.bytes, 0xa5, sizeof(e.place.id.bytes));
	assert_int_equal(gv_withheld_add(&list, &e), 0);
	write_list();
	assert_int_equal(gv_withheld_open(&it, text.p, text.len), 0);
	assert_int_equal(gv_withheld_next(&it, &back), 1);
	assert_int_equal(back.kind, e.kind);
	assert_int_equal(back.place.at, 7);
	assert_int_equal(back.place.len, e.place.len);
	assert_true(gv_digest_equal(&back.place.id, &e.place.id));
	assert_string_equal(back.place.rule, "aws-key");
	assert_string_equal(back.scope, e.scope);
	assert_true(gv_oid_equal(&back.object, &e.object));
	assert_int_equal(back.path_len, e.path_len);
	assert_memory_equal(back.path, e.path, e.path_len);
	assert_int_equal(gv_withheld_next(&it, &back), 0);
	gv_withheld_close(&it);
}

static void
an_empty_list_is_one(void **state)
{
	struct gv_withheld_iter it;

	(void)state;
	write_list();
	assert_string_equal(text.p, MAGIC);
	assert_int_equal(read_all(text.p, text.len), 0);
	assert_int_equal(gv_withheld_open(&it, text.p, text.len), 0);
	assert_int_equal(gv_withheld_find(&it, "a", 1), GV_ENOTFOUND);
	gv_withheld_close(&it);
}

static const char too_long[] =
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static void
entries_that_cannot_be_are_refused(void **state)
{
	static const char *const scopes[] = { "", "a b", "a/b", ".a", "-a",
		"a..b", "a.", "a.lock", "\303\274", too_long };
	struct gv_withheld_entry e;
	size_t i;

	(void)state;
#define REFUSED(change, words)                                                 \
	do {                                                                   \
		e = entry("a", 1);                                             \
		change;                                                        \
		assert_int_equal(gv_withheld_add(&list, &e), GV_EUSAGE);       \
		assert_message(words);                                         \
		assert_int_equal(list.n, 0);                                   \
	} while (0)
	for (i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
		REFUSED(e.scope = scopes[i], "impossible scope");
	REFUSED(e.path_len = 0, "impossible path");
	REFUSED((e.path = "a\0b", e.path_len = 3), "impossible path");
	REFUSED(e.place.len--, "a placeholder that cannot be");
	REFUSED(e.place.rule = "A", "a placeholder that cannot be");
	REFUSED(e.place.at = UINT64_MAX, "a placeholder that cannot be");
	REFUSED(e.kind = GV_WITHHELD_FILE, "a placeholder that cannot be");
}

static void
placeholders_over_each_other_are_refused(void **state)
{
	struct gv_withheld_entry e = entry("a", 0);

	(void)state;
	assert_int_equal(add("a", 10), 0);
	assert_int_equal(add("a", 67), 0);
	assert_int_equal(gv_withheld_write(&text, &list), GV_EUSAGE);
	assert_message("'a' lie over each other, at offset 67");
	assert_int_equal(text.len, 0);
	gv_withheld_release(&list);
	e.kind = GV_WITHHELD_FILE;
	assert_int_equal(gv_withheld_add(&list, &e), 0);
	assert_int_equal(add("a", 100), 0);
	assert_int_equal(gv_withheld_write(&text, &list), GV_EUSAGE);
}

static void
only_one_form_is_read(void **state)
{
	static const char *const bad[] = {
		MAGIC "s 0 58" REST "a", /* not ended */
		MAGIC "\n",
		MAGIC "s\n",
		MAGIC "x 0 58" REST "a\n",
		MAGIC "s 00 58" REST "a\n",
		MAGIC "s  0 58" REST "a\n",
		MAGIC "s +0 58" REST "a\n",
		MAGIC "s 18446744073709551616 58" REST "a\n",
		MAGIC "s 18446744073709551600 58" REST "a\n",
		MAGIC "s 0 59" REST "a\n",
		MAGIC "s 0 58" REST "\n",
		MAGIC "s 0 58" REST "\"a\"\n", /* needs no quotes */
		MAGIC "s 0 58" REST "a\tb\n",  /* needs them */
		MAGIC "s 0 58" REST "\"a\\000\"\n",
		MAGIC "s 0 58" REST "\"a\n",
		MAGIC "s 0 58  aws-key " ZEROS " " ZEROS " a\n",
		MAGIC "s 0 58 prod  " ZEROS " " ZEROS " a\n",
		MAGIC "s 0 58 a/b aws-key " ZEROS " " ZEROS " a\n",
		MAGIC "s 0 58 prod AWS-key " ZEROS " " ZEROS " a\n",
		MAGIC "s 0 58 prod aws-key 0" ZEROS " " ZEROS " a\n",
		MAGIC "s 0 58 prod aws-key " ZEROS " " ZEROS "0 a\n",
		MAGIC "f 1 58" REST "a\n",
		MAGIC "s 0 58 prod aws-key " ZEROS
		      " 4B825dc642cb6eb9a060e54bf8d69288fbee4904 a\n",
		/* out of order, over each other */
		MAGIC "s 0 58" REST "b\ns 0 58" REST "a\n",
		MAGIC "s 0 58" REST "a\ns 0 58" REST "a\n",
		MAGIC "s 58 58" REST "a\ns 0 58" REST "a\n",
		MAGIC "s 0 58" REST "a\ns 57 58" REST "a\n",
		MAGIC "f 0 58" REST "a\ns 58 58" REST "a\n",
		MAGIC "s 0 58" REST "ab\ns 0 58" REST "a\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (read_all(bad[i], strlen(bad[i])) != GV_ECORRUPT)
			fail_msg("number %zu is read", i);
		assert_message("line ");
	}
	assert_int_equal(read_all(bad[0], 0), GV_ECORRUPT);
	assert_message("this is not a list of encrypted");
	assert_int_equal(read_all(MAGIC, 10), GV_ECORRUPT);
	assert_int_equal(read_all("git-vault secrets 2\n", 20), GV_ECORRUPT);
	assert_message("has format 2, and this git-vault reads format 1");
}

static void
the_line_is_named(void **state)
{
	static const char data[] = MAGIC "s 0 58" REST "a\n"
					 "s 0 57" REST "b\n";

	(void)state;
	assert_int_equal(read_all(data, strlen(data)), GV_ECORRUPT);
	assert_message("line 3 of the list");
}

/* Whatever the number of lines, each path is found at its first line. */
static void
a_path_is_found(void **state)
{
	struct gv_withheld_iter it;
	struct gv_withheld_entry e;
	char path[32];
	int n, i, k, r;

	(void)state;
	for (n = 1; n < 70; n++) {
		gv_withheld_release(&list);
		for (i = 0; i < n; i++)
			for (k = 0; k <= i % 3; k++) {
				snprintf(path, sizeof(path), "d/%d", 2 * i);
				assert_int_equal(add(path, 100 * k), 0);
			}
		write_list();
		assert_int_equal(gv_withheld_open(&it, text.p, text.len), 0);
		for (i = 0; i < 2 * n + 2; i++) {
			snprintf(path, sizeof(path), "d/%d", i);
			r = gv_withheld_find(&it, path, strlen(path));
			if (i % 2 || i >= 2 * n) {
				assert_int_equal(r, GV_ENOTFOUND);
				continue;
			}
			assert_int_equal(r, 0);
			for (k = 0; k <= i / 2 % 3; k++) {
				assert_int_equal(gv_withheld_next(&it, &e), 1);
				assert_string_equal(e.path, path);
				assert_int_equal(e.place.at, 100 * k);
			}
			r = gv_withheld_next(&it, &e);
			assert_true(r == 0 || strcmp(e.path, path) > 0);
		}
		gv_withheld_close(&it);
	}
}

static void
a_damaged_line_on_the_way_is_said(void **state)
{
	struct gv_withheld_iter it;

	(void)state;
	assert_int_equal(add("a", 0), 0);
	write_list();
	text.p[text.len - 3] = 'x';
	assert_int_equal(gv_withheld_open(&it, text.p, text.len), 0);
	assert_int_equal(gv_withheld_find(&it, "a", 1), GV_ECORRUPT);
	assert_message("is damaged");
	gv_withheld_close(&it);
	gv_withheld_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

UNIT(withheld)
{
	const struct CMUnitTest tests[] = {
		TEST(one_line_a_placeholder_whatever_the_order),
		TEST(what_is_read_is_what_was_written),
		TEST(an_empty_list_is_one),
		TEST(entries_that_cannot_be_are_refused),
		TEST(placeholders_over_each_other_are_refused),
		TEST(only_one_form_is_read),
		TEST(the_line_is_named),
		TEST(a_path_is_found),
		TEST(a_damaged_line_on_the_way_is_said),
	};

	return UNIT_RUN(tests);
}
