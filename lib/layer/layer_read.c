#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/lines.h"
#include "layer/layer_internal.h"
#include "layer/layer_nest.h"
#include "layer/layer_profile.h"

/*
 * A document as values. Keys and scalars point into the caller's text
 * wherever they are written as they are meant; only those with escapes, quotes
 * or several lines are copied. Aliases and merges of YAML are expanded, so
 * their number is bounded by the size of the document.
 */

#define REPEATS_MAX 10
#define VISITS_MIN  100000

struct reader {
	struct gv_layer *layer;
	const struct gv_layer_read_opts *opts;
	struct gv_doc doc;
	size_t visits;
	/* lines are counted forward, from the last place that was asked for */
	size_t at;
	uint32_t line, column;
};

static int read_node(struct reader *rd, struct gv_layer_value **out,
    uint32_t node, unsigned depth);
static int add_children(
    struct reader *rd, struct gv_layer_value *v, uint32_t node, unsigned depth);

/* ---- places and texts ---------------------------------------------------- */

static void
set_place(struct reader *rd, struct gv_layer_value *v, size_t at)
{
	const char *text = rd->layer->text;
	size_t line, column;

	if (at < rd->at) {
		gv_doc_where(&rd->doc, at, &line, &column);
		v->line = (uint32_t)line;
		v->column = (uint32_t)column;
		return;
	}
	for (; rd->at < at; rd->at++) {
		if (text[rd->at] == '\n') {
			rd->line++;
			rd->column = 1;
		} else if (((unsigned char)text[rd->at] & 0xc0) != 0x80) {
			rd->column++;
		}
	}
	v->line = rd->line;
	v->column = rd->column;
}

/* Whether bytes in this style say what they are, without the quotes. */
static bool
is_plain(const char **p, size_t *len, uint8_t style)
{
	size_t i;

	if (style == GV_DOC_STYLE_DOUBLE || style == GV_DOC_STYLE_SINGLE) {
		if (*len < 2)
			return false;
		(*p)++;
		*len -= 2;
	} else if (style != GV_DOC_STYLE_PLAIN) {
		return false;
	}
	for (i = 0; i < *len; i++)
		switch ((*p)[i]) {
		case '\0':
		case '\\':
		case '\n':
		case '\r':
		case '\'':
		case '"':
		case '$':
		case '%':
		case '&':
			return false;
		}
	return true;
}

static int
set_text(struct reader *rd, const char **out, uint32_t *out_len, uint32_t node,
    bool is_key)
{
	const struct gv_doc_node *n = &rd->doc.nodes[node];
	size_t at = is_key ? n->key_at : n->at;
	size_t len = is_key ? n->key_len : n->len;
	const char *p = rd->layer->text + at;
	char *copy;

	if (is_plain(&p, &len, is_key ? n->key_style : n->style)) {
		*out = p;
		*out_len = (uint32_t)len;
		return 0;
	}
	len = is_key ? n->key_len : n->len;
	copy = gv_arena_alloc(&rd->layer->tree.arena, len + len / 2 + 1);
	if (copy == NULL)
		return GV_ENOMEM;
	*out = copy;
	*out_len = (uint32_t)(is_key ? gv_doc_read_key(copy, &rd->doc, node)
				     : gv_doc_read_text(copy, &rd->doc, node));
	return 0;
}

/* ---- one value ----------------------------------------------------------- */

static enum gv_layer_kind
kind_of(const struct gv_doc_node *n)
{
	switch (n->kind) {
	case GV_DOC_MAP:
		return GV_LAYER_MAP;
	case GV_DOC_LIST:
		return GV_LAYER_LIST;
	case GV_DOC_SCALAR:
		break;
	default:
		return GV_LAYER_TEXT;
	}
	switch (n->type) {
	case GV_DOC_TYPE_NULL:
		return GV_LAYER_NULL;
	case GV_DOC_TYPE_BOOL:
		return GV_LAYER_BOOL;
	case GV_DOC_TYPE_WORD_BOOL:
		/* as most programs take it that read it: y and n are texts */
		return n->len > 1 ? GV_LAYER_BOOL : GV_LAYER_TEXT;
	case GV_DOC_TYPE_INT:
		return GV_LAYER_INT;
	case GV_DOC_TYPE_FLOAT:
		return GV_LAYER_FLOAT;
	default:
		return GV_LAYER_TEXT;
	}
}

/* What a tag of YAML's own says that a scalar is. Tags of programs say nothing
 * of that. */
