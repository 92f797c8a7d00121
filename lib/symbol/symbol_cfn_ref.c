#include "symbol/symbol_cfn.h"

#include <string.h>

/*
 * The functions of CloudFormation, by their short tags (!Ref) and as keys
 * ("Ref", "Fn::Sub"). Nodes are visited in the order of the text; aliases are
 * not followed, since what they stand for is visited where it is written.
 */

#define JOINS_MOST 8 /* functions in functions that make a name */

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* Which function a node is the argument of by its tag: "Ref", "Sub", …; *len 0
 * where none. */
static const char *
tag_of(const struct gv_doc *doc, uint32_t node, size_t *len)
{
	const struct gv_doc_mark *mark =
	    doc->n_marks ? gv_doc_mark(doc, node) : NULL;

	*len = mark && mark->tag_len > 1 ? mark->tag_len - 1 : 0;
	return *len ? doc->text + mark->tag_at + 1 : "";
}

/* The same by its key, which is the only one of its map. */
static const char *
key_of(const struct gv_doc *doc, uint32_t node, size_t *len)
{
	const struct gv_doc_node *n = &doc->nodes[node];
	const char *p = doc->text + n->key_at;

	*len = 0;
	if (n->key_len < 3 || n->index != 0 ||
	    gv_doc_next(doc, node) != GV_DOC_NONE)
		return "";
	*len = n->key_len;
	if (*p == '"' || *p == '\'') {
		p++;
		*len -= 2;
	}
	if (*len > 4 && memcmp(p, "Fn::", 4) == 0) {
		*len -= 4;
		return p + 4;
	}
	if ((*len < 6 || memcmp(p, "Rain::", 6) != 0) &&
	    (*len != 3 || memcmp(p, "Ref", 3) != 0) &&
	    (*len != 9 || memcmp(p, "Condition", 9) != 0))
		*len = 0;
	return p;
}

/* By its tag, or else by its key. */
static const char *
function_of(const struct gv_doc *doc, uint32_t node, size_t *len)
{
	const char *fn = tag_of(doc, node, len);

	return *len ? fn : key_of(doc, node, len);
}

static bool
is(const char *p, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(p, word, len) == 0;
}

/* ---- names --------------------------------------------------------------- */

static void
add_name(struct gv_buf *out, struct gv_symbol_writer *w, uint32_t node,
    unsigned depth)
{
	struct gv_buf text = GV_BUF_INIT;
	uint32_t list, i, n = 0;
	size_t len;
	const char *fn = function_of(w->doc, node, &len);

	/* the argument of a function, by its tag or its key */
	if (is(fn, len, "ImportValue"))
		len = 0;
	/* {"Fn::Sub": "…"} is a map with the function as its only key */
	if (len == 0 && gv_symbol_is_map(w, node)) {
		node = gv_symbol_first(w, node);
		if (node != GV_DOC_NONE)
			fn = function_of(w->doc, node, &len);
	}
	if (node == GV_DOC_NONE || depth > JOINS_MOST) {
		gv_buf_addstr(out, "${}");
	} else if (len == 0 || is(fn, len, "Sub")) {
		if (gv_symbol_is_list(w, node))
			node = gv_symbol_first(w, node);
		if (node != GV_DOC_NONE &&
		    gv_symbol_scalar(&text, w->doc, node))
			gv_buf_add(out, text.p, text.len);
		else
			gv_buf_addstr(out, "${}");
	} else if (is(fn, len, "Join") && gv_symbol_is_list(w, node)) {
		i = gv_symbol_first(w, node);
		list = i == GV_DOC_NONE ? i : gv_symbol_next(w, node, i);
		if (i != GV_DOC_NONE)
			gv_symbol_scalar(&text, w->doc, i);
		for (i = gv_symbol_first(w, list); i != GV_DOC_NONE;
		     i = gv_symbol_next(w, list, i)) {
			if (n++)
				gv_buf_add(out, text.p, text.len);
			add_name(out, w, i, depth + 1);
		}
	} else {
		gv_buf_addstr(out, "${}");
	}
	w->out->failed |= text.failed;
	gv_buf_release(&text);
}

