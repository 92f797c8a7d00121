#include "git-vault/analysis/lint_push.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "git-vault/analysis/lint_team.h"
#include "git-vault/front/cmd.h"
#include "graph/depgraph_change.h"
#include "graph/depgraph_slice.h"
#include "lint/lint_far.h"
#include "object/repo_odb.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "vault/ledger.h"

struct looking {
	struct gv_lint_push *out;
	struct gv_ctx *ctx;
	struct gv_lint_team *team;
	enum gv_lint_severity least;
	struct gv_oid was, is; /* trees; `was` zero: none */
	struct gv_depgraph_changes changes;
	bool is_unsure; /* a finding depends on files that were not read */
};

/* What one tree has: findings by rule and subject. */
struct side {
	struct gv_depgraph_loaded loaded;
	struct gv_lint_report report;
	bool is_cut;
};

static void
release_side(struct side *s)
{
	gv_lint_release(&s->report);
	gv_depgraph_unload(&s->loaded);
}

/* A finding that is not shown needs no sentence, and no nearest name. */
static int
check_side(
    struct side *s, struct looking *l, const struct gv_oid *tree, bool is_whole)
{
	struct gv_lint_opts opts = { .now = l->ctx->now,
		.least = tree == &l->was ? GV_LINT_NOTHING : l->least,
		.is_part = !is_whole };
	int r = is_whole
	    ? gv_depgraph_load_only(&s->loaded, l->ctx->repo, tree, 0)
	    : gv_depgraph_load_slice(
		  &s->loaded, &s->is_cut, l->ctx->repo, tree, &l->changes);

	gv_lint_team_apply(&opts, l->team, tree);
	return r < 0 ? r : gv_lint_run(&s->report, &s->loaded.graph, &opts);
}

/* ---- what is added ------------------------------------------------------- */

static bool
counts(const struct looking *l, const struct gv_lint_finding *f)
{
	return f->allowed == GV_LINT_OPEN && f->severity >= l->least;
}

static int
add_key(struct gv_buf *out, const struct gv_lint_finding *f)
{
	gv_buf_reset(out);
	gv_buf_addf(out, "%s %s", f->rule->id, f->subject);
	return gv_buf_check(out);
}

static int
remember(struct gv_map *out, struct gv_arena *arena, const struct looking *l,
    const struct gv_lint_report *report)
{
	struct gv_buf key = GV_BUF_INIT;
	const char *copy;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < report->n; i++) {
		if (!counts(l, &report->findings[i]))
			continue;
		if ((r = add_key(&key, &report->findings[i])) < 0)
			break;
		copy = gv_arena_copy(arena, key.p, key.len);
		r = copy ? gv_map_put(out, copy, key.len, (void *)copy)
			 : gv_err_nomem();
	}
	gv_buf_release(&key);
	return r;
}

/* On one line, whatever is in it. */
static void
add_line(struct gv_buf *out, const char *text)
{
	for (; *text; text++)
		gv_buf_addch(out,
		    (unsigned char)*text < ' ' || *text == '\177' ? '?'
								  : *text);
}

static int
add_finding(
    struct looking *l, const struct side *s, const struct gv_lint_finding *f)
{
	const struct gv_depgraph_file *file =
	    &s->loaded.graph.files[f->places[0].file];
	struct gv_buf *text = &l->out->text;

	if (l->out->n++ >= GV_LINT_PUSH_MOST)
		return 0;
	gv_path_quote(text, file->path, file->len);
	if (f->places[0].line)
		gv_buf_addf(text, ":%u", f->places[0].line);
	gv_buf_addstr(text, ": ");
	add_line(text, f->text);
	gv_buf_addf(text, " [%s]\n", f->rule->id);
	return gv_buf_check(text);
}

static int
add_new(struct looking *l, const struct side *s, const struct gv_map *old)
{
	struct gv_buf key = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->report.n; i++) {
		const struct gv_lint_finding *f = &s->report.findings[i];

		if (!counts(l, f))
			continue;
		if ((r = add_key(&key, f)) == 0 &&
		    gv_map_get(old, key.p, key.len) == NULL) {
			l->is_unsure |= !gv_lint_is_near(f->rule->id);
			r = add_finding(l, s, f);
		}
	}
	gv_buf_release(&key);
	return r;
}

/* ---- near, and far ------------------------------------------------------- */

