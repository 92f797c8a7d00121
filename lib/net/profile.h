#ifndef GV_PROFILE_H
#define GV_PROFILE_H
/*
 * Files in which the tools of services keep credentials: read into locked
 * memory, and gone through line by line where they have sections, as those of
 * Amazon's and Google's tools.
 *
 *	r = gv_profile_load(&text, "/root/.aws/credentials");
 *	r = gv_profile_each(text.p, text.len, "default", fn, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_secret;

/* Bytes of the file; no NUL behind them. */
struct gv_profile_piece {
	const char *p;
	size_t len;
};

/* Append the bytes of a file of credentials, and not the ends of lines behind
 * them. 0; GV_ENOTFOUND; GV_EREFUSED where it is too large or no file;
 * GV_ERROR; GV_ENOMEM. */
int gv_profile_load(struct gv_secret *out, const char *path);

/* Report "name = value" of each line of a section, without blanks around them,
 * until fn() returns other than 0, which is returned; a value has no NUL and is
 * not empty. 1 where the section is there, else 0. */
typedef int gv_profile_fn(
    void *ctx, struct gv_profile_piece name, struct gv_profile_piece value);
int gv_profile_each(const void *data, size_t len, const char *section,
    gv_profile_fn *fn, void *ctx);

/* Whether a piece is that text. */
bool gv_profile_is(struct gv_profile_piece piece, const char *text);

/* Replace what is in *out by a piece and a NUL, which counts. 0; GV_ENOMEM;
 * GV_ERROR. */
int gv_profile_keep(struct gv_secret *out, struct gv_profile_piece piece);

#endif
