#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/receipt.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "crypto/ssh.h"
#include "hook/receive_internal.h"
#include "key/keyring_store.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/record_id.h"
#include "record/tombstone.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/proc.h"

/*
 * Whoever can push can delete: by the ref of a snapshot, and by its entry in
 * the list of deleted ones, which has every clone take it away. So a deletion
 * is taken from the account that pushed the snapshot first, by the server's own
 * receipts, and from anybody where an owner of the keyring signed it, in the
 * events of the audit that come with the push. Where accounts or receipts are
 * missing, one push may delete vault.receiveMaxDeletes.
 *
 * An event that the server has already covers the first deletion of a snapshot
 * alone: a sync may have brought it before, when the rest of its push was
 * refused. Else it would cover the next deletion, too, after the snapshot was
 * brought back.
 */

#define EVENTS "4096" /* that the server has, at most, are looked at */
#define NAMED  5      /* snapshots at most that are named one by one */

enum state {
	UNKNOWN, /* nobody can tell who pushed it */
	FOREIGN, /* another account did */
	FINE,
};

struct doomed {
	const char *id;
	enum state state;
	const char *pusher; /* of one that is FOREIGN */
	bool is_first;      /* nothing was said of it before */
};

struct deleting {
	struct gv_receive_job *job;
	struct doomed *all;
	size_t n, cap;
	struct gv_map by_id;
	struct gv_arena arena;
	struct gv_keyring_kept keyring;
	bool has_keyring;
};

/* ---- what the push deletes ---- */

static struct doomed *
find(const struct deleting *d, const char *id, size_t len)
{
	size_t i;

	if (!gv_map_get(&d->by_id, id, len))
		return NULL;
	for (i = 0; i < d->n; i++)
		if (strncmp(d->all[i].id, id, len) == 0)
			return &d->all[i];
	return NULL;
}

static int
doom(struct deleting *d, const char *id, size_t len, bool is_first)
{
	struct doomed *known = find(d, id, len);
	char *copy;
	int r;

	if (known)
		known->is_first |= is_first;
	if (known || !gv_record_is_id(id, len))
		return 0;
	copy = gv_arena_copy(&d->arena, id, len);
	if (copy == NULL)
		return GV_ENOMEM;
	r = GV_GROW(d->all, d->n, d->cap);
	if (r < 0)
		return r;
	d->all[d->n++] = (struct doomed){ .id = copy, .is_first = is_first };
	return gv_map_put(&d->by_id, copy, len, copy);
}

static bool
deletes(struct deleting *d, const struct gv_tree_entry *e)
{
	struct gv_tombstone stone;

	if (e == NULL || e->mode != GV_MODE_FILE)
		return false;
	(void)gv_tombstone_read(&stone, d->job->odb, &e->oid);
	return gv_tombstone_deletes(&stone);
}

static int
take_entry(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	struct deleting *d = ctx;
	const char *slash = memchr(path, '/', len);

	if (slash == NULL || !deletes(d, b) || deletes(d, a))
		return 0;
	return doom(
	    d, slash + 1, (size_t)(path + len - (slash + 1)), a == NULL);
}

/* The same of a list that is the first. */
static int
take_first(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	if (e->mode == GV_MODE_DIR)
		return memchr(path, '/', len) != NULL;
	return take_entry(ctx, path, len, NULL, e);
}

static int
collect_entries(struct deleting *d, const struct gv_ledger *before)
{
	const struct gv_receive_update *u =
	    gv_receive_find(d->job->push, GV_REF_DELETED);
	struct gv_ledger after;
	int r;

	if (u == NULL || gv_oid_is_zero(&u->new))
		return 0;
	r = gv_ledger_load(&after, d->job->odb, &u->new);
	if (r < 0 || gv_oid_is_zero(&after.tree))
		return r;
	return gv_oid_is_zero(&before->tree)
	    ? gv_tree_walk(d->job->odb, &after.tree, take_first, d)
	    : gv_tree_diff(
		  d->job->odb, &before->tree, &after.tree, take_entry, d);
}

static int
collect(struct deleting *d)
{
	const struct gv_receive *push = d->job->push;
	const size_t prefix = strlen(GV_REFS_SNAPSHOTS);
	struct gv_ledger before;
	struct gv_oid tip;
	size_t i;
	int r = gv_ref_find(&tip, d->job->repo, GV_REF_DELETED);

	if (r < 0 || (r = gv_ledger_load(&before, d->job->odb, &tip)) < 0)
		return r;
	for (i = 0; r == 0 && i < push->n; i++) {
		const struct gv_receive_update *u = &push->updates[i];
		const char *id = u->ref + prefix;

		if (strncmp(u->ref, GV_REFS_SNAPSHOTS, prefix) != 0 ||
		    !gv_oid_is_zero(&u->new) || gv_oid_is_zero(&u->old))
			continue;
		/* of one that was deleted before, only the ref is left */
		if ((r = gv_tombstone_find(NULL, d->job->odb, &before, id)) ==
		    0)
			r = doom(d, id, strlen(id), false);
		r = r > 0 ? 0 : r;
	}
	return r < 0 ? r : collect_entries(d, &before);
}

