#include "verb.h"

#include <string.h>

#include "base/err.h"
#include "cmd.h"

static const char *
arguments_of(const struct gv_verb *v)
{
	if (v->max == 0)
		return "no arguments";
	if (v->max == 1)
		return v->min ? "one argument" : "one argument at most";
	return v->max < 0 ? "one argument or more" : "two arguments at most";
}

static int
check(const struct gv_ctx *ctx, const struct gv_verb *v,
    const struct gv_verb_option *given, int n)
{
	for (; given->name; given++)
		if (given->given && !(v->takes & given->bit))
			return gv_err(GV_EUSAGE, "'%s %s' does not take --%s",
			    ctx->cmd->name, v->name, given->name);
	return n < v->min || (v->max >= 0 && n > v->max)
	    ? gv_err(GV_EUSAGE, "'%s %s' takes %s, not %d", ctx->cmd->name,
		  v->name, arguments_of(v), n)
	    : 0;
}

int
gv_verb_run(struct gv_ctx *ctx, const struct gv_verb *verbs,
    const struct gv_verb_option *given, int argc, char **argv)
{
	int r;

	for (; verbs->name; verbs++) {
		if (strcmp(verbs->name, argv[0]) != 0)
			continue;
		r = check(ctx, verbs, given, argc - 1);
		return r < 0 ? r : verbs->run(ctx, argc - 1, argv + 1);
	}
	return gv_err(
	    GV_EUSAGE, "there is no command '%s %s'", ctx->cmd->name, argv[0]);
}
