#ifndef GV_TTY_H
#define GV_TTY_H
/*
 * What stands at the other end of stdout and stderr, and what the environment
 * says of it.
 *
 *	if (gv_tty_is(1) && !gv_tty_is_dumb()) …
 */

#include <stdbool.h>
#include <stddef.h>

/* Give 0, 1 and 2 to /dev/null where they are closed, so that no file that is
 * opened later gets their number; writing to them still fails. */
void gv_tty_fill(void);

/* Whether the file descriptor is a terminal. */
bool gv_tty_is(int fd);

/* Whether it is a terminal and we are not in its background. */
bool gv_tty_is_ours(int fd);

/* Whether TERM says that the terminal knows no escape sequences ("dumb", or
 * not set). */
bool gv_tty_is_dumb(void);

/* Whether NO_COLOR is set to anything (no-color.org). */
bool gv_tty_refuses_color(void);

/* Whether git has put a pager behind us (GIT_PAGER_IN_USE). */
bool gv_tty_is_paged(void);

/* The columns of the terminal behind `fd`: COLUMNS, else what the terminal
 * says, else 80. */
int gv_tty_columns(int fd);

/* After how many seconds progress is shown: GIT_PROGRESS_DELAY, else 1. */
int gv_tty_progress_delay(void);

/* Whether there is a terminal to ask its user at. */
bool gv_tty_can_ask(void);

/* Show a text at the terminal. 0, GV_ENOTFOUND where there is none, GV_ERROR.
 */
int gv_tty_tell(const char *text);

/* Ask at the terminal, whatever stdin and stdout are: show the text, read a
 * line, its characters shown only with `echo`. 0 with the line in `out`, its
 * end taken off and *len bytes long; GV_ENOTFOUND where there is no terminal,
 * or its end came; GV_EREFUSED where the line does not fit; GV_ECANCELED;
 * GV_ERROR. The terminal is as it was then, and `out` belongs to the caller,
 * who wipes it. */
int
gv_tty_ask(char *out, size_t size, size_t *len, const char *text, bool echo);

#endif
