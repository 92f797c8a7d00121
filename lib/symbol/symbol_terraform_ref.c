#include "symbol/symbol_internal.h"

#include <string.h>

/*
 * What an expression of Terraform names: var.x, module.net.ids[0],
 * aws_vpc.main.id, file("${path.module}/x").
 */

static bool
is(const char *p, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(p, word, len) == 0;
}

static bool
is_of_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-' ||
	    (signed char)c < 0;
}

/* The n-th part of what is named, from 0, where dots stand before all of them:
 * of aws_vpc.main["a"].id those are aws_vpc, main. */
static bool
part(const char **p, size_t *len, const char *text, size_t text_len, size_t n)
{
	size_t from = 0, to, i;

	for (i = 0;; i++) {
		for (to = from; to < text_len && is_of_word(text[to]);)
			to++;
		if (to == from)
			return false;
		if (i == n) {
			*p = text + from;
			*len = to - from;
			return true;
		}
		if (to == text_len || text[to] != '.')
			return false;
		from = to + 1;
	}
}

struct target {
	enum gv_symbol_space space;
	const char *p; /* the name in the space: one part, or two with a dot */
	size_t len;
	const char *output; /* of a module */
	size_t output_len;
};

/* Parts `from` and, if `two`, the next one. */
static bool
name_of(struct target *t, const char *text, size_t len, size_t from, bool two)
{
	const char *p;
	size_t n;

	if (!part(&t->p, &t->len, text, len, from))
		return false;
	if (!two)
		return true;
	if (!part(&p, &n, text, len, from + 1))
		return false;
	t->len = (size_t)(p + n - t->p);
	return true;
}

static bool
target_of(
    struct target *t, const struct gv_doc *doc, const struct gv_doc_ref *ref)
{
	const char *text = doc->text + ref->at;

	switch ((enum gv_doc_ref_kind)ref->kind) {
	case GV_DOC_REF_VAR:
		t->space = GV_SYMBOL_SPACE_TF_VARIABLE;
		return name_of(t, text, ref->len, 1, false);
	case GV_DOC_REF_LOCAL:
		t->space = GV_SYMBOL_SPACE_TF_LOCAL;
		return name_of(t, text, ref->len, 1, false);
	case GV_DOC_REF_MODULE:
		t->space = GV_SYMBOL_SPACE_TF_MODULE;
		if (!part(&t->output, &t->output_len, text, ref->len, 2))
			t->output_len = 0;
		return name_of(t, text, ref->len, 1, false);
	case GV_DOC_REF_DATA:
		t->space = GV_SYMBOL_SPACE_TF_DATA;
		return name_of(t, text, ref->len, 1, true);
	case GV_DOC_REF_NAME:
		t->space = GV_SYMBOL_SPACE_TF_RESOURCE;
		return name_of(t, text, ref->len, 0, true);
	default:
		return false;
	}
}

/* ---- where a name means something else ----------------------------------- */

/* An argument whose names are no values: of what a provider is called, of what
 * a block keeps from being changed, of types. */
