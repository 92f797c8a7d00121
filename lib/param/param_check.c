#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "param/param_check_internal.h"
#include "param/param_reference.h"
#include "param/param_target.h"

const char *const gv_param_grades[] = { "error", "unknown", "note" };

/* ---- reports ------------------------------------------------------------- */

static int
copy(struct gv_arena *arena, const char **text)
{
	if (*text == NULL)
		return 0;
	*text = gv_arena_copy(arena, *text, strlen(*text));
	return *text ? 0 : GV_ENOMEM;
}

int
gv_param_report_add(
    struct gv_param_report *out, const struct gv_param_problem *problem)
{
	struct gv_buf key = GV_BUF_INIT;
	struct gv_param_problem p = *problem;
	const size_t now = out->at;
	const char *kept;
	size_t at;
	int r;

	gv_buf_addf(&key, "%s\n%s\n%s\n%u\n%u\n%s", p.check, p.key,
	    p.file ? p.file : "", p.line, p.column, p.text);
	if ((r = gv_buf_check(&key)) < 0)
		goto out;
	at = (size_t)(uintptr_t)gv_map_get(&out->known, key.p, key.len);
	if (at) {
		/* both policies may ask for the same */
		out->items[at - 1].n += out->items[at - 1].last != now;
		out->items[at - 1].last = now;
		goto out;
	}
	p.n = 1;
	p.last = now;
	if (copy(&out->arena, &p.key) < 0 || copy(&out->arena, &p.file) < 0 ||
	    copy(&out->arena, &p.text) < 0 || copy(&out->arena, &p.where) < 0 ||
	    (kept = gv_arena_copy(&out->arena, key.p, key.len)) == NULL ||
	    GV_GROW(out->items, out->n, out->cap) < 0) {
		r = gv_err_nomem();
		goto out;
	}
	out->items[out->n++] = p;
	r = gv_map_put(&out->known, kept, key.len, (void *)(uintptr_t)out->n);
out:
	gv_buf_release(&key);
	return r;
}

bool
gv_param_report_has(const struct gv_param_report *report, const char *path)
{
	return gv_map_get(&report->files, path, strlen(path)) != NULL;
}

static int
note_files(struct gv_param_report *out, const struct gv_param *param)
{
	const char *path, *kept;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < param->n; i++) {
		path = gv_param_path(param, i);
		if (param->layers[i]->is_missing ||
		    gv_param_report_has(out, path))
			continue;
		kept = gv_arena_copy(&out->arena, path, strlen(path));
		r = kept ? gv_map_put(&out->files, kept, strlen(kept), out)
			 : GV_ENOMEM;
	}
	return r;
}

/* What could be in them was not checked. */
static int
say_closed(struct gv_param_checker *c, const struct gv_param *param)
{
	struct gv_param_problem problem = { .grade = GV_PARAM_UNSURE,
		.check = "layer",
		.key = "",
		.text = "it is encrypted as a whole, so its keys were not "
			"checked",
		.where = c->current->name };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < param->n; i++)
		if (gv_param_is_closed(param, i)) {
			problem.file = gv_param_path(param, i);
			problem.line = problem.column = 1;
			r = gv_param_report_add(c->report, &problem);
		}
	return r;
}

int
gv_param_verdict(const struct gv_param_report *report)
{
	int verdict = 0;
	size_t i;

	for (i = 0; i < report->n; i++) {
		if (report->items[i].grade == GV_PARAM_WRONG)
			return 1;
		if (report->items[i].grade == GV_PARAM_UNSURE)
			verdict = 3;
	}
	return verdict;
}

void
gv_param_report_release(struct gv_param_report *report)
{
	free(report->items);
	gv_map_release(&report->known);
	gv_map_release(&report->files);
	gv_arena_release(&report->arena);
	*report = (struct gv_param_report){ .n = 0 };
}

/* ---- one configuration --------------------------------------------------- */

int
gv_param_check_say(struct gv_param_checker *c, const struct gv_param_one *one,
    struct gv_param_problem problem, const struct gv_layer_value *v)
{
	problem.where = one->name;
	if (v && one->param && v->layer < one->param->n) {
		problem.file = gv_param_path(one->param, v->layer);
		problem.line = v->line;
		problem.column = v->column;
	}
	return gv_param_report_add(c->report, &problem);
}

static int
count(void *ctx, const char *path, const struct gv_layer_value *v)
{
	struct gv_param_checker *c = ctx;
	struct gv_param_reference reference;

	(void)path;
	c->report->n_values++;
	if (gv_param_is_sealed(c->current->param, v) &&
	    !gv_param_reference(&reference, v->text, v->len))
		c->report->n_sealed++;
	return 0;
}

