#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/schema_internal.h"

/*
 * A schema becomes a few tables, one for each kind of value, so that what is no
 * list costs nothing where lists are spoken of. A keyword whose value is not
 * what it must be is a doubt: it is never taken to hold.
 */

/* ---- what the parts share ------------------------------------------------ */

const struct gv_instance_node *
gv_schema_take(const struct gv_schema_compiling *c, enum gv_schema_word word)
{
	return c->words[word];
}

static void
read_words(struct gv_schema_compiling *c)
{
	const struct gv_schema_resource *r = c->node->resource;
	const struct gv_schema_keyword *k;
	const struct gv_instance_node *n;
	uint32_t i;

	for (i = gv_instance_first(c->in, c->at); i != GV_DOC_NONE;
	     i = gv_instance_next(c->in, i)) {
		n = &c->in->nodes[i];
		k = gv_schema_keyword_of(
		    n->key, n->key_len, r->draft, r->vocabularies);
		if (k)
			c->words[k->word] = n;
	}
}

static struct gv_schema_logic *
logic_of(struct gv_schema_compiling *c)
{
	if (c->logic == NULL)
		c->logic = gv_arena_alloc(
		    &c->s->arena, sizeof(struct gv_schema_logic));
	c->node->logic = c->logic;
	return c->logic;
}

int
gv_schema_doubt(
    struct gv_schema_compiling *c, enum gv_schema_word word, const char *text)
{
	struct gv_schema_doubt *d = gv_arena_alloc(&c->s->arena, sizeof(*d));

	if (d == NULL || logic_of(c) == NULL)
		return GV_ENOMEM;
	d->word = gv_schema_word_name(word);
	d->text = text;
	d->next = c->logic->doubts;
	c->logic->doubts = d;
	return 0;
}

struct gv_schema_node *
gv_schema_child(struct gv_schema_compiling *c, const struct gv_instance_node *n)
{
	return gv_schema_node_at(
	    c->s, c->node->document, (uint32_t)(n - c->in->nodes));
}

static bool
is_schema(const struct gv_schema_compiling *c, const struct gv_instance_node *n)
{
	if (n->kind == GV_INSTANCE_MAP)
		return true;
	return (n->kind == GV_INSTANCE_TRUE || n->kind == GV_INSTANCE_FALSE) &&
	    c->node->resource->draft != GV_SCHEMA_DRAFT_04;
}

int
gv_schema_take_one(struct gv_schema_compiling *c, struct gv_schema_node **out,
    enum gv_schema_word word)
{
	const struct gv_instance_node *n = gv_schema_take(c, word);
	const bool may_be_bool = word == GV_SCHEMA_ADDITIONAL_PROPERTIES ||
	    word == GV_SCHEMA_ADDITIONAL_ITEMS;

	if (n == NULL)
		return 0;
	if (!is_schema(c, n) &&
	    !(may_be_bool &&
		(n->kind == GV_INSTANCE_TRUE || n->kind == GV_INSTANCE_FALSE)))
		return gv_schema_doubt(c, word, "it is not a schema");
	*out = gv_schema_child(c, n);
	return *out ? 0 : GV_ENOMEM;
}

int
gv_schema_take_list(struct gv_schema_compiling *c, struct gv_schema_nodes *out,
    enum gv_schema_word word)
{
	const struct gv_instance_node *n = gv_schema_take(c, word), *i;

	if (n == NULL)
		return 0;
	if (n->kind != GV_INSTANCE_LIST || n->n == 0)
		return gv_schema_doubt(c, word, "it is not a list of schemas");
	out->p = gv_arena_alloc(
	    &c->s->arena, n->n * sizeof(struct gv_schema_node *));
	if (out->p == NULL)
		return GV_ENOMEM;
	for (i = n + 1; i < n + n->span; i += i->span) {
		if (!is_schema(c, i))
			return gv_schema_doubt(
			    c, word, "it is not a list of schemas");
		out->p[out->n] = gv_schema_child(c, i);
		if (out->p[out->n++] == NULL)
			return GV_ENOMEM;
	}
	return 0;
}

int
gv_schema_take_count(
    struct gv_schema_compiling *c, uint64_t *out, enum gv_schema_word word)
{
	const struct gv_instance_node *n = gv_schema_take(c, word);
	struct gv_decimal d;

