#include "scan/scan_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/err.h"
#include "lex/ascii.h"
#include "lex/word.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/shape.h"

#define VALUE_MIN 4  /* bytes of any secret */
#define KNOWN_MAX 64 /* bytes of what is worth remembering */

/* --- what is known --- */

/* Of eight bytes at a time; those at the end may be met twice. */
static size_t
hash(const char *p, size_t len)
{
	uint64_t h = len, v = 0;
	size_t i;

	if (len < sizeof(v)) {
		for (i = 0; i < len; i++)
			v = v << 8 | (unsigned char)p[i];
	} else {
		for (i = 0; i + sizeof(v) < len; i += sizeof(v)) {
			memcpy(&v, p + i, sizeof(v));
			h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
			h ^= h >> 32;
		}
		memcpy(&v, p + len - sizeof(v), sizeof(v));
	}
	return (h ^ v) * 0x9e3779b97f4a7c15ULL >> 40;
}

/* Ready to remember for this text. */
static int
begin(struct gv_scan_run *run)
{
	struct gv_scan *scan = run->scan;

	if (scan->known == NULL || scan->known->set != run->set) {
		free(scan->known);
		scan->known = calloc(1, sizeof(*scan->known));
		if (scan->known == NULL)
			return gv_err_nomem();
		scan->known->set = run->set;
	}
	scan->known->run++;
	run->lex.syntax = gv_scan_syntax(run);
	run->has_begun = true;
	return 0;
}

static const struct gv_scan_name *
know_name(struct gv_scan_run *run, const char *p, size_t len)
{
	struct gv_scan_known *known = run->scan->known;
	struct gv_scan_name *name = &known->long_name;

	if (len <= GV_SCAN_NAME_MAX) {
		name = &known->names[hash(p, len) & (GV_SCAN_NAMES - 1)];
		if (name->len == len && memcmp(name->text, p, len) == 0)
			return name;
		memcpy(name->text, p, len);
	}
	name->len = len;
	name->promise = gv_name_judge(p, len);
	name->n_words = gv_word_find(
	    gv_ruleset_words(run->set), p, len, name->words, GV_SCAN_WORDS);
	return name;
}

static const struct gv_value *
know_value(struct gv_scan_run *run, size_t at, size_t len)
{
	const char *text = run->lex.text;
	struct gv_scan_known *known = run->scan->known;
	const size_t h = len <= KNOWN_MAX ? hash(text + at, len) : 0;
	struct gv_scan_value *value =
	    known->values + (h & (GV_SCAN_VALUES - 1));

	if (value->run != known->run || value->len != len || value->hash != h ||
	    memcmp(text + value->at, text + at, len) != 0) {
		value->run = known->run;
		value->hash = h;
		value->at = at;
		value->len = len;
		gv_value_judge(&value->value, text + at, len);
	}
	return &value->value;
}

const struct gv_value *
gv_scan_know_value(struct gv_scan_run *run, size_t at, size_t len)
{
	return run->has_begun || begin(run) == 0 ? know_value(run, at, len)
						 : NULL;
}

/* What no name makes a secret of: numbers with signs in them, as addresses,
 * sizes and dates are, those of a few digits, and what is said instead of
 * nothing. A look at it is cheaper than one at the name. */
static bool
is_trivial(const char *p, size_t len)
{
	size_t i, signs = 0;

	if (len < VALUE_MIN)
		return true;
	if (len < 6 && (memcmp(p, "true", 4) == 0 || memcmp(p, "fals", 4) == 0))
		return true;
	for (i = 0; i < len; i++) {
		if (gv_ascii_is_digit(p[i]))
			continue;
		if (p[i] != '.' && p[i] != '/' && p[i] != ':' && p[i] != '-')
			return false;
		signs++;
	}
	return (signs > 0 && !gv_score_is_grouped(p, len)) || len < 6;
}

/* --- rules whose word stands in the name, or close before it --- */

static bool
has_name(const struct gv_rule *rule, const char *name, size_t len)
{
	const char *const *word = rule->names;

	if (word == NULL)
		return true;
	for (; *word; word++)
		if (gv_name_has(name, len, *word))
			return true;
	return false;
}

/* Whether a rule takes a value of any form, so that only the name tells. */
static bool
takes_any(const struct gv_rule *rule)
{
	return strncmp(rule->pattern, "[!-~]", 5) == 0 ||
	    strncmp(rule->pattern, "[ -~]", 5) == 0;
}

