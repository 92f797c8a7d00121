#include "state/track_move.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "crypto/secret.h"
#include "state/track_diff.h"
#include "state/track_internal.h"
#include "state/track_values.h"
#include "toolstate/state.h"

/* ---- what may have been moved ------------------------------------------- */

/* What things of one kind there are of which only one version knows. */
struct kind {
	size_t gone, come;
};

/* What is read only is no object of this state, and a deposed one has gone
 * nowhere; what has no type, an output or a host, is its name. */
static const struct gv_track_item *
half(const struct gv_track_change *c)
{
	const struct gv_track_item *item = c->a ? c->a : c->b;

	if (c->kind != GV_TRACK_ADDED && c->kind != GV_TRACK_DELETED)
		return NULL;
	if (*item->type == '\0' || *item->deposed ||
	    item->marks & (GV_STATE_DATA | GV_STATE_DEPOSED))
		return NULL;
	return item;
}

static char *
key_of(struct gv_arena *arena, const struct gv_track_item *item, size_t *len)
{
	size_t n = strlen(item->type) + 1, m = strlen(item->provider);
	char *key = gv_arena_alloc(arena, n + m);

	*len = n + m;
	if (key) {
		memcpy(key, item->type, n);
		memcpy(key + n, item->provider, m);
	}
	return key;
}

/* Count a half, and have its kind. 0 or GV_ENOMEM. */
static int
count(struct kind **out, struct gv_map *map, struct gv_arena *arena,
    const struct gv_track_change *c)
{
	const struct gv_track_item *item = half(c);
	struct kind *kind;
	size_t len;
	char *key;
	int r = 0;

	*out = NULL;
	if (item == NULL)
		return 0;
	key = key_of(arena, item, &len);
	kind = key ? gv_map_get(map, key, len) : NULL;
	if (key && kind == NULL) {
		kind = gv_arena_alloc(arena, sizeof(*kind));
		if (kind)
			*kind = (struct kind){ 0, 0 };
		r = kind ? gv_map_put(map, key, len, kind) : GV_ENOMEM;
	}
	if (key == NULL || r < 0)
		return GV_ENOMEM;
	kind->gone += c->kind == GV_TRACK_DELETED;
	kind->come += c->kind == GV_TRACK_ADDED;
	*out = kind;
	return 0;
}

/* Tell of each change whether it may be half of a move, and how many may. */
static int
mark_halves(bool *is_half, size_t *n, const struct gv_track_move *m)
{
	struct gv_map map = GV_MAP_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	struct kind **kinds = calloc(m->n + 1, sizeof(struct kind *));
	size_t i;
	int r = kinds ? 0 : gv_err_nomem();

	*n = 0;
	for (i = 0; r == 0 && i < m->n; i++)
		r = count(&kinds[i], &map, &arena, &m->changes[i]);
	for (i = 0; r == 0 && i < m->n; i++) {
		is_half[i] = kinds[i] && kinds[i]->gone && kinds[i]->come;
		*n += is_half[i];
	}
	gv_map_release(&map);
	gv_arena_release(&arena);
	free(kinds);
	return r;
}

/* ---- opening ------------------------------------------------------------ */

static int
open_side(struct gv_track_values **out, const struct gv_track_move *m,
    const bool *is_half, bool of_b)
{
	struct gv_oid *leaves = calloc(m->n + 1, sizeof(*leaves));
	size_t i, n = 0;
	int r;

	if (leaves == NULL)
		return gv_err_nomem();
	for (i = 0; i < m->n; i++) {
		const struct gv_track_change *c = &m->changes[i];
		const struct gv_track_item *item = of_b ? c->b : c->a;

		if (item && (m->with->values || is_half[i]))
			leaves[n++] = *item->leaf;
	}
	r = gv_track_values_open(
	    out, m->repo, m->safe, of_b ? m->b : m->a, leaves, n);
	free(leaves);
	return r;
}

static int
open_sides(struct gv_track_move *m, const bool *is_half)
{
	int r = gv_track_with_open(&m->safe, m->with);

	if (r == 0)
		r = open_side(&m->was, m, is_half, false);
	return r < 0 ? r : open_side(&m->is, m, is_half, true);
}

/* ---- what an object is known by ----------------------------------------- */

