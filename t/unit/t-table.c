#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "scratch.h"
#include "repo/repo.h"
#include "worktree/cache.h"
#include "worktree/table.h"

#define KEY 5

static const struct gv_oid stamp = { { 7, 7, 7 } };

static struct gv_table
empty(void)
{
	struct gv_table t = GV_TABLE_INIT("GVTESTS1", KEY);

	t.stamp = stamp;
	return t;
}

/* A key is five times this byte. */
static void
add(struct gv_table *t, int key, const char *record)
{
	unsigned char bytes[KEY];

	memset(bytes, key, KEY);
	assert_int_equal(gv_table_add(t, bytes, record, strlen(record)), 0);
}

/* NULL: there is none. */
static void
assert_record(const struct gv_table *t, int key, const char *record)
{
	unsigned char bytes[KEY];
	const char *p;
	size_t len;

	memset(bytes, key, KEY);
	p = gv_table_get(t, bytes, &len);
	assert_int_equal(p != NULL, record != NULL);
	if (record == NULL)
		return;
	assert_int_equal(len, strlen(record));
	assert_memory_equal(p, record, len);
}

/* What `t` has, written and read. */
static struct gv_table
again(struct gv_table *t, struct gv_buf *file)
{
	struct gv_table back = empty();

	gv_table_format(file, t, NULL, NULL);
	assert_int_equal(gv_buf_check(file), 0);
	assert_int_equal(gv_table_parse(&back, file->p, file->len), 0);
	return back;
}

/* All of them, as "key record" with '|' between. */
static void
assert_holds(const struct gv_table *t, const char *all)
{
	struct gv_buf b = GV_BUF_INIT;
	size_t i, len;

	for (i = 0; i < t->n; i++) {
		const char *key = gv_table_key(t, i);
		const char *p = gv_table_get(t, key, &len);

		assert_non_null(p);
		gv_buf_addf(&b, "%s%d %.*s", i ? "|" : "", (unsigned char)*key,
		    (int)len, p);
	}
	assert_string_equal(b.p, all);
	gv_buf_release(&b);
}

static void
gives_back_what_was_added(void **state)
{
	struct gv_table t = empty(), back;
	struct gv_buf file = GV_BUF_INIT;

	(void)state;
	assert_record(&t, 1, NULL);
	add(&t, 0x80, "high");
	add(&t, 0, "");
	add(&t, 0xff, "highest");
	add(&t, 1, "low");
	assert_record(&t, 1, NULL);
	back = again(&t, &file);
	assert_holds(&back, "0 |1 low|128 high|255 highest");
	assert_record(&back, 0x80, "high");
	assert_record(&back, 0, "");
	assert_record(&back, 2, NULL);
	gv_table_release(&back);
	gv_table_release(&t);
	gv_table_release(NULL);
	gv_buf_release(&file);
}

static void
what_is_added_stands_for_what_was_there(void **state)
{
	struct gv_table t = empty(), back, last;
	struct gv_buf file = GV_BUF_INIT, anew = GV_BUF_INIT;

	(void)state;
	add(&t, 1, "one");
	add(&t, 2, "two");
	add(&t, 2, "two anew");
	add(&t, 4, "four");
	back = again(&t, &file);
	assert_holds(&back, "1 one|2 two anew|4 four");
	add(&back, 4, "");
	add(&back, 3, "three");
	add(&back, 0, "none");
	last = again(&back, &anew);
	assert_holds(&last, "0 none|1 one|2 two anew|3 three|4 ");
	gv_table_release(&last);
	gv_table_release(&back);
	gv_table_release(&t);
	gv_buf_release(&file);
	gv_buf_release(&anew);
}

static bool
is_odd(const void *ctx, const void *key)
{
	return *(const unsigned char *)key % 2 == *(const int *)ctx;
}

static void
what_is_not_kept_is_not_written(void **state)
{
	struct gv_table t = empty(), back;
	struct gv_buf file = GV_BUF_INIT, odd = GV_BUF_INIT;
	const int one = 1;

	(void)state;
	add(&t, 1, "one");
	add(&t, 2, "two");
	back = again(&t, &file);
	add(&back, 2, "two anew");
	add(&back, 3, "three");
	gv_table_format(&odd, &back, is_odd, &one);
	assert_int_equal(gv_table_parse(&back, odd.p, odd.len), 0);
	assert_holds(&back, "1 one|3 three");
	gv_table_release(&back);
	gv_table_release(&t);
	gv_buf_release(&file);
	gv_buf_release(&odd);
}

