#include "scan/score_internal.h"

#include <stdint.h>
#include <string.h>

#include "lex/seek.h"
#include "scan/letters.h"
#include "scan/score.h"

/*
 * Whether words are in a value, and whether these are what a secret is called.
 */

#define COUNT_MAX  4 /* digits that count a word */
#define CALLED_MIN 4 /* letters of what a secret is called */

/* --- words --- */

/* A bit for each of a, e, i, o, u and y. */
static const uint32_t all_vowels = 0x1104111;

/* The 260 commonest pairs of letters in nine languages of Europe: for the first
 * letter a bit for each second one. */
static const uint32_t pairs[32] = { 0x23ebd6f, 0x0164911, 0x21a4d95, 0x0164111,
	0x2febf7f, 0x0124931, 0x0166951, 0x00a4111, 0x22efe7f, 0x0000011,
	0x00c4111, 0x11c6919, 0x010d113, 0x13c657d, 0x07efc7e, 0x01ec911,
	0x0100000, 0x33efd5f, 0x31ccdb5, 0x11e4991, 0x00eb93f, 0x0004111,
	0x1004111, 0x0080000, 0x0049004, 0x1004111 };

/* Of a letter its place among them; of other bytes any number below 32. */
static inline unsigned
number_of(char ch)
{
	return ((unsigned)gv_ascii_small(ch) - 'a') & 31;
}

bool
gv_score_is_word(const char *p, size_t len)
{
	size_t i, vowels = 0, run = 0, longest = 0, others = 0;
	unsigned is_vowel;

	if (len < GV_SCORE_WORD_MIN)
		return false;
	/* a few pairs may be others; of those made by chance most are, in an
	 * order that no branch could foretell */
	for (i = 1; i < len; i++)
		others += !(pairs[number_of(p[i - 1])] >> number_of(p[i]) & 1);
	if (others > (len - 1) * (len > 3 ? 1 : 2) / 4)
		return false;
	for (i = 0; i < len; i++) {
		is_vowel = all_vowels >> number_of(p[i]) & 1;
		vowels += is_vowel;
		run = is_vowel ? 0 : run + 1;
		longest = run > longest ? run : longest;
	}
	return vowels > 0 && longest <= (len > 6 ? 4U : 3U) &&
	    vowels * 6 >= len;
}

size_t
gv_score_letters_at(const char *p, size_t i, size_t len)
{
	size_t n = 1;

	if (gv_ascii_is_upper(p[i]) && i + 1 < len &&
	    gv_ascii_is_lower(p[i + 1]))
		for (; i + n < len && gv_ascii_is_lower(p[i + n]); n++)
			;
	else if (gv_ascii_is_upper(p[i]))
		for (; i + n < len && gv_ascii_is_upper(p[i + n]) &&
		     !(i + n + 1 < len && gv_ascii_is_lower(p[i + n + 1]));
		     n++)
			;
	else
		for (; i + n < len && gv_ascii_is_lower(p[i + n]); n++)
			;
	return n;
}

/* k8s, s390x and the like are said as words: of a letter, digits and a letter,
 * up to five, with a joint or an end on both sides. How many, or 0. */
static size_t
short_word_at(const char *p, size_t i, size_t len)
{
	size_t n = 1;

	/* most have none behind the first */
	if (i + 1 >= len || !gv_ascii_is_digit(p[i + 1]) ||
	    (i > 0 && gv_ascii_is_alnum(p[i - 1])))
		return 0;
	while (i + n < len && gv_ascii_is_digit(p[i + n]))
		n++;
	if (n == 1 || n > 4 || i + n == len || !is_letter(p[i + n]))
		return 0;
	n++;
	return i + n < len &&
		(is_letter(p[i + n]) || gv_ascii_is_digit(p[i + n]))
	    ? 0
	    : n;
}

static void
count_by_letter(size_t *words, size_t *others, const char *p, size_t len)
{
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = 1;
		if (!is_letter(p[i])) {
			*others += gv_ascii_is_digit(p[i]);
			continue;
		}
		if ((n = short_word_at(p, i, len)) > 0)
			continue;
		n = gv_score_letters_at(p, i, len);
		if (!gv_score_is_word(p + i, n))
			*others += n;
		else if (n > GV_SCORE_WORD_MIN)
			*words += n;
	}
}

/* Where words may be, a bit for each place. */
struct places {
	uint64_t longs; /* three letters of one begin */
	uint64_t on;    /* one goes on */
};

