#ifndef PROJECT_LINK_H
#define PROJECT_LINK_H
/*
 * `git vault project link NEW --from OLD`, and unlink.
 */

struct gv_ctx;

/* Link `new` to what it was rewritten from, mark the last snapshot of `old` and
 * the first one of `new` by a tag, and print which files are joined. 0; 3 where
 * a tag could not be given; a negative failure. */
int gv_project_link(struct gv_ctx *ctx, const char *new, const char *old);

/* Take the link from `new` away, or with `old` not NULL the one to that. */
int gv_project_unlink(struct gv_ctx *ctx, const char *new, const char *old);

#endif
