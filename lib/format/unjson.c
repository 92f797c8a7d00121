#include "format/unjson.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/utf8.h"

struct gv_unjson {
	struct gv_arena arena;
	struct gv_unjson_node root;
};

struct parse {
	struct gv_unjson *doc;
	const char *name;
	char *at, *end;
	size_t nodes;
	unsigned line;
};

static int
read_value(struct parse *p, struct gv_unjson_node *out, unsigned depth);

static int
refuse(const struct parse *p, const char *what)
{
	return gv_err(
	    GV_EREFUSED, "%s:%u: this is no JSON: %s", p->name, p->line, what);
}

/* What was read and is no part of a value becomes NUL: so there is one behind
 * each number without a byte to spare. */
static void
skip_space(struct parse *p)
{
	while (p->at < p->end &&
	    (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' ||
		*p->at == '\r')) {
		p->line += *p->at == '\n';
		*p->at++ = '\0';
	}
}

/* Skip this character and the space around it, if it is the next one. */
static bool
skip(struct parse *p, char c)
{
	skip_space(p);
	if (p->at == p->end || *p->at != c)
		return false;
	*p->at++ = '\0';
	skip_space(p);
	return true;
}

/* ---- texts ---- */

static int
read_hex(struct parse *p, uint32_t *out)
{
	size_t i;

	*out = 0;
	if (p->end - p->at < 4)
		return refuse(p, "a text ends early");
	for (i = 0; i < 4; i++) {
		const char c = *p->at++;

		if (c >= '0' && c <= '9')
			*out = *out << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*out = *out << 4 | (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			*out = *out << 4 | (uint32_t)(c - 'A' + 10);
		else
			return refuse(p, "\\u takes four hexadecimal digits");
	}
	return 0;
}

static char *
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

/* Behind \u: one character, by a pair where it takes two. */
static int
read_character(struct parse *p, char **out)
{
	uint32_t c, low;
	int r = read_hex(p, &c);

	if (r < 0)
		return r;
	if (c >= 0xd800 && c < 0xe000) {
		if (c >= 0xdc00 || p->end - p->at < 2 || p->at[0] != '\\' ||
		    p->at[1] != 'u')
			return refuse(p, "half a character");
		p->at += 2;
		r = read_hex(p, &low);
		if (r < 0)
			return r;
		if (low < 0xdc00 || low >= 0xe000)
			return refuse(p, "half a character");
		c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
	}
	*out = put_utf8(*out, c);
	return 0;
}

static int
read_escape(struct parse *p, char **out)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	const char *found;
	char c;

	if (p->at == p->end)
		return refuse(p, "a text ends early");
	c = *p->at++;
	if (c == 'u')
		return read_character(p, out);
	found = c ? strchr(names, c) : NULL;
	if (found == NULL)
		return refuse(p, "a backslash before what takes none");
	*(*out)++ = meant[found - names];
	return 0;
}

/* What it stands for is never longer than what stands there. */
static int
read_text(struct parse *p, const char **text, size_t *len)
{
	char *begin, *out;
	int r = 0;

	if (p->at == p->end || *p->at != '"')
		return refuse(p, "a text should begin here");
	begin = out = ++p->at;
	while (r == 0 && p->at < p->end && *p->at != '"') {
		if ((unsigned char)*p->at < ' ')
			return refuse(p, "a control character in a text");
		if (*p->at == '\\') {
			p->at++;
			r = read_escape(p, &out);
		} else {
			*out++ = *p->at++;
		}
	}
	if (r < 0)
		return r;
	if (p->at == p->end)
		return refuse(p, "a text ends early");
	p->at++;
	*out = '\0';
	*text = begin;
	*len = (size_t)(out - begin);
	return gv_utf8_is_valid(begin, *len)
	    ? 0
	    : refuse(p, "a text that is not in UTF-8");
}

/* ---- numbers and words ---- */

static size_t
skip_digits(struct parse *p)
{
	char *begin = p->at;

	while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
		p->at++;
	return (size_t)(p->at - begin);
}

static bool
skip_one_of(struct parse *p, char a, char b)
{
	if (p->at == p->end || (*p->at != a && *p->at != b))
		return false;
	p->at++;
	return true;
}

