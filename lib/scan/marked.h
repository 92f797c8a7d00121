#ifndef GV_MARKED_H
#define GV_MARKED_H
/*
 * Finds what a document itself marks as secret, by its structure and not by its
 * spelling: the data of a Kubernetes Secret, also inside of a List; the default
 * of a CloudFormation parameter with NoEcho, and of a sensitive Terraform
 * variable (in JSON); values that Pulumi marks as secret but stores in clear.
 *
 *	gv_marked_each(&tree, on_value, ctx);
 */

#include <stdbool.h>

#include "format/spantree.h"

enum gv_marked_kind {
	GV_MARKED_SECRET,      /* a Kubernetes Secret, in clear */
	GV_MARKED_SECRET_DATA, /* … in base64 */
	GV_MARKED_NOECHO,
	GV_MARKED_SENSITIVE,
	GV_MARKED_PLAINTEXT,
};

/* The key by which Pulumi marks a value in its states. */
#define GV_MARKED_PULUMI "4dabf18193072939515e22adb298388d"

struct gv_marked_value {
	enum gv_marked_kind kind;
	struct gv_spantree_span name, value;
};

typedef int (*gv_marked_fn)(void *ctx, const struct gv_marked_value *value);

/* Report each value, in the order of the marks. 0, or the first other value
 * that fn returned. */
int gv_marked_each(const struct gv_spantree *tree, gv_marked_fn fn, void *ctx);

#endif
