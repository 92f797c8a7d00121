#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/zip.h"

static struct gv_buf file, told;

static void
put(uint64_t v, int n)
{
	for (; n > 0; n--, v >>= 8)
		gv_buf_addch(&file, (char)(v & 0xff));
}

/* A zip of one member, a.txt; every number in its large form where `is_big`,
 * behind `front` bytes of something else. */
static void
make(bool is_big, size_t front)
{
	const char *name = "a.txt", *text = "hello";
	size_t directory, big;
	uint32_t small = is_big ? 0xffffffff : 0;

	gv_buf_reset(&file);
	while (file.len < front)
		gv_buf_addch(&file, '#');
	gv_buf_addstr(&file, "PK\3\4");
	put(0, 22);
	put(5, 2);
	put(0, 2);
	gv_buf_addf(&file, "%s%s", name, text);
	directory = file.len - front;
	gv_buf_addstr(&file, "PK\1\2");
	put(0, 16);
	put(small | 5, 4);
	put(small | 5, 4);
	put(5, 2);
	put(is_big ? 34 : 0, 2); /* extras */
	put(0, 10);
	put(small, 4);
	gv_buf_addstr(&file, name);
	if (is_big) {
		put(0x5455, 2); /* another kind, and none of its bytes */
		put(2, 2);
		put(0, 2);
		put(1, 2);
		put(24, 2);
		put(5, 8);
		put(5, 8);
		put(0, 8);
	}
	big = file.len - front;
	if (is_big) {
		gv_buf_addstr(&file, "PK\6\6");
		put(44, 8);
		put(0, 28);
		put(big - directory, 8);
		put(directory, 8);
		gv_buf_addstr(&file, "PK\6\7");
		put(0, 4);
		put(big, 8);
		put(1, 4);
	}
	gv_buf_addstr(&file, "PK\5\6");
	put(0, 4);
	put(1, 2);
	put(1, 2);
	put(is_big ? small : big - directory, 4);
	put(is_big ? small : directory, 4);
	put(0, 2);
}

static int
tell(void *ctx, const struct gv_zip_entry *entry)
{
	(void)ctx;
	gv_buf_addf(&told, "%.*s %u ", (int)entry->name_len, entry->name,
	    entry->method);
	gv_buf_add(&told, entry->packed, entry->len);
	gv_buf_addch(&told, '\n');
	return 0;
}

/* From a block of just that size, so that a byte too far is seen. */
static int
each(size_t len)
{
	char *p = malloc(len ? len : 1);
	int r;

	assert_non_null(p);
	memcpy(p, file.p, len);
	gv_buf_reset(&told);
	gv_buf_add(&told, "", 0);
	r = gv_zip_each(p, len, tell, NULL);
	free(p);
	return r;
}

static void
a_member_is_told_whatever_the_size_of_numbers(void **state)
{
	size_t front;
	int is_big;

	(void)state;
	for (is_big = 0; is_big < 2; is_big++)
		for (front = 0; front < 200; front += 99) {
			make(is_big, front);
			assert_int_equal(gv_zip_is(file.p, file.len), !front);
			assert_int_equal(each(file.len), 0);
			assert_string_equal(told.p, "a.txt 0 hello\n");
		}
}

static void
what_ends_early_is_corrupt(void **state)
{
	size_t len;
	int is_big;

	(void)state;
	for (is_big = 0; is_big < 2; is_big++) {
		make(is_big, 0);
		for (len = 0; len < file.len; len++)
			assert_int_equal(each(len), GV_ECORRUPT);
	}
}

/* No number that lies makes it read elsewhere, or go on for ever. */
static void
lies_are_bounded(void **state)
{
	static const unsigned char lies[] = { 0, 1, 0x7f, 0x80, 0xff };
	size_t at, i;
	int is_big, r;

	(void)state;
	for (is_big = 0; is_big < 2; is_big++) {
		make(is_big, 0);
		for (at = 0; at < file.len; at++)
			for (i = 0; i < sizeof(lies); i++) {
				char was = file.p[at];

				file.p[at] = (char)lies[i];
				r = each(file.len);
				assert_true(r == 0 || r == GV_ECORRUPT);
				assert_true(told.len <= 2 * file.len);
				file.p[at] = was;
			}
	}
}

static void
a_member_that_is_elsewhere_is_told_of_after_all_others(void **state)
{
	(void)state;
	make(false, 0);
	file.p[0] = 'X'; /* the member has no mark */
	assert_int_equal(each(file.len), GV_ECORRUPT);
	assert_memory_equal(told.p, " 0 XK", 5);
	assert_non_null(memmem(told.p, told.len, "a.txthello\n", 11));
}

/* A member at the end, of this name and text; where it begins. */
static size_t
add_member(const char *name, const char *text, unsigned flags)
{
	size_t at = file.len, n = strlen(text);

	gv_buf_addstr(&file, "PK\3\4");
	put(0, 2);
	put(flags, 2);
	put(0, 10);
	put(flags & 8 ? 0 : n, 4);
	put(flags & 8 ? 0 : n, 4);
	put(strlen(name), 2);
	put(0, 2);
	gv_buf_addf(&file, "%s%s", name, text);
	return at;
}

