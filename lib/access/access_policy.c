#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "access/access_judge.h"
#include "base/err.h"
#include "base/glob.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "vault/ledger.h"

#define POLICY_MOST ((size_t)1024 * 1024) /* bytes */

int
gv_access_policy(
    struct gv_policy *out, struct gv_repo *repo, const struct gv_oid *commit)
{
	struct gv_ledger at;
	struct gv_odb *odb;
	struct gv_oid blob;
	uint64_t size;
	unsigned mode;
	int r;

	*out = (struct gv_policy)GV_POLICY_INIT;
	if (gv_oid_is_zero(commit))
		return 0;
	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_ledger_load(&at, odb, commit)) < 0)
		return r;
	r = gv_tree_find(odb, &at.tree, GV_TEAM_POLICY, &mode, &blob);
	if (r == GV_ENOTFOUND)
		return 0;
	if (r < 0)
		return r;
	if (!S_ISREG(mode))
		return gv_err(GV_EREFUSED,
		    GV_TEAM_POLICY " is a link or a folder, not a file");
	if ((r = gv_odb_read_size(odb, &size, &blob)) < 0)
		return r;
	if (size > POLICY_MOST)
		return gv_err(
		    GV_EREFUSED, GV_TEAM_POLICY " is larger than 1 MiB");
	r = gv_team_load_blob(out, odb, &blob);
	return r < 0 ? r : 1;
}

bool
gv_access_is_protected(const struct gv_policy_access *access, const char *ref,
    const char *head_ref)
{
	static const char heads[] = "refs/heads/";
	const char *branch = ref + sizeof(heads) - 1;
	size_t i;

	if (access->n_rules == 0 || strncmp(ref, heads, sizeof(heads) - 1) != 0)
		return false;
	for (i = 0; i < access->branches.n; i++) {
		const char *pattern = access->branches.items[i];

		if (gv_glob_match(pattern, strlen(pattern), branch,
			strlen(branch), GV_GLOB_ICASE))
			return true;
	}
	return access->branches.n == 0 && head_ref &&
	    strcasecmp(head_ref, ref) == 0;
}
