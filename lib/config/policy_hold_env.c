#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"

/* An environment that the policy does not mention. */
static const struct gv_policy_env nothing;

static bool
has(const struct gv_policy_texts *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

static bool
is_same_list(const struct gv_policy_texts *a, const struct gv_policy_texts *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool
is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static int
add_list(struct gv_policy_texts *out, const struct gv_policy_texts *from)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < from->n; i++)
		if (!has(out, from->items[i]))
			r = gv_policy_add_text(out, from->items[i]);
	return r;
}

/* Which files are of an environment decides who reads their secrets, and its
 * name and order what is compared and asked for: the accepted lists. Regions,
 * accounts and functions only describe it: the present ones. Windows in which
 * nothing is changed add up. */
static int
hold_lists(struct gv_policy_env *out, bool *is_looser,
    const struct gv_policy_env *was, const struct gv_policy_env *now)
{
	int i, r = 0;

	for (i = 0; r == 0 && i < GV_POLICY_ENV_LISTS; i++) {
		const struct gv_policy_texts *a = &was->lists[i];
		const struct gv_policy_texts *b = &now->lists[i];

		switch ((enum gv_policy_env_list)i) {
		case GV_POLICY_ENV_REGION:
		case GV_POLICY_ENV_ACCOUNT:
		case GV_POLICY_ENV_FUNCTIONS:
			r = add_list(&out->lists[i], b);
			break;
		case GV_POLICY_ENV_FREEZE:
			if ((r = add_list(&out->lists[i], b)) == 0)
				r = add_list(&out->lists[i], a);
			*is_looser |= out->lists[i].n != b->n;
			break;
		case GV_POLICY_ENV_PATHS:
		case GV_POLICY_ENV_KEYS:
		case GV_POLICY_ENV_ALIASES:
		case GV_POLICY_ENV_AFTER:
		case GV_POLICY_ENV_LISTS:
			r = add_list(&out->lists[i], a);
			*is_looser |= !is_same_list(a, b);
			break;
		}
	}
	return r;
}

/* Shorter is stricter; nothing said is the longest. */
static void
hold_times(struct gv_policy_env *out, bool *is_looser,
    const struct gv_policy_env *was, const struct gv_policy_env *now)
{
	int i;

	for (i = 0; i < GV_POLICY_ENV_TIMES; i++) {
		const int64_t a = was->times[i], b = now->times[i];

		out->times[i] = a == 0 || (b && b < a) ? b : a;
		*is_looser |= out->times[i] != b;
	}
}

static bool
is_same_copies(
    const struct gv_policy_copies *a, const struct gv_policy_copies *b)
{
	return a->min == b->min && a->regions == b->regions &&
	    a->verified == b->verified;
}

static int
hold_env(struct gv_policy_hold *h, struct gv_policy_env *out, const char *name)
{
	static const char key[] = "environments";
	const struct gv_policy_env *was = gv_policy_env(h->out, name);
	const struct gv_policy_env *now = gv_policy_env(h->present, name);
	const struct gv_policy_approval accepted =
	    gv_policy_approval_of(h->out, name);
	const struct gv_policy_approval present =
	    gv_policy_approval_of(h->present, name);
	const enum gv_policy_seal a = gv_policy_seal_of(h->out, name);
	const enum gv_policy_seal b = gv_policy_seal_of(h->present, name);
	bool is_looser;
	int r;

	out->name = name;
	out->line = now ? now->line : 0;
	out->is_new = was == NULL;
	was = was ? was : &nothing;
	now = now ? now : &nothing;
	out->has_seal = true;
	out->seal = a < b ? a : b;
	out->tier = was->tier;
	out->extends = was->extends;
	out->copies = was->copies > now->copies ? was->copies : now->copies;
	out->durable = was->durable;
	gv_policy_copies_join(&out->durable, &now->durable);
	out->is_automatic = was->is_automatic && now->is_automatic;
	is_looser = out->seal != b || out->copies != now->copies ||
	    !is_same_copies(&out->durable, &now->durable) ||
	    out->is_automatic != now->is_automatic ||
	    !is_same_text(was->tier, now->tier) ||
	    !is_same_text(was->extends, now->extends);
	hold_times(out, &is_looser, was, now);
	out->retention = was->retention;
	is_looser |= gv_policy_hold_limits(&out->retention, &now->retention);
	out->retention.is_set |= now->retention.is_set;
	if ((r = hold_lists(out, &is_looser, was, now)) < 0)
		return r;
	if (is_looser)
		gv_policy_hold_wait(h, key);
	r = gv_policy_hold_approval(
	    &out->approval, h, &accepted, &present, key);
	out->approval.env = name;
	return r;
}

static bool
has_env(const struct gv_policy_envs *envs, const char *name)
{
	size_t i;

	for (i = 0; i < envs->n; i++)
		if (strcmp(envs->items[i].name, name) == 0)
			return true;
	return false;
}

static int
add_env(struct gv_policy_envs *out, struct gv_policy_hold *h, const char *name)
{
	if (has_env(out, name))
		return 0;
	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->items[out->n] = nothing;
	return hold_env(h, &out->items[out->n++], name);
}

int
gv_policy_hold_env(struct gv_policy_envs *out, struct gv_policy_hold *h)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < h->out->envs.n; i++)
		r = add_env(out, h, h->out->envs.items[i].name);
	for (i = 0; r == 0 && i < h->present->envs.n; i++)
		r = add_env(out, h, h->present->envs.items[i].name);
	return r;
}
