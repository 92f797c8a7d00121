#include "helper/scan-storm.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "helper/example.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/scan.h"

#define SMALL  1000000
#define LARGE  (4 * SMALL)
#define RUN    4000 /* longer than anything that is confirmed */
#define ROUNDS 5    /* at most */

/* What is laid end to end: %A is an anchor, another each time, %R a long run
 * of what a value can be made of, %E an example, %L one on a single line. */
static const struct {
	const char *name, *path, *head, *text;
} storms[] = {
	{ "anchors", "a.txt", "", "%A" },
	{ "words", "a.txt", "", " %A" },
	{ "empty", "a.yaml", "", "%A: \n" },
	{ "short", "a.env", "", "%A=a1B2\n" },
	{ "quotes", "a.json", "{", "\"%A\":\"" },
	{ "runs", "a.txt", "", "%A%R " },
	{ "values", "a.tf", "", "%A = \"%R\"\n" },
	{ "endless", "a.txt", "%A", "%R" },
	{ "endless-value", "a.yaml", "%A: \"", "%R" },
	{ "examples", NULL, "", "%E\n" },
	{ "one-line", NULL, "", "%L " },
};

struct storm {
	const struct gv_rules *rules;
	const struct gv_rule *rule;
	const char *path;
	const struct gv_rule_example *examples;
	size_t n_examples;
	size_t anchor, example; /* the next of each */
	uint64_t seed;
};

static void
add_run(struct gv_buf *out, struct storm *s)
{
	char *run = example_expand("{base62*4000}", NULL, &s->seed);

	if (run)
		gv_buf_add(out, run, RUN);
	free(run);
}

/* The rule's positive examples: they stand together, in front of
 * the negative ones. */
static void
find_examples(struct storm *s)
{
	const struct gv_rule_example *e = s->rules->examples;
	size_t n = s->rules->n_examples, i;

	for (i = 0; i < n && strcmp(e[i].rule, s->rule->id) != 0; i++)
		;
	s->examples = e + i;
	while (
	    i < n && strcmp(e[i].rule, s->rule->id) == 0 && e[i].is_positive) {
		s->n_examples++;
		i++;
	}
	if (s->n_examples && s->path == NULL)
		s->path = s->examples->path ? s->examples->path : "a.yaml";
}

/* The next of them. */
static void
add_example(struct gv_buf *out, struct storm *s, bool one_line)
{
	const struct gv_rule_example *e;
	char *text, *p;

	if (s->n_examples == 0)
		return;
	e = &s->examples[s->example++ % s->n_examples];
	text = example_expand(e->text, s->rule->validator, &s->seed);
	for (p = text; one_line && p && *p; p++)
		if (*p == '\n')
			*p = ' ';
	if (text)
		gv_buf_addstr(out, text);
	free(text);
}

static void
add(struct gv_buf *out, struct storm *s, const char *template)
{
	for (; *template; template ++) {
		if (*template != '%') {
			gv_buf_add(out, template, 1);
			continue;
		}
		switch (*++template) {
		case 'A':
			if (s->rule->anchors[s->anchor] == NULL)
				s->anchor = 0;
			gv_buf_addstr(out, s->rule->anchors[s->anchor++]);
			break;
		case 'R':
			add_run(out, s);
			break;
		default:
			add_example(out, s, *template == 'L');
		}
	}
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Lower *least to the time that a scan of so many bytes takes. */
static int
scan(struct gv_scan *scan, struct gv_ruleset *set, const struct storm *s,
    const struct gv_buf *text, size_t len, double *least)
{
	double begin = now(), took;
	int r = gv_scan_run(scan, set, s->path, text->p, len);

	took = now() - begin;
	if (took < *least)
		*least = took;
	return r;
}

static int
measure(struct gv_ruleset *set, const struct storm *s, const char *name,
    const struct gv_buf *text)
{
	struct gv_scan state = GV_SCAN_INIT;
	double small = 1e9, large = 1e9;
	int i, r = 0;

	/* others work here, too: what looks odd is looked at again */
	for (i = 0; r == 0 && i < ROUNDS && (i < 1 || large > 6 * small); i++) {
		r = scan(&state, set, s, text, SMALL, &small);
		if (r == 0)
			r = scan(&state, set, s, text, SMALL, &small);
		if (r == 0)
			r = scan(&state, set, s, text, LARGE, &large);
	}
	if (r == 0)
		printf("%s\t%s\t%.2f\t%.2f\t%zu\n", s->rule->id, name, small,
		    large, state.n);
	gv_scan_release(&state);
	return r;
}

static int
storm_rule(const struct gv_rules *rules, struct gv_ruleset *set, size_t number)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(storms) / sizeof(*storms); i++) {
		struct storm s = { .rules = rules,
			.rule = &rules->rules[number],
			.path = storms[i].path,
			.seed = 1 };

		find_examples(&s);
		gv_buf_reset(&text);
		add(&text, &s, storms[i].head);
		while (text.len < LARGE)
			add(&text, &s, storms[i].text);
		r = gv_buf_check(&text);
		if (r == 0)
			r = measure(set, &s, storms[i].name, &text);
	}
	gv_buf_release(&text);
	return r;
}

int
scan_storm(const struct gv_rules *rules, struct gv_ruleset *set, size_t step,
    const char *id)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < rules->n; i++)
		if (id ? strcmp(rules->rules[i].id, id) == 0 : i % step == 0)
			r = storm_rule(rules, set, i);
	return r;
}
