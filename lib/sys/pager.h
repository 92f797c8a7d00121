#ifndef GV_PAGER_H
#define GV_PAGER_H
/*
 * A pager between our stdout and the terminal, chosen as git chooses it.
 *
 *	r = gv_pager_open(&p, gv_pager_choose(command, core_pager));
 *	... write to file descriptor 1 ...
 *	gv_pager_close(p);
 */

struct gv_pager;

/* The command to use: GIT_PAGER, `configured` (pager.vault), `core`
 * (core.pager), PAGER, "less"; any may be NULL. NULL where that is "" or
 * "cat": no pager. Borrowed. */
const char *gv_pager_choose(const char *configured, const char *core);

/* Start the shell command, or plain program, with LESS=FRX and LV=-c where they
 * are not set, and lead file descriptor 1 (and 2 where it is the terminal) into
 * it. 0, or GV_ERROR with both as they were. */
int gv_pager_open(struct gv_pager **out, const char *command);

/* Give the descriptors back and wait until the user has left the pager;
 * NULL-safe. */
void gv_pager_close(struct gv_pager *p);

#endif
