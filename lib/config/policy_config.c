#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

/* The section config: sets of files that give a configuration together. What
 * has to hold between keys is read by policy_config_rule.c. */

#define MAX_SETS   1000
#define MAX_LAYERS 1000
#define MAX_MERGES 1000
#define MAX_WORDS  32 /* of a program and its arguments */

const char *const gv_policy_config_keys[] = { "app", "delimiters", "layers",
	"merge", "null", "providers", "rules", "schema", "services", "storage",
	"template", NULL };
const char *const gv_policy_merge_keys[] = { "by", NULL };

static const char *const words[] = { "env", "ext", "host", "provider", "region",
	"service", "tier" };

/* ---- layers -------------------------------------------------------------- */

static bool
is_word(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len && memcmp(words[i], name, len) == 0)
			return true;
	return false;
}

static bool
has_known_words(const char *path)
{
	const char *end;

	for (; (path = strpbrk(path, "{}")) != NULL; path = end + 1) {
		end = *path == '{' ? strchr(path, '}') : NULL;
		if (end == NULL || !is_word(path + 1, (size_t)(end - path - 1)))
			return false;
	}
	return true;
}

static int
read_layers(struct gv_policy_config *out, const struct gv_policy_place *at)
{
	size_t i;
	int r;

	if (at->value->kind != GV_YAML_LIST || at->value->n > MAX_LAYERS)
		return gv_policy_wrong(
		    at, "a list of at most 1000 paths, the lowest layer first");
	if ((r = gv_policy_read_texts(&out->layers, at, true)) < 0)
		return r;
	for (i = 0; i < out->layers.n; i++)
		if (!has_known_words(out->layers.items[i]))
			return gv_err(GV_EREFUSED,
			    "%s:%u: '%.128s' has an unknown word; there are {env}, "
			    "{ext}, {host}, {provider}, {region}, {service} "
			    "and {tier}",
			    at->file, at->value->values[i]->line,
			    out->layers.items[i]);
	return 0;
}

/* ---- merging ------------------------------------------------------------- */

static int
read_by(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_merge *out = data;

	if (!gv_policy_is_known(gv_policy_merge_keys, at->key->text))
		return gv_policy_unknown_key(at, gv_policy_merge_keys);
	out->way = "by";
	return gv_policy_read_text(&out->by, at);
}

static int
read_merge(void *data, const struct gv_policy_place *at)
{
	static const char *const ways[] = { "append", "prepend", "replace",
		"unique", NULL };
	struct gv_policy_config *out = data;
	struct gv_policy_merge one = { .path = at->key->text,
		.line = at->key->line };
	int r;

	if (at->value->kind == GV_YAML_MAP) {
		if ((r = gv_policy_each(at, "a way", read_by, &one)) < 0)
			return r;
	} else if ((r = gv_policy_read_text(&one.way, at)) < 0) {
		return r;
	}
	if (one.by == NULL &&
	    (one.way == NULL || !gv_policy_is_known(ways, one.way)))
		return gv_policy_wrong(
		    at, "append, prepend, replace, unique or {by: KEY}");
	if (*one.path == '\0' || out->n_merges == MAX_MERGES)
		return gv_policy_wrong(at, "one of at most 1000 paths of keys");
	if (GV_GROW(out->merges, out->n_merges, out->cap_merges) < 0)
		return gv_err_nomem();
	out->merges[out->n_merges++] = one;
	return 0;
}

static int
read_null(struct gv_policy_config *out, const struct gv_policy_place *at)
{
	const char *text;
	int r = gv_policy_read_text(&text, at);

	if (r < 0)
		return r;
	out->null_deletes = strcmp(text, "delete") == 0;
	return out->null_deletes || strcmp(text, "value") == 0
	    ? 0
	    : gv_policy_wrong(at, "delete or value");
}

static int
read_delimiters(struct gv_policy_config *out, const struct gv_policy_place *at)
{
	const struct gv_yaml_node *v = at->value;
	size_t i;

	for (i = 0; v->kind == GV_YAML_LIST && i < v->n; i++)
		if (v->values[i]->kind != GV_YAML_SCALAR ||
		    v->values[i]->len == 0 || v->values[i]->len > 16)
			break;
	if (v->kind != GV_YAML_LIST || v->n != 2 || i < 2)
		return gv_policy_wrong(
		    at, "two texts such as [\"<<\", \">>\"]");
	out->open = v->values[0]->text;
	out->close = v->values[1]->text;
	return 0;
}

/* ---- schemas ------------------------------------------------------------- */

