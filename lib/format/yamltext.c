#include "format/yamltext.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "format/yaml_library.h"
#include "format/yamlmask.h"

/* Marks of libyaml only go forward, and the place in the document is moved
 * along with them. It is shown the document's mask, see yamlmask.h. */

/* Levels whose values' ends are kept: of lists in the document, and of their
 * maps. */
#define BOUNDED 4

struct level {
	bool is_map, has_key, has_some;
	bool is_tagged; /* it is in a map of its tag */
};

struct reading {
	struct gv_yamltext *out;
	const char *text;
	size_t len;
	struct gv_yamlmask mask;
	size_t end;       /* of what was read last, in the text */
	size_t n_settled; /* bounds whose place in the text is known */
	size_t documents, depth;
	struct level levels[GV_YAMLTEXT_MAX_DEPTH];
	const struct gv_yaml_library *yaml;
	yaml_parser_t parser;
	yaml_event_t event;
};

static int
refuse(const yaml_mark_t *at, const char *what)
{
	return gv_err(GV_EREFUSED, "line %zu, column %zu: %s", at->line + 1,
	    at->column + 1, what);
}

/* The byte of the text that a mark is at. */
static size_t
place_of(struct reading *r, const yaml_mark_t *mark)
{
	return gv_yamlmask_place(&r->mask, mark->index);
}

/* ---- JSON ---- */

static int
add(struct reading *r, const char *p, size_t len)
{
	struct gv_yamltext *y = r->out;
	size_t cap = y->cap ? y->cap : 4096;
	char *json;

	while (cap - y->len < len)
		cap *= 2;
	if (cap != y->cap) {
		json = gv_memory_get(y->memory, cap);
		if (json == NULL)
			return GV_ENOMEM;
		if (y->len)
			memcpy(json, y->json, y->len);
		gv_memory_put(y->memory, y->json, y->cap);
		y->json = json;
		y->cap = cap;
	}
	memcpy(y->json + y->len, p, len);
	y->len += len;
	return 0;
}

static int
add_escaped(struct reading *r, char c)
{
	static const char hex[] = "0123456789abcdef";
	char code[] = { '\\', 'u', '0', '0', hex[(c >> 4) & 15], hex[c & 15] };

	if (c == '"' || c == '\\')
		return add(r, (char[]){ '\\', c }, 2);
	return c == '\n' ? add(r, "\\n", 2) : add(r, code, sizeof(code));
}

static int
add_text(struct reading *r, const char *p, size_t len)
{
	size_t from = 0, i;
	int e = add(r, "\"", 1);

	for (i = 0; e == 0 && i < len; i++) {
		if ((unsigned char)p[i] >= ' ' && p[i] != '"' && p[i] != '\\')
			continue;
		e = add(r, p + from, i - from);
		if (e == 0)
			e = add_escaped(r, p[i]);
		from = i + 1;
	}
	if (e == 0)
		e = add(r, p + from, len - from);
	return e < 0 ? e : add(r, "\"", 1);
}

/* ---- bounds ---- */

/* Something ends here in the JSON; where in the text, what comes next tells. */
static int
add_bound(struct reading *r, size_t depth)
{
	struct gv_yamltext *y = r->out;
	int e;

	if (depth > BOUNDED)
		return 0;
	e = GV_GROW(y->bounds, y->n, y->cap_bounds);
	if (e == 0)
		y->bounds[y->n++] =
		    (struct gv_yamltext_bound){ y->len, r->len };
	return e;
}

/* What was read last ends before the line of what begins here; where both are
 * on one line, right behind itself. */
static void
settle(struct reading *r, size_t start)
{
	size_t at = start;

	while (at > r->end && r->text[at - 1] != '\n')
		at--;
	if (at < r->end)
		at = r->end;
	while (r->n_settled < r->out->n)
		r->out->bounds[r->n_settled++].text = at;
}

/* ---- events ---- */

