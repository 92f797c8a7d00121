#include "symbol/symbol_gitlab.h"

#include <string.h>

/*
 * GitLab CI. A pipeline is one file with all that it includes: jobs are known
 * everywhere, and one that is not there may come from another project's file.
 */

struct pipeline {
	struct gv_symbol_writer w;
	struct gv_symbol_gitlab vars;
	unsigned missing; /* flags of a job that may come from elsewhere */
};

/* Keys at the top that are no jobs. */
static bool
is_reserved(const struct gv_symbol_writer *w)
{
	static const char *const keys[] = { "stages", "variables", "include",
		"default", "workflow", "image", "services", "before_script",
		"after_script", "cache", "spec", "types", "tags", "retry",
		"timeout", "interruptible", "id_tokens" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (gv_symbol_text_is(w, keys[i]))
			return true;
	return false;
}

/* ---- include ------------------------------------------------------------- */

/* A path, from the top whatever it begins with. */
static void
add_local(struct gv_symbol_writer *w)
{
	unsigned flags = GV_SYMBOL_TOP;

	if (strpbrk(w->text.p, "*?"))
		flags |= GV_SYMBOL_PATTERN;
	gv_symbol_refer_path(w, GV_SYMBOL_EDGE_GITLAB_INCLUDE, flags);
}

static bool
is_address(const struct gv_symbol_writer *w)
{
	return memmem(w->text.p, w->text.len, "://", 3) != NULL;
}

/* project: group/name, file: [a.yml, b.yml], ref: v1 */
static void
add_project(struct gv_symbol_writer *w, uint32_t item)
{
	const uint32_t files = gv_doc_get(w->doc, item, "file");
	struct gv_buf project = GV_BUF_INIT, ref = GV_BUF_INIT;
	uint32_t i;

	gv_buf_add(&project, w->text.p, w->text.len);
	gv_buf_addch(&project, ':');
	if (gv_symbol_take_of(w, item, "ref"))
		gv_buf_add(&ref, w->text.p, w->text.len);
	for (i = gv_symbol_first(w, files); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, files, i)) {
		struct gv_buf whole = GV_BUF_INIT;

		if (!gv_symbol_take(w, i))
			continue;
		gv_buf_add(&whole, project.p, project.len);
		gv_buf_add(&whole, w->text.p, w->text.len);
		gv_symbol_take_bytes(w, whole.p, whole.len);
		w->out->failed |= whole.failed;
		gv_buf_release(&whole);
		gv_buf_add(&w->extra, ref.p, ref.len);
		gv_symbol_refer_external(
		    w, GV_SYMBOL_EDGE_GITLAB_INCLUDE, "project", 0);
	}
	w->out->failed |= project.failed | ref.failed;
	gv_buf_release(&project);
	gv_buf_release(&ref);
}

/* component: host/group/name@1.0 */
static void
add_component(struct gv_symbol_writer *w)
{
	const char *sign = memrchr(w->text.p, '@', w->text.len);

	if (sign) {
		const size_t at = (size_t)(sign - w->text.p);

		gv_buf_add(&w->extra, sign + 1, w->text.len - at - 1);
		gv_buf_truncate(&w->text, at);
	}
	gv_symbol_refer_external(
	    w, GV_SYMBOL_EDGE_GITLAB_INCLUDE, "component", 0);
}

/* One thing that is included. Whether it is of another project. */
static bool
add_included(struct gv_symbol_writer *w, uint32_t item)
{
	if (!gv_symbol_is_map(w, item)) {
		if (!gv_symbol_take(w, item))
			return false;
		if (!is_address(w)) {
			add_local(w);
			return false;
		}
		gv_symbol_refer_source(w, GV_SYMBOL_EDGE_GITLAB_INCLUDE, 0);
		return true;
	}
	if (gv_symbol_take_of(w, item, "local")) {
		add_local(w);
		return false;
	}
	if (gv_symbol_take_of(w, item, "remote"))
		gv_symbol_refer_source(w, GV_SYMBOL_EDGE_GITLAB_INCLUDE, 0);
	else if (gv_symbol_take_of(w, item, "template"))
		gv_symbol_refer_external(
		    w, GV_SYMBOL_EDGE_GITLAB_INCLUDE, "template", 0);
	else if (gv_symbol_take_of(w, item, "project"))
		add_project(w, item);
	else if (gv_symbol_take_of(w, item, "component"))
		add_component(w);
	else
		return false;
	return true;
}

