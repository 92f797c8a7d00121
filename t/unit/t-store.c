#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "store/store.h"
#include "store/store_internal.h"

static struct gv_store *
opened(const struct gv_store_opts *opts)
{
	struct gv_store *store = NULL;
	struct gv_buf url = GV_BUF_INIT;
	char here[4096];

	assert_non_null(getcwd(here, sizeof(here)));
	gv_buf_addf(&url, "file://%s/s", here);
	assert_int_equal(gv_store_open(&store, url.p, opts), 0);
	assert_string_equal(gv_store_url(store), url.p);
	gv_buf_release(&url);
	return store;
}

static int
put(struct gv_store *store, const char *name, const char *text, unsigned flags,
    const char *etag)
{
	const struct gv_store_body body = {
		.fd = -1, .bytes = text, .len = strlen(text)
	};

	return gv_store_put(NULL, store, name, &body, flags, etag);
}

static int
add(void *ctx, const void *data, size_t len)
{
	gv_buf_add(ctx, data, len);
	return 0;
}

static void
expect(struct gv_store *store, const char *name, const char *text)
{
	struct gv_buf b = GV_BUF_INIT;

	assert_int_equal(gv_store_get(store, name, 0, UINT64_MAX,
			     &(struct gv_store_sink){ add, &b }),
	    0);
	assert_string_equal(b.p, text);
	gv_buf_release(&b);
}

static int
add_name(void *ctx, const char *name, const struct gv_store_stat *stat)
{
	gv_buf_addf(ctx, "%s %d\n", name, (int)stat->bytes);
	return 0;
}

static void
expect_list(struct gv_store *store, const char *prefix, const char *after,
    const char *want)
{
	struct gv_buf b = GV_BUF_INIT;

	assert_int_equal(gv_store_list(store, prefix, after, add_name, &b), 0);
	assert_string_equal(b.p, want);
	gv_buf_release(&b);
}

