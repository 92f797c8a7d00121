#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "remote/remote.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_internal.h"
#include "safe/safe_scopes.h"
#include "safe/safe_who.h"
#include "secret/key.h"
#include "state/track.h"
#include "vault/label.h"

/*
 * A clone that sealed before it knew of the team's keyring has one of its own,
 * that it alone reads. First each scope keeps the old key of ids, sealed for
 * who reads it from then on: by it what was named here keeps its ids. Then the
 * team's keyring replaces this clone's, and what was sealed is sealed again.
 * Killed anywhere, the same command does the rest.
 */

/* The newest of those with this fingerprint; of this clone's, too. */
static int
consider(struct gv_keyring_kept *out, bool *found, struct gv_repo *repo,
    const struct gv_oid *tip, const char *print)
{
	struct gv_keyring_kept kept;
	int r = gv_keyring_look(&kept, repo, tip);

	/* what nobody may use is not what was named */
	if (r == GV_EREFUSED || r == GV_ECORRUPT)
		return 0;
	if (r < 0)
		return r;
	if (strcmp(kept.print, print) == 0 &&
	    (!*found || kept.keyring.version > out->keyring.version)) {
		gv_keyring_kept_release(out);
		*out = kept;
		*found = true;
	} else {
		gv_keyring_kept_release(&kept);
	}
	return 0;
}

static int
find(struct gv_keyring_kept *out, struct gv_repo *repo, const char *print)
{
	struct gv_refs refs = { 0 };
	struct gv_remote remote;
	struct gv_oid own;
	size_t at = 0;
	bool found = false;
	int r = gv_keyring_tip(&own, repo);

	if (r == 0)
		r = consider(out, &found, repo, &own, print);
	else if (r == GV_ENOTFOUND)
		r = 0;
	while (r == 0 && gv_remote_next(&remote, &at, &repo->config)) {
		if ((r = gv_remote_fetched(&refs, repo, &remote)) == 0 &&
		    refs.n && !gv_remote_scope(refs.refs[0].name, &remote))
			r = consider(
			    out, &found, repo, &refs.refs[0].oid, print);
		gv_refs_release(&refs);
		memset(&refs, 0, sizeof(refs));
	}
	if (r == 0 && !found)
		r = gv_err(GV_ENOTFOUND,
		    "no keyring that was fetched has the fingerprint %s; `git "
		    "vault init` asks the remotes",
		    print);
	return r;
}

/* Nobody else hangs on ours. */
static int
check_lonely(struct gv_safe *safe)
{
	const struct gv_keyring_recipient *own = NULL;
	int r = gv_key_own(&own, safe);

	if (r < 0)
		return r;
	return own && safe->kept.keyring.n_recipients == 1
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "this clone's keyring has other members, who would lose "
		  "access; remove them first by `git vault key remove`, so "
		  "that only your keys are in it");
}

/* Visit the names of all scopes: those with values, and environments with
 * states. A name may come twice. */
static int
each_scope(
    struct gv_safe *safe, int (*fn)(void *ctx, const char *name), void *ctx)
{
	const char *const *scopes;
	char name[GV_KEYRING_NAME_MAX + 1];
	struct gv_refs refs = { 0 };
	size_t i, len, n = 0;
	int r = gv_safe_scopes(&scopes, &n, safe);

	for (i = 0; r == 0 && i < n; i++)
		r = fn(ctx, scopes[i]);
	if (r == 0)
		r = gv_ref_list(&refs, safe->repo, GV_REFS_STATES);
	for (i = 0; r == 0 && i < refs.n; i++) {
		const char *env = refs.refs[i].name + strlen(GV_REFS_STATES);

		len = strcspn(env, "/");
		if (len >= sizeof(name))
			continue;
		memcpy(name, env, len);
		name[len] = '\0';
		if (gv_label_is_valid(name))
			r = fn(ctx, name);
	}
	gv_refs_release(&refs);
	return r;
}

/* Load our keyring's keys before another keyring replaces it. */
static int
find_keys(void *ctx, const char *name)
{
	int r;

	(void)gv_safe_keys_of(&r, ctx, name);
	return r;
}

/* Keep the keys by which our values are named, also where the other keyring
 * does not have us as a recipient. Without them, our own values could not be
 * identified any more. */
struct keeping {
	struct gv_safe *safe;
	struct gv_ledger_edit edit;
	struct gv_recipient own;
	bool has_own;
};

static int
find_own(struct keeping *k)
{
	const struct gv_identity *const *with;
	size_t i, n;
	int r = gv_safe_identities_at_hand(&with, &n, k->safe);

	for (i = 0; r == 0 && !k->has_own && i < n; i++) {
		if (with[i]->kind != GV_IDENTITY_X25519 &&
		    with[i]->kind != GV_IDENTITY_SSH)
			continue;
		r = gv_identity_recipient(&k->own, with[i]);
		k->has_own = r == 0;
	}
	return r;
}

