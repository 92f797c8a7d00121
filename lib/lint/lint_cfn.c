#include "lint/lint_internal.h"

#include <string.h>

/*
 * CloudFormation: a key of a mapping that FindInMap asks for, as it is written,
 * or for each value that a parameter may have. A part with a condition may
 * never be made with the value that is missing: there it is information.
 */

#define REF "!Ref "

/* What is known of the symbols of one file. */
enum known {
	PARAMETER, /* of that name; its value is the number, one more */
	MAPPING,   /* it has keys */
	KEY,       /* of a mapping, by that name */
	CONDITION, /* a part has one */
	ALLOWED    /* a parameter's values, held against a mapping */
};

/* Which values of a parameter a mapping lacks. */
struct lacking {
	const char *keys[GV_LINT_MANY];
	size_t n;
};

struct reading {
	struct gv_lint *c;
	uint32_t file;
	struct gv_map known;
	struct gv_arena arena;
};

/* The bytes that something is known by. NULL: without memory. */
static void *
key_of(size_t *len, struct reading *r, enum known what, uint32_t of,
    const char *text)
{
	const size_t n = strlen(text);
	char *key = gv_arena_alloc(&r->arena, 1 + sizeof(of) + n);

	*len = 1 + sizeof(of) + n;
	if (key == NULL) {
		r->c->failed = true;
		return NULL;
	}
	*key = (char)what;
	memcpy(key + 1, &of, sizeof(of));
	memcpy(key + 1 + sizeof(of), text, n);
	return key;
}

static void *
get(struct reading *r, enum known what, uint32_t of, const char *text)
{
	size_t len;
	const void *key = key_of(&len, r, what, of, text);

	return key ? gv_map_get(&r->known, key, len) : NULL;
}

static void
put(struct reading *r, enum known what, uint32_t of, const char *text,
    void *value)
{
	size_t len;
	const void *key = key_of(&len, r, what, of, text);

	if (key && gv_map_get(&r->known, key, len) == NULL &&
	    gv_map_put(&r->known, key, len, value) < 0)
		r->c->failed = true;
}

static void
learn(struct reading *r, uint32_t k)
{
	const struct gv_symbol *s = &r->c->graph->symbols.items[k];
	const char *name = gv_lint_name(r->c, s);

	if (s->kind == GV_SYMBOL_DEFINITION &&
	    s->word == GV_SYMBOL_SPACE_CFN_PARAMETER)
		put(r, PARAMETER, 0, name, (void *)((uintptr_t)k + 1));
	if (s->kind == GV_SYMBOL_VALUE &&
	    s->word == GV_SYMBOL_VALUE_CFN_MAPPING_KEY) {
		put(r, MAPPING, s->in, "", r);
		put(r, KEY, s->in, name, r);
	}
	if (s->kind == GV_SYMBOL_REFERENCE &&
	    s->word == GV_SYMBOL_EDGE_CFN_CONDITION)
		put(r, CONDITION, s->in, "", r);
}

static void
forget(struct reading *r)
{
	gv_map_release(&r->known);
	gv_arena_release(&r->arena);
	r->known = (struct gv_map)GV_MAP_INIT;
	r->arena = (struct gv_arena)GV_ARENA_INIT;
}

/* A reference and its mapping are of one file, and references of a file follow
 * each other. */
static void
learn_file(struct reading *r, uint32_t file)
{
	const struct gv_depgraph_file *f = &r->c->graph->files[file];
	uint32_t k;

	if (r->file == file)
		return;
	forget(r);
	r->file = file;
	for (k = f->first; k < f->first + f->n && !r->c->failed; k++)
		learn(r, k);
}

/* Whether what the reference is in may be left out, or a part of it. */
static bool
has_condition(struct reading *r, uint32_t ref)
{
	return get(r, CONDITION, r->c->graph->symbols.items[ref].in, "");
}

static void
add_key(struct reading *r, uint32_t ref, const char *key, const char *parameter)
{
	struct gv_lint *c = r->c;
	const char *mapping = gv_lint_name(c, &c->graph->symbols.items[ref]);
	struct gv_buf subject = GV_BUF_INIT, text = GV_BUF_INIT;

	gv_buf_addf(&subject, "%s %s.%s", gv_lint_path(c, ref), mapping, key);
	if (parameter)
		gv_buf_addf(&text, "'%s' may be '%s', but the", parameter, key);
	gv_buf_addf(&text, "%s mapping '%s' has no key '%s'",
	    parameter ? "" : "the", mapping, key);
	if (gv_buf_check(&subject) < 0 || gv_buf_check(&text) < 0)
		c->failed = true;
	else
		(has_condition(r, ref) ? gv_lint_note : gv_lint_add)(c,
		    "cfn/mapping", subject.p, gv_lint_at(c, ref), "%s", text.p);
	gv_buf_release(&subject);
	gv_buf_release(&text);
}

