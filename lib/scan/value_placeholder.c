#include "scan/value_internal.h"

#include <string.h>

#include "lex/seek.h"

#define MIXED_MAX 16 /* bytes that are looked at first */
#define MAKER_MAX 8  /* letters that a maker's tokens begin with */

#define BIT GV_VALUE_BIT

#if defined(__SSE2__)
/* Of eight bytes of `now`, each behind one of `before`, those that are neither
 * the same nor what may be the next, a bit each. */
static inline unsigned
others_of(__m128i before, __m128i now)
{
	const __m128i case_bit = _mm_set1_epi8(32);
	const __m128i a = _mm_or_si128(before, case_bit);
	const __m128i b = _mm_or_si128(now, case_bit);
	const __m128i step = _mm_sub_epi8(b, a);
	/* '9' and 'z' go on with another one */
	const __m128i not = _mm_or_si128(
	    _mm_cmpeq_epi8(step, _mm_min_epu8(step, _mm_set1_epi8(1))),
	    _mm_or_si128(_mm_cmpeq_epi8(a, _mm_set1_epi8('9')),
		_mm_cmpeq_epi8(a, _mm_set1_epi8('z'))));

	return ~(unsigned)_mm_movemask_epi8(not ) & 0xff;
}
#endif

/* Whether a third of it is neither the same as the byte before nor what may be
 * the next: so it is of what is random. Counted without a branch, and of a long
 * one the first bytes say so. */
static bool
is_mixed(const char *p, size_t len)
{
	const size_t end = len < MIXED_MAX ? len : MIXED_MAX;
	size_t i = 1, others = 0;

#if defined(__SSE2__)
	if (end >= 8) {
		const __m128i first = gv_seek_eight(p);
		/* one pair less */
		unsigned found =
		    others_of(first, _mm_srli_si128(first, 1)) & 0x7f;

		/* the last eight pairs may be met twice, in part */
		if (end > 8)
			found |= others_of(gv_seek_eight(p + end - 9),
				     gv_seek_eight(p + end - 8))
			    << (end - 9);
		others = gv_letters_count(found);
		i = end;
	}
#endif
	for (; i < end; i++) {
		const unsigned char a = p[i - 1] | 32;

		others += ((unsigned char)((p[i] | 32) - a) > 1) & (a != '9') &
		    (a != 'z');
	}
	return others * 3 >= len;
}

/* Nearly all the same, or each the next in 0…9a…z and around again. */
static bool
is_run(const char *p, size_t len)
{
	size_t i, same = 0, next = 0, others = 0;
	char a = len ? gv_ascii_small(p[0]) : 0, b;

	if (is_mixed(p, len))
		return false;
	for (i = 1; i < len; i++, a = b) {
		b = gv_ascii_small(p[i]);
		if (p[i] == p[i - 1])
			same++;
		else if ((b == a + 1 && gv_ascii_is_alnum(a) &&
			     gv_ascii_is_alnum(b)) ||
		    (a == '9' && b == 'a') || (a == 'z' && b == '0'))
			next++;
		else if (++others * 3 >= len)
			return false;
	}
	return len > 2 &&
	    (same + 1 >= len || (len > 8 && same * 3 > len * 2) ||
		(len > 9 && next * 4 > len * 3));
}

/* abc123, 456789: each the next of the one before it, with a break at most. */
static bool
is_counted(const char *p, size_t len)
{
	size_t i, breaks = 0;

	for (i = 1; i < len && breaks < 2; i++)
		breaks += p[i] != p[i - 1] + 1;
	return len > 5 && breaks < 2;
}

/* sk-1234567890abcdef, dd-abc123: such a run behind what tokens of a maker
 * begin with. */
static bool
is_run_of_maker(const char *p, size_t len)
{
	size_t i = 0;

	while (i < len && i < MAKER_MAX &&
	    (gv_ascii_is_lower(p[i]) || gv_ascii_is_upper(p[i])))
		i++;
	if (i == 0 || i == len || (p[i] != '-' && p[i] != '_'))
		return false;
	i++;
	/* glpat-x, three of these */
	if (len - i == 3 && gv_ascii_small(p[i]) == 'x' && p[i] == p[i + 1] &&
	    p[i] == p[i + 2])
		return true;
	return is_counted(p + i, len - i) ||
	    (len - i > 9 && is_run(p + i, len - i));
}

