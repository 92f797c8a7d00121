#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "param/param.h"
#include "repo/repo.h"
#include "sys/proc.h"

/* A line of git's porcelain: "author NAME". False: it is another one. */
static bool
take(char *out, size_t size, const char *line, size_t len, const char *word)
{
	const size_t n = strlen(word);

	if (len < n || memcmp(line, word, n) != 0)
		return false;
	snprintf(out, size, "%.*s", (int)(len - n), line + n);
	return true;
}

static void
read_answer(struct gv_param_author *out, const struct gv_buf *answer)
{
	const char *p = answer->p, *end = p + answer->len, *eol;
	char time[32] = "";

	if (answer->len < 40 || strspn(p, "0123456789abcdef") < 40 ||
	    strspn(p, "0") >= 40)
		return;
	snprintf(out->commit, sizeof(out->commit), "%.40s", p);
	for (; p < end; p = eol + 1) {
		if ((eol = memchr(p, '\n', (size_t)(end - p))) == NULL)
			break;
		if (!take(out->name, sizeof(out->name), p, (size_t)(eol - p),
			"author ") &&
		    !take(out->summary, sizeof(out->summary), p,
			(size_t)(eol - p), "summary "))
			take(time, sizeof(time), p, (size_t)(eol - p),
			    "author-time ");
	}
	out->time = strtoll(time, NULL, 10);
}

int
gv_param_blame(struct gv_param_author *out, const struct gv_repo *repo,
    const char *path, unsigned line, const char *commit)
{
	const char *argv[] = { "git", "blame", "--porcelain", NULL, NULL, NULL,
		NULL, NULL };
	const char *env[] = { NULL, NULL, "LC_ALL=C", NULL };
	struct gv_buf dir = GV_BUF_INIT, tree = GV_BUF_INIT;
	struct gv_proc git = GV_PROC_INIT;
	char lines[48];
	int n = 3, r;

	memset(out, 0, sizeof(*out));
	snprintf(lines, sizeof(lines), "-L%u,%u", line, line);
	gv_buf_addf(&dir, "GIT_DIR=%s", repo->git_dir);
	if (repo->worktree)
		gv_buf_addf(&tree, "GIT_WORK_TREE=%s", repo->worktree);
	if ((r = gv_buf_check(&dir)) < 0 || (r = gv_buf_check(&tree)) < 0)
		goto out;
	argv[n++] = lines;
	if (commit)
		argv[n++] = commit;
	argv[n++] = "--";
	argv[n] = path;
	env[0] = dir.p;
	env[1] = repo->worktree ? tree.p : env[2];
	r = gv_proc_run(&git,
	    &(struct gv_proc_opts){
		.argv = argv, .cwd = repo->worktree, .env = env });
	if (r == 0 && git.status == 0)
		read_answer(out, &git.out);
out:
	gv_proc_release(&git);
	gv_buf_release(&dir);
	gv_buf_release(&tree);
	return r;
}