/* What is drawn by chance has a word each two letters, by no order that a
 * branch could foretell. So all of them are found at once, and only those of
 * three letters are looked at. Not where each letter must be. */
static inline bool
find_places(struct places *out, const struct gv_letters *l, size_t len)
{
	const uint64_t all = l->lower | l->upper;
	/* a capital begins one, but among capitals */
	const uint64_t begin = (l->lower & ~(all << 1)) |
	    (l->upper & (~(l->upper << 1) | l->lower >> 1));
	/* k8s is a word: letters beside digits, and nothing beside these */
	const uint64_t any = all | l->digit;
	const uint64_t first = all & l->digit >> 1 & ~(any << 1),
		       last = all & l->digit << 1 & ~(any >> 1);

	out->on = all & ~begin;
	out->longs = begin & out->on >> 1 & out->on >> 2;
	return len <= GV_LETTERS_MAX && !(first && last);
}

/* The letters of the word that begins at `i`, of which two are there. */
static inline size_t
letters_from(const struct places *at, size_t i)
{
	return 1 + (size_t)__builtin_ctzll(~(at->on >> (i + 1)));
}

void
gv_score_count_of(size_t *words, size_t *others, const struct gv_letters *l,
    const char *p, size_t len)
{
	struct places at;
	uint64_t longs;
	size_t i, n, known = 0;

	*words = *others = 0;
	if (!find_places(&at, l, len)) {
		count_by_letter(words, others, p, len);
		return;
	}
	/* where no four are side by side there is no word that counts */
	longs = at.longs & at.on >> 3 ? at.longs : 0;
	for (; longs; longs &= longs - 1) {
		i = (size_t)__builtin_ctzll(longs);
		n = letters_from(&at, i);
		if (!gv_score_is_word(p + i, n))
			continue;
		known += n;
		*words += n > GV_SCORE_WORD_MIN ? n : 0;
	}
	if (*words)
		*others =
		    gv_letters_count(l->lower | l->upper | l->digit) - known;
}

bool
gv_score_has_word_of(const struct gv_letters *l, const char *p, size_t len)
{
	struct places at;
	uint64_t longs;
	size_t i, words, others;

	if (!find_places(&at, l, len)) {
		gv_score_count_of(&words, &others, l, p, len);
		return words > 0;
	}
	for (longs = at.longs & at.on >> 3; longs; longs &= longs - 1) {
		i = (size_t)__builtin_ctzll(longs);
		if (gv_score_is_word(p + i, letters_from(&at, i)))
			return true;
	}
	return false;
}

void
gv_score_count(size_t *words, size_t *others, const char *p, size_t len)
{
	const struct gv_letters l =
	    gv_letters_of(p, len < GV_LETTERS_MAX ? len : GV_LETTERS_MAX);

	gv_score_count_of(words, others, &l, p, len);
}

bool
gv_score_is_wordy(const char *p, size_t len)
{
	size_t words, others;

	gv_score_count(&words, &others, p, len);
	return gv_score_are_most(words, others);
}

bool
gv_score_is_common(const char *p, size_t len)
{
	size_t n = len, i;

	while (n && gv_ascii_is_digit(p[n - 1]))
		n--;
	/* Test123456789: more than a few only count */
	for (i = n + 1; i < len && p[i] == p[i - 1] + 1; i++)
		;
	if (i < len && len - n > COUNT_MAX)
		n = len - COUNT_MAX;
	return n >= GV_SCORE_WORD_MIN && gv_score_is_wordy(p, n);
}

/* --- what a secret is called --- */

/* What a secret is called at the end of a name; elsewhere these are words of a
 * passphrase. */
static const char *const last_words[] = { "key", "pass", "psw", "pw", "pwd",
	NULL };

/* What begins an example: some-password, YourToken. */
static const char *const vague[] = { "another", "any", "some", "your", NULL };

const char *const gv_score_secrets[] = { "auth", "creds", "credential",
	"credentials", "jeton", "login", "passphrase", "passwd", "password",
	"passwords", "passwort", "secret", "secrets", "senha", "token",
	"tokens", "username", NULL };

bool
gv_score_is_one_of(const char *p, size_t len, const char *const *words)
{
	const char first = len ? gv_ascii_small(p[0]) : '\0';
	size_t i;

	for (; *words; words++) {
		if ((*words)[0] != first)
			continue;
		/* a value may hold zero bytes, and so equal the end of a word
		 */
		for (i = 0; i < len && (*words)[i] &&
		     (*words)[i] == gv_ascii_small(p[i]);
		     i++)
			;
		if (i == len && (*words)[i] == '\0')
			return true;
	}
	return false;
}

