#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "config/policy.h"
#include "key/backend_ref.h"
#include "object/odb.h"
#include "object/tree.h"
#include "safe/safe_internal.h"

/*
 * What two clones have sealed in a scope, as one tree. Nothing here is removed
 * because the other clone lacks it, and what was removed here does not come
 * back.
 */

enum side { BASE, OURS, THEIRS, SIDES };

struct entries {
	struct gv_object obj;
	struct gv_map by_name;
	struct gv_tree_entry *list;
	size_t n, cap;
};

struct joint {
	struct gv_ledger_edit *edit;
	struct gv_safe_scope *scope;
	struct gv_safe_sealed_for of[SIDES];
	struct gv_digest stale; /* the first value not sealed for who reads */
	bool has_stale;
	const struct gv_safe_some *doubts; /* of theirs */
};

static int
load_entries(struct entries *out, struct gv_odb *odb, const struct gv_oid *tree)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	size_t i;
	int r;

	if (gv_oid_is_zero(tree))
		return 0;
	r = gv_odb_read_type(odb, &out->obj, tree, GV_OTYPE_TREE);
	gv_tree_iter_mend(&it, out->obj.data, out->obj.len);
	while (r == 0 && (r = gv_tree_next(&it, &e)) > 0) {
		if ((r = GV_GROW(out->list, out->n, out->cap)) == 0)
			out->list[out->n++] = e;
	}
	for (i = 0; r == 0 && i < out->n; i++)
		r = gv_map_put(&out->by_name, out->list[i].name,
		    out->list[i].name_len, &out->list[i]);
	return r;
}

static void
release_entries(struct entries *e)
{
	gv_map_release(&e->by_name);
	free(e->list);
	gv_object_release(&e->obj);
}

static const struct gv_tree_entry *
find(const struct entries *in, const struct gv_tree_entry *e)
{
	return gv_map_get(&in->by_name, e->name, e->name_len);
}

static bool
equal(const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	return a && b && a->mode == b->mode && gv_oid_equal(&a->oid, &b->oid);
}

static bool
has_suffix(const struct gv_tree_entry *e, const char *suffix)
{
	return e->name_len == 2 * GV_DIGEST_BYTES + strlen(suffix) &&
	    strcmp(e->name + 2 * GV_DIGEST_BYTES, suffix) == 0;
}

/* Read the id of a value or a part of a state from the name of its entry. */
static bool
read_id(struct gv_digest *id, const struct gv_tree_entry *e)
{
	return (has_suffix(e, ".age") || has_suffix(e, ".part")) &&
	    gv_enc_unhex(id->bytes, e->name, GV_DIGEST_BYTES) == 0;
}

static int
compare_id(const void *id, const void *entry)
{
	const struct gv_safe_entry *const *e = entry;

	return memcmp(id, (*e)->id.bytes, GV_DIGEST_BYTES);
}

/* What there is against an entry of theirs, or NULL. */
static const struct gv_safe_entry *
find_doubt(const struct joint *j, const struct gv_tree_entry *e)
{
	const struct gv_safe_some *in = j->doubts;
	struct gv_safe_entry *const *found = NULL;
	struct gv_digest id;

	if (in->n && read_id(&id, e))
		found = bsearch(
		    id.bytes, in->list, in->n, sizeof(*in->list), compare_id);
	return found ? *found : NULL;
}

/* Whether a side says, and rightly, that an entry is sealed for who reads the
 * scope now; of a key, whether all is. */
static bool
covers(const struct joint *j, enum side side, const struct gv_tree_entry *e)
{
	struct gv_digest id;

	if (side == THEIRS && find_doubt(j, e))
		return false;
	if (!read_id(&id, e))
		memset(&id, 0xff, sizeof(id));
	return gv_safe_sealed_for_covers(&j->of[side], j->scope->sum, &id);
}

/* Of two of one name, whether theirs is to stand: the one that is sealed for
 * who reads it, else the one that was changed. */
