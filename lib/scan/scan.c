#include "scan/scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/vec.h"
#include "scan/ascii.h"
#include "scan/base64.h"
#include "scan/check.h"
#include "scan/gate.h"
#include "scan/hand.h"
#include "scan/k8s.h"
#include "scan/lex.h"
#include "scan/name.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/shape.h"
#include "scan/value.h"

#define MATCH_MAX 4096 /* bytes that a pattern may take */
#define PAIRS     8    /* values of one name that are kept */
#define NEAR      512  /* bytes in which a provider's word counts */
#define RECENT    8

#define CONTEXT_LINES 10
#define CONTEXT_MAX   1024 /* bytes to either side */

const char *const gv_scan_grades[] = { "example", "possible", "likely",
	"verified", NULL };

/* A word of a rule that was met without a value of its own. */
struct recent {
	size_t rule, at;
};

struct run {
	struct gv_scan *scan;
	struct gv_ruleset *set;
	struct gv_lex lex;
	const char *path;
	bool is_example;
	size_t anchor; /* length of the literal that stands here */
	/* the name that was read last */
	size_t name_from, name_to;
	struct gv_lex_pair pairs[PAIRS];
	size_t n_pairs;
	const struct gv_rule *generic; /* what a plain name and value come to */
	struct recent recent[RECENT];
	size_t n_recent;
	size_t k8s_end; /* behind the last Secret that was read */
	const struct gv_rule *k8s;
};

/* How much a rule says of what it found: what is no secret, what has a
 * provider's form, what is named by two of its words, by one, and all else.
 * Among equals the longer the anchor the more. */
static unsigned
rank(const struct gv_rule *rule, size_t anchor)
{
	unsigned n = anchor < 499 ? (unsigned)anchor : 499;

	if (rule->kind == GV_RULE_PUBLIC)
		return 4000 + n;
	if (rule->way == GV_RULE_PATTERN)
		return 3000 + n;
	if (rule->way == GV_RULE_VALUE)
		return (rule->names ? 2000 : 1000) + n;
	return strcmp(rule->scanner, "keyvalue") != 0 ? 500 + n : n;
}

static int
add(struct run *run, struct gv_scan_finding *f)
{
	struct gv_scan *scan = run->scan;
	int r = gv_vec_grow((void **)&scan->findings, &scan->cap, scan->n + 1,
	    sizeof(*scan->findings));

	f->rank = rank(f->rule, run->anchor);
	if (r == 0)
		scan->findings[scan->n++] = *f;
	return r;
}

/* An example shows what one looks like, whatever it is; but what a checksum
 * proves somebody has copied from where it counts. */
static void
temper(const struct run *run, struct gv_scan_finding *f)
{
	if (!run->is_example)
		return;
	f->reasons |= GV_SCAN_IN_EXAMPLE;
	if (f->grade == GV_SCAN_LIKELY || f->grade == GV_SCAN_POSSIBLE)
		f->grade = GV_SCAN_EXAMPLE;
}

/* What its validator says raises the grade, and never takes a finding away. */
static void
prove(struct gv_scan_finding *f, const char *secret)
{
	const char *validator = f->rule->validator;

	if (validator == NULL)
		return;
	switch (gv_check(validator, secret, f->len)) {
	case GV_CHECK_RIGHT:
		f->reasons |= GV_SCAN_CHECKED;
		if (gv_check_is_sum(validator))
			f->grade = GV_SCAN_VERIFIED;
		else if (f->grade == GV_SCAN_POSSIBLE)
			f->grade = GV_SCAN_LIKELY;
		break;
	case GV_CHECK_WRONG:
		f->reasons |= GV_SCAN_UNCHECKED;
		break;
	case GV_CHECK_NONE:
		break;
	}
}

/* --- what is near --- */

static bool
stands_in(const char *p, size_t len, const char *word)
{
	size_t n = strlen(word), i;

	for (i = 0; i + n <= len; i++)
		if (strncasecmp(p + i, word, n) == 0)
			return true;
	return false;
}

