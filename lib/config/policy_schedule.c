#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_SCHEDULES 200
#define DAY           ((int64_t)86400)
#define HOUR          ((int64_t)3600)

const char *const gv_policy_schedule_keys[] = { "at", "components", "env",
	"every", "retry", "what", NULL };
const char *const gv_policy_own_schedule_keys[] = { "at", "every", "retry",
	NULL };
const char *const gv_policy_retry_keys[] = { "attempts", "backoff", "delay",
	"max_delay", NULL };

const char *const gv_policy_jobs[GV_POLICY_JOBS + 1] = { "drill", "snapshot",
	"components", "replicate", "verify", "prune", NULL };

/* Of each: how often where nothing is said, and whether it can be of one
 * environment. */
static const struct {
	int64_t every;
	bool has_env;
} defaults[GV_POLICY_JOBS] = {
	[GV_POLICY_JOB_DRILL] = { GV_POLICY_DRILL_EVERY, true },
	[GV_POLICY_JOB_SNAPSHOT] = { DAY, true },
	[GV_POLICY_JOB_COMPONENTS] = { DAY, true },
	[GV_POLICY_JOB_REPLICATE] = { DAY, false },
	[GV_POLICY_JOB_VERIFY] = { 7 * DAY, false },
	[GV_POLICY_JOB_PRUNE] = { 7 * DAY, false },
};

/* ---- retry --------------------------------------------------------------- */

static int
read_delay(int64_t *out, const struct gv_policy_place *at)
{
	const char *text;
	int r = gv_policy_read_text(&text, at);

	if (r < 0)
		return r;
	return gv_time_parse_span(out, text) == 0 && *out <= DAY
	    ? 0
	    : gv_policy_wrong(at, "a time such as 30s or 10m, at most a day");
}

static int
read_within(unsigned *out, const struct gv_policy_place *at, unsigned most,
    const char *want)
{
	int r = gv_policy_read_count(out, at);

	if (r < 0)
		return r;
	return *out >= 1 && *out <= most ? 0 : gv_policy_wrong(at, want);
}

static int
read_retry_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_retry *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_retry_keys, key))
		return gv_policy_unknown_key(at, gv_policy_retry_keys);
	if (strcmp(key, "attempts") == 0)
		return read_within(
		    &out->attempts, at, 100, "a number from 1 to 100");
	if (strcmp(key, "backoff") == 0)
		return read_within(
		    &out->backoff, at, 10, "a number from 1 to 10");
	return read_delay(
	    strcmp(key, "delay") == 0 ? &out->delay : &out->max_delay, at);
}

/* ---- the time of day ----------------------------------------------------- */

static int
digits(const char *text, int most)
{
	const int n = (text[0] - '0') * 10 + (text[1] - '0');

	return text[0] >= '0' && text[0] <= '9' && text[1] >= '0' &&
		text[1] <= '9' && n <= most
	    ? n
	    : -1;
}

static int
read_at(struct gv_policy_schedule *out, const struct gv_policy_place *at)
{
	const char *text;
	int r = gv_policy_read_text(&text, at);
	size_t len;

	if (r < 0)
		return r;
	len = strlen(text);
	out->hour = out->minute = -1;
	if (len == 4 && strncmp(text, "*:", 2) == 0)
		out->minute = digits(text + 2, 59);
	if (len == 5 && text[2] == ':') {
		out->hour = digits(text, 23);
		out->minute = out->hour < 0 ? -1 : digits(text + 3, 59);
	}
	out->has_at = true;
	return out->minute >= 0
	    ? 0
	    : gv_policy_wrong(at, "a time such as 02:30, or *:15");
}

/* ---- the section --------------------------------------------------------- */

static int
read_what(struct gv_policy_schedule *out, const struct gv_policy_place *at)
{
	const char *text;
	int r = gv_policy_read_text(&text, at), i;

	if (r < 0)
		return r;
	for (i = 0; i < GV_POLICY_JOBS; i++)
		if (strcmp(text, gv_policy_jobs[i]) == 0)
			break;
	out->what = (enum gv_policy_job)i;
	return i < GV_POLICY_JOBS
	    ? 0
	    : gv_policy_wrong(at,
		  "drill, snapshot, components, replicate, verify or prune");
}

/* When: the keys that a component's own schedule has, too. */
static int
read_when(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_schedule *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_own_schedule_keys, key))
		return gv_policy_unknown_key(at, gv_policy_own_schedule_keys);
	if (strcmp(key, "every") == 0)
		return gv_policy_read_time(&out->every, at);
	if (strcmp(key, "at") == 0)
		return read_at(out, at);
	return gv_policy_each(at, "a map such as {attempts: 3, delay: 10m}",
	    read_retry_key, &out->retry);
}

