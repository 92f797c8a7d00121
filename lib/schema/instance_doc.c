#include "schema/instance_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "schema/decimal.h"

/*
 * The values of a document. A text that is written as it reads stays where it
 * is; only what has escapes or folds is copied. What aliases repeat is bounded
 * by the size of the document, as in doc/doc_each.c.
 *
 * What a map of YAML merges is added before its own members, the first of
 * several maps last: the key that is given last counts, and so does the
 * precedence of merging.
 *
 * Blocks of HCL become what Terraform's JSON has for them: a list for each
 * type of block, and a map for each label.
 */

#define REPEATS_MAX 10
#define VISITS_MIN  100000
#define WHOLE_MAX   18 /* digits that cannot overflow */

struct build {
	struct gv_instance *in;
	const struct gv_doc *doc;
	size_t visits, depth;
	uint16_t source;
};

static int
build_node(struct build *b, const struct gv_instance_node *key, uint32_t i);

/* ---- texts --------------------------------------------------------------- */

/* Whether a text is written as it reads, once its quotes are off. */
static bool
is_literal(const struct gv_doc *doc, uint8_t style, const char *p, size_t len)
{
	switch (doc->format) {
	case GV_DOC_FORMAT_JSON:
	case GV_DOC_FORMAT_HCL_JSON:
		break;
	case GV_DOC_FORMAT_YAML:
	case GV_DOC_FORMAT_TEMPLATE:
	case GV_DOC_FORMAT_COMPOSE:
		if (memchr(p, '\n', len) || memchr(p, '\r', len))
			return false;
		if (style == GV_DOC_STYLE_PLAIN)
			return true;
		if (style == GV_DOC_STYLE_SINGLE)
			return memchr(p, '\'', len) == NULL;
		break;
	default:
		return false;
	}
	return style == GV_DOC_STYLE_DOUBLE && memchr(p, '\\', len) == NULL;
}

/* The text of a node, or its key, to *p and *len. */
static int
take_text(
    struct build *b, uint32_t i, bool is_key, const char **p, uint32_t *len)
{
	const struct gv_doc_node *n = &b->doc->nodes[i];
	const uint8_t style = is_key ? n->key_style : n->style;
	const size_t quotes = style != GV_DOC_STYLE_PLAIN;
	const char *from = b->doc->text + (is_key ? n->key_at : n->at);
	size_t size = is_key ? n->key_len : n->len;
	char *copy;

	if (size >= 2 * quotes &&
	    is_literal(b->doc, style, from + quotes, size - 2 * quotes)) {
		*p = from + quotes;
		*len = (uint32_t)(size - 2 * quotes);
		return 0;
	}
	copy = gv_instance_room(b->in, size + size / 2 + 1);
	if (copy == NULL)
		return GV_ENOMEM;
	size = is_key ? gv_doc_read_key(copy, b->doc, i)
		      : gv_doc_read_text(copy, b->doc, i);
	gv_instance_keep(b->in, size);
	*p = copy;
	*len = (uint32_t)size;
	return 0;
}

/* ---- numbers ------------------------------------------------------------- */

/* A number with the prefix 0x, 0o or 0b; false beyond 63 bits. */
static bool
read_based(int64_t *out, const char *p, size_t len)
{
	const bool is_negative = *p == '-';
	const size_t sign = *p == '-' || *p == '+';
	unsigned base, digit;
	uint64_t value = 0;
	size_t i;

	if (len < sign + 3 || p[sign] != '0')
		return false;
	base = p[sign + 1] == 'x' ? 16
	    : p[sign + 1] == 'o'  ? 8
	    : p[sign + 1] == 'b'  ? 2
				  : 0;
	for (i = sign + 2; i < len; i++) {
		digit = p[i] <= '9' ? (unsigned)(p[i] - '0')
				    : (unsigned)((p[i] | 0x20) - 'a' + 10);
		if (digit >= base || value > INT64_MAX / 16)
			return false;
		value = value * base + digit;
	}
	*out = is_negative ? -(int64_t)value : (int64_t)value;
	return true;
}

static bool
read_whole(int64_t *out, const char *p, size_t len)
{
	const size_t sign = *p == '-';
	int64_t value = 0;
	size_t i;

	if (len == sign || len - sign > WHOLE_MAX)
		return false;
	if (p[sign] == '0' && len > sign + 1)
		return false;
	for (i = sign; i < len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		value = value * 10 + (p[i] - '0');
	}
	*out = sign ? -value : value;
	return true;
}

