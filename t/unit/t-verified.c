#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "verify/faulty.h"
#include "verify/verified.h"
#include "verify/verify_cursor.h"

#define ONE "20231114T222320Z-9a13d0f1"
#define TWO "20231114T223320Z-345f1ff4"

static struct gv_oid
oid(unsigned char byte)
{
	struct gv_oid o;

	memset(o.id, byte, sizeof(o.id));
	return o;
}

static void
keeps_a_date_for_each_commit(void **state)
{
	struct gv_verified v = { 0 };
	struct gv_oid a = oid(1), b = oid(2);

	(void)state;
	assert_true(gv_verified_get(&v, ONE, &a) == 0);
	assert_int_equal(gv_verified_put(&v, TWO, &b, 7), 0);
	assert_int_equal(gv_verified_put(&v, ONE, &a, 5), 0);
	assert_true(gv_verified_get(&v, ONE, &a) == 5);
	assert_true(gv_verified_get(&v, TWO, &b) == 7);
	assert_true(gv_verified_get(&v, TWO, &a) == 0);
	assert_int_equal(gv_verified_put(&v, ONE, &a, 6), 0);
	assert_true(gv_verified_get(&v, ONE, &a) == 6);
	assert_int_equal(gv_verified_put(&v, ONE, &a, 0), 0);
	assert_int_equal(gv_verified_put(&v, ONE, &a, 0), 0);
	assert_true(gv_verified_get(&v, ONE, &a) == 0);
	assert_true(v.n == 1);
	/* what is no id can be in no file, and is not kept */
	assert_int_equal(gv_verified_put(&v, "x y", &a, 9), 0);
	assert_true(v.n == 1);
	gv_verified_release(&v);
	gv_verified_release(NULL);
}

/* Neither a byte less nor a byte changed is taken for the truth. */
static void
no_damage_of_dates_goes_unseen(void **state)
{
	struct gv_verified v = { 0 }, back;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid a = oid(1), b = oid(0xfe);
	size_t i;

	(void)state;
	assert_int_equal(gv_verified_put(&v, ONE, &a, 1795173362), 0);
	assert_int_equal(gv_verified_put(&v, TWO, &b, 1), 0);
	gv_verified_format(&text, &v);
	assert_int_equal(gv_verified_parse(&back, text.p, text.len), 0);
	assert_true(back.n == 2);
	assert_true(gv_verified_get(&back, ONE, &a) == 1795173362);
	gv_verified_release(&back);
	for (i = 0; i < text.len; i++) {
		assert_int_equal(
		    gv_verified_parse(&back, text.p, i), GV_ECORRUPT);
		text.p[i] ^= 1;
		assert_int_equal(
		    gv_verified_parse(&back, text.p, text.len), GV_ECORRUPT);
		assert_true(back.n == 0 && back.entries == NULL);
		text.p[i] ^= 1;
	}
	gv_buf_release(&text);
	gv_verified_release(&v);
}

static void
a_cursor_has_what_was_read_before(void **state)
{
	struct gv_verify_cursor c = { .begun = 1795173362 }, back;
	struct gv_buf data = GV_BUF_INIT;
	struct gv_oid a;
	unsigned i;

	(void)state;
	for (i = 0; i < 256; i++) {
		a = oid((unsigned char)(i * 7));
		assert_int_equal(gv_verify_cursor_add(&c, &a), 0);
		assert_int_equal(gv_verify_cursor_add(&c, &a), 0);
		assert_false(gv_verify_cursor_has(&c, &a));
	}
	gv_verify_cursor_format(&data, &c);
	assert_true(data.len == 16 + 256 * 8 + 4);
	assert_int_equal(gv_verify_cursor_parse(&back, data.p, data.len), 0);
	assert_true(back.begun == c.begun && back.n == 256 && !back.deep);
	for (i = 0; i < 256; i++) {
		a = oid((unsigned char)i);
		assert_true(gv_verify_cursor_has(&back, &a));
		a.id[5] ^= 1;
		assert_false(gv_verify_cursor_has(&back, &a));
	}
	gv_verify_cursor_release(&back);
	c.deep = true;
	gv_buf_reset(&data);
	gv_verify_cursor_format(&data, &c);
	assert_int_equal(gv_verify_cursor_parse(&back, data.p, data.len), 0);
	assert_true(back.begun == c.begun && back.n == 256 && back.deep);
	gv_verify_cursor_release(&back);
	gv_verify_cursor_release(&c);
	gv_verify_cursor_release(NULL);
	gv_buf_release(&data);
}

