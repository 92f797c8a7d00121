#include "scan/rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "format/yaml.h"
#include "scan/check.h"

#define OFFSET_MAX 512
#define GROUP_MAX  15

const char *const gv_rule_severities[] = { "low", "medium", "high", "critical",
	NULL };
const char *const gv_rule_kinds[] = { "token", "password", "private-key",
	"connection-string", "webhook", "keystore", "hash", "public", NULL };

struct reader {
	struct gv_rules *rules;
	const char *name;
	struct gv_rule rule;
	const struct gv_yaml_node *map;
	bool has_kind, has_severity, has_confidence;
	const char *value; /* of `value:`; pattern is that of `pattern:` */
	size_t positives, negatives;
};

struct key {
	const char *name;
	int (*read)(struct reader *r, const struct gv_yaml_node *node);
};

/* refuse(r, node, "…", …) is "NAME:LINE: rule 'id': …". */
#define refuse(r, node, ...)                                                   \
	gv_err_in(gv_err(GV_EREFUSED, __VA_ARGS__), "%s:%u", (r)->name,        \
	    (node)->line)

static int
read_text(const char **out, struct reader *r, const struct gv_yaml_node *node)
{
	if (node->kind != GV_YAML_SCALAR || node->len == 0)
		return refuse(r, node, "a text is wanted here");
	*out = gv_arena_copy(&r->rules->arena, node->text, node->len);
	return *out ? 0 : GV_ENOMEM;
}

static int
read_list(
    const char *const **out, struct reader *r, const struct gv_yaml_node *node)
{
	const char **list;
	size_t i;
	int e = 0;

	if (node->kind != GV_YAML_LIST || node->n == 0)
		return refuse(r, node, "a list of texts is wanted here");
	list = gv_arena_alloc(&r->rules->arena, (node->n + 1) * sizeof(*list));
	if (list == NULL)
		return GV_ENOMEM;
	for (i = 0; e == 0 && i < node->n; i++)
		e = read_text(&list[i], r, node->values[i]);
	*out = list;
	return e;
}

static int
read_word(unsigned *out, struct reader *r, const struct gv_yaml_node *node,
    const char *const *words)
{
	const char *text;
	int e = read_text(&text, r, node);
	unsigned i;

	for (i = 0; e == 0 && words[i]; i++)
		if (strcmp(text, words[i]) == 0) {
			*out = i;
			return 0;
		}
	return e < 0 ? e : refuse(r, node, "'%s' is no word for it", text);
}

static int
read_number(unsigned *out, struct reader *r, const struct gv_yaml_node *node,
    unsigned max)
{
	const char *text;
	char *end;
	unsigned long v;
	int e = read_text(&text, r, node);

	if (e < 0)
		return e;
	v = strtoul(text, &end, 10);
	if (*end || *text < '0' || *text > '9' || v > max)
		return refuse(
		    r, node, "'%s' is no number from 0 to %u", text, max);
	*out = (unsigned)v;
	return 0;
}

static int
read_bool(bool *out, struct reader *r, const struct gv_yaml_node *node)
{
	static const char *const words[] = { "false", "true", NULL };
	unsigned v = 0;
	int e = read_word(&v, r, node, words);

	*out = v == 1;
	return e;
}

static int
read_id(struct reader *r, const struct gv_yaml_node *node)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t i;
	int e = read_text(&r->rule.id, r, node);

	if (e < 0)
		return e;
	if (strspn(r->rule.id, chars) != node->len || *r->rule.id == '-')
		return refuse(
		    r, node, "an id is of small letters, digits and '-'");
	for (i = 0; i < r->rules->n; i++)
		if (strcmp(r->rules->rules[i].id, r->rule.id) == 0)
			return refuse(r, node, "there is a rule '%s' already",
			    r->rule.id);
	return 0;
}

static int
read_description(struct reader *r, const struct gv_yaml_node *node)
{
	return read_text(&r->rule.description, r, node);
}

static int
read_provider(struct reader *r, const struct gv_yaml_node *node)
{
	return read_text(&r->rule.provider, r, node);
}

static int
read_remediation(struct reader *r, const struct gv_yaml_node *node)
{
	return read_text(&r->rule.remediation, r, node);
}

static int
read_kind(struct reader *r, const struct gv_yaml_node *node)
{
	unsigned v = 0;
	int e = read_word(&v, r, node, gv_rule_kinds);

	r->rule.kind = (enum gv_rule_kind)v;
	r->has_kind = true;
	return e;
}

static int
read_severity(struct reader *r, const struct gv_yaml_node *node)
{
	unsigned v = 0;
	int e = read_word(&v, r, node, gv_rule_severities);

	r->rule.severity = (enum gv_rule_severity)v;
	r->has_severity = true;
	return e;
}

static int
read_confidence(struct reader *r, const struct gv_yaml_node *node)
{
	static const char *const words[] = { "possible", "likely", NULL };
	unsigned v = 0;
	int e = read_word(&v, r, node, words);

	r->rule.is_likely = v == 1;
	r->has_confidence = true;
	return e;
}

