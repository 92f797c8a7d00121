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

/* module.x.0.id is written as module.x[0].id today: which output it is, is not
 * worth knowing. */
static bool
is_number(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return len > 0;
}

/* resource.TYPE.NAME is TYPE.NAME; ephemeral.TYPE.NAME has a name of its own.
 */
static bool
resource_of(struct target *t, const char *text, size_t len)
{
	const char *first, *last;
	size_t n;

	if (!part(&first, &n, text, len, 0))
		return false;
	if (is(first, n, "resource") && part(&last, &n, text, len, 2))
		return name_of(t, text, len, 1, true);
	if (!is(first, n, "ephemeral"))
		return name_of(t, text, len, 0, true);
	if (!part(&last, &n, text, len, 2))
		return false;
	t->p = first;
	t->len = (size_t)(last + n - first);
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
		if (!part(&t->output, &t->output_len, text, ref->len, 2) ||
		    is_number(t->output, t->output_len))
			t->output_len = 0;
		return name_of(t, text, ref->len, 1, false);
	case GV_DOC_REF_DATA:
		t->space = GV_SYMBOL_SPACE_TF_DATA;
		return name_of(t, text, ref->len, 1, true);
	case GV_DOC_REF_NAME:
		t->space = GV_SYMBOL_SPACE_TF_RESOURCE;
		return resource_of(t, text, ref->len);
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

static bool
is_argument(const struct gv_doc *doc, uint32_t node, uint32_t top)
{
	const uint32_t parent = doc->nodes[node].parent;

	return doc->nodes[node].kind != GV_DOC_BLOCK && node != top &&
	    parent != GV_DOC_NONE &&
	    (parent == top || doc->nodes[parent].kind == GV_DOC_BLOCK);
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
	/* providers = { aws.west = … }: how the module calls it */
	if (ref->at <
	    doc->nodes[ref->node].key_at + doc->nodes[ref->node].key_len)
		return PLACE_NONE;
	for (i = ref->node; i != GV_DOC_NONE; i = doc->nodes[i].parent) {
		if (gv_doc_key_is(doc, i, "depends_on"))
			return PLACE_DEPENDS_ON;
		/* only an argument of a block itself is Terraform's own */
		if (is_argument(doc, i, top) && is_apart(doc, i))
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
    const struct gv_doc_ref *ref, uint32_t in, unsigned flags)
{
	struct gv_symbol_row row = { .word = GV_SYMBOL_EDGE_TF_FILE,
		.flags = (uint16_t)flags,
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

/* The block that a reference is in, and its definition. */
struct where {
	uint32_t top, in;
};

struct found {
	uint32_t in;
	enum place place;
	unsigned flags;
};

static void
add_name(struct gv_symbols *out, const struct gv_doc *doc,
    const struct gv_doc_ref *ref, const struct found *found)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_BY_NAME,
		.word = found->place == PLACE_DEPENDS_ON
		    ? GV_SYMBOL_EDGE_TF_DEPENDS_ON
		    : GV_SYMBOL_EDGE_TF_REF,
		.flags = (uint16_t)found->flags,
		.line = gv_symbol_line_at(doc, ref->at),
		.in = found->in };
	struct target t = { .output = NULL };

	if (found->place == PLACE_PROVIDER) {
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

/* try() and can() are for what may not be there. */
static bool
is_guard(const struct gv_doc *doc, const struct gv_doc_ref *ref)
{
	const char *text = doc->text + ref->at;

	return ref->len > 4 && text[3] == '(' &&
	    (memcmp(text, "try", 3) == 0 || memcmp(text, "can", 3) == 0);
}

/* Whether one of these references is inside of the guards among them. */
static bool
is_guarded(const struct gv_doc *doc, const struct gv_doc_ref *refs, size_t n,
    const struct gv_doc_ref *ref)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (refs[i].kind == GV_DOC_REF_CALL && ref->at > refs[i].at &&
		    ref->at < refs[i].at + refs[i].len &&
		    is_guard(doc, &refs[i]))
			return true;
	return false;
}

/* Whether the value asks fileexists() of the same path. */
static bool
is_asked(const struct gv_doc *doc, const struct gv_doc_ref *refs, size_t n,
    const struct gv_doc_ref *ref)
{
	struct gv_buf own = GV_BUF_INIT, other = GV_BUF_INIT;
	bool found = false;
	size_t i;

	for (i = 0; i < n && !found; i++)
		found = refs[i].kind == GV_DOC_REF_CALL && refs[i].len > 11 &&
		    memcmp(doc->text + refs[i].at, "fileexists(", 11) == 0 &&
		    first_argument(&own, doc->text + ref->at, ref->len) &&
		    first_argument(
			&other, doc->text + refs[i].at, refs[i].len) &&
		    gv_buf_equal(&own, &other);
	gv_buf_release(&own);
	gv_buf_release(&other);
	return found;
}

/* The references of one value, refs[0] … refs[n - 1]. */
static void
add_value(struct gv_symbols *out, const struct gv_doc *doc,
    const struct gv_doc_ref *refs, size_t n, const struct where *where)
{
	enum place place;
	unsigned flags;
	size_t i;

	for (i = 0; i < n; i++) {
		flags =
		    is_guarded(doc, refs, n, &refs[i]) ? GV_SYMBOL_OPTIONAL : 0;
		if (refs[i].kind == GV_DOC_REF_CALL) {
			if (is_asked(doc, refs, n, &refs[i]))
				flags = GV_SYMBOL_OPTIONAL;
			add_call(out, doc, &refs[i], where->in, flags);
			continue;
		}
		place = place_of(doc, &refs[i], where->top);
		if (place != PLACE_NONE)
			add_name(out, doc, &refs[i],
			    &(struct found){ where->in, place, flags });
	}
}

void
gv_symbol_terraform_refs(struct gv_symbols *out, const struct gv_doc *doc,
    uint32_t node, uint32_t in)
{
	const struct where where = { node, in };
	const struct gv_doc_ref *refs;
	size_t n, i, from;

	refs = gv_doc_refs(doc, node, &n);
	for (from = 0; from < n; from = i) {
		for (i = from; i < n && refs[i].node == refs[from].node;)
			i++;
		add_value(out, doc, refs + from, i - from, &where);
	}
}
