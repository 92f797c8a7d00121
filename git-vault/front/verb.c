#include "git-vault/front/verb.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/synonym.h"

static const char *const counts[] = { "no", "one", "two", "three" };

/* How many arguments a verb takes, in words. */
static void
put_arguments(char out[40], const struct gv_verb *v)
{
	if (v->max < 0)
		snprintf(out, 40, "%s argument%s or more", counts[v->min],
		    v->min == 1 ? "" : "s");
	else if (v->min == v->max)
		snprintf(out, 40, "%s argument%s", counts[v->max],
		    v->max == 1 ? "" : "s");
	else if (v->min == 0)
		snprintf(out, 40, "%s argument%s at most", counts[v->max],
		    v->max == 1 ? "" : "s");
	else
		snprintf(out, 40, "%s or %s arguments", counts[v->min],
		    counts[v->max]);
}

static int
check(const struct gv_ctx *ctx, const struct gv_verb *v,
    const struct gv_verb_option *given, int n)
{
	char takes[40];

	for (; given->name; given++)
		if (given->given && !(v->takes & given->bit))
			return gv_err(GV_EUSAGE, "'%s %s' does not take --%s",
			    ctx->cmd->name, v->name, given->name);
	if (n >= v->min && (v->max < 0 || n <= v->max))
		return 0;
	put_arguments(takes, v);
	return gv_err(GV_EUSAGE, "'%s %s' takes %s, not %d", ctx->cmd->name,
	    v->name, takes, n);
}

int
gv_verb_run(struct gv_ctx *ctx, const struct gv_verb *verbs,
    const struct gv_verb_option *given, int argc, char **argv)
{
	const char *verb = argc > 0 ? argv[0] : ctx->cmd->verb;
	const int given_verb = argc > 0;
	const struct gv_verb *all = verbs;
	int r;

	for (; verbs->name; verbs++) {
		if (strcmp(verbs->name, verb) != 0)
			continue;
		r = check(ctx, verbs, given, argc - given_verb);
		return r < 0
		    ? r
		    : verbs->run(ctx, argc - given_verb, argv + given_verb);
	}
	return gv_synonym_verb(ctx, all, argc, argv);
}
