#include "git-vault/recovery/recover_lock.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "plan/plan_fill.h"
#include "remote/remote.h"
#include "statelock/statelock.h"

struct looking {
	struct gv_ctx *ctx;
	const struct gv_plan_facts *facts;
	char *remote; /* NULL: only here */
	bool only_warn;
};

/* Nothing is done while it is free: that it is free is the answer. */
static int
pass(void *ctx)
{
	(void)ctx;
	return 0;
}

/* The sentence is that of whoever wants to take it. */
static int
refuse(const struct looking *l, const struct gv_statelock *held)
{
	const struct gv_statelock_at at = { .env = held->env,
		.stack = held->stack,
		.remote = held->is_here ? NULL : l->remote,
		.now = l->ctx->now };
	struct gv_statelock lock = { .env = NULL };
	int r = gv_statelock_with(&lock, l->ctx->repo, &at, NULL, pass, NULL);

	gv_statelock_release(&lock);
	if (r != GV_ELOCKED)
		return r;
	if (!l->only_warn)
		return gv_err_in(r, "nothing was recovered");
	gv_out_warn(l->ctx->out, "%s", gv_err_message());
	return 0;
}

/* Whether the files of another environment are written in its place. */
static bool
is_moved(const struct gv_plan_facts *f)
{
	return f->as && f->into == NULL;
}

/* Whoever has locked any state of that one works by its files. */
static bool
is_meant(const struct looking *l, const struct gv_statelock *lock)
{
	const struct gv_plan_facts *f = l->facts;
	size_t i;

	if (is_moved(f))
		return strcmp(lock->env, f->as) == 0;
	for (i = 0; i < f->n_states; i++)
		if (strcmp(lock->env, f->environment) == 0 &&
		    strcmp(lock->stack, f->states[i].name) == 0)
			return true;
	return false;
}

/* A remote that is lost is what a recovery is for. */
static int
load(struct gv_statelock_list *list, struct looking *l)
{
	int r = gv_remote_default(&l->remote, l->ctx->repo);

	if (r < 0 && r != GV_EUSAGE)
		return r;
	r = gv_statelock_list_load(list, l->ctx->repo, l->remote, l->ctx->now);
	if (r == 0 || l->remote == NULL || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	gv_out_warn(l->ctx->out,
	    "whether somebody has locked a state on the remote '%s' is not "
	    "known: %s",
	    l->remote, gv_err_message());
	free(l->remote);
	l->remote = NULL;
	return gv_statelock_list_load(list, l->ctx->repo, NULL, l->ctx->now);
}

int
gv_recover_lock_check(
    struct gv_ctx *ctx, const struct gv_plan_facts *facts, bool only_warn)
{
	struct looking l = {
		.ctx = ctx, .facts = facts, .only_warn = only_warn
	};
	struct gv_statelock_list list = { .n = 0 };
	size_t i;
	int r = facts->n_states || is_moved(facts) ? load(&list, &l) : 0;

	for (i = 0; r == 0 && i < list.n; i++)
		if (is_meant(&l, &list.locks[i]))
			r = refuse(&l, &list.locks[i]);
	gv_statelock_list_release(&list);
	free(l.remote);
	return r;
}