/* A run has each of them as a word, so that their number is bounded. */
static int
read_components(struct gv_policy_texts *out, const struct gv_policy_place *at)
{
	int r = gv_policy_read_texts(out, at, false);

	return r == 0 && (out->n == 0 || out->n > GV_POLICY_COMPONENTS_MAX)
	    ? gv_policy_wrong(at, "a list of at most 200 names of components")
	    : r;
}

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_schedule *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_schedule_keys, key))
		return gv_policy_unknown_key(at, gv_policy_schedule_keys);
	if (strcmp(key, "components") == 0)
		return read_components(&out->components, at);
	if (strcmp(key, "env") == 0)
		return gv_policy_read_env(&out->env, at);
	if (strcmp(key, "what") == 0)
		return read_what(out, at);
	return read_when(out, at);
}

/* NULL, or what is wrong with when it is. */
static const char *
fault_of_time(const struct gv_policy_schedule *s)
{
	if (s->has_at && s->hour >= 0 && s->every % DAY)
		return "is at one time of a day: every must be whole days";
	if (s->has_at && s->hour < 0 && s->every % HOUR)
		return "is at a minute of an hour: every must be whole hours";
	if (s->retry.delay == 0 && s->retry.backoff > 1)
		return "has a backoff, which multiplies the delay; that is "
		       "missing";
	return NULL;
}

/* NULL, or what is wrong with an entry that was read. */
static const char *
fault_of(const struct gv_policy_schedule *s)
{
	if (!gv_policy_is_name(s->name))
		return "has a name that is no word of letters, digits, '.', "
		       "'_' and '-'";
	if (s->what == GV_POLICY_JOBS)
		return "needs what: drill, or another kind of run";
	if (s->env && !defaults[s->what].has_env)
		return "is of the whole vault: leave env out";
	if (s->components.n && s->what != GV_POLICY_JOB_COMPONENTS)
		return "names components, which needs what: components";
	if (s->components.n && s->env)
		return "names its components: leave env out";
	return fault_of_time(s);
}

/* Add what was read with this result; else let go of it. */
static int
append(struct gv_policy_schedules *out, struct gv_policy_schedule *one, int r)
{
	if (r == 0 && GV_GROW(out->items, out->n, out->cap) < 0)
		r = gv_err_nomem();
	if (r < 0)
		free(one->components.items);
	else
		out->items[out->n++] = *one;
	return r;
}

static const struct gv_policy_schedule none = { .what = GV_POLICY_JOBS,
	.retry = { .attempts = 1, .backoff = 1 } };

static int
read_schedule(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_schedules *out = data;
	struct gv_policy_schedule one = none;
	const char *fault;
	int r;

	if (at->value->kind != GV_YAML_MAP)
		return gv_policy_wrong(
		    at, "a map such as {what: drill, every: 90d}");
	one.name = at->key->text;
	one.line = at->key->line;
	r = gv_policy_each(at, "a map with what and every", read_key, &one);
	if (one.every == 0 && one.what < GV_POLICY_JOBS)
		one.every = defaults[one.what].every;
	if (r == 0 && (fault = fault_of(&one)) != NULL)
		r = gv_err(GV_EREFUSED, "%s:%u: the schedule '%.64s' %s",
		    at->file, at->key->line, one.name, fault);
	if (r == 0 && out->n == MAX_SCHEDULES)
		r = gv_err(GV_EREFUSED, "%s:%u: there are at most %d schedules",
		    at->file, at->key->line, MAX_SCHEDULES);
	return append(out, &one, r);
}

int
gv_policy_read_schedules(
    struct gv_policy_schedules *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map of names to schedules", read_schedule, out);
}

void
gv_policy_schedules_release(struct gv_policy_schedules *schedules)
{
	size_t i;

	for (i = 0; i < schedules->n; i++)
		free(schedules->items[i].components.items);
	free(schedules->items);
}

/* ---- components ---------------------------------------------------------- */

int
gv_policy_read_own_schedule(
    struct gv_policy_schedule *out, const struct gv_policy_place *at)
{
	const char *fault;
	int r;

	*out = none;
	out->what = GV_POLICY_JOB_COMPONENTS;
	out->every = defaults[out->what].every;
	out->line = at->key->line;
	if (at->value->kind == GV_YAML_SCALAR && !gv_yaml_is_null(at->value))
		return gv_policy_read_time(&out->every, at);
	r = gv_policy_each(at, "a time such as 6h, or a map with every and at",
	    read_when, out);
	if (r == 0 && (fault = fault_of_time(out)) != NULL)
		r = gv_err(GV_EREFUSED, "%s:%u: the schedule %s", at->file,
		    at->key->line, fault);
	return r;
}

