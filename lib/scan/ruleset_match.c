#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cre2.h>

#include "base/err.h"
#include "scan/rule.h"
#include "scan/ruleset_internal.h"
#include "scan/shape.h"

#define MAX_MEM   (1 << 20) /* of a pattern and its automata */
#define STEPS_MAX 1024      /* of a pattern that nobody has measured */
#define WORK_MAX  (1 << 20) /* steps times bytes of one match */
#define GROUPS    16

struct gv_ruleset_pattern {
	_Atomic(struct gv_shape *) shape; /* &not_plain: RE2's */
	_Atomic(cre2_regexp_t *) re;
};

/* Stands for the shape of a pattern that has none. */
static struct gv_shape not_plain;

static void
free_shape(struct gv_shape *shape)
{
	if (shape != &not_plain)
		gv_shape_free(shape);
}

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
	struct gv_shape *shape = atomic_load(&set->patterns[rule].shape),
			*none = NULL;
	int r;

	if (shape == NULL) {
		r = gv_shape_read(
		    &shape, set->rules[rule].pattern, set->rules[rule].nocase);
		if (r < 0)
			return r;
		if (r == 0)
			shape = &not_plain;
		if (!atomic_compare_exchange_strong(
			&set->patterns[rule].shape, &none, shape)) {
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

	*out = atomic_load(&set->patterns[rule].re);
	if (*out)
		return 0;
	r = compile(out, &set->rules[rule]);
	if (r < 0)
		return r;
	if (!atomic_compare_exchange_strong(
		&set->patterns[rule].re, &none, *out)) {
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

int
gv_ruleset_new_patterns(struct gv_ruleset *set, size_t n)
{
	set->patterns = calloc(n + 1, sizeof(*set->patterns));
	return set->patterns ? 0 : gv_err_nomem();
}

void
gv_ruleset_free_patterns(struct gv_ruleset *set)
{
	size_t i;

	for (i = 0; set->patterns && i < set->n; i++) {
		free_shape(atomic_load(&set->patterns[i].shape));
		cre2_delete(atomic_load(&set->patterns[i].re));
	}
	free(set->patterns);
}
