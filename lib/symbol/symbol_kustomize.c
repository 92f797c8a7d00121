#include "symbol/symbol_k8s.h"

#include <string.h>

/*
 * kustomization.yaml: which files and folders it puts together, what it patches
 * in them, which ConfigMaps and Secrets it makes, and what it does to the names
 * of all of them. Names here are those before a prefix, a suffix and the hash
 * of generated objects are added.
 */

static bool
is_remote(const struct gv_buf *path)
{
	return memmem(path->p, path->len, "://", 3) ||
	    memmem(path->p, path->len, "?ref=", 5) ||
	    strncmp(path->p, "git@", 4) == 0 ||
	    strncmp(path->p, "github.com/", 11) == 0 ||
	    strncmp(path->p, "git::", 5) == 0;
}

/* ---- paths --------------------------------------------------------------- */

/* One path or address that is a scalar; a text of several lines is YAML that
 * is written in place. */
void
gv_symbol_kustomize_path(struct gv_symbol_object *o, uint32_t node,
    enum gv_symbol_edge edge, bool may_be_folder)
{
	struct gv_symbol_row row = { .word = (uint16_t)edge, .in = o->id };

	if (node == 0 || !gv_symbol_scalar(&o->text, o->doc, node) ||
	    memchr(o->text.p, '\n', o->text.len))
		return;
	row.line = gv_symbol_line(o->doc, node);
	if (is_remote(&o->text)) {
		gv_symbol_source(o->out, &row, &o->text);
		return;
	}
	if (may_be_folder && !gv_symbol_ends(&o->text, ".yaml") &&
	    !gv_symbol_ends(&o->text, ".yml") &&
	    !gv_symbol_ends(&o->text, ".json"))
		row.flags = GV_SYMBOL_FOLDER;
	gv_symbol_path(o->out, &row, &o->text);
}

static void
add_paths(struct gv_symbol_object *o, uint32_t list, bool may_be_folder)
{
	uint32_t i;

	if (list == GV_DOC_NONE || o->doc->nodes[list].kind != GV_DOC_LIST)
		return;
	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		gv_symbol_kustomize_path(
		    o, i, GV_SYMBOL_EDGE_KUSTOMIZE_RESOURCE, may_be_folder);
}

static void
of_resources(struct gv_symbol_object *o, uint32_t list)
{
	add_paths(o, list, true);
}

static void
of_files(struct gv_symbol_object *o, uint32_t list)
{
	add_paths(o, list, false);
}

static void
of_openapi(struct gv_symbol_object *o, uint32_t map)
{
	gv_symbol_kustomize_path(o, gv_symbol_get(o, map, "path"),
	    GV_SYMBOL_EDGE_KUSTOMIZE_RESOURCE, false);
}

/* ---- generators ---------------------------------------------------------- */

/* literals: [KEY=value], files: [KEY=path, path]; KEY of a path is its name. */
static void
add_entries(struct gv_symbol_object *o, uint32_t list, bool is_path)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_KUSTOMIZE_RESOURCE,
		.in = o->id };
	struct gv_buf key = GV_BUF_INIT;
	const char *sign, *slash;
	uint32_t i;

	if (list == GV_DOC_NONE || o->doc->nodes[list].kind != GV_DOC_LIST)
		return;
	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i)) {
		if (!gv_symbol_scalar(&o->text, o->doc, i))
			continue;
		sign = memchr(o->text.p, '=', o->text.len);
		slash = memrchr(o->text.p, '/', o->text.len);
		gv_buf_reset(&key);
		if (sign)
			gv_buf_add(&key, o->text.p, (size_t)(sign - o->text.p));
		else if (is_path)
			gv_buf_addstr(&key, slash ? slash + 1 : o->text.p);
		gv_symbol_fold(&key);
		if (key.len)
			gv_symbol_has_key(o, GV_SYMBOL_SPACE_K8S_KEY, key.p, i);
		if (!is_path)
			continue;
		if (sign) {
			gv_buf_reset(&key);
			gv_buf_addstr(&key, sign + 1);
		} else {
			gv_buf_reset(&key);
			gv_buf_add(&key, o->text.p, o->text.len);
		}
		row.line = gv_symbol_line(o->doc, i);
		gv_symbol_path(o->out, &row, &key);
	}
	o->out->failed |= key.failed;
	gv_buf_release(&key);
}

