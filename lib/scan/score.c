#include "scan/score.h"

#include <stdint.h>
#include <string.h>

#include "lex/ascii.h"
#include "scan/base64.h"

#define RANDOM_MIN        16 /* bytes of what is called random */
#define THREE_MIN         12 /* the same of three kinds of characters */
#define RANDOM_ANY        20 /* the same without a digit */
#define DIGITS_MIN        32 /* of a key; 64 bits as a number have 20 */
#define DIGITS_MAX        256
#define WORD_MIN          3  /* letters of a word */
#define JUMBLE_JOINED_MIN 12 /* bytes of joined parts that are no names */
#define PHRASE_MAX        12 /* words of a passphrase */
#define COUNT_MAX         4  /* digits that count a word */
#define CALLED_MIN        4  /* letters of what a secret is called */

/* --- words --- */

static bool
is_vowel(char ch)
{
	switch (gv_ascii_small(ch)) {
	case 'a':
	case 'e':
	case 'i':
	case 'o':
	case 'u':
	case 'y':
		return true;
	default:
		return false;
	}
}

static bool
is_letter(char ch)
{
	return gv_ascii_is_lower(ch) || gv_ascii_is_upper(ch);
}

/* The 260 commonest pairs of letters in nine languages of Europe: for the first
 * letter a bit for each second one. */
static const uint32_t pairs[26] = { 0x23ebd6f, 0x0164911, 0x21a4d95, 0x0164111,
	0x2febf7f, 0x0124931, 0x0166951, 0x00a4111, 0x22efe7f, 0x0000011,
	0x00c4111, 0x11c6919, 0x010d113, 0x13c657d, 0x07efc7e, 0x01ec911,
	0x0100000, 0x33efd5f, 0x31ccdb5, 0x11e4991, 0x00eb93f, 0x0004111,
	0x1004111, 0x0080000, 0x0049004, 0x1004111 };

/* Whether letters read like a word: at least three of four pairs are common,
 * which one in thirty of those made by chance is. */
static bool
is_word(const char *p, size_t len)
{
	size_t i, vowels = 0, run = 0, longest = 0, known = 0;
	unsigned last = 0, ch;

	if (len < WORD_MIN)
		return false;
	for (i = 0; i < len; i++, last = ch) {
		ch = (unsigned)gv_ascii_small(p[i]) - 'a';
		vowels += is_vowel(p[i]);
		run = is_vowel(p[i]) ? 0 : run + 1;
		longest = run > longest ? run : longest;
		known += i > 0 && pairs[last] >> ch & 1;
	}
	return vowels > 0 && longest <= (len > 6 ? 4U : 3U) &&
	    vowels * 6 >= len && known * 4 >= (len - 1) * (len > 3 ? 3 : 2);
}

/* The letters from `i` on that are of one word: APIKey has two. */
static size_t
letters_at(const char *p, size_t i, size_t len)
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

/* k8s, i18n and the like are said as words: of a letter, digits and a letter,
 * up to four, with a joint or an end on both sides. How many, or 0. */
static size_t
short_word_at(const char *p, size_t i, size_t len)
{
	size_t n = 1;

	if ((i > 0 && (is_letter(p[i - 1]) || gv_ascii_is_digit(p[i - 1]))) ||
	    !is_letter(p[i]))
		return 0;
	while (i + n < len && gv_ascii_is_digit(p[i + n]))
		n++;
	if (n == 1 || n > 3 || i + n == len || !is_letter(p[i + n]))
		return 0;
	n++;
	return i + n < len &&
		(is_letter(p[i + n]) || gv_ascii_is_digit(p[i + n]))
	    ? 0
	    : n;
}

/* How many letters are of words, and how many characters of nothing that could
 * be one. Three letters are as soon a word as they are chance. */
static void
count(size_t *words, size_t *others, const char *p, size_t len)
{
	size_t i, n;

	*words = *others = 0;
	for (i = 0; i < len; i += n) {
		n = short_word_at(p, i, len);
		if (n)
			continue;
		n = 1;
		if (is_letter(p[i])) {
			n = letters_at(p, i, len);
			if (!is_word(p + i, n))
				*others += n;
			else if (n > WORD_MIN)
				*words += n;
		} else if (gv_ascii_is_digit(p[i])) {
			(*others)++;
		}
	}
}

