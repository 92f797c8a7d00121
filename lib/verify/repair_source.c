#include "verify/repair_internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "object/pack.h"
#include "object/tree.h"
#include "repo/repo.h"
#include "worktree/statcache.h"

/* --- other copies --- */

int
gv_repair_own(struct gv_odb **out, const struct gv_repo *repo)
{
	const struct gv_repo own = { .objects_dir = repo->objects_dir };
	int r;

	if ((r = gv_odb_open(out, &own)) < 0)
		return r;
	gv_odb_set_alone(*out);
	return gv_odb_set_strict(*out);
}

int
gv_repair_read_from(struct gv_odb *odb, struct gv_object *obj,
    const struct gv_repair_item *item)
{
	int r = odb ? gv_odb_read(odb, obj, &item->oid) : GV_ENOTFOUND;

	if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
		return 0;
	if (r < 0)
		return r;
	if (item->type == 0 || obj->type == item->type)
		return 1;
	gv_object_release(obj);
	return 0;
}

/* --- trees that the cache of the last snapshot can tell --- */

static unsigned
mode_of(const struct gv_row *row)
{
	if (row->flags & GV_ROW_SPARSE)
		return row->mode;
	if (S_ISLNK(row->mode))
		return GV_MODE_LINK;
	return row->mode & S_IXUSR ? GV_MODE_EXEC : GV_MODE_FILE;
}

static int
build_tree(struct gv_buf *tree, const struct gv_statcache *c, uint32_t dir)
{
	const struct gv_dir_row *d = &c->dirs[dir];
	uint32_t i;

	for (i = 0; i < d->n; i++) {
		const struct gv_row *row = &c->rows[d->first + i];
		const char *name = c->names + row->name;
		const struct gv_dir_row *child =
		    row->flags & GV_ROW_DIR ? &c->dirs[row->size] : NULL;

		if (row->flags & GV_ROW_ABSENT)
			continue;
		if (child == NULL)
			gv_tree_add(
			    tree, mode_of(row), name, row->name_len, &row->oid);
		else if (!gv_oid_is_zero(&child->tree))
			gv_tree_add(tree,
			    child->state == GV_DIR_REPO ? GV_MODE_GIT
							: GV_MODE_DIR,
			    name, row->name_len, &child->tree);
	}
	return gv_buf_check(tree);
}

void
gv_repair_cache(struct gv_repair_run *run)
{
	struct gv_buf path = GV_BUF_INIT;

	if (run->tried & GV_REPAIR_CACHE)
		return;
	run->tried |= GV_REPAIR_CACHE;
	gv_buf_addf(&path, "%s/index", run->repo->vault_dir);
	if (gv_buf_check(&path) == 0 &&
	    gv_statcache_open(&run->cache, path.p) < 0)
		run->cache = NULL;
	gv_buf_release(&path);
}

/* The tree of that name, as a cache tells it: 1, 0, negative. */
static int
from_one_cache(struct gv_object *obj, const struct gv_repair_item *item,
    const struct gv_statcache *cache)
{
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid real;
	uint32_t i;
	int r;

	for (i = 0; i < cache->head->dirs; i++)
		if (gv_oid_equal(&cache->dirs[i].tree, &item->oid))
			break;
	if (i == cache->head->dirs)
		return 0;
	if ((r = build_tree(&tree, cache, i)) == 0)
		r = gv_oid_of(&real, GV_OTYPE_TREE, tree.p, tree.len);
	if (r < 0 || !gv_oid_equal(&real, &item->oid)) {
		gv_buf_release(&tree);
		return r;
	}
	obj->type = GV_OTYPE_TREE;
	obj->len = tree.len;
	obj->data = obj->owner = gv_buf_take(&tree);
	return 1;
}

static int
from_cache(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item)
{
	size_t i;
	int r;

	if (item->type && item->type != GV_OTYPE_TREE)
		return 0;
	item->source = "computed from the cache";
	gv_repair_cache(run);
	if ((r = run->cache ? from_one_cache(obj, item, run->cache) : 0) == 0)
		r = gv_repair_tops(run);
	for (i = 0; r == 0 && i < run->n_tops; i++)
		if (!run->tops[i]->is_own && run->tops[i]->cache)
			r = from_one_cache(obj, item, run->tops[i]->cache);
	return r;
}

/* --- all of them, in order --- */

static int
look(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item)
{
	int r = gv_repair_read_from(run->own, obj, item);

	item->source = "another copy";
	if (r != 0)
		return r;
	r = gv_repair_read_from(run->odb, obj, item);
	item->source = "an alternate";
	if (r != 0)
		return r;
	r = gv_repair_read_from(run->lenient, obj, item);
	item->source = "a pack whose frame is damaged";
	if (r != 0 || (r = from_cache(run, obj, item)) != 0 ||
	    (r = gv_repair_from_survey(run, obj, item)) != 0 ||
	    (r = gv_repair_from_worktree(run, obj, item)) != 0)
		return r;
	return gv_repair_from_git(run, obj, item);
}

static int
make_item(struct gv_repair_item **out, struct gv_repair_run *run,
    const struct gv_oid *oid, enum gv_otype type)
{
	struct gv_repair_item *item =
	    gv_arena_alloc(&run->arena, sizeof(*item));

	if (item == NULL)
		return GV_ENOMEM;
	item->oid = *oid;
	item->type = type;
	item->detail = "";
	*out = item;
	return gv_map_put(&run->items, item->oid.id, GV_OID_RAW, item);
}

int
gv_repair_take(struct gv_repair_run *run, struct gv_repair_item *item,
    struct gv_object *obj)
{
	int r = 1;

	if (run->lane && !item->is_stored &&
	    gv_pack_add_known(run->lane, &item->oid, obj->type, obj->data,
		obj->len, NULL) < 0)
		r = GV_ERROR;
	if (r == 1) {
		item->found = true;
		item->type = obj->type;
		item->len = obj->len;
		if (obj->type != GV_OTYPE_BLOB) {
			item->obj = *obj;
			memset(obj, 0, sizeof(*obj));
		}
	}
	gv_object_release(obj);
	return r;
}

int
gv_repair_find(struct gv_repair_item **out, struct gv_repair_run *run,
    const struct gv_oid *oid, enum gv_otype type)
{
	struct gv_repair_item *item =
	    gv_map_get(&run->items, oid->id, GV_OID_RAW);
	struct gv_object obj = { 0 };
	int r;

	*out = item;
	if (item)
		return item->found;
	r = make_item(&item, run, oid, type);
	*out = item;
	if (r < 0)
		return r;
	if ((r = look(run, &obj, item)) == 0)
		item->detail = "";
	return r == 1 ? gv_repair_take(run, item, &obj) : r;
}
