#ifndef GV_STATEFILE_H
#define GV_STATEFILE_H
/*
 * Which files are states that a tool keeps beside the code, and what their
 * paths say of whose state it is, by the conventions of the tools; a pure
 * function of the path. What stands in them is for state.h.
 *
 *	gv_statefile_parse(&f, "net/terraform.tfstate")
 *		f.dir is "net"
 *	gv_statefile_parse(&f, "net/terraform.tfstate.d/blue/terraform.tfstate")
 *		f.dir is "net", f.workspace "blue"
 */

#include <stdbool.h>
#include <stddef.h>

/* A piece of the path, empty where there is none. */
struct gv_statefile_span {
	const char *p;
	size_t len;
};

enum gv_statefile_tool {
	GV_STATEFILE_TERRAFORM,
	GV_STATEFILE_PULUMI,
};

struct gv_statefile {
	enum gv_statefile_tool tool;
	/* what it is the state of: a directory, without a '/' at the end; empty
	 * for the top one */
	struct gv_statefile_span dir;
	/* its own name, where that is not the one that Terraform gives it */
	struct gv_statefile_span file;
	/* of Terraform; with Pulumi, which calls it so, the stack */
	struct gv_statefile_span workspace;
	struct gv_statefile_span project; /* of Pulumi */
};

/* Whether a file of this name, which may have a path in front, can be one at
 * all: to be asked of many, before the rest is. */
bool gv_statefile_may_be(const char *name, size_t len);

/* Whether a file of this path is the state of a tool: *.tfstate, but not what
 * Terraform notes of its backend in .terraform/terraform.tfstate; and
 * .pulumi/stacks/[PROJECT/]STACK.json. The pieces are of the path. */
bool gv_statefile_parse(struct gv_statefile *out, const char *path);

/* Whether a tool keeps the file for its states: a state, an older one
 * (*.tfstate.backup, *.tfstate.TIME.backup, STACK.json.bak), its history, its
 * locks. All in terraform.tfstate.d and .pulumi is. */
bool gv_statefile_is_kept(const char *path);

#endif
