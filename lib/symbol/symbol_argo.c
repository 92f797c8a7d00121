#include "symbol/symbol_k8s.h"

#include <string.h>

/*
 * Argo CD: applications and where they come from. Paths are from the top of a
 * repository that may be this one or another: `extra` has its address and the
 * revision, "git:ADDRESS?ref=REVISION".
 */

/* The address of a repository, in o->extra. */
static void
take_address(struct gv_symbol_object *o, uint32_t repository, uint32_t revision)
{
	unsigned flags = 0;

	gv_buf_reset(&o->extra);
	if (!gv_symbol_said(&o->text, o->doc, repository, &flags))
		return;
	gv_symbol_drop_user(&o->text);
	gv_buf_addf(&o->extra, "git:%s", o->text.p);
	if (gv_symbol_said(&o->text, o->doc, revision, &flags))
		gv_buf_addf(&o->extra, "?ref=%s", o->text.p);
}

/* Add the path in o->target, from the top of the repository in o->extra. One
 * that is computed as a whole says nothing. */
static void
add_path(struct gv_symbol_object *o, uint32_t node, unsigned flags)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_ARGO_SOURCE,
		.line = gv_symbol_line(o->doc, node),
		.in = o->id,
		.extra = o->extra.p,
		.extra_len = o->extra.len };

	if (strcmp(o->target.p, "*") == 0)
		return;
	if (memchr(o->target.p, '*', o->target.len))
		flags |= GV_SYMBOL_PATTERN;
	row.flags = (uint16_t)(flags | GV_SYMBOL_TOP | GV_SYMBOL_ELSEWHERE);
	gv_symbol_path(o->out, &row, &o->target);
}

/* ---- files of values ----------------------------------------------------- */

/* The source that is named by `ref: NAME`, for a file "$NAME/…". */
static uint32_t
find_ref(
    struct gv_symbol_object *o, uint32_t sources, const char *name, size_t len)
{
	unsigned flags = 0;
	uint32_t i;

	if (sources == GV_DOC_NONE)
		return sources;
	for (i = gv_doc_first(o->doc, sources); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		if (gv_symbol_said(
			&o->text, o->doc, gv_symbol_get(o, i, "ref"), &flags) &&
		    o->text.len == len && memcmp(o->text.p, name, len) == 0)
			return i;
	return GV_DOC_NONE;
}

/* values.yaml of the path, /values.yaml of its repository, $ref/values.yaml of
 * another source. Of a chart from elsewhere only the last is a file here. */
static void
add_value_file(
    struct gv_symbol_object *o, uint32_t node, uint32_t source, unsigned flags)
{
	const uint32_t list = o->doc->nodes[source].parent;
	const char *slash;
	uint32_t of = source;

	if (!gv_symbol_said(&o->name, o->doc, node, &flags) ||
	    memmem(o->name.p, o->name.len, "://", 3))
		return;
	gv_buf_reset(&o->target);
	slash = memchr(o->name.p, '/', o->name.len);
	if (*o->name.p == '$' && slash) {
		of = find_ref(
		    o, list, o->name.p + 1, (size_t)(slash - o->name.p - 1));
		gv_buf_addstr(&o->target, slash + 1);
	} else if (gv_symbol_get(o, source, "chart") != GV_DOC_NONE) {
		return;
	} else if (slash == o->name.p) {
		gv_buf_addstr(&o->target, slash + 1);
	} else {
		gv_symbol_said(&o->target, o->doc,
		    gv_symbol_get(o, source, "path"), &flags);
		gv_buf_addf(&o->target, "/%s", o->name.p);
	}
	take_address(o, gv_symbol_get(o, of, "repoURL"),
	    gv_symbol_get(o, of, "targetRevision"));
	add_path(o, node, flags);
}

static void
add_value_files(struct gv_symbol_object *o, uint32_t source)
{
	const uint32_t helm = gv_symbol_get(o, source, "helm");
	const uint32_t files = gv_symbol_get(o, helm, "valueFiles");
	const bool may_miss = gv_symbol_says(
	    o->doc, gv_symbol_get(o, helm, "ignoreMissingValueFiles"), "true");
	uint32_t i;

	if (files == GV_DOC_NONE || o->doc->nodes[files].kind != GV_DOC_LIST)
		return;
	for (i = gv_doc_first(o->doc, files); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		add_value_file(o, i, source, may_miss ? GV_SYMBOL_OPTIONAL : 0);
}

/* ---- sources ------------------------------------------------------------- */

static void
add_source(struct gv_symbol_object *o, uint32_t source)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_ARGO_SOURCE,
		.in = o->id };
	const uint32_t repository = gv_symbol_get(o, source, "repoURL");
	const uint32_t revision = gv_symbol_get(o, source, "targetRevision");
	const uint32_t path = gv_symbol_get(o, source, "path");
	const uint32_t chart = gv_symbol_get(o, source, "chart");
	unsigned flags = GV_SYMBOL_FOLDER;

