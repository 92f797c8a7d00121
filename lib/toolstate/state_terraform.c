#include "toolstate/state_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/*
 * Terraform and OpenTofu.
 *
 *	{ "version": 4, "terraform_version": "1.6.0", "serial": 7,
 *	  "lineage": "…", "outputs": { NAME: { "value", "type", "sensitive" } },
 *	  "resources": [ { "module": "module.a", "mode": "managed"|"data",
 *	    "type", "name", "provider", "instances": [ { "index_key", "status",
 *	      "deposed", "attributes": {…} | "attributes_flat": {…},
 *	      "identity": {…}, "private", "dependencies": [ … ],
 *	      "sensitive_attributes": [ [ { "type", "value" } ] ] } ] } ],
 *	  "check_results": [ … ] }
 *
 * Format 3 (before 0.12; today the cache of a backend) has "modules" in place
 * of resources, which nobody reads here. OpenTofu's encrypted state has serial,
 * lineage, "meta", "encrypted_data" and "encryption_version".
 *
 * Keys may come in any order, and whoever sorts them puts the instances before
 * what they are called by: an item gets its address when its resource ends.
 */

/* What addresses of a resource may take, as they repeat what the document says
 * once: a multiple of its length. */
#define WORDS_TIMES 8
#define WORDS_MORE  ((size_t)64 * 1024)

/* Some of the needs of an instance. */
struct needs {
	size_t from, n;
};

struct terraform {
	/* of the document */
	uint64_t version, serial;
	bool has_version, has_serial, has_data, is_encrypted, is_old;
	bool has_resources;
	char writer[sizeof(((struct gv_state_info *)NULL)->writer)];
	char lineage[sizeof(((struct gv_state_info *)NULL)->lineage)];
	uint64_t resources;
	char odd[sizeof(((struct gv_state_info *)NULL)->damage)];

	/* of the resource that is read */
	struct gv_state_resource resource;
	struct gv_jsontext_token *keys; /* of its instances */
	size_t n_keys, cap_keys;
	struct gv_buf address;

	/* of the instance that is read */
	struct gv_state_sensitive sensitive;
	struct needs needs[2]; /* of "dependencies", of "depends_on" */
};

/* The first thing that is odd is reported. */
static void
say_odd(struct terraform *t, const char *what)
{
	if (t->odd[0] == '\0')
		(void)snprintf(t->odd, sizeof(t->odd), "%s", what);
}

/* ---- the document ---- */

static int
terraform_member(void *own, const struct gv_jsontext_token *token)
{
	static const char *const names[] = { "version", "serial", "lineage",
		"terraform_version", "resources", "modules", "backend",
		"remote", "encrypted_data", "encryption_version" };
	struct terraform *t = own;

	/* to Terraform null is as if there were none */
	if (token->kind == GV_JSONTEXT_NULL)
		return 0;
	switch (gv_state_key(token, names, sizeof(names) / sizeof(names[0]))) {
	case 0:
		t->has_version = gv_state_read_whole(&t->version, token);
		break;
	case 1:
		t->has_serial = gv_state_read_whole(&t->serial, token);
		if (!t->has_serial)
			say_odd(t, "its serial is not an integer");
		break;
	case 2:
		if (!gv_state_read_word(t->lineage, sizeof(t->lineage), token))
			say_odd(t,
			    "its lineage is no plain text of at most 127 bytes");
		break;
	case 3:
		(void)gv_state_read_word(t->writer, sizeof(t->writer), token);
		break;
	case 4:
		t->has_resources = token->kind == GV_JSONTEXT_LIST;
		break;
	case 5:
	case 6:
	case 7:
		t->is_old = true;
		break;
	case 8:
		t->has_data = token->kind == GV_JSONTEXT_TEXT;
		break;
	case 9:
		t->is_encrypted = token->kind == GV_JSONTEXT_TEXT && token->len;
		break;
	default:
		break;
	}
	return 0;
}