static enum gv_layer_kind
kind_by_tag(const struct reader *rd, uint32_t node, enum gv_layer_kind kind)
{
	static const struct {
		const char *tag;
		enum gv_layer_kind kind;
	} rows[] = { { "!!int", GV_LAYER_INT }, { "!!float", GV_LAYER_FLOAT },
		{ "!!bool", GV_LAYER_BOOL }, { "!!null", GV_LAYER_NULL } };
	const struct gv_doc_mark *mark =
	    rd->doc.n_marks ? gv_doc_mark(&rd->doc, node) : NULL;
	size_t i;

	if (mark == NULL || kind != GV_LAYER_TEXT)
		return kind;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (mark->tag_len == strlen(rows[i].tag) &&
		    memcmp(rd->doc.text + mark->tag_at, rows[i].tag,
			mark->tag_len) == 0)
			return rows[i].kind;
	return kind;
}

static int
enter(struct reader *rd, unsigned depth)
{
	const size_t most = rd->doc.n * REPEATS_MAX > VISITS_MIN
	    ? rd->doc.n * REPEATS_MAX
	    : VISITS_MIN;

	if (++rd->visits > most)
		return gv_err(GV_EREFUSED,
		    "%s: its aliases repeat more than a file may hold",
		    rd->layer->name);
	if (depth > GV_LAYER_DEPTH_MAX)
		return gv_err(GV_EREFUSED, "%s: it is nested more than %d deep",
		    rd->layer->name, GV_LAYER_DEPTH_MAX);
	return 0;
}

static bool
is_merge(const struct reader *rd, uint32_t node)
{
	const struct gv_doc_node *n = &rd->doc.nodes[node];

	return n->key_len == 2 && n->key_style == GV_DOC_STYLE_PLAIN &&
	    rd->doc.n_marks && memcmp(rd->doc.text + n->key_at, "<<", 2) == 0;
}

/* The tables of TOML: one that was begun before goes on, and [[x]] is an
 * element of a list. 1: that is done; 0: it is a value like any other. */
static int
add_table(struct reader *rd, struct gv_layer_value *map, uint32_t place,
    uint32_t node, const struct gv_layer_value *name, unsigned depth)
{
	const struct gv_doc_node *n = &rd->doc.nodes[node];
	struct gv_layer_tree *tree = &rd->layer->tree;
	struct gv_layer_value *v, *list;
	int r;

	if (n->kind != GV_DOC_MAP)
		return 0;
	v = place == GV_LAYER_NONE ? NULL : map->items[place];
	if (n->style != GV_DOC_STYLE_ITEM) {
		if (v && v->kind == GV_LAYER_LIST && v->n)
			v = v->items[v->n - 1];
		if (v == NULL || v->kind != GV_LAYER_MAP)
			return 0;
		r = add_children(rd, v, node, depth + 1);
		return r < 0 ? r : 1;
	}
	if ((r = read_node(rd, &v, node, depth)) < 0)
		return r;
	if (place != GV_LAYER_NONE &&
	    map->items[place]->kind == GV_LAYER_LIST) {
		r = gv_layer_append(tree, map->items[place], v);
		return r < 0 ? r : 1;
	}
	if ((list = gv_layer_new(tree, GV_LAYER_LIST)) == NULL)
		return GV_ENOMEM;
	list->key = name->key;
	list->key_len = name->key_len;
	list->layer = v->layer;
	list->line = v->line;
	list->column = v->column;
	list->at = v->at;
	list->size = v->size;
	if ((r = gv_layer_append(tree, list, v)) < 0 ||
	    (r = gv_layer_put(tree, map, list)) < 0)
		return r;
	return 1;
}

/* Programs read a key that a map has twice in different ways: some take the
 * first, some the last, some refuse the file. */
static int
refuse_twice(
    struct reader *rd, uint32_t node, const struct gv_layer_value *first)
{
	struct gv_layer_value second;
	struct gv_buf key = GV_BUF_INIT;
	int r;

	set_place(rd, &second, rd->doc.nodes[node].key_at);
	gv_layer_add_key(&key, first->key, first->key_len);
	if ((r = gv_buf_check(&key)) == 0)
		r = gv_err(GV_EREFUSED,
		    "%s: line %u, column %u: the key '%s' is there twice; "
		    "remove one of the two",
		    rd->layer->name, second.line, second.column, key.p);
	gv_buf_release(&key);
	return r;
}

static bool
may_repeat(const struct reader *rd)
{
	return rd->doc.format != GV_DOC_FORMAT_YAML &&
	    rd->doc.format != GV_DOC_FORMAT_JSON;
}

