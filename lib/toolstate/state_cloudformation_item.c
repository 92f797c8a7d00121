#include "toolstate/state_cloudformation.h"

#include <string.h>

#include "base/err.h"

/* What is not to be echoed comes as asterisks. */
static bool
is_masked(const struct gv_jsontext_token *t)
{
	size_t i = 0;

	if (t->kind != GV_JSONTEXT_TEXT)
		return false;
	while (i < t->len && t->p[i] == '*')
		i++;
	return i > 3 && i == t->len;
}

/* Parameters or outputs of a stack, each an attribute. */
static int
read_pairs(struct gv_state_items *items, const char *word,
    const struct gv_jsontext_token *list, const char *key, const char *value)
{
	struct gv_jsontext_token t, name, v;
	struct gv_jsontext j;
	int r = 0;

	if (list->kind != GV_JSONTEXT_LIST)
		return 0;
	gv_jsontext_init(&j, list->p, list->len);
	(void)gv_jsontext_next(&j, &t);
	while (r == 0 && gv_jsontext_value(&j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_LIST_END) {
		name = gv_state_find(&t, key);
		v = gv_state_find(&t, value);
		if (name.kind != GV_JSONTEXT_TEXT)
			continue;
		r = gv_state_items_named(items, word, &name,
		    v.kind == GV_JSONTEXT_NULL ? &t : &v,
		    is_masked(&v) ? GV_STATE_SENSITIVE : 0);
	}
	return r;
}

/* The same of a map. */
static int
read_properties(
    struct gv_state_items *items, const struct gv_jsontext_token *map)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;

	if (map->kind != GV_JSONTEXT_MAP)
		return 0;
	gv_jsontext_init(&j, map->p, map->len);
	(void)gv_jsontext_next(&j, &t);
	return gv_state_items_members(items, &j, "Properties.", 0);
}

/* What distinguishes a thing from another one under its old name. */
static int
read_id(struct gv_state_items *items, const struct gv_jsontext_token *t)
{
	static const char id[] = "id";
	struct gv_jsontext_token called = *t;

	called.key = id;
	called.key_len = strlen(id);
	return gv_state_items_named(items, "", NULL, &called, 0);
}

/* What is going on, or has failed. */
static void
mark_status(struct gv_state_item *item, const struct gv_jsontext_token *t)
{
	item->marks &= ~(unsigned)GV_STATE_PENDING;
	if (t->kind == GV_JSONTEXT_TEXT &&
	    (memmem(t->p, t->len, "_IN_PROGRESS", 12) ||
		memmem(t->p, t->len, "_FAILED", 7)))
		item->marks |= GV_STATE_PENDING;
}

static void
mark_echo(struct gv_state_item *item, const struct gv_jsontext_token *t)
{
	if (t->kind == GV_JSONTEXT_TRUE || gv_state_text_is(t, "true") ||
	    gv_state_text_is(t, "True"))
		item->marks |= GV_STATE_SENSITIVE;
}

static void
set_type(struct gv_state_item *item, const struct gv_jsontext_token *t)
{
	const struct gv_state_text text = gv_state_text_of(t);

	item->type = text.p;
	item->type_len = text.len;
}

/* A member of an item. */
static int
read_member(struct gv_state_items *items, struct gv_state_item *item,
    enum gv_state_cloudformation place, const struct gv_jsontext_token *t)
{
	static const char *const names[] = { "StackId", "PhysicalResourceId",
		"Parameters", "Outputs", "Properties", "ResourceType", "Type",
		"StackStatus", "ResourceStatus", "NoEcho", "ParameterValue",
		"ChangeSetId" };
	size_t which = gv_state_key(t, names, sizeof(names) / sizeof(names[0]));

	switch (which) {
	case 0:
		if (place == GV_STATE_CFN_STACK)
			return read_id(items, t);
		break;
	case 1:
	case 11:
		return read_id(items, t);
	case 2:
		if (place == GV_STATE_CFN_STACK)
			return read_pairs(items, "Parameters.", t,
			    "ParameterKey", "ParameterValue");
		break;
	case 3:
		if (place == GV_STATE_CFN_STACK)
			return read_pairs(
			    items, "Outputs.", t, "OutputKey", "OutputValue");
		break;
	case 4:
		if (place == GV_STATE_CFN_TEMPLATE_RESOURCE)
			return read_properties(items, t);
		break;
	case 5:
	case 6:
		set_type(item, t);
		break;
	case 7:
	case 8:
		mark_status(item, t);
		break;
	case 9:
		mark_echo(item, t);
		break;
	case 10:
		if (is_masked(t))
			item->marks |= GV_STATE_SENSITIVE;
		break;
	default:
		break;
	}
	return gv_state_items_attribute(items, t, 0);
}

static int
read_needs(struct gv_state_items *items, enum gv_state_cloudformation place,
    const struct gv_jsontext_token *t)
{
	const struct gv_jsontext_token depends = gv_state_find(t, "DependsOn");
	size_t first = items->n_needs;
	int r = 0;

	if (place != GV_STATE_CFN_TEMPLATE_RESOURCE &&
	    place != GV_STATE_CFN_TEMPLATE_OUTPUT)
		return 0;
	if (place == GV_STATE_CFN_TEMPLATE_RESOURCE)
		r = gv_state_cloudformation_depend(items, &depends);
	if (r == 0)
		r = gv_state_cloudformation_refer(items, t);
	gv_state_items_unite(items, first);
	return r;
}

int
gv_state_cloudformation_item(struct gv_state_items *items,
    struct gv_state_item *item, enum gv_state_cloudformation place,
    const struct gv_jsontext_token *map)
{
	const struct gv_jsontext_token of = place == GV_STATE_CFN_CHANGE
	    ? gv_state_find(map, "ResourceChange")
	    : *map;
	size_t attributes = items->n_attributes, needs = items->n_needs, i;
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r = 0;

	gv_jsontext_init(&j, of.p, of.len);
	(void)gv_jsontext_next(&j, &t);
	while (r == 0 && gv_jsontext_value(&j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_MAP_END)
		r = read_member(items, item, place, &t);
	if (r < 0 || (r = read_needs(items, place, &of)) < 0)
		return r;
	item->n_attributes = items->n_attributes - attributes;
	item->n_needs = items->n_needs - needs;
	/* a parameter is sensitive as a whole, a stack by what it has */
	for (i = attributes; i < items->n_attributes; i++) {
		if (place == GV_STATE_CFN_STACK)
			item->marks |= items->attributes[i].marks;
		else
			items->attributes[i].marks |=
			    item->marks & GV_STATE_SENSITIVE;
	}
	return gv_state_items_add(items, item);
}
