#include "toolstate/state_pulumi.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

/*
 * Pulumi: what `pulumi stack export` prints, and what a backend of files keeps.
 *
 *	{ "version": 3|4, "deployment": BODY }
 *	{ "version": 3|4, "checkpoint": { "stack", "config", "latest": BODY } }
 *
 *	BODY { "manifest": { "time", "magic", "version" },
 *	  "secrets_providers": { "type", "state" },
 *	  "resources": [ { "urn", "type", "id", "provider": "URN::ID",
 *	    "inputs": {…}, "outputs": {…}, "additionalSecretOutputs": [ NAME ],
 *	    "delete", "created", "external", "taint", "pendingReplacement",
 *	    "initErrors": [ … ], "parent": URN, "deletedWith": URN,
 *	    "dependencies": [ URN ], "replaceWith": [ URN ],
 *	    "propertyDependencies": { NAME: [ URN ] } } ],
 *	  "pending_operations": [ { "resource": {…}, "type": "creating" } ],
 *	  "metadata": { "integrity_error": {…} } }
 *
 *	URN urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME
 *
 * A resource that has been replaced stays, to be deleted, under the URN of the
 * one that is in its place; there may be several. What tells them apart must
 * not be the id, which is a value and may be a password: it is the time that
 * it was made at. Files from before 2023 have none; there it is its number
 * among those that are to be deleted.
 *
 * There is no serial. What another stack is, its URNs tell.
 */

#define URN "urn:pulumi:"

struct pulumi {
	/* of the document */
	uint64_t version;
	bool has_version, has_body, has_others;
	bool has_stack, has_manifest;
	bool is_encoded; /* its secrets are, in place of encrypted */
	bool is_broken;  /* the tool says so */
	char writer[sizeof(((struct gv_state_info *)NULL)->writer)];
	char lineage[sizeof(((struct gv_state_info *)NULL)->lineage)];
	uint64_t resources;
	char odd[sizeof(((struct gv_state_info *)NULL)->damage)];

	struct gv_state_pulumi_resource resource; /* that is read */
	struct gv_buf address;
};

/* The first thing that is odd is reported. */
static void
say_odd(struct pulumi *p, const char *what)
{
	if (p->odd[0] == '\0')
		(void)snprintf(p->odd, sizeof(p->odd), "%s", what);
}

/* ---- places ---- */

/* How many levels there are down to the body; 0: these are not in it. It is
 * asked of all that stands in any document, so the first level decides. */
static size_t
body_of(const struct gv_jsontext_level *levels, size_t n)
{
	if (n < 2 || !levels[1].is_map)
		return 0;
	if (gv_state_is_level(&levels[1], true, "deployment"))
		return 2;
	return n > 2 && gv_state_is_level(&levels[1], true, "checkpoint") &&
		gv_state_is_level(&levels[2], true, "latest")
	    ? 3
	    : 0;
}

static bool
pulumi_enter(const struct gv_jsontext_level *levels, size_t n)
{
	size_t body = body_of(levels, n);

	if (body == 0 || n == body)
		return body;
	return n == body + 1 &&
	    (gv_state_is_level(&levels[body], false, "resources") ||
		gv_state_is_level(&levels[body], false, "pending_operations"));
}

/* ---- the document ---- */

static int
pulumi_member(void *own, const struct gv_jsontext_token *t)
{
	static const char *const keys[] = { "version", "deployment",
		"checkpoint", "features" };
	struct pulumi *p = own;

	switch (gv_state_key(t, keys, 4)) {
	case 0:
		p->has_version = gv_state_read_whole(&p->version, t);
		break;
	case 1:
	case 2:
		p->has_body |= t->kind == GV_JSONTEXT_MAP;
		break;
	case 3:
		break;
	default:
		p->has_others = true;
		break;
	}
	return 0;
}