static const struct gv_state_item *
values_of(const struct gv_track_move *m, const struct gv_track_change *c)
{
	return c->a ? gv_track_values_find(m->was, c->a->address, "")
		    : gv_track_values_find(m->is, c->b->address, "");
}

/* An id that says nothing, such as "none", some resources have all. */
static bool
tells(const struct gv_state_attribute *a)
{
	size_t i, len = a->value_len;

	if (len > 1 && a->value[0] == '"')
		len -= 2;
	if (len == 0 || a->value[0] == '{' || a->value[0] == '[' ||
	    a->value[0] == 'n')
		return false;
	for (i = 0; i < a->value_len; i++)
		if (a->value[i] >= '0' && a->value[i] <= '9')
			return len >= 3;
	return len >= 8;
}

static const struct gv_state_attribute *
identity_of(
    const struct gv_track_item *item, const struct gv_state_item *values)
{
	size_t i;

	for (i = 0; i < item->n_has; i++)
		if (gv_track_is_identity(item->has[i].name) &&
		    tells(&values->attributes[i]))
			return &values->attributes[i];
	return NULL;
}

/* A digest of its type, its provider and its id; where that says nothing, of
 * all its attributes. The key is of this diff alone. */
static int
know(struct gv_digest *out, const struct gv_track_item *item,
    const struct gv_state_item *values, const struct gv_secret *key)
{
	const struct gv_state_attribute *id = identity_of(item, values);
	const struct gv_state_attribute *a = values->attributes;
	size_t i, all = id || a == NULL ? 0 : values->n_attributes, n = 0;
	struct gv_digest_field *f = calloc(2 * all + 3, sizeof(*f));

	if (f == NULL)
		return gv_err_nomem();
	f[n++] = (struct gv_digest_field){ item->type, strlen(item->type) };
	f[n++] =
	    (struct gv_digest_field){ item->provider, strlen(item->provider) };
	if (id)
		f[n++] = (struct gv_digest_field){ id->value, id->value_len };
	for (i = 0; i < all; i++) {
		f[n++] = (struct gv_digest_field){ a[i].name, a[i].name_len };
		f[n++] = (struct gv_digest_field){ a[i].value, a[i].value_len };
	}
	gv_digest_keyed(out, key->p, id ? "state id" : "state all", f, n);
	free(f);
	return 0;
}

/* ---- joining ------------------------------------------------------------ */

/* The halves that are known by the same; of more than one on a side nobody
 * knows which is which. */
struct twins {
	struct gv_digest known;
	size_t gone, come; /* changes */
	size_t n_gone, n_come;
};

struct join {
	struct gv_track_move *m;
	struct gv_map map;
	struct gv_arena arena;
	struct gv_secret key;
	struct twins **list;
	size_t n;
};

static int
add_half(struct join *j, size_t at)
{
	const struct gv_track_change *c = &j->m->changes[at];
	const struct gv_track_item *item = half(c);
	const struct gv_state_item *values = values_of(j->m, c);
	struct twins *twins, new = { .gone = at, .come = at };
	int r;

	if (values == NULL || values->n_attributes != item->n_has ||
	    item->n_has == 0)
		return 0;
	r = know(&new.known, item, values, &j->key);
	if (r < 0)
		return r;
	twins = gv_map_get(&j->map, new.known.bytes, GV_DIGEST_BYTES);
	if (twins == NULL) {
		twins = gv_arena_alloc(&j->arena, sizeof(*twins));
		if (twins == NULL)
			return GV_ENOMEM;
		*twins = new;
		j->list[j->n++] = twins;
		r = gv_map_put(
		    &j->map, twins->known.bytes, GV_DIGEST_BYTES, twins);
	}
	if (c->kind == GV_TRACK_DELETED) {
		twins->gone = at;
		twins->n_gone++;
	} else {
		twins->come = at;
		twins->n_come++;
	}
	return r;
}

static int
is_same(const struct gv_state_attribute *a, const struct gv_state_attribute *b)
{
	return a->value_len == b->value_len &&
	    memcmp(a->value, b->value, a->value_len) == 0;
}

/* What else changed of a thing that was moved: by the values, since the digests
 * of the two addresses say nothing of each other. */
