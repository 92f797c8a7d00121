#ifndef TRIGGER_H
#define TRIGGER_H
/*
 * What may have started a snapshot, as options name it.
 *
 *	r = gv_trigger_check(opts->trigger);
 */

/* 0, or GV_EUSAGE with a sentence that names those that there are. */
int gv_trigger_check(const char *text);

#endif
