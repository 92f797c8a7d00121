#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "repo/ref_internal.h"
#include "repo/repo.h"
#include "sys/clock.h"

/* What a git has read of its configuration, and what time it takes it to be
 * when it writes a reflog, are as old as it is; and who asks for nothing has no
 * use for one. */
#define LIFE 2000000000LL /* ns */

#define DONE "commit: ok\n"

const char *const gv_ref_git_argv[] = { "git", "-c",
	"core.fsync=committed,reference", "update-ref", "--stdin", NULL };

struct gv_ref_git {
	struct gv_proc proc;
	bool is_running;
	long long since; /* ticks */
};

/* Older ones kept what they answer to themselves until they ended. */
static bool
can_go_on(struct gv_repo *repo)
{
	int version;

	return gv_repo_git_number(&version, repo) == 0 && version >= 234;
}

int
gv_ref_git_open(struct gv_repo *repo)
{
	if (repo->ref_git || !can_go_on(repo))
		return 0;
	repo->close_ref_git = gv_ref_git_close;
	repo->ref_git = calloc(1, sizeof(*repo->ref_git));
	return repo->ref_git ? 0 : gv_err_nomem();
}

static void
end(struct gv_ref_git *git)
{
	if (git->is_running)
		gv_proc_release(&git->proc);
	git->is_running = false;
}

void
gv_ref_git_rest(struct gv_repo *repo)
{
	struct gv_ref_git *git = repo->ref_git;

	if (git && git->is_running && gv_clock_tick() - git->since > LIFE)
		end(git);
}

void
gv_ref_git_close(struct gv_repo *repo)
{
	if (repo->ref_git)
		end(repo->ref_git);
	free(repo->ref_git);
	repo->ref_git = NULL;
}

bool
gv_ref_git_is_running(const struct gv_ref_git *git)
{
	return git && git->is_running;
}

static int
begin(struct gv_ref_git *git)
{
	/* what it says is read, so it must not be translated */
	static const char *const env[] = { "LC_ALL=C", NULL };
	int r;

	git->proc = (struct gv_proc)GV_PROC_INIT;
	r = gv_proc_start(&git->proc,
	    &(struct gv_proc_opts){
		.argv = gv_ref_git_argv, .env = env, .in = "" });
	if (r < 0) {
		gv_proc_release(&git->proc);
		return r;
	}
	git->is_running = true;
	git->since = gv_clock_tick();
	return 0;
}

/* It has said no, and ended, or was killed. */
static int
finish(struct gv_ref_git *git, struct gv_buf *err)
{
	int r = gv_proc_finish(&git->proc);

	gv_buf_add(err, git->proc.err.p, git->proc.err.len);
	end(git);
	return r < 0 ? r : 1;
}

int
gv_ref_git_commit(
    struct gv_ref_git *git, struct gv_buf *err, const struct gv_buf *lines)
{
	struct gv_buf in = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&in, "start\n");
	gv_buf_add(&in, lines->p, lines->len);
	gv_buf_addstr(&in, "commit\n");
	if ((r = gv_buf_check(&in)) < 0)
		goto out;
	if (git->is_running && gv_clock_tick() - git->since > LIFE)
		end(git);
	if (!git->is_running && (r = begin(git)) < 0)
		goto out;
	if ((r = gv_proc_ask(&git->proc, in.p, in.len, DONE)) == 0)
		r = finish(git, err);
	else if (r < 0)
		end(git);
	else
		r = 0;
out:
	gv_buf_release(&in);
	return r;
}
