#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "worktree/index.h"

/* Index files by hand. */

static void
add32(struct gv_buf *b, uint32_t v)
{
	gv_buf_addch(b, (char)(v >> 24));
	gv_buf_addch(b, (char)(v >> 16));
	gv_buf_addch(b, (char)(v >> 8));
	gv_buf_addch(b, (char)v);
}

static void
begin(struct gv_buf *b, unsigned version, unsigned n)
{
	gv_buf_reset(b);
	gv_buf_addstr(b, "DIRC");
	add32(b, version);
	add32(b, n);
}

static void
add_fixed(struct gv_buf *b, uint32_t mode, unsigned flags)
{
	char oid[GV_OID_RAW];
	int i;

	for (i = 1; i <= 10; i++)
		add32(b, i == 7 ? mode : (uint32_t)i);
	memset(oid, 0xab, sizeof(oid));
	gv_buf_add(b, oid, sizeof(oid));
	gv_buf_addch(b, (char)(flags >> 8));
	gv_buf_addch(b, (char)flags);
}

static void
add_entry(struct gv_buf *b, const char *path, unsigned stage, uint32_t mode)
{
	size_t len = strlen(path), pad = 8 - (62 + len) % 8;

	add_fixed(b, mode, stage << 12 | (unsigned)len);
	gv_buf_addstr(b, path);
	gv_buf_add(b, "\0\0\0\0\0\0\0", pad);
}

/* Version 4: `strip` is the varint's bytes. */
static void
add_cut(struct gv_buf *b, const char *strip, size_t n, const char *own,
    unsigned path_len)
{
	add_fixed(b, 0100644, path_len < 0xfff ? path_len : 0xfff);
	gv_buf_add(b, strip, n);
	gv_buf_add(b, own, strlen(own) + 1);
}

static void
add_extension(struct gv_buf *b, const char *name, const void *p, size_t len)
{
	gv_buf_addstr(b, name);
	add32(b, (uint32_t)len);
	gv_buf_add(b, p, len);
}

static int
parse(struct gv_index **out, struct gv_buf *b)
{
	static const char sum[GV_OID_RAW];

	gv_buf_add(b, sum, sizeof(sum));
	*out = NULL;
	return gv_index_parse(out, b->p, b->len);
}

/* The index must be turned down with this code. */
static void
refuse(struct gv_buf *b, int code)
{
	struct gv_index *index;

	gv_err_set_message(NULL);
	assert_int_equal(parse(&index, b), code);
	assert_null(index);
	assert_string_not_equal(gv_err_message(), "");
}

static void
test_entries_carry_what_the_file_says(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_index *index;
	const struct gv_index_entry *e;

	(void)state;
	begin(&b, 2, 2);
	add_entry(&b, "a/run", 0, 0100755);
	add_entry(&b, "b", 0, 0120000);
	assert_int_equal(parse(&index, &b), 0);
	assert_int_equal(index->n, 2);
	e = &index->entries[0];
	assert_string_equal(e->path, "a/run");
	assert_int_equal(e->path_len, 5);
	assert_int_equal(e->mode, 0100755);
	assert_int_equal(e->ctime_s, 1);
	assert_int_equal(e->ctime_ns, 2);
	assert_int_equal(e->mtime_s, 3);
	assert_int_equal(e->mtime_ns, 4);
	assert_int_equal(e->dev, 5);
	assert_int_equal(e->ino, 6);
	assert_int_equal(e->uid, 8);
	assert_int_equal(e->gid, 9);
	assert_int_equal(e->size, 10);
	assert_int_equal(e->oid.id[19], 0xab);
	assert_int_equal(e->flags, 0);
	assert_false(index->has_conflicts);
	assert_false(index->has_skipped);
	assert_int_equal(gv_index_verify(index), 0);
	gv_index_close(index);
	gv_buf_release(&b);
}