/* One that is merged into another generator's object does not make it. */
static void
add_generated(struct gv_symbol_object *o, uint32_t item, const char *kind)
{
	const uint32_t envs = gv_symbol_get(o, item, "envs");
	const uint32_t env = gv_symbol_get(o, item, "env");
	const uint32_t behavior = gv_symbol_get(o, item, "behavior");
	unsigned flags = 0;

	gv_symbol_said(
	    &o->scope, o->doc, gv_symbol_get(o, item, "namespace"), &flags);
	if (behavior != GV_DOC_NONE &&
	    !gv_symbol_says(o->doc, behavior, "create"))
		gv_symbol_refer(o,
		    &(struct gv_symbol_target){
			.edge = GV_SYMBOL_EDGE_KUSTOMIZE_PATCH_TARGET,
			.kind = kind,
			.name = gv_symbol_get(o, item, "name") });
	else
		gv_symbol_makes(o, kind, gv_symbol_get(o, item, "name"));
	add_entries(o, gv_symbol_get(o, item, "literals"), false);
	add_entries(o, gv_symbol_get(o, item, "files"), true);
	if (envs != GV_DOC_NONE || env != GV_DOC_NONE)
		gv_symbol_has_key(o, GV_SYMBOL_SPACE_K8S_KEY, NULL, item);
	add_paths(o, envs, false);
	gv_symbol_kustomize_path(
	    o, env, GV_SYMBOL_EDGE_KUSTOMIZE_RESOURCE, false);
	gv_buf_reset(&o->scope);
}

static void
of_config_maps(struct gv_symbol_object *o, uint32_t list)
{
	uint32_t i;

	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		add_generated(o, i, "ConfigMap");
}

static void
of_secrets(struct gv_symbol_object *o, uint32_t list)
{
	uint32_t i;

	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		add_generated(o, i, "Secret");
}

/* ---- images, names, charts ----------------------------------------------- */

/* images: [{name, newName, newTag, digest}]: the value says what it becomes,
 * the reference which image is fetched then. */
static void
of_images(struct gv_symbol_object *o, uint32_t list)
{
	struct gv_symbol_row row = { .in = o->id };
	unsigned flags = 0;
	uint32_t i, name;

	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i)) {
		name = gv_symbol_get(o, i, "name");
		if (!gv_symbol_said(&o->extra, o->doc, name, &flags))
			continue;
		gv_buf_reset(&o->target);
		if (gv_symbol_scalar(
			&o->text, o->doc, gv_symbol_get(o, i, "newName")))
			gv_buf_add(&o->target, o->text.p, o->text.len);
		else
			gv_buf_add(&o->target, o->extra.p, o->extra.len);
		if (gv_symbol_scalar(
			&o->text, o->doc, gv_symbol_get(o, i, "newTag")))
			gv_buf_addf(&o->target, ":%s", o->text.p);
		if (gv_symbol_scalar(
			&o->text, o->doc, gv_symbol_get(o, i, "digest")))
			gv_buf_addf(&o->target, "@%s", o->text.p);
		row.line = gv_symbol_line(o->doc, name);
		row.kind = GV_SYMBOL_VALUE;
		row.word = GV_SYMBOL_VALUE_KUSTOMIZE_IMAGE;
		row.name = o->extra.p;
		row.name_len = o->extra.len;
		row.extra = o->target.p;
		row.extra_len = o->target.len;
		gv_symbol_add(o->out, &row);
		gv_symbol_image(o->out,
		    &(struct gv_symbol_row){ .word = GV_SYMBOL_EDGE_K8S_IMAGE,
			.line = row.line,
			.in = o->id },
		    &o->target);
	}
}

static void
add_value(struct gv_symbol_object *o, uint32_t node, enum gv_symbol_value word)
{
	unsigned flags = 0;

	if (!gv_symbol_said(&o->text, o->doc, node, &flags))
		return;
	gv_symbol_add(o->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_VALUE,
		.word = (uint16_t)word,
		.flags = (uint16_t)flags,
		.line = gv_symbol_line(o->doc, node),
		.in = o->id,
		.name = o->text.p,
		.name_len = o->text.len });
}

static void
of_namespace(struct gv_symbol_object *o, uint32_t node)
{
	add_value(o, node, GV_SYMBOL_VALUE_KUSTOMIZE_NAMESPACE);
	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = GV_SYMBOL_EDGE_K8S_NAMESPACE,
		.kind = "Namespace",
		.name = node,
		.flags = gv_symbol_namespace_flags(o->doc, node) });
}

static void
of_prefix(struct gv_symbol_object *o, uint32_t node)
{
	add_value(o, node, GV_SYMBOL_VALUE_KUSTOMIZE_PREFIX);
}

