#include <string.h>

#include "base/err.h"
#include "foreign/working_copy_rules.h"
#include "snapshot/status_internal.h"

/* Why a path is stored or left out. The folders that lead to it tell, but of an
 * ignored file that counts among all others. */

struct asking {
	struct gv_index *index;
	struct gv_wish wish;
	struct gv_base base;
	struct gv_working_copy_rules rules;
	struct gv_statcache *cache; /* NULL: none, or it is damaged */
	struct gv_buf toward;
};

static void
close_asking(struct asking *a)
{
	gv_index_close(a->index);
	gv_wish_close(&a->wish);
	gv_base_release(&a->base);
	gv_working_copy_rules_close(&a->rules);
	gv_statcache_close(a->cache);
	gv_buf_release(&a->toward);
}

static int
open_asking(
    struct asking *a, struct gv_repo *repo, const char *path, size_t len)
{
	int r;

	gv_buf_add(&a->toward, path, len);
	if ((r = gv_buf_check(&a->toward)) == 0 &&
	    (r = gv_index_open(&a->index, repo)) == 0 &&
	    (r = gv_wish_open(&a->wish, repo, a->index, NULL)) == 0 &&
	    a->wish.omits_base)
		r = gv_working_copy_base(&a->base, repo, false);
	return r < 0 ? r : gv_working_copy_rules_open(&a->rules, repo, false);
}

static int
open_cache(struct asking *a, const struct gv_repo *repo)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_survey_cache_path(&name, repo);
	if ((r = gv_buf_check(&name)) == 0 &&
	    gv_statcache_open(&a->cache, name.p) == GV_ENOMEM)
		r = GV_ENOMEM;
	gv_buf_release(&name);
	return r;
}

static int
ask(struct gv_status_verdict *out, const struct asking *a,
    const struct gv_census_opts *opts)
{
	const struct gv_row *row = NULL;
	struct gv_census *census = NULL;
	int r = gv_census_take(&census, opts);

	if (r == 0)
		r = gv_census_explain(&out->why, &out->kept, &row, census,
		    a->toward.p, a->toward.len);
	out->has_row = row != NULL;
	if (row)
		out->row = *row;
	gv_census_free(census);
	return r;
}

int
gv_status_judge(struct gv_status_verdict *out, struct gv_repo *repo,
    const char *path, size_t len)
{
	struct asking a = { .wish = { .policy = NULL },
		.base = { .files = GV_BUF_INIT },
		.rules = { .text = GV_BUF_INIT },
		.toward = GV_BUF_INIT };
	struct gv_census_opts opts = { .repo = repo, .threads = 1 };
	uint64_t stamp[4];
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = open_asking(&a, repo, path, len)) < 0)
		goto out;
	opts.index = a.index;
	opts.wish = &a.wish;
	opts.base = a.base.tool ? &a.base : NULL;
	opts.vcs = a.rules.vcs.tool ? &a.rules.vcs : NULL;
	opts.toward = a.toward.p;
	if ((r = ask(out, &a, &opts)) != 1 || (r = open_cache(&a, repo)) < 0)
		goto out;
	gv_survey_index_stamp(stamp, a.index);
	opts.limits = opts.hints = true;
	opts.old = a.cache;
	opts.same_index =
	    a.cache && memcmp(stamp, a.cache->head->index, sizeof(stamp)) == 0;
	r = ask(out, &a, &opts);
out:
	close_asking(&a);
	return r;
}

int
gv_status_explain(char **out, enum gv_census_kept *kept, struct gv_repo *repo,
    const char *path, size_t len)
{
	struct gv_status_verdict v;
	int r = gv_status_judge(&v, repo, path, len);

	*out = v.why;
	*kept = v.kept;
	return r;
}
