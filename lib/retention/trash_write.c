#include "retention/trash_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "fold/fold.h"
#include "object/graph.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "record/mark.h"
#include "record/record_id.h"
#include "record/record_refs.h"
#include "record/tombstone.h"
#include "record/trash.h"
#include "record/undo.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "snapshot/nested.h"
#include "sys/clock.h"
#include "sys/lock.h"
#include "vault/author.h"
#include "vault/ledger.h"

#define TRIES        5
#define PAUSE_MS     20
#define NAME_MAX_LEN 80 /* of a ref */

/* ---- writing one deletion ---- */

static int
compare_new(const void *a, const void *b)
{
	return strcmp(((const struct gv_trash_new *)a)->id,
	    ((const struct gv_trash_new *)b)->id);
}

/* A text in one line: nobody else's name or reason looks like a line here. */
static void
add_line(struct gv_buf *out, const char *text)
{
	for (; *text; text++)
		gv_buf_addch(out, (unsigned char)*text < ' ' ? ' ' : *text);
}

static int
write_tags(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_marks *marks, const struct gv_trash_new *items, size_t n)
{
	struct gv_ledger_change *changes = calloc(n + 1, sizeof(*changes));
	size_t i, m = 0;
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (changes == NULL)
		return gv_err_nomem();
	for (i = 0; marks && i < n; i++) {
		const struct gv_oid *blob =
		    gv_map_get(&marks->tags, items[i].id, strlen(items[i].id));

		if (blob && gv_odb_has(edit->odb, blob))
			changes[m++] =
			    (struct gv_ledger_change){ .name = items[i].id,
				    .mode = GV_MODE_FILE,
				    .oid = *blob };
	}
	if (m)
		r = gv_ledger_tree(edit, out, NULL, changes, m);
	free(changes);
	return r;
}

static int
write_tree(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid *tags, const struct gv_trash_new *items, size_t n)
{
	struct gv_ledger_change changes[2] = {
		{ .name = "list", .mode = GV_MODE_FILE },
		{ .name = "tags", .mode = GV_MODE_DIR, .oid = *tags },
	};
	struct gv_buf list = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		gv_oid_format(hex, &items[i].commit);
		gv_buf_addf(&list, "%s %s", items[i].id, hex);
		if (items[i].who) {
			gv_buf_addch(&list, ' ');
			add_line(&list, items[i].who);
		}
		gv_buf_addch(&list, '\n');
	}
	if ((r = gv_buf_check(&list)) == 0 &&
	    (r = gv_ledger_blob(edit, &changes[0].oid, list.p, list.len)) == 0)
		r = gv_ledger_tree(edit, out, NULL, changes, 2);
	gv_buf_release(&list);
	return r;
}

static void
add_trailer(struct gv_buf *text, const char *word, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	gv_buf_addf(text, "%s: ", word);
	add_line(text, value);
	gv_buf_addch(text, '\n');
}

static int
write_commit(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid *tree, const struct gv_trash_how *how,
    const struct gv_trash_new *items, size_t n)
{
	struct gv_buf text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r;

	gv_oid_format(hex, tree);
	gv_buf_addf(&text, "tree %s\n", hex);
	for (i = 0; i < n; i++) {
		gv_oid_format(hex, &items[i].commit);
		gv_buf_addf(&text, "parent %s\n", hex);
	}
	r = gv_author_add(&text, edit->repo, edit->now);
	gv_buf_addf(&text, "%zu deleted snapshot%s\n\nVault-Format: 1\n", n,
	    n == 1 ? "" : "s");
	add_trailer(&text, "Vault-Deletion", how->what);
	add_trailer(&text, "Vault-Remote", how->remote);
	add_trailer(&text, "Vault-Reason", how->reason);
	if (r == 0 && (r = gv_buf_check(&text)) == 0)
		r = gv_pack_add(
		    edit->lane, out, GV_OTYPE_COMMIT, text.p, text.len, NULL);
	gv_buf_release(&text);
	return r;
}

