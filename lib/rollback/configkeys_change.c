#include "rollback/configkeys_change.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "rollback/configkeys.h"
#include "view/revealed.h"

/* A name that is so much of an encrypted value is that, and one with so much of
 * one in it, too. */
#define PART_OF_MIN 16
#define PART_IN_MIN 4

/* A text with its keys by name. */
struct side {
	const struct gv_configkeys_text *text;
	struct gv_configkeys keys;
	struct item *items;
};

struct item {
	const char *name;
	size_t name_len;
	size_t at, len; /* of the value */
};

struct pair {
	struct gv_configkeys_changes *out;
	const struct gv_configkeys_how *how;
	struct gv_arena *arena;
	struct side from, to;
};

static int
compare_names(const struct item *x, const struct item *y)
{
	size_t n = x->name_len < y->name_len ? x->name_len : y->name_len;
	int r = memcmp(x->name, y->name, n);

	return r ? r
		 : (x->name_len > y->name_len) - (x->name_len < y->name_len);
}

/* Those of one name in the order of the text. */
static int
by_name(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int r = compare_names(x, y);

	return r ? r : (x->at > y->at) - (x->at < y->at);
}

static int
read_keys(struct side *s, const char *path)
{
	const char *text = s->text->len ? (const char *)s->text->p : "";
	int r = gv_configkeys_read(&s->keys, path, text, s->text->len);
	size_t i;

	if (r < 0)
		return r;
	s->items = calloc(s->keys.n + 1, sizeof(*s->items));
	if (s->items == NULL)
		return gv_err_nomem();
	for (i = 0; i < s->keys.n; i++) {
		const struct gv_configkeys_key *key = &s->keys.keys[i];

		s->items[i].name =
		    gv_configkeys_name(&s->keys, key, &s->items[i].name_len);
		s->items[i].at = key->at;
		s->items[i].len = key->len;
	}
	qsort(s->items, s->keys.n, sizeof(*s->items), by_name);
	return 0;
}

static void
release_side(struct side *s)
{
	gv_configkeys_release(&s->keys);
	free(s->items);
}

/* ---- what is encrypted --------------------------------------------------- */

/* Whether any of a value is encrypted; or with `is_left` whether any of it is
 * not known. */
static bool
is_sealed(
    const struct gv_configkeys_text *t, const struct item *item, bool is_left)
{
	size_t low = 0, high = t->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (t->stood[mid].at + t->stood[mid].len <= item->at)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < t->n && t->stood[low].at < item->at + item->len; low++)
		if (!is_left || t->stood[low].is_left)
			return true;
	return false;
}

/* Whether a name has an encrypted value in it, or is some of one. */
static bool
is_of_value(const struct gv_configkeys_text *t, const struct item *item)
{
	size_t i;

	for (i = 0; !t->is_whole && i < t->n; i++) {
		const struct gv_revealed_stood *s = &t->stood[i];
		const unsigned char *value = t->p + s->at;

		if (s->is_left)
			continue;
		if (s->len >= PART_IN_MIN &&
		    memmem(item->name, item->name_len, value, s->len))
			return true;
		if (item->name_len >= PART_OF_MIN &&
		    memmem(value, s->len, item->name, item->name_len))
			return true;
	}
	return false;
}

/* Whether all of a name, or what is between two dots, looks like a secret. */
static int
looks_secret(const struct gv_configkeys_how *how, char *name)
{
	char *part = name, *dot;
	int r = how->looks_secret(how->ctx, name);

	while (r == 0 && (dot = strchr(part, '.')) != NULL) {
		*dot = '\0';
		r = how->looks_secret(how->ctx, part);
		*dot = '.';
		part = dot + 1;
	}
	return r || part == name ? r : how->looks_secret(how->ctx, part);
}

/* ---- the difference ------------------------------------------------------ */

/* All of one name on either side. */
struct group {
	const struct item *from, *to;
	size_t n_from, n_to;
};

static size_t
count_same(const struct item *items, size_t n)
{
	size_t i = n ? 1 : 0;

	while (i < n && compare_names(&items[i], items) == 0)
		i++;
	return i;
}

/* Of two names the one behind waits. */
static void
narrow(struct group *g)
{
	int r = compare_names(g->from, g->to);

	if (r < 0)
		g->n_to = 0;
	else if (r > 0)
		g->n_from = 0;
}

