#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/schema_internal.h"
#include "schema/uri.h"

/*
 * Where in a document schemas are, which of them have ids and anchors, and what
 * draft each is of. Only known places of schemas are looked at: "$id" within
 * "enum" or "const" is a value.
 */

#define METAS_MAX 8 /* a schema of a schema of a schema … */

struct indexing {
	struct gv_schema *s;
	struct gv_schema_document *d;
	uint16_t document;
};

enum gv_schema_draft
gv_schema_draft_of(const char *uri, size_t len)
{
	static const struct {
		const char *name;
		enum gv_schema_draft draft;
	} drafts[] = {
		{ "json-schema.org/draft-04/schema", GV_SCHEMA_DRAFT_04 },
		{ "json-schema.org/draft-06/schema", GV_SCHEMA_DRAFT_06 },
		{ "json-schema.org/draft-07/schema", GV_SCHEMA_DRAFT_07 },
		{ "json-schema.org/schema", GV_SCHEMA_DRAFT_07 },
		{ "json-schema.org/draft/2019-09/schema",
		    GV_SCHEMA_DRAFT_2019 },
		{ "json-schema.org/draft/2020-12/schema", GV_SCHEMA_DRAFT_2020 }
	};
	size_t i;

	if (len && uri[len - 1] == '#')
		len--;
	if (len > 8 && memcmp(uri, "https://", 8) == 0)
		uri += 8, len -= 8;
	else if (len > 7 && memcmp(uri, "http://", 7) == 0)
		uri += 7, len -= 7;
	for (i = 0; i < sizeof(drafts) / sizeof(drafts[0]); i++)
		if (strlen(drafts[i].name) == len &&
		    memcmp(drafts[i].name, uri, len) == 0)
			return drafts[i].draft;
	return GV_SCHEMA_DRAFT_AUTO;
}

static const struct gv_instance_node *
text_of(const struct gv_instance *in, uint32_t map, const char *key)
{
	const uint32_t i = gv_instance_get(in, map, key, strlen(key));

	return i != GV_DOC_NONE && in->nodes[i].kind == GV_INSTANCE_TEXT
	    ? &in->nodes[i]
	    : NULL;
}

const struct gv_schema_resource *
gv_schema_resource_of(const struct gv_schema *s, uint16_t document, uint32_t at)
{
	const struct gv_schema_document *d = s->documents[document];

	while (d->resources[at] == NULL)
		at = d->in.nodes[at].parent;
	return d->resources[at];
}

/* ---- drafts and vocabularies --------------------------------------------- */

static unsigned
vocabulary_of(const char *uri, size_t len)
{
	static const struct {
		const char *name;
		unsigned bits;
	} names[] = { { "core", GV_SCHEMA_CORE },
		{ "applicator", GV_SCHEMA_APPLICATOR },
		{ "unevaluated", GV_SCHEMA_UNEVALUATED },
		{ "validation", GV_SCHEMA_VALIDATION },
		{ "format", GV_SCHEMA_FORMAT },
		{ "format-annotation", GV_SCHEMA_FORMAT },
		{ "format-assertion", GV_SCHEMA_FORMAT_ASSERTED },
		{ "content", GV_SCHEMA_CONTENT },
		{ "meta-data", GV_SCHEMA_CORE } };
	static const char *const bases[] = {
		"https://json-schema.org/draft/2019-09/vocab/",
		"https://json-schema.org/draft/2020-12/vocab/"
	};
	size_t i, j, n;

	for (i = 0; i < 2; i++) {
		n = strlen(bases[i]);
		if (len <= n || memcmp(uri, bases[i], n) != 0)
			continue;
		for (j = 0; j < sizeof(names) / sizeof(names[0]); j++)
			if (strlen(names[j].name) == len - n &&
			    memcmp(names[j].name, uri + n, len - n) == 0)
				/* unevaluated* are applicators of 2019-09 */
				return names[j].bits |
				    (i == 0 && j == 1 ? GV_SCHEMA_UNEVALUATED
						      : 0);
	}
	return 0;
}

