#include "lint/lint_internal.h"

#include <string.h>

#include "base/err.h"
#include "base/glob.h"
#include "config/policy.h"
#include "doc/doc.h"

/*
 * What the team's policy says of the tree: how severe a rule is here, which
 * paths and files must exist, where code and images may come from.
 */

#define POLICY ".gitvault.yaml"

/* ---- severities ---------------------------------------------------------- */

/* -1: off. Findings that are less severe than their rule stay so. */
static int
level_by(const struct gv_policy_lint *policy, const struct gv_lint_rule *rule,
    int by_default)
{
	const enum gv_policy_level level =
	    gv_policy_lint_level(policy, rule->id);
	const int wanted = (int)level - GV_POLICY_LEVEL_NOTE;

	if (level == GV_POLICY_LEVEL_UNSAID)
		return by_default;
	return by_default < (int)rule->severity && by_default < wanted
	    ? by_default
	    : wanted;
}

bool
gv_lint_level(enum gv_lint_severity *severity, const struct gv_lint *c,
    const struct gv_lint_rule *rule, enum gv_lint_severity by_default)
{
	int most = c->opts->n_policies ? -1 : (int)by_default, level;
	size_t i;

	for (i = 0; i < c->opts->n_policies; i++) {
		level = level_by(c->opts->policies[i], rule, (int)by_default);
		most = level > most ? level : most;
	}
	if (most < 0)
		return false;
	*severity = (enum gv_lint_severity)most;
	return true;
}

/* ---- paths that must exist ----------------------------------------------- */

bool
gv_lint_policy_place(
    struct gv_lint_place *out, const struct gv_depgraph *graph, uint32_t line)
{
	*out = (struct gv_lint_place){
		gv_depgraph_find_file(graph, POLICY, strlen(POLICY)), line
	};
	return out->file != GV_DEPGRAPH_NONE;
}

/* A finding needs a place: without the policy's own file it is the first. */
static struct gv_lint_place
place_of(const struct gv_lint *c, uint32_t line)
{
	struct gv_lint_place place;

	return gv_lint_policy_place(&place, c->graph, line)
	    ? place
	    : (struct gv_lint_place){ 0, 0 };
}

static bool
matches(const char *pattern, const char *text, size_t len)
{
	return gv_glob_match(
	    pattern, strlen(pattern), text, len, GV_GLOB_PATHNAME);
}

static bool
has_file(const struct gv_depgraph *g, const char *pattern)
{
	uint32_t i;

	for (i = 0; i < g->n_files; i++)
		if (matches(pattern, g->files[i].path, g->files[i].len))
			return true;
	return false;
}

static void
look_at_protected(struct gv_lint *c, const struct gv_policy_lint *policy)
{
	size_t i;

	for (i = 0; i < policy->protected.n; i++) {
		const char *pattern = policy->protected.items[i];

		if (!has_file(c->graph, pattern))
			gv_lint_add(c, "policy/protected", pattern,
			    place_of(c, 0),
			    "no file matches the protected path '%s'", pattern);
	}
}

/* One file of one folder. */
static void
require(struct gv_lint *c, const struct gv_policy_required *q,
    const struct gv_depgraph_folder *folder, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;

	gv_buf_add(&path, folder->path, folder->len);
	if (folder->len)
		gv_buf_addch(&path, '/');
	gv_buf_addstr(&path, name);
	if (gv_buf_check(&path) < 0)
		c->failed = true;
	else if (gv_depgraph_find_file(c->graph, path.p, path.len) ==
	    GV_DEPGRAPH_NONE)
		gv_lint_add(c, "policy/required", path.p,
		    folder->n ? (struct gv_lint_place){ folder->first, 0 }
			      : place_of(c, q->line),
		    "the policy requires the file '%s'", path.p);
	gv_buf_release(&path);
}

/* The top is ".". */
static bool
is_folder(
    const struct gv_policy_required *q, const struct gv_depgraph_folder *f)
{
	return f->len ? matches(q->path, f->path, f->len)
		      : strcmp(q->path, ".") == 0;
}

