#ifndef GV_GOOD_STANDING_H
#define GV_GOOD_STANDING_H
/*
 * How much the word of whoever signed a known-good record weighs. A record that
 * makes something good, and one that takes it back, are held to one rule: where
 * this clone has a keyring, only a member's signature decides. Everything else
 * is a candidate, which is listed and never used unless a person names it.
 *
 *	claim.who = GV_GOOD_WHO_WRITER;
 *	if (gv_good_weigh(&claim) == GV_GOOD_CANDIDATE_ONLY)
 *		...
 *
 * The rule is a function of its argument alone: no file, keyring or clock. Who
 * signed is found by good_rule.h.
 */

#include <stdbool.h>

/* The signer of a record, as the keyring of this clone sees them. A higher one
 * weighs more. */
enum gv_good_who {
	GV_GOOD_WHO_NOBODY,   /* there is no signature */
	GV_GOOD_WHO_STRANGER, /* no version of the keyring lists the key */
	/* somebody, of another vault: whoever reads that can push it here */
	GV_GOOD_WHO_ELSEWHERE,
	GV_GOOD_WHO_FORMER, /* an earlier version listed it as a member's */
	GV_GOOD_WHO_WRITER, /* its holder may only encrypt, now or then */
	/* a member who does not have access to the environment's secrets, now
	 * or then */
	GV_GOOD_WHO_OUTSIDE,
	GV_GOOD_WHO_MEMBER, /* an owner, or a reader of these secrets today */
};

struct gv_good_claim {
	bool has_keyring;     /* this clone has one … */
	bool is_unbelieved;   /* … that cannot be believed, so that nobody's
				 membership is known */
	bool is_revocation;   /* the record takes something back */
	enum gv_good_who who; /* signed it */
	bool is_vouched;      /* a record that counts names this one */
	bool wants_signed;    /* the policy asks for a signature … */
	bool names_signers;   /* … of those whom it names … */
	bool is_signer;       /* … and the signer is one of them */
	bool is_git_good;     /* git itself trusts git's signature */
};

enum gv_good_standing {
	GV_GOOD_COUNTS,
	GV_GOOD_CANDIDATE_ONLY, /* nobody signed it whose word decides */
	GV_GOOD_UNTRUSTED,      /* the policy asks for another signature */
};

/* The rule. */
enum gv_good_standing gv_good_weigh(const struct gv_good_claim *claim);

#endif