static int
read_number(struct parse *p, struct gv_unjson_node *out)
{
	const char *whole;

	out->kind = GV_UNJSON_NUMBER;
	out->text = p->at;
	skip_one_of(p, '-', '-');
	whole = p->at;
	if (skip_digits(p) == 0 || (*whole == '0' && p->at > whole + 1))
		return refuse(p, "a number that is none");
	if (skip_one_of(p, '.', '.') && skip_digits(p) == 0)
		return refuse(p, "a number that is none");
	if (skip_one_of(p, 'e', 'E')) {
		skip_one_of(p, '+', '-');
		if (skip_digits(p) == 0)
			return refuse(p, "a number that is none");
	}
	out->len = (size_t)(p->at - out->text);
	return 0;
}

static bool
is_word(struct parse *p, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(p->end - p->at) < len || memcmp(p->at, word, len) != 0)
		return false;
	p->at += len;
	return true;
}

static int
read_word(struct parse *p, struct gv_unjson_node *out)
{
	if (is_word(p, "null"))
		out->kind = GV_UNJSON_NULL;
	else if (is_word(p, "true"))
		out->kind = GV_UNJSON_TRUE;
	else if (is_word(p, "false"))
		out->kind = GV_UNJSON_FALSE;
	else
		return refuse(p, "a value should begin here");
	return 0;
}

/* ---- lists and maps ---- */

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
	int r = read_text(p, &out->key, &out->key_len);

	if (r < 0)
		return r;
	if (gv_map_get(seen, out->key, out->key_len))
		return refuse(p, "a key stands here for the second time");
	r = gv_map_put(seen, out->key, out->key_len, out);
	if (r < 0)
		return r;
	return skip(p, ':') ? 0 : refuse(p, "a key without a value");
}

static int
read_members(struct parse *p, struct gv_unjson_node *out, unsigned depth)
{
	const char close = out->kind == GV_UNJSON_MAP ? '}' : ']';
	struct gv_map seen = GV_MAP_INIT;
	const struct gv_unjson_node **to = &out->first;
	bool more = !skip(p, close);
	int r = 0;

	while (r == 0 && more) {
		struct gv_unjson_node *node = new_node(p);

		/* the message is set in either case */
		if (node == NULL)
			r = p->nodes > GV_UNJSON_MAX_NODES ? GV_EREFUSED
							   : GV_ENOMEM;
		if (r == 0 && close == '}')
			r = read_key(p, node, &seen);
		if (r == 0)
			r = read_value(p, node, depth + 1);
		if (r < 0)
			break;
		*to = node;
		to = &node->next;
		more = skip(p, ',');
		if (!more && !skip(p, close))
			r = refuse(p, "it ends early, or a comma is missing");
	}
	gv_map_release(&seen);
	return r;
}

static int
read_value(struct parse *p, struct gv_unjson_node *out, unsigned depth)
{
	if (depth > GV_UNJSON_MAX_DEPTH)
		return refuse(p, "it is nested too deep");
	if (p->at == p->end)
		return refuse(p, "it ends early");
	if (*p->at == '"') {
		out->kind = GV_UNJSON_TEXT;
		return read_text(p, &out->text, &out->len);
	}
	if (*p->at == '-' || (*p->at >= '0' && *p->at <= '9'))
		return read_number(p, out);
	if (*p->at != '{' && *p->at != '[')
		return read_word(p, out);
	out->kind = *p->at == '{' ? GV_UNJSON_MAP : GV_UNJSON_LIST;
	*p->at++ = '\0';
	skip_space(p);
	return read_members(p, out, depth);
}

int
gv_unjson_parse(
    struct gv_unjson **out, const char *name, char *data, size_t len)
{
	struct parse p = { NULL, name, data, data + len, 0, 1 };
	int r;

	p.doc = calloc(1, sizeof(*p.doc));
	if (p.doc == NULL)
		return gv_err_nomem();
	data[len] = '\0';
	skip_space(&p);
	r = read_value(&p, &p.doc->root, 1);
	skip_space(&p);
	if (r == 0 && p.at < p.end)
		r = refuse(&p, "something stands behind the document");
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