bool
gv_symbol_cfn_name(struct gv_symbol_writer *w, uint32_t node)
{
	struct gv_buf name = GV_BUF_INIT;
	bool found;

	w->line = gv_symbol_line(w->doc, node);
	add_name(&name, w, node, 0);
	found = name.len > 0 && !is(name.p, name.len, "${}");
	gv_symbol_take_bytes(w, name.p, name.len);
	w->out->failed |= name.failed;
	gv_buf_release(&name);
	return found;
}

/* ---- references ---------------------------------------------------------- */

/* Whether SAM makes a resource of that name: one that begins with the name of
 * another, or of the API that it makes for all. */
static bool
is_made(const struct gv_symbol_cfn *t, const char *p, size_t len)
{
	size_t n;

	if (t->has_macros)
		return true;
	if (!t->is_sam)
		return false;
	if (len >= 10 && memcmp(p, "Serverless", 10) == 0)
		return true;
	for (n = len; n > 0; n--)
		if (gv_map_get(&t->resources, p, n))
			return true;
	return false;
}

/* What [p, p + len) names: a resource or a parameter, and the attribute behind
 * its dot. */
static void
refer(struct gv_symbol_cfn *t, const char *p, size_t len,
    enum gv_symbol_edge edge)
{
	struct gv_symbol_writer *w = &t->w;
	const char *dot = memchr(p, '.', len);
	const size_t n = dot ? (size_t)(dot - p) : len;
	const bool is_parameter = gv_map_get(&t->parameters, p, n) != NULL;
	const bool is_known =
	    is_parameter || gv_map_get(&t->resources, p, n) != NULL;

	/* AWS::Region and the like */
	if (n == 0 || memmem(p, len, "::", 2))
		return;
	gv_symbol_take_bytes(w, p, n);
	if (dot)
		gv_buf_add(&w->extra, dot + 1, len - n - 1);
	gv_symbol_refer_name(w, edge,
	    is_parameter ? GV_SYMBOL_SPACE_CFN_PARAMETER
			 : GV_SYMBOL_SPACE_CFN_RESOURCE,
	    !is_known && is_made(t, p, n) ? GV_SYMBOL_OPTIONAL : 0);
}

static void
add_ref(struct gv_symbol_cfn *t, uint32_t node, enum gv_symbol_edge edge)
{
	struct gv_buf name = GV_BUF_INIT;

	if (gv_symbol_take(&t->w, node)) {
		gv_buf_add(&name, t->w.text.p, t->w.text.len);
		refer(t, name.p, name.len, edge);
	}
	t->w.out->failed |= name.failed;
	gv_buf_release(&name);
}

/* !GetAtt A.B, [A, B] */
static void
add_getatt(struct gv_symbol_cfn *t, uint32_t node)
{
	struct gv_symbol_writer *w = &t->w;
	struct gv_buf name = GV_BUF_INIT;
	uint32_t first, second;

	if (!gv_symbol_is_list(w, node)) {
		add_ref(t, node, GV_SYMBOL_EDGE_CFN_GETATT);
		return;
	}
	first = gv_symbol_first(w, node);
	second = first == GV_DOC_NONE ? first : gv_symbol_next(w, node, first);
	if (second != GV_DOC_NONE && gv_symbol_scalar(&name, w->doc, first)) {
		gv_buf_addch(&name, '.');
		if (gv_symbol_take(w, second))
			gv_buf_add(&name, w->text.p, w->text.len);
		w->line = gv_symbol_line(w->doc, first);
		refer(t, name.p, name.len, GV_SYMBOL_EDGE_CFN_GETATT);
	}
	w->out->failed |= name.failed;
	gv_buf_release(&name);
}

/* Whether the map that goes with !Sub sets that name. */
static bool
is_local(const struct gv_symbol_cfn *t, uint32_t map, const char *p, size_t len)
{
	uint32_t i;

	if (map == GV_DOC_NONE)
		return false;
	for (i = gv_doc_first(t->w.doc, map); i != GV_DOC_NONE;
	     i = gv_doc_next(t->w.doc, i)) {
		const struct gv_doc_node *n = &t->w.doc->nodes[i];
		const char *key = t->w.doc->text + n->key_at;
		const bool quoted =
		    n->key_len > 1 && (*key == '"' || *key == '\'');

		if (n->key_len - (quoted ? 2 : 0) == len &&
		    memcmp(key + quoted, p, len) == 0)
			return true;
	}
	return false;
}

