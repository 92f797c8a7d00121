#include <string.h>

#include "base/err.h"
#include "git-vault/about/candidates.h"
#include "git-vault/about/complete.h"
#include "git-vault/about/completion.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"

static const struct gv_completion *
find_script(const char *shell)
{
	const struct gv_completion *c;

	for (c = gv_completions; c->shell; c++)
		if (strcmp(c->shell, shell) == 0)
			return c;
	return NULL;
}

static int
unknown(const char *shell)
{
	return gv_err(GV_EUSAGE,
	    "no completion is known for the shell '%s'; there are scripts for "
	    "bash, zsh and fish",
	    shell);
}

/* The words are on one line each: nothing with a control character in it is a
 * candidate. */
static void
print(struct gv_out *out, const struct gv_candidates *list)
{
	static const char *const hows[] = { [GV_CANDIDATES_WORDS] = "words",
		[GV_CANDIDATES_ORDER] = "order",
		[GV_CANDIDATES_PATHS] = "paths",
		[GV_CANDIDATES_FILES] = "files",
		[GV_CANDIDATES_DIRS] = "dirs" };
	size_t i;

	gv_out_printf(out, "%s\n", hows[list->how]);
	for (i = 0; i < list->n; i++)
		gv_out_printf(out, "%s\t%s\n", list->items[i].value,
		    list->items[i].about);
}

/* What cannot be found is not offered: a key that was pressed is no place for
 * a message. */
static int
run_candidates(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_candidates list = { .n = 0 };
	struct gv_complete asked;
	int r;

	if (argc < 1)
		return gv_err(GV_EUSAGE,
		    "'completion candidates' needs a shell and the words of a "
		    "line");
	if (find_script(argv[0]) == NULL)
		return unknown(argv[0]);
	r = gv_complete_read(
	    &asked, ctx->all, argc - 1, argv + 1, strcmp(argv[0], "fish") == 0);
	if (r == 0) {
		r = gv_candidates_find(&list, ctx, &asked);
		print(ctx->out, &list);
	}
	gv_candidates_release(&list);
	gv_complete_release(&asked);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_completion *script;

	if (strcmp(argv[0], "candidates") == 0)
		return run_candidates(ctx, argc - 1, argv + 1);
	if (argc > 1)
		return gv_err(GV_EUSAGE,
		    "'completion %s' takes no other arguments", argv[0]);
	script = find_script(argv[0]);
	if (script == NULL)
		return unknown(argv[0]);
	gv_out_write(ctx->out, script->text, strlen(script->text));
	return 0;
}

const struct gv_cmd cmd_completion = {
	.name = "completion",
	.summary = "print the completion script for a shell",
	.usage = "bash\n"
		 "zsh\n"
		 "fish\n"
		 "candidates SHELL [--] [WORD...]",
	.group = GV_CMD_ABOUT,
	.flags = GV_CMD_NO_JSON,
	.min_args = 1,
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
