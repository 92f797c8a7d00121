#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/glob.h"
#include "base/vec.h"
#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_TARGETS 50

const char *const gv_policy_copies_keys[] = { "min", "regions", "verified",
	NULL };
const char *const gv_policy_target_keys[] = { "encrypt", "endpoint",
	"environments", "limit", "push", "region", "url", NULL };

/* ---- how many copies ----------------------------------------------------- */

static int
read_copies_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_copies *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_copies_keys, key))
		return gv_policy_unknown_key(at, gv_policy_copies_keys);
	if (strcmp(key, "verified") == 0)
		return gv_policy_read_time(&out->verified, at);
	return gv_policy_read_count(
	    strcmp(key, "min") == 0 ? &out->min : &out->regions, at);
}

/* A number is of remotes; a map is of targets. */
int
gv_policy_read_copies(
    struct gv_policy_env *out, const struct gv_policy_place *at)
{
	struct gv_policy_copies *copies = &out->durable;
	int r;

	if (at->value->kind == GV_YAML_SCALAR)
		return gv_policy_read_count(&out->copies, at);
	if ((r = gv_policy_each(at,
		 "a number, or a map such as {min: 3, regions: 2, verified: "
		 "7d}",
		 read_copies_key, copies)) < 0)
		return r;
	/* each region needs a target */
	if (copies->min < copies->regions)
		copies->min = copies->regions;
	if (copies->min == 0 && copies->verified)
		copies->min = 1;
	return 0;
}

bool
gv_policy_copies_is_set(const struct gv_policy_copies *copies)
{
	return copies->min > 0;
}

void
gv_policy_copies_join(
    struct gv_policy_copies *out, const struct gv_policy_copies *other)
{
	if (other->min > out->min)
		out->min = other->min;
	if (other->regions > out->regions)
		out->regions = other->regions;
	if (other->verified &&
	    (out->verified == 0 || other->verified < out->verified))
		out->verified = other->verified;
}

/* One that is made like another one has as many copies at least. A circle,
 * which the reader refuses, has an end. */
static const struct gv_policy_env *
next_up(const struct gv_policy *policy, const struct gv_policy_env *of)
{
	return of->extends ? gv_policy_env(policy, of->extends) : NULL;
}

struct gv_policy_copies
gv_policy_copies_for(const struct gv_policy *policy, const char *env)
{
	const struct gv_policy_env *of = gv_policy_env(policy, env);
	struct gv_policy_copies out = { .min = 0 };
	size_t steps;

	for (steps = 0; of && steps <= policy->envs.n; steps++) {
		gv_policy_copies_join(&out, &of->durable);
		of = next_up(policy, of);
	}
	return out;
}

unsigned
gv_policy_remotes_for(const struct gv_policy *policy, const char *env)
{
	const struct gv_policy_env *of = gv_policy_env(policy, env);
	unsigned most = 0;
	size_t steps;

	for (steps = 0; of && steps <= policy->envs.n; steps++) {
		most = of->copies > most ? of->copies : most;
		of = next_up(policy, of);
	}
	return most;
}

static bool
is_of(const char *env, char *const *envs, size_t n)
{
	size_t i;

	for (i = 0; i < n && strcmp(envs[i], env) != 0; i++)
		;
	return n == 0 || i < n;
}

struct gv_policy_copies
gv_policy_copies_of(const struct gv_policy *policy, char *const *envs, size_t n)
{
	struct gv_policy_copies out = { .min = 0 }, one;
	size_t i;

	for (i = 0; i < policy->envs.n; i++) {
		if (!is_of(policy->envs.items[i].name, envs, n))
			continue;
		one = gv_policy_copies_for(policy, policy->envs.items[i].name);
		gv_policy_copies_join(&out, &one);
	}
	return out;
}

/* ---- targets ------------------------------------------------------------- */

