#include "unit.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "worktree/statcache.h"

/*
 * The cache of this tree, as a census writes it:
 *
 *	IG (ignored)	Z	a/F	a/b
 */
struct parts {
	struct gv_statcache_head head;
	struct gv_dir_row dirs[3];
	struct gv_row rows[5];
	struct gv_buf names;
};

static void
set_row(struct parts *p, unsigned i, const char *name, uint32_t flags,
    uint64_t size)
{
	p->rows[i] = (struct gv_row){ .name = (uint32_t)p->names.len,
		.name_len = (uint16_t)strlen(name),
		.flags = flags,
		.size = size,
		.mtime = 1000 + i };
	gv_buf_addstr(&p->names, name);
}

static void
make_parts(struct parts *p)
{
	memset(p, 0, sizeof(*p));
	p->names = (struct gv_buf)GV_BUF_INIT;
	set_row(p, 0, "IG", GV_ROW_IGNORED | GV_ROW_DIR, 77);
	set_row(p, 1, "Z", 0, 3);
	set_row(p, 2, "a", GV_ROW_DIR | GV_ROW_TRACKED, 1);
	set_row(p, 3, "F", GV_ROW_PRECIOUS, 4);
	set_row(p, 4, "b", GV_ROW_DIR, 2);
	p->dirs[0] = (struct gv_dir_row){ .first = 0, .n = 3 };
	p->dirs[1] = (struct gv_dir_row){
		.first = 3, .n = 2, .name = p->rows[2].name, .name_len = 1
	};
	p->dirs[2] = (struct gv_dir_row){
		.first = 5, .parent = 1, .name = p->rows[4].name, .name_len = 1
	};
	p->head.dirs = 3;
	p->head.rows = 5;
	p->head.stamp = 123456789;
	memcpy(p->head.id, "20200101T000000Z-00000000", 26);
}

/* Write the parts; whether they are believed when read. */
static bool
is_believed(struct parts *p)
{
	struct gv_statcache *c;
	int r =
	    gv_statcache_write("cache", &p->head, p->dirs, p->rows, &p->names);

	assert_int_equal(r, 0);
	r = gv_statcache_open(&c, "cache");
	if (r == 0)
		gv_statcache_close(c);
	else
		assert_int_equal(r, GV_ENOTFOUND);
	gv_buf_release(&p->names);
	return r == 0;
}

static void
what_is_written_is_read(void **state)
{
	struct gv_statcache *c;
	struct parts p;

	(void)state;
	make_parts(&p);
	assert_int_equal(
	    gv_statcache_write("cache", &p.head, p.dirs, p.rows, &p.names), 0);
	assert_int_equal(gv_statcache_open(&c, "cache"), 0);
	assert_int_equal(c->head->stamp, 123456789);
	assert_string_equal(c->head->id, p.head.id);
	assert_memory_equal(c->dirs, p.dirs, sizeof(p.dirs));
	assert_memory_equal(c->rows, p.rows, sizeof(p.rows));
	assert_memory_equal(c->names, p.names.p, p.names.len);
	gv_statcache_close(c);
	gv_statcache_close(NULL);
	gv_buf_release(&p.names);
	sh("test ! -e cache.tmp");
}

static void
rows_are_found_by_path(void **state)
{
	static const char *const paths[] = { "Z", "a", "a/F", "a/b", "IG" };
	static const char *const none[] = { "", "y", "a/", "a/x", "a/b/c",
		"Z/F", "IG/F", "/a", "a//F", "aa" };
	struct gv_statcache *c;
	struct parts p;
	size_t i;

	(void)state;
	make_parts(&p);
	assert_true(is_believed(&p));
	assert_int_equal(gv_statcache_open(&c, "cache"), 0);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_non_null(
		    gv_statcache_find(c, paths[i], strlen(paths[i])));
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(gv_statcache_find(c, none[i], strlen(none[i])));
	assert_int_equal(gv_statcache_find(c, "a/F", 3)->size, 4);
	gv_statcache_close(c);
	/* a part of it tells the same */
	assert_int_equal(gv_statcache_open_part(&c, "cache"), 0);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_non_null(
		    gv_statcache_find(c, paths[i], strlen(paths[i])));
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(gv_statcache_find(c, none[i], strlen(none[i])));
	gv_statcache_close(c);
}

#define MANY 12000 /* of several blocks, and copied before it is changed */

