#include "toolstate/state_internal.h"

#include <string.h>

#include "base/err.h"

/*
 * What `terraform show -json PLAN` prints of a plan; OpenTofu's is the same.
 *
 *	{ "format_version": "1.2", "terraform_version", "variables": { NAME: {
 *	  "value" } }, "planned_values": {…}, "resource_drift": […],
 *	  "resource_changes": [ { "address", "mode", "type", "name",
 *	    "provider_name", "deposed", "change": { "actions": ["update"],
 *	    "before": {…}, "after": {…}, "after_unknown": {…},
 *	    "before_sensitive": {…}, "after_sensitive": {…} } } ],
 *	  "output_changes": { NAME: { "actions", "before", "after", … } },
 *	  "prior_state": {…}, "configuration": {…}, … }
 *
 * An item is what the plan is about to do to a resource, or to an output, by
 * the address that it has in the state. What else has values, the variables
 * among them, is one item each, and sensitive, since there they stand in clear.
 */

#define N_OTHERS 5
static const char *const others[N_OTHERS] = { "variables", "planned_values",
	"resource_drift", "prior_state", "configuration" };

struct plan {
	bool has_format, has_changes;
	char writer[64];
	struct gv_buf address;
};

/* ---- the document ---- */

static void
look(struct plan *p, const struct gv_jsontext_token *t)
{
	static const char *const names[] = { "format_version",
		"terraform_version", "resource_changes" };

	switch (gv_state_key(t, names, sizeof(names) / sizeof(names[0]))) {
	case 0:
		p->has_format = t->kind == GV_JSONTEXT_TEXT;
		break;
	case 1:
		(void)gv_state_read_word(p->writer, sizeof(p->writer), t);
		break;
	case 2:
		p->has_changes = t->kind == GV_JSONTEXT_LIST;
		break;
	default:
		break;
	}
}

static void
plan_ahead(
    void *own, const struct gv_jsontext_token *t, const struct gv_jsontext *j)
{
	(void)j;
	look(own, t);
}

static int
plan_member(void *own, const struct gv_jsontext_token *t)
{
	look(own, t);
	return 0;
}

/* Which of the others a level, or the key of a value, is; N_OTHERS: none. */
static size_t
other_of(const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < N_OTHERS; i++)
		if (key && strlen(others[i]) == len &&
		    memcmp(others[i], key, len) == 0)
			break;
	return i;
}

/* What has values in clear is one piece, so that it is one item. */
static bool
plan_whole(const void *own, const struct gv_jsontext_level *levels, size_t n)
{
	const struct plan *p = own;

	return p->has_format && p->writer[0] && n == 2 && levels[0].is_map &&
	    other_of(levels[1].key, levels[1].key_len) < N_OTHERS;
}

static bool
plan_claim(const void *own, struct gv_state_info *info)
{
	const struct plan *p = own;

	if (!p->has_format || !p->has_changes || !p->writer[0])
		return false;
	memcpy(info->writer, p->writer, sizeof(info->writer));
	info->format = 1;
	return true;
}

/* ---- what it does ---- */

static enum gv_state_unit
plan_unit(void *own, const struct gv_jsontext_piece *piece, struct gv_buf *name)
{
	const struct gv_jsontext_token *t = &piece->token;
	const struct gv_jsontext_level *levels = piece->levels;
	const struct plan *p = own;
	struct gv_jsontext_token address;
	struct gv_state_text text;

	if (!p->has_format || !p->writer[0])
		return GV_STATE_OTHER;
	if (piece->n_levels == 1 && t->has_key &&
	    other_of(t->key, t->key_len) < N_OTHERS) {
		gv_buf_add(name, t->key, t->key_len);
		return GV_STATE_HEAD;
	}
	if (piece->n_levels != 2 || t->kind != GV_JSONTEXT_MAP)
		return GV_STATE_OTHER;
	if (gv_state_is_level(&levels[1], true, "output_changes")) {
		gv_buf_add(name, t->key, t->key_len);
		return GV_STATE_HEAD;
	}
	if (!gv_state_is_level(&levels[1], false, "resource_changes"))
		return GV_STATE_OTHER;
	address = gv_state_find(t, "address");
	text = gv_state_text_of(&address);
	if (text.p == NULL || text.len == 0)
		return GV_STATE_OTHER;
	gv_state_text_add(name, &text);
	return GV_STATE_BODY;
}

/* Whether something in a tree of what is sensitive is. */
static bool
has_true(const struct gv_jsontext_token *tree)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;

	if (tree->kind != GV_JSONTEXT_MAP && tree->kind != GV_JSONTEXT_LIST)
		return tree->kind == GV_JSONTEXT_TRUE;
	gv_jsontext_init(&j, tree->p, tree->len);
	while (gv_jsontext_next(&j, &t) > 0)
		if (t.kind == GV_JSONTEXT_TRUE)
			return true;
	return false;
}

/* The marks of a member by the tree beside it: of all, or of its own name. A
 * name that is written with escapes is not compared, and counts. */
