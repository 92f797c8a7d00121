#include "format/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "format/yaml_library.h"

/* A node while it is built. */
struct node {
	struct gv_yaml_node pub;
	size_t cap_keys, cap_values;
	size_t weight; /* nodes in it, aliases counted as what they repeat */
	size_t height; /* levels in it, counted in the same way */
	bool open;     /* its end was not seen yet */
	struct gv_map seen; /* keys of a map */
	struct node *next;  /* all nodes, to free what is not the arena's */
};

struct gv_yaml {
	struct gv_arena arena;
	struct node *nodes, *root;
};

struct parse {
	struct gv_yaml *yaml;
	const char *name;
	const char *text;
	size_t len;
	const struct gv_yaml_library *library;
	yaml_parser_t parser;
	yaml_event_t event;
	struct node *stack[GV_YAML_MAX_DEPTH];
	size_t depth;
	struct gv_map anchors;
	size_t documents;
};

static unsigned
line_of(const struct parse *p)
{
	return (unsigned)p->event.start_mark.line + 1;
}

static int
refuse(const struct parse *p, unsigned line, const char *what)
{
	return gv_err(GV_EREFUSED, "%s:%u: %s", p->name, line, what);
}

/* Whether a line up to a place has {name} in a text that is not in quotes,
 * which YAML takes for a map. */
static bool
has_open_word(const struct parse *p, size_t at)
{
	const char *end = p->text + (at < p->len ? at + 1 : p->len),
		   *from = end;
	bool is_quoted = false;

	while (from > p->text && from[-1] != '\n')
		from--;
	for (; from < end; from++) {
		is_quoted ^= *from == '"';
		if (!is_quoted && *from == '{' && from > p->text &&
		    strchr("/-._", from[-1]) && from[-1])
			return true;
	}
	return false;
}

/* What libyaml says of the bytes. */
static int
say_broken(const struct parse *p)
{
	const yaml_parser_t *y = &p->parser;

	if (y->error == YAML_MEMORY_ERROR)
		return gv_err_nomem();
	return gv_err(GV_EREFUSED, "%s:%zu: this is no YAML: %s%s", p->name,
	    y->problem_mark.line + 1, y->problem ? y->problem : "unreadable",
	    has_open_word(p, y->problem_mark.index)
		? "; a text with { in it needs quotes there, such as "
		  "\"config/{env}.yaml\""
		: "");
}