/* A node begins: what stands before it in the JSON. *is_key: it is a key. */
static int
begin_node(struct reading *r, bool *is_key)
{
	struct level *l = r->depth ? &r->levels[r->depth - 1] : NULL;

	*is_key = l && l->is_map && !l->has_key;
	settle(r, place_of(r, &r->event.start_mark));
	if (l == NULL)
		return 0;
	if (l->is_map && l->has_key)
		return add(r, ":", 1);
	return l->has_some ? add(r, ",", 1) : 0;
}

/* A node ended that is no key. */
static int
end_node(struct reading *r)
{
	struct level *l = r->depth ? &r->levels[r->depth - 1] : NULL;

	if (l) {
		l->has_key = false;
		l->has_some = true;
	}
	return add_bound(r, r->depth);
}

static bool
is_null(const char *p, size_t len)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == len && memcmp(p, words[i], len) == 0)
			return true;
	}
	return false;
}

/* Without its quotes, where it is the same without, and has no tag. */
static void
unquote(const char **p, size_t *len)
{
	size_t i;

	if (*len == 0 || (**p != '"' && **p != '\''))
		return;
	for (i = 1; i + 1 < *len; i++) {
		if ((*p)[i] == '\\' || (*p)[i] == '\'' || (*p)[i] == '\n')
			return;
	}
	if (*len >= 2) {
		(*p)++;
		*len -= 2;
	}
}

static int
on_scalar(struct reading *r)
{
	yaml_scalar_style_t style = r->event.data.scalar.style;
	bool is_key;
	int e = begin_node(r, &is_key);
	size_t start = r->mask.at, len;
	const char *p = r->text + start;

	r->end = place_of(r, &r->event.end_mark);
	len = r->end - start;
	if (e < 0)
		return e;
	if (!is_key && style == YAML_PLAIN_SCALAR_STYLE && is_null(p, len)) {
		e = add(r, "null", 4);
		return e < 0 ? e : end_node(r);
	}
	if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
	    style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
		unquote(&p, &len);
	e = add_text(r, p, len);
	if (e < 0 || !is_key)
		return e < 0 ? e : end_node(r);
	r->levels[r->depth - 1].has_key = true;
	return 0;
}

/* The tag of a list or map that begins here, "!If": it is a key that the list
 * or map stands under. Those that YAML itself has, "!!map", say nothing. */
static int
open_tag(struct reading *r, bool *is_tagged)
{
	const char *p = r->text + r->mask.at;
	size_t len = 0;
	int e;

	while (r->mask.at + len < r->len && strchr(" \t\r\n[{", p[len]) == NULL)
		len++;
	*is_tagged = len > 1 && p[0] == '!' && p[1] != '!';
	if (!*is_tagged)
		return 0;
	e = add(r, "{", 1);
	if (e == 0)
		e = add_text(r, p, len);
	return e < 0 ? e : add(r, ":", 1);
}

static int
on_start(struct reading *r, bool is_map, bool is_flow)
{
	bool is_key, is_tagged = false;
	int e;

	if (r->depth == GV_YAMLTEXT_MAX_DEPTH)
		return refuse(&r->event.start_mark, "it is nested too deep");
	e = begin_node(r, &is_key);
	if (e == 0 && is_key)
		e = refuse(&r->event.start_mark, "a key is no plain text");
	if (e == 0)
		e = open_tag(r, &is_tagged);
	if (e == 0)
		e = add(r, is_map ? "{" : "[", 1);
	if (e < 0)
		return e;
	if (is_flow) /* it has a bracket */
		r->end = place_of(r, &r->event.end_mark);
	r->levels[r->depth++] =
	    (struct level){ .is_map = is_map, .is_tagged = is_tagged };
	return add_bound(r, r->depth);
}

/* A block has no sign at its end, which is marked at what comes behind it. */
static int
on_end(struct reading *r, bool is_map)
{
	const yaml_mark_t *end = &r->event.end_mark;
	int e;

	if (r->event.start_mark.index < end->index) {
		settle(r, place_of(r, &r->event.start_mark));
		r->end = place_of(r, end);
	}
	e = add(r, is_map ? "}" : "]", 1);
	r->depth--;
	if (e == 0 && r->levels[r->depth].is_tagged)
		e = add(r, "}", 1);
	return e < 0 ? e : end_node(r);
}

