#include "infra/envkey.h"

#include <string.h>

#include "base/buf.h"
#include "doc/doc.h"
#include "infra/environment.h"

/* The environment that a whole text names; NULL: none. */
static const char *
name_of(const struct gv_buf *text)
{
	struct gv_environment_word w;

	if (gv_buf_check(text) < 0 ||
	    !gv_environment_next_word(&w, text->p, text->len, 0) || w.at != 0 ||
	    w.len != text->len)
		return NULL;
	return w.name;
}

/* What an element of a list is named by; NONE: nothing. */
static uint32_t
name_in(const struct gv_doc *doc, uint32_t map)
{
	static const char *const keys[] = { "environment", "env", "stage",
		"name" };
	uint32_t node;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		node = gv_doc_get(doc, map, keys[i]);
		if (node != GV_DOC_NONE &&
		    doc->nodes[node].kind == GV_DOC_SCALAR)
			return node;
	}
	return GV_DOC_NONE;
}

/* What a node is named: its key, or in a list its value. */
static const char *
env_of(const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];
	struct gv_buf text = GV_BUF_INIT;
	const char *env = NULL;
	uint32_t name;

	if (n->key_len)
		gv_doc_key(&text, doc, node);
	else if (n->kind == GV_DOC_SCALAR)
		gv_doc_text(&text, doc, node);
	else if (n->kind == GV_DOC_MAP &&
	    (name = name_in(doc, node)) != GV_DOC_NONE)
		gv_doc_text(&text, doc, name);
	if (text.len)
		env = name_of(&text);
	gv_buf_release(&text);
	return env;
}

/* Another environment in the same map or list. */
static const char *
other_of(const struct gv_doc *doc, uint32_t parent, const char *env)
{
	uint32_t i;
	const char *other;

	for (i = gv_doc_first(doc, parent); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		other = env_of(doc, i);
		if (other && strcmp(other, env) != 0)
			return other;
	}
	return NULL;
}

bool
gv_envkey_find(
    struct gv_envkey *out, const struct gv_doc *doc, const char *path)
{
	uint32_t node = gv_doc_find(doc, GV_DOC_NONE, path);
	const char *env, *other;

	for (; node != GV_DOC_NONE; node = doc->nodes[node].parent) {
		const uint32_t parent = doc->nodes[node].parent;

		if (parent == GV_DOC_NONE || (env = env_of(doc, node)) == NULL)
			continue;
		if ((other = other_of(doc, parent, env)) == NULL)
			continue;
		*out = (struct gv_envkey){ env, node, other };
		return true;
	}
	return false;
}

/* The children of one node, if they are of several environments. */
static int
report(const struct gv_doc *doc, uint32_t parent,
    int (*fn)(void *ctx, const struct gv_envkey *key), void *ctx)
{
	const char *first = NULL, *second = NULL, *env;
	uint32_t i;
	int r = 0;

	for (i = gv_doc_first(doc, parent); i != GV_DOC_NONE && !second;
	     i = gv_doc_next(doc, i)) {
		if ((env = env_of(doc, i)) == NULL)
			continue;
		if (first == NULL)
			first = env;
		else if (strcmp(first, env) != 0)
			second = env;
	}
	if (second == NULL)
		return 0;
	for (i = gv_doc_first(doc, parent); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		struct gv_envkey key = { .node = i };

		if ((key.env = env_of(doc, i)) == NULL)
			continue;
		key.other = strcmp(key.env, first) ? first : second;
		r = fn(ctx, &key);
	}
	return r;
}

int
gv_envkey_each(const struct gv_doc *doc,
    int (*fn)(void *ctx, const struct gv_envkey *key), void *ctx)
{
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < doc->n; i++)
		if (doc->nodes[i].kind != GV_DOC_SCALAR)
			r = report(doc, i, fn, ctx);
	return r;
}
