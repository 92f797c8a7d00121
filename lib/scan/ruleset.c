#include "scan/ruleset.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cre2.h>

#include "base/err.h"
#include "base/vec.h"
#include "scan/gate.h"
#include "scan/rule.h"
#include "scan/shape.h"

#define MAX_MEM    (1 << 20) /* of a pattern and its automata */
#define GROUPS     16
#define VARIANTS   4  /* in which a name's words are joined */
#define ANCHOR_MAX 64 /* bytes of one whose words are joined anew */

struct literal {
	const char *text; /* own: to be freed */
	size_t len;
	bool nocase;
	size_t *rules;
	size_t n, cap;
};

struct gv_ruleset {
	const struct gv_rule *rules;
	size_t n;
	struct gv_shape *shapes; /* n of 0: not plain, and RE2's */
	_Atomic(cre2_regexp_t *) *patterns;
	struct literal *literals;
	size_t n_literals, cap_literals;
	struct gv_gate_literal *gate_literals;
	struct gv_gate *gate;
	size_t *files; /* rules that go by the names of files */
	size_t n_files;
	const struct gv_rule *generic; /* the first of scanner keyvalue */
};

/* --- literals --- */

static int
add_literal(struct gv_ruleset *set, size_t rule, const char *text, bool nocase)
{
	size_t len = strlen(text), i;
	struct literal *lit = NULL;
	int r;

	for (i = 0; i < set->n_literals && lit == NULL; i++)
		if (set->literals[i].len == len &&
		    set->literals[i].nocase == nocase &&
		    memcmp(set->literals[i].text, text, len) == 0)
			lit = &set->literals[i];
	if (lit == NULL) {
		r = gv_vec_grow((void **)&set->literals, &set->cap_literals,
		    set->n_literals + 1, sizeof(*set->literals));
		if (r < 0)
			return r;
		lit = &set->literals[set->n_literals];
		memset(lit, 0, sizeof(*lit));
		lit->text = strdup(text);
		if (lit->text == NULL)
			return gv_err_nomem();
		lit->len = len;
		lit->nocase = nocase;
		set->n_literals++;
	}
	/* an anchor may come out the same in several variants */
	if (lit->n && lit->rules[lit->n - 1] == rule)
		return 0;
	r = gv_vec_grow(
	    (void **)&lit->rules, &lit->cap, lit->n + 1, sizeof(*lit->rules));
	if (r == 0)
		lit->rules[lit->n++] = rule;
	return r;
}

/* The words of a name joined by each of '_', '-', '.' and nothing. */
static int
add_variants(struct gv_ruleset *set, size_t rule, const char *anchor)
{
	static const char joints[VARIANTS] = { '_', '-', '.', '\0' };
	char text[ANCHOR_MAX];
	size_t i, n;
	int r = 0, v;

	if (strpbrk(anchor, "_-.") == NULL || strlen(anchor) >= ANCHOR_MAX)
		return add_literal(set, rule, anchor, true);
	for (v = 0; r == 0 && v < VARIANTS; v++) {
		for (i = n = 0; anchor[i]; i++) {
			if (strchr("_-.", anchor[i]) == NULL)
				text[n++] = anchor[i];
			else if (joints[v])
				text[n++] = joints[v];
		}
		text[n] = '\0';
		if (n >= GV_GATE_MIN)
			r = add_literal(set, rule, text, true);
	}
	return r;
}

static bool
is_of_file(const struct gv_rule *rule)
{
	return rule->scanner &&
	    (strcmp(rule->scanner, "keystore") == 0 ||
		strcmp(rule->scanner, "pgpass") == 0);
}

static bool
is_keyvalue(const struct gv_rule *rule)
{
	return rule->scanner && strcmp(rule->scanner, "keyvalue") == 0;
}

static int
add_rule(struct gv_ruleset *set, size_t number)
{
	const struct gv_rule *rule = &set->rules[number];
	size_t i;
	int r = 0;

	if (is_of_file(rule)) {
		set->files[set->n_files++] = number;
		return 0;
	}

	if (is_keyvalue(rule) && set->generic == NULL)
		set->generic = rule;
	for (i = 0; r == 0 && rule->anchors[i]; i++)
		r = rule->way == GV_RULE_VALUE || is_keyvalue(rule)
		    ? add_variants(set, number, rule->anchors[i])
		    : add_literal(set, number, rule->anchors[i], rule->nocase);
	return r;
}

static int
build_gate(struct gv_ruleset *set)
{
	size_t i;

	set->gate_literals =
	    calloc(set->n_literals + 1, sizeof(*set->gate_literals));
	if (set->gate_literals == NULL)
		return gv_err_nomem();
	for (i = 0; i < set->n_literals; i++) {
		set->gate_literals[i].text = set->literals[i].text;
		set->gate_literals[i].len = set->literals[i].len;
		set->gate_literals[i].nocase = set->literals[i].nocase;
	}
	return gv_gate_new(&set->gate, set->gate_literals, set->n_literals);
}

int
gv_ruleset_new(struct gv_ruleset **out, const struct gv_rule *rules, size_t n)
{
	struct gv_ruleset *set = calloc(1, sizeof(*set));
	size_t i;
	int r = 0;

	if (set == NULL)
		return gv_err_nomem();
	set->rules = rules;
	set->n = n;
	set->patterns = calloc(n + 1, sizeof(*set->patterns));
	set->shapes = calloc(n + 1, sizeof(*set->shapes));
	set->files = calloc(n + 1, sizeof(*set->files));
	if (set->patterns == NULL || set->shapes == NULL || set->files == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < n; i++) {
		if (rules[i].pattern &&
		    !gv_shape_parse(
			&set->shapes[i], rules[i].pattern, rules[i].nocase))
			set->shapes[i].n = 0;
		r = add_rule(set, i);
	}
	if (r == 0)
		r = build_gate(set);
	if (r < 0)
		gv_ruleset_free(set);
	else
		*out = set;
	return r;
}

