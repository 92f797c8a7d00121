/* lib/seal/redact: the parts that were cut out of any bytes come back in their
 * places, in one piece or many. Places that do not fit are refused. */
#include "unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "seal/redact.h"
#include "unit/locked.h"

#define MOST 64
#define SPAN(a, l, r)                                                          \
	{                                                                      \
		.at = (a), .len = (l), .rule = (r)                             \
	}

/* What came of a redaction; values by the number that is their id. */
struct scene {
	struct gv_buf bytes;
	struct gv_redact_span places[MOST];
	struct gv_secret values[MOST];
	size_t n, taken;
	bool without; /* a key */
	int fails;    /* what a call returns that was told to */
};

static struct scene scene;
static struct gv_secret back;

static int
begin(void **state)
{
	(void)state;
	memset(&scene, 0, sizeof(scene));
	scene.bytes = (struct gv_buf)GV_BUF_INIT;
	back = (struct gv_secret)GV_SECRET_INIT;
	return 0;
}

static void
forget(struct scene *s)
{
	while (s->taken > 0)
		gv_secret_release(&s->values[--s->taken]);
	s->n = 0;
	gv_buf_reset(&s->bytes);
}

static int
end(void **state)
{
	forget(&scene);
	gv_buf_release(&scene.bytes);
	gv_secret_release(&back);
	return locked_all_back(state);
}

static int
take(void *ctx, struct gv_redact_span *span, const unsigned char *value)
{
	struct scene *s = ctx;

	assert_true(s->taken < MOST && span->len > 0);
	memset(&span->id, 0, sizeof(span->id));
	span->id.bytes[0] = (unsigned char)s->taken;
	if (s->fails)
		return s->fails;
	return gv_secret_add(&s->values[s->taken++], value, (size_t)span->len);
}

static int
place(void *ctx, const struct gv_redact_span *span)
{
	struct scene *s = ctx;

	s->places[s->n++] = *span;
	return 0;
}

static int
put(void *ctx, const void *data, size_t len)
{
	struct scene *s = ctx;

	assert_true(len > 0);
	gv_buf_add(&s->bytes, data, len);
	return gv_buf_check(&s->bytes);
}

static int
value(void *ctx, struct gv_secret *out, const struct gv_redact_span *span)
{
	const struct scene *s = ctx;
	const struct gv_secret *v = &s->values[span->id.bytes[0]];

	assert_int_equal(out->len, 0);
	if (s->fails)
		return s->fails;
	return s->without ? GV_ENOKEY : gv_secret_add(out, v->p, v->len);
}

static int
put_back(void *ctx, const void *data, size_t len)
{
	(void)ctx;
	assert_true(len > 0);
	return gv_secret_add(&back, data, len);
}

static const struct gv_redact_to to = { take, place, put, &scene };
static const struct gv_redact_undo_to undo = { value, put_back, &scene };

static int
redact(const char *text, struct gv_redact_span *spans, size_t n)
{
	return gv_redact_whole(&to, text, strlen(text), spans, n);
}

static int
undo_all(size_t *left)
{
	gv_secret_reset(&back);
	return gv_redact_undo_whole(
	    &undo, scene.bytes.p, scene.bytes.len, scene.places, scene.n, left);
}

#define NOUGHT "000000000000000000000000000000000000000]"

static void
a_placeholder_stands_for_each_value(void **state)
{
	struct gv_redact_span spans[] = { SPAN(17, 4, "aws-key"),
		SPAN(2, 6, "generic-password") };
	static const char text[] = "a=hunter; token: ABCD\n";
	size_t left = 7;

	(void)state;
	assert_int_equal(redact(text, spans, 2), 0);
	assert_string_equal(scene.bytes.p,
	    "a=GITVAULT[generic-password:0" NOUGHT
	    "; token: GITVAULT[aws-key:01"
	    "00000000000000000000000000000000000000]\n");
	assert_int_equal(scene.n, 2);
	assert_int_equal(scene.places[0].at, 2);
	assert_int_equal(scene.places[0].len, 67);
	assert_int_equal(scene.places[1].at, 2 + 67 + 9);
	assert_true(gv_secret_is(&scene.values[0], "hunter", 6));
	assert_true(gv_secret_is(&scene.values[1], "ABCD", 4));
	assert_int_equal(undo_all(&left), 0);
	assert_true(gv_secret_is(&back, text, strlen(text)));
	assert_int_equal(left, 0);
}

/* Any order gives the same: the rule is of the longest, then of the first, then
 * of the lesser name. */