/* !#$%&()*+: each character stands behind the one before it in ASCII, so it is
 * a set to draw from. */
static bool
is_alphabet(const char *p, size_t len)
{
	const unsigned char *set = (const unsigned char *)p;
	size_t i;

	/* of others the first five are hardly ever in order */
	if (len < 8 ||
	    !((set[0] < set[1]) & (set[1] < set[2]) & (set[2] < set[3]) &
		(set[3] < set[4])))
		return false;
	for (i = 5; i < len; i++)
		if (set[i] <= set[i - 1])
			return false;
	return true;
}

/* nvapi-NVKEY, ghp_YOUR_TOKEN: behind what tokens of a maker begin with, in
 * capitals what to put there. */
static bool
is_named_by_maker(const char *p, size_t len)
{
	static const char *const names[] = { "KEY", "PASSWORD", "SECRET",
		"TOKEN" };
	size_t i = 0, from, k, n;

	while (i < len && i < MAKER_MAX && gv_ascii_is_lower(p[i]))
		i++;
	if (i == 0 || i == len || (p[i] != '-' && p[i] != '_'))
		return false;
	for (from = ++i; i < len; i++)
		if (!gv_ascii_is_upper(p[i]) && p[i] != '-' && p[i] != '_')
			return false;
	for (k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		n = strlen(names[k]);
		if (len - from >= n && memcmp(p + len - n, names[k], n) == 0)
			return true;
	}
	return false;
}

/* What makes a placeholder wherever it stands, by the last five bits of its
 * first byte, in which case does not count: '-' is where 'm' is, '.' with 'n',
 * '*' with 'j', '_' last. */
static const char *const placeholders[32][8] = {
	['b' & 31] = { "blahblah" },
	['c' & 31] = { "changeme", "change_me", "change-me", "change me",
	    "changeit", "change_it" },
	['d' & 31] = { "dummy" },
	['e' & 31] = { "example", "enter_your", "enter-your" },
	['f' & 31] = { "fixme", "fill_in", "fill-in", "fakefake", "fakekey" },
	['h' & 31] = { "hidden" },
	['i' & 31] = { "insert_", "insert-" },
	['k' & 31] = { "known after apply" },
	['m' & 31] = { "my_secret_", "mysecretpass", "masked", "-here",
	    "--token--" },
	['n' & 31] = { "not-a-real", "not_a_real", "notareal", "not_used_",
	    "not-used-", "...." },
	['o' & 31] = { "omitted" },
	['p' & 31] = { "placeholder", "put_your", "put-your", "putyour" },
	['r' & 31] = { "replace_", "replace-", "replaceme", "redacted" },
	['s' & 31] = { "sample", "set_me", "set-me", "setme", "sensitive value",
	    "supersecretpass" },
	['t' & 31] = { "todo", "to_be_", "to-be-" },
	['x' & 31] = { "xxxx" },
	['y' & 31] = { "your_", "your-", "yourpass", "yoursecret", "yourtoken",
	    "yourkey", "yourapi" },
	['*' & 31] = { "****" },
	['_' & 31] = { "_here" },
	['<' & 31] = { "<secret" },
};

/* The two bytes behind distinguish most bytes: for each byte those first ones
 * that it may follow, and those that it may follow with one between. */
static const struct {
	uint32_t second, third;
} behind[32] = {
	['*' & 31] = { BIT('*'), BIT('*') },
	['_' & 31] = { 0, BIT('m') | BIT('t') },
	['a' & 31] = { BIT('f') | BIT('m') | BIT('s'),
	    BIT('b') | BIT('c') | BIT('e') | BIT('p') },
	['d' & 31] = { 0, BIT('h') | BIT('r') | BIT('t') },
	['e' & 31] = { BIT('r') | BIT('s'), BIT('m') | BIT('_') | BIT('<') },
	['h' & 31] = { BIT('c') | BIT('m') | BIT('_'), 0 },
	['i' & 31] = { BIT('f') | BIT('h'), BIT('o') },
	['k' & 31] = { 0, BIT('f') },
	['l' & 31] = { BIT('p') | BIT('b'), BIT('f') },
	['m' & 31] = { BIT('m') | BIT('o'), BIT('d') | BIT('s') | BIT('t') },
	['n' & 31] = { BIT('e') | BIT('i') | BIT('k') | BIT('n'),
	    BIT('n') | BIT('s') },
	['o' & 31] = { BIT('n') | BIT('t') | BIT('y'), BIT('k') },
	['p' & 31] = { 0, BIT('r') | BIT('s') },
	['s' & 31] = { BIT('<'), BIT('i') | BIT('m') },
	['t' & 31] = { 0,
	    BIT('e') | BIT('m') | BIT('n') | BIT('p') | BIT('s') },
	['u' & 31] = { BIT('d') | BIT('p') | BIT('s'), BIT('y') },
	['x' & 31] = { BIT('e') | BIT('x'), BIT('f') | BIT('x') },
	['y' & 31] = { BIT('m'), 0 },
};