	if (n == NULL)
		return 0;
	if (n->kind == GV_INSTANCE_INT && n->is.whole >= 0) {
		*out = (uint64_t)n->is.whole;
		return 0;
	}
	/* more than 64 bits: more than there is of anything */
	if (n->kind == GV_INSTANCE_NUMBER &&
	    gv_decimal_read(&d, n->is.text, n->len) &&
	    gv_decimal_is_whole(&d) && !d.is_negative) {
		*out = UINT64_MAX;
		return 0;
	}
	return gv_schema_doubt(c, word, "it is not a number from 0 on");
}

static int
keep_pattern(struct gv_schema *s, struct gv_pattern *p)
{
	struct gv_pattern **more;
	size_t cap = s->cap_patterns ? s->cap_patterns * 2 : 16;

	if (s->n_patterns == s->cap_patterns) {
		more = realloc(s->patterns, cap * sizeof(struct gv_pattern *));
		if (more == NULL) {
			gv_pattern_free(p);
			return gv_err_nomem();
		}
		s->patterns = more;
		s->cap_patterns = cap;
	}
	s->patterns[s->n_patterns++] = p;
	return 0;
}

int
gv_schema_take_pattern(struct gv_schema_compiling *c, struct gv_pattern **out,
    const char **why, const struct gv_instance_node *n, bool is_key)
{
	const char *text = is_key ? n->key : n->is.text, *reason = NULL;
	const uint32_t len = is_key ? n->key_len : n->len;
	struct gv_buf b = GV_BUF_INIT;
	enum gv_ecma_result result;
	int r = gv_pattern_new(out, text, len, &result, &reason);

	if (r < 0)
		return r;
	if (*out)
		return keep_pattern(c->s, *out);
	gv_buf_addf(&b, "the pattern '%.*s' is not supported: %s", (int)len,
	    text, reason);
	*why = gv_buf_check(&b) == 0 ? gv_arena_copy(&c->s->arena, b.p, b.len)
				     : NULL;
	gv_buf_release(&b);
	return *why ? 0 : GV_ENOMEM;
}

/* ---- types --------------------------------------------------------------- */

#define BIT(kind) (1U << GV_INSTANCE_##kind)

static unsigned
bits_of(const struct gv_instance_node *n)
{
	static const struct {
		const char *name;
		unsigned bits;
	} types[] = { { "null", BIT(NULL) },
		{ "boolean", BIT(FALSE) | BIT(TRUE) }, { "integer", BIT(INT) },
		{ "number", BIT(INT) | BIT(NUMBER) }, { "string", BIT(TEXT) },
		{ "array", BIT(LIST) }, { "object", BIT(MAP) } };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (gv_instance_is(n, types[i].name))
			return types[i].bits;
	return 0;
}

static int
compile_type(struct gv_schema_compiling *c)
{
	const struct gv_instance_node *n = gv_schema_take(c, GV_SCHEMA_TYPE);
	const struct gv_instance_node *i;
	unsigned all = 0, one;

	if (n == NULL)
		return 0;
	for (i = n->kind == GV_INSTANCE_LIST ? n + 1 : n; i < n + n->span;
	     i += i->span) {
		one = bits_of(i);
		if (one == 0)
			return gv_schema_doubt(
			    c, GV_SCHEMA_TYPE, "it names an unknown type");
		all |= one;
	}
	/* an integer of more than 64 bits is one, too */
	if ((all & BIT(INT)) && !(all & BIT(NUMBER))) {
		c->node->wants_whole = true;
		all |= BIT(NUMBER);
	}
	c->node->types = (uint16_t)all;
	return 0;
}

static bool
is_on(const struct gv_schema_compiling *c, enum gv_schema_word word)
{
	const struct gv_instance_node *n = gv_schema_take(c, word);

	return n && n->kind == GV_INSTANCE_TRUE;
}

/* nullable and int-or-string of Kubernetes */
static void
widen_types(struct gv_schema_compiling *c)
{
	if (is_on(c, GV_SCHEMA_K_INT_OR_STRING)) {
		c->node->types = BIT(INT) | BIT(NUMBER) | BIT(TEXT);
		c->node->wants_whole = true;
	}
	c->node->is_nullable = is_on(c, GV_SCHEMA_NULLABLE);
	if (c->node->is_nullable)
		c->node->types |= BIT(NULL);
}

