#include "git-vault/front/harm.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/opt.h"
#include "git-vault/front/project_all.h"
#include "sys/entry.h"

/* The list: a command, the option that makes it destroy, and the one that it
 * has otherwise (NULL: it always destroys). Each has --yes and --dry-run. */
static const struct harm {
	const char *command, *option, *otherwise;
} harms[] = {
	{ "delete", NULL, NULL },
	{ "purge", NULL, NULL },
	{ "restore", "in-place", "--to" },
	{ "rollback", NULL, NULL },
	{ "undo", NULL, NULL },
};

static const struct harm *
find(const struct gv_cmd *cmd)
{
	size_t i;

	for (i = 0; i < sizeof(harms) / sizeof(harms[0]); i++)
		if (strcmp(harms[i].command, cmd->name) == 0)
			return &harms[i];
	return NULL;
}

static bool
is_given(const struct gv_ctx *ctx, const char *name)
{
	const struct gv_opt *o = ctx->cmd->opts;

	for (; o->type != GV_OPT_END; o++)
		if (o->type == GV_OPT_BOOL && o->name &&
		    strcmp(o->name, name) == 0)
			return *(const bool *)((const char *)ctx->opts + o->at);
	return false;
}

/* Whether a word is this option, or this option with its value. */
static bool
is_word(const char *word, const char *option)
{
	const size_t n = strlen(option);

	return strncmp(word, option, n) == 0 &&
	    (word[n] == '\0' || word[n] == '=');
}

/* Under -A nobody has parsed the words, and a doubt is a refusal: what is
 * shortened or joined does not count. */
static bool
is_harmless(const struct harm *harm, const struct gv_project_all_words *words)
{
	int i;

	for (i = 1; i < words->argc && strcmp(words->argv[i], "--") != 0; i++) {
		const char *word = words->argv[i];

		if (strcmp(word, "--yes") == 0 || strcmp(word, "-y") == 0 ||
		    strcmp(word, "--dry-run") == 0 || strcmp(word, "-n") == 0 ||
		    strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0 ||
		    (harm->otherwise && is_word(word, harm->otherwise)))
			return true;
	}
	return false;
}

/* The command again, with --yes behind its name, where no "--" and no path is
 * before it. 0 or GV_ENOMEM. */
static int
add_again(struct gv_buf *out, const char *start, const struct gv_ctx *ctx)
{
	int i;

	gv_buf_addstr(out, start);
	for (i = 0; i < ctx->words->argc; i++) {
		gv_shell_word(out, ctx->words->argv[i]);
		if (i == 0)
			gv_buf_addstr(out, " --yes");
	}
	return gv_buf_check(out);
}

/* One file cannot take an escrow of each: the first project would have one, and
 * the others fail. */
static bool
is_escrow(const struct gv_ctx *ctx)
{
	return strcmp(ctx->cmd->name, "key") == 0 && ctx->words->argc > 1 &&
	    strcmp(ctx->words->argv[1], "escrow") == 0;
}

int
gv_harm_check_all(const struct gv_ctx *ctx)
{
	const struct harm *harm = find(ctx->cmd);
	struct gv_buf command = GV_BUF_INIT;
	int r;

	if (is_escrow(ctx))
		return gv_err(GV_EREFUSED,
		    "no escrow was made: an escrow opens one vault; make it in "
		    "one project by 'git vault key escrow', and let it open "
		    "the others by the command that this prints, with -A");
	if (harm == NULL || is_harmless(harm, ctx->words))
		return 0;
	r = add_again(&command, "git vault -A", ctx) < 0
	    ? GV_ENOMEM
	    : gv_err(GV_EREFUSED,
		  "nothing was changed: with -A, git vault %s destroys work in "
		  "each of your projects\nhint: to see them: git vault "
		  "projects\nhint: to do it all the same: %s",
		  ctx->cmd->name, command.p);
	gv_buf_release(&command);
	return r;
}

int
gv_harm_check_place(const struct gv_ctx *ctx, const char *from)
{
	const struct harm *harm = find(ctx->cmd);
	struct gv_buf command = GV_BUF_INIT;
	char *here;
	int r;

	if (harm == NULL || (harm->option && !is_given(ctx, harm->option)) ||
	    is_given(ctx, "yes") || is_given(ctx, "dry-run"))
		return 0;
	if ((here = gv_entry_real_path(".")) == NULL)
		return gv_err_sys("cannot tell which folder this is");
	if (from && gv_path_is_below(from, strlen(from), here, strlen(here))) {
		free(here);
		return 0;
	}
	r = add_again(&command, "git vault", ctx) < 0
	    ? GV_ENOMEM
	    : gv_err(GV_EREFUSED,
		  "nothing was changed: this would overwrite or remove what "
		  "the project %.100s has, in %s\nhint: to do it all the same: "
		  "%s",
		  ctx->project, here, command.p);
	gv_buf_release(&command);
	free(here);
	return r;
}
