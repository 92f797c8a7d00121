#include <string.h>

#include "base/err.h"
#include "hook/receive_internal.h"
#include "record/good.h"

/*
 * A branch that is there is what is deployed from: it does not go to a commit
 * that was found bad in an environment. A new branch at it may be made, since
 * that is how one looks into what was wrong.
 */

#define ABBREV 12

static bool
may_deploy(const struct gv_receive_update *u)
{
	return strncmp(u->ref, "refs/heads/", 11) == 0 &&
	    !gv_oid_is_zero(&u->old) && !gv_oid_is_zero(&u->new);
}

/* Each environment once: its records come one behind the other. */
static int
check_branch(struct gv_receive_job *job, const struct gv_receive_update *u,
    const struct gv_goods *goods)
{
	const char *env = NULL;
	struct gv_buf why = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	bool is_bad;
	size_t i;
	int r = 0;

	gv_oid_format(hex, &u->new);
	for (i = 0; r == 0 && i < goods->n; i++) {
		const struct gv_good *good = &goods->all[i];

		if (!gv_oid_equal(&good->code, &u->new) ||
		    (env && strcmp(env, good->env) == 0))
			continue;
		env = good->env;
		gv_buf_reset(&why);
		r = gv_good_is_revoked(&is_bad, &why, job->repo, env, &u->new);
		if (r == 0 && is_bad)
			r = gv_receive_fault(job, u->ref,
			    "%s; if it is good again, 'git vault good mark "
			    "--reason TEXT --commit %.*s %s' and 'git vault "
			    "sync' say so",
			    why.p, ABBREV, hex, env);
	}
	gv_buf_release(&why);
	return r;
}

int
gv_receive_check_good(struct gv_receive_job *job)
{
	struct gv_goods goods = { 0 };
	bool is_loaded = false;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < job->push->n; i++) {
		if (!may_deploy(&job->push->updates[i]))
			continue;
		if (!is_loaded)
			r = gv_goods_load(&goods, job->repo, NULL);
		is_loaded = true;
		if (r == 0)
			r = check_branch(job, &job->push->updates[i], &goods);
	}
	gv_goods_release(&goods);
	return r;
}
