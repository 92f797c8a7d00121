#include "object/repo_odb.h"

#include "object/odb.h"
#include "repo/repo.h"

int
gv_repo_odb(struct gv_repo *repo, struct gv_odb **out)
{
	int r = repo->odb ? 0 : gv_odb_open(&repo->odb, repo);

	repo->refresh_odb = gv_odb_refresh;
	repo->close_odb = gv_odb_close;
	*out = repo->odb;
	return r;
}
