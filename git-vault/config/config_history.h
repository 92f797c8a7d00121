#ifndef CONFIG_HISTORY_H
#define CONFIG_HISTORY_H
/*
 * Configurations over time: which commits changed a key, and names for
 * versions.
 */

#include <stdbool.h>

struct gv_ctx;
struct gv_drift_when;

/* What --at or ENV@… names: a snapshot, a commit, a name that `config tag`
 * gave, or a date. 0; as gv_drift_when(). */
int
gv_config_when(struct gv_drift_when *out, struct gv_ctx *ctx, const char *text);

/* `config history`: 0; 1 where no commit gave the key a value; a failure. */
int gv_config_history(struct gv_ctx *ctx, const char *key);

/* `config tag`: list names; give one to a commit (NULL: HEAD); take some away
 * (config_tag.c). 0 or a failure. */
int gv_config_tags(struct gv_ctx *ctx);
int gv_config_tag(struct gv_ctx *ctx, const char *name, const char *commit);
int gv_config_untag(struct gv_ctx *ctx, char **names, int n);

#endif
