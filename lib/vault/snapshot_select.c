#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/map.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "vault/snapshot_internal.h"

/*
 * --only takes Git's pathspecs, all of their magic: the paths of the census
 * are put into an index of our own, and git says which of them match.
 */

static bool
is_file(const struct gv_row *row)
{
	return !(row->flags & (GV_ROW_ABSENT | GV_ROW_DIR));
}

static int
list_paths(struct gv_snapshot_run *run, struct gv_buf *lines)
{
	char hex[GV_OID_HEX + 1];
	uint32_t i, j;

	gv_oid_format(hex, &gv_oid_empty_blob);
	for (i = 0; i < run->n_order; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(run->census, run->order[i]);

		for (j = 0; j < d->n; j++) {
			if (!is_file(&d->rows[j]))
				continue;
			gv_buf_addf(lines, "100644 %s\t", hex);
			gv_census_path(
			    run->census, run->order[i], &d->rows[j], lines);
			gv_buf_addch(lines, '\0');
		}
	}
	return gv_buf_check(lines);
}

static int
git_over_index(struct gv_proc *p, const char *const *argv, const char *index,
    const char *cwd, const struct gv_buf *in)
{
	struct gv_buf var = GV_BUF_INIT;
	const char *env[] = { NULL, NULL };
	int r;

	gv_buf_addf(&var, "GIT_INDEX_FILE=%s", index);
	env[0] = var.p;
	r = gv_buf_check(&var);
	if (r == 0)
		r = gv_proc_run(p,
		    &(struct gv_proc_opts){ .argv = argv,
			.env = env,
			.cwd = cwd,
			.in = in ? in->p : NULL,
			.in_len = in ? in->len : 0 });
	if (r == 0 && p->status)
		r = gv_err(GV_EUSAGE, "git cannot choose paths: %s", p->err.p);
	gv_buf_release(&var);
	return r;
}

static int
match(struct gv_snapshot_run *run, struct gv_proc *p, const char *index)
{
	static const char *const fill[] = { "git", "-c",
		"core.splitIndex=false", "update-index", "-z", "--index-info",
		NULL };
	const char **list = NULL;
	struct gv_proc filling = GV_PROC_INIT;
	struct gv_buf lines = GV_BUF_INIT, cwd = GV_BUF_INIT;
	size_t i;
	int r;

	gv_buf_addf(&cwd, "%s/%s", run->repo->worktree, run->repo->prefix);
	r = list_paths(run, &lines);
	if (r == 0)
		r = git_over_index(
		    &filling, fill, index, run->repo->worktree, &lines);
	if (r < 0)
		goto out;
	list = calloc(run->opts->n_only + 7, sizeof(*list));
	if (list == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	list[0] = "git";
	list[1] = "ls-files";
	list[2] = "-z";
	list[3] = "--full-name";
	list[4] = "--error-unmatch";
	list[5] = "--";
	for (i = 0; i < run->opts->n_only; i++)
		list[6 + i] = run->opts->only[i];
	list[6 + i] = NULL;
	r = git_over_index(p, list, index, cwd.p, NULL);
out:
	free(list);
	gv_buf_release(&cwd);
	gv_buf_release(&lines);
	gv_proc_release(&filling);
	return r;
}

/* What does not match is treated as if it were ignored. */
static int
drop_others(struct gv_snapshot_run *run, const struct gv_map *chosen)
{
	struct gv_buf path = GV_BUF_INIT;
	uint32_t i, j;
	int r = 0;

	for (i = 0; r == 0 && i < run->n_order; i++) {
		struct gv_census_dir *d =
		    gv_census_dir(run->census, run->order[i]);

		r = gv_census_own_rows(d);
		d->flags |= GV_CENSUS_DIRTY;
		for (j = 0; r == 0 && j < d->n; j++) {
			struct gv_row *row = &d->own[j];

			if (!is_file(row))
				continue;
			gv_buf_reset(&path);
			gv_census_path(run->census, run->order[i], row, &path);
			if (!gv_map_get(chosen, path.p, path.len))
				row->flags |= GV_ROW_IGNORED;
		}
	}
	gv_buf_release(&path);
	return r;
}

int
gv_snapshot_select(struct gv_snapshot_run *run)
{
	struct gv_buf index = GV_BUF_INIT;
	struct gv_map chosen = GV_MAP_INIT;
	struct gv_proc p = GV_PROC_INIT;
	const char *at;
	int r;

	gv_buf_addf(
	    &index, "%s/only.%ld", run->repo->vault_dir, (long)getpid());
	r = gv_repo_make_vault_dir(run->repo);
	if (r == 0)
		r = match(run, &p, index.p);
	for (at = p.out.p; r == 0 && at < p.out.p + p.out.len;
	     at += strlen(at) + 1)
		r = gv_map_put(&chosen, at, strlen(at), run);
	if (r == 0)
		r = drop_others(run, &chosen);
	if (index.len)
		gv_file_remove_tree(AT_FDCWD, index.p);
	gv_map_release(&chosen);
	gv_proc_release(&p);
	gv_buf_release(&index);
	return r < 0 ? r : gv_snapshot_survey(run);
}
