#include "symbol/symbol_k8s.h"

#include <string.h>

/*
 * Flux: sources, what is applied from which path of them, releases of charts,
 * and in which order. Whether the path of a Kustomization is one of this
 * repository is not known here: `extra` has the source, "GitRepository/NAME",
 * and only the one that Flux makes for its own repository is sure to be it.
 */

#define OWN_SOURCE "flux-system"

/* Go through a list with one function. */
static void
each(struct gv_symbol_object *o, uint32_t list,
    void (*fn)(struct gv_symbol_object *o, uint32_t item))
{
	uint32_t i;

	if (list == GV_DOC_NONE || o->doc->nodes[list].kind != GV_DOC_LIST)
		return;
	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		fn(o, i);
}

/* sourceRef: {kind, name, namespace} */
static void
add_ref(struct gv_symbol_object *o, uint32_t ref, enum gv_symbol_edge edge,
    const char *kind)
{
	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = (uint16_t)edge,
		.space = GV_SYMBOL_SPACE_FLUX_OBJECT,
		.kind = kind,
		.kind_node = gv_symbol_get(o, ref, "kind"),
		.name = gv_symbol_get(o, ref, "name"),
		.scope = gv_symbol_get(o, ref, "namespace") });
}

/* ---- sources ------------------------------------------------------------- */

/* The version that is asked for, in o->extra. */
static void
take_version(struct gv_symbol_object *o, unsigned *flags)
{
	static const char *const keys[] = { "digest", "commit", "tag", "semver",
		"name", "branch" };
	const uint32_t ref = gv_symbol_get(o, gv_symbol_spec(o), "ref");
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (gv_symbol_said(&o->extra, o->doc,
			gv_symbol_get(o, ref, keys[i]), flags))
			return;
}

static void
add_address(struct gv_symbol_object *o, const char *scheme, uint32_t url)
{
	unsigned flags = 0;

	take_version(o, &flags);
	if (!gv_symbol_said(&o->text, o->doc, url, &flags))
		return;
	gv_symbol_drop_user(&o->text);
	gv_buf_reset(&o->target);
	if (strncmp(o->text.p, "oci://", 6) == 0 && *scheme == 'o')
		gv_buf_addf(&o->target, "%s%s", scheme, o->text.p + 6);
	else
		gv_buf_addf(&o->target, "%s%s", scheme, o->text.p);
	gv_symbol_add(o->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_EXTERNAL,
		.word = GV_SYMBOL_EDGE_FLUX_SOURCE,
		.flags = (uint16_t)flags,
		.line = gv_symbol_line(o->doc, url),
		.in = o->id,
		.name = o->target.p,
		.name_len = o->target.len,
		.extra = o->extra.p,
		.extra_len = o->extra.len });
}

static void
of_git(struct gv_symbol_object *o)
{
	add_address(o, "git:", gv_symbol_get(o, gv_symbol_spec(o), "url"));
}

static void
of_helm(struct gv_symbol_object *o)
{
	add_address(o, "helm:", gv_symbol_get(o, gv_symbol_spec(o), "url"));
}

static void
of_oci(struct gv_symbol_object *o)
{
	add_address(o, "oci:", gv_symbol_get(o, gv_symbol_spec(o), "url"));
}

static void
of_bucket(struct gv_symbol_object *o)
{
	add_address(
	    o, "bucket:", gv_symbol_get(o, gv_symbol_spec(o), "bucketName"));
}

/* ---- what is applied ----------------------------------------------------- */

/* A path from the top of a source, with one below it where there is one. */
static void
add_path(
    struct gv_symbol_object *o, uint32_t path, uint32_t below, uint32_t source)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_FLUX_PATH,
		.flags = GV_SYMBOL_FOLDER | GV_SYMBOL_TOP,
		.in = o->id };
	const uint32_t name = gv_symbol_get(o, source, "name");
	unsigned flags = 0;

	if (!gv_symbol_said(&o->target, o->doc, path, &flags))
		return;
	row.line = gv_symbol_line(o->doc, path);
	if (below) {
		if (!gv_symbol_said(&o->text, o->doc, below, &flags))
			return;
		gv_buf_addf(&o->target, "/%s", o->text.p);
		row.line = gv_symbol_line(o->doc, below);
	}
	if (name != GV_DOC_NONE && !gv_symbol_says(o->doc, name, OWN_SOURCE))
		flags |= GV_SYMBOL_ELSEWHERE;
	gv_buf_reset(&o->extra);
	if (gv_symbol_said(
		&o->text, o->doc, gv_symbol_get(o, source, "kind"), &flags))
		gv_buf_addf(&o->extra, "%s/", o->text.p);
	if (gv_symbol_said(&o->text, o->doc, name, &flags))
		gv_buf_add(&o->extra, o->text.p, o->text.len);
	row.flags |= (uint16_t)flags;
	row.extra = o->extra.p;
	row.extra_len = o->extra.len;
	gv_symbol_path(o->out, &row, &o->target);
}

static void
add_kustomization_order(struct gv_symbol_object *o, uint32_t item)
{
	add_ref(o, item, GV_SYMBOL_EDGE_FLUX_DEPENDS_ON, "Kustomization");
}

