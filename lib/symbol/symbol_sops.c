#include "symbol/symbol_k8s.h"

#include <stdio.h>
#include <string.h>

/*
 * SOPS: the rules of .sops.yaml say for whom files are encrypted, by their
 * paths; an encrypted file says for whom it is. Which rule a file has is found
 * by its path, so its reference has the name "*". Only public identifiers are
 * taken: what could be a key is not.
 */

#define PEOPLE_MAX 64 /* of a rule or a file; more are not looked at */

struct people {
	struct gv_symbol_object o;
	struct gv_buf texts; /* "age:age1…", a NUL behind each */
	size_t at[PEOPLE_MAX];
	uint32_t lines[PEOPLE_MAX];
	size_t n;
};

static uint32_t
get(const struct people *all, uint32_t map, const char *key)
{
	return gv_doc_get(all->o.doc, map, key);
}

static void
add(struct people *all, const char *scheme, const char *p, size_t len,
    uint32_t node)
{
	while (len && (*p == ' ' || *p == '\n')) {
		p++;
		len--;
	}
	while (len && (p[len - 1] == ' ' || p[len - 1] == '\n'))
		len--;
	if (len == 0 || len > 1024 || all->n == PEOPLE_MAX)
		return;
	if (strcmp(scheme, "age") == 0 && strncmp(p, "age1", 4) != 0 &&
	    strncmp(p, "ssh-", 4) != 0)
		return;
	all->at[all->n] = all->texts.len;
	all->lines[all->n++] = gv_symbol_line(all->o.doc, node);
	gv_buf_addf(&all->texts, "%s:", scheme);
	gv_buf_add(&all->texts, p, len);
	gv_buf_addch(&all->texts, '\0');
}

/* A text with commas between them: "a, b". */
static void
add_text(struct people *all, const char *scheme, uint32_t node)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *p, *end;

	if (gv_symbol_scalar(&text, all->o.doc, node))
		for (p = text.p; p < text.p + text.len; p = end + 1) {
			end = memchr(p, ',', (size_t)(text.p + text.len - p));
			if (end == NULL)
				end = text.p + text.len;
			add(all, scheme, p, (size_t)(end - p), node);
		}
	all->texts.failed |= text.failed;
	gv_buf_release(&text);
}

static const struct {
	const char *key, *scheme, *field;
} kinds[] = {
	{ "age", "age", "recipient" },
	{ "pgp", "pgp", "fp" },
	{ "kms", "kms", "arn" },
	{ "gcp_kms", "gcp_kms", "resource_id" },
	{ "azure_kv", "azure_kv", "vault_url" },
	{ "azure_keyvault", "azure_kv", "vaultUrl" },
	{ "hc_vault", "hc_vault", "vault_address" },
	{ "hc_vault_transit_uri", "hc_vault", "vault_address" },
};

/* age: "a,b", age: [a, b], age: [{recipient: a}] */
static void
add_kind(struct people *all, uint32_t node, size_t kind)
{
	uint32_t i;

	if (all->o.doc->nodes[node].kind != GV_DOC_LIST) {
		add_text(all, kinds[kind].scheme, node);
		return;
	}
	for (i = gv_doc_first(all->o.doc, node); i != GV_DOC_NONE;
	     i = gv_doc_next(all->o.doc, i))
		add_text(all, kinds[kind].scheme,
		    all->o.doc->nodes[i].kind == GV_DOC_MAP
			? get(all, i, kinds[kind].field)
			: i);
}

static void
add_all(struct people *all, uint32_t map)
{
	const uint32_t groups = get(all, map, "key_groups");
	uint32_t node, i;
	size_t k;

	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if ((node = get(all, map, kinds[k].key)) != GV_DOC_NONE)
			add_kind(all, node, k);
	if (groups == GV_DOC_NONE ||
	    all->o.doc->nodes[groups].kind != GV_DOC_LIST)
		return;
	for (i = gv_doc_first(all->o.doc, groups); i != GV_DOC_NONE;
	     i = gv_doc_next(all->o.doc, i))
		for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if ((node = get(all, i, kinds[k].key)) != GV_DOC_NONE)
				add_kind(all, node, k);
}

