#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "plan/plan.h"

static int
add(struct gv_plan_envs *to, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < to->n; i++)
		if (strlen(to->names[i]) == len &&
		    memcmp(to->names[i], name, len) == 0)
			return 0;
	if (GV_GROW(to->names, to->n, to->cap) < 0 ||
	    (to->names[to->n] = strndup(name, len)) == NULL)
		return gv_err_nomem();
	to->n++;
	return 0;
}

/* The environment of a known-good record, "good:prod" or "good:prod~1". */
static int
add_record(struct gv_plan_envs *to, const char *snapshot)
{
	static const char good[] = "good:";
	const size_t len = sizeof(good) - 1;

	if (snapshot == NULL || strncmp(snapshot, good, len) != 0)
		return 0;
	return add(to, snapshot + len, strcspn(snapshot + len, "~:"));
}

int
gv_plan_envs(
    struct gv_plan_envs *out, const struct gv_plan *plan, const char *given)
{
	size_t i;
	int r = 0;

	*out = (struct gv_plan_envs){ .n = 0 };
	if (given)
		r = add(out, given, strlen(given));
	if (r == 0 && plan->environment)
		r = add(out, plan->environment, strlen(plan->environment));
	for (i = 0; r == 0 && i < plan->n; i++) {
		const struct gv_plan_step *s = &plan->steps[i];

		if (s->kind != GV_PLAN_RESTORE || s->into)
			continue;
		r = s->as ? add(out, s->as, strlen(s->as))
			  : add_record(out, s->snapshot);
	}
	return r;
}

void
gv_plan_envs_release(struct gv_plan_envs *envs)
{
	size_t i;

	for (i = 0; i < envs->n; i++)
		free(envs->names[i]);
	free(envs->names);
	*envs = (struct gv_plan_envs){ .n = 0 };
}
