#ifndef GV_STATE_CLOUDFORMATION_H
#define GV_STATE_CLOUDFORMATION_H
/* What the parts of CloudFormation's handler share: what stands where,
 * what an item has, and what it refers to. */

#include "infra/state_internal.h"

/* What a piece is, by where it stands. */
enum gv_state_cloudformation {
	GV_STATE_CFN_NOWHERE,
	GV_STATE_CFN_STACK,
	GV_STATE_CFN_RESOURCE,
	GV_STATE_CFN_CHANGE,
	GV_STATE_CFN_CHANGE_SET, /* as it is listed */
	GV_STATE_CFN_GIVEN,      /* a parameter with its value */
	GV_STATE_CFN_TEMPLATE_RESOURCE,
	GV_STATE_CFN_TEMPLATE_PARAMETER,
	GV_STATE_CFN_TEMPLATE_OUTPUT,
};

/* Read one of a place: set all of *item but its address and its bytes, and
 * append it. 0 or GV_ENOMEM. */
int gv_state_cloudformation_item(struct gv_state_items *items,
    struct gv_state_item *item, enum gv_state_cloudformation place,
    const struct gv_jsontext_token *map);

/* Append what a part of a template refers to: names of resources and
 * parameters, as often as they are named. 0 or GV_ENOMEM. */
int gv_state_cloudformation_refer(
    struct gv_state_items *items, const struct gv_jsontext_token *t);

/* The same of what DependsOn has: a name, or a list of them. */
int gv_state_cloudformation_depend(
    struct gv_state_items *items, const struct gv_jsontext_token *t);

#endif