static bool
wins(const struct joint *j, const struct gv_tree_entry *ours,
    const struct gv_tree_entry *theirs, const struct gv_tree_entry *base)
{
	bool a = covers(j, OURS, ours), b = covers(j, THEIRS, theirs);

	if (ours->mode != theirs->mode)
		return false;
	return a == b ? equal(ours, base) : b;
}

static void
note_stale(struct joint *j, const struct gv_tree_entry *e, bool is_covered)
{
	struct gv_digest id;

	if (is_covered || !read_id(&id, e) ||
	    (j->has_stale &&
		memcmp(j->stale.bytes, id.bytes, GV_DIGEST_BYTES) <= 0))
		return;
	j->stale = id;
	j->has_stale = true;
}

static bool
is_folder(const struct gv_tree_entry *e)
{
	return e->mode == GV_MODE_DIR && e->name_len == 2;
}

static int
add(struct gv_ledger_change *c, size_t *n, const struct gv_tree_entry *e)
{
	c[(*n)++] = (struct gv_ledger_change){ e->name, e->mode, e->oid };
	return 0;
}

/* A folder of both. What one side has taken out stays out where the other has
 * left it as it was, on this side only: nothing here is removed because another
 * clone lacks it. */
static int
join_folder(struct joint *j, struct gv_oid *out, const struct gv_oid trees[])
{
	struct entries sides[SIDES] = { { .n = 0 } };
	struct gv_ledger_change *changes = NULL;
	const struct gv_tree_entry *e, *ours, *base;
	const struct gv_safe_entry *doubt;
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r == 0 && i < SIDES; i++)
		r = load_entries(&sides[i], j->edit->odb, &trees[i]);
	if (r == 0) {
		changes = calloc(sides[THEIRS].n + 1, sizeof(*changes));
		r = changes ? 0 : gv_err_nomem();
	}
	for (i = 0; r == 0 && i < sides[THEIRS].n; i++) {
		e = &sides[THEIRS].list[i];
		ours = find(&sides[OURS], e);
		base = find(&sides[BASE], e);
		doubt = find_doubt(j, e);
		if (equal(ours, e) || (doubt && !doubt->is_stale))
			continue;
		if (ours ? wins(j, ours, e, base) : !base) {
			note_stale(j, e, covers(j, THEIRS, e));
			r = add(changes, &n, e);
			gv_map_del(&sides[OURS].by_name, e->name, e->name_len);
		}
	}
	for (i = 0; r == 0 && i < sides[OURS].n; i++) {
		e = &sides[OURS].list[i];
		if (find(&sides[OURS], e))
			note_stale(j, e,
			    covers(j, OURS, e) ||
				(equal(find(&sides[THEIRS], e), e) &&
				    covers(j, THEIRS, e)));
	}
	if (r == 0)
		r = gv_ledger_tree(j->edit, out, &trees[OURS], changes, n);
	for (i = 0; i < SIDES; i++)
		release_entries(&sides[i]);
	free(changes);
	return r;
}

/* ---- the top of a scope ------------------------------------------------ */

static bool
is_whole(const struct joint *j, enum side side)
{
	return !j->of[side].is_mixed &&
	    memcmp(j->of[side].sum, j->scope->sum, GV_SAFE_SUM) == 0;
}

/* Where neither side is done with sealing its values again, none counts as
 * done: to do it again is no harm. */
static int
add_sealed_for(struct joint *j, struct gv_ledger_change *c)
{
	struct gv_safe_sealed_for now = { .is_mixed = false };
	struct gv_buf text = GV_BUF_INIT;
	int r;

	memcpy(now.sum, j->scope->sum, GV_SAFE_SUM);
	if (!is_whole(j, OURS) && !is_whole(j, THEIRS))
		now.is_mixed = true;
	else if (j->has_stale) {
		now.is_mixed = true;
		now.from = j->stale;
	}
	memcpy(
	    now.old, j->of[is_whole(j, OURS) ? THEIRS : OURS].sum, GV_SAFE_SUM);
	gv_safe_sealed_for_format(&text, &now);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_ledger_blob(j->edit, &c->oid, text.p, text.len);
	c->name = GV_SAFE_SEALED_FOR;
	c->mode = GV_MODE_FILE;
	gv_buf_release(&text);
	return r;
}

