#include "repo/repo.h"

#include "repo/ref_internal.h"

int
gv_repo_stay(struct gv_repo *repo)
{
	return gv_ref_git_open(repo);
}

void
gv_repo_rest(struct gv_repo *repo)
{
	gv_ref_git_rest(repo);
}
