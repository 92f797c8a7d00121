#include "secret/key.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "crypto/sign.h"
#include "crypto/ssh.h"
#include "key/keyfile.h"
#include "safe/safe.h"
#include "safe/safe_internal.h"
#include "safe/safe_resealed.h"
#include "safe/safe_scopes.h"
#include "safe/safe_who.h"
#include "secret/escrow.h"

#define TRIES 5

void
gv_key_report_release(struct gv_key_report *report)
{
	if (report == NULL)
		return;
	free(report->values);
	free(report->resealed_ids);
	free(report->resealed_scopes);
	gv_track_resealed_release(&report->states);
	gv_arena_release(&report->arena);
	memset(report, 0, sizeof(*report));
}

/* ---- the user's keys, as others see them -------------------------------- */

int
gv_key_describe(struct gv_buf *recipient, struct gv_buf *signer,
    const struct gv_identity *id)
{
	struct gv_recipient to = GV_RECIPIENT_INIT;
	struct gv_secret sign = GV_SECRET_INIT;
	unsigned char public[GV_SIGN_PUBLIC];
	int r = gv_identity_recipient(&to, id);

	if (r == 0 && (r = gv_recipient_format(recipient, &to)) == 0 &&
	    (r = gv_identity_signer(&sign, id)) == 0) {
		gv_sign_public(public, &sign);
		r = gv_ssh_add_public(signer, public);
	}
	gv_recipient_release(&to);
	gv_secret_release(&sign);
	return r;
}

int
gv_key_generate(struct gv_buf *recipient, struct gv_buf *signer,
    const char *path, int64_t now, const struct gv_policy_vault *vault)
{
	struct gv_identity id = GV_IDENTITY_INIT;
	int r = gv_keyfile_make(&id, path, now, vault);

	if (r == 0)
		r = gv_key_describe(recipient, signer, &id);
	gv_identity_release(&id);
	return r;
}

/* ---- who we are -------------------------------------------------------- */

static int
find_own(const struct gv_keyring_recipient **out, struct gv_safe *safe)
{
	const struct gv_identity *const *with;
	size_t i, n;
	int r = gv_safe_identities_at_hand(&with, &n, safe);

	*out = NULL;
	for (i = 0; r == 0 && *out == NULL && i < n; i++)
		if (with[i]->kind == GV_IDENTITY_X25519 ||
		    with[i]->kind == GV_IDENTITY_SSH)
			r = gv_keyring_identify(
			    out, &safe->kept.keyring, with[i]);
	return r;
}

int
gv_key_own(const struct gv_keyring_recipient **out, struct gv_safe *safe)
{
	int r = find_own(out, safe);

	if (r == 0 && *out == NULL) {
		r = gv_safe_ask(safe);
		if (r > 0)
			r = find_own(out, safe);
	}
	return r;
}

static bool
is_signer(const struct gv_keyring *k, const struct gv_secret *sign)
{
	unsigned char public[GV_SIGN_PUBLIC];
	size_t i;

	gv_sign_public(public, sign);
	for (i = 0; i < k->n_recipients; i++)
		if (k->recipients[i].role == GV_KEYRING_OWNER &&
		    memcmp(public, k->recipients[i].sign_key, sizeof(public)) ==
			0)
			return true;
	return false;
}

/* The identity at hand may be a reader's, such as an escrow made with --role
 * reader: the message names them. */
static int
refuse(const struct gv_keyring *k, struct gv_safe *safe)
{
	const struct gv_keyring_recipient *who = NULL;
	struct gv_buf owners = GV_BUF_INIT, key = GV_BUF_INIT;
	size_t i;
	int r = gv_safe_own(&key, &who, safe);

	gv_buf_release(&key);
	if (r == GV_ENOMEM)
		return r;
	for (i = 0; i < k->n_recipients; i++)
		if (k->recipients[i].role == GV_KEYRING_OWNER)
			gv_buf_addf(&owners, "%s%s", owners.len ? ", " : "",
			    k->recipients[i].name);
	if ((r = gv_buf_check(&owners)) == 0)
		r = gv_err(GV_EREFUSED,
		    "only owners change the keyring, and no identity at hand "
		    "is an owner's%s%s%s; ask %s to do it",
		    who ? " (it is " : "", who ? who->name : "", who ? ")" : "",
		    owners.len ? owners.p : "an owner");
	gv_buf_release(&owners);
	return r;
}

