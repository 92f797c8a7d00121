#include "lint/lint_internal.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "infra/envtree.h"
#include "sys/workers.h"

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

bool
gv_lint_is_past(struct gv_lint *c, int64_t when)
{
	if (when <= c->opts->now)
		return true;
	if (when < c->report->until)
		c->report->until = when;
	return false;
}

/* ---- all rules ----------------------------------------------------------- */

int
gv_lint_compare_places(
    const struct gv_lint_place *x, const struct gv_lint_place *y)
{
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* Of the same severity and file. */
static int
compare_findings(const void *a, const void *b)
{
	const struct gv_lint_finding *x = *(struct gv_lint_finding *const *)a,
				     *y = *(struct gv_lint_finding *const *)b;
	int order = gv_lint_compare_places(x->places, y->places);

	if (order == 0)
		order = strcmp(x->rule->id, y->rule->id);
	return order ? order : strcmp(x->subject, y->subject);
}

/* ---- files for tests ----------------------------------------------------- */

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
is_file_for_tests(const struct gv_depgraph_file *file)
{
	static const char *const folders[] = { "test", "tests", "testdata",
		"fixtures", "__tests__" };
	size_t k;

	/* few paths have any part of these */
	if (!strstr(file->path, "test") && !strstr(file->path, "fixtures"))
		return false;
	for (k = 0; k < sizeof(folders) / sizeof(folders[0]); k++)
		if (is_below(file->path, folders[k]))
			return file->env == NULL;
	return false;
}

/* Whether people copy a file, and fill in the copy. */
bool
gv_lint_is_model(const struct gv_depgraph_file *file)
{
	static const char *const ends[] = { ".example", ".sample", ".dist",
		".yaml.template", ".yml.template", ".json.template",
		".env.template", ".tfvars.template" };
	size_t i, n;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		n = strlen(ends[i]);
		if (file->len > n &&
		    memcmp(file->path + file->len - n, ends[i], n) == 0)
			return true;
	}
	return false;
}

/* Which of the files are; the caller frees it. NULL without memory. */
static bool *
find_tests(const struct gv_depgraph *g)
{
	bool *tests = calloc((size_t)g->n_files + 1, sizeof(*tests));
	uint32_t i;

	for (i = 0; tests && i < g->n_files; i++)
		tests[i] = is_file_for_tests(&g->files[i]) ||
		    gv_lint_is_model(&g->files[i]);
	return tests;
}

static bool
is_for_tests(const bool *tests, const struct gv_lint_finding *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (!tests[f->places[i].file])
			return false;
	return true;
}

/* Where findings of a severity begin that are in a file first. */
static size_t
shelf_of(const struct gv_lint *c, const struct gv_lint_finding *f)
{
	return (size_t)(GV_LINT_ERROR - f->severity) * c->graph->n_files +
	    f->places[0].file;
}

/* Most are: a rule goes over a file from its first line to its last. */
static bool
is_in_order(struct gv_lint_finding *const *order, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++) {
		assert(order[i - 1] && order[i]);
		if (compare_findings(&order[i - 1], &order[i]) > 0)
			return false;
	}
	return true;
}

/* Put the addresses in order: on a shelf for each severity and file, then
 * shelf by shelf. `ends` is zeroed and has one more than there are shelves. */
static void
put_in_order(struct gv_lint_finding **order, uint32_t *ends, size_t n_shelves,
    const struct gv_lint *c)
{
	const struct gv_lint_report *report = c->report;
	uint32_t begin = 0;
	size_t i;

	for (i = 0; i < report->n; i++)
		ends[shelf_of(c, &report->findings[i]) + 1]++;
	for (i = 1; i <= n_shelves; i++)
		ends[i] += ends[i - 1];
	for (i = 0; i < report->n; i++)
		order[ends[shelf_of(c, &report->findings[i])]++] =
		    &report->findings[i];
	for (i = 0; i < n_shelves; begin = ends[i++])
		if (!is_in_order(order + begin, ends[i] - begin))
			qsort(order + begin, ends[i] - begin,
			    sizeof(struct gv_lint_finding *), compare_findings);
}

/* Errors first, then by place. They are large, so that their addresses are
 * sorted, and each is moved once. */
static int
sort(struct gv_lint *c)
{
	const size_t n_shelves =
	    (size_t)(GV_LINT_ERROR + 1) * c->graph->n_files;
	struct gv_lint_report *report = c->report;
	struct gv_lint_finding **order, finding;
	uint32_t *ends = calloc(n_shelves + 1, sizeof(*ends));
	size_t i, at, from;

	order = calloc(report->n + 1, sizeof(struct gv_lint_finding *));
	if (order == NULL || ends == NULL) {
		free(order);
		free(ends);
		return GV_ENOMEM;
	}
	put_in_order(order, ends, n_shelves, c);
	free(ends);
	for (i = 0; i < report->n; i++) {
		if (order[i] == NULL)
			continue;
		finding = report->findings[i];
		for (at = i;; at = from) {
			from = (size_t)(order[at] - report->findings);
			order[at] = NULL;
			if (from == i)
				break;
			report->findings[at] = report->findings[from];
		}
		report->findings[at] = finding;
	}
	free(order);
	return 0;
}

