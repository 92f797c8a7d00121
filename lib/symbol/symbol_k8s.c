#include "symbol/symbol_k8s.h"

#include <string.h>

/*
 * Objects of Kubernetes, in manifests, in lists and in templates of Helm, and
 * what is written alike in all kinds of them: how containers, volumes and
 * custom resources name Secrets, ConfigMaps, images.
 *
 * A patch of Kustomize looks like the object that it changes: who joins files
 * knows it by the kustomize.patch that names the file.
 */

struct key;

typedef void
key_fn(struct gv_symbol_object *o, uint32_t node, const struct key *key);

struct key {
	const char *name;
	key_fn *fn;
	uint16_t edge;
	const char *kind;
	unsigned flags;
};

/* ---- keys that name something in all kinds ------------------------------- */

/* secretRef: {name: a, namespace: b, key: c, optional: true} */
static void
of_map(struct gv_symbol_object *o, uint32_t map, const struct key *key)
{
	uint32_t keys = gv_symbol_get(o, map, "key");

	if (keys == GV_DOC_NONE)
		keys = gv_symbol_get(o, map, "items");
	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = key->edge,
		.kind = key->kind,
		.name = gv_symbol_get(o, map, "name"),
		.scope = gv_symbol_get(o, map, "namespace"),
		.keys = keys,
		.optional = gv_symbol_get(o, map, "optional"),
		.flags = key->flags });
}

/* imagePullSecrets: [{name: a}], or [a] */
static void
of_list(struct gv_symbol_object *o, uint32_t list, const struct key *key)
{
	uint32_t i;

	if (o->doc->nodes[list].kind != GV_DOC_LIST)
		return;
	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i)) {
		if (o->doc->nodes[i].kind == GV_DOC_MAP)
			of_map(o, i, key);
		else
			gv_symbol_refer(o,
			    &(struct gv_symbol_target){ .edge = key->edge,
				.kind = key->kind,
				.name = i });
	}
}

/* secretName: a, with `items` and `optional` next to it */
static void
of_scalar(struct gv_symbol_object *o, uint32_t node, const struct key *key)
{
	const uint32_t map = o->doc->nodes[node].parent;

	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = key->edge,
		.kind = key->kind,
		.name = node,
		.keys = gv_symbol_get(o, map, "items"),
		.optional = gv_symbol_get(o, map, "optional"),
		.flags = key->flags });
}

static void
of_account(struct gv_symbol_object *o, uint32_t node, const struct key *key)
{
	if (!gv_symbol_says(o->doc, node, "default"))
		of_scalar(o, node, key);
}

/* The certificates of all namespaces are in it: made by the cluster. */
static void
of_config_map(struct gv_symbol_object *o, uint32_t map, const struct key *key)
{
	struct key add = *key;

	if (gv_symbol_says(
		o->doc, gv_symbol_get(o, map, "name"), "kube-root-ca.crt"))
		add.flags |= GV_SYMBOL_ELSEWHERE;
	of_map(o, map, &add);
}

static void
of_image(struct gv_symbol_object *o, uint32_t node, const struct key *key)
{
	struct gv_symbol_row row = { .word = key->edge, .in = o->id };
	unsigned flags = 0;

	if (!gv_symbol_said(&o->text, o->doc, node, &flags) ||
	    memchr(o->text.p, ' ', o->text.len))
		return;
	row.line = gv_symbol_line(o->doc, node);
	row.flags = (uint16_t)flags;
	gv_symbol_image(o->out, &row, &o->text);
}

static void
of_containers(struct gv_symbol_object *o, uint32_t node, const struct key *key)
{
	(void)key;
	if (o->doc->nodes[node].kind == GV_DOC_LIST)
		gv_symbol_k8s_pods(o, o->doc->nodes[node].parent);
}

