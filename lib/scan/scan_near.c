#include "scan/scan_internal.h"

#include <stdint.h>
#include <string.h>

#include "lex/ascii.h"
#include "lex/seek.h"
#include "lex/word.h"
#include "scan/rule.h"
#include "scan/ruleset.h"

#define LINES 10
#define BYTES 1024 /* to either side */
#define AHEAD 2048 /* behind them, for the next one that asks */
#define BLOCK 16   /* bytes looked at at once */

/* From ten lines before to ten lines behind, as far as these are not long. */
static void
surroundings(const struct gv_scan_run *run, size_t at, size_t *from, size_t *to)
{
	const char *text = run->lex.text, *first = text + at, *last = first;
	const char *begin = at > BYTES ? first - BYTES : text;
	const char *end =
	    run->lex.len - at > BYTES ? last + BYTES : text + run->lex.len;
	const char *nl = first;
	unsigned lines;

	for (lines = 0; lines <= LINES && nl; lines++) {
		nl = memrchr(begin, '\n', (size_t)(first - begin));
		first = nl ? nl : begin;
	}
	*from = (size_t)(first - text) + (nl != NULL);
	for (lines = 0, nl = last; lines <= LINES && nl; lines++) {
		nl = memchr(last, '\n', (size_t)(end - last));
		last = !nl ? end : lines < LINES ? nl + 1 : nl;
	}
	*to = (size_t)(last - text);
}

static bool
begins(const char *p, size_t len, const char *word)
{
	size_t i;

	for (i = 0; word[i]; i++)
		if (i == len || gv_ascii_small(p[i]) != gv_ascii_small(word[i]))
			return false;
	return true;
}

/* Nothing was seen of the words of a rule. */
static struct gv_scan_near
near_of(const struct gv_rule *rule)
{
	struct gv_scan_near near = { .rule = rule };
	const char *const *word;

	for (word = rule->context; *word; word++) {
		const size_t n = strlen(*word);

		near.longest = n > near.longest ? n : near.longest;
	}
	return near;
}

/* The first place from `at` on where a word may begin, or `end`: sixteen places
 * at once, by its first two bytes, of which one bit does not count. */
static size_t
seek_word(const char *text, size_t at, size_t end, const char *word)
{
#if defined(__SSE2__)
	const __m128i bit = _mm_set1_epi8(32);
	const __m128i first = _mm_set1_epi8((char)(word[0] | 32));
	const __m128i second = _mm_set1_epi8((char)(word[1] | 32));

	for (; word[1] && at + BLOCK < end; at += BLOCK) {
		const __m128i a = _mm_or_si128(gv_seek_load(text + at), bit);
		const __m128i b =
		    _mm_or_si128(gv_seek_load(text + at + 1), bit);
		const unsigned mask = (unsigned)_mm_movemask_epi8(_mm_and_si128(
		    _mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, second)));

		if (mask)
			return at + (size_t)__builtin_ctz(mask);
	}
#endif
	while (at < end && (text[at] | 32) != (word[0] | 32))
		at++;
	return at;
}

/* Where one of the words stands between `from` and `to`, or `to`. */
static size_t
find(const struct gv_scan_near *near, const char *text, size_t from, size_t to)
{
	const char *const *word;
	size_t at, end = to;

	for (word = near->rule->context; *word; word++)
		for (at = from; (at = seek_word(text, at, end, *word)) < end;
		     at++)
			if (begins(text + at, to - at, *word))
				end = at;
	return end;
}

/* Whether no word of the rule begins as close to `at` as it would have to. It
 * looks ahead, so that most of the findings that are close to each other ask no
 * more. */
static bool
is_barren(struct gv_scan_near *near, const struct gv_scan_run *run, size_t at)
{
	const size_t len = run->lex.len;
	const size_t low = at > BYTES ? at - BYTES : 0;
	const size_t high = len - at > BYTES ? at + BYTES : len;
	const size_t ahead = near->longest + AHEAD;
	size_t to;

	if (low < near->none_from || low > near->none_to)
		near->none_from = near->none_to = low;
	if (near->none_to >= high)
		return true;
	to = len - high > ahead ? high + ahead : len;
	near->none_to = find(near, run->lex.text, near->none_to, to);
	/* the end of one that begins close in front may be missing */
	if (near->none_to == to && to < len)
		near->none_to = to - near->longest;
	return near->none_to >= high;
}

/* What was seen for the last hits of a rule need not be looked through again,
 * or a text full of them would cost a thousand times its length. */
