#include "format/yamlwalk.h"

#include <string.h>

#include <yaml.h>

#include "base/err.h"
#include "base/utf8.h"
#include "format/yamlmask.h"

#define BOM "\xef\xbb\xbf"

struct walk {
	struct gv_yamlmask mask;
	size_t skipped; /* of the text, before what the mask is of */
	int (*fn)(void *ctx, const struct gv_yamlwalk_node *node);
	void *ctx;
	yaml_parser_t parser;
	yaml_event_t event;
};

/* A block that keeps the lines behind it, "|+". */
static bool
keeps_lines(const char *p, size_t len)
{
	const char *nl = memchr(p, '\n', len);

	return nl && memchr(p, '+', (size_t)(nl - p)) != NULL;
}

/* libyaml has the blank lines behind a block among its own. */
static void
trim_block(const struct walk *w, struct gv_yamlwalk_node *node)
{
	const char *p = w->mask.text + node->at - w->skipped;

	if (keeps_lines(p, node->len))
		return;
	while (node->len && strchr(" \t\r\n", p[node->len - 1]))
		node->len--;
}

static int
tell(struct walk *w, enum gv_yamlwalk_kind kind)
{
	struct gv_yamlwalk_node node = { .kind = kind };
	yaml_scalar_style_t style;

	node.at =
	    w->skipped + gv_yamlmask_place(&w->mask, w->event.start_mark.index);
	node.len = w->skipped +
	    gv_yamlmask_place(&w->mask, w->event.end_mark.index) - node.at;
	if (kind == GV_YAMLWALK_SCALAR) {
		style = w->event.data.scalar.style;
		node.is_plain = style == YAML_PLAIN_SCALAR_STYLE;
		if (style == YAML_LITERAL_SCALAR_STYLE ||
		    style == YAML_FOLDED_SCALAR_STYLE)
			trim_block(w, &node);
	}
	return w->fn(w->ctx, &node);
}

static int
on_event(struct walk *w)
{
	switch (w->event.type) {
	case YAML_DOCUMENT_START_EVENT:
		return tell(w, GV_YAMLWALK_DOCUMENT);
	case YAML_SCALAR_EVENT:
		return tell(w, GV_YAMLWALK_SCALAR);
	case YAML_ALIAS_EVENT:
		return tell(w, GV_YAMLWALK_ALIAS);
	case YAML_SEQUENCE_START_EVENT:
		return tell(w, GV_YAMLWALK_LIST);
	case YAML_MAPPING_START_EVENT:
		return tell(w, GV_YAMLWALK_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return tell(w, GV_YAMLWALK_END);
	default:
		return 0;
	}
}

static int
say_broken(const yaml_parser_t *p)
{
	if (p->error == YAML_MEMORY_ERROR)
		return gv_err_nomem();
	return gv_err(GV_EREFUSED, "line %zu, column %zu: %s",
	    p->problem_mark.line + 1, p->problem_mark.column + 1,
	    p->problem ? p->problem : "unreadable");
}

static int
read_events(struct walk *w)
{
	bool is_over = false;
	int r = 0;

	while (r == 0 && !is_over) {
		if (!yaml_parser_parse(&w->parser, &w->event))
			return say_broken(&w->parser);
		is_over = w->event.type == YAML_STREAM_END_EVENT;
		r = on_event(w);
		yaml_event_delete(&w->event);
	}
	return r;
}

int
gv_yamlwalk(const char *text, size_t len, const struct gv_memory *memory,
    int (*fn)(void *ctx, const struct gv_yamlwalk_node *node), void *ctx)
{
	struct walk w = { .fn = fn, .ctx = ctx };
	int r;

	if (!gv_utf8_is_valid(text, len))
		return gv_err(GV_EREFUSED, "line 1, column 1: it is not UTF-8");
	if (len >= strlen(BOM) && memcmp(text, BOM, strlen(BOM)) == 0)
		w.skipped = strlen(BOM);
	r = gv_yamlmask_make(
	    &w.mask, text + w.skipped, len - w.skipped, memory);
	if (r < 0)
		return r;
	if (!yaml_parser_initialize(&w.parser)) {
		gv_yamlmask_release(&w.mask);
		return gv_err_nomem();
	}
	yaml_parser_set_input_string(
	    &w.parser, (const unsigned char *)w.mask.mask, w.mask.n);
	yaml_parser_set_encoding(&w.parser, YAML_UTF8_ENCODING);
	r = read_events(&w);
	yaml_parser_delete(&w.parser);
	gv_yamlmask_release(&w.mask);
	return r;
}