static int
read_anchors(struct reader *r, const struct gv_yaml_node *node)
{
	return read_list(&r->rule.anchors, r, node);
}

static int
read_nocase(struct reader *r, const struct gv_yaml_node *node)
{
	return read_bool(&r->rule.nocase, r, node);
}

static int
read_pattern(struct reader *r, const struct gv_yaml_node *node)
{
	r->rule.line = node->line;
	return read_text(&r->rule.pattern, r, node);
}

static int
read_value(struct reader *r, const struct gv_yaml_node *node)
{
	r->rule.line = node->line;
	return read_text(&r->value, r, node);
}

static int
read_scanner(struct reader *r, const struct gv_yaml_node *node)
{
	static const char *const words[] = { "accounts", "awsconfig", "basic",
		"chpasswd", "command", "connstring", "cookie", "device", "jdbc",
		"jwt", "k8s", "keystore", "keyvalue", "literal", "marked",
		"npmrc", "pem", "pgpass", "sql", "tfstate", "url", NULL };
	unsigned v = 0;
	int e = read_word(&v, r, node, words);

	r->rule.scanner = words[v];
	return e;
}

static int
read_group(struct reader *r, const struct gv_yaml_node *node)
{
	return read_number(&r->rule.group, r, node, GROUP_MAX);
}

/* '3' or '3-5' */
static int
read_offset(struct reader *r, const struct gv_yaml_node *node)
{
	const char *text;
	char *end;
	unsigned long min, max;
	int e = read_text(&text, r, node);

	if (e < 0)
		return e;
	min = max = strtoul(text, &end, 10);
	if (*end == '-')
		max = strtoul(end + 1, &end, 10);
	if (*end || *text < '0' || *text > '9' || max < min || max > OFFSET_MAX)
		return refuse(r, node,
		    "'%s' is no distance: a number up to %d, or two with '-' "
		    "between",
		    text, OFFSET_MAX);
	r->rule.offset_min = (unsigned)min;
	r->rule.offset_max = (unsigned)max;
	return 0;
}

static int
read_open(struct reader *r, const struct gv_yaml_node *node)
{
	static const char *const words[] = { "no", "before", "after", "both",
		NULL };
	unsigned v = 0;
	int e = read_word(&v, r, node, words);

	r->rule.open_before = v & 1;
	r->rule.open_after = v & 2;
	return e;
}

static int
read_names(struct reader *r, const struct gv_yaml_node *node)
{
	return read_list(&r->rule.names, r, node);
}

static int
read_context(struct reader *r, const struct gv_yaml_node *node)
{
	return read_list(&r->rule.context, r, node);
}

static int
read_validator(struct reader *r, const struct gv_yaml_node *node)
{
	int e = read_text(&r->rule.validator, r, node);

	if (e == 0 && !gv_check_is_known(r->rule.validator))
		return refuse(
		    r, node, "there is no validator '%s'", r->rule.validator);
	return e;
}

static int
read_entropy(struct reader *r, const struct gv_yaml_node *node)
{
	const char *text;
	char *end;
	double v;
	int e = read_text(&text, r, node);

	if (e < 0)
		return e;
	v = strtod(text, &end);
	if (*end || !(v >= 0 && v <= 8))
		return refuse(
		    r, node, "'%s' is no entropy from 0 to 8 bits", text);
	r->rule.entropy = (unsigned)(v * 100 + 0.5);
	return 0;
}

static int
add_example(struct reader *r, const struct gv_yaml_node *node, bool is_positive)
{
	struct gv_rules *all = r->rules;
	struct gv_rule_example x = { .is_positive = is_positive,
		.line = node->line };
	const struct gv_yaml_node *path = gv_yaml_get(node, "path");
	const struct gv_yaml_node *text = gv_yaml_get(node, "text");
	int e = 0;

	if (node->kind == GV_YAML_MAP) {
		if (path == NULL || text == NULL || node->n != 2)
			return refuse(r, node,
			    "an example is a text, or 'path' and 'text'");
		e = read_text(&x.path, r, path);
	} else {
		text = node;
	}
	if (e == 0)
		e = read_text(&x.text, r, text);
	if (e == 0)
		e = GV_GROW(all->examples, all->n_examples, all->cap_examples);
	if (e == 0)
		all->examples[all->n_examples++] = x;
	return e;
}

static int
read_examples(struct reader *r, const struct gv_yaml_node *node, bool positive)
{
	size_t i;
	int e = 0;

	if (node->kind != GV_YAML_LIST || node->n < 2)
		return refuse(r, node, "a rule has at least two %s examples",
		    positive ? "positive" : "negative");
	for (i = 0; e == 0 && i < node->n; i++)
		e = add_example(r, node->values[i], positive);
	if (positive)
		r->positives = node->n;
	else
		r->negatives = node->n;
	return e;
}

