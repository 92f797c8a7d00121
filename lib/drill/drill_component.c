#include <string.h>

#include "base/err.h"
#include "drill/drill_internal.h"

/*
 * The newest dump of each component, restored by `git vault component drill`
 * in the clone: into a scratch server, file or directory.
 */

static bool
is(const struct gv_unjson_node *one, const char *result)
{
	const char *text = gv_unjson_get_text(one, "result");

	return text && strcmp(text, result) == 0;
}

static const char *
describe(struct gv_drill_run *run, const struct gv_unjson_node *one)
{
	const char *name = gv_unjson_get_text(one, "name");
	const char *ref = gv_unjson_get_text(one, "ref");
	const char *detail = gv_unjson_get_text(one, "detail");

	return gv_drill_text(run->drill, "%s: %s",
	    name      ? name
		: ref ? ref
		      : "a dump",
	    detail ? detail : "");
}

static int
sum_up(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *one, *bad = NULL, *open = NULL;
	size_t n = 0, unproven = 0;
	const char *text;

	for (one = list ? list->first : NULL; one; one = one->next) {
		n++;
		if (is(one, "failed") && bad == NULL)
			bad = one;
		if (is(one, "could_not_run") && unproven++ == 0)
			open = one;
	}
	if (bad) {
		text = describe(run, bad);
		return text
		    ? gv_drill_fail_as(run, step, "component", text, NULL)
		    : GV_ENOMEM;
	}
	step->result = n == 0 ? GV_DRILL_NOTHING
	    : unproven        ? GV_DRILL_COULD_NOT
			      : GV_DRILL_PASSED;
	text = open ? describe(run, open) : "";
	step->detail = n == 0 ? "there are no dumps of components"
	    : text == NULL
	    ? NULL
	    : gv_drill_text(run->drill,
		  "%zu of %zu component%s restored and proven%s%s",
		  n - unproven, n, n == 1 ? "" : "s", unproven ? "; " : "",
		  text);
	return step->detail ? 0 : GV_ENOMEM;
}

int
gv_drill_components(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *const all[] = { "component", "drill", NULL };
	const char *const one[] = { "component", "drill", "--env",
		run->opts->env, NULL };
	struct gv_answer a;
	int r = gv_drill_ask(&a, run, run->opts->env ? one : all);

	if (r < 0)
		return r;
	r = a.doc && (a.status == 0 || a.status == 1 || a.status == 3) &&
		*a.code == '\0'
	    ? sum_up(run, step, gv_unjson_get(gv_unjson_root(a.doc), "dumps"))
	    : gv_drill_fail_by(run, step, &a);
	gv_answer_release(&a);
	return r;
}
