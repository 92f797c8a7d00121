#include "format/spantree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

void
gv_spantree_release(struct gv_spantree *tree)
{
	free(tree->nodes);
	free(tree->docs);
	free(tree->anchors);
	memset(tree, 0, sizeof(*tree));
}

/* ---- building ----------------------------------------------------------- */

int
gv_spantree_add(
    struct gv_spantree_builder *b, const struct gv_spantree_node *node)
{
	struct gv_spantree *tree = b->tree;
	const size_t i = tree->n;
	size_t up;
	bool is_anchored =
	    node->anchor_len && tree->n_anchors < GV_SPANTREE_ANCHORS;
	struct gv_spantree_node *n;
	int r;

	if (i == GV_SPANTREE_NODES || b->depth == GV_SPANTREE_DEPTH)
		return GV_EREFUSED;
	r = GV_GROW(tree->nodes, i, tree->cap);
	if (r == 0 && is_anchored)
		r = GV_GROW(tree->anchors, tree->n_anchors, tree->cap_anchors);
	if (r < 0)
		return r;
	n = &tree->nodes[tree->n++];
	*n = *node;
	n->next = n->first = GV_SPANTREE_NONE;
	if (is_anchored)
		tree->anchors[tree->n_anchors++] = i;
	if (b->depth) {
		up = b->open[b->depth - 1];
		if (b->last[b->depth - 1] == GV_SPANTREE_NONE)
			tree->nodes[up].first = (uint32_t)i;
		else
			tree->nodes[b->last[b->depth - 1]].next = (uint32_t)i;
		b->last[b->depth - 1] = i;
	}
	if (n->kind == GV_SPANTREE_LIST || n->kind == GV_SPANTREE_MAP) {
		b->open[b->depth] = i;
		b->last[b->depth++] = GV_SPANTREE_NONE;
	}
	return 0;
}

void
gv_spantree_close(struct gv_spantree_builder *b)
{
	if (b->depth)
		b->depth--;
}

/* ---- documents ---------------------------------------------------------- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Forget a document that cannot be read to its end: its kind may be named in
 * the part that is missing. */
static int
keep(struct gv_spantree *tree, size_t before, int r, size_t from, size_t to)
{
	if (r == GV_EREFUSED) {
		tree->n = before;
		while (tree->n_anchors &&
		    tree->anchors[tree->n_anchors - 1] >= before)
			tree->n_anchors--;
		return 0;
	}
	if (r == 0 &&
	    (r = GV_GROW(tree->docs, tree->n_docs, tree->cap_docs)) == 0)
		tree->docs[tree->n_docs++] =
		    gv_spantree_part(from, to - from, '\0');
	return r;
}

static int
read_jsons(struct gv_spantree *tree, size_t from, size_t to)
{
	size_t before, used;
	int r = 0;

	while (r == 0) {
		while (from < to && is_blank(tree->text[from]))
			from++;
		if (from == to)
			break;
		before = tree->n;
		r = gv_spantree_read_json(tree, from, to, &used);
		if (r == GV_EREFUSED)
			return keep(tree, before, r, from, to);
		r = keep(tree, before, r, from, used);
		from = used;
	}
	return r;
}

/* The start of the line after `at`. */
static size_t
next_line(const char *text, size_t at, size_t to)
{
	const char *nl = memchr(text + at, '\n', to - at);

	return nl ? (size_t)(nl - text) + 1 : to;
}

static bool
begins_document(const char *text, size_t at, size_t to)
{
	return to - at >= 3 && memcmp(text + at, "---", 3) == 0 &&
	    (to - at == 3 || is_blank(text[at + 3]));
}

static int
read_yaml(struct gv_spantree *tree, size_t from, size_t to)
{
	const size_t before = tree->n;
	int r = gv_spantree_read_plain(tree, from, to);

	if (r <= 0)
		return r;
	tree->n = before;
	return gv_spantree_read_yaml(tree, from, to);
}

/* Read each document by itself, so that a template in one of them does not hide
 * the others. */
static int
read_yamls(struct gv_spantree *tree, size_t from, size_t to)
{
	size_t end, before;
	int r = 0;

	for (; r == 0 && from < to; from = end) {
		end = next_line(tree->text, from, to);
		while (end < to && !begins_document(tree->text, end, to))
			end = next_line(tree->text, end, to);
		before = tree->n;
		r = keep(tree, before, read_yaml(tree, from, end), from, end);
	}
	return r;
}

int
gv_spantree_read(
    struct gv_spantree *out, const char *text, size_t len, bool is_json)
{
	size_t from = 0;
	char *before = gv_err_save();
	int r = 0;