static int
compile_values(struct gv_schema_compiling *c)
{
	const struct gv_instance_node *n = gv_schema_take(c, GV_SCHEMA_ENUM);

	c->node->value = gv_schema_take(c, GV_SCHEMA_CONST);
	if (n == NULL)
		return 0;
	if (n->kind != GV_INSTANCE_LIST)
		return gv_schema_doubt(c, GV_SCHEMA_ENUM, "it is not a list");
	c->node->values = n;
	return 0;
}

/* ---- numbers ------------------------------------------------------------- */

static bool
is_number(const struct gv_instance_node *n)
{
	return n->kind == GV_INSTANCE_INT || n->kind == GV_INSTANCE_NUMBER;
}

static void
set_bound(struct gv_schema_bound *b, const struct gv_instance_node *n)
{
	b->is_set = true;
	b->from = n;
	b->fits = n->kind == GV_INSTANCE_INT;
	if (b->fits) {
		b->whole = n->is.whole;
		gv_decimal_set(&b->decimal, b->whole);
	} else {
		(void)gv_decimal_read(&b->decimal, n->is.text, n->len);
	}
}

static int
take_bound(struct gv_schema_compiling *c, enum gv_schema_word word)
{
	const struct gv_instance_node *n = gv_schema_take(c, word);

	if (n == NULL)
		return 0;
	if (!is_number(n))
		return gv_schema_doubt(c, word, "it is not a number");
	if (c->numbers == NULL)
		c->numbers = gv_arena_alloc(
		    &c->s->arena, sizeof(struct gv_schema_numbers));
	if (c->numbers == NULL)
		return GV_ENOMEM;
	c->node->numbers = c->numbers;
	return 1;
}

/* Of draft 04 and Kubernetes "exclusiveMinimum" is true beside "minimum". */
static int
compile_bound(struct gv_schema_compiling *c, enum gv_schema_word word,
    enum gv_schema_word exclusive)
{
	const unsigned draft = c->node->resource->draft;
	const bool is_old =
	    draft == GV_SCHEMA_DRAFT_04 || draft == GV_SCHEMA_KUBERNETES;
	const bool is_least = word == GV_SCHEMA_MINIMUM;
	struct gv_schema_bound *b;
	int r;

	if ((r = take_bound(c, word)) < 0)
		return r;
	if (r > 0) {
		b = is_least ? &c->numbers->minimum : &c->numbers->maximum;
		set_bound(b, gv_schema_take(c, word));
		b->is_exclusive = is_old && is_on(c, exclusive);
	}
	if (is_old)
		return 0;
	if ((r = take_bound(c, exclusive)) > 0) {
		b = is_least ? &c->numbers->least : &c->numbers->most;
		set_bound(b, gv_schema_take(c, exclusive));
		b->is_exclusive = true;
	}
	return r < 0 ? r : 0;
}

static int
compile_numbers(struct gv_schema_compiling *c)
{
	int r;

	if ((r = compile_bound(
		 c, GV_SCHEMA_MINIMUM, GV_SCHEMA_EXCLUSIVE_MINIMUM)) < 0 ||
	    (r = compile_bound(
		 c, GV_SCHEMA_MAXIMUM, GV_SCHEMA_EXCLUSIVE_MAXIMUM)) < 0)
		return r;
	if ((r = take_bound(c, GV_SCHEMA_MULTIPLE_OF)) <= 0)
		return r;
	set_bound(
	    &c->numbers->multiple, gv_schema_take(c, GV_SCHEMA_MULTIPLE_OF));
	if (c->numbers->multiple.decimal.len == 0 ||
	    c->numbers->multiple.decimal.is_negative) {
		c->numbers->multiple.is_set = false;
		return gv_schema_doubt(
		    c, GV_SCHEMA_MULTIPLE_OF, "it is not above 0");
	}
	return 0;
}

/* ---- strings ------------------------------------------------------------- */

