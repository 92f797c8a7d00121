#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "object/delta.h"
#include "unit/sandbox.h"

static void
check(struct gv_delta *d, const struct gv_buf *base, const struct gv_buf *want)
{
	size_t cap = want->len * 2 + 64, n;
	unsigned char *delta = malloc(cap), *got = malloc(want->len + 1);
	uint64_t base_len, len;

	assert_int_equal(gv_delta_index(d, base->p, base->len), 0);
	n = gv_delta_encode(d, delta, cap, want->p, want->len);
	assert_true(n > 0);
	assert_true(gv_delta_head(delta, n, &base_len, &len) > 0);
	assert_int_equal(base_len, base->len);
	assert_int_equal(len, want->len);
	assert_true(
	    gv_delta_apply(got, want->len, base->p, base->len, delta, n));
	assert_memory_equal(got, want->p, want->len);
	free(delta);
	free(got);
}

/* Copy `base` with some words changed, left out and put in. */
static void
edit(struct gv_buf *out, const struct gv_buf *base, uint64_t *seed, size_t n)
{
	size_t at = 0, step;

	gv_buf_reset(out);
	while (n-- && at < base->len) {
		step = next_number(seed) % (base->len / 4 + 1);
		if (step > base->len - at)
			step = base->len - at;
		gv_buf_add(out, base->p + at, step);
		at += step;
		if (next_number(seed) % 3)
			gv_buf_addf(out, "%x", next_number(seed));
		at += next_number(seed) % 9;
	}
	if (at < base->len)
		gv_buf_add(out, base->p + at, base->len - at);
}

static void
any_two_texts_round_trip(void **state)
{
	struct gv_delta *d = gv_delta_new();
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	uint64_t seed = 1;
	int i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		gv_buf_reset(&a);
		add_text(&a, &seed, next_number(&seed) % (1u << (i % 15)));
		edit(&b, &a, &seed, next_number(&seed) % 8);
		check(d, &a, &b);
		check(d, &b, &a);
	}
	gv_buf_release(&a);
	gv_buf_release(&b);
	gv_delta_free(d);
}

static void
short_and_empty_ones_round_trip(void **state)
{
	struct gv_delta *d = gv_delta_new();
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	size_t i, j;

	(void)state;
	for (i = 0; i < 20; i++)
		for (j = 0; j < 20; j++) {
			gv_buf_reset(&a);
			gv_buf_reset(&b);
			gv_buf_add(&a, "abcabcabcabcabcabcabc", i);
			gv_buf_add(&b, "abcabcabcabcabcabcabc", j);
			check(d, &a, &b);
		}
	gv_buf_release(&a);
	gv_buf_release(&b);
	gv_delta_free(d);
}

static void
a_changed_word_costs_a_few_bytes(void **state)
{
	struct gv_delta *d = gv_delta_new();
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	unsigned char delta[64];
	uint64_t seed = 7;
	size_t n;

	(void)state;
	add_text(&a, &seed, 300 * 1000);
	gv_buf_add(&b, a.p, a.len);
	memcpy(b.p + 150 * 1000, "staging", 7);
	check(d, &a, &b);
	assert_int_equal(gv_delta_index(d, a.p, a.len), 0);
	n = gv_delta_encode(d, delta, sizeof(delta), b.p, b.len);
	assert_in_range(n, 1, 60); /* copies are cut at 64 KiB */
	/* and with no room for it, it is given up */
	assert_int_equal(gv_delta_encode(d, delta, n - 1, b.p, b.len), 0);
	assert_int_equal(gv_delta_encode(d, delta, 0, b.p, b.len), 0);
	gv_buf_release(&a);
	gv_buf_release(&b);
	gv_delta_free(d);
}

static void
unlike_bytes_fit_in_no_short_delta(void **state)
{
	struct gv_delta *d = gv_delta_new();
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	unsigned char delta[5000];
	uint64_t seed = 9;
	int i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		gv_buf_addch(&a, (char)next_number(&seed));
		gv_buf_addch(&b, (char)next_number(&seed));
	}
	check(d, &a, &b);
	assert_int_equal(
	    gv_delta_encode(d, delta, sizeof(delta), b.p, b.len), 0);
	gv_buf_release(&a);
	gv_buf_release(&b);
	gv_delta_free(d);
}

static void
hostile_deltas_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{ "", 0 },
		{ "\x04", 1 },
		{ "\x04\x04", 2 },             /* makes nothing */
		{ "\x05\x04\x90\x04", 4 },     /* another base */
		{ "\x04\x05\x90\x04", 4 },     /* another result */
		{ "\x04\x04\x90\x05", 4 },     /* copies too much */
		{ "\x04\x04\x91\x01\x04", 5 }, /* from too far on */
		{ "\x04\x04\x9f\xff\xff\xff\xff\x04", 8 },
		{ "\x04\x04\x80", 3 },      /* 64 KiB */
		{ "\x04\x04\x90", 3 },      /* cut short */
		{ "\x04\x04\x04zzz", 6 },   /* the same */
		{ "\x04\x04\x00zzzz", 7 },  /* reserved */
		{ "\x04\x04\x05zzzzz", 8 }, /* makes too much */
		{ "\x04\x04\x90\x04\x01z", 6 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x04", 11 },
	};
	unsigned char out[4];
	size_t i;

	(void)state;
	assert_true(gv_delta_apply(out, 4, "base", 4, "\x04\x04\x90\x04", 4));
	assert_memory_equal(out, "base", 4);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (gv_delta_apply(out, 4, "base", 4, bad[i].bytes, bad[i].len))
			fail_msg("delta %zu was taken", i);
}

UNIT(delta)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_two_texts_round_trip),
		cmocka_unit_test(short_and_empty_ones_round_trip),
		cmocka_unit_test(a_changed_word_costs_a_few_bytes),
		cmocka_unit_test(unlike_bytes_fit_in_no_short_delta),
		cmocka_unit_test(hostile_deltas_are_refused),
	};

	return UNIT_RUN(tests);
}