static bool
is_named_by(const struct gv_rule *rule, const struct gv_lex_pair *pair,
    const char *text)
{
	const char *const *word = rule->anchors;

	while (*word && !gv_name_has(text + pair->name, pair->name_len, *word))
		word++;
	return *word != NULL;
}

/* Whether a value that has the form which the rule asks for may be one. */
static bool
may_be(const struct gv_rule *rule, const struct gv_value *v)
{
	switch (v->shape) {
	case GV_VALUE_PLACEHOLDER:
	case GV_VALUE_TEMPLATE:
	case GV_VALUE_EMPTY:
	case GV_VALUE_CIPHERTEXT:
		return false;
	case GV_VALUE_REFERENCE:
	case GV_VALUE_IDENTIFIER:
		return !takes_any(rule);
	default:
		return true;
	}
}

static int
judge_value(struct gv_scan_run *run, size_t number,
    const struct gv_lex_pair *pair, const struct gv_value *known)
{
	const struct gv_rule *rule = gv_ruleset_rule(run->set, number);
	const char *text = run->lex.text;
	struct gv_scan_finding f = { .rule = rule,
		.name = pair->name,
		.name_len = pair->name_len,
		.grade = rule->is_likely ? GV_SCAN_LIKELY : GV_SCAN_POSSIBLE,
		.reasons = GV_SCAN_NAMED | GV_SCAN_NEAR };
	struct gv_shape_place place = { text, run->lex.len, pair->value,
		pair->value + pair->value_len, &run->runs };
	struct gv_ruleset_match m[2];
	struct gv_value v = *known;
	int r;

	if (!has_name(rule, text + pair->name, pair->name_len) ||
	    (pair->is_expression && (takes_any(rule) || !known->has_digit)))
		return 0;
	if (takes_any(rule) && run->name->promise == GV_NAME_PLAIN &&
	    !is_named_by(rule, pair, text))
		return 0;
	r = gv_ruleset_match(m, run->set, number, &place, true);
	if (r <= 0 || !gv_scan_has_context(run, rule, pair->name))
		return r < 0 ? r : 0;
	f.at = m[0].at;
	f.len = m[0].len;
	if (f.len != pair->value_len)
		gv_value_judge(&v, text + f.at, f.len);
	if (!may_be(rule, &v) ||
	    (takes_any(rule) &&
		gv_scan_is_none_in_base64(text + f.at, f.len)) ||
	    (rule->entropy &&
		!gv_value_has_entropy(
		    &v, text + f.at, f.len, rule->entropy / 100.0)))
		return 0;
	gv_scan_prove(&f, text + f.at);
	gv_scan_temper(run, &f);
	return gv_scan_add(run, &f);
}

static int
judge_word(struct gv_scan_run *run, size_t word, const struct gv_lex_pair *pair,
    const struct gv_value *v)
{
	const struct gv_ruleset_literal *lit =
	    gv_ruleset_of_word(run->set, word);
	size_t i;
	int r = 0;

	run->anchor = lit->len;
	for (i = 0; r == 0 && i < lit->n; i++)
		r = judge_value(run, lit->uses[i].rule, pair, v);
	return r;
}

static int
judge_around(struct gv_scan_run *run, const struct gv_lex_pair *pair,
    const struct gv_value *v)
{
	size_t i;
	int r = 0;

	gv_scan_look_around(run, pair->name);
	/* the last one is the nearest */
	if (run->n_around == 0 ||
	    pair->name >= run->around_last + GV_SCAN_WITHIN)
		return 0;
	for (i = 0; r == 0 && i < run->n_around && i < GV_SCAN_AROUND; i++) {
		const struct gv_scan_around *a = &run->around[i];

		if (pair->name >= a->at && pair->name - a->at < GV_SCAN_WITHIN)
			r = judge_word(run, a->word, pair, v);
	}
	return r;
}

/* Whether it is worth asking what stands around. */
static bool
is_token_like(enum gv_name promise, const struct gv_value *v)
{
	if (v->shape == GV_VALUE_NUMBER || v->shape == GV_VALUE_IDENTIFIER)
		return promise == GV_NAME_PASSWORD;
	return v->shape == GV_VALUE_LITERAL || v->shape == GV_VALUE_UUID;
}

/* Whether it is noise, of which only the word of a rule could make something.
 * To judge what such values look like would take most of the time. */
static bool
is_lost(struct gv_scan_run *run, const struct gv_lex_pair *pair)
{
	if (run->name->n_words || !gv_scan_is_noise(run->lex.text, pair))
		return false;
	gv_scan_look_around(run, pair->name);
	return run->n_around == 0;
}