/* The key that one of us signs by, who is an owner. */
static int
find_signer(struct gv_secret *out, struct gv_safe *safe)
{
	const struct gv_identity *const *with;
	size_t i, n;
	int r = gv_safe_identities(&with, &n, safe);

	for (i = 0; r == 0 && i < n; i++) {
		if (with[i]->kind != GV_IDENTITY_X25519 &&
		    with[i]->kind != GV_IDENTITY_SSH)
			continue;
		gv_secret_reset(out);
		if ((r = gv_identity_signer(out, with[i])) == 0 &&
		    is_signer(&safe->kept.keyring, out))
			return 0;
	}
	gv_secret_reset(out);
	return r < 0 ? r : refuse(&safe->kept.keyring, safe);
}

bool
gv_key_may_accept(struct gv_safe *safe)
{
	struct gv_secret key = GV_SECRET_INIT;
	bool may =
	    gv_safe_keyring(safe) == NULL || find_signer(&key, safe) == 0;

	gv_secret_release(&key);
	return may;
}

int
gv_key_signer(struct gv_buf *out, struct gv_safe *safe)
{
	const struct gv_identity *const *with;
	unsigned char public[GV_SIGN_PUBLIC];
	struct gv_secret sign = GV_SECRET_INIT;
	size_t n;
	int r = gv_safe_identities(&with, &n, safe);

	if (r < 0)
		return r;
	gv_safe_signer(&sign, safe, true);
	if (sign.len == 0) {
		r = gv_err(GV_ENOKEY,
		    "none of the available identities can sign: that needs an "
		    "age identity or an ssh-ed25519 key, not a plugin");
		goto out;
	}
	gv_sign_public(public, &sign);
	r = gv_ssh_add_public(out, public);
out:
	gv_secret_release(&sign);
	return r;
}

/* ---- changes ----------------------------------------------------------- */

struct plan {
	struct gv_keyring_change *changes;
	size_t n;
};

static bool
is_planned(const struct plan *plan, const char *scope)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (plan->changes[i].verb == GV_KEYRING_ADD_SCOPE &&
		    strcmp(plan->changes[i].name, scope) == 0)
			return true;
	return false;
}

/* Scopes come before who is to read them. */
static int
make_plan(struct plan *plan, const struct gv_keyring *k,
    const struct gv_keyring_change *changes, size_t n)
{
	size_t i, j, most = n;

	for (i = 0; i < n; i++)
		most += changes[i].n_scopes;
	plan->changes = calloc(most + 1, sizeof(*plan->changes));
	if (plan->changes == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++)
		for (j = 0; j < changes[i].n_scopes; j++) {
			const char *scope = changes[i].scopes[j];

			if (!gv_keyring_has_scope(k, scope) &&
			    !is_planned(plan, scope))
				plan->changes[plan->n++] =
				    (struct gv_keyring_change){
					    .verb = GV_KEYRING_ADD_SCOPE,
					    .name = scope
				    };
		}
	for (i = 0; i < n; i++)
		plan->changes[plan->n++] = changes[i];
	return 0;
}

static int
find_idkey(struct gv_idkey *out, struct gv_safe *safe)
{
	int r;

	if ((r = gv_safe_seek_idkey(safe)) < 0)
		return r;
	if (!safe->has_idkey)
		return gv_err(GV_ENOKEY,
		    "the id key cannot be decrypted here, although each "
		    "version of the keyring has it, encrypted for all");
	gv_idkey_set(out, safe->idkey.p);
	return 0;
}

/* The change is recorded before it lets anybody read more. */
static int
tell(struct gv_safe *safe, const struct gv_keyring_change *c)
{
	struct gv_audit_event e = { .time = safe->opts.now,
		.scopes = c->scopes,
		.n_scopes = c->scopes ? c->n_scopes : 0,
		.reason = c->name };
	int r;

	if (c->verb == GV_KEYRING_REMOVE)
		e.what = GV_AUDIT_KEY_REMOVE;
	else if (c->verb == GV_KEYRING_REKEY)
		e.what = GV_AUDIT_KEY_ROTATE;
	else if (c->verb == GV_KEYRING_VERIFIER)
		e.what = GV_AUDIT_KEY_SIGNER;
	else
		e.what = strcmp(c->name, GV_ESCROW_NAME) == 0
		    ? GV_AUDIT_ESCROW
		    : GV_AUDIT_KEY_ADD;
	r = gv_audit_tell(safe->repo, safe, &e);
	return r < 0 ? gv_err_in(r, "nothing is done") : 0;
}