static int
compile_format(struct gv_schema_compiling *c)
{
	const struct gv_instance_node *n =
	    gv_schema_take(c, GV_SCHEMA_FORMAT_WORD);
	const struct gv_schema_resource *r = c->node->resource;
	enum gv_schema_formats which = c->s->opts.formats;

	if (n == NULL || n->kind != GV_INSTANCE_TEXT)
		return 0;
	if (r->vocabularies & GV_SCHEMA_FORMAT_ASSERTED)
		which = GV_SCHEMA_FORMATS_ALL;
	c->strings->format = gv_schema_format_of(n->is.text, n->len, which);
	c->strings->format_name =
	    gv_arena_copy(&c->s->arena, n->is.text, n->len);
	return c->strings->format_name ? 0 : GV_ENOMEM;
}

static int
compile_pattern(struct gv_schema_compiling *c)
{
	const struct gv_instance_node *n = gv_schema_take(c, GV_SCHEMA_PATTERN);
	const char *why = NULL;
	int r;

	if (n == NULL)
		return 0;
	if (n->kind != GV_INSTANCE_TEXT)
		return gv_schema_doubt(
		    c, GV_SCHEMA_PATTERN, "it is not a string");
	r = gv_schema_take_pattern(c, &c->strings->pattern, &why, n, false);
	if (r < 0)
		return r;
	c->strings->pattern_text =
	    why ? why : gv_arena_copy(&c->s->arena, n->is.text, n->len);
	return c->strings->pattern_text ? 0 : GV_ENOMEM;
}

static int
compile_strings(struct gv_schema_compiling *c)
{
	struct gv_schema_strings *t =
	    gv_arena_alloc(&c->s->arena, sizeof(struct gv_schema_strings));
	int r;

	if (t == NULL)
		return GV_ENOMEM;
	c->strings = t;
	t->max = UINT64_MAX;
	if ((r = gv_schema_take_count(c, &t->min, GV_SCHEMA_MIN_LENGTH)) < 0 ||
	    (r = gv_schema_take_count(c, &t->max, GV_SCHEMA_MAX_LENGTH)) < 0 ||
	    (r = compile_pattern(c)) < 0 || (r = compile_format(c)) < 0)
		return r;
	if (t->min || t->max != UINT64_MAX || t->pattern_text || t->format)
		c->node->strings = t;
	return 0;
}

/* ---- references and logic ------------------------------------------------ */

/* Where a "$ref" leads; *out stays NULL, with a doubt, where that is unknown.
 */
static int
compile_ref(struct gv_schema_compiling *c, struct gv_schema_node **out,
    struct gv_schema_place *place, enum gv_schema_word word)
{
	const struct gv_instance_node *n = gv_schema_take(c, word);
	const char *why = NULL;
	int r;

	if (n == NULL)
		return 0;
	if (n->kind != GV_INSTANCE_TEXT)
		return gv_schema_doubt(c, word, "it is not a string");
	if (logic_of(c) == NULL)
		return GV_ENOMEM;
	r = gv_schema_resolve(c->s, place, c->node->resource, n, &why);
	if (r == GV_ENOTFOUND)
		return gv_schema_doubt(c, word, why);
	if (r < 0)
		return r;
	*out = gv_schema_node_at(c->s, place->document, place->at);
	return *out ? 0 : GV_ENOMEM;
}

/* $dynamicRef is dynamic only if its first target is so by the same name. */
static int
compile_dynamic(struct gv_schema_compiling *c, enum gv_schema_word word)
{
	const struct gv_instance_node *n = gv_schema_take(c, word);
	struct gv_schema_node *target = NULL;
	struct gv_schema_place place = { 0 };
	const struct gv_schema_anchor *a;
	const char *name = "";
	size_t len = 0;
	int r = compile_ref(c, &target, &place, word);

	if (r < 0 || target == NULL)
		return r;
	c->logic->dynamic = target;
	if (word == GV_SCHEMA_DYNAMIC_REF) {
		name = memchr(n->is.text, '#', n->len);
		name = name ? name + 1 : n->is.text + n->len;
		len = (size_t)(n->is.text + n->len - name);
	}
	for (a = target->resource->dynamic; a; a = a->next)
		if (a->at == place.at && a->len == len &&
		    memcmp(a->name, name, len) == 0) {
			c->s->has_dynamic = true;
			c->logic->dynamic_name = a->name;
			c->logic->dynamic_len = len;
		}
	return 0;
}

