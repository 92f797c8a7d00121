#include "base/buf.h"
#include "repo/repo.h"
#include "sys/lock.h"

#define LOCK_MS 30000

int
gv_repo_lock(int *lock, struct gv_repo *repo, int wait_ms)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_repo_check_writable(repo);

	*lock = -1;
	if (r == 0)
		r = gv_repo_make_vault_dir(repo);
	gv_buf_addf(&path, "%s/lock", repo->vault_dir);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_lock_open(lock, path.p, wait_ms ? wait_ms : LOCK_MS);
	gv_buf_release(&path);
	return r;
}
