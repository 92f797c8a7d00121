#include "vault/fold_internal.h"

#include <fcntl.h>

#include "base/err.h"
#include "store/odb.h"
#include "store/repo.h"
#include "sys/env.h"
#include "sys/exec.h"
#include "sys/file.h"

size_t
gv_fold_limit(const struct gv_repo *repo, bool *is_set)
{
	static const char key[] = "vault.autofold";
	int64_t n = gv_config_int(&repo->config, key, -1);

	*is_set = gv_config_get(&repo->config, key) != NULL;
	if (n >= 0)
		return (size_t)n;
	return gv_config_bool(&repo->config, key, true) ? GV_FOLD_PACKS : 0;
}

/* A copy that is thrown away in minutes gains nothing; gc.auto 0 is what
 * those who make such copies set, and who wants no upkeep by git. */
static bool
is_fleeting(const struct gv_repo *repo)
{
	return gv_config_int(&repo->config, "gc.auto", 6700) == 0 ||
	    gv_env_get("CI") != NULL;
}

bool
gv_fold_is_due(struct gv_repo *repo)
{
	struct gv_odb_own own = { 0 };
	struct gv_odb *odb;
	bool is_set, is_due;
	size_t limit = gv_fold_limit(repo, &is_set);

	if (limit == 0 || (!is_set && is_fleeting(repo)) ||
	    gv_env_get("GIT_QUARANTINE_PATH") ||
	    gv_env_get("GIT_OBJECT_DIRECTORY"))
		return false;
	is_due = gv_repo_odb(repo, &odb) == 0 && gv_odb_refresh(odb) == 0 &&
	    gv_odb_own_list(&own, odb, false) == 0 && own.n > limit &&
	    gv_file_may_write(AT_FDCWD, repo->objects_dir);
	gv_odb_own_release(&own);
	return is_due;
}

int
gv_fold_start(const struct gv_repo *repo)
{
	const char *argv[] = { "git", "vault", "fold", "--auto", NULL };
	unsigned mask = gv_repo_share(repo);
	struct gv_buf log = GV_BUF_INIT;
	int r;

	gv_buf_addf(&log, "%s/vault", repo->common_dir);
	r = gv_buf_check(&log);
	if (r == 0)
		r = gv_file_mkdirs(AT_FDCWD, log.p, 0777);
	gv_buf_addstr(&log, "/log");
	if (r == 0)
		r = gv_buf_check(&log);
	if (r == 0)
		r = gv_exec_detach(argv, log.p);
	gv_buf_release(&log);
	gv_repo_unshare(mask);
	return r;
}
