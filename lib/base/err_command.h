#ifndef GV_ERR_COMMAND_H
#define GV_ERR_COMMAND_H
/*
 * Which commands in a message are the program's own. A message may quote names
 * from a repository, a policy or a remote, and such a name may look like a
 * command to paste; only what stands in a format, or was offered, is one.
 *
 *	gv_err(GV_ENOTFOUND, "unknown key '%s'; see 'git vault policy show'",
 *	    name);                              remembers the second alone
 *	if (gv_err_is_command(p, len)) …
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Remember the commands that a format itself has, filled in: "git vault " or
 * "git WORD " must be in it literally. Called for each message, and for texts
 * that gv_buf_addf() puts together with "git vault " in their format. */
void gv_err_command_note(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

/* Remember a command that the program has put together itself. */
void gv_err_command_offer(const char *command);

/* Whether this thread remembers the command of these bytes; it does of its
 * newest few. */
bool gv_err_is_command(const char *p, size_t len);

#endif
