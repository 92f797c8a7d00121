#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cre2.h>

#include "base/err.h"
#include "helper/example.h"
#include "helper/rules.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/scan.h"
#include "scan/shape.h"
#include "unit/unit.h"

static struct gv_rules rules = GV_RULES_INIT;
static struct gv_ruleset *set;

static int
load(void **state)
{
	int r = rules_load(&rules, NULL);

	(void)state;
	if (r == 0)
		r = gv_ruleset_new(&set, rules.rules, rules.n);
	if (r < 0)
		print_message("# %s\n", gv_err_message());
	return r;
}

static int
unload(void **state)
{
	(void)state;
	gv_ruleset_free(set);
	gv_rule_release(&rules);
	return 0;
}

static void
test_every_pattern_compiles(void **state)
{
	const struct gv_shape_place place = { .text = "" };
	struct gv_ruleset_match m[2];
	size_t i;

	(void)state;
	for (i = 0; i < rules.n; i++)
		if (rules.rules[i].pattern &&
		    gv_ruleset_match(m, set, i, &place, false) < 0)
			fail_msg("%s", gv_err_message());
}

/* What gv_ruleset_check() says of a rule with this pattern; "" if nothing. */
static const char *
check(const char *pattern)
{
	struct gv_rules some = GV_RULES_INIT;
	struct gv_ruleset *own = NULL;
	char text[1024];
	int r;

	snprintf(text, sizeof(text),
	    "- id: a\n  description: b\n  remediation: c\n  kind: token\n"
	    "  severity: low\n  confidence: likely\n  anchors: [aaaa]\n"
	    "  pattern: '%s'\n  positive: [b, c]\n  negative: [d, e]\n",
	    pattern);
	if (gv_rule_parse(&some, "x", text, strlen(text)) < 0 ||
	    gv_ruleset_new(&own, some.rules, some.n) < 0)
		fail_msg("%s", gv_err_message());
	r = gv_ruleset_check(own, "x.yaml");
	gv_ruleset_free(own);
	gv_rule_release(&some);
	return r < 0 ? gv_err_message() : "";
}

static void
test_patterns_that_may_take_long_are_refused(void **state)
{
	(void)state;
	assert_string_equal(check("aaaa(?:a{0,30}[ab]?){0,10}c"), "");
	assert_string_equal(check("aaaa_(?:t|k)_([0-9A-Za-z_-]{20,200})"), "");
	/* plain ones are no work, however long */
	assert_string_equal(check("aaaa[0-9A-Za-z_-]{20,1000}"), "");
	assert_non_null(strstr(check("aaaa(?:(?:a{0,30}){0,10}){0,3}b"),
	    "x.yaml:8: rule 'a': its pattern has 1838 steps"));
	assert_non_null(strstr(
	    check("aaaa["), "x.yaml:8: rule 'a': its pattern is invalid"));
	assert_string_equal(check("aaaa(b)'\n  group: 1\n  provider: 'x"), "");
	assert_non_null(strstr(check("aaaa(b)'\n  group: 2\n  provider: 'x"),
	    "rule 'a': its pattern has no group 2"));
}

static uint64_t
next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

/* Change a byte, leave one out, or write one twice. */
static void
mutate(char *text, size_t room, uint64_t *seed)
{
	static const char chars[] = "aA0_-.=/\"' :\n{";
	size_t len = strlen(text), at = len ? next_random(seed) % len : 0;

	if (len == 0 || len + 2 > room)
		return;
	switch (next_random(seed) % 3) {
	case 0:
		text[at] = chars[next_random(seed) % (sizeof(chars) - 1)];
		break;
	case 1:
		memmove(text + at, text + at + 1, len - at);
		break;
	default:
		memmove(text + at + 1, text + at, len - at + 1);
	}
}

/* At each place of a text, up to its end and up to that of a match, with what
 * is remembered of the places in front. */