/* What the schema of a schema says that its words mean. */
static void
read_vocabularies(
    struct gv_schema_resource *out, const struct gv_instance *in, uint32_t root)
{
	const uint32_t map = gv_instance_get(in, root, "$vocabulary", 11);
	unsigned bits = GV_SCHEMA_CORE, one;
	uint32_t i;

	if (map == GV_DOC_NONE || in->nodes[map].kind != GV_INSTANCE_MAP)
		return;
	for (i = gv_instance_first(in, map); i != GV_DOC_NONE;
	     i = gv_instance_next(in, i)) {
		one = vocabulary_of(in->nodes[i].key, in->nodes[i].key_len);
		bits |= one;
		if (one == 0 && in->nodes[i].kind == GV_INSTANCE_TRUE)
			out->wants_unknown = true;
	}
	out->vocabularies = (uint8_t)bits;
}

/* The document whose URI or id this is, or NULL. */
static const struct gv_instance *
find_document(const struct gv_schema *s, const struct gv_instance_node *uri)
{
	const struct gv_instance_node *id;
	size_t len = uri->len;
	uint16_t i;

	if (len && uri->is.text[len - 1] == '#')
		len--;
	for (i = 0; i < s->n_documents; i++) {
		const struct gv_schema_document *d = s->documents[i];

		if (d->in.nodes[0].kind != GV_INSTANCE_MAP)
			continue;
		id = text_of(&d->in, 0, "$id");
		if ((strlen(d->uri) == len &&
			memcmp(d->uri, uri->is.text, len) == 0) ||
		    (id && id->len == len &&
			memcmp(id->is.text, uri->is.text, len) == 0))
			return &d->in;
	}
	return NULL;
}

static void
set_dialect(const struct gv_schema *s, struct gv_schema_resource *r,
    const struct gv_instance_node *schema)
{
	const struct gv_instance *meta = NULL;
	unsigned i;

	for (i = 0; schema && i < METAS_MAX; i++) {
		r->draft =
		    (uint8_t)gv_schema_draft_of(schema->is.text, schema->len);
		if (r->draft != GV_SCHEMA_DRAFT_AUTO)
			return;
		meta = find_document(s, schema);
		if (meta && i == 0)
			read_vocabularies(r, meta, 0);
		schema = meta ? text_of(meta, 0, "$schema") : NULL;
	}
	r->draft =
	    (uint8_t)(s->opts.draft ? s->opts.draft : GV_SCHEMA_DRAFT_07);
}

/* ---- resources and anchors ----------------------------------------------- */

static int
add_anchor(struct indexing *x, const struct gv_schema_resource *r, uint32_t at,
    const char *name, size_t len)
{
	struct gv_schema_place *place =
	    gv_arena_alloc(&x->s->arena, sizeof(*place));
	struct gv_buf key = GV_BUF_INIT;
	const char *copy = NULL;
	int e;

	gv_buf_addf(&key, "%s#", r->uri);
	gv_buf_add(&key, name, len);
	if (place && gv_buf_check(&key) == 0)
		copy = gv_arena_copy(&x->s->arena, key.p, key.len);
	if (copy == NULL) {
		e = GV_ENOMEM;
	} else {
		place->document = x->document;
		place->at = at;
		/* the first one of several of a name counts */
		e = gv_map_get(&x->s->anchors, copy, key.len)
		    ? 0
		    : gv_map_put(&x->s->anchors, copy, key.len, place);
	}
	gv_buf_release(&key);
	return e;
}

static int
add_dynamic(struct indexing *x, struct gv_schema_resource *r, uint32_t at,
    const char *name, size_t len)
{
	struct gv_schema_anchor *a = gv_arena_alloc(&x->s->arena, sizeof(*a));

	if (a == NULL)
		return GV_ENOMEM;
	a->name = name;
	a->len = len;
	a->at = at;
	a->next = r->dynamic;
	r->dynamic = a;
	return 0;
}

static int
add_uri(struct gv_schema *s, const char *uri, size_t len,
    struct gv_schema_resource *r)
{
	if (gv_map_get(&s->uris, uri, len))
		return 0;
	return gv_map_put(&s->uris, uri, len, r);
}

