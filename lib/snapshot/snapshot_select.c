#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "snapshot/snapshot_internal.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"

/*
 * --only takes Git's pathspecs, all of their magic: the paths of the census
 * are put into an index of our own, and git says which of them match.
 */

/* What can be chosen: a stored file, or a nested repository. */
static bool
is_choice(const struct gv_snapshot_run *run, const struct gv_row *row)
{
	if (row->flags & GV_ROW_ABSENT)
		return false;
	return !(row->flags & GV_ROW_DIR) ||
	    gv_census_dir(run->survey.census, (uint32_t)row->size)->state ==
	    GV_DIR_REPO;
}

static int
list_paths(struct gv_snapshot_run *run, struct gv_buf *lines)
{
	char hex[GV_OID_HEX + 1];
	uint32_t i, j;

	gv_oid_format(hex, &gv_oid_empty_blob);
	for (i = 0; i < run->survey.n_order; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(run->survey.census, run->survey.order[i]);

		for (j = 0; j < d->n; j++) {
			if (!is_choice(run, &d->rows[j]))
				continue;
			gv_buf_addf(lines, "%s %s\t",
			    d->rows[j].flags & GV_ROW_DIR ? "160000" : "100644",
			    hex);
			gv_census_path(run->survey.census, run->survey.order[i],
			    &d->rows[j], lines);
			gv_buf_addch(lines, '\0');
		}
	}
	return gv_buf_check(lines);
}

/* git's first line, without what it says of its own index. */
static int
refuse(struct gv_proc *p)
{
	static const char known[] = " known to git";
	const char *text = p->err.p;
	size_t n = strcspn(text, "\n"), end = sizeof(known) - 1;
	const char *colon = memchr(text, ':', n);

	if (colon && colon[1] == ' ') {
		n -= (size_t)(colon + 2 - text);
		text = colon + 2;
	}
	if (n > end && memcmp(text + n - end, known, end) == 0)
		n -= end;
	return gv_err(p->status == 1 ? GV_ENOTFOUND : GV_EUSAGE,
	    "no such files here: %.*s", (int)n, text);
}