/* What one version changes: who reads, or which policy is accepted. */
struct wish {
	const struct gv_keyring_change *changes;
	size_t n;
	const struct gv_keyring_file *files;
	size_t n_files;
	struct gv_audit_event *accepted; /* NULL: no policy is */
};

/* A change that cannot be made is not recorded. */
static int
save(struct gv_safe *safe, const struct gv_safe_version *version,
    const struct wish *wish)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = gv_keyring_next(&text, version->edit);

	for (i = 0; r == 0 && i < wish->n; i++)
		r = tell(safe, &wish->changes[i]);
	/* the owner names the key, and so its plugin */
	for (i = 0; r == 0 && i < wish->n; i++)
		if (wish->changes[i].key)
			r = gv_plugin_dialog_allow(
			    &safe->talk, wish->changes[i].key);
	if (r == 0 && wish->accepted &&
	    (r = gv_audit_tell(safe->repo, safe, wish->accepted)) < 0)
		r = gv_err_in(r, "nothing is accepted");
	gv_buf_release(&text);
	return r < 0 ? r : gv_safe_save(safe, version);
}

static int
carry_out(struct gv_safe *safe, const struct wish *wish)
{
	struct plan plan = { .changes = NULL };
	struct gv_secret sign = GV_SECRET_INIT;
	struct gv_idkey idkey = { .name = "" };
	int r = safe->has_keyring
	    ? find_signer(&sign, safe)
	    : gv_err(GV_EREFUSED,
		  "there is no keyring yet; `git vault init` makes one");

	if (r == 0 && (r = find_idkey(&idkey, safe)) == 0 &&
	    (r = make_plan(
		 &plan, &safe->kept.keyring, wish->changes, wish->n)) == 0) {
		const struct gv_keyring_edit edit = { .before =
							  &safe->kept.keyring,
			.files = wish->files,
			.n_files = wish->n_files,
			.has_files = wish->accepted != NULL,
			.changes = plan.changes,
			.n = plan.n,
			.time = safe->opts.now };
		const struct gv_safe_version v = { &edit, &sign, &idkey };

		r = save(safe, &v, wish);
	}
	if (r == 0)
		r = gv_safe_reload(safe);
	explicit_bzero(&idkey, sizeof(idkey));
	gv_secret_release(&sign);
	free(plan.changes);
	return r;
}

int
gv_key_change(
    struct gv_safe *safe, const struct gv_keyring_change *changes, size_t n)
{
	const struct wish wish = { .changes = changes, .n = n };

	return carry_out(safe, &wish);
}

int
gv_key_accept(struct gv_safe *safe, const struct gv_keyring_file *files,
    size_t n, struct gv_audit_event *event)
{
	const struct wish wish = {
		.files = files, .n_files = n, .accepted = event
	};

	return carry_out(safe, &wish);
}

/* ---- sealing again ----------------------------------------------------- */

/* A snapshot that was taken meanwhile is no reason to give up. */
static int
reseal_scope(struct gv_safe_resealed *done, struct gv_safe *safe,
    const char *scope, const struct gv_key_calls *calls)
{
	int i, r = GV_EEXISTS;

	for (i = 0; i < TRIES && r == GV_EEXISTS; i++) {
		if ((r = i ? gv_safe_reload(safe) : 0) == 0)
			r = gv_safe_reseal(done, safe, scope,
			    calls ? calls->on_add : NULL,
			    calls ? calls->ctx : NULL);
	}
	return r;
}

