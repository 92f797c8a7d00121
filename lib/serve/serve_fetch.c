#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "repo/repo.h"
#include "serve/serve_world.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/proc.h"

#define STAMP_MOST ((size_t)32) /* bytes */

/* When the last fetch ended well is kept in a file, so that a server which
 * starts while the remote is away knows how old its values are. */
static int
add_stamp(struct gv_buf *path, const struct gv_serve_watch *w)
{
	const char *remote = w->opts->remote;
	char hex[3];

	gv_buf_addf(path, "%s/fetched-", w->repo->vault_dir);
	for (; *remote; remote++) {
		gv_enc_hex(hex, (const unsigned char *)remote, 1);
		gv_buf_addstr(path, hex);
	}
	return gv_buf_check(path);
}

int64_t
gv_serve_fetch_last(const struct gv_serve_watch *watch)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	int64_t at = 0;

	if (add_stamp(&path, watch) == 0 &&
	    gv_file_read(&text, AT_FDCWD, path.p, STAMP_MOST) == 0)
		at = strtoll(text.p, NULL, 10);
	gv_err_restore(before);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return at > 0 && at <= (int64_t)gv_clock_now().tv_sec ? at : 0;
}

/* Without it the next start says less, and nothing else is lost. */
static void
leave_stamp(struct gv_serve_watch *w)
{
	struct gv_buf path = GV_BUF_INIT;
	char *before = gv_err_save(), text[STAMP_MOST];

	(void)snprintf(text, sizeof(text), "%" PRId64 "\n",
	    (int64_t)gv_clock_now().tv_sec);
	if (gv_repo_make_vault_dir(w->repo) == 0 && add_stamp(&path, w) == 0)
		(void)gv_file_replace(
		    AT_FDCWD, path.p, text, strlen(text), 0600, false);
	gv_err_restore(before);
	gv_buf_release(&path);
}

int
gv_serve_fetch(struct gv_serve_watch *watch)
{
	const char *argv[] = { "git", "--git-dir", watch->repo->git_dir,
		"fetch", "--quiet", "--no-tags", "--no-recurse-submodules",
		"--no-write-fetch-head", watch->opts->remote, NULL };
	const char *env[] = { "GIT_TERMINAL_PROMPT=0", NULL };
	struct gv_proc git = GV_PROC_INIT;
	int r;

	atomic_fetch_add(&watch->fetches, 1);
	r = gv_proc_run(&git,
	    &(struct gv_proc_opts){ .argv = argv,
		.env = env,
		.timeout_ms = GV_SERVE_PATIENCE,
		.is_apart = true });
	if (r == 0 && git.status)
		r = gv_err(GV_ERROR, "%s", gv_proc_why(&git));
	gv_proc_release(&git);
	if (r == 0)
		leave_stamp(watch);
	return r;
}
