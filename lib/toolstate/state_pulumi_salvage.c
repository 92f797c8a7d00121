#include "toolstate/state_internal.h"

#include <string.h>

/*
 * How a resource and a document of Pulumi are known where nothing around them
 * can be trusted. Its engine writes "urn" first; who has sorted the keys, one
 * of four. What is under way is no resource, though it has one in it.
 */

#define URN "urn:pulumi:"

/* The first key of the map at `p`, of at most `len` bytes, and what of its
 * value is there. */
static bool
read_first(struct gv_jsontext_token *out, struct gv_jsontext *j, const char *p,
    size_t len)
{
	gv_jsontext_init(j, p, len);
	return gv_jsontext_next(j, out) > 0 && out->kind == GV_JSONTEXT_MAP &&
	    gv_jsontext_next(j, out) > 0 && out->has_key;
}

/* Whether what stands before a map is the key of an operation's resource. */
static bool
is_in_operation(const char *p, size_t before)
{
	static const char key[] = "\"resource\"";
	const char *end = p, *begin = p - before;

	while (end > begin &&
	    (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\t' ||
		end[-1] == '\r'))
		end--;
	if (end == begin || *--end != ':')
		return false;
	while (end > begin && (end[-1] == ' ' || end[-1] == '\n'))
		end--;
	return (size_t)(end - begin) >= strlen(key) &&
	    memcmp(end - strlen(key), key, strlen(key)) == 0;
}

static bool
pulumi_looks(const char *p, size_t len, size_t before, bool *is_sorted)
{
	static const char *const names[] = { "urn", "resource", "custom",
		"created", "aliases", "additionalSecretOutputs" };
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	size_t which;

	if (!read_first(&t, &j, p, len))
		return false;
	which = gv_state_key(&t, names, 6);
	*is_sorted = which > 1;
	return which < 6 && !is_in_operation(p, before);
}

/* What a map has said of itself. */
enum {
	HAS_URN = 1 << 0,
	HAS_TYPE = 1 << 1,
	HAS_CUSTOM = 1 << 2,
	HAS_TWICE = 1 << 3,
	ALL = HAS_URN | HAS_TYPE | HAS_CUSTOM,
};

static bool
is_urn(const struct gv_jsontext_token *t)
{
	return t->kind == GV_JSONTEXT_TEXT && t->len > strlen(URN) &&
	    memcmp(t->p, URN, strlen(URN)) == 0;
}

static unsigned
see(unsigned seen, const struct gv_jsontext_token *t)
{
	static const char *const names[] = { "urn", "type", "custom" };
	size_t which = gv_state_key(t, names, 3);
	unsigned bit = which < 3 ? 1U << which : 0;

	if ((which == 0 && !is_urn(t)) ||
	    (which == 1 && t->kind != GV_JSONTEXT_TEXT) ||
	    (which == 2 && t->kind != GV_JSONTEXT_TRUE &&
		t->kind != GV_JSONTEXT_FALSE))
		return seen;
	return seen | bit | (seen & bit ? HAS_TWICE : 0);
}

/* A resource in a value of another one, or two that have become one: what was
 * between is gone. */
static bool
pulumi_is_resource(const struct gv_jsontext_token *map)
{
	unsigned char seen[GV_JSONTEXT_MAX_DEPTH + 1] = { 0 };
	struct gv_jsontext_token t;
	struct gv_jsontext j;

	gv_jsontext_init(&j, map->p, map->len);
	while (gv_jsontext_next(&j, &t) > 0) {
		if (t.kind == GV_JSONTEXT_MAP)
			seen[j.depth] = 0;
		else if (t.has_key && t.kind != GV_JSONTEXT_LIST)
			seen[j.depth] = (unsigned char)see(seen[j.depth], &t);
		else if (t.kind == GV_JSONTEXT_MAP_END && j.depth > 0 &&
		    (seen[j.depth + 1] & ALL) == ALL)
			return false;
	}
	return (seen[1] & (ALL | HAS_TWICE)) == ALL;
}

/* { "resource": RESOURCE, "type": "creating" } */
static bool
pulumi_is_operation(const struct gv_jsontext_token *map)
{
	static const char *const types[] = { "creating", "updating", "deleting",
		"reading", "importing" };
	const struct gv_jsontext_token type = gv_state_find(map, "type");
	const struct gv_jsontext_token of = gv_state_find(map, "resource");
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (gv_state_text_is(&type, types[i]))
			return of.kind == GV_JSONTEXT_MAP &&
			    pulumi_is_resource(&of);
	return false;
}

static bool
is_body(const struct gv_jsontext_token *t)
{
	static const char *const names[] = { "deployment", "checkpoint" };

	return t->kind == GV_JSONTEXT_MAP && gv_state_key(t, names, 2) < 2;
}

/* What stands first in a body, which keys of others do not. */
static bool
begins_body(struct gv_jsontext *j)
{
	static const char *const names[] = { "manifest", "stack", "latest" };
	struct gv_jsontext_token t;

	return gv_jsontext_next(j, &t) > 0 && t.has_key &&
	    gv_state_key(&t, names, 3) < 3;
}

static bool
pulumi_begins(const char *p, size_t len, bool first)
{
	static const char *const names[] = { "version", "features" };
	struct gv_jsontext_token t;
	struct gv_jsontext j;

	if (!read_first(&t, &j, p, len))
		return false;
	/* sorted keys have the body before the version */
	if (is_body(&t))
		return first;
	if (gv_state_key(&t, names, 1) != 0 || t.kind != GV_JSONTEXT_NUMBER ||
	    gv_jsontext_next(&j, &t) <= 0)
		return false;
	if (gv_state_key(&t, names, 2) == 1 && t.kind == GV_JSONTEXT_LIST &&
	    (gv_state_skip(&j, &t) <= 0 || gv_jsontext_next(&j, &t) <= 0))
		return false;
	return is_body(&t) && begins_body(&j);
}

static const char *const document_needs[] = { "version", NULL };
static const char *const stack_needs[] = { "stack", NULL };
static const char *const body_needs[] = { "manifest", NULL };

/* What `pulumi stack export` prints, and what a backend keeps. */
static const struct gv_state_body pulumi_bodies[] = {
	{ .path = { "deployment" },
	    .needs = { document_needs, body_needs },
	    .resources = "resources",
	    .outputs = "pending_operations" },
	{ .path = { "checkpoint", "latest" },
	    .needs = { document_needs, stack_needs, body_needs },
	    .resources = "resources",
	    .outputs = "pending_operations" },
};

const struct gv_state_salvage gv_state_pulumi_salvage = {
	.bodies = pulumi_bodies,
	.n_bodies = sizeof(pulumi_bodies) / sizeof(pulumi_bodies[0]),
	.bound = "secrets_providers",
	.least = 3,
	.most = 4,
	.indent = 4,
	.is_passing = true,
	.is_ordered = true,
	.looks = pulumi_looks,
	.is_resource = pulumi_is_resource,
	.is_output = pulumi_is_operation,
	.begins = pulumi_begins,
};
