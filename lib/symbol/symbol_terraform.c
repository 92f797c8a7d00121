#include "symbol/symbol_internal.h"

#include <string.h>

/*
 * Terraform and OpenTofu, in HCL and in JSON: blocks are definitions, what
 * their expressions name are references.
 */

struct block {
	uint32_t node; /* its body */
	const char *type;
	struct gv_buf labels[2];
	size_t n;
};

struct reader {
	struct gv_symbols *out;
	const struct gv_doc *doc;
	struct gv_buf name, text;
};

typedef void block_fn(struct reader *in, struct block *block);

static bool
is(const char *p, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(p, word, len) == 0;
}

/* The value of an argument of a body. */
static uint32_t
argument(const struct reader *in, uint32_t body, const char *key)
{
	return gv_doc_get(in->doc, body, key);
}

static bool
argument_text(struct reader *in, uint32_t body, const char *key)
{
	return gv_symbol_scalar(&in->text, in->doc, argument(in, body, key));
}

static uint32_t
define(struct reader *in, enum gv_symbol_space space, const struct block *b,
    unsigned flags)
{
	return gv_symbol_add(in->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_DEFINITION,
		.word = (uint16_t)space,
		.flags = (uint16_t)flags,
		.line = gv_symbol_line(in->doc, b->node),
		.in = GV_SYMBOL_NONE,
		.name = in->name.p,
		.name_len = in->name.len });
}

/* TYPE.NAME, or the one label that there is. */
static void
join_labels(struct reader *in, const struct block *b)
{
	gv_buf_reset(&in->name);
	gv_buf_add(&in->name, b->labels[0].p, b->labels[0].len);
	if (b->n > 1) {
		gv_buf_addch(&in->name, '.');
		gv_buf_add(&in->name, b->labels[1].p, b->labels[1].len);
	}
}

static unsigned
repeats(const struct reader *in, uint32_t body)
{
	return argument(in, body, "count") != GV_DOC_NONE ||
		argument(in, body, "for_each") != GV_DOC_NONE
	    ? GV_SYMBOL_LIST
	    : 0;
}

/* ---- blocks -------------------------------------------------------------- */

static void
of_resource(struct reader *in, struct block *b)
{
	uint32_t id;

	join_labels(in, b);
	id = define(in, GV_SYMBOL_SPACE_TF_RESOURCE, b, repeats(in, b->node));
	gv_symbol_terraform_refs(in->out, in->doc, b->node, id);
	gv_symbol_terraform_pairs(in->out, in->doc, b->node, id);
}

static void
of_ephemeral(struct reader *in, struct block *b)
{
	gv_buf_reset(&in->name);
	gv_buf_addstr(&in->name, "ephemeral.");
	gv_buf_add(&in->name, b->labels[0].p, b->labels[0].len);
	gv_buf_addch(&in->name, '.');
	gv_buf_add(&in->name, b->labels[1].p, b->labels[1].len);
	gv_symbol_terraform_refs(in->out, in->doc, b->node,
	    define(in, GV_SYMBOL_SPACE_TF_RESOURCE, b, repeats(in, b->node)));
}

static void
of_data(struct reader *in, struct block *b)
{
	uint32_t id;

	join_labels(in, b);
	id = define(in, GV_SYMBOL_SPACE_TF_DATA, b, repeats(in, b->node));
	if (gv_buf_check(&b->labels[0]) == 0 &&
	    is(b->labels[0].p, b->labels[0].len, "terraform_remote_state"))
		gv_symbol_terraform_state(in->out, in->doc, b->node, id);
	gv_symbol_terraform_refs(in->out, in->doc, b->node, id);
}

/* What a module gets: all arguments but those of Terraform itself. */
static void
add_arguments(struct reader *in, uint32_t body, uint32_t id)
{
	static const char *const own[] = { "source", "version", "providers",
		"count", "for_each", "depends_on" };
	uint32_t i;
	size_t k;

	for (i = gv_doc_first(in->doc, body); i != GV_DOC_NONE;
	     i = gv_doc_next(in->doc, i)) {
		if (in->doc->nodes[i].kind == GV_DOC_LABEL ||
		    in->doc->nodes[i].kind == GV_DOC_BLOCK ||
		    !gv_symbol_key(&in->text, in->doc, i))
			continue;
		for (k = 0; k < sizeof(own) / sizeof(own[0]); k++)
			if (is(in->text.p, in->text.len, own[k]))
				break;
		if (k == sizeof(own) / sizeof(own[0]))
			gv_symbol_add(in->out,
			    &(struct gv_symbol_row){ .kind = GV_SYMBOL_VALUE,
				.word = GV_SYMBOL_VALUE_TF_ARGUMENT,
				.line = gv_symbol_line(in->doc, i),
				.in = id,
				.name = in->text.p,
				.name_len = in->text.len });
	}
}

