#include <string.h>

#include "base/err.h"
#include "key/keyring_store_internal.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

/*
 * A fetch puts the keyring of a remote beside ours, and whoever may push there
 * wrote it. It moves ours forward only: by versions that its owners have signed
 * one after the other, from the highest that was seen here.
 */

static bool
same(const unsigned char *a, const unsigned char *b)
{
	return memcmp(a, b, GV_KEYRING_DIGEST) == 0;
}

/* Whether a version of the chain that ends in `tip` is this one: 1 or 0. */
static int
is_at(struct gv_repo *repo, const struct gv_oid *tip, unsigned version,
    const unsigned char digest[GV_KEYRING_DIGEST])
{
	struct gv_keyring_link at = { .k = { .version = 0 } };
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0 && (r = gv_keyring_chain_at(&at, odb, tip, version)) == 0)
		r = at.k.version == version && same(at.k.digest, digest);
	gv_keyring_link_release(&at);
	return r;
}

static int
say_fork(unsigned version)
{
	return gv_err(GV_EREFUSED,
	    "its version %u differs from the one known here: two owners "
	    "changed it at once, or it was forged; this clone's stays; ask the "
	    "other owners",
	    version);
}

/* 1 where it goes on from what was seen, 0 where we have it. */
static int
compare(struct gv_repo *repo, const struct gv_keyring_kept *ours,
    const struct gv_keyring_kept *theirs, const struct gv_keyring_pin *seen)
{
	const struct gv_keyring *k = &theirs->keyring;
	char print[GV_KEYRING_PRINT];
	int r;

	if (!same(theirs->first, seen->first)) {
		gv_keyring_print(print, seen->first);
		return gv_err(GV_EREFUSED,
		    "it is a different keyring: its fingerprint is %s, this "
		    "clone's is %s; if an owner confirms the first: git vault "
		    "key adopt %s",
		    theirs->print, print, theirs->print);
	}
	if (k->version >= seen->version) {
		r = is_at(
		    repo, &theirs->ledger.tip, seen->version, seen->digest);
		return r < 0 ? r
		    : r == 0 ? say_fork(seen->version)
			     : !ours || ours->keyring.version < k->version;
	}
	if (ours == NULL)
		return gv_err(GV_EREFUSED,
		    "its version %u is older than version %u, which was seen "
		    "here",
		    k->version, seen->version);
	r = is_at(repo, &ours->ledger.tip, k->version, k->digest);
	return r < 0 ? r : r == 0 ? say_fork(k->version) : 0;
}

/* That another process was quicker is as good. */
static int
move(struct gv_repo *repo, const struct gv_oid *from, const struct gv_oid *to)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	int r;

	if (from)
		gv_ref_update(&tx, GV_REF_KEYRING, to, from);
	else
		gv_ref_create(&tx, GV_REF_KEYRING, to);
	r = gv_ref_commit(&tx, repo);
	gv_ref_tx_release(&tx);
	return r == 0 || r == GV_EEXISTS ? 1 : r;
}

int
gv_keyring_merge(struct gv_repo *repo, const struct gv_keyring_kept *ours,
    const struct gv_oid *theirs)
{
	struct gv_keyring_kept kept = { .print = "" };
	struct gv_keyring_pin seen;
	struct gv_oid tip;
	int pinned = gv_keyring_pin_load(&seen, repo);
	int there = gv_keyring_tip(&tip, repo), r;

	if (pinned < 0 && pinned != GV_ENOTFOUND)
		return pinned;
	if (there < 0 && there != GV_ENOTFOUND)
		return there;
	if (there == 0 && gv_oid_equal(&tip, theirs))
		return 0;
	r = gv_keyring_look(&kept, repo, theirs);
	if (r < 0)
		return r;
	if (pinned == 0)
		r = compare(repo, ours, &kept, &seen);
	else
		r = there == GV_ENOTFOUND;
	if (r > 0)
		r = move(repo, there == 0 ? &tip : NULL, theirs);
	gv_keyring_kept_release(&kept);
	return r;
}

static struct gv_keyring_pin
pin_of(const struct gv_keyring_kept *kept)
{
	struct gv_keyring_pin pin = { .version = kept->keyring.version };

	memcpy(pin.first, kept->first, GV_KEYRING_DIGEST);
	memcpy(pin.digest, kept->keyring.digest, GV_KEYRING_DIGEST);
	return pin;
}

int
gv_keyring_trust(struct gv_repo *repo, const struct gv_keyring_kept *kept)
{
	const struct gv_keyring_pin pin = pin_of(kept);

	return gv_keyring_pin_replace(&pin, repo);
}

int
gv_keyring_adopt(struct gv_repo *repo, const struct gv_keyring_kept *ours,
    const struct gv_keyring_kept *theirs)
{
	const struct gv_keyring_pin pin = pin_of(theirs);
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	int r = gv_keyring_pin_expect(&pin, repo);

	if (r < 0)
		return r;
	gv_ref_update(
	    &tx, GV_REF_KEYRING, &theirs->ledger.tip, &ours->ledger.tip);
	r = gv_ref_commit(&tx, repo);
	gv_ref_tx_release(&tx);
	return r < 0 ? r : gv_keyring_pin_replace(&pin, repo);
}