static unsigned
marks_of(const struct gv_jsontext_token *tree,
    const struct gv_jsontext_token *member)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;

	if (tree->kind != GV_JSONTEXT_MAP)
		return has_true(tree) ? GV_STATE_SENSITIVE : 0;
	gv_jsontext_init(&j, tree->p, tree->len);
	(void)gv_jsontext_next(&j, &t);
	while (gv_jsontext_value(&j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		bool is_it = t.key_escaped || member->key_escaped ||
		    (t.key_len == member->key_len &&
			memcmp(t.key, member->key, t.key_len) == 0);

		if (is_it && has_true(&t))
			return GV_STATE_SENSITIVE;
	}
	return 0;
}

/* A value of a resource has an attribute for each member, one of an output is
 * one. */
static int
read_values(struct gv_state_items *items, const char *words[2],
    const struct gv_jsontext_token *values,
    const struct gv_jsontext_token *sensitive)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r = 0;

	if (values->kind != GV_JSONTEXT_MAP)
		return gv_state_items_named(items, words[0], NULL, values,
		    has_true(sensitive) ? GV_STATE_SENSITIVE : 0);
	gv_jsontext_init(&j, values->p, values->len);
	(void)gv_jsontext_next(&j, &t);
	while (r == 0 && gv_jsontext_value(&j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_MAP_END)
		r = gv_state_items_named(
		    items, words[1], NULL, &t, marks_of(sensitive, &t));
	return r;
}

static int
read_change(struct gv_state_items *items, const struct gv_jsontext_token *c)
{
	static const char *const keys[2] = { "before", "after" };
	static const char *const trees[2] = { "before_sensitive",
		"after_sensitive" };
	const char *words[2][2] = { { "", "before." }, { "", "after." } };
	struct gv_jsontext_token t = gv_state_find(c, "actions"), tree;
	size_t i;
	int r = 0;

	if (t.kind == GV_JSONTEXT_LIST)
		r = gv_state_items_attribute(items, &t, 0);
	for (i = 0; r == 0 && i < 2; i++) {
		t = gv_state_find(c, keys[i]);
		tree = gv_state_find(c, trees[i]);
		if (t.p && t.kind != GV_JSONTEXT_NULL)
			r = read_values(items, words[i], &t, &tree);
	}
	return r;
}

static int
read_resource(struct plan *p, struct gv_state_items *items,
    struct gv_state_item *item, const struct gv_jsontext_token *whole)
{
	struct gv_jsontext_token t = gv_state_find(whole, "address");
	struct gv_state_text text = gv_state_text_of(&t);

	gv_state_text_add(&p->address, &text);
	t = gv_state_find(whole, "deposed");
	text = gv_state_text_of(&t);
	item->deposed = text.p;
	item->deposed_len = text.len;
	item->marks |= text.p ? GV_STATE_DEPOSED : 0;
	t = gv_state_find(whole, "mode");
	item->marks |= gv_state_text_is(&t, "data") ? GV_STATE_DATA : 0;
	t = gv_state_find(whole, "type");
	text = gv_state_text_of(&t);
	item->type = text.p;
	item->type_len = text.len;
	t = gv_state_find(whole, "provider_name");
	text = gv_state_text_of(&t);
	item->provider = text.p;
	item->provider_len = text.len;
	t = gv_state_find(whole, "change");
	return read_change(items, &t);
}

static int
plan_read(void *own, const struct gv_jsontext_piece *piece,
    struct gv_state_items *items)
{
	const struct gv_jsontext_token *whole = &piece->token;
	struct gv_state_item item = { .text = whole->p, .len = whole->len };
	size_t first[2] = { items->n_attributes, items->n_needs };
	struct plan *p = own;
	int r;

	item.text = gv_state_raw(whole, &item.len);
	gv_buf_reset(&p->address);
	if (piece->n_levels == 1) {
		gv_buf_addstr(&p->address, "plan.");
		gv_buf_add(&p->address, whole->key, whole->key_len);
		item.marks |= GV_STATE_SENSITIVE;
		r = gv_state_items_attribute(items, whole, GV_STATE_SENSITIVE);
	} else if (whole->has_key) {
		gv_buf_addstr(&p->address, "output.");
		gv_buf_add(&p->address, whole->key, whole->key_len);
		r = read_change(items, whole);
	} else {
		r = read_resource(p, items, &item, whole);
	}
	return r < 0 ? r
		     : gv_state_items_close(
			   items, &item, &p->address, first[0], first[1]);
}

static void
plan_release(void *own)
{
	struct plan *p = own;

	gv_buf_release(&p->address);
}

const struct gv_state_handler gv_state_plan = {
	.tool = "terraform-plan",
	.memory = sizeof(struct plan),
	.ahead = plan_ahead,
	.whole = plan_whole,
	.member = plan_member,
	.unit = plan_unit,
	.read = plan_read,
	.claim = plan_claim,
	.release = plan_release,
};
