#include <stdlib.h>

#include "autosave/autosave.h"
#include "autosave/restless.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/repo.h"

/* A negative value that ends a comparison; it sets no message. */
#define ENOUGH GV_ECANCELED

struct weighing {
	const struct gv_autosave_rules *rules;
	const struct gv_restless *restless;
	struct gv_odb *odb;
	enum gv_class class;
	bool is_enough;
};

static int
weigh_path(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	struct weighing *w = ctx;
	enum gv_class class = w->rules->class_of(w->rules->ctx, path, len);

	(void)a;
	(void)b;
	if (class < GV_CLASS_LOW && gv_restless_get(w->restless, path))
		class = (enum gv_class)(class + 1);
	if (class < w->class)
		w->class = class;
	w->is_enough = w->class == GV_CLASS_CRITICAL;
	return w->is_enough ? ENOUGH : 0;
}

/* The class of what changed from one save to the next. */
static int
weigh(struct weighing *w, const struct gv_autosave *from,
    const struct gv_autosave *to)
{
	struct gv_oid a, b;
	unsigned mode;
	int r;

	w->class = GV_CLASS_LOW;
	w->is_enough = false;
	if ((r = gv_tree_find(w->odb, &from->root, "tree", &mode, &a)) < 0 ||
	    (r = gv_tree_find(w->odb, &to->root, "tree", &mode, &b)) < 0)
		return r;
	/* what is staged, or which commit it is on */
	if (gv_oid_equal(&a, &b))
		w->class = GV_CLASS_NORMAL;
	else
		r = gv_tree_diff(w->odb, &a, &b, weigh_path, w);
	return w->is_enough ? 0 : r;
}

/* Whether what cannot be compared is no reason to stop: it counts as critical.
 */
static bool
is_damage(int r)
{
	return r == GV_ECORRUPT || r == GV_ENOTFOUND;
}

int
gv_autosave_weigh(struct gv_thin_save *out, struct gv_repo *repo,
    const struct gv_autosaves *chain, const struct gv_autosave_rules *rules)
{
	struct gv_restless restless = { 0 };
	struct weighing w = { .rules = rules, .restless = &restless };
	char *before = gv_err_save();
	bool has_restless = false;
	size_t i;
	int r = gv_repo_odb(repo, &w.odb);

	for (i = 0; r == 0 && i < chain->n; i++) {
		const struct gv_autosave *save = &chain->saves[i];

		out[i] = (struct gv_thin_save){ save->time, GV_CLASS_CRITICAL };
		if (i + 1 == chain->n ||
		    !gv_thin_needs_class(
			chain->saves[0].time - save->time, rules->of))
			continue;
		if (!has_restless)
			r = gv_restless_find(&restless, repo);
		has_restless = true;
		if (r == 0 && (r = weigh(&w, save + 1, save)) == 0)
			out[i].class = w.class;
		r = is_damage(r) ? 0 : r;
	}
	gv_restless_release(&restless);
	return gv_err_settle(r, before);
}
