/* lib/restore/restore_plan: what a restore makes of a tree and its manifest, in
 * which order, and what it refuses. Nothing is written. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/manifest.h"
#include "record/record.h"
#include "repo/repo.h"
#include "restore/restore_internal.h"
#include "scratch.h"

struct planned {
	struct gv_repo *repo;
	struct gv_record rec;
	struct gv_restore_opts opts;
	struct gv_restore_result result;
	struct gv_restore_run run;
	struct gv_buf told; /* "ACTION PATH: REASON", a line each */
};

/* ---- a snapshot ---------------------------------------------------------- */

static void
put(struct gv_buf *out, enum gv_manifest_type type, const char *path,
    uint32_t mode, uint32_t link)
{
	struct gv_manifest_entry e = { .type = type,
		.path = path,
		.path_len = strlen(path),
		.mode = mode,
		.link = link,
		.mtime_s = 1000 };

	gv_manifest_put(out, &e);
}

/* Begin a snapshot whose tree has a/one and a/two, the same bytes; `top` is
 * what else its top has, as `git mktree` reads it, with $blob and $a. */
static void
make_tree(const char *top)
{
	struct gv_buf cmd = GV_BUF_INIT;

	gv_buf_addf(&cmd,
	    "git init -q . && blob=$(printf x | git hash-object -w --stdin) && "
	    "a=$(printf '100644 blob %%s\\tone\\n100755 blob %%s\\ttwo\\n' $blob "
	    "$blob | git mktree) && printf '%s' %s | git mktree >tree",
	    top, strstr(top, "tree") ? "$a $blob" : "$blob");
	sh(cmd.p);
	gv_buf_release(&cmd);
}

static void
make_meta(const struct gv_buf *manifest)
{
	FILE *f = fopen("layer", "w");

	assert_non_null(f);
	assert_int_equal(
	    fwrite(manifest->p, 1, manifest->len, f), manifest->len);
	assert_int_equal(fclose(f), 0);
	sh("layer=$(git hash-object -w layer) && "
	   "m=$(printf '100644 blob %s\\t0000\\n' $layer | git mktree) && "
	   "printf '040000 tree %s\\tmanifest\\n' $m | git mktree >meta");
}

static void
read_id(struct gv_oid *out, const char *name)
{
	char hex[GV_OID_HEX + 1] = "";
	FILE *f = fopen(name, "r");

	assert_non_null(f);
	assert_int_equal(fread(hex, 1, GV_OID_HEX, f), GV_OID_HEX);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(gv_oid_parse(out, hex), 0);
}

/* ---- its plan ------------------------------------------------------------ */

static void
note(void *ctx, const struct gv_restore_change *c)
{
	gv_buf_addf(ctx, "%d %.*s: %s\n", (int)c->action, (int)c->len, c->path,
	    c->reason ? c->reason : "");
}

typedef bool (*taker)(void *ctx, const char *path, size_t len);

static int
load(struct planned *p, taker takes, bool skip_damaged)
{
	memset(p, 0, sizeof(*p));
	p->told = (struct gv_buf)GV_BUF_INIT;
	assert_int_equal(gv_repo_open(&p->repo, 0), 0);
	read_id(&p->rec.tree, "tree");
	read_id(&p->rec.meta, "meta");
	p->opts = (struct gv_restore_opts)GV_RESTORE_OPTS_INIT;
	p->opts.no_owner = true;
	p->opts.takes = takes;
	p->opts.skip_damaged = skip_damaged;
	p->opts.each = note;
	p->opts.each_ctx = &p->told;
	p->run.repo = p->repo;
	p->run.rec = &p->rec;
	p->run.opts = &p->opts;
	p->run.result = &p->result;
	p->run.selected_text = (struct gv_buf)GV_BUF_INIT;
	assert_int_equal(gv_repo_odb(p->repo, &p->run.odb), 0);
	return gv_restore_plan_load(&p->run);
}

static void
unload(struct planned *p)
{
	gv_owner_release(&p->run.owner);
	gv_restore_plan_release(&p->run.plan);
	gv_repo_close(p->repo);
	gv_buf_release(&p->told);
}

/* The plan has these paths, in this order, each with a LF behind it. */
static void
assert_paths(const struct planned *p, const char *dirs, const char *files)
{
	struct gv_buf path = GV_BUF_INIT, all = GV_BUF_INIT;
	size_t i;

	gv_buf_addstr(&all, "");
	for (i = 0; i < p->run.plan.n_dirs; i++) {
		gv_restore_dir_path(&path, &p->run.plan, i);
		gv_buf_addf(&all, "%s\n", path.p);
	}
	assert_string_equal(all.p, dirs);
	gv_buf_reset(&all);
	for (i = 0; i < p->run.plan.n_files; i++) {
		gv_restore_file_path(&path, &p->run.plan, i);
		gv_buf_addf(&all, "%s\n", path.p);
	}
	assert_string_equal(all.p, files);
	gv_buf_release(&all);
	gv_buf_release(&path);
}

/* ---- what must hold ------------------------------------------------------ */

