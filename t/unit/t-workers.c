#include "unit.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/workers.h"

struct job {
	atomic_int next;
	atomic_int sum;
	atomic_int seen[16];
};

static int
add_some(void *ctx, int i)
{
	struct job *job = ctx;
	int n;

	atomic_fetch_add(&job->seen[i], 1);
	while ((n = atomic_fetch_add(&job->next, 1)) < 1000)
		atomic_fetch_add(&job->sum, n);
	return 0;
}

static void
share_out_the_work_once_each(void **state)
{
	struct job job = { 0 };
	int i;

	(void)state;
	assert_int_equal(gv_workers_run(5, add_some, &job), 0);
	assert_int_equal(job.sum, 999 * 1000 / 2);
	for (i = 0; i < 16; i++)
		assert_int_equal(job.seen[i], i < 5);
}

static int
fail_some(void *ctx, int i)
{
	(void)ctx;
	if (i == 0 || i > 3)
		return 0;
	return gv_err(i == 2 ? GV_ECORRUPT : GV_ELOCKED, "worker %d", i);
}

static void
the_first_failure_comes_with_its_message(void **state)
{
	(void)state;
	gv_err_set_message(NULL);
	assert_int_equal(gv_workers_run(6, fail_some, NULL), GV_ELOCKED);
	assert_string_equal(gv_err_message(), "worker 1");
}

static void
none_is_nothing_to_do_and_too_many_are_capped(void **state)
{
	struct job job = { 0 };
	int i;

	(void)state;
	assert_int_equal(gv_workers_run(0, add_some, &job), 0);
	assert_int_equal(gv_workers_run(-3, add_some, &job), 0);
	assert_int_equal(job.next, 0);
	assert_int_equal(gv_workers_run(1000, add_some, &job), 0);
	for (i = 0; i < 16; i++)
		assert_int_equal(job.seen[i], 1);
}

static void
some_are_begun_and_the_rest_is_done_at_the_end(void **state)
{
	struct job job = { 0 };
	struct gv_workers w = { .n = 0 };
	int i;

	(void)state;
	assert_int_equal(gv_workers_finish(&w), 0);
	gv_workers_start(&w, 1, add_some, &job);
	assert_int_equal(job.next, 0);
	gv_workers_start(&w, 4, add_some, &job);
	assert_int_equal(job.seen[0], 0);
	assert_int_equal(gv_workers_finish(&w), 0);
	assert_int_equal(job.sum, 999 * 1000 / 2);
	for (i = 0; i < 16; i++)
		assert_int_equal(job.seen[i], i < 4);
	assert_int_equal(gv_workers_finish(&w), 0);
	assert_int_equal(job.seen[0], 1);
}

struct files {
	int other[2], keep[2], made[2];
	int sees_other, sees_keep;
};

static int
own_files(void *ctx, int i)
{
	struct files *f = ctx;

	gv_workers_own_files(i, f->keep[1]);
	if (i == 0)
		return 0;
	f->sees_other = fcntl(f->other[1], F_GETFD) >= 0;
	f->sees_keep = fcntl(f->keep[1], F_GETFD) >= 0;
	return pipe(f->made);
}

/* The numbers of the one that is kept may be above or below the other's. */
static void
take_files(struct files *f)
{
	assert_int_equal(gv_workers_run(2, own_files, f), 0);
	assert_true(f->sees_keep);
	/* a sanitizer of threads has one table for all */
#if defined(GV_LINUX) && defined(CLOSE_RANGE_UNSHARE) &&                       \
    !defined(__SANITIZE_THREAD__)
	assert_false(f->sees_other);
	assert_true(fcntl(f->other[1], F_GETFD) >= 0);
	assert_true(fcntl(f->made[1], F_GETFD) < 0 ||
	    f->made[1] == f->keep[0] || f->made[1] == f->keep[1] ||
	    f->made[1] == f->other[0] || f->made[1] == f->other[1]);
#endif
}

static void
files_of_a_worker_are_its_own_where_the_system_can(void **state)
{
	struct files f = { .keep = { -1, -1 } }, g = f;
	char c;

	(void)state;
	assert_int_equal(pipe(f.other), 0);
	assert_int_equal(pipe(f.keep), 0);
	take_files(&f);
	memcpy(g.keep, f.other, sizeof(g.keep));
	memcpy(g.other, f.keep, sizeof(g.other));
	take_files(&g);
	/* nobody holds an end that is closed here */
	close(f.other[1]);
	assert_int_equal(read(f.other[0], &c, 1), 0);
	close(f.other[0]);
	close(f.keep[0]);
	close(f.keep[1]);
}

static void
count_is_sane(void **state)
{
	(void)state;
	assert_in_range(gv_workers_count(0), 1, 16);
	assert_in_range(gv_workers_count(-5), 1, 16);
	assert_int_equal(gv_workers_count(3), 3);
	assert_int_equal(gv_workers_count(99), 16);
}

UNIT(workers)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(share_out_the_work_once_each),
		cmocka_unit_test(the_first_failure_comes_with_its_message),
		cmocka_unit_test(none_is_nothing_to_do_and_too_many_are_capped),
		cmocka_unit_test(
		    some_are_begun_and_the_rest_is_done_at_the_end),
		cmocka_unit_test(
		    files_of_a_worker_are_its_own_where_the_system_can),
		cmocka_unit_test(count_is_sane),
	};

	return UNIT_RUN(tests);
}
