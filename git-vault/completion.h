#ifndef GV_COMPLETION_H
#define GV_COMPLETION_H
/*
 * Completion scripts for shells, made from the tables of the commands, so
 * that an option cannot be missing from them.
 *
 *	gv_completion_bash(&text, ctx->all);
 */

struct gv_buf;
struct gv_cmd;

/* Append the script; `all` is the command table, NULL behind the last. */
void gv_completion_bash(struct gv_buf *out, const struct gv_cmd *const *all);
void gv_completion_zsh(struct gv_buf *out, const struct gv_cmd *const *all);

#endif