/* The claims of a StatefulSet are TEMPLATE-NAME-0, -1, … */
static void
of_claims(struct gv_symbol_object *o, uint32_t list, const struct key *key)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_DEFINITION,
		.word = GV_SYMBOL_SPACE_K8S_OBJECT,
		.flags = GV_SYMBOL_PATTERN,
		.in = o->id,
		.scope = o->scope.p,
		.scope_len = o->scope.len };
	unsigned flags = 0;
	uint32_t i, name;

	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i)) {
		name =
		    gv_symbol_get(o, gv_symbol_get(o, i, "metadata"), "name");
		if (!gv_symbol_said(&o->text, o->doc, name, &flags))
			continue;
		gv_buf_reset(&o->target);
		gv_buf_addf(
		    &o->target, "%s/%s-%s-*", key->kind, o->text.p, o->name.p);
		row.line = gv_symbol_line(o->doc, name);
		row.name = o->target.p;
		row.name_len = o->target.len;
		gv_symbol_add(o->out, &row);
	}
}

/* backendRefs: [{name: a, port: 80}] of a route, backendRef: {name: a} */
static void
of_backend(struct gv_symbol_object *o, uint32_t map, const struct key *key)
{
	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = key->edge,
		.kind = key->kind,
		.kind_node = gv_symbol_get(o, map, "kind"),
		.name = gv_symbol_get(o, map, "name"),
		.scope = gv_symbol_get(o, map, "namespace"),
		.keys = gv_symbol_get(o, map, "port") });
}

static void
of_backends(struct gv_symbol_object *o, uint32_t list, const struct key *key)
{
	uint32_t i;

	if (o->doc->nodes[list].kind != GV_DOC_LIST)
		return;
	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		of_backend(o, i, key);
}

/* scaleTargetRef, issuerRef, dataSourceRef: {kind: a, name: b} */
static void
of_object(struct gv_symbol_object *o, uint32_t map, const struct key *key)
{
	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = key->edge,
		.kind = key->kind,
		.kind_node = gv_symbol_get(o, map, "kind"),
		.name = gv_symbol_get(o, map, "name"),
		.scope = gv_symbol_get(o, map, "namespace"),
		.flags = key->flags });
}

#define SECRET  GV_SYMBOL_EDGE_K8S_SECRET, "Secret"
#define CONFIG  GV_SYMBOL_EDGE_K8S_CONFIG, "ConfigMap"
#define CLAIM   GV_SYMBOL_EDGE_K8S_VOLUME, "PersistentVolumeClaim"
#define ACCOUNT GV_SYMBOL_EDGE_K8S_ACCOUNT, "ServiceAccount"
#define CLASS   GV_SYMBOL_EDGE_K8S_CLASS
#define REF     GV_SYMBOL_EDGE_K8S_REF
#define SERVICE GV_SYMBOL_EDGE_K8S_BACKEND, "Service"
#define AWAY    GV_SYMBOL_ELSEWHERE

static const struct key keys[] = {
	{ "secretRef", of_map, SECRET, 0 },
	{ "secretKeyRef", of_map, SECRET, 0 },
	{ "secret", of_map, SECRET, 0 },
	{ "imagePullSecrets", of_list, SECRET, 0 },
	{ "certificateRefs", of_list, SECRET, 0 },
	{ "secretName", of_scalar, SECRET, 0 },
	{ "existingSecret", of_scalar, SECRET, 0 },
	{ "configMapRef", of_config_map, CONFIG, 0 },
	{ "configMapKeyRef", of_config_map, CONFIG, 0 },
	{ "configMap", of_config_map, CONFIG, 0 },
	{ "claimName", of_scalar, CLAIM, 0 },
	{ "existingClaim", of_scalar, CLAIM, 0 },
	{ "persistentVolumeClaimName", of_scalar, CLAIM, 0 },
	{ "sourcePVC", of_scalar, CLAIM, 0 },
	{ "claimRef", of_map, CLAIM, 0 },
	{ "volumeName", of_scalar, GV_SYMBOL_EDGE_K8S_VOLUME,
	    "PersistentVolume", 0 },
	{ "serviceAccountName", of_account, ACCOUNT, 0 },
	{ "serviceAccount", of_account, ACCOUNT, 0 },
	{ "storageClassName", of_scalar, CLASS, "StorageClass", AWAY },
	{ "ingressClassName", of_scalar, CLASS, "IngressClass", AWAY },
	{ "priorityClassName", of_scalar, CLASS, "PriorityClass", AWAY },
	{ "runtimeClassName", of_scalar, CLASS, "RuntimeClass", AWAY },
	{ "gatewayClassName", of_scalar, CLASS, "GatewayClass", AWAY },
	{ "volumeSnapshotClassName", of_scalar, CLASS, "VolumeSnapshotClass",
	    AWAY },
	{ "scaleTargetRef", of_object, GV_SYMBOL_EDGE_K8S_SCALE, "Deployment",
	    0 },
	{ "issuerRef", of_object, REF, "Issuer", AWAY },
	{ "secretStoreRef", of_object, REF, "SecretStore", AWAY },
	{ "dataSourceRef", of_object, REF, "PersistentVolumeClaim", AWAY },
	{ "dataSource", of_object, REF, "PersistentVolumeClaim", AWAY },
	{ "secretProviderClass", of_scalar, REF, "SecretProviderClass", 0 },
	{ "backendRefs", of_backends, SERVICE, 0 },
	{ "backendRef", of_backend, SERVICE, 0 },
	{ "image", of_image, GV_SYMBOL_EDGE_K8S_IMAGE, NULL, 0 },
	{ "containers", of_containers, 0, NULL, 0 },
	{ "volumeClaimTemplates", of_claims, 0, "PersistentVolumeClaim", 0 },
};

