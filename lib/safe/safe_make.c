#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/recipient.h"
#include "crypto/sign.h"
#include "crypto/ssh.h"
#include "key/keyfile.h"
#include "key/keyring_ids.h"
#include "object/odb.h"
#include "policy/consent.h"
#include "safe/safe.h"
#include "safe/safe_internal.h"
#include "safe/safe_who.h"

/*
 * The first keyring: this host is its only owner. What it hangs on is on disk
 * before a ref says so: first the identity, then the keyring, and only then
 * the key of ids goes from where it was in clear. Killed in between, the next
 * command finds the identity and goes on.
 */

/* ---- who ---- */

static int
need_identity(const struct gv_identity **out, struct gv_safe *safe)
{
	struct gv_identity id = GV_IDENTITY_INIT;
	const char *path;
	int r = gv_safe_own_identity(out, &path, safe);

	if (r < 0 || *out)
		return r;
	if ((r = gv_keyfile_make(&id, path, safe->opts.now, NULL)) == 0) {
		safe->news.identity = path;
		r = gv_safe_add_identity(safe, path, &id);
	} else if (r == GV_EEXISTS) {
		/* another process was quicker */
		safe->files_found = false;
		r = 0;
	} else if (r != GV_ENOMEM) {
		r = gv_err_in(r,
		    "this host has no identity to encrypt for; create one by "
		    "`git vault key generate` and name its file by "
		    "GIT_VAULT_IDENTITY, or ask an owner to add this host by "
		    "`git vault key add`");
	}
	gv_identity_release(&id);
	if (r < 0)
		return r;
	r = gv_safe_own_identity(out, &path, safe);
	return r == 0 && *out == NULL
	    ? gv_err(GV_EREFUSED, "the identity %s has disappeared again", path)
	    : r;
}

/* ---- the version ---- */

struct first {
	struct gv_buf name, key, signer;
	struct gv_secret sign; /* the key */
	struct gv_idkey idkey;
};

static int
describe(struct first *f, const struct gv_identity *id)
{
	struct gv_recipient to = GV_RECIPIENT_INIT;
	unsigned char public[GV_SIGN_PUBLIC];
	int r = gv_keyfile_name(&f->name);

	if (r == 0 && (r = gv_identity_recipient(&to, id)) == 0 &&
	    (r = gv_recipient_format(&f->key, &to)) == 0 &&
	    (r = gv_identity_signer(&f->sign, id)) == 0) {
		gv_sign_public(public, &f->sign);
		r = gv_ssh_add_public(&f->signer, public);
	}
	gv_recipient_release(&to);
	return r;
}

/* Whoever makes the vault accepts what this clone goes by now. */
static int
save(struct gv_safe *safe, const struct first *f)
{
	struct gv_keyring_file files[GV_CONSENT_FILES];
	struct gv_consent consent;
	const struct gv_keyring_change owner = { .verb = GV_KEYRING_ADD,
		.name = f->name.p,
		.role = GV_KEYRING_OWNER,
		.key = f->key.p,
		.signer = f->signer.p };
	unsigned char sum[GV_IDKEY_SUM];
	struct gv_keyring_edit edit = { .files = files,
		.has_files = true,
		.changes = &owner,
		.n = 1,
		.time = safe->opts.now,
		.idkey = sum };
	const struct gv_safe_version version = { &edit, &f->sign, &f->idkey };
	int r = gv_consent_load(&consent, safe->repo);

	gv_idkey_sum(sum, &f->idkey);
	edit.n_files = gv_consent_list(files, &consent);
	if (r == 0)
		r = gv_safe_save(safe, &version);
	gv_consent_release(&consent);
	return r;
}

static int
make(struct gv_safe *safe)
{
	struct first f = { GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT,
		GV_SECRET_INIT, { .name = "" } };
	const struct gv_identity *own = NULL;
	int r = need_identity(&own, safe);

	if (r == 0 && (r = describe(&f, own)) == 0 &&
	    (r = gv_idkey_choose(&f.idkey, safe->repo)) == 0)
		r = save(safe, &f);
	explicit_bzero(&f.idkey, sizeof(f.idkey));
	gv_secret_release(&f.sign);
	gv_buf_release(&f.name);
	gv_buf_release(&f.key);
	gv_buf_release(&f.signer);
	return r;
}

