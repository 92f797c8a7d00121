#include "unit.h"

#include "key/keyring.h"
#include "view/crossing.h"

static const char *const scopes[] = { "dev", "prod", "shared" };
static const char *const dev[] = { "dev" };
static const char *const prod[] = { "prod" };
static const char *const both[] = { "dev", "prod" };

static const struct gv_keyring_recipient people[] = {
	{ .name = "ann", .role = GV_KEYRING_OWNER, .all = true, .key = "a" },
	{ .name = "bob",
	    .role = GV_KEYRING_READER,
	    .scopes = dev,
	    .n_scopes = 1,
	    .key = "b" },
	{ .name = "cat",
	    .role = GV_KEYRING_OPERATOR,
	    .scopes = both,
	    .n_scopes = 2,
	    .key = "c" },
	{ .name = "ci", .role = GV_KEYRING_WRITER, .key = "w" },
	{ .name = "dan",
	    .role = GV_KEYRING_READER,
	    .scopes = prod,
	    .n_scopes = 1,
	    .key = "d" },
};

/* A keyring of the first people. */
static struct gv_keyring
keyring_of(size_t n)
{
	return (struct gv_keyring){ .version = 1,
		.scopes = (const char **)scopes,
		.n_scopes = 3,
		.recipients = (struct gv_keyring_recipient *)people,
		.n_recipients = n };
}

/* Who would read it, "" for nobody. */
static const char *
reader(size_t n, const char *from, const char *to)
{
	const struct gv_keyring k = keyring_of(n);
	const char *who = NULL;
	int r = gv_crossing_reader(&who, &k, from, to);

	assert_int_equal(r, who != NULL);
	return who ? who : "";
}

static void
one_who_reads_the_path_and_not_the_secret_is_named(void **state)
{
	(void)state;
	assert_string_equal(reader(2, "prod", "dev"), "bob");
	assert_string_equal(reader(5, "dev", "prod"), "dan");
	assert_string_equal(reader(5, "shared", "prod"), "cat");
}

static void
nobody_is_where_all_who_read_the_path_read_the_secret(void **state)
{
	(void)state;
	assert_string_equal(reader(2, "dev", "prod"), "");
	assert_string_equal(reader(1, "prod", "dev"), "");
	assert_string_equal(reader(5, "dev", "dev"), "");
	assert_string_equal(reader(5, "dev", "shared"), "");
}

static void
a_scope_that_the_keyring_does_not_have_is_read_by_those_who_read_all(
    void **state)
{
	(void)state;
	assert_string_equal(reader(5, "prod", "staging"), "");
	assert_string_equal(reader(5, "staging", "prod"), "cat");
}

static void
a_writer_is_no_reader(void **state)
{
	struct gv_keyring k = keyring_of(5);
	struct gv_keyring_recipient two[] = { people[0], people[3] };

	(void)state;
	assert_false(gv_crossing_is_of_one(&k));
	k.recipients = two;
	k.n_recipients = 2;
	assert_true(gv_crossing_is_of_one(&k));
}

UNIT(crossing)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    one_who_reads_the_path_and_not_the_secret_is_named),
		cmocka_unit_test(
		    nobody_is_where_all_who_read_the_path_read_the_secret),
		cmocka_unit_test(
		    a_scope_that_the_keyring_does_not_have_is_read_by_those_who_read_all),
		cmocka_unit_test(a_writer_is_no_reader),
	};

	return UNIT_RUN(tests);
}
