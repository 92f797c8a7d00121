#ifndef ASK_H
#define ASK_H
/*
 * Questions. One rule holds for the whole program: it asks only if stdin and
 * stderr are terminals, no hook runs, and CI is not set. --yes answers each
 * question. Otherwise the command does the safe thing and says so in one line.
 *
 *	struct drop_opts { bool yes; };
 *	static const struct gv_opt opts[] = {
 *		GV_ASK_OPT(struct drop_opts, yes),
 *		GV_OPT_LAST
 *	};
 *
 *	r = gv_ask(&yes, ctx, o->yes, "kept it; to drop it: git vault drop "
 *	    "--yes %s", "drop %s?", name);
 *
 * Passphrase prompts follow another rule, see gv_ask_may_unlock().
 */

#include <stdbool.h>

#include "git-vault/front/cmd.h"

/* The row of --yes in a command's table of options; `member` is a bool. */
#define GV_ASK_OPT(type_, member)                                              \
	{                                                                      \
		.type = GV_OPT_BOOL, .letter = 'y', .name = "yes",             \
		.at = offsetof(type_, member),                                 \
		.help = "answer yes to every question"                         \
	}

/* What decides whether a question may be put. */
struct gv_ask_place {
	bool stdin_is_terminal; /* and this program is in its foreground */
	bool stderr_is_terminal;
	bool is_hook; /* a hook of git's or of git-vault's runs */
	bool is_ci;   /* CI is set, to anything */
};

/* The rule; a pure function. */
bool gv_ask_decide(const struct gv_ask_place *place);

/* Whether a hook runs, as the variables say that git and our hooks set for
 * what they start. `get` returns a variable's value, or NULL. */
bool gv_ask_is_hook(const char *(*get)(const char *name));

/* Fill in where this command runs. */
void gv_ask_look(struct gv_ask_place *out, const struct gv_ctx *ctx);

/* Whether this command may put a question now. */
bool gv_ask_may(const struct gv_ctx *ctx);

/* Whether this command may ask for a passphrase: there is a terminal, whatever
 * stdin and stderr are, no hook runs, and CI is not set. */
bool gv_ask_may_unlock(const struct gv_ctx *ctx);

/* Put a question that is answered by yes or no; `fmt` is its text, without
 * "[y/N]". *yes is true where `given` (of --yes) is, with no question put, and
 * where the user types "y" or "yes". Where no question may be put, *yes is
 * false and `otherwise`, unless NULL, is printed as one line: what the command
 * does instead, and how to get the other. 0; GV_ECANCELED; GV_ERROR;
 * GV_ENOMEM. */
int
gv_ask(bool *yes, const struct gv_ctx *ctx, bool given, const char *otherwise,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Refuse what is never done without an answer, where nobody can be asked and
 * --yes was not given: `fate` is what was not done, such as "nothing was
 * recovered", and `args` the words of the command that does it, as of
 * gv_cmd_again(). 0 to put the question; GV_EUSAGE; GV_ENOMEM. */
int gv_ask_must(const struct gv_ctx *ctx, bool given, const char *fate,
    const char *const *args);

#endif
