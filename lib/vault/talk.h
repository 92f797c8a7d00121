#ifndef GV_TALK_H
#define GV_TALK_H
/*
 * Talks with plugins of age, carried out: the program age-plugin-NAME is run,
 * and what it has to say or ask goes to the terminal. What is said is for
 * crypto/plugin.h.
 *
 *	identity.runner = &gv_talk_runner;
 *	r = gv_age_open(&value, with, n, file, len, NULL);
 */

#include "crypto/plugin.h"

/* One talk at a time, whatever the threads: there is one person to be asked. */
extern const struct gv_plugin_runner gv_talk_runner;

#endif
