#include "lint/lint_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/time.h"

/*
 * What can be said of one file: that it cannot be read, that a certificate in
 * it ends, that a value was never filled in, that a filter matches nothing.
 */

/* JSON with comments is common among the settings of editors and compilers,
 * which nobody deploys: only what has symbols counts. */
static bool
is_of_others(const struct gv_depgraph_file *file, const struct gv_depgraph *g)
{
	uint32_t k;

	for (k = file->first; k < file->first + file->n; k++)
		if (g->symbols.items[k].kind != GV_SYMBOL_ERROR)
			return false;
	return file->dialect == GV_SYMBOL_DIALECT_JSON;
}

static void
look_at_error(struct gv_lint *c, uint32_t k)
{
	const struct gv_depgraph *g = c->graph;
	const char *path = gv_lint_path(c, k);

	if (is_of_others(&g->files[g->file_of[k]], g))
		gv_lint_note(c, "parse/error", path, gv_lint_at(c, k),
		    "this cannot be read: %s",
		    gv_lint_name(c, &g->symbols.items[k]));
	/* a template is no YAML before its values are in it */
	else if (g->files[g->file_of[k]].dialect ==
	    GV_SYMBOL_DIALECT_HELM_TEMPLATE)
		gv_lint_note(c, "parse/error", path, gv_lint_at(c, k),
		    "a part of this template cannot be read: %s",
		    gv_lint_name(c, &g->symbols.items[k]));
	else
		gv_lint_add(c, "parse/error", path, gv_lint_at(c, k),
		    "this cannot be read: %s",
		    gv_lint_name(c, &g->symbols.items[k]));
}

static void
look_at_expiry(struct gv_lint *c, uint32_t k)
{
	const int64_t end =
	    strtoll(gv_lint_extra(c, &c->graph->symbols.items[k]), NULL, 10);
	const int64_t soon = c->opts->expires_soon ? c->opts->expires_soon
						   : GV_LINT_EXPIRES_SOON;
	char when[GV_TIME_MAX];

	if (!gv_lint_is_past(c, end - soon))
		return;
	gv_time_rfc3339(when, end);
	gv_lint_add(c, "cert/expiry", gv_lint_path(c, k), gv_lint_at(c, k),
	    gv_lint_is_past(c, end) ? "this certificate expired on %.10s"
				    : "this certificate expires on %.10s",
	    when);
}

static void
look_at_placeholder(struct gv_lint *c, uint32_t k)
{
	const struct gv_symbol *s = &c->graph->symbols.items[k];
	struct gv_buf subject = GV_BUF_INIT;

	if (!gv_lint_is_prod(gv_lint_env(c, k)))
		return;
	gv_buf_addf(&subject, "%s %s", gv_lint_path(c, k), gv_lint_name(c, s));
	gv_lint_add(c, "placeholder", subject.p, gv_lint_at(c, k),
	    "%s is still '%s' in %s", gv_lint_name(c, s), gv_lint_extra(c, s),
	    gv_lint_env(c, k));
	c->failed |= subject.failed;
	gv_buf_release(&subject);
}

static void
look_at_pair(struct gv_lint *c, uint32_t k)
{
	const struct gv_symbol *s = &c->graph->symbols.items[k];
	struct gv_buf subject = GV_BUF_INIT;

	gv_buf_addf(&subject, "%s %s", gv_lint_path(c, k),
	    s->in == GV_SYMBOL_NONE
		? ""
		: gv_lint_name(c, &c->graph->symbols.items[s->in]));
	if (gv_buf_check(&subject) < 0)
		c->failed = true;
	else
		gv_lint_add(c, "ref/disagree", subject.p, gv_lint_at(c, k),
		    "%s name different files, %s", gv_lint_name(c, s),
		    gv_lint_extra(c, s));
	gv_buf_release(&subject);
}

/* Data as JSON may be of any size; nobody writes code of this size. One
 * that cannot be read is not there, as in a partial clone, or may not be
 * opened. */
static void
look_at_unread(struct gv_lint *c, uint32_t i)
{
	const struct gv_depgraph_file *f = &c->graph->files[i];
	const struct gv_lint_place place = { i, 0 };

	if (f->dialect == GV_SYMBOL_DIALECT_NONE)
		return;
	if ((f->flags & GV_DEPGRAPH_TOO_LARGE) &&
	    f->dialect != GV_SYMBOL_DIALECT_JSON)
		gv_lint_add(c, "parse/error", f->path, place,
		    "this is too large to be read");
	else if (f->flags & (GV_DEPGRAPH_TOO_LARGE | GV_DEPGRAPH_UNREAD))
		gv_lint_note(c, "parse/error", f->path, place,
		    "this was not read: %s",
		    f->flags & GV_DEPGRAPH_TOO_LARGE ? "it is too large"
						     : "it cannot be opened");
}

void
gv_lint_files(struct gv_lint *c)
{
	uint32_t i, k;

	for (i = 0; i < c->graph->n_files && !c->failed; i++)
		if (c->graph->files[i].flags &
		    (GV_DEPGRAPH_TOO_LARGE | GV_DEPGRAPH_UNREAD))
			look_at_unread(c, i);

	for (k = 0; k < c->graph->symbols.n && !c->failed; k++) {
		const struct gv_symbol *s = &c->graph->symbols.items[k];

		if (s->kind == GV_SYMBOL_ERROR)
			look_at_error(c, k);
		else if (s->kind != GV_SYMBOL_VALUE)
			continue;
		else if (s->word == GV_SYMBOL_VALUE_EXPIRY)
			look_at_expiry(c, k);
		else if (s->word == GV_SYMBOL_VALUE_PLACEHOLDER)
			look_at_placeholder(c, k);
		else if (s->word == GV_SYMBOL_VALUE_TF_DISAGREE)
			look_at_pair(c, k);
	}
}

/* ---- filters of workflows ------------------------------------------------ */

static bool
matches_any(const struct gv_depgraph *g, const char *pattern)
{
	const size_t len = strlen(pattern);
	uint32_t i;

	for (i = 0; i < g->n_files; i++)
		if (gv_glob_match(pattern, len, g->files[i].path,
			g->files[i].len, GV_GLOB_PATHNAME))
			return true;
	return false;
}

void
gv_lint_filters(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t k;

	for (k = 0; k < g->symbols.n && !c->failed; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];
		const char *pattern;

		if (s->kind != GV_SYMBOL_VALUE ||
		    s->word != GV_SYMBOL_VALUE_GHA_FILTER)
			continue;
		pattern = gv_lint_name(c, s);
		if (*pattern != '!' && !matches_any(g, pattern))
			gv_lint_add(c, "path/filter-empty", pattern,
			    gv_lint_at(c, k), "'%s' matches no file", pattern);
	}
}