static void
read_manifest(struct pulumi *p, const struct gv_jsontext_token *map)
{
	static const char *const keys[] = { "version", "time", "magic" };
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	unsigned seen = 0;
	size_t which;

	gv_jsontext_init(&j, map->p, map->len);
	(void)gv_jsontext_next(&j, &t);
	while (gv_jsontext_value(&j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		which = gv_state_key(&t, keys, 3);
		if (t.kind == GV_JSONTEXT_TEXT)
			seen |= 1U << which;
		if (which == 0)
			(void)gv_state_read_word(
			    p->writer, sizeof(p->writer), &t);
	}
	p->has_manifest |= (seen & 7) == 7;
}

/* A member of the body that was not gone into. */
static void
look_at_body(struct pulumi *p, const struct gv_jsontext_token *t)
{
	static const char *const keys[] = { "manifest", "secrets_providers",
		"metadata", "resources", "pending_operations" };
	struct gv_jsontext_token in;

	switch (gv_state_key(t, keys, 5)) {
	case 0:
		if (t->kind == GV_JSONTEXT_MAP)
			read_manifest(p, t);
		break;
	case 1:
		in = gv_state_find(t, "type");
		p->is_encoded = gv_state_text_is(&in, "b64");
		break;
	case 2:
		in = gv_state_find(t, "integrity_error");
		p->is_broken = in.kind != GV_JSONTEXT_NULL;
		break;
	case 3:
		if (t->kind != GV_JSONTEXT_NULL)
			say_odd(p, "its resources are no list");
		break;
	case 4:
		if (t->kind != GV_JSONTEXT_NULL)
			say_odd(p, "its pending operations are no list");
		break;
	default:
		break;
	}
}

static const char *
warning_of(const struct pulumi *p)
{
	if (p->resource.secrets & GV_STATE_PULUMI_CLEAR)
		return "its secrets are in clear, as pulumi stack export "
		       "--show-secrets writes them";
	if (p->is_encoded && p->resource.secrets)
		return "its secrets are in clear: its secrets provider is b64, "
		       "which encrypts nothing";
	if (p->is_broken)
		return "pulumi has marked it as broken: see integrity_error in "
		       "its metadata";
	return "";
}

static bool
pulumi_claim(const void *own, struct gv_state_info *info)
{
	const struct pulumi *p = own;
	bool is_new = p->has_stack && !p->has_others;

	if (!p->has_body)
		return false;
	if (p->resources == 0 &&
	    (!p->has_version || !(p->has_manifest || is_new)))
		return false;
	info->format = p->version <= 1000 ? (unsigned)p->version : 0;
	memcpy(info->writer, p->writer, sizeof(info->writer));
	memcpy(info->lineage, p->lineage, sizeof(info->lineage));
	(void)snprintf(
	    info->warning, sizeof(info->warning), "%s", warning_of(p));
	if (info->damage[0] == '\0')
		(void)snprintf(info->damage, sizeof(info->damage), "%s",
		    p->odd[0] || p->has_version ? p->odd : "it has no version");
	return true;
}

/* ---- resources ---- */

/* Append the URN of a resource; false for what has none. */
static bool
name_resource(struct gv_buf *name, const struct gv_jsontext_token *map)
{
	const struct gv_jsontext_token urn = gv_state_find(map, "urn");
	const struct gv_state_text text = gv_state_text_of(&urn);
	size_t len = name->len;

	if (text.p == NULL)
		return false;
	gv_state_text_add(name, &text);
	if (name->len - len > strlen(URN) &&
	    memcmp(name->p + len, URN, strlen(URN)) == 0)
		return true;
	gv_buf_truncate(name, len);
	return false;
}

/* What an operation is called: by what is done, and to what. */
static bool
name_operation(struct gv_buf *name, const struct gv_jsontext_token *map)
{
	const struct gv_jsontext_token type = gv_state_find(map, "type");
	const struct gv_jsontext_token of = gv_state_find(map, "resource");
	const struct gv_state_text text = gv_state_text_of(&type);

	gv_buf_addstr(name, "pending.");
	if (text.p == NULL)
		return false;
	gv_state_text_add(name, &text);
	gv_buf_addch(name, '.');
	return name_resource(name, &of);
}

static enum gv_state_unit
pulumi_unit(
    void *own, const struct gv_jsontext_piece *piece, struct gv_buf *name)
{
	const struct gv_jsontext_level *levels = piece->levels;
	const struct gv_jsontext_token *t = &piece->token;
	size_t n = piece->n_levels, body = body_of(levels, n);
	struct pulumi *p = own;
	bool is_resource;

	if (body == 0) {
		if (n == 2 && t->kind == GV_JSONTEXT_TEXT &&
		    gv_state_is_level(&levels[1], true, "checkpoint"))
			p->has_stack |= gv_jsontext_is(
			    t->key, t->key_len, t->key_escaped, "stack");
		return GV_STATE_OTHER;
	}
	if (n == body)
		look_at_body(p, t);
	if (n != body + 1)
		return GV_STATE_OTHER;
	is_resource = gv_state_is_level(&levels[body], false, "resources");
	if (is_resource ? name_resource(name, t) : name_operation(name, t))
		return is_resource ? GV_STATE_BODY : GV_STATE_HEAD;
	gv_buf_reset(name);
	say_odd(p,
	    is_resource ? "a resource of it has no urn"
			: "a pending operation of it names no resource");
	return GV_STATE_OTHER;
}

/* The stack and the project of a URN, in the order that Pulumi calls them. */
static int
take_lineage(struct pulumi *p, const char *urn)
{
	const char *stack = urn + strlen(URN), *project, *end;
	struct gv_buf name = GV_BUF_INIT;
	int r;

	project = strstr(stack, "::");
	end = project ? strstr(project + 2, "::") : NULL;
	if (end == NULL)
		return 0;
	gv_buf_add(&name, project + 2, (size_t)(end - project - 2));
	gv_buf_addch(&name, '/');
	gv_buf_add(&name, stack, (size_t)(project - stack));
	if ((r = gv_buf_check(&name)) == 0)
		gv_state_read_lineage(
		    p->lineage, sizeof(p->lineage), name.p, name.len);
	gv_buf_release(&name);
	return r;
}

static int
pulumi_read(void *own, const struct gv_jsontext_piece *piece,
    struct gv_state_items *items)
{
	const struct gv_jsontext_token *t = &piece->token;
	bool is_resource = gv_state_is_level(
	    &piece->levels[piece->n_levels - 1], false, "resources");
	struct gv_state_item item = { .text = t->p, .len = t->len };
	const struct gv_jsontext_token of =
	    is_resource ? *t : gv_state_find(t, "resource");
	struct pulumi *p = own;
	int r = gv_state_pulumi_resource_read(
	    &p->resource, items, &of, is_resource, &item);

	p->resources++;
	gv_buf_reset(&p->address);
	if (is_resource)
		(void)name_resource(&p->address, t);
	else
		(void)name_operation(&p->address, t);
	if (!is_resource)
		item.marks |= GV_STATE_PENDING;
	if (r < 0 || (r = gv_state_items_call(items, &item, &p->address)) < 0)
		return r;
	if (is_resource && p->lineage[0] == '\0' &&
	    (r = take_lineage(p, item.address)) < 0)
		return r;
	return gv_state_items_add(items, &item);
}

static void
pulumi_release(void *own)
{
	struct pulumi *p = own;

	gv_buf_release(&p->address);
	gv_state_pulumi_resource_release(&p->resource);
}

const struct gv_state_handler gv_state_pulumi = {
	.tool = "pulumi",
	.memory = sizeof(struct pulumi),
	.enter = pulumi_enter,
	.member = pulumi_member,
	.unit = pulumi_unit,
	.read = pulumi_read,
	.claim = pulumi_claim,
	.release = pulumi_release,
	.salvage = &gv_state_pulumi_salvage,
};