/* "${A} ${B.C} ${!not} ${AWS::Region}", and [text, {local: value}]; as it is
 * written, so that each has its line. */
static void
add_sub(struct gv_symbol_cfn *t, uint32_t node)
{
	const struct gv_doc *doc = t->w.doc;
	uint32_t text = node, map = GV_DOC_NONE;
	const char *p, *end, *close;

	if (doc->nodes[node].kind == GV_DOC_LIST) {
		text = gv_doc_first(doc, node);
		map = text == GV_DOC_NONE ? text : gv_doc_next(doc, text);
	}
	if (text == GV_DOC_NONE)
		return;
	p = doc->text + doc->nodes[text].at;
	end = p + doc->nodes[text].len;
	while ((p = memmem(p, (size_t)(end - p), "${", 2)) != NULL) {
		p += 2;
		while (p < end && *p == ' ')
			p++;
		for (close = p; close < end &&
		     (is_word(*close) || *close == '.' || *close == ':');)
			close++;
		if (close == end || close == p ||
		    (*close != '}' && *close != ' '))
			continue;
		t->w.line = gv_symbol_line_at(doc, (size_t)(p - doc->text));
		if (!is_local(t, map, p, (size_t)(close - p)))
			refer(
			    t, p, (size_t)(close - p), GV_SYMBOL_EDGE_CFN_SUB);
	}
}

/* The first key that FindInMap asks a mapping for: as it is written, or "!Ref
 * X" for the value of a parameter. With a default none need be there. */
static void
add_key_of_mapping(struct gv_symbol_writer *w, uint32_t node, uint32_t first)
{
	uint32_t key = gv_symbol_next(w, node, first);
	const uint32_t second =
	    key == GV_DOC_NONE ? GV_DOC_NONE : gv_symbol_next(w, node, key);
	const char *fn;
	size_t len;

	if (second == GV_DOC_NONE ||
	    gv_symbol_next(w, node, second) != GV_DOC_NONE)
		return;
	/* {"Ref": "X"} */
	if (gv_symbol_is_map(w, key))
		key = gv_symbol_first(w, key);
	if (key == GV_DOC_NONE)
		return;
	fn = function_of(w->doc, key, &len);
	if ((len && !is(fn, len, "Ref")) || !gv_symbol_is_scalar(w, key) ||
	    !gv_symbol_take(w, key) ||
	    (len && gv_symbol_text_begins(w, "AWS::")))
		return;
	gv_buf_addstr(&w->extra, len ? "!Ref " : "");
	gv_buf_add(&w->extra, w->text.p, w->text.len);
}

/* [Map, key, key], [condition, a, b]: the first one of the list is the name. */
static void
add_first(struct gv_symbol_cfn *t, uint32_t node, enum gv_symbol_edge edge,
    enum gv_symbol_space space)
{
	struct gv_symbol_writer *w = &t->w;
	const uint32_t first =
	    gv_symbol_is_list(w, node) ? gv_symbol_first(w, node) : GV_DOC_NONE;
	size_t len;

	if (first == GV_DOC_NONE)
		return;
	function_of(w->doc, first, &len);
	if (len)
		return;
	if (edge == GV_SYMBOL_EDGE_CFN_MAPPING)
		add_key_of_mapping(w, node, first);
	if (gv_symbol_take(w, first))
		gv_symbol_refer_name(
		    w, edge, space, t->has_macros ? GV_SYMBOL_ELSEWHERE : 0);
	gv_buf_reset(&w->extra);
}

static void
add_import(struct gv_symbol_cfn *t, uint32_t node)
{
	if (gv_symbol_cfn_name(&t->w, node))
		gv_symbol_refer_name(&t->w, GV_SYMBOL_EDGE_CFN_IMPORT,
		    GV_SYMBOL_SPACE_CFN_EXPORT, GV_SYMBOL_ELSEWHERE);
}

