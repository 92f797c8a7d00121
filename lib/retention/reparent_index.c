#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "detect/screen.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "record/record.h"
#include "repo/repo.h"
#include "retention/reparent_internal.h"
#include "snapshot/snapshot.h"
#include "sys/cancel.h"
#include "vault/ledger.h"

#define DEPTH 1000 /* of directories; no checkout of git goes deeper */

/* The base's tree on its way into a snapshot. What the snapshot's own tree/ has
 * just so is not looked at again. */
struct taking {
	struct gv_reparent_run *run;
	struct gv_withhold_worker worker;
	struct gv_withheld list;
	struct gv_buf path; /* of the entry at hand */
	unsigned depth;
};

/* ---- beside it, tree/ ---- */

struct beside {
	struct gv_object obj;
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int has; /* 1: e is the next one; 0: there is none */
};

static int
next_beside(struct beside *b)
{
	b->has = gv_tree_next(&b->it, &b->e);
	return b->has < 0 ? b->has : 0;
}

/* `tree` zero: there is no such directory. */
static int
open_beside(struct beside *b, struct gv_odb *odb, const struct gv_oid *tree)
{
	int r;

	memset(b, 0, sizeof(*b));
	if (gv_oid_is_zero(tree))
		return 0;
	r = gv_odb_read_type(odb, &b->obj, tree, GV_OTYPE_TREE);
	if (r < 0)
		return r == GV_ENOTFOUND ? 0 : r;
	gv_tree_iter_mend(&b->it, b->obj.data, b->obj.len);
	return next_beside(b);
}

/* What stands there under the name of an entry, and is a directory as well or
 * is no directory as well; zero: nothing. Entries come in order. */
static int
find_beside(struct gv_oid *out, struct beside *b, const struct gv_tree_entry *e)
{
	int r = 0, c = 1;

	while (r == 0 && b->has &&
	    (c = gv_path_compare(b->e.name, b->e.name_len,
		 b->e.mode == GV_MODE_DIR, e->name, e->name_len,
		 e->mode == GV_MODE_DIR)) < 0)
		r = next_beside(b);
	memset(out, 0, sizeof(*out));
	if (r == 0 && b->has && c == 0)
		*out = b->e.oid;
	return r;
}

/* ---- the base's ---- */

static int
search_file(struct taking *t, const struct gv_oid *oid, enum gv_scope_keep keep)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(t->run->odb, &obj, oid, GV_OTYPE_BLOB);

	/* not here: then nobody has it from us */
	if (r == GV_ENOTFOUND)
		return 0;
	if (r == 0) {
		const struct gv_withhold_bytes file = { t->path.p, obj.data,
			obj.len, oid };

		r = gv_withhold_file(&t->worker, &file, keep);
	}
	gv_object_release(&obj);
	return r < 0 ? gv_err_in(r, "%s, as git has it", t->path.p) : r;
}

static int
take_file(struct taking *t, struct gv_oid *oid)
{
	enum gv_scope_keep keep =
	    gv_screen_keep(t->run->withhold.screen, t->path.p, false);
	int r = 0;

	if (keep == GV_SCOPE_CLEAR)
		return 0;
	if (keep == GV_SCOPE_VALUES) {
		if (t->worker.view == NULL)
			return 0;
		r = gv_screen_known(t->worker.view, t->path.p, oid);
		if (r < 0 || (r > 0 && t->worker.view->n == 0))
			return r < 0 ? r : 0;
	}
	r = search_file(t, oid, keep);
	if (r <= 0)
		return r;
	r = gv_pack_add(t->run->lane, oid, GV_OTYPE_BLOB, t->worker.clean.p,
	    t->worker.clean.len, NULL);
	return r < 0 ? r : gv_withhold_list(&t->worker, &t->list, t->path.p);
}

static int
take_tree(struct taking *t, struct gv_oid *oid, const struct gv_oid *own);

