#include "state/track_patch.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "state/track_diff.h"
#include "state/track_flat.h"
#include "state/track_internal.h"
#include "state/track_mask.h"
#include "toolstate/state.h"

/* A line whose way is not at its place yet, since *paths still moves. */
struct line {
	struct gv_track_line line;
	size_t path;
};

struct gv_track_patch {
	struct gv_track_mask *mask;
	struct gv_secret paths; /* of the present change */
	struct gv_track_flat was, is;
	struct gv_map marked; /* names of its attributes that are sensitive */
	struct gv_map at_a, at_b; /* its attributes in the index */
	struct line *list;
	struct gv_track_line *lines;
	size_t n, cap, cap_lines;
};

/* An attribute on its two sides, of which one may be NULL. */
struct pair {
	const char *name;
	enum gv_track_change_kind kind;
	const struct gv_state_attribute *a, *b;
};

int
gv_track_patch_new(struct gv_track_patch **out, struct gv_repo *repo)
{
	struct gv_track_patch *patch = calloc(1, sizeof(*patch));
	int r = patch ? gv_track_mask_new(&patch->mask, repo) : gv_err_nomem();

	if (r == 0)
		*out = patch;
	else
		gv_track_patch_free(patch);
	return r;
}

/* ---- what is sensitive -------------------------------------------------- */

/* Where the whole is, and the tool does not say what of it, all is but for what
 * it is known by. */
static bool
is_all_sensitive(const struct gv_state_item *item)
{
	size_t i;

	if (!(item->marks & GV_STATE_SENSITIVE))
		return false;
	for (i = 0; i < item->n_attributes; i++)
		if (item->attributes[i].marks & GV_STATE_SENSITIVE)
			return false;
	return true;
}

static bool
is_known_by(const struct gv_state_attribute *a)
{
	char name[16];

	if (a->name_len >= sizeof(name))
		return false;
	memcpy(name, a->name, a->name_len);
	name[a->name_len] = '\0';
	return gv_track_is_identity(name);
}

static bool
is_sensitive(const struct gv_state_attribute *a, bool is_all)
{
	return a->marks & GV_STATE_SENSITIVE || (is_all && !is_known_by(a));
}

/* What is no JSON has no ends to learn, and is shown nowhere. */
static int
learn_attribute(
    struct gv_track_patch *patch, const struct gv_state_attribute *a)
{
	size_t i;
	int r;

	gv_secret_reset(&patch->paths);
	r = gv_track_flat_read(
	    &patch->was, &patch->paths, "", a->value, a->value_len);
	for (i = 0; r == 0 && i < patch->was.n; i++)
		r = gv_track_mask_learn(
		    patch->mask, patch->was.list[i].p, patch->was.list[i].len);
	return r == GV_EREFUSED ? 0 : r;
}

int
gv_track_patch_learn(
    struct gv_track_patch *patch, const struct gv_state_item *item)
{
	bool is_all = item && is_all_sensitive(item);
	size_t i;
	int r = 0;

	for (i = 0; item && r == 0 && i < item->n_attributes; i++)
		if (is_sensitive(&item->attributes[i], is_all))
			r = learn_attribute(patch, &item->attributes[i]);
	return r;
}

/* The names of what is sensitive on one side are so on the other. */
static int
mark(struct gv_track_patch *patch, const struct gv_state_item *item)
{
	bool is_all = item && is_all_sensitive(item);
	size_t i;
	int r = 0;

	for (i = 0; item && r == 0 && i < item->n_attributes; i++) {
		const struct gv_state_attribute *a = &item->attributes[i];

		if (is_sensitive(a, is_all))
			r = gv_map_put(
			    &patch->marked, a->name, a->name_len, patch);
	}
	return r;
}

/* ---- lines -------------------------------------------------------------- */

static int
add_line(struct gv_track_patch *patch, const struct pair *pair, size_t path,
    const struct gv_track_flat_end *a, const struct gv_track_flat_end *b)
{
	struct line *l;
	int r = GV_GROW(patch->list, patch->n, patch->cap);

	if (r < 0)
		return r;
	l = &patch->list[patch->n++];
	memset(l, 0, sizeof(*l));
	l->path = path;
	l->line.attribute = pair->name;
	l->line.kind = a && b ? GV_TRACK_MODIFIED
	    : a               ? GV_TRACK_DELETED
			      : GV_TRACK_ADDED;
	l->line.before = a ? a->p : NULL;
	l->line.before_len = a ? a->len : 0;
	l->line.after = b ? b->p : NULL;
	l->line.after_len = b ? b->len : 0;
	return 0;
}