/* TOML has 1_000. */
static int
strip(struct build *b, const char **p, uint32_t *len)
{
	char *copy;
	uint32_t i, n = 0;

	if (memchr(*p, '_', *len) == NULL)
		return 0;
	copy = gv_instance_room(b->in, *len);
	if (copy == NULL)
		return GV_ENOMEM;
	for (i = 0; i < *len; i++)
		if ((*p)[i] != '_')
			copy[n++] = (*p)[i];
	gv_instance_keep(b->in, n);
	*p = copy;
	*len = n;
	return 0;
}

void
gv_instance_number(struct gv_instance_node *out, const char *p, size_t len)
{
	struct gv_decimal d;

	out->kind = GV_INSTANCE_INT;
	if (len == 0)
		out->kind = GV_INSTANCE_OPAQUE;
	else if (read_whole(&out->is.whole, p, len) ||
	    read_based(&out->is.whole, p, len))
		;
	else if (!gv_decimal_read(&d, p, len)) {
		out->kind = GV_INSTANCE_OPAQUE;
	} else if (!gv_decimal_fits(&d, &out->is.whole)) {
		out->kind = GV_INSTANCE_NUMBER;
		out->is.text = p;
		out->len = (uint32_t)len;
	}
}

static int
take_number(struct build *b, struct gv_instance_node *out, uint32_t i)
{
	const struct gv_doc_node *n = &b->doc->nodes[i];
	const char *p = b->doc->text + n->at;
	uint32_t len = n->len;
	int r;

	if ((r = strip(b, &p, &len)) < 0)
		return r;
	gv_instance_number(out, p, len);
	return 0;
}

/* ---- scalars ------------------------------------------------------------- */

static bool
is_tag(const struct gv_doc *doc, const struct gv_doc_mark *m, const char *tag)
{
	return m->tag_len == strlen(tag) &&
	    memcmp(doc->text + m->tag_at, tag, m->tag_len) == 0;
}

/* Whether a node of YAML has a tag that makes it what no schema knows: those
 * of programs, such as !Ref and !vault. */
static bool
has_own_tag(const struct gv_doc *doc, uint32_t i, uint8_t *type)
{
	const struct gv_doc_mark *m = doc->n_marks ? gv_doc_mark(doc, i) : NULL;

	if (m == NULL || m->tag_len == 0)
		return false;
	if (is_tag(doc, m, "!!int") || is_tag(doc, m, "!!float"))
		*type = GV_DOC_TYPE_FLOAT;
	else if (is_tag(doc, m, "!!bool"))
		*type = GV_DOC_TYPE_BOOL;
	else if (is_tag(doc, m, "!!null"))
		*type = GV_DOC_TYPE_NULL;
	return m->tag_len < 2 || doc->text[m->tag_at + 1] != '!';
}

static bool
says_true(const char *p, size_t len)
{
	const char c = len ? (char)(*p | 0x20) : '\0';

	return c == 't' || c == 'y' || (c == 'o' && len == 2);
}

static int
take_scalar(struct build *b, struct gv_instance_node *out, uint32_t i)
{
	const struct gv_doc_node *n = &b->doc->nodes[i];
	uint8_t type = n->type;

	if (has_own_tag(b->doc, i, &type)) {
		out->kind = GV_INSTANCE_OPAQUE;
		return 0;
	}
	if (type == GV_DOC_TYPE_WORD_BOOL)
		type =
		    b->in->has_word_bools ? GV_DOC_TYPE_BOOL : GV_DOC_TYPE_TEXT;
	switch (type) {
	case GV_DOC_TYPE_NULL:
		out->kind = GV_INSTANCE_NULL;
		return 0;
	case GV_DOC_TYPE_BOOL:
		out->kind = says_true(b->doc->text + n->at, n->len)
		    ? GV_INSTANCE_TRUE
		    : GV_INSTANCE_FALSE;
		return 0;
	case GV_DOC_TYPE_INT:
	case GV_DOC_TYPE_FLOAT:
		return take_number(b, out, i);
	default:
		out->kind = GV_INSTANCE_TEXT;
		return take_text(b, i, false, &out->is.text, &out->len);
	}
}

/* ---- maps ---------------------------------------------------------------- */

static int
build_member(struct build *b, uint32_t i)
{
	struct gv_instance_node key = { .key_at = b->doc->nodes[i].key_at };
	int r = take_text(b, i, true, &key.key, &key.key_len);

	return r < 0 ? r : build_node(b, &key, i);
}

static bool
is_merge(const struct gv_doc *doc, uint32_t i)
{
	const struct gv_doc_node *n = &doc->nodes[i];

	return doc->n_marks && n->key_len == 2 &&
	    n->key_style == GV_DOC_STYLE_PLAIN &&
	    memcmp(doc->text + n->key_at, "<<", 2) == 0;
}

