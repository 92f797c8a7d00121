#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_POINTS 50
#define NAME_MAX   64

const char *const gv_policy_component_keys[] = { "check", "credentials",
	"engine", "environment", "expect", "info", "mode", "options", "restore",
	"retention", "run", "schedule", "source", "timeout", "type", NULL };
const char *const gv_policy_moment_keys[] = { "after", "before", "components",
	NULL };

const char *const gv_policy_engines[GV_POLICY_ENGINES] = { "postgresql",
	"mariadb", "mysql", "sqlite", "redis", "etcd", "mongodb", "consul",
	"vault", "configuration", "secrets", "logs", "artifacts", "command",
	"external" };

static const char *const modes[] = { "full", "incremental", "differential",
	NULL };

/* It is a part of the name of a ref, and goes into messages. */
static bool
is_component_name(const char *name)
{
	const size_t n = strlen(name);

	return n > 0 && n <= NAME_MAX && *name != '-' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}

/* ---- components ---------------------------------------------------------- */

struct reading {
	struct gv_policy_component *out;
	const char *type, *engine;
};

/* A program with its arguments: one text is the program alone. */
static int
read_program(struct gv_policy_texts *out, const struct gv_policy_place *at)
{
	int r = gv_policy_read_texts(out, at, false);

	return r == 0 && out->n == 0
	    ? gv_policy_wrong(at, "a list of a program and its arguments")
	    : r;
}

static int
read_mode(const char **out, const struct gv_policy_place *at)
{
	int r = gv_policy_read_text(out, at);

	return r == 0 && !gv_policy_is_known(modes, *out)
	    ? gv_policy_wrong(at, "full, incremental or differential")
	    : r;
}

static int
read_timeout(int64_t *out, const struct gv_policy_place *at)
{
	const char *text;
	int r = gv_policy_read_text(&text, at);

	return r == 0 && (gv_time_parse_span(out, text) < 0 || *out <= 0)
	    ? gv_policy_wrong(at, "a duration such as 90s, 30m or 12h")
	    : r;
}

static int
read_component_program(
    struct gv_policy_component *out, const struct gv_policy_place *at)
{
	const char *key = at->key->text;

	if (strcmp(key, "run") == 0)
		return read_program(&out->run, at);
	if (strcmp(key, "info") == 0)
		return read_program(&out->info, at);
	if (strcmp(key, "check") == 0)
		return read_program(&out->check, at);
	return read_program(&out->restore, at);
}

static int
read_component_key(void *data, const struct gv_policy_place *at)
{
	struct reading *in = data;
	struct gv_policy_component *out = in->out;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_component_keys, key))
		return gv_policy_unknown_key(at, gv_policy_component_keys);
	if (strcmp(key, "type") == 0)
		return gv_policy_read_text(&in->type, at);
	if (strcmp(key, "engine") == 0)
		return gv_policy_read_text(&in->engine, at);
	if (strcmp(key, "source") == 0)
		return gv_policy_read_text(&out->source, at);
	if (strcmp(key, "environment") == 0)
		return gv_policy_read_env(&out->env, at);
	if (strcmp(key, "credentials") == 0)
		return gv_policy_read_text(&out->credentials, at);
	if (strcmp(key, "expect") == 0)
		return gv_policy_read_text(&out->expect, at);
	if (strcmp(key, "mode") == 0)
		return read_mode(&out->mode, at);
	if (strcmp(key, "options") == 0)
		return gv_policy_read_texts(&out->options, at, false);
	if (strcmp(key, "timeout") == 0)
		return read_timeout(&out->timeout, at);
	if (strcmp(key, "schedule") == 0) {
		out->has_schedule = true;
		return gv_policy_read_own_schedule(&out->schedule, at);
	}
	if (strcmp(key, "retention") == 0)
		return gv_policy_each(at, "a map of rules such as keep-last",
		    gv_policy_read_limit, &out->retention);
	return read_component_program(out, at);
}

/* `type: database` names its engine beside; every other type is one. */
static int
find_engine(struct reading *in, const struct gv_policy_place *at)
{
	const char *word = in->type;
	int i;

	if (word && strcmp(word, "database") == 0)
		word = in->engine;
	for (i = 0; word && i < GV_POLICY_ENGINES; i++)
		if (strcmp(gv_policy_engines[i], word) == 0)
			break;
	if (word && i < GV_POLICY_ENGINES) {
		in->out->engine = (enum gv_policy_engine)i;
		return 0;
	}
	return gv_err(GV_EREFUSED,
	    "%s:%u: the component '%s' needs a type: postgresql, mariadb, "
	    "mysql, sqlite, redis, etcd, mongodb, consul, vault, "
	    "configuration, secrets, logs, artifacts, command or external",
	    at->file, at->key->line, in->out->name);
}