static bool
is_apart(const struct gv_doc *doc, uint32_t node)
{
	static const char *const keys[] = { "provider", "providers",
		"ignore_changes", "configuration_aliases", "type" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (gv_doc_key_is(doc, node, keys[i]))
			return true;
	return false;
}

/* dynamic "x" { iterator = y }: the name stands for what is repeated. */
static bool
is_iterator(const struct gv_doc *doc, uint32_t node, const char *p, size_t len)
{
	uint32_t i;

	if (doc->nodes[node].kind != GV_DOC_BLOCK ||
	    !gv_doc_key_is(doc, node, "dynamic"))
		return false;
	i = gv_doc_get(doc, node, "iterator");
	if (i == GV_DOC_NONE)
		i = gv_doc_first(doc, node);
	if (i == GV_DOC_NONE || doc->nodes[i].len < len)
		return false;
	return memmem(doc->text + doc->nodes[i].at, doc->nodes[i].len, p,
		   len) != NULL;
}

enum place {
	PLACE_VALUE,
	PLACE_DEPENDS_ON,
	PLACE_PROVIDER,
	PLACE_NONE,
};

static enum place
place_of(const struct gv_doc *doc, const struct gv_doc_ref *ref, uint32_t top)
{
	const char *text = doc->text + ref->at;
	const char *first;
	size_t len;
	uint32_t i;

	if (!part(&first, &len, text, ref->len, 0))
		return PLACE_NONE;
	for (i = ref->node; i != GV_DOC_NONE; i = doc->nodes[i].parent) {
		if (gv_doc_key_is(doc, i, "depends_on"))
			return PLACE_DEPENDS_ON;
		/* only an argument of the block itself is the provider's */
		if (doc->nodes[i].kind != GV_DOC_BLOCK && is_apart(doc, i))
			return gv_doc_key_is(doc, i, "provider") ||
				gv_doc_key_is(doc, i, "providers")
			    ? PLACE_PROVIDER
			    : PLACE_NONE;
		if (is_iterator(doc, i, first, len))
			return PLACE_NONE;
		if (i == top)
			break;
	}
	return PLACE_VALUE;
}

/* ---- functions that read files ------------------------------------------- */

static const char *const functions[] = { "file", "filebase64",
	"filebase64sha256", "filebase64sha512", "filemd5", "filesha1",
	"filesha256", "filesha512", "fileexists", "fileset", "templatefile",
	"templatestring" };

/* The text of a call's first argument, if it is one in quotes. */
static bool
first_argument(struct gv_buf *out, const char *call, size_t len)
{
	const char *open = memchr(call, '(', len), *end = call + len, *p;
	size_t depth = 0;

	if (open == NULL)
		return false;
	for (p = open + 1; p < end && strchr(" \t\r\n", *p);)
		p++;
	if (p == end || *p != '"')
		return false;
	for (open = ++p; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (p + 1 < end && *p == '$' && p[1] == '{')
			depth++;
		else if (*p == '}' && depth > 0)
			depth--;
		else if (*p == '"' && depth == 0)
			break;
	}
	if (p >= end)
		return false;
	gv_buf_reset(out);
	gv_buf_add(out, open, (size_t)(p - open));
	return true;
}

bool
gv_symbol_call(
    struct gv_buf *arg, const char *text, size_t len, const char *name)
{
	const size_t n = strlen(name);
	const char *end = text + len, *p = text;

	gv_buf_reset(arg);
	for (; (p = memmem(p, (size_t)(end - p), name, n)) != NULL; p += n) {
		if ((p > text && is_of_word(p[-1])) || p + n == end ||
		    p[n] != '(')
			continue;
		first_argument(arg, p, (size_t)(end - p));
		return true;
	}
	return false;
}

static void
add_call(struct gv_symbols *out, const struct gv_doc *doc,
    const struct gv_doc_ref *ref, uint32_t in)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_TF_FILE,
		.line = gv_symbol_line_at(doc, ref->at),
		.in = in };
	const char *text = doc->text + ref->at, *word;
	struct gv_buf path = GV_BUF_INIT;
	size_t len, i;

	if (!part(&word, &len, text, ref->len, 0))
		return;
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (is(word, len, functions[i]))
			break;
	if (i == sizeof(functions) / sizeof(functions[0]))
		return;
	if (is(word, len, "fileset"))
		row.flags |= GV_SYMBOL_FOLDER;
	if (is(word, len, "fileexists"))
		row.flags |= GV_SYMBOL_OPTIONAL;
	if (first_argument(&path, text, ref->len))
		gv_symbol_path(out, &row, &path);
	out->failed |= path.failed;
	gv_buf_release(&path);
}

/* ---- all of them --------------------------------------------------------- */

static void
add_name(struct gv_symbols *out, const struct gv_doc *doc,
    const struct gv_doc_ref *ref, uint32_t in, enum place place)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_BY_NAME,
		.word = place == PLACE_DEPENDS_ON ? GV_SYMBOL_EDGE_TF_DEPENDS_ON
						  : GV_SYMBOL_EDGE_TF_REF,
		.line = gv_symbol_line_at(doc, ref->at),
		.in = in };
	struct target t = { .output = NULL };

	if (place == PLACE_PROVIDER) {
		row.word = GV_SYMBOL_EDGE_TF_PROVIDER;
		row.space = GV_SYMBOL_SPACE_TF_PROVIDER;
		row.name = doc->text + ref->at;
		row.name_len = ref->len;
		gv_symbol_add(out, &row);
		return;
	}
	if (!target_of(&t, doc, ref))
		return;
	row.space = (uint16_t)t.space;
	row.name = t.p;
	row.name_len = t.len;
	row.extra = t.output;
	row.extra_len = t.output_len;
	/* types of resources begin with the name of their provider; anything
	 * else may be a name that a block brings with it */
	if (t.space == GV_SYMBOL_SPACE_TF_RESOURCE &&
	    memchr(t.p, '_', t.len) == NULL)
		row.flags |= GV_SYMBOL_OPTIONAL;
	gv_symbol_add(out, &row);
}

void
gv_symbol_terraform_refs(struct gv_symbols *out, const struct gv_doc *doc,
    uint32_t node, uint32_t in)
{
	const struct gv_doc_ref *refs;
	enum place place;
	size_t n, i;

	refs = gv_doc_refs(doc, node, &n);
	for (i = 0; i < n; i++) {
		if (refs[i].kind == GV_DOC_REF_CALL) {
			add_call(out, doc, &refs[i], in);
			continue;
		}
		place = place_of(doc, &refs[i], node);
		if (place != PLACE_NONE)
			add_name(out, doc, &refs[i], in, place);
	}
}