static void
of_suffix(struct gv_symbol_object *o, uint32_t node)
{
	add_value(o, node, GV_SYMBOL_VALUE_KUSTOMIZE_SUFFIX);
}

/* A chart without a repository is below chartHome, "charts" by default. */
static void
add_chart(struct gv_symbol_object *o, uint32_t item)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_HELM_CHART,
		.in = o->id };
	const uint32_t name = gv_symbol_get(o, item, "name");
	const uint32_t home = gv_symbol_get(
	    o, gv_symbol_get(o, o->root, "helmGlobals"), "chartHome");

	if (name == GV_DOC_NONE)
		return;
	row.line = gv_symbol_line(o->doc, name);
	if (gv_symbol_scalar(
		&o->text, o->doc, gv_symbol_get(o, item, "repo"))) {
		gv_symbol_chart(o, &row, gv_symbol_get(o, item, "repo"), name,
		    gv_symbol_get(o, item, "version"));
		return;
	}
	gv_buf_reset(&o->target);
	if (gv_symbol_scalar(&o->text, o->doc, home))
		gv_buf_add(&o->target, o->text.p, o->text.len);
	else
		gv_buf_addstr(&o->target, "charts");
	gv_symbol_scalar(&o->text, o->doc, name);
	gv_buf_addf(&o->target, "/%s", o->text.p);
	row.flags = GV_SYMBOL_FOLDER;
	gv_symbol_path(o->out, &row, &o->target);
}

static void
of_charts(struct gv_symbol_object *o, uint32_t list)
{
	uint32_t i;

	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i)) {
		add_chart(o, i);
		gv_symbol_kustomize_path(o, gv_symbol_get(o, i, "valuesFile"),
		    GV_SYMBOL_EDGE_KUSTOMIZE_RESOURCE, false);
		add_paths(
		    o, gv_symbol_get(o, i, "additionalValuesFiles"), false);
	}
}

/* ---- all of it ----------------------------------------------------------- */

static const struct {
	const char *key;
	void (*fn)(struct gv_symbol_object *o, uint32_t node);
	bool is_list;
} fields[] = {
	{ "resources", of_resources, true },
	{ "bases", of_resources, true },
	{ "components", of_resources, true },
	{ "crds", of_files, true },
	{ "configurations", of_files, true },
	{ "transformers", of_resources, true },
	{ "generators", of_resources, true },
	{ "validators", of_resources, true },
	{ "openapi", of_openapi, false },
	{ "patches", gv_symbol_patches, true },
	{ "patchesJson6902", gv_symbol_patches, true },
	{ "patchesStrategicMerge", gv_symbol_patch_merges, true },
	{ "replacements", gv_symbol_patch_replacements, true },
	{ "vars", gv_symbol_patch_vars, true },
	{ "configMapGenerator", of_config_maps, true },
	{ "secretGenerator", of_secrets, true },
	{ "images", of_images, true },
	{ "namespace", of_namespace, false },
	{ "namePrefix", of_prefix, false },
	{ "nameSuffix", of_suffix, false },
	{ "helmCharts", of_charts, true },
};

/* Other tools have a Kustomization, too: that of Flux is an object. */
static bool
is_own(const struct gv_doc *doc, uint32_t root)
{
	const uint32_t api = gv_doc_get(doc, root, "apiVersion");
	const struct gv_doc_node *n;

	if (doc->nodes[root].kind != GV_DOC_MAP)
		return false;
	if (api == GV_DOC_NONE)
		return true;
	n = &doc->nodes[api];
	return memmem(doc->text + n->at, n->len, "kustomize.config.k8s.io",
		   23) != NULL;
}

void
gv_symbol_kustomize(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct gv_symbol_object o = GV_SYMBOL_OBJECT_INIT(out, doc, root);
	uint32_t i, node;
	size_t f;

	if (!is_own(doc, root))
		return;
	o.id = gv_symbol_add(out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_DEFINITION,
		.word = GV_SYMBOL_SPACE_KUSTOMIZE_ROOT,
		.line = gv_symbol_line(doc, root),
		.in = GV_SYMBOL_NONE,
		.name = ".",
		.name_len = 1 });
	for (i = gv_doc_first(doc, root); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		node = gv_doc_follow(doc, i);
		for (f = 0; f < sizeof(fields) / sizeof(fields[0]); f++)
			if (node != GV_DOC_NONE &&
			    gv_doc_key_is(doc, i, fields[f].key) &&
			    fields[f].is_list ==
				(doc->nodes[node].kind == GV_DOC_LIST))
				fields[f].fn(&o, node);
	}
	gv_symbol_object_release(&o);
}
