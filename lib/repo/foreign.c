#include "repo/foreign.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"

#define VAULT "git-vault"

static const struct {
	const char *name, *folder, *mark;
} kinds[] = {
	[GV_FOREIGN_NONE] = { NULL, NULL, NULL },
	[GV_FOREIGN_SVN] = { "Subversion", ".svn", "wc.db" },
	[GV_FOREIGN_HG] = { "Mercurial", ".hg", "requires" },
};

#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

const char *
gv_foreign_name(enum gv_foreign_kind kind)
{
	return kinds[kind].name;
}

/* ---- looking ------------------------------------------------------------- */

static bool
has(struct gv_buf *path, const char *dir, const char *a, const char *b)
{
	gv_buf_reset(path);
	gv_buf_addf(path, "%s/%s%s%s", dir, a, *b ? "/" : "", b);
	return gv_buf_check(path) == 0 && gv_file_exists(AT_FDCWD, path->p);
}

/* Of which tools a folder is a working copy: a bit for each kind. */
static unsigned
kinds_of(struct gv_buf *path, const char *top)
{
	unsigned found = 0;
	int kind;

	for (kind = 1; kind < KINDS; kind++)
		if (has(path, top, kinds[kind].folder, kinds[kind].mark))
			found |= 1u << kind;
	return found;
}

/* Of two tools in one folder, one may have fetched the folder of the other. */
int
gv_foreign_look(struct gv_foreign *out, const char *top)
{
	struct gv_buf path = GV_BUF_INIT;
	unsigned found = kinds_of(&path, top);
	int kind = 1, r = 0;

	memset(out, 0, sizeof(*out));
	while (kind < KINDS && found != 1u << kind)
		kind++;
	if (kind == KINDS)
		goto out;
	out->kind = (enum gv_foreign_kind)kind;
	out->has_vault = has(&path, top, kinds[kind].folder, VAULT "/HEAD");
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s/%s/" VAULT, top, kinds[kind].folder);
	out->top = strdup(top);
	out->git_dir = gv_buf_take(&path);
	if (out->top == NULL || out->git_dir == NULL)
		r = gv_err_nomem();
out:
	gv_buf_release(&path);
	if (r < 0)
		gv_foreign_release(out);
	return r;
}

/* Whether git does not look into a folder from below. */
static bool
is_ceiling(const char *dir)
{
	const char *p = gv_env_get("GIT_CEILING_DIRECTORIES");
	const size_t len = strlen(dir);
	size_t n;

	for (; p && *p; p += n + (p[n] == ':')) {
		n = strcspn(p, ":");
		if (n == len && memcmp(p, dir, n) == 0)
			return true;
	}
	return false;
}

/* To the folder above; false at the root, and where git stops. */
static bool
go_up(char *dir)
{
	char *slash = strrchr(dir, '/');

	if (slash == NULL || dir[1] == '\0')
		return false;
	slash[slash == dir] = '\0';
	return !is_ceiling(dir);
}

/* What git would find itself, a bare repository at hand included. */
static bool
is_git(struct gv_buf *path, const char *dir)
{
	return has(path, dir, ".git", "") ||
	    (has(path, dir, "HEAD", "") && has(path, dir, "objects", "") &&
		has(path, dir, "refs", ""));
}

int
gv_foreign_find(struct gv_foreign *out, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_foreign found = { .kind = GV_FOREIGN_NONE };
	char *at = strdup(dir);
	int r = at ? 0 : gv_err_nomem();

	memset(out, 0, sizeof(*out));
	while (r == 0) {
		if (is_git(&path, at)) {
			gv_foreign_release(&found);
			break;
		}
		/* the same tool above is that of an external */
		if (kinds_of(&path, at) & ~(1u << found.kind)) {
			gv_foreign_release(&found);
			r = gv_foreign_look(&found, at);
		}
		if (!go_up(at))
			break;
	}
	free(at);
	gv_buf_release(&path);
	*out = found;
	return r;
}

