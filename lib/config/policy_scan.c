#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define DAY ((int64_t)86400)

const char *const gv_policy_scan_keys[] = { "allow", "disable", "rules",
	"severity", NULL };
const char *const gv_policy_allow_keys[] = { "expires", "fingerprint", "path",
	"reason", "rule", "value", NULL };

/* The words that rules are given. */
static const char *const severities[] = { "low", "medium", "high", "critical",
	NULL };

int
gv_policy_read_text(const char **out, const struct gv_policy_place *at)
{
	if (at->value->kind != GV_YAML_SCALAR || at->value->len == 0)
		return gv_policy_wrong(at, "a text");
	*out = at->value->text;
	return 0;
}

int
gv_policy_read_env(const char **out, const struct gv_policy_place *at)
{
	int r = gv_policy_read_text(out, at);

	return r == 0 && !gv_policy_is_name(*out)
	    ? gv_policy_wrong(at, "a name of an environment")
	    : r;
}

int
gv_policy_parse_day(int64_t *ends, const char *text, size_t len)
{
	static const char form[] = "dddd-dd-dd";
	char compact[] = "YYYYMMDDT000000Z";
	size_t i, n = 0;

	if (len != strlen(form))
		return GV_ERROR;
	for (i = 0; i < len; i++) {
		bool is_digit = text[i] >= '0' && text[i] <= '9';

		if (form[i] == 'd' ? !is_digit : text[i] != '-')
			return GV_ERROR;
		if (is_digit)
			compact[n++] = text[i];
	}
	if (gv_time_parse_compact(ends, compact) < 0)
		return GV_ERROR;
	*ends += DAY;
	return 0;
}

static int
read_date(int64_t *out, const struct gv_policy_place *at)
{
	if (at->value->kind != GV_YAML_SCALAR ||
	    gv_policy_parse_day(out, at->value->text, at->value->len) < 0)
		return gv_policy_wrong(at, "a day such as 2027-01-31");
	return 0;
}

static int
read_allow_key(
    struct gv_policy_allowance *out, const struct gv_policy_place *at)
{
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_allow_keys, key))
		return gv_policy_unknown_key(at, gv_policy_allow_keys);
	if (strcmp(key, "expires") == 0)
		return read_date(&out->ends, at);
	if (strcmp(key, "fingerprint") == 0)
		return gv_policy_read_text(&out->fingerprint, at);
	if (strcmp(key, "value") == 0)
		return gv_policy_read_text(&out->value, at);
	if (strcmp(key, "path") == 0)
		return gv_policy_read_text(&out->path, at);
	if (strcmp(key, "rule") == 0)
		return gv_policy_read_text(&out->rule, at);
	/* none, or an empty one, is reported where it is used */
	if (gv_yaml_is_null(at->value) ||
	    (at->value->kind == GV_YAML_SCALAR && at->value->len == 0))
		return 0;
	return gv_policy_read_text(&out->reason, at);
}

static int
read_allowance(struct gv_policy_scan *out, const char *file,
    const struct gv_yaml_node *map)
{
	struct gv_policy_allowance a = { .ends = INT64_MAX, .line = map->line };
	size_t i;
	int r = 0;

	if (map->kind != GV_YAML_MAP)
		return gv_err(GV_EREFUSED,
		    "%s:%u: an allowance is a map with a reason", file,
		    map->line);
	for (i = 0; r == 0 && i < map->n; i++)
		r = read_allow_key(&a,
		    &(struct gv_policy_place){
			file, map->keys[i], map->values[i] });
	if (r < 0)
		return r;
	if (!a.fingerprint && !a.value && !a.path && !a.rule)
		return gv_err(GV_EREFUSED,
		    "%s:%u: an allowance needs a fingerprint, value, path or "
		    "rule",
		    file, map->line);
	if ((r = GV_GROW(out->allow, out->n_allow, out->cap_allow)) < 0)
		return r;
	out->allow[out->n_allow++] = a;
	return 0;
}

static int
read_allowances(struct gv_policy_scan *out, const struct gv_policy_place *at)
{
	size_t i;
	int r = 0;

	if (at->value->kind != GV_YAML_LIST)
		return gv_policy_wrong(at, "a list of allowances");
	for (i = 0; r == 0 && i < at->value->n; i++)
		r = read_allowance(out, at->file, at->value->values[i]);
	return r;
}

static int
add_change(struct gv_policy_scan *out, const char *rule, const char *severity,
    unsigned line)
{
	int r = GV_GROW(out->changes, out->n_changes, out->cap_changes);

	if (r == 0)
		out->changes[out->n_changes++] = (struct gv_policy_change){
			.rule = rule, .severity = severity, .line = line
		};
	return r;
}

static int
read_disabled(struct gv_policy_scan *out, const struct gv_policy_place *at)
{
	const struct gv_yaml_node *list = at->value;
	size_t i;
	int r = 0;

	if (list->kind != GV_YAML_LIST)
		return gv_policy_wrong(at, "a list of rules");
	for (i = 0; r == 0 && i < list->n; i++)
		r = list->values[i]->kind == GV_YAML_SCALAR
		    ? add_change(out, list->values[i]->text, NULL,
			  list->values[i]->line)
		    : gv_policy_wrong(at, "a list of rules");
	return r;
}

static int
read_severity(void *out, const struct gv_policy_place *at)
{
	if (at->value->kind != GV_YAML_SCALAR ||
	    !gv_policy_is_known(severities, at->value->text))
		return gv_policy_wrong(at, "low, medium, high or critical");
	return add_change(out, at->key->text, at->value->text, at->key->line);
}

static int
read_scan_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_scan *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_scan_keys, key))
		return gv_policy_unknown_key(at, gv_policy_scan_keys);
	if (gv_yaml_is_null(at->value))
		return 0;
	if (strcmp(key, "allow") == 0)
		return read_allowances(out, at);
	if (strcmp(key, "disable") == 0)
		return read_disabled(out, at);
	if (strcmp(key, "severity") == 0)
		return gv_policy_each(
		    at, "a map of rules and severities", read_severity, out);
	if (at->value->kind != GV_YAML_LIST)
		return gv_policy_wrong(at, "a list of rules");
	out->rules = at->value;
	return 0;
}

int
gv_policy_read_scan(
    struct gv_policy_scan *out, const struct gv_policy_place *section)
{
	return gv_policy_each(section,
	    "a map with allow, disable, rules or severity", read_scan_key, out);
}
