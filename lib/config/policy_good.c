#include "base/err.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_CHECKS 100

static const char *const keys[] = { "checks", NULL };

static int
read_check(struct gv_policy_goods *out, const struct gv_policy_place *at)
{
	struct gv_policy_check check = { .name = at->key->text };
	int r = gv_policy_read_text(&check.command, at);

	if (r == 0 && (at->key->len == 0 || out->n == MAX_CHECKS))
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d checks, each with a name",
		    at->file, at->key->line, MAX_CHECKS);
	if (r == 0)
		r = gv_vec_grow((void **)&out->checks, &out->cap, out->n + 1,
		    sizeof(*out->checks));
	if (r == 0)
		out->checks[out->n++] = check;
	return r;
}

static int
read_checks(struct gv_policy_goods *out, const struct gv_policy_place *at)
{
	const struct gv_yaml_node *map = at->value;
	size_t i;
	int r = 0;

	if (gv_yaml_is_null(map))
		return 0;
	if (map->kind != GV_YAML_MAP)
		return gv_policy_wrong(at, "a map of names to commands");
	for (i = 0; r == 0 && i < map->n; i++)
		r = read_check(out,
		    &(struct gv_policy_place){
			at->file, map->keys[i], map->values[i] });
	return r;
}

int
gv_policy_read_goods(
    struct gv_policy_goods *out, const struct gv_policy_place *section)
{
	const struct gv_yaml_node *map = section->value;
	size_t i;
	int r = 0;

	if (gv_yaml_is_null(map))
		return 0;
	if (map->kind != GV_YAML_MAP)
		return gv_policy_wrong(section, "a map with checks");
	for (i = 0; r == 0 && i < map->n; i++) {
		const struct gv_policy_place at = { section->file, map->keys[i],
			map->values[i] };

		r = gv_policy_is_known(keys, at.key->text)
		    ? read_checks(out, &at)
		    : gv_policy_unknown_key(&at, keys);
	}
	return r;
}
