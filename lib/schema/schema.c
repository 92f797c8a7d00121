#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/schema_internal.h"
#include "schema/uri.h"

int
gv_schema_new(struct gv_schema **out, const struct gv_schema_opts *opts)
{
	struct gv_schema *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return gv_err_nomem();
	if (opts)
		s->opts = *opts;
	s->last_resource = &s->resources;
	*out = s;
	return 0;
}

static void
free_document(struct gv_schema_document *d)
{
	gv_instance_release(&d->in);
	if (d->own)
		gv_doc_release(d->own);
	free(d->own);
	free(d->nodes);
	free(d->resources);
	free(d);
}

void
gv_schema_free(struct gv_schema *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n_documents; i++)
		free_document(s->documents[i]);
	for (i = 0; i < s->n_patterns; i++)
		gv_pattern_free(s->patterns[i]);
	free(s->documents);
	free(s->patterns);
	free(s->queue);
	gv_map_release(&s->uris);
	gv_map_release(&s->anchors);
	gv_arena_release(&s->arena);
	free(s);
}

/* ---- documents ----------------------------------------------------------- */

static int
grow(struct gv_schema *s)
{
	struct gv_schema_document **more;
	uint16_t cap;

	if (s->n_documents == UINT16_MAX)
		return gv_err(GV_EREFUSED,
		    "a schema has more than %u documents", UINT16_MAX);
	if (s->n_documents < s->cap_documents)
		return 0;
	cap = s->cap_documents > UINT16_MAX / 2
	    ? UINT16_MAX
	    : (uint16_t)(s->cap_documents * 2 + 4);
	more = realloc(s->documents, cap * sizeof(struct gv_schema_document *));
	if (more == NULL)
		return gv_err_nomem();
	s->documents = more;
	s->cap_documents = cap;
	return 0;
}

static int
add(struct gv_schema *s, const char *uri, const struct gv_doc *doc,
    uint32_t node, struct gv_schema_document **out)
{
	struct gv_schema_document *d;
	int r;

	if ((r = grow(s)) < 0)
		return r;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return gv_err_nomem();
	d->uri = uri;
	if ((r = gv_instance_read(&d->in, uri, doc, node, NULL)) < 0 ||
	    (r = gv_instance_make_index(&d->in)) < 0) {
		free_document(d);
		return r;
	}
	d->nodes = calloc(d->in.n, sizeof(struct gv_schema_node *));
	d->resources = calloc(d->in.n, sizeof(struct gv_schema_resource *));
	if (d->nodes == NULL || d->resources == NULL) {
		free_document(d);
		return gv_err_nomem();
	}
	s->documents[s->n_documents] = d;
	*out = d;
	return s->n_documents++;
}

int
gv_schema_add(struct gv_schema *s, const char *uri, const struct gv_doc *doc,
    uint32_t node)
{
	struct gv_schema_document *d;

	return add(s, uri, doc, node, &d);
}

const struct gv_instance *
gv_schema_document(const struct gv_schema *s, uint16_t document)
{
	return document < s->n_documents ? &s->documents[document]->in : NULL;
}

/* Read the built-in schema number `i` as a document. */
static int
add_meta(struct gv_schema *s, const char *uri, const char *text)
{
	struct gv_doc *doc = calloc(1, sizeof(*doc));
	struct gv_schema_document *d = NULL;
	int r;

	if (doc == NULL)
		return gv_err_nomem();
	r = gv_doc_read(doc, GV_DOC_FORMAT_JSON, text, strlen(text), NULL);
	if (r == 0)
		r = add(s, uri, doc, doc->parts[0].node, &d);
	if (r < 0 || d == NULL) {
		gv_doc_release(doc);
		free(doc);
		return r;
	}
	d->own = doc;
	return gv_schema_index(s, (uint16_t)r);
}

int
gv_schema_load_meta(struct gv_schema *s, const char *uri, size_t len)
{
	const char *text, *name;
	size_t i;
	int r;

	for (i = 0; (text = gv_schema_meta(i, &name)) != NULL; i++)
		if (strlen(name) == len && memcmp(name, uri, len) == 0) {
			r = add_meta(s, name, text);
			return r < 0 ? r : 1;
		}
	return 0;
}

/* ---- compiling ----------------------------------------------------------- */

struct gv_schema_node *
gv_schema_node_at(struct gv_schema *s, uint16_t document, uint32_t at)
{
	struct gv_schema_node **nodes = s->documents[document]->nodes, **more;
	size_t cap = s->cap_queue ? s->cap_queue * 2 : 64;
	struct gv_schema_node *node;

	if (nodes[at])
		return nodes[at];
	if (s->n_queue == s->cap_queue) {
		more = realloc(s->queue, cap * sizeof(struct gv_schema_node *));
		if (more == NULL) {
			(void)gv_err_nomem();
			return NULL;
		}
		s->queue = more;
		s->cap_queue = cap;
	}
	node = gv_arena_alloc(&s->arena, sizeof(*node));
	if (node == NULL)
		return NULL;
	node->document = document;
	node->at = at;
	node->resource = gv_schema_resource_of(s, document, at);
	s->queue[s->n_queue++] = node;
	nodes[at] = node;
	return node;
}

