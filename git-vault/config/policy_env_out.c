#include "git-vault/config/policy_env_out.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "env/envmap.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "policy/consent_diff.h"
#include "policy/team.h"
#include "repo/repo.h"

/* The three contents that a value may come from. */
struct sources {
	const char *env;
	const struct gv_policy *held;       /* what holds */
	struct gv_policy present, accepted; /* what each says by itself */
	bool is_held;                       /* the two are not the same */
};

/* Where a value comes from. */
enum from { FROM_DEFAULT, FROM_NAME, FROM_PRESENT, FROM_ACCEPTED, FROM_BOTH };

static const char *const froms[] = {
	[FROM_DEFAULT] = "default",
	[FROM_NAME] = "name",
	[FROM_PRESENT] = "policy",
	[FROM_ACCEPTED] = "accepted",
	[FROM_BOTH] = "both",
};

struct value {
	const char *key, *section;
	struct gv_buf text;
	enum from from;
	unsigned line; /* 0: none */
	/* the present file says something else, which does not count */
	bool waits;
};

/* ---- values -------------------------------------------------------------- */

static bool
is_same(const struct gv_policy *policy, const struct sources *s,
    const struct value *v)
{
	struct gv_buf text = GV_BUF_INIT;
	bool is;

	gv_policy_env_text(&text, policy, s->env, v->key);
	is = gv_buf_check(&text) == 0 && gv_buf_equal(&text, &v->text);
	gv_buf_release(&text);
	return is;
}

static void
find_from(struct value *v, const struct sources *s)
{
	const bool is_present = !s->is_held || is_same(&s->present, s, v);

	v->waits = !is_present;
	v->from = is_present              ? FROM_PRESENT
	    : is_same(&s->accepted, s, v) ? FROM_ACCEPTED
					  : FROM_BOTH;
	v->line = gv_policy_env_line(
	    v->from == FROM_ACCEPTED ? &s->accepted : &s->present, s->env,
	    v->key, &v->section);
	if (v->line == 0)
		v->from = FROM_DEFAULT;
}

/* What the tree and the name say where the policy does not. */
static void
add_known(struct value *v, const struct gv_envtree_env *env)
{
	if (v->text.len || env == NULL)
		return;
	if (strcmp(v->key, "tier") == 0 && env->tier)
		gv_buf_addstr(&v->text, gv_envtree_tiers[env->tier]);
	else if (strcmp(v->key, "after") == 0 && env->after)
		gv_buf_addstr(&v->text, env->after);
	if (v->text.len)
		v->from = FROM_NAME;
}

/* ---- output -------------------------------------------------------------- */

static void
add_where(struct gv_buf *out, const struct value *v)
{
	switch (v->from) {
	case FROM_DEFAULT:
		gv_buf_addstr(out, "default");
		break;
	case FROM_NAME:
		gv_buf_addstr(out, "by its name");
		break;
	case FROM_ACCEPTED:
		gv_buf_addf(out, "the accepted policy, line %u", v->line);
		break;
	case FROM_BOTH:
		gv_buf_addf(out, "%s:%u with the accepted policy",
		    GV_TEAM_POLICY, v->line);
		break;
	case FROM_PRESENT:
		gv_buf_addf(out, "%s:%u", GV_TEAM_POLICY, v->line);
		break;
	}
	if (v->section && strcmp(v->section, "environments") != 0)
		gv_buf_addf(out, ", %s.%s", v->section, v->key);
	if (v->waits)
		gv_buf_addstr(out, "; the present value is not accepted");
}

static void
print(struct gv_ctx *ctx, const struct value *v)
{
	struct gv_buf where = GV_BUF_INIT;

	add_where(&where, v);
	gv_out_cell_text(ctx->out, GV_OUT_TAG, v->key);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, v->text.len ? v->text.p : "-");
	gv_out_cell_buf(
	    ctx->out, v->waits ? GV_OUT_CHANGED : GV_OUT_DIM, &where);
	gv_buf_release(&where);
}

static void
put(struct gv_json *j, const struct value *v)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "key", v->key);
	if (v->text.len)
		gv_json_text(j, "value", v->text.p, v->text.len);
	else
		gv_json_null(j, "value");
	gv_json_string(j, "from", froms[v->from]);
	gv_json_string(j, "section", v->section);
	if (v->line)
		gv_json_uint(j, "line", v->line);
	else
		gv_json_null(j, "line");
	gv_json_bool(j, "waits", v->waits);
	gv_json_end(j);
}

static int
show(struct gv_ctx *ctx, const struct sources *s,
    const struct gv_envtree_env *known)
{
	static const struct gv_out_column columns[] = {
		{ .head = "KEY" },
		{ .head = "VALUE", .cut = true },
		{ .head = "WHERE", .wrap = true },
	};
	struct value v = { .text = GV_BUF_INIT };
	size_t i;
	int r = 0;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "environment", s->env);
		gv_json_array(ctx->json, "keys");
	} else {
		gv_out_columns(ctx->out, columns, 3);
	}
	for (i = 0; r == 0 && gv_policy_env_keys[i]; i++) {
		v.key = gv_policy_env_keys[i];
		v.section = NULL;
		gv_buf_reset(&v.text);
		gv_policy_env_text(&v.text, s->held, s->env, v.key);
		find_from(&v, s);
		add_known(&v, known);
		if ((r = gv_buf_check(&v.text)) < 0 ||
		    (v.text.len == 0 && !v.waits))
			continue;
		if (ctx->json)
			put(ctx->json, &v);
		else
			print(ctx, &v);
	}
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else {
		gv_out_columns_end(ctx->out);
	}
	gv_buf_release(&v.text);
	return r;
}

/* ---- the whole ----------------------------------------------------------- */

static int
parse(struct gv_policy *out, const struct gv_buf *text)
{
	return text->len
	    ? gv_policy_parse(out, GV_TEAM_POLICY, text->p, text->len)
	    : 0;
}

int
gv_policy_env_out(struct gv_ctx *ctx, const char *env)
{
	struct gv_consent_diff diff;
	struct sources s = { .env = env };
	struct gv_envmap *map = NULL;
	const struct gv_envtree_env *known;
	int r;

	if ((r = gv_consent_diff_load(&diff, ctx->repo)) < 0 ||
	    (r = gv_envmap_load(&map, ctx->repo)) < 0 ||
	    (r = parse(&s.present, &diff.present.texts[GV_CONSENT_POLICY])) <
		0 ||
	    (r = parse(&s.accepted, &diff.accepted.texts[GV_CONSENT_POLICY])) <
		0)
		goto out;
	s.held = &map->policy;
	s.is_held = diff.accepted.from != GV_CONSENT_HERE;
	known = gv_envtree_find(map->tree, env);
	if (known && known->files == 0 && known->said == NULL)
		known = NULL;
	r = known || gv_policy_env(s.held, env)
	    ? show(ctx, &s, known)
	    : gv_envtree_unknown(map->tree, env);
out:
	gv_policy_release(&s.present);
	gv_policy_release(&s.accepted);
	gv_envmap_free(map);
	gv_consent_diff_release(&diff);
	return r;
}