static struct node *
new_node(struct parse *p, enum gv_yaml_kind kind)
{
	struct node *n = gv_arena_alloc(&p->yaml->arena, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->pub.kind = kind;
	n->pub.line = line_of(p);
	n->weight = n->height = 1;
	n->next = p->yaml->nodes;
	p->yaml->nodes = n;
	return n;
}

static int
add_key(struct parse *p, struct node *map, struct node *key)
{
	int r;

	if (key->pub.kind != GV_YAML_SCALAR)
		return refuse(p, line_of(p), "a key must be a plain text");
	if (gv_map_get(&map->seen, key->pub.text, key->pub.len))
		return gv_err(GV_EREFUSED,
		    "%s:%u: the key '%s' is here for the second time", p->name,
		    line_of(p), key->pub.text);
	r = gv_map_put(&map->seen, key->pub.text, key->pub.len, key);
	if (r == 0 &&
	    (r = GV_GROW(map->pub.keys, map->pub.n, map->cap_keys)) == 0)
		map->pub.keys[map->pub.n] = &key->pub;
	return r;
}

static int
add_value(struct node *to, struct node *value)
{
	int r = GV_GROW(to->pub.values, to->pub.n, to->cap_values);

	if (r == 0)
		to->pub.values[to->pub.n++] = &value->pub;
	return r;
}

/* Whether a map has a key that waits for its value: keys are put behind the
 * counted pairs. */
static bool
awaits_value(const struct node *map)
{
	return map->pub.kind == GV_YAML_MAP && map->seen.n > map->pub.n;
}

/* A node is complete: put it where it belongs. */
static int
place(struct parse *p, struct node *n)
{
	struct node *to = p->depth ? p->stack[p->depth - 1] : NULL;

	if (to == NULL) {
		p->yaml->root = n;
		return 0;
	}
	to->weight += n->weight;
	if (to->height <= n->height)
		to->height = n->height + 1;
	if (p->depth + n->height > GV_YAML_MAX_DEPTH + 1)
		return refuse(p, line_of(p), "it is nested too deep");
	if (to->weight > GV_YAML_MAX_NODES)
		return refuse(p, line_of(p),
		    "the document is too large, or its aliases make it so");
	if (to->pub.kind == GV_YAML_MAP && !awaits_value(to))
		return add_key(p, to, n);
	return add_value(to, n);
}

static int
remember(struct parse *p, const yaml_char_t *anchor, struct node *n)
{
	const char *name = (const char *)anchor;
	char *copy;

	if (name == NULL)
		return 0;
	copy = gv_arena_copy(&p->yaml->arena, name, strlen(name));
	return copy ? gv_map_put(&p->anchors, copy, strlen(copy), n)
		    : GV_ENOMEM;
}

static int
on_scalar(struct parse *p)
{
	const char *text = (const char *)p->event.data.scalar.value;
	size_t len = p->event.data.scalar.length;
	struct node *n = new_node(p, GV_YAML_SCALAR);
	int r;

	if (n == NULL)
		return GV_ENOMEM;
	if (len && memchr(text, '\0', len))
		return refuse(p, line_of(p), "a text holds a zero byte");
	n->pub.text = gv_arena_copy(&p->yaml->arena, text, len);
	if (n->pub.text == NULL)
		return GV_ENOMEM;
	n->pub.len = len;
	n->pub.plain = p->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	r = remember(p, p->event.data.scalar.anchor, n);
	return r < 0 ? r : place(p, n);
}

static int
on_alias(struct parse *p)
{
	const char *name = (const char *)p->event.data.alias.anchor;
	struct node *n = gv_map_get(&p->anchors, name, strlen(name));

	if (n == NULL)
		return refuse(
		    p, line_of(p), "an alias has no anchor before it");
	if (n->open)
		return refuse(
		    p, line_of(p), "an alias is inside its own anchor");
	return place(p, n);
}

static int
on_start(struct parse *p, enum gv_yaml_kind kind, const yaml_char_t *anchor)
{
	struct node *n;
	int r;

	if (p->depth == GV_YAML_MAX_DEPTH)
		return refuse(p, line_of(p), "it is nested too deep");
	n = new_node(p, kind);
	if (n == NULL)
		return GV_ENOMEM;
	n->open = true;
	if ((r = remember(p, anchor, n)) == 0)
		p->stack[p->depth++] = n;
	return r;
}

static int
on_end(struct parse *p)
{
	struct node *n = p->stack[--p->depth];

	n->open = false;
	return place(p, n);
}

static int
on_event(struct parse *p)
{
	switch (p->event.type) {
	case YAML_DOCUMENT_START_EVENT:
		if (p->documents++)
			return refuse(p, line_of(p),
			    "a second document begins here; one is enough");
		return 0;
	case YAML_SCALAR_EVENT:
		return on_scalar(p);
	case YAML_ALIAS_EVENT:
		return on_alias(p);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(
		    p, GV_YAML_LIST, p->event.data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return on_start(
		    p, GV_YAML_MAP, p->event.data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(p);
	default:
		return 0;
	}
}

static int
parse_all(struct parse *p)
{
	bool end = false;
	int r = 0;

	while (r == 0 && !end) {
		if (!p->library->parser_parse(&p->parser, &p->event))
			return say_broken(p);
		end = p->event.type == YAML_STREAM_END_EVENT;
		r = on_event(p);
		p->library->event_delete(&p->event);
	}
	return r;
}

int
gv_yaml_parse(
    struct gv_yaml **out, const char *name, const char *data, size_t len)
{
	struct parse p = {
		.name = name, .text = data, .len = len, .anchors = GV_MAP_INIT
	};
	int r;

	if (len > GV_YAML_MAX_SIZE)
		return gv_err(GV_EREFUSED, "%s:1: it is too large", name);
	if ((r = gv_yaml_library(&p.library)) < 0)
		return r;
	if (!p.library->parser_initialize(&p.parser))
		return gv_err_nomem();
	p.yaml = calloc(1, sizeof(*p.yaml));
	if (p.yaml == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	p.library->parser_set_input_string(
	    &p.parser, (const unsigned char *)data, len);
	/* the bytes are text, whatever mark stands in front of them */
	p.library->parser_set_encoding(&p.parser, YAML_UTF8_ENCODING);
	r = parse_all(&p);
out:
	p.library->parser_delete(&p.parser);
	gv_map_release(&p.anchors);
	if (r < 0)
		gv_yaml_free(p.yaml);
	else
		*out = p.yaml;
	return r;
}

void
gv_yaml_free(struct gv_yaml *yaml)
{
	struct node *n;

	if (yaml == NULL)
		return;
	for (n = yaml->nodes; n; n = n->next) {
		free((void *)n->pub.keys);
		free((void *)n->pub.values);
		gv_map_release(&n->seen);
	}
	gv_arena_release(&yaml->arena);
	free(yaml);
}

const struct gv_yaml_node *
gv_yaml_root(const struct gv_yaml *yaml)
{
	return yaml->root ? &yaml->root->pub : NULL;
}

const struct gv_yaml_node *
gv_yaml_get(const struct gv_yaml_node *map, const char *key)
{
	size_t i, len = strlen(key);

	if (map == NULL || map->kind != GV_YAML_MAP)
		return NULL;
	for (i = 0; i < map->n; i++)
		if (map->keys[i]->len == len &&
		    memcmp(map->keys[i]->text, key, len) == 0)
			return map->values[i];
	return NULL;
}

bool
gv_yaml_is_null(const struct gv_yaml_node *node)
{
	return node->kind == GV_YAML_SCALAR && node->plain &&
	    (node->len == 0 || strcmp(node->text, "~") == 0 ||
		strcmp(node->text, "null") == 0);
}

const char *
gv_yaml_version(void)
{
	const struct gv_yaml_library *library;

	return gv_yaml_library(&library) < 0 ? ""
					     : library->get_version_string();
}