/* One line for all of an attribute, with no value. */
static int
hide(struct gv_track_patch *patch, const struct pair *pair)
{
	static const struct gv_track_flat_end none = { .p = "" };
	size_t path = patch->paths.len;
	int r =
	    gv_secret_add(&patch->paths, pair->name, strlen(pair->name) + 1);

	if (r < 0)
		return r;
	r = add_line(
	    patch, pair, path, pair->a ? &none : NULL, pair->b ? &none : NULL);
	if (r < 0)
		return r;
	patch->list[patch->n - 1].line.is_sensitive = true;
	return 0;
}

static const char *
path_of(const struct gv_track_patch *patch, const struct gv_track_flat_end *end)
{
	return (const char *)patch->paths.p + end->path;
}

/* The ends of a value, and which of these are not to be shown: these lose their
 * place. *spills: nothing of it is. */
static int
read_side(bool **hidden, bool *spills, struct gv_track_patch *patch,
    struct gv_track_flat *flat, const struct pair *pair, bool of_b)
{
	const struct gv_state_attribute *a = of_b ? pair->b : pair->a;
	size_t i;
	int r;

	flat->n = 0;
	r = a ? gv_track_flat_read(
		    flat, &patch->paths, pair->name, a->value, a->value_len)
	      : 0;
	if (r == GV_EREFUSED) {
		/* what is no JSON is not looked into */
		*spills = true;
		flat->n = 0;
		r = 0;
	}
	*hidden = calloc(flat->n + 1, sizeof(**hidden));
	if (*hidden == NULL)
		return gv_err_nomem();
	if (r < 0 || flat->n == 0)
		return r;
	r = gv_track_mask_scan(patch->mask, pair->name, a->value, a->value_len);
	if (r < 0)
		return r;
	*spills |= gv_track_mask_spills(patch->mask, flat->list, flat->n);
	for (i = 0; i < flat->n; i++) {
		const struct gv_track_flat_end *end = &flat->list[i];

		(*hidden)[i] =
		    gv_track_mask_hides(patch->mask, end->p, end->len);
		*spills |= gv_track_mask_knows(
		    patch->mask, path_of(patch, end), end->path_len);
	}
	return 0;
}

static bool
is_same(const struct gv_track_flat_end *a, const struct gv_track_flat_end *b)
{
	return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

static int
add_end(struct gv_track_patch *patch, const struct pair *pair,
    const struct gv_track_flat_end *a, const struct gv_track_flat_end *b,
    bool is_hidden)
{
	int r;

	if (a && b && is_same(a, b))
		return 0;
	if ((r = add_line(patch, pair, a ? a->path : b->path, a, b)) == 0)
		patch->list[patch->n - 1].line.is_sensitive |= is_hidden;
	return r;
}

/* The ends by their ways: of a way that leads to two, since a key stands twice,
 * the last. */
static int
name_ends(struct gv_map *map, const struct gv_track_patch *patch,
    struct gv_track_flat *flat)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < flat->n; i++)
		r = gv_map_put(map, path_of(patch, &flat->list[i]),
		    flat->list[i].path_len, &flat->list[i]);
	return r;
}

/* Lines for the ends that differ. */
static int
compare(struct gv_track_patch *patch, const struct pair *pair,
    const bool *hidden_a, const bool *hidden_b)
{
	const struct gv_track_flat *was = &patch->was, *is = &patch->is;
	const struct gv_track_flat_end *a, *b;
	struct gv_map map = GV_MAP_INIT, map_a = GV_MAP_INIT;
	size_t i;
	int r = name_ends(&map, patch, &patch->is);

	if (r == 0)
		r = name_ends(&map_a, patch, &patch->was);
	for (i = 0; r == 0 && i < was->n; i++) {
		a = gv_map_del(&map_a, path_of(patch, &was->list[i]),
		    was->list[i].path_len);
		if (a == NULL)
			continue;
		b = gv_map_del(&map, path_of(patch, a), a->path_len);
		r = add_end(patch, pair, a, b,
		    hidden_a[a - was->list] || (b && hidden_b[b - is->list]));
	}
	for (i = 0; r == 0 && i < is->n; i++) {
		b = gv_map_del(
		    &map, path_of(patch, &is->list[i]), is->list[i].path_len);
		if (b)
			r = add_end(
			    patch, pair, NULL, b, hidden_b[b - is->list]);
	}
	gv_map_release(&map);
	gv_map_release(&map_a);
	return r;
}