static int
make_name(char name[NAME_MAX_LEN], int64_t now)
{
	char when[GV_TIME_MAX];
	uint32_t random;
	int r = gv_clock_random(&random, sizeof(random));

	gv_time_compact(when, now);
	snprintf(name, NAME_MAX_LEN, GV_REFS_TRASH "%.16s-%08" PRIx32, when,
	    r == 0 ? random : 0);
	return r;
}

/* Those whose commits are here, each commit once. */
static size_t
choose(struct gv_trash_new *out, struct gv_ledger_edit *edit,
    const struct gv_trash_new *items, size_t n)
{
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		if (gv_record_is_id(items[i].id, strlen(items[i].id)) &&
		    gv_odb_has(edit->odb, &items[i].commit))
			out[m++] = items[i];
	if (m)
		qsort(out, m, sizeof(*out), compare_new);
	return m;
}

int
gv_trash_add(struct gv_ledger_edit *edit, const struct gv_trash_how *how,
    const struct gv_trash_new *items, size_t n)
{
	struct gv_trash_new *own = calloc(n + 1, sizeof(*own));
	struct gv_oid tags, tree, commit;
	char name[NAME_MAX_LEN];
	size_t m;
	int r;

	if (own == NULL)
		return gv_err_nomem();
	m = choose(own, edit, items, n);
	if (m == 0) {
		free(own);
		return 0;
	}
	if ((r = make_name(name, edit->now)) < 0 ||
	    (r = write_tags(edit, &tags, how->marks, own, m)) < 0 ||
	    (r = write_tree(edit, &tree, &tags, own, m)) < 0 ||
	    (r = write_commit(edit, &commit, &tree, how, own, m)) < 0)
		goto out;
	gv_ref_create(&edit->tx, name, &commit);
out:
	free(own);
	return r;
}

/* ---- taking out ---- */

static bool
is_among(const char *const *ids, size_t n, const char *id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

/* What is left of a deletion, under the same name, so that it expires when it
 * would have. Tags of others that it had go with it. */
static int
rewrite(struct gv_ledger_edit *edit, const struct gv_trash *t,
    const struct gv_trash_batch *b, const char *const *ids, size_t n)
{
	const struct gv_trash_how how = {
		.what = b->what, .remote = b->remote, .reason = b->reason
	};
	struct gv_trash_new *left = calloc(t->n + 1, sizeof(*left));
	struct gv_ledger_change *tags = calloc(t->n + 1, sizeof(*tags));
	struct gv_oid folder = { { 0 } }, tree, commit;
	size_t i, m = 0, n_tags = 0, gone = 0;
	int r = left && tags ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < t->n; i++) {
		const struct gv_trash_item *it = &t->items[i];

		if (it->batch != b)
			continue;
		if (is_among(ids, n, it->id)) {
			gone++;
			continue;
		}
		left[m++] = (struct gv_trash_new){
			.id = it->id, .commit = it->commit, .who = it->who
		};
		tags[n_tags] = (struct gv_ledger_change){ .name = it->id,
			.mode = GV_MODE_FILE };
		r = gv_trash_tags(&tags[n_tags].oid, edit->repo, it);
		n_tags += !gv_oid_is_zero(&tags[n_tags].oid);
	}
	if (r < 0 || gone == 0)
		goto out;
	if (m == 0) {
		gv_ref_delete(&edit->tx, b->ref, &b->tip);
		goto out;
	}
	qsort(left, m, sizeof(*left), compare_new);
	if ((n_tags &&
		(r = gv_ledger_tree(edit, &folder, NULL, tags, n_tags)) < 0) ||
	    (r = write_tree(edit, &tree, &folder, left, m)) < 0 ||
	    (r = write_commit(edit, &commit, &tree, &how, left, m)) < 0)
		goto out;
	gv_ref_update(&edit->tx, b->ref, &commit, &b->tip);
out:
	free(left);
	free(tags);
	return r;
}

int
gv_trash_take(struct gv_ledger_edit *edit, const struct gv_trash *trash,
    const char *const *ids, size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < trash->n_batches; i++)
		r = rewrite(edit, trash, &trash->batches[i], ids, n);
	return r;
}

