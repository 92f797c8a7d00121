#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/stream.h"
#include "unit/locked.h"

#define CHUNK  GV_STREAM_CHUNK
#define SEALED (CHUNK + 16)
#define MOST   (3 * CHUNK + 5)

static const unsigned char key[GV_AGE_KEY] = "sixteen letters";
static unsigned char data[MOST];

static int
collect(void *ctx, const void *bytes, size_t len)
{
	gv_buf_add(ctx, bytes, len);
	return gv_buf_check(ctx);
}

static int
stop(void *ctx, const void *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	return --*(int *)ctx < 0 ? GV_ECANCELED : 0;
}

/* In pieces of `step` bytes. */
static int
feed(struct gv_stream *s, const void *bytes, size_t len, size_t step)
{
	const char *p = bytes;
	size_t at, n;
	int r = 0;

	for (at = 0; r == 0 && at < len; at += n) {
		n = len - at < step ? len - at : step;
		r = gv_stream_add(s, p + at, n);
	}
	return r == 0 ? gv_stream_finish(s) : r;
}

static int
open_pieces(struct gv_buf *out, const void *bytes, size_t len, size_t step)
{
	struct gv_stream *s = NULL;
	int r;

	gv_buf_reset(out);
	assert_int_equal(gv_stream_new_opening(&s, key, collect, out), 0);
	r = feed(s, bytes, len, step);
	/* and stays so */
	if (r < 0)
		assert_int_equal(gv_stream_add(s, "x", 1), r);
	gv_stream_free(s);
	return r;
}

static void
seal(struct gv_buf *out, size_t len)
{
	gv_buf_reset(out);
	assert_int_equal(gv_stream_seal(out, key, data, len), 0);
}

static void
any_size_comes_back_in_any_pieces(void **state)
{
	static const size_t sizes[] = { 0, 1, 40, CHUNK - 1, CHUNK, CHUNK + 1,
		2 * CHUNK, MOST };
	static const size_t steps[] = { 1, 15, 16, 17, 4096, CHUNK, SEALED,
		SIZE_MAX };
	struct gv_buf whole = GV_BUF_INIT, back = GV_BUF_INIT;
	struct gv_buf pieces = GV_BUF_INIT;
	struct gv_secret plain = GV_SECRET_INIT;
	struct gv_stream *s;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		seal(&whole, sizes[i]);
		gv_secret_reset(&plain);
		assert_int_equal(
		    gv_stream_open(&plain, key, whole.p, whole.len), 0);
		assert_true(gv_secret_is(&plain, data, sizes[i]));
		for (j = i > 3; j < sizeof(steps) / sizeof(steps[0]); j++) {
			gv_buf_reset(&pieces);
			assert_int_equal(
			    gv_stream_new_sealing(&s, key, collect, &pieces),
			    0);
			assert_int_equal(feed(s, data, sizes[i], steps[j]), 0);
			gv_stream_free(s);
			assert_int_equal(pieces.len, whole.len);
			assert_int_equal(
			    open_pieces(&back, pieces.p, pieces.len, steps[j]),
			    0);
			assert_int_equal(back.len, sizes[i]);
			assert_memory_equal(back.p, data, sizes[i]);
		}
	}
	gv_buf_release(&whole);
	gv_buf_release(&pieces);
	gv_buf_release(&back);
	gv_secret_release(&plain);
}

/* `released` is what a stream may give out before it finds the damage. */
static void
must_fail(const struct gv_buf *b, size_t released)
{
	struct gv_buf out = GV_BUF_INIT;
	struct gv_secret plain = GV_SECRET_INIT;

	assert_int_equal(gv_secret_add(&plain, "kept", 4), 0);
	assert_int_equal(
	    gv_stream_open(&plain, key, b->p, b->len), GV_ECORRUPT);
	assert_true(gv_secret_is(&plain, "kept", 4));
	assert_int_equal(open_pieces(&out, b->p, b->len, 999), GV_ECORRUPT);
	assert_int_equal(out.len, released);
	assert_memory_equal(out.p, data, released);
	gv_buf_release(&out);
	gv_secret_release(&plain);
}