static bool
is_near(struct gv_scan_near *near, const struct gv_scan_run *run, size_t at)
{
	size_t from, to, start;

	if (is_barren(near, run, at))
		return false;
	surroundings(run, at, &from, &to);
	if (near->has_word && near->at >= from && near->at < to)
		return true;
	start = from;
	if (from >= near->from && from + near->longest < near->to)
		start = near->to - near->longest;
	near->at = find(near, run->lex.text, start, to);
	near->has_word = near->at < to;
	near->from = from;
	near->to = near->has_word ? from : to;
	return near->has_word;
}

/* What was seen of a rule that has a context. */
static struct gv_scan_near *
know(struct gv_scan_run *run, const struct gv_rule *rule)
{
	struct gv_scan_near *near =
	    &run->near[(uintptr_t)rule / sizeof(*rule) % GV_SCAN_NEARS];

	if (near->rule != rule)
		*near = near_of(rule);
	return near;
}

static bool
is_in_path(struct gv_scan_near *near, const struct gv_scan_run *run)
{
	size_t n;

	if (!near->knows_path) {
		n = run->path ? strlen(run->path) : 0;
		near->is_in_path = find(near, run->path, 0, n) < n;
		near->knows_path = true;
	}
	return near->is_in_path;
}

bool
gv_scan_has_context(
    struct gv_scan_run *run, const struct gv_rule *rule, size_t at)
{
	struct gv_scan_near *near;

	if (rule->context == NULL)
		return true;
	near = know(run, rule);
	if (is_near(near, run, at))
		return true;
	run->scan->has_asked = true;
	return is_in_path(near, run);
}

bool
gv_scan_lacks_context(
    struct gv_scan_run *run, const struct gv_rule *rule, size_t at)
{
	struct gv_scan_near *near;

	/* to ask the path is worth remembering, and nothing to be done for what
	 * may have no match */
	if (rule->context == NULL || !run->scan->has_asked)
		return false;
	near = know(run, rule);
	return is_barren(near, run, at) && !is_in_path(near, run);
}

/* Whether the line at `at` begins such a string; then where its text begins,
 * and the quote that ends it. */
static size_t
opens_doc(const char *p, size_t at, size_t end, const char **quote)
{
	static const char *const names[] = { "DOCUMENTATION", "EXAMPLES",
		"Example", "Examples", "Long", "RETURN", "doc", "epilog",
		"moduledoc" };
	static const char *const quotes[] = { "\"\"\"", "'''", "`" };
	size_t i, n = 0;

	/* @doc, of Elixir */
	while (at < end && (gv_ascii_is_blank(p[at]) || p[at] == '@'))
		at++;
	while (at + n < end && gv_ascii_is_alnum(p[at + n]))
		n++;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == n && memcmp(names[i], p + at, n) == 0)
			break;
	if (n == 0 || i == sizeof(names) / sizeof(names[0]))
		return 0;
	for (at += n; at < end && p[at] && strchr(" =:(ru~Ss", p[at]); at++)
		;
	for (i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		*quote = quotes[i];
		if (begins(p + at, end - at, *quote))
			return at + strlen(*quote);
	}
	return 0;
}

bool
gv_scan_is_documented(struct gv_scan_run *run, size_t at)
{
	const char *p = run->lex.text, *end, *quote = NULL;
	size_t len = run->lex.len, from;

	if (gv_scan_syntax(run) != GV_SYNTAX_CODE)
		return false;
	while (run->doc_seen < at) {
		end = memchr(p + run->doc_seen, '\n', len - run->doc_seen);
		from = opens_doc(
		    p, run->doc_seen, end ? (size_t)(end - p) : len, &quote);
		run->doc_seen = end ? (size_t)(end - p) + 1 : len;
		if (from == 0)
			continue;
		end = memmem(p + from, len - from, quote, strlen(quote));
		run->doc_from = from;
		run->doc_to = run->doc_seen = end ? (size_t)(end - p) : len;
	}
	return at >= run->doc_from && at < run->doc_to;
}

/* --- words of rules in front of a name --- */

/* Whether the name that has a word up to `at` is given a value of its own, on
 * its line: such a one says nothing of what follows. */