static int
on_value(void *ctx, const struct gv_lex_pair *pair)
{
	struct gv_scan_run *run = ctx;
	const char *text = run->lex.text;
	const struct gv_scan_name *name = run->name;
	const struct gv_value *v;
	size_t i;
	int r;

	if (is_trivial(text + pair->value, pair->value_len))
		return 0;
	/* of several values it is one */
	if (name == NULL)
		name = run->name =
		    know_name(run, text + pair->name, pair->name_len);
	if (name->n_words == 0 &&
	    pair->value_len < gv_scan_least(name->promise))
		return 0;
	if (is_lost(run, pair))
		return 0;
	v = know_value(run, pair->value, pair->value_len);
	r = gv_scan_generic(run, pair, v);
	for (i = 0; r == 0 && i < name->n_words; i++)
		r = judge_word(run, name->words[i], pair, v);
	if (r == 0 && is_token_like(name->promise, v))
		r = judge_around(run, pair, v);
	return r;
}

/* filter: heat.api.token:Token_factory, an entry point of Python: a module, and
 * all behind the colon is a name. */
static bool
is_module(const struct gv_lex *lex, const struct gv_lex_pair *name)
{
	const char *text = lex->text;
	size_t end = name->name + name->name_len, at = end + 1;

	if (name->name < 2 || !memchr(text + name->name, '.', name->name_len) ||
	    !gv_ascii_is_blank(text[name->name - 1]) ||
	    (text[name->name - 2] != ':' && text[name->name - 2] != '='))
		return false;
	while (at < lex->len && gv_ascii_is_word(text[at]))
		at++;
	return (at == lex->len || gv_ascii_is_eol(text[at])) &&
	    gv_score_is_wordy(text + end + 1, at - end - 1);
}

/* --password-color: var(--x), of what a page looks like. */
static bool
is_property(const struct gv_lex *lex, const struct gv_lex_pair *name)
{
	const char *text = lex->text;
	size_t at = name->name, end = at + name->name_len;

	return at > 1 && end < lex->len && text[end] == ':' &&
	    text[at - 1] == '-' && text[at - 2] == '-' &&
	    (lex->syntax == GV_SYNTAX_TEXT || lex->syntax == GV_SYNTAX_CODE ||
		lex->syntax == GV_SYNTAX_XML);
}

/* Whether what looks like a name is in the middle of something else: of
 * "arn:aws:…:secret:app", and of our own "GITVAULT[generic-secret:id]". */
static bool
is_part(const struct gv_scan_run *run, const struct gv_lex_pair *name)
{
	static const char ours[] = "GITVAULT[";
	const char *text = run->lex.text;
	size_t at = name->name, end = at + name->name_len;
	size_t n = sizeof(ours) - 1;

	if (is_property(&run->lex, name))
		return true;
	if (end + 1 >= run->lex.len || text[end] != ':' ||
	    gv_ascii_is_space(text[end + 1]))
		return false;
	if (at >= n && memcmp(text + at - n, ours, n) == 0)
		return true;
	if (is_module(&run->lex, name))
		return true;
	/* registry/token-refresher:1.2, of an image */
	if (at > 1 && text[at - 1] == '/' && gv_ascii_is_word(text[at - 2]))
		return true;
	/* ALL:!PSK:!RC4, of ciphers */
	if (at > 1 && (text[at - 1] == '!' || text[at - 1] == '+'))
		at--;
	return at > 1 && text[at - 1] == ':' && gv_ascii_is_word(text[at - 2]);
}

int
gv_scan_pair(struct gv_scan_run *run, size_t at, size_t len)
{
	struct gv_lex_pair name;

	if (!run->has_begun && begin(run) < 0)
		return GV_ENOMEM;
	/* what ends a short name is of its literal: "pw=" */
	while (len > 1 && !gv_ascii_is_name(run->lex.text[at + len - 1]) &&
	    !(run->lex.text[at + len - 1] & 0x80))
		len--;
	if (!gv_lex_name(&run->lex, &name, at, len) || is_part(run, &name))
		return 0;
	run->name = NULL;
	return gv_lex_values(&run->lex, &name, on_value, run);
}

/* The words of rules in a key, which many findings have, and what the key says
 * of what is under it. */
struct key {
	const char *text;
	unsigned short words[GV_SCAN_WORDS];
	size_t n;
	bool is_example, is_description;
};

