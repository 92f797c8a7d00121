#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record_walk.h"
#include "snapshot/status_internal.h"

/* The paths that no snapshot has been found to hold yet. Each tree is looked at
 * once for each folder that it stands for: of a thousand snapshots most share
 * theirs. */
struct held {
	struct gv_odb *odb;
	struct gv_status_entry **wanted;
	size_t n, left;
	struct gv_map seen; /* a tree's id and the folder's name */
	struct gv_arena arena;
};

/* Whether this tree was looked at for this folder; from now on it was. */
static int
see(struct held *h, const struct gv_oid *tree, const char *dir, size_t len)
{
	char *key = gv_arena_alloc(&h->arena, GV_OID_RAW + len + 1);

	if (key == NULL)
		return GV_ENOMEM;
	memcpy(key, tree->id, GV_OID_RAW);
	memcpy(key + GV_OID_RAW, dir, len);
	if (gv_map_get(&h->seen, key, GV_OID_RAW + len))
		return 1;
	return gv_map_put(&h->seen, key, GV_OID_RAW + len, key);
}

/* How an entry of the folder's tree stands to a path. */
enum relation { APART, LEADS, IS };

static enum relation
relation(const struct gv_status_entry *w, const char *dir, size_t len,
    const struct gv_tree_entry *e)
{
	size_t end = len + e->name_len;

	if (w->len < end || memcmp(w->path, dir, len) != 0 ||
	    memcmp(w->path + len, e->name, e->name_len) != 0)
		return APART;
	if (w->len == end)
		return e->mode == GV_MODE_DIR ? APART : IS;
	return w->path[end] == '/' && e->mode == GV_MODE_DIR ? LEADS : APART;
}

/* Cross off the paths that the entry is; the first of those that it leads to,
 * or NULL. */
static const char *
cross_off(
    struct held *h, const char *dir, size_t len, const struct gv_tree_entry *e)
{
	const char *leads = NULL;
	size_t i;

	for (i = 0; i < h->n; i++) {
		struct gv_status_entry *w = h->wanted[i];
		enum relation how =
		    w->is_unheld ? relation(w, dir, len, e) : APART;

		if (how == LEADS && leads == NULL)
			leads = w->path;
		if (how == IS) {
			w->is_unheld = false;
			h->left--;
		}
	}
	return leads;
}

/* Look in the tree of a folder: `dir` begins with its name, of `len` bytes
 * ("a/" or ""). What is damaged holds nothing. */
static int
look(struct held *h, const struct gv_oid *tree, const char *dir, size_t len)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	const char *leads;
	int r = see(h, tree, dir, len);

	if (r != 0)
		return r < 0 ? r : 0;
	r = gv_odb_read_type(h->odb, &obj, tree, GV_OTYPE_TREE);
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while (h->left && gv_tree_next(&it, &e) > 0) {
		leads = cross_off(h, dir, len, &e);
		if (leads &&
		    (r = look(h, &e.oid, leads, len + e.name_len + 1)) < 0)
			break;
	}
	gv_object_release(&obj);
	return r;
}

/* The files that git ignores and the last snapshot does not hold: until one is
 * found that does, none holds them. */
static int
gather(struct held *h, struct gv_status *out)
{
	size_t i;

	h->wanted = calloc(out->n + 1, sizeof(struct gv_status_entry *));
	if (h->wanted == NULL)
		return gv_err_nomem();
	for (i = 0; i < out->n; i++) {
		struct gv_status_entry *e = &out->entries[i];

		if (e->change != 'A' || e->kind < GV_STATUS_PRECIOUS)
			continue;
		e->is_unheld = true;
		h->wanted[h->n++] = e;
	}
	h->left = h->n;
	return 0;
}

int
gv_status_find_unheld(struct gv_status *out, struct gv_repo *repo)
{
	struct held h = { .seen = GV_MAP_INIT, .arena = GV_ARENA_INIT };
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	int r = gather(&h, out);

	if (r == 0 && h.left && (r = gv_repo_odb(repo, &h.odb)) == 0)
		r = gv_record_walk_open(&walk, repo, GV_RECORD_RECALL);
	while (r == 0 && h.left && (r = gv_record_walk_next(walk, &rec)) != 0) {
		if (r == GV_ECORRUPT)
			r = 0;
		if (r > 0) {
			r = look(&h, &rec.tree, "", 0);
			gv_record_release(&rec);
		}
	}
	out->unheld = h.left;
	gv_record_walk_close(walk);
	gv_map_release(&h.seen);
	gv_arena_release(&h.arena);
	free(h.wanted);
	return r;
}
