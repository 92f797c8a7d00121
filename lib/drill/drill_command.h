#ifndef GV_DRILL_COMMAND_H
#define GV_DRILL_COMMAND_H
/*
 * A command of the team, run as a drill runs its validators: in a sandbox, on a
 * copy of a tree. The caller has seen to it that the command was accepted.
 *
 *	r = gv_drill_box_open(&box, self, tree, folder);
 *	r = gv_drill_box_run(&told, &box, "python3 tools/check.py", env);
 *	gv_drill_box_close(&box);
 */

#include "base/buf.h"
#include "drill/validator.h"

struct gv_repo;
struct gv_sandbox;

struct gv_drill_box {
	struct gv_sandbox *sandbox;
	struct gv_buf dir;
};

struct gv_drill_told {
	enum gv_validator_verdict verdict;
	struct gv_buf text; /* why it did not pass, without secrets */
};

/* Start a sandbox with a copy of `tree`, and of `folder` at GV_SANDBOX_FOLDER
 * in it; `self` is the path of this program. 0; GV_EREFUSED where none can be
 * had; GV_ECANCELED, GV_ERROR, GV_ENOMEM. Close it in any case. */
int gv_drill_box_open(struct gv_drill_box *out, const char *self,
    const char *tree, const char *folder);

/* Run a command by a shell, with `env` ("NAME=value", NULL behind the last)
 * added, at the top of the tree; at most five minutes. 0, whatever it says;
 * failures of the sandbox. Release out->text in any case. */
int gv_drill_box_run(struct gv_drill_told *out, struct gv_drill_box *box,
    struct gv_repo *repo, const char *command, const char *const *env);

void gv_drill_box_close(struct gv_drill_box *box);

#endif
