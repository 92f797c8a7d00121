#include "git-vault/state/state_stack.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/state/state.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "vault/label.h"
#include "vault/scope.h"
#include "view/content.h"

/* ---- what the path says ------------------------------------------------- */

/* Append the path, from the top of the working tree, of the file, or of the
 * state that Terraform would write in the current directory. Outside of the
 * working tree there is none: folders there say nothing of an environment. */
static int
find_path(struct gv_buf *out, bool *is_here, const struct gv_ctx *ctx,
    const char *file)
{
	int r;

	*is_here = true;
	if (file == NULL) {
		gv_buf_addf(out, "%sterraform.tfstate",
		    ctx->repo->worktree ? ctx->repo->prefix : "");
		return gv_buf_check(out);
	}
	r = ctx->repo->worktree ? gv_content_path(out, ctx->repo, file)
				: GV_EUSAGE;
	*is_here = r == 0;
	return r == GV_EUSAGE ? 0 : r;
}

/* The scope that the team's policy gives a path. A policy that cannot be read
 * is as good as none here. */
static int
find_scope(struct gv_buf *out, const struct gv_ctx *ctx, const char *path)
{
	struct gv_policy policy;
	char *before = gv_err_save();
	int r = gv_team_load(&policy, ctx->repo);

	gv_err_restore(before);
	if (r == GV_ENOMEM)
		return gv_err_nomem();
	gv_buf_addstr(out, gv_scope_of(r == 0 ? &policy : NULL, path));
	if (r == 0)
		gv_policy_release(&policy);
	return gv_buf_check(out);
}

/* What a path says about its state. */
struct told {
	char env[GV_STACK_NAME];
	bool has_env, has_own;
	struct gv_stack_name own;
};

static int
read_path(struct told *out, const struct gv_ctx *ctx, const char *file)
{
	struct gv_buf path = GV_BUF_INIT, scope = GV_BUF_INIT;
	bool is_here;
	const char *env;
	int r;

	memset(out, 0, sizeof(*out));
	if (file && strcmp(file, "-") == 0)
		return 0;
	if ((r = find_path(&path, &is_here, ctx, file)) < 0 || !is_here ||
	    (r = find_scope(&scope, ctx, path.p)) < 0)
		goto out;
	r = gv_stack_name_of_file(&out->own, scope.p, path.p);
	out->has_own = r == 0;
	if (r == GV_ENOTFOUND || r == GV_EUSAGE)
		r = 0;
	env = out->has_own ? out->own.env : scope.p;
	out->has_env = r == 0 && strcmp(env, GV_SCOPE_SHARED) != 0 &&
	    strlen(env) < sizeof(out->env);
	if (out->has_env)
		memcpy(out->env, env, strlen(env) + 1);
	/* the top directory may hold several stacks, so it names none of them
	 */
	if (file == NULL && strcmp(path.p, "terraform.tfstate") == 0)
		out->has_own = false;
out:
	gv_buf_release(&path);
	gv_buf_release(&scope);
	return r;
}

/* ---- which one ---------------------------------------------------------- */

static int
say_several(const struct gv_state_opts *o, const char *env)
{
	return gv_err(GV_EUSAGE,
	    "there are several states%s%s; name one by %s\n"
	    "hint: git vault state list",
	    env ? " of " : "", env ? env : "",
	    env || o->env ? "--stack" : "--env and --stack");
}

static int
say_nowhere(const struct gv_state_opts *o, const char *file)
{
	if (file)
		return gv_err(GV_EUSAGE,
		    "the environment of %s is not clear from its path; give "
		    "--env ENV",
		    strcmp(file, "-") == 0 ? "stdin" : file);
	if (o->stack)
		return gv_err(GV_ENOTFOUND,
		    "no state with the stack %s is saved yet; to list saved "
		    "states: git vault state list",
		    o->stack);
	return gv_err(GV_EUSAGE,
	    "the environment is not clear from the current directory; give "
	    "--env ENV");
}

