#include "symbol/symbol_k8s.h"

#include <string.h>

/*
 * What is special for a kind of Kubernetes: which pods it selects, which keys
 * it has, what a role is bound to.
 */

/* ---- pods by their labels ------------------------------------------------ */

/* What a selector demands; `scope` NULL: the namespace of the object. */
static void
add_selector(
    struct gv_symbol_object *o, uint32_t map, const char *scope, unsigned flags)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_BY_LABELS,
		.word = GV_SYMBOL_EDGE_K8S_SELECTOR,
		.space = GV_SYMBOL_SPACE_K8S_PODS,
		.in = o->id,
		.scope = scope ? scope : o->scope.p,
		.scope_len = scope ? strlen(scope) : o->scope.len };

	if (map == GV_DOC_NONE)
		return;
	gv_symbol_labels(&o->text, o->doc, map, &flags);
	if (o->text.len == 0)
		return;
	row.flags = (uint16_t)flags;
	row.line = gv_symbol_line(o->doc, map);
	row.name = o->text.p;
	row.name_len = o->text.len;
	gv_symbol_add(o->out, &row);
}

/* podSelector: {matchLabels: …, matchExpressions: …} */
static void
add_label_selector(
    struct gv_symbol_object *o, uint32_t selector, const char *scope)
{
	const bool is_more =
	    gv_symbol_get(o, selector, "matchExpressions") != GV_DOC_NONE;

	add_selector(o, gv_symbol_get(o, selector, "matchLabels"), scope,
	    is_more ? GV_SYMBOL_PATTERN : 0);
}

static void
add_ports(struct gv_symbol_object *o, uint32_t ports)
{
	unsigned flags = 0;
	uint32_t i, k;

	if (ports == GV_DOC_NONE)
		return;
	gv_buf_reset(&o->target);
	gv_buf_addf(&o->target, "%s/%s", o->kind.p, o->name.p);
	for (i = gv_doc_first(o->doc, ports); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		for (k = gv_doc_first(o->doc, i); k != GV_DOC_NONE;
		     k = gv_doc_next(o->doc, k))
			if ((gv_doc_key_is(o->doc, k, "name") ||
				gv_doc_key_is(o->doc, k, "port")) &&
			    gv_symbol_said(&o->text, o->doc, k, &flags))
				gv_symbol_has_key(
				    o, GV_SYMBOL_SPACE_K8S_PORT, o->text.p, k);
	if (gv_symbol_has_template(o->doc, ports))
		gv_symbol_has_key(o, GV_SYMBOL_SPACE_K8S_PORT, NULL, ports);
}

static bool
of_service(struct gv_symbol_object *o)
{
	const uint32_t spec = gv_symbol_spec(o);

	add_selector(o, gv_symbol_get(o, spec, "selector"), NULL, 0);
	add_ports(o, gv_symbol_get(o, spec, "ports"));
	return true;
}

static bool
of_selector(struct gv_symbol_object *o)
{
	add_label_selector(
	    o, gv_symbol_get(o, gv_symbol_spec(o), "selector"), NULL);
	return true;
}

/* The pods that a policy is for, and those that it lets through. */
static bool
of_network_policy(struct gv_symbol_object *o)
{
	const uint32_t spec = gv_symbol_spec(o);
	uint32_t i;

	if (spec == GV_DOC_NONE)
		return true;
	for (i = spec + 1; i < o->doc->nodes[spec].next; i++)
		if (gv_doc_key_is(o->doc, i, "podSelector"))
			add_label_selector(o, i,
			    gv_symbol_get(o, o->doc->nodes[i].parent,
				"namespaceSelector") == GV_DOC_NONE
				? NULL
				: "*");
	return true;
}

/* ---- keys ---------------------------------------------------------------- */

static void
add_data(struct gv_symbol_object *o, uint32_t map)
{
	uint32_t i;

	if (map == GV_DOC_NONE)
		return;
	for (i = gv_doc_first(o->doc, map); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		if (gv_symbol_key(&o->text, o->doc, i)) {
			gv_symbol_fold(&o->text);
			gv_symbol_has_key(
			    o, GV_SYMBOL_SPACE_K8S_KEY, o->text.p, i);
		}
	if (gv_symbol_has_template(o->doc, map))
		gv_symbol_has_key(o, GV_SYMBOL_SPACE_K8S_KEY, NULL, map);
}

/* A token of an account is put into its Secret by the cluster. */
static bool
of_data(struct gv_symbol_object *o)
{
	gv_buf_reset(&o->target);
	gv_buf_addf(&o->target, "%s/%s", o->kind.p, o->name.p);
	add_data(o, gv_symbol_get(o, o->root, "data"));
	add_data(o, gv_symbol_get(o, o->root, "stringData"));
	add_data(o, gv_symbol_get(o, o->root, "binaryData"));
	if (gv_symbol_says(o->doc, gv_symbol_get(o, o->root, "type"),
		"kubernetes.io/service-account-token"))
		gv_symbol_has_key(o, GV_SYMBOL_SPACE_K8S_KEY, NULL, o->root);
	return false;
}

static bool
of_account(struct gv_symbol_object *o)
{
	const uint32_t secrets = gv_symbol_get(o, o->root, "secrets");
	uint32_t i;

	if (secrets == GV_DOC_NONE)
		return true;
	for (i = gv_doc_first(o->doc, secrets); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		gv_symbol_refer(o,
		    &(struct gv_symbol_target){
			.edge = GV_SYMBOL_EDGE_K8S_SECRET,
			.kind = "Secret",
			.name = gv_symbol_get(o, i, "name"),
			.flags = GV_SYMBOL_ELSEWHERE });
	return true;
}

/* ---- roles --------------------------------------------------------------- */

/* Those that each cluster has. */
static bool
is_own_role(const struct gv_symbol_object *o, uint32_t name)
{
	static const char *const own[] = { "cluster-admin", "admin", "edit",
		"view", "extension-apiserver-authentication-reader" };
	const struct gv_doc_node *n;
	size_t i;

	if (name == GV_DOC_NONE)
		return false;
	n = &o->doc->nodes[name];
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (gv_symbol_says(o->doc, name, own[i]))
			return true;
	return memmem(o->doc->text + n->at, n->len, "system:", 7) != NULL;
}

static void
add_subject(struct gv_symbol_object *o, uint32_t subject)
{
	const uint32_t name = gv_symbol_get(o, subject, "name");
	const uint32_t scope = gv_symbol_get(o, subject, "namespace");
	/* those of the cluster's own controllers are in kube-system */
	const bool is_own = gv_symbol_says(o->doc, name, "default") ||
	    gv_symbol_says(o->doc, scope, "kube-system");

	if (gv_symbol_says(
		o->doc, gv_symbol_get(o, subject, "kind"), "ServiceAccount"))
		gv_symbol_refer(o,
		    &(struct gv_symbol_target){ .edge = GV_SYMBOL_EDGE_K8S_ROLE,
			.kind = "ServiceAccount",
			.name = name,
			.scope = scope,
			.flags = is_own ? GV_SYMBOL_ELSEWHERE : 0 });
}

static bool
of_binding(struct gv_symbol_object *o)
{
	const uint32_t role = gv_symbol_get(o, o->root, "roleRef");
	const uint32_t subjects = gv_symbol_get(o, o->root, "subjects");
	const uint32_t name = gv_symbol_get(o, role, "name");
	uint32_t i;

	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = GV_SYMBOL_EDGE_K8S_ROLE,
		.kind = "ClusterRole",
		.kind_node = gv_symbol_get(o, role, "kind"),
		.name = name,
		.flags = is_own_role(o, name) ? GV_SYMBOL_ELSEWHERE : 0 });
	if (subjects == GV_DOC_NONE)
		return false;
	for (i = gv_doc_first(o->doc, subjects); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		add_subject(o, i);
	return false;
}

/* ---- the rest ------------------------------------------------------------ */

static bool
of_vertical(struct gv_symbol_object *o)
{
	const uint32_t target =
	    gv_symbol_get(o, gv_symbol_spec(o), "targetRef");

	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = GV_SYMBOL_EDGE_K8S_SCALE,
		.kind = "Deployment",
		.kind_node = gv_symbol_get(o, target, "kind"),
		.name = gv_symbol_get(o, target, "name") });
	return false;
}

