#include "restore/restore_internal.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/path.h"
#include "base/shell.h"
#include "record/record.h"
#include "repo/repo.h"
#include "sys/entry.h"
#include "sys/proc.h"
#include "view/saved.h"

/*
 * Pathspecs are git's own, all of their magic: the tree is read into an index
 * of our own, and `git ls-files` says which paths they take. Directories have
 * no entry in an index, so each gets one in it that no real file is named as.
 * Its bytes are of no text and of no class of characters, and they are many, so
 * that of all wildcards only those take it that take whatever is in there.
 */
#define FEW      "\377\377\377\377\377\377\377\377"
#define DIR_MARK FEW FEW

/* The index is ours alone and short-lived: nothing clever is to be done with
 * it, and names are judged when files are made. */
#define GIT                                                                    \
	"git", "-c", "core.fsmonitor=false", "-c", "core.splitIndex=false",    \
	    "-c", "core.untrackedCache=false"

static const char refused[] =
    "git cannot select paths in this snapshot; restore all of it";

static int
read_tree(const struct gv_restore_run *run, const char *index)
{
	char hex[GV_OID_HEX + 1];
	const char *const argv[] = { GIT, "read-tree", hex, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	gv_oid_format(hex, &run->rec->tree);
	r = gv_restore_git(&p, run->repo, argv, index, false, NULL);
	if (r == 0 && p.status)
		r = gv_restore_git_failed(&p, GV_EREFUSED, refused);
	gv_proc_release(&p);
	return r;
}

/* Enter what only the manifest knows: directories, and what was left out. */
static int
add_lines(const struct gv_restore_run *run, const char *index)
{
	static const char *const argv[] = { GIT, "update-index", "-z",
		"--index-info", NULL };
	const struct gv_manifest *m = run->plan.manifest;
	const struct gv_manifest_entry *e;
	char hex[GV_OID_HEX + 1];
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf in = GV_BUF_INIT;
	size_t i, n = m ? gv_manifest_count(m) : 0;
	int r = 0;

	gv_oid_format(hex, &gv_oid_empty_blob);
	for (i = 0; i < n; i++) {
		e = gv_manifest_at(m, i);
		if (e->path_len == 0 ||
		    (e->type != GV_MANIFEST_DIR &&
			e->type != GV_MANIFEST_SKIPPED))
			continue;
		gv_buf_addf(&in, "100644 %s 0\t%s%s", hex, e->path,
		    e->type == GV_MANIFEST_DIR ? "/" DIR_MARK : "");
		gv_buf_addch(&in, '\0');
	}
	if ((r = gv_buf_check(&in)) == 0 && in.len)
		r = gv_restore_git(&p, run->repo, argv, index, false, &in);
	if (r == 0 && p.status)
		r = gv_restore_git_failed(&p, GV_EREFUSED, refused);
	gv_proc_release(&p);
	gv_buf_release(&in);
	return r;
}

static int
no_match(const struct gv_restore_run *run, const struct gv_proc *p)
{
	const char *from = strstr(p->err.p, "pathspec '");
	const char *to = from ? strstr(from, "' did not match") : NULL;

	struct gv_buf spec = GV_BUF_INIT, how = GV_BUF_INIT;
	int r;

	if (to == NULL)
		return gv_restore_git_failed(
		    p, GV_EREFUSED, "git cannot choose paths");
	gv_buf_add(&spec, from + 10, (size_t)(to - from - 10));
	gv_buf_addstr(&how, run->opts->to ? "--to" : "--in-place");
	if (run->opts->to)
		gv_shell_word(&how, run->opts->to);
	if ((r = gv_buf_check(&spec)) == 0 && (r = gv_buf_check(&how)) == 0)
		r = gv_saved_offer(
		    gv_err(GV_ENOTFOUND,
			"snapshot %s holds nothing that matches '%s'; see `git "
			"vault cat %s .` for what it holds",
			run->rec->id, spec.p, run->rec->id),
		    run->repo, (const char *const[]){ spec.p, NULL }, how.p);
	gv_buf_release(&spec);
	gv_buf_release(&how);
	return r;
}

static int
take_paths(struct gv_restore_run *run)
{
	const size_t mark = sizeof("/" DIR_MARK) - 1;
	const char *p = run->selected_text.p;
	const char *end = p + run->selected_text.len;
	size_t len, n;
	int r = 0;

	for (; r == 0 && p < end; p += len + 1) {
		len = n = strlen(p);
		if (n > mark && memcmp(p + n - mark, "/" DIR_MARK, mark) == 0)
			n -= mark;
		r = gv_map_put(&run->selected, p, n, run);
	}
	return r;
}

/* Each with a NUL. `must_match`: a check alone, whether each pathspec takes
 * something, since then git takes nothing more for one once a file has its very
 * name. */
static int
list_paths(struct gv_buf *out, const struct gv_restore_run *run,
    const char *index, bool must_match)
{
	const char *argv[16 + GV_RESTORE_MAX_SPECS] = { GIT, "ls-files", "-z",
		"--full-name" };
	struct gv_proc p = GV_PROC_INIT;
	size_t i, n = 0;
	int r;

	while (argv[n])
		n++;
	if (must_match)
		argv[n++] = "--error-unmatch";
	argv[n++] = "--";
	for (i = 0; i < run->opts->n_pathspecs; i++)
		argv[n++] = run->opts->pathspecs[i];
	if ((r = gv_restore_git(&p, run->repo, argv, index, true, NULL)) < 0)
		goto out;
	if (p.status) {
		r = no_match(run, &p);
		goto out;
	}
	gv_buf_release(out);
	*out = p.out;
	p.out = (struct gv_buf)GV_BUF_INIT;
out:
	gv_proc_release(&p);
	return r;
}

int
gv_restore_name_index(struct gv_buf *out, struct gv_repo *repo)
{
	int r = gv_repo_make_vault_dir(repo);

	if (r < 0)
		return r;
	gv_buf_addf(out, "%s/choose.%ld.tmp", repo->vault_dir, (long)getpid());
	return gv_buf_check(out);
}

/* What git takes into no index is left out, and so are directories, by the '/'
 * at their end, and files in the place of a directory of `but` (NULL: none),
 * which would take all in it out of the index. */
static int
add_files(const struct gv_restore_run *run, const char *index,
    const struct gv_buf *paths, const struct gv_map *but)
{
	static const char *const argv[] = { GIT, "update-index", "-z",
		"--index-info", NULL };
	const char *p = paths->p, *end = p + paths->len;
	char hex[GV_OID_HEX + 1];
	struct gv_proc proc = GV_PROC_INIT;
	struct gv_buf in = GV_BUF_INIT;
	int r;

	gv_oid_format(hex, &gv_oid_empty_blob);
	for (; p < end; p += strlen(p) + 1)
		if (gv_path_is_all_safe(p) &&
		    !(but && gv_map_get(but, p, strlen(p))))
			gv_buf_addf(&in, "100644 %s 0\t%s%c", hex, p, 0);
	if ((r = gv_buf_check(&in)) == 0)
		r = gv_restore_git(&proc, run->repo, argv, index, false, &in);
	if (r == 0 && proc.status)
		r = gv_restore_git_failed(&proc, GV_EREFUSED,
		    "git cannot select among the files there");
	gv_proc_release(&proc);
	gv_buf_release(&in);
	return r;
}

/* Put the directories of what is selected into a map. */
static int
take_dirs(struct gv_map *out, const struct gv_restore_run *run)
{
	const char *p = run->selected_text.p, *slash;
	const char *end = p + run->selected_text.len;
	int r = 0;

	for (; r == 0 && p < end; p += strlen(p) + 1)
		for (slash = strchr(p, '/'); r == 0 && slash;
		     slash = strchr(slash + 1, '/'))
			r = gv_map_put(out, p, (size_t)(slash - p), out);
	return r;
}

/* Add what stands in the working tree. */
static int
add_standing(const struct gv_restore_run *run, const char *index)
{
	static const char *const argv[] = { GIT, "ls-files", "-z", "--cached",
		"--others", "--full-name", NULL };
	struct gv_map dirs = GV_MAP_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if ((r = take_dirs(&dirs, run)) < 0 ||
	    (r = gv_restore_git(
		 &p, run->repo, argv, run->repo->index_file, false, NULL)) < 0)
		goto out;
	if (p.status &&
	    (r = gv_restore_git_failed(
		 &p, GV_ERROR, "git cannot list the files here")) < 0)
		goto out;
	r = add_files(run, index, &p.out, &dirs);
out:
	gv_map_release(&dirs);
	gv_proc_release(&p);
	return r;
}

/* Each pathspec takes something of the snapshot, or something that is to be
 * deleted since the snapshot does not hold it. Changes the index. */
static int
check_specs(const struct gv_restore_run *run, const char *index)
{
	struct gv_buf paths = GV_BUF_INIT;
	int r = list_paths(&paths, run, index, true);

	if (r == GV_ENOTFOUND && run->opts->delete &&run->opts->to == NULL &&
	    (r = add_standing(run, index)) == 0)
		r = list_paths(&paths, run, index, true);
	gv_buf_release(&paths);
	return r;
}

int
gv_restore_select(struct gv_restore_run *run)
{
	struct gv_buf index = GV_BUF_INIT;
	int r;

	if (run->opts->n_pathspecs > GV_RESTORE_MAX_SPECS)
		return gv_err(GV_EREFUSED,
		    "%zu pathspecs are too many; name their directories",
		    run->opts->n_pathspecs);
	r = gv_restore_name_index(&index, run->repo);
	if (r < 0)
		goto out;
	if ((r = read_tree(run, index.p)) == 0 &&
	    (r = add_lines(run, index.p)) == 0 &&
	    (r = list_paths(&run->selected_text, run, index.p, false)) == 0 &&
	    (r = take_paths(run)) == 0)
		r = check_specs(run, index.p);
	gv_entry_unlink(AT_FDCWD, index.p);
out:
	gv_buf_release(&index);
	return r;
}

int
gv_restore_choose(struct gv_buf *paths, const struct gv_restore_run *run)
{
	struct gv_buf index = GV_BUF_INIT;
	int r = gv_restore_name_index(&index, run->repo);

	if (r < 0)
		goto out;
	if ((r = add_files(run, index.p, paths, NULL)) == 0)
		r = list_paths(paths, run, index.p, false);
	gv_entry_unlink(AT_FDCWD, index.p);
out:
	gv_buf_release(&index);
	return r;
}

bool
gv_restore_is_taken(
    const struct gv_restore_run *run, const char *path, size_t len)
{
	const struct gv_restore_opts *o = run->opts;

	if (o->stays && o->stays(o->stays_ctx, path, len))
		return false;
	return o->takes == NULL || o->takes(o->takes_ctx, path, len);
}

bool
gv_restore_is_selected(
    const struct gv_restore_run *run, const char *path, size_t len)
{
	if (run->opts->n_pathspecs && !gv_map_get(&run->selected, path, len))
		return false;
	return gv_restore_is_taken(run, path, len);
}

bool
gv_restore_sets_dir(
    const struct gv_restore_run *run, const char *path, size_t len)
{
	return run->opts->takes == NULL &&
	    gv_restore_is_selected(run, path, len);
}

bool
gv_restore_is_narrow(const struct gv_restore_run *run)
{
	return run->opts->n_pathspecs || run->opts->takes;
}
