#include "scan/ruleset.h"

#include <assert.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cre2.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "lex/ascii.h"
#include "scan/gate.h"
#include "scan/rule.h"
#include "scan/scan.h"
#include "scan/scanner.h"
#include "scan/shape.h"
#include "scan/word.h"

#define MAX_MEM    (1 << 20) /* of a pattern and its automata */
#define STEPS_MAX  1024      /* of a pattern that nobody has measured */
#define WORK_MAX   (1 << 20) /* steps times bytes of one match */
#define GROUPS     16
#define VARIANTS   4  /* in which a name's words are joined */
#define ANCHOR_MAX 64 /* bytes of one whose words are joined again */

struct literals {
	struct gv_ruleset_literal *p;
	size_t n, cap;
	struct gv_map by_text[2]; /* by nocase: to 1 + its place in `p` */
};

/* A word in which no parts are joined; the last one has no text. */
struct plain {
	const char *text;
	size_t len;
	char head; /* its first letter, small */
};

struct gv_ruleset {
	const struct gv_rule *rules;
	size_t n;
	/* of the patterns that were looked at; &not_plain: RE2's */
	_Atomic(struct gv_shape *) *shapes;
	_Atomic(cre2_regexp_t *) *patterns;
	gv_scanner_fn *scanners;
	struct literals texts, paths, names; /* in texts, paths and names */
	struct gv_gate_literal *text_literals, *path_literals;
	struct gv_gate *gate, *path_gate;
	struct gv_word *words;
	const struct gv_rule *generic; /* the first of scanner keyvalue */
	struct plain *plain;           /* its anchors that have no joints */
	size_t comment;                /* the literal that is GV_SCAN_ALLOW */
};

/* Stands for the shape of a pattern that has none. */
static struct gv_shape not_plain;

/* --- literals --- */

/* One that is of no rule yet. */
static int
new_literal(struct literals *list, const char *text, size_t len, bool nocase)
{
	struct gv_ruleset_literal *lit;
	int r = GV_GROW(list->p, list->n, list->cap);

	if (r < 0)
		return r;
	lit = &list->p[list->n];
	*lit = (struct gv_ruleset_literal){
		.text = strdup(text), .len = len, .nocase = nocase
	};
	if (lit->text == NULL)
		return gv_err_nomem();
	list->n++;
	return gv_map_put(
	    &list->by_text[nocase], lit->text, len, (void *)(uintptr_t)list->n);
}

/* Where it stands among those of the list, into which it comes if it is new. */
static int
find_literal(size_t *at, struct literals *list, const char *text, bool nocase)
{
	size_t len = strlen(text), next;
	int r = 0;

	next = (size_t)(uintptr_t)gv_map_get(&list->by_text[nocase], text, len);
	if (next == 0) {
		r = new_literal(list, text, len, nocase);
		next = list->n;
	}
	*at = next - 1;
	return r;
}

static enum gv_ruleset_job
job_of(const struct gv_ruleset *set, size_t number)
{
	const struct gv_rule *rule = &set->rules[number];

	if (rule->way == GV_RULE_PATTERN)
		return GV_RULESET_TOKEN;
	if (rule->way == GV_RULE_VALUE || rule == set->generic)
		return GV_RULESET_PAIR;
	if (set->scanners[number])
		return GV_RULESET_SCANNER;
	return strcmp(rule->scanner, "k8s") == 0     ? GV_RULESET_K8S
	    : strcmp(rule->scanner, "marked") == 0   ? GV_RULESET_MARKED
	    : strcmp(rule->scanner, "tfstate") == 0  ? GV_RULESET_TFSTATE
	    : strcmp(rule->scanner, "chpasswd") == 0 ? GV_RULESET_ACCOUNTS
						     : GV_RULESET_NONE;
}