static int
enter(struct build *b)
{
	const size_t max = b->doc->n * REPEATS_MAX > VISITS_MIN
	    ? b->doc->n * REPEATS_MAX
	    : VISITS_MIN;

	if (++b->visits > max)
		return gv_err(GV_EREFUSED,
		    "its aliases repeat more than a file may hold");
	if (b->depth == GV_INSTANCE_DEPTH_MAX)
		return gv_err(GV_EREFUSED, "it nests deeper than %d levels",
		    GV_INSTANCE_DEPTH_MAX);
	b->depth++;
	return 0;
}

static int build_members(struct build *b, uint32_t map);

/* The maps that a node after "<<" names, the last one first. */
static int
build_merged(struct build *b, uint32_t node)
{
	const struct gv_doc *doc = b->doc;
	uint32_t *items = NULL, i, n = 0;
	int r;

	if ((node = gv_doc_follow(doc, node)) == GV_DOC_NONE)
		return 0;
	if ((r = enter(b)) < 0)
		return r;
	if (doc->nodes[node].kind == GV_DOC_MAP)
		r = build_members(b, node);
	else if (doc->nodes[node].kind == GV_DOC_LIST) {
		for (i = gv_doc_first(doc, node); i != GV_DOC_NONE;
		     i = gv_doc_next(doc, i))
			n++;
		items = calloc(n + 1, sizeof(*items));
		r = items ? 0 : gv_err_nomem();
		for (i = gv_doc_first(doc, node), n = 0;
		     items && i != GV_DOC_NONE; i = gv_doc_next(doc, i))
			items[n++] = i;
		while (r == 0 && n)
			r = build_merged(b, items[--n]);
		free(items);
	}
	b->depth--;
	return r;
}

