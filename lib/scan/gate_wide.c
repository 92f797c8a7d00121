#include "scan/gate.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#if __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#endif
#endif

#include "scan/gate_internal.h"

#define SHORT   24 /* bytes that are looked at one by one */
#define BLOCK   64 /* positions looked at at once */
#define STRETCH 64 /* blocks */

#if defined(__x86_64__)

#define WIDE                                                                   \
	__attribute__((                                                        \
	    target("avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi2,popcnt")))

/* The dynamic linker knows what the processor can. The compiler's own question
 * asks the processor again whenever the program starts, which in a virtual
 * machine takes 6 us for each of ten instructions. */
#ifdef CPU_FEATURE_ACTIVE
bool
gv_gate_wide_can(void)
{
	return CPU_FEATURE_ACTIVE(AVX512BW) &&
	    CPU_FEATURE_ACTIVE(AVX512_VBMI) &&
	    CPU_FEATURE_ACTIVE(AVX512_VBMI2) && CPU_FEATURE_ACTIVE(BMI2) &&
	    CPU_FEATURE_ACTIVE(POPCNT);
}
#else
bool
gv_gate_wide_can(void)
{
	return __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vbmi") &&
	    __builtin_cpu_supports("avx512vbmi2") &&
	    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}
#endif

struct pairs {
	__m512i low[GV_GATE_PAIRS], high[GV_GATE_PAIRS];
	__m512i bits; /* 1 << (i & 7) for each i */
};

/* Inline, as all that uses them, so that they stay in registers. */
WIDE static inline struct pairs
load_pairs(const struct gv_gate *gate)
{
	struct pairs t;
	size_t i;

	for (i = 0; i < GV_GATE_PAIRS; i++) {
		t.low[i] = _mm512_loadu_si512(gate->tables.pairs[i]);
		t.high[i] = _mm512_loadu_si512(gate->tables.pairs[i] + BLOCK);
	}
	t.bits = _mm512_set1_epi64((long long)0x8040201008040201u);
	return t;
}

/* Of the positions in `some` those at which pair number `i` is one: `a` is the
 * first byte of each, moved up by two, `b` the second, moved down by three, and
 * `bit` what its last three say. */
WIDE static inline __mmask64
test(const struct pairs *t, unsigned i, __mmask64 some, __m512i a, __m512i b,
    __m512i bit)
{
	/* the upper bit of an index does not count: three for `a` is b's */
	__m512i index =
	    _mm512_ternarylogic_epi32(_mm512_set1_epi8(3), b, a, 0xca);

	return _mm512_mask_test_epi8_mask(
	    some, _mm512_permutex2var_epi8(t->low[i], index, t->high[i]), bit);
}

/* At which of 64 positions a gram of some literal may stand, and the byte
 * behind it: all six pairs of the four are. */
WIDE static inline uint64_t
candidates(const struct pairs *t, const __m512i v[4])
{
	__m512i a = _mm512_slli_epi16(v[0], 2), b = _mm512_slli_epi16(v[1], 2);
	__m512i c = _mm512_slli_epi16(v[2], 2);
	__m512i x = _mm512_srli_epi16(v[1], 3), y = _mm512_srli_epi16(v[2], 3);
	__m512i z = _mm512_srli_epi16(v[3], 3);
	__m512i bx = _mm512_permutexvar_epi8(v[1], t->bits);
	__m512i by = _mm512_permutexvar_epi8(v[2], t->bits);
	__m512i bz = _mm512_permutexvar_epi8(v[3], t->bits);
	__mmask64 ab, bc;

	ab = test(t, 0, ~(__mmask64)0, a, x, bx);
	bc = test(t, 1, ~(__mmask64)0, b, y, by);
	ab = test(t, 2, ab, a, y, by);
	bc = test(t, 3, bc, b, z, bz);
	ab = test(t, 4, ab, a, z, bz);
	return ab & test(t, 5, bc, c, z, bz);
}

/* Those of the last positions, fewer than 64 and three: behind the end stand
 * zeros, and where no three bytes are left no gram is. */
WIDE static uint64_t
candidates_of_rest(
    const struct gv_gate *gate, const unsigned char *p, size_t left)
{
	const struct pairs t = load_pairs(gate);
	__m512i v[4];
	size_t i;

	for (i = 0; i < 4; i++) {
		size_t n = left > i ? left - i : 0;
		__mmask64 m =
		    n >= BLOCK ? ~(__mmask64)0 : ((__mmask64)1 << n) - 1;

		v[i] = _mm512_maskz_loadu_epi8(m, p + i);
		if (i == 2 && m == 0)
			return 0;
	}
	return candidates(&t, v) &
	    (left >= BLOCK + 2 ? ~(uint64_t)0
			       : ((uint64_t)1 << (left - 2)) - 1);
}

/* The four bytes of a gram and behind it. */
static inline uint32_t
load_four(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Where some grams may stand, from `p` on: the places behind which stands what
 * may are kept, by no branch. How many. */
WIDE static size_t
keep_fitting(const struct gv_gate *gate, const unsigned char *p,
    uint16_t *places, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		uint32_t v = load_four(p + places[i]);

		places[kept] = places[i];
		kept += gate->tables.table[_pext_u32(v, 0x1f1f1f)] >>
			(v >> 24 & 7) &
		    1;
	}
	return kept;
}