static int
add_schema(struct gv_policy_config *out, const struct gv_policy_place *at,
    const char *provider)
{
	struct gv_policy_schema_of one = { .provider = provider,
		.line = at->value->line };
	int r = gv_policy_read_text(&one.path, at);

	if (r < 0)
		return r;
	if (!gv_policy_is_inside(one.path))
		return gv_policy_wrong(
		    at, "a path from the top of the working tree");
	if (GV_GROW(out->schemas, out->n_schemas, out->cap_schemas) < 0)
		return gv_err_nomem();
	out->schemas[out->n_schemas++] = one;
	return 0;
}

static int
read_schema(void *data, const struct gv_policy_place *at)
{
	const char *key = at->key->text;

	return add_schema(data, at, strcmp(key, "all") == 0 ? NULL : key);
}

/* ---- names --------------------------------------------------------------- */

static int
read_names(struct gv_policy_texts *out, const struct gv_policy_place *at)
{
	size_t i;
	int r = gv_policy_read_texts(out, at, false);

	for (i = 0; r == 0 && i < out->n; i++)
		if (!gv_policy_is_name(out->items[i]))
			r = gv_policy_wrong(at,
			    "a list of names of letters, digits, '.', '_' and "
			    "'-'");
	return r;
}

/* ---- who keeps them ------------------------------------------------------ */

/* A program of the working tree would be another one after each pull, whatever
 * was accepted. */
static int
read_storage(struct gv_policy_config *out, const struct gv_policy_place *at)
{
	const char *program;
	int r;

	if (at->value->kind != GV_YAML_LIST || at->value->n == 0 ||
	    at->value->n > MAX_WORDS)
		return gv_policy_wrong(at,
		    "a list of a program and its arguments, at most 32 texts");
	if ((r = gv_policy_read_texts(&out->storage, at, false)) < 0)
		return r;
	program = out->storage.items[0];
	return *program == '/' || (*program && strchr(program, '/') == NULL)
	    ? 0
	    : gv_policy_wrong(
		  at, "a program by its full path, or by a name in PATH");
}

/* ---- the section --------------------------------------------------------- */

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_config *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_config_keys, key))
		return gv_policy_unknown_key(at, gv_policy_config_keys);
	if (strcmp(key, "layers") == 0)
		return read_layers(out, at);
	if (strcmp(key, "merge") == 0)
		return gv_policy_each(
		    at, "a map of paths of keys to ways", read_merge, out);
	if (strcmp(key, "null") == 0)
		return read_null(out, at);
	if (strcmp(key, "template") == 0)
		return gv_policy_read_bool(&out->is_template, at);
	if (strcmp(key, "delimiters") == 0)
		return read_delimiters(out, at);
	if (strcmp(key, "providers") == 0)
		return read_names(&out->providers, at);
	if (strcmp(key, "services") == 0)
		return read_names(&out->services, at);
	if (strcmp(key, "rules") == 0)
		return gv_policy_read_config_rules(out, at);
	if (strcmp(key, "storage") == 0)
		return read_storage(out, at);
	if (strcmp(key, "app") == 0)
		return gv_policy_read_app(&out->app, at);
	return at->value->kind == GV_YAML_MAP
	    ? gv_policy_each(
		  at, "a map of providers to paths", read_schema, out)
	    : add_schema(out, at, NULL);
}

static int
read_set(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_configs *out = data;
	struct gv_policy_config *one;
	int r;

	if (!gv_policy_is_name(at->key->text))
		return gv_err(GV_EREFUSED,
		    "%s:%u: '%.64s' is not a name for a set: use letters, digits, '.', "
		    "'_' and '-'",
		    at->file, at->key->line, at->key->text);
	if (at->value->kind != GV_YAML_MAP)
		return gv_policy_wrong(
		    at, "a map such as {layers: [base.yaml, \"{env}.yaml\"]}");
	if (out->n == MAX_SETS)
		return gv_err(GV_EREFUSED, "%s:%u: there are at most %d sets",
		    at->file, at->key->line, MAX_SETS);
	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	/* in the list first, so that it is freed with it */
	one = &out->items[out->n++];
	*one = (struct gv_policy_config){ .name = at->key->text,
		.line = at->key->line };
	if ((r = gv_policy_each(at, "a map with layers", read_key, one)) < 0)
		return r;
	if (one->layers.n == 0)
		return gv_err(GV_EREFUSED, "%s:%u: the set '%s' has no layers",
		    at->file, at->key->line, one->name);
	return one->open && !one->is_template
	    ? gv_err(GV_EREFUSED,
		  "%s:%u: the set '%s' has delimiters, which need template: "
		  "true",
		  at->file, at->key->line, one->name)
	    : 0;
}