static int
check_said(const struct gv_state_opts *o)
{
	int r = o->env ? gv_label_check("an environment", o->env) : 0;

	return r < 0 || o->stack == NULL ? r
					 : gv_label_check("a stack", o->stack);
}

static void
put_near(struct gv_state_stack *s, const struct gv_stack_names *names,
    const char *stack)
{
	const struct gv_stack_name *near =
	    gv_stack_names_nearest(names, s->name.env, stack);

	s->has_near = near != NULL;
	if (near)
		s->near = *near;
}

static int
settle(struct gv_state_stack *out, const struct gv_stack_choice *c,
    const struct gv_stack_names *names, const struct gv_state_opts *o)
{
	int r;

	/* the name of the current directory may not be valid in a ref */
	if ((r = gv_label_check("an environment", c->env)) < 0 ||
	    (r = gv_label_check("a stack", c->stack)) < 0)
		return r;
	memcpy(out->name.env, c->env, strlen(c->env) + 1);
	memcpy(out->name.stack, c->stack, strlen(c->stack) + 1);
	out->is_new = c->kind == GV_STACK_NEW;
	out->is_said = c->is_said;
	out->is_first = !names->has_state;
	if (out->is_new)
		put_near(out, names, o->stack ? out->name.stack : NULL);
	if (out->is_new && !out->has_near)
		put_near(out, names, out->name.stack);
	return 0;
}

int
gv_state_stack_find(
    struct gv_state_stack *out, const struct gv_ctx *ctx, const char *file)
{
	const struct gv_state_opts *o = ctx->opts;
	struct gv_stack_names names = { 0 };
	struct gv_stack_ask ask = {
		.env = o->env, .stack = o->stack, .is_file = file != NULL
	};
	struct gv_stack_choice c = { 0 };
	struct told told = { .has_env = false };
	int r = check_said(o);

	memset(out, 0, sizeof(*out));
	if (r == 0 && (o->env == NULL || o->stack == NULL))
		r = read_path(&told, ctx, file);
	if (r < 0 || (r = gv_stack_names_load(&names, ctx->repo)) < 0)
		return r;
	ask.here = told.has_env ? told.env : NULL;
	ask.own = told.has_own ? &told.own : NULL;
	gv_stack_choose(&c, &ask, &names);
	if (c.kind == GV_STACK_SEVERAL)
		r = say_several(o, o->env ? o->env : ask.here);
	else if (c.kind == GV_STACK_NOWHERE)
		r = say_nowhere(o, file);
	else
		r = settle(out, &c, &names, o);
	out->own = told.own;
	out->is_kept = told.has_own &&
	    gv_stack_names_has(&names, told.own.env, told.own.stack);
	gv_stack_names_release(&names);
	return r;
}

struct gv_track_of
gv_state_stack_of(const struct gv_state_stack *s)
{
	return (struct gv_track_of){ s->name.env, s->name.stack };
}

static void
add_near(struct gv_buf *out, const struct gv_state_stack *s)
{
	if (s->has_near)
		gv_buf_addf(out, "; did you mean --env %s --stack %s?",
		    s->near.env, s->near.stack);
}

static int
say(int code, struct gv_buf *text)
{
	int r = gv_buf_check(text);

	if (r == 0)
		r = gv_err(code, "%s", text->p);
	gv_buf_release(text);
	return r;
}

int
gv_state_stack_refuse(const struct gv_state_stack *s, const char *what,
    const char *verb, const char *rest)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addf(&text, "there is no state %s/%s %s", s->name.env,
	    s->name.stack, what);
	add_near(&text, s);
	gv_buf_addf(&text,
	    "%s to begin it: git vault state %s --env %s --stack %s --new%s%s",
	    s->has_near ? "" : ";", verb, s->name.env, s->name.stack,
	    *rest ? " " : "", rest);
	return say(GV_ENOTFOUND, &text);
}

