/* lib/record/good_standing: with a keyring only members decide, whatever the
 * policy says. The policy may demand more, never less. */
#include "unit.h"

#include "record/good_standing.h"

#define WHOS (GV_GOOD_WHO_MEMBER + 1)

static enum gv_good_standing
weigh(struct gv_good_claim claim)
{
	return gv_good_weigh(&claim);
}

static void
a_member_decides(void **state)
{
	const struct gv_good_claim member = { .has_keyring = true,
		.who = GV_GOOD_WHO_MEMBER };
	struct gv_good_claim back = member;

	(void)state;
	back.is_revocation = true;
	assert_int_equal(weigh(member), GV_GOOD_COUNTS);
	assert_int_equal(weigh(back), GV_GOOD_COUNTS);
}

static void
nobody_else_does(void **state)
{
	int who, back;

	(void)state;
	for (who = GV_GOOD_WHO_NOBODY; who < GV_GOOD_WHO_MEMBER; who++)
		for (back = 0; back < 2; back++) {
			const struct gv_good_claim claim = {
				.has_keyring = true,
				.is_revocation = back,
				.who = (enum gv_good_who)who,
				.is_git_good = true,
			};

			assert_int_equal(weigh(claim), GV_GOOD_CANDIDATE_ONLY);
		}
}

static void
who_left_needs_to_be_vouched_for(void **state)
{
	struct gv_good_claim claim = { .has_keyring = true,
		.who = GV_GOOD_WHO_FORMER,
		.is_vouched = true };

	(void)state;
	assert_int_equal(weigh(claim), GV_GOOD_COUNTS);
	claim.is_vouched = false;
	assert_int_equal(weigh(claim), GV_GOOD_CANDIDATE_ONLY);
	/* that nobody else gains by it */
	claim.is_vouched = true;
	claim.who = GV_GOOD_WHO_WRITER;
	assert_int_equal(weigh(claim), GV_GOOD_CANDIDATE_ONLY);
	claim.who = GV_GOOD_WHO_NOBODY;
	assert_int_equal(weigh(claim), GV_GOOD_CANDIDATE_ONLY);
}

static void
signers_of_the_policy_are_asked_for(void **state)
{
	struct gv_good_claim claim = { .has_keyring = true,
		.who = GV_GOOD_WHO_MEMBER,
		.wants_signed = true,
		.names_signers = true };

	(void)state;
	assert_int_equal(weigh(claim), GV_GOOD_UNTRUSTED);
	/* a member takes back what others have marked */
	claim.is_revocation = true;
	assert_int_equal(weigh(claim), GV_GOOD_COUNTS);
	claim.is_revocation = false;
	claim.is_signer = true;
	assert_int_equal(weigh(claim), GV_GOOD_COUNTS);
	/* by name even a write-only key, or one that no keyring has */
	claim.who = GV_GOOD_WHO_WRITER;
	assert_int_equal(weigh(claim), GV_GOOD_COUNTS);
	claim.who = GV_GOOD_WHO_STRANGER;
	assert_int_equal(weigh(claim), GV_GOOD_COUNTS);
	claim.who = GV_GOOD_WHO_OUTSIDE;
	assert_int_equal(weigh(claim), GV_GOOD_COUNTS);
	claim.is_signer = false;
	claim.is_vouched = true;
	assert_int_equal(weigh(claim), GV_GOOD_UNTRUSTED);
	claim.wants_signed = claim.names_signers = false;
	assert_int_equal(weigh(claim), GV_GOOD_CANDIDATE_ONLY);
}

static void
of_another_vault_nobody_decides(void **state)
{
	struct gv_good_claim claim = { .has_keyring = true,
		.who = GV_GOOD_WHO_ELSEWHERE,
		.is_git_good = true };

	(void)state;
	assert_int_equal(weigh(claim), GV_GOOD_CANDIDATE_ONLY);
	claim.is_revocation = true;
	assert_int_equal(weigh(claim), GV_GOOD_CANDIDATE_ONLY);
	/* nor whom the policy names: they sign elsewhere, too */
	claim.wants_signed = claim.names_signers = claim.is_signer = true;
	assert_int_equal(weigh(claim), GV_GOOD_CANDIDATE_ONLY);
	claim.is_revocation = false;
	assert_int_equal(weigh(claim), GV_GOOD_UNTRUSTED);
}

static void
required_is_no_less_than_the_keyring(void **state)
{
	int who;

	(void)state;
	for (who = GV_GOOD_WHO_NOBODY; who < WHOS; who++) {
		struct gv_good_claim claim = { .has_keyring = true,
			.who = (enum gv_good_who)who,
			.is_git_good = true };
		bool counts = weigh(claim) == GV_GOOD_COUNTS;

		claim.wants_signed = true;
		assert_int_equal(weigh(claim) == GV_GOOD_COUNTS, counts);
		claim.is_revocation = true;
		assert_int_equal(weigh(claim) == GV_GOOD_COUNTS, counts);
	}
}

static void
without_a_keyring_the_policy_decides(void **state)
{
	struct gv_good_claim claim = { .who = GV_GOOD_WHO_NOBODY };

	(void)state;
	assert_int_equal(weigh(claim), GV_GOOD_COUNTS);
	claim.wants_signed = true;
	assert_int_equal(weigh(claim), GV_GOOD_UNTRUSTED);
	claim.is_revocation = true;
	assert_int_equal(weigh(claim), GV_GOOD_CANDIDATE_ONLY);
	claim.is_git_good = true;
	assert_int_equal(weigh(claim), GV_GOOD_COUNTS);
	claim.is_revocation = false;
	assert_int_equal(weigh(claim), GV_GOOD_COUNTS);
	claim.names_signers = true;
	assert_int_equal(weigh(claim), GV_GOOD_UNTRUSTED);
}

static void
a_keyring_that_is_not_believed_makes_nothing_good(void **state)
{
	struct gv_good_claim claim = { .is_unbelieved = true,
		.who = GV_GOOD_WHO_MEMBER };

	(void)state;
	assert_int_equal(weigh(claim), GV_GOOD_CANDIDATE_ONLY);
	claim.is_revocation = true;
	assert_int_equal(weigh(claim), GV_GOOD_COUNTS);
}

UNIT(good_standing)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_decides),
		cmocka_unit_test(nobody_else_does),
		cmocka_unit_test(who_left_needs_to_be_vouched_for),
		cmocka_unit_test(signers_of_the_policy_are_asked_for),
		cmocka_unit_test(of_another_vault_nobody_decides),
		cmocka_unit_test(required_is_no_less_than_the_keyring),
		cmocka_unit_test(without_a_keyring_the_policy_decides),
		cmocka_unit_test(
		    a_keyring_that_is_not_believed_makes_nothing_good),
	};

	return UNIT_RUN(tests);
}
