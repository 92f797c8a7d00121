#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "job/job_state.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/lock.h"

#define LIMIT   ((size_t)4 * 1024 * 1024)
#define LOCK_MS 10000

/* In the common folder, so that all worktrees share it. */
static int
find_file(struct gv_buf *out, const struct gv_repo *repo, const char *name)
{
	gv_buf_addf(out, "%s/vault/%s", repo->common_dir, name);
	return gv_buf_check(out);
}

int
gv_job_state_load(
    struct gv_job_state *out, bool *is_there, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = find_file(&path, repo, "jobs");

	*out = (struct gv_job_state){ .arena = GV_ARENA_INIT };
	if (r == 0)
		r = gv_file_read(&text, AT_FDCWD, path.p, LIMIT);
	if (is_there)
		*is_there = r == 0;
	if (r == 0)
		r = gv_job_state_read(out, text.p, text.len);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r == GV_ENOTFOUND ? 0 : r;
}

bool
gv_job_state_exists(const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	const bool is = find_file(&path, repo, "jobs") == 0 &&
	    gv_file_exists(AT_FDCWD, path.p);

	gv_buf_release(&path);
	return is;
}

static int
save(const struct gv_job_state *state, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = find_file(&path, repo, "jobs");

	if (r == 0 && (r = gv_job_state_write(&text, state)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_job_state_change(const struct gv_repo *repo,
    int (*change)(void *ctx, struct gv_job_state *state), void *ctx)
{
	struct gv_job_state state = { .arena = GV_ARENA_INIT };
	struct gv_buf path = GV_BUF_INIT;
	const unsigned mask = gv_repo_share(repo);
	int lock = -1, r = find_file(&path, repo, "");

	if (r == 0 && (r = gv_file_mkdirs(AT_FDCWD, path.p, 0777)) == 0) {
		gv_buf_addstr(&path, "jobs-lock");
		r = gv_buf_check(&path);
	}
	if (r < 0 || (r = gv_lock_open(&lock, path.p, LOCK_MS)) < 0)
		goto out;
	if ((r = gv_job_state_load(&state, NULL, repo)) == 0 &&
	    (r = change(ctx, &state)) == 0)
		r = save(&state, repo);
	gv_lock_close(lock);
out:
	gv_repo_unshare(mask);
	gv_job_state_release(&state);
	gv_buf_release(&path);
	return r;
}