static int
on_event(struct reading *r)
{
	const yaml_mark_t *at = &r->event.start_mark;

	switch (r->event.type) {
	case YAML_DOCUMENT_START_EVENT:
		if (r->documents++)
			return refuse(at, "a second document begins here");
		return 0;
	case YAML_SCALAR_EVENT:
		return on_scalar(r);
	case YAML_ALIAS_EVENT:
		return refuse(at, "an alias is here");
	case YAML_SEQUENCE_START_EVENT:
		return on_start(r, false,
		    r->event.data.sequence_start.style ==
			YAML_FLOW_SEQUENCE_STYLE);
	case YAML_MAPPING_START_EVENT:
		return on_start(r, true,
		    r->event.data.mapping_start.style ==
			YAML_FLOW_MAPPING_STYLE);
	case YAML_SEQUENCE_END_EVENT:
		return on_end(r, false);
	case YAML_MAPPING_END_EVENT:
		return on_end(r, true);
	default:
		return 0;
	}
}

/* Where a byte of the mask is. */
static yaml_mark_t
mark_of(const struct reading *r, size_t offset)
{
	yaml_mark_t mark = { .index = 0 };

	for (; mark.index < offset && mark.index < r->mask.n; mark.index++) {
		mark.column++;
		if (r->mask.mask[mark.index] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

static int
say_broken(const struct reading *r)
{
	const yaml_parser_t *p = &r->parser;
	yaml_mark_t at = p->error == YAML_READER_ERROR
	    ? mark_of(r, p->problem_offset)
	    : p->problem_mark;

	if (p->error == YAML_MEMORY_ERROR)
		return gv_err_nomem();
	return refuse(&at, p->problem ? p->problem : "unreadable");
}

static int
read_events(struct reading *r)
{
	bool is_over = false;
	int e = 0;

	while (e == 0 && !is_over) {
		if (!r->yaml->parser_parse(&r->parser, &r->event))
			return say_broken(r);
		is_over = r->event.type == YAML_STREAM_END_EVENT;
		e = on_event(r);
		r->yaml->event_delete(&r->event);
	}
	return e;
}

int
gv_yamltext_read(struct gv_yamltext *out, const char *text, size_t len,
    const struct gv_memory *memory)
{
	struct reading r = { .out = out, .text = text, .len = len };
	int e;

	memset(out, 0, sizeof(*out));
	out->memory = memory;
	out->size = len;
	if (len > GV_YAMLTEXT_MAX)
		return gv_err(GV_EREFUSED,
		    "line 1, column 1: as YAML it is too large to be read");
	if (!gv_utf8_is_valid(text, len))
		return gv_err(GV_EREFUSED, "line 1, column 1: it is not UTF-8");
	if ((e = gv_yaml_library(&r.yaml)) < 0 ||
	    (e = gv_yamlmask_make(&r.mask, text, len, memory)) < 0)
		return e;
	if (!r.yaml->parser_initialize(&r.parser)) {
		gv_yamlmask_release(&r.mask);
		return gv_err_nomem();
	}
	r.yaml->parser_set_input_string(
	    &r.parser, (const unsigned char *)r.mask.mask, r.mask.n);
	r.yaml->parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	e = read_events(&r);
	r.yaml->parser_delete(&r.parser);
	gv_yamlmask_release(&r.mask);
	return e;
}

size_t
gv_yamltext_at(const struct gv_yamltext *y, size_t *next, size_t json)
{
	if (json >= y->len)
		return y->size;
	while (*next < y->n && y->bounds[*next].json < json)
		(*next)++;
	return *next < y->n ? y->bounds[*next].text : y->size;
}

void
gv_yamltext_release(struct gv_yamltext *y)
{
	gv_memory_put(y->memory, y->json, y->cap);
	free(y->bounds);
	y->json = NULL;
	y->bounds = NULL;
}
