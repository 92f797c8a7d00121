#include "doc/doc_hcl_internal.h"

/*
 * Values: literals, lists and maps become nodes of their kinds, all else one
 * node with its references. A list that turns out to be the beginning of
 * something, [1, 2][0], becomes such a node again.
 */

/* ---- lists and maps ------------------------------------------------------ */

static int
read_items(struct gv_doc_hcl *h)
{
	int r = gv_doc_hcl_skip(h);

	while (r == 0 && gv_doc_hcl_peek(h) != ']') {
		struct gv_doc_node node = { 0 };

		r = gv_doc_hcl_value(h, &node);
		if (r < 0 || gv_doc_hcl_peek(h) == ']')
			break;
		if ((r = gv_doc_hcl_expect(
			 h, ',', "a comma or a ] should be here")) == 0)
			r = gv_doc_hcl_skip(h);
	}
	return r < 0 ? r : gv_doc_hcl_expect(h, ']', "a bracket is not closed");
}

/* Skip to the next member, over ends of lines. */
static int
skip_lines(struct gv_doc_hcl *h)
{
	int r;

	h->goes_on = true;
	r = gv_doc_hcl_skip(h);
	h->goes_on = false;
	return r;
}

/* A key: a word, a text, a number, an expression. Its references belong to the
 * value that follows it. */
static int
read_key(struct gv_doc_hcl *h, struct gv_doc_node *node)
{
	struct gv_doc *d = h->b->doc;
	const char *from = h->at;
	size_t refs = d->n_refs, i;
	int r = gv_doc_hcl_code(h);

	if (r < 0)
		return r;
	node->key_at = (uint32_t)gv_doc_hcl_offset(h, from);
	node->key_len = (uint32_t)(h->last - from);
	if (h->text_at == from && h->text_end == h->last)
		node->key_style = GV_DOC_STYLE_DOUBLE;
	if (gv_doc_hcl_peek(h) != '=' && gv_doc_hcl_peek(h) != ':')
		return gv_doc_hcl_refuse(
		    h, h->at, "a = or a : should follow a key");
	h->at++;
	if ((r = gv_doc_hcl_value(h, node)) == 0 && refs < d->n_refs)
		for (i = refs; i < d->n_refs &&
		     d->refs[i].at < node->key_at + node->key_len;
		     i++)
			d->refs[i].node = node->next;
	return r;
}

static int
read_members(struct gv_doc_hcl *h)
{
	int r = skip_lines(h);

	while (r == 0 && gv_doc_hcl_peek(h) != '}') {
		struct gv_doc_node node = { 0 };

		if ((r = read_key(h, &node)) == 0 && gv_doc_hcl_peek(h) == ',')
			h->at++;
		else if (r == 0 && gv_doc_hcl_peek(h) != '}' &&
		    !gv_doc_hcl_is_line_end(h))
			r = gv_doc_hcl_refuse(h, h->at,
			    "a comma, a } or the end of the line should be "
			    "here");
		if (r == 0)
			r = skip_lines(h);
	}
	return r < 0 ? r : gv_doc_hcl_expect(h, '}', "a bracket is not closed");
}

/* The bracket at the cursor, whose node is the open one if there is one. */
static int
read_bracket(struct gv_doc_hcl *h, bool *is_code)
{
	const bool went_on = h->goes_on, is_list = *h->at == '[';
	int r = gv_doc_hcl_enter(h);

	if (r < 0)
		return r;
	h->at++;
	h->goes_on = true;
	r = gv_doc_hcl_skip(h);
	*is_code = r == 0 && gv_doc_hcl_is_for(h);
	if (*is_code) {
		r = gv_doc_hcl_for(h, is_list ? ']' : '}');
	} else if (r == 0 && is_list) {
		r = read_items(h);
	} else if (r == 0) {
		h->goes_on = false;
		r = read_members(h);
	}
	h->goes_on = went_on;
	h->nested--;
	return r;
}

/* A list or map within an expression: no nodes of its own. */
int
gv_doc_hcl_inner(struct gv_doc_hcl *h)
{
	struct gv_doc *d = h->b->doc;
	const size_t n = d->n, refs = d->n_refs, depth = h->b->depth;
	const uint32_t level = h->b->levels[depth].n;
	const uint32_t owner =
	    h->b->ref_node == GV_DOC_NONE ? gv_doc_last(h->b) : h->b->ref_node;
	bool is_code;
	size_t i;
	int r = read_bracket(h, &is_code);

	d->n = n;
	h->b->depth = depth;
	h->b->levels[depth].n = level;
	for (i = refs; i < d->n_refs; i++)
		d->refs[i].node = owner;
	return r;
}

