#include "good/candidate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "good/good_mark.h"
#include "object/odb.h"
#include "object/tree.h"
#include "policy/team.h"
#include "policy/team_file.h"
#include "record/good.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "sys/file.h"
#include "vault/ledger.h"

/* ---- what the server goes by -------------------------------------------- */

/* What counts of the policy of a commit. */
static int
read_from(
    struct gv_policy *out, struct gv_repo *repo, const struct gv_oid *commit)
{
	int r = gv_team_load_at(out, repo, commit);

	return r < 0 ? gv_err_in(r, GV_TEAM_POLICY " of HEAD") : 0;
}

static int
read_file(struct gv_policy *out, const char *file)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_file_read(&text, AT_FDCWD, file, GV_TEAM_FILE_MAX);

	*out = (struct gv_policy)GV_POLICY_INIT;
	if (r == 0 && text.len)
		r = gv_policy_parse(out, file, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

int
gv_candidate_policy(
    struct gv_policy *out, struct gv_repo *repo, const char *file)
{
	return file ? read_file(out, file) : read_from(out, repo, &repo->head);
}

/* ---- which environments ------------------------------------------------- */

bool
gv_candidate_is_wanted(const struct gv_policy *policy, const char *branch)
{
	size_t i;

	for (i = 0; i < policy->goods.n_branches; i++)
		if (gv_policy_is_branch(&policy->goods.branches[i], branch))
			return true;
	return false;
}

bool
gv_candidate_is_meant(
    struct gv_repo *repo, const char *branch, const struct gv_oid *commit)
{
	struct gv_policy policy = GV_POLICY_INIT;
	bool is_meant = gv_team_load_at(&policy, repo, commit) == 0 &&
	    gv_candidate_is_wanted(&policy, branch);

	gv_policy_release(&policy);
	return is_meant;
}

/* Of the commit something is said already: what somebody has marked, or taken
 * back, is not said again by who only takes a push. */
static int
is_known(bool *out, struct gv_repo *repo, const char *env,
    const struct gv_oid *commit)
{
	struct gv_goods goods;
	size_t i;
	int r = gv_goods_load(&goods, repo, env);

	*out = false;
	if (r < 0)
		return r;
	for (i = 0; i < goods.n; i++)
		*out |= goods.all[i].damage == NULL &&
		    gv_oid_equal(&goods.all[i].code, commit);
	gv_goods_release(&goods);
	return 0;
}

static int
make_one(struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_candidate_what *what, const char *env)
{
	char hex[GV_OID_HEX + 1];
	const struct gv_good_what mark = { .env = env,
		.status = GV_GOOD_CANDIDATE,
		.commit = hex,
		.now = what->now,
		.sign = GV_GOOD_SIGN_IF_CAN };
	struct gv_good good = GV_GOOD_INIT;
	bool known;
	int r = is_known(&known, repo, env, &what->commit);

	if (r < 0 || known)
		return r;
	gv_oid_format(hex, &what->commit);
	if ((r = gv_good_mark(&good, repo, safe, &mark)) == 0 && what->made)
		what->made(what->ctx, &good);
	gv_good_release(&good);
	return r;
}

/* Whether others may be made where one was not. */
static bool
ends_all(int r)
{
	return r == GV_ENOMEM || r == GV_ECANCELED;
}

/* What one environment has against it is nothing of another one's: each is
 * tried, and the first failure told. */
int
gv_candidate_make(struct gv_repo *repo, const struct gv_candidate_what *what)
{
	const struct gv_safe_opts opts = { .now = what->now };
	const struct gv_policy_goods *goods = &what->policy->goods;
	struct gv_safe *safe = NULL;
	char *why = NULL;
	size_t i;
	int r = gv_safe_open(&safe, repo, &opts), one;
	bool is_open = r == 0;

	/* an environment that two patterns name has a record after the first */
	for (i = 0; is_open && !ends_all(r) && i < goods->n_branches; i++) {
		if (!gv_policy_is_branch(&goods->branches[i], what->branch))
			continue;
		one = make_one(repo, safe, what, goods->branches[i].env);
		if (one < 0 && (r == 0 || ends_all(one))) {
			free(why);
			r = gv_err_in(one,
			    "no candidate for %s is recorded of the push to %s",
			    goods->branches[i].env, what->branch);
			why = gv_err_save();
		}
	}
	gv_safe_close(safe);
	if (r < 0 && is_open)
		gv_err_restore(why);
	else
		free(why);
	return r;
}