/* It makes a kind: "GROUP/KIND". */
static bool
of_definition(struct gv_symbol_object *o)
{
	const uint32_t spec = gv_symbol_spec(o);
	const uint32_t kind =
	    gv_symbol_get(o, gv_symbol_get(o, spec, "names"), "kind");
	unsigned flags = 0;

	gv_symbol_said(
	    &o->extra, o->doc, gv_symbol_get(o, spec, "group"), &flags);
	if (!gv_symbol_said(&o->text, o->doc, kind, &flags))
		return false;
	gv_buf_addch(&o->extra, '/');
	gv_buf_add(&o->extra, o->text.p, o->text.len);
	gv_symbol_add(o->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_DEFINITION,
		.word = GV_SYMBOL_SPACE_K8S_KIND,
		.flags = (uint16_t)flags,
		.line = gv_symbol_line(o->doc, kind),
		.in = o->id,
		.name = o->extra.p,
		.name_len = o->extra.len });
	return false;
}

/* Nothing in it names another object. */
static bool
of_nothing(struct gv_symbol_object *o)
{
	(void)o;
	return false;
}

#define ROLES "rbac.authorization.k8s.io"

static const struct gv_symbol_reader kinds[] = {
	{ "Service", "", of_service },
	{ "ConfigMap", "", of_data },
	{ "Secret", "", of_data },
	{ "ServiceAccount", "", of_account },
	{ "PodDisruptionBudget", NULL, of_selector },
	{ "PodMonitor", NULL, of_selector },
	{ "NetworkPolicy", NULL, of_network_policy },
	{ "RoleBinding", ROLES, of_binding },
	{ "ClusterRoleBinding", ROLES, of_binding },
	{ "Role", ROLES, of_nothing },
	{ "ClusterRole", ROLES, of_nothing },
	{ "VerticalPodAutoscaler", NULL, of_vertical },
	{ "CustomResourceDefinition", NULL, of_definition },
};

bool
gv_symbol_k8s_kind(struct gv_symbol_object *o)
{
	const struct gv_symbol_reader *reader =
	    gv_symbol_reader_find(o, kinds, sizeof(kinds) / sizeof(kinds[0]));

	return reader ? reader->fn(o) : gv_symbol_k8s_route(o);
}
