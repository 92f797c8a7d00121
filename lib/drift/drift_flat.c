#include "drift/drift_flat.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"
#include "base/vec.h"
#include "drift/meaning.h"

/*
 * A file as keys with values, as a program sees it that loads it: aliases
 * followed, maps merged, the last of two equal keys. A list of scalars is one
 * key with items; an element of another list has its name in the path where all
 * have one, else its position.
 */

#define VISITS_MIN 100000
#define REPEATS    10

static int visit(struct gv_drift_flat *f, uint32_t node);

/* ---- steps of a path ----------------------------------------------------- */

static bool
is_bare(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr(".[]\"\\ ", p[i]))
			return false;
	return len > 0;
}

/* Append a step, and give where the path ended before. */
size_t
gv_drift_flat_enter(struct gv_drift_flat *f, const char *p, size_t len)
{
	const size_t before = f->path.len;

	/* a key of properties, or an attribute of a state, is a path itself */
	if (!is_bare(p, len) && !f->of->file.is_state &&
	    f->doc->format != GV_DOC_FORMAT_PROPERTIES) {
		gv_buf_addstr(&f->path, "[\"");
		gv_buf_add(&f->path, p, len);
		gv_buf_addstr(&f->path, "\"]");
		return before;
	}
	if (before)
		gv_buf_addch(&f->path, '.');
	gv_buf_add(&f->path, p, len);
	return before;
}

static size_t
enter_node(struct gv_drift_flat *f, uint32_t node)
{
	const struct gv_doc_node *n = &f->doc->nodes[node];
	struct gv_buf key = GV_BUF_INIT;
	size_t before;

	if (n->kind == GV_DOC_LABEL) {
		gv_doc_text(&key, f->doc, node);
		gv_drift_mask(&key, f->d, f->of, n->at, n->len);
	} else {
		gv_doc_key(&key, f->doc, node);
		gv_drift_mask(&key, f->d, f->of, n->key_at, n->key_len);
	}
	before = gv_drift_flat_enter(f, key.p, key.len);
	f->path.failed = f->path.failed || key.failed;
	gv_buf_release(&key);
	return before;
}

/* ---- lists ------------------------------------------------------------ */

/* Elements that are no scalars. */
static int
visit_elements(struct gv_drift_flat *f, uint32_t list)
{
	const char *identity;
	const size_t before = f->path.len;
	const bool in_list = f->in_list;
	struct gv_buf text = GV_BUF_INIT;
	uint32_t i, value;
	unsigned at = 0;
	int r = gv_drift_list_identity(&identity, f->doc, list);

	f->in_list = true;
	for (i = gv_doc_first(f->doc, list); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(f->doc, i)) {
		gv_buf_reset(&text);
		value = identity
		    ? gv_doc_get(f->doc, gv_doc_follow(f->doc, i), identity)
		    : GV_DOC_NONE;
		if (value != GV_DOC_NONE) {
			gv_doc_text(&text, f->doc, value);
			gv_drift_mask(&text, f->d, f->of,
			    f->doc->nodes[value].at, f->doc->nodes[value].len);
		} else {
			gv_buf_addf(&text, "%u", at);
		}
		at++;
		gv_buf_addf(&f->path, "[%s]", text.p);
		f->path.failed = f->path.failed || text.failed;
		r = visit(f, i);
		gv_buf_truncate(&f->path, before);
	}
	f->in_list = in_list;
	gv_buf_release(&text);
	return r;
}

/* ---- maps and blocks ----------------------------------------------------- */

static bool
is_merge(const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];

	return n->key_len == 2 && memcmp(doc->text + n->key_at, "<<", 2) == 0;
}

static bool
has_key(const struct gv_doc_node *n)
{
	return n->key_at || n->key_len;
}

static int visit_block(struct gv_drift_flat *f, uint32_t node);

static int
visit_child(struct gv_drift_flat *f, uint32_t node)
{
	size_t before;
	int r;

	if (f->doc->nodes[node].kind == GV_DOC_BLOCK)
		return visit_block(f, node);
	before = enter_node(f, node);
	r = visit(f, node);

	gv_buf_truncate(&f->path, before);
	return r;
}

