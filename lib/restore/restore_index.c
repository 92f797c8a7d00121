#include "restore/restore_internal.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "object/link.h"
#include "object/tree.h"
#include "record/record.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"

/*
 * The index is git's to write. What was staged is the tree index/; where
 * there is none, it was equal to HEAD's tree (an empty one before the first
 * commit) or to tree/, and the snapshot's origin says which. Conflicts and
 * flags are lines in meta/index.
 */

#define MAX_DEPTH 2048 /* of folders: a path has at most 4096 bytes */

/* Entries are named one by one, and git would put them beside the folder that
 * stands for them in a sparse index. So it is a full one until the last calls,
 * which make it sparse again. */
#define GIT "git", "-c", "index.sparse=false"

static int
check_lock(const struct gv_repo *repo, const char *so_far)
{
	struct gv_buf lock = GV_BUF_INIT;
	int r;

	gv_buf_addf(&lock, "%s.lock", repo->index_file);
	if ((r = gv_buf_check(&lock)) == 0 && gv_file_exists(AT_FDCWD, lock.p))
		r = gv_err(GV_ELOCKED,
		    "%sanother git holds %s; try again when it is done, or "
		    "remove that file if none is at work here",
		    so_far, lock.p);
	gv_buf_release(&lock);
	return r;
}

/* The value of a "key value" line of meta/origin/repository. */
static int
origin_value(struct gv_buf *out, struct gv_odb *odb,
    const struct gv_record *rec, const char *key)
{
	struct gv_object obj = { 0 };
	struct gv_oid oid;
	size_t n = strlen(key);
	const char *p, *end, *lf;
	unsigned mode;
	int r = gv_tree_find(odb, &rec->meta, "origin/repository", &mode, &oid);

	gv_buf_reset(out);
	if (r == 0)
		r = gv_odb_read_type(odb, &obj, &oid, GV_OTYPE_BLOB);
	if (r == GV_ENOTFOUND)
		return 0;
	p = (const char *)obj.data;
	for (end = p + obj.len; r == 0 && p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			lf = end;
		if ((size_t)(lf - p) > n && memcmp(p, key, n) == 0 &&
		    p[n] == ' ')
			gv_buf_add(out, p + n + 1, (size_t)(lf - p) - n - 1);
	}
	gv_object_release(&obj);
	return r < 0 ? r : gv_buf_check(out);
}

/* The tree that was staged. */
static int
staged_tree(struct gv_oid *out, struct gv_odb *odb, const struct gv_record *rec)
{
	struct gv_buf value = GV_BUF_INIT;
	struct gv_object obj = { 0 };
	int r;

	*out = rec->index;
	if (!gv_oid_is_zero(&rec->index))
		return 0;
	r = origin_value(&value, odb, rec, "index");
	*out = rec->tree;
	if (r == 0 && value.len >= GV_OID_HEX) {
		r = gv_oid_parse(out, value.p);
	} else if (r < 0 || strcmp(value.p, "tree") == 0) {
		/* it was equal to tree/ */
	} else if (gv_oid_is_zero(&rec->base)) {
		*out = gv_oid_empty_tree;
	} else {
		r = gv_odb_read_type(odb, &obj, &rec->base, GV_OTYPE_COMMIT);
		if (r == 0 && !gv_link_tree(out, &obj))
			r = gv_err(
			    GV_ECORRUPT, "commit of the base has no tree");
	}
	gv_object_release(&obj);
	gv_buf_release(&value);
	return r;
}

/* The flags of an entry, as words behind its stage. */
enum flag { ASSUME_UNCHANGED, SKIP_WORKTREE, INTENT_TO_ADD, N_FLAGS };

static const char *const flag_names[N_FLAGS] = { " assume-unchanged",
	" skip-worktree", " intent-to-add" };

struct lines {
	struct gv_buf info; /* for `git update-index --index-info` */
	struct gv_buf flagged[N_FLAGS]; /* paths, each with a NUL */
	struct gv_buf path, flags;
	struct gv_buf removed;      /* the last path whose old entries went */
	struct gv_restore_run *run; /* who hears of what is left out, or NULL */
	struct gv_entry_cursor cursor;
};