int
gv_state_stack_none(const struct gv_state_stack *s)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addf(
	    &text, "no state %s/%s is saved yet", s->name.env, s->name.stack);
	add_near(&text, s);
	gv_buf_addf(&text, "%s to list saved states: git vault state list",
	    s->has_near ? "" : ";");
	return say(GV_ENOTFOUND, &text);
}

static bool
is_meant(const struct gv_stack_name *name, const struct gv_state_opts *o)
{
	return name->is_state &&
	    (o->env == NULL || strcmp(name->env, o->env) == 0) &&
	    (o->stack == NULL || strcmp(name->stack, o->stack) == 0);
}

/* With --stack alone, a similar stack of any environment. */
static void
find_near(struct gv_state_stack *s, const struct gv_stack_names *names,
    const struct gv_state_opts *o)
{
	size_t i;

	if (o->env)
		put_near(s, names, o->stack);
	for (i = 0; o->env == NULL && !s->has_near && i < names->n; i++) {
		memcpy(s->name.env, names->list[i].env, sizeof(s->name.env));
		put_near(s, names, o->stack);
	}
}

static int
refuse_said(const struct gv_stack_names *names, const struct gv_state_opts *o)
{
	struct gv_state_stack s = { .is_new = true };
	struct gv_buf text = GV_BUF_INIT;

	if (o->env)
		memcpy(s.name.env, o->env, strlen(o->env) + 1);
	if (o->stack)
		memcpy(s.name.stack, o->stack, strlen(o->stack) + 1);
	find_near(&s, names, o);
	if (o->env && o->stack)
		return gv_state_stack_none(&s);
	gv_buf_addf(&text, "no state with the %s %s is saved yet",
	    o->env ? "environment" : "stack", o->env ? o->env : o->stack);
	if (s.has_near)
		gv_buf_addf(&text, "; did you mean --%s %s?",
		    o->env ? "env" : "stack",
		    o->env ? s.near.env : s.near.stack);
	gv_buf_addf(&text, "%s to list saved states: git vault state list",
	    s.has_near ? "" : ";");
	return say(GV_ENOTFOUND, &text);
}

int
gv_state_stack_check_said(const struct gv_ctx *ctx)
{
	const struct gv_state_opts *o = ctx->opts;
	struct gv_stack_names names = { 0 };
	size_t i = 0;
	int r = check_said(o);

	if (r < 0 || (o->env == NULL && o->stack == NULL))
		return r;
	r = gv_stack_names_load(&names, ctx->repo);
	while (r == 0 && i < names.n && !is_meant(&names.list[i], o))
		i++;
	if (r == 0 && i == names.n)
		r = refuse_said(&names, o);
	gv_stack_names_release(&names);
	return r;
}

int
gv_state_stack_add_near(int code, const struct gv_state_stack *s)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addstr(&text, gv_err_message());
	add_near(&text, s);
	return say(code, &text);
}

int
gv_state_stack_ask_remote(
    struct gv_state_stack *s, const struct gv_ctx *ctx, const char *remote)
{
	struct gv_stack_names names = { 0 };
	int r = gv_stack_names_load_remote(&names, ctx->repo, remote);

	if (r < 0)
		return r;
	if (gv_stack_names_has(&names, s->name.env, s->name.stack))
		s->is_new = false;
	else if (!s->has_near)
		put_near(s, &names, s->name.stack);
	gv_stack_names_release(&names);
	return 0;
}

int
gv_state_check_force(const struct gv_ctx *ctx, const char *what)
{
	const struct gv_state_opts *o = ctx->opts;

	if (o->force && (o->reason == NULL || *o->reason == '\0'))
		return gv_err(
		    GV_EUSAGE, "--force %s: say why with --reason TEXT", what);
	return o->reason && !o->force
	    ? gv_err(GV_EUSAGE, "--reason goes with --force")
	    : 0;
}
