#ifndef GV_PLAN_FILE_H
#define GV_PLAN_FILE_H
/*
 * The recovery plans of a team, .gitvault/plans/NAME.yaml, as files. What they
 * say is plan/plan.h's. Everybody who can push can change them, and they run
 * commands, so a plan counts only once its content is accepted: for that, all
 * plans are one text in which each line of a plan is "NAME: LINE".
 *
 *	r = gv_plan_file_list(&names, repo);
 *	r = gv_plan_file_read(&text, repo, "lost-prod");
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define GV_PLAN_FILE_DIR ".gitvault/plans"
#define GV_PLAN_FILE_MAX 1000 /* plans */

struct gv_odb;
struct gv_oid;
struct gv_repo;

/* Append the names of all plans, sorted, an LF behind each: those of the
 * working tree, or of HEAD in a bare repository. 0, also without any;
 * GV_EREFUSED where there are too many; GV_ERROR; GV_ENOMEM. */
int gv_plan_file_list(struct gv_buf *out, struct gv_repo *repo);

/* Append the bytes of one. 0; GV_ENOTFOUND with a message that names the
 * nearest; GV_EREFUSED where it is too large or no regular file; GV_ERROR;
 * GV_ENOMEM. */
int
gv_plan_file_read(struct gv_buf *out, struct gv_repo *repo, const char *name);

/* Append all plans as the text that is accepted: of the working tree, or of a
 * tree. One that cannot be read, or is too large beside the others, is not in
 * it, and stops no other: *left gets a line for it, "NAME: WHY". As
 * gv_plan_file_list(). */
int gv_plan_file_gather(
    struct gv_buf *out, struct gv_buf *left, struct gv_repo *repo);
int gv_plan_file_gather_tree(struct gv_buf *out, struct gv_buf *left,
    struct gv_odb *odb, const struct gv_oid *tree);

/* Append the lines that this text has of a plan. 0 or GV_ENOMEM. */
int gv_plan_file_add_lines(
    struct gv_buf *out, const char *name, const char *text, size_t len);

#endif
