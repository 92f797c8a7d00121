#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/dir.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "vault/snapshot_internal.h"

/*
 * Git's index vouches for a blob, and a snapshot keeps the working tree's
 * bytes. The two are the same unless Git converts on the way: line ends and
 * $Id$ change the size whenever they change anything, so the blob's size
 * tells; a filter or an encoding may not, so such files are read. Only a
 * large-file filter's pointer is kept as it is.
 */

#define MAX_ATTRIBUTES ((size_t)16 * 1024 * 1024)

struct converting {
	bool any;     /* some attribute or setting may convert */
	bool filters; /* some attribute names a filter or an encoding */
};

static void
judge_text(struct converting *cv, const struct gv_buf *text)
{
	if (text->len == 0)
		return;
	cv->any = true;
	if (strstr(text->p, "filter") || strstr(text->p, "encoding") ||
	    strlen(text->p) < text->len)
		cv->filters = true;
}

static void
judge_path(struct converting *cv, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;

	if (gv_file_read(&text, AT_FDCWD, path, MAX_ATTRIBUTES) == 0)
		judge_text(cv, &text);
	gv_buf_release(&text);
}

static void
judge_config(struct converting *cv, const struct gv_repo *repo)
{
	const char *set = gv_config_get(&repo->config, "core.attributesfile");
	struct gv_buf path = GV_BUF_INIT;

	if (strcmp(gv_config_get(&repo->config, "core.autocrlf")
		    ? gv_config_get(&repo->config, "core.autocrlf")
		    : "false",
		"false") != 0)
		cv->any = true;
	if (set ? gv_env_expand(&path, set) == 0
		: gv_env_config_file(&path, "git/attributes") == 0)
		judge_path(cv, path.p);
	judge_path(cv, "/etc/gitattributes");
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s/info/attributes", repo->common_dir);
	judge_path(cv, path.p);
	gv_buf_release(&path);
}

static bool
is_named(const struct gv_census_dir *d, const struct gv_row *row)
{
	return row->name_len == 14 &&
	    memcmp(gv_census_name(d, row), ".gitattributes", 14) == 0;
}

/* The attribute files of the working tree. */
static int
judge_tree(struct converting *cv, struct gv_snapshot_run *run)
{
	struct gv_buf path = GV_BUF_INIT;
	uint32_t i, j;

	for (i = 0; i < run->n_order; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(run->census, run->order[i]);

		for (j = 0; j < d->n; j++) {
			if (!is_named(d, &d->rows[j]))
				continue;
			gv_buf_reset(&path);
			gv_buf_addf(&path, "%s/", run->repo->worktree);
			gv_census_path(
			    run->census, run->order[i], &d->rows[j], &path);
			judge_path(cv, path.p);
		}
	}
	gv_buf_release(&path);
	return 0;
}

static int
each_by_index(struct gv_snapshot_run *run,
    int (*fn)(struct gv_snapshot_run *run, void *ctx, uint32_t dir,
	struct gv_row *row),
    void *ctx)
{
	uint32_t i, j;
	int r = 0;

	for (i = 0; r == 0 && i < run->n_order; i++) {
		struct gv_census_dir *d =
		    gv_census_dir(run->census, run->order[i]);

		for (j = 0; r == 0 && d->own && j < d->n; j++)
			if (d->own[j].flags & GV_ROW_BY_INDEX)
				r = fn(run, ctx, run->order[i], &d->own[j]);
	}
	return r;
}

static void
must_read(struct gv_row *row)
{
	row->flags &= (uint16_t) ~(GV_ROW_BY_INDEX | GV_ROW_MODE_OFF);
	row->flags |= GV_ROW_READ;
}

static int
compare_size(
    struct gv_snapshot_run *run, void *ctx, uint32_t dir, struct gv_row *row)
{
	enum gv_otype type;
	size_t size;