/* The same by what stands in front; the first `i` are kept in any case. Their
 * grams are reported. */
WIDE static size_t
keep_fitting_before(const struct gv_gate *gate, const unsigned char *p,
    uint16_t *places, uint16_t *grams, size_t n, size_t i)
{
	size_t kept = i;

	if (i)
		grams[0] = (uint16_t)gv_gate_gram(p);
	for (; i < n; i++) {
		const unsigned char *q = p + places[i];

		grams[kept] = (uint16_t)_pext_u32(load_four(q), 0x1f1f1f);
		places[kept] = places[i];
		kept += gv_gate_fits_before(gate, grams[kept], q[-1]);
	}
	return kept;
}

WIDE static int
look_at_places(
    const struct gv_gate_run *run, size_t from, uint16_t *places, size_t n)
{
	const unsigned char *p = run->data + from;
	uint16_t grams[STRETCH * BLOCK];
	size_t i;
	int r = 0;

	n = keep_fitting(run->gate, p, places, n);
	/* nothing is in front of the very first */
	n = keep_fitting_before(
	    run->gate, p, places, grams, n, from == 0 && n && places[0] == 0);
	for (i = 0; r == 0 && i < n; i++)
		/* what is kept has its gram set
		 * NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
		r = gv_gate_look(run, grams[i], from + places[i]);
	return r;
}

/* Blocks from `at` on, of which all are in the data with three bytes more.
 * Where to look is gathered first, by no branch that could be foretold wrongly.
 */
WIDE static int
look_at_blocks(const struct gv_gate_run *run, size_t at, size_t n)
{
	static const uint16_t first[BLOCK / 2] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
		10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
		26, 27, 28, 29, 30, 31 };
	const unsigned char *p = run->data + at;
	uint16_t places[(STRETCH + 1) * BLOCK];
	const struct pairs t = load_pairs(run->gate);
	__m512i low = _mm512_loadu_si512(first), high;
	const __m512i half = _mm512_set1_epi16(BLOCK / 2);
	size_t i, found = 0;

	for (i = 0; i < n; i++, p += BLOCK) {
		__m512i v[4] = { _mm512_loadu_si512(p),
			_mm512_loadu_si512(p + 1), _mm512_loadu_si512(p + 2),
			_mm512_loadu_si512(p + 3) };
		uint64_t mask;

		/* loaded once: a compiler would load again for every use, each
		 * time over the edge of a cache line */
		__asm__("" : "+v"(v[0]), "+v"(v[1]), "+v"(v[2]), "+v"(v[3]));
		mask = candidates(&t, v);

		high = _mm512_add_epi16(low, half);
		_mm512_storeu_si512(places + found,
		    _mm512_maskz_compress_epi16((__mmask32)mask, low));
		found += (size_t)__builtin_popcount((uint32_t)mask);
		_mm512_storeu_si512(places + found,
		    _mm512_maskz_compress_epi16((__mmask32)(mask >> 32), high));
		found += (size_t)__builtin_popcountll(mask >> 32);
		low = _mm512_add_epi16(high, half);
	}
	return look_at_places(run, at, places, found);
}

static int
look_at_rest(const struct gv_gate_run *run, size_t from, uint64_t mask)
{
	int r = 0;

	for (; r == 0 && mask; mask &= mask - 1) {
		size_t at = from + (size_t)__builtin_ctzll(mask);

		r = gv_gate_look_one(run, gv_gate_gram(run->data + at), at);
	}
	return r;
}

/* What is decoded is mostly a word or two, and soon looked at. */
WIDE static int
look_at_all(const struct gv_gate_run *run)
{
	const unsigned char *table = run->gate->tables.table;
	size_t at;
	int r = 0;

	for (at = 0; r == 0 && at + 4 <= run->len; at++) {
		uint32_t v = load_four(run->data + at);
		uint32_t gram = _pext_u32(v, 0x1f1f1f);

		if (gv_gate_fits(table, gram, (unsigned char)(v >> 24)))
			r = gv_gate_look_one(run, gram, at);
	}
	if (r == 0 && at + 3 == run->len)
		r = gv_gate_look_one(run, gv_gate_gram(run->data + at), at);
	return r;
}

WIDE int
gv_gate_wide(const struct gv_gate_run *run)
{
	size_t at = 0, n = run->len > 3 ? (run->len - 3) / BLOCK : 0, some;
	int r = 0;

	if (run->len < SHORT)
		return look_at_all(run);
	for (; r == 0 && n; n -= some, at += some * BLOCK) {
		some = n < STRETCH ? n : STRETCH;
		r = look_at_blocks(run, at, some);
	}
	for (; r == 0 && at < run->len; at += BLOCK)
		r = look_at_rest(run, at,
		    candidates_of_rest(
			run->gate, run->data + at, run->len - at));
	return r;
}

#else

bool
gv_gate_wide_can(void)
{
	return false;
}

int
gv_gate_wide(const struct gv_gate_run *run)
{
	(void)run;
	return 0;
}

#endif
