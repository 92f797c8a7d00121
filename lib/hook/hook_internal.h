#ifndef GV_HOOK_INTERNAL_H
#define GV_HOOK_INTERNAL_H
/*
 * What the files of hook share: hook.c looks, hook_place.c says which folder
 * it is and whether it is ours to write, hook_layout.c how servers arrange
 * them, hook_change.c changes one file, hook_husky.c one of husky's,
 * hook_left.c finds what killed ones left, hook_tree.c the working trees that
 * have none.
 * Include it nowhere else.
 */

#include "base/buf.h"
#include "hook/hook.h"

/* Which folder of hooks this is; report->where where it is not to be written.
 * 0, GV_ENOMEM. */
int gv_hook_place(struct gv_hook_report *report, struct gv_repo *repo,
    enum gv_hook_layout layout);

/* Leave alone what git tracks, and every clone would run otherwise, where ours
 * would take the place of the last step's file: refused, or left where a line
 * of it runs ours. 1; 0 where it is not so; or a failure. */
int gv_hook_spare(
    struct gv_hook_report *report, int dir, const struct gv_repo *repo);

/* Look at one hook in an open folder (-1: there is none). */
int gv_hook_look_at(
    struct gv_hook_report *report, int dir, const struct gv_hook *hook);

/* Whether a line that somebody has put into a hook of others runs ours. */
bool gv_hook_has_line(int dir, const struct gv_hook *hook);

/* Whose hook a file of that name is, by its words; NULL: not known. */
const char *gv_hook_manager_of(int dir, const char *name);

/* hook_layout.c: set report->dir and ->layout. 0, GV_ENOMEM. */
int gv_hook_lay_out(struct gv_hook_report *report, struct gv_repo *repo,
    enum gv_hook_layout layout);

/* Whether it stands in a folder of its own, beside those of others. */
bool gv_hook_is_apart(
    const struct gv_hook_report *report, const struct gv_hook *hook);

/* Make that folder, if it has one; and remove it where nothing is in it. */
int gv_hook_make_folder(
    const struct gv_hook_report *report, int dir, const struct gv_hook *hook);
void gv_hook_drop_folder(
    const struct gv_hook_report *report, int dir, const struct gv_hook *hook);

/* Have git hide from who pushes what the server writes about itself; or take
 * that back, unless somebody else had it so before. 0 or GV_ERROR. */
int gv_hook_hide_receipts(const struct gv_repo *repo, bool hides);

/* "NAME" as it stands below the folder of hooks, with what is behind it. ""
 * without memory. */
const char *gv_hook_name(struct gv_hook_report *report,
    const struct gv_hook *hook, const char *behind);

/* Put ours in, or take it out: the last step of the report is of this hook.
 * 0; GV_ENOMEM, GV_ERROR. */
int gv_hook_put(struct gv_hook_report *report, int dir,
    const struct gv_hook_choice *choice);
int gv_hook_drop(struct gv_hook_report *report, int dir);

/* Remove what gv_hook_left() finds, where it can be. 0, GV_ENOMEM. */
int gv_hook_sweep(struct gv_hook_report *report);

/* hook_husky.c: the same where husky has the hooks (report->own). */
int gv_hook_husky_look(
    struct gv_hook_report *report, int dir, struct gv_hook_step *step);
int gv_hook_husky_put(
    struct gv_hook_report *report, int dir, const struct gv_buf *stub);
int gv_hook_husky_drop(struct gv_hook_report *report, int dir);

#endif