/* a[7].token and a[8].token: the rows of a list have the same words. */
static bool
is_same_but_index(const char *a, const char *b)
{
	for (; *a == *b; a++, b++) {
		if (*a == '\0')
			return true;
		if (*a != '[')
			continue;
		while (gv_ascii_is_digit(a[1]))
			a++;
		while (gv_ascii_is_digit(b[1]))
			b++;
	}
	return false;
}

/* Whether the key is that of an example in a description of an interface
 * (OpenAPI). */
static bool
is_of_example(const char *key)
{
	return (strncmp(key, "paths.", 6) == 0 ||
		   strncmp(key, "components.", 11) == 0 ||
		   strncmp(key, "definitions.", 12) == 0) &&
	    (strstr(key, ".example.") || strstr(key, ".examples."));
}

/* Whether it is that of the text that a file has for people. */
static bool
is_of_description(const char *key)
{
	static const char word[] = ".description";
	const char *at = strstr(key, word);

	return at && (at[sizeof(word) - 1] == '.' || !at[sizeof(word) - 1]);
}

/* Those of the key of a finding, which has one. */
static void
know_key(struct gv_scan_run *run, struct key *key, const char *text)
{
	if (key->text != text &&
	    (key->text == NULL || !is_same_but_index(key->text, text))) {
		key->n = gv_word_find(gv_ruleset_words(run->set), text,
		    strlen(text), key->words, GV_SCAN_WORDS);
		key->is_example = is_of_example(text);
		key->is_description = is_of_description(text);
	}
	key->text = text;
}

/* Whether a rule says that a value under such a key is no secret: the keys of a
 * document may be far above, out of what is around. */
static bool
is_public(struct gv_scan_run *run, const struct gv_scan_finding *f,
    const struct key *key)
{
	struct gv_shape_place place = { run->lex.text, run->lex.len, f->at,
		f->at + f->len, &run->runs };
	struct gv_ruleset_match m[2];
	size_t k, i;

	if (f->rule != run->generic || f->encodings[0])
		return false;
	for (k = 0; k < key->n; k++) {
		const struct gv_ruleset_literal *lit =
		    gv_ruleset_of_word(run->set, key->words[k]);

		for (i = 0; i < lit->n; i++)
			if (gv_ruleset_rule(run->set, lit->uses[i].rule)
				    ->kind == GV_RULE_PUBLIC &&
			    gv_ruleset_match(m, run->set, lit->uses[i].rule,
				&place, true) > 0)
				return true;
	}
	return false;
}

/* docsearch({ apiKey: 'x', indexName: 'y' }): the key by which a page searches
 * an index is in the page. */
static bool
is_of_search(const struct gv_scan_run *run, const struct gv_scan_finding *f)
{
	enum { AROUND = 300 };
	const char *text = run->lex.text;
	size_t low = f->at > AROUND ? f->at - AROUND : 0;
	size_t n =
	    run->lex.len - low < 2 * AROUND ? run->lex.len - low : 2 * AROUND;

	return f->len == 32 && f->grade == GV_SCAN_LIKELY &&
	    (run->lex.syntax == GV_SYNTAX_XML ||
		run->lex.syntax == GV_SYNTAX_CODE) &&
	    memmem(text + low, n, "apiKey", 6) &&
	    (memmem(text + low, n, "indexName", 9) ||
		memmem(text + low, n, "docsearch(", 10));
}

/* What is shown as an example, or said in a text, counts for less. */
static void
lower_by_key(struct gv_scan_finding *f, const struct key *key)
{
	if (key->is_example && f->grade != GV_SCAN_VERIFIED) {
		f->reasons |= GV_SCAN_IN_EXAMPLE;
		f->grade = GV_SCAN_EXAMPLE;
	} else if (key->is_description && f->grade == GV_SCAN_LIKELY) {
		f->reasons |= GV_SCAN_IN_EXAMPLE;
		f->grade = GV_SCAN_POSSIBLE;
	}
}

void
gv_scan_drop_public(struct gv_scan_run *run)
{
	struct gv_scan *scan = run->scan;
	struct key key = { 0 };
	size_t i, kept = 0;

	for (i = 0; i < scan->n; i++) {
		struct gv_scan_finding *f = &scan->findings[i];

		if (f->key)
			know_key(run, &key, f->key);
		if ((f->key && is_public(run, f, &key)) || is_of_search(run, f))
			continue;
		if (f->key && f->reasons & GV_SCAN_NAMED)
			lower_by_key(f, &key);
		if (kept < i)
			scan->findings[kept] = *f;
		kept++;
	}
	scan->n = scan->n_ordered = scan->n_merged = kept;
}
