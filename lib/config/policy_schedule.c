#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_SCHEDULES 200

const char *const gv_policy_schedule_keys[] = { "env", "every", "what", NULL };

/* ---- the section --------------------------------------------------------- */

static int
read_env(const char **out, const struct gv_policy_place *at)
{
	int r = gv_policy_read_text(out, at);

	return r == 0 && !gv_policy_is_name(*out)
	    ? gv_policy_wrong(at, "a name of an environment")
	    : r;
}

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_schedule *out = data;
	const char *key = at->key->text;
	int r;

	if (!gv_policy_is_known(gv_policy_schedule_keys, key))
		return gv_policy_unknown_key(at, gv_policy_schedule_keys);
	if (strcmp(key, "every") == 0)
		return gv_policy_read_time(&out->every, at);
	if (strcmp(key, "env") == 0)
		return read_env(&out->env, at);
	if ((r = gv_policy_read_text(&out->what, at)) < 0)
		return r;
	return strcmp(out->what, "drill") == 0 ? 0
					       : gv_policy_wrong(at, "drill");
}

static int
read_schedule(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_schedules *out = data;
	struct gv_policy_schedule one = { .name = at->key->text,
		.line = at->key->line,
		.every = GV_POLICY_DRILL_EVERY };
	int r;

	if (at->value->kind != GV_YAML_MAP)
		return gv_policy_wrong(
		    at, "a map such as {what: drill, every: 90d}");
	if ((r = gv_policy_each(
		 at, "a map with what and every", read_key, &one)) < 0)
		return r;
	if (one.what == NULL)
		return gv_err(GV_EREFUSED,
		    "%s:%u: the schedule '%s' needs "
		    "what: drill",
		    at->file, at->key->line, one.name);
	if (out->n == MAX_SCHEDULES)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d "
		    "schedules",
		    at->file, at->key->line, MAX_SCHEDULES);
	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->items[out->n++] = one;
	return 0;
}

int
gv_policy_read_schedules(
    struct gv_policy_schedules *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map of names to schedules", read_schedule, out);
}

/* ---- how often ----------------------------------------------------------- */

/* The shortest that a list says of an environment by its name, else of all. */
static int64_t
period_of(const struct gv_policy_schedules *list, const char *env)
{
	int64_t own = 0, all = 0;
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct gv_policy_schedule *s = &list->items[i];
		const bool is_own = s->env && env && strcmp(s->env, env) == 0;
		int64_t *const at = is_own ? &own : &all;

		if ((is_own || s->env == NULL) && (*at == 0 || s->every < *at))
			*at = s->every;
	}
	return own ? own : all ? all : GV_POLICY_DRILL_EVERY;
}

int64_t
gv_policy_drill_every(const struct gv_policy *policy, const char *env)
{
	const int64_t a = period_of(&policy->schedules, env);
	const int64_t b = policy->is_schedule_double
	    ? period_of(&policy->schedules_also, env)
	    : a;

	return a < b ? a : b;
}

int64_t
gv_policy_drilled(const struct gv_policy *policy, const char *env)
{
	const struct gv_policy_env *of = gv_policy_env(policy, env);
	const int64_t own = of ? of->times[GV_POLICY_ENV_DRILLED] : 0;
	const int64_t all = policy->goods.drilled;

	return own && (all == 0 || own < all) ? own : all;
}

/* ---- what counts of it --------------------------------------------------- */

static bool
is_longer(const struct gv_policy_schedules *was,
    const struct gv_policy_schedules *now, const char *env)
{
	return period_of(now, env) > period_of(was, env);
}

static bool
is_looser(const struct gv_policy_schedules *was,
    const struct gv_policy_schedules *now)
{
	size_t i;
	bool is = is_longer(was, now, NULL);

	for (i = 0; i < was->n && !is; i++)
		is = is_longer(was, now, was->items[i].env);
	for (i = 0; i < now->n && !is; i++)
		is = is_longer(was, now, now->items[i].env);
	return is;
}

/* Both lists are kept: of an environment the shorter time counts. */
void
gv_policy_hold_schedules(struct gv_policy_hold *h)
{
	struct gv_policy *out = h->out, *present = h->present;

	if (is_looser(&out->schedules, &present->schedules))
		gv_policy_hold_wait(h, "schedule");
	free(out->schedules_also.items);
	out->is_schedule_double = true;
	out->schedules_also = out->schedules;
	out->schedules = present->schedules;
	present->schedules = (struct gv_policy_schedules){ .n = 0 };
}
