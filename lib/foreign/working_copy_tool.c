#include "foreign/working_copy_internal.h"

#include "base/err.h"
#include "repo/repo.h"
#include "sys/proc.h"
#include "sys/program.h"

#define TIMEOUT_MS 60000 /* of a tool that waits for a lock */
#define REACH_MS   20000 /* of a server that does not answer */
#define MOST       ((size_t)256 * 1024 * 1024)
#define MAX_WORDS  24

/* What a working copy's own .hg/hgrc says runs hooks and extensions, and it may
 * have come with an archive: hg passes over it, and over the user's, whose
 * settings change what is printed. In the locale "C" svn refuses a name with
 * other letters than those of ASCII. */
static const char *const env[] = { "LC_ALL=C.UTF-8", "HGPLAIN=1",
	"HGRCPATH=", "HGRCSKIPREPO=1", "HGENCODING=UTF-8", "GIT_DIR",
	"GIT_WORK_TREE", NULL };

/* Of one that asks a server: the user's settings count, the copy's do not, and
 * ssh opens no window to ask for a password. */
static const char *const far_env[] = { "LC_ALL=C.UTF-8", "HGPLAIN=1",
	"HGRCSKIPREPO=1", "SSH_ASKPASS_REQUIRE=never",
	"SSH_ASKPASS=", "GIT_DIR", "GIT_WORK_TREE", NULL };

static int
run(const struct gv_repo *repo, const char *const *argv, struct gv_proc *p,
    const struct gv_proc_opts *how, const struct gv_buf *in)
{
	const char *words[MAX_WORDS] = { NULL }, *shut = repo->worktree;
	struct gv_buf program = GV_BUF_INIT;
	struct gv_proc_opts opts = *how;
	size_t i;
	int r = gv_program_find(&program, argv[0], &shut, shut != NULL);

	for (i = 1; i < MAX_WORDS - 1 && argv[i]; i++)
		words[i] = argv[i];
	words[0] = program.p;
	opts.argv = words;
	if (in) {
		opts.in = in->p;
		opts.in_len = in->len;
	}
	opts.most = MOST;
	opts.is_apart = true;
	if (r == 0)
		r = gv_proc_run(p, &opts);
	gv_buf_release(&program);
	return r;
}

int
gv_working_copy_run(struct gv_proc *p, const struct gv_repo *repo,
    const char *const *argv, const struct gv_buf *in)
{
	const struct gv_proc_opts how = {
		.cwd = repo->worktree, .env = env, .timeout_ms = TIMEOUT_MS
	};

	return run(repo, argv, p, &how, in);
}

int
gv_working_copy_reach(struct gv_proc *p, const struct gv_repo *repo,
    const char *const *argv, const struct gv_buf *in)
{
	const struct gv_proc_opts how = {
		.cwd = "/", .env = far_env, .timeout_ms = REACH_MS
	};

	return run(repo, argv, p, &how, in);
}
