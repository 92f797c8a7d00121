#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "env/envmap.h"
#include "hook/receive_internal.h"
#include "object/odb.h"
#include "object/tree.h"
#include "policy/freeze.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "sys/file.h"

/*
 * A branch that is there is what is deployed from: while an environment is
 * frozen, it takes no change to a file of it. Where the environment has
 * branches in the policy, only these are held; one that is deployed there and
 * nowhere else takes no change at all. The policy counts as a file of each, so
 * that nobody ends a freeze by the push that it forbids. A new branch is held
 * only if it is named to be deployed there; it is compared with HEAD.
 */

#define POLICY_MOST ((size_t)1024 * 1024) /* bytes of a policy */

struct freeze {
	struct gv_receive_job *job;
	const struct gv_receive_update *u;
	const struct gv_policy *policy;
	const char *env;
	struct gv_oid base; /* the commit before the push */
	bool is_all;        /* any file counts */
	struct gv_envmap *old, *new;
	struct gv_buf path; /* the first that is of the environment */
};

static const char *
branch_of(const struct gv_receive_update *u)
{
	static const char heads[] = "refs/heads/";

	return strncmp(u->ref, heads, sizeof(heads) - 1) == 0 &&
		!gv_oid_is_zero(&u->new)
	    ? u->ref + sizeof(heads) - 1
	    : NULL;
}

/* ---- by which policy ----------------------------------------------------- */

