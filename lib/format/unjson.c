#include "format/unjson.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "format/jsontext_internal.h"

struct gv_unjson {
	struct gv_arena arena;
	struct gv_unjson_node root;
};

struct parse {
	struct gv_unjson *doc;
	const char *name;
	char *data;
	struct gv_jsontext j;
	struct gv_jsontext_token t; /* the last one */
	char *number_end; /* where a NUL belongs that is not there yet */
	size_t nodes;
};

static int
refuse(const struct parse *p, const char *what)
{
	size_t line, column;

	gv_jsontext_where(&p->j, &line, &column);
	return gv_err(
	    GV_EREFUSED, "%s:%zu: this is no JSON: %s", p->name, line, what);
}

/* The next token: 1, or 0 at the end. What stands behind a number is needed
 * until then. */
static int
next(struct parse *p)
{
	int r = gv_jsontext_next(&p->j, &p->t);

	if (r < 0)
		return refuse(p, p->j.wrong);
	gv_jsontext_forget(&p->j);
	if (p->number_end)
		*p->number_end = '\0';
	p->number_end = NULL;
	return r;
}

/* Decode what a token has, where it stands: never longer, and behind it is at
 * least its quote. */
static int
decode(struct parse *p, const char **out, size_t *out_len, const char *text,
    size_t len)
{
	char *at = p->data + (text - p->data);

	if (gv_jsontext_has_half(text, len))
		return refuse(p, "half a character");
	*out_len = gv_jsontext_decode(at, text, len);
	at[*out_len] = '\0';
	*out = at;
	return 0;
}

/* ---- lists and maps ---- */

static int read_value(struct parse *p, struct gv_unjson_node *out);

static struct gv_unjson_node *
new_node(struct parse *p)
{
	if (p->nodes++ == GV_UNJSON_MAX_NODES) {
		refuse(p, "it has too many values");
		return NULL;
	}
	return gv_arena_alloc(&p->doc->arena, sizeof(struct gv_unjson_node));
}

static int
read_key(struct parse *p, struct gv_unjson_node *out, struct gv_map *seen)
{
	int r = decode(p, &out->key, &out->key_len, p->t.key, p->t.key_len);

	if (r < 0)
		return r;
	if (gv_map_get(seen, out->key, out->key_len))
		return refuse(p, "a key stands here for the second time");
	return gv_map_put(seen, out->key, out->key_len, out);
}

static int
read_members(struct parse *p, struct gv_unjson_node *out)
{
	struct gv_map seen = GV_MAP_INIT;
	const struct gv_unjson_node **to = &out->first;
	int r;

	if (p->j.depth > GV_UNJSON_MAX_DEPTH)
		return refuse(p, "it is nested too deep");
	while ((r = next(p)) > 0 && p->t.kind != GV_JSONTEXT_LIST_END &&
	    p->t.kind != GV_JSONTEXT_MAP_END) {
		struct gv_unjson_node *node = new_node(p);

		/* the message is set in either case */
		if (node == NULL)
			r = p->nodes > GV_UNJSON_MAX_NODES ? GV_EREFUSED
							   : GV_ENOMEM;
		if (r > 0 && p->t.has_key)
			r = read_key(p, node, &seen);
		if (r >= 0)
			r = read_value(p, node);
		if (r < 0)
			break;
		*to = node;
		to = &node->next;
	}
	gv_map_release(&seen);
	return r < 0 ? r : 0;
}

/* The value that the last token is, or begins. */
static int
read_value(struct parse *p, struct gv_unjson_node *out)
{
	static const enum gv_unjson_kind kinds[] = {
		[GV_JSONTEXT_NULL] = GV_UNJSON_NULL,
		[GV_JSONTEXT_FALSE] = GV_UNJSON_FALSE,
		[GV_JSONTEXT_TRUE] = GV_UNJSON_TRUE,
		[GV_JSONTEXT_NUMBER] = GV_UNJSON_NUMBER,
		[GV_JSONTEXT_TEXT] = GV_UNJSON_TEXT,
		[GV_JSONTEXT_LIST] = GV_UNJSON_LIST,
		[GV_JSONTEXT_MAP] = GV_UNJSON_MAP,
	};

	out->kind = kinds[p->t.kind];
	if (out->kind == GV_UNJSON_TEXT)
		return decode(p, &out->text, &out->len, p->t.p, p->t.len);
	if (out->kind == GV_UNJSON_NUMBER) {
		out->text = p->t.p;
		out->len = p->t.len;
		p->number_end = p->data + (out->text - p->data) + out->len;
	}
	if (out->kind == GV_UNJSON_LIST || out->kind == GV_UNJSON_MAP)
		return read_members(p, out);
	return 0;
}

int
gv_unjson_parse(
    struct gv_unjson **out, const char *name, char *data, size_t len)
{
	struct parse p = { .name = name, .data = data };
	int r;

	p.doc = calloc(1, sizeof(*p.doc));
	if (p.doc == NULL)
		return gv_err_nomem();
	data[len] = '\0';
	gv_jsontext_init(&p.j, data, len);
	r = next(&p);
	if (r > 0)
		r = read_value(&p, &p.doc->root);
	if (r == 0)
		r = next(&p);
	if (r < 0)
		gv_unjson_free(p.doc);
	else
		*out = p.doc;
	return r;
}

void
gv_unjson_free(struct gv_unjson *doc)
{
	if (doc == NULL)
		return;
	gv_arena_release(&doc->arena);
	free(doc);
}

const struct gv_unjson_node *
gv_unjson_root(const struct gv_unjson *doc)
{
	return &doc->root;
}

const struct gv_unjson_node *
gv_unjson_get(const struct gv_unjson_node *map, const char *key)
{
	const struct gv_unjson_node *node;
	size_t len = strlen(key);

	if (map == NULL || map->kind != GV_UNJSON_MAP)
		return NULL;
	for (node = map->first; node; node = node->next)
		if (node->key_len == len && memcmp(node->key, key, len) == 0)
			return node;
	return NULL;
}

const char *
gv_unjson_get_text(const struct gv_unjson_node *map, const char *key)
{
	const struct gv_unjson_node *node = gv_unjson_get(map, key);

	return node && node->kind == GV_UNJSON_TEXT &&
		strlen(node->text) == node->len
	    ? node->text
	    : NULL;
}

int64_t
gv_unjson_count(const struct gv_unjson_node *node)
{
	int64_t n = 0;
	const char *c;

	if (node == NULL || node->kind != GV_UNJSON_NUMBER)
		return -1;
	for (c = node->text; *c; c++) {
		if (*c < '0' || *c > '9' || n > (INT64_MAX - (*c - '0')) / 10)
			return -1;
		n = n * 10 + (*c - '0');
	}
	return n;
}
