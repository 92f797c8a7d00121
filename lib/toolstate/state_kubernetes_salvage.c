#include "toolstate/state_internal.h"

#include <string.h>

/*
 * How an object and a list of a cluster are known where nothing around them can
 * be trusted. kubectl sorts keys, a cluster writes its own order, and in its
 * lists of one kind an object does not say what it is.
 */

/* What one begins with. */
static const char *const first_keys[] = { "apiVersion", "kind", "metadata",
	"aggregationRule", NULL };

/* What a claim of a StatefulSet and other templates have not. */
static bool
has_uid(const struct gv_jsontext_token *map)
{
	const struct gv_jsontext_token meta = gv_state_find(map, "metadata");

	return gv_state_find(&meta, "uid").kind == GV_JSONTEXT_TEXT;
}

static bool
kubernetes_is_other(const struct gv_jsontext_token *map)
{
	return !has_uid(map);
}

/* One within which another one stands are two of which something is gone. */
static bool
kubernetes_is_resource(const struct gv_jsontext_token *map)
{
	static const char *const within[] = { "name", "uid", "resourceVersion",
		"creationTimestamp" };
	const struct gv_jsontext_token meta = gv_state_find(map, "metadata");
	const bool has_version =
	    gv_state_find(map, "apiVersion").kind == GV_JSONTEXT_TEXT;
	const bool has_kind =
	    gv_state_find(map, "kind").kind == GV_JSONTEXT_TEXT;

	return gv_state_find(&meta, "name").kind == GV_JSONTEXT_TEXT &&
	    has_version == has_kind && (has_kind || has_uid(map)) &&
	    !gv_state_has_twice(map, "metadata") &&
	    !gv_state_has_within(map, within, 4, 3);
}

static bool
is_list_kind(const struct gv_jsontext_token *t)
{
	return t->kind == GV_JSONTEXT_TEXT && t->len >= 4 &&
	    memcmp(t->p + t->len - 4, "List", 4) == 0;
}

/* { "apiVersion": "v1", "items": …, { "kind": "PodList", … */
static bool
kubernetes_begins(const char *p, size_t len, bool first)
{
	static const char *const names[] = { "apiVersion", "kind" };
	static const char *const items[] = { "items", "kind" };
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	size_t which;

	(void)first;
	which = gv_state_first_key(p, len, names, 2, &j, &t);
	if (which != 0)
		return which == 1 && is_list_kind(&t);
	if (gv_jsontext_next(&j, &t) <= 0)
		return false;
	which = gv_state_key(&t, items, 2);
	return (which == 0 && t.kind == GV_JSONTEXT_LIST) ||
	    (which == 1 && is_list_kind(&t));
}

static const char *const list_needs[] = { "apiVersion", "kind", NULL };

/* What kubectl makes of several objects, each of which says its own kind. */
static const struct gv_state_fill list_fills[] = {
	{ "apiVersion", "\"v1\"" },
	{ "kind", "\"List\"" },
	{ NULL, NULL },
};

static const struct gv_state_body list = {
	.needs = { list_needs },
	.resources = "items",
	.fills = list_fills,
};

const struct gv_state_salvage gv_state_kubernetes_salvage = {
	.bodies = &list,
	.n_bodies = 1,
	.plain = &list,
	.indent = 4,
	.is_loose = true,
	.first = first_keys,
	.is_resource = kubernetes_is_resource,
	.is_other = kubernetes_is_other,
	.begins = kubernetes_begins,
};