bool
gv_score_is_wordy(const char *p, size_t len)
{
	size_t words, others;

	count(&words, &others, p, len);
	return words > WORD_MIN && words >= others * 2;
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
	return n >= WORD_MIN && gv_score_is_wordy(p, n);
}

/* --- what a value looks like --- */

/* What a secret is called at the end of a name; elsewhere these are words of a
 * passphrase. */
static const char *const last_words[] = { "key", "pass", "psw", "pw", "pwd",
	NULL };

/* What begins an example: some-password, YourToken. */
static const char *const vague[] = { "another", "some", "your", NULL };

/* Words that the name of a secret has, and hardly any password. */
static const char *const secrets[] = { "auth", "creds", "credential",
	"credentials", "jeton", "login", "passphrase", "passwd", "password",
	"passwords", "passwort", "secret", "secrets", "senha", "token",
	"tokens", "username", NULL };

static bool
is_one_of(const char *p, size_t len, const char *const *words)
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
	return is_one_of(p, n, secrets) ||
	    (is_last && is_one_of(p, n, last_words)) ||
	    (n > 6 && (memcmp(p, "NO", 2) == 0 || memcmp(p, "no", 2) == 0) &&
		is_one_of(p + 2, n - 2, secrets)) ||
	    (n > 1 && gv_ascii_is_upper(p[0]) && gv_ascii_is_lower(p[1]) &&
		is_one_of(p + 1, n - 1, secrets));
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
		    is_one_of(p + n, len - n, secrets))
			return true;
	}
	return len > 2 && gv_ascii_small(p[0]) == 'm' &&
	    gv_ascii_small(p[1]) == 'y' &&
	    (is_one_of(p + 2, len - 2, secrets) ||
		is_one_of(p + 2, len - 2, last_words));
}

/* The 2 of oauth2-client: a digit that ends a word in front of a joint. */
static bool
ends_word(const char *p, size_t i, size_t len)
{
	return gv_ascii_is_digit(p[i]) && i > 0 && is_letter(p[i - 1]) &&
	    i + 1 < len && (p[i + 1] == '-' || p[i + 1] == '_');
}

bool
gv_score_is_vague(const char *p, size_t len)
{
	size_t n;

	if (len == 0 || !is_letter(p[0]))
		return false;
	n = letters_at(p, 0, len);
	if (n == len)
		return is_joined(p, len);
	return is_one_of(p, n, vague) &&
	    (is_letter(p[n]) || p[n] == '-' || p[n] == '_' || p[n] == ' ');
}

/* R_SPF_ALLOW, TS_AUTHKEY: capitals joined by '_', as constants are, with a
 * word among them; also a list of such. */
