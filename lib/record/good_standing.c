#include "record/good_standing.h"

/* Whether the keyring stands behind the signer. Nobody decides about an
 * environment that they may not read. The policy may name a signer whom the
 * keyring does not have, a write-only key, or a member of other scopes: owners
 * decide that by name. */
static bool
is_known(const struct gv_good_claim *claim)
{
	if (claim->wants_signed && claim->is_signer &&
	    claim->who != GV_GOOD_WHO_ELSEWHERE)
		return true;
	switch (claim->who) {
	case GV_GOOD_WHO_MEMBER:
		return true;
	case GV_GOOD_WHO_FORMER:
		/* the date in a record is its author's claim; that a member's
		 * record names this one proves that it was there before */
		return claim->is_vouched;
	case GV_GOOD_WHO_NOBODY:
	case GV_GOOD_WHO_STRANGER:
	case GV_GOOD_WHO_ELSEWHERE:
	case GV_GOOD_WHO_WRITER:
	case GV_GOOD_WHO_OUTSIDE:
		break;
	}
	return false;
}

/* Whether it is as the policy asks. Without a list of signers any member will
 * do, and without a keyring whomever git trusts. */
static bool
is_wanted(const struct gv_good_claim *claim)
{
	if (!claim->wants_signed)
		return true;
	if (claim->who == GV_GOOD_WHO_ELSEWHERE)
		return false;
	if (claim->is_signer)
		return true;
	if (claim->names_signers)
		return false;
	return claim->has_keyring ? is_known(claim) : claim->is_git_good;
}

enum gv_good_standing
gv_good_weigh(const struct gv_good_claim *claim)
{
	/* nothing counts as good then, and what was taken back stays so */
	if (claim->is_unbelieved)
		return claim->is_revocation ? GV_GOOD_COUNTS
					    : GV_GOOD_CANDIDATE_ONLY;
	if (!claim->is_revocation && !is_wanted(claim))
		return GV_GOOD_UNTRUSTED;
	/* a member's revocation holds, whomever else the policy names: the
	 * worst that it does is that something good is not used */
	if (claim->has_keyring ? !is_known(claim) : !is_wanted(claim))
		return GV_GOOD_CANDIDATE_ONLY;
	return GV_GOOD_COUNTS;
}
