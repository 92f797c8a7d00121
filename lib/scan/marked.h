#ifndef GV_MARKED_H
#define GV_MARKED_H
/*
 * What a document itself says is secret, by its structure and not by how it is
 * spelled: the data of a Kubernetes Secret, also inside of a List; the default
 * of a parameter of CloudFormation that is not to be echoed, and of a variable
 * of Terraform that is sensitive (in JSON); what Pulumi has marked and shows in
 * clear.
 *
 *	gv_marked_each(&tree, on_value, ctx);
 */

#include <stdbool.h>

#include "format/spantree.h"

enum gv_marked_kind {
	GV_MARKED_SECRET,      /* of Kubernetes, in clear */
	GV_MARKED_SECRET_DATA, /* … in base64 */
	GV_MARKED_NOECHO,
	GV_MARKED_SENSITIVE,
	GV_MARKED_PLAINTEXT,
};

/* The key in Pulumi's states that marks what it is with. */
#define GV_MARKED_PULUMI "4dabf18193072939515e22adb298388d"

struct gv_marked_value {
	enum gv_marked_kind kind;
	struct gv_spantree_span name, value;
};

typedef int (*gv_marked_fn)(void *ctx, const struct gv_marked_value *value);

/* Tell each value, in the order of what marks them. 0, or what fn returned. */
int gv_marked_each(const struct gv_spantree *tree, gv_marked_fn fn, void *ctx);

#endif