static void
of_module(struct reader *in, struct block *b)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_TF_MODULE };
	const uint32_t source = argument(in, b->node, "source");

	join_labels(in, b);
	row.in = define(in, GV_SYMBOL_SPACE_TF_MODULE, b, repeats(in, b->node));
	gv_buf_reset(&in->name);
	if (argument_text(in, b->node, "version"))
		gv_buf_add(&in->name, in->text.p, in->text.len);
	row.extra = in->name.p;
	row.extra_len = in->name.len;
	if (gv_symbol_scalar(&in->text, in->doc, source)) {
		row.line = gv_symbol_line(in->doc, source);
		gv_symbol_source(in->out, &row, &in->text);
	}
	add_arguments(in, b->node, row.in);
	gv_symbol_terraform_refs(in->out, in->doc, b->node, row.in);
}

static void
of_variable(struct reader *in, struct block *b)
{
	const bool has_default =
	    argument(in, b->node, "default") != GV_DOC_NONE;

	join_labels(in, b);
	gv_symbol_terraform_refs(in->out, in->doc, b->node,
	    define(in, GV_SYMBOL_SPACE_TF_VARIABLE, b,
		has_default ? GV_SYMBOL_DEFAULT : 0));
}

static void
of_output(struct reader *in, struct block *b)
{
	join_labels(in, b);
	gv_symbol_terraform_refs(in->out, in->doc, b->node,
	    define(in, GV_SYMBOL_SPACE_TF_OUTPUT, b, 0));
}

static void
of_locals(struct reader *in, struct block *b)
{
	struct block local = { .n = 1 };
	uint32_t i;

	for (i = gv_doc_first(in->doc, b->node); i != GV_DOC_NONE;
	     i = gv_doc_next(in->doc, i)) {
		if (!gv_symbol_key(&in->name, in->doc, i))
			continue;
		local.node = i;
		gv_symbol_terraform_refs(in->out, in->doc, i,
		    define(in, GV_SYMBOL_SPACE_TF_LOCAL, &local, 0));
	}
}

/* provider "aws" { alias = "west" } is aws.west */
static void
of_provider(struct reader *in, struct block *b)
{
	join_labels(in, b);
	if (argument_text(in, b->node, "alias")) {
		gv_buf_addch(&in->name, '.');
		gv_buf_add(&in->name, in->text.p, in->text.len);
	}
	gv_symbol_terraform_refs(in->out, in->doc, b->node,
	    define(in, GV_SYMBOL_SPACE_TF_PROVIDER, b, 0));
}

/* ---- terraform { } ------------------------------------------------------- */

/* configuration_aliases = [aws.west]: who calls the module passes it in. */
static void
add_aliases(struct reader *in, uint32_t provider)
{
	struct block alias = { .node = provider };
	const struct gv_doc_ref *refs;
	size_t n, i;

	alias.node = argument(in, provider, "configuration_aliases");
	if (alias.node == GV_DOC_NONE)
		return;
	refs = gv_doc_refs(in->doc, alias.node, &n);
	for (i = 0; i < n; i++) {
		gv_buf_reset(&in->name);
		gv_buf_add(&in->name, in->doc->text + refs[i].at, refs[i].len);
		define(in, GV_SYMBOL_SPACE_TF_PROVIDER, &alias,
		    GV_SYMBOL_OPTIONAL);
	}
}

/* aws = { source = "hashicorp/aws", version = "~> 5.0" }, or as it was before:
 * aws = "~> 2.0" */