/* ---- who pushed it ---- */

struct judging {
	const char *account; /* "": the server gives none */
	struct gv_refs snapshots, chains;
};

/* Who pushed it first, by all chains of receipts that are here: the server
 * alone writes them, under the name that its host has just then. */
static int
find_first(struct gv_receipt *out, struct deleting *d, const struct judging *j,
    const char *id)
{
	struct gv_receipt one;
	bool has = false;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < j->chains.n; i++) {
		one = (struct gv_receipt){ .pusher = NULL };
		r = gv_receipt_find(
		    &one, d->job->repo, j->chains.refs[i].name, id);
		if (r == 0 && (!has || one.time < out->time)) {
			if (has)
				gv_receipt_release(out);
			*out = one;
			has = true;
		} else if (r == 0) {
			gv_receipt_release(&one);
		}
		/* one that cannot be read tells nothing */
		r = r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
	}
	return r < 0 ? r : has;
}

static int
judge(struct deleting *d, struct doomed *it, const struct judging *j)
{
	char name[sizeof(GV_REFS_SNAPSHOTS) + GV_RECORD_ID_LEN];
	struct gv_receipt receipt = { .pusher = NULL };
	int has = find_first(&receipt, d, j, it->id), r = 0;

	if (has < 0)
		return has;
	if (has == 0) {
		memcpy(name, GV_REFS_SNAPSHOTS, sizeof(GV_REFS_SNAPSHOTS));
		strncat(name, it->id, GV_RECORD_ID_LEN);
		/* what never came here is nobody's loss */
		if (gv_refs_find(&j->snapshots, name) == NULL)
			it->state = FINE;
		return 0;
	}
	if (*j->account && *receipt.pusher) {
		it->state =
		    strcmp(receipt.pusher, j->account) == 0 ? FINE : FOREIGN;
		it->pusher = gv_arena_copy(
		    &d->arena, receipt.pusher, strlen(receipt.pusher));
		r = it->pusher ? 0 : GV_ENOMEM;
	}
	gv_receipt_release(&receipt);
	return r;
}

static int
judge_all(struct deleting *d, const char *account)
{
	struct judging j = { .account = account };
	size_t i;
	int r;

	if ((r = gv_ref_list(&j.snapshots, d->job->repo, GV_REFS_SNAPSHOTS)) <
		0 ||
	    (r = gv_ref_list(&j.chains, d->job->repo, GV_REFS_SERVERS)) < 0)
		goto out;
	for (i = 0; r == 0 && i < d->n; i++)
		r = judge(d, &d->all[i], &j);
out:
	gv_refs_release(&j.snapshots);
	gv_refs_release(&j.chains);
	return r;
}

/* ---- what an owner signed ---- */

static bool
is_key(const char *text, const unsigned char key[GV_SIGN_PUBLIC])
{
	unsigned char own[GV_SIGN_PUBLIC];

	return text && gv_ssh_is_public(text, strlen(text)) &&
	    gv_ssh_public(own, text, strlen(text)) == 0 &&
	    memcmp(own, key, GV_SIGN_PUBLIC) == 0;
}

static bool
is_owner(const struct gv_keyring *k, const unsigned char key[GV_SIGN_PUBLIC])
{
	size_t i;

	for (i = 0; i < k->n_recipients; i++) {
		const struct gv_keyring_recipient *who = &k->recipients[i];

		if (who->role == GV_KEYRING_OWNER &&
		    (is_key(who->signer, key) || is_key(who->verifier, key) ||
			is_key(who->key, key)))
			return true;
	}
	return false;
}

static void
cover(struct deleting *d, const char *ids, bool is_new)
{
	struct doomed *it;
	size_t len;

	for (; ids && *ids; ids += len + (ids[len] == ' ')) {
		len = strcspn(ids, " ");
		it = find(d, ids, len);
		if (it && (is_new || it->is_first))
			it->state = FINE;
	}
}