/* From ten lines before to ten lines behind, as far as these are not long. */
static void
surroundings(const struct run *run, size_t at, size_t *from, size_t *to)
{
	const char *text = run->lex.text;
	unsigned lines = 0;

	for (*from = at; *from > 0 && at - *from < CONTEXT_MAX; --*from)
		if (text[*from - 1] == '\n' && ++lines > CONTEXT_LINES)
			break;
	lines = 0;
	for (*to = at; *to < run->lex.len && *to - at < CONTEXT_MAX; ++*to)
		if (text[*to] == '\n' && ++lines > CONTEXT_LINES)
			break;
}

/* Whether one of the words that the rule asks for is near, or in the path. */
static bool
has_context(const struct run *run, const struct gv_rule *rule, size_t at)
{
	const char *const *word = rule->context;
	size_t from, to;

	if (word == NULL)
		return true;
	surroundings(run, at, &from, &to);
	for (; *word; word++)
		if (stands_in(run->lex.text + from, to - from, *word) ||
		    (run->path &&
			stands_in(run->path, strlen(run->path), *word)))
			return true;
	return false;
}

/* --- tokens --- */

static int
judge_token(struct run *run, const struct gv_rule *rule,
    const struct gv_ruleset_match *m)
{
	const char *text = run->lex.text;
	struct gv_scan_finding f = { .rule = rule,
		.at = m[0].at,
		.len = m[0].len,
		.grade = rule->is_likely ? GV_SCAN_LIKELY : GV_SCAN_POSSIBLE,
		.reasons = GV_SCAN_ANCHORED };
	struct gv_value v;
	size_t end = m[1].at + m[1].len;

	if (!rule->open_before && m[1].at > 0 &&
	    gv_ascii_is_word(text[m[1].at - 1]) &&
	    gv_ascii_is_word(text[m[1].at]))
		return 0;
	if (!rule->open_after && end < run->lex.len &&
	    gv_ascii_is_word(text[end]) && gv_ascii_is_word(text[end - 1]))
		return 0;
	gv_value_judge(&v, text + f.at, f.len);
	if (rule->entropy && v.bits * 100 < rule->entropy)
		return 0;
	if (v.shape == GV_VALUE_TEMPLATE || v.shape == GV_VALUE_EMPTY)
		return 0;
	if (v.shape == GV_VALUE_PLACEHOLDER) {
		f.reasons |= GV_SCAN_PLACEHOLDER;
		f.grade = GV_SCAN_EXAMPLE;
	}
	prove(&f, text + f.at);
	temper(run, &f);
	return add(run, &f);
}

static int
try_pattern(struct run *run, size_t number, size_t at)
{
	const struct gv_rule *rule = gv_ruleset_rule(run->set, number);
	struct gv_ruleset_match m[2];
	struct gv_shape_place place = { run->lex.text, run->lex.len, 0, 0 };
	size_t back;
	int r = 0;

	for (back = rule->offset_min; r == 0 && back <= rule->offset_max;
	     back++) {
		if (back > at)
			break;
		place.at = at - back;
		place.end = place.at + MATCH_MAX;
		if (place.end > place.len)
			place.end = place.len;
		r = gv_ruleset_match(m, run->set, number, &place, false);
	}
	return r > 0 && has_context(run, rule, at) ? judge_token(run, rule, m)
	    : r < 0                                ? r
						   : 0;
}

/* --- names and values --- */

/* What speaks for a value under a name of this kind. 0: nothing does. */
static unsigned
weigh(
    enum gv_name name, const struct gv_lex_pair *pair, const struct gv_value *v)
{
	bool is_mixed =
	    v->has_digit + v->has_lower + v->has_upper + v->has_other >= 2;
	bool is_random = pair->value_len >= 16 && v->bits >= 3.5 &&
	    (v->has_digit || pair->value_len >= 20);

