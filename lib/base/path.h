#ifndef GV_PATH_H
#define GV_PATH_H
/*
 * Path names as bytes, relative, '/' between components, no trailing '/'.
 *
 *	gv_path_quote(&line, path, len);
 *	if (!gv_path_is_safe(name, len))
 *		return gv_err(GV_EREFUSED, …);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

/* Append the path as Git prints it: as it is, or C-quoted between double
 * quotes where it holds a control character, '"', '\\' or a byte >= 0x80
 * (what core.quotePath=true prints). */
void gv_path_quote(struct gv_buf *out, const char *path, size_t len);

/* Append what a C-quoted text (from '"' to the closing '"') stands for and
 * set *used to the bytes read. 0, or GV_ECORRUPT with `out` as it was. */
int
gv_path_unquote(struct gv_buf *out, const char *text, size_t len, size_t *used);

/* Whether one component may be created in a working tree: not empty, not "."
 * or "..", no '/', no NUL, and nothing that any file system takes for ".git"
 * (case, HFS+ ignorable code points, NTFS "git~1", trailing dots, spaces and
 * streams), since trees may come from a hostile remote. */
bool gv_path_is_safe(const char *name, size_t len);

/* The same of each component of a path. */
bool gv_path_is_all_safe(const char *path);

/* Whether `path` is `dir` or lies below it; "" holds everything. */
bool
gv_path_is_below(const char *path, size_t len, const char *dir, size_t dir_len);

/* Order of names in a Git tree: bytes, a directory as if '/' stood behind. */
int gv_path_compare(const char *a, size_t a_len, bool a_dir, const char *b,
    size_t b_len, bool b_dir);

#endif
