#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_RULES 500

#define MAX_SERVICES 20

const char *const gv_policy_drill_keys[] = { "rules", "services", "validators",
	"without", NULL };
const char *const gv_policy_drill_service_keys[] = { "ready", "run", NULL };
const char *const gv_policy_drill_rule_keys[] = { "age", "certificate", "file",
	"key", "least", "most", "state", "value", NULL };

/* ---- rules --------------------------------------------------------------- */

static int
read_number(uint64_t *out, const struct gv_policy_place *at)
{
	const char *text;
	char *end;
	int r = gv_policy_read_text(&text, at);

	if (r < 0)
		return r;
	*out = strtoull(text, &end, 10);
	return *end || *text == '-' || strlen(text) > 18
	    ? gv_policy_wrong(at, "a number")
	    : 0;
}

/* ENVIRONMENT/STACK. */
static int
read_state(const char **out, const struct gv_policy_place *at)
{
	int r = gv_policy_read_text(out, at);
	const char *slash = r == 0 ? strchr(*out, '/') : NULL;

	return r == 0 && (slash == NULL || slash == *out || slash[1] == '\0')
	    ? gv_policy_wrong(at, "a state such as prod/network")
	    : r;
}

static int
read_file(const char **out, const struct gv_policy_place *at)
{
	int r = gv_policy_read_text(out, at);

	return r == 0 && !gv_policy_is_inside(*out)
	    ? gv_policy_wrong(at, "a path from the top of the working tree")
	    : r;
}

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_drill_rule *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_drill_rule_keys, key))
		return gv_policy_unknown_key(at, gv_policy_drill_rule_keys);
	if (strcmp(key, "age") == 0)
		return gv_policy_read_time(&out->age, at);
	if (strcmp(key, "certificate") == 0)
		return gv_policy_read_time(&out->certificate, at);
	if (strcmp(key, "file") == 0)
		return read_file(&out->file, at);
	if (strcmp(key, "key") == 0)
		return gv_policy_read_text(&out->key, at);
	if (strcmp(key, "value") == 0)
		return gv_policy_read_text(&out->value, at);
	if (strcmp(key, "state") == 0)
		return read_state(&out->state, at);
	out->has_most = out->has_most || strcmp(key, "most") == 0;
	return read_number(
	    strcmp(key, "most") == 0 ? &out->most : &out->least, at);
}

/* A rule asks one thing: of files, of a state, or of the snapshot's age. */
static int
check_rule(
    const struct gv_policy_drill_rule *rule, const struct gv_policy_place *at)
{
	const char *wrong = NULL;

	if ((rule->file != NULL) + (rule->state != NULL) + (rule->age != 0) !=
	    1)
		wrong = "needs one of file, state and age";
	else if ((rule->key || rule->certificate) && rule->file == NULL)
		wrong = "has key or certificate, which need file";
	else if (rule->key && rule->certificate)
		wrong = "has both key and certificate";
	else if (rule->value && rule->key == NULL)
		wrong = "has value, which needs key";
	else if ((rule->least || rule->has_most) && rule->state == NULL)
		wrong = "has least or most, which need state";
	return wrong ? gv_err(GV_EREFUSED, "%s:%u: the rule '%s' %s", at->file,
			   at->key->line, rule->name, wrong)
		     : 0;
}

static int
read_rule(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_drills *out = data;
	struct gv_policy_drill_rule rule = { .name = at->key->text,
		.line = at->key->line };
	int r;

	if (at->value->kind != GV_YAML_MAP)
		return gv_policy_wrong(at, "a map such as {file: PATH}");
	if ((r = gv_policy_each(
		 at, "a map of what the rule asks", read_key, &rule)) < 0 ||
	    (r = check_rule(&rule, at)) < 0)
		return r;
	if (at->key->len == 0 || out->n_rules == MAX_RULES)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d rules, each with a name",
		    at->file, at->key->line, MAX_RULES);
	if (GV_GROW(out->rules, out->n_rules, out->cap_rules) < 0)
		return gv_err_nomem();
	out->rules[out->n_rules++] = rule;
	return 0;
}

/* ---- validators ---------------------------------------------------------- */

/* Nothing instead of a command: the check of that name of known-good records.
 */