static int
compile_logic(struct gv_schema_compiling *c)
{
	struct gv_schema_logic l = { 0 };
	int r;

	if ((r = gv_schema_take_list(c, &l.all, GV_SCHEMA_ALL_OF)) < 0 ||
	    (r = gv_schema_take_list(c, &l.any, GV_SCHEMA_ANY_OF)) < 0 ||
	    (r = gv_schema_take_list(c, &l.one, GV_SCHEMA_ONE_OF)) < 0 ||
	    (r = gv_schema_take_one(c, &l.negated, GV_SCHEMA_NOT)) < 0 ||
	    (r = gv_schema_take_one(c, &l.condition, GV_SCHEMA_IF)) < 0)
		return r;
	if (l.condition &&
	    ((r = gv_schema_take_one(c, &l.then, GV_SCHEMA_THEN)) < 0 ||
		(r = gv_schema_take_one(c, &l.otherwise, GV_SCHEMA_ELSE)) < 0))
		return r;
	if (!l.all.n && !l.any.n && !l.one.n && !l.negated && !l.condition)
		return 0;
	if (logic_of(c) == NULL)
		return GV_ENOMEM;
	l.doubts = c->logic->doubts;
	l.ref = c->logic->ref;
	l.dynamic = c->logic->dynamic;
	l.dynamic_name = c->logic->dynamic_name;
	l.dynamic_len = c->logic->dynamic_len;
	*c->logic = l;
	return 0;
}

static int
compile_refs(struct gv_schema_compiling *c)
{
	struct gv_schema_node *ref = NULL;
	struct gv_schema_place place = { 0 };
	int r;

	if ((r = compile_ref(c, &ref, &place, GV_SCHEMA_REF)) < 0)
		return r;
	if (ref)
		c->logic->ref = ref;
	if ((r = compile_dynamic(c, GV_SCHEMA_DYNAMIC_REF)) < 0)
		return r;
	return compile_dynamic(c, GV_SCHEMA_RECURSIVE_REF);
}

/* ---- all of it ----------------------------------------------------------- */

static int
compile_words(struct gv_schema_compiling *c)
{
	const struct gv_schema_resource *r = c->node->resource;
	int e;

	read_words(c);
	if (r->wants_unknown &&
	    (e = gv_schema_doubt(c, GV_SCHEMA_REF,
		 "its $schema wants a vocabulary that is not known")) < 0)
		return e;
	if ((e = compile_refs(c)) < 0)
		return e;
	/* what stands next to a reference does not count in the old drafts */
	if ((GV_SCHEMA_BIT(r->draft) & GV_SCHEMA_TO_07) &&
	    gv_schema_take(c, GV_SCHEMA_REF))
		return 0;
	if ((e = compile_type(c)) < 0 || (e = compile_values(c)) < 0 ||
	    (e = compile_numbers(c)) < 0 || (e = compile_strings(c)) < 0 ||
	    (e = gv_schema_compile_list(c)) < 0 ||
	    (e = gv_schema_compile_map(c)) < 0)
		return e;
	widen_types(c);
	if (gv_schema_take(c, GV_SCHEMA_K_RULES) &&
	    (e = gv_schema_doubt(
		 c, GV_SCHEMA_K_RULES, "rules in CEL are not evaluated")) < 0)
		return e;
	return compile_logic(c);
}

int
gv_schema_compile_node(struct gv_schema *s, struct gv_schema_node *node)
{
	struct gv_schema_compiling c = { .s = s,
		.node = node,
		.in = &s->documents[node->document]->in,
		.at = node->at };
	const uint8_t kind = c.in->nodes[node->at].kind;
	int r = 0;

	node->types = GV_SCHEMA_ANY;
	if (kind == GV_INSTANCE_FALSE)
		node->types = 0;
	else if (kind == GV_INSTANCE_MAP)
		r = compile_words(&c);
	else if (kind != GV_INSTANCE_TRUE)
		r = gv_schema_doubt(&c, GV_SCHEMA_REF,
		    "it is used as a schema, but is not one");
	node->is_simple = !node->numbers && !node->strings && !node->lists &&
	    !node->maps && !node->logic && !node->values && !node->value &&
	    !node->wants_whole;
	return r;
}
