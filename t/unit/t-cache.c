#include "unit.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "repo/repo.h"
#include "worktree/cache.h"

static char top[] = ".", vault[] = "./vault";

static const struct gv_repo here = {
	.common_dir = top,
	.git_dir = top,
	.vault_dir = vault,
};

static void
save(const struct gv_repo *repo, const char *text, bool makes_dir)
{
	struct gv_buf b = GV_BUF_INIT;

	gv_buf_addstr(&b, text);
	gv_cache_save(repo, "name", &b, makes_dir);
	gv_buf_release(&b);
}

/* NULL: there is none. */
static void
assert_loaded(const char *text)
{
	struct gv_buf b = GV_BUF_INIT;
	int r = gv_cache_load(&b, &here, "name");

	if (text) {
		assert_int_equal(r, 0);
		assert_string_equal(b.p, text);
	} else {
		assert_int_equal(r, GV_ENOTFOUND);
		assert_int_equal(b.len, 0);
	}
	gv_buf_release(&b);
}

static int
replace(const char *text, bool is_alone)
{
	const struct gv_cache_part parts[] = {
		{ text, 1 },
		{ NULL, 0 },
		{ text + 1, strlen(text) - 1 },
	};

	return gv_cache_replace("vault/name", parts, 3, &here, is_alone);
}

static void
is_replaced_as_a_whole(void **state)
{
	(void)state;
	assert_loaded(NULL);
	save(&here, "never", false);
	sh("test ! -e vault");
	save(&here, "one", true);
	assert_loaded("one");
	save(&here, "two", false);
	assert_loaded("two");
	assert_int_equal(replace("three", false), 0);
	assert_loaded("three");
	sh("test \"$(ls vault)\" = name");
	gv_cache_remove(&here, "name");
	gv_cache_remove(&here, "name");
	assert_loaded(NULL);
}

static void
one_process_writes_at_a_time(void **state)
{
	(void)state;
	save(&here, "one", true);
	sh("echo theirs >vault/name.tmp");
	assert_int_equal(replace("two", false), GV_ELOCKED);
	save(&here, "two", true);
	assert_loaded("one");
	sh("test \"$(cat vault/name.tmp)\" = theirs");
	/* it was killed */
	sh("touch -d '2 minutes ago' vault/name.tmp");
	save(&here, "two", true);
	assert_loaded("two");
	sh("test \"$(ls vault)\" = name");
	/* under a lock there is no other one */
	sh("echo theirs >vault/name.tmp");
	assert_int_equal(replace("three", true), 0);
	assert_loaded("three");
	sh("test \"$(ls vault)\" = name");
	/* no link is followed */
	sh("echo mine >file && ln -s ../file vault/name.tmp");
	assert_int_equal(replace("four", true), 0);
	sh("test \"$(cat file)\" = mine && test ! -L vault/name");
}

static void
a_failure_leaves_what_was_there_and_tells_nothing(void **state)
{
	struct gv_buf failed = { .failed = true };

	(void)state;
	save(&here, "one", true);
	gv_err_set_message("before");
	sh("mkdir vault/name.tmp");
	save(&here, "two", true);
	assert_loaded("one");
	gv_cache_save(&here, "name", &failed, true);
	assert_loaded("one");
	assert_string_equal(gv_err_message(), "before");
	assert_int_equal(replace("two", true), GV_ERROR);
	assert_message("cannot create vault/name.tmp");
	sh("rmdir vault/name.tmp && rm vault/name && mkdir -p vault/name/full");
	assert_int_equal(replace("two", false), GV_ERROR);
	assert_message("cannot rename");
	sh("test \"$(ls vault)\" = name");
}

/* In place of the C library's, to see who asks. */
static unsigned asked;

mode_t
umask(mode_t mask)
{
	asked++;
	return (mode_t)syscall(SYS_umask, mask);
}

