#include "format/unjson.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

#include "base/err.h"
#include "base/map.h"
#include "format/jsontext_internal.h"

/*
 * jsmn finds where each value begins and ends, and what it is in. It lets pass
 * much that is no JSON, even when it is strict, and refuses a document that is
 * one number. So jsontext checks the grammar before it, and refuses with a
 * line; what comes behind that check cannot fail but for want of memory.
 */

struct gv_unjson {
	struct gv_unjson_node *nodes; /* the first one is the root */
};

struct parse {
	const char *name;
	char *data;
	size_t len;
	size_t n_values, n_keys; /* as the check has counted them */
	jsmntok_t *tokens;       /* all of them, in the order of the text */
	int n;
	struct gv_unjson_node *nodes;
	size_t at, line; /* up to where lines are counted */
};

/* ---- the check ---------------------------------------------------------- */

static int
refuse(const struct parse *p, size_t line, const char *what)
{
	return gv_err(
	    GV_EREFUSED, "%s:%zu: this is no JSON: %s", p->name, line, what);
}

static int
refuse_here(
    const struct parse *p, const struct gv_jsontext *j, const char *what)
{
	size_t line, column;

	gv_jsontext_where(j, &line, &column);
	return refuse(p, line, what);
}

static const char *
find_wrong(struct parse *p, const struct gv_jsontext *j,
    const struct gv_jsontext_token *t)
{
	const bool is_end =
	    t->kind == GV_JSONTEXT_LIST_END || t->kind == GV_JSONTEXT_MAP_END;

	if (j->depth > GV_UNJSON_MAX_DEPTH)
		return "it is nested too deep";
	if ((t->has_key && gv_jsontext_has_half(t->key, t->key_len)) ||
	    (t->kind == GV_JSONTEXT_TEXT && gv_jsontext_has_half(t->p, t->len)))
		return "half a character";
	p->n_keys += t->has_key;
	p->n_values += !is_end;
	/* the root is not counted */
	return p->n_values > GV_UNJSON_MAX_NODES + 1 ? "it has too many values"
						     : NULL;
}

static int
check(struct parse *p)
{
	struct gv_jsontext j;
	struct gv_jsontext_token t;
	const char *wrong;
	int r;

	gv_jsontext_init(&j, p->data, p->len);
	if (p->len >= INT_MAX)
		return refuse_here(p, &j, "it is larger than 2 GiB");
	while ((r = gv_jsontext_next(&j, &t)) > 0)
		if ((wrong = find_wrong(p, &j, &t)))
			return refuse_here(p, &j, wrong);
	return r < 0 ? refuse_here(p, &j, j.wrong) : 0;
}

/* ---- the tokens --------------------------------------------------------- */

/* A number, true, false or null that is the whole document: jsmn wants a comma
 * or a bracket behind each of these. */
static bool
take_lonely(struct parse *p)
{
	const char *begin = p->data, *end = p->data + p->len;

	while (gv_jsontext_is_blank(*begin))
		begin++;
	while (gv_jsontext_is_blank(end[-1]))
		end--;
	if (strchr("[{\"", *begin))
		return false;
	p->tokens[0] = (jsmntok_t){ .type = JSMN_PRIMITIVE,
		.start = (int)(begin - p->data),
		.end = (int)(end - p->data),
		.parent = -1 };
	p->n = 1;
	return true;
}

static int
find_tokens(struct parse *p)
{
	const size_t n = p->n_values + p->n_keys;
	jsmn_parser parser;

	/* a text that passed the check has a value */
	if (p->n_values == 0)
		return refuse(p, 1, "it has no value");
	p->tokens = calloc(n, sizeof(*p->tokens));
	p->nodes = calloc(p->n_values, sizeof(*p->nodes));
	if (p->tokens == NULL || p->nodes == NULL)
		return gv_err_nomem();
	if (take_lonely(p))
		return 0;
	jsmn_init(&parser);
	p->n = jsmn_parse(&parser, p->data, p->len, p->tokens, (unsigned)n);
	return p->n == (int)n ? 0 : refuse(p, 1, "its values do not add up");
}

static bool
is_key(const struct parse *p, int i)
{
	return p->tokens[i].parent >= 0 &&
	    p->tokens[p->tokens[i].parent].type == JSMN_OBJECT;
}

/* ---- the tree ----------------------------------------------------------- */

static enum gv_unjson_kind
kind_of(const struct parse *p, const jsmntok_t *t)
{
	switch (t->type) {
	case JSMN_OBJECT:
		return GV_UNJSON_MAP;
	case JSMN_ARRAY:
		return GV_UNJSON_LIST;
	case JSMN_STRING:
		return GV_UNJSON_TEXT;
	default:
		break;
	}
	switch (p->data[t->start]) {
	case 'n':
		return GV_UNJSON_NULL;
	case 't':
		return GV_UNJSON_TRUE;
	case 'f':
		return GV_UNJSON_FALSE;
	default:
		return GV_UNJSON_NUMBER;
	}
}

