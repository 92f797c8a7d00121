#include "vault/team.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/repo.h"
#include "sys/file.h"

#define MAX_POLICY ((size_t)1024 * 1024)

int
gv_team_load(struct gv_policy *out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	*out = (struct gv_policy)GV_POLICY_INIT;
	if (repo->worktree == NULL)
		return 0;
	gv_buf_addf(&path, "%s/" GV_TEAM_POLICY, repo->worktree);
	r = gv_buf_check(&path);
	if (r == 0)
		r = gv_file_read(&text, AT_FDCWD, path.p, MAX_POLICY);
	if (r == GV_ENOTFOUND)
		r = 0;
	else if (r == 0)
		r = gv_policy_parse(out, GV_TEAM_POLICY, text.p, text.len);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}
