#include "hook/hook_svn.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/shell.h"
#include "hook/hook_internal.h"
#include "repo/repo.h"
#include "foreign/working_copy.h"
#include "foreign/working_copy_address.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "vault/hook_script.h"

#define WAIT_MS      (60 * 1000) /* for another hook at the same work */
#define SVN(command) "svn", command, "--non-interactive"

static const struct gv_hook post_commit = { .name = "post-commit",
	.side = GV_HOOK_SERVER };

/* ---- what svn says ------------------------------------------------------- */

/* One line of `svn info`. */
static int
tell(struct gv_buf *out, const struct gv_repo *repo, const char *item)
{
	const char *const argv[] = { SVN("info"), "--show-item", item,
		"--no-newline", NULL };

	return gv_working_copy_svn(out, repo, argv);
}

static int
tell_number(unsigned long *out, const struct gv_repo *repo, const char *item)
{
	struct gv_buf text = GV_BUF_INIT;
	char *end;
	int r = tell(&text, repo, item);

	if (r == 0) {
		*out = strtoul(text.len ? text.p : "-", &end, 10);
		if (*end)
			r = gv_err(
			    GV_ERROR, "svn names no number as the %s", item);
	}
	gv_buf_release(&text);
	return r;
}

/* ---- where the hook is --------------------------------------------------- */

/* What svnadmin makes has all of these. */
static bool
is_server(const char *dir)
{
	static const char *const parts[] = { "format", "db/format", "hooks",
		NULL };
	int fd = gv_dir_open_root(dir);
	struct stat st;
	size_t i;
	bool is = fd >= 0;

	for (i = 0; is && parts[i]; i++)
		is = gv_dir_stat(fd, parts[i], strlen(parts[i]), &st) == 0;
	gv_file_close(fd);
	return is;
}

/* The folder of the server, or report->where. */
static int
place(struct gv_hook_report *report, const struct gv_repo *repo)
{
	struct gv_buf root = GV_BUF_INIT, dir = GV_BUF_INIT;
	int r;

	*report = (struct gv_hook_report){ .layout = GV_HOOK_PLAIN,
		.arena = GV_ARENA_INIT };
	if ((r = tell(&root, repo, "repos-root-url")) < 0)
		goto out;
	r = gv_working_copy_local(&dir, root.p);
	if (r == 0 && is_server(dir.p)) {
		gv_buf_addstr(&dir, "/hooks");
	} else if (r != GV_ENOMEM) {
		gv_buf_reset(&dir);
		gv_buf_addf(&dir,
		    "the server %s is not in a folder of this host; on its own "
		    "host, check it out by its file:// address",
		    root.p);
		report->where = gv_buf_take(&dir);
		gv_buf_addstr(&dir, repo->git_dir);
	}
	report->dir = gv_buf_take(&dir);
	r = report->dir ? 0 : gv_err_nomem();
out:
	gv_buf_release(&root);
	gv_buf_release(&dir);
	return r;
}

/* Whether git-vault's hook saves this working copy: its line says so. */
static bool
is_of(int dir, const char *copy)
{
	struct gv_buf text = GV_BUF_INIT, line = GV_BUF_INIT;
	bool is;

	gv_buf_addstr(&line, "\ncopy=");
	gv_shell_quote(&line, copy);
	gv_buf_addch(&line, '\n');
	is = gv_hook_is_ours(dir, post_commit.name) &&
	    gv_file_read(&text, dir, post_commit.name, GV_HOOK_MAX) == 0 &&
	    gv_buf_check(&line) == 0 && strstr(text.p, line.p);
	gv_buf_release(&text);
	gv_buf_release(&line);
	return is;
}

/* One of another working copy is another's hook. */
static int
look(struct gv_hook_report *report, int dir, const struct gv_repo *repo)
{
	int r = gv_hook_look_at(report, dir, &post_commit);
	struct gv_hook_step *step;

	if (r < 0)
		return r;
	step = &report->steps[report->n - 1];
	if (step->state < GV_HOOK_OURS || is_of(dir, repo->worktree))
		return 0;
	step->state = GV_HOOK_FOREIGN;
	step->why = "it is git-vault's and saves another working copy";
	return 0;
}

static int
open_hooks(int *dir, const struct gv_hook_report *report)
{
	*dir = gv_dir_open_root(report->dir);
	return *dir >= 0 ? 0 : gv_err_sys("cannot look into %s", report->dir);
}

int
gv_hook_svn_look(struct gv_hook_report *out, struct gv_repo *repo)
{
	int dir = -1, r = place(out, repo);

	if (r < 0 || out->where)
		return r;
	if ((r = open_hooks(&dir, out)) == 0)
		r = look(out, dir, repo);
	gv_file_close(dir);
	return r;
}

/* ---- in and out ---------------------------------------------------------- */

/* The hook runs as whoever commits, and only the owner of a vault may write to
 * it. */