/* `size`, of which there is no need, becomes the number of a value's node. From
 * the last one on, each goes in front of those that are in the same list. */
static void
link_nodes(struct parse *p)
{
	int i, n = 0, up;

	for (i = 0; i < p->n; i++)
		if (!is_key(p, i))
			p->tokens[i].size = n++;
	for (i = p->n - 1; i > 0; i--) {
		struct gv_unjson_node *node, *in;

		if (is_key(p, i))
			continue;
		up = p->tokens[i].parent;
		up = is_key(p, up) ? p->tokens[up].parent : up;
		node = &p->nodes[p->tokens[i].size];
		in = &p->nodes[p->tokens[up].size];
		node->next = in->first;
		in->first = node;
	}
}

static void
count_lines(struct parse *p, size_t to)
{
	for (; p->at < to; p->at++)
		p->line += p->data[p->at] == '\n';
}

/* Decode a text where it stands: never longer, and behind it is its quote. */
static const char *
decode(struct parse *p, size_t *len, const jsmntok_t *t)
{
	char *at = p->data + t->start;

	*len = gv_jsontext_decode(at, at, (size_t)(t->end - t->start));
	at[*len] = '\0';
	return at;
}

/* Give nodes their texts, in the order of the document. Lines are counted
 * before a NUL takes the place of a line's end. A key's `end` becomes its line.
 */
static void
fill_nodes(struct parse *p)
{
	struct gv_unjson_node *node;
	jsmntok_t *t, *key;
	int i;

	p->line = 1;
	for (i = 0; i < p->n; i++) {
		t = &p->tokens[i];
		if (is_key(p, i))
			continue;
		node = &p->nodes[t->size];
		node->kind = kind_of(p, t);
		key = t->parent >= 0 && is_key(p, t->parent)
		    ? &p->tokens[t->parent]
		    : NULL;
		if (key) {
			count_lines(p, (size_t)key->start);
			p->at = (size_t)key->end;
			node->key = decode(p, &node->key_len, key);
			key->end = (int)p->line;
		}
		count_lines(p, (size_t)t->start);
		if (node->kind == GV_UNJSON_TEXT) {
			p->at = (size_t)t->end;
			node->text = decode(p, &node->len, t);
		} else if (node->kind == GV_UNJSON_NUMBER) {
			count_lines(p, (size_t)t->end + 1);
			node->text = p->data + t->start;
			node->len = (size_t)(t->end - t->start);
			p->data[t->end] = '\0';
		}
	}
}

/* ---- keys --------------------------------------------------------------- */

static int
refuse_twice(const struct parse *p, const struct gv_unjson_node *node)
{
	int i = 0;

	while (i + 1 < p->n && p->data + p->tokens[i].start != node->key)
		i++;
	return refuse(
	    p, (size_t)p->tokens[i].end, "a key is here for the second time");
}

static int
check_keys(const struct parse *p, const struct gv_unjson_node *map)
{
	struct gv_map seen = GV_MAP_INIT;
	const struct gv_unjson_node *n;
	int r = 0;

	for (n = map->first; r == 0 && n; n = n->next)
		r = gv_map_get(&seen, n->key, n->key_len)
		    ? refuse_twice(p, n)
		    : gv_map_put(&seen, n->key, n->key_len, (void *)(size_t)n);
	gv_map_release(&seen);
	return r;
}

static int
check_all_keys(const struct parse *p)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < p->n_values; i++)
		if (p->nodes[i].kind == GV_UNJSON_MAP && p->nodes[i].first)
			r = check_keys(p, &p->nodes[i]);
	return r;
}

/* ---- the document ------------------------------------------------------- */

int
gv_unjson_parse(
    struct gv_unjson **out, const char *name, char *data, size_t len)
{
	struct parse p = { .name = name, .data = data, .len = len };
	struct gv_unjson *doc = calloc(1, sizeof(*doc));
	int r = doc ? 0 : gv_err_nomem();

	data[len] = '\0';
	if (r == 0 && (r = check(&p)) == 0 && (r = find_tokens(&p)) == 0) {
		link_nodes(&p);
		fill_nodes(&p);
		r = check_all_keys(&p);
	}
	free(p.tokens);
	if (r < 0) {
		free(p.nodes);
		free(doc);
		return r;
	}
	doc->nodes = p.nodes;
	*out = doc;
	return 0;
}

void
gv_unjson_free(struct gv_unjson *doc)
{
	if (doc == NULL)
		return;
	free(doc->nodes);
	free(doc);
}

const struct gv_unjson_node *
gv_unjson_root(const struct gv_unjson *doc)
{
	return doc->nodes;
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