/* How many of many rows are found; those that are must be right. */
static unsigned
count_found(const struct gv_statcache *c)
{
	const struct gv_row *row;
	unsigned i, found = 0;
	char name[8];

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "f%05u", i);
		row = gv_statcache_find(c, name, strlen(name));
		assert_true(row == NULL || row->size == i);
		found += row != NULL;
	}
	return found;
}

static void
damage_hides_what_a_search_comes_by_and_no_more(void **state)
{
	struct gv_statcache_head head = { .dirs = 1, .rows = MANY };
	struct gv_row *rows = calloc(MANY, sizeof(*rows));
	struct gv_dir_row dir = { .n = MANY };
	struct gv_buf names = GV_BUF_INIT;
	struct gv_statcache *c;
	unsigned i;
	FILE *f;

	(void)state;
	assert_non_null(rows);
	for (i = 0; i < MANY; i++) {
		rows[i] = (struct gv_row){
			.name = (uint32_t)names.len, .name_len = 6, .size = i
		};
		gv_buf_addf(&names, "f%05u", i);
	}
	assert_int_equal(
	    gv_statcache_write("cache", &head, &dir, rows, &names), 0);
	assert_int_equal(gv_statcache_open(&c, "cache"), 0);
	assert_int_equal(count_found(c), MANY);
	gv_statcache_close(c);
	assert_int_equal(gv_statcache_open_part(&c, "cache"), 0);
	assert_int_equal(count_found(c), MANY);
	gv_statcache_close(c);
	/* the size of a row far behind; then the last letter of all names */
	f = fopen("cache", "r+b");
	assert_non_null(f);
	fseek(f,
	    (long)(sizeof(head) + sizeof(dir) + 3900 * sizeof(*rows) +
		offsetof(struct gv_row, size)),
	    SEEK_SET);
	fputc(255, f);
	fflush(f);
	assert_int_equal(gv_statcache_open(&c, "cache"), GV_ENOTFOUND);
	assert_int_equal(gv_statcache_open_part(&c, "cache"), 0);
	assert_in_range(count_found(c), MANY / 4, MANY - 100);
	gv_statcache_close(c);
	fseek(f, (long)(sizeof(head) + sizeof(dir)), SEEK_SET);
	fputc(255, f);
	fclose(f);
	assert_int_equal(gv_statcache_open_part(&c, "cache"), 0);
	assert_null(gv_statcache_find(c, "f00000", 6));
	gv_statcache_close(c);
	gv_buf_release(&names);
	free(rows);
}

/* A directory stands where its name with a slash behind it would. */
static void
a_row_is_found_among_many(void **state)
{
	static const char *const names[] = { "a", "b!", "b", "b0", "c", "c!" };
	static const unsigned char is_dir[] = { 0, 0, 1, 0, 0, 0 };
	struct gv_dir_row dirs[2];
	struct gv_statcache *c;
	struct parts p;
	unsigned i;

	(void)state;
	make_parts(&p);
	gv_buf_reset(&p.names);
	for (i = 0; i < 5; i++)
		set_row(&p, i, names[i], is_dir[i] ? GV_ROW_DIR : 0,
		    is_dir[i] ? 1 : 10 + i);
	memset(dirs, 0, sizeof(dirs));
	dirs[0].n = 5;
	dirs[1] = (struct gv_dir_row){
		.first = 5, .name = p.rows[2].name, .name_len = 1
	};
	p.head.dirs = 2;
	assert_int_equal(
	    gv_statcache_write("cache", &p.head, dirs, p.rows, &p.names), 0);
	assert_int_equal(gv_statcache_open(&c, "cache"), 0);
	for (i = 0; i < 5; i++)
		assert_ptr_equal(
		    gv_statcache_find(c, names[i], strlen(names[i])),
		    &c->rows[i]);
	assert_null(gv_statcache_find(c, names[5], strlen(names[5])));
	gv_statcache_close(c);
	gv_buf_release(&p.names);
}

static int
note(void *ctx, const struct gv_buf *path, const struct gv_row *row)
{
	gv_buf_addf(ctx, "%s:%d ", path->p, (int)(row->mtime - 1000));
	return strcmp(path->p, "stop/F") == 0 ? GV_ECANCELED : 0;
}

