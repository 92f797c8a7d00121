#include "symbol/symbol_internal.h"

#include <string.h>

#include "base/err.h"
#include "base/map.h"

/*
 * The details of other things that the references of a file name, so that a
 * reader of kept symbols finds them without reading all of these: of each its
 * space in a byte, and the eight bytes of the name's hash, the lowest first.
 */
#define ROW 9
#define ANY 0x80 /* beside the space: a part of the name is computed */

_Static_assert(GV_SYMBOL_N_SPACES <= ANY, "a space has seven bits");

bool
gv_symbol_is_detail(unsigned space)
{
	return space == GV_SYMBOL_SPACE_K8S_KEY ||
	    space == GV_SYMBOL_SPACE_K8S_PORT ||
	    space == GV_SYMBOL_SPACE_ANSIBLE_VAR ||
	    space == GV_SYMBOL_SPACE_ENV_VAR;
}

/* The space of the details that an edge to an object may name besides. */
static unsigned
parts_of(unsigned edge)
{
	switch (edge) {
	case GV_SYMBOL_EDGE_K8S_SECRET:
	case GV_SYMBOL_EDGE_K8S_CONFIG:
		return GV_SYMBOL_SPACE_K8S_KEY;
	case GV_SYMBOL_EDGE_K8S_BACKEND:
		return GV_SYMBOL_SPACE_K8S_PORT;
	default:
		return GV_SYMBOL_SPACE_NO_SPACE;
	}
}

/* `name` NULL: any. Equal ones mostly follow each other. */
static void
add(struct gv_buf *out, unsigned space, const char *name, size_t len)
{
	uint64_t hash = name ? gv_map_hash(name, len) : 0;
	unsigned char row[ROW] = { (unsigned char)(space | (name ? 0 : ANY)) };
	size_t i;

	for (i = 1; i < ROW; i++, hash >>= 8)
		row[i] = (unsigned char)hash;
	if (out->len < ROW || memcmp(out->p + out->len - ROW, row, ROW) != 0)
		gv_buf_add(out, row, ROW);
}

/* Each of "a,b". */
static void
add_parts(struct gv_buf *out, unsigned space, const char *names)
{
	size_t len;

	for (; *names; names += len + (names[len] == ',')) {
		len = strcspn(names, ",");
		add(out, space, names, len);
	}
}

static void
add_of(struct gv_buf *out, const struct gv_symbols *symbols,
    const struct gv_symbol *s)
{
	const struct gv_symbol_text *extra = gv_symbol_extra(symbols, s);
	const char *name = gv_symbol_text(symbols, &s->name);
	const unsigned parts = parts_of(s->word);

	/* a secret that is encrypted here may be in clear elsewhere */
	if (s->kind == GV_SYMBOL_DEFINITION && gv_symbol_is_detail(s->word) &&
	    (s->flags & GV_SYMBOL_SEALED))
		add(out, s->word, name, s->name.len);
	if (s->kind != GV_SYMBOL_REFERENCE)
		return;
	if (parts && extra->len)
		add_parts(out, parts, gv_symbol_text(symbols, extra));
	if (s->how == GV_SYMBOL_BY_NAME && gv_symbol_is_detail(s->space))
		add(out, s->space, s->flags & GV_SYMBOL_PATTERN ? NULL : name,
		    s->name.len);
}

void
gv_symbol_add_needs(struct gv_buf *out, const struct gv_symbols *symbols)
{
	size_t i;

	for (i = 0; i < symbols->n; i++)
		add_of(out, symbols, &symbols->items[i]);
}

int
gv_symbol_each_need(
    const unsigned char *p, size_t len, gv_symbol_need_fn *fn, void *ctx)
{
	const unsigned char *end = p + len;
	unsigned space;
	uint64_t hash;
	int i;

	if (len % ROW)
		return GV_ECORRUPT;
	for (; p < end; p += ROW) {
		space = p[0] & (ANY - 1);
		if (!gv_symbol_is_detail(space))
			return GV_ECORRUPT;
		for (hash = 0, i = ROW - 1; i > 0; i--)
			hash = hash << 8 | p[i];
		fn(ctx, space, hash, p[0] & ANY);
	}
	return 0;
}