static void
add_entry(const char *name, size_t len, unsigned flags, size_t at)
{
	gv_buf_addstr(&file, "PK\1\2");
	put(0, 4);
	put(flags, 2);
	put(0, 10);
	put(len, 4);
	put(len, 4);
	put(strlen(name), 2);
	put(0, 12);
	put(at, 4);
	gv_buf_addstr(&file, name);
}

static void
add_end(unsigned n, size_t directory)
{
	size_t len = file.len - directory;

	gv_buf_addstr(&file, "PK\5\6");
	put(0, 4);
	put(n, 2);
	put(n, 2);
	put(len, 4);
	put(directory, 4);
	put(0, 2);
}

static void
members_lie_in_any_order_and_apart(void **state)
{
	size_t a, b, directory;

	(void)state;
	gv_buf_reset(&file);
	a = add_member("a", "one", 0);
	gv_buf_addstr(&file, "filling");
	b = add_member("b", "two", 0);
	gv_buf_addstr(&file, "signature");
	directory = file.len;
	add_entry("b", 3, 0, b);
	add_entry("a", 3, 0, a);
	add_entry("a", 3, 0, a);
	add_end(3, directory);
	gv_buf_addstr(&file, "tail");
	assert_int_equal(each(file.len), 0);
	assert_string_equal(told.p,
	    "b 0 two\na 0 one\na 0 one\n 0 filling\n 0 signature\n 0 tail\n");
}

/* What was taken off the directory, or stands behind another file's end. */
static void
a_member_that_is_not_named_is_told_by_its_own_name(void **state)
{
	size_t a, directory;

	(void)state;
	gv_buf_reset(&file);
	add_member("old", "was", 0);
	gv_buf_addstr(&file, "between");
	add_member("dir/", "", 0);
	a = add_member("a", "one", 0);
	add_member("last", "too", 0);
	directory = file.len;
	add_entry("a", 3, 0, a);
	add_end(1, directory);
	assert_int_equal(each(file.len), 0);
	assert_string_equal(
	    told.p, "a 0 one\nold 0 was\n 0 between\nlast 0 too\n");
}

static void
but_not_where_nothing_says_how_long_it_is(void **state)
{
	size_t a, directory;

	(void)state;
	gv_buf_reset(&file);
	add_member("old", "was", 8);
	a = add_member("a", "one", 0);
	directory = file.len;
	add_entry("a", 3, 0, a);
	add_end(1, directory);
	assert_int_equal(each(file.len), GV_ECORRUPT);
	assert_memory_equal(told.p, "a 0 one\n 0 PK\3\4", 15);
	assert_memory_equal(told.p + told.len - 7, "oldwas\n", 7);
}

/* Only the true lengths behind a member are nothing else. */
static void
lengths_behind_a_member_are_part_of_it(void **state)
{
	size_t a, directory;
	int form;

	(void)state;
	for (form = 0; form < 5; form++) {
		gv_buf_reset(&file);
		a = add_member("a", "one", 8);
		if (form & 1)
			gv_buf_addstr(&file, "PK\7\10");
		put(0x79797979, 4);
		put(form == 4 ? 0x7a7a7a7a : 3, form & 2 ? 8 : 4);
		put(form == 4 ? 0x7a7a7a7a : 3, form & 2 ? 8 : 4);
		directory = file.len;
		add_entry("a", 3, 8, a);
		add_end(1, directory);
		assert_int_equal(each(file.len), 0);
		assert_string_equal(told.p,
		    form == 4 ? "a 0 one\n 0 yyyyzzzzzzzz\n" : "a 0 one\n");
	}
}

static int
stop(void *ctx, const struct gv_zip_entry *entry)
{
	(void)ctx;
	(void)entry;
	return 7;
}

static void
what_the_callback_says_ends_it(void **state)
{
	(void)state;
	make(true, 0);
	assert_int_equal(gv_zip_each(file.p, file.len, stop, NULL), 7);
}

UNIT(zip)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_is_told_whatever_the_size_of_numbers),
		cmocka_unit_test(what_ends_early_is_corrupt),
		cmocka_unit_test(lies_are_bounded),
		cmocka_unit_test(
		    a_member_that_is_elsewhere_is_told_of_after_all_others),
		cmocka_unit_test(members_lie_in_any_order_and_apart),
		cmocka_unit_test(
		    a_member_that_is_not_named_is_told_by_its_own_name),
		cmocka_unit_test(but_not_where_nothing_says_how_long_it_is),
		cmocka_unit_test(lengths_behind_a_member_are_part_of_it),
		cmocka_unit_test(what_the_callback_says_ends_it),
	};
	int r = UNIT_RUN(tests);

	gv_buf_release(&file);
	gv_buf_release(&told);
	return r;
}
