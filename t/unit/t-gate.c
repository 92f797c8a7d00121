#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/gate.h"

#define LITERALS 12
#define LONGEST  20
#define DATA_MAX 300
#define MANY_MAX 9000 /* of more than what is gone over in one go */

/* Counted and summed, for orders differ. */
struct hits {
	size_t n;
	uint64_t sum;
};

static int
on_hit(void *ctx, size_t literal, size_t at)
{
	struct hits *h = ctx;

	h->n++;
	h->sum += (literal + 1) * 1000003 * (at * 2654435761u + 7);
	return 0;
}

static bool
is_letter(char ch)
{
	return (ch | 32) >= 'a' && (ch | 32) <= 'z';
}

static bool
stands_at(const struct gv_gate_literal *lit, const char *p)
{
	size_t i;

	for (i = 0; i < lit->len; i++) {
		bool fold = lit->nocase && is_letter(lit->text[i]);

		if (fold ? (lit->text[i] | 32) != (p[i] | 32)
			 : lit->text[i] != p[i])
			return false;
	}
	return true;
}

static struct hits
search(
    const struct gv_gate_literal *lits, size_t n, const char *data, size_t len)
{
	struct hits h = { 0 };
	size_t i, at;

	for (i = 0; i < n; i++)
		for (at = 0; at + lits[i].len <= len; at++)
			if (stands_at(&lits[i], data + at))
				on_hit(&h, i, at);
	return h;
}

static void
fill(char *p, size_t len)
{
	static const char letters[] = { 'a', 'b', 'A', 'B', '_', '\0', 'c',
		'-' };
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = letters[rand() % (int)sizeof(letters)];
}

/* By each way that this processor knows. */
static void
check(
    const struct gv_gate_literal *lits, size_t n, const char *data, size_t len)
{
	struct hits naive = search(lits, n, data, len);
	int way;

	for (way = GV_GATE_PLAIN; way <= GV_GATE_WIDE; way++) {
		struct hits hits = { 0 };
		struct gv_gate *gate;

		assert_int_equal(
		    gv_gate_new_for(&gate, lits, n, (enum gv_gate_way)way), 0);
		gv_gate_run(gate, data, len, on_hit, &hits);
		assert_int_equal(hits.n, naive.n);
		assert_true(hits.sum == naive.sum);
		gv_gate_free(gate);
	}
}

static void
test_finds_what_a_naive_search_finds(void **state)
{
	struct gv_gate_literal lits[LITERALS] = { { 0 } };
	char text[LITERALS][LONGEST] = { { 0 } }, *data;
	int round, i, n;
	size_t len;

	(void)state;
	srand(7);
	for (round = 0; round < 4000; round++) {
		n = 1 + rand() % LITERALS;
		for (i = 0; i < n; i++) {
			lits[i].len = (size_t)(GV_GATE_MIN + rand() % 12);
			fill(text[i], lits[i].len);
			lits[i].text = text[i];
			lits[i].nocase = rand() % 2;
		}
		len = (size_t)(rand() % (round % 20 ? DATA_MAX : MANY_MAX));
		/* exactly as long, so that a read behind it is seen */
		data = malloc(len + !len);
		fill(data, len);
		if (len > LONGEST)
			memcpy(data + (size_t)rand() % (len - LONGEST), text[0],
			    lits[0].len);
		check(lits, (size_t)n, data, len);
		free(data);
	}
}

static void
test_finds_one_at_every_place(void **state)
{
	static const char texts[][8] = { "k-9", "\xc3\xa9t", "sk_liv",
		"\377\376\375" };
	char data[200];
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct gv_gate_literal lit = { texts[i], strlen(texts[i]),
			false };

		for (at = 0; at + lit.len <= sizeof(data); at++) {
			memset(data, 'k', sizeof(data));
			memcpy(data + at, lit.text, lit.len);
			check(&lit, 1, data, sizeof(data));
			check(&lit, 1, data, at + lit.len);
			assert_int_equal(
			    search(&lit, 1, data, at + lit.len).n, 1);
		}
	}
}

static void
test_finds_what_stands_everywhere(void **state)
{
	static const struct gv_gate_literal lits[] = { { "aaa", 3, false },
		{ "AAAAA", 5, true }, { "aaaab", 5, false } };
	size_t len = 20001, n = sizeof(lits) / sizeof(lits[0]);
	char *data = malloc(len);

	(void)state;
	memset(data, 'a', len);
	check(lits, n, data, len);
	data[len / 2] = 'b';
	check(lits, n, data, len);
	assert_int_equal(search(&lits[2], 1, data, len).n, 1);
	free(data);
}

static int
stop_at_second(void *ctx, size_t literal, size_t at)
{
	(void)literal;
	(void)at;
	return ++*(int *)ctx == 2 ? 42 : 0;
}

static void
test_stops_where_it_is_told(void **state)
{
	struct gv_gate_literal lit = { "abc", 3, false };
	struct gv_gate *gate;
	int seen = 0;

	(void)state;
	assert_int_equal(gv_gate_new(&gate, &lit, 1), 0);
	assert_int_equal(
	    gv_gate_run(gate, "abcabcabc", 9, stop_at_second, &seen), 42);
	assert_int_equal(seen, 2);
	gv_gate_free(gate);
}

static void
test_refuses_short_literals(void **state)
{
	struct gv_gate_literal lit = { "ab", 2, false };
	struct gv_gate *gate = NULL;

	(void)state;
	assert_true(gv_gate_new(&gate, &lit, 1) < 0);
	assert_null(gate);
}

UNIT(gate)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_what_a_naive_search_finds),
		cmocka_unit_test(test_finds_one_at_every_place),
		cmocka_unit_test(test_finds_what_stands_everywhere),
		cmocka_unit_test(test_stops_where_it_is_told),
		cmocka_unit_test(test_refuses_short_literals),
	};

	return UNIT_RUN(tests);
}
