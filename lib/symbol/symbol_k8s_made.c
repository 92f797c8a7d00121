#include "symbol/symbol_k8s.h"

#include <string.h>

/*
 * What operators make of an object is a definition, too: the Secret of an
 * ExternalSecret, of a Certificate, of a SealedSecret.
 */

static void
add_key(struct gv_symbol_object *o, const char *key, uint32_t node)
{
	gv_symbol_has_key(o, GV_SYMBOL_SPACE_K8S_KEY, key, node);
}

/* The keys of a map, as those of the Secret that was defined last. */
static void
add_keys(struct gv_symbol_object *o, uint32_t map)
{
	uint32_t i;

	for (i = gv_doc_first(o->doc, map); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		if (gv_symbol_key(&o->text, o->doc, i)) {
			gv_symbol_fold(&o->text);
			add_key(o, o->text.p, i);
		}
}

/* A Secret whose keys only its operator knows. */
static void
add_secret(struct gv_symbol_object *o, uint32_t name)
{
	gv_symbol_makes(o, "Secret", name);
	add_key(o, NULL, name && name != GV_DOC_NONE ? name : o->root);
}

/* spec: {target: {name, template: {data}}, data: [{secretKey}], dataFrom} */
static void
add_external(struct gv_symbol_object *o, uint32_t spec)
{
	const uint32_t target = gv_symbol_get(o, spec, "target");
	const uint32_t template = gv_symbol_get(o, target, "template");
	const uint32_t made = gv_symbol_get(o, template, "data");
	const uint32_t data = gv_symbol_get(o, spec, "data");
	unsigned flags = 0;
	uint32_t i, key;

	gv_symbol_makes(o, "Secret", gv_symbol_get(o, target, "name"));
	if (made != GV_DOC_NONE)
		add_keys(o, made);
	if (gv_symbol_get(o, spec, "dataFrom") != GV_DOC_NONE ||
	    gv_symbol_get(o, template, "templateFrom") != GV_DOC_NONE)
		add_key(o, NULL, spec);
	if (made != GV_DOC_NONE || data == GV_DOC_NONE)
		return;
	for (i = gv_doc_first(o->doc, data); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i)) {
		key = gv_symbol_get(o, i, "secretKey");
		if (gv_symbol_said(&o->text, o->doc, key, &flags))
			add_key(o, o->text.p, key);
	}
}

static bool
of_external(struct gv_symbol_object *o)
{
	if (gv_symbol_spec(o) != GV_DOC_NONE)
		add_external(o, gv_symbol_spec(o));
	return true;
}

static bool
of_cluster_external(struct gv_symbol_object *o)
{
	const uint32_t spec =
	    gv_symbol_get(o, gv_symbol_spec(o), "externalSecretSpec");

	if (spec != GV_DOC_NONE)
		add_external(o, spec);
	return true;
}

static bool
of_sealed(struct gv_symbol_object *o)
{
	const uint32_t spec = gv_symbol_spec(o);
	const uint32_t template = gv_symbol_get(o, spec, "template");
	const uint32_t data = gv_symbol_get(o, spec, "encryptedData");
	const uint32_t more = gv_symbol_get(o, template, "data");

	gv_symbol_makes(o, "Secret",
	    gv_symbol_get(o, gv_symbol_get(o, template, "metadata"), "name"));
	if (data != GV_DOC_NONE)
		add_keys(o, data);
	if (more != GV_DOC_NONE)
		add_keys(o, more);
	return false;
}

static bool
of_certificate(struct gv_symbol_object *o)
{
	const uint32_t name = gv_symbol_get(o, gv_symbol_spec(o), "secretName");
	const uint32_t issuer =
	    gv_symbol_get(o, gv_symbol_spec(o), "issuerRef");

	if (name != GV_DOC_NONE)
		add_secret(o, name);
	gv_symbol_refer(o,
	    &(struct gv_symbol_target){ .edge = GV_SYMBOL_EDGE_K8S_REF,
		.kind = "Issuer",
		.kind_node = gv_symbol_get(o, issuer, "kind"),
		.name = gv_symbol_get(o, issuer, "name"),
		.flags = GV_SYMBOL_ELSEWHERE });
	gv_symbol_k8s_walk(o, gv_symbol_get(o, gv_symbol_spec(o), "keystores"));
	return false;
}