/* Whether the map itself has a key of this name. */
static bool
has_own(const struct gv_doc *doc, uint32_t map, uint32_t like)
{
	const struct gv_doc_node *a = &doc->nodes[like];
	uint32_t i;

	for (i = gv_doc_first(doc, map); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		const struct gv_doc_node *b = &doc->nodes[i];

		if (a->key_len == b->key_len &&
		    memcmp(doc->text + a->key_at, doc->text + b->key_at,
			a->key_len) == 0)
			return true;
	}
	return false;
}

/* What a map merges: later maps first, which earlier ones replace. */
static int
visit_merged(struct gv_drift_flat *f, uint32_t map, uint32_t from)
{
	uint32_t i, children[16], n = 0;
	int r = 0;

	from = gv_doc_follow(f->doc, from);
	if (from == GV_DOC_NONE ||
	    ++f->visits > f->doc->n * REPEATS + VISITS_MIN)
		return 0;
	if (f->doc->nodes[from].kind == GV_DOC_LIST) {
		for (i = gv_doc_first(f->doc, from); i != GV_DOC_NONE && n < 16;
		     i = gv_doc_next(f->doc, i))
			children[n++] = i;
		while (r == 0 && n > 0)
			r = visit_merged(f, map, children[--n]);
		return r;
	}
	if (f->doc->nodes[from].kind != GV_DOC_MAP)
		return 0;
	for (i = gv_doc_first(f->doc, from); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(f->doc, i)) {
		if (is_merge(f->doc, i))
			r = visit_merged(f, map, i);
		else if (!has_own(f->doc, map, i))
			r = visit_child(f, i);
	}
	return r;
}

static bool
is_sops(const struct gv_doc *doc, uint32_t node)
{
	return gv_doc_key_is(doc, node, "sops") &&
	    doc->nodes[node].kind == GV_DOC_MAP &&
	    gv_doc_get(doc, node, "mac") != GV_DOC_NONE;
}

/* Number the path of a block that is not the first of its type and labels. */
static int
number_block(struct gv_drift_flat *f)
{
	unsigned *n = gv_map_get(&f->blocks, f->path.p, f->path.len);
	const char *copy;

	if (n) {
		gv_buf_addf(&f->path, "[%u]", ++*n);
		return 0;
	}
	copy = gv_arena_copy(&f->d->arena, f->path.p, f->path.len);
	n = gv_arena_alloc(&f->d->arena, sizeof(*n));
	if (copy == NULL || n == NULL)
		return GV_ENOMEM;
	return gv_map_put(&f->blocks, copy, f->path.len, n);
}

static int
visit_block(struct gv_drift_flat *f, uint32_t node)
{
	const struct gv_doc *doc = f->doc;
	const size_t before = enter_node(f, node);
	uint32_t i = gv_doc_first(doc, node);
	int r;

	for (; i != GV_DOC_NONE && doc->nodes[i].kind == GV_DOC_LABEL;
	     i = gv_doc_next(doc, i))
		enter_node(f, i);
	if ((r = number_block(f)) == 0 && i == GV_DOC_NONE)
		r = gv_drift_flat_value(f, node,
		    doc->format == GV_DOC_FORMAT_HCL ? GV_DRIFT_EMPTY
						     : GV_DRIFT_SCALAR);
	for (; r == 0 && i != GV_DOC_NONE; i = gv_doc_next(doc, i))
		r = has_key(&doc->nodes[i]) ? visit_child(f, i) : visit(f, i);
	gv_buf_truncate(&f->path, before);
	return r;
}

static int
visit_map(struct gv_drift_flat *f, uint32_t map)
{
	bool has_some = false;
	uint32_t i;
	int r = 0;

	for (i = gv_doc_first(f->doc, map); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(f->doc, i))
		if (is_merge(f->doc, i))
			r = visit_merged(f, map, i);
	for (i = gv_doc_first(f->doc, map); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(f->doc, i)) {
		has_some = true;
		if (is_merge(f->doc, i))
			continue;
		r = is_sops(f->doc, i) ? gv_drift_flat_recipients(f, i)
				       : visit_child(f, i);
	}
	/* in a file with errors it may not be all of it */
	if (r == 0 && !has_some && f->path.len && f->doc->n_errors == 0)
		r = gv_drift_flat_value(f, map, GV_DRIFT_EMPTY);
	return r;
}

