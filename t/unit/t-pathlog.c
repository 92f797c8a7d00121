#include "unit.h"

#include <sys/stat.h>

#include "scratch.h"

#include "base/buf.h"
#include "base/err.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "textindex/pathlog.h"
#include "worktree/cache.h"

#define FILE_OF_IT ".git/vault/search/pathlog"

/* Where the parts of the log of format_two() begin. */
#define COUNTS   (GV_CACHE_MAGIC + GV_EXTENT_STAMP)
#define VERSIONS (COUNTS + 5 * 4)
#define NOWS     (VERSIONS + 3 * 24)
#define CHANGES  (NOWS + 2 * 4)
#define STEPS    (CHANGES + 4 * 12)
#define TEXTS    (STEPS + 2 * 28)

static const unsigned char stamp[GV_EXTENT_STAMP] = "of these refs";

static struct gv_oid
id_of(unsigned char n)
{
	return (struct gv_oid){ .id = { n, 1, 2, 3 } };
}

/* Two snapshots: the first has a and b, the second one another a, and no b. */
static void
fill_two(struct gv_pathlog_draft *d)
{
	static struct gv_pathlog_step steps[2];
	static struct gv_pathlog_version versions[3];
	static const char *const paths[] = { "src/a.c", "b" };
	static const uint32_t nows[] = { 2, GV_PATHLOG_NONE };
	static const struct gv_pathlog_change changes[] = { { 0, 0, 0 },
		{ 0, 1, 1 }, { 1, 0, 2 }, { 1, 1, GV_PATHLOG_NONE } };

	steps[0] = (struct gv_pathlog_step){ .time = 1700000000,
		.commit = id_of(77),
		.id = "20261120T071244Z-0123abcd",
		.author = "A <a@example.org>",
		.subject = "first" };
	steps[1] = (struct gv_pathlog_step){ .time = -5,
		.commit = id_of(78),
		.id = "20261120T071245Z-0123abce",
		.author = "",
		.subject = "" };
	versions[0] = (struct gv_pathlog_version){ id_of(9), 100 };
	versions[1] =
	    (struct gv_pathlog_version){ id_of(3), GV_PATHLOG_BINARY };
	versions[2] =
	    (struct gv_pathlog_version){ id_of(5), GV_PATHLOG_UNTOLD };
	*d = (struct gv_pathlog_draft){ .stamp = stamp,
		.steps = steps,
		.n_steps = 2,
		.paths = paths,
		.nows = nows,
		.n_paths = 2,
		.versions = versions,
		.n_versions = 3,
		.changes = changes,
		.n_changes = 4 };
}

static void
format_two(struct gv_buf *out)
{
	struct gv_pathlog_draft d;

	fill_two(&d);
	assert_int_equal(gv_pathlog_format(out, &d), 0);
}

static void
assert_change(
    const struct gv_pathlog *log, size_t i, struct gv_pathlog_change expect)
{
	struct gv_pathlog_change c;

	gv_pathlog_change(&c, log, i);
	assert_int_equal(c.step, expect.step);
	assert_int_equal(c.path, expect.path);
	assert_int_equal(c.version, expect.version);
}

static void
assert_version(
    const struct gv_pathlog *log, size_t i, unsigned char name, uint32_t len)
{
	struct gv_pathlog_version v;

	gv_pathlog_version(&v, log, i);
	assert_int_equal(v.oid.id[0], name);
	assert_int_equal(v.len, len);
}

static void
assert_two(const struct gv_pathlog *log)
{
	struct gv_pathlog_step steps[2];
	const char *paths[2];

	assert_int_equal(log->n_steps, 2);
	assert_int_equal(log->n_paths, 2);
	assert_int_equal(log->n_versions, 3);
	assert_int_equal(log->n_changes, 4);
	gv_pathlog_steps(steps, log);
	assert_int_equal(steps[0].time, 1700000000);
	assert_int_equal(steps[1].time, -5);
	assert_int_equal(steps[1].commit.id[0], 78);
	assert_string_equal(steps[0].author, "A <a@example.org>");
	assert_string_equal(steps[0].subject, "first");
	assert_string_equal(steps[1].id, "20261120T071245Z-0123abce");
	assert_string_equal(steps[1].subject, "");
	gv_pathlog_paths(paths, log);
	assert_string_equal(paths[0], "src/a.c");
	assert_string_equal(paths[1], "b");
	/* they rise by name */
	assert_version(log, 0, 3, GV_PATHLOG_BINARY);
	assert_version(log, 1, 5, GV_PATHLOG_UNTOLD);
	assert_version(log, 2, 9, 100);
	assert_change(log, 0, (struct gv_pathlog_change){ 0, 0, 2 });
	assert_change(log, 1, (struct gv_pathlog_change){ 0, 1, 0 });
	assert_change(log, 2, (struct gv_pathlog_change){ 1, 0, 1 });
	assert_change(
	    log, 3, (struct gv_pathlog_change){ 1, 1, GV_PATHLOG_NONE });
	assert_int_equal(gv_pathlog_now(log, 0), 1);
	assert_int_equal(gv_pathlog_now(log, 1), GV_PATHLOG_NONE);
}