	if (name == GV_NAME_PASSWORD || name == GV_NAME_PASSPHRASE) {
		if (pair->value_len < 4)
			return 0;
		return GV_SCAN_NAMED |
		    (is_random         ? GV_SCAN_RANDOM
			    : is_mixed ? 0
				       : GV_SCAN_SIMPLE);
	}
	if (name == GV_NAME_WEAK)
		return is_random && v->bits >= 4.0 && v->has_digit &&
			v->has_lower && v->has_upper
		    ? GV_SCAN_NAMED | GV_SCAN_RANDOM | GV_SCAN_SIMPLE
		    : 0;
	if (pair->value_len < 8)
		return 0;
	if (is_random)
		return GV_SCAN_NAMED | GV_SCAN_RANDOM;
	return is_mixed && v->has_digit ? GV_SCAN_NAMED
					: GV_SCAN_NAMED | GV_SCAN_SIMPLE;
}

static bool
has_blank(const char *p, size_t len)
{
	return memchr(p, ' ', len) || memchr(p, '\t', len);
}

/* Whether a value of this shape may be a secret at all under such a name. */
static bool
may_hold(enum gv_name name, const struct gv_lex_pair *pair,
    const struct gv_value *v, const char *p)
{
	switch (v->shape) {
	case GV_VALUE_LITERAL:
		break;
	case GV_VALUE_NUMBER:
		return name == GV_NAME_PASSWORD && !v->has_other &&
		    pair->value_len >= 6 && pair->value_len <= 24;
	case GV_VALUE_IDENTIFIER:
		return name == GV_NAME_PASSWORD && !pair->is_expression &&
		    pair->mark != GV_LEX_BLOCK;
	case GV_VALUE_PROSE:
		return name == GV_NAME_PASSPHRASE;
	default:
		return false;
	}
	if (pair->is_expression)
		return false;
	if (pair->mark == GV_LEX_BLOCK && memchr(p, '\n', pair->value_len))
		return false;
	if (name != GV_NAME_PASSPHRASE && has_blank(p, pair->value_len))
		return name == GV_NAME_PASSWORD &&
		    pair->mark == GV_LEX_QUOTED && v->has_digit;
	return true;
}

static int
judge_generic(struct run *run, const struct gv_lex_pair *pair)
{
	const char *text = run->lex.text;
	enum gv_name name = gv_name_judge(text + pair->name, pair->name_len);
	struct gv_scan_finding f = { .rule = run->generic,
		.at = pair->value,
		.len = pair->value_len,
		.name = pair->name,
		.name_len = pair->name_len };
	struct gv_value v;

	if (name == GV_NAME_PLAIN || run->generic == NULL)
		return 0;
	gv_value_judge(&v, text + f.at, f.len);
	if (!may_hold(name, pair, &v, text + f.at))
		return 0;
	f.reasons = weigh(name, pair, &v);
	if (f.reasons == 0)
		return 0;
	if (v.shape != GV_VALUE_LITERAL)
		f.reasons |= GV_SCAN_SIMPLE;
	if (run->lex.syntax == GV_SYNTAX_TEXT && pair->mark == GV_LEX_PLAIN)
		f.reasons |= GV_SCAN_PROSE;
	f.grade = f.reasons & (GV_SCAN_SIMPLE | GV_SCAN_PROSE)
	    ? GV_SCAN_POSSIBLE
	    : GV_SCAN_LIKELY;
	temper(run, &f);
	return add(run, &f);
}

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

/* A rule whose word stands in the name, or close before it. */
static int
judge_value(struct run *run, size_t number, const struct gv_lex_pair *pair)
{
	const struct gv_rule *rule = gv_ruleset_rule(run->set, number);
	const char *text = run->lex.text;
	struct gv_scan_finding f = { .rule = rule,
		.name = pair->name,
		.name_len = pair->name_len,
		.grade = rule->is_likely ? GV_SCAN_LIKELY : GV_SCAN_POSSIBLE,
		.reasons = GV_SCAN_NAMED | GV_SCAN_NEAR };
	struct gv_shape_place place = { text, run->lex.len, pair->value,
		pair->value + pair->value_len };
	struct gv_ruleset_match m[2];
	struct gv_value v;
	int r;

	if (!has_name(rule, text + pair->name, pair->name_len))
		return 0;
	r = gv_ruleset_match(m, run->set, number, &place, true);
	if (r <= 0 || !has_context(run, rule, pair->name))
		return r < 0 ? r : 0;
	f.at = m[0].at;
	f.len = m[0].len;
	gv_value_judge(&v, text + f.at, f.len);
	if (v.shape == GV_VALUE_PLACEHOLDER || v.shape == GV_VALUE_TEMPLATE ||
	    v.shape == GV_VALUE_EMPTY ||
	    (rule->entropy && v.bits * 100 < rule->entropy))
		return 0;
	prove(&f, text + f.at);
	temper(run, &f);
	return add(run, &f);
}

