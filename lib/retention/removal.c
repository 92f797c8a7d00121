#include "retention/removal.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "autosave/autosave.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "fold/fold.h"
#include "object/graph.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/record_refs.h"
#include "record/record_resolve.h"
#include "record/record_save.h"
#include "record/tombstone.h"
#include "record/undo.h"
#include "record/trash.h"
#include "record/undo.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "retention/trash_write.h"
#include "snapshot/nested.h"
#include "sys/clock.h"
#include "sys/lock.h"

#define TRIES    5
#define PAUSE_MS 20

int
gv_removal_add(
    struct gv_removal *removal, const char *id, const struct gv_oid *commit)
{
	struct gv_removal_item *item;
	int r;

	r = GV_GROW(removal->items, removal->n, removal->cap);
	if (r < 0)
		return r;
	item = &removal->items[removal->n];
	item->id = strdup(id);
	if (item->id == NULL)
		return gv_err_nomem();
	item->commit = *commit;
	item->is_damaged = false;
	removal->n++;
	return 0;
}

void
gv_removal_release(struct gv_removal *removal)
{
	size_t i;

	if (removal == NULL)
		return;
	for (i = 0; i < removal->n; i++)
		free(removal->items[i].id);
	free(removal->items);
	memset(removal, 0, sizeof(*removal));
}

bool
gv_removal_is_there(const struct gv_removal *removal, struct gv_repo *repo)
{
	struct gv_odb *odb;
	size_t i;

	if (gv_repo_odb(repo, &odb) < 0)
		return false;
	for (i = 0; i < removal->n; i++)
		if (gv_odb_has(odb, &removal->items[i].commit))
			return true;
	return false;
}

int
gv_removal_check(const struct gv_record_refs *refs)
{
	if (refs->damaged.len == 0)
		return 0;
	return gv_err(GV_ECORRUPT, "nothing is deleted: %.*s",
	    (int)strcspn(refs->damaged.p, "\n"), refs->damaged.p);
}

static int
check_pins(const struct gv_removal *removal, const struct gv_record_refs *refs)
{
	struct gv_buf ids = GV_BUF_INIT;
	size_t i, n = 0;
	int r;

	for (i = 0; i < removal->n; i++)
		if (gv_mark_is_pinned(&refs->marks, removal->items[i].id))
			gv_buf_addf(&ids, "%s%s", n++ ? ", " : "",
			    removal->items[i].id);
	if (n == 0)
		return 0;
	r = gv_err(GV_EREFUSED,
	    "%s %s pinned, so nothing is deleted; 'git vault unpin' lets go",
	    ids.p, n == 1 ? "is" : "are");
	gv_buf_release(&ids);
	return r;
}

static void
delete_ref(
    struct gv_ledger_edit *edit, const char *id, const struct gv_oid *commit)
{
	struct gv_buf name = GV_BUF_INIT;

	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", id);
	gv_ref_delete(&edit->tx, name.p, commit);
	if (name.failed)
		edit->tx.lines.failed = true;
	gv_buf_release(&name);
}

/* The marks are what was looked at, or a pin of another working tree's
 * writer would come too late. */
static int
settle_marks(struct gv_ledger_edit *edit, const struct gv_marks *marks,
    const char *const *ids, size_t n)
{
	int r = gv_mark_forget(edit, marks, ids, n);

	if (r == 0)
		gv_ref_verify(&edit->tx, GV_REF_MARKS, &marks->ledger.tip);
	return r < 0 ? r : 0;
}

/* All ids: those to be deleted, and behind them those that came back. */
static const char **
list_ids(const struct gv_removal *removal, const struct gv_record_refs *refs)
{
	size_t n = removal->n, i;
	const char **ids = calloc(n + refs->n_hidden + 1, sizeof(*ids));

	for (i = 0; ids && i < n; i++)
		ids[i] = removal->items[i].id;
	for (i = 0; ids && i < refs->n_hidden; i++)
		ids[n + i] = refs->refs.refs[refs->refs.n + i].name +
		    strlen(GV_REFS_SNAPSHOTS);
	return ids;
}

/* Put them into the trash, and those that came back after an earlier deletion,
 * since a fetch may have brought both the snapshot and its tombstone. */
