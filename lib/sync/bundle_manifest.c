#include "sync/bundle_manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "format/canon.h"
#include "format/unjson.h"
#include "repo/refs.h"

/*
 *	{"actor":…,"basis":null,"filtered":false,"format":1,"host":…,
 *	 "keyring":…,"needs":[…],"refs":[{"id":…,"in":true,"ref":…},…],
 *	 "roots":[…],"snapshots":2,"time":…}
 *
 * Keys sorted, all of them always there, ids and names of refs sorted.
 */
#define FORMAT 1

void
gv_bundle_manifest_release(struct gv_bundle_manifest *m)
{
	if (m == NULL)
		return;
	free(m->refs);
	free(m->needs.ids);
	free(m->roots.ids);
	gv_arena_release(&m->arena);
	*m = (struct gv_bundle_manifest)GV_BUNDLE_MANIFEST_INIT;
}

int
gv_bundle_manifest_add(struct gv_bundle_manifest *m, const char *name,
    const struct gv_oid *id, bool is_in)
{
	char *copy = gv_arena_copy(&m->arena, name, strlen(name));
	int r = copy ? GV_GROW(m->refs, m->n_refs, m->cap_refs) : GV_ENOMEM;

	if (r < 0)
		return r;
	m->refs[m->n_refs++] =
	    (struct gv_bundle_ref){ .name = copy, .id = *id, .is_in = is_in };
	return 0;
}

int
gv_bundle_manifest_add_id(struct gv_bundle_ids *list, const struct gv_oid *id)
{
	size_t i;
	int r;

	for (i = 0; i < list->n; i++)
		if (gv_oid_equal(&list->ids[i], id))
			return 0;
	if ((r = GV_GROW(list->ids, list->n, list->cap)) == 0)
		list->ids[list->n++] = *id;
	return r;
}

static int
compare_refs(const void *a, const void *b)
{
	const struct gv_bundle_ref *x = a, *y = b;

	return strcmp(x->name, y->name);
}

bool
gv_bundle_manifest_is_branch(const char *name)
{
	return strcmp(name, "HEAD") == 0 ||
	    strncmp(name, GV_REFS_HEADS, strlen(GV_REFS_HEADS)) == 0;
}

const struct gv_bundle_ref *
gv_bundle_manifest_find(const struct gv_bundle_manifest *m, const char *name)
{
	const struct gv_bundle_ref key = { .name = name };

	return m->n_refs
	    ? bsearch(&key, m->refs, m->n_refs, sizeof(key), compare_refs)
	    : NULL;
}

/* ---- written ------------------------------------------------------------ */

static int
compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct gv_oid));
}

static void
add_oid(struct gv_canon *c, const char *key, const struct gv_oid *id)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, id);
	gv_canon_text(c, key, gv_oid_is_zero(id) ? NULL : hex);
}

static void
add_ids(struct gv_canon *c, const char *key, struct gv_bundle_ids *list)
{
	size_t i;

	if (list->n)
		qsort(list->ids, list->n, sizeof(*list->ids), compare_ids);
	gv_canon_list(c, key);
	for (i = 0; i < list->n; i++)
		add_oid(c, NULL, &list->ids[i]);
	gv_canon_end(c);
}

static void
add_refs(struct gv_canon *c, struct gv_bundle_manifest *m)
{
	size_t i;

	if (m->n_refs)
		qsort(m->refs, m->n_refs, sizeof(*m->refs), compare_refs);
	gv_canon_list(c, "refs");
	for (i = 0; i < m->n_refs; i++) {
		gv_canon_map(c, NULL);
		add_oid(c, "id", &m->refs[i].id);
		gv_canon_bool(c, "in", m->refs[i].is_in);
		gv_canon_text(c, "ref", m->refs[i].name);
		gv_canon_end(c);
	}
	gv_canon_end(c);
}

int
gv_bundle_manifest_format(struct gv_buf *out, struct gv_bundle_manifest *m)
{
	struct gv_canon c = { .out = out };

	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "actor", m->actor);
	add_oid(&c, "basis", &m->basis);
	gv_canon_bool(&c, "filtered", m->is_filtered);
	gv_canon_number(&c, "format", FORMAT);
	gv_canon_text(&c, "host", m->host);
	gv_canon_text(&c, "keyring", m->keyring);
	add_ids(&c, "needs", &m->needs);
	add_refs(&c, m);
	add_ids(&c, "roots", &m->roots);
	gv_canon_number(&c, "snapshots", m->snapshots);
	gv_canon_time(&c, "time", m->time);
	gv_canon_end(&c);
	gv_buf_addch(out, '\n');
	return gv_buf_check(out);
}

/* ---- read --------------------------------------------------------------- */

static int
wrong(const char *what)
{
	return gv_err(GV_ECORRUPT, "its manifest %s", what);
}