static int
add_attribute(struct gv_track_patch *patch, const struct pair *pair)
{
	bool *hidden_a = NULL, *hidden_b = NULL, spills = false;
	int r;

	if (gv_map_get(&patch->marked, pair->name, strlen(pair->name)) ||
	    (pair->a && pair->a->marks & GV_STATE_SENSITIVE) ||
	    (pair->b && pair->b->marks & GV_STATE_SENSITIVE))
		return hide(patch, pair);
	r = read_side(&hidden_a, &spills, patch, &patch->was, pair, false);
	if (r < 0)
		goto out;
	r = read_side(&hidden_b, &spills, patch, &patch->is, pair, true);
	if (r < 0)
		goto out;
	r = spills ? hide(patch, pair)
		   : compare(patch, pair, hidden_a, hidden_b);
out:
	free(hidden_a);
	free(hidden_b);
	return r;
}

/* ---- a change ----------------------------------------------------------- */

static const struct gv_state_attribute *
find(const struct gv_map *map, const struct gv_track_item *item,
    const struct gv_state_item *values, const char *name)
{
	const struct gv_track_has *has =
	    item ? gv_map_get(map, name, strlen(name)) : NULL;

	return has ? &values->attributes[has - item->has] : NULL;
}

static int
fill(struct gv_map *map, const struct gv_track_item *item)
{
	size_t i;
	int r = 0;

	gv_map_release(map);
	for (i = 0; item && r == 0 && i < item->n_has; i++)
		r = gv_map_put(map, item->has[i].name,
		    strlen(item->has[i].name), (void *)&item->has[i]);
	return r;
}

static int
add_changed(struct gv_track_patch *patch, const struct gv_track_change *c,
    const struct gv_state_item *was, const struct gv_state_item *is)
{
	size_t i;
	int r = fill(&patch->at_a, c->a);

	if (r == 0)
		r = fill(&patch->at_b, c->b);
	for (i = 0; r == 0 && i < c->n; i++) {
		struct pair pair = { .name = c->attributes[i].name };

		pair.a = find(&patch->at_a, c->a, was, pair.name);
		pair.b = find(&patch->at_b, c->b, is, pair.name);
		r = add_attribute(patch, &pair);
	}
	return r;
}

/* All of what is on one side alone. */
static int
add_all(struct gv_track_patch *patch, const struct gv_track_item *item,
    const struct gv_state_item *values, bool of_b)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < item->n_has; i++) {
		const struct gv_state_attribute *a = &values->attributes[i];
		const struct pair pair = { .name = item->has[i].name,
			.a = of_b ? NULL : a,
			.b = of_b ? a : NULL };

		r = add_attribute(patch, &pair);
	}
	return r;
}

/* Give the lines their places, now that nothing moves any more, and nothing to
 * those that are not to be shown. */
static int
settle(struct gv_track_patch *patch, struct gv_track_change *c)
{
	size_t i;
	int r = GV_GROW(patch->lines, patch->n, patch->cap_lines);

	for (i = 0; r == 0 && i < patch->n; i++) {
		struct gv_track_line *l = &patch->lines[i];

		*l = patch->list[i].line;
		l->path = (const char *)patch->paths.p + patch->list[i].path;
		if (l->is_sensitive) {
			l->before = l->after = NULL;
			l->before_len = l->after_len = 0;
		}
	}
	c->lines = patch->lines;
	c->n_lines = r == 0 ? patch->n : 0;
	return r;
}

static bool
fits(const struct gv_track_item *item, const struct gv_state_item *values)
{
	return item == NULL || (values && values->n_attributes == item->n_has);
}

int
gv_track_patch_make(struct gv_track_patch *patch, struct gv_track_change *c,
    const struct gv_state_item *was, const struct gv_state_item *is)
{
	int r;

	patch->n = 0;
	gv_secret_reset(&patch->paths);
	gv_map_release(&patch->marked);
	/* the index says something else of it than its part */
	if (!fits(c->a, was) || !fits(c->b, is))
		return settle(patch, c);
	if ((r = mark(patch, was)) < 0 || (r = mark(patch, is)) < 0)
		return r;
	if (c->a && c->b)
		r = add_changed(patch, c, was, is);
	else
		r = add_all(
		    patch, c->a ? c->a : c->b, c->a ? was : is, c->a == NULL);
	if (r < 0)
		return r;
	return settle(patch, c);
}

void
gv_track_patch_free(struct gv_track_patch *patch)
{
	if (patch == NULL)
		return;
	gv_track_mask_free(patch->mask);
	gv_secret_release(&patch->paths);
	gv_track_flat_release(&patch->was);
	gv_track_flat_release(&patch->is);
	gv_map_release(&patch->marked);
	gv_map_release(&patch->at_a);
	gv_map_release(&patch->at_b);
	free(patch->list);
	free(patch->lines);
	free(patch);
}