/* Nearly all runs of letters are shorter, or begin with another. */
static bool
is_secret_word(const char *p, size_t len)
{
	static const uint32_t firsts = 1U << ('a' & 31) | 1U << ('c' & 31) |
	    1U << ('j' & 31) | 1U << ('l' & 31) | 1U << ('p' & 31) |
	    1U << ('s' & 31) | 1U << ('t' & 31) | 1U << ('u' & 31);

	return len >= CALLED_MIN && firsts >> (p[0] & 31) & 1 &&
	    gv_score_is_one_of(p, len, gv_score_secrets);
}

static bool
begins_with(const char *p, const char *word, size_t n)
{
	size_t i;

	for (i = 0; i < n && gv_ascii_small(p[i]) == word[i]; i++)
		;
	return i == n;
}

/* Whether a secret is called by these letters, or none (NOPASSWD); they may end
 * with a name: of ADMINpassword there are ADMI and Npassword. */
static bool
is_called(const char *p, size_t n, bool is_last)
{
	/* of what is random nearly all runs of letters are short */
	if (n < CALLED_MIN && !is_last)
		return false;
	return is_secret_word(p, n) ||
	    (is_last && gv_score_is_one_of(p, n, last_words)) ||
	    (n > 6 && (memcmp(p, "NO", 2) == 0 || memcmp(p, "no", 2) == 0) &&
		is_secret_word(p + 2, n - 2)) ||
	    (n > 1 && gv_ascii_is_upper(p[0]) && gv_ascii_is_lower(p[1]) &&
		is_secret_word(p + 1, n - 1));
}

/* somepassword, mypass. */
static bool
is_joined(const char *p, size_t len)
{
	const char *const *word;
	size_t n;

	for (word = vague; *word; word++) {
		n = strlen(*word);
		if (len > n && begins_with(p, *word, n) &&
		    gv_score_is_one_of(p + n, len - n, gv_score_secrets))
			return true;
	}
	return len > 2 && gv_ascii_small(p[0]) == 'm' &&
	    gv_ascii_small(p[1]) == 'y' &&
	    (gv_score_is_one_of(p + 2, len - 2, gv_score_secrets) ||
		gv_score_is_one_of(p + 2, len - 2, last_words));
}

/* What joins words, or ends them. */
static bool
is_joint(char ch)
{
	switch (ch) {
	case '-':
	case '_':
	case '.':
	case ':':
	case '/':
	case '#':
	case ',':
	case ' ':
	case '"':
	case '\'':
	case '`':
	case '\0':
		return true;
	default:
		return false;
	}
}

/* The 2 of oauth2-client: a digit that ends a word in front of a joint. */
static bool
ends_word(const char *p, size_t i, size_t len)
{
	return gv_ascii_is_digit(p[i]) && i > 0 && is_letter(p[i - 1]) &&
	    i + 1 < len && (p[i + 1] == '-' || p[i + 1] == '_');
}

static bool
may_be_vague(char first, char second)
{
	switch (first) {
	case 'a':
		return second == 'n';
	case 'm':
		return second == 'y';
	case 's':
	case 'y':
		return second == 'o';
	default:
		return false;
	}
}

bool
gv_score_is_vague(const char *p, size_t len)
{
	size_t n;

	/* what all of these begin with */
	if (len < 2 ||
	    !may_be_vague(gv_ascii_small(p[0]), gv_ascii_small(p[1])))
		return false;
	n = gv_score_letters_at(p, 0, len);
	if (n == len)
		return is_joined(p, len);
	return gv_score_is_one_of(p, n, vague) &&
	    (is_letter(p[n]) || p[n] == '-' || p[n] == '_' || p[n] == ' ');
}

/* R_SPF_ALLOW, TS_AUTHKEY: capitals joined by '_', as constants are, with a
 * word among them; also a list of such. */