#define LINES_INIT                                                             \
	{                                                                      \
		.info = GV_BUF_INIT, .path = GV_BUF_INIT,                      \
		.flags = GV_BUF_INIT, .removed = GV_BUF_INIT, .flagged = {     \
			GV_BUF_INIT,                                           \
			GV_BUF_INIT,                                           \
			GV_BUF_INIT                                            \
		}                                                              \
	}

static void
lines_release(struct lines *l)
{
	int i;

	gv_buf_release(&l->info);
	gv_buf_release(&l->path);
	gv_buf_release(&l->flags);
	gv_buf_release(&l->removed);
	for (i = 0; i < N_FLAGS; i++)
		gv_buf_release(&l->flagged[i]);
}

/* git marks only what stands there as to be added later, and nothing beyond a
 * link: what was marked and is gone is not staged. */
static bool
may_mark(struct lines *l)
{
	const char *name;
	struct stat st;
	int dir =
	    gv_entry_cursor_parent(&l->cursor, l->path.p, l->path.len, &name);

	if (dir >= 0 && gv_entry_stat(dir, name, &st) == 0 &&
	    !S_ISDIR(st.st_mode))
		return true;
	if (l->run)
		gv_restore_skip(l->run, l->path.p, l->path.len,
		    "it was marked by 'git add -N', but there is no file, so "
		    "nothing is staged for it");
	return false;
}

/* "<mode> <oid> <stage>[ <flag>]...\t<path>" */
static int
add_line(struct lines *l, const char *p, const char *lf)
{
	const size_t head = 6 + 1 + GV_OID_HEX + 1 + 1;
	const char *tab = memchr(p, '\t', (size_t)(lf - p));
	size_t used;
	int i;

	if (tab == NULL || (size_t)(tab - p) < head)
		return gv_err(GV_ECORRUPT, "meta/index is damaged");
	gv_buf_reset(&l->path);
	if (tab[1] != '"')
		gv_buf_add(&l->path, tab + 1, (size_t)(lf - tab) - 1);
	else if (gv_path_unquote(
		     &l->path, tab + 1, (size_t)(lf - tab) - 1, &used) < 0)
		return GV_ECORRUPT;
	gv_buf_reset(&l->flags);
	gv_buf_add(&l->flags, p + head, (size_t)(tab - p) - head);
	for (i = 0; i < N_FLAGS; i++)
		if (strstr(l->flags.p, flag_names[i]) &&
		    (i != INTENT_TO_ADD || may_mark(l)))
			gv_buf_add(&l->flagged[i], l->path.p, l->path.len + 1);
	/* of a conflict, stage 0 goes, once for all its stages: git would keep
	 * it beside the others; and what is only to be added later has no
	 * place in the index yet */
	if ((p[head - 1] != '0' ||
		strstr(l->flags.p, flag_names[INTENT_TO_ADD])) &&
	    strcmp(l->removed.p, l->path.p) != 0) {
		gv_buf_addf(&l->info, "0 %040d 0\t%s%c", 0, l->path.p, 0);
		gv_buf_reset(&l->removed);
		gv_buf_add(&l->removed, l->path.p, l->path.len);
	}
	if (strstr(l->flags.p, flag_names[INTENT_TO_ADD]) == NULL) {
		gv_buf_add(&l->info, p, head);
		gv_buf_addch(&l->info, '\t');
		gv_buf_add(&l->info, l->path.p, l->path.len + 1);
	}
	return 0;
}

static int
run_lines(struct gv_repo *repo, const struct lines *l)
{
	static const char *const info_argv[] = { GIT, "update-index", "-z",
		"--index-info", NULL };
	static const char *const flag_argv[INTENT_TO_ADD][12] = {
		{ GIT, "update-index", "--assume-unchanged", "-z", "--stdin",
		    NULL },
		{ GIT, "update-index", "--skip-worktree", "-z", "--stdin",
		    NULL },
	};
	int i, r = 0;

	if (l->info.len)
		r = gv_restore_git_write(repo, info_argv, &l->info);
	for (i = 0; i < INTENT_TO_ADD; i++)
		if (r == 0 && l->flagged[i].len)
			r = gv_restore_git_write(
			    repo, flag_argv[i], &l->flagged[i]);
	if (r == 0 && l->flagged[INTENT_TO_ADD].len)
		r = gv_restore_intend(repo, &l->flagged[INTENT_TO_ADD], l->run);
	return r;
}

