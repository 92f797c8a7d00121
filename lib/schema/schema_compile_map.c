#include <string.h>

#include "base/err.h"
#include "schema/schema_internal.h"

/*
 * What a schema says of maps and of lists. The names of a map that it speaks of
 * are one table by their hashes, which the instance has already: a member costs
 * one look-up, and counting those that are required costs nothing more.
 */

#define FIRST(n)  ((n) + 1)
#define BEHIND(n) ((n) + (n)->span)
#define EACH(i, n)                                                             \
	(i) = FIRST(n);                                                        \
	(i) < BEHIND(n);                                                       \
	(i) += (i)->span
#define IS_SHADOWED(i) ((i)->kind == GV_INSTANCE_SHADOWED)

static bool
is_on(const struct gv_schema_compiling *c, enum gv_schema_word word)
{
	const struct gv_instance_node *n = gv_schema_take(c, word);

	return n && n->kind == GV_INSTANCE_TRUE;
}

/* ---- the table of names -------------------------------------------------- */

static int
size_table(struct gv_schema_compiling *c, uint32_t names)
{
	struct gv_schema_maps *m = c->maps;
	uint32_t size = 4;

	while (size < names * 2)
		size *= 2;
	m->slots = gv_arena_alloc(&c->s->arena, size * sizeof(*m->slots));
	m->mask = size - 1;
	return m->slots ? 0 : GV_ENOMEM;
}

static struct gv_schema_slot *
slot_of(struct gv_schema_maps *m, const char *name, uint32_t len)
{
	const uint32_t hash = (uint32_t)gv_map_hash(name, len);
	uint32_t i = hash & m->mask;
	struct gv_schema_slot *slot;

	for (;; i = (i + 1) & m->mask) {
		slot = &m->slots[i];
		if (!slot->is_used)
			break;
		if (slot->hash == hash && slot->len == len &&
		    memcmp(slot->name, name, len) == 0)
			return slot;
	}
	slot->is_used = true;
	slot->name = name;
	slot->hash = hash;
	slot->len = len;
	m->n_slots++;
	return slot;
}

/* Members that every object of Kubernetes may have. */
static void
add_embedded(struct gv_schema_compiling *c)
{
	static const char *const names[] = { "apiVersion", "kind", "metadata" };
	size_t i;

	for (i = 0; i < 3; i++)
		slot_of(c->maps, names[i], (uint32_t)strlen(names[i]))
		    ->is_known = true;
}

static int
add_properties(
    struct gv_schema_compiling *c, const struct gv_instance_node *properties)
{
	const struct gv_instance_node *i;
	struct gv_schema_slot *slot;

	for (EACH(i, properties)) {
		if (IS_SHADOWED(i))
			continue;
		slot = slot_of(c->maps, i->key, i->key_len);
		slot->node = gv_schema_child(c, i);
		if (slot->node == NULL)
			return GV_ENOMEM;
		slot->is_known = true;
		slot->node->is_structural = c->node->is_structural;
	}
	return 0;
}

static int
add_required(
    struct gv_schema_compiling *c, const struct gv_instance_node *required)
{
	const struct gv_instance_node *i;
	struct gv_schema_slot *slot;

	c->maps->required = required;
	for (EACH(i, required)) {
		if (i->kind != GV_INSTANCE_TEXT)
			return gv_schema_doubt(c, GV_SCHEMA_REQUIRED,
			    "it is not a list of strings");
		slot = slot_of(c->maps, i->is.text, i->len);
		c->maps->n_required += !slot->is_required;
		slot->is_required = true;
	}
	return 0;
}

static int
compile_names(struct gv_schema_compiling *c)
{
	const struct gv_instance_node *properties =
	    gv_schema_take(c, GV_SCHEMA_PROPERTIES);
	const struct gv_instance_node *required =
	    gv_schema_take(c, GV_SCHEMA_REQUIRED);
	const bool is_embedded = is_on(c, GV_SCHEMA_K_EMBEDDED) ||
	    (c->node->is_structural && c->node == c->s->root);
	uint32_t n = is_embedded ? 3 : 0;
	int r;

	if (properties && properties->kind != GV_INSTANCE_MAP) {
		properties = NULL;
		if ((r = gv_schema_doubt(
			 c, GV_SCHEMA_PROPERTIES, "it is not a map")) < 0)
			return r;
	}
	if (required && required->kind != GV_INSTANCE_LIST) {
		required = NULL;
		if ((r = gv_schema_doubt(
			 c, GV_SCHEMA_REQUIRED, "it is not a list")) < 0)
			return r;
	}
	n += (properties ? properties->n : 0) + (required ? required->n : 0);
	if (n == 0)
		return 0;
	if ((r = size_table(c, n)) < 0)
		return r;
	if (is_embedded)
		add_embedded(c);
	if (properties && (r = add_properties(c, properties)) < 0)
		return r;
	/* as kubectl's strict validation, and where the schema has a say */
	c->maps->is_closed = c->node->is_structural && properties &&
	    !is_on(c, GV_SCHEMA_K_PRESERVE);
	return required ? add_required(c, required) : 0;
}