static void
a_walk_comes_by_every_row(void **state)
{
	struct gv_buf path = GV_BUF_INIT, seen = GV_BUF_INIT;
	struct gv_statcache *c;
	struct parts p;

	(void)state;
	make_parts(&p);
	assert_true(is_believed(&p));
	assert_int_equal(gv_statcache_open(&c, "cache"), 0);
	assert_int_equal(gv_statcache_walk(c, 0, &path, note, &seen), 0);
	assert_string_equal(seen.p, "IG:0 Z:1 a:2 a/F:3 a/b:4 ");
	assert_int_equal(path.len, 0);
	gv_buf_reset(&seen);
	gv_buf_addstr(&path, "stop");
	assert_int_equal(
	    gv_statcache_walk(c, 1, &path, note, &seen), GV_ECANCELED);
	assert_string_equal(seen.p, "stop/F:3 ");
	assert_string_equal(path.p, "stop");
	gv_buf_release(&path);
	gv_buf_release(&seen);
	gv_statcache_close(c);
}

static void
any_byte_that_is_off_is_seen(void **state)
{
	struct gv_statcache *c;
	struct parts p;
	long at, size;
	FILE *f;
	int byte;

	(void)state;
	make_parts(&p);
	assert_true(is_believed(&p));
	f = fopen("cache", "r+b");
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	for (at = 0; at < size; at++) {
		fseek(f, at, SEEK_SET);
		byte = fgetc(f);
		fseek(f, at, SEEK_SET);
		fputc(byte ^ 0x10, f);
		fflush(f);
		assert_int_equal(gv_statcache_open(&c, "cache"), GV_ENOTFOUND);
		if (gv_statcache_open_part(&c, "cache") == 0) {
			assert_null(gv_statcache_find(c, "a/F", 3));
			gv_statcache_close(c);
		}
		fseek(f, at, SEEK_SET);
		fputc(byte, f);
		fflush(f);
	}
	assert_int_equal(gv_statcache_open(&c, "cache"), 0);
	gv_statcache_close(c);
	for (at = size - 1; at >= 0; at--) {
		assert_int_equal(truncate("cache", at), 0);
		assert_int_equal(gv_statcache_open(&c, "cache"), GV_ENOTFOUND);
	}
	fclose(f);
}

/* ---- the journal ------------------------------------------------------- */

/* A cache of a folder with many files. */
static void
write_many(const char *path)
{
	struct gv_statcache_head head = { .dirs = 1, .rows = MANY };
	struct gv_dir_row dir = { .n = MANY };
	struct gv_row *rows = calloc(MANY, sizeof(*rows));
	struct gv_buf names = GV_BUF_INIT;
	uint32_t i;

	assert_non_null(rows);
	for (i = 0; i < MANY; i++) {
		rows[i] = (struct gv_row){
			.name = (uint32_t)names.len, .name_len = 6, .size = i
		};
		gv_buf_addf(&names, "f%05u", i);
	}
	head.stamp = 1;
	assert_int_equal(
	    gv_statcache_write(path, &head, &dir, rows, &names), 0);
	gv_buf_release(&names);
	free(rows);
}

/* As a snapshot would, with another size of one file and a stamp. */
static int
append(const char *path, uint32_t number, uint64_t size, int64_t stamp)
{
	struct gv_statcache_change change = GV_STATCACHE_CHANGE_INIT;
	struct gv_statcache_head head;
	struct gv_statcache *c;
	struct gv_dir_row dir;
	struct gv_row row;
	int r;

	assert_int_equal(gv_statcache_open(&c, "cache"), 0);
	head = *c->head;
	head.stamp = stamp;
	row = c->rows[number];
	row.size = size;
	dir = c->dirs[0];
	dir.mtime = stamp;
	assert_int_equal(gv_statcache_change_row(&change, number, &row), 0);
	assert_int_equal(gv_statcache_change_dir(&change, 0, &dir), 0);
	r = gv_statcache_append(c, path, &head, &change);
	gv_statcache_change_release(&change);
	gv_statcache_close(c);
	return r;
}

/* What a file's size is, and the stamp; in part, too. */
static void
assert_holds(const char *name, uint64_t size, int64_t stamp)
{
	struct gv_statcache *c;

	assert_int_equal(gv_statcache_open(&c, "cache"), 0);
	assert_int_equal(gv_statcache_find(c, name, 6)->size, size);
	assert_int_equal(c->head->stamp, stamp);
	assert_int_equal(c->head->rows, MANY);
	gv_statcache_close(c);
	assert_int_equal(gv_statcache_open_part(&c, "cache"), 0);
	assert_int_equal(gv_statcache_find(c, name, 6)->size, size);
	assert_int_equal(c->head->stamp, stamp);
	gv_statcache_close(c);
}