static void
spans_that_meet_are_one(void **state)
{
	static const struct {
		struct gv_redact_span spans[3];
		uint64_t at, len;
		const char *rule;
	} cases[] = {
		{ { SPAN(0, 3, "a"), SPAN(3, 2, "b"), SPAN(5, 4, "c") }, 0, 9,
		    "c" },
		{ { SPAN(1, 3, "b"), SPAN(2, 3, "a"), SPAN(2, 3, "c") }, 1, 4,
		    "b" },
		{ { SPAN(1, 8, "b"), SPAN(2, 3, "a"), SPAN(9, 1, "c") }, 1, 9,
		    "b" },
		{ { SPAN(4, 2, "b"), SPAN(4, 2, "a"), SPAN(4, 0, "z") }, 4, 2,
		    "a" },
	};
	struct gv_redact_span spans[3];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (k = 0; k < 3; k++) {
			spans[0] = cases[i].spans[k];
			spans[1] = cases[i].spans[(k + 1) % 3];
			spans[2] = cases[i].spans[(k + 2) % 3];
			forget(&scene);
			assert_int_equal(redact("0123456789", spans, 3), 0);
			assert_int_equal(scene.n, 1);
			assert_int_equal(scene.places[0].at, cases[i].at);
			assert_int_equal(scene.values[0].len, cases[i].len);
			assert_string_equal(
			    scene.places[0].rule, cases[i].rule);
		}
}

static void
spans_that_cannot_be_are_refused(void **state)
{
	static const struct gv_redact_span bad[] = {
		SPAN(0, 5, "a"),
		SPAN(5, 0, "a"),
		SPAN(3, UINT64_MAX, "a"),
		SPAN(UINT64_MAX, 1, "a"),
		SPAN(0, 1, ""),
		SPAN(0, 1, "-a"),
		SPAN(0, 1, "a:b"),
		SPAN(0, 1, "A"),
		{ .at = 0,
		    1,
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaa" },
	};
	struct gv_redact_span span;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		span = bad[i];
		assert_int_equal(redact("0123", &span, 1), GV_EUSAGE);
		assert_int_equal(scene.bytes.len, 0);
	}
}

static void
what_a_call_says_ends_it(void **state)
{
	struct gv_redact_span span = SPAN(1, 2, "a");

	(void)state;
	scene.fails = GV_ECANCELED;
	assert_int_equal(redact("0123", &span, 1), GV_ECANCELED);
	assert_int_equal(scene.n, 0);
	scene.fails = 0;
	forget(&scene);
	assert_int_equal(redact("0123", &span, 1), 0);
	scene.fails = GV_ECORRUPT;
	assert_int_equal(undo_all(NULL), GV_ECORRUPT);
}

static void
what_looks_like_a_placeholder_stays_itself(void **state)
{
	static const char text[] =
	    "x GITVAULT[a:0" NOUGHT " GITVAULT[a:0" NOUGHT " secret";
	struct gv_redact_span spans[] = { SPAN(strlen(text) - 6, 6, "a"),
		SPAN(20, 9, "b") };

	(void)state;
	assert_int_equal(redact(text, spans, 2), 0);
	assert_int_equal(undo_all(NULL), 0);
	assert_true(gv_secret_is(&back, text, strlen(text)));
	forget(&scene);
	assert_int_equal(redact(text, NULL, 0), 0);
	assert_string_equal(scene.bytes.p, text);
	assert_int_equal(undo_all(NULL), 0);
	assert_true(gv_secret_is(&back, text, strlen(text)));
}

static void
without_a_value_the_placeholder_stays(void **state)
{
	struct gv_redact_span spans[] = { SPAN(0, 2, "a"), SPAN(3, 1, "b") };
	size_t left;

	(void)state;
	assert_int_equal(redact("0123", spans, 2), 0);
	scene.without = true;
	assert_int_equal(undo_all(&left), 0);
	assert_int_equal(left, 2);
	assert_true(gv_secret_is(&back, scene.bytes.p, scene.bytes.len));
}

