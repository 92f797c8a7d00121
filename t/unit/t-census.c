#include "unit.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "repo/repo.h"
#include "walk/census.h"
#include "worktree/index.h"
#include "worktree/statcache.h"

/* A census of the current directory and what it stands on. */
struct world {
	struct gv_repo *repo;
	struct gv_index *index;
	struct gv_statcache *old;
	struct gv_census *census;
};

static void
take_as(struct world *w, struct gv_census_opts opts)
{
	memset(w, 0, sizeof(*w));
	assert_int_equal(gv_repo_open(&w->repo, GV_REPO_NEED_WORKTREE), 0);
	assert_int_equal(gv_index_open(&w->index, w->repo), 0);
	if (gv_statcache_open(&w->old, "../cache") < 0)
		w->old = NULL;
	opts.repo = w->repo;
	opts.index = w->index;
	opts.old = w->old;
	assert_int_equal(gv_census_take(&w->census, &opts), 0);
}

static void
take(struct world *w, int threads)
{
	take_as(w, (struct gv_census_opts){ .threads = threads });
}

static void
let_go(struct world *w)
{
	gv_census_free(w->census);
	gv_statcache_close(w->old);
	gv_index_close(w->index);
	gv_repo_close(w->repo);
}

static void
save(struct world *w)
{
	struct gv_statcache_head head = { .id = "20200101T000000Z-00000000" };

	assert_int_equal(gv_census_save(w->census, "../cache", &head), 0);
}

/* "path:letter …" of all rows in order, parents first. */
static void
describe(const struct world *w, struct gv_buf *out)
{
	uint32_t order[64], n = 1, i, j;

	order[0] = 0;
	gv_buf_reset(out);
	for (i = 0; i < n; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(w->census, order[i]);

		for (j = 0; j < d->n; j++) {
			const struct gv_row *row = &d->rows[j];
			char c = row->flags & GV_ROW_PRODUCT ? 'b'
			    : row->flags & GV_ROW_IGNORED    ? 'i'
			    : row->flags & GV_ROW_PRECIOUS   ? 'p'
			    : row->flags & GV_ROW_SKIPPED    ? 'x'
			    : row->flags & GV_ROW_DIR        ? 'd'
							     : 'f';

			gv_census_path(w->census, order[i], row, out);
			gv_buf_addf(out, ":%c ", c);
			if (c == 'd') {
				assert_true(n < 64);
				order[n++] = (uint32_t)row->size;
			}
		}
	}
}

static void
make_tree(void)
{
	sh("git init -q r && cd r && mkdir -p a/b ig node_modules && "
	   "echo '{}' >package.json && echo 1 >a/b/f && echo 2 >a/g && "
	   "printf 'ig\\n.env\\n' >.gitignore && : >.env && : >ig/x && "
	   "mkfifo p");
	scratch_chdir("r");
}

static void
every_name_has_its_verdict(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct world w;

	(void)state;
	make_tree();
	take(&w, 2);
	describe(&w, &text);
	assert_string_equal(text.p,
	    ".env:p .gitignore:f a:d ig:d node_modules:b p:x package.json:f "
	    "a/b:d a/g:f ig/x:p a/b/f:f ");
	assert_true(gv_census_is_touched(w.census));
	let_go(&w);
	gv_buf_release(&text);
	scratch_chdir("..");
}

static void
names_alone_have_the_same_verdicts(void **state)
{
	struct gv_buf one = GV_BUF_INIT, two = GV_BUF_INIT;
	const struct gv_census_dir *d;
	struct world w;
	uint32_t i, files = 0, links = 0, pipes = 0;

	(void)state;
	make_tree();
	sh("ln -s nowhere link");
	take(&w, 2);
	describe(&w, &one);
	let_go(&w);
	take_as(&w, (struct gv_census_opts){ .names_only = true });
	describe(&w, &two);
	/* whether an ignored file is within the bounds, a look at it tells */
	assert_non_null(strstr(one.p, "ig/x:p"));
	memcpy(strstr(one.p, "ig/x:p"), "ig/x:i", 6);
	assert_string_equal(one.p, two.p);
	d = gv_census_dir(w.census, 0);
	for (i = 0; i < d->n; i++) {
		files += d->rows[i].mode == S_IFREG;
		links += d->rows[i].mode == S_IFLNK;
		pipes += d->rows[i].mode == S_IFIFO;
	}
	assert_int_equal(files, 3);
	assert_int_equal(links, 1);
	assert_int_equal(pipes, 1);
	let_go(&w);
	gv_buf_release(&one);
	gv_buf_release(&two);
	scratch_chdir("..");
}