bool
gv_score_is_constant(const char *p, size_t len)
{
	size_t i, from = 0, joints = 0, digits = 0;
	bool has_word = false;

	for (i = 0; i <= len; i++) {
		size_t n = i - from;

		if (i < len && gv_ascii_is_upper(p[i]))
			continue;
		/* ZIGBEE2MQTT_X: between letters */
		if (i + 1 < len && gv_ascii_is_digit(p[i]) && n > WORD_MIN &&
		    gv_ascii_is_upper(p[i + 1]) && digits++ < 2) {
			has_word |= is_word(p + from, n);
			from = i + 1;
			continue;
		}
		/* PASSWORD1,PASSWORD2: one digit counts them */
		if (i < len && gv_ascii_is_digit(p[i]) && n > WORD_MIN &&
		    (i + 1 == len || p[i + 1] == ','))
			i++;
		if (n == 0 || (i < len && !memchr("_ ,", p[i], 3)))
			return false;
		joints += i < len && p[i] == '_';
		has_word |= n > WORD_MIN && is_word(p + from, n);
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

/* app-db-password, UserToken, tls-key: letters and joints, and one of the words
 * is what a secret is called; or a name of another kind. */
bool
gv_score_is_itself(const char *p, size_t len)
{
	size_t i, n;
	bool has_word = false;

	if (gv_score_is_vague(p, len) || gv_score_is_constant(p, len) ||
	    is_prefix(p, len))
		return true;
	/* 1pw_token */
	i = len > 1 && gv_ascii_is_digit(p[0]) && is_letter(p[1]);
	for (; i < len; i += n) {
		n = 1;
		if (is_letter(p[i])) {
			n = letters_at(p, i, len);
			has_word |= is_called(p + i, n, i + n == len);
		} else if (strchr("-_.:/#, \"'`", p[i]) == NULL &&
		    !ends_word(p, i, len)) {
			/* a number at the end counts them */
			return has_word && gv_ascii_is_digit(p[i]) &&
			    len - i < 4 && i > 0 && p[i - 1] == '-';
		}
	}
	return has_word;
}

bool
gv_score_ends_itself(const char *p, size_t len)
{
	const char *const *const lists[] = { secrets, last_words };
	size_t i, k, n;

	for (i = 0; i < len; i++)
		if (!is_letter(p[i]))
			return false;
	for (k = 0; k < 2; k++)
		for (i = 0; lists[k][i]; i++) {
			n = strlen(lists[k][i]);
			if (len > n && is_one_of(p + len - n, n, lists[k]))
				return true;
		}
	return false;
}

/* Whether the character may be written for the letter: 0 for o, $ for any. */
static bool
is_sign_for(char ch, char letter)
{
	static const char digits[] = "013457", letters[] = "oieast";
	const char *digit = ch ? strchr(digits, ch) : NULL;

	return gv_ascii_small(ch) == letter ||
	    (digit && letters[digit - digits] == letter) ||
	    (ch && strchr("@$!*", ch));
}

bool
gv_score_is_leet(const char *p, size_t len)
{
	const char *const *word;
	size_t i;

	for (word = secrets; *word; word++) {
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
	const char *const *const lists[] = { secrets, last_words };
	size_t i, k, n, at, signs;

	for (k = 0; k < 2; k++)
		for (i = 0; lists[k][i]; i++) {
			n = strlen(lists[k][i]);
			if (n < 4 || len <= n)
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

/* Words that join others in a sentence, in the languages of most texts. A
 * passphrase is drawn from nouns and verbs. */
static const char *const joins[] = { "a", "an", "and", "are", "as", "at", "be",
	"by", "can", "das", "de", "der", "des", "die", "du", "een", "ein", "el",
	"en", "enter", "et", "for", "from", "het", "if", "in", "is", "ist",
	"it", "la", "le", "les", "must", "no", "not", "of", "on", "or", "para",
	"per", "please", "pour", "sie", "su", "that", "the", "this", "to",
	"und", "use", "used", "van", "was", "when", "will", "with", "you",
	"your", NULL };

/* Whether words with blanks between are a sentence or a label: it has a word
 * that joins, ends as one, or begins with a capital and goes on without. */
static bool
is_sentence(const char *p, size_t len)
{
	size_t i, n, words = 0, capitals = 0;

	if (len && strchr(".:!?,;", p[len - 1]) && gv_ascii_is_upper(p[0]))
		return true;
	for (i = 0; i < len; i += n + 1) {
		for (n = 0; i + n < len && p[i + n] != ' '; n++)
			if (p[i + n] & 0x80 || memchr("(){}<>[]=", p[i + n], 9))
				return true;
		if (n == 0)
			continue;
		if (is_one_of(p + i, n, joins) ||
		    is_one_of(p + i, n, secrets) ||
		    (n > 1 && memchr(",:;.", p[i + n - 1], 4)))
			return true;
		words++;
		capitals += gv_ascii_is_upper(p[i]);
	}
	return words > PHRASE_MAX ||
	    (capitals == 1 && words > 1 && gv_ascii_is_upper(p[0]));
}

/* A key in hexadecimal may have no letter by chance; in small letters and
 * digits that is rare. */
static bool
is_long_number(const struct gv_value *v, size_t len)
{
	return v->shape == GV_VALUE_NUMBER && !v->has_other &&
	    len >= DIGITS_MIN && len <= DIGITS_MAX && v->bits >= 2.5;
}

/* Base 64 of hexadecimal digits: they have less entropy than others of their
 * length, and no word is such. */
static bool
is_hex_in_base64(const char *p, size_t len)
{
	char digits[48]; /* this many are enough */
	size_t most = sizeof(digits) / 3 * 4;
	bool is = false;
	long i, n;

	if (len < 16 || !gv_base64_begins_text(p, len))
		return false;
	n = gv_base64_decode(
	    digits, sizeof(digits), p, len < most ? len : most);
	for (i = 0; i < n; i++) {
		is = gv_ascii_is_digit(digits[i]) ||
		    (digits[i] >= 'a' && digits[i] <= 'f');
		if (!is)
			break;
	}
	explicit_bzero(digits, sizeof(digits));
	return is;
}

/* One word, maybe with a digit behind it. */
static bool
is_one_word(const char *p, size_t len)
{
	size_t n = len - (len > 1 && gv_ascii_is_digit(p[len - 1]));

	return n >= WORD_MIN && letters_at(p, 0, n) == n && is_letter(p[0]) &&
	    is_word(p, n);
}

/* Whether letters of a word are among others. */
static bool
has_word(const char *p, size_t len)
{
	size_t words, others;

	count(&words, &others, p, len);
	return words > 0;
}

/* velvet?anchor, juniper^granite: a sign between letters by which no name is
 * joined. */
static bool
has_odd_joint(const char *p, size_t len)
{
	size_t i;

	for (i = 1; i + 1 < len; i++)
		if (memchr("!^~?", p[i], 4) && is_letter(p[i - 1]) &&
		    is_letter(p[i + 1]))
			return true;
	return false;
}

/* Whether letters without joints have digits between them in three places: what
 * reads like words there is chance. */
static bool
is_interspersed(const struct gv_value *v, const char *p, size_t len)
{
	size_t i, n = 0;

	if (v->has_other || !v->has_digit || len < RANDOM_MIN)
		return false;
	for (i = 1; i < len; i++)
		n += gv_ascii_is_digit(p[i - 1]) && !gv_ascii_is_digit(p[i]);
	return n > 2;
}

static enum gv_score_value
of_literal(const struct gv_value *v, const char *p, size_t len)
{
	const int kinds =
	    v->has_lower + v->has_upper + v->has_digit + v->has_other;

	if (gv_score_is_itself(p, len))
		return GV_SCORE_ITSELF;
	if (memchr(p, ' ', len))
		return is_sentence(p, len) ? GV_SCORE_PROSE : GV_SCORE_PHRASE;
	if (is_one_word(p, len))
		return GV_SCORE_WORD;
	if (is_hex_in_base64(p, len))
		return GV_SCORE_RANDOM;
	/* of all three kinds words are made by chance, too */
	if (!(v->has_digit && v->has_upper && v->has_lower) &&
	    !is_interspersed(v, p, len) && gv_score_is_wordy(p, len))
		return has_odd_joint(p, len) ? GV_SCORE_MIXED : GV_SCORE_WORDS;
	if (len >= RANDOM_MIN &&
	    ((v->bits >= 3.5 &&
		 (v->has_digit || (v->has_lower && v->has_upper) ||
		     len >= RANDOM_ANY)) ||
		(v->bits >= 3.0 && v->has_digit && !v->has_other)))
		return GV_SCORE_RANDOM;
	/* 9aBcDe3FgH1k: of all three kinds, and no word in it */
	if (len >= THREE_MIN && v->has_digit && v->has_lower && v->has_upper &&
	    !v->has_other && v->bits >= 3.2 && !has_word(p, len))
		return GV_SCORE_RANDOM;
	if (v->has_digit || v->has_other)
		return kinds > 1 ? GV_SCORE_MIXED : GV_SCORE_JUMBLE;
	return len >= WORD_MIN ? GV_SCORE_JUMBLE : GV_SCORE_WORD;
}

bool
gv_score_is_grouped(const char *p, size_t len)
{
	size_t i, digits = 0, joints = 0;

	for (i = 0; i < len; i++) {
		if (gv_ascii_is_digit(p[i]))
			digits++;
		else if (p[i] == '-' && i > 0 && p[i - 1] != '-')
			joints++;
		else
			return false;
	}
	return joints > 1 && digits > 11 && p[len - 1] != '-';
}

enum gv_score_value
gv_score_value(const struct gv_value *v, const char *p, size_t len)
{
	size_t words, others;

	switch (v->shape) {
	case GV_VALUE_LITERAL:
		return of_literal(v, p, len);
	case GV_VALUE_UUID:
		return GV_SCORE_UUID;
	case GV_VALUE_NUMBER:
		return is_long_number(v, len) ? GV_SCORE_RANDOM
		    : v->has_other && !gv_score_is_grouped(p, len)
		    ? GV_SCORE_NOTHING
		    : GV_SCORE_DIGITS;
	case GV_VALUE_IDENTIFIER:
		count(&words, &others, p, len);
		/* k8s_etcd: parts so short read like a name without words */
		/* routes/main: where something is */
		return gv_score_is_itself(p, len) ||
			(words && memchr(p, '/', len))
		    ? GV_SCORE_ITSELF
		    : words || len < JUMBLE_JOINED_MIN ? GV_SCORE_WORDS
						       : GV_SCORE_JUMBLE;
	case GV_VALUE_PROSE:
		return is_sentence(p, len) ? GV_SCORE_PROSE : GV_SCORE_PHRASE;
	default:
		return GV_SCORE_NOTHING;
	}
}

/* --- points --- */

/* What people choose has words in it, what a program makes does not. */
static const struct {
	int chosen, made;
	const char *text;
} values[GV_SCORE_VALUES] = {
	[GV_SCORE_NOTHING] = { -99, -99, "the value refers to another one" },
	[GV_SCORE_PROSE] = { -45, -60, "the value reads like a sentence" },
	[GV_SCORE_ITSELF] = { -32, -45,
	    "the value reads like a name, not like a secret" },
	[GV_SCORE_WORDS] = { -8, -27, "the value is made of words" },
	[GV_SCORE_PHRASE] = { 0, -40,
	    "the value is a phrase of several words" },
	[GV_SCORE_WORD] = { -5, -14, "the value is a word" },
	[GV_SCORE_DIGITS] = { 1, -30, "the value is a number" },
	[GV_SCORE_JUMBLE] = { 8, 6, "the letters of the value make no word" },
	[GV_SCORE_MIXED] = { 15, 15,
	    "the value mixes letters, digits or signs" },
	[GV_SCORE_UUID] = { 20, 20, "the value is a UUID" },
	[GV_SCORE_RANDOM] = { 41, 41,
	    "the value is as random as a generated key" },
};

static const struct {
	int points;
	const char *text;
} names[] = {
	[GV_NAME_PLAIN] = { -99, "the name says nothing" },
	[GV_NAME_WEAK] = { -25,
	    "the name can mean a secret, and often does not" },
	[GV_NAME_OF_KEY] = { -20, "the name is that of a key, of any kind" },
	[GV_NAME_KEY] = { 15, "the name is that of a secret key" },
	[GV_NAME_TOKEN] = { 15, "the name is that of a token or a secret" },
	[GV_NAME_PASSWORD] = { 30, "the name is that of a password" },
	[GV_NAME_PASSPHRASE] = { 30, "the name is that of a passphrase" },
};

static const struct {
	int points;
	const char *text;
} places[GV_SCORE_PLACES] = {
	[GV_SCORE_SETTING] = { 0, "it is a setting" },
	[GV_SCORE_CODE] = { -10, "it is in a program" },
	[GV_SCORE_COMPARISON] = { -10, "a program compares something with it" },
	[GV_SCORE_COMMENT] = { -12, "it is in a comment" },
	[GV_SCORE_LINE] = { -11, "it is a line of a text" },
	[GV_SCORE_SENTENCE] = { -40, "it is in a sentence" },
	[GV_SCORE_TRANSLATION] = { -36, "it is in a file of translations" },
};

static bool
is_chosen(const struct gv_score *score)
{
	return score->name == GV_NAME_PASSWORD ||
	    score->name == GV_NAME_PASSPHRASE;
}

int
gv_score_of_name(const struct gv_score *score)
{
	return names[score->name].points;
}

int
gv_score_of_value(const struct gv_score *score)
{
	/* a passphrase may be a sentence */
	if (score->name == GV_NAME_PASSPHRASE && score->value == GV_SCORE_PROSE)
		return -25;
	return is_chosen(score) ? values[score->value].chosen
				: values[score->value].made;
}

int
gv_score_of_place(const struct gv_score *score)
{
	return places[score->place].points;
}

int
gv_score_sum(const struct gv_score *score)
{
	return gv_score_of_name(score) + gv_score_of_value(score) +
	    gv_score_of_place(score);
}

const char *
gv_score_tell_name(const struct gv_score *score)
{
	return names[score->name].text;
}

const char *
gv_score_tell_value(const struct gv_score *score)
{
	return values[score->value].text;
}

const char *
gv_score_tell_place(const struct gv_score *score)
{
	return places[score->place].text;
}
