#include "rollback/rollback_move.h"

#include <string.h>

#include "base/err.h"
#include "repo/repo.h"
#include "rollback/rollback.h"
#include "rollback/rollback_git.h"
#include "sys/proc.h"

static struct gv_rollback_git
user_git(const struct gv_repo *repo)
{
	return (struct gv_rollback_git){ .repo = repo,
		.index = repo->index_file,
		.worktree = repo->worktree };
}

/* Run what changes something: a lock goes away, and is worth to be waited for;
 * anything else that git has against it would be so forever. */
static int
change(bool *done, const struct gv_rollback_git *git, const char *const *argv)
{
	struct gv_rollback_git plain = *git;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	plain.env = gv_rollback_git_plain;
	r = gv_rollback_git_run(&p, &plain, argv, NULL);
	*done = r == 0;
	if (r < 0 && p.status)
		r = gv_rollback_git_is_locked(&p)
		    ? gv_err(GV_ELOCKED,
			  "another git command is running here, or was killed: "
			  "%s",
			  gv_proc_why(&p))
		    : 0;
	gv_proc_release(&p);
	return r;
}

/* Whether HEAD is the branch, and that is where it was. */
static bool
is_as_before(const struct gv_rollback_git *git, const char *branch,
    const char head[GV_OID_HEX + 1])
{
	static const char *const symbol[] = { "git", "symbolic-ref", "-q",
		"HEAD", NULL };
	const char *tip[] = { "git", "rev-parse", "--verify", "-q", branch,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	char hex[GV_OID_HEX + 1];
	bool same = gv_rollback_git_run(&p, git, symbol, NULL) == 0 &&
	    p.out.len == strlen(branch) + 1 &&
	    strncmp(p.out.p, branch, strlen(branch)) == 0;

	gv_proc_release(&p);
	return same && gv_rollback_git_id(hex, git, tip) == 0 &&
	    strcmp(hex, head) == 0;
}

/* read-tree of the index alone knows no sparse checkout: what came in is to be
 * left out by its rules, as a checkout would. */
static int
apply_sparse(const struct gv_rollback_git *git, struct gv_buf *missed)
{
	static const char *const ask[] = { "git", "config", "--type=bool",
		"--get", "core.sparseCheckout", NULL };
	static const char *const apply[] = { "git", "sparse-checkout",
		"reapply", NULL };
	struct gv_proc p = GV_PROC_INIT;
	bool done,
	    sparse = gv_rollback_git_run(&p, git, ask, NULL) == 0 &&
	    strncmp(p.out.p, "true", 4) == 0;
	int r;

	gv_proc_release(&p);
	if (!sparse)
		return 0;
	if ((r = change(&done, git, apply)) == 0 && !done && missed)
		gv_buf_addf(missed,
		    "%sthe sparse checkout (%s; try 'git sparse-checkout "
		    "reapply')",
		    missed->len ? "; " : "", gv_err_message());
	return r;
}

int
gv_rollback_move(const struct gv_repo *repo,
    const struct gv_rollback_note *note, struct gv_buf *missed)
{
	static const char *const refresh[] = { "git", "update-index", "-q",
		"--refresh", NULL };
	char head[GV_OID_HEX + 1], commit[GV_OID_HEX + 1];
	/* of the index alone: the working tree is there already */
	const char *index[] = { "git", "read-tree", "-i", "-m", head, commit,
		NULL };
	const char *branch[] = { "git", "update-ref", "-m",
		"git vault rollback", note->branch, commit, head, NULL };
	struct gv_rollback_git git = user_git(repo);
	bool done = false;
	int r;

	gv_oid_format(head, &note->head);
	gv_oid_format(commit, &note->commit);
	if (!is_as_before(&git, note->branch, head))
		return 0;
	if ((r = change(&done, &git, index)) == 0 && done)
		r = apply_sparse(&git, missed);
	if (r < 0 || !done)
		return r;
	/* only for speed, and it says 1 where files differ */
	(void)gv_rollback_git_do(&git, refresh, NULL);
	return change(&done, &git, branch);
}

bool
gv_rollback_is_before(
    const struct gv_repo *repo, const struct gv_rollback_note *note)
{
	struct gv_rollback_git git = user_git(repo);
	char head[GV_OID_HEX + 1];

	gv_oid_format(head, &note->head);
	return is_as_before(&git, note->branch, head);
}

bool
gv_rollback_is_moved(
    const struct gv_repo *repo, const struct gv_rollback_note *note)
{
	char commit[GV_OID_HEX + 1];
	const char *argv[] = { "git", "merge-base", "--is-ancestor", commit,
		note->branch, NULL };
	struct gv_rollback_git git = user_git(repo);

	gv_oid_format(commit, &note->commit);
	return gv_rollback_git_do(&git, argv, NULL) == 0;
}
