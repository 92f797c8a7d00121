#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "unit/sandbox.h"

#define ID(s, ...) (sh(s, __VA_ARGS__), oid_of_output(s))

static struct gv_odb *
open_odb(struct sandbox *s)
{
	struct gv_odb *odb;

	assert_int_equal(gv_odb_open(&odb, &s->repo), 0);
	return odb;
}

/* A tree from names: those that end with '/' are directories. */
static void
add_names(struct gv_buf *tree, const char *const *names)
{
	struct gv_oid id = { { 1 } };
	size_t len;

	for (; *names; names++) {
		len = strlen(*names);
		if (len > 1 && (*names)[len - 1] == '/')
			gv_tree_add(tree, GV_MODE_DIR, *names, len - 1, &id);
		else
			gv_tree_add(tree, GV_MODE_FILE, *names, len, &id);
	}
}

static void
a_file_with_the_name_of_a_folder_is_passed_over(void **state)
{
	static const char *const names[] = { "a", "a-b", "a.c/", "a/", "b",
		"c/", "d", NULL };
	struct gv_buf tree = GV_BUF_INIT, seen = GV_BUF_INIT;
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r;

	(void)state;
	add_names(&tree, names);
	gv_tree_iter_mend(&it, tree.p, tree.len);
	while ((r = gv_tree_next(&it, &e)) > 0)
		gv_buf_addf(&seen, "%o %s,", e.mode, e.name);
	assert_int_equal(r, 0);
	assert_string_equal(
	    seen.p, "100644 a-b,40000 a.c,40000 a,100644 b,40000 c,100644 d,");
	gv_buf_release(&tree);
	gv_buf_release(&seen);
}

/* The result of reading such a one to its end. */
static int
read_names(const char *const *names)
{
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r;

	add_names(&tree, names);
	gv_tree_iter_init(&it, tree.p, tree.len);
	while ((r = gv_tree_next(&it, &e)) > 0)
		;
	gv_buf_release(&tree);
	return r;
}

#define READ(...) read_names((const char *const[]){ __VA_ARGS__, NULL })

static void
order_and_doubles_are_git_s(void **state)
{
	(void)state;
	assert_int_equal(READ("a", "b"), 0);
	assert_int_equal(READ("a", "a-b", "a.c", "a0"), 0);
	assert_int_equal(READ("a-b", "a.c", "a/", "a0"), 0);
	assert_int_equal(READ("a", "a-b", "a-b-c", "a-c/", "b/"), 0);
	assert_int_equal(READ("..", ".git"), 0); /* the caller's to refuse */
	assert_int_equal(READ("b", "a"), GV_ECORRUPT);
	assert_int_equal(READ("a", "a"), GV_ECORRUPT);
	assert_int_equal(READ("a/", "a/"), GV_ECORRUPT);
	assert_int_equal(READ("a/", "a"), GV_ECORRUPT);
	assert_int_equal(READ("a/", "a-b"), GV_ECORRUPT);
	assert_int_equal(READ("a", "a/"), GV_ECORRUPT);
	/* the file and the directory far apart */
	assert_int_equal(READ("a", "a-b", "a.c", "a/"), GV_ECORRUPT);
	assert_int_equal(READ("a", "a-b", "a-b-c", "a-b/"), GV_ECORRUPT);
	assert_int_equal(READ("a", "a-b/", "a/"), GV_ECORRUPT);
	assert_int_equal(READ("ab", "ab-", "ab-x/", "ab.", "ab/"), GV_ECORRUPT);
	assert_int_equal(READ("a-", "a/", "b"), 0);
}

static void
long_names_that_differ_late_are_told_apart(void **state)
{
	char a[302], b[302], c[302];

	(void)state;
	for (size_t n = 60; n < 300; n++) {
		memset(a, 'x', n);
		memset(b, 'x', n);
		memset(c, 'x', n);
		memcpy(a + n, "", 1);
		memcpy(b + n, "-", 2);
		memcpy(c + n, "/", 2);
		assert_int_equal(READ(a, b), 0);
		assert_int_equal(READ(b, c), 0);
		/* no file system takes a longer name */
		if (n < 256)
			assert_int_equal(READ(a, b, c), GV_ECORRUPT);
	}
}

