#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/untar.h"

static struct gv_buf file, told;

/* An entry of `len` bytes, which it says to be `said`. */
static void
put(char type, const char *name, const char *text, size_t len, size_t said)
{
	unsigned char head[GV_UNTAR_BLOCK] = { 0 };
	unsigned sum = 8 * ' ';
	size_t i;

	snprintf((char *)head, 100, "%s", name);
	snprintf((char *)head + 124, 12, "%011zo", said);
	memcpy(head + 257, "ustar\00000", 8);
	head[156] = (unsigned char)type;
	for (i = 0; i < sizeof(head); i++)
		sum += i >= 148 && i < 156 ? 0 : head[i];
	snprintf((char *)head + 148, 8, "%06o", sum);
	gv_buf_add(&file, head, sizeof(head));
	gv_buf_add(&file, text, len);
	while (len++ % GV_UNTAR_BLOCK)
		gv_buf_addch(&file, '\0');
}

static void
put_end(void)
{
	char zero[2 * GV_UNTAR_BLOCK] = { 0 };

	gv_buf_add(&file, zero, sizeof(zero));
}

static int
on_begin(void *ctx, const char *name, size_t len)
{
	gv_buf_addf(&told, "%.*s=", (int)len, name);
	return *(int *)ctx;
}

static int
on_data(void *ctx, const void *p, size_t n)
{
	(void)ctx;
	gv_buf_add(&told, p, n);
	return 0;
}

static int
on_end(void *ctx)
{
	(void)ctx;
	gv_buf_addch(&told, ';');
	return 0;
}

/* The first `len` bytes, in pieces of `step`. */
static int
each(size_t len, size_t step, int answer)
{
	struct gv_untar tar = { .begin = on_begin,
		.data = on_data,
		.end = on_end,
		.ctx = &answer };
	size_t at, n;
	int r = 0;

	gv_buf_reset(&told);
	gv_buf_add(&told, "", 0);
	for (at = 0; r == 0 && at < len; at += n) {
		n = len - at < step ? len - at : step;
		r = gv_untar_feed(&tar, file.p + at, n);
	}
	if (r == 0)
		r = gv_untar_end(&tar);
	gv_untar_release(&tar);
	return r;
}

static void
make(void)
{
	static const char pax[] = "16 path=b/c.txt\n";
	static const char *const long_name = "a/very/long/name.txt";

	gv_buf_reset(&file);
	put('0', "a.txt", "hello", 5, 5);
	put('x', "PaxHeader", pax, sizeof(pax) - 1, sizeof(pax) - 1);
	put('0', "short", "world", 5, 5);
	put('L', "././@LongLink", long_name, strlen(long_name) + 1,
	    strlen(long_name) + 1);
	put('K', "././@LongLink", "elsewhere", 10, 10);
	put('0', "short", "", 0, 0);
	put('2', "link", "", 0, 99);
	put('0', "last", "!", 1, 1);
	put_end();
}

static void
files_are_told_whatever_the_pieces(void **state)
{
	static const size_t steps[] = { 1, 7, 511, 512, 513, 100000 };
	size_t i;

	(void)state;
	make();
	assert_true(gv_untar_is(file.p, file.len));
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_int_equal(each(file.len, steps[i], 0), 0);
		assert_string_equal(told.p,
		    "a.txt=hello;b/c.txt=world;a/very/long/name.txt=;last=!;");
	}
}

/* As pax has it for what eleven octal digits cannot say; of the next file only,
 * and whatever else is told of that. */