bool
gv_score_is_constant(const char *p, size_t len)
{
	size_t i, from = 0, joints = 0, digits = 0;
	bool has_word = false;

	if (len == 0 || !gv_ascii_is_upper(p[0]) ||
	    gv_seek(p, 0, len, '_') == len)
		return false;
	for (i = 0; i <= len; i++) {
		size_t n = i - from;

		if (i < len && gv_ascii_is_upper(p[i]))
			continue;
		/* ZIGBEE2MQTT_X: between letters */
		if (i + 1 < len && gv_ascii_is_digit(p[i]) &&
		    n > GV_SCORE_WORD_MIN && gv_ascii_is_upper(p[i + 1]) &&
		    digits++ < 2) {
			has_word |= gv_score_is_word(p + from, n);
			from = i + 1;
			continue;
		}
		/* PASSWORD1,PASSWORD2: one digit counts them */
		if (i < len && gv_ascii_is_digit(p[i]) &&
		    n > GV_SCORE_WORD_MIN && (i + 1 == len || p[i + 1] == ','))
			i++;
		if (n == 0 || (i < len && !memchr("_ ,", p[i], 3)))
			return false;
		joints += i < len && p[i] == '_';
		has_word |=
		    n > GV_SCORE_WORD_MIN && gv_score_is_word(p + from, n);
		from = i + 1;
	}
	return joints > (digits ? 1U : 0U) && has_word;
}

/* oauth_jwt: is what keys of a store begin with, db.user= what lines do. */
static bool
is_prefix(const char *p, size_t len)
{
	size_t i;

	if (len < 2 ||
	    (p[len - 1] != ':' &&
		(p[len - 1] != '=' ||
		    (memchr(p, '.', len) == NULL &&
			memchr(p, '_', len) == NULL))))
		return false;
	for (i = 0; i + 1 < len; i++)
		if (!is_letter(p[i]) && p[i] != '_' && p[i] != '-' &&
		    p[i] != '.' && p[i] != ':')
			return false;
	return true;
}

/* Whether something from `i` on is in no name, wherever the words are: a digit
 * that counts nothing, nor is of a word as k8s, or a sign. */
static bool
is_broken(const char *p, size_t i, size_t len)
{
	const size_t from = i;

	while (i < len &&
	    (is_letter(p[i]) || is_joint(p[i]) || ends_word(p, i, len)))
		i++;
	if (i == len ||
	    (i > from && is_letter(p[i - 1]) && short_word_at(p, i - 1, len)))
		return false;
	return !gv_ascii_is_digit(p[i]) || len - i > 3 || i == 0 ||
	    p[i - 1] != '-';
}

/* app-db-password, UserToken, tls-key: letters and joints, and one of the words
 * is what a secret is called; or a name of another kind. */
bool
gv_score_is_itself(const char *p, size_t len)
{
	size_t i, n;
	bool has_word = false;

	if (len < 2)
		return false;
	if (gv_score_is_vague(p, len) || gv_score_is_constant(p, len) ||
	    is_prefix(p, len))
		return true;
	/* 1pw_token */
	i = len > 1 && gv_ascii_is_digit(p[0]) && is_letter(p[1]);
	if (is_broken(p, i, len))
		return false;
	for (; i < len; i += n) {
		n = 1;
		if (is_letter(p[i])) {
			if ((n = short_word_at(p, i, len)) > 0)
				continue;
			n = gv_score_letters_at(p, i, len);
			has_word |= is_called(p + i, n, i + n == len);
		} else if (!is_joint(p[i]) && !ends_word(p, i, len)) {
			/* a number at the end counts them */
			return has_word && gv_ascii_is_digit(p[i]) &&
			    len - i < 4 && i > 0 && p[i - 1] == '-';
		}
	}
	return has_word;
}

/* --- what a secret is called, written otherwise --- */

#define LETTER(ch) (1U << ((ch) - 'a'))
#define ANY_LETTER 0x3ffffffU

/* Which letters a character may be written for: 0 for o, $ for any. */
#define ITSELF(lower, upper) [lower] = LETTER(lower), [upper] = LETTER(lower)
static const uint32_t signs_for[256] = {
	ITSELF('a', 'A'),
	ITSELF('b', 'B'),
	ITSELF('c', 'C'),
	ITSELF('d', 'D'),
	ITSELF('e', 'E'),
	ITSELF('f', 'F'),
	ITSELF('g', 'G'),
	ITSELF('h', 'H'),
	ITSELF('i', 'I'),
	ITSELF('j', 'J'),
	ITSELF('k', 'K'),
	ITSELF('l', 'L'),
	ITSELF('m', 'M'),
	ITSELF('n', 'N'),
	ITSELF('o', 'O'),
	ITSELF('p', 'P'),
	ITSELF('q', 'Q'),
	ITSELF('r', 'R'),
	ITSELF('s', 'S'),
	ITSELF('t', 'T'),
	ITSELF('u', 'U'),
	ITSELF('v', 'V'),
	ITSELF('w', 'W'),
	ITSELF('x', 'X'),
	ITSELF('y', 'Y'),
	ITSELF('z', 'Z'),
	['0'] = LETTER('o'),
	['1'] = LETTER('i'),
	['3'] = LETTER('e'),
	['4'] = LETTER('a'),
	['5'] = LETTER('s'),
	['7'] = LETTER('t'),
	['@'] = ANY_LETTER,
	['$'] = ANY_LETTER,
	['!'] = ANY_LETTER,
	['*'] = ANY_LETTER,
};

