#include "toolstate/state_pulumi.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

/* Of a resource: what is kept of it until it ends. The rest is given as it is
 * read. */
enum said {
	SAID_URN,
	SAID_TYPE,
	SAID_PROVIDER,
	SAID_DELETE,
	SAID_CREATED,
	SAID_EXTERNAL,
	SAID_TAINT,
	SAID_REPLACEMENT,
	SAID_ERRORS,
	SAID_PARENT,
	SAID_DELETED_WITH,
	SAID_DEPENDENCIES,
	SAID_REPLACE_WITH,
	SAID_PROPERTIES,
	N_SAID = GV_STATE_PULUMI_SAID,
	IS_ID = N_SAID,
	IS_INPUTS,
	IS_OUTPUTS,
	IS_SECRETS,
	N_NAMES,
};

static const char *const names[N_NAMES] = {
	[SAID_URN] = "urn",
	[SAID_TYPE] = "type",
	[SAID_PROVIDER] = "provider",
	[SAID_DELETE] = "delete",
	[SAID_CREATED] = "created",
	[SAID_EXTERNAL] = "external",
	[SAID_TAINT] = "taint",
	[SAID_REPLACEMENT] = "pendingReplacement",
	[SAID_ERRORS] = "initErrors",
	[SAID_PARENT] = "parent",
	[SAID_DELETED_WITH] = "deletedWith",
	[SAID_DEPENDENCIES] = "dependencies",
	[SAID_REPLACE_WITH] = "replaceWith",
	[SAID_PROPERTIES] = "propertyDependencies",
	[IS_ID] = "id",
	[IS_INPUTS] = "inputs",
	[IS_OUTPUTS] = "outputs",
	[IS_SECRETS] = "additionalSecretOutputs",
};

static int
read_properties(struct gv_state_pulumi_resource *p,
    struct gv_state_items *items, const char *word,
    const struct gv_jsontext_token *map)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	unsigned secrets;
	int r = 0;

	if (map->kind != GV_JSONTEXT_MAP)
		return 0;
	gv_jsontext_init(&j, map->p, map->len);
	(void)gv_jsontext_next(&j, &t);
	while (r == 0 && gv_jsontext_value(&j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_MAP_END) {
		secrets = gv_state_pulumi_secrets(&t);
		p->secrets |= secrets;
		r = gv_state_items_named(
		    items, word, NULL, &t, secrets ? GV_STATE_SENSITIVE : 0);
	}
	return r;
}

/* Names of outputs that are secret. Where they cannot be read, all is. */
static int
read_secrets(
    struct gv_state_pulumi_resource *p, const struct gv_jsontext_token *list)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r = 0;

	if (list->kind != GV_JSONTEXT_LIST) {
		p->sensitive.is_all |= list->kind != GV_JSONTEXT_NULL;
		return 0;
	}
	gv_jsontext_init(&j, list->p, list->len);
	(void)gv_jsontext_next(&j, &t);
	while (r == 0 && gv_jsontext_value(&j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_LIST_END) {
		if (t.kind == GV_JSONTEXT_TEXT)
			r = gv_state_sensitive_add(
			    &p->sensitive, "outputs.", &t);
		else
			p->sensitive.is_all = true;
	}
	return r;
}

static int
read_members(struct gv_state_pulumi_resource *p, struct gv_state_items *items,
    const struct gv_jsontext_token *map)
{
	size_t first = items->n_attributes, which;
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r = 0;

	memset(p->said, 0, sizeof(p->said));
	gv_state_sensitive_reset(&p->sensitive);
	gv_jsontext_init(&j, map->p, map->len);
	(void)gv_jsontext_next(&j, &t);
	while (r == 0 && gv_jsontext_value(&j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_MAP_END) {
		which = gv_state_key(&t, names, N_NAMES);
		if (which < N_SAID)
			p->said[which] = t;
		else if (which == IS_ID)
			r = gv_state_items_attribute(items, &t, 0);
		else if (which == IS_INPUTS)
			r = read_properties(p, items, "inputs.", &t);
		else if (which == IS_OUTPUTS)
			r = read_properties(p, items, "outputs.", &t);
		else if (which == IS_SECRETS)
			r = read_secrets(p, &t);
	}
	return r < 0 ? r : gv_state_sensitive_mark(&p->sensitive, items, first);
}

/* ---- needs ---- */

static int
need(struct gv_state_items *items, const struct gv_jsontext_token *urn)
{
	if (urn->kind != GV_JSONTEXT_TEXT || urn->len == 0)
		return 0;
	return gv_state_items_need(items, urn);
}

/* All texts of a list, or of the lists in a map. */
static int
need_all(struct gv_state_items *items, const struct gv_jsontext_token *of)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r = 0;

	if (of->kind != GV_JSONTEXT_LIST && of->kind != GV_JSONTEXT_MAP)
		return 0;
	gv_jsontext_init(&j, of->p, of->len);
	while (r == 0 && gv_jsontext_next(&j, &t) > 0)
		r = need(items, &t);
	return r;
}

