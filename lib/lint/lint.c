#include "lint/lint_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "infra/envtree.h"

/* ---- adding -------------------------------------------------------------- */

static bool
is_wanted(const struct gv_lint *c, const struct gv_lint_rule *rule)
{
	enum gv_lint_severity severity;
	size_t i;

	if (!gv_lint_level(&severity, c, rule, rule->severity))
		return false;
	for (i = 0; i < c->opts->n_rules; i++)
		if (gv_lint_rule_is(rule, c->opts->rules[i]))
			return true;
	return c->opts->n_rules == 0;
}

bool
gv_lint_is_shown(const struct gv_lint *c, const char *rule)
{
	const struct gv_lint_rule *r = gv_lint_rule(rule);
	enum gv_lint_severity severity;

	return is_wanted(c, r) && gv_lint_level(&severity, c, r, r->severity) &&
	    severity >= c->opts->least;
}

/* The finding of a rule and subject, by its number + 1 in the map. */
static struct gv_lint_finding *
find(struct gv_lint *c, const char *key, size_t len)
{
	const uintptr_t at =
	    (uintptr_t)gv_map_get(&c->report->by_subject, key, len);

	return at ? &c->report->findings[at - 1] : NULL;
}

static struct gv_lint_finding *
make(struct gv_lint *c, const struct gv_lint_rule *rule,
    const struct gv_buf *key, const char *text)
{
	struct gv_lint_report *report = c->report;
	struct gv_lint_finding *f;
	char *kept = gv_arena_copy(&report->arena, key->p, key->len);
	char *sentence = gv_arena_copy(&report->arena, text, strlen(text));

	if (kept == NULL || sentence == NULL ||
	    GV_GROW(report->findings, report->n, report->cap) < 0 ||
	    gv_map_put(&report->by_subject, kept, key->len,
		(void *)(uintptr_t)(report->n + 1)) < 0)
		return NULL;
	f = &report->findings[report->n++];
	*f = (struct gv_lint_finding){ .rule = rule,
		.severity = rule->severity,
		.subject = kept + strlen(rule->id) + 1,
		.text = sentence };
	return f;
}

/* Places come in the order of the graph, so that only the last can be the same
 * again. */
static int
add_place(struct gv_lint_finding *f, struct gv_lint_place place)
{
	if (f->n && f->places[f->n - 1].file == place.file &&
	    f->places[f->n - 1].line == place.line)
		return 0;
	if (GV_GROW(f->places, f->n, f->cap) < 0)
		return GV_ENOMEM;
	f->places[f->n++] = place;
	return 0;
}

static struct gv_lint_finding *
add(struct gv_lint *c, const char *id, const char *subject,
    struct gv_lint_place place, const char *fmt, va_list ap)
{
	const struct gv_lint_rule *rule = gv_lint_rule(id);
	struct gv_buf key = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_lint_finding *f = NULL;

	if (rule == NULL || c->failed || !is_wanted(c, rule))
		return NULL;
	gv_buf_addf(&key, "%s ", rule->id);
	gv_buf_addstr(&key, subject);
	if (gv_buf_check(&key) == 0 && (f = find(c, key.p, key.len)) == NULL) {
		gv_buf_vaddf(&text, fmt, ap);
		if (gv_buf_check(&text) == 0)
			f = make(c, rule, &key, text.p);
	}
	if (f == NULL || add_place(f, place) < 0)
		c->failed = true;
	gv_buf_release(&key);
	gv_buf_release(&text);
	return f;
}

void
gv_lint_add(struct gv_lint *c, const char *rule, const char *subject,
    struct gv_lint_place place, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(c, rule, subject, place, fmt, ap);
	va_end(ap);
}

void
gv_lint_note(struct gv_lint *c, const char *rule, const char *subject,
    struct gv_lint_place place, const char *fmt, ...)
{
	struct gv_lint_finding *f;
	va_list ap;

	va_start(ap, fmt);
	f = add(c, rule, subject, place, fmt, ap);
	va_end(ap);
	if (f)
		f->severity = GV_LINT_INFO;
}

/* ---- reading the graph --------------------------------------------------- */

struct gv_lint_place
gv_lint_at(const struct gv_lint *c, uint32_t symbol)
{
	return (struct gv_lint_place){ c->graph->file_of[symbol],
		c->graph->symbols.items[symbol].line };
}

struct gv_lint_place
gv_lint_from(const struct gv_lint *c, const struct gv_depgraph_edge *edge)
{
	return edge->symbol == GV_DEPGRAPH_NONE
	    ? (struct gv_lint_place){ gv_depgraph_file_of(c->graph, edge->from),
		      0 }
	    : gv_lint_at(c, edge->symbol);
}

const char *
gv_lint_name(const struct gv_lint *c, const struct gv_symbol *s)
{
	return gv_symbol_text(&c->graph->symbols, &s->name);
}