static uint32_t
letters_of_sign(char ch)
{
	return signs_for[(unsigned char)ch];
}

static bool
is_sign_for(char ch, char letter)
{
	return letters_of_sign(ch) & LETTER(letter);
}

/* Whether the first two characters may be those of what a secret is called. */
static bool
may_begin_called(const char *p, size_t len)
{
	/* behind the first letter */
	static const uint32_t behind[26] = {
		['a' - 'a'] = LETTER('u'),
		['c' - 'a'] = LETTER('r'),
		['j' - 'a'] = LETTER('e'),
		['l' - 'a'] = LETTER('o'),
		['p' - 'a'] = LETTER('a'),
		['s' - 'a'] = LETTER('e'),
		['t' - 'a'] = LETTER('o'),
		['u' - 'a'] = LETTER('s'),
	};
	uint32_t first, other;

	if (len < CALLED_MIN)
		return false;
	first = letters_of_sign(p[0]);
	other = letters_of_sign(p[1]);
	for (; first; first &= first - 1)
		if (behind[__builtin_ctz(first)] & other)
			return true;
	return false;
}

/* The same of the last two: hardly any end so by chance. */
static bool
may_end_called(const char *p, size_t len)
{
	/* in front of the last letter */
	static const uint32_t before[26] = {
		['a' - 'a'] = LETTER('h'),
		['d' - 'a'] = LETTER('r') | LETTER('w'),
		['e' - 'a'] = LETTER('m') | LETTER('s'),
		['h' - 'a'] = LETTER('t'),
		['l' - 'a'] = LETTER('a'),
		['n' - 'a'] = LETTER('e') | LETTER('i') | LETTER('o'),
		['s' - 'a'] = LETTER('d') | LETTER('l') | LETTER('n') |
		    LETTER('s') | LETTER('t'),
		['t' - 'a'] = LETTER('e') | LETTER('r'),
		['w' - 'a'] = LETTER('p') | LETTER('s'),
		['y' - 'a'] = LETTER('e'),
	};
	uint32_t last, other;

	if (len < 3)
		return false;
	last = letters_of_sign(p[len - 1]);
	other = letters_of_sign(p[len - 2]);
	for (; last; last &= last - 1)
		if (before[__builtin_ctz(last)] & other)
			return true;
	return false;
}

bool
gv_score_ends_itself(const char *p, size_t len)
{
	const char *const *const lists[] = { gv_score_secrets, last_words };
	size_t i, k, n;

	if (!may_end_called(p, len))
		return false;
	for (i = 0; i < len; i++)
		if (!is_letter(p[i]))
			return false;
	for (k = 0; k < 2; k++)
		for (i = 0; lists[k][i]; i++) {
			n = strlen(lists[k][i]);
			if (len > n && begins_with(p + len - n, lists[k][i], n))
				return true;
		}
	return false;
}

bool
gv_score_is_leet(const char *p, size_t len)
{
	const char *const *word;
	size_t i;

	if (!may_begin_called(p, len))
		return false;
	for (word = gv_score_secrets; *word; word++) {
		for (i = 0;
		     i < len && (*word)[i] && is_sign_for(p[i], (*word)[i]);
		     i++)
			;
		if (i == len && (*word)[i] == '\0')
			return true;
	}
	return false;
}

bool
gv_score_ends_leet(const char *p, size_t len)
{
	const char *const *const lists[] = { gv_score_secrets, last_words };
	size_t i, k, n, at, signs;

	if (!may_end_called(p, len))
		return false;
	for (k = 0; k < 2; k++)
		for (i = 0; lists[k][i]; i++) {
			n = strlen(lists[k][i]);
			/* most end otherwise */
			if (n < 4 || len <= n ||
			    !is_sign_for(p[len - 1], lists[k][i][n - 1]))
				continue;
			for (at = signs = 0; at < n &&
			     is_sign_for(p[len - n + at], lists[k][i][at]);
			     at++)
				signs += !is_letter(p[len - n + at]);
			if (at == n && signs > 0)
				return true;
		}
	return false;
}
