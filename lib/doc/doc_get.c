#include <stdlib.h>

#include "base/buf.h"
#include "doc/doc_internal.h"

/*
 * Looking up by key and by path. Aliases are followed and merges searched, so a
 * small document may be a large one to search: each search visits VISITS_MAX
 * nodes at most and finds nothing beyond them.
 */

#define VISITS_MAX 1000000

struct search {
	const struct gv_doc *doc;
	const char *key; /* or the whole path */
	size_t visits;
};

static uint32_t
get_own(struct search *s, uint32_t map, const char *key)
{
	uint32_t i, found = GV_DOC_NONE;

	for (i = gv_doc_first(s->doc, map);
	     i != GV_DOC_NONE && s->visits < VISITS_MAX;
	     i = gv_doc_next(s->doc, i), s->visits++)
		if (gv_doc_key_is(s->doc, i, key))
			found = i;
	return gv_doc_follow(s->doc, found);
}

static bool
is_map(const struct gv_doc *doc, uint32_t node)
{
	return node != GV_DOC_NONE &&
	    (doc->nodes[node].kind == GV_DOC_MAP ||
		doc->nodes[node].kind == GV_DOC_BLOCK);
}

/* One merged map may merge others. */
static uint32_t
get(struct search *s, uint32_t map, unsigned depth)
{
	uint32_t found, merged, i;

	map = gv_doc_follow(s->doc, map);
	if (!is_map(s->doc, map) || depth > GV_DOC_DEPTH_NESTED)
		return GV_DOC_NONE;
	found = get_own(s, map, s->key);
	if (found != GV_DOC_NONE || s->doc->n_marks == 0)
		return found;
	merged = get_own(s, map, "<<");
	if (merged == GV_DOC_NONE)
		return GV_DOC_NONE;
	if (s->doc->nodes[merged].kind != GV_DOC_LIST)
		return get(s, merged, depth + 1);
	for (i = gv_doc_first(s->doc, merged);
	     found == GV_DOC_NONE && i != GV_DOC_NONE;
	     i = gv_doc_next(s->doc, i))
		found = get(s, i, depth + 1);
	return found;
}

uint32_t
gv_doc_get(const struct gv_doc *doc, uint32_t map, const char *key)
{
	struct search s = { .doc = doc, .key = key };

	return map == GV_DOC_NONE ? map : get(&s, map, 0);
}

/* ---- paths --------------------------------------------------------------- */

/* What of a path is left behind the step of this node, or NULL. */
static const char *
step(const struct gv_doc *doc, uint32_t node, const char *path, bool is_first)
{
	struct gv_buf b = GV_BUF_INIT;
	const char *rest = NULL;
	size_t begin;

	/* a dot before it, unless it is the first */
	if (!is_first)
		gv_buf_addch(&b, '\0');
	begin = b.len;
	gv_doc_add_step(&b, 0, doc, node);
	if (gv_buf_check(&b) == 0 && strlen(path) >= b.len - begin &&
	    memcmp(b.p + begin, path, b.len - begin) == 0)
		rest = path + b.len - begin;
	if (rest && *rest && *rest != '.' && *rest != '[')
		rest = NULL;
	gv_buf_release(&b);
	return rest;
}

static uint32_t
find(struct search *s, uint32_t in, const char *path, unsigned depth)
{
	const struct gv_doc *doc = s->doc;
	uint32_t i, got, found = GV_DOC_NONE, merged;
	const char *rest;

	if (depth > GV_DOC_DEPTH_MAX)
		return found;
	for (i = gv_doc_first(doc, in);
	     i != GV_DOC_NONE && s->visits++ < VISITS_MAX;
	     i = gv_doc_next(doc, i)) {
		rest = doc->nodes[i].kind == GV_DOC_LABEL
		    ? NULL
		    : step(doc, i, path, path == s->key);
		if (rest == NULL)
			continue;
		got = gv_doc_follow(doc, i);
		if (*rest && got != GV_DOC_NONE)
			got = find(s, got, rest, depth + 1);
		if (got != GV_DOC_NONE)
			found = got;
	}
	if (found != GV_DOC_NONE || doc->n_marks == 0 || !is_map(doc, in))
		return found;
	merged = get_own(s, in, "<<");
	if (merged == GV_DOC_NONE)
		return found;
	if (doc->nodes[merged].kind != GV_DOC_LIST)
		return find(s, merged, path, depth + 1);
	for (i = gv_doc_first(doc, merged);
	     found == GV_DOC_NONE && i != GV_DOC_NONE; i = gv_doc_next(doc, i))
		if ((got = gv_doc_follow(doc, i)) != GV_DOC_NONE)
			found = find(s, got, path, depth + 1);
	return found;
}

uint32_t
gv_doc_find(const struct gv_doc *doc, uint32_t from, const char *path)
{
	struct search s = { .doc = doc, .key = path };
	uint32_t i, got, found = GV_DOC_NONE;

	if (from != GV_DOC_NONE)
		return find(&s, from, path, 0);
	for (i = gv_doc_first(doc, from); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		got = find(&s, i, path, 0);
		if (got != GV_DOC_NONE)
			found = got;
	}
	return found;
}