/* ---- files --------------------------------------------------------------- */

/* Properties that name a template, or code, of the tree until they are
 * packaged. */
static void
add_file(struct gv_symbol_cfn *t, uint32_t node)
{
	static const char *const keys[] = { "TemplateURL", "CodeUri",
		"ContentUri", "DefinitionUri", "Location", "Code",
		"SchemaLocation", "TemplateFile" };
	struct gv_symbol_writer *w = &t->w;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (gv_doc_key_is(w->doc, node, keys[i]))
			break;
	if (i == sizeof(keys) / sizeof(keys[0]) ||
	    (i && gv_symbol_is_map(w, node)) || !gv_symbol_cfn_name(w, node) ||
	    memchr(w->text.p, '\n', w->text.len))
		return;
	if (memmem(w->text.p, w->text.len, "://", 3)) {
		if (i == 0)
			gv_symbol_refer_source(
			    w, GV_SYMBOL_EDGE_CFN_TEMPLATE, 0);
	} else if (w->text.p[0] != '$' && w->text.p[0] != '/' &&
	    !memchr(w->text.p, ' ', w->text.len) &&
	    (w->text.p[0] == '.' || memchr(w->text.p, '/', w->text.len) ||
		memchr(w->text.p, '.', w->text.len) || i == 1))
		gv_symbol_refer_path(w, GV_SYMBOL_EDGE_CFN_TEMPLATE,
		    i ? GV_SYMBOL_ELSEWHERE : 0);
}

/* !Rain::Module ../vpc.yml, !Rain::Embed x.sh: put in by the tool Rain. */
static void
add_module(struct gv_symbol_cfn *t, uint32_t node)
{
	if (gv_symbol_take(&t->w, node) && t->w.text.p[0] != '/' &&
	    !memchr(t->w.text.p, ':', t->w.text.len) &&
	    !memchr(t->w.text.p, '\n', t->w.text.len))
		gv_symbol_refer_path(&t->w, GV_SYMBOL_EDGE_CFN_TEMPLATE, 0);
}

/* ---- all of a node ------------------------------------------------------- */

static void
add_function(struct gv_symbol_cfn *t, uint32_t node, const char *fn, size_t len)
{
	if (is(fn, len, "Ref"))
		add_ref(t, node, GV_SYMBOL_EDGE_CFN_REF);
	else if (is(fn, len, "GetAtt"))
		add_getatt(t, node);
	else if (is(fn, len, "Sub"))
		add_sub(t, node);
	else if (is(fn, len, "ImportValue"))
		add_import(t, node);
	else if (len > 6 && memcmp(fn, "Rain::", 6) == 0)
		add_module(t, node);
	else if (is(fn, len, "FindInMap"))
		add_first(t, node, GV_SYMBOL_EDGE_CFN_MAPPING,
		    GV_SYMBOL_SPACE_CFN_MAPPING);
	else if (is(fn, len, "If"))
		add_first(t, node, GV_SYMBOL_EDGE_CFN_CONDITION,
		    GV_SYMBOL_SPACE_CFN_CONDITION);
	else if (is(fn, len, "Condition") && gv_symbol_is_scalar(&t->w, node) &&
	    gv_symbol_take(&t->w, node))
		gv_symbol_refer_name(&t->w, GV_SYMBOL_EDGE_CFN_CONDITION,
		    GV_SYMBOL_SPACE_CFN_CONDITION,
		    t->has_macros ? GV_SYMBOL_ELSEWHERE : 0);
}

void
gv_symbol_cfn_refs(struct gv_symbol_cfn *t, uint32_t node)
{
	const struct gv_doc *doc = t->w.doc;
	const uint32_t last = doc->nodes[node].next;
	const char *fn;
	uint32_t i;
	size_t len;

	for (i = node; i < last; i++) {
		if (doc->nodes[i].kind == GV_DOC_ALIAS)
			continue;
		/* "Fn::ImportValue": !Sub "…" is both */
		fn = key_of(doc, i, &len);
		add_function(t, i, fn, len);
		fn = tag_of(doc, i, &len);
		add_function(t, i, fn, len);
		add_file(t, i);
	}
}