static int
add_literal(struct gv_ruleset *set, struct literals *list, size_t rule,
    const char *text, bool nocase)
{
	struct gv_ruleset_literal *lit;
	size_t at;
	int r = find_literal(&at, list, text, nocase);

	if (r < 0)
		return r;
	assert(list->p);
	lit = &list->p[at];
	/* an anchor may come out the same in several variants */
	if (lit->n && lit->uses[lit->n - 1].rule == rule)
		return 0;
	if ((r = GV_GROW(lit->uses, lit->n, lit->cap)) == 0)
		lit->uses[lit->n++] =
		    (struct gv_ruleset_use){ rule, job_of(set, rule) };
	return r;
}

static bool
has_joint(const char *word)
{
	return strpbrk(word, "_-.") != NULL;
}

/* The words of a name joined by each of '_', '-', '.' and nothing. */
static int
add_variants(struct gv_ruleset *set, size_t rule, const char *anchor)
{
	static const char joints[VARIANTS] = { '_', '-', '.', '\0' };
	char text[ANCHOR_MAX];
	size_t i, n;
	int r = 0, v;

	if (!has_joint(anchor) || strlen(anchor) >= ANCHOR_MAX)
		return add_literal(set, &set->texts, rule, anchor, true);
	for (v = 0; r == 0 && v < VARIANTS; v++) {
		for (i = n = 0; anchor[i]; i++) {
			if (strchr("_-.", anchor[i]) == NULL)
				text[n++] = anchor[i];
			else if (joints[v])
				text[n++] = joints[v];
		}
		text[n] = '\0';
		if (n >= GV_GATE_MIN)
			r = add_literal(set, &set->texts, rule, text, true);
	}
	return r;
}

static void
free_literals(struct literals *list)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		free(list->p[i].text);
		free(list->p[i].uses);
	}
	free(list->p);
	gv_map_release(&list->by_text[false]);
	gv_map_release(&list->by_text[true]);
}

/* --- rules --- */

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
find_generic(struct gv_ruleset *set)
{
	const char *const *word = NULL;
	size_t i, n = 0;

	for (i = 0; i < set->n && set->generic == NULL; i++)
		if (is_keyvalue(&set->rules[i]))
			set->generic = &set->rules[i];
	if (set->generic)
		word = set->generic->anchors;
	for (i = 0; word && word[i]; i++)
		;
	set->plain = calloc(i + 1, sizeof(*set->plain));
	if (set->plain == NULL)
		return gv_err_nomem();
	for (i = 0; word && word[i]; i++)
		if (!has_joint(word[i]))
			set->plain[n++] = (struct plain){ word[i],
				strlen(word[i]), gv_ascii_small(word[i][0]) };
	return 0;
}

/* Whether a name that holds this text is read anyway, for a word of the rule
 * of scanner keyvalue that is in it, however its own parts are joined. */
static bool
is_read_anyway(const struct gv_ruleset *set, const char *text)
{
	const struct plain *w;
	char head;

	for (; *text; text++) {
		head = gv_ascii_small(*text);
		for (w = set->plain; w->text; w++)
			if (w->head == head &&
			    strncasecmp(text, w->text, w->len) == 0)
				return true;
	}
	return false;
}

/* A rule that goes by names: with a list of these, of which one must be in the
 * name, each of which may make it read; else its anchors do. */
static int
add_value(struct gv_ruleset *set, size_t number)
{
	const struct gv_rule *rule = &set->rules[number];
	bool is_read = rule->names != NULL;
	size_t i;
	int r = 0;

	for (i = 0; is_read && rule->names[i]; i++)
		is_read = is_read_anyway(set, rule->names[i]);
	for (i = 0; r == 0 && rule->anchors[i]; i++) {
		r = add_literal(
		    set, &set->names, number, rule->anchors[i], true);
		if (r == 0 && !is_read &&
		    !is_read_anyway(set, rule->anchors[i]))
			r = add_variants(set, number, rule->anchors[i]);
	}
	return r;
}