/* In nested documents the provider's word is the name of what is around:
 * datadog: { api_key: … }. */
static int
judge_recent(struct run *run, const struct gv_lex_pair *pair)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < RECENT && i < run->n_recent; i++) {
		const struct recent *c = &run->recent[i];

		if (pair->name >= c->at && pair->name - c->at < NEAR)
			r = judge_value(run, c->rule, pair);
	}
	return r;
}

static int
on_pair(void *ctx, const struct gv_lex_pair *pair)
{
	struct run *run = ctx;
	int r;

	if (run->n_pairs < PAIRS)
		run->pairs[run->n_pairs++] = *pair;
	r = judge_generic(run, pair);
	return r < 0 ? r : judge_recent(run, pair);
}

static void
remember(struct run *run, size_t rule, size_t at)
{
	run->recent[run->n_recent++ % RECENT] =
	    (struct recent){ .rule = rule, .at = at };
}

/* A word of a name stands there: read what is assigned to it, unless that has
 * been done for another word of it. */
static int
try_value(struct run *run, size_t number, size_t at, size_t len)
{
	const struct gv_rule *rule = gv_ruleset_rule(run->set, number);
	size_t i;
	int r = 0;

	if (at < run->name_from || at >= run->name_to) {
		run->n_pairs = 0;
		r = gv_lex_at(&run->lex, at, len, on_pair, run);
		/* another word of it may have been met first */
		run->name_from = run->n_pairs ? run->pairs[0].name : at;
		run->name_to =
		    run->lex.done > at + len ? run->lex.done : at + len;
	}
	if (r < 0 || rule->way != GV_RULE_VALUE)
		return r;
	if (run->n_pairs == 0)
		remember(run, number, at);
	for (i = 0; r == 0 && i < run->n_pairs; i++)
		r = judge_value(run, number, &run->pairs[i]);
	return r;
}

static int
try_hand(struct run *run, const struct gv_rule *rule, size_t at)
{
	gv_hand_fn hand = gv_hand_find(rule->scanner);
	struct gv_scan_finding f = { .rule = rule,
		.reasons = GV_SCAN_ANCHORED,
		.grade = rule->is_likely ? GV_SCAN_LIKELY : GV_SCAN_POSSIBLE };
	struct gv_hand h = { 0 };
	struct gv_value v;

	if (hand == NULL || !hand(&h, run->lex.text, run->lex.len, at))
		return 0;
	f.at = h.at;
	f.len = h.len;
	gv_value_judge(&v, run->lex.text + f.at, f.len < 256 ? f.len : 256);
	if (h.is_proved) {
		f.grade = GV_SCAN_VERIFIED;
		f.reasons |= GV_SCAN_CHECKED;
	} else if (v.shape == GV_VALUE_PLACEHOLDER) {
		f.grade = GV_SCAN_EXAMPLE;
		f.reasons |= GV_SCAN_PLACEHOLDER;
	} else if (v.shape == GV_VALUE_TEMPLATE || v.shape == GV_VALUE_EMPTY ||
	    v.shape == GV_VALUE_REFERENCE) {
		return 0;
	}
	if (h.is_weak && f.grade > GV_SCAN_POSSIBLE) {
		f.grade = GV_SCAN_POSSIBLE;
		f.reasons |= GV_SCAN_SIMPLE;
	}
	temper(run, &f);
	return add(run, &f);
}