static void
test_find_tells_paths_and_stages_apart(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_index *index;

	(void)state;
	begin(&b, 2, 6);
	add_entry(&b, "a", 0, 0100644);
	add_entry(&b, "ab", 1, 0100644);
	add_entry(&b, "ab", 2, 0100644);
	add_entry(&b, "ab", 3, 0100644);
	add_entry(&b, "abc", 0, 0100644);
	add_entry(&b, "b", 2, 0100644);
	assert_int_equal(parse(&index, &b), 0);
	assert_true(index->has_conflicts);
	assert_ptr_equal(gv_index_find(index, "a", 1, 0), index->entries);
	assert_ptr_equal(gv_index_find(index, "ab", 2, 2), index->entries + 2);
	assert_ptr_equal(gv_index_find(index, "abc", 3, 0), index->entries + 4);
	assert_null(gv_index_find(index, "ab", 2, 0));
	assert_null(gv_index_find(index, "b", 1, 0));
	assert_null(gv_index_find(index, "", 0, 0));
	assert_null(gv_index_find(index, "abcd", 4, 0));
	assert_null(gv_index_find(index, "c", 1, 0));
	gv_index_close(index);
	gv_buf_release(&b);
}

static void
test_a_range_is_what_lies_below_a_directory(void **state)
{
	static const char *const paths[] = { "a", "b-c", "b/1", "b/2/3", "b/4",
		"b0", "c/d/e", "c/d/f" };
	static const struct {
		const char *dir;
		size_t first, count;
	} want[] = { { "", 0, 8 }, { "b", 2, 3 }, { "b/2", 3, 1 },
		{ "c", 6, 2 }, { "c/d", 6, 2 }, { "a", 1, 0 }, { "b-", 1, 0 },
		{ "b/3", 4, 0 }, { "zz", 8, 0 } };
	struct gv_buf b = GV_BUF_INIT;
	struct gv_index *index;
	size_t i, first, count;

	(void)state;
	begin(&b, 2, 8);
	for (i = 0; i < 8; i++)
		add_entry(&b, paths[i], 0, 0100644);
	assert_int_equal(parse(&index, &b), 0);
	for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
		gv_index_range(
		    index, want[i].dir, strlen(want[i].dir), &first, &count);
		assert_int_equal(count, want[i].count);
		if (count)
			assert_int_equal(first, want[i].first);
	}
	gv_index_close(index);
	gv_buf_release(&b);
}

static void
test_paths_of_version_4_build_on_each_other(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_index *index;
	char longer[300];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	begin(&b, 4, 4);
	add_cut(&b, "\0", 1, "dir/aa", 6);
	add_cut(&b, "\1", 1, "bcd", 8);
	add_cut(&b, "\4", 1, longer, 303);
	/* 299 = ((1 + 1) << 7) + 43 */
	add_cut(&b, "\x81\x2b", 2, "yz", 6);
	assert_int_equal(parse(&index, &b), 0);
	assert_string_equal(index->entries[0].path, "dir/aa");
	assert_string_equal(index->entries[1].path, "dir/abcd");
	assert_int_equal(index->entries[2].path_len, 303);
	assert_memory_equal(index->entries[2].path, "dir/xxxx", 8);
	assert_string_equal(index->entries[3].path, "dir/yz");
	gv_index_close(index);
	gv_buf_release(&b);
}

static void
test_damaged_paths_of_version_4(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	begin(&b, 4, 1);
	add_cut(&b, "\1", 1, "a", 1); /* more than there is */
	refuse(&b, GV_ECORRUPT);
	begin(&b, 4, 1);
	add_cut(&b, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11, "a", 1);
	refuse(&b, GV_ECORRUPT);
	begin(&b, 4, 2);
	add_cut(&b, "\0", 1, "a", 1);
	add_fixed(&b, 0100644, 1);
	gv_buf_addstr(&b, "\xff\xff"); /* ends within the number */
	refuse(&b, GV_ECORRUPT);
	begin(&b, 4, 1);
	add_cut(&b, "\0", 1, "abc", 2); /* not as long as it says */
	refuse(&b, GV_ECORRUPT);
	gv_buf_release(&b);
}

static void
test_paths_that_would_fill_the_memory_are_left_to_git(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	char path[60001];
	unsigned i;

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	begin(&b, 4, 1000);
	add_cut(&b, "\0", 1, path, 60000);
	for (i = 1; i < 1000; i++)
		add_cut(&b, "\0", 1, "b", 60000 + i);
	refuse(&b, GV_EREFUSED);
	gv_buf_release(&b);
}

static void
test_entries_out_of_order_are_damage(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned stage_a, stage_b;
	} rows[] = { { "b", "a", 0, 0 }, { "ab", "a", 0, 0 },
		{ "a", "a", 0, 0 }, { "a", "a", 0, 1 }, { "a", "a", 2, 1 },
		{ "a", "a", 2, 2 }, { "a/b", "a-b", 0, 0 },
		{ "\xff", "z", 0, 0 } };
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin(&b, 2, 2);
		add_entry(&b, rows[i].a, rows[i].stage_a, 0100644);
		add_entry(&b, rows[i].b, rows[i].stage_b, 0100644);
		refuse(&b, GV_ECORRUPT);
	}
	gv_buf_release(&b);
}

