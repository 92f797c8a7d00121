#include "graph/depgraph_change.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "object/repo_odb.h"
#include "object/tree.h"

struct entry {
	struct gv_oid id;
	unsigned mode;
	const char *path;
	size_t len;
	struct entry *next; /* in the order of the tree */
	bool is_seen;
};

struct comparing {
	struct gv_depgraph_changes *out;
	struct gv_map old;
	struct entry *first, **end;
};

static int
take_old(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct comparing *c = ctx;
	struct entry *entry;

	if (S_ISDIR(e->mode))
		return 0;
	entry = gv_arena_alloc(&c->out->arena, sizeof(*entry));
	if (entry == NULL ||
	    (entry->path = gv_arena_copy(&c->out->arena, path, len)) == NULL)
		return GV_ENOMEM;
	entry->id = e->oid;
	entry->mode = e->mode;
	entry->len = len;
	*c->end = entry;
	c->end = &entry->next;
	return gv_map_put(&c->old, entry->path, len, entry);
}

static int
add(struct gv_depgraph_changes *out, const char *path, size_t len,
    enum gv_depgraph_change_kind kind)
{
	const char *copy = gv_arena_copy(&out->arena, path, len);

	if (copy == NULL || GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->items[out->n++] = (struct gv_depgraph_change){ copy, len, kind };
	return 0;
}

static int
take_new(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct comparing *c = ctx;
	struct entry *old;

	if (S_ISDIR(e->mode))
		return 0;
	old = gv_map_get(&c->old, path, len);
	if (old == NULL)
		return add(c->out, path, len, GV_DEPGRAPH_ADDED);
	old->is_seen = true;
	return old->mode == e->mode && gv_oid_equal(&old->id, &e->oid)
	    ? 0
	    : add(c->out, path, len, GV_DEPGRAPH_CHANGED);
}

int
gv_depgraph_changes(struct gv_depgraph_changes *out, struct gv_repo *repo,
    const struct gv_oid *a, const struct gv_oid *b)
{
	struct comparing c = { .out = out, .old = GV_MAP_INIT };
	struct gv_odb *odb;
	struct entry *entry;
	int r;

	*out = (struct gv_depgraph_changes){ .arena = GV_ARENA_INIT };
	c.end = &c.first;
	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_tree_walk_mend(odb, a, take_old, &c)) < 0)
		goto out;
	r = gv_tree_walk_mend(odb, b, take_new, &c);
	for (entry = c.first; r == 0 && entry; entry = entry->next)
		if (!entry->is_seen)
			r = add(
			    out, entry->path, entry->len, GV_DEPGRAPH_DELETED);
out:
	gv_map_release(&c.old);
	return r;
}

static int
take_both(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	return add(ctx, path, len,
	    a == NULL       ? GV_DEPGRAPH_ADDED
		: b == NULL ? GV_DEPGRAPH_DELETED
			    : GV_DEPGRAPH_CHANGED);
}

int
gv_depgraph_changes_between(struct gv_depgraph_changes *out,
    struct gv_repo *repo, const struct gv_oid *a, const struct gv_oid *b)
{
	struct gv_odb *odb;
	int r;

	*out = (struct gv_depgraph_changes){ .arena = GV_ARENA_INIT };
	if ((r = gv_repo_odb(repo, &odb)) < 0)
		return r;
	return gv_tree_diff(odb, a, b, take_both, out);
}

void
gv_depgraph_changes_release(struct gv_depgraph_changes *changes)
{
	free(changes->items);
	gv_arena_release(&changes->arena);
	memset(changes, 0, sizeof(*changes));
}
