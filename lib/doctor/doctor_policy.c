#include <fcntl.h>

#include "base/err.h"
#include "base/shell.h"
#include "doctor/doctor_internal.h"
#include "policy/team.h"
#include "policy/team_file.h"
#include "sys/file.h"

/* The file is opened by the editor that git takes for messages. */
static int
add(struct gv_doctor *d, bool is_passed_over)
{
	struct gv_buf cmd = GV_BUF_INIT, path = GV_BUF_INIT;
	const char *top = d->repo->worktree;
	int r;

	if (top)
		gv_buf_addf(&path, "%s/" GV_TEAM_POLICY, top);
	gv_buf_addstr(&cmd, "$(git var GIT_EDITOR) ");
	if ((r = gv_buf_check(&path)) == 0)
		gv_shell_quote(&cmd, path.p);
	if (r == 0 && (r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "policy_bad",
		    top ? cmd.p : NULL, "%s; until that is corrected, %s",
		    gv_err_message(),
		    is_passed_over ? "the file counts as deleted"
				   : "no snapshot can be taken, and automatic "
				     "saves go by the policy that was right "
				     "last");
	gv_buf_release(&path);
	gv_buf_release(&cmd);
	return r;
}

/* Whether there is one to be mended: a HEAD that cannot be read is reported by
 * what needs it. */
static bool
is_there(const struct gv_doctor *d)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	bool is;

	gv_buf_addf(&path, "%s/" GV_TEAM_POLICY,
	    d->repo->worktree ? d->repo->worktree : "");
	is = gv_buf_check(&path) == 0 &&
	    ((d->repo->worktree && gv_file_exists(AT_FDCWD, path.p)) ||
		gv_team_file_read(&text, d->repo, GV_TEAM_POLICY) == 0);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return is;
}

/* A committed file that cannot be read is passed over by most commands, so that
 * it does not keep a team from saving; here it is a finding, too. */
int
gv_doctor_policy(struct gv_doctor *d)
{
	struct gv_policy policy;
	bool is_passed_over;
	int r;

	if (!is_there(d))
		return 0;
	r = gv_team_load(&policy, d->repo);
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	if (r == 0)
		gv_policy_release(&policy);
	is_passed_over = r == 0;
	if ((r = gv_team_load_strict(&policy, d->repo)) == 0)
		gv_policy_release(&policy);
	if (r == 0 || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	d->is_policy_bad = !is_passed_over;
	return add(d, is_passed_over);
}