/* The keys that a text does not have. */
static void
look_for_keys(struct gv_lint *c, const struct gv_policy_required *q,
    uint32_t file, const struct gv_doc *doc)
{
	const char *path = c->graph->files[file].path;
	struct gv_buf subject = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < q->keys.n; i++) {
		if (gv_doc_find(doc, GV_DOC_NONE, q->keys.items[i]) !=
		    GV_DOC_NONE)
			continue;
		gv_buf_reset(&subject);
		gv_buf_addf(&subject, "%s#%s", path, q->keys.items[i]);
		if (gv_buf_check(&subject) == 0)
			gv_lint_add(c, "policy/required", subject.p,
			    (struct gv_lint_place){ file, 0 },
			    "the policy requires the key '%s'",
			    q->keys.items[i]);
	}
	c->failed |= subject.failed;
	gv_buf_release(&subject);
}

static void
look_in_file(
    struct gv_lint *c, const struct gv_policy_required *q, uint32_t file)
{
	const struct gv_depgraph_file *f = &c->graph->files[file];
	struct gv_buf text = GV_BUF_INIT;
	char *before = gv_err_save();
	enum gv_doc_format format;
	struct gv_doc doc;
	int r = c->opts->read(c->opts->read_ctx, &text, f);

	if (r == 0 && gv_doc_format_of(&format, f->path, text.p, text.len)) {
		if ((r = gv_doc_read(&doc, format, text.p, text.len, NULL)) ==
		    0) {
			look_for_keys(c, q, file, &doc);
			gv_doc_release(&doc);
		}
	} else if (r != GV_ENOMEM) {
		r = 0;
		gv_lint_add(c, "policy/required", f->path,
		    (struct gv_lint_place){ file, 0 },
		    "the policy requires keys of '%s', which cannot be read",
		    f->path);
	}
	c->failed |= r < 0;
	gv_err_restore(before);
	gv_buf_release(&text);
}

static void
look_at_keys(struct gv_lint *c, const struct gv_policy_required *q)
{
	uint32_t i;

	if (q->keys.n == 0 || c->opts->read == NULL)
		return;
	for (i = 0; i < c->graph->n_files && !c->failed; i++)
		if (matches(q->path, c->graph->files[i].path,
			c->graph->files[i].len))
			look_in_file(c, q, i);
}

static void
look_at_required(struct gv_lint *c, const struct gv_policy_required *q)
{
	const struct gv_depgraph *g = c->graph;
	bool found = false;
	uint32_t i;
	size_t k;

	for (i = 0; i < g->n_folders && q->files.n && !c->failed; i++) {
		if (!is_folder(q, &g->folders[i]))
			continue;
		found = true;
		for (k = 0; k < q->files.n; k++)
			require(c, q, &g->folders[i], q->files.items[k]);
	}
	if (q->files.n && !found && !strpbrk(q->path, "*?["))
		gv_lint_add(c, "policy/required", q->path, place_of(c, q->line),
		    "the policy requires files in '%s', which does not exist",
		    q->path);
}

/* ---- sources ------------------------------------------------------------- */

/* Which list a reference belongs to; GV_POLICY_SOURCES: none. */
static enum gv_policy_source
source_of(const struct gv_lint *c, const struct gv_symbol *s)
{
	if (s->kind != GV_SYMBOL_REFERENCE || s->how != GV_SYMBOL_EXTERNAL ||
	    (s->flags & GV_SYMBOL_PATTERN))
		return GV_POLICY_SOURCES;
	if (gv_lint_is_image(s))
		return GV_POLICY_IMAGES;
	switch (s->word) {
	case GV_SYMBOL_EDGE_TF_MODULE:
	case GV_SYMBOL_EDGE_TG_SOURCE:
		return GV_POLICY_MODULES;
	case GV_SYMBOL_EDGE_HELM_DEPENDENCY:
	case GV_SYMBOL_EDGE_HELM_CHART:
		return GV_POLICY_CHARTS;
	case GV_SYMBOL_EDGE_ARGO_SOURCE:
	case GV_SYMBOL_EDGE_FLUX_SOURCE:
		return strncmp(gv_lint_name(c, s), "helm:", 5) == 0
		    ? GV_POLICY_CHARTS
		    : GV_POLICY_SOURCES;
	case GV_SYMBOL_EDGE_GHA_USES:
		return GV_POLICY_ACTIONS;
	default:
		return GV_POLICY_SOURCES;
	}
}

