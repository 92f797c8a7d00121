#ifndef GV_LABEL_H
#define GV_LABEL_H
/*
 * The names of environments, stacks and scopes. Each is one part of a ref's
 * name.
 *
 *	if (!gv_label_is_valid(name))
 *	r = gv_label_check("an environment", name);
 */

#include <stdbool.h>

/* Whether a name has at most 64 ASCII letters, digits and ._-, begins with a
 * letter or digit, and can be a part of a ref's name. */
bool gv_label_is_valid(const char *text);

/* 0, or GV_EUSAGE with a sentence. `what` says what is named. */
int gv_label_check(const char *what, const char *name);

#endif