/* What is included; a map is one of it. */
static bool
add_include(struct gv_symbol_writer *w, uint32_t list)
{
	bool found = false;
	uint32_t i;

	if (gv_symbol_is_map(w, list))
		return add_included(w, list);
	for (i = gv_symbol_first(w, list); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, list, i))
		found |= add_included(w, i);
	return found;
}

/* ---- jobs ---------------------------------------------------------------- */

static void
refer_job(struct pipeline *p, enum gv_symbol_edge edge, unsigned flags)
{
	gv_symbol_refer_name(
	    &p->w, edge, GV_SYMBOL_SPACE_GITLAB_JOB, flags | p->missing);
}

static void
add_names(
    struct pipeline *p, uint32_t job, const char *key, enum gv_symbol_edge edge)
{
	const uint32_t list = gv_doc_get(p->w.doc, job, key);
	uint32_t i;

	for (i = gv_symbol_first(&p->w, list); i != GV_DOC_NONE;
	     i = gv_symbol_next(&p->w, list, i))
		if (gv_symbol_take(&p->w, i))
			refer_job(p, edge, 0);
}

/* needs: [a, {job: b, optional: true}, {project: g/p, job: c}], and the name
 * of one of a matrix, "a: [x, y]". */
static void
add_needs(struct pipeline *p, uint32_t job)
{
	struct gv_symbol_writer *w = &p->w;
	const uint32_t list = gv_doc_get(w->doc, job, "needs");
	const char *matrix;
	uint32_t i;

	for (i = gv_symbol_first(w, list); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, list, i)) {
		if (gv_symbol_take_of(w, i, "project")) {
			gv_symbol_refer_external(
			    w, GV_SYMBOL_EDGE_GITLAB_NEEDS, "project", 0);
			continue;
		}
		if (gv_doc_get(w->doc, i, "pipeline") != GV_DOC_NONE ||
		    (gv_symbol_is_map(w, i) ? !gv_symbol_take_of(w, i, "job")
					    : !gv_symbol_take(w, i)))
			continue;
		matrix = memmem(w->text.p, w->text.len, ": [", 3);
		if (matrix)
			gv_buf_truncate(&w->text, (size_t)(matrix - w->text.p));
		refer_job(p, GV_SYMBOL_EDGE_GITLAB_NEEDS,
		    gv_symbol_switch_is(w, i, "optional", true)
			? GV_SYMBOL_OPTIONAL
			: 0);
	}
}

static void
add_image(struct gv_symbol_writer *w, uint32_t image)
{
	if (gv_symbol_is_map(w, image) ? gv_symbol_take_of(w, image, "name")
				       : gv_symbol_take(w, image))
		gv_symbol_refer_image(w, GV_SYMBOL_EDGE_GITLAB_IMAGE, 0);
}

/* image and services of a job, or of all. */
static void
add_images(struct gv_symbol_writer *w, uint32_t map)
{
	const uint32_t services = gv_doc_get(w->doc, map, "services");
	uint32_t i;

	add_image(w, gv_doc_get(w->doc, map, "image"));
	if (!gv_symbol_is_list(w, services))
		return;
	for (i = gv_symbol_first(w, services); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, services, i))
		add_image(w, i);
}

/* Add a line of a script to the text of all, at its line of the file as far as
 * that is behind those before it. */
static void
join_line(struct gv_symbol_writer *w, struct gv_symbol_script *script,
    struct gv_buf *text, uint32_t *line, uint32_t node)
{
	const uint32_t from = gv_doc_follow(w->doc, node);
	struct gv_buf part = GV_BUF_INIT;
	uint32_t at;
	size_t i;

	if (from == GV_DOC_NONE || !gv_symbol_scalar(&part, w->doc, from))
		goto out;
	at = gv_symbol_line_at(w->doc, w->doc->nodes[from].at);
	at += w->doc->nodes[from].style == GV_DOC_STYLE_LITERAL ||
	    w->doc->nodes[from].style == GV_DOC_STYLE_FOLDED;
	if (text->len == 0)
		script->line = *line = at;
	for (; *line < at && w->visits > 0; (*line)++, w->visits--)
		gv_buf_addch(text, '\n');
	gv_buf_add(text, part.p, part.len);
	gv_buf_addch(text, '\n');
	for (i = 0, ++*line; i < part.len; i++)
		*line += part.p[i] == '\n';
out:
	w->out->failed |= part.failed;
	gv_buf_release(&part);
}