/* A resource that begins at a node. `id` may be NULL: the document's own. */
static int
add_resource(struct indexing *x, struct gv_schema_resource **out, uint32_t at,
    const struct gv_instance_node *id, const struct gv_schema_resource *outer)
{
	const struct gv_instance_node *schema =
	    text_of(&x->d->in, at, "$schema");
	struct gv_schema_resource *r = gv_arena_alloc(&x->s->arena, sizeof(*r));
	const char *base = outer ? outer->uri : x->d->uri;
	struct gv_buf uri = GV_BUF_INIT;
	size_t len;
	int e;

	if (r == NULL)
		return GV_ENOMEM;
	gv_uri_resolve(&uri, base, id ? id->is.text : "", id ? id->len : 0);
	len = strcspn(uri.p, "#");
	if ((e = gv_buf_check(&uri)) == 0 &&
	    (r->uri = gv_arena_copy(&x->s->arena, uri.p, len)) == NULL)
		e = GV_ENOMEM;
	gv_buf_release(&uri);
	if (e < 0)
		return e;
	r->vocabularies = GV_SCHEMA_VOCABULARIES;
	if (x->s->opts.draft == GV_SCHEMA_KUBERNETES && x->d->own == NULL) {
		r->draft = GV_SCHEMA_KUBERNETES;
	} else if (schema || outer == NULL) {
		set_dialect(x->s, r, schema);
	} else {
		r->draft = outer->draft;
		r->vocabularies = outer->vocabularies;
	}
	r->document = x->document;
	r->root = at;
	*x->s->last_resource = r;
	x->s->last_resource = &r->next;
	x->d->resources[at] = r;
	*out = r;
	return add_uri(x->s, r->uri, len, r);
}

/* The id of a schema by its draft, or NULL. In the old drafts a reference hides
 * what stands next to it. */
static const struct gv_instance_node *
id_of(const struct indexing *x, uint32_t at, unsigned draft)
{
	const struct gv_instance *in = &x->d->in;

	if (draft == GV_SCHEMA_KUBERNETES)
		return NULL;
	if ((GV_SCHEMA_BIT(draft) & GV_SCHEMA_TO_07) &&
	    gv_instance_get(in, at, "$ref", 4) != GV_DOC_NONE)
		return NULL;
	return text_of(in, at, draft == GV_SCHEMA_DRAFT_04 ? "id" : "$id");
}

static int
index_anchors(struct indexing *x, struct gv_schema_resource *r, uint32_t at)
{
	const struct gv_instance *in = &x->d->in;
	const struct gv_instance_node *n;
	uint32_t i;
	int e = 0;

	if (!(GV_SCHEMA_BIT(r->draft) & GV_SCHEMA_NEW))
		return 0;
	if ((n = text_of(in, at, "$anchor")) != NULL)
		e = add_anchor(x, r, at, n->is.text, n->len);
	if (e < 0)
		return e;
	if (r->draft == GV_SCHEMA_DRAFT_2020) {
		n = text_of(in, at, "$dynamicAnchor");
		if (n == NULL)
			return 0;
		e = add_anchor(x, r, at, n->is.text, n->len);
		return e < 0 ? e : add_dynamic(x, r, at, n->is.text, n->len);
	}
	i = gv_instance_get(in, at, "$recursiveAnchor", 16);
	if (at == r->root && i != GV_DOC_NONE &&
	    in->nodes[i].kind == GV_INSTANCE_TRUE)
		return add_dynamic(x, r, at, "", 0);
	return 0;
}

/* The id of a schema: an anchor, or the beginning of a resource. */
static int
index_id(struct indexing *x, struct gv_schema_resource **r, uint32_t at,
    const struct gv_instance_node *id)
{
	const bool is_old = GV_SCHEMA_BIT((*r)->draft) & GV_SCHEMA_TO_07;
	const char *hash = memchr(id->is.text, '#', id->len);
	const size_t behind =
	    hash ? id->len - (size_t)(hash - id->is.text) - 1 : 0;
	int e;

	if (hash == id->is.text)
		return is_old && behind
		    ? add_anchor(x, *r, at, hash + 1, behind)
		    : 0;
	if (x->d->resources[at] == NULL &&
	    (e = add_resource(x, r, at, id, *r)) < 0)
		return e;
	return is_old && behind ? add_anchor(x, *r, at, hash + 1, behind) : 0;
}

