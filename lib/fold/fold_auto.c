#include "fold/fold_internal.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/env.h"
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

/* Whether anything may be done here without being asked for. */
static bool
is_welcome(const struct gv_repo *repo)
{
	bool is_set;

	return gv_fold_limit(repo, &is_set) > 0 &&
	    (is_set || !is_fleeting(repo)) &&
	    !gv_config_bool(
		&repo->config, "extensions.preciousobjects", false) &&
	    !gv_env_get("GIT_QUARANTINE_PATH") &&
	    !gv_env_get("GIT_OBJECT_DIRECTORY") &&
	    gv_file_may_write(AT_FDCWD, repo->objects_dir);
}

static bool
has_many_packs(struct gv_repo *repo)
{
	struct gv_odb_own own = { 0 };
	struct gv_odb *odb;
	bool many = false;

	if (gv_repo_odb(repo, &odb) == 0 && gv_odb_refresh(odb) == 0 &&
	    gv_odb_own_list(&own, odb, false) == 0) {
		gv_fold_choose(&own, repo);
		many = own.n > 0;
	}
	gv_odb_own_release(&own);
	return many;
}

/* A fetch may bring as many as another clone has. */
static bool
has_many_refs(const struct gv_repo *repo)
{
	size_t n = gv_ref_loose(repo);
	bool is_set;

	return n > GV_FOLD_REFS && n > gv_fold_limit(repo, &is_set);
}

bool
gv_fold_is_due(struct gv_repo *repo)
{
	return is_welcome(repo) &&
	    (gv_fold_waits_is_over(repo) || has_many_packs(repo) ||
		has_many_refs(repo));
}

int
gv_fold_upkeep(struct gv_fold_result *out, struct gv_repo *repo,
    const struct gv_fold_opts *opts)
{
	struct gv_fold_opts how = *opts;
	struct gv_fold_result folded;
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (gv_fold_waits_is_over(repo)) {
		how.expire = gv_fold_waits_for(repo);
		r = gv_fold_reclaim(out, repo, &how);
	}
	if (r < 0)
		return r;
	/* what had to stay as it was may still be folded, and refs packed */
	if ((r = gv_fold_run(&folded, repo, opts)) < 0)
		return r;
	if (out->is_folded)
		out->refs = folded.refs;
	else
		*out = folded;
	return 0;
}

int
gv_fold_start(const struct gv_repo *repo, pid_t *pid)
{
	static const char *const argv[] = { "git", "vault", "fold", "--auto",
		NULL };

	return gv_repo_detach(repo, argv, "vault", pid);
}
