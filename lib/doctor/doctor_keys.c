#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "doctor/doctor_internal.h"
#include "doctor/doctor_judge.h"
#include "key/keyfile.h"
#include "key/keyring.h"
#include "key/keyring_store.h"
#include "repo/refs.h"
#include "safe/safe.h"
#include "safe/safe_who.h"

/* A vault that one key alone opens goes with that key. An escrow is a recipient
 * as well, so making one ends this. */

static int
report(struct gv_doctor *d, const struct gv_doctor_judge_single *one,
    size_t scopes)
{
	static const char cmd[] = "git vault key escrow";

	if (one->n == 0)
		return 0;
	if (one->n == scopes && one->is_one)
		return gv_doctor_add(d, GV_DOCTOR_WARNING, "one_key", cmd,
		    "only the key of %s can decrypt this vault: if it is lost, "
		    "every secret and state in it is lost",
		    one->who);
	return gv_doctor_add(d, GV_DOCTOR_WARNING, "one_key", cmd,
	    "only one key can decrypt %zu of %zu scopes, such as %s (the key "
	    "of %s): if it is lost, their secrets and states are lost",
	    one->n, scopes, one->scope, one->who);
}

/* Whether anything is encrypted yet. */
static int
has_any(const struct gv_repo *repo, const char *prefix)
{
	struct gv_refs refs = { 0 };
	int r = gv_ref_list(&refs, repo, prefix);

	if (r == 0)
		r = refs.n > 0;
	gv_refs_release(&refs);
	return r;
}

/* The only key is gone, and it was this user's. Nobody is asked, and nothing is
 * opened. */
static int
check_lost(struct gv_doctor *d)
{
	bool is_lost;
	int r = gv_keyfile_is_lost(&is_lost, &d->report->keyring.keyring);

	if (r < 0 || !is_lost)
		return r;
	d->is_keyless = true;
	return gv_doctor_add(d, GV_DOCTOR_ERROR, "no_key",
	    "git vault key recover",
	    "your key, which alone opens this vault, is not on this machine; "
	    "copy its file back to ~/.config/git-vault/identity, or recover it "
	    "from the escrow paper");
}

/* The keyring is read without pinning it, since looking changes nothing; one
 * that is refused is for gv_doctor_scopes(). */
int
gv_doctor_keys(struct gv_doctor *d)
{
	struct gv_doctor_report *out = d->report;
	struct gv_doctor_judge_single one;
	struct gv_oid tip;
	int r = has_any(d->repo, GV_REFS_SECRETS);

	if (r == 0)
		r = has_any(d->repo, GV_REFS_STATES);
	if (r <= 0)
		return r;
	out->is_sealed = true;
	if ((r = gv_keyring_tip(&tip, d->repo)) == 0)
		r = gv_keyring_look(&out->keyring, d->repo, &tip);
	out->has_keyring = r == 0;
	if (r < 0)
		return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
	if ((r = check_lost(d)) < 0 || d->is_keyless)
		return r;
	r = gv_doctor_judge_keys(&one, &out->keyring.keyring);
	return r == 0 ? report(d, &one, out->keyring.keyring.n_scopes) : r;
}

/* Someone who was removed, or not added yet, saves what they cannot decrypt. A
 * host without a key may be one that only saves. */
int
gv_doctor_member(struct gv_doctor *d)
{
	const struct gv_keyring_recipient *who = NULL;
	struct gv_buf key = GV_BUF_INIT, add = GV_BUF_INIT;
	const struct gv_safe_opts opts = { .now = d->opts->now };
	struct gv_safe *safe = NULL;
	int r = d->report->has_keyring && !d->is_keyless
	    ? gv_safe_open(&safe, d->repo, &opts)
	    : 0;

	/* a refused keyring is reported with the scopes */
	if (r == GV_EREFUSED || r == GV_ECORRUPT)
		r = 0;
	if (r < 0 || safe == NULL || gv_safe_keyring(safe) == NULL)
		goto out;
	if (gv_safe_own(&key, &who, safe) <= 0 || who)
		goto out;
	d->is_stranger = true;
	if (gv_safe_add_command(&add, safe) <= 0)
		gv_buf_reset(&add);
	r = gv_doctor_add(d, GV_DOCTOR_WARNING, "not_a_reader", NULL,
	    "your key is not in the keyring: you cannot decrypt the secrets "
	    "that are saved here%s%s",
	    add.len ? "; to add it, an owner runs: " : "",
	    add.len ? add.p : "");
out:
	gv_safe_close(safe);
	gv_buf_release(&key);
	gv_buf_release(&add);
	return r;
}