static int
on_k8s(void *ctx, const struct gv_k8s_value *value)
{
	struct run *run = ctx;
	struct gv_scan_finding f = { .rule = run->k8s,
		.at = value->value,
		.len = value->value_len,
		.name = value->name,
		.name_len = value->name_len,
		.grade = GV_SCAN_LIKELY,
		.reasons = GV_SCAN_ANCHORED | GV_SCAN_NAMED };
	const char *text = run->lex.text + f.at;
	char plain[256];
	size_t n = f.len < sizeof(plain) ? f.len : sizeof(plain);
	struct gv_value v;
	long all;

	if (value->is_encoded) {
		all = gv_base64_decode(plain, sizeof(plain), text, f.len);
		n = all > (long)sizeof(plain) ? sizeof(plain)
		    : all > 0                 ? (size_t)all
					      : 0;
		text = plain;
	}
	gv_value_judge(&v, text, n);
	explicit_bzero(plain, sizeof(plain));
	if (n == 0 || v.shape == GV_VALUE_EMPTY || v.shape == GV_VALUE_PUBLIC ||
	    v.shape == GV_VALUE_TEMPLATE || v.shape == GV_VALUE_CIPHERTEXT)
		return 0;
	if (v.shape == GV_VALUE_PLACEHOLDER) {
		f.grade = GV_SCAN_EXAMPLE;
		f.reasons |= GV_SCAN_PLACEHOLDER;
	}
	temper(run, &f);
	return add(run, &f);
}

static int
try_k8s(struct run *run, const struct gv_rule *rule, size_t at)
{
	if (at < run->k8s_end)
		return 0;
	run->k8s = rule;
	run->k8s_end = at;
	return gv_k8s_secret(
	    run->lex.text, run->lex.len, &run->k8s_end, on_k8s, run);
}

/* --- whole files, by their names --- */

/* Whether an anchor says so: an ending (.p12), a name, or part of a path. */
static bool
is_named_so(const char *path, const char *anchor)
{
	size_t n = strlen(anchor);
	const char *p = path;

	for (; (p = strstr(p, anchor)); p++) {
		bool begins = p == path || p[-1] == '/' || *anchor == '.';

		if (begins &&
		    (p[n] == '\0' || p[n] == '/' || anchor[n - 1] == '/'))
			return true;
	}
	return false;
}

/* host:port:database:user:password, a backslash before a colon or another. */
static int
read_pgpass(struct run *run, const struct gv_rule *rule)
{
	const char *p = run->lex.text, *end = p + run->lex.len, *nl;
	int r = 0;

	for (; r == 0 && p < end; p = nl < end ? nl + 1 : end) {
		struct gv_scan_finding f = { .rule = rule,
			.grade = GV_SCAN_LIKELY,
			.reasons = GV_SCAN_ANCHORED };
		const char *at = p;
		int colons = 0;

		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		for (; at < nl && colons < 4; at++) {
			at += *at == '\\';
			colons += at < nl && *at == ':';
		}
		if (*p == '#' || colons < 4 || at >= nl)
			continue;
		f.at = (size_t)(at - run->lex.text);
		f.len = (size_t)(nl - at);
		temper(run, &f);
		r = add(run, &f);
	}
	return r;
}

static int
judge_file(struct run *run, const struct gv_rule *rule)
{
	struct gv_scan_finding f = { .rule = rule,
		.len = run->lex.len,
		.grade = rule->is_likely ? GV_SCAN_LIKELY : GV_SCAN_POSSIBLE,
		.reasons = GV_SCAN_ANCHORED };
	const char *const *anchor = rule->anchors;

	while (*anchor && !is_named_so(run->path, *anchor))
		anchor++;
	if (*anchor == NULL)
		return 0;
	run->anchor = strlen(*anchor);
	if (strcmp(rule->scanner, "pgpass") == 0)
		return read_pgpass(run, rule);
	temper(run, &f);
	return add(run, &f);
}

static int
judge_path(struct run *run)
{
	size_t n, i;
	const size_t *rules = gv_ruleset_files(run->set, &n);
	int r = 0;

	if (run->path == NULL || run->lex.len == 0)
		return 0;
	for (i = 0; r == 0 && i < n; i++)
		r = judge_file(run, gv_ruleset_rule(run->set, rules[i]));
	return r;
}