static void
pax_tells_how_long_a_file_is(void **state)
{
	static const char size[] = "9 size=5\n16 path=b/c.txt\n";
	static const char odd[] = "11 size=5x\n12 size=-1\n9 size= \n"
				  "31 size=99999999999999999999999\n";
	static const char large[] = "20 size=68719476736\n";

	(void)state;
	gv_buf_reset(&file);
	put('x', "p", size, sizeof(size) - 1, sizeof(size) - 1);
	put('K', "././@LongLink", "elsewhere", 10, 10);
	put('0', "short", "world", 5, 0);
	put('0', "next", "!", 1, 1);
	put('x', "p", size, sizeof(size) - 1, sizeof(size) - 1);
	put('2', "link", "", 0, 0);
	put('0', "last", "", 0, 0);
	put('x', "p", odd, sizeof(odd) - 1, sizeof(odd) - 1);
	put('0', "odd", "odd", 3, 3);
	put('x', "p", size, sizeof(size) - 1, sizeof(size) - 1);
	put('\0', "old", "world", 5, 0);
	put_end();
	assert_int_equal(each(file.len, 7, 0), 0);
	assert_string_equal(
	    told.p, "b/c.txt=world;next=!;last=;odd=odd;b/c.txt=world;");
	gv_buf_reset(&file);
	put('x', "p", large, sizeof(large) - 1, sizeof(large) - 1);
	put('0', "a", "x", 1, 0);
	assert_int_equal(each(file.len, 512, 0), GV_ECORRUPT);
	assert_int_equal(told.len, 2 + GV_UNTAR_BLOCK);
}

static void
what_ends_within_a_file_is_corrupt(void **state)
{
	(void)state;
	make();
	assert_int_equal(each(100, 7, 0), GV_ECORRUPT);
	assert_int_equal(each(GV_UNTAR_BLOCK, 512, 0), GV_ECORRUPT);
	assert_int_equal(each(GV_UNTAR_BLOCK + 4, 512, 0), GV_ECORRUPT);
	assert_string_equal(told.p, "a.txt=hell");
	assert_int_equal(each(GV_UNTAR_BLOCK + 5, 512, 0), 0);
}

static void
a_wrong_sum_is_corrupt(void **state)
{
	(void)state;
	make();
	file.p[0] ^= 1;
	assert_int_equal(each(file.len, 512, 0), GV_ECORRUPT);
	assert_string_equal(told.p, "");
}

static void
a_size_that_lies_takes_what_there_is(void **state)
{
	(void)state;
	gv_buf_reset(&file);
	put('0', "a", "hello", 5, 077777777777);
	put_end();
	assert_int_equal(each(file.len, 512, 0), GV_ECORRUPT);
	assert_true(told.len < file.len);
	gv_buf_reset(&file);
	/* a pax line that is longer than all of them */
	put('x', "p", "99999999999999999999 path=z\n", 28, 28);
	put('0', "a", "b", 1, 1);
	put_end();
	assert_int_equal(each(file.len, 512, 0), 0);
	assert_string_equal(told.p, "a=b;");
}

/* What it keeps of a name is bounded, whatever is told of it. */
static void
a_name_without_end_is_cut(void **state)
{
	static char name[1 << 20];

	(void)state;
	memset(name, 'n', sizeof(name));
	gv_buf_reset(&file);
	put('L', "l", name, sizeof(name), sizeof(name));
	put('0', "a", "", 0, 0);
	put_end();
	assert_int_equal(each(file.len, 4096, 0), 0);
	assert_int_equal(told.len, 64 * 1024 + 2);
}

static void
what_the_callback_says_ends_it(void **state)
{
	(void)state;
	make();
	assert_int_equal(each(file.len, 512, 7), 7);
	assert_string_equal(told.p, "a.txt=");
}

UNIT(untar)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_told_whatever_the_pieces),
		cmocka_unit_test(pax_tells_how_long_a_file_is),
		cmocka_unit_test(what_ends_within_a_file_is_corrupt),
		cmocka_unit_test(a_wrong_sum_is_corrupt),
		cmocka_unit_test(a_size_that_lies_takes_what_there_is),
		cmocka_unit_test(a_name_without_end_is_cut),
		cmocka_unit_test(what_the_callback_says_ends_it),
	};
	int r = UNIT_RUN(tests);

	gv_buf_release(&file);
	gv_buf_release(&told);
	return r;
}