	if (source == GV_DOC_NONE || repository == GV_DOC_NONE)
		return;
	if (chart != GV_DOC_NONE) {
		row.line = gv_symbol_line(o->doc, chart);
		gv_symbol_chart(o, &row, repository, chart, revision);
	} else if (path != GV_DOC_NONE ||
	    gv_symbol_get(o, source, "ref") == GV_DOC_NONE) {
		take_address(o, repository, revision);
		if (!gv_symbol_said(&o->target, o->doc, path, &flags))
			gv_buf_addch(&o->target, '.');
		add_path(o, path == GV_DOC_NONE ? repository : path, flags);
	}
	add_value_files(o, source);
}

static void
add_sources(struct gv_symbol_object *o, uint32_t spec)
{
	const uint32_t sources = gv_symbol_get(o, spec, "sources");
	uint32_t i;

	add_source(o, gv_symbol_get(o, spec, "source"));
	if (sources == GV_DOC_NONE)
		return;
	for (i = gv_doc_first(o->doc, sources); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		add_source(o, i);
}

/* Whether syncOptions has CreateNamespace=true. */
static bool
makes_namespace(struct gv_symbol_object *o, uint32_t spec)
{
	const uint32_t options = gv_symbol_get(
	    o, gv_symbol_get(o, spec, "syncPolicy"), "syncOptions");
	uint32_t i;

	if (options == GV_DOC_NONE)
		return false;
	for (i = gv_doc_first(o->doc, options); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		if (gv_symbol_says(o->doc, i, "CreateNamespace=true"))
			return true;
	return false;
}

static void
add_application(struct gv_symbol_object *o, uint32_t spec)
{
	const uint32_t project = gv_symbol_get(o, spec, "project");
	const uint32_t space = gv_symbol_get(
	    o, gv_symbol_get(o, spec, "destination"), "namespace");

	add_sources(o, spec);
	if (!gv_symbol_says(o->doc, project, "default"))
		gv_symbol_refer(o,
		    &(struct gv_symbol_target){ .edge = GV_SYMBOL_EDGE_K8S_REF,
			.space = GV_SYMBOL_SPACE_ARGO_APP,
			.kind = "AppProject",
			.name = project,
			.flags = GV_SYMBOL_ELSEWHERE });
	if (space != GV_DOC_NONE && makes_namespace(o, spec))
		gv_symbol_makes(o, "Namespace", space);
	else
		gv_symbol_refer(o,
		    &(struct gv_symbol_target){
			.edge = GV_SYMBOL_EDGE_K8S_NAMESPACE,
			.kind = "Namespace",
			.name = space,
			.flags = gv_symbol_namespace_flags(o->doc, space) });
}

static void
of_application(struct gv_symbol_object *o)
{
	add_application(o, gv_symbol_spec(o));
}

/* ---- sets of applications ------------------------------------------------ */

/* git: {repoURL, files: [{path}], directories: [{path, exclude}]} */
static void
add_git(
    struct gv_symbol_object *o, uint32_t git, const char *key, unsigned kind)
{
	const uint32_t list = gv_symbol_get(o, git, key);
	unsigned flags;
	uint32_t i, path;

	if (list == GV_DOC_NONE || o->doc->nodes[list].kind != GV_DOC_LIST)
		return;
	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i)) {
		path = gv_symbol_get(o, i, "path");
		flags = kind;
		if (gv_symbol_says(
			o->doc, gv_symbol_get(o, i, "exclude"), "true"))
			continue;
		take_address(o, gv_symbol_get(o, git, "repoURL"),
		    gv_symbol_get(o, git, "revision"));
		if (gv_symbol_said(&o->target, o->doc, path, &flags))
			add_path(o, path, flags);
	}
}

/* Generators may be in each other (matrix, merge). */
static void
of_set(struct gv_symbol_object *o)
{
	const uint32_t spec = gv_symbol_spec(o);
	const uint32_t generators = gv_symbol_get(o, spec, "generators");
	uint32_t i;

	if (generators != GV_DOC_NONE)
		for (i = generators + 1; i < o->doc->nodes[generators].next;
		     i++)
			if (gv_doc_key_is(o->doc, i, "git")) {
				add_git(o, i, "files", 0);
				add_git(o, i, "directories", GV_SYMBOL_FOLDER);
			}
	add_application(
	    o, gv_symbol_get(o, gv_symbol_get(o, spec, "template"), "spec"));
}

static void
of_nothing(struct gv_symbol_object *o)
{
	(void)o;
}

static const struct {
	const char *kind;
	void (*fn)(struct gv_symbol_object *o);
} kinds[] = {
	{ "Application", of_application },
	{ "ApplicationSet", of_set },
	{ "AppProject", of_nothing },
};

bool
gv_symbol_argo(struct gv_symbol_object *o)
{
	size_t i;

	if (strncmp(o->api.p, "argoproj.io/", 12) != 0)
		return true;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!gv_symbol_kind_is(o, kinds[i].kind))
			continue;
		gv_symbol_too(o, GV_SYMBOL_SPACE_ARGO_APP);
		kinds[i].fn(o);
		return false;
	}
	return true;
}