static int
visit_inner(struct gv_drift_flat *f, uint32_t node)
{
	switch (f->doc->nodes[node].kind) {
	case GV_DOC_MAP:
		return visit_map(f, node);
	case GV_DOC_LIST:
		return gv_drift_flat_is_scalars(f->doc, node)
		    ? gv_drift_flat_list(f, node)
		    : visit_elements(f, node);
	case GV_DOC_BLOCK:
		return visit_block(f, node);
	case GV_DOC_CODE:
		return gv_drift_flat_value(f, node, GV_DRIFT_CODE);
	case GV_DOC_BROKEN:
		return gv_drift_flat_value(f, node, GV_DRIFT_BROKEN);
	case GV_DOC_LABEL:
		return 0;
	default:
		return gv_drift_flat_value(f, node, GV_DRIFT_SCALAR);
	}
}

static int
visit(struct gv_drift_flat *f, uint32_t node)
{
	int r;

	node = gv_doc_follow(f->doc, node);
	if (node == GV_DOC_NONE || f->depth == GV_DOC_DEPTH_MAX ||
	    ++f->visits > f->doc->n * REPEATS + VISITS_MIN)
		return 0;
	f->depth++;
	r = visit_inner(f, node);
	f->depth--;
	return r;
}

/* ---- documents ----------------------------------------------------------- */

/* "Deployment/web", without the name of the environment in it. */
static bool
enter_object(struct gv_drift_flat *f, uint32_t root)
{
	uint32_t kind, meta, name;
	struct gv_buf text = GV_BUF_INIT, folded = GV_BUF_INIT;
	bool is;

	kind = gv_doc_get(f->doc, root, "kind");
	meta = gv_doc_get(f->doc, root, "metadata");
	name = meta == GV_DOC_NONE ? meta : gv_doc_get(f->doc, meta, "name");
	is = kind != GV_DOC_NONE && name != GV_DOC_NONE &&
	    gv_doc_get(f->doc, root, "apiVersion") != GV_DOC_NONE;
	if (!is)
		return false;
	gv_doc_text(&text, f->doc, name);
	if (f->of->file.env == GV_DRIFT_SHARED)
		gv_buf_add(&folded, text.p, text.len);
	else
		gv_envname_fold(&folded, &f->d->opts->names, f->of->file.env,
		    text.p, text.len);
	gv_doc_text(&f->path, f->doc, kind);
	gv_buf_addch(&f->path, '/');
	gv_envname_strip(&f->path, folded.p, folded.len, true);
	f->path.failed = f->path.failed || text.failed || folded.failed;
	gv_buf_release(&text);
	gv_buf_release(&folded);
	return true;
}

static int
visit_root(struct gv_drift_flat *f, uint32_t root, unsigned index, bool is_one)
{
	const struct gv_doc_node *n = &f->doc->nodes[root];
	int r;

	if (has_key(n))
		return visit_child(f, root);
	f->in_object = n->kind == GV_DOC_MAP && enter_object(f, root);
	if (!f->in_object && !is_one)
		gv_buf_addf(&f->path, "[%u]", index);
	r = visit(f, root);
	if (f->path.failed)
		r = GV_ENOMEM;
	gv_buf_reset(&f->path);
	f->in_object = false;
	return r;
}

static void
begin(struct gv_drift_flat *f, struct gv_drift *d, struct gv_drift_keys *keys,
    struct gv_drift_document *of)
{
	*f = (struct gv_drift_flat){ .d = d,
		.keys = keys,
		.of = of,
		.doc = &of->doc,
		.path = GV_BUF_INIT,
		.name = GV_BUF_INIT };
}

static int
end(struct gv_drift_flat *f, int r)
{
	gv_memory_put(NULL, f->scratch, f->scratch_size);
	gv_map_release(&f->blocks);
	gv_buf_release(&f->path);
	gv_buf_release(&f->name);
	return r < 0 ? gv_err_nomem() : 0;
}