/* The URN of a reference to a provider, which has an id behind it. */
static struct gv_jsontext_token
provider_of(const struct gv_jsontext_token *reference)
{
	struct gv_jsontext_token t = *reference;
	size_t i = t.len;

	if (t.kind != GV_JSONTEXT_TEXT)
		t.len = 0;
	while (i > 1 && !(t.p[i - 1] == ':' && t.p[i - 2] == ':'))
		i--;
	if (i > 1)
		t.len = i - 2;
	return t;
}

static int
read_needs(struct gv_state_pulumi_resource *p, struct gv_state_items *items)
{
	const struct gv_jsontext_token *said = p->said;
	const struct gv_jsontext_token provider =
	    provider_of(&said[SAID_PROVIDER]);
	size_t first = items->n_needs;
	int r;

	if ((r = need(items, &said[SAID_PARENT])) < 0)
		return r;

	/* one that is gone until it is made again may have lost its provider */
	if (said[SAID_REPLACEMENT].kind != GV_JSONTEXT_TRUE &&
	    (r = need(items, &provider)) < 0)
		return r;
	if ((r = need(items, &said[SAID_DELETED_WITH])) < 0 ||
	    (r = need_all(items, &said[SAID_DEPENDENCIES])) < 0 ||
	    (r = need_all(items, &said[SAID_REPLACE_WITH])) < 0 ||
	    (r = need_all(items, &said[SAID_PROPERTIES])) < 0)
		return r;
	gv_state_items_unite(items, first);
	return 0;
}

/* ---- the item ---- */

static bool
is_true(const struct gv_state_pulumi_resource *p, enum said which)
{
	return p->said[which].kind == GV_JSONTEXT_TRUE;
}

static void
mark(const struct gv_state_pulumi_resource *p, struct gv_state_item *item)
{
	const struct gv_jsontext_token *errors = &p->said[SAID_ERRORS];

	if (is_true(p, SAID_TAINT))
		item->marks |= GV_STATE_TAINTED;
	if (is_true(p, SAID_EXTERNAL) ||
	    gv_state_text_is(
		&p->said[SAID_TYPE], "pulumi:pulumi:StackReference"))
		item->marks |= GV_STATE_DATA;
	if (is_true(p, SAID_REPLACEMENT) ||
	    (errors->kind == GV_JSONTEXT_LIST &&
		memchr(errors->p, '"', errors->len)))
		item->marks |= GV_STATE_PENDING;
}

/* What tells it from others of this URN. 0 or GV_ENOMEM. */
static int
mark_deleted(struct gv_state_pulumi_resource *p, struct gv_state_items *items,
    struct gv_state_item *item)
{
	const struct gv_state_text created =
	    gv_state_text_of(&p->said[SAID_CREATED]);
	char number[24];
	int n;

	if (!is_true(p, SAID_DELETE))
		return 0;
	item->marks |= GV_STATE_DEPOSED;
	item->deposed = created.p;
	item->deposed_len = created.len;
	if (created.len)
		return 0;
	n = snprintf(number, sizeof(number), "%" PRIu64, ++p->unnamed);
	item->deposed = gv_arena_copy(&items->words, number, (size_t)n);
	item->deposed_len = (size_t)n;
	return item->deposed ? 0 : GV_ENOMEM;
}

int
gv_state_pulumi_resource_read(struct gv_state_pulumi_resource *p,
    struct gv_state_items *items, const struct gv_jsontext_token *map,
    bool with_needs, struct gv_state_item *item)
{
	size_t first = items->n_attributes, needs = items->n_needs, i;
	struct gv_jsontext_token provider;
	struct gv_state_text type;
	int r = read_members(p, items, map);

	/* an operation may stand before what it needs */
	if (r == 0 && with_needs)
		r = read_needs(p, items);
	if (r < 0)
		return r;
	item->n_attributes = items->n_attributes - first;
	item->n_needs = items->n_needs - needs;
	for (i = first; i < items->n_attributes; i++)
		item->marks |= items->attributes[i].marks & GV_STATE_SENSITIVE;
	type = gv_state_text_of(&p->said[SAID_TYPE]);
	item->type = type.p;
	item->type_len = type.len;
	provider = provider_of(&p->said[SAID_PROVIDER]);
	item->provider = provider.len ? provider.p : NULL;
	item->provider_len = provider.len;
	mark(p, item);
	return mark_deleted(p, items, item);
}

void
gv_state_pulumi_resource_release(struct gv_state_pulumi_resource *p)
{
	gv_state_sensitive_release(&p->sensitive);
}
