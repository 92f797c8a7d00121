#include "unit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/compat.h"

/* The functions themselves, also where the system has its own. */

static void
what_is_overwritten_is_zero(void **state)
{
	char secret[] = "secret";

	(void)state;
	gv_compat_explicit_bzero(secret, 3);
	assert_memory_equal(secret, "\0\0\0ret", sizeof(secret));
}

static void
bytes_are_found_wherever_they_are(void **state)
{
	const char *in = "aab\0aabb";

	(void)state;
	assert_ptr_equal(gv_compat_memmem(in, 8, "aabb", 4), in + 4);
	assert_ptr_equal(gv_compat_memmem(in, 8, "b\0a", 3), in + 2);
	assert_ptr_equal(gv_compat_memmem(in, 8, "bb", 2), in + 6);
	assert_ptr_equal(gv_compat_memmem(in, 8, "", 0), in);
	assert_null(gv_compat_memmem(in, 7, "aabb", 4));
	assert_null(gv_compat_memmem(in, 2, "aab", 3));
	assert_null(gv_compat_memmem(in, 0, "a", 1));
	assert_null(gv_compat_memmem(in, 8, "x", 1));
}

static void
a_byte_is_found_from_either_end(void **state)
{
	const char *in = "a/b/\xffz";

	(void)state;
	assert_ptr_equal(gv_compat_memrchr(in, '/', 6), in + 3);
	assert_ptr_equal(gv_compat_memrchr(in, '/', 3), in + 1);
	assert_ptr_equal(gv_compat_memrchr(in, 0xff, 6), in + 4);
	assert_ptr_equal(gv_compat_memrchr(in, 'a', 6), in);
	assert_null(gv_compat_memrchr(in, '/', 1));
	assert_null(gv_compat_memrchr(in, 'a', 0));
	assert_ptr_equal(gv_compat_rawmemchr(in, 0xff), in + 4);
	assert_ptr_equal(gv_compat_strchrnul(in, 'b'), in + 2);
	assert_ptr_equal(gv_compat_strchrnul(in, 'x'), in + 6);
	assert_ptr_equal(gv_compat_strchrnul(in, '\0'), in + 6);
}

static void
words_are_found_in_either_case(void **state)
{
	const char *in = "Set-cOOkie";

	(void)state;
	assert_ptr_equal(gv_compat_strcasestr(in, "Cookie"), in + 4);
	assert_ptr_equal(gv_compat_strcasestr(in, "set"), in);
	assert_ptr_equal(gv_compat_strcasestr(in, "E"), in + 1);
	assert_ptr_equal(gv_compat_strcasestr(in, ""), in);
	assert_null(gv_compat_strcasestr(in, "cookies"));
	assert_non_null(gv_compat_strcasestr("oooops", "oops"));
}

static void
a_copy_ends_where_the_text_does(void **state)
{
	char out[8], *copy;

	(void)state;
	assert_ptr_equal(gv_compat_stpcpy(out, "four"), out + 4);
	assert_string_equal(out, "four");
	copy = gv_compat_strndup("four", 2);
	assert_string_equal(copy, "fo");
	free(copy);
	copy = gv_compat_strndup("four", SIZE_MAX);
	assert_string_equal(copy, "four");
	free(copy);
}

static void
more_memory_than_can_be_counted_is_refused(void **state)
{
	char *p = gv_compat_reallocarray(NULL, 4, 2);

	(void)state;
	assert_non_null(p);
	memcpy(p, "kept", 5);
	assert_null(gv_compat_reallocarray(p, SIZE_MAX / 2, 3));
	assert_string_equal(p, "kept");
	p = gv_compat_reallocarray(p, 100, 10);
	assert_non_null(p);
	assert_string_equal(p, "kept");
	free(p);
}

UNIT(compat)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_overwritten_is_zero),
		cmocka_unit_test(bytes_are_found_wherever_they_are),
		cmocka_unit_test(a_byte_is_found_from_either_end),
		cmocka_unit_test(words_are_found_in_either_case),
		cmocka_unit_test(a_copy_ends_where_the_text_does),
		cmocka_unit_test(more_memory_than_can_be_counted_is_refused),
	};

	return UNIT_RUN(tests);
}