/* Add a child under its key; where it `yields`, only if there is none yet. */
static int
add_child(struct reader *rd, struct gv_layer_value *map, uint32_t node,
    bool yields, unsigned depth)
{
	struct gv_layer_tree *tree = &rd->layer->tree;
	struct gv_layer_value name, *v;
	uint32_t i;
	int r;

	if ((r = set_text(rd, &name.key, &name.key_len, node, true)) < 0)
		return r;
	i = gv_layer_place(&r, tree, map, name.key, name.key_len);
	if (r < 0 || (yields && i != GV_LAYER_NONE))
		return r;
	if (rd->doc.format == GV_DOC_FORMAT_TOML &&
	    (r = add_table(rd, map, i, node, &name, depth)) != 0)
		return r < 0 ? r : 0;
	if (i != GV_LAYER_NONE && !may_repeat(rd))
		return refuse_twice(rd, node, map->items[i]);
	if ((r = read_node(rd, &v, node, depth)) < 0)
		return r;
	v->key = name.key;
	v->key_len = name.key_len;
	if (i == GV_LAYER_NONE)
		return gv_layer_append(tree, map, v);
	map->items[i] = v;
	return 0;
}

/* What "<<" names: a map, or a list of maps, the first of which wins. */
static int
add_merged(struct reader *rd, struct gv_layer_value *map, uint32_t node,
    unsigned depth)
{
	uint32_t i;
	int r;

	node = gv_doc_follow(&rd->doc, node);
	if (node == GV_DOC_NONE)
		return 0;
	if ((r = enter(rd, depth)) < 0)
		return r;
	for (i = gv_doc_first(&rd->doc, node); i != GV_DOC_NONE;
	     i = gv_doc_next(&rd->doc, i)) {
		if (rd->doc.nodes[node].kind == GV_DOC_LIST || is_merge(rd, i))
			r = add_merged(rd, map, i, depth + 1);
		else
			r = add_child(rd, map, i, true, depth + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
add_children(
    struct reader *rd, struct gv_layer_value *v, uint32_t node, unsigned depth)
{
	struct gv_layer_value *child;
	bool merges = false;
	uint32_t i;
	int r = 0;

	for (i = gv_doc_first(&rd->doc, node); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(&rd->doc, i)) {
		if (v->kind == GV_LAYER_LIST) {
			if ((r = read_node(rd, &child, i, depth)) == 0)
				r = gv_layer_append(&rd->layer->tree, v, child);
		} else if (is_merge(rd, i)) {
			merges = true;
		} else if (rd->doc.nodes[i].kind != GV_DOC_LABEL &&
		    rd->doc.nodes[i].kind != GV_DOC_BLOCK) {
			r = add_child(rd, v, i, false, depth);
		}
	}
	for (i = merges ? gv_doc_first(&rd->doc, node) : GV_DOC_NONE;
	     r == 0 && i != GV_DOC_NONE; i = gv_doc_next(&rd->doc, i))
		if (is_merge(rd, i))
			r = add_merged(rd, v, i, depth);
	return r;
}

static int
read_node(struct reader *rd, struct gv_layer_value **out, uint32_t node,
    unsigned depth)
{
	const struct gv_doc_node *n;
	struct gv_layer_value *v;
	int r;

	if ((r = enter(rd, depth)) < 0)
		return r;
	node = gv_doc_follow(&rd->doc, node);
	if (node == GV_DOC_NONE)
		return gv_err(GV_EREFUSED,
		    "%s: an alias names nothing, or what it is in",
		    rd->layer->name);
	n = &rd->doc.nodes[node];
	v = gv_layer_new(&rd->layer->tree, kind_by_tag(rd, node, kind_of(n)));
	if (v == NULL)
		return GV_ENOMEM;
	v->layer = rd->opts->layer;
	v->at = n->at;
	v->size = n->len;
	v->style = n->style;
	v->is_code = n->kind == GV_DOC_CODE;
	set_place(rd, v, n->at);
	*out = v;
	if (v->kind == GV_LAYER_MAP || v->kind == GV_LAYER_LIST)
		return add_children(rd, v, node, depth + 1);
	return v->kind == GV_LAYER_NULL
	    ? 0
	    : set_text(rd, &v->text, &v->len, node, false);
}

/* ---- documents ----------------------------------------------------------- */

/* Code of Terraform as a layer: what `default` of its variables says. */
static int
add_defaults(struct reader *rd, struct gv_layer_value *root, uint32_t body)
{
	struct gv_layer_value *v;
	const char *key;
	uint32_t len, i, label, value;
	int r;

	for (i = gv_doc_first(&rd->doc, body); i != GV_DOC_NONE;
	     i = gv_doc_next(&rd->doc, i)) {
		label = gv_doc_first(&rd->doc, i);
		if (rd->doc.nodes[i].kind != GV_DOC_BLOCK ||
		    !gv_doc_key_is(&rd->doc, i, "variable") ||
		    label == GV_DOC_NONE ||
		    rd->doc.nodes[label].kind != GV_DOC_LABEL ||
		    (value = gv_doc_get(&rd->doc, i, "default")) == GV_DOC_NONE)
			continue;
		if ((r = read_node(rd, &v, value, 1)) < 0 ||
		    (r = set_text(rd, &key, &len, label, false)) < 0)
			return r;
		v->key = key;
		v->key_len = len;
		if ((r = gv_layer_put(&rd->layer->tree, root, v)) < 0)
			return r;
	}
	return 0;
}

/* Whether one of the expressions, in a list or with commas between them, holds:
 * 1, 0, or GV_EREFUSED. */
static int
accepts(const struct reader *rd, const struct gv_layer_value *v)
{
	const char *p, *end;
	size_t len;
	uint32_t i;
	int r = 0;

	for (i = 0; v->kind == GV_LAYER_LIST && r == 0 && i < v->n; i++)
		r = accepts(rd, v->items[i]);
	if (v->kind != GV_LAYER_TEXT)
		return r;
	for (p = v->text, end = p + v->len; r == 0 && p < end; p += len + 1) {
		const char *comma = memchr(p, ',', (size_t)(end - p));

		len = (size_t)((comma ? comma : end) - p);
		r = gv_layer_profile_accepts(p, len, rd->opts->profile);
	}
	return r >= 0 ? r
		      : gv_err(GV_EREFUSED,
			    "%s: line %u, column %u: this is no expression of "
			    "profiles; put parentheses where & and | are mixed",
			    rd->layer->name, v->line, v->column);
}

/* Whether a document is for this profile, or for all: 1, 0, or GV_EREFUSED. */
static int
is_active(const struct reader *rd, const struct gv_layer_value *root)
{
	const struct gv_layer_value *on =
	    gv_layer_find(root, "spring.config.activate.on-profile");

	if (on == NULL)
		on = gv_layer_find(root, "spring.profiles");
	return on == NULL || on->kind == GV_LAYER_MAP ||
		rd->opts->profile == NULL
	    ? 1
	    : accepts(rd, on);
}

/* Documents of one file are layers, too: the later ones win. */
static int
read_parts(struct reader *rd)
{
	const struct gv_layer_opts plain = { .takes_any_type = true };
	struct gv_layer_tree *tree = &rd->layer->tree;
	size_t i;
	int r;

	for (i = 0; i < rd->doc.n_parts; i++) {
		struct gv_layer_value *root;

		if (rd->doc.parts[i].node == GV_DOC_NONE)
			continue;
		if ((r = read_node(rd, &root, rd->doc.parts[i].node, 0)) < 0)
			return r;
		if (rd->doc.format == GV_DOC_FORMAT_HCL &&
		    (r = add_defaults(rd, root, rd->doc.parts[i].node)) < 0)
			return r;
		if (rd->opts->nests && (r = gv_layer_nest(tree, &root)) < 0)
			return gv_err_in(r, "%s", rd->layer->name);
		if ((r = is_active(rd, root)) < 0)
			return r;
		if (r == 0)
			continue;
		if (tree->root == NULL) {
			tree->root = root;
			continue;
		}
		if ((r = gv_layer_put_over(tree, root, &plain)) < 0)
			return r;
	}
	return 0;
}

/* That Git left a conflict in a file says more than where its reader stopped.
 */
static int
say_conflict(int r, const struct gv_layer *layer)
{
	const char *p = layer->text, *line;
	size_t n, number = 0;

	while (gv_lines_next(&line, &n, &p, layer->text + layer->len)) {
		number++;
		if (n < 8 || memcmp(line, "<<<<<<< ", 8) != 0)
			continue;
		r = gv_err(r,
		    "line %zu, column 1: a merge left a conflict, which has to be "
		    "resolved first",
		    number);
		break;
	}
	return gv_err_in(r, "%s", layer->name);
}

int
gv_layer_read(struct gv_layer *out, const struct gv_layer_read_opts *opts)
{
	struct reader rd = {
		.layer = out, .opts = opts, .line = 1, .column = 1
	};
	int r;

	out->tree = (struct gv_layer_tree){ .root = NULL };
	if (out->is_missing)
		return 0;
	if ((r = gv_doc_read(&rd.doc, out->format, out->text, out->len, NULL)) <
	    0)
		return r;
	if ((r = gv_doc_check(&rd.doc)) < 0)
		r = say_conflict(r, out);
	else
		r = read_parts(&rd);
	gv_doc_release(&rd.doc);
	if (r < 0)
		gv_layer_tree_release(&out->tree);
	return r;
}