enum answer {
	NO_SOURCE,
	NO_VERSION,
	ALLOWED,
};

/* Against SOURCE or SOURCE@VERSION, with its scheme ("git:") or without. */
static enum answer
ask(const char *pattern, const char *name, const char *version)
{
	const char *at = strchr(pattern, '@'), *bare = strchr(name, ':');
	const size_t n = at ? (size_t)(at - pattern) : strlen(pattern);

	if (!gv_glob_match(pattern, n, name, strlen(name), 0) &&
	    (bare == NULL ||
		!gv_glob_match(pattern, n, bare + 1, strlen(bare + 1), 0)))
		return NO_SOURCE;
	return at == NULL ||
		gv_glob_match(
		    at + 1, strlen(at + 1), version, strlen(version), 0)
	    ? ALLOWED
	    : NO_VERSION;
}

static void
look_at_source(struct gv_lint *c, uint32_t k, const char *list,
    const struct gv_policy_texts *allowed)
{
	const struct gv_symbol *s = &c->graph->symbols.items[k];
	const char *name = gv_lint_name(c, s), *version = gv_lint_extra(c, s);
	const char *bare = strchr(name, ':');
	enum answer best = NO_SOURCE, answer;
	struct gv_buf subject = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < allowed->n && best != ALLOWED; i++) {
		answer = ask(allowed->items[i], name, version);
		best = answer > best ? answer : best;
	}
	bare = bare && strncmp(bare, "://", 3) != 0 ? bare + 1 : name;
	gv_buf_addf(&subject, "%s %s", name, version);
	if (gv_buf_check(&subject) < 0)
		c->failed = true;
	else if (best == NO_SOURCE)
		gv_lint_add(c, "policy/source", name, gv_lint_at(c, k),
		    "'%s' is not among the %s that the policy allows", bare,
		    list);
	else if (best == NO_VERSION && *version)
		gv_lint_add(c, "policy/version", subject.p, gv_lint_at(c, k),
		    "the policy does not allow version '%s' of '%s'", version,
		    bare);
	else if (best == NO_VERSION)
		gv_lint_add(c, "policy/version", subject.p, gv_lint_at(c, k),
		    "'%s' has no version, which the policy does not allow",
		    bare);
	gv_buf_release(&subject);
}

static void
look_at_sources(struct gv_lint *c, const struct gv_policy_lint *policy)
{
	const struct gv_depgraph *g = c->graph;
	bool is_asked = false;
	uint32_t k;
	int i;

	for (i = 0; i < GV_POLICY_SOURCES; i++)
		is_asked |= policy->has_allowed[i];
	for (k = 0; is_asked && k < g->symbols.n && !c->failed; k++) {
		i = (int)source_of(c, &g->symbols.items[k]);
		if (i < GV_POLICY_SOURCES && policy->has_allowed[i])
			look_at_source(
			    c, k, gv_policy_sources[i], &policy->allowed[i]);
	}
}

void
gv_lint_policy(struct gv_lint *c)
{
	size_t i, k;

	for (i = 0; i < c->opts->n_policies && c->graph->n_files; i++) {
		const struct gv_policy_lint *policy = c->opts->policies[i];

		look_at_protected(c, policy);
		for (k = 0; k < policy->n_required && !c->failed; k++) {
			look_at_required(c, &policy->required[k]);
			look_at_keys(c, &policy->required[k]);
		}
		look_at_sources(c, policy);
	}
}
