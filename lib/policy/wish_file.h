#ifndef GV_WISH_FILE_H
#define GV_WISH_FILE_H
/*
 * All .vaultignore files that Git tracks, as one text that can be accepted:
 * each pattern is one line "sub/.vaultignore: PATTERN", files in the order of
 * their paths, without comments and empty lines. A backslash, a colon and a
 * line end of a path have a backslash before them, so that no path reads as a
 * pattern. Files that Git does not track are left out: no fetch brought them.
 *
 *	r = gv_wish_file_gather(&text, repo, index);
 *	r = gv_wish_file_of(&patterns, text.p, text.len, path, path_len);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "worktree/ignore.h"

/* The file of patterns, of any directory; the census reads it. */
#define GV_WISH_FILE ".vaultignore"

struct gv_index;
struct gv_odb;
struct gv_oid;
struct gv_repo;

/* Whether a path is one of a .vaultignore. */
bool gv_wish_file_is_named(const char *path, size_t len);

/* Append the files as they are in the working tree; `index` may be NULL: it is
 * read. A bare repository has those of HEAD. A file that is a link, or not on
 * disk, has no effect and is left out. 0; GV_EREFUSED where they are larger
 * than a policy file may be; GV_ENOMEM; failures to read the index. */
int gv_wish_file_gather(
    struct gv_buf *out, struct gv_repo *repo, const struct gv_index *index);

/* The same of a tree. */
int gv_wish_file_gather_tree(
    struct gv_buf *out, struct gv_odb *odb, const struct gv_oid *tree);

/* Append the patterns of one file, given its bytes. 0 or GV_ENOMEM. */
int gv_wish_file_add(struct gv_buf *out, const char *path, size_t path_len,
    const char *bytes, size_t len);

/* Append the patterns that the text has of a path, each ended by LF. 0 or
 * GV_ENOMEM. */
int gv_wish_file_of(struct gv_buf *out, const char *text, size_t len,
    const char *path, size_t path_len);

/* Whether the present text may leave out a file that the accepted one does not:
 * it has a new pattern that excludes, or lacks one that brings in, or has them
 * in another order. */
bool gv_wish_file_is_looser(
    const struct gv_buf *accepted, const struct gv_buf *present);

/* How many patterns of the present text exclude and are not accepted. */
size_t gv_wish_file_count_new(
    const struct gv_buf *accepted, const struct gv_buf *present);

/* What counts for a path, by the verdicts of the accepted and the present
 * patterns: it is left out where both leave it out, and brought in where either
 * brings it in. */
enum gv_ignore_verdict gv_wish_file_hold(
    enum gv_ignore_verdict accepted, enum gv_ignore_verdict present);

#endif
