#include "unit.h"

#include "scratch.h"
#include "sys/notice.h"

struct seen {
	size_t tags[3], named, lost;
};

static void
told(void *ctx, size_t tag, const char *dir, const char *name)
{
	struct seen *s = ctx;

	assert_true(tag < 3);
	s->tags[tag]++;
	s->named += name != NULL;
	s->lost += dir == NULL;
}

static struct gv_notice *
open_two(bool polls)
{
	struct gv_notice *n = NULL;

	sh("mkdir a b b/c && echo 1 >a/f && echo 1 >b/f");
	assert_int_equal(gv_notice_open(&n, polls), 0);
	assert_int_equal(gv_notice_add(n, "a", 0), 0);
	assert_int_equal(gv_notice_add(n, "b", 1), 0);
	assert_int_equal(gv_notice_add(n, "b", 1), 0);
	assert_true(gv_notice_add(n, "nowhere", 1) < 0);
	return n;
}

static struct seen
look(struct gv_notice *n)
{
	struct seen s = { .named = 0 };
	size_t tag;

	gv_notice_wait(n, 10, told, &s);
	for (tag = 0; tag < 3; tag++)
		gv_notice_look(n, tag, told, &s);
	return s;
}

static void
tells_of_the_folder_alone(struct gv_notice *n)
{
	size_t looked;
	struct seen s = look(n);

	assert_int_equal(s.tags[0] + s.tags[1], 0);
	sh("echo 22 >>b/f");
	s = look(n);
	assert_int_equal(s.tags[0], 0);
	assert_true(s.tags[1] > 0);
	sh("echo 1 >b/c/new");
	s = look(n);
	assert_int_equal(s.tags[1], 0);
	sh("echo 1 >a/new && mv a/new a/newer && rm a/f");
	s = look(n);
	assert_true(s.tags[0] > 0);
	assert_int_equal(s.tags[1], 0);
	assert_int_equal(gv_notice_count(n, 1, &looked), 1);
	gv_notice_drop(n, 0);
	sh("echo 2 >a/newer && echo 2 >b/more");
	s = look(n);
	assert_int_equal(s.tags[0], 0);
	assert_true(s.tags[1] > 0);
	assert_int_equal(gv_notice_add(n, "a", 2), 0);
	sh("rm a/newer");
	s = look(n);
	assert_true(s.tags[2] > 0);
	gv_notice_close(n);
}

static void
events_tell_which_folder(void **state)
{
	(void)state;
	tells_of_the_folder_alone(open_two(false));
}

static void
looking_tells_the_same(void **state)
{
	struct gv_notice *n = open_two(true);
	size_t looked;

	(void)state;
	assert_int_equal(gv_notice_count(n, 1, &looked), 1);
	assert_int_equal(looked, 1);
	tells_of_the_folder_alone(n);
}

/* Programs make and remove folders all day. */
static void
folders_that_are_deleted_leave_no_trace(void **state)
{
	struct gv_notice *n = open_two(false);
	struct seen s;
	size_t looked;
	int i;

	(void)state;
	(void)gv_notice_count(n, 1, &looked);
	for (i = 0; looked == 0 && i < 5; i++) {
		sh("mkdir b/d");
		assert_int_equal(gv_notice_add(n, "b/d", 1), 0);
		assert_int_equal(gv_notice_count(n, 1, &looked), 2);
		sh("rmdir b/d");
		(void)look(n);
		assert_int_equal(gv_notice_count(n, 1, &looked), 1);
	}
	/* and their place is another one's */
	assert_int_equal(gv_notice_add(n, "b/c", 2), 0);
	sh("echo 1 >b/c/new");
	s = look(n);
	assert_int_equal(s.tags[1], 0);
	assert_true(s.tags[2] > 0);
	sh("echo 1 >b/more");
	s = look(n);
	assert_true(s.tags[1] > 0);
	assert_int_equal(s.tags[2], 0);
	gv_notice_close(n);
}

/* More than the system keeps for us: that is told of every folder. */
static void
lost_events_are_a_change_everywhere(void **state)
{
	struct gv_notice *n = open_two(false);
	struct seen s;
	size_t looked;

	(void)state;
	(void)gv_notice_count(n, 1, &looked);
	if (looked == 0) {
		sh("n=$(cat /proc/sys/fs/inotify/max_queued_events) && cd a && "
		   "i=0 && while test $i -lt $n; do : >x; : >y; i=$((i + 1)); "
		   "done");
		s = look(n);
		assert_true(s.lost > 0);
		assert_true(s.tags[1] > 0);
	}
	gv_notice_close(n);
}

UNIT(notice)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(events_tell_which_folder),
		SCRATCH_TEST(looking_tells_the_same),
		SCRATCH_TEST(folders_that_are_deleted_leave_no_trace),
		SCRATCH_TEST(lost_events_are_a_change_everywhere),
	};

	return UNIT_RUN(tests);
}
