#ifndef AGE_TALK_H
#define AGE_TALK_H
/* Plugins of age as programs: for tests, which trust PATH. */

#include "crypto/plugin.h"

struct gv_identity_list;

/* What the user is told goes to standard error; he confirms, and answers by
 * $AGE_TOOL_ANSWER. */
extern const struct gv_plugin_calls age_talk_calls;

/* Start age-plugin-NAME of PATH, talk until it is done, and end it. As
 * gv_plugin_end(). */
int age_talk(struct gv_plugin *p, const char *name, enum gv_plugin_task task);

#endif
