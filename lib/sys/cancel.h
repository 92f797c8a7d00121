#ifndef GV_CANCEL_H
#define GV_CANCEL_H
/*
 * The user's wish to stop. The first SIGINT, SIGTERM or SIGHUP only raises a
 * flag, which long work asks for at points where it can stop whole; the second
 * one ends the process at once.
 *
 *	if (gv_cancel_requested())
 *		return gv_cancel_error();
 */

#include <stdbool.h>

/* Catch the signals (those that the parent had ignored stay ignored), and
 * make a write to a closed pipe fail rather than kill. Children start with
 * the default handling again. Once, before threads start. */
void gv_cancel_install(void);

/* Whether to stop; from any thread. */
bool gv_cancel_requested(void);

/* From here on, in this thread and those that it starts, the signals raise no
 * flag but wait: for who serves others, and ends what they have begun. Children
 * start without that. Before threads start. */
void gv_cancel_hold(void);

/* Wait at most this long for one of them to come. Whether one has: from then on
 * another one ends the process at once. */
bool gv_cancel_wait(int ms);

/* GV_ECANCELED with its sentence. */
int gv_cancel_error(void);

#endif