static int
read_oid(struct gv_oid *out, const struct gv_unjson_node *node)
{
	if (node == NULL || node->kind != GV_UNJSON_TEXT ||
	    node->len != GV_OID_HEX || gv_oid_parse(out, node->text) < 0)
		return wrong("has an invalid object id");
	return 0;
}

static int
read_ids(struct gv_bundle_ids *out, const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *node;
	struct gv_oid id;
	int r = 0;

	for (node = list ? list->first : NULL; r == 0 && node;
	     node = node->next) {
		if ((r = read_oid(&id, node)) == 0)
			r = gv_vec_grow((void **)&out->ids, &out->cap,
			    out->n + 1, sizeof(id));
		if (r == 0)
			out->ids[out->n++] = id;
		if (r == 0 && out->n > 1 &&
		    compare_ids(&out->ids[out->n - 2], &id) >= 0)
			r = wrong("has its ids in another order");
	}
	return r;
}

static int
read_refs(struct gv_bundle_manifest *out, const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *node, *in;
	const char *name;
	struct gv_oid id;
	int r = 0;

	for (node = list ? list->first : NULL; r == 0 && node;
	     node = node->next) {
		name = gv_unjson_get_text(node, "ref");
		in = gv_unjson_get(node, "in");
		r = name && in ? read_oid(&id, gv_unjson_get(node, "id"))
			       : wrong("has a ref without a name");
		if (r == 0 &&
		    (r = gv_bundle_manifest_add(
			 out, name, &id, in->kind == GV_UNJSON_TRUE)) == 0 &&
		    out->n_refs > 1 &&
		    strcmp(out->refs[out->n_refs - 2].name, name) >= 0)
			r = wrong("has its refs in another order");
	}
	return r;
}

static int
copy(struct gv_bundle_manifest *m, const char **out, const char *text)
{
	*out = text ? gv_arena_copy(&m->arena, text, strlen(text)) : NULL;
	return text && *out == NULL ? GV_ENOMEM : 0;
}

static int
read_root(struct gv_bundle_manifest *out, const struct gv_unjson_node *root)
{
	const struct gv_unjson_node *basis = gv_unjson_get(root, "basis");
	const struct gv_unjson_node *filtered = gv_unjson_get(root, "filtered");
	const char *time = gv_unjson_get_text(root, "time");
	int64_t format = gv_unjson_count(gv_unjson_get(root, "format"));
	int64_t n = gv_unjson_count(gv_unjson_get(root, "snapshots"));
	int r;

	if (format > FORMAT)
		return gv_err(GV_EREFUSED,
		    "its manifest is of format %lld, and this program knows "
		    "%d: a newer git-vault is needed",
		    (long long)format, FORMAT);
	if (format != FORMAT || time == NULL || n < 0 ||
	    gv_time_parse_rfc3339(&out->time, time) < 0)
		return wrong("lacks its format, time or count");
	out->snapshots = (uint64_t)n;
	out->is_filtered = filtered && filtered->kind == GV_UNJSON_TRUE;
	r = copy(out, &out->actor, gv_unjson_get_text(root, "actor"));
	if (r < 0)
		return r;
	r = copy(out, &out->host, gv_unjson_get_text(root, "host"));
	if (r < 0)
		return r;
	r = copy(out, &out->keyring, gv_unjson_get_text(root, "keyring"));
	if (r < 0)
		return r;
	if (basis && basis->kind != GV_UNJSON_NULL &&
	    (r = read_oid(&out->basis, basis)) < 0)
		return r;
	if ((r = read_ids(&out->needs, gv_unjson_get(root, "needs"))) < 0 ||
	    (r = read_ids(&out->roots, gv_unjson_get(root, "roots"))) < 0)
		return r;
	return read_refs(out, gv_unjson_get(root, "refs"));
}

int
gv_bundle_manifest_parse(
    struct gv_bundle_manifest *out, const char *text, size_t len)
{
	struct gv_buf same = GV_BUF_INIT, doc_text = GV_BUF_INIT;
	struct gv_unjson *doc = NULL;
	int r;

	*out = (struct gv_bundle_manifest)GV_BUNDLE_MANIFEST_INIT;
	gv_buf_add(&doc_text, text, len);
	if ((r = gv_buf_check(&doc_text)) < 0)
		goto out;
	r = gv_unjson_parse(&doc, "manifest", doc_text.p, doc_text.len);
	r = r == GV_EREFUSED ? wrong("is no JSON") : r;
	if (r < 0 || (r = read_root(out, gv_unjson_root(doc))) < 0 ||
	    (r = gv_bundle_manifest_format(&same, out)) < 0)
		goto out;
	if (same.len != len || memcmp(same.p, text, len) != 0)
		r = wrong("is not in the one form that it has");
out:
	gv_unjson_free(doc);
	gv_buf_release(&doc_text);
	gv_buf_release(&same);
	return r;
}
