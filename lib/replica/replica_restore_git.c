#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "replica/replica_restore.h"
#include "replica/target.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/exec.h"
#include "sys/file.h"
#include "sys/proc.h"

/* What is begun has this file until it is complete; it says of which store. */
#define MARK "vault-restore"

/* What would lead git to another repository. */
static const char *const env[] = { "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE",
	"GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
	"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE",
	"GIT_QUARANTINE_PATH", "GIT_PREFIX", NULL };

static int
run(const char *const *argv, const struct gv_buf *in, struct gv_buf *out,
    const char *what, int failure)
{
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p,
	    &(struct gv_proc_opts){ .argv = argv,
		.env = env,
		.in = in ? in->p : NULL,
		.in_len = in ? in->len : 0 });

	if (r == 0 && p.status)
		r = gv_err(failure, "%s: %s", what, gv_proc_why(&p));
	if (r == 0 && out) {
		gv_buf_add(out, p.out.p, p.out.len);
		r = gv_buf_check(out);
	}
	gv_proc_release(&p);
	return r;
}

#define ARGS 12

static int
run_in(struct gv_replica_restore *re, const char *const *argv,
    const struct gv_buf *in, struct gv_buf *out, const char *what, int failure)
{
	const char *words[ARGS] = { "git", "--git-dir", re->git_dir.p };
	struct gv_buf tree = GV_BUF_INIT;
	size_t n = 3;
	int r;

	gv_buf_addf(&tree, "--work-tree=%s", re->dir);
	if ((r = gv_buf_check(&tree)) == 0) {
		if (!re->opts->is_bare)
			words[n++] = tree.p;
		while (*argv && n < ARGS - 1)
			words[n++] = *argv++;
		r = run(words, in, out, what, failure);
	}
	gv_buf_release(&tree);
	return r;
}

int
gv_replica_restore_git(struct gv_replica_restore *restore,
    const char *const *argv, const struct gv_buf *in, const char *what)
{
	return run_in(restore, argv, in, NULL, what, GV_ERROR);
}

int
gv_replica_restore_clear(struct gv_replica_restore *restore)
{
	static const char *const list[] = { "for-each-ref",
		"--format=delete %(refname)", NULL };
	static const char *const set[] = { "update-ref", "--stdin", NULL };
	struct gv_buf lines = GV_BUF_INIT;
	int r = run_in(restore, list, NULL, &lines,
	    "git cannot list the refs that are there", GV_ERROR);

	if (r == 0 && lines.len)
		r = gv_replica_restore_git(restore, set, &lines,
		    "git cannot remove the refs that are there");
	gv_buf_release(&lines);
	return r;
}

int
gv_replica_restore_enter(struct gv_replica_restore *restore)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && env[i]; i++)
		r = gv_env_set(env[i], NULL);
	return r < 0 ? r : gv_exec_chdir(restore->dir);
}

static int
mark_path(struct gv_buf *out, const struct gv_replica_restore *re)
{
	gv_buf_addf(out, "%s/" MARK, re->git_dir.p);
	return gv_buf_check(out);
}

/* Whether a folder has nothing in it, or is not there. */
static bool
is_empty(const char *dir)
{
	struct gv_dir_names names = { .n = 0 };
	int fd = gv_dir_open_root(dir);
	bool yes = fd < 0 && errno == ENOENT;

	if (fd >= 0)
		yes = gv_dir_list(&names, fd) == 0 && names.n == 0;
	gv_dir_names_release(&names);
	gv_file_close(fd);
	return yes;
}

/* Whether a restore of the same store was interrupted there. */
static int
is_begun(bool *yes, const struct gv_replica_restore *re)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = mark_path(&path, re);

	*yes = false;
	if (r == 0 && gv_file_read(&text, AT_FDCWD, path.p, 65536) == 0)
		*yes = strcmp(text.p, re->rep.id) == 0;
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

static int
init(struct gv_replica_restore *re)
{
	const char *argv[] = { "git", "init", "-q", "--", re->opts->dir, NULL };
	const char *bare[] = { "git", "init", "-q", "--bare", "--",
		re->opts->dir, NULL };
	struct gv_buf path = GV_BUF_INIT;
	int r = run(re->opts->is_bare ? bare : argv, NULL, NULL,
	    "git cannot make the repository", GV_ERROR);

	if (r == 0 && (r = mark_path(&path, re)) == 0)
		r = gv_file_replace(AT_FDCWD, path.p, re->rep.id,
		    strlen(re->rep.id), 0666, true);
	gv_buf_release(&path);
	return r;
}

/* Its whole name, since the keyring is looked at from within. */
static int
find_dir(struct gv_replica_restore *re)
{
	re->dir = gv_entry_real_path(re->opts->dir);
	if (re->dir == NULL)
		return gv_err_sys("cannot open %s", re->opts->dir);
	gv_buf_reset(&re->git_dir);
	gv_buf_addf(
	    &re->git_dir, "%s%s", re->dir, re->opts->is_bare ? "" : "/.git");
	return gv_buf_check(&re->git_dir);
}

int
gv_replica_restore_begin(struct gv_replica_restore *restore)
{
	const char *dir = restore->opts->dir;
	bool begun;
	int r;

	gv_buf_addf(&restore->git_dir, "%s%s", dir,
	    restore->opts->is_bare ? "" : "/.git");
	if ((r = gv_buf_check(&restore->git_dir)) < 0 ||
	    (r = is_begun(&begun, restore)) < 0)
		return r;
	if (!begun && !is_empty(dir))
		return gv_err(GV_EEXISTS,
		    "%s is not empty: a copy is restored into a new folder",
		    dir);
	if (!begun && (r = init(restore)) < 0)
		return r;
	restore->has_refs = begun;
	return find_dir(restore);
}

int
gv_replica_restore_end(struct gv_replica_restore *restore)
{
	static const char *const check[] = { "rev-list", "--objects", "--all",
		"--quiet", NULL };
	static const char *const files[] = { "reset", "-q", "--hard", NULL };
	const struct gv_replica_manifest *state =
	    &restore->branches[restore->chosen].chain.state;
	struct gv_buf path = GV_BUF_INIT;
	int r = run_in(restore, check, NULL, NULL,
	    "the copy lacks objects that its refs need", GV_ECORRUPT);

	if (r == 0 && !restore->opts->is_bare && state->head &&
	    gv_replica_manifest_ref(state, state->head))
		r = gv_replica_restore_git(
		    restore, files, NULL, "git cannot write the files of HEAD");
	if (r == 0 && (r = mark_path(&path, restore)) == 0 &&
	    gv_entry_unlink(AT_FDCWD, path.p) < 0 && errno != ENOENT)
		r = gv_err_sys("cannot remove %s", path.p);
	gv_buf_release(&path);
	return r;
}