static void
what_is_no_tree_is_refused(void **state)
{
#define OID "01234567890123456789"
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{ "1", 1 },
		{ "100644", 6 },
		{ "100644 ", 7 },
		{ "100644 a", 8 },
		{ "100644 a\0", 9 },
		{ "100644 a\0" OID, 28 },
		{ "100644 \0" OID, 28 },
		{ " a\0" OID, 23 },
		{ "100684 a\0" OID, 29 },
		{ "-00644 a\0" OID, 29 },
		{ "644 a\0" OID, 26 },
		{ "777777 a\0" OID, 29 },
		{ "10000000644 a\0" OID, 34 },
		{ "100644 a/b\0" OID, 31 },
		{ "100644 a\0" OID "x", 30 },
	};
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* exactly so long, so that a read beyond is seen */
		char *copy = malloc(bad[i].len);

		memcpy(copy, bad[i].bytes, bad[i].len);
		gv_tree_iter_init(&it, copy, bad[i].len);
		while ((r = gv_tree_next(&it, &e)) > 0)
			;
		if (r != GV_ECORRUPT)
			fail_msg("tree %zu was taken", i);
		free(copy);
	}
	gv_tree_iter_init(&it, NULL, 0);
	assert_int_equal(gv_tree_next(&it, &e), 0);
}

static void
modes_that_old_programs_wrote_are_read(void **state)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;

	(void)state;
	gv_tree_iter_init(&it, "040000 a\0" OID "100664 b\0" OID, 58);
	assert_int_equal(gv_tree_next(&it, &e), 1);
	assert_int_equal(e.mode, GV_MODE_DIR);
	assert_int_equal(gv_tree_next(&it, &e), 1);
	assert_int_equal(e.mode, 0100664);
	assert_string_equal(e.name, "b");
	assert_memory_equal(e.oid.id, OID, 20);
	assert_int_equal(gv_tree_next(&it, &e), 0);
}

static void
a_tree_read_and_added_again_is_the_same(void **state)
{
	struct sandbox *s = *state;
	struct gv_buf copy = GV_BUF_INIT;
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_object obj;
	struct gv_odb *odb;
	struct gv_oid id;

	sh(s,
	    "mkdir d && echo a >a-file && echo x >x && chmod +x x && "
	    "ln -s x link && echo y >d/y && echo z >d.z && "
	    "printf z >\"$(printf 'new\\nline\\377')\" && git add . && "
	    "git update-index --add --cacheinfo "
	    "160000,1111111111111111111111111111111111111111,sub");
	id = ID(s, "git write-tree");
	odb = open_odb(s);
	assert_int_equal(gv_odb_read_type(odb, &obj, &id, GV_OTYPE_TREE), 0);
	gv_tree_iter_init(&it, obj.data, obj.len);
	while (gv_tree_next(&it, &e) > 0)
		gv_tree_add(&copy, e.mode, e.name, e.name_len, &e.oid);
	assert_int_equal(copy.len, obj.len);
	assert_memory_equal(copy.p, obj.data, obj.len);
	gv_object_release(&obj);
	gv_buf_release(&copy);
	gv_odb_close(odb);
}

static void
make_files(struct sandbox *s)
{
	sh(s,
	    "mkdir -p a/b/c a.d e && echo 1 >a/b/c/one && echo 2 >a/b/two && "
	    "echo 3 >a-b && echo 4 >a.d/four && echo 5 >e/five && "
	    "ln -s five e/link && echo 6 >z && git add . && "
	    "git commit -q -m x");
}

static void
paths_are_found(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid tree, got, want;
	struct gv_odb *odb;
	unsigned mode;

	make_files(s);
	tree = ID(s, "git rev-parse HEAD^{tree}");
	odb = open_odb(s);
	want = ID(s, "git rev-parse HEAD:a/b/c/one");
	assert_int_equal(gv_tree_find(odb, &tree, "a/b/c/one", &mode, &got), 0);
	assert_int_equal(mode, GV_MODE_FILE);
	assert_true(gv_oid_equal(&got, &want));
	want = ID(s, "git rev-parse HEAD:a/b");
	assert_int_equal(gv_tree_find(odb, &tree, "a/b", &mode, &got), 0);
	assert_int_equal(mode, GV_MODE_DIR);
	assert_true(gv_oid_equal(&got, &want));
	assert_int_equal(gv_tree_find(odb, &tree, "", &mode, &got), 0);
	assert_true(gv_oid_equal(&got, &tree));
	assert_int_equal(gv_tree_find(odb, &tree, "e/link", &mode, &got), 0);
	assert_int_equal(mode, GV_MODE_LINK);
	assert_int_equal(
	    gv_tree_find(odb, &tree, "a/x", &mode, &got), GV_ENOTFOUND);
	assert_int_equal(
	    gv_tree_find(odb, &tree, "z/x", &mode, &got), GV_ENOTFOUND);
	gv_odb_close(odb);
}