static int
add_rule(struct gv_ruleset *set, size_t number)
{
	const struct gv_rule *rule = &set->rules[number];
	size_t i;
	int r = 0;

	if (rule->scanner)
		set->scanners[number] = gv_scanner_find(rule->scanner);
	if (rule->way == GV_RULE_VALUE)
		return add_value(set, number);
	for (i = 0; r == 0 && rule->anchors[i]; i++)
		r = is_of_file(rule) ? add_literal(set, &set->paths, number,
					   rule->anchors[i], false)
		    : is_keyvalue(rule)
		    ? add_variants(set, number, rule->anchors[i])
		    : add_literal(set, &set->texts, number, rule->anchors[i],
			  rule->nocase);
	return r;
}

static int
build_gate(struct gv_gate **gate, struct gv_gate_literal **out,
    const struct literals *list)
{
	size_t i;

	*out = calloc(list->n + 1, sizeof(**out));
	if (*out == NULL)
		return gv_err_nomem();
	for (i = 0; i < list->n; i++)
		(*out)[i] = (struct gv_gate_literal){ list->p[i].text,
			list->p[i].len, list->p[i].nocase };
	return gv_gate_new(gate, *out, list->n);
}

static int
build_words(struct gv_ruleset *set)
{
	const char **texts = calloc(set->names.n + 1, sizeof(*texts));
	size_t i;
	int r;

	if (texts == NULL)
		return gv_err_nomem();
	for (i = 0; i < set->names.n; i++)
		texts[i] = set->names.p[i].text;
	r = gv_word_new(&set->words, texts, set->names.n);
	free(texts);
	return r;
}

static int
build(struct gv_ruleset *set)
{
	int r = find_generic(set);
	size_t i;

	for (i = 0; r == 0 && i < set->n; i++)
		r = add_rule(set, i);
	if (r < 0 ||
	    (r = find_literal(
		 &set->comment, &set->texts, GV_SCAN_ALLOW, false)) < 0 ||
	    (r = build_gate(&set->gate, &set->text_literals, &set->texts)) <
		0 ||
	    (r = build_gate(
		 &set->path_gate, &set->path_literals, &set->paths)) < 0)
		return r;
	return build_words(set);
}

static void
free_shape(struct gv_shape *shape)
{
	if (shape != &not_plain)
		gv_shape_free(shape);
}

int
gv_ruleset_new(struct gv_ruleset **out, const struct gv_rule *rules, size_t n)
{
	struct gv_ruleset *set = calloc(1, sizeof(*set));
	int r;

	if (set == NULL)
		return gv_err_nomem();
	set->rules = rules;
	set->n = n;
	set->patterns = calloc(n + 1, sizeof(*set->patterns));
	set->shapes = calloc(n + 1, sizeof(*set->shapes));
	set->scanners = calloc(n + 1, sizeof(*set->scanners));
	if (set->patterns == NULL || set->shapes == NULL ||
	    set->scanners == NULL)
		r = gv_err_nomem();
	else
		r = build(set);
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
	gv_gate_free(set->path_gate);
	gv_word_free(set->words);
	for (i = 0; set->patterns && i < set->n; i++)
		cre2_delete(atomic_load(&set->patterns[i]));
	for (i = 0; set->shapes && i < set->n; i++)
		free_shape(atomic_load(&set->shapes[i]));
	free_literals(&set->texts);
	free_literals(&set->paths);
	free_literals(&set->names);
	free(set->text_literals);
	free(set->path_literals);
	free(set->patterns);
	free(set->plain);
	free(set->shapes);
	free(set->scanners);
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

const struct gv_gate *
gv_ruleset_path_gate(const struct gv_ruleset *set)
{
	return set->path_gate;
}

const struct gv_rule *
gv_ruleset_of_path(
    const struct gv_ruleset *set, size_t literal, const char **anchor)
{
	*anchor = set->paths.p[literal].text;
	return &set->rules[set->paths.p[literal].uses[0].rule];
}

gv_scanner_fn
gv_ruleset_scanner(const struct gv_ruleset *set, size_t rule)
{
	return set->scanners[rule];
}

const struct gv_word *
gv_ruleset_words(const struct gv_ruleset *set)
{
	return set->words;
}

const struct gv_ruleset_literal *
gv_ruleset_of_word(const struct gv_ruleset *set, size_t word)
{
	return &set->names.p[word];
}

const struct gv_rule *
gv_ruleset_generic(const struct gv_ruleset *set)
{
	return set->generic;
}

const struct gv_rule *
gv_ruleset_find(const struct gv_ruleset *set, const char *id)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (strcmp(set->rules[i].id, id) == 0)
			return &set->rules[i];
	return NULL;
}

