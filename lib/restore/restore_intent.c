#include "restore/restore_internal.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/proc.h"

/*
 * What is to be added later ('git add -N'). A git that folds an index to a
 * sparse one with such an entry in it dies, and leaves its lock behind: one
 * that is left full is folded by whoever reads it next, and so is one that was
 * unfolded for a path that is out of the cone. So where the index is sparse,
 * git folds it before it marks anything, marks nothing out of the cone, and all
 * of it is tried on a copy first.
 */
#define ADD                                                                    \
	"--literal-pathspecs", "add", "-f", "-N", "--pathspec-from-file=-",    \
	    "--pathspec-file-nul"

static const char *const add_argv[] = { "git", ADD, NULL };

/* By the exit status, which says so of a signal. */
static bool
has_died(const struct gv_proc *p)
{
	return p->status > 128;
}

static void
drop_index(const struct gv_buf *index)
{
	struct gv_buf lock = GV_BUF_INIT;

	gv_buf_addf(&lock, "%s.lock", index->p);
	(void)gv_entry_unlink(AT_FDCWD, index->p);
	if (gv_buf_check(&lock) == 0)
		(void)gv_entry_unlink(AT_FDCWD, lock.p);
	gv_buf_release(&lock);
}

/* Of paths those in the cone, as git sees it: in an index of our own that has
 * nothing else, and stays full. */
static int
choose_in_cone(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_buf *index, const struct gv_buf *paths)
{
	static const char *const add[] = { "git", "-c", "index.sparse=false",
		ADD, NULL };
	static const char *const list[] = { "git", "-c", "index.sparse=false",
		"ls-files", "-z", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	drop_index(index);
	r = gv_restore_git(&p, repo, add, index->p, false, paths);
	/* it says 1 where it has left any out */
	if (r == 0 && p.status > 1)
		r = gv_restore_git_failed(
		    &p, GV_ERROR, "git cannot choose what to add later");
	gv_proc_release(&p);
	p = (struct gv_proc)GV_PROC_INIT;
	if (r < 0 ||
	    (r = gv_restore_git(&p, repo, list, index->p, false, NULL)) < 0)
		goto out;
	if (p.status) {
		r = gv_restore_git_failed(
		    &p, GV_ERROR, "git cannot list what to add later");
		goto out;
	}
	gv_buf_add(out, p.out.p, p.out.len);
out:
	gv_proc_release(&p);
	return r < 0 ? r : gv_buf_check(out);
}

/* Whether git lives through it, and the next one through what it has written;
 * anything else it says when it is in earnest. */
static int
try_it(bool *lives, struct gv_repo *repo, const struct gv_buf *index,
    const struct gv_buf *paths)
{
	static const char *const refresh[] = { "git", "update-index", "-q",
		"--unmerged", "--refresh", NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf bytes = GV_BUF_INIT;
	int r;

	drop_index(index);
	r = gv_file_read(&bytes, AT_FDCWD, repo->index_file, (size_t)1 << 31);
	if (r == 0 &&
	    (r = gv_file_replace(
		 AT_FDCWD, index->p, bytes.p, bytes.len, 0600, false)) == 0)
		r = gv_restore_git(&p, repo, add_argv, index->p, false, paths);
	*lives = !has_died(&p);
	gv_proc_release(&p);
	p = (struct gv_proc)GV_PROC_INIT;
	if (r == 0 && *lives)
		r = gv_restore_git(&p, repo, refresh, index->p, false, NULL);
	*lives &= !has_died(&p);
	gv_proc_release(&p);
	gv_buf_release(&bytes);
	return r;
}

/* Name each path that is not marked. */
static int
tell_unmarked(struct gv_restore_run *run, const struct gv_buf *paths,
    const struct gv_buf *marked)
{
	struct gv_map map = GV_MAP_INIT;
	const char *p, *end = marked->p + marked->len;
	size_t len;
	int r = 0;

	for (p = marked->p; r == 0 && p < end; p += len + 1) {
		len = strlen(p);
		r = gv_map_put(&map, p, len, run);
	}
	end = r == 0 ? paths->p + paths->len : paths->p;
	for (p = paths->p; p < end; p += len + 1) {
		len = strlen(p);
		if (gv_map_get(&map, p, len) == NULL)
			gv_restore_skip(run, p, len,
			    "it was marked by 'git add -N', which git cannot "
			    "store inside a collapsed folder of a sparse "
			    "index, so nothing is staged for it");
	}
	gv_map_release(&map);
	return r;
}

static int
intend_sparse(struct gv_repo *repo, const struct gv_buf *paths,
    struct gv_restore_run *run)
{
	struct gv_buf index = GV_BUF_INIT, marked = GV_BUF_INIT;
	bool lives = true;
	int r = gv_restore_name_index(&index, repo);

	if (r < 0)
		goto out;
	if ((r = choose_in_cone(&marked, repo, &index, paths)) == 0 &&
	    marked.len)
		r = try_it(&lives, repo, &index, &marked);
	drop_index(&index);
	if (r < 0)
		goto out;
	if (!lives)
		gv_buf_reset(&marked);
	if (run && (r = tell_unmarked(run, paths, &marked)) < 0)
		goto out;
	if (marked.len)
		r = gv_restore_git_write(repo, add_argv, &marked);
out:
	gv_buf_release(&index);
	gv_buf_release(&marked);
	return r;
}

/* Whether git folds it; no config says so unless all three do. */
static bool
is_index_sparse(const struct gv_config *c)
{
	return gv_config_bool(c, "index.sparse", false) &&
	    gv_config_bool(c, "core.sparsecheckout", false) &&
	    gv_config_bool(c, "core.sparsecheckoutcone", true);
}

/* Out of a sparse checkout git marks nothing, unless an option says so; an old
 * git has no such option, and does not check. */
int
gv_restore_intend(struct gv_repo *repo, const struct gv_buf *paths,
    struct gv_restore_run *run)
{
	static const char *const sparse[] = { "git", ADD, "--sparse", NULL };
	int r = GV_ERROR;

	if (is_index_sparse(&repo->config))
		return intend_sparse(repo, paths, run);
	if (gv_config_bool(&repo->config, "core.sparsecheckout", false))
		r = gv_restore_git_write(repo, sparse, paths);
	return r == 0 || r == GV_ELOCKED
	    ? r
	    : gv_restore_git_write(repo, add_argv, paths);
}
