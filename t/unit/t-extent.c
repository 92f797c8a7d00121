#include "unit.h"

#include <fcntl.h>

#include "scratch.h"

#include "base/buf.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "textindex/extent.h"

#define FILE_OF_IT ".git/vault/search/extent"

static struct gv_repo *
make_repo(void)
{
	struct gv_repo *repo;

	sh("git init -q . && git commit -q --allow-empty -m x && "
	   "mkdir -p .git/vault/search");
	assert_int_equal(gv_repo_open(&repo, 0), 0);
	return repo;
}

/* Two parts and a content that none of them has. */
static void
save(const struct gv_repo *repo)
{
	struct gv_extent_part parts[] = { { 3, 0xdeadbeef }, { 7, 1 } };
	struct gv_oid unread;
	struct gv_extent cover = { .snapshots = 5,
		.blobs = 6,
		.bytes = 7000,
		.binary = 8,
		.parts = parts,
		.n = 2,
		.unread = &unread,
		.n_unread = 1 };

	memset(&unread, 0xab, sizeof(unread));
	assert_int_equal(gv_extent_stamp(cover.stamp, repo->common_dir), 1);
	gv_extent_save(&cover, repo);
}

static bool
is_believed(const struct gv_repo *repo)
{
	struct gv_extent cover;
	const int r = gv_extent_load(&cover, repo->common_dir);

	gv_extent_release(&cover);
	assert_in_range(r, 0, 1);
	return r == 1;
}

static void
what_is_saved_comes_back(void **state)
{
	struct gv_repo *repo = make_repo();
	struct gv_extent cover;

	(void)state;
	assert_false(is_believed(repo));
	save(repo);
	assert_int_equal(gv_extent_load(&cover, repo->common_dir), 1);
	assert_int_equal(cover.snapshots, 5);
	assert_int_equal(cover.blobs, 6);
	assert_int_equal(cover.bytes, 7000);
	assert_int_equal(cover.binary, 8);
	assert_int_equal(cover.n, 2);
	assert_int_equal(cover.parts[0].sum, 0xdeadbeef);
	assert_int_equal(cover.parts[1].number, 7);
	assert_int_equal(cover.n_unread, 1);
	assert_int_equal(cover.unread[0].id[19], 0xab);
	gv_extent_release(&cover);
	gv_extent_remove(repo);
	assert_false(is_believed(repo));
	gv_repo_close(repo);
}

/* What a snapshot or an automatic save adds is in no part. */
static void
a_ref_that_moves_ends_it(void **state)
{
	static const char *const refs[] = {
		"refs/vault/snapshots/20261120T071244Z-0123abcd",
		"refs/vault/auto/host/main"
	};
	struct gv_repo *repo = make_repo();
	char command[200];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		save(repo);
		assert_true(is_believed(repo));
		(void)snprintf(command, sizeof(command),
		    "git update-ref %s HEAD", refs[i]);
		sh(command);
		assert_false(is_believed(repo));
	}
	save(repo);
	sh("git branch other");
	assert_true(is_believed(repo));
	gv_repo_close(repo);
}

static void
put(const char *bytes, size_t len)
{
	assert_int_equal(
	    gv_file_replace(AT_FDCWD, FILE_OF_IT, bytes, len, 0600, false), 0);
}

static void
damage_is_seen(void **state)
{
	struct gv_repo *repo = make_repo();
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	save(repo);
	assert_int_equal(gv_file_read(&b, AT_FDCWD, FILE_OF_IT, 4096), 0);
	for (i = 0; i < b.len; i++) {
		b.p[i] ^= 0x41;
		put(b.p, b.len);
		assert_false(is_believed(repo));
		b.p[i] ^= 0x41;
		put(b.p, i);
		assert_false(is_believed(repo));
	}
	put(b.p, b.len);
	assert_true(is_believed(repo));
	gv_buf_addch(&b, 'x');
	put(b.p, b.len);
	assert_false(is_believed(repo));
	gv_buf_release(&b);
	gv_repo_close(repo);
}

UNIT(extent)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(what_is_saved_comes_back),
		SCRATCH_TEST(a_ref_that_moves_ends_it),
		SCRATCH_TEST(damage_is_seen),
	};

	return UNIT_RUN(tests);
}
