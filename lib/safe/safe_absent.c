#include "base/err.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe_scopes.h"
#include "vault/setting.h"

bool
gv_safe_is_partial(const struct gv_repo *repo)
{
	return gv_config_get(&repo->config, GV_SETTING_NARROWED) != NULL;
}

bool
gv_safe_is_absent(const struct gv_repo *repo, const char *scope)
{
	struct gv_buf ref = GV_BUF_INIT;
	struct gv_oid tip = { { 0 } };
	bool is;

	if (!gv_safe_is_partial(repo))
		return false;
	gv_buf_addf(&ref, GV_REFS_SECRETS "%s", scope);
	is = gv_buf_check(&ref) == 0 && gv_ref_find(&tip, repo, ref.p) == 0 &&
	    gv_oid_is_zero(&tip);
	gv_buf_release(&ref);
	return is;
}