static void
add_release_order(struct gv_symbol_object *o, uint32_t item)
{
	add_ref(o, item, GV_SYMBOL_EDGE_FLUX_DEPENDS_ON, "HelmRelease");
}

/* valuesFrom, substituteFrom: [{kind, name, valuesKey, optional}] */
static void
add_values(struct gv_symbol_object *o, uint32_t item)
{
	const bool is_secret =
	    gv_symbol_says(o->doc, gv_symbol_get(o, item, "kind"), "Secret");

	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = is_secret
		    ? GV_SYMBOL_EDGE_K8S_SECRET
		    : GV_SYMBOL_EDGE_K8S_CONFIG,
		.kind = is_secret ? "Secret" : "ConfigMap",
		.name = gv_symbol_get(o, item, "name"),
		.keys = gv_symbol_get(o, item, "valuesKey"),
		.optional = gv_symbol_get(o, item, "optional") });
}

/* healthChecks: [{kind, name, namespace}] */
static void
add_check(struct gv_symbol_object *o, uint32_t item)
{
	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = GV_SYMBOL_EDGE_K8S_REF,
		.kind = "Deployment",
		.kind_node = gv_symbol_get(o, item, "kind"),
		.name = gv_symbol_get(o, item, "name"),
		.scope = gv_symbol_get(o, item, "namespace"),
		.flags = GV_SYMBOL_ELSEWHERE });
}

/* The namespace that all is put into. */
static void
add_namespace(struct gv_symbol_object *o, uint32_t name, bool is_made)
{
	if (name != GV_DOC_NONE && is_made)
		gv_symbol_makes(o, "Namespace", name);
	else
		gv_symbol_refer(o,
		    &(struct gv_symbol_target){
			.edge = GV_SYMBOL_EDGE_K8S_NAMESPACE,
			.kind = "Namespace",
			.name = name,
			.flags = gv_symbol_namespace_flags(o->doc, name) });
}

static void
of_kustomization(struct gv_symbol_object *o)
{
	const uint32_t spec = gv_symbol_spec(o);
	const uint32_t source = gv_symbol_get(o, spec, "sourceRef");
	const uint32_t path = gv_symbol_get(o, spec, "path");
	const uint32_t components = gv_symbol_get(o, spec, "components");
	const uint32_t patches = gv_symbol_get(o, spec, "patches");
	uint32_t i;

	add_path(o, path, 0, source);
	add_ref(o, source, GV_SYMBOL_EDGE_FLUX_SOURCE, "GitRepository");
	if (components != GV_DOC_NONE)
		for (i = gv_doc_first(o->doc, components); i != GV_DOC_NONE;
		     i = gv_doc_next(o->doc, i))
			add_path(o, path, i, source);
	each(o, gv_symbol_get(o, spec, "dependsOn"), add_kustomization_order);
	each(o,
	    gv_symbol_get(
		o, gv_symbol_get(o, spec, "postBuild"), "substituteFrom"),
	    add_values);
	each(o, gv_symbol_get(o, spec, "healthChecks"), add_check);
	add_namespace(o, gv_symbol_get(o, spec, "targetNamespace"), false);
	if (patches != GV_DOC_NONE)
		gv_symbol_patches(o, patches);
}

/* chart: {spec: {chart, version, sourceRef}}: one of a repository of charts, or
 * a folder of a source */
static void
add_chart(struct gv_symbol_object *o, uint32_t spec)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_HELM_CHART,
		.in = o->id };
	const uint32_t source = gv_symbol_get(o, spec, "sourceRef");
	const uint32_t chart = gv_symbol_get(o, spec, "chart");

	if (chart == GV_DOC_NONE)
		return;
	row.line = gv_symbol_line(o->doc, chart);
	if (source == GV_DOC_NONE ||
	    gv_symbol_says(
		o->doc, gv_symbol_get(o, source, "kind"), "HelmRepository")) {
		gv_symbol_chart(o, &row, gv_symbol_get(o, source, "name"),
		    chart, gv_symbol_get(o, spec, "version"));
	} else if (gv_symbol_scalar(&o->target, o->doc, chart)) {
		row.flags =
		    GV_SYMBOL_FOLDER | GV_SYMBOL_TOP | GV_SYMBOL_ELSEWHERE;
		gv_symbol_path(o->out, &row, &o->target);
	}
	add_ref(o, source, GV_SYMBOL_EDGE_FLUX_SOURCE, "HelmRepository");
}

static void
of_chart(struct gv_symbol_object *o)
{
	add_chart(o, gv_symbol_spec(o));
}

static void
of_release(struct gv_symbol_object *o)
{
	const uint32_t spec = gv_symbol_spec(o);
	const uint32_t is_made = gv_symbol_get(
	    o, gv_symbol_get(o, spec, "install"), "createNamespace");

	add_chart(o, gv_symbol_get(o, gv_symbol_get(o, spec, "chart"), "spec"));
	add_ref(o, gv_symbol_get(o, spec, "chartRef"),
	    GV_SYMBOL_EDGE_HELM_CHART, "OCIRepository");
	each(o, gv_symbol_get(o, spec, "dependsOn"), add_release_order);
	each(o, gv_symbol_get(o, spec, "valuesFrom"), add_values);
	add_namespace(o, gv_symbol_get(o, spec, "targetNamespace"),
	    gv_symbol_says(o->doc, is_made, "true"));
}

