#include "access/access_made.h"

#include <stdlib.h>
#include <string.h>

#include "access/access.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "doc/doc.h"

/* Keys held against names; with more, nothing is known. */
#define LOOKS_MOST ((size_t)20 * 1000 * 1000)

/* ---- names in a layer ---------------------------------------------------- */

struct reading {
	struct gv_access_uses *out;
	const struct gv_doc *doc;
	const char *open, *close;
};

static int
add_use(struct gv_access_uses *out, const struct gv_buf *key, const char *name,
    size_t len)
{
	struct gv_access_use use;

	use.key = gv_arena_copy(&out->arena, key->p ? key->p : "", key->len);
	use.name = gv_arena_copy(&out->arena, name, len);
	if (use.key == NULL || use.name == NULL ||
	    GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->items[out->n++] = use;
	return 0;
}

/* A name ends where it is closed, or where another one begins in it. That a
 * doubled sign names nothing is left to who substitutes. */
static int
add_names(struct reading *x, const struct gv_buf *key, const char *text)
{
	static const char map[] = "map:", secret[] = "secret:";
	const char *p = text, *end, *inner;
	size_t len;
	int r = 0;

	while (r == 0 && (p = strstr(p, x->open)) != NULL) {
		p += strlen(x->open);
		end = strstr(p, x->close);
		inner = strstr(p, x->open);
		if (end == NULL)
			break;
		if (inner && inner < end)
			end = inner;
		if (strncmp(p, secret, strlen(secret)) == 0)
			continue;
		if (strncmp(p, map, strlen(map)) == 0)
			p += strlen(map);
		len = (size_t)(end - p);
		/* "sizes.${x}" is something in sizes; "a${x}" is any */
		if (end == inner)
			while (len && p[len - 1] != '.')
				len--;
		while (len && p[len - 1] == '.')
			len--;
		r = add_use(x->out, key, p, len);
	}
	return r;
}

static int
take(void *ctx, const struct gv_buf *path, uint32_t node)
{
	struct reading *x = ctx;
	const struct gv_doc_node *n = &x->doc->nodes[node];
	struct gv_buf text = GV_BUF_INIT;
	int r = 0;

	if (memmem(x->doc->text + n->at, n->len, x->open, strlen(x->open)) ||
	    n->style != GV_DOC_STYLE_PLAIN)
		gv_doc_text(&text, x->doc, node);
	if ((r = gv_buf_check(&text)) == 0 && text.len)
		r = add_names(x, path, text.p);
	gv_buf_release(&text);
	return r;
}

int
gv_access_uses_add(struct gv_access_uses *out, const char *path,
    const struct gv_access_text *text, const char *open, const char *close)
{
	enum gv_doc_format format = GV_DOC_FORMAT_YAML;
	struct gv_doc doc;
	struct reading x = { .out = out,
		.doc = &doc,
		.open = open ? open : "${",
		.close = close ? close : "}" };
	char *before;
	size_t i;
	int r;

	if (text->len > GV_ACCESS_KEYS_MOST ||
	    memchr(text->p, '\0', text->len)) {
		out->is_unread = true;
		return 0;
	}
	(void)gv_doc_format_of(&format, path, text->p, text->len);
	before = gv_err_save();
	if ((r = gv_doc_read(&doc, format, text->p, text->len, NULL)) == 0) {
		out->is_unread = out->is_unread || doc.n_errors;
		for (i = 0; r == 0 && i < doc.n_parts; i++)
			if (doc.parts[i].node != GV_DOC_NONE)
				r = gv_doc_each(
				    &doc, doc.parts[i].node, take, &x);
		gv_doc_release(&doc);
	}
	out->is_unread = out->is_unread || r == GV_EREFUSED;
	return gv_err_settle(r == GV_EREFUSED ? 0 : r, before);
}

void
gv_access_uses_release(struct gv_access_uses *uses)
{
	free(uses->items);
	gv_arena_release(&uses->arena);
	*uses = (struct gv_access_uses)GV_ACCESS_USES_INIT;
}

/* ---- what is made of what ------------------------------------------------ */

/* Whether a changed key may be what the name stands for: the name is looked for
 * in the map that has the value, then in those around it. */
static int
names(bool *out, const struct gv_access_use *use, const char *changed)
{
	struct gv_buf pattern = GV_BUF_INIT;
	const char *p;
	int r = 0;

	*out = *use->name == '\0';
	for (p = use->key; r == 0 && !*out && *p; p++) {
		if (p != use->key && *p != '.' && *p != '[')
			continue;
		gv_buf_reset(&pattern);
		gv_buf_add(&pattern, use->key, (size_t)(p - use->key));
		gv_buf_addf(&pattern, ".%s", use->name);
		if ((r = gv_buf_check(&pattern)) == 0)
			*out = gv_access_fits_key(pattern.p, changed);
	}
	gv_buf_release(&pattern);
	return r;
}

struct making {
	const char **made;
	size_t n, cap;
	struct gv_map known;
	size_t looks;
};

static int
add_made(struct making *m, const char *key)
{
	if (gv_map_get(&m->known, key, strlen(key)))
		return 0;
	if (GV_GROW(m->made, m->n, m->cap) < 0)
		return gv_err_nomem();
	m->made[m->n++] = key;
	return gv_map_put(&m->known, key, strlen(key), m) < 0 ? gv_err_nomem()
							      : 0;
}

/* Add what is made of one key. 1 where looking takes too long. */
static int
add_of(struct making *m, const struct gv_access_uses *uses, const char *key)
{
	bool is;
	size_t i;
	int r = 0;

	m->looks += uses->n;
	if (m->looks > LOOKS_MOST)
		return 1;
	for (i = 0; r == 0 && i < uses->n; i++)
		if ((r = names(&is, &uses->items[i], key)) == 0 && is)
			r = add_made(m, uses->items[i].key);
	return r;
}

/* The keys of the uses may go before the change does. */
static int
copy_made(
    struct gv_access_change *c, struct gv_arena *arena, const struct making *m)
{
	const char **copy = gv_arena_alloc(arena, (m->n + 1) * sizeof(*copy));
	size_t i;

	if (copy == NULL)
		return gv_err_nomem();
	for (i = 0; i < m->n; i++)
		if ((copy[i] = gv_arena_copy(
			 arena, m->made[i], strlen(m->made[i]))) == NULL)
			return gv_err_nomem();
	c->made = copy;
	c->n_made = m->n;
	return 0;
}

int
gv_access_made_find(struct gv_access_change *change, struct gv_arena *arena,
    const struct gv_access_uses *uses)
{
	struct making m = { .known = GV_MAP_INIT };
	size_t i;
	int r = 0;

	if (change->reads != GV_ACCESS_KEYS || change->n_keys == 0)
		return 0;
	if (uses->is_unread)
		r = 1;
	for (i = 0; r == 0 && i < change->n_keys; i++)
		r = add_of(&m, uses, change->keys[i]);
	for (i = 0; r == 0 && i < m.n; i++)
		r = add_of(&m, uses, m.made[i]);
	if (r == 0)
		r = copy_made(change, arena, &m);
	if (r == 1)
		change->reads = GV_ACCESS_UNREAD;
	free(m.made);
	gv_map_release(&m.known);
	return r < 0 ? r : 0;
}
