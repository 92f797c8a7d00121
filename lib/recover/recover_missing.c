#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "audit/audit_signers.h"
#include "base/err.h"
#include "plan/plan_template.h"
#include "record/good.h"
#include "recover/recover.h"
#include "recover/recover_facts.h"
#include "repo/repo.h"
#include "state/track.h"
#include "sys/file.h"
#include "sys/program.h"

/*
 * A plan that is well formed can still name what is not there, and would fail
 * in the middle of a recovery. What comes by an input or an output is not known
 * here, and files may come back by a restore.
 */

struct look {
	struct gv_repo *repo;
	const struct gv_plan *plan;
	const char *env;
	gv_recover_missing_fn *missing;
	void *ctx;
	bool restores; /* files of it may be missing until then */
	struct gv_buf text;
};

/* Report a sentence. */
__attribute__((format(printf, 4, 5))) static int
report(struct look *l, uint32_t line, bool is_of_host, const char *fmt, ...)
{
	va_list ap;
	int r;

	gv_buf_reset(&l->text);
	va_start(ap, fmt);
	gv_buf_vaddf(&l->text, fmt, ap);
	va_end(ap);
	r = gv_buf_check(&l->text);
	return r < 0 ? r : l->missing(l->ctx, line, is_of_host, l->text.p);
}

static bool
is_known(const char *text)
{
	return text && !gv_plan_template_is(text);
}

/* ---- its environment ----------------------------------------------------- */

/* 1 where records, states or files are of it. The files last: they take
 * longest. */
static int
has_environment(struct gv_repo *repo, const char *env)
{
	struct gv_recover_facts facts = { .cap = 0 };
	struct gv_goods all = { .n = 0 };
	int r = gv_goods_load(&all, repo, env);
	const bool has_records = r == 0 && all.n > 0;

	gv_goods_release(&all);
	if (r < 0 || has_records)
		return r < 0 ? r : 1;
	r = gv_recover_facts_load(&facts, repo, env, NULL);
	gv_recover_facts_release(&facts);
	return r == 0 ? 1 : r == GV_ENOTFOUND ? 0 : r;
}

static int
look_at_state(struct look *l, const struct gv_plan_step *s)
{
	const struct gv_track_of of = { .env = l->env, .stack = s->stack };
	struct gv_track_version v = { .env = NULL };
	int r;

	if (!is_known(s->stack))
		return 0;
	r = gv_track_resolve(&v, l->repo, &of, "latest");
	gv_track_version_release(&v);
	return r == GV_ENOTFOUND || r == GV_EUSAGE
	    ? report(l, s->line, false,
		  "no state %s of %s is saved; to list them: git vault state "
		  "list",
		  s->stack, l->env)
	    : r;
}

static int
look_at_environment(struct look *l)
{
	size_t i;
	int r;

	if (!is_known(l->env))
		return 0;
	if ((r = has_environment(l->repo, l->env)) == 0)
		return report(l, 1, false,
		    "there is no environment %s; to list them: git vault env",
		    l->env);
	for (i = 0; r >= 0 && i < l->plan->n; i++)
		if (l->plan->steps[i].kind == GV_PLAN_STATE)
			r = look_at_state(l, &l->plan->steps[i]);
	return r < 0 ? r : 0;
}

/* ---- approvers ----------------------------------------------------------- */

static bool
has_member(const struct gv_audit_signers *all, const char *name)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->all[i].who == GV_AUDIT_WHO_KEYRING &&
		    all->all[i].name && strcmp(all->all[i].name, name) == 0)
			return true;
	return false;
}

static int
look_at_approvers(struct look *l)
{
	struct gv_audit_signers all = GV_AUDIT_SIGNERS_INIT;
	const char *const *name;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < l->plan->n; i++) {
		const struct gv_plan_step *s = &l->plan->steps[i];

		for (name = s->approvers; r == 0 && name && *name; name++) {
			if (all.n == 0 &&
			    (r = gv_audit_signers_load(&all, l->repo)) < 0)
				break;
			if (all.why == NULL && !has_member(&all, *name))
				r = report(l, s->line, false,
				    "approver %s is not in the keyring, or has "
				    "no key that signs; to list them: git "
				    "vault key list",
				    *name);
		}
	}
	gv_audit_signers_release(&all);
	return r;
}

/* ---- files and programs -------------------------------------------------- */

/* Whether a path of the tree, or of a directory in it, is there. */
static bool
is_there(struct look *l, const char *dir, const char *path)
{
	gv_buf_reset(&l->text);
	if (*path != '/')
		gv_buf_addf(&l->text, "%s/%s%s", l->repo->worktree,
		    dir ? dir : "", dir ? "/" : "");
	gv_buf_addstr(&l->text, path);
	return gv_buf_check(&l->text) < 0 ||
	    gv_file_exists(AT_FDCWD, l->text.p);
}

static int
look_at_program(struct look *l, const struct gv_plan_step *s,
    const struct gv_plan_command *c, const char *dir)
{
	struct gv_buf found = GV_BUF_INIT;
	int r;

	if (c->argv == NULL || !is_known(c->argv[0]) || (dir && !is_known(dir)))
		return 0;
	if (strchr(c->argv[0], '/'))
		return l->restores || is_there(l, dir, c->argv[0])
		    ? 0
		    : report(l, s->line, *c->argv[0] == '/',
			  "step %s: there is no program %s", s->id, c->argv[0]);
	r = gv_program_find(&found, c->argv[0], NULL, 0);
	gv_buf_release(&found);
	return r == GV_ENOTFOUND
	    ? report(l, s->line, true,
		  "step %s: the program %s is not on this host", s->id,
		  c->argv[0])
	    : r;
}

static int
look_at_files(struct look *l, const struct gv_plan_step *s)
{
	int r = 0;

	if (!l->restores && is_known(s->dir) && !is_there(l, NULL, s->dir))
		r = report(l, s->line, false,
		    "step %s: there is no directory %s", s->id, s->dir);
	if (r == 0 && !l->restores && is_known(s->file) &&
	    !is_there(l, NULL, s->file))
		r = report(l, s->line, false, "step %s: there is no file %s",
		    s->id, s->file);
	if (r == 0)
		r = look_at_program(l, s, &s->command, s->dir);
	if (r == 0 && s->has_rollback)
		r = look_at_program(l, s, &s->rollback, s->rollback_in);
	return r;
}

int
gv_recover_missing(struct gv_repo *repo, const struct gv_plan *plan,
    const char *env, gv_recover_missing_fn *missing, void *ctx)
{
	struct look l = { .repo = repo,
		.plan = plan,
		.env = env ? env : plan->environment,
		.missing = missing,
		.ctx = ctx,
		.text = GV_BUF_INIT };
	size_t i;
	int r;

	/* one with faults has no order, and a bare repository no files */
	if (plan->n_faults || repo->worktree == NULL)
		return 0;
	for (i = 0; i < plan->n; i++)
		l.restores |= plan->steps[i].kind == GV_PLAN_RESTORE;
	if ((r = look_at_environment(&l)) == 0)
		r = look_at_approvers(&l);
	for (i = 0; r == 0 && i < plan->n; i++)
		r = look_at_files(&l, &plan->steps[i]);
	gv_buf_release(&l.text);
	return r;
}
