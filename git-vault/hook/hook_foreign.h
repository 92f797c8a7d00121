#ifndef HOOK_FOREIGN_H
#define HOOK_FOREIGN_H
/*
 * git vault hooks in a working copy of Subversion or Mercurial.
 *
 *	if (gv_hook_foreign_is(ctx))
 *		return gv_hook_foreign_run(ctx, GV_HOOK_FOREIGN_ADD);
 */

#include <stdbool.h>

struct gv_ctx;

enum gv_hook_foreign_do {
	GV_HOOK_FOREIGN_LOOK,
	GV_HOOK_FOREIGN_ADD,
	GV_HOOK_FOREIGN_REMOVE,
};

#define GV_HOOK_FOREIGN_NONE                                                   \
	"Subversion runs no hooks in a working copy; watch saves it as you "   \
	"work: git vault project add; git vault watch start"

bool gv_hook_foreign_is(const struct gv_ctx *ctx);

/* Look at the hooks, add or remove them, and print that. 0; GV_EREFUSED where
 * they are to be added and the tool has none in a working copy, with what does
 * instead; a failure. */
int gv_hook_foreign_run(struct gv_ctx *ctx, enum gv_hook_foreign_do what);

#endif