static int
take_event(struct deleting *d, const struct gv_oid *commit, bool is_new)
{
	struct gv_audit_entry e = { .number = 0 };
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(d->job->odb, &obj, commit, GV_OTYPE_COMMIT);

	if (r < 0 || (r = gv_audit_parse(&e, obj.data, obj.len)) < 0)
		goto out;
	if (e.is_signed && e.what &&
	    (strcmp(e.what, GV_AUDIT_DELETE) == 0 ||
		strcmp(e.what, GV_AUDIT_PRUNE) == 0) &&
	    is_owner(&d->keyring.keyring, e.key))
		cover(d, e.snapshots, is_new);
out:
	gv_audit_entry_release(&e);
	gv_object_release(&obj);
	/* what is no event covers nothing */
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

/* Take the events that git lists, one a line. */
static int
take_events(struct deleting *d, const char *const *argv,
    const struct gv_buf *tips, bool is_new)
{
	struct gv_proc p = GV_PROC_INIT;
	struct gv_oid commit;
	const char *line;
	int r = gv_proc_run(&p,
	    &(struct gv_proc_opts){
		.argv = argv, .in = tips->p, .in_len = tips->len });

	for (line = p.out.p; r == 0 && p.status == 0 && line && *line;
	     line += strcspn(line, "\n"), line += *line == '\n')
		if (gv_oid_parse(&commit, line) == 0)
			r = take_event(d, &commit, is_new);
	gv_proc_release(&p);
	return r;
}

static size_t
count(const struct deleting *d, enum state state)
{
	size_t i, n = 0;

	for (i = 0; i < d->n; i++)
		n += d->all[i].state == state;
	return n;
}

static bool
is_settled(const struct deleting *d)
{
	return count(d, FOREIGN) == 0 &&
	    count(d, UNKNOWN) <= (size_t)d->job->settings.max_deletes;
}

/* The events that come with the push, then the newest that are here. */
static int
look_at_events(struct deleting *d)
{
	static const char *const fresh[] = { "git", "rev-list", "--stdin",
		"--not", "--all", NULL };
	static const char *const known[] = { "git", "rev-list",
		"--max-count=" EVENTS, "--glob=" GV_REFS_AUDIT "*", NULL };
	const struct gv_receive *push = d->job->push;
	struct gv_buf tips = GV_BUF_INIT, none = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r;

	for (i = 0; i < push->n; i++) {
		const struct gv_receive_update *u = &push->updates[i];

		if (strncmp(u->ref, GV_REFS_AUDIT, strlen(GV_REFS_AUDIT)) !=
			0 ||
		    gv_oid_is_zero(&u->new))
			continue;
		gv_oid_format(hex, &u->new);
		gv_buf_addf(&tips, "%s\n", hex);
	}
	if ((r = gv_buf_check(&tips)) < 0)
		goto out;
	if (tips.len && (r = take_events(d, fresh, &tips, true)) < 0)
		goto out;
	if (!is_settled(d))
		r = take_events(d, known, &none, false);
out:
	gv_buf_release(&tips);
	return r;
}

static int
cover_signed(struct deleting *d)
{
	struct gv_oid tip;
	int r = gv_ref_find(&tip, d->job->repo, GV_REF_KEYRING);

	if (r < 0 || gv_oid_is_zero(&tip))
		return r;
	r = gv_keyring_look(&d->keyring, d->job->repo, &tip);
	d->has_keyring = r == 0;
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	return r < 0 ? 0 : look_at_events(d);
}

/* ---- the verdict ---- */

static const char by_owner[] =
    "an owner of the keyring can delete it: git vault delete and git vault "
    "sync, with their key";

static int
refuse_foreign(struct deleting *d, const char *account)
{
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r == 0 && i < d->n; i++) {
		if (d->all[i].state != FOREIGN || n++ >= NAMED)
			continue;
		r = gv_receive_fault(d->job, GV_REF_DELETED,
		    "%s cannot delete %s, which %s pushed; %s", account,
		    d->all[i].id, d->all[i].pusher, by_owner);
	}
	if (r == 0 && n > NAMED)
		r = gv_receive_fault(d->job, GV_REF_DELETED,
		    "nor %zu others that somebody else pushed", n - NAMED);
	return r;
}

static int
verdict(struct deleting *d, const char *account)
{
	const size_t max = (size_t)d->job->settings.max_deletes;
	const size_t n = count(d, UNKNOWN);
	int r = refuse_foreign(d, account);

	if (r < 0 || n <= max)
		return r;
	return gv_receive_fault(d->job, GV_REF_DELETED,
	    "this push deletes %zu snapshots whose pusher the server does not "
	    "know; it allows at most %zu (vault.receiveMaxDeletes of the "
	    "server); an owner of the keyring can delete them: git vault "
	    "delete and git vault sync, with their key",
	    n, max);
}

int
gv_receive_check_deletions(struct gv_receive_job *job)
{
	struct deleting d = {
		.job = job, .by_id = GV_MAP_INIT, .arena = GV_ARENA_INIT
	};
	struct gv_buf account = GV_BUF_INIT;
	int r = collect(&d);

	if (r < 0 || d.n == 0)
		goto out;
	if ((r = gv_receipt_account(&account, job->repo)) < 0 ||
	    (r = judge_all(&d, account.p)) < 0)
		goto out;
	if (!is_settled(&d))
		r = cover_signed(&d);
	if (r == 0)
		r = verdict(&d, account.p);
out:
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		r = gv_receive_fault_of(job, GV_REF_DELETED, r);
	if (d.has_keyring)
		gv_keyring_kept_release(&d.keyring);
	free(d.all);
	gv_map_release(&d.by_id);
	gv_arena_release(&d.arena);
	gv_buf_release(&account);
	return r;
}
