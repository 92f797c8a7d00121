#include "verify/repair_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/link.h"
#include "repo/hash.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "worktree/statcache.h"

/*
 * What no place has any more may still follow from what there is. Each object
 * is sought for one of the places that miss it; the id says what was right.
 */

/* So many bytes are hashed for all lost trees. */
#define MAX_HASHED_ALL ((uint64_t)4 << 30)

/* --- reading --- */

int
gv_repair_read(struct gv_object *out, struct gv_repair_run *run,
    const struct gv_oid *oid, enum gv_otype type)
{
	const struct gv_repair_item *item =
	    gv_map_get(&run->items, oid->id, GV_OID_RAW);
	int r;

	if (item && item->found && item->obj.data && item->type == type) {
		*out = item->obj;
		out->owner = NULL; /* the item's own */
		return 1;
	}
	r = gv_odb_read_type(run->odb, out, oid, type);
	return r == 0 ? 1 : r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

/* The entry of one name. 1, 0, negative. */
static int
find_entry(struct gv_tree_entry *out, struct gv_repair_run *run,
    const struct gv_oid *tree, const char *name, size_t len)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	int r = gv_repair_read(&obj, run, tree, GV_OTYPE_TREE);

	if (r <= 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, out)) > 0)
		if (out->name_len == len && memcmp(out->name, name, len) == 0)
			break;
	out->name = NULL;
	gv_object_release(&obj);
	return r > 0;
}

int
gv_repair_find_path(struct gv_tree_entry *out, struct gv_repair_run *run,
    const struct gv_oid *tree, const char *path)
{
	const char *slash;
	int r = 1;

	memset(out, 0, sizeof(*out));
	out->mode = GV_MODE_DIR;
	out->oid = *tree;
	for (; r == 1 && *path; path = slash + (*slash == '/')) {
		struct gv_oid at = out->oid;

		slash = strchrnul(path, '/');
		r = out->mode != GV_MODE_DIR
		    ? 0
		    : find_entry(out, run, &at, path, (size_t)(slash - path));
	}
	return r;
}

int
gv_repair_offer(struct gv_repair_run *run, const struct gv_oid *oid,
    const struct gv_object *obj, const char *source, const char *detail)
{
	struct gv_repair_item *item =
	    gv_map_get(&run->items, oid->id, GV_OID_RAW);
	struct gv_object copy = *obj;

	if (item == NULL || item->found ||
	    (item->type && item->type != obj->type))
		return 0;
	copy.owner = malloc(obj->len + 1);
	if (copy.owner == NULL)
		return gv_err_nomem();
	memcpy(copy.owner, obj->data, obj->len);
	copy.data = copy.owner;
	item->source = source;
	item->detail = detail;
	return gv_repair_take(run, item, &copy);
}

int
gv_repair_offer_tree(
    struct gv_repair_all *all, const void *data, size_t len, const char *source)
{
	const struct gv_object obj = {
		.type = GV_OTYPE_TREE, .data = data, .len = len
	};
	struct gv_oid oid;
	int r;

	/* nearly all are wrong, which plain SHA-1 tells sooner */
	all->hashed += len;
	gv_hash_object(&oid, GV_OTYPE_TREE, data, len);
	if (gv_map_get(&all->run->items, oid.id, GV_OID_RAW) == NULL)
		return 0;
	r = gv_oid_of(&oid, GV_OTYPE_TREE, data, len);
	return r < 0 ? r : gv_repair_offer(all->run, &oid, &obj, source, "");
}

static int
keep_first(void *out, const struct gv_oid *parent)
{
	*(struct gv_oid *)out = *parent;
	return 1;
}

int
gv_repair_read_head(struct gv_oid *tree, struct gv_oid *parent,
    struct gv_repair_run *run, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	int r = gv_repair_read(&obj, run, commit, GV_OTYPE_COMMIT);

	memset(tree, 0, sizeof(*tree));
	memset(parent, 0, sizeof(*parent));
	if (r <= 0)
		return r;
	if (gv_link_tree(tree, &obj))
		(void)gv_link_named(parent, &obj, keep_first);
	gv_object_release(&obj);
	return 0;
}

