#include "vault/team.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/odb.h"
#include "store/repo.h"
#include "store/tree.h"
#include "sys/file.h"
#include "vault/ledger.h"

#define MAX_POLICY ((size_t)1024 * 1024)

/* The policy's blob; zero where the tree has none. */
static int
find_at(struct gv_oid *out, struct gv_odb *odb, const struct gv_oid *commit)
{
	struct gv_ledger at;
	unsigned mode;
	int r = gv_ledger_load(&at, odb, commit);

	memset(out, 0, sizeof(*out));
	if (r == 0)
		r = gv_tree_find(odb, &at.tree, GV_TEAM_POLICY, &mode, out);
	else if (r == GV_ENOTFOUND)
		r = gv_err(GV_ECORRUPT, "the commit is not here");
	if (r == GV_ENOTFOUND)
		memset(out, 0, sizeof(*out));
	return r == GV_ENOTFOUND ? 0 : r;
}

int
gv_team_load_blob(
    struct gv_policy *out, struct gv_odb *odb, const struct gv_oid *blob)
{
	struct gv_object obj = { 0 };
	uint64_t size = 0;
	int r;

	*out = (struct gv_policy)GV_POLICY_INIT;
	if (gv_oid_is_zero(blob))
		return 0;
	r = gv_odb_read_size(odb, &size, blob);
	if (r == 0 && size > MAX_POLICY)
		r = gv_err(GV_EREFUSED, GV_TEAM_POLICY " is too large");
	if (r == 0)
		r = gv_odb_read_type(odb, &obj, blob, GV_OTYPE_BLOB);
	if (r == 0)
		r = gv_policy_parse(
		    out, GV_TEAM_POLICY, (const char *)obj.data, obj.len);
	gv_object_release(&obj);
	return r;
}

int
gv_team_load_at(
    struct gv_policy *out, struct gv_repo *repo, const struct gv_oid *commit)
{
	struct gv_odb *odb;
	struct gv_oid blob;
	int r;

	*out = (struct gv_policy)GV_POLICY_INIT;
	if (gv_oid_is_zero(commit))
		return 0;
	r = gv_repo_odb(repo, &odb);
	if (r == 0)
		r = find_at(&blob, odb, commit);
	return r < 0 ? r : gv_team_load_blob(out, odb, &blob);
}

/* What stands in the working tree; GV_ENOTFOUND where there is none. */
static int
load_file(struct gv_policy *out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	if (repo->worktree == NULL)
		return GV_ENOTFOUND;
	gv_buf_addf(&path, "%s/" GV_TEAM_POLICY, repo->worktree);
	r = gv_buf_check(&path);
	if (r == 0)
		r = gv_file_read(&text, AT_FDCWD, path.p, MAX_POLICY);
	if (r == 0)
		r = gv_policy_parse(out, GV_TEAM_POLICY, text.p, text.len);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_team_load(struct gv_policy *out, struct gv_repo *repo)
{
	int r;

	*out = (struct gv_policy)GV_POLICY_INIT;
	r = load_file(out, repo);
	if (r != GV_ENOTFOUND)
		return r;
	r = gv_team_load_at(out, repo, &repo->head);
	return r == GV_ECORRUPT || r == GV_ENOTFOUND
	    ? gv_err_in(GV_EREFUSED,
		  "cannot read the policy, which is not in the working tree, "
		  "as HEAD has it ('git show HEAD:" GV_TEAM_POLICY "')")
	    : r;
}
