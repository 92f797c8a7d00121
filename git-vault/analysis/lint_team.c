#include "git-vault/analysis/lint_team.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "graph/depgraph_load.h"
#include "object/repo_odb.h"
#include "policy/consent.h"
#include "policy/team_file.h"
#include "repo/repo.h"
#include "sys/entry.h"
#include "sys/file.h"

#define MOST ((size_t)16 * 1024 * 1024)

/* ---- baselines ----------------------------------------------------------- */

/* A line is RULE and a subject, which may hold blanks. */
static int
add_line(struct gv_lint_team *team, char *line)
{
	char *blank = strchr(line, ' ');

	if (*line == '\0' || *line == '#')
		return 0;
	if (blank == NULL)
		return GV_EREFUSED;
	*blank = '\0';
	if (GV_GROW(team->ignores, team->n_ignores, team->cap_ignores) < 0)
		return GV_ENOMEM;
	team->ignores[team->n_ignores++] = (struct gv_lint_ignore){
		.rule = line, .subject = blank + 1, .by = GV_LINT_BY_BASELINE
	};
	return 0;
}

static int
add_text(struct gv_lint_team *team, struct gv_buf *text, const char *name)
{
	char *line, *end;
	unsigned n = 0;
	int r;

	if (strncmp(text->p, GV_LINT_TEAM_HEAD, strlen(GV_LINT_TEAM_HEAD)) != 0)
		return gv_err(GV_EREFUSED,
		    "'%s' is not a baseline of git vault check; "
		    "--write-baseline writes one",
		    name);
	for (line = text->p; *line; line = end) {
		n++;
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		r = add_line(team, line);
		if (r == GV_EREFUSED)
			return gv_err(r,
			    "%s:%u: a line has to be a rule and a subject",
			    name, n);
		if (r < 0)
			return r;
	}
	return 0;
}

int
gv_lint_team_add_file(struct gv_lint_team *team, const char *path)
{
	int r = gv_file_read(&team->given, AT_FDCWD, path, MOST);

	return r < 0 ? r : add_text(team, &team->given, path);
}

/* ---- the policy ---------------------------------------------------------- */

static bool
is_rule(const char *name)
{
	size_t n, i;
	const struct gv_lint_rule *rules = gv_lint_rules(&n);

	for (i = 0; i < n; i++)
		if (gv_lint_rule_is(&rules[i], name))
			return true;
	return false;
}

/* A later version may know the rule, so it is no fault. */
void
gv_lint_team_warn(const struct gv_lint_team *team, const struct gv_ctx *ctx)
{
	const struct gv_policy_lint *lint =
	    team->policies[team->n_policies - 1];
	size_t i;

	for (i = 0; i < lint->n_levels; i++)
		if (!is_rule(lint->levels[i].rule))
			gv_out_warn(ctx->out,
			    GV_TEAM_POLICY
			    ":%u: unknown rule '%s'; to list the rules: git "
			    "vault check --list-rules",
			    lint->levels[i].line, lint->levels[i].rule);
	for (i = 0; i < lint->n_ignores; i++)
		if (lint->ignores[i].rule && !is_rule(lint->ignores[i].rule))
			gv_out_warn(ctx->out,
			    GV_TEAM_POLICY
			    ":%u: unknown rule '%s'; to list the rules: git "
			    "vault check --list-rules",
			    lint->ignores[i].line, lint->ignores[i].rule);
}

static int
add_baseline(
    struct gv_lint_team *team, struct gv_ctx *ctx, const struct gv_oid *commit)
{
	size_t n = 0;
	int r = gv_consent_baseline(
	    &team->own, &n, ctx->repo, &team->policy, commit);

	if (r < 0 || team->own.len == 0)
		return r;
	if (n)
		gv_out_warn(ctx->out,
		    "%zu line%s of the baseline %s not accepted and %s not "
		    "count; see: git vault policy diff",
		    n, n == 1 ? "" : "s", n == 1 ? "is" : "are",
		    n == 1 ? "does" : "do");
	return add_text(team, &team->own, "check.baseline");
}

int
gv_lint_team_add_baseline(
    struct gv_lint_team *team, struct gv_ctx *ctx, const struct gv_oid *commit)
{
	const size_t before = team->n_ignores;
	const int r = add_baseline(team, ctx, commit);

	/* a file that somebody pushed must not end the check */
	if (r != GV_EREFUSED)
		return r;
	team->n_ignores = before;
	gv_out_warn(
	    ctx->out, "the baseline does not count: %s", gv_err_message());
	return 0;
}

void
gv_lint_team_settle(struct gv_lint_team *team, struct gv_ctx *ctx)
{
	team->repo = ctx->repo;
	team->n_policies = gv_policy_lints(team->policies, &team->policy);
}

/* What everybody who can push may break must not switch the policy off. */
static int
load_at(
    struct gv_policy *out, struct gv_repo *repo, const struct gv_oid *commit)
{
	int r = gv_team_load_at(out, repo, commit);
	char *why;

	if (r != GV_EREFUSED)
		return r;
	if ((why = strdup(gv_err_message())) == NULL)
		return gv_err_nomem();
	r = gv_consent_stand_in(out, repo, why);
	free(why);
	return r < 0 ? r : 0;
}

int
gv_lint_team_load(
    struct gv_lint_team *team, struct gv_ctx *ctx, const struct gv_oid *commit)
{
	const int r = commit ? load_at(&team->policy, ctx->repo, commit)
			     : gv_team_load(&team->policy, ctx->repo);

	if (r == 0)
		gv_lint_team_settle(team, ctx);
	return r;
}

static int
read_file(void *ctx, struct gv_buf *out, const struct gv_depgraph_file *file)
{
	const struct gv_lint_team *team = ctx;
	struct gv_odb *odb;
	int r;

	if (team->tree == NULL)
		return gv_team_file_read(out, team->repo, file->path);
	if ((r = gv_repo_odb(team->repo, &odb)) < 0)
		return r;
	return gv_team_file_read_tree(out, odb, team->tree, file->path);
}

static int
read_link_of_tree(
    void *ctx, struct gv_buf *out, const struct gv_depgraph_file *file)
{
	const struct gv_lint_team *team = ctx;

	return gv_depgraph_read_link(out, team->repo, team->tree, file);
}

/* Where a link of the working tree leads. */
static int
read_link(void *ctx, struct gv_buf *out, const struct gv_depgraph_file *file)
{
	const struct gv_lint_team *team = ctx;
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/%s", team->repo->worktree, file->path);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_entry_readlink(out, AT_FDCWD, path.p);
	gv_buf_release(&path);
	return r;
}

void
gv_lint_team_apply(struct gv_lint_opts *opts, struct gv_lint_team *team,
    const struct gv_oid *tree)
{
	team->tree = tree;
	opts->policies = team->policies;
	opts->n_policies = team->n_policies;
	opts->ignores = team->ignores;
	opts->n_ignores = team->n_ignores;
	opts->read = read_file;
	opts->read_link = tree     ? read_link_of_tree
	    : team->repo->worktree ? read_link
				   : NULL;
	opts->read_ctx = team;
}

void
gv_lint_team_release(struct gv_lint_team *team)
{
	gv_policy_release(&team->policy);
	gv_buf_release(&team->own);
	gv_buf_release(&team->given);
	free(team->ignores);
}
