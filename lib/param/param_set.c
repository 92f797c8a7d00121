#include <string.h>

#include "base/err.h"
#include "param/param_internal.h"
#include "policy/team.h"

/* A set of the policy as a layout. */

int
gv_param_use_set(struct gv_param_private *p, const struct gv_policy_config *set)
{
	static const char *const dirs[] = { "", NULL };
	const size_t size = (set->layers.n + 1) * sizeof(char *);
	const char **layers = gv_arena_alloc(&p->arena, size);
	int r;

	if (layers == NULL)
		return GV_ENOMEM;
	if ((r = gv_param_find_store(&p->store, p->pool, set)) < 0)
		return r;
	memcpy(layers, set->layers.items, size - sizeof(char *));
	layers[set->layers.n] = NULL;
	p->of_set = (struct gv_param_layout){ .name = set->name,
		.dialect = GV_PARAM_OWN,
		.dirs = dirs,
		.anchors = layers,
		.layers = layers };
	return 0;
}

static enum gv_layer_way
way_of(const char *name)
{
	int i;

	for (i = 0; gv_layer_ways[i]; i++)
		if (strcmp(gv_layer_ways[i], name) == 0)
			return (enum gv_layer_way)i;
	return GV_LAYER_DEFAULT;
}

int
gv_param_set_opts(struct gv_layer_opts *out, struct gv_param_private *p,
    const struct gv_policy_config *set)
{
	struct gv_layer_rule *rules =
	    gv_arena_alloc(&p->arena, (set->n_merges + 1) * sizeof(*rules));
	struct gv_buf from = GV_BUF_INIT;
	size_t i;
	int r = 0;

	if (rules == NULL)
		return GV_ENOMEM;
	for (i = 0; r == 0 && i < set->n_merges; i++) {
		const struct gv_policy_merge *m = &set->merges[i];

		gv_buf_reset(&from);
		gv_buf_addf(&from, "%s:%u", GV_TEAM_POLICY, m->line);
		rules[i] = (struct gv_layer_rule){ .path = m->path,
			.by = m->by,
			.way = way_of(m->way),
			.null_deletes = -1,
			.from = gv_arena_copy(&p->arena, from.p, from.len) };
		if (rules[i].from == NULL)
			r = GV_ENOMEM;
	}
	gv_buf_release(&from);
	out->rules = rules;
	out->n_rules = set->n_merges;
	out->null_deletes = set->null_deletes;
	return r;
}