/* Not by the umask, which other threads make files by at the same time. */
static void
is_shared_as_the_repository_is(void **state)
{
	static const struct {
		const char *shared, *mode, *dir;
	} rows[] = {
		{ "umask", "600", "700" },
		{ "group", "660", "770" },
		{ "all", "664", "775" },
		{ "0640", "640", "750" },
	};
	mode_t mask = umask(077);
	struct gv_repo *repo = NULL;
	struct gv_buf b = GV_BUF_INIT;
	char command[256];
	size_t i;

	(void)state;
	gv_buf_addstr(&b, "x");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(command, sizeof(command),
		    "git init -q r && git -C r config core.sharedRepository %s",
		    rows[i].shared);
		sh(command);
		scratch_chdir("r");
		assert_int_equal(gv_repo_open(&repo, 0), 0);
		asked = 0;
		gv_cache_save(repo, "name", &b, true);
		assert_int_equal(asked, 0);
		gv_repo_close(repo);
		scratch_chdir("..");
		snprintf(command, sizeof(command),
		    "test \"$(stat -c %%a r/.git/vault/name)\" = %s && "
		    "test \"$(stat -c %%a r/.git/vault)\" = %s && rm -rf r",
		    rows[i].mode, rows[i].dir);
		sh(command);
	}
	umask(mask);
	gv_buf_release(&b);
}

static void
what_is_left_is_swept(void **state)
{
	char own[] = "./w", own_vault[] = "./w/vault";
	const struct gv_repo linked = {
		.common_dir = top,
		.git_dir = own,
		.vault_dir = own_vault,
	};

	(void)state;
	gv_cache_sweep(&here);
	sh("mkdir -p vault/dir.tmp w/vault && "
	   "touch -d '2 minutes ago' vault/a.tmp vault/b.4711.tmp vault/c "
	   "vault/dir.tmp vault/.tmp w/vault/d.tmp && touch vault/young.tmp");
	gv_cache_sweep(&here);
	sh("test \"$(echo $(ls -A vault w/vault))\" = "
	   "'vault: .tmp c dir.tmp young.tmp w/vault: d.tmp'");
	sh("touch -d '2 minutes ago' vault/a.tmp");
	gv_cache_sweep(&linked);
	sh("test \"$(echo $(ls vault w/vault))\" = "
	   "'vault: c dir.tmp young.tmp w/vault:'");
}

static void
a_seal_tells_of_every_byte(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	gv_buf_addstr(&b, "before");
	gv_buf_addstr(&b, "GVTESTS1 and more");
	gv_cache_seal(&b, 6);
	assert_true(gv_cache_is_sealed(b.p + 6, b.len - 6, "GVTESTS1"));
	assert_false(gv_cache_is_sealed(b.p + 6, b.len - 6, "GVTESTS2"));
	assert_false(gv_cache_is_sealed(b.p, b.len, "beforeGV"));
	for (i = 6; i < b.len; i++) {
		assert_false(gv_cache_is_sealed(b.p + 6, i - 6, "GVTESTS1"));
		b.p[i] ^= 1;
		assert_false(
		    gv_cache_is_sealed(b.p + 6, b.len - 6, "GVTESTS1"));
		b.p[i] ^= 1;
	}
	gv_buf_release(&b);
}

static void
a_text_has_its_sum_in_its_last_line(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	gv_buf_addstr(&b, "before");
	gv_buf_addstr(&b, "123456789");
	gv_cache_seal_text(&b, 6);
	assert_string_equal(b.p + 6, "123456789= cbf43926\n");
	assert_int_equal(gv_cache_text_end(b.p + 6, b.len - 6, "12"), 9);
	assert_int_equal(gv_cache_text_end(b.p + 6, b.len - 6, "13"), 0);
	assert_int_equal(
	    gv_cache_text_end(b.p + 6, b.len - 6, "123456789="), 0);
	for (i = 6; i < b.len; i++) {
		assert_int_equal(gv_cache_text_end(b.p + 6, i - 6, "12"), 0);
		b.p[i] ^= 1;
		assert_int_equal(
		    gv_cache_text_end(b.p + 6, b.len - 6, "12"), 0);
		b.p[i] ^= 1;
	}
	gv_buf_release(&b);
}

UNIT(cache)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(is_replaced_as_a_whole),
		SCRATCH_TEST(one_process_writes_at_a_time),
		SCRATCH_TEST(a_failure_leaves_what_was_there_and_tells_nothing),
		SCRATCH_TEST(is_shared_as_the_repository_is),
		SCRATCH_TEST(what_is_left_is_swept),
		cmocka_unit_test(a_seal_tells_of_every_byte),
		cmocka_unit_test(a_text_has_its_sum_in_its_last_line),
	};

	return UNIT_RUN(tests);
}
