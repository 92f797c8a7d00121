#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "key/keyring.h"

struct list {
	struct gv_keyring_delta *all;
	size_t n, cap;
};

static int
index_keys(struct gv_map *out, const struct gv_keyring *k)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && k && i < k->n_recipients; i++) {
		struct gv_keyring_recipient *who = &k->recipients[i];

		r = gv_map_put(out, who->key, strlen(who->key), who);
	}
	return r;
}

static int
add(struct list *list, const struct gv_keyring_delta *delta)
{
	int r = GV_GROW(list->all, list->n, list->cap);

	if (r == 0)
		list->all[list->n++] = *delta;
	return r;
}

/* A scope that is not in the other version is read by nobody there, by * not
 * either. */
static bool
reads_in(const struct gv_keyring *k, const struct gv_keyring_recipient *who,
    const char *scope)
{
	return k && who && gv_keyring_reads(who, scope) &&
	    gv_keyring_has_scope(k, scope);
}

/* What keys read in `a` and not in `b`. */
static int
add_those_of(struct list *list, const struct gv_keyring *a,
    const struct gv_keyring *b, bool gained)
{
	struct gv_map keys = GV_MAP_INIT;
	size_t i, j;
	int r = index_keys(&keys, b);

	for (i = 0; r == 0 && a && i < a->n_recipients; i++) {
		struct gv_keyring_delta delta = { &a->recipients[i], NULL,
			gained };
		const char *key = delta.who->key;
		const struct gv_keyring_recipient *other =
		    gv_map_get(&keys, key, strlen(key));

		for (j = 0; r == 0 && j < a->n_scopes; j++) {
			delta.scope = a->scopes[j];
			if (reads_in(a, delta.who, delta.scope) &&
			    !reads_in(b, other, delta.scope))
				r = add(list, &delta);
		}
	}
	gv_map_release(&keys);
	return r;
}

int
gv_keyring_diff(struct gv_keyring_delta **out, size_t *n,
    const struct gv_keyring *before, const struct gv_keyring *after)
{
	struct list list = { NULL, 0, 0 };
	int r = add_those_of(&list, before, after, false);

	if (r == 0)
		r = add_those_of(&list, after, before, true);
	if (r < 0) {
		free(list.all);
		return r;
	}
	*out = list.all;
	*n = list.n;
	return 0;
}