/* --- the layers that the cache of the last snapshot names --- */

static int
make_layers(struct gv_repair_all *all)
{
	const struct gv_statcache_head *h;
	struct gv_buf tree = GV_BUF_INIT;
	char name[16];
	uint32_t i;
	int r;

	gv_repair_cache(all->run);
	if (all->run->cache == NULL)
		return 0;
	h = all->run->cache->head;
	for (i = 0; i < h->n_layers && i < GV_STATCACHE_LAYERS; i++) {
		snprintf(
		    name, sizeof(name), "%04x", h->layers[i].number & 0xffffu);
		gv_tree_add(&tree, GV_MODE_FILE, name, 4, &h->layers[i].oid);
	}
	if ((r = gv_buf_check(&tree)) == 0 && tree.len)
		r = gv_repair_offer_tree(
		    all, tree.p, tree.len, "computed from the cache");
	gv_buf_release(&tree);
	return r < 0 ? r : 0;
}

/* --- all of it --- */

/* Where each lost object is missed first. */
static int
list_places(struct gv_repair_all *all)
{
	struct gv_repair_run *run = all->run;
	struct gv_repair_item *item;
	struct gv_repair_place *p;
	size_t i, j = 0, n;

	run->n_places = 0;
	for (i = 0; i < run->n_faults; i++) {
		const struct gv_verify_fault *f = &run->faults[i];

		item = gv_map_get(&run->items, f->oid.id, GV_OID_RAW);
		if (item == NULL || item->found || item->is_placed)
			continue;
		/* mostly that of the fault before, or one close behind */
		for (n = all->refs.n; n > 0; n--, j++) {
			j = j < all->refs.n ? j : 0;
			if (strcmp(all->refs.refs[j].name +
				    strlen(GV_REFS_SNAPSHOTS),
				f->snapshot) == 0)
				break;
		}
		if (n == 0)
			continue;
		if (GV_GROW(run->places, run->n_places, run->places_cap) < 0)
			return GV_ENOMEM;
		p = &run->places[run->n_places++];
		*p = (struct gv_repair_place){ item, all->roots[j], j, f->path,
			f->len };
		item->is_placed = true;
	}
	for (i = 0; i < run->n_places; i++)
		run->places[i].item->is_placed = false;
	return 0;
}

static int
find_all(struct gv_repair_all *all)
{
	struct gv_oid parent;
	size_t i;
	int r = gv_ref_list(&all->refs, all->run->repo, GV_REFS_SNAPSHOTS);

	if (r == 0) {
		all->roots = calloc(all->refs.n + 1, sizeof(*all->roots));
		r = all->roots ? 0 : gv_err_nomem();
	}
	for (i = 0; r == 0 && i < all->refs.n; i++)
		r = gv_repair_read_head(
		    &all->roots[i], &parent, all->run, &all->refs.refs[i].oid);
	return r < 0 ? r : list_places(all);
}

static uint64_t
count_found(const struct gv_repair_run *run)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < run->n_places; i++)
		n += run->places[i].item->found;
	return n;
}

int
gv_repair_compute(struct gv_repair_run *run, uint64_t *made)
{
	struct gv_repair_all all = { .run = run };
	size_t i;
	int r = find_all(&all);

	if (r == 0 && (r = make_layers(&all)) == 0)
		r = gv_repair_survey(run);
	for (i = 0; r == 0 && i < run->n_places; i++)
		if (run->places[i].item->type == GV_OTYPE_TREE &&
		    !run->places[i].item->found && all.hashed < MAX_HASHED_ALL)
			r = gv_repair_tree(&all, &run->places[i]);
	if (r == 0 && (r = gv_repair_revealed(&all)) == 0 &&
	    (r = gv_repair_chunks(run)) == 0)
		r = gv_repair_layer(run);
	*made = count_found(run);
	gv_refs_release(&all.refs);
	free(all.roots);
	free(all.loners);
	return r;
}