int
gv_policy_read_configs(
    struct gv_policy_configs *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map of names to sets of layers", read_set, out);
}

void
gv_policy_configs_release(struct gv_policy_configs *configs)
{
	size_t i, k;

	for (i = 0; i < configs->n; i++) {
		struct gv_policy_config *c = &configs->items[i];

		for (k = 0; k < c->n_rules; k++)
			free(c->rules[k].keys.items);
		free(c->rules);
		free(c->schemas);
		free(c->merges);
		free(c->layers.items);
		free(c->providers.items);
		free(c->services.items);
		free(c->storage.items);
		gv_policy_app_release(&c->app);
	}
	free(configs->items);
	*configs = (struct gv_policy_configs){ .n = 0 };
}

const struct gv_policy_config *
gv_policy_config(const struct gv_policy_configs *configs, const char *name)
{
	size_t i;

	for (i = 0; i < configs->n; i++)
		if (strcmp(configs->items[i].name, name) == 0)
			return &configs->items[i];
	return NULL;
}

/* ---- what counts of it --------------------------------------------------- */

static bool
is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool
has_schema(
    const struct gv_policy_config *in, const struct gv_policy_schema_of *s)
{
	size_t i;

	for (i = 0; i < in->n_schemas; i++)
		if (strcmp(in->schemas[i].path, s->path) == 0 &&
		    is_same_text(in->schemas[i].provider, s->provider))
			return true;
	return false;
}

static bool
has_rule(
    const struct gv_policy_config *in, const struct gv_policy_config_rule *q)
{
	size_t i, k;

	for (i = 0; i < in->n_rules; i++) {
		const struct gv_policy_config_rule *have = &in->rules[i];

		if (have->kind != q->kind || have->keys.n != q->keys.n ||
		    !is_same_text(have->key, q->key) ||
		    !is_same_text(have->is, q->is) ||
		    !is_same_text(have->than, q->than))
			continue;
		for (k = 0; k < q->keys.n; k++)
			if (strcmp(have->keys.items[k], q->keys.items[k]) != 0)
				break;
		if (k == q->keys.n)
			return true;
	}
	return false;
}

static bool
is_same_storage(
    const struct gv_policy_config *a, const struct gv_policy_config *b)
{
	static const struct gv_policy_texts none;
	const struct gv_policy_texts *x = a ? &a->storage : &none;
	const struct gv_policy_texts *y = b ? &b->storage : &none;
	size_t i;

	for (i = 0; x->n == y->n && i < x->n; i++)
		if (strcmp(x->items[i], y->items[i]) != 0)
			return false;
	return x->n == y->n;
}

bool
gv_policy_storage_is_accepted(
    const struct gv_policy *policy, const struct gv_policy_config *set)
{
	return policy->is_accepted ||
	    is_same_storage(
		set, gv_policy_config(&policy->configs_also, set->name));
}

/* Whether the present set asks less than the accepted one, or none is there. */
static bool
is_laxer(const struct gv_policy_config *was, const struct gv_policy_config *now)
{
	static const struct gv_policy_config none;
	size_t i;

	now = now ? now : &none;
	if (gv_policy_app_is_laxer(&was->app, &now->app))
		return true;
	for (i = 0; i < was->n_schemas; i++)
		if (!has_schema(now, &was->schemas[i]))
			return true;
	for (i = 0; i < was->n_rules; i++)
		if (!has_rule(now, &was->rules[i]))
			return true;
	return false;
}

void
gv_policy_hold_configs(struct gv_policy_hold *h)
{
	struct gv_policy *out = h->out, *present = h->present;
	const struct gv_policy_config *set, *was;
	size_t i;

	for (i = 0; i < present->configs.n; i++) {
		set = &present->configs.items[i];
		was = gv_policy_config(&out->configs, set->name);
		if (!is_same_storage(set, was) ||
		    gv_policy_app_has_more(&set->app, was ? &was->app : NULL))
			gv_policy_hold_wait(h, "config");
	}

	for (i = 0; i < out->configs.n; i++)
		if (is_laxer(&out->configs.items[i],
			gv_policy_config(
			    &present->configs, out->configs.items[i].name)))
			gv_policy_hold_wait(h, "config");
	gv_policy_configs_release(&out->configs_also);
	out->configs_also = out->configs;
	out->configs = present->configs;
	present->configs = (struct gv_policy_configs){ .n = 0 };
}