/* With the verdicts of all, but for a directory behind the path. */
static void
for_the_limits_only_ignored_files_before_a_path_are_looked_at(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	const struct gv_census_dir *d;
	enum gv_census_kept kept;
	struct world w;
	uint32_t i, looked = 0;
	char *why;

	(void)state;
	make_tree();
	sh("mkdir z && echo 1 >z/f && echo ig >z/.gitignore");
	take_as(&w,
	    (struct gv_census_opts){
		.threads = 1, .toward = "ig/x", .limits = true });
	describe(&w, &text);
	assert_string_equal(text.p,
	    ".env:p .gitignore:f a:d ig:d node_modules:b p:x package.json:f "
	    "z:d a/b:d a/g:f ig/x:p a/b/f:f ");
	for (i = 0; i < gv_census_dirs(w.census); i++) {
		uint32_t k;

		d = gv_census_dir(w.census, i);
		for (k = 0; k < d->n; k++)
			looked += d->rows[k].ino != 0;
	}
	assert_int_equal(looked, 1);
	assert_int_equal(
	    gv_census_explain(&why, &kept, NULL, w.census, "ig/x", 4), 0);
	assert_int_equal(kept, GV_CENSUS_KEPT);
	free(why);
	let_go(&w);
	gv_buf_release(&text);
	scratch_chdir("..");
}

static void
the_cache_gives_the_same_and_nothing_is_touched(void **state)
{
	struct gv_buf one = GV_BUF_INIT, two = GV_BUF_INIT;
	struct world w;
	int threads;

	(void)state;
	make_tree();
	/* old enough to be believed; what was changed last has no such luck */
	take(&w, 1);
	describe(&w, &one);
	save(&w);
	let_go(&w);
	for (threads = 1; threads <= 16; threads *= 4) {
		take(&w, threads);
		describe(&w, &two);
		assert_string_equal(one.p, two.p);
		save(&w);
		let_go(&w);
	}
	gv_buf_release(&one);
	gv_buf_release(&two);
	scratch_chdir("..");
}

static void
paths_are_put_together(void **state)
{
	const struct gv_census_dir *d;
	struct gv_buf path = GV_BUF_INIT;
	struct world w;
	uint32_t i;

	(void)state;
	make_tree();
	take(&w, 1);
	gv_census_dir_path(w.census, 0, &path);
	assert_int_equal(path.len, 0);
	for (i = 1; i < gv_census_dirs(w.census); i++) {
		gv_buf_reset(&path);
		gv_buf_addstr(&path, "before ");
		gv_census_dir_path(w.census, i, &path);
		d = gv_census_dir(w.census, i);
		if (d->name_len == 1 && *d->name == 'b')
			assert_string_equal(path.p, "before a/b");
	}
	let_go(&w);
	gv_buf_release(&path);
	scratch_chdir("..");
}

static void
stat_data_are_believed_when_they_are_old(void **state)
{
	const int64_t second = 1000000000;

	(void)state;
	assert_true(gv_census_is_settled(5 * second + 1, 6 * second));
	assert_false(gv_census_is_settled(6 * second - 1, 6 * second));
	assert_false(gv_census_is_settled(7 * second + 1, 6 * second));
	/* without nanoseconds the file system may be coarse */
	assert_false(gv_census_is_settled(5 * second, 6 * second));
	assert_true(gv_census_is_settled(3 * second, 6 * second));
}

static void
reasons_are_sentences(void **state)
{
	struct world w;
	char *why;
	enum gv_census_kept kept;

	(void)state;
	make_tree();
	take(&w, 1);
	assert_int_equal(
	    gv_census_explain(&why, &kept, NULL, w.census, "a/b/f", 5), 0);
	assert_int_equal(kept, GV_CENSUS_KEPT);
	assert_string_equal(why, "saved: neither tracked nor ignored");
	free(why);
	assert_int_equal(
	    gv_census_explain(&why, &kept, NULL, w.census, "", 0), 0);
	assert_string_equal(why, "saved: the top of the working tree");
	free(why);
	assert_int_equal(
	    gv_census_explain(&why, &kept, NULL, w.census, "a/none", 6),
	    GV_ENOTFOUND);
	assert_message("there is no a/none");
	assert_int_equal(
	    gv_census_explain(&why, &kept, NULL, w.census, "a/g/x", 5),
	    GV_ENOTFOUND);
	/* below a file there is nothing, whatever is next to it */
	assert_int_equal(
	    gv_census_explain(&why, &kept, NULL, w.census, "a/g/b", 5),
	    GV_ENOTFOUND);
	assert_message("a/g is not a folder");
	let_go(&w);
	scratch_chdir("..");
}

UNIT(census)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(every_name_has_its_verdict),
		SCRATCH_TEST(names_alone_have_the_same_verdicts),
		SCRATCH_TEST(
		    for_the_limits_only_ignored_files_before_a_path_are_looked_at),
		SCRATCH_TEST(the_cache_gives_the_same_and_nothing_is_touched),
		SCRATCH_TEST(paths_are_put_together),
		SCRATCH_TEST(stat_data_are_believed_when_they_are_old),
		SCRATCH_TEST(reasons_are_sentences),
	};

	return UNIT_RUN(tests);
}
