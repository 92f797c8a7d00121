#include "state/track_named.h"

#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/good.h"
#include "record/record_load.h"
#include "repo/repo.h"
#include "seal/withheld.h"

static int
add(struct gv_track_named *named, struct gv_map *to, const struct gv_oid *oid)
{
	char *key;

	if (gv_map_get(to, oid->id, GV_OID_RAW))
		return 0;
	key = gv_arena_copy(&named->arena, (const char *)oid->id, GV_OID_RAW);
	return key ? gv_map_put(to, key, GV_OID_RAW, key) : GV_ENOMEM;
}

/* ---- known-good records ------------------------------------------------- */

static int
read_records(struct gv_track_named *named, struct gv_repo *repo)
{
	struct gv_goods goods = { .n = 0 };
	size_t i, k;
	int r = gv_goods_load(&goods, repo, NULL);

	for (i = 0; r == 0 && i < goods.n; i++)
		for (k = 0; r == 0 && k < goods.all[i].n_states; k++)
			r = add(named, &named->commits,
			    &goods.all[i].states[k].version);
	gv_goods_release(&goods);
	return r;
}

/* ---- snapshots ---------------------------------------------------------- */

static int
read_list(
    struct gv_track_named *named, struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_withheld_iter it = { .first = NULL };
	struct gv_withheld_entry e;
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_BLOB);

	if (r < 0)
		return r;
	r = gv_withheld_open(&it, (const char *)obj.data, obj.len);
	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0)
		r = e.kind == GV_WITHHELD_STATE
		    ? add(named, &named->commits, &e.object)
		    : 0;
	gv_withheld_close(&it);
	gv_object_release(&obj);
	return r;
}

/* Read each list once: consecutive snapshots mostly have the same one. */
static int
read_once(struct gv_track_named *named, struct gv_odb *odb,
    const struct gv_oid *meta, const char *name)
{
	struct gv_oid oid;
	unsigned mode;
	char *before;
	int r;

	if (gv_oid_is_zero(meta))
		return 0;
	before = gv_err_save();
	if ((r = gv_tree_find(odb, meta, name, &mode, &oid)) == 0 &&
	    !gv_map_get(&named->lists, oid.id, GV_OID_RAW)) {
		r = read_list(named, odb, &oid);
		if (r != GV_ENOMEM)
			r = add(named, &named->lists, &oid);
	}
	gv_err_restore(before);
	return r == GV_ENOMEM ? r : 0;
}

static int
read_snapshots(struct gv_track_named *named, struct gv_repo *repo)
{
	struct gv_records all = { 0 };
	struct gv_buf damaged = GV_BUF_INIT;
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0)
		r = gv_records_load(&all, repo, &damaged);
	for (i = 0; r == 0 && i < all.n; i++) {
		if ((r = read_once(
			 named, odb, &all.records[i].meta, "secrets")) == 0)
			r = read_once(
			    named, odb, &all.records[i].meta, "index-secrets");
	}
	gv_records_release(&all);
	gv_buf_release(&damaged);
	return r;
}

/* ---- all --------------------------------------------------------------- */

int
gv_track_named_load(struct gv_track_named *out, struct gv_repo *repo)
{
	int r;

	memset(out, 0, sizeof(*out));
	out->arena = (struct gv_arena)GV_ARENA_INIT;
	r = read_records(out, repo);
	return r < 0 ? r : read_snapshots(out, repo);
}

bool
gv_track_named_has(
    const struct gv_track_named *named, const struct gv_oid *commit)
{
	return gv_map_get(&named->commits, commit->id, GV_OID_RAW) != NULL;
}

void
gv_track_named_release(struct gv_track_named *named)
{
	gv_map_release(&named->commits);
	gv_map_release(&named->lists);
	gv_arena_release(&named->arena);
	memset(named, 0, sizeof(*named));
}