static bool
same_value(const struct pair *p, const struct item *from, const struct item *to)
{
	const struct gv_configkeys_text *a = p->from.text, *b = p->to.text;

	return is_sealed(a, from, true) || is_sealed(b, to, true) ||
	    (from->len == to->len &&
		memcmp(a->p + from->at, b->p + to->at, to->len) == 0);
}

static bool
is_same(const struct pair *p, const struct group *g)
{
	size_t i;

	if (g->n_from != g->n_to)
		return false;
	for (i = 0; i < g->n_from; i++)
		if (!same_value(p, &g->from[i], &g->to[i]))
			return false;
	return true;
}

static bool
has_sealed(
    const struct gv_configkeys_text *t, const struct item *items, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (t->is_whole || is_sealed(t, &items[i], false))
			return true;
	return false;
}

static int
set_name(
    struct gv_configkeys_change *out, struct pair *p, const struct item *item)
{
	struct gv_secret name = GV_SECRET_INIT;
	/* then names were encrypted, too */
	bool is_whole = p->from.text->is_whole || p->to.text->is_whole;
	int r = gv_secret_add(&name, item->name, item->name_len);

	if (r == 0 && (r = gv_secret_add(&name, "", 1)) == 0)
		r = is_of_value(p->from.text, item) ||
			is_of_value(p->to.text, item) ||
			(is_whole &&
			    !gv_configkeys_is_plain(item->name, item->name_len))
		    ? 1
		    : looks_secret(p->how, (char *)name.p);
	if (r == 0) {
		out->name = gv_arena_copy(p->arena, item->name, item->name_len);
		r = out->name ? 0 : GV_ENOMEM;
	}
	gv_secret_release(&name);
	return r < 0 ? r : 0;
}

static int
report(struct pair *p, const struct group *g)
{
	struct gv_configkeys_change c = { .kind = g->n_from == 0
		    ? GV_CONFIGKEYS_ADDED
		    : g->n_to == 0 ? GV_CONFIGKEYS_REMOVED
				   : GV_CONFIGKEYS_CHANGED };
	int r;

	c.is_sealed = has_sealed(p->from.text, g->from, g->n_from) ||
	    has_sealed(p->to.text, g->to, g->n_to);
	if (p->how->only_sealed && !c.is_sealed)
		return 0;
	if ((r = set_name(&c, p, g->n_to ? g->to : g->from)) == 0)
		p->out->items[p->out->n++] = c;
	return r;
}

static int
compare(struct pair *p)
{
	const size_t n_from = p->from.keys.n, n_to = p->to.keys.n;
	const struct item *from = p->from.items, *to = p->to.items;
	const struct item *from_end = from + n_from, *to_end = to + n_to;
	struct group g;
	int r = 0;

	p->out->items = gv_arena_alloc(
	    p->arena, (n_from + n_to + 1) * sizeof(*p->out->items));
	if (p->out->items == NULL)
		return GV_ENOMEM;
	while (r == 0 && (from < from_end || to < to_end)) {
		g.from = from;
		g.to = to;
		g.n_from = count_same(from, (size_t)(from_end - from));
		g.n_to = count_same(to, (size_t)(to_end - to));
		if (g.n_from && g.n_to)
			narrow(&g);
		from += g.n_from;
		to += g.n_to;
		if (!is_same(p, &g))
			r = report(p, &g);
	}
	return r;
}

int
gv_configkeys_change_find(struct gv_configkeys_changes *out, const char *path,
    const struct gv_configkeys_text *from, const struct gv_configkeys_text *to,
    const struct gv_configkeys_how *how, struct gv_arena *arena)
{
	struct pair p = { .out = out,
		.how = how,
		.arena = arena,
		.from = { .text = from },
		.to = { .text = to } };
	int r;

	*out = (struct gv_configkeys_changes){ .n = 0 };
	if (!gv_configkeys_knows(path))
		return 0;
	if ((r = read_keys(&p.from, path)) == 0 &&
	    (r = read_keys(&p.to, path)) == 0)
		r = compare(&p);
	out->is_known = r == 0;
	if (r < 0)
		*out = (struct gv_configkeys_changes){ .n = 0 };
	release_side(&p.from);
	release_side(&p.to);
	return r == GV_ENOTFOUND ? 0 : r;
}