/* ---- images and messages ------------------------------------------------- */

static void
of_image_policy(struct gv_symbol_object *o)
{
	add_ref(o, gv_symbol_get(o, gv_symbol_spec(o), "imageRepositoryRef"),
	    GV_SYMBOL_EDGE_FLUX_SOURCE, "ImageRepository");
}

static void
of_image_update(struct gv_symbol_object *o)
{
	const uint32_t spec = gv_symbol_spec(o);
	const uint32_t source = gv_symbol_get(o, spec, "sourceRef");

	add_path(o, gv_symbol_get(o, gv_symbol_get(o, spec, "update"), "path"),
	    0, source);
	add_ref(o, source, GV_SYMBOL_EDGE_FLUX_SOURCE, "GitRepository");
}

static void
of_alert(struct gv_symbol_object *o)
{
	add_ref(o, gv_symbol_get(o, gv_symbol_spec(o), "providerRef"),
	    GV_SYMBOL_EDGE_K8S_REF, "Provider");
}

/* ---- artifacts ----------------------------------------------------------- */

/* from: "@ALIAS/apps/base" followed by a pattern: a folder of that source. */
static void
add_copy(struct gv_symbol_object *o, uint32_t item)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_FLUX_PATH,
		.flags = GV_SYMBOL_FOLDER | GV_SYMBOL_TOP | GV_SYMBOL_ELSEWHERE,
		.in = o->id };
	const uint32_t from = gv_symbol_get(o, item, "from");
	const char *slash;

	if (from == GV_DOC_NONE || !gv_symbol_scalar(&o->text, o->doc, from) ||
	    *o->text.p != '@' ||
	    (slash = memchr(o->text.p, '/', o->text.len)) == NULL)
		return;
	gv_buf_reset(&o->target);
	gv_buf_addstr(&o->target, slash + 1);
	if (gv_symbol_ends(&o->target, "/**"))
		gv_buf_truncate(&o->target, o->target.len - 3);
	else if (memchr(o->target.p, '*', o->target.len))
		row.flags |= GV_SYMBOL_PATTERN;
	else
		row.flags &= (uint16_t)~GV_SYMBOL_FOLDER;
	row.line = gv_symbol_line(o->doc, from);
	gv_symbol_path(o->out, &row, &o->target);
}

/* artifacts: [{name, copy: [{from, to}]}] */
static void
add_artifact(struct gv_symbol_object *o, uint32_t item)
{
	const uint32_t name = gv_symbol_get(o, item, "name");
	unsigned flags = 0;

	if (!gv_symbol_said(&o->text, o->doc, name, &flags))
		return;
	gv_buf_reset(&o->target);
	gv_buf_addf(&o->target, "ExternalArtifact/%s", o->text.p);
	gv_symbol_add(o->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_DEFINITION,
		.word = GV_SYMBOL_SPACE_FLUX_OBJECT,
		.flags = (uint16_t)flags,
		.line = gv_symbol_line(o->doc, name),
		.in = o->id,
		.name = o->target.p,
		.name_len = o->target.len,
		.scope = o->scope.p,
		.scope_len = o->scope.len });
	each(o, gv_symbol_get(o, item, "copy"), add_copy);
}

static void
add_source(struct gv_symbol_object *o, uint32_t item)
{
	add_ref(o, item, GV_SYMBOL_EDGE_FLUX_SOURCE, "GitRepository");
}

static void
of_artifacts(struct gv_symbol_object *o)
{
	each(o, gv_symbol_get(o, gv_symbol_spec(o), "sources"), add_source);
	each(o, gv_symbol_get(o, gv_symbol_spec(o), "artifacts"), add_artifact);
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
	{ "GitRepository", of_git },
	{ "HelmRepository", of_helm },
	{ "OCIRepository", of_oci },
	{ "Bucket", of_bucket },
	{ "HelmChart", of_chart },
	{ "Kustomization", of_kustomization },
	{ "HelmRelease", of_release },
	{ "ImageRepository", of_nothing },
	{ "ImagePolicy", of_image_policy },
	{ "ImageUpdateAutomation", of_image_update },
	{ "Provider", of_nothing },
	{ "Alert", of_alert },
	{ "Receiver", of_nothing },
	{ "ArtifactGenerator", of_artifacts },
};

bool
gv_symbol_flux(struct gv_symbol_object *o)
{
	size_t i;

	if (strstr(o->api.p, ".toolkit.fluxcd.io/") == NULL &&
	    strncmp(o->api.p, "source.extensions.fluxcd.io/", 28) != 0)
		return gv_symbol_argo(o);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!gv_symbol_kind_is(o, kinds[i].kind))
			continue;
		gv_symbol_too(o, GV_SYMBOL_SPACE_FLUX_OBJECT);
		kinds[i].fn(o);
	}
	return true;
}
