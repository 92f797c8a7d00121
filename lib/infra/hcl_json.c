#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "format/jsontext.h"
#include "infra/hcl_internal.h"

/*
 * The language as JSON: a map for each label, and in place of any map a list of
 * such.
 *
 *	{ "resource": { TYPE: { NAME: { ARGUMENT: VALUE } } },
 *	  "module": { NAME: { "source": "./net" } },
 *	  "moved": [ { "from": "aws_vpc.a", "to": "aws_vpc.b" } ] }
 *
 * The document is read once to see that it is one; its parts are then read by
 * themselves, each level once more, and cannot fail.
 */

struct document {
	const char *line_at; /* a place, and which line that is */
	size_t line;
	gv_hcl_fn *fn;
	void *ctx;
	struct gv_arena arena; /* texts that had escapes */
};

/* A map, or the maps in a list, one after the other. */
struct maps {
	struct gv_jsontext_token one;
	struct gv_jsontext list;
	bool has_one, in_list;
};

static void
maps_init(struct maps *m, const struct gv_jsontext_token *value)
{
	struct gv_jsontext_token t;

	*m = (struct maps){ .one = *value };
	m->has_one = value->kind == GV_JSONTEXT_MAP;
	if (value->kind != GV_JSONTEXT_LIST)
		return;
	gv_jsontext_init(&m->list, value->p, value->len);
	m->in_list = gv_jsontext_next(&m->list, &t) > 0;
}

static bool
maps_next(struct maps *m, struct gv_jsontext_token *out)
{
	if (m->has_one) {
		*out = m->one;
		m->has_one = false;
		return true;
	}
	while (m->in_list) {
		m->in_list = gv_jsontext_value(&m->list, out) > 0 &&
		    out->kind != GV_JSONTEXT_LIST_END;
		if (m->in_list && out->kind == GV_JSONTEXT_MAP)
			return true;
	}
	return false;
}

static void
members_init(struct gv_jsontext *j, const struct gv_jsontext_token *map)
{
	struct gv_jsontext_token t;

	gv_jsontext_init(j, map->p, map->len);
	(void)gv_jsontext_next(j, &t);
}

static bool
members_next(struct gv_jsontext *j, struct gv_jsontext_token *out)
{
	while (
	    gv_jsontext_value(j, out) > 0 && out->kind != GV_JSONTEXT_MAP_END)
		/* what is called so is a remark */
		if (!gv_jsontext_is(
			out->key, out->key_len, out->key_escaped, "//"))
			return true;
	return false;
}

/* ---- blocks -------------------------------------------------------------- */

static int
decode(struct gv_hcl_span *out, struct document *d, struct gv_hcl_span s,
    bool is_escaped)
{
	char *copy;

	*out = s;
	if (!is_escaped)
		return 0;
	copy = gv_arena_copy(&d->arena, s.p, s.len);
	if (copy == NULL)
		return GV_ENOMEM;
	out->p = copy;
	out->len = gv_jsontext_decode(copy, s.p, s.len);
	return 0;
}

static int
key_of(struct gv_hcl_span *out, struct document *d,
    const struct gv_jsontext_token *t)
{
	return decode(
	    out, d, (struct gv_hcl_span){ t->key, t->key_len }, t->key_escaped);
}

/* Places are asked for in order. */
static size_t
line_of(struct document *d, const char *at)
{
	for (; d->line_at < at; d->line_at++)
		d->line += *d->line_at == '\n';
	return d->line;
}

static bool
is_plain(struct gv_hcl_span s)
{
	size_t i;

	for (i = 1; i < s.len; i++)
		if (s.p[i] == '{' && (s.p[i - 1] == '$' || s.p[i - 1] == '%'))
			return false;
	return true;
}

static int
read_argument(struct document *d, struct gv_hcl_opening *own,
    const struct gv_jsontext_token *t)
{
	struct gv_hcl_span name, value = { NULL, 0 };
	int r = key_of(&name, d, t);

	if (r == 0 && t->kind == GV_JSONTEXT_TEXT)
		r = decode(&value, d, (struct gv_hcl_span){ t->p, t->len },
		    t->escaped);
	if (r < 0 || t->kind == GV_JSONTEXT_NULL)
		return r;
	if (own->block.kind == GV_HCL_MODULE && value.p &&
	    gv_jsontext_is(name.p, name.len, false, "source") &&
	    is_plain(value))
		own->block.source = value;
	gv_hcl_opening_set(own, name, value);
	return 0;
}

