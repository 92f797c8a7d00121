#include "vault/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "object/link.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/repo.h"
#include "vault/author.h"

int
gv_ledger_load(
    struct gv_ledger *out, struct gv_odb *odb, const struct gv_oid *tip)
{
	struct gv_object obj = { 0 };
	int r;

	memset(out, 0, sizeof(*out));
	if (tip == NULL || gv_oid_is_zero(tip))
		return 0;
	r = gv_odb_read_type(odb, &obj, tip, GV_OTYPE_COMMIT);
	if (r < 0)
		return r;
	if (!gv_link_tree(&out->tree, &obj))
		r = gv_err(GV_ECORRUPT, "its commit names no tree");
	else
		out->tip = *tip;
	gv_object_release(&obj);
	return r;
}

int
gv_ledger_head(struct gv_oid *tree, struct gv_odb **odb, struct gv_repo *repo)
{
	struct gv_ledger head;
	int r;

	if (gv_oid_is_zero(&repo->head))
		return 0;
	if ((r = gv_repo_odb(repo, odb)) < 0 ||
	    (r = gv_ledger_load(&head, *odb, &repo->head)) < 0)
		return r;
	*tree = head.tree;
	return 1;
}

int
gv_ledger_begin(struct gv_ledger_edit *edit, struct gv_repo *repo, int64_t now)
{
	/* without a database: nothing that an earlier writer left unreferenced
	 * is relied on, so no prune can take it away from under us */
	const struct gv_pack_opts opts = { .objects_dir = repo->objects_dir };
	int r;

	memset(edit, 0, sizeof(*edit));
	edit->repo = repo;
	edit->now = now;
	edit->tx = edit->moves = (struct gv_ref_tx)GV_REF_TX_INIT;
	edit->into = &edit->tx;
	if ((r = gv_repo_odb(repo, &edit->odb)) == 0)
		r = gv_pack_open(&edit->pack, &opts);
	return r < 0 ? r : gv_pack_lane_open(&edit->lane, edit->pack);
}

int
gv_ledger_join(struct gv_ledger_edit *edit, struct gv_repo *repo, int64_t now,
    struct gv_pack_lane *lane, struct gv_ref_tx *tx)
{
	memset(edit, 0, sizeof(*edit));
	edit->repo = repo;
	edit->now = now;
	edit->tx = edit->moves = (struct gv_ref_tx)GV_REF_TX_INIT;
	edit->into = tx;
	edit->lane = lane;
	return gv_repo_odb(repo, &edit->odb);
}

int
gv_ledger_blob(struct gv_ledger_edit *edit, struct gv_oid *out,
    const void *data, size_t len)
{
	return gv_pack_add(edit->lane, out, GV_OTYPE_BLOB, data, len, NULL);
}

static int
compare_changes(const void *a, const void *b)
{
	const struct gv_ledger_change *x = a, *y = b;

	return gv_path_compare(x->name, strlen(x->name), x->mode == GV_MODE_DIR,
	    y->name, strlen(y->name), y->mode == GV_MODE_DIR);
}

static void
put(struct gv_buf *tree, const struct gv_ledger_change *c)
{
	if (!gv_oid_is_zero(&c->oid))
		gv_tree_add(tree, c->mode, c->name, strlen(c->name), &c->oid);
}

/* Whether a change puts a folder where a file of that name is, or the other way
 * round. These stand apart in Git's order, and both would be no tree. */
static bool
is_replaced(const struct gv_ledger_change *old,
    const struct gv_ledger_change *changes, size_t n)
{
	struct gv_ledger_change other = *old;
	const struct gv_ledger_change *c;

	other.mode = old->mode == GV_MODE_DIR ? GV_MODE_FILE : GV_MODE_DIR;
	c = n ? bsearch(&other, changes, n, sizeof(other), compare_changes)
	      : NULL;
	return c && !gv_oid_is_zero(&c->oid);
}

/* The old entries and the changes, both in Git's order, merged. */
static int
merge(struct gv_buf *tree, const struct gv_object *old,
    const struct gv_ledger_change *changes, size_t n)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	size_t i = 0;
	int r, order;

	gv_tree_iter_mend(&it, old->data, old->len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		struct gv_ledger_change own = { e.name, e.mode, e.oid };

		order = 1;
		while (
		    i < n && (order = compare_changes(&changes[i], &own)) < 0)
			put(tree, &changes[i++]);
		if (i < n && order == 0)
			put(tree, &changes[i++]);
		else if (!is_replaced(&own, changes, n))
			put(tree, &own);
	}
	while (r == 0 && i < n)
		put(tree, &changes[i++]);
	return r < 0 ? r : gv_buf_check(tree);
}

/* Whatever it was made of: nothing that is no tree is written. */
static int
check(const struct gv_buf *tree)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r;

	gv_tree_iter_init(&it, tree->p, tree->len);
	while ((r = gv_tree_next(&it, &e)) > 0)
		;
	return r < 0 ? gv_err_in(r, "what would be written") : 0;
}