/* Components that one schedule names are of one environment, or of several. */
static int
find_env(struct gv_policy_schedule *s, const struct gv_policy *policy,
    const char *file)
{
	const struct gv_policy_component *c;
	bool is_one = true;
	size_t i;

	for (i = 0; i < s->components.n; i++) {
		c = gv_policy_component(policy, s->components.items[i]);
		if (c == NULL)
			return gv_err(GV_EREFUSED,
			    "%s:%u: the schedule '%s' names '%.64s', which is "
			    "not in components",
			    file, s->line, s->name, s->components.items[i]);
		if (i == 0)
			s->env = c->env;
		is_one = is_one && strcmp(s->env, c->env) == 0;
	}
	if (s->components.n && !is_one)
		s->env = NULL;
	return 0;
}

static const struct gv_policy_schedule *
named(const struct gv_policy_schedules *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

/* Its job has the component's name. */
static int
add_own(struct gv_policy_schedules *out, const struct gv_policy_component *c,
    const char *file)
{
	struct gv_policy_schedule one = c->schedule;
	const struct gv_policy_schedule *other = named(out, c->name);

	if (other)
		return gv_err(GV_EREFUSED,
		    "%s:%u: the component '%s' has a schedule, which is a job "
		    "of this name; line %u has another one",
		    file, one.line, c->name, other->line);
	one.name = c->name;
	one.env = c->env;
	return append(out, &one, gv_policy_add_text(&one.components, c->name));
}

int
gv_policy_check_schedules(struct gv_policy *policy, const char *file)
{
	struct gv_policy_schedules *list = &policy->schedules;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < list->n; i++)
		r = find_env(&list->items[i], policy, file);
	for (i = 0; r == 0 && i < policy->components.n; i++)
		if (policy->components.items[i].has_schedule)
			r = add_own(list, &policy->components.items[i], file);
	return r;
}

/* ---- what runs ----------------------------------------------------------- */

const struct gv_policy_schedules *
gv_policy_runs(const struct gv_policy *policy)
{
	return policy->is_schedule_double ? &policy->schedules_also
					  : &policy->schedules;
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

		if (s->what != GV_POLICY_JOB_DRILL)
			continue;
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

static bool
is_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
are_same_texts(const struct gv_policy_texts *a, const struct gv_policy_texts *b)
{
	size_t i;
	bool are = a->n == b->n;

	for (i = 0; are && i < a->n; i++)
		are = strcmp(a->items[i], b->items[i]) == 0;
	return are;
}

static bool
is_same(const struct gv_policy_schedule *a, const struct gv_policy_schedule *b)
{
	return is_same_text(a->name, b->name) && is_same_text(a->env, b->env) &&
	    are_same_texts(&a->components, &b->components) &&
	    a->what == b->what && a->every == b->every &&
	    a->has_at == b->has_at && a->hour == b->hour &&
	    a->minute == b->minute && a->retry.attempts == b->retry.attempts &&
	    a->retry.delay == b->retry.delay &&
	    a->retry.max_delay == b->retry.max_delay &&
	    a->retry.backoff == b->retry.backoff;
}

/* The next one that is no drill. */
static const struct gv_policy_schedule *
next_run(const struct gv_policy_schedules *list, size_t *i)
{
	while (*i < list->n && list->items[*i].what == GV_POLICY_JOB_DRILL)
		(*i)++;
	return *i < list->n ? &list->items[(*i)++] : NULL;
}

/* Whether they run the same, drills apart: what runs by itself, and when, is
 * never stricter. */
static bool
are_other_runs(const struct gv_policy_schedules *was,
    const struct gv_policy_schedules *now)
{
	const struct gv_policy_schedule *a, *b;
	size_t i = 0, k = 0;

	do {
		a = next_run(was, &i);
		b = next_run(now, &k);
		if ((a == NULL) != (b == NULL) || (a && !is_same(a, b)))
			return true;
	} while (a);
	return false;
}

bool
gv_policy_runs_wait(const struct gv_policy *policy)
{
	return policy->is_schedule_double &&
	    are_other_runs(&policy->schedules_also, &policy->schedules);
}

/* Both lists are kept: of an environment the shorter time of drills counts, and
 * what runs is what was accepted. */
void
gv_policy_hold_schedules(struct gv_policy_hold *h)
{
	struct gv_policy *out = h->out, *present = h->present;

	if (is_looser(&out->schedules, &present->schedules) ||
	    are_other_runs(&out->schedules, &present->schedules))
		gv_policy_hold_wait(h, "schedule");
	gv_policy_schedules_release(&out->schedules_also);
	out->is_schedule_double = true;
	out->schedules_also = out->schedules;
	out->schedules = present->schedules;
	present->schedules = (struct gv_policy_schedules){ .n = 0 };
}