/* The lines of these keys, and lists of them, as one shell runs them: a "cd"
 * holds for those behind it. */
static void
add_script(struct gv_symbol_writer *w, uint32_t map, const char *const *keys)
{
	struct gv_symbol_script script = { .in = w->in,
		.flags = GV_SYMBOL_TOP };
	struct gv_buf text = GV_BUF_INIT;
	uint32_t list, i, k, line = 0;

	for (; *keys; keys++) {
		list = gv_doc_get(w->doc, map, *keys);
		for (i = gv_symbol_first(w, list); i != GV_DOC_NONE;
		     i = gv_symbol_next(w, list, i))
			for (k = gv_symbol_first(w, i); k != GV_DOC_NONE;
			     k = gv_symbol_next(w, i, k))
				join_line(w, &script, &text, &line, k);
	}
	script.text = text.p;
	script.len = text.len;
	if (text.len && !text.failed)
		gv_symbol_script_read(w->out, &script);
	w->out->failed |= text.failed;
	gv_buf_release(&text);
}

static void
add_scripts(struct gv_symbol_writer *w, uint32_t map)
{
	static const char *const before[] = { "before_script", "script", NULL };
	static const char *const after[] = { "after_script", NULL };

	add_script(w, map, before);
	add_script(w, map, after);
}

/* !reference [.job, script] */
static void
add_references(struct pipeline *p, uint32_t node)
{
	const struct gv_doc *doc = p->w.doc;
	const uint32_t last = doc->nodes[node].next;
	const struct gv_doc_mark *mark;
	uint32_t i;

	if (doc->n_marks == 0)
		return;
	for (i = node; i < last; i++) {
		if (doc->nodes[i].kind != GV_DOC_LIST)
			continue;
		mark = gv_doc_mark(doc, i);
		if (mark && mark->tag_len == 10 &&
		    memcmp(doc->text + mark->tag_at, "!reference", 10) == 0 &&
		    gv_symbol_take(&p->w, gv_doc_first(doc, i)) &&
		    !is_reserved(&p->w))
			refer_job(p, GV_SYMBOL_EDGE_GITLAB_EXTENDS, 0);
	}
}

/* Make "*.{yml,yaml}" "*.*", which matches that and more. */
static void
fold_choices(struct gv_buf *text)
{
	char *open, *close;

	while ((open = strchr(text->p, '{')) != NULL &&
	    (close = strchr(open, '}')) != NULL) {
		*open = '*';
		memmove(open + 1, close + 1, strlen(close));
		text->len = strlen(text->p);
	}
}

/* changes: [paths], changes: {paths: [paths]} */
static void
add_changes(struct gv_symbol_writer *w, uint32_t map)
{
	uint32_t list = gv_doc_get(w->doc, map, "changes");
	uint32_t i;

	if (gv_symbol_is_map(w, list))
		list = gv_doc_get(w->doc, list, "paths");
	for (i = gv_symbol_first(w, list); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, list, i))
		if (gv_symbol_take(w, i)) {
			fold_choices(&w->text);
			gv_symbol_tell(w, GV_SYMBOL_VALUE_GHA_FILTER);
		}
}

static void
add_filters(struct gv_symbol_writer *w, uint32_t job)
{
	const uint32_t rules = gv_doc_get(w->doc, job, "rules");
	uint32_t i;

	add_changes(w, gv_doc_get(w->doc, job, "only"));
	if (!gv_symbol_is_list(w, rules))
		return;
	for (i = gv_symbol_first(w, rules); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, rules, i))
		add_changes(w, i);
}

/* trigger: group/name, {project: …}, {include: …} */
static void
add_trigger(struct gv_symbol_writer *w, uint32_t job)
{
	const uint32_t trigger = gv_doc_get(w->doc, job, "trigger");

	if (gv_symbol_is_map(w, trigger)
		? gv_symbol_take_of(w, trigger, "project")
		: gv_symbol_take(w, trigger))
		gv_symbol_refer_external(
		    w, GV_SYMBOL_EDGE_GITLAB_NEEDS, "project", 0);
	if (gv_symbol_is_map(w, trigger))
		add_include(w, gv_doc_get(w->doc, trigger, "include"));
}