static void
damage_is_found_and_nothing_false_given_out(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	seal(&b, 2 * CHUNK + 7);
	for (i = 0; i < b.len; i += 9973) {
		b.p[i] ^= 1;
		must_fail(&b, i < 16 ? 0 : (i - 16) / SEALED * CHUNK);
		b.p[i] ^= 1;
	}
	/* cut at the end of a chunk, and within */
	b.len = 16 + 2 * SEALED;
	must_fail(&b, 2 * CHUNK);
	b.len = 16 + 2 * SEALED - 1;
	must_fail(&b, CHUNK);
	b.len = 16 + SEALED + 15;
	must_fail(&b, CHUNK);
	b.len = 16;
	must_fail(&b, 0);
	b.len = 15;
	must_fail(&b, 0);
	assert_message("age header: ");
	gv_buf_release(&b);
}

static void
chunks_keep_their_places(void **state)
{
	struct gv_buf b = GV_BUF_INIT, c = GV_BUF_INIT;

	(void)state;
	seal(&b, 3 * CHUNK);
	/* two in the other order */
	gv_buf_add(&c, b.p, 16);
	gv_buf_add(&c, b.p + 16 + SEALED, SEALED);
	gv_buf_add(&c, b.p + 16, SEALED);
	gv_buf_add(&c, b.p + 16 + 2 * SEALED, SEALED);
	must_fail(&c, 0);
	/* one left out */
	gv_buf_reset(&c);
	gv_buf_add(&c, b.p, 16 + SEALED);
	gv_buf_add(&c, b.p + 16 + 2 * SEALED, SEALED);
	must_fail(&c, CHUNK);
	/* something behind the last: that one is genuine */
	gv_buf_addch(&b, 'x');
	must_fail(&b, 3 * CHUNK);
	assert_message("follows its end");
	gv_buf_release(&b);
	gv_buf_release(&c);
}

static void
another_key_opens_nothing(void **state)
{
	static const unsigned char other[GV_AGE_KEY] = "sixteen lettres";
	struct gv_buf b = GV_BUF_INIT;
	struct gv_secret plain = GV_SECRET_INIT;

	(void)state;
	seal(&b, 10);
	assert_int_equal(
	    gv_stream_open(&plain, other, b.p, b.len), GV_ECORRUPT);
	gv_buf_release(&b);
	gv_secret_release(&plain);
}

static void
two_are_never_the_same(void **state)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;

	(void)state;
	seal(&a, 40);
	seal(&b, 40);
	assert_memory_not_equal(a.p + 16, b.p + 16, 40);
	gv_buf_release(&a);
	gv_buf_release(&b);
}

static void
a_sink_that_fails_ends_it(void **state)
{
	struct gv_stream *s;
	int left;

	(void)state;
	for (left = 0; left < 4; left++) {
		int n = left;

		assert_int_equal(gv_stream_new_sealing(&s, key, stop, &n), 0);
		assert_int_equal(
		    feed(s, data, 2 * CHUNK + 1, 5000), GV_ECANCELED);
		assert_int_equal(gv_stream_finish(s), GV_ECANCELED);
		gv_stream_free(s);
	}
	gv_stream_free(NULL);
}

UNIT(stream)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    any_size_comes_back_in_any_pieces, locked_all_back),
		cmocka_unit_test_teardown(
		    damage_is_found_and_nothing_false_given_out,
		    locked_all_back),
		cmocka_unit_test_teardown(
		    chunks_keep_their_places, locked_all_back),
		cmocka_unit_test_teardown(
		    another_key_opens_nothing, locked_all_back),
		cmocka_unit_test_teardown(
		    two_are_never_the_same, locked_all_back),
		cmocka_unit_test_teardown(
		    a_sink_that_fails_ends_it, locked_all_back),
	};
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7 + i / 251);
	return UNIT_RUN(tests);
}
