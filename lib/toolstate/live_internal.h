#ifndef GV_LIVE_INTERNAL_H
#define GV_LIVE_INTERNAL_H
/* What the readers of live.h share. */

#include "format/unjson.h"
#include "toolstate/live.h"

/* Add a change without names; GV_EREFUSED where there are too many. */
int gv_live_add(struct gv_live *out, const char *resource, size_t len,
    enum gv_live_change_kind kind);

/* Add a name to the change that was added last. */
void gv_live_name(struct gv_live *out, const char *name, size_t len);

/* The text of a key, if it is one without NUL, else "". */
const char *gv_live_text(const struct gv_unjson_node *map, const char *key);

/* Whether a document is of the kind, and what it says. 1; 0 where it is
 * another; a failure. (live_json.c) */
int gv_live_read_terraform_plan(
    struct gv_live *out, const struct gv_unjson_node *doc);
int gv_live_read_pulumi(struct gv_live *out, const struct gv_unjson_node *doc);
int gv_live_read_cloudformation(
    struct gv_live *out, const struct gv_unjson_node *doc);
int gv_live_read_azure(struct gv_live *out, const struct gv_unjson_node *doc);
int gv_live_read_config_connector(
    struct gv_live *out, const struct gv_unjson_node *doc);

#endif