static bool
terraform_claim(const void *own, struct gv_state_info *info)
{
	const struct terraform *t = own;
	bool has_name = t->has_serial || t->lineage[0];

	if (t->is_encrypted && t->has_data)
		info->is_encrypted = true;
	else if (t->resources == 0 &&
	    (!t->has_version || t->version == 0 ||
		!(has_name || (t->has_resources && t->writer[0]))))
		return false;
	info->format = t->version <= 1000 ? (unsigned)t->version : 0;
	memcpy(info->writer, t->writer, sizeof(info->writer));
	memcpy(info->lineage, t->lineage, sizeof(info->lineage));
	info->serial = t->serial;
	info->has_serial = t->has_serial;
	if (info->damage[0] == '\0')
		(void)snprintf(info->damage, sizeof(info->damage), "%s",
		    t->odd[0] || t->has_version || info->is_encrypted
			? t->odd
			: "it has no version");
	return true;
}

/* ---- instances ---- */

static int
read_attributes(struct gv_state_items *items, struct gv_jsontext *j,
    const struct gv_jsontext_token *map, unsigned marks)
{
	struct gv_jsontext_token value;
	int r = 0;

	if (map->kind != GV_JSONTEXT_MAP) {
		(void)gv_state_skip(j, map);
		return 0;
	}
	while (r == 0 && gv_jsontext_value(j, &value) > 0 &&
	    value.kind != GV_JSONTEXT_MAP_END)
		r = gv_state_items_attribute(items, &value, marks);
	return r;
}

/* What a key of the instance said its needs are, when it stands once more. */
static void
forget_needs(
    struct gv_state_items *items, struct needs *said, struct needs *other)
{
	const char **needs;

	if (said->n == 0)
		return;
	needs = items->needs + said->from;
	items->n_needs -= said->n;
	memmove(needs, needs + said->n,
	    (items->n_needs - said->from) * sizeof(*needs));
	if (other->from > said->from)
		other->from -= said->n;
}

/* States of old have the variables that a resource uses among its needs, and
 * what else expressions begin with. No type of a resource is called so. */
static bool
is_expression(const struct gv_jsontext_token *t)
{
	static const char *const begin[] = { "var.", "local.", "path.", "each.",
		"count.", "self.", "terraform." };
	size_t i;

	for (i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		if (t->len > strlen(begin[i]) &&
		    memcmp(t->p, begin[i], strlen(begin[i])) == 0)
			return true;
	}
	return false;
}

static int
read_needs(struct terraform *t, struct gv_state_items *items,
    struct gv_jsontext *j, const struct gv_jsontext_token *list, size_t which)
{
	struct needs *said = &t->needs[which];
	struct gv_jsontext_token value;
	int r = 0;

	forget_needs(items, said, &t->needs[!which]);
	said->from = items->n_needs;
	said->n = 0;
	if (list->kind != GV_JSONTEXT_LIST) {
		(void)gv_state_skip(j, list);
		return 0;
	}
	while (r == 0 && gv_jsontext_value(j, &value) > 0 &&
	    value.kind != GV_JSONTEXT_LIST_END) {
		if (value.kind == GV_JSONTEXT_TEXT)
			r = is_expression(&value)
			    ? 0
			    : gv_state_items_need(items, &value);
	}
	said->n = items->n_needs - said->from;
	return r;
}

/* What an instance is called by, until its resource ends. */
static int
add_key(struct terraform *t, const struct gv_jsontext_token *key)
{
	int r = GV_GROW(t->keys, t->n_keys, t->cap_keys);

	if (r == 0)
		t->keys[t->n_keys++] = *key;
	return r;
}

static void
read_status(struct gv_state_item *item, const struct gv_jsontext_token *value)
{
	struct gv_state_text text = gv_state_text_of(value);

	item->marks &= ~(unsigned)GV_STATE_TAINTED;
	if (text.p && gv_jsontext_is(text.p, text.len, text.escaped, "tainted"))
		item->marks |= GV_STATE_TAINTED;
}

static void
read_deposed(struct gv_state_item *item, const struct gv_jsontext_token *value)
{
	struct gv_state_text text = gv_state_text_of(value);

	item->marks &= ~(unsigned)GV_STATE_DEPOSED;
	item->deposed = text.len ? text.p : NULL;
	item->deposed_len = text.len;
	if (text.len)
		item->marks |= GV_STATE_DEPOSED;
}

