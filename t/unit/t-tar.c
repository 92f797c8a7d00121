#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "format/tar.h"

/* A member of the usual kind, to be changed. */
static const struct gv_tar_entry usual = {
	.type = GV_TAR_FILE,
	.path = "a/b",
	.path_len = 3,
	.mode = 0644,
	.uid = 1000,
	.gid = 100,
	.user = "someone",
	.group = "users",
	.mtime_s = 1000000000,
	.size = 5,
};

/* A field as text, up to the first NUL. */
#define FIELD(b, block, at)                                                    \
	((const char *)(b)->p + (size_t)(block)*GV_TAR_BLOCK + (at))

static void
check_sum(const struct gv_buf *b, size_t block)
{
	const unsigned char *p =
	    (const unsigned char *)b->p + block * GV_TAR_BLOCK;
	unsigned long sum = 0;
	size_t i;

	for (i = 0; i < GV_TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : p[i];
	assert_int_equal(strtoul((const char *)p + 148, NULL, 8), sum);
}

static void
test_a_plain_header_is_one_block(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_tar_header(&b, &usual), 0);
	assert_int_equal(b.len, GV_TAR_BLOCK);
	assert_string_equal(FIELD(&b, 0, 0), "a/b");
	assert_string_equal(FIELD(&b, 0, 100), "0000644");
	assert_string_equal(FIELD(&b, 0, 108), "0001750");
	assert_string_equal(FIELD(&b, 0, 124), "00000000005");
	assert_string_equal(FIELD(&b, 0, 136), "07346545000");
	assert_int_equal(*FIELD(&b, 0, 156), '0');
	assert_memory_equal(FIELD(&b, 0, 257), "ustar\00000", 8);
	assert_string_equal(FIELD(&b, 0, 265), "someone");
	assert_string_equal(FIELD(&b, 0, 297), "users");
	check_sum(&b, 0);
	gv_buf_release(&b);
}

/* The records before a member, as one text. */
static const char *
records(struct gv_buf *b, const struct gv_tar_entry *e)
{
	size_t size;

	gv_buf_reset(b);
	assert_int_equal(gv_tar_header(b, e), 0);
	if (b->len == GV_TAR_BLOCK)
		return "";
	assert_int_equal(*FIELD(b, 0, 156), 'x');
	check_sum(b, 0);
	size = strtoul(FIELD(b, 0, 124), NULL, 8);
	assert_int_equal(b->len % GV_TAR_BLOCK, 0);
	assert_int_equal(b->len / GV_TAR_BLOCK,
	    2 + (size + GV_TAR_BLOCK - 1) / GV_TAR_BLOCK);
	check_sum(b, b->len / GV_TAR_BLOCK - 1);
	return FIELD(b, 1, 0);
}

static void
test_what_does_not_fit_is_a_record(void **state)
{
	struct gv_tar_entry e = usual;
	struct gv_buf b = GV_BUF_INIT;
	char name[301];

	(void)state;
	e.mtime_ns = 1;
	assert_string_equal(records(&b, &e), "30 mtime=1000000000.000000001\n");
	e.mtime_ns = 0;
	e.size = UINT64_C(077777777777);
	assert_string_equal(records(&b, &e), "");
	e.size++;
	assert_string_equal(records(&b, &e), "19 size=8589934592\n");
	assert_string_equal(
	    FIELD(&b, b.len / GV_TAR_BLOCK - 1, 124), "00000000000");
	e.size = UINT64_C(20) << 40;
	assert_string_equal(records(&b, &e), "23 size=21990232555520\n");
	e.size = 0;
	e.uid = 07777777;
	assert_string_equal(records(&b, &e), "");
	e.uid++;
	e.gid = UINT32_MAX - 1;
	assert_string_equal(
	    records(&b, &e), "15 uid=2097152\n18 gid=4294967294\n");
	e.uid = e.gid = 0;
	e.user = "a-name-of-thirty-two-characters-";
	assert_string_equal(
	    records(&b, &e), "42 uname=a-name-of-thirty-two-characters-\n");
	e.user = "root";
	memset(name, 'n', sizeof(name) - 1);
	name[300] = '\0';
	e.path = name;
	e.path_len = 100;
	assert_string_equal(records(&b, &e), "");
	assert_memory_equal(FIELD(&b, 0, 0), name, 100);
	e.path_len = 101;
	assert_memory_equal(records(&b, &e), "111 path=nnn", 12);
	e.path_len = 300;
	assert_memory_equal(records(&b, &e), "310 path=nnn", 12);
	e.path_len = 1;
	e.type = GV_TAR_SYMLINK;
	e.target = name + 200;
	assert_string_equal(records(&b, &e), "");
	e.target = name + 199;
	assert_memory_equal(records(&b, &e), "115 linkpath=nnn", 16);
	gv_buf_release(&b);
}

static void
test_times_before_1970(void **state)
{
	struct gv_tar_entry e = usual;
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	e.mtime_s = 0;
	assert_string_equal(records(&b, &e), "");
	e.mtime_s = -1;
	assert_string_equal(records(&b, &e), "22 mtime=-1.000000000\n");
	e.mtime_ns = 750000000;
	assert_string_equal(records(&b, &e), "22 mtime=-0.250000000\n");
	e.mtime_s = -3;
	assert_string_equal(records(&b, &e), "22 mtime=-2.250000000\n");
	gv_buf_release(&b);
}