/* These, where they are all of it. */
static const char *const wholes[32][7] = {
	['a' & 31] = { "auth", "apikey", "api_key", "api-key" },
	['b' & 31] = { "bar", "baz", "basic", "bearer" },
	['c' & 31] = { "credentials" },
	['f' & 31] = { "foo", "foobar" },
	['i' & 31] = { "ignore", "ignored" },
	['k' & 31] = { "key" },
	['m' & 31] = { "mytoken", "mysecret", "mypassword", "my-secret",
	    "my_secret" },
	['p' & 31] = { "password", "passwd", "pass", "pwd", "private",
	    "plain" },
	['s' & 31] = { "secret" },
	['t' & 31] = { "token", "test", "text", "tbd", "the-token",
	    "the_password" },
	['n' & 31] = { "not-used", "not_used", "notused" },
	['u' & 31] = { "user", "username", "unused" },
	['v' & 31] = { "value" },
};

/* Short words come about in what is random: they must be of one case, but for
 * the first letter, and in long tokens no letter or digit stand on both sides
 * of them. */
static bool
is_chance(const char *p, size_t len, size_t at, size_t n)
{
	size_t i;

	if (n > 6)
		return false;
	for (i = at + 2; i < at + n; i++)
		if ((gv_ascii_is_upper(p[i]) || gv_ascii_is_lower(p[i])) &&
		    gv_ascii_is_upper(p[i]) != gv_ascii_is_upper(p[at + 1]))
			return true;
	if (gv_ascii_is_lower(p[at]) && gv_ascii_is_upper(p[at + 1]))
		return true;
	return len >= 20 && at > 0 && gv_ascii_is_alnum(p[at - 1]) &&
	    at + n < len && gv_ascii_is_alnum(p[at + n]) && p[at + n] != p[at];
}

/* Whether a word of a placeholder begins at `at`. */
static bool
is_word_at(const char *p, size_t len, size_t at)
{
	const char *const *word = placeholders[p[at] & 31];

	for (; *word; word++)
		if (begins(p + at, len - at, *word) &&
		    !is_chance(p, len, at, strlen(*word)))
			return true;
	return false;
}

/* Of 64 places at most, from `p` on, a bit for each at which one may begin:
 * gathered without a branch, since in what is random none is foretold. */
static uint64_t
may_begin(const char *p, size_t n)
{
	uint32_t second = behind[p[n] & 31].second, both;
	uint32_t third = behind[p[n + 1] & 31].third;
	uint32_t next = behind[p[n] & 31].third;
	uint64_t places = 0;
	size_t i;

	for (i = n; i-- > 0;) {
		size_t ch = (unsigned char)p[i] & 31;

		both = second & third;
		third = next;
		second = behind[ch].second;
		next = behind[ch].third;
		places = places * 2 + (both >> ch & 1);
	}
	return places;
}

/* FIT3SX...4V05Y: three dots among letters and digits. */
static bool
is_cut_out(const char *p, size_t len)
{
	const char *dots = len > 8 ? memmem(p, len, "...", 3) : NULL;
	size_t i;

	if (dots == NULL || dots - p < 3 || p + len - dots < 6)
		return false;
	for (i = 0; i < len; i++)
		if (!gv_ascii_is_alnum(p[i]) && p + i != dots &&
		    p + i != dots + 1 && p + i != dots + 2)
			return false;
	return true;
}