/* `report` has room for all scopes. */
static int
add_done(struct gv_key_report *report, const struct gv_safe_resealed *done,
    const char *scope)
{
	char *name;
	int r = 0;

	report->resealed += done->values;
	report->unopened += done->unopened;
	report->damaged += done->damaged;
	if (done->n_ids)
		r = gv_vec_grow((void **)&report->resealed_ids,
		    &report->cap_resealed_ids,
		    report->n_resealed_ids + done->n_ids,
		    sizeof(*report->resealed_ids));
	if (r == 0 && done->n_ids) {
		memcpy(report->resealed_ids + report->n_resealed_ids, done->ids,
		    done->n_ids * sizeof(*done->ids));
		report->n_resealed_ids += done->n_ids;
	}
	if (done->values) {
		name = gv_arena_copy(&report->arena, scope, strlen(scope));
		if (name == NULL)
			return GV_ENOMEM;
		report->resealed_scopes[report->scopes++] = name;
	}
	return r;
}

static int
make_room(struct gv_key_report *report, size_t n)
{
	const char **p = realloc(report->resealed_scopes,
	    (report->scopes + n + 1) * sizeof(*report->resealed_scopes));

	if (p == NULL)
		return gv_err_nomem();
	report->resealed_scopes = p;
	return 0;
}

static int
reseal_scopes(struct gv_key_report *report, struct gv_safe *safe,
    const struct gv_key_calls *calls)
{
	const char *const *scopes;
	char *why = NULL;
	size_t i, n = 0;
	int closed = 0, r = gv_safe_scopes(&scopes, &n, safe);

	if (r == 0)
		r = make_room(report, n);
	for (i = 0; r == 0 && i < n; i++) {
		struct gv_safe_resealed done = { .values = 0 };

		r = reseal_scope(&done, safe, scopes[i], calls);
		if (add_done(report, &done, scopes[i]) < 0)
			r = GV_ENOMEM;
		free(done.ids);
		if (r == GV_ENOKEY) {
			if (closed == 0)
				why = gv_err_save();
			closed = r;
			r = 0;
		}
	}
	if (r == 0 && closed)
		gv_err_restore(why);
	else
		free(why);
	return r < 0 ? r : closed;
}

/* The states for the audit event. */
static int
add_parts(struct gv_key_report *report)
{
	const struct gv_track_resealed *states = &report->states;
	int r;

	if (states->n_ids == 0)
		return 0;
	r = gv_vec_grow((void **)&report->resealed_ids,
	    &report->cap_resealed_ids, report->n_resealed_ids + states->n_ids,
	    sizeof(*report->resealed_ids));
	if (r < 0)
		return r;
	memcpy(report->resealed_ids + report->n_resealed_ids, states->ids,
	    states->n_ids * sizeof(*states->ids));
	report->n_resealed_ids += states->n_ids;
	return 0;
}

/* Versions that are left are reported as GV_ENOKEY only if somebody else can
 * encrypt them. */
static int
reseal_states(struct gv_key_report *report, struct gv_safe *safe,
    const struct gv_key_calls *calls)
{
	const struct gv_track_reseal_opts opts = {
		.all_versions = calls && calls->all_versions,
		.on_add = calls ? calls->on_add : NULL,
		.ctx = calls ? calls->ctx : NULL,
	};
	const struct gv_track_resealed *done = &report->states;
	uint64_t unopened = 0;
	size_t i;
	int r = gv_track_reseal(&report->states, safe->repo, safe, &opts);

	if (r < 0 || (r = add_parts(report)) < 0)
		return r;
	for (i = 0; i < done->n_shut; i++)
		unopened += done->shut[i].unopened;
	if (unopened && !(calls && calls->own_only))
		return gv_err(GV_ENOKEY,
		    "%llu version%s of states cannot be decrypted here, so "
		    "the present readers get no access; ask another reader "
		    "to run: git vault key reseal",
		    (unsigned long long)unopened, unopened == 1 ? "" : "s");
	return 0;
}

int
gv_key_reseal(struct gv_key_report *report, struct gv_safe *safe,
    const struct gv_key_calls *calls)
{
	char *why = NULL;
	int closed, r;

	if (calls && calls->on_begin)
		calls->on_begin(calls->ctx, "encrypting again", 0);
	closed = reseal_scopes(report, safe, calls);
	if (closed == GV_ENOKEY)
		why = gv_err_save();
	r = closed == 0 || closed == GV_ENOKEY
	    ? reseal_states(report, safe, calls)
	    : closed;
	if (calls && calls->on_begin)
		calls->on_begin(calls->ctx, "", 0);
	if (r == 0 && closed)
		gv_err_restore(why);
	else
		free(why);
	return r < 0 ? r : closed;
}
