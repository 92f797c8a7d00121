#include "doc/doc_internal.h"

#include "format/jsontext.h"

/*
 * jsontext checks the grammar and says where each token is; nothing is decoded.
 */

static uint8_t
type_of(enum gv_jsontext_kind kind, const char *p, size_t len)
{
	size_t i;

	switch (kind) {
	case GV_JSONTEXT_NULL:
		return GV_DOC_TYPE_NULL;
	case GV_JSONTEXT_TRUE:
	case GV_JSONTEXT_FALSE:
		return GV_DOC_TYPE_BOOL;
	case GV_JSONTEXT_NUMBER:
		for (i = 0; i < len; i++)
			if (p[i] == '.' || p[i] == 'e' || p[i] == 'E')
				return GV_DOC_TYPE_FLOAT;
		return GV_DOC_TYPE_INT;
	default:
		return GV_DOC_TYPE_TEXT;
	}
}

static int
take(struct gv_doc_builder *b, const struct gv_jsontext_token *t)
{
	const char *text = b->doc->text;
	struct gv_doc_node node = { .at = (uint32_t)(t->p - text),
		.len = (uint32_t)t->len };

	if (t->has_key) {
		node.key_at = (uint32_t)(t->key - text) - 1;
		node.key_len = (uint32_t)t->key_len + 2;
		node.key_style = GV_DOC_STYLE_DOUBLE;
	}
	switch (t->kind) {
	case GV_JSONTEXT_LIST_END:
	case GV_JSONTEXT_MAP_END:
		gv_doc_close(b, node.at + 1);
		return 0;
	case GV_JSONTEXT_LIST:
	case GV_JSONTEXT_MAP:
		node.kind =
		    t->kind == GV_JSONTEXT_MAP ? GV_DOC_MAP : GV_DOC_LIST;
		node.style = GV_DOC_STYLE_FLOW;
		return gv_doc_open(b, &node);
	case GV_JSONTEXT_TEXT:
		node.at--;
		node.len += 2;
		node.style = GV_DOC_STYLE_DOUBLE;
		return gv_doc_add(b, &node);
	default:
		node.type = type_of(t->kind, t->p, t->len);
		return gv_doc_add(b, &node);
	}
}

int
gv_doc_read_json(struct gv_doc_builder *b, size_t from)
{
	struct gv_doc *d = b->doc;
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	size_t at;
	int r;

	gv_jsontext_init(&j, d->text + from, d->len - from);
	while ((r = gv_jsontext_next(&j, &t)) > 0) {
		r = take(b, &t);
		if (r < 0)
			break;
	}
	if (r != GV_EREFUSED)
		return r;
	at = (size_t)(j.at - d->text);
	gv_doc_close_to(b, 0, at);
	/* else it was jsontext that refused it */
	return d->n_errors ? r : gv_doc_add_broken(b, at, d->len, at, j.wrong);
}

/* Of Terraform's JSON each text may hold templates: they are read once all
 * nodes are there. */
int
gv_doc_read_hcl_json(struct gv_doc_builder *b, size_t from)
{
	int r = gv_doc_read_json(b, from), r2;

	if (r < 0 && r != GV_EREFUSED)
		return r;
	r2 = gv_doc_read_hcl_texts(b);
	return r2 < 0 ? r2 : r;
}