void
gv_ruleset_free(struct gv_ruleset *set)
{
	size_t i;

	if (set == NULL)
		return;
	gv_gate_free(set->gate);
	for (i = 0; set->patterns && i < set->n; i++)
		cre2_delete(atomic_load(&set->patterns[i]));
	for (i = 0; i < set->n_literals; i++) {
		free((char *)set->literals[i].text);
		free(set->literals[i].rules);
	}
	free(set->literals);
	free(set->gate_literals);
	free(set->patterns);
	free(set->shapes);
	free(set->files);
	free(set);
}

const struct gv_gate *
gv_ruleset_gate(const struct gv_ruleset *set)
{
	return set->gate;
}

const struct gv_rule *
gv_ruleset_rule(const struct gv_ruleset *set, size_t rule)
{
	return &set->rules[rule];
}

const size_t *
gv_ruleset_files(const struct gv_ruleset *set, size_t *n)
{
	*n = set->n_files;
	return set->files;
}

const struct gv_rule *
gv_ruleset_generic(const struct gv_ruleset *set)
{
	return set->generic;
}

const size_t *
gv_ruleset_of(
    const struct gv_ruleset *set, size_t literal, size_t *n, size_t *len)
{
	*n = set->literals[literal].n;
	*len = set->literals[literal].len;
	return set->literals[literal].rules;
}

/* --- patterns --- */

static int
compile(cre2_regexp_t **out, const struct gv_rule *rule)
{
	cre2_options_t *opt = cre2_opt_new();
	cre2_regexp_t *re;

	if (opt == NULL)
		return gv_err_nomem();
	cre2_opt_set_log_errors(opt, 0);
	cre2_opt_set_encoding(opt, CRE2_Latin1);
	cre2_opt_set_max_mem(opt, MAX_MEM);
	cre2_opt_set_case_sensitive(opt, !rule->nocase);
	re = cre2_new(rule->pattern, (int)strlen(rule->pattern), opt);
	cre2_opt_delete(opt);
	if (re == NULL)
		return gv_err_nomem();
	if (cre2_error_code(re)) {
		gv_err(GV_EREFUSED, "rule '%s': its pattern is none: %s",
		    rule->id, cre2_error_string(re));
		cre2_delete(re);
		return GV_EREFUSED;
	}
	if ((int)rule->group > cre2_num_capturing_groups(re)) {
		gv_err(GV_EREFUSED, "rule '%s': its pattern has no group %u",
		    rule->id, rule->group);
		cre2_delete(re);
		return GV_EREFUSED;
	}
	*out = re;
	return 0;
}

/* Two threads may compile one pattern; the second one's is thrown away. */
static int
get(cre2_regexp_t **out, struct gv_ruleset *set, size_t rule)
{
	cre2_regexp_t *none = NULL;
	int r;

	*out = atomic_load(&set->patterns[rule]);
	if (*out)
		return 0;
	r = compile(out, &set->rules[rule]);
	if (r < 0)
		return r;
	if (!atomic_compare_exchange_strong(
		&set->patterns[rule], &none, *out)) {
		cre2_delete(*out);
		*out = none;
	}
	return 0;
}

int
gv_ruleset_check(struct gv_ruleset *set)
{
	cre2_regexp_t *re;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < set->n; i++)
		if (set->rules[i].pattern)
			r = get(&re, set, i);
	return r;
}

/* As below, where the pattern is plain. */
static int
match_shape(struct gv_ruleset_match out[2], const struct gv_ruleset *set,
    size_t rule, const struct gv_shape_place *place, bool whole)
{
	size_t group, group_len, at = place->at, end = place->end;
	size_t n =
	    gv_shape_match(&set->shapes[rule], place, &group, &group_len);

	if (n == 0 || (whole && at + n != end))
		return 0;
	out[1] = (struct gv_ruleset_match){ at, n };
	out[0] = set->rules[rule].group
	    ? (struct gv_ruleset_match){ group, group_len }
	    : out[1];
	return 1;
}

int
gv_ruleset_match(struct gv_ruleset_match out[2], struct gv_ruleset *set,
    size_t rule, const struct gv_shape_place *place, bool whole)
{
	size_t len = place->len, at = place->at, end = place->end;
	const char *text = place->text;
	cre2_anchor_t anchor = whole ? CRE2_ANCHOR_BOTH : CRE2_ANCHOR_START;
	unsigned group = set->rules[rule].group;
	cre2_string_t m[GROUPS];
	cre2_regexp_t *re;
	size_t from = at > 1 ? at - 1 : 0, to = end < len ? end + 1 : len;
	int r;

	if (set->shapes[rule].n)
		return match_shape(out, set, rule, place, whole);
	r = get(&re, set, rule);
	if (r < 0)
		return r;
	/* lengths are int there; one byte on both sides is context enough */
	text += from;
	len = to - from;
	if (len > INT_MAX)
		return 0;
	at -= from;
	end -= from;
	if (!cre2_match(
		re, text, (int)len, (int)at, (int)end, anchor, NULL, 0) ||
	    !cre2_match(re, text, (int)len, (int)at, (int)end, anchor, m,
		(int)group + 1) ||
	    m[group].data == NULL)
		return 0;
	out[0].at = from + (size_t)(m[group].data - text);
	out[0].len = (size_t)m[group].length;
	out[1].at = from + (size_t)(m[0].data - text);
	out[1].len = (size_t)m[0].length;
	return 1;
}
