#ifndef SYNONYM_OPTION_H
#define SYNONYM_OPTION_H
/*
 * The answer to an option that git's command of the same name has and this one
 * does not: the command that does it here.
 *
 *	error: unknown option '--prune': 'sync' deletes nothing of a remote
 *	hint: git vault prune
 */

struct gv_cmd;

/* After gv_opt_parse() failed: where its message is about such an option, that
 * answer takes its place. */
void gv_synonym_option(const struct gv_cmd *cmd, char *const *argv);

#endif
