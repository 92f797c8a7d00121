#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "scratch.h"
#include "base/buf.h"
#include "remote/address.h"
#include "repo/repo.h"
#include "worktree/cache.h"

static enum gv_address
look(const struct gv_repo *repo, const char *remote, const char *url)
{
	enum gv_address known;

	assert_int_equal(gv_address_look(&known, repo, remote, url), 0);
	return known;
}

static struct gv_repo *
open_repo(const char *setup)
{
	struct gv_repo *repo;

	sh("git init -q r && mkdir r/.git/vault");
	assert_int_equal(chdir("r"), 0);
	sh(setup);
	assert_int_equal(gv_repo_open(&repo, 0), 0);
	return repo;
}

static void
knows_the_last_of_each_remote(void **state)
{
	struct gv_repo *repo;

	(void)state;
	repo = open_repo(":");
	assert_int_equal(look(repo, "a", "h:r"), GV_ADDRESS_UNKNOWN);
	gv_address_save(repo, "a", "h:r");
	gv_address_save(repo, "b/a", "h:s");
	gv_address_save(repo, "no\nname", "h:s");
	assert_int_equal(look(repo, "a", "h:r"), GV_ADDRESS_SAME);
	assert_int_equal(look(repo, "a", "h:s"), GV_ADDRESS_OTHER);
	assert_int_equal(look(repo, "b/a", "h:s"), GV_ADDRESS_SAME);
	assert_int_equal(look(repo, "b", "h:s"), GV_ADDRESS_UNKNOWN);
	gv_address_save(repo, "a", "h:t");
	assert_int_equal(look(repo, "a", "h:t"), GV_ADDRESS_SAME);
	assert_int_equal(look(repo, "a", "h:r"), GV_ADDRESS_OTHER);
	assert_int_equal(look(repo, "b/a", "h:s"), GV_ADDRESS_SAME);
	gv_repo_close(repo);
}

static void
takes_who_logs_in_for_nothing(void **state)
{
	struct gv_repo *repo;

	(void)state;
	repo = open_repo(":");
	gv_address_save(repo, "a", "https://job:one@h/r");
	assert_int_equal(
	    look(repo, "a", "https://job:two@h/r"), GV_ADDRESS_SAME);
	assert_int_equal(look(repo, "a", "https://h/r"), GV_ADDRESS_SAME);
	assert_int_equal(look(repo, "a", "https://h/r@x"), GV_ADDRESS_OTHER);
	gv_address_save(repo, "a", "one@h:r");
	assert_int_equal(look(repo, "a", "two@h:r"), GV_ADDRESS_OTHER);
	gv_repo_close(repo);
}

static void
write_file(const struct gv_buf *text, size_t len)
{
	FILE *f = fopen(".git/vault/addresses", "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text->p, 1, len, f), len);
	fclose(f);
}

static void
knows_nothing_by_a_file_that_is_damaged(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_repo *repo;
	size_t i;

	(void)state;
	repo = open_repo(":");
	gv_address_save(repo, "a", "h:r");
	assert_int_equal(gv_cache_load(&text, repo, "addresses"), 0);
	for (i = 0; i < text.len; i++) {
		write_file(&text, i);
		assert_int_equal(look(repo, "a", "h:r"), GV_ADDRESS_UNKNOWN);
		text.p[i] ^= 1;
		write_file(&text, text.len);
		assert_int_equal(look(repo, "a", "h:r"), GV_ADDRESS_UNKNOWN);
		text.p[i] ^= 1;
	}
	gv_address_save(repo, "a", "h:r");
	assert_int_equal(look(repo, "a", "h:r"), GV_ADDRESS_SAME);
	gv_buf_release(&text);
	gv_repo_close(repo);
}

static void
learns_those_that_it_does_not_know(void **state)
{
	struct gv_repo *repo;

	(void)state;
	repo = open_repo("git remote add a ../a && git remote add b ../b && "
			 "git remote set-url --push b ../c");
	gv_address_save(repo, "a", "../z");
	assert_int_equal(gv_address_save_all(repo), 0);
	assert_int_equal(look(repo, "a", "../z"), GV_ADDRESS_SAME);
	assert_int_equal(look(repo, "b", "../c"), GV_ADDRESS_SAME);
	gv_repo_close(repo);
}

UNIT(address)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(knows_the_last_of_each_remote),
		SCRATCH_TEST(takes_who_logs_in_for_nothing),
		SCRATCH_TEST(knows_nothing_by_a_file_that_is_damaged),
		SCRATCH_TEST(learns_those_that_it_does_not_know),
	};

	return UNIT_RUN(tests);
}
