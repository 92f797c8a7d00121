#include "verify/repair_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "record/manifest.h"

/*
 * Which files of a snapshot are kept in chunks the manifest says, and their
 * pointers say which trees these are: so meta/chunks, which has both side by
 * side, follows from the two.
 */

#define LIST     "meta/chunks"
#define MANIFEST "meta/manifest"

struct pair {
	struct gv_oid pointer, tree;
};

struct list {
	struct pair *pairs;
	size_t n, cap;
};

int
gv_repair_pointer_note(struct gv_repair_run *run, const struct gv_oid *pointer,
    const struct gv_oid *tree)
{
	struct pair *p = gv_map_get(&run->pointers, pointer->id, GV_OID_RAW);

	if (p)
		return 0;
	p = gv_arena_alloc(&run->arena, sizeof(*p));
	if (p == NULL)
		return GV_ENOMEM;
	*p = (struct pair){ *pointer, *tree };
	return gv_map_put(&run->pointers, p->pointer.id, GV_OID_RAW, p);
}

/* The manifest of the snapshot: 1, 0 where it cannot be had, negative. */
static int
load_manifest(struct gv_manifest **out, struct gv_repair_run *run,
    const struct gv_repair_place *place)
{
	struct gv_tree_entry e;
	int r = gv_repair_find_path(&e, run, &place->root, MANIFEST);

	if (r <= 0)
		return r;
	r = gv_manifest_load(out, run->odb, &e.oid);
	return r == 0 ? 1 : r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

/* Its tree, by what the pointer says or has been found to say. */
static int
find_tree(struct pair *out, struct gv_repair_run *run)
{
	const struct pair *known =
	    gv_map_get(&run->pointers, out->pointer.id, GV_OID_RAW);
	struct gv_chunk_pointer p;
	int r;

	if (known) {
		out->tree = known->tree;
		return 1;
	}
	r = gv_chunk_pointer_load(&p, run->odb, &out->pointer);
	out->tree = p.tree;
	return r == 0 ? 1 : r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

static int
add_file(struct list *list, struct gv_repair_run *run,
    const struct gv_oid *root, const struct gv_manifest_entry *e)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_tree_entry entry;
	int r = GV_GROW(list->pairs, list->n, list->cap);

	gv_buf_addf(&path, "tree/%s", e->path);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_repair_find_path(&entry, run, root, path.p);
	gv_buf_release(&path);
	if (r <= 0)
		return r;
	list->pairs[list->n].pointer = entry.oid;
	r = find_tree(&list->pairs[list->n], run);
	list->n += r > 0;
	return r;
}

static int
compare(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return memcmp(x->pointer.id, y->pointer.id, GV_OID_RAW);
}

static int
offer(struct list *list, struct gv_repair_run *run)
{
	struct gv_object obj = { .type = GV_OTYPE_TREE };
	struct gv_buf tree = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	struct gv_oid id;
	size_t i;
	int r;

	qsort(list->pairs, list->n, sizeof(*list->pairs), compare);
	for (i = 0; i < list->n; i++) {
		/* two files of the same bytes have one */
		if (i && compare(&list->pairs[i], &list->pairs[i - 1]) == 0)
			continue;
		gv_oid_format(hex, &list->pairs[i].pointer);
		gv_tree_add(
		    &tree, GV_MODE_DIR, hex, GV_OID_HEX, &list->pairs[i].tree);
	}
	if ((r = gv_buf_check(&tree)) == 0)
		r = gv_oid_of(&id, GV_OTYPE_TREE, tree.p, tree.len);
	obj.data = (const unsigned char *)tree.p;
	obj.len = tree.len;
	if (r == 0)
		r = gv_repair_offer(
		    run, &id, &obj, "computed from the pointers", "");
	gv_buf_release(&tree);
	return r < 0 ? r : 0;
}

bool
gv_repair_is_chunk_list(const struct gv_repair_place *place)
{
	return place->len == strlen(LIST) &&
	    memcmp(place->path, LIST, place->len) == 0;
}

int
gv_repair_chunk_list(
    struct gv_repair_run *run, const struct gv_repair_place *place)
{
	struct list list = { NULL, 0, 0 };
	struct gv_manifest *m = NULL;
	size_t i;
	int r = load_manifest(&m, run, place);

	for (i = 0; r > 0 && i < gv_manifest_count(m); i++)
		if (gv_manifest_at(m, i)->chunked)
			r = add_file(
			    &list, run, &place->root, gv_manifest_at(m, i));
	if (r > 0 && list.n)
		r = offer(&list, run);
	gv_manifest_free(m);
	free(list.pairs);
	return r < 0 ? r : 0;
}

/* Whether the snapshot has a list of chunks that cannot be read. */
static int
is_list_lost(struct gv_repair_run *run, const struct gv_repair_place *place)
{
	struct gv_object obj = { 0 };
	struct gv_tree_entry e;
	int r = gv_repair_find_path(&e, run, &place->root, LIST);

	if (r <= 0)
		return r;
	r = gv_repair_read(&obj, run, &e.oid, GV_OTYPE_TREE);
	gv_object_release(&obj);
	return r < 0 ? r : r == 0;
}

int
gv_repair_pointer_size(uint64_t *size, struct gv_repair_run *run,
    const struct gv_repair_place *place)
{
	static const char tree[] = "tree/";
	const size_t n = sizeof(tree) - 1;
	const struct gv_manifest_entry *e;
	struct gv_manifest *m = NULL;
	int r;

	if (place->len <= n || memcmp(place->path, tree, n) != 0)
		return 0;
	r = is_list_lost(run, place);
	if (r > 0)
		r = load_manifest(&m, run, place);
	if (r > 0) {
		e = gv_manifest_get(m, place->path + n, place->len - n);
		*size = e ? e->chunked : 0;
		r = *size > 0;
	}
	gv_manifest_free(m);
	return r;
}