static int
index_schema(struct indexing *x, struct gv_schema_resource *r, uint32_t at);

static int
index_children(
    struct indexing *x, struct gv_schema_resource *r, uint32_t holder)
{
	uint32_t i;
	int e;

	for (i = gv_instance_first(&x->d->in, holder); i != GV_DOC_NONE;
	     i = gv_instance_next(&x->d->in, i))
		if ((e = index_schema(x, r, i)) < 0)
			return e;
	return 0;
}

static int
index_word(struct indexing *x, struct gv_schema_resource *r, uint32_t at)
{
	const struct gv_instance_node *n = &x->d->in.nodes[at];
	const struct gv_schema_keyword *k =
	    gv_schema_keyword_of(n->key, n->key_len, r->draft, ~0U);

	if (k == NULL)
		return 0;
	switch (k->shape) {
	case GV_SCHEMA_SHAPE_EITHER:
		if (n->kind == GV_INSTANCE_LIST)
			return index_children(x, r, at);
		return index_schema(x, r, at);
	case GV_SCHEMA_SHAPE_ONE:
		return index_schema(x, r, at);
	case GV_SCHEMA_SHAPE_LIST:
		return n->kind == GV_INSTANCE_LIST ? index_children(x, r, at)
						   : 0;
	case GV_SCHEMA_SHAPE_MAP:
		return n->kind == GV_INSTANCE_MAP ? index_children(x, r, at)
						  : 0;
	default:
		return 0;
	}
}

/* A resource within another may be of another draft, by which it has its id. */
static unsigned
draft_at(
    const struct indexing *x, const struct gv_schema_resource *r, uint32_t at)
{
	const struct gv_instance_node *schema =
	    text_of(&x->d->in, at, "$schema");
	enum gv_schema_draft draft = GV_SCHEMA_DRAFT_AUTO;

	if (schema && r->draft != GV_SCHEMA_KUBERNETES)
		draft = gv_schema_draft_of(schema->is.text, schema->len);
	return draft == GV_SCHEMA_DRAFT_AUTO ? r->draft : draft;
}

static int
index_schema(struct indexing *x, struct gv_schema_resource *r, uint32_t at)
{
	const struct gv_instance *in = &x->d->in;
	const struct gv_instance_node *id;
	uint32_t i;
	int e;

	if (in->nodes[at].kind != GV_INSTANCE_MAP)
		return 0;
	id = id_of(x, at, draft_at(x, r, at));
	if (id && (e = index_id(x, &r, at, id)) < 0)
		return e;
	if ((e = index_anchors(x, r, at)) < 0)
		return e;
	for (i = gv_instance_first(in, at); i != GV_DOC_NONE;
	     i = gv_instance_next(in, i))
		if ((e = index_word(x, r, i)) < 0)
			return e;
	return 0;
}

/* The document is a resource by its own URI and, if its id is another, by
 * that. */
int
gv_schema_index(struct gv_schema *s, uint16_t document)
{
	struct indexing x = {
		.s = s, .d = s->documents[document], .document = document
	};
	const struct gv_instance_node *id = NULL;
	struct gv_schema_resource *r, own = { 0 };
	int e;

	if (x.d->is_indexed)
		return 0;
	x.d->is_indexed = true;
	if (x.d->in.nodes[0].kind == GV_INSTANCE_MAP) {
		own.draft = (uint8_t)(s->opts.draft ? s->opts.draft
						    : GV_SCHEMA_DRAFT_07);
		set_dialect(s, &own, text_of(&x.d->in, 0, "$schema"));
		if (s->opts.draft == GV_SCHEMA_KUBERNETES && x.d->own == NULL)
			own.draft = GV_SCHEMA_KUBERNETES;
		id = id_of(&x, 0, own.draft);
	}
	if (id && id->len && *id->is.text == '#')
		id = NULL;
	if ((e = add_resource(&x, &r, 0, id, NULL)) < 0 ||
	    (e = add_uri(s, x.d->uri, strcspn(x.d->uri, "#"), r)) < 0)
		return e;
	return index_schema(&x, r, 0);
}
