#ifndef HEALTH_FILE_H
#define HEALTH_FILE_H
/*
 * Files of the vault's health: the page, and metrics.
 *
 *	r = gv_health_file_page("health.html", ctx, &opts);
 */

struct gv_buf;
struct gv_ctx;
struct gv_health_opts;

/* Replace a file as a whole: a reader sees the old one or the new one. "-" is
 * stdout. 0; as gv_outfile_put(). */
int gv_health_file_write(const char *path, const struct gv_buf *text);

/* The same by the page of the repository's health. 0 where all is well, 1 where
 * something needs attention, or a failure. */
int gv_health_file_page(
    const char *path, struct gv_ctx *ctx, const struct gv_health_opts *opts);

#endif