static int
read_body(struct document *d, struct gv_hcl_opening own,
    const struct gv_jsontext_token *map)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r = 0;

	if (own.n_labels == 0)
		own.block.line = line_of(d, map->p);
	members_init(&j, map);
	while (r == 0 && members_next(&j, &t))
		r = read_argument(d, &own, &t);
	return r < 0 ? r : d->fn(d->ctx, &own.block);
}

/* What stands under a type, and under each of its labels but the last, is by
 * label. */
static int
read_labels(struct document *d, struct gv_hcl_opening own,
    const struct gv_jsontext_token *value)
{
	struct gv_jsontext_token map, t;
	struct gv_jsontext j;
	struct maps maps;
	int r = 0;

	maps_init(&maps, value);
	while (r == 0 && maps_next(&maps, &map)) {
		if (own.n_labels == own.n_wanted) {
			r = read_body(d, own, &map);
			continue;
		}
		members_init(&j, &map);
		while (r == 0 && members_next(&j, &t)) {
			struct gv_hcl_opening next = own;

			next.block.line = line_of(d, t.key);
			if ((r = key_of(&next.block.labels[next.n_labels++], d,
				 &t)) == 0)
				r = read_labels(d, next, &t);
		}
	}
	return r;
}

static int read_types(struct document *d, const struct gv_hcl_opening *around,
    const struct gv_jsontext_token *value);

static int
read_checks(struct document *d, const struct gv_hcl_opening *own,
    const struct gv_jsontext_token *value)
{
	struct gv_jsontext_token map, t;
	struct gv_jsontext j;
	struct maps maps;
	int r = 0;

	maps_init(&maps, value);
	while (r == 0 && maps_next(&maps, &map)) {
		members_init(&j, &map);
		while (r == 0 && members_next(&j, &t))
			r = read_types(d, own, &t);
	}
	return r;
}

/* The file, or a check, by types of blocks. */
static int
read_types(struct document *d, const struct gv_hcl_opening *around,
    const struct gv_jsontext_token *value)
{
	struct gv_jsontext_token map, t;
	struct gv_hcl_opening own;
	struct gv_hcl_span type;
	struct gv_jsontext j;
	struct maps maps;
	int r = 0;

	maps_init(&maps, value);
	while (r == 0 && maps_next(&maps, &map)) {
		members_init(&j, &map);
		while (r == 0 && members_next(&j, &t)) {
			r = key_of(&type, d, &t);
			if (r < 0)
				break;
			gv_hcl_opening_begin(&own, around, type);
			if (own.is_wanted)
				r = read_labels(d, own, &t);
			else if (own.is_check)
				r = read_checks(d, &own, &t);
		}
	}
	return r;
}

static int
refuse(const struct gv_jsontext *j, const char *what)
{
	size_t line, column;

	gv_jsontext_where(j, &line, &column);
	return gv_err(
	    GV_EREFUSED, "line %zu, column %zu: %s", line, column, what);
}

int
gv_hcl_read_json(const char *text, size_t len, gv_hcl_fn *fn, void *ctx)
{
	struct document d = { .line_at = text,
		.line = 1,
		.fn = fn,
		.ctx = ctx,
		.arena = GV_ARENA_INIT };
	struct gv_jsontext_token whole, behind;
	struct gv_jsontext j;
	int r;

	gv_jsontext_init(&j, text, len);
	r = gv_jsontext_value(&j, &whole);
	if (r > 0)
		r = gv_jsontext_next(&j, &behind);
	if (r < 0)
		return refuse(&j, j.wrong);
	if (whole.kind != GV_JSONTEXT_MAP && whole.kind != GV_JSONTEXT_LIST)
		return refuse(&j, "it is neither a map nor a list of maps");
	r = read_types(&d, NULL, &whole);
	gv_arena_release(&d.arena);
	return r;
}
