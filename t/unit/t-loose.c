#include "unit.h"

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "object/loose.h"
#include "repo/repo.h"

static struct gv_repo *
make_repo(void)
{
	struct gv_repo *repo;

	sh("git init -q r");
	scratch_chdir("r");
	if (gv_repo_open(&repo, 0) < 0)
		fail_msg("%s", gv_err_message());
	return repo;
}

/* That git names these bytes so too, and reads them back. */
static void
expect_blob(const struct gv_oid *id)
{
	struct gv_buf command = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, id);
	gv_buf_addf(&command,
	    "test $(git hash-object bytes) = %s && git cat-file blob %s >got &&"
	    "cmp bytes got && git fsck --strict --no-dangling &&"
	    "test $(stat -c %%a .git/objects/%.2s/%s) = 444",
	    hex, hex, hex, hex + 2);
	sh(command.p);
	gv_buf_release(&command);
}

static void
git_reads_what_is_written(void **state)
{
	static const size_t sizes[] = { 0, 1, 61, 4096, 1 << 20 };
	struct gv_repo *repo = make_repo();
	char *bytes = calloc(1, 1 << 20);
	struct gv_oid id;
	size_t i, j;
	FILE *f;

	(void)state;
	assert_non_null(bytes);
	for (i = 0; i < 1 << 20; i++)
		bytes[i] = (char)(i * i >> 7);
	for (j = 0; j < sizeof(sizes) / sizeof(*sizes); j++) {
		f = fopen("bytes", "w");
		assert_non_null(f);
		assert_int_equal(fwrite(bytes, 1, sizes[j], f), sizes[j]);
		assert_int_equal(fclose(f), 0);
		assert_int_equal(
		    gv_loose_write(&id, repo, GV_OTYPE_BLOB, bytes, sizes[j]),
		    0);
		expect_blob(&id);
	}
	sh("! ls .git/objects/*/tmp_obj_* 2>/dev/null");
	free(bytes);
	gv_repo_close(repo);
}

static void
what_is_there_is_young_and_whole_again(void **state)
{
	struct gv_repo *repo = make_repo();
	struct gv_oid id;

	(void)state;
	sh("printf old >bytes");
	assert_int_equal(gv_loose_write(&id, repo, GV_OTYPE_BLOB, "old", 3), 0);
	sh("o=$(ls .git/objects/[0-9a-f][0-9a-f]/*) && touch -d '3 weeks ago' $o &&"
	   "chmod +w $o && : >$o && touch -d '3 weeks ago' $o");
	assert_int_equal(gv_loose_write(&id, repo, GV_OTYPE_BLOB, "old", 3), 0);
	expect_blob(&id);
	sh("git prune --expire 2.weeks.ago");
	expect_blob(&id);
	gv_repo_close(repo);
}

static void
others_have_what_they_are_to_have(void **state)
{
	struct gv_repo *repo;
	struct gv_oid id;

	(void)state;
	sh("umask 077; git init -q --shared=all r");
	scratch_chdir("r");
	assert_int_equal(gv_repo_open(&repo, 0), 0);
	assert_int_equal(gv_loose_write(&id, repo, GV_OTYPE_BLOB, "x", 1), 0);
	sh("test $(stat -c %a .git/objects/[0-9a-f][0-9a-f]/*) = 444 &&"
	   "test $(stat -c %A .git/objects/[0-9a-f][0-9a-f] | cut -c8) = r");
	gv_repo_close(repo);
}

static void
what_cannot_be_written_leaves_nothing(void **state)
{
	struct gv_repo *repo = make_repo();
	struct gv_oid id;

	(void)state;
	memset(&id, 0x11, sizeof(id));
	sh("d=.git/objects/$(printf x | git hash-object --stdin |"
	   "	sed 's,\\(..\\),\\1/,') && mkdir -p $d/in-the-way");
	assert_int_equal(
	    gv_loose_write(&id, repo, GV_OTYPE_BLOB, "x", 1), GV_ERROR);
	assert_non_null(strstr(gv_err_message(), "cannot write the object"));
	assert_int_equal(id.id[0], 0x11);
	sh("! ls .git/objects/*/tmp_obj_* 2>/dev/null");
	gv_repo_close(repo);
}

UNIT(loose)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(git_reads_what_is_written),
		SCRATCH_TEST(what_is_there_is_young_and_whole_again),
		SCRATCH_TEST(others_have_what_they_are_to_have),
		SCRATCH_TEST(what_cannot_be_written_leaves_nothing),
	};

	return UNIT_RUN(tests);
}