/* Most of the values are of something else: one finding. */
static void
add_many(struct reading *r, uint32_t ref, const struct lacking *lacking,
    const char *parameter)
{
	struct gv_lint *c = r->c;
	const char *mapping = gv_lint_name(c, &c->graph->symbols.items[ref]);
	struct gv_buf subject = GV_BUF_INIT, names = GV_BUF_INIT;

	gv_buf_addf(&subject, "%s %s." REF "%s", gv_lint_path(c, ref), mapping,
	    parameter);
	gv_lint_add_names(&names, lacking->keys, GV_LINT_SHOWN, true);
	if (gv_buf_check(&subject) < 0 || gv_buf_check(&names) < 0)
		c->failed = true;
	else
		(has_condition(r, ref) ? gv_lint_note : gv_lint_add)(c,
		    "cfn/mapping", subject.p, gv_lint_at(c, ref),
		    "'%s' may be %s, and the mapping '%s' has no such keys",
		    parameter, names.p, mapping);
	gv_buf_release(&subject);
	gv_buf_release(&names);
}

/* Which of the values that a parameter may have a mapping lacks: once for each
 * two of them. NULL: none is known, or memory is short. */
static const struct lacking *
find_lacking(struct reading *r, uint32_t mapping, const char *name)
{
	const struct gv_depgraph *g = r->c->graph;
	const struct gv_depgraph_file *f = &g->files[r->file];
	struct lacking *lacking = get(r, ALLOWED, mapping, name);
	const uintptr_t found = (uintptr_t)get(r, PARAMETER, 0, name);
	const uint32_t of = (uint32_t)found - 1;
	uint32_t k;

	if (lacking || found == 0)
		return lacking;
	if ((lacking = gv_arena_alloc(&r->arena, sizeof(*lacking))) == NULL) {
		r->c->failed = true;
		return NULL;
	}
	lacking->n = 0;
	for (k = of + 1; k < f->first + f->n && lacking->n < GV_LINT_MANY;
	     k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (s->kind != GV_SYMBOL_VALUE || s->in != of)
			break;
		if (s->word == GV_SYMBOL_VALUE_CFN_ALLOWED &&
		    !get(r, KEY, mapping, gv_lint_name(r->c, s)))
			lacking->keys[lacking->n++] = gv_lint_name(r->c, s);
	}
	put(r, ALLOWED, mapping, name, lacking);
	return lacking;
}

static void
look_at_allowed(
    struct reading *r, uint32_t ref, uint32_t mapping, const char *name)
{
	const struct lacking *lacking = find_lacking(r, mapping, name);
	size_t i;

	if (lacking && lacking->n == GV_LINT_MANY)
		add_many(r, ref, lacking, name);
	for (i = 0; lacking && lacking->n < GV_LINT_MANY && i < lacking->n; i++)
		add_key(r, ref, lacking->keys[i], name);
}

static void
look_at(struct reading *r, const struct gv_depgraph_edge *e)
{
	const struct gv_depgraph *g = r->c->graph;
	const uint32_t mapping = e->to - g->n_files - g->n_folders;
	const char *key = gv_lint_extra(r->c, &g->symbols.items[e->symbol]);

	learn_file(r, g->file_of[mapping]);
	/* a mapping that a macro fills says nothing */
	if (*key == '\0' || !get(r, MAPPING, mapping, ""))
		return;
	if (strncmp(key, REF, strlen(REF)) == 0)
		look_at_allowed(r, e->symbol, mapping, key + strlen(REF));
	else if (!get(r, KEY, mapping, key))
		add_key(r, e->symbol, key, NULL);
}

void
gv_lint_mappings(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	struct reading r = { .c = c,
		.file = GV_DEPGRAPH_NONE,
		.known = GV_MAP_INIT,
		.arena = GV_ARENA_INIT };
	uint32_t i;

	for (i = 0; i < g->n_edges && !c->failed; i++) {
		const struct gv_depgraph_edge *e = &g->edges[i];

		if (e->kind == GV_SYMBOL_EDGE_CFN_MAPPING &&
		    e->target == GV_DEPGRAPH_NODE && !e->is_pattern &&
		    e->symbol != GV_DEPGRAPH_NONE &&
		    gv_depgraph_definition(g, e->to))
			look_at(&r, e);
	}
	forget(&r);
}