/* The account's key is made when it is missing; what else is named is not. */
static bool
of_issuer(struct gv_symbol_object *o)
{
	uint32_t i;

	for (i = o->root + 1; i < o->doc->nodes[o->root].next; i++)
		if (gv_doc_key_is(o->doc, i, "privateKeySecretRef"))
			add_secret(o, gv_symbol_get(o, i, "name"));
		else if (gv_doc_key_is(o->doc, i, "solvers") ||
		    gv_doc_key_is(o->doc, i, "ca") ||
		    gv_doc_key_is(o->doc, i, "vault"))
			gv_symbol_k8s_walk(o, i);
	return false;
}

/* A Secret that has the name of the object. */
static bool
of_same_name(struct gv_symbol_object *o)
{
	add_secret(o, 0);
	return true;
}

/* spec: {destination: {name, create}} of the operator of Vault */
static bool
of_vault(struct gv_symbol_object *o)
{
	const uint32_t name = gv_symbol_get(
	    o, gv_symbol_get(o, gv_symbol_spec(o), "destination"), "name");

	if (name != GV_DOC_NONE)
		add_secret(o, name);
	return true;
}

/* secretObjects: [{secretName, data: [{key}]}] */
static bool
of_provider_class(struct gv_symbol_object *o)
{
	const uint32_t list =
	    gv_symbol_get(o, gv_symbol_spec(o), "secretObjects");
	uint32_t i;

	if (list == GV_DOC_NONE)
		return false;
	for (i = gv_doc_first(o->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i))
		add_secret(o, gv_symbol_get(o, i, "secretName"));
	return false;
}

/* Definitions "KIND/NAME-WORD" for an object NAME. */
static void
add_ending(struct gv_symbol_object *o, const char *kind, const char *ending)
{
	gv_buf_reset(&o->extra);
	gv_buf_addf(&o->extra, "%s/%s-%s", kind, o->name.p, ending);
	gv_symbol_add(o->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_DEFINITION,
		.word = GV_SYMBOL_SPACE_K8S_OBJECT,
		.flags = memchr(o->extra.p, '*', o->extra.len)
		    ? GV_SYMBOL_PATTERN
		    : 0,
		.line = gv_symbol_line(o->doc, o->root),
		.in = o->id,
		.name = o->extra.p,
		.name_len = o->extra.len,
		.scope = o->scope.p,
		.scope_len = o->scope.len });
}

/* A cluster of CloudNativePG */
static bool
of_postgres(struct gv_symbol_object *o)
{
	add_ending(o, "Service", "rw");
	add_ending(o, "Service", "ro");
	add_ending(o, "Service", "r");
	add_ending(o, "Secret", "app");
	add_ending(o, "Secret", "superuser");
	add_ending(o, "Secret", "ca");
	return true;
}

/* restic: {repository: NAME} of VolSync is a Secret. */
static bool
of_replication(struct gv_symbol_object *o)
{
	uint32_t i;

	for (i = o->root + 1; i < o->doc->nodes[o->root].next; i++)
		if (gv_doc_key_is(o->doc, i, "repository"))
			gv_symbol_refer(o,
			    &(struct gv_symbol_target){
				.edge = GV_SYMBOL_EDGE_K8S_SECRET,
				.kind = "Secret",
				.name = i });
	return true;
}

#define CERTS "cert-manager.io"

static const struct gv_symbol_reader kinds[] = {
	{ "ExternalSecret", NULL, of_external },
	{ "ClusterExternalSecret", NULL, of_cluster_external },
	{ "SealedSecret", NULL, of_sealed },
	{ "Certificate", NULL, of_certificate },
	{ "Issuer", CERTS, of_issuer },
	{ "ClusterIssuer", CERTS, of_issuer },
	{ "OnePasswordItem", NULL, of_same_name },
	{ "KafkaUser", NULL, of_same_name },
	{ "VaultStaticSecret", NULL, of_vault },
	{ "VaultDynamicSecret", NULL, of_vault },
	{ "VaultPKISecret", NULL, of_vault },
	{ "SecretProviderClass", NULL, of_provider_class },
	{ "Cluster", "postgresql.cnpg.io", of_postgres },
	{ "ReplicationSource", "volsync.backube", of_replication },
	{ "ReplicationDestination", "volsync.backube", of_replication },
};

bool
gv_symbol_k8s_made(struct gv_symbol_object *o)
{
	const struct gv_symbol_reader *reader =
	    gv_symbol_reader_find(o, kinds, sizeof(kinds) / sizeof(kinds[0]));

	return reader ? reader->fn(o) : gv_symbol_flux(o);
}
