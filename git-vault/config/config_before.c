#include "git-vault/config/config_before.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/access_judge.h"
#include "access/access_say.h"
#include "base/buf.h"
#include "base/err.h"
#include "drift/drift_when.h"
#include "git-vault/config/access_base.h"
#include "git-vault/config/config_history.h"
#include "git-vault/front/cmd.h"
#include "param/param.h"
#include "repo/repo.h"

/* ---- records ------------------------------------------------------------- */

/* A record that is damaged, or of no snapshot, ends the list. */
static int
open_records(struct gv_config_before *b)
{
	struct gv_drift_when when;
	char *message;
	int r = 0;

	while (r == 0 && b->n < GV_CONFIG_BEFORE) {
		struct gv_param_before *one = &b->items[b->n];
		char *name = b->names[b->n];

		snprintf(name, sizeof(b->names[0]),
		    b->n ? "good:%.64s~%zu" : "good:%.64s", b->env, b->n);
		message = gv_err_save();
		if ((r = gv_config_when(&when, b->ctx, name)) == 0)
			r = gv_param_pool_open(
			    &one->pool, b->ctx->repo, &when.tree);
		if (r == 0)
			gv_param_pool_when(one->pool, when.time);
		if (r == GV_ENOMEM || r == GV_ECANCELED)
			free(message); /* what goes up says why */
		else
			gv_err_restore(message);
		one->name = name;
		b->n += r == 0;
	}
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

/* Configurations come one environment after the other: those of one are open
 * at a time. */
int
gv_config_before_of(
    const struct gv_param_before **out, size_t *n, void *ctx, const char *env)
{
	struct gv_config_before *b = ctx;
	int r = 0;

	if (b->env == NULL || strcmp(b->env, env) != 0) {
		gv_config_before_close(b);
		if ((b->env = strdup(env)) == NULL)
			return gv_err_nomem();
		r = open_records(b);
	}
	*out = b->items;
	*n = b->n;
	return r;
}

void
gv_config_before_close(struct gv_config_before *before)
{
	size_t i;

	for (i = 0; i < before->n; i++)
		gv_param_pool_close(before->items[i].pool);
	before->n = 0;
	free(before->env);
	before->env = NULL;
}

/* ---- approvals ----------------------------------------------------------- */

/* The layer that a step changes; NULL: it is about other files. */
static const char *
layer_of(const struct gv_param_report *report,
    const struct gv_access_changes *changes)
{
	size_t i;

	for (i = 0; i < changes->n; i++)
		if (changes->items[i].is_governed &&
		    gv_param_report_has(report, changes->items[i].path))
			return changes->items[i].path;
	return NULL;
}

/* Each line of what a step lacks is a problem of its file. */
static int
add_step(void *ctx, const struct gv_access_result *result)
{
	struct gv_param_report *report = ctx;
	struct gv_param_problem p = { .grade = GV_PARAM_WRONG,
		.check = "approval",
		.key = "",
		.where = result->ref };
	struct gv_buf text = GV_BUF_INIT;
	char *line, *rest;
	int r;

	if (result->fault) {
		p.text = result->fault;
		return gv_param_report_add(report, &p);
	}
	if (!result->verdict->lacks ||
	    (p.file = layer_of(report, result->changes)) == NULL)
		return 0;
	r = gv_access_say(&text, result);
	for (line = strtok_r(text.p, "\n", &rest); r == 0 && line;
	     line = strtok_r(NULL, "\n", &rest)) {
		p.text = line;
		r = gv_param_report_add(report, &p);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_config_check_approvals(
    struct gv_param_report *out, struct gv_ctx *ctx, const struct gv_oid *to)
{
	struct gv_access_judge_opts opts = { .now = ctx->now, .is_self = true };
	struct gv_access_judge *judge = NULL;
	struct gv_access_base base;
	int r = gv_access_base_find(&base, ctx);

	to = to ? to : &ctx->repo->head;
	if (r < 0 || base.policy.access.n_rules == 0 || gv_oid_is_zero(to))
		goto out;
	opts.head_ref = base.ref.p;
	opts.head = &base.commit;
	if ((r = gv_access_judge_open(&judge, ctx->repo, &opts)) == 0)
		r = gv_access_judge_move(
		    judge, base.ref.p, &base.commit, to, add_step, out);
out:
	if (r == GV_EREFUSED)
		r = gv_param_report_add(out,
		    &(struct gv_param_problem){ .grade = GV_PARAM_UNSURE,
			.check = "approval",
			.key = "",
			.text = gv_err_message(),
			.where = base.ref.p });
	gv_access_judge_close(judge);
	gv_access_base_release(&base);
	return r;
}
