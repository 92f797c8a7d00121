#include "graph/depgraph_internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"

/*
 * Details (keys of a ConfigMap, ports, variables) are half of all symbols, and
 * most are named nowhere. Which are: two bits of a filter for each name that a
 * reference has. A detail is found by its name alone, or, if it stands in an
 * object, by what its name has behind the '#'.
 */

#define BITS (UINT64_C(1) << 23) /* 1 MiB: a few hundred thousand names */

struct gv_depgraph_want {
	atomic_uint_fast64_t bits[BITS / 64];
	atomic_bool all[GV_SYMBOL_N_SPACES]; /* a part of a name is computed */
	bool *suggests; /* by folder: what is like a missing variable may be
			   suggested there */
};

/* ---- the filter ---------------------------------------------------------- */

static uint64_t
mixed(unsigned space, uint64_t hash)
{
	hash += space * UINT64_C(0x9e3779b97f4a7c15);
	hash ^= hash >> 29;
	return hash * UINT64_C(0xbf58476d1ce4e5b9);
}

static void
set(struct gv_depgraph_want *want, uint64_t at)
{
	at &= BITS - 1;
	atomic_fetch_or_explicit(
	    &want->bits[at / 64], UINT64_C(1) << at % 64, memory_order_relaxed);
}

static bool
is_set(const struct gv_depgraph_want *want, uint64_t at)
{
	at &= BITS - 1;
	return atomic_load_explicit(
		   &want->bits[at / 64], memory_order_relaxed) >>
	    at % 64 &
	    1;
}

static bool
has(const struct gv_depgraph_want *want, unsigned space, const char *p,
    size_t len)
{
	const uint64_t hash = mixed(space, gv_map_hash(p, len));

	return is_set(want, hash) && is_set(want, hash >> 32);
}

/* ---- references ---------------------------------------------------------- */

static void
note(void *ctx, unsigned space, uint64_t hash, bool is_any)
{
	struct gv_depgraph_want *want = ctx;

	if (is_any) {
		atomic_store_explicit(
		    &want->all[space], true, memory_order_relaxed);
		return;
	}
	hash = mixed(space, hash);
	set(want, hash);
	set(want, hash >> 32);
}

void
gv_depgraph_want_add(struct gv_depgraph_want *want, const void *p, size_t len)
{
	/* bytes that are no symbols give none later, either */
	gv_symbols_needs(p, len, note, want);
}

/* ---- definitions --------------------------------------------------------- */

bool
gv_depgraph_want_has(const struct gv_depgraph_want *want, uint32_t folder,
    const struct gv_symbol_choice *choice)
{
	const struct gv_symbol *s = choice->symbol;
	const char *hash;

	/* what has any is not what has none: the first one stays */
	if (s->kind != GV_SYMBOL_DEFINITION || !gv_symbol_is_detail(s->word) ||
	    choice->is_first || choice->has_parts ||
	    (s->flags & GV_SYMBOL_PATTERN) ||
	    atomic_load_explicit(&want->all[s->word], memory_order_relaxed) ||
	    (s->word == GV_SYMBOL_SPACE_ENV_VAR && want->suggests[folder]) ||
	    has(want, s->word, choice->name, choice->len))
		return true;
	hash = memrchr(choice->name, '#', choice->len);
	return hash &&
	    has(want, s->word, hash + 1,
		choice->len - (size_t)(hash + 1 - choice->name));
}

/* ---- begin and end ------------------------------------------------------- */

int
gv_depgraph_want_new(struct gv_depgraph_want **out, const struct gv_depgraph *g)
{
	struct gv_depgraph_want *want = calloc(1, sizeof(*want));
	uint32_t i;

	if (want)
		want->suggests =
		    calloc((size_t)g->n_folders + 1, sizeof(*want->suggests));
	if (want == NULL || want->suggests == NULL) {
		gv_depgraph_want_free(want);
		return gv_err_nomem();
	}
	for (i = 0; i < g->n_files; i++)
		if (g->files[i].dialect == GV_SYMBOL_DIALECT_COMPOSE)
			want->suggests[g->files[i].folder] = true;
	*out = want;
	return 0;
}

void
gv_depgraph_want_free(struct gv_depgraph_want *want)
{
	if (want)
		free(want->suggests);
	free(want);
}