	(void)ctx;
	(void)dir;
	if (gv_odb_read_header(run->odb, &type, &size, &row->oid) < 0 ||
	    size != row->size)
		must_read(row);
	return 0;
}

static int
add_path(
    struct gv_snapshot_run *run, void *ctx, uint32_t dir, struct gv_row *row)
{
	struct gv_buf *paths = ctx;

	gv_census_path(run->census, dir, row, paths);
	gv_buf_addch(paths, '\0');
	return gv_buf_check(paths);
}

static bool
is_large_file_filter(const char *value)
{
	return strcmp(value, "lfs") == 0 || strcmp(value, "annex") == 0;
}

/* git's answers, three strings a path and attribute, in the order asked. */
struct answers {
	const char *p, *end;
};

static const char *
next_value(struct answers *a)
{
	const char *value = "unspecified";
	int i;

	for (i = 0; i < 3 && a->p < a->end; i++) {
		value = a->p;
		a->p += strlen(a->p) + 1;
	}
	return value;
}

static bool
is_set(const char *value)
{
	return strcmp(value, "unspecified") != 0 && strcmp(value, "unset") != 0;
}

/* A filter that is not configured does nothing. */
static bool
is_filtering(const struct gv_config *config, const char *filter)
{
	static const char *const ways[] = { "clean", "smudge", "process" };
	struct gv_buf key = GV_BUF_INIT;
	bool yes = false;
	size_t i;

	for (i = 0; i < 3 && !yes; i++) {
		gv_buf_reset(&key);
		gv_buf_addf(&key, "filter.%s.%s", filter, ways[i]);
		yes = gv_config_get(config, key.p) != NULL;
	}
	gv_buf_release(&key);
	return yes;
}

static int
apply_answer(
    struct gv_snapshot_run *run, void *ctx, uint32_t dir, struct gv_row *row)
{
	struct answers *a = ctx;
	const char *filter = next_value(a), *encoding = next_value(a);
	enum gv_otype type;
	size_t size;

	(void)dir;
	if (is_set(encoding) ||
	    (is_set(filter) && !is_large_file_filter(filter) &&
		is_filtering(&run->repo->config, filter))) {
		must_read(row);
	} else if (is_set(filter) && is_large_file_filter(filter)) {
		if (gv_odb_read_header(run->odb, &type, &size, &row->oid) < 0)
			must_read(row);
		else if (size != row->size)
			row->flags |= GV_ROW_POINTER;
	} else {
		return compare_size(run, NULL, dir, row);
	}
	return 0;
}

static int
ask_git(struct gv_snapshot_run *run)
{
	const char *argv[] = { "git", "check-attr", "-z", "--stdin", "filter",
		"working-tree-encoding", NULL };
	struct gv_buf paths = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	struct answers a;
	int r;

	r = each_by_index(run, add_path, &paths);
	if (r < 0 || paths.len == 0)
		goto out;
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){ .argv = argv,
		.cwd = run->repo->worktree,
		.in = paths.p,
		.in_len = paths.len });
	if (r == 0 && p.status)
		r = gv_err(
		    GV_ERROR, "cannot ask git for attributes: %s", p.err.p);
	a = (struct answers){ p.out.p, p.out.p + p.out.len };
	if (r == 0)
		r = each_by_index(run, apply_answer, &a);
out:
	gv_proc_release(&p);
	gv_buf_release(&paths);
	return r;
}

int
gv_snapshot_attributes(struct gv_snapshot_run *run)
{
	struct converting cv = { false, false };
	int r;

	if (run->index->n == 0 || !gv_census_is_touched(run->census))
		return 0;
	judge_config(&cv, run->repo);
	r = judge_tree(&cv, run);
	if (r < 0 || !cv.any)
		return r;
	r = cv.filters ? ask_git(run) : each_by_index(run, compare_size, NULL);
	/* what has to be read after all is found by a second look */
	return r < 0 ? r : gv_snapshot_survey(run);
}