/* Read what an instance has besides its attributes. Their names have a dot,
 * which names of attributes never have. */
static int
read_beside(struct gv_state_items *items, struct gv_jsontext *j,
    const struct gv_jsontext_token *value)
{
	if (value->kind == GV_JSONTEXT_TEXT)
		return gv_state_items_named(items, "instance.", NULL, value, 0);
	(void)gv_state_skip(j, value);
	return 0;
}

/* A member of an instance, which began. */
static int
read_instance_member(struct terraform *t, struct gv_state_items *items,
    struct gv_jsontext *j, const struct gv_jsontext_token *value,
    struct gv_state_item *item)
{
	static const char *const names[] = { "attributes", "dependencies",
		"sensitive_attributes", "private", "index_key", "status",
		"deposed", "provider", "attributes_flat", "depends_on",
		"identity" };
	struct gv_state_text text;

	switch (gv_state_key(value, names, sizeof(names) / sizeof(names[0]))) {
	case 0:
		return read_attributes(items, j, value, 0);
	case 8:
		return read_attributes(items, j, value, GV_STATE_SENSITIVE);
	case 1:
		return read_needs(t, items, j, value, 0);
	case 9:
		return read_needs(t, items, j, value, 1);
	case 2:
		return gv_state_sensitive_read(&t->sensitive, j, value);
	case 3:
		if (value->kind == GV_JSONTEXT_TEXT)
			return gv_state_items_attribute(
			    items, value, GV_STATE_SENSITIVE);
		break;
	case 4:
		t->keys[t->n_keys - 1] = *value;
		break;
	case 5:
		read_status(item, value);
		return read_beside(items, j, value);
	case 6:
		read_deposed(item, value);
		return read_beside(items, j, value);
	case 10:
		if (value->kind == GV_JSONTEXT_MAP)
			return gv_state_items_members(items, j, "identity.", 0);
		break;
	case 7:
		text = gv_state_text_of(value);
		item->provider = text.p;
		item->provider_len = text.len;
		break;
	default:
		break;
	}
	(void)gv_state_skip(j, value);
	return 0;
}

/* An instance, which began. */
static int
read_instance(struct terraform *t, struct gv_state_items *items,
    struct gv_jsontext *j, const struct gv_jsontext_token *map)
{
	static const struct gv_jsontext_token no_key = { .kind =
							     GV_JSONTEXT_NULL };
	struct gv_state_item item = { .text = map->p };
	size_t attributes = items->n_attributes, needs = items->n_needs;
	struct gv_jsontext_token value;
	int r = add_key(t, &no_key);

	memset(t->needs, 0, sizeof(t->needs));
	gv_state_sensitive_reset(&t->sensitive);
	while (r == 0 && gv_jsontext_next(j, &value) > 0 &&
	    value.kind != GV_JSONTEXT_MAP_END)
		r = read_instance_member(t, items, j, &value, &item);
	if (r == 0)
		r = gv_state_sensitive_mark(&t->sensitive, items, attributes);
	item.len = (size_t)(j->at - item.text);
	item.n_attributes = items->n_attributes - attributes;
	item.n_needs = items->n_needs - needs;
	return r < 0 ? r : gv_state_items_add(items, &item);
}

static int
read_instances(struct terraform *t, struct gv_state_items *items,
    struct gv_jsontext *j, const struct gv_jsontext_token *list)
{
	struct gv_jsontext_token value;
	int r = 0;

	if (list->kind != GV_JSONTEXT_LIST) {
		(void)gv_state_skip(j, list);
		return 0;
	}
	while (r == 0 && gv_jsontext_next(j, &value) > 0 &&
	    value.kind != GV_JSONTEXT_LIST_END) {
		if (value.kind == GV_JSONTEXT_MAP)
			r = read_instance(t, items, j, &value);
		else
			(void)gv_state_skip(j, &value);
	}
	return r;
}

/* ---- resources ---- */

static const char *const resource_names[] = { "module", "mode", "type", "name",
	"provider", "instances" };

