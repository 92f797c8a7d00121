#include "scan/score.h"

#include <string.h>

#include "base/base64.h"
#include "lex/ascii.h"
#include "scan/score_internal.h"

/*
 * Tells what a value looks like.
 */

#define RANDOM_MIN        16 /* bytes of what is called random */
#define THREE_MIN         12 /* the same of three kinds of characters */
#define RANDOM_ANY        20 /* the same without a digit */
#define DIGITS_MIN        32 /* of a key; 64 bits as a number have 20 */
#define DIGITS_MAX        256
#define JUMBLE_JOINED_MIN 12 /* bytes of joined parts that are no names */
#define PHRASE_MAX        12 /* words of a passphrase */
#define LONGEST_SHORT     5  /* bytes of a word with digits in it, as k8s */

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
		if (gv_score_is_one_of(p + i, n, joins) ||
		    gv_score_is_one_of(p + i, n, gv_score_secrets) ||
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
is_long_number(const struct gv_value *v, const char *p, size_t len)
{
	return v->shape == GV_VALUE_NUMBER && !v->has_other &&
	    len >= DIGITS_MIN && len <= DIGITS_MAX &&
	    gv_value_has_entropy(v, p, len, 2.5);
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

/* Whether its first `n` bytes are the letters of one word. */
static bool
is_one_run(const struct gv_letters *l, const char *p, size_t n)
{
	const uint64_t all = ((uint64_t)1 << (n & 63)) - 1;

	if (n > GV_LETTERS_MAX)
		return is_letter(p[0]) && gv_score_letters_at(p, 0, n) == n;
	return l->lower == all || l->upper == all ||
	    (l->upper == 1 && l->lower == all - 1);
}

/* One word, maybe with a digit behind it. */
static bool
is_one_word(const struct gv_value *v, const char *p, size_t len)
{
	const bool ends = len > 1 && gv_ascii_is_digit(p[len - 1]);
	size_t n = len - ends;

	if (v->has_other || (v->has_digit && !ends))
		return false;

	return n >= GV_SCORE_WORD_MIN && is_one_run(&v->letters, p, n) &&
	    gv_score_is_word(p, n);
}

bool
gv_score_has_word(const struct gv_value *v, const char *p, size_t len)
{
	return gv_score_has_word_of(&v->letters, p, len);
}

static bool
is_wordy(const struct gv_value *v, const char *p, size_t len)
{
	size_t words, others;

	gv_score_count_of(&words, &others, &v->letters, p, len);
	return gv_score_are_most(words, others);
}

/* A digit among letters is in no name of a secret. */
static bool
is_itself(const struct gv_value *v, const char *p, size_t len)
{
	if (!v->has_other && v->letters.digit >> 1 && len > LONGEST_SHORT)
		return gv_score_is_vague(p, len);
	return gv_score_is_itself(p, len);
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

/* As a generated key is: by its entropy. */
static bool
is_random(const struct gv_value *v, const char *p, size_t len)
{
	const bool has_three =
	    v->has_digit && v->has_lower && v->has_upper && !v->has_other;

	if (len < (has_three ? THREE_MIN : RANDOM_MIN))
		return false;
	if (len >= RANDOM_MIN &&
	    (v->has_digit || (v->has_lower && v->has_upper) ||
		len >= RANDOM_ANY) &&
	    gv_value_has_entropy(v, p, len, 3.5))
		return true;
	if (len >= RANDOM_MIN && v->has_digit && !v->has_other &&
	    gv_value_has_entropy(v, p, len, 3.0))
		return true;
	/* 9aBcDe3FgH1k: of all three kinds, and no word in it */
	return has_three && !gv_score_has_word(v, p, len) &&
	    gv_value_has_entropy(v, p, len, 3.2);
}

static enum gv_score_value
of_literal(const struct gv_value *v, const char *p, size_t len)
{
	const int kinds =
	    v->has_lower + v->has_upper + v->has_digit + v->has_other;

	if (is_itself(v, p, len))
		return GV_SCORE_ITSELF;
	if (v->has_blank)
		return is_sentence(p, len) ? GV_SCORE_PROSE : GV_SCORE_PHRASE;
	if (is_one_word(v, p, len))
		return GV_SCORE_WORD;
	if (is_hex_in_base64(p, len))
		return GV_SCORE_RANDOM;
	/* of all three kinds words are made by chance, too */
	if (!(v->has_digit && v->has_upper && v->has_lower) &&
	    !is_interspersed(v, p, len) && is_wordy(v, p, len))
		return has_odd_joint(p, len) ? GV_SCORE_MIXED : GV_SCORE_WORDS;
	if (is_random(v, p, len))
		return GV_SCORE_RANDOM;
	if (v->has_digit || v->has_other)
		return kinds > 1 ? GV_SCORE_MIXED : GV_SCORE_JUMBLE;
	return len >= GV_SCORE_WORD_MIN ? GV_SCORE_JUMBLE : GV_SCORE_WORD;
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
		return is_long_number(v, p, len) ? GV_SCORE_RANDOM
		    : v->has_other && !gv_score_is_grouped(p, len)
		    ? GV_SCORE_NOTHING
		    : GV_SCORE_DIGITS;
	case GV_VALUE_IDENTIFIER:
		gv_score_count_of(&words, &others, &v->letters, p, len);
		/* k8s_etcd: parts so short read like a name without words */
		/* routes/main: where something is */
		return is_itself(v, p, len) || (words && memchr(p, '/', len))
		    ? GV_SCORE_ITSELF
		    : words || len < JUMBLE_JOINED_MIN ? GV_SCORE_WORDS
						       : GV_SCORE_JUMBLE;
	case GV_VALUE_PROSE:
		return is_sentence(p, len) ? GV_SCORE_PROSE : GV_SCORE_PHRASE;
	default:
		return GV_SCORE_NOTHING;
	}
}
