#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "repo/hash.h"
#include "repo/oid.h"

static void
reads_and_writes_forty_digits(void **state)
{
	static const char hex[] = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
	char text[GV_OID_HEX + 1];
	struct gv_oid id;

	(void)state;
	assert_int_equal(gv_oid_parse(&id, hex), 0);
	assert_true(gv_oid_equal(&id, &gv_oid_empty_tree));
	gv_oid_format(text, &id);
	assert_string_equal(text, hex);
	assert_int_equal(gv_oid_parse(&id, "4b825dc6"), GV_ERROR);
	assert_int_equal(gv_oid_parse(&id, ""), GV_ERROR);
	assert_false(gv_oid_is_zero(&gv_oid_empty_blob));
	memset(&id, 0, sizeof(id));
	assert_true(gv_oid_is_zero(&id));
}

static void
names_bytes_as_git_does(void **state)
{
	char text[GV_OID_HEX + 1];
	struct gv_oid id;

	(void)state;
	assert_int_equal(gv_oid_of(&id, GV_OTYPE_BLOB, "", 0), 0);
	assert_true(gv_oid_equal(&id, &gv_oid_empty_blob));
	assert_int_equal(gv_oid_of(&id, GV_OTYPE_TREE, "", 0), 0);
	assert_true(gv_oid_equal(&id, &gv_oid_empty_tree));
	assert_int_equal(gv_oid_of(&id, GV_OTYPE_BLOB, "hello\n", 6), 0);
	gv_oid_format(text, &id);
	assert_string_equal(text, "ce013625030ba8dba906f756967f9e9ca394464a");
}

static void
names_bytes_the_same_without_looking_for_an_attack(void **state)
{
	static const char bytes[200] = "tree";
	struct gv_oid id, plain;
	size_t len;
	int t;

	(void)state;
	for (t = GV_OTYPE_COMMIT; t <= GV_OTYPE_TAG; t++)
		for (len = 0; len <= sizeof(bytes); len++) {
			assert_int_equal(
			    gv_oid_of(&id, (enum gv_otype)t, bytes, len), 0);
			gv_hash_object(&plain, (enum gv_otype)t, bytes, len);
			assert_true(gv_oid_equal(&id, &plain));
		}
}

static void
sums_bytes_by_md5_as_others_do(void **state)
{
	/* RFC 1321 */
	static const unsigned char of_abc[GV_HASH_MD5] = { 0x90, 0x01, 0x50,
		0x98, 0x3c, 0xd2, 0x4f, 0xb0, 0xd6, 0x96, 0x3f, 0x7d, 0x28,
		0xe1, 0x7f, 0x72 };
	static const unsigned char of_none[GV_HASH_MD5] = { 0xd4, 0x1d, 0x8c,
		0xd9, 0x8f, 0x00, 0xb2, 0x04, 0xe9, 0x80, 0x09, 0x98, 0xec,
		0xf8, 0x42, 0x7e };
	unsigned char sum[GV_HASH_MD5];

	(void)state;
	gv_hash_md5(sum, "abc", 3);
	assert_memory_equal(sum, of_abc, sizeof(sum));
	gv_hash_md5(sum, NULL, 0);
	assert_memory_equal(sum, of_none, sizeof(sum));
}

static void
knows_the_four_types(void **state)
{
	int t;

	(void)state;
	for (t = GV_OTYPE_COMMIT; t <= GV_OTYPE_TAG; t++) {
		const char *name = gv_oid_type_name((enum gv_otype)t);

		assert_non_null(name);
		assert_int_equal(gv_oid_type_parse(name, strlen(name)), t);
	}
	assert_null(gv_oid_type_name((enum gv_otype)0));
	assert_null(gv_oid_type_name((enum gv_otype)7));
	assert_int_equal(gv_oid_type_parse("blobs", 5), 0);
	assert_int_equal(gv_oid_type_parse("", 0), 0);
}

UNIT(oid)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_forty_digits),
		cmocka_unit_test(names_bytes_as_git_does),
		cmocka_unit_test(
		    names_bytes_the_same_without_looking_for_an_attack),
		cmocka_unit_test(sums_bytes_by_md5_as_others_do),
		cmocka_unit_test(knows_the_four_types),
	};

	return UNIT_RUN(tests);
}