static int
read_validator(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_drills *out = data;
	struct gv_policy_check v = { .name = at->key->text,
		.line = at->key->line };
	int r;

	if (!gv_yaml_is_null(at->value) &&
	    (r = gv_policy_read_text(&v.command, at)) < 0)
		return r;
	if (at->key->len == 0 || out->n_validators == MAX_RULES)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d validators, each with a name",
		    at->file, at->key->line, MAX_RULES);
	if (GV_GROW(out->validators, out->n_validators, out->cap_validators) <
	    0)
		return gv_err_nomem();
	out->validators[out->n_validators++] = v;
	return 0;
}

/* ---- services ------------------------------------------------------------ */

static int
read_service_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_drill_service *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_drill_service_keys, key))
		return gv_policy_unknown_key(at, gv_policy_drill_service_keys);
	return gv_policy_read_text(
	    strcmp(key, "run") == 0 ? &out->run : &out->ready, at);
}

/* Its name is that of a folder, and goes through a shell. */
static bool
is_service_name(const char *name)
{
	const size_t n = strlen(name);

	return n > 0 && n <= 32 && *name != '-' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}

static int
read_service(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_drills *out = data;
	struct gv_policy_drill_service s = { .name = at->key->text,
		.line = at->key->line };
	int r;

	if (at->value->kind != GV_YAML_MAP)
		return gv_policy_wrong(at, "a map of run and ready");
	if ((r = gv_policy_each(
		 at, "a map of run and ready", read_service_key, &s)) < 0)
		return r;
	if (!is_service_name(s.name) || s.run == NULL || s.ready == NULL)
		return gv_err(GV_EREFUSED,
		    "%s:%u: a service needs run and ready, and a name of at "
		    "most 32 small letters, digits, '-' and '_'",
		    at->file, at->key->line);
	if (out->n_services == MAX_SERVICES)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d services", at->file,
		    at->key->line, MAX_SERVICES);
	if (GV_GROW(out->services, out->n_services, out->cap_services) < 0)
		return gv_err_nomem();
	out->services[out->n_services++] = s;
	return 0;
}

/* ---- the section --------------------------------------------------------- */

static int
read_without(struct gv_policy_drills *out, const struct gv_policy_place *at)
{
	const struct gv_yaml_node *list = at->value;
	const char *text;
	size_t i;
	int r = 0;

	if (list->kind != GV_YAML_LIST || list->n > MAX_RULES)
		return gv_policy_wrong(at, "a list of names of validators");
	for (i = 0; r == 0 && i < list->n; i++) {
		const struct gv_policy_place one = { at->file, at->key,
			list->values[i] };

		if ((r = gv_policy_read_text(&text, &one)) == 0)
			r = gv_policy_add_text(&out->without, text);
	}
	return r;
}

static int
read_part(void *data, const struct gv_policy_place *at)
{
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_drill_keys, key))
		return gv_policy_unknown_key(at, gv_policy_drill_keys);
	if (strcmp(key, "rules") == 0)
		return gv_policy_each(
		    at, "a map of names to rules", read_rule, data);
	if (strcmp(key, "services") == 0)
		return gv_policy_each(
		    at, "a map of names to services", read_service, data);
	if (strcmp(key, "without") == 0)
		return read_without(data, at);
	return gv_policy_each(
	    at, "a map of names to commands", read_validator, data);
}

int
gv_policy_read_drills(
    struct gv_policy_drills *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map of rules and validators", read_part, out);
}

int
gv_policy_check_drills(struct gv_policy *policy, const char *file)
{
	struct gv_policy_drills *d = &policy->drills;
	size_t i, k;

	for (i = 0; i < d->n_validators; i++) {
		struct gv_policy_check *v = &d->validators[i];

		for (k = 0; v->command == NULL && k < policy->goods.n; k++)
			if (strcmp(policy->goods.checks[k].name, v->name) == 0)
				v->command = policy->goods.checks[k].command;
		if (v->command == NULL)
			return gv_err(GV_EREFUSED,
			    "%s:%u: the validator '%s' has no command, and "
			    "good.checks has none of that name",
			    file, v->line, v->name);
	}
	return 0;
}