static int
read_limit(uint64_t *out, const struct gv_policy_place *at)
{
	struct gv_policy_room room = { 0 };
	const char *text;
	int r = gv_policy_read_text(&text, at);

	if (r < 0)
		return r;
	if (gv_policy_room_parse(&room, text) < 0 || room.percent)
		return gv_policy_wrong(at, "a size such as 500GiB");
	*out = room.bytes;
	return 0;
}

static int
read_push(bool *is_manual, const struct gv_policy_place *at)
{
	const char *text;
	int r = gv_policy_read_text(&text, at);

	if (r < 0)
		return r;
	*is_manual = strcmp(text, "manual") == 0;
	return *is_manual || strcmp(text, "auto") == 0
	    ? 0
	    : gv_policy_wrong(at, "auto or manual");
}

static int
read_target_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_target *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_target_keys, key))
		return gv_policy_unknown_key(at, gv_policy_target_keys);
	if (strcmp(key, "url") == 0)
		return gv_policy_read_text(&out->url, at);
	if (strcmp(key, "region") == 0)
		return gv_policy_read_text(&out->region, at);
	if (strcmp(key, "endpoint") == 0)
		return gv_policy_read_text(&out->endpoint, at);
	if (strcmp(key, "environments") == 0)
		return gv_policy_read_texts(&out->envs, at, false);
	if (strcmp(key, "limit") == 0)
		return read_limit(&out->limit, at);
	if (strcmp(key, "push") == 0)
		return read_push(&out->is_manual, at);
	return gv_policy_read_bool(&out->encrypts, at);
}

static int
read_target(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_targets *out = data;
	struct gv_policy_target one = { .name = at->key->text,
		.line = at->key->line };
	int r;

	if (out->n == MAX_TARGETS)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d targets", at->file,
		    at->key->line, MAX_TARGETS);
	r = gv_policy_each(at,
	    "a map such as {url: s3://bucket/prefix, region: eu-central-1}",
	    read_target_key, &one);
	if (r == 0 && one.url == NULL)
		r = gv_err(GV_EREFUSED, "%s:%u: the target '%.64s' needs a url",
		    at->file, at->key->line, one.name);
	if (r < 0 || (r = GV_GROW(out->items, out->n, out->cap)) < 0) {
		free(one.envs.items);
		return r;
	}
	out->items[out->n++] = one;
	return 0;
}

int
gv_policy_read_targets(
    struct gv_policy_targets *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map of names to targets", read_target, out);
}

void
gv_policy_targets_release(struct gv_policy_targets *targets)
{
	size_t i;

	for (i = 0; i < targets->n; i++)
		free(targets->items[i].envs.items);
	free(targets->items);
}

bool
gv_policy_target_is_for(const struct gv_policy_target *target, const char *env)
{
	size_t i;

	for (i = 0; i < target->envs.n; i++)
		if (strcmp(target->envs.items[i], env) == 0)
			return true;
	return target->envs.n == 0;
}

/* ---- residency ----------------------------------------------------------- */

static bool
has_region(const struct gv_policy_texts *list, const char *region)
{
	size_t i;

	if (list->n == 0)
		return true;
	for (i = 0; region && i < list->n; i++)
		if (gv_glob_match(list->items[i], strlen(list->items[i]),
			region, strlen(region), 0))
			return true;
	return false;
}

bool
gv_policy_lets_region(const struct gv_policy *policy, const char *region)
{
	return has_region(&policy->residency, region);
}

bool
gv_policy_will_let_region(const struct gv_policy *policy, const char *region)
{
	return has_region(&policy->residency_also, region);
}

/* A list that anybody can push would end copies to where they go today, so it
 * waits, whether it is longer or shorter. It is kept to be shown. */
void
gv_policy_hold_residency(struct gv_policy_hold *h)
{
	struct gv_policy *out = h->out, *present = h->present;

	free(out->residency_also.items);
	out->residency_also = present->residency;
	present->residency = (struct gv_policy_texts){ .n = 0 };
}