/* ---- */

/* Encrypt the id keys for the recipients that the version names. */
static int
make_ids(struct gv_keyring_entries *out, struct gv_safe *safe,
    const struct gv_keyring *next, const struct gv_secret *sign)
{
	struct gv_keyring_ids_make make = { .repo = safe->repo,
		.was = safe->has_keyring ? &safe->kept : NULL,
		.next = next,
		.sign = sign,
		.runner = &safe->talk.runner };
	int r = gv_safe_identities_at_hand(&make.with, &make.n_with, safe);

	return r < 0 ? r : gv_keyring_ids_next(out, &make);
}

int
gv_safe_save(struct gv_safe *safe, const struct gv_safe_version *version)
{
	struct gv_buf text = GV_BUF_INIT, sig = GV_BUF_INIT;
	struct gv_buf sealed = GV_BUF_INIT;
	struct gv_keyring k = { .version = 0 };
	struct gv_keyring_entries entries = { .n = 0 };
	struct gv_sign sign;
	int r = gv_keyring_next(&text, version->edit);

	if (r == 0 && (r = gv_keyring_parse(&k, text.p, text.len)) == 0 &&
	    (r = gv_sign_make(&sign, version->sign, GV_KEYRING_SPACE, text.p,
		 text.len)) == 0 &&
	    (r = gv_sign_format(&sig, &sign, GV_KEYRING_SPACE)) == 0 &&
	    (r = gv_keyring_seal_idkey(
		 &sealed, &k, version->idkey, &safe->talk.runner)) == 0 &&
	    (r = make_ids(&entries, safe, &k, version->sign)) == 0) {
		const struct gv_keyring_parts parts = { .text = text.p,
			.len = text.len,
			.sig = sig.p,
			.sig_len = sig.len,
			.sealed = sealed.p,
			.sealed_len = sealed.len,
			.files = version->edit->files,
			.n_files = version->edit->n_files,
			.has_files = version->edit->has_files,
			.entries = &entries,
			.now = safe->opts.now,
			.is_locked = safe->opts.is_locked };

		r = gv_keyring_save(
		    safe->repo, safe->has_keyring ? &safe->kept : NULL, &parts);
	}
	gv_keyring_entries_release(&entries);
	gv_keyring_release(&k);
	gv_buf_release(&text);
	gv_buf_release(&sig);
	gv_buf_release(&sealed);
	return r;
}

/* Behind it, unlike later changes: by nothing earlier could be said who signs.
 * That it cannot be told is no reason to be without a keyring. */
static int
tell(struct gv_safe *safe)
{
	const struct gv_keyring *k = &safe->kept.keyring;
	const char *owner = k->n_recipients ? k->recipients[0].name : NULL;
	int r = safe->opts.made
	    ? safe->opts.made(safe->repo, safe, owner, safe->opts.now)
	    : 0;

	if (r == 0 || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	return gv_safe_note_untold(safe, "the keyring was made");
}

int
gv_safe_make(struct gv_safe *safe)
{
	char *why;
	int r, again;

	if (!safe->opts.takes_keyring) {
		if ((r = gv_safe_look(safe)) < 0 || safe->has_keyring)
			return r;
	}
	/* one of our own would stand in the way of the team's */
	if (safe->news.unmerged && safe->was_refused)
		return gv_err(GV_EREFUSED,
		    "nothing can be encrypted: there is no keyring here, and "
		    "%s",
		    safe->news.unmerged);
	r = make(safe);
	/* is_made also where only the seeing of it failed */
	if (r == 0)
		safe->news.is_made = true;
	if (r != 0 && r != GV_EEXISTS && r != GV_EREFUSED)
		return r;
	why = gv_err_save();
	again = gv_odb_refresh(safe->odb);
	if (again == 0)
		again = gv_keyring_load(&safe->kept, safe->repo);
	if (again < 0) {
		if (r < 0)
			gv_err_restore(why);
		else
			free(why);
		return r < 0 ? r : again;
	}
	gv_err_restore(why);
	safe->has_keyring = true;
	gv_safe_keys_forget(safe);
	safe->news.print = safe->kept.print;
	safe->news.is_first_seen = r < 0 && safe->kept.is_new;
	if (r < 0)
		return 0;
	gv_idkey_retire(safe->repo);
	return tell(safe);
}
