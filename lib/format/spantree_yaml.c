#include "format/spantree.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "format/yaml_library.h"
#include "format/yamlevent.h"
#include "format/yamlmask.h"

struct reading {
	struct gv_spantree_builder b;
	struct gv_yamlmask mask;
	size_t from; /* of the document in the text */
	/* for each open map: whether the next node is a key */
	bool wants_key[GV_SPANTREE_DEPTH + 1];
	struct gv_spantree_span key;
	size_t skip; /* levels of a key that is no scalar */
	yaml_parser_t parser;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Skip blanks, comments, tags and an anchor, which is noted in the node. */
static size_t
skip_properties(
    const char *text, size_t at, size_t end, struct gv_spantree_node *node)
{
	size_t from;

	for (;;) {
		while (at < end && is_blank(text[at]))
			at++;
		if (at < end && text[at] == '#') {
			while (at < end && text[at] != '\n')
				at++;
			continue;
		}
		if (at == end || (text[at] != '&' && text[at] != '!'))
			return at;
		for (from = at; at < end && !is_blank(text[at]); at++)
			;
		if (text[from] == '&') {
			node->anchor = (uint32_t)(from + 1);
			node->anchor_len = (uint32_t)(at - from - 1);
		}
	}
}

/* The part of a scalar that is its text, without quotes or block header. */
static struct gv_spantree_span
text_of(const char *text, size_t at, size_t end)
{
	char style = '\0';

	if (at < end && (text[at] == '"' || text[at] == '\'')) {
		style = text[at++];
		end -= end > at;
	} else if (at < end && (text[at] == '|' || text[at] == '>')) {
		style = '|';
		while (at < end && text[at] != '\n')
			at++;
	}
	if (style != '"' && style != '\'') {
		while (at < end && is_blank(text[at]))
			at++;
		while (end > at && is_blank(text[end - 1]))
			end--;
	}
	return gv_spantree_part(at, end - at, style);
}

static int
take_node(struct reading *r, struct gv_spantree_node *node)
{
	struct gv_spantree_builder *b = &r->b;
	bool in_map = b->depth &&
	    b->tree->nodes[b->open[b->depth - 1]].kind == GV_SPANTREE_MAP;

	if (in_map && r->wants_key[b->depth]) {
		r->wants_key[b->depth] = false;
		r->key = node->value;
		if (node->kind == GV_SPANTREE_LIST ||
		    node->kind == GV_SPANTREE_MAP)
			r->skip = 1;
		return 0;
	}
	if (in_map) {
		r->wants_key[b->depth] = true;
		node->key = r->key;
	}
	if (gv_spantree_add(b, node) < 0)
		return GV_EREFUSED;
	r->wants_key[b->depth] = true;
	return 0;
}

static int
take(struct reading *r, const yaml_event_t *e)
{
	const char *text = r->b.tree->text;
	struct gv_spantree_node node = { .kind = GV_SPANTREE_SCALAR };
	size_t at = r->from + gv_yamlmask_place(&r->mask, e->start_mark.index);
	size_t end = r->from + gv_yamlmask_place(&r->mask, e->end_mark.index);
	bool opens = e->type == YAML_MAPPING_START_EVENT ||
	    e->type == YAML_SEQUENCE_START_EVENT;
	bool closes = e->type == YAML_MAPPING_END_EVENT ||
	    e->type == YAML_SEQUENCE_END_EVENT;

	if (r->skip) {
		r->skip += opens;
		r->skip -= closes;
		/* libyaml looks at every open level for each token */
		return r->skip > GV_SPANTREE_DEPTH ? GV_EREFUSED : 0;
	}
	if (closes) {
		gv_spantree_close(&r->b);
		return 0;
	}
	if (!opens && e->type != YAML_SCALAR_EVENT &&
	    e->type != YAML_ALIAS_EVENT)
		return 0;
	if (e->type == YAML_ALIAS_EVENT) {
		node.kind = GV_SPANTREE_ALIAS;
		node.value = gv_spantree_part(
		    at + 1, end > at + 1 ? end - at - 1 : 0, '\0');
		return take_node(r, &node);
	}
	at = skip_properties(text, at, end, &node);
	if (opens)
		node.kind = e->type == YAML_MAPPING_START_EVENT
		    ? GV_SPANTREE_MAP
		    : GV_SPANTREE_LIST;
	else
		node.value = text_of(text, at, end);
	return take_node(r, &node);
}

int
gv_spantree_read_yaml(struct gv_spantree *tree, size_t from, size_t to)
{
	struct reading r = { .b = { .tree = tree }, .from = from };
	const struct gv_yaml_library *yaml;
	yaml_event_t e;
	bool is_over = false;
	int rc;

	if (to > GV_SPANTREE_BYTES)
		return GV_EREFUSED;
	if ((rc = gv_yaml_library(&yaml)) < 0 ||
	    (rc = gv_yamlmask_make(
		 &r.mask, tree->text + from, to - from, NULL)) < 0)
		return rc;
	if (!yaml->parser_initialize(&r.parser)) {
		gv_yamlmask_release(&r.mask);
		return gv_err_nomem();
	}
	yaml->parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml->parser_set_input_string(
	    &r.parser, (const unsigned char *)r.mask.mask, r.mask.n);
	while (rc == 0 && !is_over) {
		if (!yaml->parser_parse(&r.parser, &e)) {
			rc = GV_EREFUSED;
			break;
		}
		is_over = e.type == YAML_STREAM_END_EVENT;
		rc = take(&r, &e);
		yaml->event_delete(&e);
	}
	yaml->parser_delete(&r.parser);
	gv_yamlmask_release(&r.mask);
	return rc;
}

/* ---- without libyaml ----------------------------------------------------- */

static int
on_plain(void *ctx, const struct gv_yamlevent *e)
{
	struct reading *r = ctx;
	struct gv_spantree_node node = { .kind = GV_SPANTREE_SCALAR };

	switch (e->kind) {
	case GV_YAMLEVENT_DOCUMENT:
		return 0;
	case GV_YAMLEVENT_END:
		gv_spantree_close(&r->b);
		return 0;
	case GV_YAMLEVENT_MAP:
		node.kind = GV_SPANTREE_MAP;
		break;
	case GV_YAMLEVENT_LIST:
		node.kind = GV_SPANTREE_LIST;
		break;
	default:
		node.value = text_of(r->b.tree->text, e->at, e->end);
	}
	return take_node(r, &node);
}

int
gv_spantree_read_plain(struct gv_spantree *tree, size_t from, size_t to)
{
	struct reading r = { .b = { .tree = tree }, .from = from };

	if (to > GV_SPANTREE_BYTES)
		return GV_EREFUSED;
	return gv_yamlevent_plain(tree->text, from, to, on_plain, &r);
}