static int
compare(struct gv_track_changed *out, size_t *n,
    const struct gv_track_change *c, const struct gv_state_item *was,
    const struct gv_state_item *is)
{
	struct gv_map names = GV_MAP_INIT;
	const struct gv_track_has *b;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < c->b->n_has; i++)
		r = gv_map_put(&names, c->b->has[i].name,
		    strlen(c->b->has[i].name), (void *)&c->b->has[i]);
	for (i = 0; r == 0 && i < c->a->n_has; i++) {
		const char *name = c->a->has[i].name;

		b = gv_map_del(&names, name, strlen(name));
		if (b == NULL)
			out[(*n)++] =
			    (struct gv_track_changed){ name, GV_TRACK_DELETED };
		else if (!is_same(&was->attributes[i],
			     &is->attributes[b - c->b->has]))
			out[(*n)++] = (struct gv_track_changed){ name,
				GV_TRACK_MODIFIED };
	}
	for (i = 0; r == 0 && i < c->b->n_has; i++) {
		const char *name = c->b->has[i].name;

		if (gv_map_del(&names, name, strlen(name)))
			out[(*n)++] =
			    (struct gv_track_changed){ name, GV_TRACK_ADDED };
	}
	gv_map_release(&names);
	return r;
}

static int
join(struct gv_track_move *m, const struct twins *twins)
{
	struct gv_track_change *gone = &m->changes[twins->gone];
	struct gv_track_change *come = &m->changes[twins->come];
	const struct gv_state_item *was = values_of(m, gone);
	const struct gv_state_item *is = values_of(m, come);
	struct gv_track_changed *attributes;

	gone->b = come->b;
	come->b = NULL;
	gone->kind = GV_TRACK_MOVED;
	attributes = gv_arena_alloc(m->arena,
	    (gone->a->n_has + gone->b->n_has + 1) * sizeof(*attributes));
	if (attributes == NULL)
		return GV_ENOMEM;
	gone->attributes = attributes;
	return compare(attributes, &gone->n, gone, was, is);
}

static void
drop_joined(struct gv_track_move *m)
{
	size_t i, n = 0;

	for (i = 0; i < m->n; i++)
		if (m->changes[i].a || m->changes[i].b)
			m->changes[n++] = m->changes[i];
	m->n = n;
}

static int
join_all(struct gv_track_move *m, const bool *is_half, size_t n)
{
	struct join j = { .m = m,
		.map = GV_MAP_INIT,
		.arena = GV_ARENA_INIT,
		.key = GV_SECRET_INIT,
		.list = calloc(n + 1, sizeof(struct twins *)) };
	size_t i;
	int r = j.list ? 0 : gv_err_nomem();

	if (r < 0 || (r = gv_secret_add_random(&j.key, GV_DIGEST_KEY)) < 0)
		goto out;
	for (i = 0; r == 0 && i < m->n; i++)
		if (is_half[i])
			r = add_half(&j, i);
	if (r < 0)
		goto out;
	for (i = 0; r == 0 && i < j.n; i++)
		if (j.list[i]->n_gone == 1 && j.list[i]->n_come == 1)
			r = join(m, j.list[i]);
	if (r < 0)
		goto out;
	drop_joined(m);
out:
	gv_map_release(&j.map);
	gv_arena_release(&j.arena);
	gv_secret_release(&j.key);
	free(j.list);
	return r;
}

int
gv_track_move_find(struct gv_track_move *m)
{
	bool *is_half = calloc(m->n + 1, sizeof(*is_half));
	size_t n = 0;
	int r = is_half ? mark_halves(is_half, &n, m) : gv_err_nomem();

	if (r == 0 && (n || (m->with->values && m->n))) {
		r = open_sides(m, is_half);
		m->with->opened = gv_track_values_opened(m->was) +
		    gv_track_values_opened(m->is);
		if (r == 0 && n)
			r = join_all(m, is_half, n);
		else if (r < 0 && r != GV_ECANCELED && r != GV_ENOMEM &&
		    !m->with->values) {
			(void)snprintf(m->with->shut, sizeof(m->with->shut),
			    "%s", gv_err_message());
			m->with->is_keyless = r == GV_ENOKEY;
			r = 0;
		}
	}
	free(is_half);
	return r;
}

void
gv_track_move_release(struct gv_track_move *m)
{
	gv_track_values_close(m->was);
	gv_track_values_close(m->is);
}