static long
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

static void
what_changed_is_appended(void **state)
{
	long size;

	(void)state;
	write_many("cache");
	size = size_of("cache");
	assert_int_equal(append("cache", 7, 70000, 2), 0);
	assert_holds("f00007", 70000, 2);
	assert_holds("f00008", 8, 2);
	assert_int_equal(append("cache", 3999, 5, 3), 0);
	assert_int_equal(append("cache", 7, 6, 4), 0);
	assert_holds("f03999", 5, 4);
	assert_holds("f00007", 6, 4);
	assert_int_equal(size_of("cache"), size);
	/* another file, or one that is not there, is not that cache */
	write_many("other");
	sh("printf x >>other");
	assert_int_equal(append("other", 7, 1, 5), GV_ENOTFOUND);
	assert_int_equal(append("nowhere", 7, 1, 5), GV_ENOTFOUND);
	assert_holds("f00007", 6, 4);
	/* a whole one ends the journal */
	write_many("cache");
	assert_int_equal(size_of("cache.journal"), -1);
	assert_holds("f00007", 7, 1);
}

static void
a_journal_of_another_cache_does_not_count(void **state)
{
	(void)state;
	write_many("cache");
	assert_int_equal(append("cache", 7, 70000, 2), 0);
	sh("cp cache.journal kept");
	/* as one that was killed before it removed the journal leaves it */
	sh("cp cache old");
	write_many("cache");
	assert_int_equal(append("cache", 8, 80000, 3), 0);
	assert_holds("f00007", 7, 3);
	sh("cp kept cache.journal");
	assert_holds("f00007", 70000, 2);
	sh("cp cache.journal twice && cat twice >>cache.journal");
	assert_holds("f00007", 70000, 2);
}

/* A writer that is killed leaves a beginning; a disk, anything. */
static void
an_end_that_is_damaged_does_not_count(void **state)
{
	long first, whole, at;
	FILE *f;
	int byte;

	(void)state;
	write_many("cache");
	assert_int_equal(append("cache", 7, 70000, 2), 0);
	first = size_of("cache.journal");
	assert_int_equal(append("cache", 8, 80000, 3), 0);
	whole = size_of("cache.journal");
	sh("cp cache.journal whole");
	for (at = whole - 1; at >= first; at -= 97) {
		assert_int_equal(truncate("cache.journal", at), 0);
		assert_holds("f00007", 70000, 2);
		assert_holds("f00008", 8, 2);
	}
	/* the next one writes over it */
	assert_int_equal(append("cache", 9, 90000, 4), 0);
	assert_holds("f00009", 90000, 4);
	assert_holds("f00008", 8, 4);
	for (at = 0; at < whole; at += 89) {
		sh("cp whole cache.journal");
		f = fopen("cache.journal", "r+b");
		assert_non_null(f);
		fseek(f, at, SEEK_SET);
		byte = fgetc(f);
		fseek(f, at, SEEK_SET);
		fputc(byte ^ 0x10, f);
		fclose(f);
		if (at < first)
			assert_holds("f00007", 7, 1);
		else
			assert_holds("f00008", 8, 2);
	}
}

static void
a_journal_that_grew_too_long_takes_no_more(void **state)
{
	const long size = (write_many("cache"), size_of("cache"));
	int r = 0;
	int64_t i;

	(void)state;
	for (i = 2; r == 0 && i < 1000; i++)
		r = append("cache", 7, (uint64_t)i, i);
	assert_int_equal(r, GV_ENOTFOUND);
	assert_true(size_of("cache.journal") <= size / GV_STATCACHE_SHARE);
	assert_holds("f00007", (uint64_t)i - 2, i - 2);
}

