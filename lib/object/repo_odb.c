#include "object/repo_odb.h"

#include "object/odb.h"
#include "repo/repo.h"

int
gv_repo_odb(struct gv_repo *repo, struct gv_odb **out)
{
	int r = 0;

	/* once it is open, threads only read this */
	if (repo->odb == NULL) {
		repo->refresh_odb = gv_odb_refresh;
		repo->close_odb = gv_odb_close;
		r = gv_odb_open(&repo->odb, repo);
	}
	*out = repo->odb;
	return r;
}
