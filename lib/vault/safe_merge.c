#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "store/hash.h"
#include "store/odb.h"
#include "store/repo.h"
#include "store/tree.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/proc.h"
#include "vault/remote.h"
#include "vault/safe_internal.h"
#include "vault/snapshot.h"
#include "vault/withheld.h"

/*
 * What a fetch brought of other clones becomes ours: their keyring where it
 * goes on from ours, and what they have sealed as a union. What was merged is
 * remembered by one digest of the refs that were looked at, so that it costs
 * nothing until a fetch brings something new; a file that says anything else
 * has it all looked at again.
 */

#define FILE_NAME "vault/merged" /* below the shared .git */
#define SUM       32
#define SUM_TEXT  (2 * SUM + 1) /* 64 digits and a newline */

/* What there is of a remote. */
struct fetched {
	struct gv_remote remote;
	struct gv_refs refs;
	bool is_refused; /* its keyring, and so what is sealed for that */
};

struct merge {
	struct gv_safe *safe;
	struct fetched *list;
	size_t n, cap;
	char text[SUM_TEXT + 1];
	bool is_whole;
};

/* ---- the union of two trees -------------------------------------------- */

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
	gv_tree_iter_init(&it, out->obj.data, out->obj.len);
	while (r == 0 && (r = gv_tree_next(&it, &e)) > 0) {
		r = gv_vec_grow((void **)&out->list, &out->cap, out->n + 1,
		    sizeof(*out->list));
		if (r == 0)
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

/* The id of a value by the name of its entry. */
static bool
read_id(struct gv_digest *id, const struct gv_tree_entry *e)
{
	return e->name_len == 2 * GV_DIGEST_BYTES + 4 &&
	    strcmp(e->name + e->name_len - 4, ".age") == 0 &&
	    gv_enc_unhex(id->bytes, e->name, GV_DIGEST_BYTES) == 0;
}

/* Whether a side says that an entry is sealed for who reads the scope now; of a
 * key, whether all is. */
static bool
covers(const struct joint *j, enum side side, const struct gv_tree_entry *e)
{
	struct gv_digest id;

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
 * left it as it was, on our side only: nothing of ours goes because another
 * clone lacks it. */
static int
join_folder(struct joint *j, struct gv_oid *out, const struct gv_oid trees[])
{
	struct entries sides[SIDES] = { { .n = 0 } };
	struct gv_ledger_change *changes = NULL;
	const struct gv_tree_entry *e, *ours, *base;
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
		if (equal(ours, e))
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

/* Where neither side is done with sealing its values anew, none counts as done:
 * to do it again is no harm. */
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
	r = gv_buf_check(&text);
	if (r == 0)
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
	if (!is_folder(e) || (ours && !is_folder(ours)))
		return (ours ? wins(j, ours, e, base) : !base) ? add(c, n, e)
							       : 0;
	if (base && is_folder(base))
		trees[BASE] = base->oid;
	if (ours)
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
	if (r == 0)
		r = note_own(j, sides);
	if (r == 0)
		r = add_sealed_for(j, &changes[n++]);
	if (r == 0)
		r = gv_ledger_tree(j->edit, out, &trees[OURS], changes, n);
	for (i = 0; i < SIDES; i++)
		release_entries(&sides[i]);
	free(changes);
	return r;
}

/* ---- scopes ------------------------------------------------------------ */

/* Where two chains part; zero: nowhere. */
static int
find_base(
    struct gv_oid *out, const struct gv_oid *ours, const struct gv_oid *theirs)
{
	char a[GV_OID_HEX + 1], b[GV_OID_HEX + 1];
	const char *argv[] = { "git", "merge-base", a, b, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	gv_oid_format(a, ours);
	gv_oid_format(b, theirs);
	memset(out, 0, sizeof(*out));
	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && p.status > 1)
		r = gv_err(GV_ERROR, "%s", gv_proc_why(&p));
	if (r == 0 && p.status == 0 && gv_oid_parse(out, p.out.p) < 0)
		r = gv_err(GV_ERROR, "git merge-base gives no commit");
	gv_proc_release(&p);
	return r;
}

static int
join_scope(struct gv_ledger_edit *edit, struct gv_safe_scope *scope,
    const struct gv_ledger *theirs, const struct gv_oid *base, const char *ref)
{
	struct joint j = { .edit = edit, .scope = scope };
	struct gv_ledger ours = scope->ledger, old;
	struct gv_oid trees[SIDES], tree;
	int r = gv_ledger_load(&old, edit->odb, base);

	if (r < 0)
		return r;
	trees[BASE] = old.tree;
	trees[OURS] = ours.tree;
	trees[THEIRS] = theirs->tree;
	ours.merged = theirs->tip;
	r = join(&j, &tree, trees);
	return r < 0 ? r
		     : gv_ledger_step(edit, &ours, ref, &tree,
			   "merge what was sealed elsewhere");
}

static int
merge_scope(struct gv_ledger_edit *edit, struct gv_safe *safe, const char *name,
    const struct gv_oid *tip)
{
	struct gv_safe_scope *scope;
	struct gv_ledger theirs = { .tree = { { 0 } } };
	struct gv_buf ref = GV_BUF_INIT;
	struct gv_oid base;
	int r;

	scope = gv_safe_scope_get(&r, safe, name);
	if (scope == NULL)
		return r;
	if (gv_oid_equal(&scope->ledger.tip, tip))
		return 0;
	gv_buf_addf(&ref, GV_SAFE_REFS "%s", name);
	r = gv_buf_check(&ref);
	if (r == 0)
		r = gv_ledger_load(&theirs, edit->odb, tip);
	if (r == 0 && gv_oid_is_zero(&scope->ledger.tip)) {
		gv_ref_create(edit->into, ref.p, tip);
		goto out;
	}
	if (r == 0)
		r = find_base(&base, &scope->ledger.tip, tip);
	if (r < 0 || gv_oid_equal(&base, tip))
		goto out;
	if (gv_oid_equal(&base, &scope->ledger.tip)) {
		gv_ref_update(edit->into, ref.p, tip, &scope->ledger.tip);
		goto out;
	}
	r = gv_safe_scope_ready(scope, safe);
	if (r == 0)
		r = join_scope(edit, scope, &theirs, &base, ref.p);
out:
	gv_buf_release(&ref);
	return r;
}

/* A remote at a time, since the next one's is merged with what this one's
 * became. */
static int
merge_scopes(struct gv_safe *safe, const struct fetched *f)
{
	struct gv_ledger_edit edit = { .repo = NULL };
	size_t i;
	int r = gv_ledger_begin(&edit, safe->repo, safe->opts.now);

	for (i = 0; r == 0 && i < f->refs.n; i++) {
		const char *name =
		    gv_remote_scope(f->refs.refs[i].name, &f->remote);

		if (name && gv_withheld_scope_is_valid(name))
			r = merge_scope(
			    &edit, safe, name, &f->refs.refs[i].oid);
		if (r < 0)
			r = gv_err_in(r, "%s", f->refs.refs[i].name);
	}
	if (r == 0 && edit.tx.lines.len)
		r = gv_ledger_publish(&edit);
	gv_ledger_end(&edit);
	gv_safe_forget_scopes(safe);
	return r;
}

/* ---- what there is ----------------------------------------------------- */

static int
list_fetched(struct merge *m)
{
	const struct gv_config *c = &m->safe->repo->config;
	struct gv_hash_sha256 hash;
	unsigned char sum[SUM];
	struct gv_remote remote;
	size_t i, at = 0;
	int r = 0;

	gv_hash_sha256_init(&hash);
	while (r == 0 && gv_remote_next(&remote, &at, c)) {
		struct fetched f = { .remote = remote };

		r = gv_remote_fetched(&f.refs, m->safe->repo, &remote);
		for (i = 0; r == 0 && i < f.refs.n; i++) {
			const struct gv_ref *ref = &f.refs.refs[i];

			gv_hash_sha256_update(&hash, ref->oid.id, GV_OID_RAW);
			gv_hash_sha256_update(
			    &hash, ref->name, strlen(ref->name) + 1);
		}
		if (r == 0 && f.refs.n)
			r = gv_vec_grow((void **)&m->list, &m->cap, m->n + 1,
			    sizeof(*m->list));
		if (r == 0 && f.refs.n)
			m->list[m->n++] = f;
		else
			gv_refs_release(&f.refs);
	}
	gv_hash_sha256_finish(&hash, sum);
	gv_enc_hex(m->text, sum, SUM);
	m->text[SUM_TEXT - 1] = '\n';
	m->text[SUM_TEXT] = '\0';
	return r;
}

static bool
is_known(const struct merge *m)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	bool is;

	gv_buf_addf(&path, "%s/" FILE_NAME, m->safe->repo->common_dir);
	is = gv_buf_check(&path) == 0 &&
	    gv_file_read(&text, AT_FDCWD, path.p, SUM_TEXT) == 0 &&
	    text.len == SUM_TEXT && memcmp(text.p, m->text, SUM_TEXT) == 0;
	gv_buf_release(&path);
	gv_buf_release(&text);
	return is;
}

static void
remember(const struct merge *m)
{
	unsigned mask = gv_repo_share(m->safe->repo);
	struct gv_buf path = GV_BUF_INIT;

	gv_buf_addf(&path, "%s/" FILE_NAME, m->safe->repo->common_dir);
	if (gv_buf_check(&path) == 0)
		(void)gv_file_replace(
		    AT_FDCWD, path.p, m->text, SUM_TEXT, 0666, false);
	gv_buf_release(&path);
	gv_repo_unshare(mask);
}

/* ---- all of it --------------------------------------------------------- */

static const char keyring[] = "the keyring";

/* What cannot be merged is no reason to do without what is ours. */
static int
pass_over(struct merge *m, struct fetched *f, const char *what, int r)
{
	struct gv_safe *safe = m->safe;
	const char *why;

	if (r >= 0 || r == GV_ENOMEM)
		return r;
	m->is_whole = false;
	f->is_refused = true;
	if (r != GV_EREFUSED && r != GV_ECORRUPT)
		return 0;
	(void)gv_err_in(r, "%s of the remote %.*s is not taken", what,
	    (int)f->remote.len, f->remote.name);
	why = gv_err_message();
	if (safe->news.unmerged == NULL) {
		safe->news.unmerged =
		    gv_arena_copy(&safe->arena, why, strlen(why));
		if (safe->news.unmerged == NULL)
			return GV_ENOMEM;
	}
	return 0;
}

/* Where nothing was seen yet, and remotes differ, it is not for us to choose.
 */
static int
check_alike(struct merge *m)
{
	struct gv_keyring_kept kept[2] = { { .print = "" }, { .print = "" } };
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r == 0 && i < m->n; i++) {
		struct fetched *f = &m->list[i];

		if (gv_remote_scope(f->refs.refs[0].name, &f->remote))
			continue;
		r = gv_keyring_look(
		    &kept[n], m->safe->repo, &f->refs.refs[0].oid);
		if (r == 0 && n == 0)
			n = 1;
		else if (r == 0) {
			if (strcmp(kept[0].print, kept[1].print) != 0)
				r = gv_err(GV_EREFUSED,
				    "another remote has another one: their "
				    "fingerprints are %s and %s; `git vault "
				    "key adopt` takes the one that you name",
				    kept[0].print, kept[1].print);
			gv_keyring_kept_release(&kept[1]);
		}
		r = pass_over(m, f, keyring, r);
	}
	gv_keyring_kept_release(&kept[0]);
	return r;
}