/* environment: prod, {name: prod} */
static void
add_environment(struct gv_symbol_writer *w, uint32_t job)
{
	const uint32_t node = gv_doc_get(w->doc, job, "environment");

	if (gv_symbol_is_map(w, node) ? gv_symbol_take_of(w, node, "name")
				      : gv_symbol_take(w, node))
		gv_symbol_refer_external(
		    w, GV_SYMBOL_EDGE_GITLAB_ENVIRONMENT, "environment", 0);
}

static void
of_job(struct pipeline *p, uint32_t job)
{
	struct gv_symbol_writer *w = &p->w;

	if (!gv_symbol_take_key(w, job) || is_reserved(w))
		return;
	w->in = gv_symbol_define(w, GV_SYMBOL_SPACE_GITLAB_JOB, 0);
	add_names(p, job, "extends", GV_SYMBOL_EDGE_GITLAB_EXTENDS);
	add_needs(p, job);
	add_names(p, job, "dependencies", GV_SYMBOL_EDGE_GITLAB_NEEDS);
	add_environment(w, job);
	add_images(w, job);
	add_trigger(w, job);
	add_filters(w, job);
	add_scripts(w, job);
	add_references(p, job);
	gv_symbol_gitlab_read(&p->vars, w, job);
	w->in = GV_SYMBOL_NONE;
}

void
gv_symbol_gitlab(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	const uint32_t stages = gv_doc_get(doc, root, "stages");
	const uint32_t defaults = gv_doc_get(doc, root, "default");
	struct pipeline p = { .missing = 0 };
	uint32_t i;

	gv_symbol_writer_init(&p.w, out, doc);
	p.w.is_shell = true;
	if (add_include(&p.w, gv_doc_get(doc, root, "include")))
		p.missing = GV_SYMBOL_ELSEWHERE;
	for (i = gv_symbol_first(&p.w, stages); i != GV_DOC_NONE;
	     i = gv_symbol_next(&p.w, stages, i))
		if (gv_symbol_take(&p.w, i))
			gv_symbol_define(&p.w, GV_SYMBOL_SPACE_GITLAB_STAGE, 0);
	gv_symbol_gitlab_begin(&p.vars, &p.w, root);
	add_images(&p.w, root);
	add_images(&p.w, defaults);
	add_scripts(&p.w, root);
	add_scripts(&p.w, defaults);
	gv_symbol_gitlab_read(&p.vars, &p.w, root);
	gv_symbol_gitlab_read(&p.vars, &p.w, defaults);
	if (gv_symbol_is_map(&p.w, root))
		for (i = gv_symbol_first(&p.w, root); i != GV_DOC_NONE;
		     i = gv_symbol_next(&p.w, root, i))
			of_job(&p, i);
	gv_symbol_gitlab_end(&p.vars);
	gv_symbol_writer_release(&p.w);
}

/* A name with a dot in front, and commands below it: nobody else writes that.
 */
static bool
is_hidden_job(const struct gv_doc *doc, uint32_t node)
{
	static const char *const keys[] = { "script", "before_script",
		"after_script", "extends" };
	const struct gv_doc_node *n = &doc->nodes[node];
	size_t i;

	if (n->key_len < 2 || doc->text[n->key_at] != '.')
		return false;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (gv_doc_get(doc, node, keys[i]) != GV_DOC_NONE)
			return true;
	return false;
}

/* Whether a map is a job: it has a script, and what only jobs have. */
static bool
is_job(const struct gv_doc *doc, uint32_t node)
{
	static const char *const keys[] = { "stage", "rules", "needs", "image",
		"extends", "only", "except", "artifacts", "dependencies",
		"before_script", "after_script", "tags" };
	size_t i;

	if (is_hidden_job(doc, node))
		return true;
	if (gv_doc_get(doc, node, "script") == GV_DOC_NONE)
		return false;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (gv_doc_get(doc, node, keys[i]) != GV_DOC_NONE)
			return true;
	return false;
}

void
gv_symbol_gitlab_included(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct gv_symbol_writer w;
	bool found = false;
	uint32_t i;

	gv_symbol_writer_init(&w, out, doc);
	if (gv_symbol_is_map(&w, root))
		for (i = gv_symbol_first(&w, root); i != GV_DOC_NONE && !found;
		     i = gv_symbol_next(&w, root, i))
			found = gv_symbol_is_map(&w, i) && is_job(doc, i);
	gv_symbol_writer_release(&w);
	if (found)
		gv_symbol_gitlab(out, doc, root);
}