static void
test_directories_end_with_a_slash(void **state)
{
	struct gv_tar_entry e = usual;
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	e.type = GV_TAR_DIR;
	e.size = 0;
	assert_string_equal(records(&b, &e), "");
	assert_string_equal(FIELD(&b, 0, 0), "a/b/");
	gv_buf_release(&b);
}

static void
test_a_record_counts_its_own_length(void **state)
{
	char value[2000];
	struct gv_buf b = GV_BUF_INIT;
	size_t len, said;
	char *end;

	(void)state;
	memset(value, 'v', sizeof(value));
	for (len = 0; len < sizeof(value); len++) {
		gv_buf_reset(&b);
		gv_tar_record(&b, "k", value, len);
		said = strtoul(b.p, &end, 10);
		assert_int_equal(said, b.len);
		assert_memory_equal(end, " k=", 3);
		assert_int_equal(b.p[b.len - 1], '\n');
	}
	gv_buf_release(&b);
}

static void
test_a_sparse_file(void **state)
{
	struct gv_tar_entry e = usual;
	struct gv_buf b = GV_BUF_INIT, map = GV_BUF_INIT;

	(void)state;
	gv_tar_begin_map(&map, 2);
	gv_tar_add_run(&map, UINT64_C(1) << 40, 4096);
	gv_tar_add_run(&map, UINT64_C(1) << 41, 0);
	gv_tar_pad(&map, map.len);
	assert_string_equal(
	    map.p, "2\n1099511627776\n4096\n2199023255552\n0\n");
	assert_int_equal(map.len, GV_TAR_BLOCK);
	e.is_sparse = true;
	e.size = map.len + 4096;
	e.real_size = UINT64_C(1) << 41;
	assert_string_equal(records(&b, &e),
	    "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
	    "23 GNU.sparse.name=a/b\n"
	    "37 GNU.sparse.realsize=2199023255552\n");
	assert_string_equal(
	    FIELD(&b, b.len / GV_TAR_BLOCK - 1, 0), "GNUSparseFile.0/a/b");
	assert_string_equal(
	    FIELD(&b, b.len / GV_TAR_BLOCK - 1, 124), "00000011000");
	gv_buf_release(&b);
	gv_buf_release(&map);
}

/* An attribute's records. */
static const char *
xattr(struct gv_buf *b, const char *name, const char *value, size_t len)
{
	gv_buf_reset(b);
	gv_tar_xattr(b, name, value, len);
	return b->p;
}

/* Whether there is but one, of so many bytes. */
static void
expect_no_list(struct gv_buf *b, const char *value, size_t len, size_t all)
{
	const char *text = xattr(b, "system.posix_acl_default", value, len);

	assert_int_equal(b->len, all);
	assert_memory_equal(text + 2, " SCHILY.xattr.", 14);
}

#define ACL "\x02\0\0\0"
#define ALL                                                                    \
	ACL "\x01\0\x06\0\xff\xff\xff\xff\x02\0\x07\0\x4d\x01\0\0\x04\0\x04\0" \
	    "\xff\xff\xff\xff\x08\0\x01\0\xfe\xff\xff\xff\x10\0\x07\0"         \
	    "\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff"

static void
test_attributes_and_lists(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	assert_string_equal(xattr(&b, "user.k=%y", "v", 1),
	    "32 SCHILY.xattr.user.k%3D%25y=v\n");
	assert_memory_equal(
	    xattr(&b, "system.posix_acl_access", ALL, sizeof(ALL) - 1),
	    "97 SCHILY.acl.access=user::rw-,user:333:rwx,group::r--,"
	    "group:4294967294:--x,mask::rwx,other::---\n"
	    "93 SCHILY.xattr.system.posix_acl_access=\x02",
	    97 + 42);
	assert_memory_equal(
	    xattr(&b, "system.posix_acl_default", ALL, sizeof(ALL) - 1),
	    "98 SCHILY.acl.default=user::rw-,", 32);
	/* what is none is an attribute alone */
	expect_no_list(&b, ALL, sizeof(ALL) - 2, 93);
	expect_no_list(&b, ACL, 4, 46);
	expect_no_list(&b, "", 0, 42);
	expect_no_list(&b, "\x03\0\0\0\x01\0\x06\0\0\0\0\0", 12, 54);
	expect_no_list(&b, ACL "\x03\0\x06\0\0\0\0\0", 12, 54);
	expect_no_list(&b, ACL "\x01\0\x08\0\0\0\0\0", 12, 54);
	gv_buf_release(&b);
}

static void
test_the_end_fills_a_record(void **state)
{
	static const uint64_t written[] = { 0, 512, 8704, 9216, 9728, 10240 };
	static const size_t end[] = { 10240, 9728, 1536, 1024, 10752, 10240 };
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(end) / sizeof(end[0]); i++) {
		gv_buf_reset(&b);
		gv_tar_end(&b, written[i]);
		assert_int_equal(b.len, end[i]);
		assert_int_equal(b.p[0] | b.p[b.len - 1], 0);
	}
	gv_buf_release(&b);
}

UNIT(tar)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_plain_header_is_one_block),
		cmocka_unit_test(test_what_does_not_fit_is_a_record),
		cmocka_unit_test(test_times_before_1970),
		cmocka_unit_test(test_directories_end_with_a_slash),
		cmocka_unit_test(test_a_record_counts_its_own_length),
		cmocka_unit_test(test_a_sparse_file),
		cmocka_unit_test(test_attributes_and_lists),
		cmocka_unit_test(test_the_end_fills_a_record),
	};

	return UNIT_RUN(tests);
}
