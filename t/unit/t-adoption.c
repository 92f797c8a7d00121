#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "key/adoption_ask.h"
#include "key/keyring_store.h"
#include "repo/repo.h"

#define A_SHORT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define A       "SHA256:" A_SHORT
#define B       "SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

/* Judge version 4 of the keyring A by a pin. */
static enum gv_adoption
judge(const char *pin)
{
	return gv_adoption_judge(pin, A, 4);
}

static void
a_pin_decides_alone(void **state)
{
	(void)state;
	assert_int_equal(judge(A), GV_ADOPTION_TAKEN);
	assert_int_equal(judge(A_SHORT), GV_ADOPTION_TAKEN);
	assert_int_equal(judge(B), GV_ADOPTION_OTHER);
	assert_int_equal(judge("SHA256:"), GV_ADOPTION_OTHER);
	assert_int_equal(judge("SHA256:AAAA"), GV_ADOPTION_OTHER);
	assert_int_equal(judge(A " "), GV_ADOPTION_OTHER);
	assert_int_equal(judge("sha256:"), GV_ADOPTION_OTHER);
}

static void
a_pin_may_name_the_oldest_version(void **state)
{
	static const char *const none[] = { A "@", A "@0", A "@04", A "@-1",
		A "@4 ", A "@4@4", A "@x", A "@100001",
		A "@18446744073709551617", "@4", NULL };
	size_t i;

	(void)state;
	assert_int_equal(judge(A "@1"), GV_ADOPTION_TAKEN);
	assert_int_equal(judge(A "@4"), GV_ADOPTION_TAKEN);
	assert_int_equal(judge(A_SHORT "@4"), GV_ADOPTION_TAKEN);
	assert_int_equal(judge(A "@5"), GV_ADOPTION_OLD);
	assert_int_equal(judge(A "@100000"), GV_ADOPTION_OLD);
	assert_int_equal(judge(B "@4"), GV_ADOPTION_OTHER);
	assert_int_equal(judge(B "@5"), GV_ADOPTION_OTHER);
	for (i = 0; none[i]; i++)
		assert_int_equal(judge(none[i]), GV_ADOPTION_OTHER);
}

static void
without_one_a_person_has_to_say(void **state)
{
	(void)state;
	assert_int_equal(judge(NULL), GV_ADOPTION_UNKNOWN);
	assert_int_equal(judge(""), GV_ADOPTION_UNKNOWN);
}

static void
what_is_not_used_is_said_with_the_command(void **state)
{
	const struct gv_keyring_kept kept = { .print = A,
		.keyring = { .version = 4 } };
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	gv_adoption_explain(&text, GV_ADOPTION_TAKEN, &kept, "origin");
	assert_int_equal(text.len, 0);
	gv_adoption_explain(&text, GV_ADOPTION_UNKNOWN, &kept, "origin");
	assert_non_null(strstr(text.p, "git config vault.keyring " A "@4"));
	gv_buf_reset(&text);
	gv_adoption_explain(&text, GV_ADOPTION_OTHER, &kept, "origin");
	assert_non_null(strstr(text.p, "names another one"));
	gv_buf_reset(&text);
	gv_adoption_explain(&text, GV_ADOPTION_OLD, &kept, "origin");
	assert_non_null(strstr(text.p, "version 4 of the keyring " A));
	gv_buf_release(&text);
}

static int
hear(void *ctx, bool *yes, const char *otherwise, const char *question)
{
	(void)otherwise;
	*yes = true;
	gv_buf_addstr(ctx, question);
	return 0;
}

/* Whoever may not read is not named, and of many readers the first ones are. */
static void
the_question_names_readers_and_their_scopes(void **state)
{
	static const char *const scopes[] = { "prod", "dev" };
	struct gv_keyring_recipient all[11] = {
		{ .name = "ann", .all = true },
		{ .name = "hook", .role = GV_KEYRING_WRITER },
		{ .name = "bob", .scopes = scopes, .n_scopes = 2 },
	};
	const struct gv_keyring_kept kept = { .print = A,
		.keyring = {
		    .version = 4, .recipients = all, .n_recipients = 11 } };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_repo repo = { .asker = { hear, &text } };
	enum gv_adoption verdict;
	size_t i;

	(void)state;
	for (i = 3; i < 11; i++)
		all[i] = (struct gv_keyring_recipient){ .name = "more",
			.all = true };
	assert_int_equal(gv_adoption_ask(&verdict, &repo, &kept, "origin"), 0);
	assert_int_equal(verdict, GV_ADOPTION_TAKEN);
	assert_non_null(
	    strstr(text.p, "ann (everything), bob (prod, dev), more ("));
	assert_null(strstr(text.p, "hook"));
	assert_non_null(strstr(text.p, " and 2 more\n"));
	gv_buf_release(&text);
}

UNIT(adoption)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_decides_alone),
		cmocka_unit_test(a_pin_may_name_the_oldest_version),
		cmocka_unit_test(without_one_a_person_has_to_say),
		cmocka_unit_test(what_is_not_used_is_said_with_the_command),
		cmocka_unit_test(the_question_names_readers_and_their_scopes),
	};

	return UNIT_RUN(tests);
}