static void
compare(size_t rule, const cre2_regexp_t *re, const char *text)
{
	unsigned group = rules.rules[rule].group;
	int len = (int)strlen(text), whole, n;
	struct gv_shape_runs runs = { 0 };
	struct gv_shape_place place = { .text = text,
		.len = strlen(text),
		.end = strlen(text),
		.runs = &runs };

	for (; place.at < place.len; place.at++)
		for (whole = 0; whole < 2; whole++) {
			struct gv_ruleset_match m[2] = { { 0 } };
			cre2_string_t want[8] = { { NULL, 0 } };

			n = cre2_match(re, text, len, (int)place.at,
			    (int)place.end,
			    whole ? CRE2_ANCHOR_BOTH : CRE2_ANCHOR_START, want,
			    (int)group + 1);
			n = n && want[group].data;
			if (gv_ruleset_match(m, set, rule, &place, whole) !=
				n ||
			    (n &&
				(m[1].len != (size_t)want[0].length ||
				    text + m[0].at != want[group].data ||
				    m[0].len != (size_t)want[group].length)))
				fail_msg("%s: at %zu of '%s'",
				    rules.rules[rule].id, place.at, text);
		}
}

/* What is matched by a loop, and not by RE2. */
static void
test_patterns_match_as_those_of_re2(void **state)
{
	cre2_options_t *opt = cre2_opt_new();
	uint64_t seed = 42;
	size_t i, k, n;
	char text[512];

	(void)state;
	cre2_opt_set_encoding(opt, CRE2_Latin1);
	cre2_opt_set_log_errors(opt, 0);
	for (i = k = 0; i < rules.n; i++) {
		const struct gv_rule *rule = &rules.rules[i];
		cre2_regexp_t *re;

		if (rule->pattern == NULL)
			continue;
		cre2_opt_set_case_sensitive(opt, !rule->nocase);
		re = cre2_new(rule->pattern, (int)strlen(rule->pattern), opt);
		while (strcmp(rules.examples[k].rule, rule->id) != 0)
			k = (k + 1) % rules.n_examples;
		for (; k < rules.n_examples &&
		     strcmp(rules.examples[k].rule, rule->id) == 0;
		     k++) {
			char *p = example_expand(
			    rules.examples[k].text, rule->validator, &seed);

			/* then one behind the other */
			for (n = 0; n < 16; n += unit_stride(1, 4)) {
				if (n % 8 == 0)
					snprintf(text, sizeof(text), "%s %s", p,
					    n ? p : "");
				compare(i, re, text);
				mutate(text, sizeof(text), &seed);
			}
			free(p);
		}
		cre2_delete(re);
		k %= rules.n_examples;
	}
	cre2_opt_delete(opt);
}

/* Of a gap the least is taken behind which the rest is, whatever is chosen
 * there; one in front of all, behind all or of too many is RE2's. */