/* Each fault of the places by its name. */
static void
places_that_do_not_fit_are_refused(void **state)
{
	struct gv_redact_span spans[] = { SPAN(1, 2, "a"), SPAN(5, 2, "b") };
	struct gv_redact_span good[2];

	(void)state;
	assert_int_equal(redact("01234567", spans, 2), 0);
	memcpy(good, scene.places, sizeof(good));
#define REFUSED(change, words)                                                 \
	do {                                                                   \
		memcpy(scene.places, good, sizeof(good));                      \
		change;                                                        \
		assert_int_equal(undo_all(NULL), GV_ECORRUPT);                 \
		assert_message(words);                                         \
	} while (0)
	REFUSED(scene.places[0].at++, "offset 2 is not there");
	REFUSED(scene.places[0].at--, "offset 0 is not there");
	REFUSED(scene.places[0].len++, "length of its text");
	REFUSED(scene.places[0].len = 0, "length of its text");
	REFUSED(scene.places[0].rule = "c", "is not there");
	REFUSED(scene.places[0].rule = "]", "length of its text");
	REFUSED(scene.places[0].id.bytes[3] ^= 1, "is not there");
	REFUSED(scene.places[0] = good[1], "not follow the one before");
	REFUSED(scene.places[1].at = good[0].at + 1, "not follow the one");
	REFUSED(scene.places[1].at += 100, "beyond the end");
	REFUSED(scene.places[1].at = UINT64_MAX, "beyond the end");
	REFUSED(gv_buf_truncate(&scene.bytes, scene.bytes.len - 2),
	    "beyond the end");
	REFUSED(scene.bytes.p[good[1].at + 3] ^= 1, "is not there");
}

/* ---- any bytes, any spans ---- */

static uint32_t
number(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*seed >> 33);
}

static size_t
make_spans(struct gv_redact_span *spans, uint64_t *seed, size_t len)
{
	static const char *const rules[] = { "a", "b-c", "private-key" };
	size_t n = number(seed) % 12, i;

	for (i = 0; i < n; i++) {
		spans[i].at = number(seed) % (len + 1);
		spans[i].len = number(seed) % (len - spans[i].at + 1);
		if (number(seed) % 2)
			spans[i].len = spans[i].len < 5 ? spans[i].len : 5;
		spans[i].rule = rules[number(seed) % 3];
	}
	return n;
}

/* In pieces, each span told some time before its bytes are settled. */
static void
redact_in_pieces(const char *data, size_t len,
    const struct gv_redact_span *spans, size_t n, uint64_t *seed)
{
	struct gv_redact *r = NULL;
	bool told[16] = { false };
	size_t at = 0, settled = 0, step, i;

	assert_int_equal(gv_redact_new(&r, &to), 0);
	while (at < len) {
		step = 1 + number(seed) % 40;
		step = step < len - at ? step : len - at;
		assert_int_equal(gv_redact_add(r, data + at, step), 0);
		at += step;
		settled += number(seed) % (at - settled + 1);
		for (i = 0; i < n; i++) {
			/* one that is not all there yet holds the others up */
			if (spans[i].at < settled &&
			    spans[i].at + spans[i].len > at)
				settled = spans[i].at;
		}
		for (i = 0; i < n; i++)
			if (!told[i] && spans[i].at < settled) {
				told[i] = true;
				assert_int_equal(
				    gv_redact_take(r, &spans[i]), 0);
			}
		assert_int_equal(gv_redact_settle(r, settled), 0);
	}
	for (i = 0; i < n; i++)
		if (!told[i])
			assert_int_equal(gv_redact_take(r, &spans[i]), 0);
	assert_int_equal(gv_redact_finish(r), 0);
	gv_redact_free(r);
}

static void
undo_in_pieces(uint64_t *seed)
{
	struct gv_redact_undo *u = NULL;
	size_t at = 0, step, left = 9;

	gv_secret_reset(&back);
	assert_int_equal(
	    gv_redact_undo_new(&u, &undo, scene.places, scene.n), 0);
	while (at < scene.bytes.len) {
		step = 1 + number(seed) % 60;
		if (step > scene.bytes.len - at)
			step = scene.bytes.len - at;
		assert_int_equal(
		    gv_redact_undo_add(u, scene.bytes.p + at, step), 0);
		at += step;
	}
	assert_int_equal(gv_redact_undo_finish(u, &left), 0);
	assert_int_equal(left, 0);
	gv_redact_undo_free(u);
}