/* Conflicts and flags, where there were any; the caller releases them. */
static int
read_lines(struct lines *l, struct gv_repo *repo, struct gv_odb *odb,
    const struct gv_record *rec)
{
	struct gv_object obj = { 0 };
	struct gv_oid oid;
	const char *p, *end, *lf;
	unsigned mode;
	int root, r = gv_tree_find(odb, &rec->meta, "index", &mode, &oid);

	if (r == GV_ENOTFOUND)
		return 0;
	root = gv_dir_open_root(repo->worktree);
	if (root < 0)
		r = gv_err_sys("cannot open directory %s", repo->worktree);
	gv_entry_cursor_init(&l->cursor, root);
	if (r == 0)
		r = gv_odb_read_type(odb, &obj, &oid, GV_OTYPE_BLOB);
	p = r == 0 ? (const char *)obj.data : "";
	for (end = p + (r == 0 ? obj.len : 0); r == 0 && p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			lf = end;
		r = add_line(l, p, lf);
	}
	gv_entry_cursor_release(&l->cursor);
	gv_entry_close(root);
	gv_object_release(&obj);
	return r < 0 ? r : gv_buf_check(&l->info);
}

static int
write_lines(struct gv_repo *repo, struct gv_odb *odb,
    const struct gv_record *rec, struct gv_restore_run *run)
{
	struct lines l = LINES_INIT;
	int r;

	l.run = run;
	if ((r = read_lines(&l, repo, odb, rec)) == 0)
		r = run_lines(repo, &l);
	lines_release(&l);
	return r;
}

/* All of a tree that git reads for an index: the trees below it. */
static int
check_trees(struct gv_odb *odb, const struct gv_oid *tree, unsigned depth)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(odb, &obj, tree, GV_OTYPE_TREE);

	if (r == 0 && depth == 0)
		r = gv_err(GV_ECORRUPT, "its folders are too deep");
	if (r == 0)
		gv_tree_iter_init(&it, obj.data, obj.len);
	while (r == 0 && (r = gv_tree_next(&it, &e)) > 0)
		r = e.mode == GV_MODE_DIR ? check_trees(odb, &e.oid, depth - 1)
					  : 0;
	gv_object_release(&obj);
	return r;
}

int
gv_restore_check_index(struct gv_restore_run *run)
{
	struct lines l = LINES_INIT;
	struct gv_oid tree;
	int r = check_lock(run->repo, "nothing was restored: ");

	if (r < 0)
		return r;
	r = staged_tree(&tree, run->odb, run->rec);
	if (r == 0)
		r = check_trees(run->odb, &tree, MAX_DEPTH);
	if (r == 0)
		r = read_lines(&l, run->repo, run->odb, run->rec);
	lines_release(&l);
	run->index = r == 0;
	if (r == 0)
		return 0;
	r = gv_restore_lacks(r);
	if (run->opts->skip_damaged && r == GV_ECORRUPT) {
		(void)gv_err_in(r, "the index of the snapshot");
		gv_restore_skip(run, "", 0, NULL);
		return 0;
	}
	return gv_err_in(
	    r, "nothing was restored: the index of snapshot %s", run->rec->id);
}

/* Values that were withheld are staged in clear again. */
static int
write_staged(struct gv_repo *repo, const struct gv_record *rec,
    struct gv_restore_run *run)
{
	static const char *const argv[] = { GIT, "update-index", "-z",
		"--index-info", NULL };
	struct gv_buf info = GV_BUF_INIT;
	int r = gv_restore_add_staged(&info, repo, rec, run);

	if (r == 0 && info.len)
		r = gv_restore_git_write(repo, argv, &info);
	gv_buf_release(&info);
	return r;
}

/* --- whether it is still the one that a restore began with --- */

/* The entries, as a number: the times that git keeps beside them change by
 * themselves. */