static bool
is_set(const char *text, size_t len, size_t at)
{
	while (at < len && gv_ascii_is_name(text[at]))
		at++;
	while (at < len && (text[at] == '"' || text[at] == '\''))
		at++;
	while (at < len && gv_ascii_is_blank(text[at]))
		at++;
	if (at == len || (text[at] != ':' && text[at] != '='))
		return false;
	for (at++; at < len && gv_ascii_is_blank(text[at]); at++)
		;
	return at < len && !gv_ascii_is_eol(text[at]) && text[at] != '{' &&
	    text[at] != '[';
}

static void
remember(struct gv_scan_run *run, unsigned short word, size_t at)
{
	size_t i;

	run->around_last = at;
	for (i = 0; i < run->n_around && i < GV_SCAN_AROUND; i++)
		if (run->around[i].word == word) {
			run->around[i].at = at;
			return;
		}
	run->around[run->n_around++ % GV_SCAN_AROUND] =
	    (struct gv_scan_around){ word, at };
}

/* What characters are, a bit for each of sixteen; of joints for two more, and
 * for those that are not there. */
struct classes {
	unsigned alnum, upper, joint;
};

#if defined(__SSE2__)
static inline unsigned
joints_of(__m128i v)
{
	return gv_seek_range(v, '-', 2) | gv_seek_range(v, '_', 1);
}
#endif

/* Of the text from `at` on, of which at least one byte is there. */
static inline struct classes
classes_of(const struct gv_lex *lex, size_t at)
{
	const char *p = lex->text + at;
	struct classes is = { 0, 0, 0 };
	size_t i;

#if defined(__SSE2__)
	if (lex->len - at >= BLOCK + 2) {
		const __m128i v = gv_seek_load(p);

		is.upper = gv_seek_range(v, 'A', 26);
		is.alnum = is.upper | gv_seek_range(v, 'a', 26) |
		    gv_seek_range(v, '0', 10);
		is.joint = joints_of(v) | joints_of(gv_seek_load(p + 2)) << 2;
		return is;
	}
#endif
	for (i = 0; i < BLOCK + 2; i++) {
		const char ch = i < lex->len - at ? p[i] : '-';

		is.joint |= (unsigned)gv_word_is_joint(ch) << i;
		is.alnum |= (unsigned)gv_ascii_is_alnum(ch) << i;
		is.upper |= (unsigned)gv_ascii_is_upper(ch) << i;
	}
	is.alnum &= (1u << BLOCK) - 1;
	is.upper &= (1u << BLOCK) - 1;
	return is;
}

/* Remember the word of rules that stands at `at`, if one does. Most do not: the
 * first three letters say so. */
static void
take_word(struct gv_scan_run *run, const struct gv_word *words, size_t at)
{
	const char *text = run->lex.text;
	size_t len;
	int word;

	if (!gv_word_may_begin(
		gv_word_heads(words), text + at, run->lex.len - at))
		return;
	word = gv_word_at(words, text, run->lex.len, at, &len);
	if (word >= 0 && !is_set(text, run->lex.len, at + len))
		remember(run, (unsigned short)word, at);
}

/* In nested documents the provider's word is the name of what is around:
 * datadog: { api_key: … }. Each byte in front of a name at `at` is looked at
 * once, whatever asks, and sixteen at a time. A word may begin behind another
 * character, or at a capital behind none. */
void
gv_scan_look_around(struct gv_scan_run *run, size_t at)
{
	const struct gv_word *words = gv_ruleset_words(run->set);
	const struct gv_word_heads *heads = gv_word_heads(words);
	const char *text = run->lex.text;
	size_t i = at > GV_SCAN_WITHIN ? at - GV_SCAN_WITHIN : 0, k;
	unsigned before, capital, begins, joined;

	if (at <= run->around_end)
		return;
	i = i < run->around_end ? run->around_end : i;
	before = i > 0 && gv_ascii_is_alnum(text[i - 1]);
	capital = i > 0 && gv_ascii_is_upper(text[i - 1]);
	for (; i < at; i += BLOCK) {
		const struct classes is = classes_of(&run->lex, i);

		before |= is.alnum << 1;
		capital |= is.upper << 1;
		begins = is.alnum & (~before | (is.upper & ~capital));
		joined = is.joint >> 1 | is.joint >> 2;
		if (at - i < BLOCK)
			begins &= (1u << (at - i)) - 1;
		for (; begins; begins &= begins - 1) {
			k = (size_t)__builtin_ctz(begins);
			if (joined >> k & 1 ||
			    gv_word_has_head(heads, text + i + k))
				take_word(run, words, i + k);
		}
		before = before >> BLOCK & 1;
		capital = capital >> BLOCK & 1;
	}
	run->around_end = at;
}