/* Add their references, and forget them. */
static void
refer(struct people *all, uint32_t in)
{
	size_t i;

	for (i = 0; i < all->n && !all->texts.failed; i++)
		gv_symbol_add(all->o.out,
		    &(struct gv_symbol_row){ .kind = GV_SYMBOL_REFERENCE,
			.how = GV_SYMBOL_EXTERNAL,
			.word = GV_SYMBOL_EDGE_SOPS_RECIPIENT,
			.line = all->lines[i],
			.in = in,
			.name = all->texts.p + all->at[i],
			.name_len = strlen(all->texts.p + all->at[i]) });
	all->n = 0;
	all->o.out->failed |= all->texts.failed;
	gv_buf_reset(&all->texts);
}

/* ---- rules --------------------------------------------------------------- */

/* {path_regex, age, pgp, kms, key_groups}; without a path it is for all. */
static void
add_rule(struct people *all, uint32_t rule)
{
	struct gv_symbol_object *o = &all->o;
	uint32_t id;

	if (!gv_symbol_scalar(&o->text, o->doc, get(all, rule, "path_regex")))
		gv_buf_addstr(&o->text, ".*");
	add_all(all, rule);
	gv_buf_reset(&o->extra);
	gv_symbol_join_sorted(&o->extra, &all->texts, all->at, all->n);
	id = gv_symbol_add(o->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_DEFINITION,
		.word = GV_SYMBOL_SPACE_SOPS_RULE,
		.line = gv_symbol_line(o->doc, rule),
		.in = GV_SYMBOL_NONE,
		.name = o->text.p,
		.name_len = o->text.len,
		.extra = o->extra.p,
		.extra_len = o->extra.len });
	refer(all, id);
}

void
gv_symbol_sops_rules(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct people all = { .o = GV_SYMBOL_OBJECT_INIT(out, doc, root),
		.texts = GV_BUF_INIT };
	const uint32_t rules = gv_doc_get(doc, root, "creation_rules");
	uint32_t i;

	if (rules != GV_DOC_NONE && doc->nodes[rules].kind == GV_DOC_LIST)
		for (i = gv_doc_first(doc, rules); i != GV_DOC_NONE;
		     i = gv_doc_next(doc, i))
			add_rule(&all, i);
	gv_symbol_object_release(&all.o);
	gv_buf_release(&all.texts);
}

/* ---- encrypted files ----------------------------------------------------- */

static void
add_own_rule(struct people *all, uint32_t node)
{
	gv_symbol_add(all->o.out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_BY_NAME,
		.word = GV_SYMBOL_EDGE_SOPS_RULE,
		.space = GV_SYMBOL_SPACE_SOPS_RULE,
		.flags = GV_SYMBOL_PATTERN,
		.line = gv_symbol_line(all->o.doc, node),
		.in = GV_SYMBOL_NONE,
		.name = "*",
		.name_len = 1 });
}

/* A file of env has the same in keys: sops_age__list_0__map_recipient. */
static void
add_env(struct people *all)
{
	static const char first[] = "sops_";
	const struct gv_doc *doc = all->o.doc;
	char part[64];
	uint32_t i;
	size_t k;

	for (i = gv_doc_first(doc, all->o.root); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		if (!gv_symbol_key(&all->o.name, doc, i) ||
		    strncmp(all->o.name.p, first, sizeof(first) - 1) != 0)
			continue;
		if (strcmp(all->o.name.p, "sops_mac") == 0)
			add_own_rule(all, i);
		for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			snprintf(part, sizeof(part), "map_%s", kinds[k].field);
			if (strstr(all->o.name.p, kinds[k].key) ==
				all->o.name.p + sizeof(first) - 1 &&
			    gv_symbol_ends(&all->o.name, part))
				add_text(all, kinds[k].scheme, i);
		}
	}
}

void
gv_symbol_sops(struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct people all = { .o = GV_SYMBOL_OBJECT_INIT(out, doc, root),
		.texts = GV_BUF_INIT };
	uint32_t sops = GV_DOC_NONE;

	if (doc->format == GV_DOC_FORMAT_ENV)
		add_env(&all);
	else if (doc->nodes[root].kind == GV_DOC_MAP)
		sops = gv_doc_get(doc, root, "sops");
	if (sops != GV_DOC_NONE && get(&all, sops, "mac") != GV_DOC_NONE) {
		add_own_rule(&all, sops);
		add_all(&all, sops);
		gv_symbol_sops_clear(out, doc, root, sops);
	}
	refer(&all, GV_SYMBOL_NONE);
	gv_symbol_object_release(&all.o);
	gv_buf_release(&all.texts);
}
