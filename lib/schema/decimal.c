#include "schema/decimal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/map.h"

/* A larger exponent changes no comparison that a person will ever see. */
#define EXPONENT_MAX ((int64_t)1 << 60)

#define SMALL_DIGITS 18 /* of a divisor that fits 64 bits with room */

/* A divisor with more digits is cut into limbs of nine. */
#define LIMB_DIGITS 9
#define LIMB        1000000000U
#define LIMBS_MAX   128
#define WORK_MAX    20000000 /* digits times limbs: some 0.1 s */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- reading ------------------------------------------------------------- */

static bool
read_special(struct gv_decimal *out, const char *p, size_t len)
{
	if (len == 4 && strncasecmp(p, ".inf", 4) == 0)
		out->is_infinite = true;
	else if (len == 3 && strncasecmp(p, "inf", 3) == 0)
		out->is_infinite = true;
	else if (len == 4 && strncasecmp(p, ".nan", 4) == 0)
		out->is_nan = true;
	else if (len == 3 && strncasecmp(p, "nan", 3) == 0)
		out->is_nan = true;
	return out->is_infinite || out->is_nan;
}

/* Digits of an exponent with its sign; whether there are any. */
static bool
read_exponent(int64_t *out, const char *p, size_t len)
{
	bool is_negative = len && *p == '-';
	size_t i = len && (*p == '-' || *p == '+') ? 1 : 0;
	int64_t value = 0;

	if (i == len)
		return false;
	for (; i < len && is_digit(p[i]); i++)
		if (value < EXPONENT_MAX / 16)
			value = value * 10 + (p[i] - '0');
		else
			value = EXPONENT_MAX;
	*out = is_negative ? -value : value;
	return i == len;
}

/* Cut the zeros at both ends off the digits in p[0] to p[len]; `whole` digits
 * of them are before the point. */
static void
trim(struct gv_decimal *out, const char *p, size_t len, size_t whole)
{
	size_t i;

	for (; len && (*p == '0' || *p == '.'); p++, len--)
		out->point -= *p == '0';
	for (; len && (p[len - 1] == '0' || p[len - 1] == '.'); len--)
		;
	out->digits = p;
	out->len = len;
	out->point = len ? out->point + (int64_t)whole : 0;
	for (i = 0; i < len; i++)
		out->n += p[i] != '.';
}

bool
gv_decimal_read(struct gv_decimal *out, const char *p, size_t len)
{
	size_t i, whole, fraction = 0;

	memset(out, 0, offsetof(struct gv_decimal, own));
	if (len && (*p == '-' || *p == '+')) {
		out->is_negative = *p == '-';
		p++;
		len--;
	}
	if (read_special(out, p, len))
		return true;
	for (whole = 0; whole < len && is_digit(p[whole]); whole++)
		;
	i = whole;
	if (i < len && p[i] == '.')
		for (i++; i < len && is_digit(p[i]); i++)
			fraction++;
	if (whole + fraction == 0)
		return false;
	if (i < len &&
	    ((p[i] != 'e' && p[i] != 'E') ||
		!read_exponent(&out->point, p + i + 1, len - i - 1)))
		return false;
	trim(out, p, i, whole);
	if (out->len == 0)
		out->is_negative = false;
	return true;
}

void
gv_decimal_set(struct gv_decimal *out, int64_t value)
{
	int n = snprintf(out->own, sizeof(out->own), "%lld", (long long)value);

	(void)gv_decimal_read(out, out->own, (size_t)n);
}

/* ---- comparing ----------------------------------------------------------- */

/* The next digit of those from *i on, 0 behind the last. */
static unsigned
digit(const struct gv_decimal *a, size_t *i)
{
	if (*i < a->len && a->digits[*i] == '.')
		++*i;
	return *i < a->len ? (unsigned)(a->digits[(*i)++] - '0') : 0;
}

