#include "view/history_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "view/history_cache.h"

/* So many trees are read again and again rather than keep what they say. */
#define WORTH_KEEPING 32

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
	size_t n_read;        /* trees */
	struct gv_history_cache cache;
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
	struct gv_object obj = { 0 };
	char hex[GV_OID_HEX + 1];
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(w->odb, &obj, &f->tree, GV_OTYPE_TREE);

	w->n_read++;
	if (r < 0)
		return r == GV_ENOTFOUND ? GV_ECORRUPT : r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	do
		r = gv_tree_next(&it, &e);
	while (r > 0 && strcmp(e.name, w->names[f->level]) != 0);
	f->there = r > 0;
	if (r > 0) {
		f->mode = e.mode;
		f->oid = e.oid;
	}
	gv_object_release(&obj);
	gv_oid_format(hex, &f->tree);
	return r < 0 ? gv_err_in(r, "tree %s", hex) : 0;
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

/* What stands there in the tree of row->tree. */
static int
find(struct walk *w, struct gv_history_row *row)
{
	struct found f;
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (gv_history_cache_get(&w->cache, row))
		return 0;
	r = resolve(w, &row->tree, &f);
	if (r == 0 && f.there) {
		row->mode = f.mode;
		row->oid = f.oid;
	}
	return r;
}

void
gv_history_state_set(
    struct gv_history_state *s, unsigned mode, const struct gv_oid *oid)
{
	s->known = s->there = true;
	s->mode = mode;
	s->oid = s->key = *oid;
	s->key.id[0] ^= (unsigned char)mode;
	s->key.id[1] ^= (unsigned char)(mode >> 8);
}

static int
find_all(struct gv_history_state *states, const struct gv_history_job *job,
    struct walk *w, const char *path)
{
	struct gv_history_row *rows =
				  calloc(job->snapshots->n + 1, sizeof(*rows)),
			      *row;
	size_t i, n = 0;
	int r = rows ? 0 : gv_err_nomem();

	for (i = job->snapshots->n; r == 0 && i-- > 0;) {
		row = &rows[n];
		row->tree = job->snapshots->records[i].tree;
		if ((r = find(w, row)) == 0) {
			states[i] = (struct gv_history_state){ .known = true };
			if (row->mode)
				gv_history_state_set(
				    &states[i], row->mode, &row->oid);
			n++;
		} else {
			r = gv_history_miss(job, i, r);
		}
	}
	if (r == 0 && w->n_read >= WORTH_KEEPING)
		gv_history_cache_save(&w->cache, job->repo, path, rows, n);
	free(rows);
	return r;
}

int
gv_history_of_path(struct gv_history_state *states,
    const struct gv_history_job *job, const char *path)
{
	struct walk w = { .arena = GV_ARENA_INIT,
		.seen = GV_MAP_INIT,
		.cache = GV_HISTORY_CACHE_INIT };
	int r = gv_repo_odb(job->repo, &w.odb);

	if (r == 0 && (r = split(&w, path)) == 0 &&
	    (r = gv_history_cache_load(&w.cache, job->repo, path)) == 0)
		r = find_all(states, job, &w, path);
	gv_history_cache_release(&w.cache);
	gv_map_release(&w.seen);
	gv_arena_release(&w.arena);
	return r;
}
