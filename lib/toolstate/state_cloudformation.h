#ifndef GV_STATE_CLOUDFORMATION_H
#define GV_STATE_CLOUDFORMATION_H
/* What the parts of CloudFormation's handler share: what stands where,
 * what an item has, and what it refers to. */

#include "toolstate/state_internal.h"

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

/* A template that is a text in JSON. Zeroed before it is opened. */
struct gv_state_cloudformation_text {
	const struct gv_memory *memory;
	struct gv_state_yaml yaml; /* or JSON: `text` and `len` alone */
	struct gv_jsonstream *stream;
	bool is_json;
	const char *raw; /* as it stands, its escapes not read */
	size_t n_raw;
	size_t at, plain; /* a byte of it, and which one it is decoded */
};

/* Read one, a token of kind text, which must last. 0; GV_EREFUSED with a
 * message where it is neither JSON nor YAML; GV_ENOMEM; to be released after
 * each. */
int gv_state_cloudformation_text_open(struct gv_state_cloudformation_text *t,
    const struct gv_jsontext_token *text, const struct gv_memory *memory);

/* The next piece of it; what its token speaks of lasts until it is released.
 * *from are the bytes of the token that a value comes from. 1; 0 at the end;
 * GV_EREFUSED, GV_ENOMEM. */
int gv_state_cloudformation_text_next(struct gv_state_cloudformation_text *t,
    struct gv_jsontext_piece *piece, struct gv_state_text *from);

/* Free; wipes; zeroed ok. */
void
gv_state_cloudformation_text_release(struct gv_state_cloudformation_text *text);

/* Whether a map is a stack, a resource, a change or a set of these as lists
 * have them. */
bool gv_state_cloudformation_is_listed(const struct gv_jsontext_token *map);

#endif