static void
what_is_written_is_read(void **state)
{
	struct gv_pathlog_draft nothing = { .stamp = stamp };
	struct gv_buf b = GV_BUF_INIT;
	struct gv_pathlog log;

	(void)state;
	format_two(&b);
	assert_int_equal(gv_pathlog_parse(&log, b.p, b.len), 0);
	assert_two(&log);
	gv_buf_reset(&b);
	assert_int_equal(gv_pathlog_format(&b, &nothing), 0);
	assert_int_equal(gv_pathlog_parse(&log, b.p, b.len), 0);
	assert_int_equal(log.n_steps + log.n_paths + log.n_versions, 0);
	gv_buf_release(&b);
}

static void
damage_is_seen(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_pathlog log;
	size_t i;

	(void)state;
	format_two(&b);
	for (i = 0; i < b.len; i++) {
		b.p[i] ^= 0x41;
		assert_int_equal(
		    gv_pathlog_parse(&log, b.p, b.len), GV_ECORRUPT);
		b.p[i] ^= 0x41;
		assert_int_equal(gv_pathlog_parse(&log, b.p, i), GV_ECORRUPT);
	}
	assert_int_equal(gv_pathlog_parse(&log, b.p, b.len), 0);
	gv_buf_release(&b);
}

/* Numbers that lead nowhere, with a sum that is right. */
static void
what_makes_no_sense_is_refused(void **state)
{
	static const struct forged {
		size_t at;
		unsigned char byte;
	} forged[] = {
		{ COUNTS + 3, 2 },     /* fewer versions than bytes */
		{ COUNTS, 0x80 },      /* far more */
		{ COUNTS + 16, 0xff }, /* texts of four gigabytes */
		{ VERSIONS, 6 },       /* falling versions */
		{ NOWS + 3, 3 },       /* a version that is not there */
		{ CHANGES + 3, 1 },    /* steps that fall */
		{ CHANGES + 27, 2 },   /* a step that is not there */
		{ CHANGES + 7, 2 },    /* a path that is not there */
		{ CHANGES + 11, 3 },   /* a version that is not there */
		{ TEXTS, 0 },          /* a text too many */
		{ TEXTS + 25, 'x' },   /* one too few */
	};
	struct gv_buf b = GV_BUF_INIT;
	struct gv_pathlog log;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		gv_buf_reset(&b);
		format_two(&b);
		assert_int_not_equal(
		    (unsigned char)b.p[forged[i].at], forged[i].byte);
		b.p[forged[i].at] = (char)forged[i].byte;
		gv_buf_truncate(&b, b.len - GV_CACHE_SUM);
		gv_cache_seal(&b, 0);
		assert_int_equal(
		    gv_pathlog_parse(&log, b.p, b.len), GV_ECORRUPT);
	}
	gv_buf_release(&b);
}

static int
load(struct gv_pathlog *log, struct gv_file_map *map,
    const struct gv_repo *repo, const unsigned char *of)
{
	gv_file_unmap(map);
	*map = (struct gv_file_map){ .p = NULL };
	return gv_pathlog_load(map, log, repo, of);
}

static void
the_file_is_of_its_refs_alone(void **state)
{
	const unsigned char other[GV_EXTENT_STAMP] = "of other refs";
	struct gv_file_map map = { .p = NULL };
	struct gv_pathlog_draft d;
	struct gv_pathlog log;
	struct gv_repo *repo;
	struct stat st;

	(void)state;
	sh("git init -q . && mkdir -p .git/vault/search");
	assert_int_equal(gv_repo_open(&repo, 0), 0);
	assert_int_equal(load(&log, &map, repo, stamp), 0);
	fill_two(&d);
	gv_pathlog_save(repo, &d);
	assert_int_equal(stat(FILE_OF_IT, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(load(&log, &map, repo, stamp), 1);
	assert_two(&log);
	assert_int_equal(load(&log, &map, repo, other), 0);
	sh("echo junk >>" FILE_OF_IT);
	assert_int_equal(load(&log, &map, repo, stamp), 0);
	sh(": >" FILE_OF_IT);
	assert_int_equal(load(&log, &map, repo, stamp), 0);
	gv_pathlog_remove(repo);
	assert_int_equal(stat(FILE_OF_IT, &st), -1);
	gv_file_unmap(&map);
	gv_repo_close(repo);
}

UNIT(pathlog)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		SCRATCH_TEST(the_file_is_of_its_refs_alone),
	};

	return UNIT_RUN(tests);
}