/* tokenSecretRef, accessKeyIDSecretRef … of custom resources */
static const struct key any_secret = { "SecretRef", of_map, SECRET, 0 };

static const struct key *
find_key(const char *p, size_t len)
{
	const size_t n = strlen(any_secret.name);
	size_t i;

	if (len && (*p == '"' || *p == '\'')) {
		p++;
		len -= 2;
	}
	if (len < 5 || len > 32)
		return NULL;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (*keys[i].name == *p && strncmp(keys[i].name, p, len) == 0 &&
		    keys[i].name[len] == '\0')
			return &keys[i];
	return len > n && memcmp(p + len - n, any_secret.name, n) == 0
	    ? &any_secret
	    : NULL;
}

void
gv_symbol_k8s_walk(struct gv_symbol_object *o, uint32_t node)
{
	const struct gv_doc_node *n;
	const struct key *key;
	uint32_t i, end;

	if (node == GV_DOC_NONE)
		return;
	end = o->doc->nodes[node].next;
	for (i = node + 1; i < end; i++) {
		n = &o->doc->nodes[i];
		if (n->key_len < 5 || n->key_style == GV_DOC_STYLE_FLOW)
			continue;
		key = find_key(o->doc->text + n->key_at, n->key_len);
		if (key)
			key->fn(o, i, key);
	}
}

void
gv_symbol_k8s_pods(struct gv_symbol_object *o, uint32_t spec)
{
	const uint32_t template = o->doc->nodes[spec].parent;
	uint32_t meta, labels, workload;
	struct gv_symbol_row row = { .kind = GV_SYMBOL_DEFINITION,
		.word = GV_SYMBOL_SPACE_K8S_PODS,
		.in = o->id,
		.name = o->target.p,
		.scope = o->scope.p,
		.scope_len = o->scope.len };
	unsigned flags = 0;

	if (template == GV_DOC_NONE)
		return;
	meta = gv_symbol_get(o, template, "metadata");
	labels = gv_symbol_get(o, meta, "labels");
	if (labels == GV_DOC_NONE && meta != GV_DOC_NONE &&
	    gv_symbol_has_template(o->doc, meta))
		labels = meta;
	if (labels == GV_DOC_NONE)
		return;
	workload = o->doc->nodes[template].parent;
	gv_symbol_pod_labels(&o->text, o->doc, labels,
	    workload == GV_DOC_NONE
		? GV_DOC_NONE
		: gv_symbol_get(
		      o, gv_symbol_get(o, workload, "selector"), "matchLabels"),
	    &flags);
	if (labels == meta)
		gv_buf_reset(&o->text);
	if (o->text.len == 0 && !(flags & GV_SYMBOL_PATTERN))
		return;
	gv_buf_reset(&o->target);
	gv_buf_addf(&o->target, "%s/%s", o->kind.p, o->name.p);
	row.line = gv_symbol_line(o->doc, labels);
	row.flags = (uint16_t)flags;
	row.name = o->target.p;
	row.name_len = o->target.len;
	row.extra = o->text.p;
	row.extra_len = o->text.len;
	gv_symbol_add(o->out, &row);
}

/* ---- one object ---------------------------------------------------------- */