static int
on_hit(void *ctx, size_t literal, size_t at)
{
	struct run *run = ctx;
	size_t n, len, i;
	const size_t *rules = gv_ruleset_of(run->set, literal, &n, &len);
	int r = 0;

	run->anchor = len;
	for (i = 0; r == 0 && i < n; i++) {
		const struct gv_rule *rule =
		    gv_ruleset_rule(run->set, rules[i]);

		if (rule->way == GV_RULE_PATTERN) {
			r = try_pattern(run, rules[i], at);
			continue;
		}
		if (rule->way == GV_RULE_VALUE || rule == run->generic)
			r = try_value(run, rules[i], at, len);
		else if (strcmp(rule->scanner, "k8s") == 0)
			r = try_k8s(run, rule, at);
		else
			r = try_hand(run, rule, at);
	}
	return r;
}

/* --- all of them --- */

static int
by_place(const void *a, const void *b)
{
	const struct gv_scan_finding *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->grade != y->grade)
		return x->grade > y->grade ? -1 : 1;
	return (x->len < y->len) - (x->len > y->len);
}

/* Several providers begin their tokens alike; where the name tells which, the
 * rule that asks for name and form says more than that of the form. */
static bool
is_narrower(const struct gv_rule *a, const struct gv_rule *b)
{
	return a->way == GV_RULE_VALUE && b->way == GV_RULE_PATTERN &&
	    strncmp(a->pattern, b->anchors[0], strlen(b->anchors[0])) == 0;
}

/* Two findings of what is partly the same become one: what says more, as sure
 * as the surer of them. */
static void
combine(struct gv_scan_finding *kept, const struct gv_scan_finding *other)
{
	enum gv_scan_grade grade =
	    kept->grade > other->grade ? kept->grade : other->grade;

	if (is_narrower(other->rule, kept->rule) ||
	    (!is_narrower(kept->rule, other->rule) &&
		(other->rank > kept->rank ||
		    (other->rank == kept->rank && other->len > kept->len))))
		*kept = *other;
	kept->grade = grade;
}

/* One finding a place: the better one. What is public is none. */
static void
merge(struct gv_scan *scan)
{
	struct gv_scan_finding *f = scan->findings;
	size_t i, n = 0, kept = 0;

	if (scan->n)
		qsort(f, scan->n, sizeof(*f), by_place);
	for (i = 0; i < scan->n; i++) {
		if (n && f[i].at < f[n - 1].at + f[n - 1].len) {
			combine(&f[n - 1], &f[i]);
		} else {
			f[n++] = f[i];
		}
	}
	for (i = 0; i < n; i++)
		if (f[i].rule->kind != GV_RULE_PUBLIC)
			f[kept++] = f[i];
	scan->n = kept;
}

/* One pass forward over what lies between findings. */
static void
locate(struct gv_scan *scan, const char *text)
{
	size_t at = 0, line_at = 0, i;
	unsigned line = 1;
	const char *nl;

	for (i = 0; i < scan->n; i++) {
		struct gv_scan_finding *f = &scan->findings[i];

		while ((nl = memchr(text + at, '\n', f->at - at))) {
			at = line_at = (size_t)(nl - text) + 1;
			line++;
		}
		at = f->at;
		f->line = line;
		f->column = (unsigned)(f->at - line_at) + 1;
	}
}

int
gv_scan_run(struct gv_scan *scan, struct gv_ruleset *set, const char *path,
    const void *data, size_t len)
{
	struct run run = { .scan = scan,
		.set = set,
		.lex = { data, len, gv_syntax_of(path, data, len), 0 },
		.path = path,
		.is_example = gv_syntax_is_example(path),
		.generic = gv_ruleset_generic(set) };
	int r;

	scan->n = 0;
	r = judge_path(&run);
	if (r == 0)
		r = gv_gate_run(gv_ruleset_gate(set), data, len, on_hit, &run);
	if (r < 0)
		return r;
	merge(scan);
	locate(scan, data);
	return 0;
}

void
gv_scan_release(struct gv_scan *scan)
{
	if (scan == NULL)
		return;
	free(scan->findings);
	memset(scan, 0, sizeof(*scan));
}