static void
test_headers_modes_and_lengths_are_checked(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	refuse(&b, GV_ECORRUPT);
	begin(&b, 2, 0);
	memcpy(b.p, "DIRX", 4);
	refuse(&b, GV_ECORRUPT);
	begin(&b, 2, 2);
	add_entry(&b, "a", 0, 0100644);
	refuse(&b, GV_ECORRUPT);
	begin(&b, 2, 0xffffffff);
	add_entry(&b, "a", 0, 0100644);
	refuse(&b, GV_ECORRUPT);
	begin(&b, 2, 1);
	add_entry(&b, "a", 0, 0010644); /* a pipe */
	refuse(&b, GV_ECORRUPT);
	begin(&b, 2, 1);
	add_fixed(&b, 0100644, 3); /* its path is two bytes long */
	gv_buf_add(&b, "ab\0\0\0\0\0\0\0", 10);
	refuse(&b, GV_ECORRUPT);
	begin(&b, 2, 1);
	add_fixed(&b, 0100644, 0x4001); /* more flags, but version 2 */
	gv_buf_add(&b, "\0\0a\0\0\0\0\0\0", 10);
	refuse(&b, GV_ECORRUPT);
	begin(&b, 3, 1);
	add_fixed(&b, 0100644, 0x4001); /* a flag that is not defined */
	gv_buf_add(&b, "\x80\0a\0\0\0\0\0\0", 10);
	refuse(&b, GV_ECORRUPT);
	gv_buf_release(&b);
}

static void
test_extended_flags(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_index *index;

	(void)state;
	begin(&b, 3, 1);
	add_fixed(&b, 0100644, 0xc001);
	gv_buf_add(&b, "\x60\0a\0\0\0\0\0\0", 10);
	assert_int_equal(parse(&index, &b), 0);
	assert_int_equal(index->entries[0].flags,
	    GV_INDEX_ASSUME_VALID | GV_INDEX_SKIP_WORKTREE |
		GV_INDEX_INTENT_TO_ADD);
	assert_true(index->has_skipped);
	gv_index_close(index);
	gv_buf_release(&b);
}

static void
test_what_only_git_can_read_is_refused(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	begin(&b, 2, 0);
	add_extension(&b, "link", "x", 1);
	refuse(&b, GV_EREFUSED);
	begin(&b, 2, 0);
	add_extension(&b, "sdir", "", 0);
	refuse(&b, GV_EREFUSED);
	begin(&b, 2, 0);
	add_extension(&b, "yoga", "", 0);
	refuse(&b, GV_EREFUSED);
	begin(&b, 2, 1);
	add_entry(&b, "dir/", 0, 0040000);
	refuse(&b, GV_EREFUSED);
	begin(&b, 2, 1);
	add_entry(&b, "", 0, 0100644);
	refuse(&b, GV_EREFUSED);
	begin(&b, 5, 0);
	refuse(&b, GV_EREFUSED);
	gv_buf_release(&b);
}

static void
test_optional_extensions_are_skipped(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_index *index;

	(void)state;
	begin(&b, 2, 1);
	add_entry(&b, "a", 0, 0100644);
	add_extension(&b, "UNTR", "whatever", 8);
	add_extension(&b, "ZZZZ", "", 0);
	assert_int_equal(parse(&index, &b), 0);
	assert_int_equal(index->n, 1);
	gv_index_close(index);
	begin(&b, 2, 0);
	gv_buf_addstr(&b, "UNTR");
	add32(&b, 1);
	refuse(&b, GV_ECORRUPT);
	begin(&b, 2, 0);
	gv_buf_addstr(&b, "UNTR123");
	refuse(&b, GV_ECORRUPT);
	gv_buf_release(&b);
}

/* The tree of the index that holds this TREE extension. */
static size_t
trees_of(struct gv_index **out, struct gv_buf *b, const char *tree, size_t len)
{
	size_t n;

	begin(b, 2, 0);
	add_extension(b, "TREE", tree, len);
	assert_int_equal(parse(out, b), 0);
	(void)gv_index_trees(*out, &n);
	return n;
}