/* ---- patterns of names --------------------------------------------------- */

static int
compile_matchers(struct gv_schema_compiling *c)
{
	const struct gv_instance_node *n =
	    gv_schema_take(c, GV_SCHEMA_PATTERN_PROPERTIES);
	const struct gv_instance_node *i;
	struct gv_schema_matcher *m;
	int r;

	if (n == NULL)
		return 0;
	if (n->kind != GV_INSTANCE_MAP)
		return gv_schema_doubt(
		    c, GV_SCHEMA_PATTERN_PROPERTIES, "it is not a map");
	if (n->n == 0)
		return 0;
	c->maps->matchers =
	    gv_arena_alloc(&c->s->arena, n->n * sizeof(*c->maps->matchers));
	if (c->maps->matchers == NULL)
		return GV_ENOMEM;
	for (EACH(i, n)) {
		if (IS_SHADOWED(i))
			continue;
		m = &c->maps->matchers[c->maps->n_matchers++];
		m->node = gv_schema_child(c, i);
		if (m->node == NULL)
			return GV_ENOMEM;
		r = gv_schema_take_pattern(c, &m->pattern, &m->why, i, true);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- dependencies -------------------------------------------------------- */

static bool
is_list_of_names(const struct gv_instance_node *n)
{
	const struct gv_instance_node *i;

	if (n->kind != GV_INSTANCE_LIST)
		return false;
	for (EACH(i, n))
		if (i->kind != GV_INSTANCE_TEXT)
			return false;
	return true;
}

static int
add_dependencies(struct gv_schema_compiling *c, enum gv_schema_word word)
{
	const struct gv_instance_node *n = gv_schema_take(c, word), *i;
	struct gv_schema_dependency *d;

	if (n == NULL)
		return 0;
	if (n->kind != GV_INSTANCE_MAP)
		return gv_schema_doubt(c, word, "it is not a map");
	for (EACH(i, n)) {
		if (IS_SHADOWED(i))
			continue;
		d = &c->maps->dependencies[c->maps->n_dependencies++];
		d->key = i;
		d->word = gv_schema_word_name(word);
		if (word != GV_SCHEMA_DEPENDENT_SCHEMAS &&
		    is_list_of_names(i)) {
			d->list = i;
		} else if (word == GV_SCHEMA_DEPENDENT_REQUIRED) {
			c->maps->n_dependencies--;
			return gv_schema_doubt(
			    c, word, "it is not a map of lists of strings");
		} else if ((d->node = gv_schema_child(c, i)) == NULL) {
			return GV_ENOMEM;
		}
	}
	return 0;
}

static int
compile_dependencies(struct gv_schema_compiling *c)
{
	static const enum gv_schema_word words[] = { GV_SCHEMA_DEPENDENCIES,
		GV_SCHEMA_DEPENDENT_REQUIRED, GV_SCHEMA_DEPENDENT_SCHEMAS };
	const struct gv_instance_node *n;
	size_t i, all = 0;
	int r;

	for (i = 0; i < 3; i++)
		if ((n = gv_schema_take(c, words[i])) != NULL)
			all += n->n + 1;
	if (all == 0)
		return 0;
	c->maps->dependencies =
	    gv_arena_alloc(&c->s->arena, all * sizeof(*c->maps->dependencies));
	if (c->maps->dependencies == NULL)
		return GV_ENOMEM;
	for (i = 0; i < 3; i++)
		if ((r = add_dependencies(c, words[i])) < 0)
			return r;
	return 0;
}

/* ---- maps ---------------------------------------------------------------- */

static void
pass_on(const struct gv_schema_compiling *c, struct gv_schema_node *node)
{
	if (node && c->node->is_structural)
		node->is_structural = true;
}

int
gv_schema_compile_map(struct gv_schema_compiling *c)
{
	struct gv_schema_maps *m =
	    gv_arena_alloc(&c->s->arena, sizeof(struct gv_schema_maps));
	int r;

	if (m == NULL)
		return GV_ENOMEM;
	c->maps = m;
	m->max = UINT64_MAX;
	if ((r = gv_schema_take_count(c, &m->min, GV_SCHEMA_MIN_PROPERTIES)) <
		0 ||
	    (r = gv_schema_take_count(c, &m->max, GV_SCHEMA_MAX_PROPERTIES)) <
		0 ||
	    (r = compile_names(c)) < 0 || (r = compile_matchers(c)) < 0 ||
	    (r = compile_dependencies(c)) < 0 ||
	    (r = gv_schema_take_one(
		 c, &m->additional, GV_SCHEMA_ADDITIONAL_PROPERTIES)) < 0 ||
	    (r = gv_schema_take_one(c, &m->names, GV_SCHEMA_PROPERTY_NAMES)) <
		0 ||
	    (r = gv_schema_take_one(
		 c, &m->unevaluated, GV_SCHEMA_UNEVALUATED_PROPERTIES)) < 0)
		return r;
	pass_on(c, m->additional);
	m->is_closed = m->is_closed && m->additional == NULL;
	m->has_members = m->n_slots || m->n_matchers || m->additional ||
	    m->names || m->is_closed;
	if (m->has_members || m->n_dependencies || m->unevaluated || m->min ||
	    m->max != UINT64_MAX)
		c->node->maps = m;
	return 0;
}

/* ---- lists --------------------------------------------------------------- */

/* A list of schemas under "items" is what later drafts call "prefixItems". */
static int
compile_items(struct gv_schema_compiling *c)
{
	const struct gv_instance_node *n = gv_schema_take(c, GV_SCHEMA_ITEMS);
	struct gv_schema_lists *l = c->lists;
	int r;

	r = gv_schema_take_list(c, &l->prefix, GV_SCHEMA_PREFIX_ITEMS);
	if (r < 0 || n == NULL)
		return r;
	if (n->kind != GV_INSTANCE_LIST ||
	    c->node->resource->draft == GV_SCHEMA_DRAFT_2020) {
		l->rest_word = "items";
		return gv_schema_take_one(c, &l->rest, GV_SCHEMA_ITEMS);
	}
	if (n->n &&
	    (r = gv_schema_take_list(c, &l->prefix, GV_SCHEMA_ITEMS)) < 0)
		return r;
	l->rest_word = "additionalItems";
	return gv_schema_take_one(c, &l->rest, GV_SCHEMA_ADDITIONAL_ITEMS);
}

/* The keys by which Kubernetes knows the items of a list. */
static int
compile_keys(struct gv_schema_compiling *c)
{
	const struct gv_instance_node *type =
	    gv_schema_take(c, GV_SCHEMA_K_LIST_TYPE);
	const struct gv_instance_node *keys =
	    gv_schema_take(c, GV_SCHEMA_K_LIST_KEYS);
	const struct gv_instance_node *i;
	const char **names;

	c->node->is_set = type && gv_instance_is(type, "set");
	if (keys == NULL || !is_list_of_names(keys) || keys->n == 0)
		return 0;
	names = gv_arena_alloc(&c->s->arena, keys->n * sizeof(const char *));
	if (names == NULL)
		return GV_ENOMEM;
	for (EACH(i, keys))
		if ((names[c->node->n_keys++] = gv_arena_copy(
			 &c->s->arena, i->is.text, i->len)) == NULL)
			return GV_ENOMEM;
	c->node->keys = names;
	return 0;
}

int
gv_schema_compile_list(struct gv_schema_compiling *c)
{
	struct gv_schema_lists *l =
	    gv_arena_alloc(&c->s->arena, sizeof(struct gv_schema_lists));
	int r;

	if (l == NULL)
		return GV_ENOMEM;
	c->lists = l;
	l->max = l->max_contains = UINT64_MAX;
	l->min_contains = 1;
	if ((r = compile_keys(c)) < 0 ||
	    (r = gv_schema_take_count(c, &l->min, GV_SCHEMA_MIN_ITEMS)) < 0 ||
	    (r = gv_schema_take_count(c, &l->max, GV_SCHEMA_MAX_ITEMS)) < 0 ||
	    (r = compile_items(c)) < 0 ||
	    (r = gv_schema_take_one(c, &l->contains, GV_SCHEMA_CONTAINS)) < 0 ||
	    (r = gv_schema_take_one(
		 c, &l->unevaluated, GV_SCHEMA_UNEVALUATED_ITEMS)) < 0 ||
	    (r = gv_schema_take_count(
		 c, &l->min_contains, GV_SCHEMA_MIN_CONTAINS)) < 0 ||
	    (r = gv_schema_take_count(
		 c, &l->max_contains, GV_SCHEMA_MAX_CONTAINS)) < 0)
		return r;
	pass_on(c, l->rest);
	l->is_unique = is_on(c, GV_SCHEMA_UNIQUE_ITEMS) || c->node->is_set;
	l->marks_contained = c->node->resource->draft == GV_SCHEMA_DRAFT_2020;
	if (l->min || l->max != UINT64_MAX || l->prefix.n || l->rest ||
	    l->contains || l->unevaluated || l->is_unique)
		c->node->lists = l;
	return 0;
}