static int
merge_keyrings(struct merge *m)
{
	struct gv_safe *safe = m->safe;
	size_t i;
	int r = 0;

	if (!safe->was_seen)
		r = check_alike(m);
	if (r < 0 || (!safe->was_seen && safe->news.unmerged))
		return r;
	for (i = 0; r == 0 && i < m->n; i++) {
		struct fetched *f = &m->list[i];

		if (gv_remote_scope(f->refs.refs[0].name, &f->remote))
			continue;
		r = gv_keyring_merge(safe->repo,
		    safe->has_keyring ? &safe->kept : NULL,
		    &f->refs.refs[0].oid);
		if (r > 0)
			r = gv_safe_reload(safe);
		r = pass_over(m, f, keyring, r);
	}
	return r;
}

static int
merge_all(struct merge *m)
{
	size_t i;
	int lock = -1, r = 0;

	if (!m->safe->opts.is_locked)
		r = gv_snapshot_lock(&lock, m->safe->repo, 1);
	/* it will be merged by another command */
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	m->is_whole = true;
	r = gv_odb_refresh(m->safe->odb);
	if (r == 0)
		r = merge_keyrings(m);
	for (i = 0; r == 0 && m->safe->has_keyring && i < m->n; i++)
		if (!m->list[i].is_refused)
			r = pass_over(m, &m->list[i], "what is sealed",
			    merge_scopes(m->safe, &m->list[i]));
	if (r == 0 && m->is_whole && m->safe->has_keyring)
		remember(m);
	gv_lock_close(lock);
	return r;
}

int
gv_safe_merge(struct gv_safe *safe)
{
	struct merge m = { .safe = safe };
	char *before = gv_err_save();
	int r = list_fetched(&m);

	if (r == 0 && m.n && !(safe->has_keyring && is_known(&m)))
		r = merge_all(&m);
	while (m.n > 0)
		gv_refs_release(&m.list[--m.n].refs);
	free(m.list);
	/* a list that cannot be read is told by who needs it */
	gv_err_restore(before);
	return r == GV_ENOMEM ? gv_err_nomem() : 0;
}