/* 1: all of the tree has to be looked at; 0: *l->out has what is added. */
static int
look_near(struct looking *l)
{
	struct side was = { .is_cut = false }, is = { .is_cut = false };
	struct gv_map old = GV_MAP_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	int r;

	if ((r = check_side(&was, l, &l->was, false)) < 0 ||
	    (r = check_side(&is, l, &l->is, false)) < 0 ||
	    (r = remember(&old, &arena, l, &was.report)) < 0 ||
	    (r = add_new(l, &is, &old)) < 0)
		goto out;
	r = l->is_unsure || was.is_cut || is.is_cut ||
	    gv_lint_is_far(&was.loaded.graph, &is.loaded.graph, &l->changes);
out:
	gv_map_release(&old);
	gv_arena_release(&arena);
	release_side(&was);
	release_side(&is);
	return r;
}

/* One tree after the other, for memory's sake. */
static int
look_at_all(struct looking *l)
{
	struct side was = { .is_cut = false }, is = { .is_cut = false };
	struct gv_map old = GV_MAP_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	int r = 0;

	l->out->is_whole = true;
	l->out->n = 0;
	gv_buf_reset(&l->out->text);
	if (!gv_oid_is_zero(&l->was) &&
	    ((r = check_side(&was, l, &l->was, true)) < 0 ||
		(r = remember(&old, &arena, l, &was.report)) < 0))
		goto out;
	release_side(&was);
	if ((r = check_side(&is, l, &l->is, true)) == 0)
		r = add_new(l, &is, &old);
out:
	gv_map_release(&old);
	gv_arena_release(&arena);
	release_side(&was);
	release_side(&is);
	return r;
}

/* ---- the push ------------------------------------------------------------ */

static int
find_tree(struct gv_oid *out, struct gv_ctx *ctx, const struct gv_oid *commit)
{
	struct gv_ledger at;
	struct gv_odb *odb;
	int r;

	memset(out, 0, sizeof(*out));
	if (gv_oid_is_zero(commit))
		return 0;
	if ((r = gv_repo_odb(ctx->repo, &odb)) < 0 ||
	    (r = gv_ledger_load(&at, odb, commit)) < 0)
		return r;
	*out = at.tree;
	return 0;
}

/* What no push may change. */
static int
look_at_protected(struct looking *l)
{
	struct gv_lint_opts opts = { .now = l->ctx->now };
	struct gv_buf *text = &l->out->text;
	size_t i;

	gv_lint_team_apply(&opts, l->team, NULL);
	for (i = 0; i < l->changes.n; i++) {
		const struct gv_depgraph_change *c = &l->changes.items[i];

		if (!gv_lint_is_protected(&opts, c->path, c->len) ||
		    l->out->n++ >= GV_LINT_PUSH_MOST)
			continue;
		gv_path_quote(text, c->path, c->len);
		gv_buf_addstr(text,
		    ": the policy protects this path from pushes "
		    "[policy/protected]\n");
	}
	return gv_buf_check(text);
}

int
gv_lint_push(struct gv_lint_push *out, struct gv_ctx *ctx,
    struct gv_lint_team *team, const struct gv_oid *was,
    const struct gv_oid *is)
{
	const enum gv_policy_level level = gv_policy_push_level(&team->policy);
	struct looking l = { .out = out, .ctx = ctx, .team = team };
	int r;

	if (level == GV_POLICY_LEVEL_OFF || gv_oid_is_zero(is))
		return 0;
	l.least = (enum gv_lint_severity)(level - GV_POLICY_LEVEL_NOTE);
	if ((r = find_tree(&l.was, ctx, was)) < 0 ||
	    (r = find_tree(&l.is, ctx, is)) < 0 || gv_oid_equal(&l.was, &l.is))
		return r;
	r = gv_depgraph_changes_between(&l.changes, ctx->repo,
	    gv_oid_is_zero(&l.was) ? NULL : &l.was, &l.is);
	if (r < 0)
		goto out;
	/* warnings compare what is far apart */
	r = gv_oid_is_zero(&l.was) || l.least < GV_LINT_ERROR ? 1
							      : look_near(&l);
	if (r > 0)
		r = look_at_all(&l);
	if (r == 0 && !gv_oid_is_zero(&l.was))
		r = look_at_protected(&l);
out:
	gv_depgraph_changes_release(&l.changes);
	return r;
}