/* Whether a file is one document, but for what cannot be read of it. */
static bool
is_single(const struct gv_doc *doc)
{
	unsigned n = 0;
	uint32_t i;

	for (i = gv_doc_first(doc, GV_DOC_NONE); i != GV_DOC_NONE && n < 2;
	     i = gv_doc_next(doc, i))
		n += doc->nodes[i].kind != GV_DOC_BROKEN;
	return n < 2;
}

/* A file of which nothing can be read: one key without a name. */
static int
add_sealed(struct gv_drift *d, struct gv_drift_keys *keys,
    struct gv_drift_document *of)
{
	struct gv_drift_key *key = gv_arena_alloc(&d->arena, sizeof(*key));

	if (key == NULL)
		return gv_err_nomem();
	key->name = key->show = "";
	key->of = of;
	key->kind = GV_DRIFT_SCALAR;
	key->guise = GV_DRIFT_SEALED;
	key->is_hidden = true;
	gv_drift_digest(&key->digest, d, of->file.text, of->file.len);
	return gv_drift_flat_keep(keys, key);
}

/* What is below one place of it, or all of it, put below a path. */
static int
visit_under(struct gv_drift_flat *f)
{
	const struct gv_drift_file *file = &f->of->file;
	const uint32_t node = file->part
	    ? gv_doc_find(f->doc, GV_DOC_NONE, file->part)
	    : gv_doc_first(f->doc, GV_DOC_NONE);

	gv_buf_addstr(&f->path, file->under);
	f->under = f->path.len;
	return node == GV_DOC_NONE ? 0 : visit(f, node);
}

int
gv_drift_flatten(struct gv_drift *d, struct gv_drift_keys *keys,
    struct gv_drift_document *of)
{
	const bool is_one = is_single(&of->doc);
	struct gv_drift_flat f;
	unsigned index = 0;
	uint32_t i;
	int r = 0;

	if (of->is_sealed)
		return add_sealed(d, keys, of);
	begin(&f, d, keys, of);
	if (of->file.under)
		return end(&f, visit_under(&f));
	for (i = gv_doc_first(f.doc, GV_DOC_NONE); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(f.doc, i))
		if (f.doc->nodes[i].kind != GV_DOC_BROKEN)
			r = visit_root(&f, i, index++, is_one);
	return end(&f, r);
}

/* Remember that a variable takes a number only. */
static int
note_type(struct gv_drift *d, struct gv_map *numbers,
    const struct gv_drift_document *of, uint32_t variable, uint32_t label)
{
	const uint32_t type = gv_doc_get(&of->doc, variable, "type");
	struct gv_buf text = GV_BUF_INIT, name = GV_BUF_INIT;
	const char *copy;
	int r = 0;

	if (type == GV_DOC_NONE)
		return 0;
	gv_doc_text(&text, &of->doc, type);
	gv_doc_text(&name, &of->doc, label);
	if (text.len == 6 && memcmp(text.p, "number", 6) == 0) {
		copy = gv_arena_copy(&d->arena, name.p, name.len);
		r = copy ? gv_map_put(numbers, copy, name.len, d) : GV_ENOMEM;
	}
	gv_buf_release(&text);
	gv_buf_release(&name);
	return r;
}

int
gv_drift_flatten_defaults(struct gv_drift *d, struct gv_drift_keys *keys,
    struct gv_map *numbers, struct gv_drift_document *of)
{
	const struct gv_doc *doc = &of->doc;
	struct gv_drift_flat f;
	uint32_t i, label, value;
	int r = 0;

	begin(&f, d, keys, of);
	/* a file of HCL is one map */
	for (i = doc->n ? gv_doc_first(doc, 0) : GV_DOC_NONE;
	     r == 0 && i != GV_DOC_NONE; i = gv_doc_next(doc, i)) {
		label = gv_doc_first(doc, i);
		if (doc->nodes[i].kind != GV_DOC_BLOCK ||
		    !gv_doc_key_is(doc, i, "variable") || label == GV_DOC_NONE)
			continue;
		r = note_type(d, numbers, of, i, label);
		value = gv_doc_get(doc, i, "default");
		if (r < 0 || value == GV_DOC_NONE)
			continue;
		enter_node(&f, label);
		r = visit(&f, value);
		gv_buf_reset(&f.path);
	}
	return end(&f, r);
}