static int
fill_index(struct gv_snapshot_run *run, const char *index)
{
	static const char *const argv[] = { "git", "-c",
		"core.splitIndex=false", "update-index", "-z", "--index-info",
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf lines = GV_BUF_INIT;
	int r;

	if ((r = list_paths(run, &lines)) < 0)
		goto out;
	r = gv_survey_git(&p, run->repo,
	    &(struct gv_survey_git){
		.argv = argv, .index = index, .in = &lines });
	if (r < 0)
		goto out;
	if (p.status)
		r = gv_err(GV_ERROR, "git cannot list the files: %s", p.err.p);
out:
	gv_buf_release(&lines);
	gv_proc_release(&p);
	return r;
}

/* With the option --error-unmatch git takes nothing more for a pathspec once a
 * file has its very name, so that is a check alone. */
static int
match(struct gv_snapshot_run *run, struct gv_proc *p, const char *index,
    const char *option)
{
	const char *const list[] = { "git", "ls-files", "-z", "--full-name",
		option, "--" };
	const size_t n = sizeof(list) / sizeof(list[0]);
	const char **argv = calloc(n + run->opts->n_only + 1, sizeof(*argv));
	struct gv_buf cwd = GV_BUF_INIT;
	int r;

	if (argv == NULL)
		return gv_err_nomem();
	memcpy(argv, list, sizeof(list));
	memcpy(argv + n, run->opts->only, run->opts->n_only * sizeof(*argv));
	gv_buf_addf(&cwd, "%s/%s", run->repo->worktree, run->repo->prefix);
	if ((r = gv_buf_check(&cwd)) == 0)
		r = gv_survey_git(p, run->repo,
		    &(struct gv_survey_git){
			.argv = argv, .index = index, .cwd = cwd.p });
	if (r == 0 && p->status)
		r = refuse(p);
	free(argv);
	gv_buf_release(&cwd);
	return r;
}

/* What does not match is treated as if it were ignored, and as gone where it
 * is a directory that holds nothing chosen. */
static int
keep_chosen(
    struct gv_snapshot_run *run, uint32_t dir, const struct gv_map *chosen)
{
	struct gv_census_dir *d = gv_census_dir(run->survey.census, dir),
			     *child;
	struct gv_buf path = GV_BUF_INIT;
	bool any = d->state == GV_DIR_REPO && !(d->flags & GV_CENSUS_GONE);
	uint32_t i;
	int r = gv_census_own_rows(d);

	for (i = 0; r == 0 && i < d->n; i++) {
		struct gv_row *row = &d->own[i];

		gv_buf_reset(&path);
		gv_census_path(run->survey.census, dir, row, &path);
		child =
		    (row->flags & GV_ROW_DIR) && !(row->flags & GV_ROW_ABSENT)
		    ? gv_census_dir(run->survey.census, (uint32_t)row->size)
		    : NULL;
		if (child && child->state != GV_DIR_REPO)
			any |= !(child->flags & GV_CENSUS_GONE);
		else if (gv_map_get(chosen, path.p, path.len))
			any = true;
		else if (child)
			child->flags |= GV_CENSUS_GONE;
		else
			row->flags |= GV_ROW_IGNORED;
	}
	d->flags |= GV_CENSUS_DIRTY;
	if (!any && dir != 0)
		d->flags |= GV_CENSUS_GONE;
	gv_buf_release(&path);
	return r;
}

/* A folder of our own for the index, since a dry run writes nothing into the
 * repository. */
static int
make_folder(struct gv_buf *dir)
{
	const char *set = gv_env_get("TMPDIR");
	const char *tmp = set && *set == '/' ? set : "/tmp";
	struct gv_buf prefix = GV_BUF_INIT;
	int fd;

	gv_buf_addf(&prefix, "%s/git-vault-", tmp);
	fd = gv_buf_check(&prefix) == 0
	    ? gv_entry_temp_dir(dir, AT_FDCWD, prefix.p)
	    : -1;
	gv_file_close(fd);
	gv_buf_release(&prefix);
	return fd < 0 ? gv_err_sys("cannot make a temporary folder in %s", tmp)
		      : 0;
}

static int
choose(struct gv_snapshot_run *run, struct gv_map *chosen, struct gv_proc *p)
{
	struct gv_buf dir = GV_BUF_INIT, index = GV_BUF_INIT;
	struct gv_proc check = GV_PROC_INIT;
	const char *at;
	int r = make_folder(&dir);

	if (r < 0)
		goto out;
	gv_buf_addf(&index, "%s/index", dir.p);
	if ((r = gv_buf_check(&index)) == 0 &&
	    (r = fill_index(run, index.p)) == 0 &&
	    (r = match(run, &check, index.p, "--error-unmatch")) == 0)
		r = match(run, p, index.p, "--cached");
	for (at = p->out.p; r == 0 && at < p->out.p + p->out.len;
	     at += strlen(at) + 1)
		r = gv_map_put(chosen, at, strlen(at), run);
	gv_file_remove_tree(AT_FDCWD, dir.p);
out:
	gv_buf_release(&dir);
	gv_buf_release(&index);
	gv_proc_release(&check);
	return r;
}

int
gv_snapshot_select(struct gv_snapshot_run *run)
{
	struct gv_map chosen = GV_MAP_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r = choose(run, &chosen, &p);
	uint32_t i;

	/* children stand behind their parents */
	for (i = run->survey.n_order; r == 0 && i-- > 0;)
		r = keep_chosen(run, run->survey.order[i], &chosen);
	gv_map_release(&chosen);
	gv_proc_release(&p);
	return r < 0 ? r : gv_survey_rows(&run->survey);
}