static void
a_folder_is_found_behind_a_file_of_its_name(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid tree, got, want;
	struct gv_odb *odb;
	unsigned mode;

	make_files(s);
	tree = ID(s,
	    "{ git ls-tree HEAD && git ls-tree HEAD z | sed 's/z$/a/'; } | "
	    "git mktree");
	want = ID(s, "git rev-parse HEAD:a/b/two");
	odb = open_odb(s);
	assert_int_equal(gv_tree_find(odb, &tree, "a", &mode, &got), 0);
	assert_int_equal(mode, GV_MODE_FILE);
	assert_int_equal(gv_tree_find_mend(odb, &tree, "a", &mode, &got), 0);
	assert_int_equal(mode, GV_MODE_DIR);
	assert_int_equal(
	    gv_tree_find_mend(odb, &tree, "a/b/two", &mode, &got), 0);
	assert_true(gv_oid_equal(&got, &want));
	assert_int_equal(
	    gv_tree_find_mend(odb, &tree, "y", &mode, &got), GV_ENOTFOUND);
	gv_odb_close(odb);
}

struct listing {
	struct gv_buf text;
	const char *skip;
};

static int
list(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct listing *l = ctx;
	char hex[GV_OID_HEX + 1];

	assert_int_equal(strlen(path), len);
	gv_oid_format(hex, &e->oid);
	gv_buf_addf(&l->text, "%06o %s %s\n", e->mode, hex, path);
	return l->skip && strcmp(path, l->skip) == 0;
}

static int
stop(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	(void)ctx;
	(void)len;
	(void)e;
	return strcmp(path, "a/b") == 0 ? GV_ECANCELED : 0;
}

static void
a_walk_visits_what_ls_tree_lists(void **state)
{
	struct sandbox *s = *state;
	struct listing l = { GV_BUF_INIT, NULL };
	struct gv_oid tree;
	struct gv_odb *odb;

	make_files(s);
	tree = ID(s, "git rev-parse HEAD^{tree}");
	odb = open_odb(s);
	assert_int_equal(gv_tree_walk(odb, &tree, list, &l), 0);
	gv_buf_truncate(&l.text, l.text.len - 1);
	assert_string_equal(
	    sh(s, "git ls-tree -rt HEAD | sed 's/ [a-z]* / /; s/\t/ /'"),
	    l.text.p);
	gv_buf_reset(&l.text);
	l.skip = "a/b";
	assert_int_equal(gv_tree_walk(odb, &tree, list, &l), 0);
	gv_buf_truncate(&l.text, l.text.len - 1);
	assert_string_equal(sh(s,
				"git ls-tree -rt HEAD | grep -v a/b/ | "
				"sed 's/ [a-z]* / /; s/\t/ /'"),
	    l.text.p);
	assert_int_equal(gv_tree_walk(odb, &tree, stop, NULL), GV_ECANCELED);
	gv_buf_release(&l.text);
	gv_odb_close(odb);
}

static int
diff(void *ctx, const char *path, size_t len, const struct gv_tree_entry *a,
    const struct gv_tree_entry *b)
{
	struct gv_buf *out = ctx;
	static const struct gv_oid none;
	char from[GV_OID_HEX + 1], to[GV_OID_HEX + 1];

	assert_int_equal(strlen(path), len);
	gv_oid_format(from, a ? &a->oid : &none);
	gv_oid_format(to, b ? &b->oid : &none);
	gv_buf_addf(out, ":%06o %06o %s %s %c %s\n", a ? a->mode : 0,
	    b ? b->mode : 0, from, to,
	    !a                                  ? 'A'
		: !b                            ? 'D'
		: (a->mode ^ b->mode) & 0170000 ? 'T'
						: 'M',
	    path);
	return 0;
}

