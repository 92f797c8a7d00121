#ifndef GV_MANUAL_H
#define GV_MANUAL_H
/*
 * What the program tells of itself: from the tables, and the man pages.
 *
 *	gv_manual_usage(ctx->out, cmd);
 *	return gv_manual_open(cmd);
 */

struct gv_cmd;
struct gv_guide;
struct gv_json;
struct gv_out;

/* Print the usage and the options of a command, as -h does. */
void gv_manual_usage(struct gv_out *out, const struct gv_cmd *cmd);

/* Print what the program is and all its commands, by group. */
void gv_manual_list(struct gv_out *out, const struct gv_cmd *const *all);

/* Become man(1) showing the page of a command, of the program where it is
 * NULL. Returns only on failure, a negative code. */
int gv_manual_open(const struct gv_cmd *cmd);

/* The same of a guide. */
int gv_manual_guide(const struct gv_guide *guide);

/* What these print, as JSON: a command, a guide, or all of them. */
void gv_manual_json(struct gv_json *j, const struct gv_cmd *cmd);
void gv_manual_guide_json(struct gv_json *j, const struct gv_guide *guide);
void gv_manual_list_json(struct gv_json *j, const struct gv_cmd *const *all);

#endif
