#include "vault/history_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "store/repo.h"
#include "store/tree.h"
#include "sys/cancel.h"

/* What one tree has at the rest of the path that begins at `level`. The first
 * two fields are the key. */
struct found {
	struct gv_oid tree;
	uint32_t level;
	bool there;
	unsigned mode;
	struct gv_oid oid;
};

#define KEY_LEN (sizeof(struct gv_oid) + sizeof(uint32_t))

struct walk {
	struct gv_odb *odb;
	struct gv_arena arena;
	struct gv_map seen;
	char **names; /* the path's components */
	uint32_t depth;
	struct found **chain; /* what is being found out, from the top down */
};

static int
split(struct walk *w, const char *path)
{
	size_t n = strlen(path) / 2 + 2;
	char *copy = gv_arena_copy(&w->arena, path, strlen(path)), *save;
	char *name;

	w->names = gv_arena_alloc(&w->arena, n * sizeof(*w->names));
	w->chain = gv_arena_alloc(&w->arena, n * sizeof(struct found *));
	if (copy == NULL || w->names == NULL || w->chain == NULL)
		return GV_ENOMEM;
	for (name = strtok_r(copy, "/", &save); name;
	     name = strtok_r(NULL, "/", &save))
		w->names[w->depth++] = name;
	return 0;
}

/* One tree that was not met before. */
static int
look(struct walk *w, struct found *f)
{
	int r = gv_tree_find(
	    w->odb, &f->tree, w->names[f->level], &f->mode, &f->oid);

	f->there = r == 0;
	return r == GV_ENOTFOUND ? 0 : r;
}

static int
remember(struct walk *w, size_t n, const struct found *end)
{
	int r = 0;

	while (r == 0 && n-- > 0) {
		struct found *f = w->chain[n];

		f->there = end->there;
		f->mode = end->mode;
		f->oid = end->oid;
		r = gv_map_put(&w->seen, f, KEY_LEN, f);
	}
	return r;
}

/* Down one snapshot's tree until what is known, or the path's end. */
static int
resolve(struct walk *w, const struct gv_oid *tree, struct found *out)
{
	struct found at = { .there = true, .mode = GV_MODE_DIR, .oid = *tree };
	struct found *known, *f;
	size_t n = 0;
	uint32_t level;
	int r;

	for (level = 0; at.there && level < w->depth; level++) {
		if (at.mode != GV_MODE_DIR) {
			at.there = false;
			break;
		}
		f = gv_arena_alloc(&w->arena, sizeof(*f));
		if (f == NULL)
			return GV_ENOMEM;
		f->tree = at.oid;
		f->level = level;
		known = gv_map_get(&w->seen, f, KEY_LEN);
		if (known) {
			at = *known;
			break;
		}
		r = look(w, f);
		if (r < 0)
			return r;
		w->chain[n++] = f;
		at = *f;
	}
	*out = at;
	return remember(w, n, &at);
}

static void
set_state(struct gv_history_state *s, const struct found *f)
{
	s->known = true;
	s->there = f->there;
	if (!f->there)
		return;
	s->mode = f->mode;
	s->oid = s->key = f->oid;
	s->key.id[0] ^= (unsigned char)f->mode;
	s->key.id[1] ^= (unsigned char)(f->mode >> 8);
}

int
gv_history_of_path(struct gv_history_state *states,
    const struct gv_history_job *job, const char *path)
{
	struct walk w = { .arena = GV_ARENA_INIT, .seen = GV_MAP_INIT };
	struct found f = { 0 };
	size_t i;
	int r = gv_repo_odb(job->repo, &w.odb);

	if (r == 0)
		r = split(&w, path);
	for (i = job->snapshots->n; r == 0 && i-- > 0;) {
		r = gv_cancel_requested()
		    ? gv_cancel_error()
		    : resolve(&w, &job->snapshots->records[i].tree, &f);
		if (r == 0)
			set_state(&states[i], &f);
		else
			r = gv_history_miss(job, i, r);
	}
	gv_map_release(&w.seen);
	gv_arena_release(&w.arena);
	return r;
}