static void
no_damage_of_a_cursor_goes_unseen(void **state)
{
	struct gv_verify_cursor c = { .begun = 1 }, back;
	struct gv_buf data = GV_BUF_INIT;
	struct gv_oid a = oid(3), b = oid(9);
	size_t i;

	(void)state;
	assert_int_equal(gv_verify_cursor_add(&c, &b), 0);
	assert_int_equal(gv_verify_cursor_add(&c, &a), 0);
	gv_verify_cursor_format(&data, &c);
	for (i = 0; i < data.len; i++) {
		assert_int_equal(
		    gv_verify_cursor_parse(&back, data.p, i), GV_ECORRUPT);
		data.p[i] ^= 0x10;
		assert_int_equal(
		    gv_verify_cursor_parse(&back, data.p, data.len),
		    GV_ECORRUPT);
		assert_null(back.keys);
		data.p[i] ^= 0x10;
	}
	gv_buf_release(&data);
	gv_verify_cursor_release(&c);
}

static void
what_is_faulty_is_kept_once_until_it_is_dropped(void **state)
{
	struct gv_faulty f = { 0 }, back;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid a = oid(1), b = oid(2);

	(void)state;
	assert_int_equal(0, gv_faulty_add(&f, "refs/vault/state/prod/net", &a));
	assert_int_equal(0, gv_faulty_add(&f, "refs/vault/snapshots/" ONE, &b));
	assert_int_equal(0, gv_faulty_add(&f, "refs/vault/state/prod/net", &b));
	assert_int_equal(0, gv_faulty_add(&f, "refs/vault/state/prod/net", &a));
	gv_faulty_format(&text, &f);
	assert_int_equal(0, gv_faulty_parse(&back, text.p, text.len));
	assert_true(back.n == 3);
	assert_string_equal(back.entries[0].ref, "refs/vault/snapshots/" ONE);
	gv_faulty_drop(&back, "refs/vault/snapshots/" ONE, &a);
	assert_true(back.n == 3);
	gv_faulty_drop(&back, "refs/vault/snapshots/" ONE, &b);
	assert_true(back.n == 2);
	gv_faulty_drop(&back, "refs/vault/state/prod/net", NULL);
	assert_true(back.n == 0);
	gv_faulty_release(&back);
	gv_faulty_release(&f);
	gv_faulty_release(NULL);
	gv_buf_release(&text);
}

static void
no_damage_of_what_is_faulty_goes_unseen(void **state)
{
	struct gv_faulty f = { 0 }, back;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid a = oid(1);
	size_t i;

	(void)state;
	assert_int_equal(0, gv_faulty_add(&f, "refs/vault/snapshots/" ONE, &a));
	assert_int_equal(0, gv_faulty_add(&f, "refs/vault/marks", &a));
	gv_faulty_format(&text, &f);
	for (i = 0; i < text.len; i++) {
		assert_int_equal(
		    gv_faulty_parse(&back, text.p, i), GV_ECORRUPT);
		text.p[i] ^= 1;
		assert_int_equal(
		    gv_faulty_parse(&back, text.p, text.len), GV_ECORRUPT);
		assert_true(back.n == 0 && back.entries == NULL);
		text.p[i] ^= 1;
	}
	gv_buf_release(&text);
	gv_faulty_release(&f);
}

UNIT(verified)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_a_date_for_each_commit),
		cmocka_unit_test(no_damage_of_dates_goes_unseen),
		cmocka_unit_test(a_cursor_has_what_was_read_before),
		cmocka_unit_test(no_damage_of_a_cursor_goes_unseen),
		cmocka_unit_test(
		    what_is_faulty_is_kept_once_until_it_is_dropped),
		cmocka_unit_test(no_damage_of_what_is_faulty_goes_unseen),
	};

	return UNIT_RUN(tests);
}