#define ID "abcdefghijklmnopqrst"

static void
test_tree_ids_are_found_by_directory(void **state)
{
	static const char tree[] = "\0"
				   "4 2\n" ID "b\0"
				   "2 1\n" ID "c\0"
				   "1 0\n" ID "aa\0"
				   "-1 0\n";
	struct gv_buf b = GV_BUF_INIT;
	const struct gv_index_tree *trees;
	struct gv_index *index;
	size_t n;

	(void)state;
	assert_int_equal(trees_of(&index, &b, tree, sizeof(tree) - 1), 4);
	trees = gv_index_trees(index, &n);
	assert_string_equal(trees[2].path, "b/c");
	assert_int_equal(trees[2].entries, 1);
	assert_string_equal(trees[3].path, "aa");
	assert_int_equal(trees[3].entries, -1);
	assert_ptr_equal(gv_index_tree_of(index, "b/c", 3), &trees[2].oid);
	assert_memory_equal(trees[2].oid.id, ID, GV_OID_RAW);
	assert_null(gv_index_tree_of(index, "aa", 2));
	assert_null(gv_index_tree_of(index, "c", 1));
	gv_index_close(index);
	/* that of the root, also before all are read */
	begin(&b, 2, 0);
	add_extension(&b, "TREE", tree, sizeof(tree) - 1);
	assert_int_equal(parse(&index, &b), 0);
	assert_memory_equal(gv_index_tree_of(index, "", 0)->id, ID, GV_OID_RAW);
	gv_index_close(index);
	begin(&b, 2, 0);
	add_extension(&b, "TREE", "\0-1 0\n", 6);
	assert_int_equal(parse(&index, &b), 0);
	assert_null(gv_index_tree_of(index, "", 0));
	gv_index_close(index);
	gv_buf_release(&b);
}

static void
test_a_malformed_tree_extension_is_none(void **state)
{
	static const struct {
		const char *p;
		size_t len;
	} rows[] = {
#define ROW(s) { s, sizeof(s) - 1 }
		ROW("\0001 0\nshort"),
		ROW("\0001 0\n" ID "rest"),
		ROW("\0001 1\n" ID),
		ROW("\0001 1\n" ID "a\0001 0\n"),
		ROW("\0001 1\n" ID "\0001 0\n" ID),
		ROW("\0001 1\n" ID "a/b\0001 0\n" ID),
		ROW("top\0001 0\n" ID),
		ROW("\0001x0\n" ID),
		ROW("\0- 0\n" ID),
		ROW("\0009999999999 0\n" ID),
		ROW("no end"),
	};
	struct gv_buf b = GV_BUF_INIT;
	struct gv_index *index;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(
		    trees_of(&index, &b, rows[i].p, rows[i].len), 0);
		assert_null(gv_index_tree_of(index, "", 0));
		gv_index_close(index);
	}
	assert_int_equal(trees_of(&index, &b, "", 0), 0);
	gv_index_close(index);
	/* nor can there be two */
	begin(&b, 2, 0);
	add_extension(&b, "TREE", "\0001 0\n" ID, 25);
	add_extension(&b, "TREE", "\0001 0\n" ID, 25);
	assert_int_equal(parse(&index, &b), 0);
	(void)gv_index_trees(index, &n);
	assert_int_equal(n, 0);
	assert_null(gv_index_tree_of(index, "", 0));
	gv_index_close(index);
	gv_buf_release(&b);
}

UNIT(index)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries_carry_what_the_file_says),
		cmocka_unit_test(test_find_tells_paths_and_stages_apart),
		cmocka_unit_test(test_a_range_is_what_lies_below_a_directory),
		cmocka_unit_test(test_paths_of_version_4_build_on_each_other),
		cmocka_unit_test(test_damaged_paths_of_version_4),
		cmocka_unit_test(
		    test_paths_that_would_fill_the_memory_are_left_to_git),
		cmocka_unit_test(test_entries_out_of_order_are_damage),
		cmocka_unit_test(test_headers_modes_and_lengths_are_checked),
		cmocka_unit_test(test_extended_flags),
		cmocka_unit_test(test_what_only_git_can_read_is_refused),
		cmocka_unit_test(test_optional_extensions_are_skipped),
		cmocka_unit_test(test_tree_ids_are_found_by_directory),
		cmocka_unit_test(test_a_malformed_tree_extension_is_none),
	};

	return UNIT_RUN(tests);
}