int
gv_ledger_tree(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid *old, struct gv_ledger_change *changes, size_t n)
{
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_object obj = { 0 };
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (old && !gv_oid_is_zero(old))
		r = gv_odb_read_type(edit->odb, &obj, old, GV_OTYPE_TREE);
	if (n)
		qsort(changes, n, sizeof(*changes), compare_changes);
	if (r < 0 || (r = merge(&tree, &obj, changes, n)) < 0 ||
	    (r = check(&tree)) < 0)
		goto out;
	if (tree.len)
		r = gv_pack_add(
		    edit->lane, out, GV_OTYPE_TREE, tree.p, tree.len, NULL);
out:
	gv_object_release(&obj);
	gv_buf_release(&tree);
	return r;
}

/* On top of these parents, of which zero ones are left out. */
static int
step(struct gv_ledger_edit *edit, const struct gv_oid *parents, size_t n,
    const struct gv_oid *tree, const char *subject, struct gv_oid *tip)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid root = *tree;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r = 0;

	if (gv_oid_is_zero(tree))
		r = gv_pack_add(edit->lane, &root, GV_OTYPE_TREE, "", 0, NULL);
	gv_oid_format(hex, &root);
	gv_buf_addf(&text, "tree %s\n", hex);
	for (i = 0; i < n; i++) {
		if (gv_oid_is_zero(&parents[i]))
			continue;
		gv_oid_format(hex, &parents[i]);
		gv_buf_addf(&text, "parent %s\n", hex);
	}
	if (r < 0 || (r = gv_author_add(&text, edit->repo, edit->now)) < 0)
		goto out;
	/* the trailer tells a fold that the pack is a vault's */
	gv_buf_addf(&text, "%s\n\nVault-Format: 1\n", subject);
	if ((r = gv_buf_check(&text)) < 0)
		goto out;
	r = gv_pack_add(
	    edit->lane, tip, GV_OTYPE_COMMIT, text.p, text.len, NULL);
out:
	gv_buf_release(&text);
	return r;
}

static void
add_move(struct gv_ref_tx *tx, const char *ref, const struct gv_oid *tip,
    const struct gv_oid *was)
{
	if (gv_oid_is_zero(was))
		gv_ref_create(tx, ref, tip);
	else
		gv_ref_update(tx, ref, tip, was);
}

void
gv_ledger_move(struct gv_ledger_edit *edit, const char *ref,
    const struct gv_oid *tip, const struct gv_oid *was)
{
	edit->tip = *tip;
	add_move(&edit->moves, ref, tip, was);
	add_move(edit->into, ref, tip, was);
}

int
gv_ledger_step(struct gv_ledger_edit *edit, const struct gv_ledger *ledger,
    const char *ref, const struct gv_oid *tree, const char *subject)
{
	const struct gv_oid parents[] = { ledger->tip, ledger->merged };
	struct gv_oid tip;
	int r = step(edit, parents, 2, tree, subject, &tip);

	if (r == 0)
		gv_ledger_move(edit, ref, &tip, &ledger->tip);
	return r;
}

int
gv_ledger_renew(struct gv_ledger_edit *edit, const struct gv_ledger *ledger,
    const char *ref, const struct gv_oid *tree, const char *subject)
{
	struct gv_oid tip;
	int r = step(edit, NULL, 0, tree, subject, &tip);

	if (r == 0)
		gv_ledger_move(edit, ref, &tip, &ledger->tip);
	return r;
}

/* git died on the way: have all ledgers been moved? */
static bool
is_done(const struct gv_ledger_edit *edit)
{
	return edit->moves.lines.len &&
	    gv_ref_settle(&edit->moves, edit->repo) == GV_REF_MOVED_ALL;
}

static int
move_refs(struct gv_ledger_edit *edit, struct gv_ref_tx *tx)
{
	int r = gv_ref_commit(tx, edit->repo);

	if (tx->moved != GV_REF_MOVED_NONE)
		gv_pack_unkeep(edit->pack);
	if (tx->moved == GV_REF_MOVED_SOME && is_done(edit))
		r = 0;
	if (r < 0)
		return r;
	/* what is read next may be what was just written */
	return gv_odb_refresh(edit->odb);
}

static int
finish(struct gv_ledger_edit *edit)
{
	struct gv_pack_result result;
	int r = gv_pack_lane_close(edit->lane);

	edit->lane = NULL;
	if (r == 0)
		r = gv_pack_finish(edit->pack, &result);
	edit->is_durable = r == 0;
	edit->tx.keeps_objects = true; /* until move_refs() lets the pack go */
	return r;
}

int
gv_ledger_store(struct gv_ledger_edit *edit)
{
	int r = finish(edit);

	return r < 0 ? r : gv_odb_refresh(edit->odb);
}

int
gv_ledger_publish(struct gv_ledger_edit *edit)
{
	int r = finish(edit);

	return r < 0 ? r : move_refs(edit, &edit->tx);
}

int
gv_ledger_publish_again(struct gv_ledger_edit *edit)
{
	return move_refs(edit, &edit->moves);
}

void
gv_ledger_end(struct gv_ledger_edit *edit)
{
	if (edit == NULL)
		return;
	if (edit->lane && edit->pack)
		gv_pack_lane_close(edit->lane);
	gv_pack_free(edit->pack);
	gv_ref_tx_release(&edit->tx);
	gv_ref_tx_release(&edit->moves);
	memset(edit, 0, sizeof(*edit));
}
