/* lib/record/undo: the last change is remembered exactly, and which command
 * reverses it is decided without looking at anything. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/undo.h"

#define ID "20261120T071244Z-0123abcd"

static const char *const words[] = { "--delete", "--", "a b\n=c", "" };
static const char *const ids[] = { ID, "20261120T071245Z-0123abcd",
	"20261120T071246Z-0123abcd" };

static struct gv_undo
restored(void)
{
	return (struct gv_undo){ .what = GV_UNDO_RESTORE,
		.time = 1764313000,
		.dir = "/srv/my iac",
		.tree = "main",
		.prefix = "envs/",
		.id = ID,
		.words = words,
		.n = 4 };
}

static struct gv_undo
deleted(enum gv_undo_what what)
{
	return (struct gv_undo){ .what = what, .words = ids, .n = 3 };
}

static void
what_is_written_is_read_again(void **state)
{
	const struct gv_undo u = restored();
	struct gv_buf text = GV_BUF_INIT;
	struct gv_undo back;
	size_t i;

	(void)state;
	gv_undo_format(&text, &u);
	assert_int_equal(gv_undo_parse(&back, text.p, text.len), 0);
	assert_int_equal(back.what, GV_UNDO_RESTORE);
	assert_int_equal(back.time, u.time);
	assert_string_equal(back.dir, u.dir);
	assert_string_equal(back.tree, u.tree);
	assert_string_equal(back.prefix, u.prefix);
	assert_string_equal(back.id, u.id);
	assert_int_equal(back.n, 4);
	for (i = 0; i < 4; i++)
		assert_string_equal(back.words[i], words[i]);
	gv_undo_release(&back);
	gv_buf_release(&text);
}

static void
a_file_that_is_cut_or_foreign_is_damaged(void **state)
{
	static const char unknown[] = "git-vault undo 1\0what=dance\0";
	const struct gv_undo u = restored();
	struct gv_buf text = GV_BUF_INIT;
	struct gv_undo back;
	size_t i;

	(void)state;
	gv_undo_format(&text, &u);
	for (i = 0; i < text.len; i++) {
		int r = gv_undo_parse(&back, text.p, i);

		assert_true(r == 0 || r == GV_ECORRUPT);
		if (r == 0) /* cut behind a word */
			gv_undo_release(&back);
	}
	assert_int_equal(gv_undo_parse(&back, "", 0), GV_ECORRUPT);
	assert_int_equal(
	    gv_undo_parse(&back, unknown, sizeof(unknown) - 1), GV_ECORRUPT);
	gv_buf_release(&text);
}

/* The plan's arguments with blanks between; its verdict is checked. */
static void
assert_plan(const struct gv_undo *u, const struct gv_undo_facts *f,
    enum gv_undo_verdict verdict, const char *expect, size_t lost)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_undo_plan plan;
	size_t i;

	gv_buf_addstr(&b, "");
	assert_int_equal(gv_undo_plan(&plan, u, f), 0);
	assert_int_equal(plan.verdict, verdict);
	assert_int_equal(plan.n_lost, lost);
	for (i = 0; i < plan.n; i++)
		gv_buf_addf(&b, "%s%s", i ? "|" : "", plan.argv[i]);
	assert_string_equal(b.p, expect);
	assert_true(plan.argv == NULL || plan.argv[plan.n] == NULL);
	free(plan.argv);
	gv_buf_release(&b);
}

static void
files_go_back_to_the_safety_snapshot(void **state)
{
	struct gv_undo u = restored();
	struct gv_undo_facts f = { .tree = u.tree, .has_safety = true };

	(void)state;
	assert_plan(&u, &f, GV_UNDO_POSSIBLE,
	    "restore|" ID "|--in-place|--delete|--|a b\n=c|", 0);
	u.what = GV_UNDO_ROLLBACK;
	assert_plan(&u, &f, GV_UNDO_POSSIBLE, "rollback|--undo|" ID, 0);
	f.has_safety = false;
	assert_plan(&u, &f, GV_UNDO_GONE, "", 0);
	f.tree = "linked";
	assert_plan(&u, &f, GV_UNDO_ELSEWHERE, "", 0);
	f.tree = NULL;
	assert_plan(&u, &f, GV_UNDO_ELSEWHERE, "", 0);
	assert_plan(NULL, &f, GV_UNDO_NONE, "", 0);
}

static void
snapshots_come_back_as_far_as_the_trash_has_them(void **state)
{
	static const enum gv_undo_place all[] = { GV_UNDO_TRASH, GV_UNDO_TRASH,
		GV_UNDO_TRASH };
	static const enum gv_undo_place some[] = { GV_UNDO_LOST, GV_UNDO_TRASH,
		GV_UNDO_LIVE };
	static const enum gv_undo_place none[] = { GV_UNDO_LOST, GV_UNDO_LOST,
		GV_UNDO_LOST };
	static const enum gv_undo_place here[] = { GV_UNDO_LIVE, GV_UNDO_LOST,
		GV_UNDO_LIVE };
	const struct gv_undo del = deleted(GV_UNDO_DELETE),
			     prune = deleted(GV_UNDO_PRUNE);

	(void)state;
	assert_plan(&del, &(struct gv_undo_facts){ .places = all },
	    GV_UNDO_POSSIBLE,
	    "undelete|" ID
	    "|20261120T071245Z-0123abcd|20261120T071246Z-0123abcd",
	    0);
	assert_plan(&prune, &(struct gv_undo_facts){ .places = some },
	    GV_UNDO_POSSIBLE, "undelete|20261120T071245Z-0123abcd", 1);
	assert_plan(&prune, &(struct gv_undo_facts){ .places = none },
	    GV_UNDO_GONE, "", 3);
	assert_plan(&del, &(struct gv_undo_facts){ .places = here },
	    GV_UNDO_ALREADY, "", 1);
}

static void
what_came_back_is_deleted_again(void **state)
{
	static const enum gv_undo_place some[] = { GV_UNDO_LIVE, GV_UNDO_TRASH,
		GV_UNDO_LIVE };
	static const enum gv_undo_place gone[] = { GV_UNDO_TRASH, GV_UNDO_TRASH,
		GV_UNDO_TRASH };
	const struct gv_undo u = deleted(GV_UNDO_UNDELETE);

	(void)state;
	assert_plan(&u, &(struct gv_undo_facts){ .places = some },
	    GV_UNDO_POSSIBLE, "delete|" ID "|20261120T071246Z-0123abcd", 0);
	assert_plan(&u, &(struct gv_undo_facts){ .places = gone },
	    GV_UNDO_ALREADY, "", 0);
}

UNIT(undo)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(a_file_that_is_cut_or_foreign_is_damaged),
		cmocka_unit_test(files_go_back_to_the_safety_snapshot),
		cmocka_unit_test(
		    snapshots_come_back_as_far_as_the_trash_has_them),
		cmocka_unit_test(what_came_back_is_deleted_again),
	};

	return UNIT_RUN(tests);
}
