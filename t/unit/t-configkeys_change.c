/* lib/rollback/keys_change: which keys of a file differ, and which of them are
 * encrypted. */
#include "unit.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "rollback/configkeys_change.h"
#include "view/revealed.h"

static int
nothing_looks_secret(void *ctx, char *name)
{
	(void)ctx;
	return strcmp(name, "SECRETLIKE") == 0;
}

static struct gv_configkeys_text
text_of(const char *text, const struct gv_revealed_stood *stood, size_t n)
{
	return (struct gv_configkeys_text){ .p = (const unsigned char *)text,
		.len = strlen(text),
		.stood = stood,
		.n = n };
}

/* "+A ~B* -C": which keys, and a star for encrypted ones; "?" for unknown. */
static void
assert_changes(const char *path, const struct gv_configkeys_text *from,
    const struct gv_configkeys_text *to, bool only_sealed, const char *expect)
{
	const struct gv_configkeys_how how = { .only_sealed = only_sealed,
		.looks_secret = nothing_looks_secret };
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_buf b = GV_BUF_INIT;
	struct gv_configkeys_changes c;
	size_t i;

	assert_int_equal(
	    gv_configkeys_change_find(&c, path, from, to, &how, &arena), 0);
	gv_buf_addstr(&b, c.is_known ? "" : "?");
	for (i = 0; i < c.n; i++)
		gv_buf_addf(&b, "%s%c%s%s", i ? " " : "",
		    "+~-"[c.items[i].kind],
		    c.items[i].name ? c.items[i].name : "(none)",
		    c.items[i].is_sealed ? "*" : "");
	assert_string_equal(b.p, expect);
	gv_buf_release(&b);
	gv_arena_release(&arena);
}

static void
keys_that_came_went_or_changed_are_named(void **state)
{
	struct gv_configkeys_text a = text_of("A=1\nB=2\nC=3\n", NULL, 0),
				  b = text_of("A=1\nB=4\nD=5\n", NULL, 0);

	(void)state;
	assert_changes("x.env", &a, &b, false, "~B -C +D");
	assert_changes("x.env", &a, &a, false, "");
	assert_changes("x.env", &a, &b, true, "");
}

static void
keys_with_encrypted_values_are_told_from_others(void **state)
{
	const struct gv_revealed_stood in_b = { .at = 6, .len = 1 };
	struct gv_configkeys_text a = text_of("A=1\nB=2\nC=3\n", &in_b, 1),
				  b = text_of("A=7\nB=4\nC=3\n", NULL, 0);

	(void)state;
	assert_changes("x.env", &a, &b, false, "~A ~B*");
	assert_changes("x.env", &a, &b, true, "~B*");
	assert_changes("x.env", &b, &a, true, "~B*");
}

static void
of_a_file_that_is_encrypted_all_keys_are(void **state)
{
	struct gv_configkeys_text a = text_of("A=1\nB=2\n", NULL, 0),
				  b = text_of("A=1\nB=3\n", NULL, 0);

	(void)state;
	a.is_whole = b.is_whole = true;
	assert_changes("x.env", &a, &b, true, "~B*");
}

static void
of_a_value_that_is_not_known_no_change_is_reported(void **state)
{
	const struct gv_revealed_stood left = {
		.at = 2, .len = 1, .is_left = true
	};
	struct gv_configkeys_text a = text_of("A=1\nB=2\n", &left, 1),
				  b = text_of("A=9\nB=3\n", NULL, 0);

	(void)state;
	assert_changes("x.env", &a, &b, false, "~B");
	assert_changes("x.env", &b, &a, false, "~B");
}

static void
a_name_that_looks_like_a_secret_is_not_given_out(void **state)
{
	const struct gv_revealed_stood in = { .at = 7, .len = 4 };
	struct gv_configkeys_text none = text_of("", NULL, 0),
				  a = text_of("SECRETLIKE=1\n", NULL, 0),
				  b = text_of(
				      "A=1\nxx=abcd\nyabcdy=1\n", &in, 1);

	(void)state;
	assert_changes("x.env", &none, &a, false, "+(none)");
	assert_changes("x.env", &none, &b, false, "+A +xx* +(none)");
}

/* Somebody may have pasted a token where a name belongs. */
static void
of_an_encrypted_file_only_plain_names_are_given_out(void **state)
{
	struct gv_configkeys_text none = text_of("", NULL, 0),
				  a = text_of(
				      "PpTTXL2kd77dp7299sQ22ZRQZ=x\n", NULL, 0);

	(void)state;
	assert_changes("x.env", &none, &a, false, "+PpTTXL2kd77dp7299sQ22ZRQZ");
	none.is_whole = a.is_whole = true;
	assert_changes("x.env", &none, &a, false, "+(none)*");
}

static void
of_a_file_without_keys_nothing_is_known(void **state)
{
	struct gv_configkeys_text a = text_of("A=1\n", NULL, 0),
				  b = text_of("{\"broken", NULL, 0);

	(void)state;
	assert_changes("notes.bin", &a, &a, false, "?");
	assert_changes("x.json", &b, &b, false, "?");
}

UNIT(configkeys_change)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_came_went_or_changed_are_named),
		cmocka_unit_test(
		    keys_with_encrypted_values_are_told_from_others),
		cmocka_unit_test(of_a_file_that_is_encrypted_all_keys_are),
		cmocka_unit_test(
		    of_a_value_that_is_not_known_no_change_is_reported),
		cmocka_unit_test(
		    a_name_that_looks_like_a_secret_is_not_given_out),
		cmocka_unit_test(
		    of_an_encrypted_file_only_plain_names_are_given_out),
		cmocka_unit_test(of_a_file_without_keys_nothing_is_known),
	};

	return UNIT_RUN(tests);
}
