#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "vault/adoption.h"

#define A "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B "SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

static void
a_pin_decides_alone(void **state)
{
	(void)state;
	assert_int_equal(gv_adoption_judge(A, A), GV_ADOPTION_TAKEN);
	assert_int_equal(gv_adoption_judge(&A[7], A), GV_ADOPTION_TAKEN);
	assert_int_equal(gv_adoption_judge(B, A), GV_ADOPTION_OTHER);
	assert_int_equal(gv_adoption_judge("SHA256:", A), GV_ADOPTION_OTHER);
	assert_int_equal(
	    gv_adoption_judge("SHA256:AAAA", A), GV_ADOPTION_OTHER);
	assert_int_equal(gv_adoption_judge(A " ", A), GV_ADOPTION_OTHER);
	assert_int_equal(gv_adoption_judge("sha256:", A), GV_ADOPTION_OTHER);
}

static void
without_one_a_person_has_to_say(void **state)
{
	(void)state;
	assert_int_equal(gv_adoption_judge(NULL, A), GV_ADOPTION_UNKNOWN);
	assert_int_equal(gv_adoption_judge("", A), GV_ADOPTION_UNKNOWN);
}

static void
what_is_not_used_is_said_with_the_command(void **state)
{
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	gv_adoption_explain(&text, GV_ADOPTION_TAKEN, A, "origin");
	assert_int_equal(text.len, 0);
	gv_adoption_explain(&text, GV_ADOPTION_UNKNOWN, A, "origin");
	assert_non_null(strstr(text.p, "git config vault.keyring " A));
	gv_buf_reset(&text);
	gv_adoption_explain(&text, GV_ADOPTION_OTHER, A, "origin");
	assert_non_null(strstr(text.p, "names another one"));
	gv_buf_release(&text);
}

UNIT(adoption)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_decides_alone),
		cmocka_unit_test(without_one_a_person_has_to_say),
		cmocka_unit_test(what_is_not_used_is_said_with_the_command),
	};

	return UNIT_RUN(tests);
}