static void
any_bytes_come_back(void **state)
{
	struct gv_redact_span spans[16], sorted[16];
	struct gv_buf whole = GV_BUF_INIT;
	char data[200];
	uint64_t seed = 5;
	size_t round, len, n, i;

	(void)state;
	for (round = 0; round < 3000; round++) {
		len = number(&seed) % sizeof(data);
		for (i = 0; i < len; i++)
			data[i] = (char)(number(&seed) % (round % 2 ? 256 : 3));
		n = make_spans(spans, &seed, len);
		memcpy(sorted, spans, sizeof(spans));
		forget(&scene);
		assert_int_equal(gv_redact_whole(&to, data, len, sorted, n), 0);
		assert_int_equal(undo_all(NULL), 0);
		assert_true(gv_secret_is(&back, data, len));
		gv_buf_reset(&whole);
		gv_buf_add(&whole, scene.bytes.p, scene.bytes.len);
		forget(&scene);
		redact_in_pieces(data, len, spans, n, &seed);
		assert_int_equal(scene.bytes.len, whole.len);
		assert_memory_equal(scene.bytes.p, whole.p, whole.len);
		undo_in_pieces(&seed);
		assert_true(gv_secret_is(&back, data, len));
	}
	gv_buf_release(&whole);
}

/* ---- the rest of what comes in pieces ---- */

static void
a_span_that_comes_too_late_is_refused(void **state)
{
	struct gv_redact_span span = SPAN(1, 2, "a");
	struct gv_redact *r = NULL;

	(void)state;
	assert_int_equal(gv_redact_new(&r, &to), 0);
	assert_int_equal(gv_redact_add(r, "01234567", 8), 0);
	assert_int_equal(gv_redact_settle(r, 3), 0);
	assert_int_equal(scene.bytes.len, 3);
	assert_int_equal(gv_redact_take(r, &span), GV_EUSAGE);
	/* and then nothing goes on */
	assert_int_equal(gv_redact_add(r, "8", 1), GV_EUSAGE);
	assert_int_equal(gv_redact_settle(r, 5), GV_EUSAGE);
	assert_int_equal(gv_redact_finish(r), GV_EUSAGE);
	assert_int_equal(scene.bytes.len, 3);
	gv_redact_free(r);
	gv_redact_free(NULL);
}

/* One that could still grow is held, what stands before it is not. */
static void
what_may_be_touched_yet_waits(void **state)
{
	struct gv_redact_span first = SPAN(2, 2, "a");
	struct gv_redact_span touching = SPAN(4, 1, "b");
	struct gv_redact *r = NULL;

	(void)state;
	assert_int_equal(gv_redact_new(&r, &to), 0);
	assert_int_equal(gv_redact_add(r, "01234567", 8), 0);
	assert_int_equal(gv_redact_take(r, &first), 0);
	assert_int_equal(gv_redact_settle(r, 4), 0);
	assert_string_equal(scene.bytes.p, "01");
	assert_int_equal(gv_redact_take(r, &touching), 0);
	assert_int_equal(gv_redact_settle(r, 6), 0);
	assert_int_equal(scene.n, 1);
	assert_true(gv_secret_is(&scene.values[0], "234", 3));
	assert_int_equal(gv_redact_finish(r), 0);
	assert_int_equal(undo_all(NULL), 0);
	assert_true(gv_secret_is(&back, "01234567", 8));
	gv_redact_free(r);
}

static int
hold_some(const char *bytes)
{
	struct gv_redact *r = NULL;
	int e = gv_redact_new(&r, &to);

	if (e == 0)
		e = gv_redact_add(r, bytes, strlen(bytes));
	gv_redact_free(r);
	return e;
}

static int
undo_once(void)
{
	int r = undo_all(NULL);

	if (r < 0)
		gv_secret_release(&back);
	return r;
}

static void
memory_that_is_not_there_is_said(void **state)
{
	struct gv_redact_span span = SPAN(1, 2, "a");
	int r;

	(void)state;
	LOCKED_RUNS_OUT(r = hold_some("0123"));
	assert_int_equal(redact("0123", &span, 1), 0);
	gv_secret_release(&back);
	LOCKED_RUNS_OUT(r = undo_once());
	assert_true(gv_secret_is(&back, "0123", 4));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

UNIT(redact)
{
	const struct CMUnitTest tests[] = {
		TEST(a_placeholder_stands_for_each_value),
		TEST(spans_that_meet_are_one),
		TEST(spans_that_cannot_be_are_refused),
		TEST(what_a_call_says_ends_it),
		TEST(what_looks_like_a_placeholder_stays_itself),
		TEST(without_a_value_the_placeholder_stays),
		TEST(places_that_do_not_fit_are_refused),
		TEST(any_bytes_come_back),
		TEST(a_span_that_comes_too_late_is_refused),
		TEST(what_may_be_touched_yet_waits),
		TEST(memory_that_is_not_there_is_said),
	};

	return UNIT_RUN(tests);
}