	*out = (struct gv_spantree){ .text = text };
	if (len > GV_SPANTREE_BYTES)
		len = 0;
	if (len >= 3 && memcmp(text, "\357\273\277", 3) == 0)
		from = 3;
	if (is_json)
		r = read_jsons(out, from, len);
	/* JSON with a comment, say */
	if (r == 0 && out->n == 0)
		r = read_yamls(out, from, len);
	if (r < 0) {
		free(before);
		gv_spantree_release(out);
		return r;
	}
	gv_err_restore(before);
	return 0;
}

/* ---- questions ---------------------------------------------------------- */

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'a' && c <= 'f'  ? c - 'a' + 10
	    : c >= 'A' && c <= 'F'  ? c - 'A' + 10
				    : -1;
}

/* The character of an escape; *at is moved behind it. Of the escapes without
 * digits only those are known that a keyword could contain. */
static uint32_t
read_escape(const char *p, size_t len, size_t *at)
{
	size_t i = *at + 1, n = 0;
	uint32_t c = 0;

	if (i < len)
		n = p[i] == 'x' ? 2 : p[i] == 'u' ? 4 : p[i] == 'U' ? 8 : 0;
	if (n == 0 || len - i <= n) {
		*at = i + 1;
		return i < len ? (unsigned char)p[i] : 0;
	}
	for (i++; n; n--, i++) {
		if (digit(p[i]) < 0)
			break;
		c = c << 4 | (uint32_t)digit(p[i]);
	}
	*at = i;
	return c;
}

bool
gv_spantree_is(const struct gv_spantree *tree,
    const struct gv_spantree_span *span, const char *word)
{
	const char *p = tree->text + span->at;
	size_t i = 0;

	if (span->style == '"') {
		for (; i < span->len; word++) {
			uint32_t c = (unsigned char)p[i];

			if (c == '\\')
				c = read_escape(p, span->len, &i);
			else
				i++;
			if (*word == '\0' || c != (unsigned char)*word)
				return false;
		}
		return *word == '\0';
	}
	/* most begin with another letter */
	if (span->len && *p != *word)
		return false;
	return strlen(word) == span->len && memcmp(p, word, span->len) == 0;
}

static bool
is_in(const struct gv_spantree_span *span, size_t at)
{
	return at >= span->at && at - span->at < span->len;
}

bool
gv_spantree_knows(const struct gv_spantree *tree, size_t at,
    struct gv_spantree_cursor *cursor)
{
	const struct gv_spantree_span *s;

	for (; cursor->doc < tree->n_docs; cursor->doc++) {
		s = &tree->docs[cursor->doc];
		if (s->at + s->len > at)
			break;
	}
	if (cursor->doc == tree->n_docs || !is_in(&tree->docs[cursor->doc], at))
		return false;
	for (; cursor->node < tree->n; cursor->node++) {
		s = &tree->nodes[cursor->node].value;
		if (tree->nodes[cursor->node].kind == GV_SPANTREE_SCALAR &&
		    s->at + s->len > at)
			return !is_in(s, at);
	}
	return true;
}

const struct gv_spantree_node *
gv_spantree_follow(
    const struct gv_spantree *tree, const struct gv_spantree_node *node)
{
	size_t i;

	if (node == NULL || node->kind != GV_SPANTREE_ALIAS)
		return node;
	/* the last one of this name in front of it */
	for (i = tree->n_anchors; i-- > 0;) {
		const struct gv_spantree_node *n =
		    &tree->nodes[tree->anchors[i]];

		if (n < node && n->anchor_len == node->value.len &&
		    memcmp(tree->text + n->anchor, tree->text + node->value.at,
			n->anchor_len) == 0)
			return n->kind == GV_SPANTREE_ALIAS ? NULL : n;
	}
	return NULL;
}

static const struct gv_spantree_node *
find(const struct gv_spantree *tree, const struct gv_spantree_node *map,
    const char *key)
{
	const struct gv_spantree_node *found = NULL;
	size_t i;

	if (map == NULL || map->kind != GV_SPANTREE_MAP)
		return NULL;
	for (i = map->first; i != GV_SPANTREE_NONE; i = tree->nodes[i].next)
		if (gv_spantree_is(tree, &tree->nodes[i].key, key))
			found = &tree->nodes[i];
	return gv_spantree_follow(tree, found);
}

const struct gv_spantree_node *
gv_spantree_get(const struct gv_spantree *tree,
    const struct gv_spantree_node *map, const char *key)
{
	const struct gv_spantree_node *found = find(tree, map, key);

	/* what is merged into it */
	return found ? found : find(tree, find(tree, map, "<<"), key);
}