const char *
gv_lint_extra(const struct gv_lint *c, const struct gv_symbol *s)
{
	return gv_symbol_text(
	    &c->graph->symbols, gv_symbol_extra(&c->graph->symbols, s));
}

const char *
gv_lint_path(const struct gv_lint *c, uint32_t symbol)
{
	return c->graph->files[c->graph->file_of[symbol]].path;
}

const char *
gv_lint_env(const struct gv_lint *c, uint32_t symbol)
{
	return c->graph->files[c->graph->file_of[symbol]].env;
}

bool
gv_lint_is_prod(const char *env)
{
	unsigned rank;

	return env && gv_envtree_tier_of(env, &rank) == GV_ENVTREE_PROD;
}

/* ---- all rules ----------------------------------------------------------- */

static int
compare_places(const void *a, const void *b)
{
	const struct gv_lint_place *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

static int
compare_findings(const void *a, const void *b)
{
	const struct gv_lint_finding *x = a, *y = b;
	int order;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	order = compare_places(x->places, y->places);
	if (order == 0)
		order = strcmp(x->rule->id, y->rule->id);
	return order ? order : strcmp(x->subject, y->subject);
}

static void
sort_places(struct gv_lint_finding *f)
{
	size_t i, n = 0;

	qsort(f->places, f->n, sizeof(*f->places), compare_places);
	for (i = 0; i < f->n; i++)
		if (n == 0 ||
		    compare_places(&f->places[n - 1], &f->places[i]) != 0)
			f->places[n++] = f->places[i];
	f->n = n;
}

/* Whether a path has a folder of that name. */
static bool
is_below(const char *path, const char *folder)
{
	const size_t n = strlen(folder);
	const char *p = path;

	for (; (p = strstr(p, folder)) != NULL; p += n)
		if ((p == path || p[-1] == '/') && p[n] == '/')
			return true;
	return false;
}

/* Files for tests are put together by the tests: nobody deploys them as they
 * are. */
static bool
is_for_tests(const struct gv_depgraph *g, const struct gv_lint_finding *f)
{
	static const char *const folders[] = { "test", "tests", "testdata",
		"fixtures", "__tests__" };
	size_t i, k;

	for (i = 0; i < f->n; i++) {
		const struct gv_depgraph_file *file =
		    &g->files[f->places[i].file];

		for (k = 0; k < sizeof(folders) / sizeof(folders[0]); k++)
			if (is_below(file->path, folders[k]))
				break;
		if (file->env || k == sizeof(folders) / sizeof(folders[0]))
			return false;
	}
	return true;
}

static void
finish(struct gv_lint *c)
{
	struct gv_lint_report *report = c->report;
	size_t i;

	for (i = 0; i < report->n; i++) {
		struct gv_lint_finding *f = &report->findings[i];

		sort_places(f);
		if (is_for_tests(c->graph, f))
			f->severity = GV_LINT_INFO;
		gv_lint_level(&f->severity, c, f->rule, f->severity);
	}
	if (report->n)
		qsort(report->findings, report->n, sizeof(*report->findings),
		    compare_findings);
	for (i = 0; i < report->n; i++)
		if (report->findings[i].allowed == GV_LINT_OPEN)
			report->counts[report->findings[i].severity]++;
		else
			report->allowed++;
}

static void
count(struct gv_lint_report *report, const struct gv_depgraph *g)
{
	uint32_t i;

	for (i = 0; i < g->n_files; i++)
		report->files += g->files[i].n > 0;
	report->edges = g->n_edges;
	for (i = 0; i < g->n_edges; i++)
		report->computed += g->edges[i].target == GV_DEPGRAPH_COMPUTED;
}

static void (*const all[])(struct gv_lint *c) = {
	gv_lint_missing,
	gv_lint_left,
	gv_lint_filters,
	gv_lint_files,
	gv_lint_terraform,
	gv_lint_variables,
	gv_lint_versions,
	gv_lint_kubernetes,
	gv_lint_helm,
	gv_lint_images,
	gv_lint_guards,
	gv_lint_cycles,
	gv_lint_envs,
	gv_lint_objects,
	gv_lint_pulumi,
	gv_lint_policy,
};

int
gv_lint_run(struct gv_lint_report *out, const struct gv_depgraph *graph,
    const struct gv_lint_opts *opts)
{
	struct gv_lint c = { out, graph, opts, false };
	size_t i;

	memset(out, 0, sizeof(*out));
	count(out, graph);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		all[i](&c);
	gv_lint_allow(&c);
	if (c.failed) {
		gv_lint_release(out);
		return gv_err_nomem();
	}
	finish(&c);
	return 0;
}

void
gv_lint_release(struct gv_lint_report *report)
{
	size_t i;

	for (i = 0; i < report->n; i++)
		free(report->findings[i].places);
	free(report->findings);
	gv_map_release(&report->by_subject);
	gv_arena_release(&report->arena);
	memset(report, 0, sizeof(*report));
}
