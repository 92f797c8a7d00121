#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

const char *const gv_policy_snapshots_keys[] = { "classes", "exclude",
	"include", "limit", NULL };

struct list {
	const char ***items;
	size_t *n, *cap;
};

int
gv_policy_check_pattern(
    const struct gv_policy_place *at, const struct gv_yaml_node *node)
{
	return node->kind != GV_YAML_SCALAR || node->len == 0 ||
		*node->text == '!' || strlen(node->text) != node->len ||
		strchr(node->text, '\n')
	    ? gv_policy_wrong(
		  at, "a pattern of .gitignore without '!', or a list of them")
	    : 0;
}

static int
add_pattern(const struct list *out, const struct gv_policy_place *at,
    const struct gv_yaml_node *node)
{
	int r = gv_policy_check_pattern(at, node);

	if (r == 0)
		r = gv_vec_grow((void **)out->items, out->cap, *out->n + 1,
		    sizeof(**out->items));
	if (r == 0)
		(*out->items)[(*out->n)++] = node->text;
	return r;
}

static int
read_limit(struct gv_policy_room *out, const struct gv_policy_place *at)
{
	const char *text;
	const int r = gv_policy_read_text(&text, at);

	if (r < 0)
		return r;
	return gv_policy_room_parse(out, text) == 0
	    ? 0
	    : gv_policy_wrong(at,
		  "a size such as 20GiB, at least 1MiB, or a part of the "
		  "disk such as 10%");
}

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_snapshots *out = data;
	const struct gv_yaml_node *v = at->value;
	struct list list = { &out->include, &out->n_include,
		&out->cap_include };
	size_t i;
	int r = 0;

	if (!gv_policy_is_known(gv_policy_snapshots_keys, at->key->text))
		return gv_policy_unknown_key(at, gv_policy_snapshots_keys);
	if (strcmp(at->key->text, "limit") == 0)
		return read_limit(&out->limit, at);
	if (strcmp(at->key->text, "classes") == 0)
		return gv_policy_read_classes(out->classes, at);
	if (strcmp(at->key->text, "exclude") == 0)
		list = (struct list){ &out->exclude, &out->n_exclude,
			&out->cap_exclude };
	if (v->kind != GV_YAML_LIST)
		return add_pattern(&list, at, v);
	for (i = 0; r == 0 && i < v->n; i++)
		r = add_pattern(&list, at, v->values[i]);
	return r;
}

int
gv_policy_read_snapshots(
    struct gv_policy_snapshots *out, const struct gv_policy_place *section)
{
	return gv_policy_each(section,
	    "a map with 'include:', 'exclude:', 'classes:' or 'limit:'",
	    read_key, out);
}