/* Anchors that a dynamic reference may come to. */
static int
queue_dynamic(struct gv_schema *s)
{
	struct gv_schema_resource *r;
	struct gv_schema_anchor *a;

	if (!s->has_dynamic)
		return 0;
	for (r = s->resources; r; r = r->next)
		for (a = r->dynamic; a; a = a->next)
			if (a->node == NULL &&
			    (a->node = gv_schema_node_at(
				 s, r->document, a->at)) == NULL)
				return GV_ENOMEM;
	return 0;
}

static int
compile_all(struct gv_schema *s)
{
	struct gv_schema_node *node;
	int r;

	do {
		while (s->n_queue) {
			node = s->queue[--s->n_queue];
			if ((r = gv_schema_compile_node(s, node)) < 0)
				return r;
		}
		if ((r = queue_dynamic(s)) < 0)
			return r;
	} while (s->n_queue);
	return 0;
}

int
gv_schema_compile(struct gv_schema *s, uint16_t document, const char *pointer)
{
	const struct gv_instance *in = gv_schema_document(s, document);
	const uint16_t n = s->n_documents;
	uint32_t at = 0;
	uint16_t i;
	int r = GV_ENOTFOUND;

	if (in)
		r = gv_instance_find(&at, in, 0, pointer, strlen(pointer));
	if (r == GV_ENOTFOUND)
		return gv_err(GV_ENOTFOUND, "no schema at '%s' of %s", pointer,
		    in ? s->documents[document]->uri : "a document not added");
	if (r < 0)
		return r;
	for (i = 0; i < n; i++)
		if ((r = gv_schema_index(s, i)) < 0)
			return r;
	s->root = gv_schema_node_at(s, document, at);
	if (s->root == NULL)
		return GV_ENOMEM;
	s->root->is_structural = s->opts.draft == GV_SCHEMA_KUBERNETES;
	return compile_all(s);
}

int
gv_schema_problems(
    const struct gv_schema *s, uint16_t document, struct gv_schema_report *out)
{
	const struct gv_schema_resource *own =
	    s->documents[document]->resources[0];
	const char *uri = "http://json-schema.org/draft-07/schema", *name;
	struct gv_schema *meta = NULL;
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	for (i = 0; own && gv_schema_meta(i, &name); i++)
		if (gv_schema_draft_of(name, strlen(name)) == own->draft) {
			uri = name;
			break;
		}
	if ((r = gv_schema_new(&meta, NULL)) < 0)
		return r;
	r = gv_schema_load_meta(meta, uri, strlen(uri));
	if (r > 0)
		r = gv_schema_compile(meta, 0, "");
	if (r == 0)
		r = gv_schema_check(meta, &s->documents[document]->in, out);
	gv_schema_free(meta);
	return r;
}

/* ---- asking -------------------------------------------------------------- */

const struct gv_schema_node *
gv_schema_root(const struct gv_schema *s)
{
	return s->root;
}

static const struct gv_schema_node *
step_own(const struct gv_schema_node *node, const char *key, size_t len)
{
	const struct gv_schema_maps *m = node->maps;
	uint32_t i;

	if (key == NULL)
		return node->lists ? node->lists->rest : NULL;
	if (m == NULL)
		return NULL;
	for (i = 0; m->slots && i <= m->mask; i++)
		if (m->slots[i].is_used && m->slots[i].node &&
		    m->slots[i].len == len &&
		    memcmp(m->slots[i].name, key, len) == 0)
			return m->slots[i].node;
	for (i = 0; i < m->n_matchers; i++)
		if (m->matchers[i].pattern &&
		    gv_pattern_matches(m->matchers[i].pattern, key, len))
			return m->matchers[i].node;
	return m->additional;
}

/* A schema may refer to itself; allOf may hold many. */
static const struct gv_schema_node *
step(const struct gv_schema_node *node, const char *key, size_t len,
    unsigned depth)
{
	const struct gv_schema_node *found = step_own(node, key, len);
	const struct gv_schema_logic *l = node->logic;
	uint32_t i;

	if (found || l == NULL || depth == 0)
		return found;
	if (l->ref)
		found = step(l->ref, key, len, depth - 1);
	for (i = 0; found == NULL && i < l->all.n; i++)
		found = step(l->all.p[i], key, len, depth - 1);
	return found;
}

const struct gv_schema_node *
gv_schema_step(const struct gv_schema_node *node, const char *key, size_t len)
{
	return node ? step(node, key, len, 8) : NULL;
}

static const struct gv_schema_node *
with_keys(const struct gv_schema_node *node, unsigned depth)
{
	while (node && node->n_keys == 0 && !node->is_set && depth-- &&
	    node->logic)
		node = node->logic->all.n ? node->logic->all.p[0] : NULL;
	return node;
}

const char *const *
gv_schema_list_keys(const struct gv_schema_node *node, size_t *n)
{
	node = with_keys(node, 8);
	*n = node ? node->n_keys : 0;
	return *n ? node->keys : NULL;
}

bool
gv_schema_is_set(const struct gv_schema_node *node)
{
	node = with_keys(node, 8);
	return node && node->is_set;
}