/* A value that replaces one of another kind. */
static int
say_clashes(struct gv_param_checker *c, const struct gv_param_one *one)
{
	const struct gv_layer_tree *tree = &one->param->tree;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < tree->n_clashes && i < GV_LAYER_CLASHES; i++)
		r = gv_param_check_say(c, one,
		    (struct gv_param_problem){ .grade = GV_PARAM_WRONG,
			.check = "type",
			.key = tree->clashes[i].path,
			.text = "it replaces a value of another kind in a "
				"lower layer" },
		    tree->clashes[i].above);
	return r;
}

/* "FILE: line L, column C: text" as a place and a text; a message that is no
 * such is the text. */
static void
take_place(struct gv_param_problem *p, struct gv_buf *file, const char *message)
{
	const char *at = strstr(message, ": line ");
	int len = 0;

	p->text = message;
	if (at == NULL ||
	    sscanf(at, ": line %u, column %u: %n", &p->line, &p->column, &len) <
		2 ||
	    len == 0)
		return;
	gv_buf_add(file, message, (size_t)(at - message));
	p->file = file->p;
	p->text = at + len;
}

/* The configuration itself: a file that cannot be read is a problem, and a
 * failure of this host is an error. */
static int
open_one(struct gv_param_checker *c, struct gv_param_one *one)
{
	const int r = gv_param_open(&one->param, c->pool, &one->query);
	struct gv_param_problem p = { .grade = GV_PARAM_WRONG,
		.check = "layer",
		.key = "",
		.where = one->name };

	struct gv_buf file = GV_BUF_INIT;
	int added;

	if (r != GV_EREFUSED)
		return r;
	one->param = NULL;
	take_place(&p, &file, gv_err_message());
	added = gv_param_report_add(c->report, &p);
	gv_buf_release(&file);
	return added;
}

static void
name_one(char *out, size_t size, const struct gv_param_query *q)
{
	snprintf(out, size, "%s%s%s%s%s%s%s", q->layout ? q->layout : "",
	    q->layout ? ": " : "", q->env ? q->env : "(no environment)",
	    q->service ? "/" : "", q->service ? q->service : "",
	    q->provider ? " on " : "", q->provider ? q->provider : "");
}

static int
check_one(struct gv_param_checker *c, const struct gv_param_query *query)
{
	struct gv_param_one *one;
	int r;

	if (GV_GROW(c->all, c->n, c->cap) < 0)
		return gv_err_nomem();
	one = &c->all[c->n++];
	*one = (struct gv_param_one){ .query = *query,
		.is_context = c->is_context };
	name_one(one->name, sizeof(one->name), query);
	if ((r = gv_param_check_note_layout(c, query)) < 0)
		return r;
	/* nobody asked for its own problems */
	if (c->is_context) {
		r = gv_param_open(&one->param, c->pool, query);
		return r == GV_EREFUSED || r == GV_ENOTFOUND ? 0 : r;
	}
	c->current = one;
	c->report->at = ++c->report->n_configs;
	r = open_one(c, one);
	if (r == GV_ENOTFOUND && c->skips) {
		/* a service that this environment does not have */
		c->report->n_configs--;
		return 0;
	}
	if (r < 0 || one->param == NULL)
		return r;
	if ((r = note_files(c->report, one->param)) < 0 ||
	    (r = say_closed(c, one->param)) < 0 ||
	    (r = gv_layer_each(one->param->tree.root, count, c)) < 0 ||
	    (r = say_clashes(c, one)) < 0 ||
	    (r = gv_param_check_values(c, one)) < 0 ||
	    (r = gv_param_check_schemas(c, one)) < 0 ||
	    (r = gv_param_check_rules(c, one)) < 0 ||
	    (r = gv_param_check_app(c, one)) < 0 ||
	    (r = gv_param_check_before(c, one)) < 0)
		return r;
	/* only rules over several configurations need it again */
	if (!c->has_across) {
		gv_param_close(one->param);
		one->param = NULL;
	}
	return 0;
}

/* ---- all of them --------------------------------------------------------- */

static const char *
name_at(const struct gv_param_targets *t, enum gv_param_target of, size_t i,
    const char *asked)
{
	return asked ? asked : t->n[of] ? t->names[of][i] : NULL;
}

static size_t
number(const struct gv_param_targets *t, enum gv_param_target of,
    const char *asked)
{
	return asked || t->n[of] == 0 ? 1 : t->n[of];
}

/* A name that was asked for and that nothing has is a typing mistake. Where all
 * layers are of services, one of them has it. */