static int
put_away(struct gv_ledger_edit *edit, const struct gv_removal *removal,
    const struct gv_record_refs *refs)
{
	const struct gv_trash_how how = { .what = removal->event,
		.reason = removal->reason,
		.marks = &refs->marks };
	size_t n = removal->n + refs->n_hidden, m = 0, i;
	struct gv_trash_new *items = calloc(n + 1, sizeof(*items));
	int r;

	if (items == NULL)
		return gv_err_nomem();
	for (i = 0; i < removal->n; i++)
		if (!removal->no_trash && !removal->items[i].is_damaged)
			items[m++] =
			    (struct gv_trash_new){ .id = removal->items[i].id,
				    .commit = removal->items[i].commit };
	for (i = 0; i < refs->n_hidden; i++) {
		const struct gv_ref *ref = &refs->refs.refs[refs->refs.n + i];

		items[m++] = (struct gv_trash_new){ .id = ref->name +
			    strlen(GV_REFS_SNAPSHOTS),
			.commit = ref->oid };
	}
	r = gv_trash_add(edit, &how, items, m);
	free(items);
	return r;
}

/* What is not in the trash is gone. Snapshots in repositories inside that were
 * kept for theirs need not be; the space is returned some day; and git's
 * commit-graph forgets them, or it were wrong where a git prune or git repack
 * -ad has taken them away. None of that undoes the deletion, so a failure is
 * none of the command. */
static void
let_go(const struct gv_removal *removal, struct gv_repo *repo)
{
	struct gv_oid *commits = calloc(removal->n + 1, sizeof(*commits));
	size_t i, n = 0;

	for (i = 0; commits && i < removal->n; i++)
		if (removal->no_trash || removal->items[i].is_damaged)
			commits[n++] = removal->items[i].commit;
	if (n) {
		gv_fold_wait(repo, false);
		(void)gv_graph_forget(repo, commits, n);
		gv_nested_unlink(repo, commits, n);
	}
	free(commits);
}

/* The deletion and its audit event happen together, or not at all. */
static int
join_audit(struct gv_audit_join *join, struct gv_ledger_edit *edit,
    const struct gv_removal *removal, const char *const *ids)
{
	struct gv_audit_event e = { .what = removal->event,
		.time = edit->now,
		.snapshots = ids,
		.n_snapshots = removal->n,
		.result = GV_AUDIT_DONE,
		.reason = removal->reason };
	int r = removal->n ? gv_audit_join(join, edit, removal->safe, &e) : 0;

	return r == GV_ECORRUPT ? gv_err_in(r, "nothing is deleted") : r;
}

/* The ids of removal->items come first. */
static int
remember(struct gv_repo *repo, const struct gv_removal *removal,
    const char *const *ids, int64_t now)
{
	const bool is_prune = strcmp(removal->event, GV_AUDIT_PRUNE) == 0;

	if (!removal->is_asked || removal->n == 0)
		return 0;
	return gv_undo_save(repo,
	    &(struct gv_undo){
		.what = is_prune ? GV_UNDO_PRUNE : GV_UNDO_DELETE,
		.time = now,
		.words = ids,
		.n = removal->n });
}

int
gv_removal_apply(struct gv_removal *removal, struct gv_repo *repo,
    const struct gv_record_refs *refs, int64_t now)
{
	struct gv_audit_join join = { .told = NULL };
	struct gv_ledger_edit edit = { 0 };
	const char **ids;
	size_t n = removal->n + refs->n_hidden, i;
	int r = gv_removal_check(refs);

	if (r == 0)
		r = check_pins(removal, refs);
	if (r < 0 || n == 0)
		return r;
	ids = list_ids(removal, refs);
	if (ids == NULL)
		return gv_err_nomem();
	r = gv_ledger_begin(&edit, repo, now);
	/* first the trash, then the tombstones: what has one is gone, whatever
	 * comes after */
	if (r == 0 && (r = put_away(&edit, removal, refs)) == 0 &&
	    (r = gv_tombstone_add(&edit, &refs->deleted, ids, n)) == 0 &&
	    (r = settle_marks(&edit, &refs->marks, ids, n)) == 0)
		r = join_audit(&join, &edit, removal, ids);
	for (i = 0; r == 0 && i < removal->n; i++)
		delete_ref(&edit, ids[i], &removal->items[i].commit);
	for (; r == 0 && i < n; i++)
		delete_ref(&edit, ids[i],
		    &refs->refs.refs[refs->refs.n + i - removal->n].oid);
	if (r == 0 && (r = remember(repo, removal, ids, now)) == 0 &&
	    (r = gv_ledger_publish(&edit)) == 0) {
		removal->n_again = refs->n_hidden;
		gv_audit_joined(&join, repo);
	}
	gv_audit_join_release(&join);
	gv_ledger_end(&edit);
	free(ids);
	if (r == 0)
		let_go(removal, repo);
	return r;
}

