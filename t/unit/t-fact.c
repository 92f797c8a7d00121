#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/deflate.h"
#include "store/fact.h"

static const struct gv_oid version = { { 7, 7, 7 } };

static struct gv_fact_cache
empty(void)
{
	struct gv_fact_cache c = GV_FACT_CACHE_INIT;

	c.version = version;
	return c;
}

static void
add(struct gv_fact_cache *c, unsigned char blob, uint64_t kind,
    const char *record)
{
	const struct gv_oid id = { { blob } };

	assert_int_equal(gv_fact_add(c, &id, kind, record, strlen(record)), 0);
}

/* NULL: there is none. */
static void
assert_record(const struct gv_fact_cache *c, unsigned char blob, uint64_t kind,
    const char *record)
{
	const struct gv_oid id = { { blob } };
	const char *p;
	size_t len;

	assert_int_equal(gv_fact_get(c, &id, kind, &p, &len), record != NULL);
	if (record == NULL)
		return;
	assert_int_equal(len, strlen(record));
	assert_memory_equal(p, record, len);
}

/* What `c` has, written and read. */
static struct gv_fact_cache
again(struct gv_fact_cache *c, struct gv_buf *file)
{
	struct gv_fact_cache back = empty();

	gv_buf_reset(file);
	gv_fact_format(file, c);
	assert_int_equal(gv_buf_check(file), 0);
	assert_int_equal(gv_fact_parse(&back, file->p, file->len), 0);
	return back;
}

static void
gives_back_what_was_added(void **state)
{
	struct gv_fact_cache c = empty(), back;
	struct gv_buf file = GV_BUF_INIT;

	(void)state;
	assert_record(&c, 1, 1, NULL);
	add(&c, 0x80, 1, "high");
	add(&c, 2, UINT64_MAX, "");
	add(&c, 2, 5, "another kind");
	add(&c, 1, 0, "low");
	assert_record(&c, 1, 0, NULL);
	back = again(&c, &file);
	assert_int_equal(back.n, 4);
	assert_record(&back, 0x80, 1, "high");
	assert_record(&back, 2, UINT64_MAX, "");
	assert_record(&back, 2, 5, "another kind");
	assert_record(&back, 1, 0, "low");
	assert_record(&back, 1, 1, NULL);
	assert_record(&back, 3, 5, NULL);
	gv_fact_release(&back);
	gv_fact_release(&c);
	gv_fact_release(NULL);
	gv_buf_release(&file);
}

static void
what_is_added_stands_for_what_was_there(void **state)
{
	struct gv_fact_cache c = empty(), back, last;
	struct gv_buf file = GV_BUF_INIT, anew = GV_BUF_INIT;

	(void)state;
	add(&c, 1, 1, "one");
	add(&c, 2, 1, "two");
	add(&c, 2, 1, "two anew");
	add(&c, 4, 1, "four");
	back = again(&c, &file);
	assert_int_equal(back.n, 3);
	assert_record(&back, 2, 1, "two anew");
	add(&back, 4, 1, "");
	add(&back, 3, 1, "three");
	add(&back, 0, 1, "none");
	last = again(&back, &anew);
	assert_int_equal(last.n, 5);
	assert_record(&last, 0, 1, "none");
	assert_record(&last, 1, 1, "one");
	assert_record(&last, 2, 1, "two anew");
	assert_record(&last, 3, 1, "three");
	assert_record(&last, 4, 1, "");
	gv_fact_release(&last);
	gv_fact_release(&back);
	gv_fact_release(&c);
	gv_buf_release(&file);
	gv_buf_release(&anew);
}

static void
no_damage_goes_unseen(void **state)
{
	struct gv_fact_cache c = empty(), back = empty();
	struct gv_buf file = GV_BUF_INIT;
	size_t i;

	(void)state;
	add(&c, 1, 1, "one");
	add(&c, 2, 1, "two");
	gv_fact_format(&file, &c);
	for (i = 0; i < file.len; i++) {
		assert_int_equal(gv_fact_parse(&back, file.p, i), GV_ECORRUPT);
		file.p[i] ^= 0x40;
		assert_int_equal(
		    gv_fact_parse(&back, file.p, file.len), GV_ECORRUPT);
		file.p[i] ^= 0x40;
	}
	assert_null(back.file);
	back.version.id[GV_OID_RAW - 1] = 1;
	assert_int_equal(gv_fact_parse(&back, file.p, file.len), GV_ECORRUPT);
	gv_fact_release(&c);
	gv_buf_release(&file);
}

/* Where the checksum is right. `at` is a byte of the file. */
static void
assert_refused(const struct gv_buf *from, size_t at, unsigned char byte)
{
	struct gv_fact_cache back = empty();
	struct gv_buf file = GV_BUF_INIT;
	uint32_t crc;
	int shift;

	gv_buf_add(&file, from->p, from->len - 4);
	file.p[at] = (char)byte;
	crc = gv_deflate_crc32(0, file.p, file.len);
	for (shift = 24; shift >= 0; shift -= 8)
		gv_buf_addch(&file, (char)(crc >> shift));
	assert_int_equal(gv_fact_parse(&back, file.p, file.len), GV_ECORRUPT);
	gv_buf_release(&file);
}

static void
rows_out_of_order_are_refused(void **state)
{
	struct gv_fact_cache c = empty();
	struct gv_buf file = GV_BUF_INIT;
	const size_t rows = 8 + 20 + 4, row = 20 + 8 + 8;

	(void)state;
	add(&c, 1, 1, "one");
	add(&c, 2, 1, "two");
	gv_fact_format(&file, &c);
	assert_refused(&file, rows - 1, 1);           /* fewer rows */
	assert_refused(&file, rows - 1, 3);           /* more */
	assert_refused(&file, rows - 4, 0xff);        /* very many */
	assert_refused(&file, rows, 3);               /* ids */
	assert_refused(&file, rows, 2);               /* equal keys */
	assert_refused(&file, rows + row - 1, 7);     /* ends */
	assert_refused(&file, rows + row - 8, 0xff);  /* a very large one */
	assert_refused(&file, rows + 2 * row - 1, 5); /* of the last */
	gv_fact_release(&c);
	gv_buf_release(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_was_added),
		cmocka_unit_test(what_is_added_stands_for_what_was_there),
		cmocka_unit_test(no_damage_goes_unseen),
		cmocka_unit_test(rows_out_of_order_are_refused),
	};

	return UNIT_RUN(tests);
}