static int
finish(struct gv_lint *c)
{
	struct gv_lint_report *report = c->report;
	bool *tests = find_tests(c->graph);
	size_t i;

	if (tests == NULL)
		return GV_ENOMEM;
	for (i = 0; i < report->n; i++) {
		struct gv_lint_finding *f = &report->findings[i];

		if (is_for_tests(tests, f))
			f->severity = GV_LINT_INFO;
		gv_lint_level(&f->severity, c, f->rule, f->severity);
	}
	free(tests);
	if (sort(c) < 0)
		return GV_ENOMEM;
	for (i = 0; i < report->n; i++)
		if (report->findings[i].allowed == GV_LINT_OPEN)
			report->counts[report->findings[i].severity]++;
		else
			report->allowed++;
	return 0;
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

/* ---- in parts ------------------------------------------------------------ */

#define SYMBOLS_LEAST 20000 /* that are worth a thread */

typedef void rule_fn(struct gv_lint *c);

/* What the caller's thread does: only there may files be read. Circles take
 * memory for each definition: before there are findings. */
static rule_fn *const own[] = {
	gv_lint_cycles,
	gv_lint_left,
	gv_lint_filters,
	gv_lint_files,
	gv_lint_terraform,
	gv_lint_variables,
	gv_lint_versions,
	gv_lint_kubernetes,
	gv_lint_images,
	gv_lint_guards,
	gv_lint_envs,
	gv_lint_objects,
	gv_lint_pulumi,
	gv_lint_mappings,
	gv_lint_kinds,
	gv_lint_links,
	gv_lint_states,
	gv_lint_secrets,
	gv_lint_pipelines,
	gv_lint_policy,
	NULL,
};

/* What takes longest in large trees, a part each. */
static rule_fn *const missing[] = { gv_lint_missing, NULL };
static rule_fn *const unset[] = { gv_lint_missing_values, NULL };
static rule_fn *const helm[] = { gv_lint_helm, NULL };

struct part {
	struct gv_lint c;
	struct gv_lint_report report;
	rule_fn *const *rules;
};

#define PARTS 4

struct parts {
	struct part items[PARTS]; /* the first one is the caller's */
	atomic_int next;
};

static int
run_part(struct part *part)
{
	size_t k;

	for (k = 0; part->rules[k] && !part->c.failed; k++)
		part->rules[k](&part->c);
	/* what it took to find them is worth as much as they are */
	gv_lint_near_end(&part->c);
	return part->c.failed ? GV_ENOMEM : 0;
}

static int
run_some(void *ctx, int worker)
{
	struct parts *parts = ctx;
	int i, r = worker == 0 ? run_part(&parts->items[0]) : 0;

	while (r == 0 && (i = atomic_fetch_add(&parts->next, 1)) < PARTS)
		if ((r = run_part(&parts->items[i])) == 0)
			gv_lint_close(&parts->items[i].c);
	return r;
}

/* A place that several parts have found counts once: gv_lint_settle(). */
static int
run_parts(struct parts *parts)
{
	const struct gv_depgraph *g = parts->items[0].c.graph;
	const int threads =
	    g->symbols.n < SYMBOLS_LEAST ? 1 : gv_workers_count(0);
	int i;

	for (i = 0; i < PARTS; i++)
		if (gv_lint_begin(&parts->items[i].c) < 0)
			return GV_ENOMEM;
	if (gv_workers_run(threads < PARTS ? threads : PARTS, run_some, parts) <
	    0)
		return GV_ENOMEM;
	for (i = 1; i < PARTS; i++)
		if (gv_lint_join(&parts->items[0].c, &parts->items[i].c) < 0)
			return GV_ENOMEM;
	return 0;
}

int
gv_lint_run(struct gv_lint_report *out, const struct gv_depgraph *graph,
    const struct gv_lint_opts *opts)
{
	struct parts parts = { .items = { { .rules = own },
				   { .rules = missing }, { .rules = unset },
				   { .rules = helm } } };
	struct gv_lint_ignored *ignored;
	struct gv_lint *c = &parts.items[0].c;
	int i;

	atomic_init(&parts.next, 1);
	if (gv_lint_ignored_new(&ignored, graph, opts) < 0)
		return gv_err_nomem();
	for (i = 0; i < PARTS; i++) {
		parts.items[i].report.until = INT64_MAX;
		parts.items[i].c =
		    (struct gv_lint){ .report = &parts.items[i].report,
			    .graph = graph,
			    .opts = opts,
			    .ignored = ignored };
	}
	count(&parts.items[0].report, graph);
	c->failed = run_parts(&parts) < 0 || gv_lint_settle(c) < 0;
	for (i = 0; i < PARTS; i++)
		gv_lint_end(&parts.items[i].c);
	gv_lint_ignored_free(ignored);
	if (!c->failed)
		gv_lint_allow(c);
	c->failed = c->failed || finish(c) < 0;
	*out = parts.items[0].report;
	if (!c->failed)
		return 0;
	for (i = 1; i < PARTS; i++)
		gv_lint_release(&parts.items[i].report);
	gv_lint_release(out);
	return gv_err_nomem();
}

void
gv_lint_release(struct gv_lint_report *report)
{
	free(report->findings);
	free(report->places);
	free(report->fixes);
	gv_arena_release(&report->arena);
	memset(report, 0, sizeof(*report));
}