static int
build_members(struct build *b, uint32_t map)
{
	const struct gv_doc *doc = b->doc;
	uint32_t i;
	int r = 0;

	for (i = gv_doc_first(doc, map);
	     doc->n_marks && r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		if (is_merge(doc, i))
			r = build_merged(b, i);
	for (i = gv_doc_first(doc, map); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		if (doc->nodes[i].kind != GV_DOC_BLOCK &&
		    doc->nodes[i].kind != GV_DOC_LABEL && !is_merge(doc, i))
			r = build_member(b, i);
	return r;
}

/* ---- blocks -------------------------------------------------------------- */

struct link {
	uint32_t node;
	struct link *next, *last; /* `last` of the first one only */
	struct link *group;       /* the first one of the next type */
	struct gv_instance_node key;
};

static int build_body(struct build *b, uint32_t node);

static int
open_map(struct build *b, const struct gv_instance_node *key, uint32_t at)
{
	struct gv_instance_node n = {
		.kind = GV_INSTANCE_MAP, .source = b->source, .at = at
	};

	if (key) {
		n.key = key->key;
		n.key_len = key->key_len;
		n.key_at = key->key_at;
	}
	return gv_instance_open(b->in, &n);
}

/* A block as an item of its list: a map for each label around its body. */
static int
build_block(struct build *b, uint32_t node)
{
	const struct gv_doc *doc = b->doc;
	struct gv_instance_node key = { 0 };
	uint32_t i, maps = 0;
	int r = open_map(b, NULL, doc->nodes[node].at);

	for (i = gv_doc_first(doc, node);
	     r == 0 && i != GV_DOC_NONE && doc->nodes[i].kind == GV_DOC_LABEL;
	     i = gv_doc_next(doc, i)) {
		maps++;
		key.key_at = doc->nodes[i].at;
		r = take_text(b, i, false, &key.key, &key.key_len);
		if (r == 0)
			r = open_map(b, &key, key.key_at);
	}
	if (r == 0)
		r = build_body(b, node);
	while (r == 0 && maps--)
		gv_instance_close(b->in);
	if (r == 0)
		gv_instance_close(b->in);
	return r;
}

static int
build_group(struct build *b, const struct link *first)
{
	struct gv_instance_node n = first->key;
	const struct link *l;
	int r;

	n.kind = GV_INSTANCE_LIST;
	n.source = b->source;
	n.at = b->doc->nodes[first->node].at;
	if ((r = gv_instance_open(b->in, &n)) < 0)
		return r;
	for (l = first; l; l = l->next)
		if ((r = build_block(b, l->node)) < 0)
			return r;
	gv_instance_close(b->in);
	return 0;
}

/* Add a block to those of its type: *end is where the next type is linked. */
static int
group(struct build *b, struct gv_map *types, struct gv_arena *a, uint32_t i,
    struct link ***end)
{
	struct link *l = gv_arena_alloc(a, sizeof(*l)), *first;
	int r;

	if (l == NULL)
		return GV_ENOMEM;
	l->node = i;
	l->last = l;
	l->key.key_at = b->doc->nodes[i].key_at;
	if ((r = take_text(b, i, true, &l->key.key, &l->key.key_len)) < 0)
		return r;
	first = gv_map_get(types, l->key.key, l->key.key_len);
	if (first) {
		first->last->next = l;
		first->last = l;
		return 0;
	}
	**end = l;
	*end = &l->group;
	return gv_map_put(types, l->key.key, l->key.key_len, l);
}

/* The members of a map or block, and its blocks. */
static int
build_body(struct build *b, uint32_t node)
{
	struct gv_map types = GV_MAP_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	struct link *first = NULL, **end = &first;
	uint32_t i;
	int r = build_members(b, node);

	for (i = gv_doc_first(b->doc, node); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(b->doc, i))
		if (b->doc->nodes[i].kind == GV_DOC_BLOCK)
			r = group(b, &types, &arena, i, &end);
	for (; r == 0 && first; first = first->group)
		r = build_group(b, first);
	gv_map_release(&types);
	gv_arena_release(&arena);
	return r;
}

/* ---- nodes --------------------------------------------------------------- */

static int
build_items(struct build *b, uint32_t list)
{
	uint32_t i;
	int r = 0;

	for (i = gv_doc_first(b->doc, list); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(b->doc, i))
		r = build_node(b, NULL, i);
	return r;
}

static int
build_holder(struct build *b, struct gv_instance_node *out, uint32_t i)
{
	const struct gv_doc *doc = b->doc;
	const bool is_list = doc->nodes[i].kind == GV_DOC_LIST;
	uint8_t type;
	int r;

	if (has_own_tag(doc, i, &type)) {
		out->kind = GV_INSTANCE_OPAQUE;
		return gv_instance_add(b->in, out);
	}
	out->kind = is_list ? GV_INSTANCE_LIST : GV_INSTANCE_MAP;
	if ((r = gv_instance_open(b->in, out)) < 0)
		return r;
	if (is_list)
		r = build_items(b, i);
	else if (doc->format == GV_DOC_FORMAT_HCL ||
	    doc->format == GV_DOC_FORMAT_DOCKERFILE)
		r = build_body(b, i);
	else
		r = build_members(b, i);
	if (r == 0)
		gv_instance_close(b->in);
	return r;
}

static int
build_node(struct build *b, const struct gv_instance_node *key, uint32_t i)
{
	struct gv_instance_node out = { .source = b->source };
	int r;

	if (key) {
		out.key = key->key;
		out.key_len = key->key_len;
		out.key_at = key->key_at;
	}
	out.at = b->doc->nodes[i].at;
	if ((i = gv_doc_follow(b->doc, i)) == GV_DOC_NONE) {
		out.kind = GV_INSTANCE_OPAQUE;
		return gv_instance_add(b->in, &out);
	}
	if ((r = enter(b)) < 0)
		return r;
	switch (b->doc->nodes[i].kind) {
	case GV_DOC_LIST:
	case GV_DOC_MAP:
	case GV_DOC_BLOCK:
		r = build_holder(b, &out, i);
		break;
	case GV_DOC_SCALAR:
		if ((r = take_scalar(b, &out, i)) == 0)
			r = gv_instance_add(b->in, &out);
		break;
	default:
		out.kind = GV_INSTANCE_OPAQUE;
		r = gv_instance_add(b->in, &out);
		break;
	}
	b->depth--;
	return r;
}

int
gv_instance_add_doc(struct gv_instance *in, uint16_t source,
    const struct gv_instance_node *key, uint32_t node)
{
	struct gv_instance_node null = { .source = source };
	struct build b = {
		.in = in, .doc = in->sources[source].doc, .source = source
	};

	if (node != GV_DOC_NONE)
		return build_node(&b, key, node);
	if (key) {
		null.key = key->key;
		null.key_len = key->key_len;
		null.key_at = key->key_at;
	}
	return gv_instance_add(in, &null);
}

int
gv_instance_read(struct gv_instance *out, const char *name,
    const struct gv_doc *doc, uint32_t node, const struct gv_memory *memory)
{
	int r;

	gv_instance_init(out, memory);
	if ((r = gv_doc_check(doc)) < 0 ||
	    (r = gv_instance_source(out, name, doc)) < 0 ||
	    (r = gv_instance_add_doc(out, 0, NULL, node)) < 0) {
		gv_instance_release(out);
		return r == GV_ENOMEM ? r : gv_err_in(r, "%s", name);
	}
	return 0;
}