static void
test_gaps(void **state)
{
	static const struct {
		const char *pattern, *text;
		int is_plain;
		size_t len, group;
	} rows[] = {
		{ "a[^x]{0,9}?b(c{1,3})", "a.bb.bccc", 1, 9, 6 },
		{ "a[^x]{0,9}?(?:bb|c)(d)", "a.c.cd.bbd", 1, 6, 5 },
		{ "a[^x]{0,4}?b(c)", "a.....bc", 1, 0, 0 },
		{ "a[^x]{0,4}?b(c)", "a.x.bc", 1, 0, 0 },
		{ "a[^x]{2,9}?b(c)", "abcabc", 1, 6, 5 },
		{ "a[a-z]{1,9}?:[^x]{1,9}?=(c)", "ab:=:=c", 1, 7, 6 },
		{ "[^x]{0,9}?b(c)", "abc", 0, 0, 0 },
		{ "(a)[^x]{0,9}?", "abc", 0, 0, 0 },
		{ "(a)[^x]{0,9}?b?", "abc", 0, 0, 0 },
		{ "(a)b{0,2}?c{0,2}?d{0,2}?e", "abcde", 0, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gv_shape_runs runs = { 0 };
		size_t len = strlen(rows[i].text);
		struct gv_shape_place place = { rows[i].text, len, 0, len,
			&runs };
		struct gv_shape_match m = { 0 };
		struct gv_shape *shape;
		bool is_there;

		assert_int_equal(gv_shape_read(&shape, rows[i].pattern, false),
		    rows[i].is_plain);
		is_there =
		    shape && gv_shape_match(&m, shape, &place, true, false);
		if (is_there != (rows[i].len > 0) ||
		    (is_there &&
			(m.len != rows[i].len || m.group != rows[i].group)))
			fail_msg("'%s' in '%s': %zu bytes, group at %zu",
			    rows[i].pattern, rows[i].text, m.len, m.group);
		gv_shape_free(shape);
	}
}

static const struct gv_rule *
rule_of(const struct gv_rule_example *x)
{
	size_t i = 0;

	while (strcmp(rules.rules[i].id, x->rule) != 0)
		i++;
	return &rules.rules[i];
}

/* Whether a rule finds something in an example. */
static bool
finds(const struct gv_rule_example *x, const char *text, const char **instead)
{
	struct gv_scan scan = GV_SCAN_INIT;
	bool found = false, any = false;
	size_t i;

	if (gv_scan_run(&scan, set, x->path, text, strlen(text)) < 0)
		fail_msg("%s", gv_err_message());
	for (i = 0; i < scan.n; i++) {
		any |= scan.findings[i].grade >= GV_SCAN_POSSIBLE;
		found |= strcmp(scan.findings[i].rule->id, x->rule) == 0 &&
		    scan.findings[i].grade >= GV_SCAN_POSSIBLE;
		*instead = scan.findings[i].rule->id;
	}
	gv_scan_release(&scan);
	/* what is public is not told, nor may anything else find it */
	return rule_of(x)->kind == GV_RULE_PUBLIC && x->is_positive ? !any
								    : found;
}

static void
test_every_example(void **state)
{
	uint64_t seed = 42;
	size_t i, bad = 0;

	(void)state;
	for (i = 0; i < rules.n_examples; i++) {
		const struct gv_rule_example *x = &rules.examples[i];
		char *text =
		    example_expand(x->text, rule_of(x)->validator, &seed);
		const char *instead = "nothing";

		if (text == NULL) {
			print_message("# %s: line %u: '%s' is no template\n",
			    x->rule, x->line, x->text);
			bad++;
		} else if (finds(x, text, &instead) != x->is_positive) {
			print_message("# %s: line %u: %s found in: %s\n",
			    x->rule, x->line, instead, text);
			bad++;
		}
		free(text);
	}
	print_message("# %zu rules, %zu examples\n", rules.n, rules.n_examples);
	assert_int_equal(bad, 0);
}

static void
refuse(const char *text, const char *words)
{
	struct gv_rules some = GV_RULES_INIT;

	assert_int_equal(
	    gv_rule_parse(&some, "x.yaml", text, strlen(text)), GV_EREFUSED);
	if (strstr(gv_err_message(), words) == NULL)
		fail_msg("it said: %s", gv_err_message());
	gv_rule_release(&some);
}

static void
test_bad_rules_are_refused_with_their_line(void **state)
{
	(void)state;
	refuse("- id: a\n  colour: red\n", "x.yaml:2: a rule has no 'colour'");
	refuse("- id: A\n", "an id is of small letters");
	refuse("- id: a\n  description: b\n", "no 'remediation'");
	refuse("a: b\n", "a list of rules");
	refuse("- id: a\n  anchors: x\n", "a list of texts");
	refuse("- id: a\n  positive: [x]\n", "at least two positive");
	refuse("- id: a\n  severity: terrible\n", "'terrible' is no word");
	refuse("- id: a\n  entropy: much\n", "no entropy from 0 to 8");
	refuse("- id: a\n  offset: 9-3\n", "is no distance");
	refuse("- id: a\n  scanner: magic\n", "'magic' is no word");
	refuse("- id: a\n  validator: crc99\n", "no validator 'crc99'");
	refuse("- id: a\n  validator: base64-x\n", "no validator 'base64-x'");
}

UNIT(rule)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pattern_compiles),
		cmocka_unit_test(test_every_example),
		cmocka_unit_test(test_patterns_match_as_those_of_re2),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_patterns_that_may_take_long_are_refused),
		cmocka_unit_test(test_bad_rules_are_refused_with_their_line),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