/* Up to Subversion 1.6, each folder had its own, and none a database. */
int
gv_foreign_find_old(char **top, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT;
	char *at = strdup(dir);
	size_t len = 0;

	*top = NULL;
	while (at && has(&path, at, ".svn", "entries") &&
	    !has(&path, at, ".svn", "wc.db")) {
		len = strlen(at);
		if (!go_up(at))
			break;
	}
	gv_buf_release(&path);
	if (at && len && (*top = strdup(dir)) != NULL)
		(*top)[len] = '\0';
	free(at);
	return at == NULL || (len && *top == NULL) ? gv_err_nomem() : 0;
}

/* git does not ask whose a directory is that it is given by name. */
static int
check_owner(const struct gv_foreign *of)
{
	struct stat st;

	if (lstat(of->git_dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid())
		return 0;
	return gv_err(GV_EREFUSED,
	    "the vault %s belongs to another user, whose settings could run "
	    "programs as you",
	    of->git_dir);
}

int
gv_foreign_enter(void)
{
	struct gv_foreign of = { .kind = GV_FOREIGN_NONE };
	char *here;
	int r = 0;

	if (gv_env_get("GIT_DIR") || (here = gv_entry_real_path(".")) == NULL)
		return 0;
	if ((r = gv_foreign_find(&of, here)) == 0 && of.has_vault &&
	    (r = check_owner(&of)) == 0)
		r = gv_env_set("GIT_DIR", of.git_dir);
	gv_foreign_release(&of);
	free(here);
	return r;
}

int
gv_foreign_vault(char **git_dir, const char *top)
{
	struct gv_foreign of;
	int r = gv_foreign_find(&of, top);

	*git_dir = NULL;
	if (r == 0 && of.has_vault && strcmp(of.top, top) == 0 &&
	    (r = check_owner(&of)) == 0) {
		*git_dir = of.git_dir;
		of.git_dir = NULL;
	}
	gv_foreign_release(&of);
	return r;
}

enum gv_foreign_kind
gv_foreign_kind_of(const char *git_dir)
{
	const size_t n = strlen(git_dir);
	int kind;

	for (kind = 1; kind < KINDS; kind++) {
		struct gv_buf end = GV_BUF_INIT;
		bool is;

		gv_buf_addf(&end, "/%s/" VAULT, kinds[kind].folder);
		is = gv_buf_check(&end) == 0 && n > end.len &&
		    strcmp(git_dir + n - end.len, end.p) == 0;
		gv_buf_release(&end);
		if (is)
			return (enum gv_foreign_kind)kind;
	}
	return GV_FOREIGN_NONE;
}

/* ---- making -------------------------------------------------------------- */

static int
run(const char *const *argv)
{
	static const char *const env[] = { "LC_ALL=C", "GIT_DIR",
		"GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_TEMPLATE_DIR", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(
	    &p, &(struct gv_proc_opts){ .argv = argv, .cwd = "/", .env = env });

	if (r == 0 && p.status)
		r = gv_err(
		    GV_ERROR, "cannot make the vault: %s", gv_proc_why(&p));
	gv_proc_release(&p);
	return r;
}

/* Folders of the tools are no files of the user, nor those of externals and
 * subrepositories. */
static int
exclude(const struct gv_foreign *of)
{
	static const char text[] = ".svn/\n.hg/\n";
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/info", of->git_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	gv_buf_addstr(&path, "/exclude");
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text, sizeof(text) - 1, 0666, false);
	gv_buf_release(&path);
	return r;
}

/* The place of the working copy is relative, so that it can be moved. */
int
gv_foreign_make(const struct gv_foreign *of)
{
	const char *init[] = { "git", "init", "-q", "--bare", of->git_dir,
		NULL };
	const char *bare[] = { "git", "--git-dir", of->git_dir, "config",
		"core.bare", "false", NULL };
	const char *tree[] = { "git", "--git-dir", of->git_dir, "config",
		"core.worktree", "../..", NULL };
	int r;

	if ((r = run(init)) < 0 || (r = exclude(of)) < 0 || (r = run(bare)) < 0)
		return r;
	return run(tree);
}

void
gv_foreign_release(struct gv_foreign *of)
{
	free(of->top);
	free(of->git_dir);
	memset(of, 0, sizeof(*of));
}
