#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/tree.h"
#include "view/history_cache.h"

static struct gv_history_row
row(unsigned char tree, unsigned mode, unsigned char oid)
{
	struct gv_history_row r = { .mode = mode };

	memset(r.tree.id, tree, GV_OID_RAW);
	memset(r.oid.id, oid, GV_OID_RAW);
	return r;
}

/* What the file says of the path in a tree. */
static bool
ask(struct gv_history_row *r, const struct gv_buf *file, const char *path,
    unsigned char tree)
{
	struct gv_history_cache c = GV_HISTORY_CACHE_INIT;

	*r = row(tree, 0, 0);
	assert_int_equal(
	    gv_history_cache_parse(&c, file->p, file->len, path), 0);
	return gv_history_cache_get(&c, r);
}

/* Put what is said of a path, in three trees, into a file. */
static void
put(struct gv_buf *file, const char *path, unsigned char first)
{
	struct gv_history_cache c = GV_HISTORY_CACHE_INIT;
	struct gv_history_row rows[] = {
		row((unsigned char)(first + 2), GV_MODE_FILE, 7),
		row(first, GV_MODE_DIR, 8),
		row((unsigned char)(first + 2), GV_MODE_FILE, 7),
		row((unsigned char)(first + 1), 0, 0),
	};
	struct gv_buf out = GV_BUF_INIT;

	if (file->len)
		assert_int_equal(
		    gv_history_cache_parse(&c, file->p, file->len, "elsewhere"),
		    0);
	gv_history_cache_format(&out, &c, path, rows, 4);
	assert_int_equal(gv_buf_check(&out), 0);
	gv_buf_release(file);
	*file = out;
}

static void
gives_back_what_stood_at_a_path(void **state)
{
	struct gv_buf file = GV_BUF_INIT;
	struct gv_history_row r;

	(void)state;
	put(&file, "a/b", 0x80);
	assert_int_equal(file.len, 8 + 8 + 3 + 3 * 44 + 4);
	assert_true(ask(&r, &file, "a/b", 0x82));
	assert_int_equal(r.mode, GV_MODE_FILE);
	assert_int_equal(r.oid.id[19], 7);
	assert_true(ask(&r, &file, "a/b", 0x80));
	assert_int_equal(r.mode, GV_MODE_DIR);
	assert_true(ask(&r, &file, "a/b", 0x81));
	assert_int_equal(r.mode, 0);
	assert_false(ask(&r, &file, "a/b", 0x83));
	assert_false(ask(&r, &file, "a", 0x82));
	assert_false(ask(&r, &file, "a/bc", 0x82));
	gv_buf_release(&file);
}

static void
keeps_the_paths_that_were_written_last(void **state)
{
	struct gv_buf file = GV_BUF_INIT;
	struct gv_history_row r;
	char path[16];
	unsigned i;

	(void)state;
	for (i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "p%u", i);
		put(&file, path, (unsigned char)i);
	}
	for (i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "p%u", i);
		assert_int_equal(
		    ask(&r, &file, path, (unsigned char)i), i >= 4);
	}
	/* again, for other trees: what was said of the others is gone */
	put(&file, "p9", 0x40);
	assert_true(ask(&r, &file, "p9", 0x40));
	assert_false(ask(&r, &file, "p9", 9));
	assert_true(ask(&r, &file, "p4", 4));
	gv_buf_release(&file);
}

static void
no_damage_goes_unseen(void **state)
{
	struct gv_history_cache c = GV_HISTORY_CACHE_INIT;
	struct gv_buf file = GV_BUF_INIT;
	size_t i;

	(void)state;
	put(&file, "a/b", 0x80);
	put(&file, "c", 0x10);
	for (i = 0; i < file.len; i++) {
		assert_int_equal(
		    gv_history_cache_parse(&c, file.p, i, "c"), GV_ECORRUPT);
		file.p[i] ^= 0x10;
		assert_int_equal(
		    gv_history_cache_parse(&c, file.p, file.len, "c"),
		    GV_ECORRUPT);
		file.p[i] ^= 0x10;
	}
	assert_null(c.sections);
	assert_null(c.rows);
	gv_buf_release(&file);
}

UNIT(history_cache)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_stood_at_a_path),
		cmocka_unit_test(keeps_the_paths_that_were_written_last),
		cmocka_unit_test(no_damage_goes_unseen),
	};

	return UNIT_RUN(tests);
}
