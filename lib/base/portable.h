#ifndef GV_PORTABLE_H
#define GV_PORTABLE_H
/*
 * What other systems cannot store: names and paths, and files of Git's own that
 * a strict `git fsck` refuses, as servers with receive.fsckObjects do. Pure
 * functions; the reasons are static texts.
 *
 *	why = gv_portable_path(path, len);
 *	why = gv_portable_content(name, len, data, size);
 */

#include <stdbool.h>
#include <stddef.h>

/* Why Windows or macOS cannot have a file of this name, or NULL. */
const char *gv_portable_name(const char *name, size_t len);

/* A path of at most this many bytes is not too long for Windows. */
#define GV_PORTABLE_PATH_MOST ((size_t)254)

/* Why Windows or macOS cannot have a file of this path, by its names or its
 * length, or NULL. */
const char *gv_portable_path(const char *path, size_t len);

/* Whether fsck looks into a file of this name. */
bool gv_portable_is_checked(const char *name, size_t len);

/* Why a strict fsck refuses a file of this name for what is in it, or NULL. */
const char *gv_portable_content(
    const char *name, size_t name_len, const char *data, size_t len);

#endif
