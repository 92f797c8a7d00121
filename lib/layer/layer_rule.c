#include <string.h>

#include "base/buf.h"
#include "layer/layer_internal.h"

/*
 * Which rule is for a path. Patterns are read each time: there are few of them,
 * and only lists, maps and nulls ask.
 */

const char *const gv_layer_ways[] = { "default", "replace", "append", "prepend",
	"unique", "by", NULL };

#define STEPS_MAX 64 /* of a pattern */

struct pattern {
	struct gv_layer_step steps[STEPS_MAX];
	size_t n, names, deep;
	struct gv_buf texts[STEPS_MAX];
};

static bool
is(const struct gv_layer_step *s, const char *word)
{
	return !s->is_element && s->len == strlen(word) &&
	    memcmp(s->p, word, s->len) == 0;
}

/* "[]" is the step of an element, whichever it is. */
static bool
read_pattern(struct pattern *out, const char *path)
{
	struct gv_layer_step *s;

	out->n = out->names = out->deep = 0;
	while (*path) {
		if (out->n == STEPS_MAX)
			return false;
		s = &out->steps[out->n];
		out->texts[out->n] = (struct gv_buf)GV_BUF_INIT;
		out->n++;
		if (strncmp(path, "[]", 2) == 0) {
			*s = (struct gv_layer_step){ .is_element = true };
			path += path[2] == '.' ? 3 : 2;
		} else if (!gv_layer_next_step(
			       s, &path, &out->texts[out->n - 1])) {
			return false;
		}
		if (is(s, "**"))
			out->deep++;
		else if (!is(s, "*"))
			out->names++;
	}
	return true;
}

static void
release(struct pattern *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		gv_buf_release(&p->texts[i]);
}

static bool
is_step(const struct gv_layer_step *want, const struct gv_layer_step *have)
{
	if (is(want, "*"))
		return true;
	if (want->is_element || have->is_element)
		return want->is_element && have->is_element;
	return want->len == have->len &&
	    memcmp(want->p, have->p, want->len) == 0;
}

/* The last "**" takes one step more each time that what follows does not fit:
 * pattern times path at worst. */
static bool
matches(const struct pattern *p, const struct gv_layer_step *steps, size_t n)
{
	size_t i = 0, k = 0, star = SIZE_MAX, from = 0;

	while (k < n) {
		if (i < p->n && is(&p->steps[i], "**")) {
			star = i++;
			from = k;
		} else if (i < p->n && is_step(&p->steps[i], &steps[k])) {
			i++;
			k++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			k = ++from;
		} else {
			return false;
		}
	}
	while (i < p->n && is(&p->steps[i], "**"))
		i++;
	return i == p->n;
}

const struct gv_layer_rule *
gv_layer_rule_at(const struct gv_layer_opts *opts,
    const struct gv_layer_step *steps, size_t n)
{
	const struct gv_layer_rule *best = NULL;
	size_t names = 0, deep = 0, i;

	for (i = 0; i < opts->n_rules; i++) {
		struct pattern p;
		const bool fits = read_pattern(&p, opts->rules[i].path) &&
		    matches(&p, steps, n);

		release(&p);
		if (!fits ||
		    (best &&
			(p.names < names ||
			    (p.names == names && p.deep > deep))))
			continue;
		best = &opts->rules[i];
		names = p.names;
		deep = p.deep;
	}
	return best;
}

const struct gv_layer_rule *
gv_layer_rule_of(const struct gv_layer_opts *opts, const char *path)
{
	struct gv_layer_step steps[GV_LAYER_DEPTH_MAX];
	const struct gv_layer_rule *rule = NULL;
	struct gv_buf texts = GV_BUF_INIT;
	size_t n = 0;

	if (opts->n_rules == 0)
		return NULL;
	/* room for all texts at once, so that none of them moves */
	if (gv_buf_grow(&texts, strlen(path) + 1) < 0)
		goto out;
	while (*path) {
		if (n == GV_LAYER_DEPTH_MAX ||
		    !gv_layer_next_step(&steps[n], &path, &texts))
			goto out;
		n++;
	}
	rule = gv_layer_rule_at(opts, steps, n);
out:
	gv_buf_release(&texts);
	return rule;
}