/* ---- values -------------------------------------------------------------- */

static void
set_literal(const struct gv_doc_hcl *h, struct gv_doc_node *n, const char *from)
{
	const bool has_sign =
	    h->literal == GV_DOC_HCL_NUMBER && *from == '-' && from[1] != ' ';

	n->kind = GV_DOC_CODE;
	if (h->literal_end != h->last || h->literal_at != from + has_sign)
		return;
	n->kind = GV_DOC_SCALAR;
	switch (h->literal) {
	case GV_DOC_HCL_NUMBER:
		n->type = memchr(from, '.', n->len) ||
			memchr(from, 'e', n->len) || memchr(from, 'E', n->len)
		    ? GV_DOC_TYPE_FLOAT
		    : GV_DOC_TYPE_INT;
		break;
	case GV_DOC_HCL_BOOL:
		n->type = GV_DOC_TYPE_BOOL;
		break;
	case GV_DOC_HCL_NULL:
		n->type = GV_DOC_TYPE_NULL;
		break;
	case GV_DOC_HCL_HEREDOC:
		n->style = GV_DOC_STYLE_HEREDOC;
		break;
	default:
		n->style = GV_DOC_STYLE_DOUBLE;
	}
}

/* Whether an expression goes on behind a list or a map. */
static bool
goes_on(const struct gv_doc_hcl *h)
{
	const char c = gv_doc_hcl_peek(h);

	return c == '[' || c == '?' || gv_doc_hcl_operator(h) ||
	    (c == '.' && !GV_DOC_HCL_IS(h, "..."));
}

/* Make the node at `i` one without others in it, which has their references. */
static void
make_code(struct gv_doc_hcl *h, uint32_t i)
{
	struct gv_doc *d = h->b->doc;
	size_t k;

	d->n = i + 1;
	d->nodes[i].next = i + 1;
	d->nodes[i].kind = GV_DOC_CODE;
	d->nodes[i].style = GV_DOC_STYLE_PLAIN;
	for (k = d->n_refs; k-- > 0 && d->refs[k].node > i;)
		d->refs[k].node = i;
}

static int
read_container(struct gv_doc_hcl *h, struct gv_doc_node *node)
{
	struct gv_doc *d = h->b->doc;
	const uint32_t i = (uint32_t)d->n;
	bool is_code = false;
	size_t n;
	int r;

	node->kind = *h->at == '[' ? GV_DOC_LIST : GV_DOC_MAP;
	node->style = GV_DOC_STYLE_FLOW;
	if ((r = gv_doc_open(h->b, node)) == 0)
		r = read_bracket(h, &is_code);
	if (r < 0)
		return r;
	gv_doc_close(h->b, gv_doc_hcl_offset(h, h->last));
	r = gv_doc_hcl_skip(h);
	if (r < 0 || (!is_code && !goes_on(h)))
		return r;
	make_code(h, i);
	if ((r = gv_doc_hcl_steps(h, &n)) == 0)
		r = gv_doc_hcl_rest(h);
	d->nodes[i].len =
	    (uint32_t)(gv_doc_hcl_offset(h, h->last) - d->nodes[i].at);
	return r;
}

/* node->next tells which one it became. */
int
gv_doc_hcl_value(struct gv_doc_hcl *h, struct gv_doc_node *node)
{
	struct gv_doc *d = h->b->doc;
	const char *from;
	uint32_t i;
	int r = gv_doc_hcl_skip(h);

	if (r < 0)
		return r;
	from = h->at;
	i = (uint32_t)d->n;
	node->at = (uint32_t)gv_doc_hcl_offset(h, from);
	if (gv_doc_hcl_peek(h) == '[' || gv_doc_hcl_peek(h) == '{') {
		r = read_container(h, node);
	} else {
		node->kind = GV_DOC_CODE;
		r = gv_doc_add(h->b, node);
		h->literal = GV_DOC_HCL_NO_LITERAL;
		h->literal_at = NULL;
		if (r == 0)
			r = gv_doc_hcl_code(h);
		if (r < 0)
			return r;
		d->nodes[i].len = (uint32_t)(h->last - from);
		set_literal(h, &d->nodes[i], from);
	}
	node->next = i;
	return r;
}
