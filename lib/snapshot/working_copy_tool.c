#include "snapshot/working_copy_internal.h"

#include "base/err.h"
#include "repo/repo.h"
#include "sys/proc.h"
#include "sys/program.h"

#define TIMEOUT_MS 60000 /* of a tool that waits for a lock */
#define MOST       ((size_t)256 * 1024 * 1024)
#define MAX_WORDS  16

/* What a working copy's own .hg/hgrc says runs hooks and extensions, and it may
 * have come with an archive: hg passes over it, and over the user's, whose
 * settings change what is printed. */
static const char *const env[] = { "LC_ALL=C", "HGPLAIN=1",
	"HGRCPATH=", "HGRCSKIPREPO=1", "HGENCODING=UTF-8", "GIT_DIR",
	"GIT_WORK_TREE", NULL };

int
gv_working_copy_run(struct gv_proc *p, const struct gv_repo *repo,
    const char *const *argv, const struct gv_buf *in)
{
	const char *words[MAX_WORDS] = { NULL }, *shut = repo->worktree;
	struct gv_buf program = GV_BUF_INIT;
	size_t i;
	int r = gv_program_find(&program, argv[0], &shut, shut != NULL);

	for (i = 1; i < MAX_WORDS - 1 && argv[i]; i++)
		words[i] = argv[i];
	words[0] = program.p;
	if (r == 0)
		r = gv_proc_run(p,
		    &(struct gv_proc_opts){ .argv = words,
			.cwd = repo->worktree,
			.env = env,
			.in = in ? in->p : NULL,
			.in_len = in ? in->len : 0,
			.timeout_ms = TIMEOUT_MS,
			.most = MOST,
			.is_apart = true });
	gv_buf_release(&program);
	return r;
}
