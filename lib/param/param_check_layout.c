#include <stdio.h>

#include "base/err.h"
#include "param/param_check_internal.h"
#include "param/param_target.h"

/* Files of a layout that is not the first one are no part of what was checked:
 * the report says so. */

/* The number of the layout in the table; -1: a set, or none. */
static int
find(int *out, struct gv_param_pool *pool, const struct gv_param_query *query)
{
	struct gv_param_private p = { .pool = pool, .query = *query };
	const struct gv_policy_config *set;
	const char *dir;
	int r = gv_param_find_layout(&p, &set, &dir);

	*out = r == 0 && set == NULL ? (int)(p.layout - gv_param_layout_table)
				     : -1;
	gv_arena_release(&p.arena);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

int
gv_param_check_note_layout(
    struct gv_param_checker *c, const struct gv_param_query *query)
{
	int layout;
	const int r = find(&layout, c->pool, query);

	if (layout >= 0)
		c->layouts |= (uint32_t)1 << layout;
	return r;
}

static int
exists(bool *out, struct gv_param_checker *c, const char *layout,
    const struct gv_param_targets *t)
{
	struct gv_param_query query = { .layout = layout };
	size_t i;
	int found = -1, r = find(&found, c->pool, &query);

	for (i = 0; r == 0 && found < 0 && i < t->n[GV_PARAM_SERVICES]; i++) {
		query.service = t->names[GV_PARAM_SERVICES][i];
		r = find(&found, c->pool, &query);
	}
	*out = found >= 0;
	return r;
}

static int
say(struct gv_param_checker *c, const char *layout)
{
	char text[160];

	snprintf(text, sizeof(text),
	    "files of the layout '%s' were not checked; to check them: git "
	    "vault config validate --all --layout %s",
	    layout, layout);
	return gv_param_report_add(c->report,
	    &(struct gv_param_problem){ .grade = GV_PARAM_NOTE,
		.check = "layer",
		.key = "",
		.text = text,
		.where = layout });
}

int
gv_param_check_layouts(
    struct gv_param_checker *c, const struct gv_param_targets *targets)
{
	bool is;
	int i, r = 0;

	for (i = 0; r == 0 && gv_param_layout_table[i].name; i++) {
		if (c->layouts & (uint32_t)1 << i)
			continue;
		r = exists(&is, c, gv_param_layout_table[i].name, targets);
		if (r == 0 && is)
			r = say(c, gv_param_layout_table[i].name);
	}
	return r;
}
