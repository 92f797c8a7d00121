#include "symbol/symbol_k8s.h"

#include <string.h>

/*
 * Where requests go: the Services that an Ingress, a route of Traefik or Istio,
 * a webhook or a StatefulSet names.
 */

static void
add_backend(
    struct gv_symbol_object *o, uint32_t name, uint32_t port, uint32_t scope)
{
	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = GV_SYMBOL_EDGE_K8S_BACKEND,
		.kind = "Service",
		.name = name,
		.scope = scope,
		.keys = port });
}

/* A controller that makes certificates makes the Secret that tls names. */
static bool
is_certified(const struct gv_symbol_object *o)
{
	const uint32_t notes = gv_symbol_get(
	    o, gv_symbol_get(o, o->root, "metadata"), "annotations");
	static const char *const issuers[] = { "cert-manager.io/cluster-issuer",
		"cert-manager.io/issuer", "certmanager.k8s.io/cluster-issuer",
		"certmanager.k8s.io/issuer", "kubernetes.io/tls-acme" };
	size_t i;

	for (i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++)
		if (gv_symbol_get(o, notes, issuers[i]) != GV_DOC_NONE)
			return true;
	return false;
}

static void
add_tls(struct gv_symbol_object *o)
{
	const uint32_t tls = gv_symbol_get(o, gv_symbol_spec(o), "tls");
	const bool is_made = is_certified(o);
	uint32_t i;

	if (tls == GV_DOC_NONE)
		return;
	for (i = gv_doc_first(o->doc, tls); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		gv_symbol_refer(o,
		    &(struct gv_symbol_target){
			.edge = GV_SYMBOL_EDGE_K8S_SECRET,
			.kind = "Secret",
			.name = gv_symbol_get(o, i, "secretName"),
			.flags = is_made ? GV_SYMBOL_ELSEWHERE : 0 });
}

/* backend: {service: {name, port: {number}}}, and as it was before:
 * {serviceName, servicePort} */
static bool
of_ingress(struct gv_symbol_object *o)
{
	const uint32_t spec = gv_symbol_spec(o);
	const struct gv_doc_node *n;
	uint32_t i, port, up;

	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = GV_SYMBOL_EDGE_K8S_CLASS,
		.kind = "IngressClass",
		.name = gv_symbol_get(o,
		    gv_symbol_get(o, gv_symbol_get(o, o->root, "metadata"),
			"annotations"),
		    "kubernetes.io/ingress.class"),
		.flags = GV_SYMBOL_ELSEWHERE });
	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = GV_SYMBOL_EDGE_K8S_CLASS,
		.kind = "IngressClass",
		.name = gv_symbol_get(o, spec, "ingressClassName"),
		.flags = GV_SYMBOL_ELSEWHERE });
	add_tls(o);
	if (spec == GV_DOC_NONE)
		return false;
	for (i = spec + 1; i < o->doc->nodes[spec].next; i++) {
		n = &o->doc->nodes[i];
		up = n->parent;
		if (gv_doc_key_is(o->doc, i, "serviceName"))
			add_backend(
			    o, i, gv_symbol_get(o, up, "servicePort"), 0);
		if (!gv_doc_key_is(o->doc, i, "service"))
			continue;
		port = gv_symbol_get(o, gv_symbol_get(o, i, "port"), "name");
		if (port == GV_DOC_NONE)
			port = gv_symbol_get(
			    o, gv_symbol_get(o, i, "port"), "number");
		add_backend(o, gv_symbol_get(o, i, "name"), port, 0);
	}
	return false;
}

/* services: [{name, port}] of the routes of Traefik */
static void
add_traefik(struct gv_symbol_object *o, uint32_t item)
{
	const uint32_t name = gv_symbol_get(o, item, "name");
	unsigned flags = 0;

	/* api@internal is one of Traefik's own */
	if (!gv_symbol_said(&o->text, o->doc, name, &flags) ||
	    memchr(o->text.p, '@', o->text.len))
		return;
	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = GV_SYMBOL_EDGE_K8S_BACKEND,
		.kind = "Service",
		.kind_node = gv_symbol_get(o, item, "kind"),
		.name = name,
		.scope = gv_symbol_get(o, item, "namespace"),
		.keys = gv_symbol_get(o, item, "port") });
}

