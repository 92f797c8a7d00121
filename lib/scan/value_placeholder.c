#include "scan/value_internal.h"

#include <string.h>

#define BIT GV_VALUE_BIT

/* Nearly all the same, or each the next in 0…9a…z and around again. Of what is
 * random a third tells. */
static bool
is_run(const char *p, size_t len)
{
	size_t i, same = 0, next = 0;
	char a = len ? gv_ascii_small(p[0]) : 0, b;

	for (i = 1; i < len; i++, a = b) {
		b = gv_ascii_small(p[i]);
		if (p[i] == p[i - 1])
			same++;
		else if ((b == a + 1 && gv_ascii_is_alnum(a) &&
			     gv_ascii_is_alnum(b)) ||
		    (a == '9' && b == 'a') || (a == 'z' && b == '0'))
			next++;
		else if ((i - same - next) * 3 >= len)
			return false;
	}
	return len > 2 &&
	    (same + 1 >= len || (len > 8 && same * 3 > len * 2) ||
		(len > 9 && next * 5 > len * 4));
}

/* What makes a placeholder wherever it stands, by the last five bits of its
 * first byte, in which case does not count: '-' is where 'm' is, '.' with 'n'.
 * Most bytes are told apart by the two behind. */
static const struct {
	uint32_t second, third;
	const char *words[8];
} placeholders[32] = {
	['c' & 31] = { BIT('h'), BIT('a'),
	    { "changeme", "change_me", "change-me", "changeit", "change_it" } },
	['d' & 31] = { BIT('u'), BIT('m'), { "dummy" } },
	['e' & 31] = { BIT('x') | BIT('n'), BIT('a') | BIT('t'),
	    { "example", "enter_your", "enter-your" } },
	['f' & 31] = { BIT('i') | BIT('a'), BIT('x') | BIT('l') | BIT('k'),
	    { "fixme", "fill_in", "fill-in", "fakefake" } },
	['h' & 31] = { BIT('i'), BIT('d'), { "hidden" } },
	['i' & 31] = { BIT('n'), BIT('s'), { "insert_", "insert-" } },
	['k' & 31] = { BIT('n'), BIT('o'), { "known after apply" } },
	['m' & 31] = { BIT('y') | BIT('a') | BIT('h') | BIT('-'),
	    BIT('_') | BIT('s') | BIT('e') | BIT('t'),
	    { "my_secret_", "mysecretpass", "masked", "-here", "--token--" } },
	['n' & 31] = { BIT('o') | BIT('.'), BIT('t') | BIT('.'),
	    { "not-a-real", "not_a_real", "notareal", "...." } },
	['o' & 31] = { BIT('m'), BIT('i'), { "omitted" } },
	['p' & 31] = { BIT('l') | BIT('u'), BIT('a') | BIT('t'),
	    { "placeholder", "put_your", "put-your" } },
	['r' & 31] = { BIT('e'), BIT('p') | BIT('d'),
	    { "replace_", "replace-", "replaceme", "redacted" } },
	['s' & 31] = { BIT('a') | BIT('e') | BIT('u'),
	    BIT('m') | BIT('t') | BIT('n') | BIT('p'),
	    { "sample", "set_me", "set-me", "setme", "sensitive value",
		"supersecretpass" } },
	['t' & 31] = { BIT('o'), BIT('d') | BIT('_') | BIT('-'),
	    { "todo", "to_be_", "to-be-" } },
	['x' & 31] = { BIT('x'), BIT('x'), { "xxxx" } },
	['y' & 31] = { BIT('o'), BIT('u'),
	    { "your_", "your-", "yourpass", "yoursecret", "yourtoken",
		"yourkey", "yourapi" } },
	['*' & 31] = { BIT('*'), BIT('*'), { "****" } },
	['_' & 31] = { BIT('h'), BIT('e'), { "_here" } },
	['<' & 31] = { BIT('s'), BIT('e'), { "<secret" } },
};

/* These, where they are all of it. */
static const char *const wholes[32][7] = {
	['a' & 31] = { "auth", "apikey", "api_key", "api-key" },
	['b' & 31] = { "bar", "baz", "basic", "bearer" },
	['c' & 31] = { "credentials" },
	['f' & 31] = { "foo", "foobar" },
	['k' & 31] = { "key" },
	['m' & 31] = { "mytoken", "mysecret", "mypassword", "my-secret",
	    "my_secret" },
	['p' & 31] = { "password", "passwd", "pass", "pwd", "private",
	    "plain" },
	['s' & 31] = { "secret" },
	['t' & 31] = { "token", "test", "text", "tbd", "the-token",
	    "the_password" },
	['u' & 31] = { "user", "username" },
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
		if (gv_ascii_is_upper(p[i]) != gv_ascii_is_upper(p[at + 1]))
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
	const char *const *word = placeholders[p[at] & 31].words;

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
	unsigned a, b = p[n] & 31, c = p[n + 1] & 31;
	uint64_t places = 0;
	size_t i;

	for (i = n; i-- > 0; c = b, b = a) {
		a = p[i] & 31;
		places = places << 1 |
		    (placeholders[a].second >> b & placeholders[a].third >> c &
			1);
	}
	return places;
}

bool
gv_value_is_placeholder(const char *p, size_t len)
{
	uint64_t places;
	size_t i, n = len;

	/* what closes around it */
	while (n && (p[n - 1] == ')' || p[n - 1] == '}' || p[n - 1] == '.'))
		n--;
	if (is_run(p, len) || (n <= 12 && is_any(p, n, wholes[*p & 31])))
		return true;
	/* AAAAB3Nza..., its rest left out */
	if (len > 5 && memcmp(p + len - 3, "...", 3) == 0)
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