/* apiVersion: v1, apps/v1; computed. Not 2.1 or 3.8 of other tools. */
static bool
is_api(const struct gv_buf *api)
{
	if (memchr(api->p, '/', api->len) || memchr(api->p, '*', api->len))
		return true;
	return api->len >= 2 && api->p[0] == 'v' && api->p[1] >= '0' &&
	    api->p[1] <= '9';
}

/* The value that says which apiVersion it has. */
static void
add_api(struct gv_symbol_object *o)
{
	gv_symbol_add(o->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_VALUE,
		.word = GV_SYMBOL_VALUE_K8S_API,
		.flags =
		    memchr(o->api.p, '*', o->api.len) ? GV_SYMBOL_PATTERN : 0,
		.line = gv_symbol_line(
		    o->doc, gv_symbol_get(o, o->root, "apiVersion")),
		.in = o->id,
		.name = o->api.p,
		.name_len = o->api.len,
		.extra = o->kind.p,
		.extra_len = o->kind.len });
}

/* Name, namespace and definition of an object. Whether it has a name. */
static bool
define(struct gv_symbol_object *o)
{
	const uint32_t meta = gv_symbol_get(o, o->root, "metadata");
	const uint32_t space = gv_symbol_get(o, meta, "namespace");
	unsigned flags = 0;

	if (gv_symbol_said(&o->scope, o->doc, space, &flags) &&
	    strcmp(o->scope.p, "*") == 0)
		gv_buf_reset(&o->scope);
	if (gv_symbol_said(
		&o->name, o->doc, gv_symbol_get(o, meta, "name"), &flags)) {
		;
	} else if (gv_symbol_said(&o->name, o->doc,
		       gv_symbol_get(o, meta, "generateName"), &flags)) {
		gv_buf_addch(&o->name, '*');
	} else if (meta != GV_DOC_NONE &&
	    gv_symbol_has_template(o->doc, meta)) {
		gv_buf_addch(&o->name, '*');
	} else {
		return false;
	}
	o->id = gv_symbol_makes(o, o->kind.p, 0);
	add_api(o);
	if (o->scope.len)
		gv_symbol_refer(o,
		    &(struct gv_symbol_target){
			.edge = GV_SYMBOL_EDGE_K8S_NAMESPACE,
			.kind = "Namespace",
			.name = space,
			.flags = gv_symbol_namespace_flags(o->doc, space) });
	return true;
}

static void
read_object(struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct gv_symbol_object o = GV_SYMBOL_OBJECT_INIT(out, doc, root);
	unsigned flags = 0;

	if (gv_symbol_said(
		&o.api, doc, gv_doc_get(doc, root, "apiVersion"), &flags) &&
	    gv_symbol_said(
		&o.kind, doc, gv_doc_get(doc, root, "kind"), &flags) &&
	    is_api(&o.api) &&
	    strncmp(o.api.p, "kustomize.config.k8s.io/", 24) != 0) {
		define(&o);
		if (gv_symbol_k8s_kind(&o))
			gv_symbol_k8s_walk(&o, root);
	}
	gv_symbol_object_release(&o);
}

/* Whether it is a list of objects: kind: List, kind: ConfigMapList. */
static uint32_t
items_of(const struct gv_doc *doc, uint32_t root)
{
	const uint32_t kind = gv_doc_get(doc, root, "kind");
	const struct gv_doc_node *n;
	size_t len;

	if (kind == GV_DOC_NONE)
		return kind;
	n = &doc->nodes[kind];
	len = n->len - (n->len > 2 && doc->text[n->at + n->len - 1] == '"');
	if (len < 4 || memcmp(doc->text + n->at + len - 4, "List", 4) != 0)
		return GV_DOC_NONE;
	return gv_doc_get(doc, root, "items");
}

void
gv_symbol_k8s(struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	uint32_t items, i;

	if (doc->nodes[root].kind == GV_DOC_LIST)
		items = root;
	else if (doc->nodes[root].kind == GV_DOC_MAP)
		items = items_of(doc, root);
	else
		return;
	if (items == GV_DOC_NONE || doc->nodes[items].kind != GV_DOC_LIST) {
		read_object(out, doc, root);
		return;
	}
	for (i = gv_doc_first(doc, items); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		if (doc->nodes[i].kind == GV_DOC_MAP)
			read_object(out, doc, i);
}