static int
compare_size(const struct gv_decimal *a, const struct gv_decimal *b)
{
	const size_t n = a->n > b->n ? a->n : b->n;
	size_t i = 0, j = 0, k;

	if (a->is_infinite || b->is_infinite)
		return a->is_infinite - b->is_infinite;
	if (a->len == 0 || b->len == 0)
		return (a->len != 0) - (b->len != 0);
	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	for (k = 0; k < n; k++) {
		unsigned x = digit(a, &i), y = digit(b, &j);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

int
gv_decimal_compare(const struct gv_decimal *a, const struct gv_decimal *b)
{
	if (a->is_nan || b->is_nan)
		return a->is_nan - b->is_nan;
	if (a->is_negative != b->is_negative)
		return a->is_negative ? -1 : 1;
	return a->is_negative ? compare_size(b, a) : compare_size(a, b);
}

bool
gv_decimal_is_whole(const struct gv_decimal *a)
{
	if (a->is_nan || a->is_infinite)
		return false;
	return a->len == 0 || a->point >= (int64_t)a->n;
}

bool
gv_decimal_fits(const struct gv_decimal *a, int64_t *out)
{
	uint64_t value = 0, most = (uint64_t)INT64_MAX + a->is_negative;
	size_t i = 0;
	int64_t k;

	if (!gv_decimal_is_whole(a) || a->point > SMALL_DIGITS + 1)
		return false;
	for (k = 0; k < a->point; k++)
		value = value * 10 + digit(a, &i);
	if (value > most)
		return false;
	*out = a->is_negative ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

/* ---- dividing ------------------------------------------------------------ */

/* a * b modulo m, for both below m and m of SMALL_DIGITS: bit by bit, since no
 * processor of 32 bits has a product of 128. */
static uint64_t
times(uint64_t a, uint64_t b, uint64_t m)
{
	uint64_t sum = 0;

	for (; b; b >>= 1) {
		if (b & 1)
			sum = (sum + a) % m;
		a = (a + a) % m;
	}
	return sum;
}

/* Whether A * 10^shift is a multiple of a B of few digits. */
static bool
divides_small(
    const struct gv_decimal *a, const struct gv_decimal *b, uint64_t shift)
{
	uint64_t divisor = 0, rest = 0, power = 10;
	size_t i = 0, k;

	for (k = 0; k < b->n; k++)
		divisor = divisor * 10 + digit(b, &i);
	assert(divisor != 0);
	for (i = k = 0; k < a->n; k++)
		rest = (rest * 10 + digit(a, &i)) % divisor;
	for (power %= divisor; shift && rest; shift >>= 1) {
		if (shift & 1)
			rest = times(rest, power, divisor);
		power = times(power, power, divisor);
	}
	return rest == 0;
}

struct limbs {
	uint32_t limb[LIMBS_MAX + 1]; /* the lowest first */
	size_t n;
};

/* l = l * 10 + d */
static void
push(struct limbs *l, unsigned d)
{
	uint64_t carry = d;
	size_t i;

	for (i = 0; i < l->n; i++) {
		carry += (uint64_t)l->limb[i] * 10;
		l->limb[i] = (uint32_t)(carry % LIMB);
		carry /= LIMB;
	}
}

static bool
is_below(const struct limbs *a, const struct limbs *b)
{
	size_t i;

	for (i = a->n; i-- > 0;)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i];
	return false;
}

static void
subtract(struct limbs *a, const struct limbs *b)
{
	uint32_t borrow = 0;
	size_t i;

	for (i = 0; i < a->n; i++) {
		uint32_t take = b->limb[i] + borrow;

		borrow = a->limb[i] < take;
		a->limb[i] = a->limb[i] + (borrow ? LIMB : 0) - take;
	}
}

/* Long division, a digit at a time; only the rest counts. */
static bool
divides_large(
    const struct gv_decimal *a, const struct gv_decimal *b, uint64_t shift)
{
	struct limbs divisor = { .n = b->n / LIMB_DIGITS + 2 };
	struct limbs rest = { .n = divisor.n };
	size_t i = 0, k;

	for (k = 0; k < b->n; k++)
		push(&divisor, digit(b, &i));
	for (i = k = 0; k < a->n + shift; k++) {
		push(&rest, digit(a, &i));
		while (!is_below(&rest, &divisor))
			subtract(&rest, &divisor);
	}
	for (i = 0; i < rest.n; i++)
		if (rest.limb[i])
			return false;
	return true;
}

int
gv_decimal_is_multiple(const struct gv_decimal *a, const struct gv_decimal *b)
{
	/* how many zeros A gets where both are written as whole numbers */
	const int64_t shift =
	    (a->point - (int64_t)a->n) - (b->point - (int64_t)b->n);
	/* a 2 or a 5 of B is found in as many tens as B has bits, at most */
	const uint64_t most = (uint64_t)b->n * 4;
	uint64_t tens;

	if (a->is_nan || a->is_infinite || b->is_nan || b->is_infinite)
		return 0;
	if (a->len == 0)
		return 1;
	/* A's last digit is not 0, so no ten divides it */
	if (b->len == 0 || shift < 0)
		return 0;
	tens = (uint64_t)shift < most ? (uint64_t)shift : most;
	if (b->n <= SMALL_DIGITS)
		return divides_small(a, b, tens);
	if (b->n > (LIMBS_MAX - 2) * LIMB_DIGITS ||
	    (a->n + tens) * (b->n / LIMB_DIGITS + 2) > WORK_MAX)
		return GV_EREFUSED;
	return divides_large(a, b, tens);
}

uint64_t
gv_decimal_hash(const struct gv_decimal *a)
{
	uint64_t h = (uint64_t)a->point * 31 + a->is_negative +
	    a->is_infinite * 2U + a->is_nan * 4U;
	size_t i = 0, k;

	for (k = 0; k < a->n; k++)
		h = (h ^ digit(a, &i)) * 0x100000001b3U;
	return h;
}
