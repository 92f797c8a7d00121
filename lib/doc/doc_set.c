#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "doc/doc_internal.h"

/*
 * A value is replaced where it stands, in the way it is written, so that all
 * else of the file stays as it was. Whether that worked is not reasoned out but
 * read: the new text has to say the new value at the same place.
 */

/* Whether the new text says it, at the same node, and has no new fault. */
static int
says(bool *out, const struct gv_doc *was, uint32_t node,
    const struct gv_buf *now, const char *text)
{
	struct gv_doc doc;
	int r = gv_doc_read(&doc, was->format, now->p, now->len, NULL);

	if (r < 0)
		return r;
	*out = doc.n == was->n && doc.n_errors == was->n_errors &&
	    doc.nodes[node].kind == GV_DOC_SCALAR &&
	    doc.nodes[node].parent == was->nodes[node].parent &&
	    gv_doc_is(&doc, node, text);
	gv_doc_release(&doc);
	return 0;
}

int
gv_doc_set(struct gv_buf *out, const struct gv_doc *doc, uint32_t node,
    const char *text)
{
	const struct gv_doc_node *n = &doc->nodes[node];
	const size_t was = out->len;
	struct gv_buf now = GV_BUF_INIT;
	bool is_said = false;
	int way, r = 0;

	if (n->kind != GV_DOC_SCALAR)
		return gv_err(GV_EREFUSED,
		    "the value there is a list, a map or an expression, and only a "
		    "single value can be replaced");
	for (way = 0; r == 0 && !is_said && way < 2; way++) {
		gv_buf_reset(&now);
		gv_buf_add(&now, doc->text, n->at);
		gv_doc_add_value(&now, doc, n->style, text, way);
		gv_buf_add(&now, doc->text + n->at + n->len,
		    doc->len - n->at - n->len);
		if ((r = gv_buf_check(&now)) == 0)
			r = says(&is_said, doc, node, &now, text);
	}
	if (r < 0)
		goto out;
	if (!is_said) {
		r = gv_err(GV_EREFUSED,
		    "the new value cannot be written in the place of the old "
		    "one");
		goto out;
	}
	gv_buf_add(out, now.p, now.len);
	r = gv_buf_check(out);
out:
	if (r < 0)
		gv_buf_truncate(out, was);
	gv_buf_release(&now);
	return r;
}

int
gv_doc_set_as(struct gv_buf *out, const struct gv_doc *doc, uint32_t node,
    const char *text, const char *raw)
{
	const struct gv_doc_node *n = &doc->nodes[node];
	struct gv_buf now = GV_BUF_INIT;
	bool is_said = false;
	int r;

	if (raw == NULL || n->kind != GV_DOC_SCALAR)
		return gv_doc_set(out, doc, node, text);
	gv_buf_add(&now, doc->text, n->at);
	gv_buf_addstr(&now, raw);
	gv_buf_add(&now, doc->text + n->at + n->len, doc->len - n->at - n->len);
	if ((r = gv_buf_check(&now)) == 0)
		r = says(&is_said, doc, node, &now, text);
	if (r == 0 && !is_said) {
		r = gv_doc_set(out, doc, node, text);
	} else if (r == 0) {
		gv_buf_add(out, now.p, now.len);
		r = gv_buf_check(out);
	}
	gv_buf_release(&now);
	return r;
}