static void
no_damage_goes_unseen(void **state)
{
	struct gv_table t = empty(), back = empty();
	struct gv_buf file = GV_BUF_INIT;
	size_t i;

	(void)state;
	add(&t, 1, "one");
	add(&t, 2, "two");
	gv_table_format(&file, &t, NULL, NULL);
	for (i = 0; i < file.len; i++) {
		assert_int_equal(gv_table_parse(&back, file.p, i), GV_ECORRUPT);
		file.p[i] ^= 0x40;
		assert_int_equal(
		    gv_table_parse(&back, file.p, file.len), GV_ECORRUPT);
		file.p[i] ^= 0x40;
	}
	assert_null(back.file);
	back.stamp.id[GV_OID_RAW - 1] = 1;
	assert_int_equal(gv_table_parse(&back, file.p, file.len), GV_ECORRUPT);
	back.stamp = stamp;
	assert_int_equal(gv_table_parse(&back, file.p, file.len), 0);
	gv_buf_addch(&file, '\0');
	assert_int_equal(gv_table_parse(&back, file.p, file.len), GV_ECORRUPT);
	gv_table_release(&t);
	gv_buf_release(&file);
}

/* Where the checksum is right. `at` is a byte of the file. */
static void
assert_refused(const struct gv_buf *from, size_t at, unsigned char byte)
{
	struct gv_table back = empty();
	struct gv_buf file = GV_BUF_INIT;

	gv_buf_add(&file, from->p, from->len - GV_CACHE_SUM);
	file.p[at] = (char)byte;
	gv_cache_seal(&file, 0);
	assert_int_equal(gv_table_parse(&back, file.p, file.len), GV_ECORRUPT);
	gv_buf_release(&file);
}

static void
rows_out_of_order_are_refused(void **state)
{
	struct gv_table t = empty();
	struct gv_buf file = GV_BUF_INIT;
	const size_t rows = 8 + 20 + 4, row = KEY + 4;

	(void)state;
	add(&t, 1, "one");
	add(&t, 2, "two");
	gv_table_format(&file, &t, NULL, NULL);
	assert_refused(&file, rows - 1, 1);           /* fewer rows */
	assert_refused(&file, rows - 1, 3);           /* more */
	assert_refused(&file, rows - 4, 0xff);        /* very many */
	assert_refused(&file, rows, 3);               /* keys */
	assert_refused(&file, rows + row - 1, 7);     /* ends */
	assert_refused(&file, rows + row - 4, 0xff);  /* a very large one */
	assert_refused(&file, rows + 2 * row - 1, 5); /* of the last */
	memset(file.p + rows, 2, KEY);
	assert_refused(&file, rows, 2); /* equal keys */
	gv_table_release(&t);
	gv_buf_release(&file);
}

static void
is_saved_and_loaded(void **state)
{
	struct gv_table t = empty(), back = empty();
	char top[] = ".";
	const struct gv_repo repo = { .common_dir = top };

	(void)state;
	add(&t, 1, "one");
	gv_table_save(&t, &repo, "name", NULL, NULL, false);
	assert_int_equal(gv_table_load(&back, &repo, "name"), 0);
	assert_int_equal(back.n, 0);
	add(&t, 2, "two");
	gv_table_save(&t, &repo, "name", NULL, NULL, true);
	assert_int_equal(t.n_rows, 0);
	assert_int_equal(gv_table_load(&back, &repo, "name"), 0);
	assert_holds(&back, "2 two");
	gv_table_release(&back);
	gv_table_release(&t);
}

UNIT(table)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_was_added),
		cmocka_unit_test(what_is_added_stands_for_what_was_there),
		cmocka_unit_test(what_is_not_kept_is_not_written),
		cmocka_unit_test(no_damage_goes_unseen),
		cmocka_unit_test(rows_out_of_order_are_refused),
		SCRATCH_TEST(is_saved_and_loaded),
	};

	return UNIT_RUN(tests);
}
