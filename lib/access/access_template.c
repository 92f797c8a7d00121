#include "access/access_template.h"

#include <sys/stat.h>

#include "config/policy.h"
#include "object/odb.h"
#include "object/tree.h"
#include "param/param_gives.h"
#include "repo/oid.h"

struct loading {
	struct gv_access_uses *out;
	struct gv_odb *odb;
	const struct gv_policy *policy;
};

bool
gv_access_is_template(
    const struct gv_policy *policy, const char *path, size_t len)
{
	size_t i;

	for (i = 0; i < policy->configs.n; i++)
		if (policy->configs.items[i].is_template &&
		    gv_param_is_layer(&policy->configs.items[i], path, len))
			return true;
	return false;
}

/* The names of one layer, by the signs of each set that has it. */
static int
add_layer(struct loading *l, const char *path, size_t len,
    const struct gv_tree_entry *e)
{
	const struct gv_policy_configs *sets = &l->policy->configs;
	struct gv_object object;
	struct gv_access_text text;
	size_t i;
	int r = gv_odb_read_type(l->odb, &object, &e->oid, GV_OTYPE_BLOB);

	if (r < 0)
		return r;
	text.p = object.len ? (const char *)object.data : "";
	text.len = object.len;
	for (i = 0; r == 0 && i < sets->n; i++)
		if (sets->items[i].is_template &&
		    gv_param_is_layer(&sets->items[i], path, len))
			r = gv_access_uses_add(l->out, path, &text,
			    sets->items[i].open, sets->items[i].close);
	gv_object_release(&object);
	return r;
}

static int
look(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct loading *l = ctx;
	uint64_t size;
	int r;

	if (!S_ISREG(e->mode) || !gv_access_is_template(l->policy, path, len))
		return 0;
	if ((r = gv_odb_read_size(l->odb, &size, &e->oid)) < 0)
		return r;
	if (size <= GV_ACCESS_KEYS_MOST)
		return add_layer(l, path, len, e);
	l->out->is_unread = true;
	return 0;
}

int
gv_access_template_load(struct gv_access_uses *out, struct gv_odb *odb,
    const struct gv_oid *tree, const struct gv_policy *policy)
{
	struct loading l = { .out = out, .odb = odb, .policy = policy };

	return gv_oid_is_zero(tree) ? 0 : gv_tree_walk(odb, tree, look, &l);
}