static bool
of_traefik(struct gv_symbol_object *o)
{
	uint32_t i, k;

	for (i = o->root + 1; i < o->doc->nodes[o->root].next; i++) {
		if (!gv_doc_key_is(o->doc, i, "services"))
			continue;
		for (k = gv_doc_first(o->doc, i); k != GV_DOC_NONE;
		     k = gv_doc_next(o->doc, k))
			add_traefik(o, k);
	}
	return true;
}

/* host: reviews, or reviews.prod.svc.cluster.local; other hosts are outside. */
static void
add_host(struct gv_symbol_object *o, uint32_t node, uint32_t port)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_BY_NAME,
		.word = GV_SYMBOL_EDGE_K8S_BACKEND,
		.space = GV_SYMBOL_SPACE_K8S_OBJECT,
		.line = gv_symbol_line(o->doc, node),
		.in = o->id,
		.scope = o->scope.p,
		.scope_len = o->scope.len };
	unsigned flags = GV_SYMBOL_ELSEWHERE;
	const char *dot, *svc;
	size_t len;

	gv_symbol_said(&o->extra, o->doc, port, &flags);
	if (!gv_symbol_said(&o->text, o->doc, node, &flags))
		return;
	dot = memchr(o->text.p, '.', o->text.len);
	svc = memmem(o->text.p, o->text.len, ".svc", 4);
	len = dot ? (size_t)(dot - o->text.p) : o->text.len;
	if (dot && (svc == NULL || svc <= dot))
		return;
	if (dot) {
		row.scope = dot + 1;
		row.scope_len = (size_t)(svc - dot - 1);
	}
	gv_buf_reset(&o->target);
	gv_buf_addstr(&o->target, "Service/");
	gv_buf_add(&o->target, o->text.p, len);
	row.flags = (uint16_t)flags;
	row.name = o->target.p;
	row.name_len = o->target.len;
	row.extra = o->extra.p;
	row.extra_len = o->extra.len;
	gv_symbol_add(o->out, &row);
}

static bool
of_istio(struct gv_symbol_object *o)
{
	const uint32_t own = gv_symbol_get(o, gv_symbol_spec(o), "host");
	uint32_t i, host;

	if (own != GV_DOC_NONE)
		add_host(o, own, 0);
	for (i = o->root + 1; i < o->doc->nodes[o->root].next; i++) {
		if (!gv_doc_key_is(o->doc, i, "destination"))
			continue;
		host = gv_symbol_get(o, i, "host");
		if (host != GV_DOC_NONE)
			add_host(o, host,
			    gv_symbol_get(
				o, gv_symbol_get(o, i, "port"), "number"));
	}
	return true;
}

/* clientConfig: {service: {name, namespace}}, and the same of an APIService. */
static bool
of_webhook(struct gv_symbol_object *o)
{
	uint32_t i;

	for (i = o->root + 1; i < o->doc->nodes[o->root].next; i++)
		if (gv_doc_key_is(o->doc, i, "service"))
			add_backend(o, gv_symbol_get(o, i, "name"),
			    gv_symbol_get(o, i, "port"),
			    gv_symbol_get(o, i, "namespace"));
	return false;
}

static bool
of_stateful_set(struct gv_symbol_object *o)
{
	add_backend(
	    o, gv_symbol_get(o, gv_symbol_spec(o), "serviceName"), 0, 0);
	return true;
}

#define HOOKS "admissionregistration.k8s.io"

static const struct gv_symbol_reader kinds[] = {
	{ "StatefulSet", NULL, of_stateful_set },
	{ "Ingress", NULL, of_ingress },
	{ "IngressRoute", NULL, of_traefik },
	{ "IngressRouteTCP", NULL, of_traefik },
	{ "IngressRouteUDP", NULL, of_traefik },
	{ "TraefikService", NULL, of_traefik },
	{ "VirtualService", NULL, of_istio },
	{ "DestinationRule", NULL, of_istio },
	{ "ValidatingWebhookConfiguration", HOOKS, of_webhook },
	{ "MutatingWebhookConfiguration", HOOKS, of_webhook },
	{ "APIService", NULL, of_webhook },
};

bool
gv_symbol_k8s_route(struct gv_symbol_object *o)
{
	const struct gv_symbol_reader *reader =
	    gv_symbol_reader_find(o, kinds, sizeof(kinds) / sizeof(kinds[0]));

	return reader ? reader->fn(o) : gv_symbol_k8s_made(o);
}
