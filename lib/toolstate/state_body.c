#include "toolstate/state_triage_internal.h"

#include <string.h>

/*
 * Where the lists of a document stand: among its members, or in a map of it,
 * which may be one of several forms.
 */

const struct gv_state_salvage *
gv_state_body_how(const char *tool)
{
	const struct gv_state_handler *h;
	size_t i;

	for (i = 0; (h = gv_state_handler_at(i)); i++)
		if (strcmp(h->tool, tool) == 0)
			return h->salvage;
	return NULL;
}

static size_t
depth_of(const struct gv_state_body *body)
{
	size_t n = 0;

	while (body->path[n])
		n++;
	return n;
}

/* Whether levels go as far as that along the way of a body. */
static bool
goes_along(const struct gv_state_body *body,
    const struct gv_jsontext_level *levels, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (body->path[i - 1] == NULL ||
		    !gv_state_is_level(&levels[i], true, body->path[i - 1]))
			return false;
	return n > 0 && levels[0].is_map;
}

bool
gv_state_body_is_way(const struct gv_state_salvage *how,
    const struct gv_jsontext_level *levels, size_t n)
{
	size_t i;

	for (i = 0; i < how->n_bodies; i++)
		if (goes_along(&how->bodies[i], levels, n))
			return true;
	return false;
}

/* Whether levels are those of the resources of a body. */
static bool
is_place(const struct gv_state_body *body,
    const struct gv_jsontext_level *levels, size_t n)
{
	const struct gv_jsontext_level *last = n ? &levels[n - 1] : NULL;

	if (body->resources == NULL)
		return n == 1 && !levels[0].is_map;
	return n > 1 && last->key &&
	    gv_jsontext_is(last->key, last->key_len, false, body->resources) &&
	    depth_of(body) == n - 2 && goes_along(body, levels, n - 1);
}

bool
gv_state_body_is_place(const struct gv_state_salvage *how,
    const struct gv_jsontext_level *levels, size_t n)
{
	size_t i;

	for (i = 0; i < how->n_bodies; i++)
		if (is_place(&how->bodies[i], levels, n))
			return true;
	return false;
}

bool
gv_state_body_is_list(const struct gv_state_salvage *how,
    const struct gv_jsontext_level *levels, size_t n)
{
	size_t i;

	for (i = 0; n > 1 && i < how->n_bodies; i++)
		if (!how->bodies[i].is_map &&
		    is_place(&how->bodies[i], levels, n))
			return true;
	return false;
}

const struct gv_state_member *
gv_state_body_member(const struct gv_state_body_at *at,
    const struct gv_state_document *d, size_t level, const char *key)
{
	const struct gv_state_member *found = NULL;
	size_t i;

	if (level >= at->n)
		return NULL;
	for (i = 0; i < d->n; i++)
		if (d->members[i].in == at->in[level] &&
		    strcmp(d->members[i].key, key) == 0)
			found = &d->members[i];
	return found;
}

/* Go along the way of a body as far as the document has it. */
static void
follow(struct gv_state_body_at *out, const struct gv_state_body *body,
    const struct gv_state_document *d)
{
	const struct gv_state_member *map;
	size_t i;

	*out = (struct gv_state_body_at){
		.body = body, .depth = depth_of(body), .n = 1
	};
	for (i = 0; i < out->depth; i++) {
		map = gv_state_body_member(out, d, i, body->path[i]);
		if (map == NULL || !map->is_map)
			return;
		out->in[out->n++] = (size_t)(map - d->members) + 1;
	}
	out->has_list = body->resources &&
	    gv_state_body_member(out, d, out->depth, body->resources);
}

/* Whether what a document has is of this body. */
static bool
is_body(const struct gv_state_body_at *at, const struct gv_state_salvage *how,
    const struct gv_state_document *d)
{
	if (at->body->resources == NULL)
		return d->is_list;
	return at->has_list || at->n > 1 || (at->depth == 0 && !how->is_loose);
}

void
gv_state_body_find(struct gv_state_body_at *out,
    const struct gv_state_salvage *how, const struct gv_state_document *d)
{
	struct gv_state_body_at at;
	size_t i;

	*out = (struct gv_state_body_at){ .n = 1 };
	for (i = 0; i < how->n_bodies; i++) {
		follow(&at, &how->bodies[i], d);
		if (is_body(&at, how, d) &&
		    (out->body == NULL || (at.has_list && !out->has_list) ||
			(at.has_list == out->has_list && at.n > out->n)))
			*out = at;
	}
}

const struct gv_state_member *
gv_state_body_inner(const struct gv_state_salvage *how,
    const struct gv_state_document *d, const char *key)
{
	struct gv_state_body_at at;

	gv_state_body_find(&at, how, d);
	return at.body ? gv_state_body_member(&at, d, at.depth, key) : NULL;
}

const struct gv_state_member *
gv_state_body_list(const struct gv_state_salvage *how,
    const struct gv_state_document *d, bool outputs)
{
	struct gv_state_body_at at;
	const char *name;

	gv_state_body_find(&at, how, d);
	if (at.body == NULL)
		return NULL;
	name = outputs ? at.body->outputs : at.body->resources;
	return name ? gv_state_body_member(&at, d, at.depth, name) : NULL;
}