size_t
gv_ruleset_comment(const struct gv_ruleset *set)
{
	return set->comment;
}

const struct gv_ruleset_literal *
gv_ruleset_of(const struct gv_ruleset *set, size_t literal)
{
	return &set->texts.p[literal];
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
		gv_err(GV_EREFUSED, "rule '%s': its pattern is invalid: %s",
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

/* The shape of a rule's pattern, NULL where RE2 has to match it. Two threads
 * may read one pattern; the second one's is thrown away. */
static int
get_shape(
    const struct gv_shape **out, const struct gv_ruleset *set, size_t rule)
{
	struct gv_shape *shape = atomic_load(&set->shapes[rule]), *none = NULL;
	int r;

	if (shape == NULL) {
		r = gv_shape_read(
		    &shape, set->rules[rule].pattern, set->rules[rule].nocase);
		if (r < 0)
			return r;
		if (r == 0)
			shape = &not_plain;
		if (!atomic_compare_exchange_strong(
			&set->shapes[rule], &none, shape)) {
			free_shape(shape);
			shape = none;
		}
	}
	*out = shape == &not_plain ? NULL : shape;
	return 0;
}

/* The same for patterns that are compiled. */
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

/* RE2 takes a step for each byte and each way in which a pattern may go on, of
 * which one can have as many as steps: (a{0,30}){0,10} has 308. */
static int
check(struct gv_ruleset *set, size_t rule)
{
	const struct gv_shape *shape;
	cre2_regexp_t *re;
	int r;

	if ((r = get(&re, set, rule)) < 0 ||
	    (r = get_shape(&shape, set, rule)) < 0)
		return r;
	if (shape == NULL && cre2_program_size(re) > STEPS_MAX)
		return gv_err(GV_EREFUSED,
		    "rule '%s': its pattern has %d steps, and at most %d may "
		    "be: bound its repeats lower, or write rules of their own "
		    "for what it chooses between",
		    set->rules[rule].id, cre2_program_size(re), STEPS_MAX);
	return 0;
}

int
gv_ruleset_check(struct gv_ruleset *set, const char *name)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < set->n; i++) {
		if (set->rules[i].pattern == NULL)
			continue;
		r = check(set, i);
		if (r == GV_EREFUSED)
			r = gv_err_in(r, "%s:%u", name, set->rules[i].line);
	}
	return r;
}

/* How many bytes a match may take. No bounded pattern takes more than it has
 * steps; an unbounded one as many as are affordable. */
static size_t
reach(const cre2_regexp_t *re)
{
	int steps = cre2_program_size(re);
	int most = WORK_MAX / (steps > 0 ? steps : 1);

	return (size_t)(steps > most ? steps : most);
}

/* As below, where the pattern is plain. */
static int
match_shape(struct gv_ruleset_match out[2], const struct gv_shape *shape,
    bool has_group, const struct gv_shape_place *place, bool whole)
{
	struct gv_shape_match m = { 0 };

	if (!gv_shape_match(&m, shape, place, has_group, whole))
		return 0;
	out[1] = (struct gv_ruleset_match){ place->at, m.len };
	out[0] = has_group ? (struct gv_ruleset_match){ m.group, m.group_len }
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
	const struct gv_shape *shape;
	cre2_regexp_t *re;
	size_t from = at > 1 ? at - 1 : 0, to = end < len ? end + 1 : len;
	int r;

	if ((r = get_shape(&shape, set, rule)) < 0)
		return r;
	if (shape)
		return match_shape(out, shape, group > 0, place, whole);
	r = get(&re, set, rule);
	if (r < 0)
		return r;
	if (end - at > reach(re)) {
		if (whole)
			return 0;
		end = at + reach(re);
		to = end + 1;
	}
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