/* The checksum is right in all of these: somebody made them. */
static void
rows_that_are_no_tree_are_refused(void **state)
{
	struct parts p;

	(void)state;
#define REFUSED(change)                                                        \
	do {                                                                   \
		make_parts(&p);                                                \
		change;                                                        \
		assert_false(is_believed(&p));                                 \
	} while (0)
	/* round and round: to an ancestor, to itself, twice the same */
	REFUSED(p.rows[4].size = 0);
	REFUSED(p.rows[4].size = 1);
	REFUSED(p.rows[2].size = 2);
	REFUSED((p.rows[1].flags = GV_ROW_DIR, p.rows[1].size = 1));
	REFUSED(p.rows[4].size = 3);
	REFUSED(p.rows[4].size = (uint64_t)1 << 32 | 2);
	/* nobody's, or somebody else's */
	REFUSED(p.rows[4].flags = 0);
	REFUSED(p.dirs[2].parent = 0);
	REFUSED(p.dirs[1].parent = 1);
	REFUSED(p.dirs[0].parent = 1);
	REFUSED(p.dirs[1].name_len = 0);
	REFUSED(p.dirs[2].name = 0);
	/* beyond an end, or over each other */
	REFUSED(p.dirs[1].first = 2);
	REFUSED(p.dirs[1].n = 3);
	REFUSED(p.dirs[2].n = UINT32_MAX);
	REFUSED(p.dirs[0].n = 2);
	REFUSED(p.rows[3].name = UINT32_MAX);
	REFUSED(p.rows[3].name_len = UINT16_MAX);
	/* names that would lead elsewhere */
	REFUSED(p.rows[3].name_len = 0);
	REFUSED(memcpy(p.names.p, "..", 2));
	REFUSED(p.names.p[p.rows[3].name] = '/');
	REFUSED(p.names.p[p.rows[3].name] = '\0');
	REFUSED(p.names.p[p.rows[3].name] = '.');
	/* what never is in a file */
	REFUSED(p.rows[1].flags = GV_ROW_READ);
	REFUSED(p.dirs[0].state = GV_DIR_WANTED + 1);
	REFUSED(p.dirs[0].read_as = GV_DIR_WANTED + 1);
	REFUSED(p.dirs[0].name_len = 1);
	REFUSED(p.head.n_layers = GV_STATCACHE_LAYERS + 1);
	REFUSED(memset(p.head.id, 'x', sizeof(p.head.id)));
	REFUSED(p.head.dirs = 0);
	REFUSED(p.head.dirs = 2);
#undef REFUSED
	make_parts(&p);
	assert_true(is_believed(&p));
}

static void
what_is_no_file_is_no_cache(void **state)
{
	struct gv_statcache *c;

	(void)state;
	sh("mkdir cache && : >empty");
	assert_int_equal(gv_statcache_open(&c, "cache"), GV_ENOTFOUND);
	assert_int_equal(gv_statcache_open(&c, "empty"), GV_ENOTFOUND);
	assert_int_equal(gv_statcache_open(&c, "nowhere"), GV_ENOTFOUND);
}

static void
a_failed_write_leaves_what_was_there(void **state)
{
	struct gv_statcache *c;
	struct parts p;

	(void)state;
	make_parts(&p);
	assert_true(is_believed(&p));
	make_parts(&p);
	sh("mkdir cache.tmp");
	assert_int_equal(
	    gv_statcache_write("cache", &p.head, p.dirs, p.rows, &p.names),
	    GV_ERROR);
	assert_message("cannot create cache.tmp");
	assert_int_equal(gv_statcache_open(&c, "cache"), 0);
	gv_statcache_close(c);
	sh("rmdir cache.tmp && rm cache && mkdir -p cache/full");
	assert_int_equal(
	    gv_statcache_write("cache", &p.head, p.dirs, p.rows, &p.names),
	    GV_ERROR);
	assert_message("cannot rename");
	sh("test ! -e cache.tmp");
	gv_buf_release(&p.names);
}

UNIT(statcache)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(what_is_written_is_read),
		SCRATCH_TEST(rows_are_found_by_path),
		SCRATCH_TEST(damage_hides_what_a_search_comes_by_and_no_more),
		SCRATCH_TEST(a_row_is_found_among_many),
		SCRATCH_TEST(a_walk_comes_by_every_row),
		SCRATCH_TEST(any_byte_that_is_off_is_seen),
		SCRATCH_TEST(what_changed_is_appended),
		SCRATCH_TEST(a_journal_of_another_cache_does_not_count),
		SCRATCH_TEST(an_end_that_is_damaged_does_not_count),
		SCRATCH_TEST(a_journal_that_grew_too_long_takes_no_more),
		SCRATCH_TEST(rows_that_are_no_tree_are_refused),
		SCRATCH_TEST(what_is_no_file_is_no_cache),
		SCRATCH_TEST(a_failed_write_leaves_what_was_there),
	};

	return UNIT_RUN(tests);
}
