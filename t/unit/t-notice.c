#include "unit.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
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
open_two_again(bool polls)
{
	struct gv_notice *n = NULL;

	assert_int_equal(gv_notice_open(&n, polls), 0);
	assert_int_equal(gv_notice_add(n, "a", 0), 0);
	assert_int_equal(gv_notice_add(n, "b", 1), 0);
	assert_int_equal(gv_notice_add(n, "b", 1), 0);
	assert_true(gv_notice_add(n, "nowhere", 1) < 0);
	return n;
}

static struct gv_notice *
open_two(bool polls)
{
	sh("mkdir a b b/c && echo 1 >a/f && echo 1 >b/f");
	return open_two_again(polls);
}

static struct seen
look(struct gv_notice *n)
{
	struct seen s = { .named = 0 };
	size_t tag;

	gv_notice_wait(n, -1, 10, told, &s);
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

/* ---- what happened since a moment ------------------------------------------ */

static int
name(void *ctx, const char *dir, const char *file)
{
	gv_buf_addf(ctx, file ? "%s/%s " : "%s ", dir, file);
	return 0;
}

/* Whether the folders of a number in which something happened since are those.
 * Of a system without events, nothing is known. */
static void
assert_moved(
    struct gv_notice *n, size_t tag, uint64_t since, const char *expect)
{
	struct gv_buf names = GV_BUF_INIT;
	const int r = gv_notice_each_moved(n, tag, since, name, &names);

	if (expect == NULL) {
		assert_int_equal(r, GV_ENOTFOUND);
	} else {
		assert_int_equal(r, 0);
		assert_string_equal(names.len ? names.p : "", expect);
	}
	gv_buf_release(&names);
}

static uint64_t
now_of(struct gv_notice *n)
{
	struct seen s = { .named = 0 };

	return gv_notice_now(n, told, &s);
}

static bool
has_events(struct gv_notice *n)
{
	uint64_t dev, ino;

	return gv_notice_find(n, 0, "a", &dev, &ino) == 1;
}

static void
what_happened_since_a_moment_is_known(void **state)
{
	struct gv_notice *n = open_two(false);
	uint64_t first, second;

	(void)state;
	if (!has_events(n)) {
		gv_notice_close(n);
		return;
	}
	first = now_of(n);
	assert_moved(n, 0, first, "");
	assert_moved(n, 0, 0, "a ");
	sh("chmod 600 a/f");
	second = now_of(n);
	assert_moved(n, 0, first, "a/f ");
	assert_moved(n, 0, second, "");
	assert_moved(n, 1, first, "");
	/* minded since then only */
	assert_int_equal(gv_notice_add(n, "b/c", 1), 0);
	assert_moved(n, 1, second, "b/c ");
	assert_moved(n, 1, now_of(n), "");
	gv_notice_close(n);
}

static void
a_file_that_stays_open_is_counted_and_not_told(void **state)
{
	struct gv_notice *n = open_two(false);
	struct seen s = { .named = 0 };
	FILE *f = fopen("b/f", "a");
	uint64_t since;

	(void)state;
	assert_non_null(f);
	if (has_events(n)) {
		since = now_of(n);
		assert_true(fputs("more", f) >= 0 && fflush(f) == 0);
		(void)gv_notice_now(n, told, &s);
		assert_int_equal(s.tags[1], 0);
		assert_moved(n, 1, since, "b/f ");
	}
	fclose(f);
	gv_notice_close(n);
}

static void
files_that_are_written_to_are_named(void **state)
{
	struct gv_notice *n = open_two(false);
	uint64_t first, second;

	(void)state;
	if (!has_events(n)) {
		gv_notice_close(n);
		return;
	}
	sh("echo 2 >b/g");
	first = now_of(n);
	sh("echo 3 >>b/f && echo 3 >>b/g && echo 4 >>b/f");
	second = now_of(n);
	assert_moved(n, 1, first, "b/g b/f ");
	/* another kind of event, and then names again */
	sh("mv b/g b/h");
	assert_moved(n, 1, second, "");
	(void)now_of(n);
	assert_moved(n, 1, second, "b ");
	second = now_of(n);
	sh("echo 5 >>b/h");
	(void)now_of(n);
	assert_moved(n, 1, second, "b/h ");
	assert_moved(n, 1, first, "b ");
	/* the rights of a folder in it are no file's */
	second = now_of(n);
	sh("chmod 700 b/c");
	(void)now_of(n);
	assert_moved(n, 1, second, "b ");
	gv_notice_close(n);
}

static void
many_files_are_the_whole_folder(void **state)
{
	struct gv_notice *n = open_two(false);
	uint64_t since;

	(void)state;
	if (has_events(n)) {
		sh("cd a && for i in $(seq 1000 1400); do : >long-name-$i; "
		   "done");
		since = now_of(n);
		sh("cd a && for f in long-*; do echo >>$f; done");
		(void)now_of(n);
		assert_moved(n, 0, since, "a ");
	}
	gv_notice_close(n);
}

static void
a_folder_that_moved_ends_what_is_known(void **state)
{
	struct gv_notice *n = open_two(false);
	uint64_t since, dev, ino;

	(void)state;
	if (!has_events(n)) {
		gv_notice_close(n);
		return;
	}
	assert_int_equal(gv_notice_add(n, "b/c", 1), 0);
	since = now_of(n);
	sh("mv b/c b/d");
	(void)now_of(n);
	assert_moved(n, 1, since, NULL);
	assert_moved(n, 0, since, "");
	assert_int_equal(gv_notice_find(n, 1, "b/c", &dev, &ino), GV_ENOTFOUND);
	since = now_of(n);
	gv_notice_drop(n, 0);
	assert_moved(n, 0, since, NULL);
	gv_notice_close(n);
}

/* The one that is minded is named by its number, whatever its path is now. */
static void
a_folder_is_known_by_its_number(void **state)
{
	struct gv_notice *n = open_two(false);
	uint64_t dev, ino;
	struct stat st;

	(void)state;
	if (has_events(n)) {
		assert_int_equal(stat("a", &st), 0);
		assert_int_equal(gv_notice_find(n, 0, "a", &dev, &ino), 1);
		assert_true(
		    ino == (uint64_t)st.st_ino && dev == (uint64_t)st.st_dev);
		assert_int_equal(
		    gv_notice_find(n, 1, "a", &dev, &ino), GV_ENOTFOUND);
	}
	gv_notice_close(n);
	n = open_two_again(true);
	assert_int_equal(gv_notice_find(n, 0, "a", &dev, &ino), 0);
	assert_moved(n, 0, now_of(n), NULL);
	gv_notice_close(n);
}

/* More than the system keeps for us: that is told of every folder. */
static void
lost_events_are_a_change_everywhere(void **state)
{
	struct gv_notice *n = open_two(false);
	const uint64_t since = now_of(n);
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
		assert_moved(n, 0, since, NULL);
		assert_moved(n, 1, since, NULL);
		/* found again, as minded since now */
		assert_int_equal(gv_notice_add(n, "b", 1), 0);
		sh("echo 1 >b/g");
		assert_moved(n, 1, now_of(n), "");
	}
	gv_notice_close(n);
}

UNIT(notice)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(events_tell_which_folder),
		SCRATCH_TEST(looking_tells_the_same),
		SCRATCH_TEST(folders_that_are_deleted_leave_no_trace),
		SCRATCH_TEST(what_happened_since_a_moment_is_known),
		SCRATCH_TEST(a_file_that_stays_open_is_counted_and_not_told),
		SCRATCH_TEST(files_that_are_written_to_are_named),
		SCRATCH_TEST(many_files_are_the_whole_folder),
		SCRATCH_TEST(a_folder_that_moved_ends_what_is_known),
		SCRATCH_TEST(a_folder_is_known_by_its_number),
		SCRATCH_TEST(lost_events_are_a_change_everywhere),
	};

	return UNIT_RUN(tests);
}
