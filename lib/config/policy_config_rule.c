#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

/* What has to hold between the keys of a configuration. There is no language
 * of expressions: a rule names keys, and what is said of them. */

#define MAX_RULES 1000

const char *const gv_policy_config_rule_keys[] = { "at_least", "at_most",
	"equal_across", "excludes", "is", "key", "message", "one_of",
	"requires", "unique_across", NULL };

const char *const gv_policy_config_rules[] = { "requires", "excludes", "one_of",
	"at_least", "at_most", "equal_across", "unique_across", NULL };

/* One text, a list of them, or the word that stands for all. */
static int
read_across(struct gv_policy_texts *out, const struct gv_policy_place *at,
    const char *all)
{
	const struct gv_yaml_node *v = at->value;

	if (v->kind == GV_YAML_LIST && v->n == 1)
		v = v->values[0];
	if (v->kind == GV_YAML_SCALAR && strcmp(v->text, all) == 0)
		return 0;
	return gv_policy_read_texts(out, at, false);
}

static int
read_kind(struct gv_policy_config_rule *out, const struct gv_policy_place *at)
{
	if (out->line)
		return gv_err(GV_EREFUSED,
		    "%s:%u: a rule asks one thing: %s and %s need two",
		    at->file, at->key->line, gv_policy_config_rules[out->kind],
		    at->key->text);
	out->line = at->key->line;
	while (strcmp(gv_policy_config_rules[out->kind], at->key->text) != 0)
		out->kind++;
	switch (out->kind) {
	case GV_POLICY_AT_LEAST:
	case GV_POLICY_AT_MOST:
		return gv_policy_read_text(&out->than, at);
	case GV_POLICY_EQUAL_ACROSS:
		return read_across(&out->keys, at, "environments");
	case GV_POLICY_UNIQUE_ACROSS:
		return read_across(&out->keys, at, "services");
	default:
		return gv_policy_read_texts(&out->keys, at, false);
	}
}

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_config_rule *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_config_rule_keys, key))
		return gv_policy_unknown_key(at, gv_policy_config_rule_keys);
	if (strcmp(key, "key") == 0)
		return gv_policy_read_text(&out->key, at);
	if (strcmp(key, "is") == 0)
		return gv_policy_read_text(&out->is, at);
	if (strcmp(key, "message") == 0)
		return gv_policy_read_text(&out->message, at);
	return read_kind(out, at);
}

static int
check(const struct gv_policy_config_rule *q, const struct gv_policy_place *at)
{
	const char *wrong = NULL;

	if (q->line == 0)
		wrong = "needs one of requires, excludes, one_of, at_least, "
			"at_most, equal_across and unique_across";
	else if (q->key == NULL && q->kind != GV_POLICY_ONE_OF)
		wrong = "needs key";
	else if (q->key && q->kind == GV_POLICY_ONE_OF && q->is == NULL)
		wrong = "has key, which one_of takes with `is` only";
	else if (q->is && q->key == NULL)
		wrong = "has `is`, which needs key";
	return wrong ? gv_err(GV_EREFUSED, "%s:%u: a rule %s", at->file,
			   at->value->line, wrong)
		     : 0;
}

int
gv_policy_read_config_rules(
    struct gv_policy_config *out, const struct gv_policy_place *at)
{
	const struct gv_yaml_node *list = at->value;
	struct gv_policy_config_rule *q;
	size_t i;
	int r;

	if (list->kind != GV_YAML_LIST || list->n > MAX_RULES)
		return gv_policy_wrong(at, "a list of at most 1000 rules");
	for (i = 0; i < list->n; i++) {
		const struct gv_policy_place one = { at->file, at->key,
			list->values[i] };

		if (list->values[i]->kind != GV_YAML_MAP)
			return gv_policy_wrong(&one,
			    "a list of maps such as {key: tls.cert, requires: "
			    "tls.key}");
		if (GV_GROW(out->rules, out->n_rules, out->cap_rules) < 0)
			return gv_err_nomem();
		/* in the list first, so that it is freed with it */
		q = &out->rules[out->n_rules++];
		*q = (struct gv_policy_config_rule){ .kind = 0 };
		if ((r = gv_policy_each(&one, "a rule", read_key, q)) < 0 ||
		    (r = check(q, &one)) < 0)
			return r;
		q->line = list->values[i]->line;
	}
	return 0;
}