static int
check_component(
    const struct gv_policy_component *c, const struct gv_policy_place *at)
{
	const bool is_run =
	    c->engine == GV_POLICY_COMMAND || c->engine == GV_POLICY_EXTERNAL;
	const char *wrong = NULL;

	if (is_run && c->run.n == 0)
		wrong = "needs run: a program and its arguments";
	else if (!is_run && (c->run.n || c->info.n))
		wrong = "has run or info, which need type: command or external";
	else if (c->engine == GV_POLICY_EXTERNAL && c->info.n == 0)
		wrong = "needs info: the program that reports on the backup";
	else if (c->expect && !is_run)
		wrong = "has expect, which needs type: command or external";
	else if (!is_run && c->source == NULL &&
	    c->engine != GV_POLICY_CONSUL && c->engine != GV_POLICY_RAFT)
		wrong = "needs a source";
	return wrong ? gv_err(GV_EREFUSED, "%s:%u: the component '%s' %s",
			   at->file, at->key->line, c->name, wrong)
		     : 0;
}

static void
release_component(struct gv_policy_component *c)
{
	free(c->run.items);
	free(c->info.items);
	free(c->check.items);
	free(c->restore.items);
	free(c->options.items);
}

static int
read_component(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_components *out = data;
	struct gv_policy_component c = {
		.name = at->key->text, .env = "shared", .line = at->key->line
	};
	struct reading in = { .out = &c };
	int r;

	if (at->value->kind != GV_YAML_MAP)
		return gv_policy_wrong(
		    at, "a map such as {type: postgresql, source: orders}");
	if (!is_component_name(c.name) || out->n == GV_POLICY_COMPONENTS_MAX)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d components, each with a name "
		    "of at most %d small letters, digits, '-' and '_'",
		    at->file, at->key->line, GV_POLICY_COMPONENTS_MAX,
		    NAME_MAX);
	if ((r = gv_policy_each(at, "a map of what a component is",
		 read_component_key, &in)) < 0 ||
	    (r = find_engine(&in, at)) < 0 ||
	    (r = check_component(&c, at)) < 0 ||
	    (r = GV_GROW(out->items, out->n, out->cap)) < 0) {
		release_component(&c);
		return r;
	}
	out->items[out->n++] = c;
	return 0;
}

int
gv_policy_read_components(
    struct gv_policy_components *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map of names to components", read_component, out);
}

void
gv_policy_components_release(struct gv_policy_components *components)
{
	size_t i;

	for (i = 0; i < components->n; i++)
		release_component(&components->items[i]);
	free(components->items);
}

const struct gv_policy_component *
gv_policy_component(const struct gv_policy *policy, const char *name)
{
	size_t i;

	for (i = 0; i < policy->components.n; i++)
		if (strcmp(policy->components.items[i].name, name) == 0)
			return &policy->components.items[i];
	return NULL;
}

/* ---- points -------------------------------------------------------------- */

static int
read_moment_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_moment *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_moment_keys, key))
		return gv_policy_unknown_key(at, gv_policy_moment_keys);
	if (strcmp(key, "before") == 0)
		return read_program(&out->before, at);
	if (strcmp(key, "after") == 0)
		return read_program(&out->after, at);
	return gv_policy_read_texts(&out->components, at, false);
}

static void
release_moment(struct gv_policy_moment *m)
{
	free(m->components.items);
	free(m->before.items);
	free(m->after.items);
}

static int
read_moment(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_moments *out = data;
	struct gv_policy_moment m = { .name = at->key->text,
		.line = at->key->line };
	int r;

	if (at->value->kind != GV_YAML_MAP)
		return gv_policy_wrong(
		    at, "a map such as {components: [orders, files]}");
	if (!is_component_name(m.name) || out->n == MAX_POINTS)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d points, each with a name of "
		    "at most %d small letters, digits, '-' and '_'",
		    at->file, at->key->line, MAX_POINTS, NAME_MAX);
	r = gv_policy_each(
	    at, "a map of components, before and after", read_moment_key, &m);
	if (r == 0 && m.components.n == 0)
		r = gv_err(GV_EREFUSED,
		    "%s:%u: the point '%s' needs components", at->file,
		    at->key->line, m.name);
	if (r < 0 || (r = GV_GROW(out->items, out->n, out->cap)) < 0) {
		release_moment(&m);
		return r;
	}
	out->items[out->n++] = m;
	return 0;
}

int
gv_policy_read_moments(
    struct gv_policy_moments *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map of names to points", read_moment, out);
}

void
gv_policy_moments_release(struct gv_policy_moments *moments)
{
	size_t i;

	for (i = 0; i < moments->n; i++)
		release_moment(&moments->items[i]);
	free(moments->items);
}

int
gv_policy_check_moments(const struct gv_policy *policy, const char *file)
{
	size_t i, k;

	for (i = 0; i < policy->moments.n; i++) {
		const struct gv_policy_moment *m = &policy->moments.items[i];

		for (k = 0; k < m->components.n; k++)
			if (gv_policy_component(
				policy, m->components.items[k]) == NULL)
				return gv_err(GV_EREFUSED,
				    "%s:%u: the point '%s' names '%s', which "
				    "is not in components",
				    file, m->line, m->name,
				    m->components.items[k]);
	}
	return 0;
}

const struct gv_policy_moment *
gv_policy_moment(const struct gv_policy *policy, const char *name)
{
	size_t i;

	for (i = 0; i < policy->moments.n; i++)
		if (strcmp(policy->moments.items[i].name, name) == 0)
			return &policy->moments.items[i];
	return NULL;
}
