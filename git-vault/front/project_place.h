#ifndef PROJECT_PLACE_H
#define PROJECT_PLACE_H
/*
 * "project:NAME" and "project:NAME:SNAP" where a command takes a snapshot: that
 * of a project of the user's, wherever it is called from.
 *
 *	r = gv_project_place_enter(ctx, values, argv);
 */

struct gv_ctx;

#define GV_PROJECT_PLACE_MARK "project:"

/* If the first argument of a command that takes a snapshot names a project, go
 * there, put the rest of it (by default "latest") in its place, and make the
 * values of options that are folders absolute. What it made is freed by
 * gv_project_place_release(). 0; a failure of gv_project_all_enter();
 * GV_EUSAGE next to --project; GV_ENOMEM. */
struct gv_project_place {
	char *name, *snap, *dirs[4];
};

#define GV_PROJECT_PLACE_INIT                                                  \
	{                                                                      \
		.name = NULL                                                   \
	}

int gv_project_place_enter(struct gv_project_place *out, struct gv_ctx *ctx,
    void *values, char **argv);

struct gv_registered;

/* Go to a project as above, with the snapshot as it is. */
int gv_project_place_go(struct gv_project_place *out, struct gv_ctx *ctx,
    void *values, const struct gv_registered *one);

void gv_project_place_release(struct gv_project_place *place);

#endif
