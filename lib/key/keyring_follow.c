#include <string.h>

#include "base/err.h"
#include "key/keyring_store_internal.h"
#include "object/repo_odb.h"
#include "repo/repo.h"

/*
 * For who keeps a keyring and owns none: a server. What it has at the ref is
 * all that it knows, so it holds what is pushed against that and not against a
 * pin.
 */

static bool
same(const unsigned char *a, const unsigned char *b)
{
	return memcmp(a, b, GV_KEYRING_DIGEST) == 0;
}

/* Whether the chain of `after` holds the very version that is there, in the
 * commit that is there: another of the same version does not follow, and
 * what the signature does not cover may be another's in it. */
static int
check_version(struct gv_odb *odb, const struct gv_keyring_link *was,
    const struct gv_keyring_link *tip)
{
	struct gv_keyring_link at = { .k = { .version = 0 } };
	int r;

	if (tip->k.version < was->k.version)
		return gv_err(GV_EREFUSED,
		    "its version %u is older than version %u, which is here; "
		    "fetch the newer one first",
		    tip->k.version, was->k.version);
	r = gv_keyring_chain_at(&at, odb, &tip->commit, was->k.version);
	if (r == 0 &&
	    (at.k.version != was->k.version ||
		!same(at.k.digest, was->k.digest) ||
		!gv_oid_equal(&at.commit, &was->commit)))
		r = gv_err(GV_EREFUSED,
		    "its version %u differs from the one here: two owners "
		    "changed it at once, or it is another keyring; fetch, and "
		    "make the change again",
		    was->k.version);
	gv_keyring_link_release(&at);
	return r;
}

int
gv_keyring_follow(struct gv_repo *repo, const struct gv_oid *before,
    const struct gv_oid *after)
{
	struct gv_keyring_link was = { .k = { .version = 0 } };
	struct gv_keyring_link tip = { .k = { .version = 0 } };
	unsigned char first[GV_KEYRING_DIGEST];
	struct gv_odb *odb;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_keyring_link_read(&tip, odb, after)) < 0)
		goto out;
	if (before && (r = gv_keyring_link_read(&was, odb, before)) < 0)
		goto out;
	if (before)
		r = check_version(odb, &was, &tip);
	else
		r = gv_keyring_chain_check(first, odb, &tip, NULL);
out:
	gv_keyring_link_release(&was);
	gv_keyring_link_release(&tip);
	return r;
}