static int
read_positive(struct reader *r, const struct gv_yaml_node *node)
{
	return read_examples(r, node, true);
}

static int
read_negative(struct reader *r, const struct gv_yaml_node *node)
{
	return read_examples(r, node, false);
}

static const struct key keys[] = {
	{ "anchors", read_anchors },
	{ "confidence", read_confidence },
	{ "context", read_context },
	{ "description", read_description },
	{ "entropy", read_entropy },
	{ "group", read_group },
	{ "id", read_id },
	{ "kind", read_kind },
	{ "names", read_names },
	{ "negative", read_negative },
	{ "nocase", read_nocase },
	{ "offset", read_offset },
	{ "open", read_open },
	{ "pattern", read_pattern },
	{ "positive", read_positive },
	{ "provider", read_provider },
	{ "remediation", read_remediation },
	{ "scanner", read_scanner },
	{ "severity", read_severity },
	{ "validator", read_validator },
	{ "value", read_value },
};

static int
read_key(struct reader *r, const struct gv_yaml_node *key,
    const struct gv_yaml_node *value)
{
	size_t i;
	int e;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].name, key->text) != 0)
			continue;
		e = keys[i].read(r, value);
		return e == GV_EREFUSED ? gv_err_in(e, "%s", key->text) : e;
	}
	return refuse(r, key, "a rule has no '%s'", key->text);
}

static int
choose_way(struct reader *r)
{
	struct gv_rule *rule = &r->rule;

	if (!!rule->pattern + !!r->value + !!rule->scanner != 1)
		return refuse(r, r->map,
		    "a rule has one of 'pattern', 'value' and 'scanner'");
	rule->way = rule->pattern ? GV_RULE_PATTERN
	    : r->value            ? GV_RULE_VALUE
				  : GV_RULE_SCANNER;
	if (r->value)
		rule->pattern = r->value;
	if (rule->way != GV_RULE_VALUE && rule->names)
		return refuse(r, r->map, "'names' goes with 'value' only");
	return 0;
}

static int
check(struct reader *r)
{
	const struct gv_rule *rule = &r->rule;
	const char *missing = NULL;
	size_t i;

	if (rule->id == NULL)
		missing = "id";
	else if (rule->description == NULL)
		missing = "description";
	else if (rule->remediation == NULL && rule->kind != GV_RULE_PUBLIC)
		missing = "remediation";
	else if (!r->has_kind)
		missing = "kind";
	else if (!r->has_severity)
		missing = "severity";
	else if (!r->has_confidence)
		missing = "confidence";
	else if (rule->anchors == NULL)
		missing = "anchors";
	else if (r->positives == 0)
		missing = "positive";
	else if (r->negatives == 0)
		missing = "negative";
	if (missing)
		return refuse(r, r->map, "this rule has no '%s'", missing);
	for (i = 0; rule->anchors[i]; i++)
		if (strlen(rule->anchors[i]) < 3)
			return refuse(r, r->map,
			    "the anchor '%s' is shorter than three bytes",
			    rule->anchors[i]);
	return choose_way(r);
}

static int
read_rule(
    struct gv_rules *rules, const char *name, const struct gv_yaml_node *map)
{
	struct reader r = { .rules = rules, .name = name, .map = map };
	size_t first = rules->n_examples, i;
	int e = 0;

	if (map->kind != GV_YAML_MAP)
		return refuse(&r, map, "a rule is a map, with its id first");
	for (i = 0; e == 0 && i < map->n; i++)
		e = read_key(&r, map->keys[i], map->values[i]);
	if (e == 0)
		e = check(&r);
	if (e == 0)
		e = GV_GROW(rules->rules, rules->n, rules->cap);
	if (e < 0)
		return e;
	for (i = first; i < rules->n_examples; i++)
		rules->examples[i].rule = r.rule.id;
	rules->rules[rules->n++] = r.rule;
	return 0;
}

int
gv_rule_read(
    struct gv_rules *rules, const char *name, const struct gv_yaml_node *list)
{
	struct reader r = { .rules = rules, .name = name };
	size_t i;
	int e = 0;

	if (list->kind != GV_YAML_LIST)
		return refuse(&r, list, "a list of rules is wanted here");
	for (i = 0; e == 0 && i < list->n; i++)
		e = read_rule(rules, name, list->values[i]);
	return e;
}

int
gv_rule_parse(
    struct gv_rules *rules, const char *name, const char *data, size_t len)
{
	struct gv_yaml *yaml;
	int e = gv_yaml_parse(&yaml, name, data, len);

	if (e < 0)
		return e;
	if (gv_yaml_root(yaml))
		e = gv_rule_read(rules, name, gv_yaml_root(yaml));
	gv_yaml_free(yaml);
	return e;
}

void
gv_rule_release(struct gv_rules *rules)
{
	if (rules == NULL)
		return;
	free(rules->rules);
	free(rules->examples);
	gv_arena_release(&rules->arena);
	memset(rules, 0, sizeof(*rules));
}