/* `twin` is what tree/ has in its place. */
static int
take_entry(struct taking *t, struct gv_oid *oid, const struct gv_tree_entry *e,
    const struct gv_oid *twin)
{
	size_t len = t->path.len;
	int r;

	if (gv_oid_equal(oid, twin))
		return 0;
	if (len)
		gv_buf_addch(&t->path, '/');
	gv_buf_add(&t->path, e->name, e->name_len);
	r = gv_buf_check(&t->path);
	if (r == 0 && e->mode == GV_MODE_DIR)
		r = take_tree(t, oid, twin);
	else if (r == 0 && S_ISREG(e->mode))
		r = take_file(t, oid);
	gv_buf_truncate(&t->path, len);
	return r;
}

static int
take_entries(struct taking *t, const struct gv_object *obj, struct beside *own,
    struct gv_buf *tree, bool *changed)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_oid oid, twin;
	int r;

	gv_tree_iter_init(&it, obj->data, obj->len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		oid = e.oid;
		if ((r = find_beside(&twin, own, &e)) == 0)
			r = take_entry(t, &oid, &e, &twin);
		if (r < 0)
			return r;
		*changed = *changed || !gv_oid_equal(&oid, &e.oid);
		gv_tree_add(tree, e.mode, e.name, e.name_len, &oid);
	}
	return r < 0 ? r : gv_buf_check(tree);
}

static int
take_tree(struct taking *t, struct gv_oid *oid, const struct gv_oid *own)
{
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_object obj = { 0 };
	struct beside beside = { .has = 0 };
	bool changed = false;
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (++t->depth > DEPTH)
		return gv_err(
		    GV_EREFUSED, "its directories are nested too deeply");
	r = gv_odb_read_type(t->run->odb, &obj, oid, GV_OTYPE_TREE);
	if (r == GV_ENOTFOUND) {
		t->depth--;
		return 0;
	}
	if (r == 0 && (r = open_beside(&beside, t->run->odb, own)) == 0)
		r = take_entries(t, &obj, &beside, &tree, &changed);
	if (r == 0 && changed)
		r = gv_pack_add(
		    t->run->lane, oid, GV_OTYPE_TREE, tree.p, tree.len, NULL);
	gv_object_release(&obj);
	gv_object_release(&beside.obj);
	gv_buf_release(&tree);
	t->depth--;
	return r;
}

/* ---- what becomes of it ---- */

static int
open_sift(struct gv_reparent_run *run)
{
	struct gv_screen **screen = &run->withhold.screen;

	if (*screen)
		return 0;
	return gv_config_bool(&run->repo->config, GV_SNAPSHOT_SCAN, true)
	    ? gv_screen_new(screen, run->repo, run->now)
	    : gv_screen_new_blind(screen, run->repo, run->now);
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
	int r;

	if ((r = open_sift(run)) < 0 ||
	    (r = gv_withhold_open(&t.worker, &run->withhold, run->lane)) < 0 ||
	    (r = take_tree(&t, tree, &rec->tree)) != 0)
		goto out;
	if (t.list.n && (r = gv_withheld_write(&text, &t.list)) < 0)
		goto out;
	if (t.list.n &&
	    (r = gv_pack_add(
		 run->lane, list, GV_OTYPE_BLOB, text.p, text.len, NULL)) < 0)
		goto out;
	run->result->withheld += t.list.n;
out:
	gv_withhold_close(&t.worker);
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

	if (r < 0)
		goto out;
	if (!gv_oid_is_zero(list) &&
	    (r = gv_ledger_tree(&edit, &own[1].oid, &rec->meta, meta, 1)) < 0)
		goto out;
	r = gv_ledger_tree(&edit, root, &rec->root, own, 2);
out:
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
	if (r < 0 || run->lane == NULL || !gv_odb_has(run->odb, &tree))
		return r;
	r = take_base(run, rec, &tree, &list);
	if (r == GV_ECORRUPT)
		return gv_err_in(r,
		    "what was staged then cannot be searched, 'git vault "
		    "repair' mends it or puts it aside");
	*withholds = !gv_oid_is_zero(&list);
	return r < 0 ? r : put_root(root, run, rec, &tree, &list);
}