/* ---- letting go ---- */

/* They are gone for good. None of this undoes that, so a failure is no failure
 * of the command. */
static void
let_go(
    struct gv_repo *repo, const struct gv_trash *t, const struct gv_map *refs)
{
	struct gv_oid *commits =
	    calloc(t->n + t->n_batches + 1, sizeof(*commits));
	size_t i, n = 0, n_snapshots;

	gv_fold_wait(repo, false);
	for (i = 0; commits && i < t->n; i++)
		if (!t->items[i].is_live &&
		    gv_map_get(refs, t->items[i].batch->ref,
			strlen(t->items[i].batch->ref)))
			commits[n++] = t->items[i].commit;
	n_snapshots = n;
	for (i = 0; commits && i < t->n_batches; i++)
		if (gv_map_get(
			refs, t->batches[i].ref, strlen(t->batches[i].ref)))
			commits[n++] = t->batches[i].tip;
	if (commits) {
		(void)gv_graph_forget(repo, commits, n);
		gv_nested_unlink(repo, commits, n_snapshots);
	}
	free(commits);
}

/* Those that go. A name that no deletion here has goes with `all` alone. */
static int
choose_expired(struct gv_map *out, struct gv_ref_tx *tx,
    const struct gv_refs *refs, int64_t before)
{
	const size_t prefix = strlen(GV_REFS_TRASH);
	int64_t time;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < refs->n; i++) {
		const struct gv_ref *ref = &refs->refs[i];

		if (before != INT64_MAX &&
		    (gv_time_parse_compact(&time, ref->name + prefix) < 0 ||
			time >= before))
			continue;
		gv_ref_delete(tx, ref->name, &ref->oid);
		r = gv_map_put(
		    out, ref->name, strlen(ref->name), (void *)(uintptr_t)ref);
	}
	return r;
}

int
gv_trash_expire(size_t *n, struct gv_repo *repo, int64_t now, bool all)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_map gone = GV_MAP_INIT;
	struct gv_refs refs = { 0 };
	struct gv_trash t = { .n = 0 };
	int64_t age = 0;
	size_t i;
	int r = all ? 0 : gv_trash_expiry(&age, repo);

	*n = 0;
	if (r < 0 || age == INT64_MAX ||
	    (r = gv_ref_list(&refs, repo, GV_REFS_TRASH)) < 0 || refs.n == 0)
		goto out;
	r = choose_expired(&gone, &tx, &refs, all ? INT64_MAX : now - age);
	if (r < 0 || gone.n == 0)
		goto out;
	/* what cannot be read goes all the same */
	if ((r = gv_trash_load(&t, repo, NULL)) < 0 ||
	    (r = gv_ref_commit(&tx, repo)) < 0)
		goto out;
	for (i = 0; i < t.n; i++)
		*n += !t.items[i].is_live &&
		    gv_map_get(&gone, t.items[i].batch->ref,
			strlen(t.items[i].batch->ref)) != NULL;
	let_go(repo, &t, &gone);
out:
	gv_trash_release(&t);
	gv_ref_tx_release(&tx);
	gv_map_release(&gone);
	gv_refs_release(&refs);
	return r;
}

/* ---- bringing back ---- */

/* The ref of one that a fetch brought back, though it is deleted; or NULL. */
static const struct gv_ref *
find_hidden(const struct gv_record_refs *refs, const char *name)
{
	size_t i;

	for (i = 0; i < refs->n_hidden; i++)
		if (strcmp(refs->refs.refs[refs->refs.n + i].name, name) == 0)
			return &refs->refs.refs[refs->refs.n + i];
	return NULL;
}

static int
add_ref(struct gv_ledger_edit *edit, const struct gv_record_refs *refs,
    const struct gv_trash_item *it)
{
	struct gv_buf name = GV_BUF_INIT;
	const struct gv_ref *hidden = NULL;
	int r;

	if (!gv_odb_has(edit->odb, &it->commit))
		return gv_err(GV_ECORRUPT,
		    "the commit of %s, which is in the trash, is missing",
		    it->id);
	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", it->id);
	if ((r = gv_buf_check(&name)) < 0)
		goto out;
	hidden = find_hidden(refs, name.p);
	if (hidden)
		gv_ref_update(&edit->tx, name.p, &it->commit, &hidden->oid);
	else
		gv_ref_create(&edit->tx, name.p, &it->commit);
out:
	gv_buf_release(&name);
	return r;
}

