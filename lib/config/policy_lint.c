#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_TEXTS 1000

const char *const gv_policy_lint_keys[] = { "allowed", "baseline", "ignore",
	"protected", "push", "required", "rules", NULL };
const char *const gv_policy_ignore_keys[] = { "expires", "path", "reason",
	"rule", NULL };
const char *const gv_policy_required_keys[] = { "files", "keys", "path", NULL };
const char *const gv_policy_source_keys[] = { "actions", "charts", "images",
	"modules", NULL };

const char *const gv_policy_levels[] = { "off", "note", "warning", "error",
	NULL };
const char *const gv_policy_sources[] = { "modules", "charts", "images",
	"actions" };

/* ---- texts --------------------------------------------------------------- */

/* A path or a pattern of paths from the top. */
bool
gv_policy_is_inside(const char *text)
{
	const char *p;

	if (*text == '/' || strchr(text, '\n'))
		return false;
	for (p = text; (p = strstr(p, "..")) != NULL; p += 2)
		if ((p == text || p[-1] == '/') && (!p[2] || p[2] == '/'))
			return false;
	return true;
}

static int
read_path(const char **out, const struct gv_policy_place *at)
{
	int r = gv_policy_read_text(out, at);

	if (r < 0)
		return r;
	return gv_policy_is_inside(*out)
	    ? 0
	    : gv_policy_wrong(at, "a path from the top of the working tree");
}

static int
add_text(
    struct gv_policy_texts *out, const struct gv_policy_place *at, bool is_path)
{
	const char *text;
	int r = is_path ? read_path(&text, at) : gv_policy_read_text(&text, at);

	if (r < 0)
		return r;
	if (out->n == MAX_TEXTS)
		return gv_err(GV_EREFUSED, "%s:%u: %s has more than %d entries",
		    at->file, at->value->line, at->key->text, MAX_TEXTS);
	return gv_policy_add_text(out, text);
}

int
gv_policy_read_texts(struct gv_policy_texts *out,
    const struct gv_policy_place *at, bool are_paths)
{
	const struct gv_yaml_node *v = at->value;
	struct gv_policy_place one = *at;
	size_t i;
	int r;

	if (v->kind != GV_YAML_LIST)
		return add_text(out, at, are_paths);
	for (i = 0; i < v->n; i++) {
		one.value = v->values[i];
		if ((r = add_text(out, &one, are_paths)) < 0)
			return r;
	}
	return 0;
}

/* ---- rules --------------------------------------------------------------- */

static int
read_word(enum gv_policy_level *out, const struct gv_policy_place *at)
{
	int i;

	for (i = 0; at->value->kind == GV_YAML_SCALAR && gv_policy_levels[i];
	     i++)
		if (strcmp(gv_policy_levels[i], at->value->text) == 0) {
			*out = (enum gv_policy_level)i;
			return 0;
		}
	return gv_policy_wrong(at, "error, warning, note or off");
}

static int
read_level(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_lint *out = data;
	struct gv_policy_level_of l = { .rule = at->key->text,
		.line = at->key->line };
	int r = read_word(&l.level, at);

	if (r < 0)
		return r;
	if (GV_GROW(out->levels, out->n_levels, out->cap_levels) < 0)
		return gv_err_nomem();
	out->levels[out->n_levels++] = l;
	return 0;
}

/* ---- lists of maps ------------------------------------------------------- */

static int
read_ignore_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_lint_ignore *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_ignore_keys, key))
		return gv_policy_unknown_key(at, gv_policy_ignore_keys);
	if (strcmp(key, "path") == 0)
		return read_path(&out->path, at);
	if (strcmp(key, "rule") == 0)
		return gv_policy_read_text(&out->rule, at);
	if (strcmp(key, "reason") == 0)
		return gv_policy_read_text(&out->reason, at);
	if (at->value->kind != GV_YAML_SCALAR ||
	    gv_policy_parse_day(&out->ends, at->value->text, at->value->len) <
		0)
		return gv_policy_wrong(at, "a day such as 2027-01-31");
	return 0;
}

static int
read_ignore(struct gv_policy_lint *out, const struct gv_policy_place *at)
{
	struct gv_policy_lint_ignore ig = { .ends = INT64_MAX,
		.line = at->value->line };
	int r = gv_policy_each(
	    at, "a list of maps with a rule or a path", read_ignore_key, &ig);

	if (r < 0)
		return r;
	if ((ig.rule == NULL && ig.path == NULL) || ig.reason == NULL)
		return gv_err(GV_EREFUSED,
		    "%s:%u: an entry of ignore needs a rule or a path, and a "
		    "reason",
		    at->file, at->value->line);
	if (GV_GROW(out->ignores, out->n_ignores, out->cap_ignores) < 0)
		return gv_err_nomem();
	out->ignores[out->n_ignores++] = ig;
	return 0;
}

static int
read_required_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_required *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_required_keys, key))
		return gv_policy_unknown_key(at, gv_policy_required_keys);
	if (strcmp(key, "path") == 0)
		return read_path(&out->path, at);
	return strcmp(key, "files") == 0
	    ? gv_policy_read_texts(&out->files, at, true)
	    : gv_policy_read_texts(&out->keys, at, false);
}