static void
check_diff(struct sandbox *s, struct gv_odb *odb, const char *a, const char *b)
{
	struct gv_buf got = GV_BUF_INIT;
	struct gv_oid x = ID(s, "git rev-parse %s^{tree}", a);
	struct gv_oid y = ID(s, "git rev-parse %s^{tree}", b);

	if (gv_tree_diff(odb, &x, &y, diff, &got) < 0)
		fail_msg("%s", gv_err_message());
	if (got.len)
		gv_buf_truncate(&got, got.len - 1);
	assert_string_equal(
	    sh(s, "git diff-tree -r --no-renames %s %s | tr '\t' ' '", a, b),
	    got.p);
	gv_buf_release(&got);
}

static void
a_diff_is_what_diff_tree_prints(void **state)
{
	struct sandbox *s = *state;
	struct gv_buf got = GV_BUF_INIT;
	struct gv_oid tree;
	struct gv_odb *odb;

	make_files(s);
	/* changed, gone, new, mode, type, file for directory and back */
	sh(s,
	    "git tag one; echo 9 >a/b/two; rm -r a/b/c; echo n >a/new; "
	    "chmod +x z; rm e/five; ln -s x e/five; rm -r a.d; echo f >a.d; "
	    "rm a-b; mkdir a-b; echo d >a-b/d; git add -A; "
	    "git commit -q -m two; git tag two");
	odb = open_odb(s);
	check_diff(s, odb, "one", "two");
	check_diff(s, odb, "two", "one");
	check_diff(s, odb, "one", "one");
	check_diff(s, odb, "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "one");
	tree = ID(s, "git rev-parse one^{tree}");
	assert_int_equal(gv_tree_diff(odb, NULL, &tree, diff, &got), 0);
	gv_buf_truncate(&got, got.len - 1);
	assert_string_equal(
	    sh(s,
		"git diff-tree -r 4b825dc642cb6eb9a060e54bf8d69288fbee4904 "
		"one | tr '\t' ' '"),
	    got.p);
	gv_buf_reset(&got);
	assert_int_equal(gv_tree_diff(odb, NULL, NULL, diff, &got), 0);
	assert_int_equal(gv_tree_diff(odb, &tree, &tree, diff, &got), 0);
	assert_int_equal(got.len, 0);
	gv_buf_release(&got);
	gv_odb_close(odb);
}

static void
random_trees_differ_as_git_says(void **state)
{
	struct sandbox *s = *state;
	uint64_t seed = 11;
	struct gv_odb *odb;
	int i;

	/* short names of few letters, so that files and directories of one
	 * name and of names like "a-" and "a0" meet */
	sh(s,
	    "python3 - <<'E'\n"
	    "import random, subprocess, os\n"
	    "random.seed(%u)\n"
	    "def name(): return ''.join(random.choice('a-.0') "
	    "for _ in range(random.randint(1, 3)))\n"
	    "for n in range(12):\n"
	    "  d = f'w{n}'\n"
	    "  os.mkdir(d)\n"
	    "  for _ in range(60):\n"
	    "    p = os.path.join(d, *['x' + name() for _ in "
	    "range(random.randint(1, 3))])\n"
	    "    try:\n"
	    "      os.makedirs(os.path.dirname(p), exist_ok=True)\n"
	    "      open(p, 'w').write(str(random.randint(0, 2)))\n"
	    "    except OSError: pass\n"
	    "E\n"
	    "for n in 0 1 2 3 4 5 6 7 8 9 10 11; do "
	    "git --work-tree=w$n add -A . && git tag t$n $(git commit-tree "
	    "-m x $(git write-tree)) || exit 1; done",
	    next_number(&seed));
	odb = open_odb(s);
	for (i = 0; i < 11; i++) {
		char a[16], b[16];

		snprintf(a, sizeof(a), "t%d", i);
		snprintf(b, sizeof(b), "t%d", i + 1);
		check_diff(s, odb, a, b);
	}
	gv_odb_close(odb);
}

/* Write `depth` trees, each in the last one; the outermost's id. */
static struct gv_oid
make_deep(struct sandbox *s, int depth, const char *leaf)
{
	struct gv_pack_opts opts = { .objects_dir = s->objects,
		.no_sync = true };
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_pack_result res;
	struct gv_pack_lane *lane;
	struct gv_pack *pack;
	struct gv_oid id;

	assert_int_equal(gv_pack_open(&pack, &opts), 0);
	assert_int_equal(gv_pack_lane_open(&lane, pack), 0);
	assert_int_equal(
	    gv_pack_add(lane, &id, GV_OTYPE_BLOB, leaf, strlen(leaf), NULL), 0);
	gv_tree_add(&tree, GV_MODE_FILE, "f", 1, &id);
	while (depth--) {
		assert_int_equal(gv_pack_add(lane, &id, GV_OTYPE_TREE, tree.p,
				     tree.len, NULL),
		    0);
		gv_buf_reset(&tree);
		gv_tree_add(&tree, GV_MODE_DIR, "d", 1, &id);
	}
	assert_int_equal(gv_pack_lane_close(lane), 0);
	assert_int_equal(gv_pack_finish(pack, &res), 0);
	gv_pack_unkeep(pack);
	gv_pack_free(pack);
	gv_buf_release(&tree);
	return id;
}

static int
deepest(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	(void)path;
	(void)e;
	*(size_t *)ctx = len;
	return 0;
}

static void
ten_thousand_levels_are_walked_and_compared(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid a = make_deep(s, 10000, "a");
	struct gv_oid b = make_deep(s, 10000, "b");
	struct gv_odb *odb = open_odb(s);
	struct gv_buf out = GV_BUF_INIT;
	size_t len = 0;

	if (gv_tree_walk(odb, &a, deepest, &len) < 0)
		fail_msg("%s", gv_err_message());
	assert_int_equal(len, 9999 * 2 + 1);
	assert_int_equal(gv_tree_diff(odb, &a, &b, diff, &out), 0);
	assert_non_null(strstr(out.p, " M d/d/d/"));
	gv_buf_release(&out);
	gv_odb_close(odb);
}

static void
a_missing_subtree_is_named_with_its_path(void **state)
{
	struct sandbox *s = *state;
	struct listing l = { GV_BUF_INIT, NULL };
	struct gv_oid tree, other;
	struct gv_odb *odb;
	struct gv_oid got;
	unsigned mode;

	make_files(s);
	tree = ID(s, "git rev-parse HEAD^{tree}");
	other = ID(s, "git rev-parse HEAD:e");
	sh(s,
	    "t=$(git rev-parse HEAD:a/b) && rm -f "
	    ".git/objects/$(echo $t | cut -c1-2)/$(echo $t | cut -c3-)");
	odb = open_odb(s);
	assert_int_equal(gv_tree_walk(odb, &tree, list, &l), GV_ENOTFOUND);
	assert_non_null(strstr(gv_err_message(), "a/b: object "));
	assert_int_equal(
	    gv_tree_diff(odb, &other, &tree, diff, &l.text), GV_ENOTFOUND);
	assert_non_null(strstr(gv_err_message(), "a/b: object "));
	/* not to be taken for a path that does not exist */
	assert_int_equal(
	    gv_tree_find(odb, &tree, "a/b/two", &mode, &got), GV_ECORRUPT);
	gv_buf_release(&l.text);
	gv_odb_close(odb);
}

#define T(f) cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)

UNIT(tree)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_doubles_are_git_s),
		cmocka_unit_test(
		    a_file_with_the_name_of_a_folder_is_passed_over),
		cmocka_unit_test(long_names_that_differ_late_are_told_apart),
		cmocka_unit_test(what_is_no_tree_is_refused),
		cmocka_unit_test(modes_that_old_programs_wrote_are_read),
		T(a_tree_read_and_added_again_is_the_same),
		T(paths_are_found),
		T(a_folder_is_found_behind_a_file_of_its_name),
		T(a_walk_visits_what_ls_tree_lists),
		T(a_diff_is_what_diff_tree_prints),
		T(random_trees_differ_as_git_says),
		T(ten_thousand_levels_are_walked_and_compared),
		T(a_missing_subtree_is_named_with_its_path),
	};

	return UNIT_RUN(tests);
}
