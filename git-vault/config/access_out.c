#include "git-vault/config/access_out.h"

#include <string.h>

#include "access/access_doubt.h"
#include "access/access_judge.h"
#include "access/access_say.h"
#include "base/buf.h"
#include "base/lines.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"

/* ---- text ---------------------------------------------------------------- */

static void
put_names(
    struct gv_buf *out, const char *before, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		gv_buf_addf(out, "%s%s", i ? ", " : before, names[i]);
}

static void
put_state(struct gv_buf *out, const struct gv_access_point *p)
{
	const unsigned wanted = p->rule->approvals;

	gv_buf_addstr(out, p->lacks ? "not met" : "met");
	if (p->lacks & GV_ACCESS_ROLE)
		gv_buf_addstr(out, "; the role is missing");
	if (p->lacks & GV_ACCESS_FROZEN)
		gv_buf_addf(out, "; frozen now (%s)", p->frozen.text);
	if (wanted)
		gv_buf_addf(out, "; %u of %u approvals", p->has, wanted);
	put_names(out, " by ", p->by, p->has);
	if (p->has < wanted)
		put_names(out, "; can approve: ", p->may, p->n_may);
}

static void
put_line(struct gv_ctx *ctx, struct gv_buf *line)
{
	if (gv_buf_check(line) == 0) {
		gv_out_text(ctx->out, line->p, line->len);
		gv_out_end_line(ctx->out);
	}
	gv_buf_reset(line);
}

void
gv_access_out_text(struct gv_ctx *ctx, const struct gv_access_result *result)
{
	struct gv_buf line = GV_BUF_INIT;
	size_t i;

	for (i = 0; result->changes && i < result->changes->n; i++) {
		if (!result->changes->items[i].is_governed)
			continue;
		gv_access_say_change(&line, &result->changes->items[i]);
		put_line(ctx, &line);
	}
	for (i = 0; result->verdict && i < result->verdict->n; i++) {
		const struct gv_access_point *p = &result->verdict->points[i];

		gv_buf_addstr(&line, "  ");
		gv_access_say_place(&line, p);
		gv_buf_addstr(&line, "  ");
		gv_access_say_rule(&line, p);
		put_line(ctx, &line);
		gv_buf_addstr(&line, "    ");
		put_state(&line, p);
		put_line(ctx, &line);
	}
	gv_buf_release(&line);
}

void
gv_access_out_missing(struct gv_ctx *ctx, const struct gv_access_result *result)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *p, *line;
	size_t n;

	if (gv_access_say(&text, result) == 0)
		for (p = text.p;
		     gv_lines_next(&line, &n, &p, text.p + text.len);)
			gv_out_error(ctx->out, "  %.*s", (int)n, line);
	gv_buf_release(&text);
}

/* ---- JSON ---------------------------------------------------------------- */

static void
put_list(struct gv_json *j, const char *key, const char *const *items, size_t n)
{
	size_t i;

	gv_json_array(j, key);
	for (i = 0; i < n; i++)
		gv_json_string(j, NULL, items[i]);
	gv_json_end(j);
}

static void
put_change(struct gv_json *j, const struct gv_access_change *c)
{
	gv_json_object(j, NULL);
	gv_json_path(j, "path", c->path, c->len);
	gv_json_bool(j, "any_key", c->reads != GV_ACCESS_KEYS);
	put_list(j, "keys", c->keys, c->n_keys);
	put_list(j, "environments", c->envs, c->n_envs);
	gv_json_end(j);
}

static void
put_point(struct gv_json *j, const struct gv_access_point *p)
{
	const struct gv_policy_texts *by = gv_access_approvers(p->rule);

	gv_json_object(j, NULL);
	gv_json_uint(j, "line", p->rule->line);
	gv_json_bool(j, "met", p->lacks == 0);
	put_list(j, "roles", p->rule->roles.items, p->rule->roles.n);
	gv_json_bool(j, "role_missing", p->lacks & GV_ACCESS_ROLE);
	gv_json_uint(j, "needs", p->rule->approvals);
	gv_json_uint(j, "has", p->has);
	put_list(j, "by", by->items, by->n);
	put_list(j, "approved_by", p->by, p->has);
	put_list(j, "can_approve", p->may, p->n_may);
	gv_json_bool(j, "frozen", p->lacks & GV_ACCESS_FROZEN);
	if (p->lacks & GV_ACCESS_FROZEN)
		gv_json_time(j, "frozen_until", p->frozen.ends);
	else
		gv_json_null(j, "frozen_until");
	gv_json_end(j);
}

void
gv_access_out_json(struct gv_ctx *ctx, const struct gv_access_result *result)
{
	const struct gv_access_verdict *v = result->verdict;
	struct gv_json *j = ctx->json;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	gv_json_object(j, NULL);
	if (gv_oid_is_zero(&result->to))
		gv_json_null(j, "commit");
	else
		gv_json_oid(j, "commit", &result->to);
	gv_json_bool(j, "whole", result->is_whole);
	gv_json_bool(j, "allowed", result->fault == NULL && v && v->lacks == 0);
	gv_json_string(j, "person", result->person);
	gv_json_array(j, "changes");
	for (i = 0; result->changes && i < result->changes->n; i++)
		if (result->changes->items[i].is_governed)
			put_change(j, &result->changes->items[i]);
	gv_json_end(j);
	gv_json_array(j, "rules");
	for (i = 0; v && i < v->n; i++)
		put_point(j, &v->points[i]);
	gv_json_end(j);
	if (gv_access_say(&text, result) == 0)
		gv_json_lines(j, "missing", text.p ? text.p : "");
	gv_json_end(j);
	gv_buf_release(&text);
}

/* ---- rules that protect nothing ------------------------------------------ */

int
gv_access_out_doubts(struct gv_ctx *ctx, const struct gv_oid *commit,
    const struct gv_policy *policy)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *p, *line;
	size_t n;
	int r = gv_access_doubts(&text, ctx->repo, commit, policy);

	p = text.p;
	while (r == 0 && gv_lines_next(&line, &n, &p, text.p + text.len))
		gv_out_warn(ctx->out, "%.*s", (int)n, line);
	gv_buf_release(&text);
	return r;
}
