#include "lint/lint_internal.h"

#include <string.h>

/*
 * States of Terraform held against the code: resources that no code has any
 * more, and code that was not applied yet. Which these are the caller says.
 */

/* The first file of code in a folder. */
static bool
find_code(
    struct gv_lint_place *out, const struct gv_depgraph *g, const char *dir)
{
	const uint32_t folder = gv_depgraph_find_folder(g, dir, strlen(dir));
	const struct gv_depgraph_folder *f;
	uint32_t i;

	if (folder == GV_DEPGRAPH_NONE)
		return false;
	f = &g->folders[folder];
	for (i = f->first; i < f->first + f->n; i++)
		if (g->files[i].dialect == GV_SYMBOL_DIALECT_TERRAFORM ||
		    g->files[i].dialect == GV_SYMBOL_DIALECT_TERRAFORM_JSON) {
			*out = (struct gv_lint_place){ i, 0 };
			return true;
		}
	return false;
}

static void
add_orphans(struct gv_lint *c, const struct gv_lint_state *s)
{
	struct gv_buf subject = GV_BUF_INIT;
	struct gv_lint_place place;

	if (s->n_orphans == 0 || !find_code(&place, c->graph, s->dir))
		return;
	gv_buf_addf(&subject, "%s/%s without code", s->env, s->stack);
	if (gv_buf_check(&subject) < 0)
		c->failed = true;
	else
		gv_lint_add(c, "tf/state-orphan", subject.p, place,
		    "%zu resource%s of the state %s of %s %s no code here, "
		    "such as %s",
		    s->n_orphans, s->n_orphans == 1 ? "" : "s", s->stack,
		    s->env, s->n_orphans == 1 ? "has" : "have", s->orphan);
	gv_buf_release(&subject);
}

/* It may just not be applied yet. */
static void
add_planned(struct gv_lint *c, const struct gv_lint_state *s)
{
	struct gv_buf subject = GV_BUF_INIT;
	struct gv_lint_place place = { .line = s->line };

	if (s->n_planned == 0)
		return;
	place.file = gv_depgraph_find_file(c->graph, s->file, strlen(s->file));
	if (place.file == GV_DEPGRAPH_NONE)
		return;
	gv_buf_addf(&subject, "%s/%s not applied", s->env, s->stack);
	if (gv_buf_check(&subject) < 0)
		c->failed = true;
	else
		gv_lint_note(c, "tf/state-orphan", subject.p, place,
		    "%zu block%s of code %s not in the state %s of %s, such "
		    "as %s",
		    s->n_planned, s->n_planned == 1 ? "" : "s",
		    s->n_planned == 1 ? "is" : "are", s->stack, s->env,
		    s->planned);
	gv_buf_release(&subject);
}

void
gv_lint_states(struct gv_lint *c)
{
	size_t i;

	for (i = 0; i < c->opts->n_states && !c->failed; i++) {
		add_orphans(c, &c->opts->states[i]);
		add_planned(c, &c->opts->states[i]);
	}
}
