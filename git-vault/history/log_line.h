#ifndef LOG_LINE_H
#define LOG_LINE_H
/*
 * The history of a file that was rewritten goes on in the one that it was
 * rewritten from.
 *
 *	r = gv_log_line(ctx, path, r);
 */

struct gv_ctx;

/* Print the history of each predecessor of a file, `path` as the user gave it,
 * below its own; with JSON as the list `before` of the object at hand. `r` is
 * what the command has to return so far. What it has to return; a negative
 * failure. */
int gv_log_line(struct gv_ctx *ctx, const char *path, int r);

struct gv_buf;

/* Where the one file is in its project that the user named; nothing where that
 * is not a plain path below the top. 0 or GV_ENOMEM. */
int gv_log_line_path(
    struct gv_buf *out, const struct gv_ctx *ctx, const char *path);

#endif