/* An entry at the top of theirs: a folder is merged, another file is taken
 * where we have none. */
static int
join_entry(struct joint *j, const struct entries sides[],
    const struct gv_tree_entry *e, struct gv_ledger_change *c, size_t *n)
{
	const struct gv_tree_entry *ours = find(&sides[OURS], e);
	const struct gv_tree_entry *base = find(&sides[BASE], e);
	struct gv_oid trees[SIDES] = { { { 0 } } };
	int r;

	if (equal(ours, e) || strcmp(e->name, GV_SAFE_SEALED_FOR) == 0)
		return 0;
	if (!is_folder(e))
		return (ours ? wins(j, ours, e, base) : !base) ? add(c, n, e)
							       : 0;
	if (base && is_folder(base))
		trees[BASE] = base->oid;
	/* a file in the place of a folder has no values */
	if (ours && is_folder(ours))
		trees[OURS] = ours->oid;
	trees[THEIRS] = e->oid;
	r = join_folder(j, &c[*n].oid, trees);
	c[*n].name = e->name;
	c[*n].mode = GV_MODE_DIR;
	*n += r == 0;
	return r;
}

/* Folders that they have not are as they were; in them is what only we have. */
static int
note_own(struct joint *j, const struct entries sides[])
{
	struct entries own = { .n = 0 };
	size_t i, k;
	int r = 0;

	for (i = 0; r == 0 && !is_whole(j, OURS) && i < sides[OURS].n; i++) {
		const struct gv_tree_entry *e = &sides[OURS].list[i];

		if (!is_folder(e) || find(&sides[THEIRS], e))
			continue;
		r = load_entries(&own, j->edit->odb, &e->oid);
		for (k = 0; r == 0 && k < own.n; k++)
			note_stale(
			    j, &own.list[k], covers(j, OURS, &own.list[k]));
		release_entries(&own);
		memset(&own, 0, sizeof(own));
	}
	return r;
}

static int
join(struct joint *j, struct gv_oid *out, const struct gv_oid trees[])
{
	struct entries sides[SIDES] = { { .n = 0 } };
	struct gv_ledger_change *changes = NULL;
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r == 0 && i < SIDES; i++) {
		const struct gv_tree_entry *e,
		    key = {
			    .name = GV_SAFE_SEALED_FOR,
			    .name_len = sizeof(GV_SAFE_SEALED_FOR) - 1,
		    };

		r = load_entries(&sides[i], j->edit->odb, &trees[i]);
		e = r == 0 ? find(&sides[i], &key) : NULL;
		if (e)
			r = gv_safe_sealed_for_load(
			    &j->of[i], j->edit->odb, &e->oid);
		r = r > 0 ? 0 : r;
	}
	if (r == 0) {
		changes = calloc(sides[THEIRS].n + 1, sizeof(*changes));
		r = changes ? 0 : gv_err_nomem();
	}
	for (i = 0; r == 0 && i < sides[THEIRS].n; i++)
		r = join_entry(j, sides, &sides[THEIRS].list[i], changes, &n);
	if (r == 0 && (r = note_own(j, sides)) == 0 &&
	    (r = add_sealed_for(j, &changes[n++])) == 0)
		r = gv_ledger_tree(j->edit, out, &trees[OURS], changes, n);
	for (i = 0; i < SIDES; i++)
		release_entries(&sides[i]);
	free(changes);
	return r;
}

/* Whether it is a reference, and leads to a vault that the policy has: whoever
 * pushes can write another, and then the value is nowhere. */
static bool
leads_to_vault(const struct gv_safe *safe, const struct gv_tree_entry *e)
{
	struct gv_backend_ref ref;
	struct gv_object obj = { 0 };
	bool does;

	does = e->mode == GV_MODE_FILE &&
	    gv_odb_read_type(safe->odb, &obj, &e->oid, GV_OTYPE_BLOB) == 0 &&
	    gv_backend_ref_parse(&ref, obj.data, obj.len) == 0 &&
	    gv_policy_vault(&safe->policy, ref.vault) != NULL;
	gv_object_release(&obj);
	return does;
}