#define N_RESOURCE_NAMES (sizeof(resource_names) / sizeof(resource_names[0]))
#define INSTANCES        5

static void
take_name(struct gv_state_resource *out, size_t which,
    const struct gv_jsontext_token *value)
{
	struct gv_state_text *const texts[] = { &out->module, &out->mode,
		&out->type, &out->name, &out->provider };

	if (which < INSTANCES)
		*texts[which] = gv_state_text_of(value);
}

static bool
is_named(const struct gv_state_resource *resource)
{
	return resource->type.len && resource->name.len;
}

/* Whether a piece stands in this list or map of the document. */
static bool
is_in(const struct gv_jsontext_piece *piece, const char *name, bool in_map)
{
	return piece->n_levels == 2 &&
	    gv_state_is_level(&piece->levels[1], in_map, name);
}

/* What a resource is called. */
static bool
name_resource(struct terraform *t, const struct gv_jsontext_piece *piece,
    struct gv_buf *name)
{
	struct gv_state_resource *resource = &t->resource;
	struct gv_jsontext_token value;
	struct gv_jsontext j;
	bool has_instances = false;
	size_t which;

	memset(resource, 0, sizeof(*resource));
	gv_jsontext_init(&j, piece->token.p, piece->token.len);
	if (gv_jsontext_next(&j, &value) <= 0)
		return false;
	/* Terraform writes the instances last, and who sorts keys the module
	 * before the provider */
	while (
	    !(is_named(resource) && resource->mode.p && resource->provider.p) &&
	    gv_jsontext_value(&j, &value) > 0 &&
	    value.kind != GV_JSONTEXT_MAP_END) {
		which = gv_state_key(&value, resource_names, N_RESOURCE_NAMES);
		take_name(resource, which, &value);
		has_instances |= which == INSTANCES;
	}
	/* others have lists of resources, too, but without either of these */
	if (!is_named(resource) || !(has_instances || resource->mode.p))
		return false;
	gv_state_address_add(name, resource);
	return true;
}

static enum gv_state_unit
terraform_unit(
    void *own, const struct gv_jsontext_piece *piece, struct gv_buf *name)
{
	struct terraform *t = own;
	const struct gv_jsontext_token *token = &piece->token;

	if (token->kind != GV_JSONTEXT_MAP)
		return GV_STATE_OTHER;
	if (is_in(piece, "outputs", true)) {
		gv_buf_addstr(name, "output.");
		gv_buf_add(name, token->key, token->key_len);
		return GV_STATE_HEAD;
	}
	if (is_in(piece, "resources", false) && name_resource(t, piece, name))
		return GV_STATE_BODY;
	return GV_STATE_OTHER;
}

/* Say of an instance what its resource is. */
static int
finish_item(struct terraform *t, struct gv_state_items *items,
    struct gv_state_item *item, const struct gv_jsontext_token *key)
{
	const struct gv_state_resource *resource = &t->resource;
	size_t len = t->address.len;

	gv_state_address_key(&t->address, key);
	if (gv_buf_check(&t->address) < 0)
		return GV_ENOMEM;
	item->address =
	    gv_arena_copy(&items->words, t->address.p, t->address.len);
	if (item->address == NULL)
		return GV_ENOMEM;
	item->address_len = t->address.len;
	gv_buf_truncate(&t->address, len);
	item->type = resource->type.p;
	item->type_len = resource->type.len;
	if (item->provider == NULL) {
		item->provider = resource->provider.p;
		item->provider_len = resource->provider.len;
	}
	if (gv_state_resource_is_data(resource))
		item->marks |= GV_STATE_DATA;
	return 0;
}

/* Forget all items from here on. */
static void
drop_items(struct gv_state_items *items, size_t from)
{
	while (items->n > from) {
		items->n--;
		items->n_attributes -= items->items[items->n].n_attributes;
		items->n_needs -= items->items[items->n].n_needs;
	}
}

