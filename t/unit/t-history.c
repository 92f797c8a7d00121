#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "object/tree.h"
#include "unit/sandbox.h"
#include "view/history_internal.h"

#define N 5

/* Snapshots as the walk sees them: ids and trees; the newest first. */
struct fixture {
	struct gv_record recs[N];
	struct gv_records all;
	struct gv_history_state states[N];
	struct gv_buf damaged;
	struct gv_history_opts opts;
	struct gv_history_job job;
};

static void
make(struct fixture *f, struct sandbox *s)
{
	static const char *const steps[N] = {
		/* from the oldest to the newest */
		"mkdir -p d/e && echo 1 >d/e/f && echo x >top",
		"echo y >top",
		"echo 2 >d/e/f",
		"rm d/e/f && echo z >d/g",
		"echo 1 >d/e/f",
	};
	int i;

	memset(f, 0, sizeof(*f));
	f->damaged = (struct gv_buf)GV_BUF_INIT;
	for (i = 0; i < N; i++) {
		sh(s, "%s && git add -A && git write-tree", steps[i]);
		f->recs[N - 1 - i].tree = oid_of_output(s);
		f->recs[N - 1 - i].id[0] = (char)('a' + i);
	}
	f->all = (struct gv_records){ f->recs, N };
	f->job =
	    (struct gv_history_job){ &s->repo, &f->all, &f->opts, &f->damaged };
}

static void
test_a_path_is_followed_down(void **state)
{
	struct sandbox *s = *state;
	struct fixture f;
	size_t i;

	make(&f, s);
	assert_int_equal(gv_history_of_path(f.states, &f.job, "d/e/f"), 0);
	for (i = 0; i < N; i++)
		assert_true(f.states[i].known);
	assert_false(f.states[1].there);
	assert_true(f.states[0].there && f.states[2].there);
	assert_int_equal(f.states[0].mode, GV_MODE_FILE);
	sh(s, "echo 2 | git hash-object --stdin");
	f.recs[0].commit = oid_of_output(s);
	assert_true(gv_oid_equal(&f.states[2].oid, &f.recs[0].commit));
	assert_true(gv_oid_equal(&f.states[3].key, &f.states[4].key));
	assert_true(gv_oid_equal(&f.states[0].key, &f.states[4].key));
	assert_false(gv_oid_equal(&f.states[2].key, &f.states[3].key));
	assert_int_equal(f.damaged.len, 0);
}

static void
test_the_top_and_directories(void **state)
{
	struct sandbox *s = *state;
	struct fixture f;

	make(&f, s);
	assert_int_equal(gv_history_of_path(f.states, &f.job, ""), 0);
	assert_true(gv_oid_equal(&f.states[0].oid, &f.recs[0].tree));
	assert_int_equal(gv_history_of_path(f.states, &f.job, "d/e"), 0);
	assert_int_equal(f.states[4].mode, GV_MODE_DIR);
	assert_true(gv_oid_equal(&f.states[4].key, &f.states[3].key));
	assert_false(f.states[1].there);
}

static void
test_no_way_through_a_file(void **state)
{
	struct fixture f;
	size_t i;

	make(&f, *state);
	assert_int_equal(gv_history_of_path(f.states, &f.job, "top/x/y"), 0);
	for (i = 0; i < N; i++)
		assert_true(f.states[i].known && !f.states[i].there);
}

static void
test_a_snapshot_that_cannot_be_read(void **state)
{
	struct sandbox *s = *state;
	struct gv_buf common = GV_BUF_INIT;
	struct fixture f;

	make(&f, s);
	gv_buf_addf(&common, "%s/.git", s->dir);
	s->repo.git_dir = s->repo.common_dir = common.p;
	memset(&f.recs[2].tree, 0x55, sizeof(f.recs[2].tree));
	assert_int_equal(gv_history_of_path(f.states, &f.job, "top"), 0);
	assert_false(f.states[2].known);
	assert_true(f.states[1].known && f.states[3].known);
	/* it has no ref: so it was deleted meanwhile, and that is no damage */
	assert_int_equal(f.damaged.len, 0);
	sh(s,
	    "git update-ref refs/vault/snapshots/c "
	    "$(git commit-tree -m c $(git mktree </dev/null))");
	assert_int_equal(gv_history_of_path(f.states, &f.job, "top"), 0);
	assert_non_null(strstr(f.damaged.p, "snapshot c: "));
	assert_non_null(strstr(f.damaged.p, "5555555555"));
	s->repo.git_dir = s->repo.common_dir = NULL;
	gv_buf_release(&common);
	gv_buf_release(&f.damaged);
}

static void
test_where_a_path_differs_from_before(void **state)
{
	static const char *const paths[] = { "d/e/f", NULL };
	static const bool expected[N] = { true, true, true, false, true };
	struct sandbox *s = *state;
	bool changed[N];
	char none[] = "";
	struct fixture f;
	size_t i;

	make(&f, s);
	s->repo.prefix = none;
	assert_int_equal(
	    gv_history_mark(changed, &s->repo, &f.all, paths, NULL), 0);
	for (i = 0; i < N; i++)
		assert_int_equal(changed[i], expected[i]);
	s->repo.prefix = NULL;
}

static int
teardown(void **state)
{
	struct sandbox *s = *state;

	gv_odb_close(s->repo.odb);
	s->repo.odb = NULL;
	return sandbox_teardown(state);
}

#define IN_SANDBOX(test)                                                       \
	cmocka_unit_test_setup_teardown(test, sandbox_setup, teardown)

UNIT(history)
{
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(test_a_path_is_followed_down),
		IN_SANDBOX(test_the_top_and_directories),
		IN_SANDBOX(test_no_way_through_a_file),
		IN_SANDBOX(test_a_snapshot_that_cannot_be_read),
		IN_SANDBOX(test_where_a_path_differs_from_before),
	};

	return UNIT_RUN(tests);
}
