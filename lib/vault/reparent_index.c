#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "store/odb.h"
#include "store/pack.h"
#include "store/repo.h"
#include "store/tree.h"
#include "sys/cancel.h"
#include "vault/ledger.h"
#include "vault/reparent_internal.h"
#include "vault/sift.h"
#include "vault/snapshot.h"

/* The base's tree on its way into a snapshot. What the snapshot's own tree/ has
 * just so is not looked at again. */
struct taking {
	struct gv_reparent_run *run;
	struct gv_withhold_hand hand;
	struct gv_withheld list;
	struct gv_buf path; /* of the entry at hand */
};

static int
take_file(struct taking *t, struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	enum gv_scope_keep keep =
	    gv_sift_keep(t->run->withhold.sift, t->path.p, false);
	int r;

	if (keep == GV_SCOPE_CLEAR)
		return 0;
	r = gv_odb_read_type(t->run->odb, &obj, oid, GV_OTYPE_BLOB);
	/* not here: then nobody has it from us */
	if (r == GV_ENOTFOUND)
		return 0;
	if (r == 0) {
		const struct gv_withhold_bytes file = { t->path.p, obj.data,
			obj.len, oid };

		r = gv_withhold_file(&t->hand, &file, keep);
	}
	gv_object_release(&obj);
	if (r > 0) {
		r = gv_pack_add(t->run->lane, oid, GV_OTYPE_BLOB,
		    t->hand.clean.p, t->hand.clean.len, NULL);
		if (r == 0)
			r = gv_withhold_list(&t->hand, &t->list, t->path.p);
	}
	return r < 0 ? gv_err_in(r, "%s, as git has it", t->path.p) : 0;
}

static int
take_tree(struct taking *t, struct gv_oid *oid, const struct gv_oid *own);

/* `own` is the tree/ of the snapshot where this entry's folder is; zero: it has
 * none there. */
static int
take_entry(struct taking *t, struct gv_tree_entry *e, const struct gv_oid *own)
{
	struct gv_oid twin = { { 0 } };
	size_t len = t->path.len;
	unsigned mode = 0;
	int r = gv_oid_is_zero(own)
	    ? GV_ENOTFOUND
	    : gv_tree_find(t->run->odb, own, e->name, &mode, &twin);

	if (r == GV_ENOTFOUND)
		r = 0;
	if (r < 0 || gv_oid_equal(&twin, &e->oid))
		return r;
	if (mode != GV_MODE_DIR)
		memset(&twin, 0, sizeof(twin));
	if (len)
		gv_buf_addch(&t->path, '/');
	gv_buf_add(&t->path, e->name, e->name_len);
	r = gv_buf_check(&t->path);
	if (r == 0 && e->mode == GV_MODE_DIR)
		r = take_tree(t, &e->oid, &twin);
	else if (r == 0 && S_ISREG(e->mode))
		r = take_file(t, &e->oid);
	gv_buf_truncate(&t->path, len);
	return r;
}

static int
take_tree(struct taking *t, struct gv_oid *oid, const struct gv_oid *own)
{
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_oid was;
	bool changed = false;
	int r = gv_odb_read_type(t->run->odb, &obj, oid, GV_OTYPE_TREE);

	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		was = e.oid;
		r = gv_cancel_requested() ? gv_cancel_error()
					  : take_entry(t, &e, own);
		if (r < 0)
			break;
		changed |= !gv_oid_equal(&was, &e.oid);
		gv_tree_add(&tree, e.mode, e.name, e.name_len, &e.oid);
	}
	if (r == 0)
		r = gv_buf_check(&tree);
	if (r == 0 && changed)
		r = gv_pack_add(
		    t->run->lane, oid, GV_OTYPE_TREE, tree.p, tree.len, NULL);
	gv_object_release(&obj);
	gv_buf_release(&tree);
	return r;
}

static int
open_sift(struct gv_reparent_run *run)
{
	struct gv_sift **sift = &run->withhold.sift;

	if (*sift)
		return 0;
	return gv_config_bool(&run->repo->config, GV_SNAPSHOT_SCAN, true)
	    ? gv_sift_new(sift, run->repo, run->now)
	    : gv_sift_new_blind(sift, run->repo, run->now);
}

/* What stands for the base's tree, and the list of what is withheld of it, zero
 * where nothing is. */
static int
take_base(struct gv_reparent_run *run, const struct gv_record *rec,
    struct gv_oid *tree, struct gv_oid *list)
{
	struct taking t = {
		.run = run, .list = GV_WITHHELD_INIT, .path = GV_BUF_INIT
	};
	struct gv_buf text = GV_BUF_INIT;
	int r = open_sift(run);

	if (r == 0)
		r = gv_withhold_open(&t.hand, &run->withhold, run->lane);
	if (r == 0)
		r = take_tree(&t, tree, &rec->tree);
	if (r == 0 && t.list.n)
		r = gv_withheld_write(&text, &t.list);
	if (r == 0 && t.list.n)
		r = gv_pack_add(
		    run->lane, list, GV_OTYPE_BLOB, text.p, text.len, NULL);
	if (r == 0)
		run->result->withheld += t.list.n;
	gv_withhold_close(&t.hand);
	gv_withheld_release(&t.list);
	gv_buf_release(&text);
	gv_buf_release(&t.path);
	return r;
}

static int
put_root(struct gv_oid *root, struct gv_reparent_run *run,
    const struct gv_record *rec, const struct gv_oid *tree,
    const struct gv_oid *list)
{
	struct gv_ledger_change meta[] = {
		{ "index-secrets", GV_MODE_FILE, *list },
	};
	struct gv_ledger_change own[] = {
		{ "index", GV_MODE_DIR, *tree },
		{ "meta", GV_MODE_DIR, rec->meta },
	};
	struct gv_ledger_edit edit;
	int r = gv_ledger_join(&edit, run->repo, run->now, run->lane, &run->tx);

	if (r == 0 && !gv_oid_is_zero(list))
		r = gv_ledger_tree(&edit, &own[1].oid, &rec->meta, meta, 1);
	if (r == 0)
		r = gv_ledger_tree(&edit, root, &rec->root, own, 2);
	gv_ledger_end(&edit);
	return r;
}

int
gv_reparent_index(struct gv_oid *root, bool *withholds,
    struct gv_reparent_run *run, const struct gv_record *rec)
{
	struct gv_object obj = { 0 };
	struct gv_oid tree, list = { { 0 } };
	int r = gv_odb_read_type(run->odb, &obj, &rec->base, GV_OTYPE_COMMIT);

	*withholds = false;
	if (r == 0 &&
	    (obj.len < 5 + GV_OID_HEX ||
		gv_oid_parse(&tree, (const char *)obj.data + 5) < 0))
		r = gv_err(GV_ECORRUPT, "the snapshot's base has no tree");
	gv_object_release(&obj);
	if (r == GV_ENOTFOUND)
		return 0;
	if (r < 0 || run->lane == NULL)
		return r;
	r = take_base(run, rec, &tree, &list);
	*withholds = !gv_oid_is_zero(&list);
	return r < 0 ? r : put_root(root, run, rec, &tree, &list);
}