/* Whether an entry of a folder may go: what is said of a value is taken back by
 * that, and a value itself that moves between here and a vault has one of two
 * names for the other. What is sealed was looked at when it was admitted. */
static bool
may_go(const struct gv_safe *safe, const struct entries *theirs,
    const struct gv_tree_entry *e)
{
	static const char *const suffixes[] = { ".age", ".ref" };
	char other[2 * GV_DIGEST_BYTES + 5];
	const struct gv_tree_entry *there;
	size_t i, id = 2 * GV_DIGEST_BYTES;

	/* without the part, no present reader could open some version */
	if (has_suffix(e, ".part"))
		return false;
	if (e->name_len != id + 4)
		return true;
	for (i = 0; i < 2; i++) {
		if (strcmp(e->name + id, suffixes[i]) != 0)
			continue;
		memcpy(other, e->name, id);
		memcpy(other + id, suffixes[1 - i], 5);
		there = gv_map_get(&theirs->by_name, other, id + 4);
		return there && (i == 1 || leads_to_vault(safe, there));
	}
	return true;
}

/* Whether all that the first has is in the second, by whatever object of the
 * same kind, or a folder. Folders of values are looked into by the caller. */
static bool
has_all(const struct gv_safe *safe, const struct entries *ours,
    const struct entries *theirs, bool is_top)
{
	const struct gv_tree_entry *e, *there;
	size_t i;

	for (i = 0; i < ours->n; i++) {
		e = &ours->list[i];
		there = find(theirs, e);
		if (there == NULL &&
		    (is_top ? !is_folder(e) : !may_go(safe, theirs, e)))
			return false;
		if (there && there->mode != e->mode &&
		    there->mode != GV_MODE_DIR)
			return false;
	}
	return true;
}

/* 1, 0 or a failure. Folders that are the same are not looked into. */
static int
keeps_tree(const struct gv_safe *safe, const struct gv_oid *from,
    const struct gv_oid *to, bool is_top)
{
	struct entries ours = { .n = 0 }, theirs = { .n = 0 };
	static const struct gv_oid none;
	const struct gv_tree_entry *e, *there;
	size_t i;
	int r = load_entries(&ours, safe->odb, from);

	if (r == 0 && (r = load_entries(&theirs, safe->odb, to)) == 0)
		r = has_all(safe, &ours, &theirs, is_top);
	for (i = 0; r == 1 && is_top && i < ours.n; i++) {
		e = &ours.list[i];
		there = find(&theirs, e);
		if (is_folder(e) && !equal(e, there))
			r = keeps_tree(
			    safe, &e->oid, there ? &there->oid : &none, false);
	}
	release_entries(&ours);
	release_entries(&theirs);
	return r;
}

int
gv_safe_keeps(struct gv_safe *safe, const struct gv_safe_scope *ours,
    const struct gv_safe_scope *theirs)
{
	/* by one that cannot be read there is no vault */
	if (gv_safe_read_policy(safe) == GV_ENOMEM)
		return GV_ENOMEM;
	return keeps_tree(safe, &ours->ledger.tree, &theirs->ledger.tree, true);
}

int
gv_safe_union(struct gv_ledger_edit *edit, struct gv_safe_scope *scope,
    const struct gv_safe_scope *theirs, const struct gv_safe_some *doubts,
    const struct gv_oid *base, const char *ref)
{
	struct joint j = { .edit = edit, .scope = scope, .doubts = doubts };
	struct gv_ledger ours = scope->ledger, old;
	struct gv_oid trees[SIDES], tree;
	int r = gv_ledger_load(&old, edit->odb, base);

	if (r < 0)
		return r;
	trees[BASE] = old.tree;
	trees[OURS] = ours.tree;
	trees[THEIRS] = theirs->ledger.tree;
	ours.merged = theirs->ledger.tip;
	r = join(&j, &tree, trees);
	return r < 0 ? r
		     : gv_ledger_step(edit, &ours, ref, &tree,
			   "merge encrypted secrets from elsewhere");
}
