#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "merge/merge_internal.h"

static bool
is_flow(const struct gv_doc *doc, uint32_t map)
{
	return doc->format != GV_DOC_FORMAT_HCL &&
	    doc->nodes[map].style == GV_DOC_STYLE_FLOW;
}

static bool
has_comment(const struct gv_doc *doc, size_t from, size_t to)
{
	size_t i;

	for (i = 0; i < doc->n_comments; i++)
		if (doc->comments[i].at >= from && doc->comments[i].at < to)
			return true;
	return false;
}

/* ---- keys ---------------------------------------------------------------- */

static int
add_piece(struct gv_merge_pieces *out, struct gv_arena *arena,
    const struct gv_doc *doc, const struct gv_merge_piece *piece)
{
	struct gv_buf key = GV_BUF_INIT;
	struct gv_merge_piece *p;
	int r;

	gv_doc_key(&key, doc, piece->node);
	if ((r = gv_buf_check(&key)) < 0 ||
	    (r = GV_GROW(out->items, out->n, out->cap)) < 0)
		goto out;
	p = &out->items[out->n];
	*p = *piece;
	p->key_len = key.len;
	p->key = gv_arena_copy(arena, key.p, key.len);
	if (p->key == NULL)
		r = GV_ENOMEM;
	else
		out->n++;
out:
	gv_buf_release(&key);
	return r;
}

/* Items do not move any more. */
static int
index_keys(struct gv_merge_pieces *out)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < out->n; i++)
		r = gv_map_put(&out->index, out->items[i].key,
		    out->items[i].key_len, &out->items[i]);
	return r < 0 ? r : 1;
}

/* ---- cutting ------------------------------------------------------------- */

/* Behind the line of a nested map's key, or of the bracket that opens it. */
static size_t
head_end(const struct gv_merge_view *v)
{
	const struct gv_doc_node *n = &v->file->doc.nodes[v->node];

	if (n->parent == GV_DOC_NONE)
		return v->from;
	return gv_doc_after_line(&v->file->doc,
	    n->style == GV_DOC_STYLE_FLOW ? (size_t)n->at + 1
					  : (size_t)n->key_at + n->key_len);
}

/* Each key is on lines of its own, and so is the bracket behind the last. */
static int
cut_lines(struct gv_merge_pieces *out, struct gv_arena *arena,
    const struct gv_merge_view *v)
{
	const struct gv_doc *doc = &v->file->doc;
	const struct gv_doc_node *map = &doc->nodes[v->node];
	size_t prev;
	uint32_t i;
	int r;

	out->begin = prev = head_end(v);
	for (i = gv_doc_first(doc, v->node); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		const struct gv_doc_node *n = &doc->nodes[i];
		struct gv_merge_piece piece = { .node = i, .from = prev };

		piece.body = gv_doc_line_begin(doc, n->key_at);
		piece.to = gv_doc_after_line(doc, gv_doc_end(doc, i));
		if (n->key_len == 0 || n->key_style == GV_DOC_STYLE_FLOW ||
		    n->kind == GV_DOC_BLOCK || piece.body < prev)
			return 0;
		if ((r = add_piece(out, arena, doc, &piece)) < 0)
			return r;
		prev = piece.to;
	}
	out->end = prev;
	if (map->parent != GV_DOC_NONE &&
	    (out->n == 0 || prev > v->to ||
		(map->style == GV_DOC_STYLE_FLOW &&
		    gv_doc_line_begin(doc, (size_t)map->at + map->len - 1) <
			prev)))
		return 0;
	return index_keys(out);
}

static int
cut_flow(struct gv_merge_pieces *out, struct gv_arena *arena,
    const struct gv_merge_view *v)
{
	const struct gv_doc *doc = &v->file->doc;
	const struct gv_doc_node *map = &doc->nodes[v->node];
	const char *comma;
	size_t prev, end = (size_t)map->at + map->len;
	uint32_t i;
	int r;

	out->is_flow = true;
	if (map->len < 2 || has_comment(doc, map->at, end))
		return 0;
	out->begin = out->end = prev = (size_t)map->at + 1;
	for (i = gv_doc_first(doc, v->node); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		const struct gv_doc_node *n = &doc->nodes[i];
		const struct gv_merge_piece piece = { .node = i,
			.from = prev,
			.body = n->key_at,
			.to = gv_doc_end(doc, i) };

		if (n->key_len == 0 || n->key_style == GV_DOC_STYLE_FLOW ||
		    piece.body < prev || piece.to > end)
			return 0;
		if ((r = add_piece(out, arena, doc, &piece)) < 0)
			return r;
		comma = memchr(doc->text + piece.to, ',', end - piece.to);
		out->end = piece.to;
		prev = comma && gv_doc_next(doc, i) != GV_DOC_NONE
		    ? (size_t)(comma - doc->text) + 1
		    : piece.to;
	}
	return index_keys(out);
}

int
gv_merge_cut(struct gv_merge_pieces *out, struct gv_arena *arena,
    const struct gv_merge_view *view)
{
	memset(out, 0, sizeof(*out));
	if (view->node == GV_DOC_NONE)
		return 1;
	if (is_flow(&view->file->doc, view->node))
		return cut_flow(out, arena, view);
	return cut_lines(out, arena, view);
}

void
gv_merge_pieces_release(struct gv_merge_pieces *pieces)
{
	free(pieces->items);
	gv_map_release(&pieces->index);
}
