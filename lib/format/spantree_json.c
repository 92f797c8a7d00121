#include "format/spantree.h"

#include "base/err.h"
#include "format/jsontext.h"

static struct gv_spantree_span
span_of(const struct gv_spantree *tree, const char *p, size_t len, char style)
{
	return gv_spantree_part((size_t)(p - tree->text), len, style);
}

static int
take(struct gv_spantree_builder *b, const struct gv_jsontext_token *t)
{
	struct gv_spantree_node node = { .kind = GV_SPANTREE_SCALAR };

	if (t->kind == GV_JSONTEXT_LIST_END || t->kind == GV_JSONTEXT_MAP_END) {
		gv_spantree_close(b);
		return 0;
	}
	if (t->has_key)
		node.key = span_of(b->tree, t->key, t->key_len, '"');
	if (t->kind == GV_JSONTEXT_LIST)
		node.kind = GV_SPANTREE_LIST;
	else if (t->kind == GV_JSONTEXT_MAP)
		node.kind = GV_SPANTREE_MAP;
	else
		node.value = span_of(b->tree, t->p, t->len,
		    t->kind == GV_JSONTEXT_TEXT ? '"' : '\0');
	return gv_spantree_add(b, &node);
}

int
gv_spantree_read_json(
    struct gv_spantree *tree, size_t from, size_t to, size_t *used)
{
	struct gv_spantree_builder b;
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r;

	if (to > GV_SPANTREE_BYTES)
		return GV_EREFUSED;
	/* to clear all levels would take as long as a small document */
	b.tree = tree;
	b.depth = 0;
	gv_jsontext_init(&j, tree->text + from, to - from);
	do {
		r = gv_jsontext_next(&j, &t);
		if (r > 0)
			r = take(&b, &t) < 0 ? GV_EREFUSED : 1;
	} while (r > 0 && b.depth);
	*used = (size_t)(j.at - tree->text);
	return r < 0 ? r : 0;
}
