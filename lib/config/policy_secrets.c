#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_SCOPE 64 /* characters */

const char *const gv_policy_secrets_keys[] = { "paths", "scopes", "withhold",
	NULL };
const char *const gv_policy_scope_path_keys[] = { "path", "scope", NULL };
const char *const gv_policy_path_keys[] = { "keep", "path", NULL };

static const char *const grades[] = { "possible", "likely", "verified", NULL };

/* Words by enum gv_policy_keep. */
static const char *const keeps[] = { "", "clear", "values", "sealed" };

static bool
is_scope(const char *text)
{
	size_t n = strlen(text), i;

	for (i = 0; i < n; i++) {
		bool is_word = (text[i] >= 'a' && text[i] <= 'z') ||
		    (text[i] >= 'A' && text[i] <= 'Z') ||
		    (text[i] >= '0' && text[i] <= '9');

		if (!is_word && (i == 0 || !strchr("._-", text[i])))
			return false;
	}
	return n && n <= MAX_SCOPE && !strstr(text, "..") &&
	    text[n - 1] != '.' && (n < 5 || strcmp(text + n - 5, ".lock") != 0);
}

static int
read_keep(enum gv_policy_keep *out, const struct gv_policy_place *at)
{
	int i;

	for (i = GV_POLICY_CLEAR; i <= GV_POLICY_SEALED; i++)
		if (at->value->kind == GV_YAML_SCALAR &&
		    strcmp(at->value->text, keeps[i]) == 0) {
			*out = (enum gv_policy_keep)i;
			return 0;
		}
	return gv_policy_wrong(at, "clear, values or sealed");
}

static int
read_path_key(struct gv_policy_path *out, const char *const *names,
    const struct gv_policy_place *at)
{
	const char *key = at->key->text;
	int r;

	if (!gv_policy_is_known(names, key))
		return gv_policy_unknown_key(at, names);
	if (strcmp(key, "keep") == 0)
		return read_keep(&out->keep, at);
	if (strcmp(key, "path") == 0)
		return gv_policy_read_text(&out->path, at);
	r = gv_policy_read_text(&out->scope, at);
	return r == 0 && !is_scope(out->scope)
	    ? gv_policy_wrong(at, "a word of letters, digits, '.', '_' and '-'")
	    : r;
}

struct list {
	struct gv_policy_path **items;
	size_t *n, *cap;
	const char *const *names;
};

static int
read_path(const struct list *out, const struct gv_policy_place *at,
    const struct gv_yaml_node *map)
{
	struct gv_policy_path p = { .path = NULL };
	bool is_scopes = out->names == gv_policy_scope_path_keys;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && map->kind == GV_YAML_MAP && i < map->n; i++)
		r = read_path_key(&p, out->names,
		    &(struct gv_policy_place){
			at->file, map->keys[i], map->values[i] });
	if (r < 0)
		return r;
	if (p.path == NULL || (is_scopes ? !p.scope : !p.keep))
		return gv_err(GV_EREFUSED,
		    "%s:%u: this is a map with path and %s", at->file,
		    map->line, is_scopes ? "scope" : "keep");
	r = gv_vec_grow((void **)out->items, out->cap, *out->n + 1, sizeof(p));
	if (r == 0)
		(*out->items)[(*out->n)++] = p;
	return r;
}

static int
read_paths(const struct list *out, const struct gv_policy_place *at)
{
	size_t i;
	int r = 0;

	if (at->value->kind != GV_YAML_LIST)
		return gv_policy_wrong(at, "a list of maps with a path");
	for (i = 0; r == 0 && i < at->value->n; i++)
		r = read_path(out, at, at->value->values[i]);
	return r;
}

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_secrets *out = data;
	const struct list scopes = { &out->scopes, &out->n_scopes,
		&out->cap_scopes, gv_policy_scope_path_keys };
	const struct list paths = { &out->paths, &out->n_paths, &out->cap_paths,
		gv_policy_path_keys };
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_secrets_keys, key))
		return gv_policy_unknown_key(at, gv_policy_secrets_keys);
	if (gv_yaml_is_null(at->value))
		return 0;
	if (strcmp(key, "scopes") == 0)
		return read_paths(&scopes, at);
	if (strcmp(key, "paths") == 0)
		return read_paths(&paths, at);
	if (at->value->kind != GV_YAML_SCALAR ||
	    !gv_policy_is_known(grades, at->value->text))
		return gv_policy_wrong(at, "possible, likely or verified");
	out->withhold = at->value->text;
	return 0;
}

int
gv_policy_read_secrets(
    struct gv_policy_secrets *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map with withhold, scopes or paths", read_key, out);
}