static int
read_server(struct gv_policy *out, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_file_read(&text, AT_FDCWD, path, POLICY_MOST);

	if (r == 0)
		r = gv_policy_parse(out, path, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

static int
tree_of(
    struct gv_oid *out, struct gv_receive_job *job, const struct gv_oid *commit)
{
	struct gv_ledger at;
	int r = gv_ledger_load(&at, job->odb, commit);

	if (r == 0)
		*out = at.tree;
	return r;
}

/* That of the server, else that of the branch before the push. One that cannot
 * be read is reported by the search for secrets, and freezes nothing. 1: there
 * is one; 0. */
static int
load_policy(struct gv_policy *out, struct gv_receive_job *job,
    const struct gv_oid *base)
{
	struct gv_oid tree, blob;
	uint64_t size;
	unsigned mode;
	int r;

	*out = (struct gv_policy)GV_POLICY_INIT;
	if (job->settings.policy) {
		r = read_server(out, job->settings.policy);
		return r < 0 ? gv_err_in(r, "vault.receive.policy") : 1;
	}
	if ((r = tree_of(&tree, job, base)) < 0)
		return r;
	r = gv_tree_find(job->odb, &tree, GV_TEAM_POLICY, &mode, &blob);
	if (r < 0)
		goto out;
	if (!S_ISREG(mode))
		return 0;
	if ((r = gv_odb_read_size(job->odb, &size, &blob)) < 0)
		goto out;
	r = size > POLICY_MOST ? GV_EREFUSED
			       : gv_team_load_blob(out, job->odb, &blob);
out:
	return r == GV_ENOTFOUND || r == GV_EREFUSED || r == GV_ECORRUPT ? 0
	    : r < 0                                                      ? r
									 : 1;
}

/* ---- what it changes ----------------------------------------------------- */

static int
is_of(bool *out, const struct freeze *f, const struct gv_envmap *map,
    const char *path, size_t len)
{
	struct gv_envtree_verdict v;
	int r = gv_envtree_of(&v, map->tree, path, len);

	*out |= r == 0 && v.env && strcmp(v.env->name, f->env) == 0;
	return r;
}

static int
look(void *ctx, const char *path, size_t len, const struct gv_tree_entry *a,
    const struct gv_tree_entry *b)
{
	struct freeze *f = ctx;
	bool is = f->is_all ||
	    (len == strlen(GV_TEAM_POLICY) &&
		memcmp(path, GV_TEAM_POLICY, len) == 0);
	int r = 0;

	if (f->path.len)
		return 0;
	if (!is && a)
		r = is_of(&is, f, f->old, path, len);
	if (r < 0)
		return r;
	if (!is && b && (r = is_of(&is, f, f->new, path, len)) < 0)
		return r;
	if (is) {
		gv_buf_add(&f->path, path, len);
		r = gv_buf_check(&f->path);
	}
	return r;
}

/* Both trees by the policy that decides. */
static int
find_change(struct freeze *f)
{
	struct gv_repo *repo = f->job->repo;
	struct gv_oid old, new;
	int r;

	if ((r = tree_of(&old, f->job, &f->base)) < 0 ||
	    (r = tree_of(&new, f->job, &f->u->new)) < 0 ||
	    (r = gv_envmap_load_by(&f->old, repo, &old, f->policy)) < 0 ||
	    (r = gv_envmap_load_by(&f->new, repo, &new, f->policy)) < 0)
		return r;
	return gv_tree_diff(f->job->odb, &old, &new, look, f);
}

/* ---- which environments -------------------------------------------------- */

/* Whether a branch is deployed to an environment, and to no other one. */
static bool
is_deployed(bool *is_only, const struct gv_policy *policy, const char *env,
    const char *branch, bool is_new)
{
	bool has = false, is = false;
	size_t i;

	*is_only = true;
	for (i = 0; i < policy->goods.n_branches; i++) {
		const struct gv_policy_branch *one = &policy->goods.branches[i];
		const bool is_own = strcmp(one->env, env) == 0;

		has |= is_own;
		if (!gv_policy_is_branch(one, branch))
			continue;
		is |= is_own;
		*is_only &= is_own;
	}
	*is_only &= is;
	return is || (!has && !is_new);
}

static int
check_env(struct freeze *f, const char *branch)
{
	const enum gv_receive_mode mode = f->job->settings.freeze;
	struct gv_buf says = GV_BUF_INIT;
	struct gv_policy_frozen frozen;
	int r;

	if (!is_deployed(&f->is_all, f->policy, f->env, branch,
		gv_oid_is_zero(&f->u->old)))
		return 0;
	if ((r = gv_freeze_at(&frozen, f->policy, f->env, f->job->now)) <= 0)
		return r;
	gv_buf_reset(&f->path);
	if ((r = find_change(f)) < 0 || f->path.len == 0)
		goto out;
	gv_freeze_say(&says, &frozen, f->policy, f->env);
	if ((r = gv_buf_check(&says)) < 0)
		goto out;
	if (mode == GV_RECEIVE_WARN) {
		gv_buf_addf(
		    &f->job->report->news, "%s: %s\n", f->u->ref, says.p);
		r = gv_buf_check(&f->job->report->news);
	} else {
		r = gv_receive_fault(f->job, f->u->ref,
		    "%s, and the push changes %s; push it after that", says.p,
		    f->path.p);
	}
out:
	gv_buf_release(&says);
	gv_envmap_free(f->old);
	gv_envmap_free(f->new);
	f->old = f->new = NULL;
	return r;
}

static int
check_update(struct gv_receive_job *job, const struct gv_receive_update *u)
{
	struct freeze f = { .job = job, .u = u, .path = GV_BUF_INIT };
	struct gv_policy policy;
	size_t i;
	int r;

	f.base = gv_oid_is_zero(&u->old) ? job->repo->head : u->old;
	if (gv_oid_is_zero(&f.base) ||
	    (r = load_policy(&policy, job, &f.base)) == 0)
		return 0;
	if (r < 0)
		return r;
	f.policy = &policy;
	for (i = 0, r = 0; r == 0 && i < policy.envs.n; i++) {
		f.env = policy.envs.items[i].name;
		r = check_env(&f, branch_of(u));
	}
	gv_buf_release(&f.path);
	gv_policy_release(&policy);
	return r;
}

int
gv_receive_check_freeze(struct gv_receive_job *job)
{
	size_t i;
	int r = 0;

	if (job->settings.freeze == GV_RECEIVE_IGNORE)
		return 0;
	for (i = 0; r == 0 && i < job->push->n; i++)
		if (branch_of(&job->push->updates[i]))
			r = check_update(job, &job->push->updates[i]);
	return r;
}