static int
check_asked(struct gv_param_checker *c, const struct gv_param_query *query,
    const struct gv_param_targets *t)
{
	const size_t n = query->service ? 0 : t->n[GV_PARAM_SERVICES];
	struct gv_param_query one = *query;
	struct gv_param *param = NULL;
	size_t i;
	int r = gv_param_open(&param, c->pool, query);

	for (i = 0; r == GV_ENOTFOUND && i < n; i++) {
		one.service = t->names[GV_PARAM_SERVICES][i];
		r = gv_param_open(&param, c->pool, &one);
	}
	gv_param_close(param);
	return r == GV_EREFUSED ? 0 : r;
}

struct walk {
	const struct gv_param_query *query;
	const struct gv_param_targets *t;
	bool has_all, all;
};

/* A service in one environment (NULL: none), on each provider. */
static int
check_service(struct gv_param_checker *c, const struct walk *w, const char *env,
    const char *service)
{
	const char *provider = w->query->provider;
	const size_t n = number(w->t, GV_PARAM_PROVIDERS, provider);
	struct gv_param_query one = *w->query;
	size_t i;
	int r = 0;

	one.env = env;
	one.service = service;
	c->is_context =
	    w->has_all && !w->all && env && strcmp(env, w->query->env) != 0;
	for (i = 0; r == 0 && i < n; i++) {
		one.provider = name_at(w->t, GV_PARAM_PROVIDERS, i, provider);
		r = check_one(c, &one);
	}
	return r;
}

static int
check_envs(
    struct gv_param_checker *c, const struct walk *w, const char *service)
{
	const size_t n = w->has_all ? number(w->t, GV_PARAM_ENVS, NULL) : 1;
	const size_t before = c->report->n_configs;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = check_service(c, w,
		    w->has_all ? name_at(w->t, GV_PARAM_ENVS, i, NULL)
			       : w->query->env,
		    service);
	/* one that was found, and that no environment has */
	return r == 0 && w->all && w->t->are_guessed && service &&
		c->report->n_configs == before
	    ? check_service(c, w, NULL, service)
	    : r;
}

static int
check_targets(struct gv_param_checker *c, const struct gv_param_query *query,
    const struct gv_param_targets *t, bool all)
{
	/* rules over environments need the others, too */
	const struct walk w = { .query = query,
		.t = t,
		.has_all = all || (c->has_across && query->env),
		.all = all };
	const size_t n = number(t, GV_PARAM_SERVICES, query->service);
	size_t i;
	int r = 0;

	if (!all && (r = check_asked(c, query, t)) < 0)
		return r;
	c->skips = all || query->service == NULL;
	/* without a service, those that were found are not all there is */
	if (t->are_guessed && query->service == NULL && t->n[GV_PARAM_SERVICES])
		r = check_envs(c, &w, NULL);
	for (i = 0; r == 0 && i < n; i++)
		r = check_envs(
		    c, &w, name_at(t, GV_PARAM_SERVICES, i, query->service));
	return r;
}

static void
close_all(struct gv_param_checker *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		gv_param_close(c->all[i].param);
	c->n = 0;
}

static int
check_set(
    struct gv_param_checker *c, const struct gv_param_query *query, bool all)
{
	struct gv_param_targets targets = { .n = { 0 } };
	int r;

	c->has_across = gv_param_has_across(c->pool, query->layout);
	if ((r = gv_param_targets(&targets, c->pool, query->layout)) == 0 &&
	    (r = check_targets(c, query, &targets, all)) == 0 && c->has_across)
		r = gv_param_check_across(c);
	if (r == 0 && targets.are_guessed && query->layout == NULL)
		r = gv_param_check_layouts(c, &targets);
	close_all(c);
	gv_param_targets_release(&targets);
	return r;
}

int
gv_param_check(struct gv_param_report *out, struct gv_param_pool *pool,
    const struct gv_param_query *query, bool all)
{
	const struct gv_policy *policy = &pool->policy;
	const size_t n = policy->configs.n;
	struct gv_param_checker c = { .pool = pool, .report = out };
	struct gv_param_query one = *query;
	size_t i;
	int had, r;

	if (query->layout || n + policy->configs_also.n == 0) {
		r = check_set(&c, query, all);
		goto out;
	}
	r = GV_ENOTFOUND;
	for (i = 0; i < n + policy->configs_also.n; i++) {
		one.layout = i < n ? policy->configs.items[i].name
				   : policy->configs_also.items[i - n].name;
		if (i >= n && gv_policy_config(&policy->configs, one.layout))
			continue;
		/* not each set has each environment, but one does */
		if ((had = check_set(&c, &one, all)) == 0)
			r = 0;
		else if (had != GV_ENOTFOUND) {
			r = had;
			break;
		}
	}
out:
	gv_param_check_close(&c);
	free(c.all);
	return r;
}
