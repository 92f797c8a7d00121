#include "policy/team_file.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "vault/ledger.h"

int
gv_team_file_read_blob(struct gv_buf *out, struct gv_odb *odb,
    const struct gv_oid *blob, const char *name)
{
	struct gv_object obj = { 0 };
	uint64_t size = 0;
	int r;

	if ((r = gv_odb_read_size(odb, &size, blob)) < 0)
		goto out;
	if (size > GV_TEAM_FILE_MAX) {
		r = gv_err(GV_EREFUSED, "%s is too large", name);
		goto out;
	}
	if ((r = gv_odb_read_type(odb, &obj, blob, GV_OTYPE_BLOB)) < 0)
		goto out;
	gv_buf_add(out, obj.data, obj.len);
	r = gv_buf_check(out);
out:
	gv_object_release(&obj);
	return r;
}

/* Links are not followed: they may lead anywhere. */
int
gv_team_file_read_tree(struct gv_buf *out, struct gv_odb *odb,
    const struct gv_oid *tree, const char *name)
{
	struct gv_oid blob;
	unsigned mode;
	int r = gv_tree_find(odb, tree, name, &mode, &blob);

	if (r < 0)
		return r;
	if ((mode & 0170000) != 0100000)
		return gv_err(GV_EREFUSED,
		    "%s is not a regular file in the commit; commit the file "
		    "itself",
		    name);
	r = gv_team_file_read_blob(out, odb, &blob, name);
	return r == GV_ENOTFOUND ? gv_err_in(GV_ECORRUPT, "%s", name) : r;
}

int
gv_team_file_read_at(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_oid *commit, const char *name)
{
	struct gv_ledger at;
	struct gv_odb *odb;
	int r;

	if (gv_oid_is_zero(commit))
		return GV_ENOTFOUND;
	if ((r = gv_repo_odb(repo, &odb)) < 0)
		return r;
	r = gv_ledger_load(&at, odb, commit);
	if (r == GV_ENOTFOUND)
		return gv_err(GV_ECORRUPT, "the commit is missing");
	return r < 0 ? r : gv_team_file_read_tree(out, odb, &at.tree, name);
}

static int
read_worktree(struct gv_buf *out, const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if (repo->worktree == NULL)
		return GV_ENOTFOUND;
	gv_buf_addf(&path, "%s/%s", repo->worktree, name);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_read(out, AT_FDCWD, path.p, GV_TEAM_FILE_MAX);
	gv_buf_release(&path);
	return r;
}

int
gv_team_file_read(struct gv_buf *out, struct gv_repo *repo, const char *name)
{
	int r = read_worktree(out, repo, name);

	if (r != GV_ENOTFOUND)
		return r;
	r = gv_team_file_read_at(out, repo, &repo->head, name);
	return r == GV_ECORRUPT
	    ? gv_err_in(GV_EREFUSED,
		  "the working tree has no policy, and that of HEAD cannot be "
		  "read ('git show HEAD:%s')",
		  name)
	    : r;
}
