#ifndef SYNONYM_H
#define SYNONYM_H
/*
 * The answer to a command or verb that git vault does not have: the command
 * that does the same. Words of other tools (restic, borg, kopia, gitleaks, Git)
 * come from a table; misspelt words are compared with ours.
 *
 *	return gv_synonym_command(ctx->all, "backup", NULL);
 *	error: unknown command 'backup'
 *	hint: git vault snapshot
 */

#include "git-vault/front/verb.h"

struct gv_cmd;
struct gv_ctx;

/* Fail with GV_EUSAGE, and a hint that can be pasted. `args` are the words
 * after the unknown one, with NULL at the end; the hint repeats those that the
 * right command takes. With `args` NULL the hint opens the manual of the
 * command. */
int gv_synonym_command(
    const struct gv_cmd *const *all, const char *name, char *const *args);

/* The same for argv[0], which is not a verb of the running command. */
int gv_synonym_verb(const struct gv_ctx *ctx, const struct gv_verb *verbs,
    int argc, char *const *argv);

#endif