static void
names_are_few_signs_and_lead_nowhere(void **state)
{
	static const char *const good[] = { "a", "packs/pack-0a.idx",
		"a/b/c_d.e" };
	static const char *const bad[] = { "", "/", "a/", "/a", "a//b", ".",
		"..", "a/../b", ".put-1", "a/.b", "A", "a b", "a%2f", "a\\b",
		"\xc3\xa4" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(gv_store_is_name(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(gv_store_is_name(bad[i]));
}

static void
addresses_that_lead_to_no_store_are_refused(void **state)
{
	struct gv_store *store = NULL;

	(void)state;
	assert_int_equal(
	    gv_store_open(&store, "what://k:secret@x", NULL), GV_EREFUSED);
	assert_null(strstr(gv_err_message(), "secret@"));
	assert_int_equal(
	    gv_store_open(&store, "file://here", NULL), GV_EREFUSED);
	assert_int_equal(
	    gv_store_open(&store, "file:///a%0", NULL), GV_EREFUSED);
	assert_int_equal(gv_store_open(&store, "file:///does/not/exist", NULL),
	    GV_ENOTFOUND);
	assert_message("mkdir -p /does/not/exist");
	sh("mkdir 'a b%'");
	assert_null(store);
}

static void
what_is_stored_is_read_back_and_listed_in_order(void **state)
{
	struct gv_store *store;
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	sh("mkdir s");
	store = opened(NULL);
	assert_int_equal(put(store, "a/b", "one", GV_STORE_NEW, NULL), 0);
	assert_int_equal(put(store, "a-", "two", 0, NULL), 0);
	assert_int_equal(put(store, "a0", "", 0, NULL), 0);
	assert_int_equal(put(store, "a/b/c", "x", 0, NULL), GV_ERROR);
	expect(store, "a/b", "one");
	expect(store, "a0", "");
	expect_list(store, "", NULL, "a- 3\na/b 3\na0 0\n");
	expect_list(store, "", "a/b", "a0 0\n");
	expect_list(store, "a/", NULL, "a/b 3\n");
	expect_list(store, "a/", "a/b", "");
	expect_list(store, "b", NULL, "");
	assert_int_equal(gv_store_get(store, "a/b", 1, 1,
			     &(struct gv_store_sink){ add, &b }),
	    0);
	assert_string_equal(b.p, "n");
	gv_buf_release(&b);
	assert_int_equal(gv_store_delete(store, "a/b"), 0);
	assert_int_equal(gv_store_delete(store, "a/b"), 0);
	assert_int_equal(gv_store_get(store, "a/b", 0, 1,
			     &(struct gv_store_sink){ add, &b }),
	    GV_ENOTFOUND);
	gv_store_close(store);
}

static void
a_new_object_replaces_none(void **state)
{
	struct gv_store *store;
	unsigned promises;

	(void)state;
	sh("mkdir s");
	store = opened(NULL);
	assert_int_equal(gv_store_promises(&promises, store), 0);
	assert_int_equal(promises, GV_STORE_CREATES | GV_STORE_REPLACES);
	assert_int_equal(put(store, "a", "one", GV_STORE_NEW, NULL), 0);
	assert_int_equal(
	    put(store, "a", "two", GV_STORE_NEW, NULL), GV_EEXISTS);
	expect(store, "a", "one");
	sh("test $(ls -A s | wc -l) = 1");
	gv_store_close(store);
}

static void
an_object_is_replaced_only_if_it_is_the_same(void **state)
{
	struct gv_store_stat first, other;
	struct gv_store *store;

	(void)state;
	sh("mkdir s");
	store = opened(NULL);
	assert_int_equal(
	    put(store, "head", "x", GV_STORE_SAME, "0"), GV_EEXISTS);
	assert_int_equal(put(store, "head", "one", 0, NULL), 0);
	assert_int_equal(gv_store_stat(&first, store, "head"), 0);
	assert_int_equal(
	    put(store, "head", "two", GV_STORE_SAME, first.etag), 0);
	assert_int_equal(
	    put(store, "head", "six", GV_STORE_SAME, first.etag), GV_EEXISTS);
	assert_int_equal(gv_store_stat(&other, store, "head"), 0);
	assert_string_not_equal(first.etag, other.etag);
	expect(store, "head", "two");
	gv_store_close(store);
}

static void
a_part_of_a_file_is_stored_if_it_is_what_was_announced(void **state)
{
	/* of "bcd" */
	static const unsigned char sum[32] = { 0xa6, 0xb0, 0xf9, 0x0d, 0x2a,
		0xc2, 0xb8, 0xd1, 0xf2, 0x50, 0xc6, 0x87, 0x30, 0x1a, 0xef,
		0x13, 0x20, 0x49, 0xe9, 0x01, 0x6d, 0xf9, 0x36, 0x68, 0x0e,
		0x81, 0xfa, 0x7b, 0xc7, 0xd8, 0x1d, 0x70 };
	struct gv_store_body body = { .at = 1, .len = 3, .sha256 = sum };
	struct gv_store *store;

	(void)state;
	sh("mkdir s; printf abcde >f");
	store = opened(NULL);
	body.fd = open("f", O_RDONLY);
	assert_true(body.fd >= 0);
	assert_int_equal(
	    gv_store_put(NULL, store, "a", &body, GV_STORE_NEW, NULL), 0);
	expect(store, "a", "bcd");
	sh("printf abcxe >f");
	assert_int_equal(
	    gv_store_put(NULL, store, "b", &body, GV_STORE_NEW, NULL),
	    GV_EREFUSED);
	sh("printf ab >f");
	assert_int_equal(
	    gv_store_put(NULL, store, "b", &body, GV_STORE_NEW, NULL),
	    GV_EREFUSED);
	expect_list(store, "", NULL, "a 3\n");
	sh("test $(ls -A s | wc -l) = 1");
	close(body.fd);
	gv_store_close(store);
}

static void
links_and_strangers_files_are_passed_over(void **state)
{
	struct gv_store *store;
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	sh("mkdir s out; echo x >out/x; ln -s ../out s/packs;"
	   "ln -s ../out/x s/l; mkfifo s/p; echo y >s/UPPER; echo z >s/ok");
	store = opened(NULL);
	expect_list(store, "", NULL, "ok 2\n");
	assert_int_equal(put(store, "packs/y", "no", 0, NULL), GV_ERROR);
	assert_int_not_equal(gv_store_get(store, "packs/x", 0, 9,
				 &(struct gv_store_sink){ add, &b }),
	    0);
	assert_int_not_equal(
	    gv_store_get(store, "l", 0, 9, &(struct gv_store_sink){ add, &b }),
	    0);
	assert_int_not_equal(
	    gv_store_get(store, "p", 0, 9, &(struct gv_store_sink){ add, &b }),
	    0);
	assert_int_equal(b.len, 0);
	sh("test ! -e out/y");
	gv_store_close(store);
}

static void
what_a_killed_writer_left_goes_after_a_day(void **state)
{
	struct gv_store *store;

	(void)state;
	sh("mkdir s; : >s/.put-1; touch -d '2 days ago' s/.put-1; : >s/.put-2");
	store = opened(NULL);
	assert_int_equal(put(store, "a", "b", 0, NULL), 0);
	expect_list(store, "", NULL, "a 1\n");
	sh("test ! -e s/.put-1 && test -e s/.put-2");
	gv_store_close(store);
}

static void
what_was_written_and_read_is_counted(void **state)
{
	struct gv_store_count count;
	struct gv_store *store;

	(void)state;
	sh("mkdir s");
	store = opened(NULL);
	assert_int_equal(put(store, "a", "12345", 0, NULL), 0);
	expect(store, "a", "12345");
	gv_store_count(&count, store);
	assert_int_equal(count.requests, 2);
	assert_int_equal(count.bytes_out, 5);
	assert_int_equal(count.bytes_in, 5);
	gv_store_close(store);
}

/* Whose folder it is may write there, others may read. */
static void
a_missing_right_to_delete_is_one_of_credentials(void **state)
{
	const bool is_root = geteuid() == 0;
	struct gv_store *store;
	int r;

	(void)state;
	sh("mkdir s");
	store = opened(NULL);
	assert_int_equal(put(store, "p/a", "1", 0, NULL), 0);
	assert_int_equal(chmod("s/p", 0555), 0);
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	r = gv_store_delete(store, "p/a");
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(r, GV_ENOKEY);
	assert_non_null(strstr(gv_err_message(), "cannot delete"));
	assert_int_equal(chmod("s/p", 0755), 0);
	expect(store, "p/a", "1");
	gv_store_close(store);
}

static void
a_slow_request_is_given_up_while_little_was_sent(void **state)
{
	static const struct {
		uint64_t sent;
		long long ms;
		uint64_t bytes;
		bool pays;
	} cases[] = {
		/* nothing is known yet */
		{ 0, 0, 1 << 30, false },
		{ 1000, 1999, 1 << 30, false },
		/* 1 GiB at 100 MB/s, at 30 and at 1 */
		{ 200000000, 2000, 1 << 30, false },
		{ 60000000, 2000, 1 << 30, true },
		{ 2000000, 2000, 1 << 30, true },
		/* 70 MB at 3 MB/s and at 1 */
		{ 6000000, 2000, 70000000, false },
		{ 2000000, 2000, 70000000, true },
		/* a quarter of it is there */
		{ 268435455, 60000, 1 << 30, true },
		{ 268435456, 60000, 1 << 30, false },
		/* nothing goes at all */
		{ 0, 2000, 70000000, true },
		{ 1, 2000, UINT64_MAX, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(gv_store_split_pays(cases[i].sent, cases[i].ms,
				     cases[i].bytes),
		    cases[i].pays);
}

UNIT(store)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_few_signs_and_lead_nowhere),
		cmocka_unit_test(
		    a_slow_request_is_given_up_while_little_was_sent),
		SCRATCH_TEST(addresses_that_lead_to_no_store_are_refused),
		SCRATCH_TEST(what_is_stored_is_read_back_and_listed_in_order),
		SCRATCH_TEST(a_new_object_replaces_none),
		SCRATCH_TEST(an_object_is_replaced_only_if_it_is_the_same),
		SCRATCH_TEST(
		    a_part_of_a_file_is_stored_if_it_is_what_was_announced),
		SCRATCH_TEST(links_and_strangers_files_are_passed_over),
		SCRATCH_TEST(what_a_killed_writer_left_goes_after_a_day),
		SCRATCH_TEST(what_was_written_and_read_is_counted),
		SCRATCH_TEST(a_missing_right_to_delete_is_one_of_credentials),
	};

	return UNIT_RUN(tests);
}