static int
finish_items(struct terraform *t, struct gv_state_items *items, size_t first,
    const struct gv_jsontext_token *whole)
{
	static const struct gv_jsontext_token no_key = { .kind =
							     GV_JSONTEXT_NULL };
	struct gv_state_item none = { .text = whole->p, .len = whole->len };
	size_t i, words = 0;
	int r = 0;

	if (items->n == first) {
		if ((r = gv_state_items_add(items, &none)) == 0)
			r = add_key(t, &no_key);
	}
	gv_buf_reset(&t->address);
	gv_state_address_add(&t->address, &t->resource);
	for (i = first; r == 0 && i < items->n; i++) {
		r = finish_item(
		    t, items, &items->items[i], &t->keys[i - first]);
		words += items->items[i].address_len;
		if (r == 0 && words / WORDS_TIMES > whole->len + WORDS_MORE) {
			say_odd(t, "the addresses of a resource are too long");
			drop_items(items, i + 1);
		}
	}
	return r;
}

static int
read_resource(struct terraform *t, const struct gv_jsontext_token *whole,
    struct gv_state_items *items)
{
	size_t first = items->n, which;
	struct gv_jsontext_token value;
	struct gv_jsontext j;
	int r = 0;

	memset(&t->resource, 0, sizeof(t->resource));
	t->n_keys = 0;
	t->resources++;
	gv_jsontext_init(&j, whole->p, whole->len);
	if (gv_jsontext_next(&j, &value) <= 0)
		return 0;
	while (r == 0 && gv_jsontext_next(&j, &value) > 0 &&
	    value.kind != GV_JSONTEXT_MAP_END) {
		which = gv_state_key(&value, resource_names, N_RESOURCE_NAMES);
		take_name(&t->resource, which, &value);
		if (which == INSTANCES)
			r = read_instances(t, items, &j, &value);
		else
			(void)gv_state_skip(&j, &value);
	}
	return r < 0 ? r : finish_items(t, items, first, whole);
}

static int
read_output(struct terraform *t, const struct gv_jsontext_token *whole,
    struct gv_state_items *items)
{
	static const char *const names[] = { "sensitive" };
	struct gv_state_item item = { .text = whole->p, .len = whole->len };
	const struct gv_state_text name = { whole->key, whole->key_len,
		whole->key_escaped };
	size_t first = items->n_attributes, i;
	struct gv_jsontext_token value;
	struct gv_jsontext j;
	int r = 0;

	gv_jsontext_init(&j, whole->p, whole->len);
	if (gv_jsontext_next(&j, &value) <= 0)
		return 0;
	while (r == 0 && gv_jsontext_value(&j, &value) > 0 &&
	    value.kind != GV_JSONTEXT_MAP_END) {
		if (gv_state_key(&value, names, 1) == 0)
			item.marks |= value.kind == GV_JSONTEXT_TRUE
			    ? GV_STATE_SENSITIVE
			    : 0;
		else
			r = gv_state_items_attribute(items, &value, 0);
	}
	item.n_attributes = items->n_attributes - first;
	for (i = first; i < items->n_attributes; i++)
		items->attributes[i].marks |= item.marks;
	gv_buf_reset(&t->address);
	gv_buf_addstr(&t->address, "output.");
	gv_state_text_add(&t->address, &name);
	if (r < 0 || (r = gv_buf_check(&t->address)) < 0)
		return r;
	item.address =
	    gv_arena_copy(&items->words, t->address.p, t->address.len);
	item.address_len = t->address.len;
	return item.address ? gv_state_items_add(items, &item) : GV_ENOMEM;
}

static int
terraform_read(void *own, const struct gv_jsontext_piece *piece,
    struct gv_state_items *items)
{
	if (piece->token.has_key)
		return read_output(own, &piece->token, items);
	return read_resource(own, &piece->token, items);
}

static void
terraform_release(void *own)
{
	struct terraform *t = own;

	free(t->keys);
	gv_buf_release(&t->address);
	gv_state_sensitive_release(&t->sensitive);
}

const struct gv_state_handler gv_state_terraform = {
	.tool = "terraform",
	.memory = sizeof(struct terraform),
	.member = terraform_member,
	.unit = terraform_unit,
	.read = terraform_read,
	.claim = terraform_claim,
	.release = terraform_release,
	.salvage = &gv_state_terraform_salvage,
};