/* --- by expressions --- */

/* Two expressions may name one snapshot. */
static int
add_once(struct gv_removal *out, const char *id, const struct gv_oid *commit)
{
	size_t i;

	for (i = 0; i < out->n; i++)
		if (strcmp(out->items[i].id, id) == 0)
			return 0;
	return gv_removal_add(out, id, commit);
}

/* A save has no ref of its own: it goes with its age, or with all others. */
static int
refuse_save(
    struct gv_repo *repo, const struct gv_record_refs *refs, const char *id)
{
	struct gv_buf name = GV_BUF_INIT, chain = GV_BUF_INIT;
	int r;

	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", id);
	if ((r = gv_buf_check(&name)) == 0 &&
	    gv_refs_find(&refs->refs, name.p) == NULL &&
	    gv_record_save_is(repo, id) &&
	    (r = gv_autosave_ref(&chain, repo)) == 0)
		r = gv_err(GV_EREFUSED,
		    "%s is an automatic save, which goes by its age "
		    "(snapshots.classes in the policy); to delete all saves of "
		    "this working tree: git update-ref -d %s",
		    id, chain.p);
	gv_buf_release(&name);
	gv_buf_release(&chain);
	return r;
}

static int
resolve(struct gv_removal *out, struct gv_repo *repo,
    const struct gv_record_refs *refs, const char *expression, bool force)
{
	struct gv_record rec = { 0 };
	struct gv_oid commit;
	char *id = NULL;
	int r = gv_record_resolve(&rec, repo,
	    &(struct gv_record_query){ .text = expression, .refs = refs });

	if (r == 0) {
		r = refuse_save(repo, refs, rec.id);
		if (r == 0)
			r = add_once(out, rec.id, &rec.commit);
		gv_record_release(&rec);
		return r;
	}
	if (r == GV_ECORRUPT && !force)
		return gv_err_in(r,
		    "cannot tell what '%s' is (with --force, its id deletes "
		    "it)",
		    expression);
	if (!force || (r != GV_ECORRUPT && r != GV_ENOTFOUND))
		return r;
	if (r == GV_ENOTFOUND) {
		/* a name that is no id; if it is no name at all, the first
		 * sentence says more */
		char *why = strdup(gv_err_message());

		r = gv_record_resolve_ref(&id, &commit, repo, expression);
		if (r == GV_ENOTFOUND)
			gv_err_set_message(why);
		free(why);
	} else {
		r = gv_record_resolve_ref(&id, &commit, repo, expression);
	}
	if (r == 0 && (r = add_once(out, id, &commit)) == 0)
		out->items[out->n - 1].is_damaged = true;
	free(id);
	return r;
}

static int
try_once(struct gv_removal *out, struct gv_repo *repo,
    const char *const *expressions, size_t n,
    const struct gv_removal_opts *opts)
{
	struct gv_record_refs refs = { 0 };
	size_t i;
	int r = gv_record_refs_load(&refs, repo);

	for (i = 0; r == 0 && i < n; i++)
		r = resolve(out, repo, &refs, expressions[i], opts->force);
	out->event = GV_AUDIT_DELETE;
	out->reason = opts->reason;
	out->safe = opts->safe;
	out->no_trash = opts->no_trash;
	out->is_asked = true;
	/* nobody is asked about what cannot be */
	if (r == 0 && (r = gv_removal_check(&refs)) == 0 &&
	    (r = check_pins(out, &refs)) == 0 && opts->agree)
		r = opts->agree(opts->data, out, opts->dry_run);
	if (r == 0 && !opts->dry_run)
		r = gv_removal_apply(out, repo, &refs, opts->now);
	gv_record_refs_release(&refs);
	return r;
}

int
gv_removal_run(struct gv_removal *out, struct gv_repo *repo,
    const char *const *expressions, size_t n,
    const struct gv_removal_opts *opts)
{
	unsigned mask = gv_repo_share(repo);
	int lock = -1, r = 0, i;

	memset(out, 0, sizeof(*out));
	if (!opts->dry_run)
		r = gv_repo_lock(&lock, repo, 0);
	for (i = 0; r == 0 && i < TRIES; i++) {
		gv_removal_release(out);
		r = try_once(out, repo, expressions, n, opts);
		if (r != GV_EEXISTS)
			break;
		gv_clock_sleep(PAUSE_MS * (i + 1));
		r = i + 1 < TRIES ? gv_odb_refresh(repo->odb) : r;
	}
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	if (r < 0)
		gv_removal_release(out);
	return r;
}