static void
test_merges_tree_and_manifest(void **state)
{
	struct gv_buf m = GV_BUF_INIT;
	struct planned p;

	(void)state;
	gv_manifest_begin(&m, "u", "g");
	put(&m, GV_MANIFEST_DIR, "", 0755, 0);
	put(&m, GV_MANIFEST_DIR, "a", 0700, 0);
	put(&m, GV_MANIFEST_FILE, "a/one", 0600, 7);
	put(&m, GV_MANIFEST_FILE, "a/two", 0600, 7);
	put(&m, GV_MANIFEST_DIR, "empty", 0750, 0);
	put(&m, GV_MANIFEST_LINK, "l", 0777, 0);
	make_tree("040000 tree %s\\ta\\n120000 blob %s\\tl\\n");
	make_meta(&m);
	assert_int_equal(load(&p, NULL, false), 0);
	assert_paths(&p, "\na\nempty\n", "l\na/one\na/two\n");
	assert_string_equal(p.told.p, "");
	assert_int_equal(p.run.plan.dirs[1].stored, 0700);
	assert_int_equal(p.run.plan.dirs[2].meta->mode, 0750);
	assert_int_equal(p.run.plan.files[1].meta->mode, 0600);
	/* one file of two names: the second is a link to the first */
	assert_true(p.run.plan.files[1].shared);
	assert_int_equal(p.run.plan.files[1].leader, 0);
	assert_int_equal(p.run.plan.files[2].leader, 2);
	unload(&p);
	gv_buf_release(&m);
}

static void
test_makes_nothing_that_could_do_harm(void **state)
{
	struct gv_buf m = GV_BUF_INIT;
	struct planned p;

	(void)state;
	gv_manifest_begin(&m, "u", "g");
	put(&m, GV_MANIFEST_DIR, "", 0755, 0);
	put(&m, GV_MANIFEST_DIR, ".GIT", 0755, 0);
	put(&m, GV_MANIFEST_DIR, "a", 0755, 0);
	put(&m, GV_MANIFEST_DIR, "a/one", 0755, 0);
	put(&m, GV_MANIFEST_FILE, "b", 0644, 0);
	put(&m, GV_MANIFEST_DIR, "nowhere/in", 0755, 0);
	make_tree("040000 tree %s\\ta\\n100644 blob %s\\tgit~1\\n");
	make_meta(&m);
	assert_int_equal(load(&p, NULL, false), 0);
	assert_paths(&p, "\na\n", "a/one\na/two\n");
	assert_non_null(
	    strstr(p.told.p, ".GIT: a file of this name could do harm"));
	assert_non_null(
	    strstr(p.told.p, "git~1: a file of this name could do harm"));
	assert_non_null(
	    strstr(p.told.p, "a/one: a file of the snapshot has its name"));
	assert_non_null(strstr(p.told.p,
	    "b: the manifest names it, but the snapshot's tree does not hold "
	    "it"));
	assert_non_null(strstr(p.told.p,
	    "nowhere/in: the manifest names no directory that holds it"));
	assert_int_equal(p.result.skipped, 5);
	unload(&p);
	gv_buf_release(&m);
}

static bool
takes_two(void *ctx, const char *path, size_t len)
{
	(void)ctx;
	return len == 5 && memcmp(path, "a/two", 5) == 0;
}

static void
test_leaves_out_what_is_not_taken(void **state)
{
	struct gv_buf m = GV_BUF_INIT;
	struct planned p;

	(void)state;
	gv_manifest_begin(&m, "u", "g");
	put(&m, GV_MANIFEST_DIR, "", 0755, 0);
	put(&m, GV_MANIFEST_DIR, "a", 0755, 0);
	put(&m, GV_MANIFEST_FILE, "a/one", 0644, 0);
	put(&m, GV_MANIFEST_FILE, "a/two", 0755, 0);
	put(&m, GV_MANIFEST_DIR, "empty", 0755, 0);
	make_tree("040000 tree %s\\ta\\n100644 blob %s\\tz\\n");
	make_meta(&m);
	assert_int_equal(load(&p, takes_two, false), 0);
	assert_paths(&p, "\na\nempty\n", "a/two\n");
	/* the way to it is made, an empty directory beside it is not */
	assert_true(p.run.plan.dirs[1].used);
	assert_false(p.run.plan.dirs[2].used);
	unload(&p);
	gv_buf_release(&m);
}

static void
test_a_damaged_manifest_ends_it_unless_skipped(void **state)
{
	struct gv_buf m = GV_BUF_INIT;
	struct planned p;

	(void)state;
	gv_buf_addstr(&m, "git-vault manifest 1\nno line\n");
	make_tree("040000 tree %s\\ta\\n100644 blob %s\\tz\\n");
	make_meta(&m);
	assert_int_equal(load(&p, NULL, false), GV_ECORRUPT);
	unload(&p);
	/* names, bytes and modes are there without it */
	assert_int_equal(load(&p, NULL, true), 0);
	assert_paths(&p, "\na\n", "z\na/one\na/two\n");
	assert_true(p.run.plan.no_manifest);
	assert_int_equal(p.result.skipped, 1);
	unload(&p);
	gv_buf_release(&m);
}

UNIT(restore_plan)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(test_merges_tree_and_manifest),
		SCRATCH_TEST(test_makes_nothing_that_could_do_harm),
		SCRATCH_TEST(test_leaves_out_what_is_not_taken),
		SCRATCH_TEST(test_a_damaged_manifest_ends_it_unless_skipped),
	};

	return UNIT_RUN(tests);
}