static int
read_required(struct gv_policy_lint *out, const struct gv_policy_place *at)
{
	struct gv_policy_required *q;
	int r;

	if (GV_GROW(out->required, out->n_required, out->cap_required) < 0)
		return gv_err_nomem();
	/* in the list first, so that it is freed with it */
	q = &out->required[out->n_required++];
	*q = (struct gv_policy_required){ .line = at->value->line };
	if ((r = gv_policy_each(
		 at, "a list of maps with a path", read_required_key, q)) < 0)
		return r;
	return q->path && (q->files.n || q->keys.n)
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "%s:%u: an entry of required needs a path, and files or keys",
		  at->file, at->value->line);
}

static int
each_of(struct gv_policy_lint *out, const struct gv_policy_place *at,
    int (*fn)(struct gv_policy_lint *out, const struct gv_policy_place *at))
{
	const struct gv_yaml_node *list = at->value;
	struct gv_policy_place one = *at;
	size_t i;
	int r;

	if (list->kind != GV_YAML_LIST || list->n > MAX_TEXTS)
		return gv_policy_wrong(at, "a list of at most 1000 maps");
	for (i = 0; i < list->n; i++) {
		one.value = list->values[i];
		if (one.value->kind != GV_YAML_MAP)
			return gv_policy_wrong(at, "a list of maps");
		if ((r = fn(out, &one)) < 0)
			return r;
	}
	return 0;
}

/* ---- the section --------------------------------------------------------- */

static int
read_source(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_lint *out = data;
	int i;

	for (i = 0; i < GV_POLICY_SOURCES; i++)
		if (strcmp(gv_policy_sources[i], at->key->text) == 0)
			break;
	if (i == GV_POLICY_SOURCES)
		return gv_policy_unknown_key(at, gv_policy_source_keys);
	out->has_allowed[i] = true;
	return gv_policy_read_texts(&out->allowed[i], at, false);
}

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_lint *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_lint_keys, key))
		return gv_policy_unknown_key(at, gv_policy_lint_keys);
	if (gv_yaml_is_null(at->value))
		return 0;
	if (strcmp(key, "allowed") == 0)
		return gv_policy_each(at,
		    "a map of modules, charts, images or actions", read_source,
		    out);
	if (strcmp(key, "baseline") == 0)
		return read_path(&out->baseline, at);
	if (strcmp(key, "ignore") == 0)
		return each_of(out, at, read_ignore);
	if (strcmp(key, "protected") == 0)
		return gv_policy_read_texts(&out->protected, at, true);
	if (strcmp(key, "push") == 0)
		return read_word(&out->push, at);
	return strcmp(key, "required") == 0
	    ? each_of(out, at, read_required)
	    : gv_policy_each(
		  at, "a map of rules and severities", read_level, out);
}

int
gv_policy_read_lint(
    struct gv_policy_lint *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map with rules, ignore or baseline", read_key, out);
}

void
gv_policy_lint_release(struct gv_policy_lint *lint)
{
	size_t i;

	for (i = 0; i < lint->n_required; i++) {
		free(lint->required[i].files.items);
		free(lint->required[i].keys.items);
	}
	for (i = 0; i < GV_POLICY_SOURCES; i++)
		free(lint->allowed[i].items);
	free(lint->required);
	free(lint->protected.items);
	free(lint->levels);
	free(lint->ignores);
	memset(lint, 0, sizeof(*lint));
}

/* ---- what counts --------------------------------------------------------- */

size_t
gv_policy_lints(
    const struct gv_policy_lint *out[2], const struct gv_policy *policy)
{
	out[0] = &policy->lint;
	out[1] = &policy->lint_also;
	return policy->is_lint_double ? 2 : 1;
}

/* How exactly a text names a rule; 0: not at all. */
static size_t
fit(const char *name, const char *rule)
{
	const size_t n = strlen(name);

	if (strcmp(name, "*") == 0)
		return 1;
	return strncmp(rule, name, n) == 0 && (!rule[n] || rule[n] == '/')
	    ? n + 1
	    : 0;
}

enum gv_policy_level
gv_policy_lint_level(const struct gv_policy_lint *lint, const char *rule)
{
	enum gv_policy_level level = GV_POLICY_LEVEL_UNSAID;
	size_t best = 0, i, n;

	for (i = 0; i < lint->n_levels; i++) {
		n = fit(lint->levels[i].rule, rule);
		if (n > best) {
			best = n;
			level = lint->levels[i].level;
		}
	}
	return level;
}

enum gv_policy_level
gv_policy_push_level(const struct gv_policy *policy)
{
	const enum gv_policy_level a = policy->lint.push;
	const enum gv_policy_level b =
	    policy->is_lint_double ? policy->lint_also.push : a;

	return gv_policy_is_push_laxer(a, b) ? b : a;
}

/* To refuse from a lower level on is stricter. */
bool
gv_policy_is_push_laxer(enum gv_policy_level a, enum gv_policy_level than)
{
	if (a == GV_POLICY_LEVEL_OFF || than == GV_POLICY_LEVEL_OFF)
		return a == GV_POLICY_LEVEL_OFF && than != GV_POLICY_LEVEL_OFF;
	return a > than;
}