static int
keep_idkey(void *ctx, const char *name)
{
	struct keeping *k = ctx;
	struct gv_safe_sealed_for now = { .is_mixed = true };
	const struct gv_safe_keys *keys;
	struct gv_safe_scope *scope;
	bool is_new = false;
	size_t i;
	int r;

	scope = gv_safe_scope_get(&r, k->safe, name);
	if (scope == NULL || (r = gv_safe_scope_ready(scope, k->safe)) < 0)
		return r;
	keys = gv_safe_keys_of(&r, k->safe, name);
	for (i = 0; r == 0 && keys && i < keys->n; i++)
		r = gv_safe_foreign_put(&k->edit, scope,
		    keys->list.p + i * GV_DIGEST_KEY,
		    k->has_own ? &k->own : NULL);
	/* nothing to do for a name that comes twice */
	for (i = 0; r == 0 && i < scope->n_foreign; i++)
		is_new = is_new || scope->foreign[i].is_new;
	if (r < 0 || !is_new)
		return r;
	memcpy(now.sum, scope->sum, GV_SAFE_SUM);
	memcpy(now.old, scope->sealed_for.sum, GV_SAFE_SUM);
	return gv_safe_publish_scope(&k->edit, scope, &now, "seal");
}

static int
keep_idkeys(struct gv_safe *safe)
{
	struct keeping k = { .safe = safe, .own = GV_RECIPIENT_INIT };
	int r = find_own(&k);

	gv_safe_forget_scopes(safe);
	if (r == 0 &&
	    (r = gv_ledger_begin(&k.edit, safe->repo, safe->opts.now)) == 0 &&
	    (r = each_scope(safe, keep_idkey, &k)) == 0)
		r = gv_ledger_publish(&k.edit);
	gv_ledger_end(&k.edit);
	gv_recipient_release(&k.own);
	gv_safe_forget_scopes(safe);
	return r;
}

/* The safe has the new keyring from here on, for whose readers the old key is
 * sealed. Refs move one by one where git dies, so this one moves last; and what
 * others have sealed, which we may not open, is merged only after all of the
 * scope was ours. */
static int
replace(struct gv_safe *safe, struct gv_keyring_kept *theirs)
{
	struct gv_keyring_kept ours = safe->kept;
	int r;

	safe->kept = *theirs;
	memset(theirs, 0, sizeof(*theirs));
	if ((r = keep_idkeys(safe)) == 0 &&
	    (r = gv_keyring_adopt(safe->repo, &ours, &safe->kept)) == 0)
		r = gv_safe_reload(safe);
	gv_keyring_kept_release(&ours);
	return r;
}

/* What cannot be done is not recorded. */
static int
tell(struct gv_repo *repo, struct gv_safe *safe, const char *print, int64_t now)
{
	struct gv_audit_event e = {
		.what = GV_AUDIT_KEY_ADOPT, .time = now, .reason = print
	};
	int r = gv_audit_tell(repo, safe, &e);

	return r < 0 ? gv_err_in(r, "nothing is done") : 0;
}

static int
adopt(struct gv_safe *safe, struct gv_keyring_kept *theirs)
{
	int r;

	if ((r = check_lonely(safe)) < 0 || (r = gv_safe_seek_idkey(safe)) < 0)
		return r;
	if (!safe->has_idkey)
		return gv_err(GV_ENOKEY,
		    "the key of ids of our keyring cannot be opened here");
	if ((r = each_scope(safe, find_keys, safe)) < 0 ||
	    (r = tell(safe->repo, safe, theirs->print, safe->opts.now)) < 0)
		return r;
	return replace(safe, theirs);
}

static int
create(struct gv_repo *repo, const struct gv_keyring_kept *theirs, int64_t now)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	int r = tell(repo, NULL, theirs->print, now);

	gv_ref_create(&tx, GV_REF_KEYRING, &theirs->ledger.tip);
	if (r == 0)
		r = gv_ref_commit(&tx, repo);
	gv_ref_tx_release(&tx);
	return r < 0 ? r : gv_keyring_trust(repo, theirs);
}

int
gv_key_adopt(struct gv_key_report *report, struct gv_repo *repo,
    const struct gv_safe_opts *opts, const char *print,
    const struct gv_key_calls *calls)
{
	struct gv_keyring_kept theirs = { .print = "" };
	struct gv_key_calls own = { .own_only = true };
	struct gv_safe *safe = NULL;
	struct gv_oid tip;
	int r = find(&theirs, repo, print);

	if (r < 0)
		return r;
	if (calls)
		own = *calls;
	own.own_only = true;
	r = gv_keyring_tip(&tip, repo);
	if (r == GV_ENOTFOUND) {
		r = create(repo, &theirs, opts->now);
	} else {
		if (r == 0 && gv_oid_equal(&tip, &theirs.ledger.tip))
			r = gv_keyring_trust(repo, &theirs);
		if (r == 0 && (r = gv_safe_open(&safe, repo, opts)) == 0 &&
		    strcmp(safe->kept.print, print) != 0)
			r = adopt(safe, &theirs);
		if (r == 0)
			r = gv_key_reseal(report, safe, &own);
	}
	gv_safe_close(safe);
	gv_keyring_kept_release(&theirs);
	return r;
}
