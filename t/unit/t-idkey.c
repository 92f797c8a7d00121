#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "key/idkey.h"
#include "sys/workers.h"
#include "unit/sandbox.h"

enum { MANY = 8, ROUNDS = 50 };

struct drawing {
	struct gv_repo repo;
	struct gv_idkey keys[MANY];
};

static void
begin(struct drawing *d, struct sandbox *s)
{
	memset(d, 0, sizeof(*d));
	d->repo.common_dir = (char *)sh(s,
	    "mkdir -p .git/vault && cd .git && "
	    "rm -f vault/idkey && pwd");
	d->repo.common_dir = strdup(d->repo.common_dir);
	assert_non_null(d->repo.common_dir);
}

static void
expect_one(const struct drawing *d, const struct gv_idkey *keys, size_t n)
{
	struct gv_idkey kept;
	size_t i;

	assert_int_equal(gv_idkey_expect(&kept, &d->repo, false), 0);
	for (i = 0; i < n; i++)
		assert_memory_equal(keys[i].bytes, kept.bytes, GV_IDKEY_BYTES);
}

static int
draw(void *ctx, int i)
{
	struct drawing *d = ctx;

	return gv_idkey_expect(&d->keys[i], &d->repo, true);
}

static void
threads_that_draw_at_once_have_one_key(void **state)
{
	struct drawing d;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		begin(&d, *state);
		assert_int_equal(gv_workers_run(MANY, draw, &d), 0);
		expect_one(&d, d.keys, MANY);
		free(d.repo.common_dir);
	}
}

/* What one has named by a key that another one replaces is found by nobody. */
static void
processes_that_draw_at_once_have_one_key(void **state)
{
	struct drawing d;
	struct gv_idkey key;
	int ways[2], i, k, status;

	for (i = 0; i < ROUNDS; i++) {
		begin(&d, *state);
		assert_int_equal(pipe(ways), 0);
		for (k = 0; k < MANY; k++) {
			if (fork() == 0)
				_exit(
				    gv_idkey_expect(&key, &d.repo, true) < 0 ||
				    write(ways[1], &key, sizeof(key)) !=
					(ssize_t)sizeof(key));
		}
		for (k = 0; k < MANY; k++) {
			assert_true(wait(&status) > 0);
			assert_int_equal(status, 0);
			assert_int_equal(read(ways[0], &d.keys[k], sizeof(key)),
			    sizeof(key));
		}
		close(ways[0]);
		close(ways[1]);
		expect_one(&d, d.keys, MANY);
		free(d.repo.common_dir);
	}
}

static void
one_that_is_damaged_gives_way(void **state)
{
	struct drawing d;
	struct gv_idkey again;
	struct stat st;
	struct gv_buf path = GV_BUF_INIT;

	begin(&d, *state);
	sh(*state, "echo damaged >.git/vault/idkey");
	assert_int_equal(gv_idkey_expect(&again, &d.repo, false), GV_ENOTFOUND);
	assert_int_equal(gv_idkey_expect(&d.keys[0], &d.repo, true), 0);
	expect_one(&d, d.keys, 1);
	assert_int_equal(gv_idkey_expect(&again, &d.repo, true), 0);
	expect_one(&d, &again, 1);
	gv_buf_addf(&path, "%s/vault/idkey", d.repo.common_dir);
	assert_int_equal(stat(path.p, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	sh(*state, "test $(ls .git/vault | wc -l) = 1");
	gv_buf_release(&path);
	free(d.repo.common_dir);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)

UNIT(idkey)
{
	const struct CMUnitTest tests[] = {
		TEST(threads_that_draw_at_once_have_one_key),
		TEST(processes_that_draw_at_once_have_one_key),
		TEST(one_that_is_damaged_gives_way),
	};

	return UNIT_RUN(tests);
}