static int
check_owner(const char *hooks)
{
	struct gv_buf db = GV_BUF_INIT;
	struct stat st;
	int r;

	gv_buf_addf(&db, "%s/../db", hooks);
	if ((r = gv_buf_check(&db)) == 0 &&
	    (gv_entry_stat(AT_FDCWD, db.p, &st) < 0 || st.st_uid != geteuid()))
		r = gv_err(GV_EREFUSED,
		    "%s belongs to a server of another user, whose commits "
		    "would run the hook: run this as that user, in a working "
		    "copy of theirs",
		    hooks);
	gv_buf_release(&db);
	return r;
}

int
gv_hook_svn_install(struct gv_hook_report *out, struct gv_repo *repo,
    const struct gv_hook_choice *choice)
{
	struct gv_hook_choice own = *choice;
	int dir = -1, r = place(out, repo);

	own.copy = repo->worktree;
	if (r == 0 && out->where)
		r = gv_err(GV_EREFUSED, "%s", out->where);
	if (r < 0 || (r = open_hooks(&dir, out)) < 0 ||
	    (r = check_owner(out->dir)) < 0 || (r = look(out, dir, repo)) < 0)
		goto out;
	if (out->steps[0].state == GV_HOOK_FOREIGN &&
	    gv_hook_is_ours(dir, post_commit.name)) {
		r = gv_err(GV_EREFUSED,
		    "%s/post-commit saves another working copy already; the "
		    "line 'copy=' in it says which: uninstall it there first",
		    out->dir);
		goto out;
	}
	r = gv_hook_put(out, dir, &own);
out:
	gv_file_close(dir);
	return r;
}

int
gv_hook_svn_uninstall(struct gv_hook_report *out, struct gv_repo *repo)
{
	int dir = -1, r = place(out, repo);

	if (r < 0 || out->where)
		return r;
	if ((r = open_hooks(&dir, out)) == 0 &&
	    (r = look(out, dir, repo)) == 0 &&
	    out->steps[0].state >= GV_HOOK_OURS)
		r = gv_hook_drop(out, dir);
	gv_file_close(dir);
	return r;
}

/* ---- what it does -------------------------------------------------------- */

/* svn would merge what is committed with what somebody changed there. */
static int
check_clean(const struct gv_repo *repo, unsigned long revision)
{
	static const char *const argv[] = { SVN("status"), "-q",
		"--ignore-externals", NULL };
	struct gv_buf text = GV_BUF_INIT, look = GV_BUF_INIT;
	int r = gv_working_copy_svn(&text, repo, argv);

	gv_buf_addstr(&look, "svn status -q");
	gv_shell_word(&look, repo->worktree);
	if (r == 0 && (r = gv_buf_check(&look)) == 0 && text.len)
		r = gv_err(GV_EREFUSED,
		    "revision %lu is not saved: the working copy %s has changes "
		    "of its own, so it does not follow the server\nhint: to "
		    "list them: %s",
		    revision, repo->worktree, look.p);
	gv_buf_release(&text);
	gv_buf_release(&look);
	return r;
}

static int
update(const struct gv_repo *repo, unsigned long revision)
{
	struct gv_buf number = GV_BUF_INIT, out = GV_BUF_INIT;
	int r;

	gv_buf_addf(&number, "%lu", revision);
	if ((r = gv_buf_check(&number)) == 0) {
		const char *const argv[] = { SVN("update"), "-q",
			"--ignore-externals", "-r", number.p, NULL };

		r = gv_working_copy_svn(&out, repo, argv);
	}
	gv_buf_release(&number);
	gv_buf_release(&out);
	return r;
}

/* A commit to another branch changes nothing here. */
static int
follow_one(const struct gv_repo *repo, const struct gv_hook_svn_follow *f,
    unsigned long revision)
{
	unsigned long last = 0;
	int r;

	if ((r = check_clean(repo, revision)) < 0 ||
	    (r = update(repo, revision)) < 0 ||
	    (r = check_clean(repo, revision)) < 0 ||
	    (r = tell_number(&last, repo, "last-changed-revision")) < 0)
		return r;
	return last == revision ? f->save(f->ctx, revision) : 0;
}

int
gv_hook_svn_follow(struct gv_repo *repo, struct gv_hook_svn_follow *f)
{
	struct gv_buf path = GV_BUF_INIT;
	unsigned long at = 0;
	int lock = -1, r;

	f->skipped = 0;
	gv_buf_addf(&path, "%s/svn-hook-lock", repo->vault_dir);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_lock_open(&lock, path.p, WAIT_MS)) < 0 ||
	    (r = tell_number(&at, repo, "revision")) < 0)
		goto out;
	if (f->revision > at && f->revision - at > GV_HOOK_SVN_MOST) {
		f->skipped = f->revision - at - GV_HOOK_SVN_MOST;
		at += f->skipped;
	}
	while (r >= 0 && at < f->revision)
		r = follow_one(repo, f, ++at);
out:
	gv_lock_close(lock);
	gv_buf_release(&path);
	return r;
}
