#include "fuzz.h"

#include <stdbool.h>

#include "base/err.h"
#include "scan/gate.h"

#define LITERALS 8

/* The input: a byte with the number of literals, for each a byte of flags and
 * length, and its bytes; the rest is searched. A naive search must find the
 * same. */

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
stands_at(const struct gv_gate_literal *lit, const uint8_t *p)
{
	size_t i;

	for (i = 0; i < lit->len; i++) {
		char a = lit->text[i], b = (char)p[i];
		bool fold = lit->nocase && (a | 32) >= 'a' && (a | 32) <= 'z';

		if (fold ? (a | 32) != (b | 32) : a != b)
			return false;
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gv_gate_literal lits[LITERALS] = { { 0 } };
	struct hits naive = { 0 };
	size_t n = 0, want, i, at;
	int way;

	if (size == 0)
		return 0;
	want = 1 + data[0] % LITERALS;
	data++;
	size--;
	for (; n < want && size > 1; n++) {
		size_t len = GV_GATE_MIN + data[0] / 2 % 14;

		if (len + 1 > size)
			break;
		lits[n].nocase = data[0] & 1;
		lits[n].text = (const char *)data + 1;
		lits[n].len = len;
		data += len + 1;
		size -= len + 1;
	}
	for (i = 0; i < n; i++)
		for (at = 0; at + lits[i].len <= size; at++)
			if (stands_at(&lits[i], data + at))
				on_hit(&naive, i, at);
	for (way = GV_GATE_PLAIN; way <= GV_GATE_WIDE; way++) {
		struct hits hits = { 0 };
		struct gv_gate *gate;

		if (gv_gate_new_for(&gate, lits, n, (enum gv_gate_way)way) < 0)
			abort();
		gv_gate_run(gate, data, size, on_hit, &hits);
		if (memcmp(&hits, &naive, sizeof(hits)) != 0)
			abort();
		gv_gate_free(gate);
	}
	return 0;
}
