#ifndef GV_STATE_PULUMI_H
#define GV_STATE_PULUMI_H
/* What the parts of Pulumi's handler share: what a resource says, and what is
 * secret in it. */

#include <stdbool.h>
#include <stdint.h>

#include "toolstate/state_internal.h"

#define GV_STATE_PULUMI_SAID 14 /* members that are kept until it ends */

/* For one resource after the other. */
struct gv_state_pulumi_resource {
	struct gv_jsontext_token said[GV_STATE_PULUMI_SAID];
	struct gv_state_sensitive sensitive;
	unsigned secrets; /* that were seen in all of them */
	uint64_t unnamed; /* that are to be deleted, and tell no time */
};

/* Read one: its attributes and, if asked for, its needs are appended, and all
 * of *item but its address and its bytes is set. 0 or GV_ENOMEM. */
int gv_state_pulumi_resource_read(struct gv_state_pulumi_resource *resource,
    struct gv_state_items *items, const struct gv_jsontext_token *map,
    bool with_needs, struct gv_state_item *item);

/* Free; zeroed ok. */
void
gv_state_pulumi_resource_release(struct gv_state_pulumi_resource *resource);

enum gv_state_pulumi_secret {
	GV_STATE_PULUMI_SECRET = 1 << 0, /* there is one */
	GV_STATE_PULUMI_CLEAR = 1 << 1,  /* and one in clear */
};

/* Look for secrets in a value, however deep. */
unsigned gv_state_pulumi_secrets(const struct gv_jsontext_token *t);

#endif