/* foobarbaz, bar_foo: nothing but such words, two at least. */
static bool
is_foo(const char *p, size_t len)
{
	static const char *const words[] = { "foo", "bar", "baz", "qux" };
	size_t i = 0, n = 0, k;

	if (len < 6)
		return false;
	while (i < len) {
		if (p[i] == '-' || p[i] == '_' || p[i] == '.') {
			i++;
			continue;
		}
		for (k = 0; k < 4 && gv_ascii_small(p[i]) != *words[k]; k++)
			;
		while (k < 4 && !begins(p + i, len - i, words[k]))
			k++;
		if (k == 4)
			return false;
		i += 3;
		n++;
	}
	return n > 1;
}

/* metricsmetricsmetrics: the same letters three times at least. */
static bool
is_repeated(const char *p, size_t len)
{
	size_t n, i;

	for (n = 3; n * 3 <= len; n++) {
		/* most differ in the first */
		if (p[n] != p[0] || len % n)
			continue;
		for (i = n; i < len && p[i] == p[i - n]; i++)
			;
		if (i == len)
			return true;
	}
	return false;
}

/* !INVALID, in place of what a password comes to. */
static bool
is_locked(const char *p, size_t len)
{
	size_t i;

	if (len < 5 || p[0] != '!')
		return false;
	for (i = 1; i < len && (gv_ascii_is_upper(p[i]) || p[i] == '_'); i++)
		;
	return i == len;
}

/* generate_me, EDIT-ME: what to do with it. */
static bool
is_order(const char *p, size_t len)
{
	size_t i;

	if (len < 6 || !begins(p + len - 2, 2, "me") ||
	    (p[len - 3] != '_' && p[len - 3] != '-'))
		return false;
	for (i = 0; i + 3 < len; i++)
		if (!gv_ascii_is_lower(p[i]) && !gv_ascii_is_upper(p[i]))
			return false;
	return true;
}

/* Side by side, but not from the first byte on: one of five is at a multiple of
 * five. */
static bool
has_five_dashes(const char *p, size_t len)
{
	size_t at, from, to;

	for (at = 5; at < len && len > 6; at += 5) {
		if (p[at] != '-')
			continue;
		for (from = at; from > 1 && p[from - 1] == '-'; from--)
			;
		for (to = at + 1; to < len && p[to] == '-'; to++)
			;
		if (to - from >= 5)
			return true;
	}
	return false;
}

/* By the signs that join or end it; `n` is its length without what closes
 * around it. */
static bool
is_placeholder_by_signs(const char *p, size_t len, size_t n, unsigned bits)
{
	if (is_run_of_maker(p, n) ||
	    (!(bits & GV_VALUE_HAS_DIGIT) &&
		(is_order(p, n) || is_named_by_maker(p, n))))
		return true;
	/* RANDOMCHARS-----x7; PEM has blanks */
	if (bits & GV_VALUE_HAS_JOINT && has_five_dashes(p, len) &&
	    memchr(p, ' ', len) == NULL)
		return true;
	/* AAAAB3Nza..., its rest left out, or FIT3SX...4V05Y its middle */
	return bits & GV_VALUE_HAS_DOT &&
	    ((len > 5 && memcmp(p + len - 3, "...", 3) == 0) ||
		is_cut_out(p, len));
}

bool
gv_value_is_placeholder(const char *p, size_t len, unsigned bits)
{
	/* most of what is all of one has none */
	const bool has_digit = bits & GV_VALUE_HAS_DIGIT;
	uint64_t places;
	size_t i, n = len;

	/* what closes around it */
	while (n && (p[n - 1] == ')' || p[n - 1] == '}' || p[n - 1] == '.'))
		n--;
	if (is_run(p, len) ||
	    (!has_digit &&
		((n <= 12 && is_any(p, n, wholes[*p & 31])) || is_foo(p, n))))
		return true;
	if (is_alphabet(p, len) || is_repeated(p, len) || is_locked(p, n) ||
	    (bits & (GV_VALUE_HAS_JOINT | GV_VALUE_HAS_DOT) &&
		is_placeholder_by_signs(p, len, n, bits)))
		return true;
	/* value1, as in key1=value1 */
	if (has_digit && n > 5 && n < 8 && begins(p, n, "value") &&
	    gv_ascii_is_digit(p[5]) && gv_ascii_is_digit(p[n - 1]))
		return true;
	for (i = 0; i + 4 <= len; i += 64) {
		n = len - 3 - i < 64 ? len - 3 - i : 64;
		for (places = may_begin(p + i, n); places; places &= places - 1)
			if (is_word_at(
				p, len, i + (size_t)__builtin_ctzll(places)))
				return true;
	}
	return false;
}
