#include "format/yamlevent.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "format/yaml_library.h"

/* ---- the mask ------------------------------------------------------------ */

static bool
is_letter(size_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c >= 0x80;
}

/* "|2", ">-1": the indentation of a block. */
static bool
is_indent(const char *text, size_t i)
{
	if (i && (text[i - 1] == '-' || text[i - 1] == '+'))
		i--;
	return i && (text[i - 1] == '|' || text[i - 1] == '>');
}

/* "%YAML 1.2" and "%TAG ! tag:…", which only other such lines and comments are
 * before. */
static void
mask_directives(char *p, char *end)
{
	while (p && p < end && (*p == '%' || *p == '#' || *p == '\n')) {
		if (*p == '%')
			*p = '#';
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
}

void
gv_yamlevent_mask(char *mask, const char *text, size_t len)
{
	char of[256], *end = mask + len, *p = mask;
	size_t i;

	for (i = 0; i < sizeof(of); i++)
		of[i] = is_letter(i) ? 'a' : (char)i;
	for (i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];

		mask[i] = of[c];
		if (c >= '1' && c <= '9' && is_indent(text, i))
			mask[i] = (char)c;
		/* "!handle!tag", "!a%20b" */
		else if ((c == '!' || c == '%') && i && mask[i - 1] == 'a')
			mask[i] = 'a';
	}
	while (p) {
		mask_directives(p, end);
		p = memmem(p, (size_t)(end - p), "\n...\n", 5);
		p = p ? p + 5 : NULL;
	}
}

/* ---- events -------------------------------------------------------------- */

struct reading {
	gv_yamlevent_fn *fn;
	void *ctx;
	yaml_event_t event;
};

static char
style_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return '"';
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return '\'';
	case YAML_LITERAL_SCALAR_STYLE:
		return '|';
	case YAML_FOLDED_SCALAR_STYLE:
		return '>';
	default:
		return '\0';
	}
}

static int
report(struct reading *r)
{
	const yaml_event_t *e = &r->event;
	struct gv_yamlevent event = { .at = e->start_mark.index,
		.end = e->end_mark.index };
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		event.kind = GV_YAMLEVENT_DOCUMENT;
		break;
	case YAML_SCALAR_EVENT:
		event.kind = GV_YAMLEVENT_SCALAR;
		event.style = style_of(e->data.scalar.style);
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
		break;
	case YAML_ALIAS_EVENT:
		event.kind = GV_YAMLEVENT_ALIAS;
		break;
	case YAML_SEQUENCE_START_EVENT:
		event.kind = GV_YAMLEVENT_LIST;
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
		if (e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE)
			event.style = '[';
		break;
	case YAML_MAPPING_START_EVENT:
		event.kind = GV_YAMLEVENT_MAP;
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
		if (e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE)
			event.style = '[';
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		event.kind = GV_YAMLEVENT_END;
		break;
	default:
		return 0;
	}
	event.has_anchor = anchor != NULL;
	event.has_tag = tag != NULL;
	return r->fn(r->ctx, &event);
}

static int
refuse(struct gv_yamlevent_error *out, const yaml_parser_t *p)
{
	if (p->error == YAML_MEMORY_ERROR)
		return gv_err_nomem();
	out->at = p->error == YAML_READER_ERROR ? p->problem_offset
						: p->problem_mark.index;
	out->what = p->problem ? p->problem : "unreadable";
	return GV_EREFUSED;
}

int
gv_yamlevent_each_library(const char *text, size_t len, gv_yamlevent_fn *fn,
    void *ctx, struct gv_yamlevent_error *error)
{
	struct reading r = { .fn = fn, .ctx = ctx };
	const struct gv_yaml_library *yaml;
	yaml_parser_t parser;
	bool is_over = false;
	int e = gv_yaml_library(&yaml);

	if (e < 0)
		return e;
	if (!yaml->parser_initialize(&parser))
		return gv_err_nomem();
	yaml->parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml->parser_set_input_string(
	    &parser, (const unsigned char *)text, len);
	while (e == 0 && !is_over) {
		if (!yaml->parser_parse(&parser, &r.event)) {
			e = refuse(error, &parser);
			break;
		}
		is_over = r.event.type == YAML_STREAM_END_EVENT;
		e = report(&r);
		yaml->event_delete(&r.event);
	}
	yaml->parser_delete(&parser);
	return e;
}

/* ---- what is plain ------------------------------------------------------- */

struct kept {
	struct gv_yamlevent *events;
	size_t n, cap;
};

static int
keep(void *ctx, const struct gv_yamlevent *event)
{
	struct kept *k = ctx;
	int r = GV_GROW(k->events, k->n, k->cap);

	if (r == 0)
		k->events[k->n++] = *event;
	return r;
}

int
gv_yamlevent_each(const char *text, size_t len, gv_yamlevent_fn *fn, void *ctx,
    struct gv_yamlevent_error *error)
{
	struct kept k = { .n = 0 };
	size_t i;
	int r;

	/* nothing is reported until all of it is known to be plain */
	r = gv_yamlevent_plain(text, 0, len, keep, &k);
	if (r == 0)
		for (i = 0; r == 0 && i < k.n; i++)
			r = fn(ctx, &k.events[i]);
	else if (r != GV_ENOMEM)
		r = gv_yamlevent_each_library(text, len, fn, ctx, error);
	free(k.events);
	return r;
}