static int
sum_up(struct gv_buf *out, struct gv_repo *repo)
{
	/* also where git would die of folding it; and files that we made out of
	 * a sparse checkout were not staged by anybody */
	static const char *const argv[] = { GIT, "-c",
		"sparse.expectFilesOutsideOfPatterns=true", "ls-files", "-z",
		"-s", "-v", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if ((r = gv_restore_git(
		 &p, repo, argv, repo->index_file, false, NULL)) < 0)
		goto out;
	if (p.status &&
	    (r = gv_restore_git_failed(
		 &p, GV_ERROR, "git cannot list the index")) < 0)
		goto out;
	gv_buf_addf(
	    out, "%08x %zu\n", gv_restore_crc32(p.out.p, p.out.len), p.out.len);
out:
	gv_proc_release(&p);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_restore_mark_index(struct gv_repo *repo, int control_fd)
{
	struct gv_buf sum = GV_BUF_INIT;
	int r = sum_up(&sum, repo);

	if (r == 0)
		r = gv_file_replace(control_fd, GV_RESTORE_INDEX_MARK, sum.p,
		    sum.len, 0600, true);
	gv_buf_release(&sum);
	return r;
}

/* Whether what is staged is the tree that we begin with. */
static int
is_begun(bool *is, struct gv_repo *repo, struct gv_odb *odb,
    const struct gv_record *rec)
{
	char hex[GV_OID_HEX + 1];
	const char *const argv[] = { GIT, "diff-index", "--cached", "--quiet",
		"--ignore-submodules=none", hex, NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_oid tree;
	int r = staged_tree(&tree, odb, rec);

	if (r < 0)
		return r;
	gv_oid_format(hex, &tree);
	r = gv_restore_git(&p, repo, argv, repo->index_file, false, NULL);
	if (r == 0 && p.status > 1)
		r = gv_restore_git_failed(
		    &p, GV_ERROR, "git cannot compare the index");
	*is = r == 0 && p.status == 0;
	gv_proc_release(&p);
	return r;
}

int
gv_restore_is_marked(bool *is, struct gv_repo *repo, struct gv_odb *odb,
    const struct gv_record *rec, int control_fd)
{
	struct gv_buf sum = GV_BUF_INIT, mark = GV_BUF_INIT;
	int r = gv_file_read(&mark, control_fd, GV_RESTORE_INDEX_MARK, 64);

	*is = true;
	if (r == GV_ENOTFOUND)
		return 0;
	if (r < 0 || (r = sum_up(&sum, repo)) < 0)
		goto out;
	*is = strcmp(mark.p, sum.p) == 0;
	/* or we were stopped before the mark was gone */
	if (!*is)
		r = is_begun(is, repo, odb, rec);
out:
	gv_buf_release(&mark);
	gv_buf_release(&sum);
	return r;
}

int
gv_restore_write_index(struct gv_repo *repo, struct gv_odb *odb,
    const struct gv_record *rec, struct gv_restore_run *run, int control_fd)
{
	static const char *const refresh[] = { "git", "update-index", "-q",
		"--unmerged", "--refresh", NULL };
	char hex[GV_OID_HEX + 1];
	const char *const argv[] = { GIT, "read-tree", "--reset", hex, NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_oid tree;
	int r = staged_tree(&tree, odb, rec);

	/* whoever holds it may be staging something: that is seen afterwards by
	 * the mark, which goes only when what is staged is ours */
	if (r == 0 && (r = check_lock(repo, "")) == 0) {
		gv_oid_format(hex, &tree);
		r = gv_restore_git_write(repo, argv, NULL);
	}
	if (r == 0) {
		(void)gv_entry_unlink(control_fd, GV_RESTORE_INDEX_MARK);
		r = write_staged(repo, rec, run);
	}
	if (r == 0)
		r = write_lines(repo, odb, rec, run);
	if (r < 0)
		return gv_err_in(r, "the index of snapshot %s", rec->id);
	/* only for speed, and it says 1 where files differ; but where it dies
	 * every git after it would */
	r = gv_restore_git(&p, repo, refresh, repo->index_file, false, NULL);
	if (r == 0 && p.status > 128)
		r = gv_err(GV_ERROR,
		    "git crashes (signal %d) on the index of snapshot %s; "
		    "remove %s, and recreate it by 'git reset'",
		    p.status - 128, rec->id, repo->index_file);
	gv_proc_release(&p);
	return r;
}