static int
join_audit(struct gv_audit_join *join, struct gv_ledger_edit *edit,
    const char *const *ids, size_t n)
{
	struct gv_audit_event e = { .what = GV_AUDIT_UNDELETE,
		.time = edit->now,
		.snapshots = ids,
		.n_snapshots = n,
		.result = GV_AUDIT_DONE };

	return gv_audit_join(join, edit, NULL, &e);
}

static int
restore_in(struct gv_ledger_edit *edit, struct gv_audit_join *join,
    const struct gv_trash *t, const struct gv_record_refs *refs,
    const char *const *ids, size_t n)
{
	struct gv_mark_tagged *tags = calloc(n + 1, sizeof(*tags));
	const struct gv_trash_item *it;
	size_t i, n_tags = 0;
	int r = tags ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < n; i++) {
		if ((r = gv_trash_find(&it, t, ids[i])) < 0)
			break;
		if (it->is_live) {
			r = gv_err(GV_EREFUSED, "%s is not deleted", it->id);
			break;
		}
		tags[n_tags].id = it->id;
		if ((r = gv_trash_tags(&tags[n_tags].tags, edit->repo, it)) < 0)
			break;
		n_tags += !gv_oid_is_zero(&tags[n_tags].tags);
		r = add_ref(edit, refs, it);
	}
	if (r < 0 ||
	    (r = gv_tombstone_undo(edit, &refs->deleted, ids, n)) < 0 ||
	    (r = gv_mark_recall(edit, &refs->marks, tags, n_tags)) < 0 ||
	    (r = join_audit(join, edit, ids, n)) < 0)
		goto out;
	r = gv_trash_take(edit, t, ids, n);
out:
	free(tags);
	return r < 0 ? r : 0;
}

static int
try_once(struct gv_repo *repo, const char *const *ids, size_t n, int64_t now)
{
	struct gv_audit_join join = { .told = NULL };
	struct gv_ledger_edit edit = { 0 };
	struct gv_record_refs refs = { 0 };
	struct gv_trash t = { .n = 0 };
	int r = gv_record_refs_load(&refs, repo);

	if (r == 0 && refs.damaged.len)
		r = gv_err(GV_ECORRUPT, "nothing is brought back: %.*s",
		    (int)strcspn(refs.damaged.p, "\n"), refs.damaged.p);
	if (r < 0 || (r = gv_trash_load(&t, repo, NULL)) < 0 ||
	    (r = gv_ledger_begin(&edit, repo, now)) < 0 ||
	    (r = restore_in(&edit, &join, &t, &refs, ids, n)) < 0 ||
	    (r = gv_ledger_publish(&edit)) < 0)
		goto out;
	gv_audit_joined(&join, repo);
out:
	gv_audit_join_release(&join);
	gv_ledger_end(&edit);
	gv_trash_release(&t);
	gv_record_refs_release(&refs);
	return r;
}

int
gv_trash_restore(
    struct gv_repo *repo, const char *const *ids, size_t n, int64_t now)
{
	unsigned mask = gv_repo_share(repo);
	int lock = -1, i, r = gv_repo_lock(&lock, repo, 0);

	if (r == 0)
		r = gv_undo_save(repo,
		    &(struct gv_undo){ .what = GV_UNDO_UNDELETE,
			.time = now,
			.words = ids,
			.n = n });
	for (i = 0; r == 0 && i < TRIES; i++) {
		r = try_once(repo, ids, n, now);
		if (r != GV_EEXISTS)
			break;
		gv_clock_sleep(PAUSE_MS * (i + 1));
		r = i + 1 < TRIES ? gv_odb_refresh(repo->odb) : r;
	}
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	return r;
}
