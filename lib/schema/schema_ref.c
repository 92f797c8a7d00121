#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/schema_internal.h"
#include "schema/uri.h"

/*
 * What a reference names: a resource that was given, or the schema of a draft,
 * and a place in it by pointer or anchor. Nothing is fetched.
 */

static int
not_found(struct gv_schema *s, const char **why, const char *uri, size_t len,
    const char *what)
{
	struct gv_buf b = GV_BUF_INIT;
	int r;

	gv_buf_addf(&b, "it refers to '%.*s', %s", (int)len, uri, what);
	r = gv_buf_check(&b);
	*why = r == 0 ? gv_arena_copy(&s->arena, b.p, b.len) : NULL;
	gv_buf_release(&b);
	return *why ? GV_ENOTFOUND : GV_ENOMEM;
}

static int
find_anchor(const struct gv_schema *s, struct gv_schema_place *out,
    const struct gv_schema_resource *r, const char *name)
{
	const struct gv_schema_place *place;
	struct gv_buf key = GV_BUF_INIT;
	int e;

	gv_buf_addf(&key, "%s#%s", r->uri, name);
	if ((e = gv_buf_check(&key)) == 0) {
		place = gv_map_get(&s->anchors, key.p, key.len);
		e = place ? 0 : GV_ENOTFOUND;
		if (place)
			*out = *place;
	}
	gv_buf_release(&key);
	return e;
}

static int
find_in(const struct gv_schema *s, struct gv_schema_place *out,
    const struct gv_schema_resource *r, const char *fragment)
{
	struct gv_buf pointer = GV_BUF_INIT;
	int e;

	out->document = r->document;
	out->at = r->root;
	if (*fragment == '\0')
		return 0;
	if (*fragment != '/')
		return find_anchor(s, out, r, fragment);
	if (!gv_uri_decode(&pointer, fragment, strlen(fragment)))
		gv_buf_reset(&pointer);
	if ((e = gv_buf_check(&pointer)) == 0)
		e = pointer.len
		    ? gv_instance_find(&out->at, &s->documents[r->document]->in,
			  r->root, pointer.p, pointer.len)
		    : GV_ENOTFOUND;
	gv_buf_release(&pointer);
	return e;
}

static int
find(struct gv_schema *s, struct gv_schema_place *out, const struct gv_buf *uri,
    const char **why)
{
	const size_t len = strcspn(uri->p, "#");
	const struct gv_schema_resource *r = gv_map_get(&s->uris, uri->p, len);
	int e;

	if (r == NULL) {
		if ((e = gv_schema_load_meta(s, uri->p, len)) < 0)
			return e;
		r = gv_map_get(&s->uris, uri->p, len);
	}
	if (r == NULL)
		return not_found(s, why, uri->p, len,
		    "which is not among the schemas that were given");
	e = find_in(s, out, r, uri->p[len] ? uri->p + len + 1 : "");
	return e == GV_ENOTFOUND
	    ? not_found(s, why, uri->p, uri->len, "which does not exist")
	    : e;
}

int
gv_schema_resolve(struct gv_schema *s, struct gv_schema_place *out,
    const struct gv_schema_resource *from, const struct gv_instance_node *ref,
    const char **why)
{
	struct gv_buf uri = GV_BUF_INIT;
	int e;

	gv_uri_resolve(&uri, from->uri, ref->is.text, ref->len);
	e = gv_buf_check(&uri);
	if (e == 0)
		e = find(s, out, &uri, why);
	gv_buf_release(&uri);
	return e;
}