static void
add_provider(struct reader *in, uint32_t provider)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_EXTERNAL,
		.word = GV_SYMBOL_EDGE_TF_PROVIDER,
		.line = gv_symbol_line(in->doc, provider),
		.in = GV_SYMBOL_NONE };
	struct gv_buf version = GV_BUF_INIT;

	gv_buf_reset(&in->name);
	gv_buf_addstr(&in->name, "provider:");
	if (argument_text(in, provider, "source"))
		gv_buf_add(&in->name, in->text.p, in->text.len);
	else if (gv_symbol_key(&in->text, in->doc, provider)) {
		gv_buf_addstr(&in->name, "hashicorp/");
		gv_buf_add(&in->name, in->text.p, in->text.len);
	}
	if (argument_text(in, provider, "version") ||
	    gv_symbol_scalar(&in->text, in->doc, provider))
		gv_buf_add(&version, in->text.p, in->text.len);
	row.name = in->name.p;
	row.name_len = in->name.len;
	row.extra = version.p;
	row.extra_len = version.len;
	gv_symbol_add(in->out, &row);
	gv_buf_release(&version);
	add_aliases(in, provider);
}

static void
of_terraform(struct reader *in, struct block *b)
{
	const struct gv_doc *doc = in->doc;
	uint32_t i, k;

	for (i = gv_doc_first(doc, b->node); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		if (gv_doc_key_is(doc, i, "required_providers"))
			for (k = gv_doc_first(doc, i); k != GV_DOC_NONE;
			     k = gv_doc_next(doc, k))
				add_provider(in, k);
		else if (gv_doc_key_is(doc, i, "backend") ||
		    gv_doc_key_is(doc, i, "cloud"))
			gv_symbol_terraform_backend(in->out, doc, i);
	}
}

/* ---- finding the blocks -------------------------------------------------- */

static const struct {
	const char *type;
	size_t labels;
	block_fn *fn;
} types[] = {
	{ "resource", 2, of_resource },
	{ "data", 2, of_data },
	{ "ephemeral", 2, of_ephemeral },
	{ "module", 1, of_module },
	{ "variable", 1, of_variable },
	{ "output", 1, of_output },
	{ "locals", 0, of_locals },
	{ "provider", 1, of_provider },
	{ "terraform", 0, of_terraform },
};

#define N_TYPES (sizeof(types) / sizeof(types[0]))

/* A block of HCL: its labels are its first children. */
static void
read_block(struct reader *in, struct block *b, uint32_t node, size_t type)
{
	uint32_t i = gv_doc_first(in->doc, node);

	b->node = node;
	for (b->n = 0; b->n < types[type].labels; b->n++) {
		if (i == GV_DOC_NONE || in->doc->nodes[i].kind != GV_DOC_LABEL)
			return;
		gv_buf_reset(&b->labels[b->n]);
		gv_doc_text(&b->labels[b->n], in->doc, i);
		i = gv_doc_next(in->doc, i);
	}
	types[type].fn(in, b);
}

/* The same in JSON: a map for each label, and a list where there are several
 * of one name. */
static void
read_json(struct reader *in, struct block *b, uint32_t node, size_t type)
{
	const bool is_list = in->doc->nodes[node].kind == GV_DOC_LIST;
	uint32_t i;

	if (!is_list && b->n == types[type].labels) {
		b->node = node;
		types[type].fn(in, b);
		return;
	}
	for (i = gv_doc_first(in->doc, node); i != GV_DOC_NONE;
	     i = gv_doc_next(in->doc, i)) {
		const size_t n = b->n;

		if (!is_list) {
			if (!gv_symbol_key(&b->labels[n], in->doc, i))
				continue;
			b->n = n + 1;
		}
		read_json(in, b, i, type);
		b->n = n;
	}
}

void
gv_symbol_terraform(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct reader in = { out, doc, GV_BUF_INIT, GV_BUF_INIT };
	struct block b = { .labels = { GV_BUF_INIT, GV_BUF_INIT } };
	uint32_t i;
	size_t t;

	for (i = gv_doc_first(doc, root); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		for (t = 0; t < N_TYPES; t++)
			if (gv_doc_key_is(doc, i, types[t].type))
				break;
		if (t == N_TYPES)
			continue;
		b.n = 0;
		if (doc->nodes[i].kind == GV_DOC_BLOCK)
			read_block(&in, &b, i, t);
		else if (doc->format == GV_DOC_FORMAT_HCL_JSON)
			read_json(&in, &b, i, t);
	}
	out->failed |= in.name.failed | in.text.failed | b.labels[0].failed |
	    b.labels[1].failed;
	gv_buf_release(&in.name);
	gv_buf_release(&in.text);
	gv_buf_release(&b.labels[0]);
	gv_buf_release(&b.labels[1]);
}
