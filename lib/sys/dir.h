#ifndef GV_DIR_H
#define GV_DIR_H
/*
 * Directories below a root, by paths of any length: what is longer than the
 * system takes in one call is opened in steps. Where the system can, nothing is
 * opened through a symbolic link, whatever component of the path it is.
 *
 *	r = gv_dir_stat(root, path, len, &st);
 *	fd = gv_dir_open(root, path, len);
 *	r = gv_dir_list(&names, fd);
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"

struct gv_dir_name {
	const char *name; /* NUL behind it */
	size_t len;
	unsigned char type; /* DT_… of <dirent.h>; DT_UNKNOWN if it is gone */
};

struct gv_dir_names {
	struct gv_dir_name *names; /* in no order; without "." and ".." */
	size_t n, cap;
	struct gv_buf text; /* private */
};

/* Open a directory by its own path, to be a root: a descriptor, or -1 with
 * errno set. Closed by gv_file_close(). */
int gv_dir_open_root(const char *path);

/* Stat data of an open descriptor: 0, or -1 with errno set. */
int gv_dir_stat_fd(int fd, struct stat *st);

/* What a symbolic link below the root points to, at most `size` bytes, no NUL
 * behind it: their number, or -1 with errno set. */
ssize_t gv_dir_read_link(
    int root, const char *path, size_t len, char *out, size_t size);

/* Open a directory ("" is the root itself) without following a symbolic link
 * in its last component: a descriptor, or -1 with errno set. */
int gv_dir_open(int root, const char *path, size_t len);

/* lstat(2) of a path below the root: 0, or -1 with errno set. */
int gv_dir_stat(int root, const char *path, size_t len, struct stat *st);

/* Open the directory that holds `path`: a descriptor, or -1 with errno set;
 * *name is the last component, inside `path`. */
int
gv_dir_open_parent(int root, const char *path, size_t len, const char **name);

/* Open a regular file for reading, never following a link or waiting on a
 * FIFO: a descriptor, or -1 with errno set. The access time of a file of the
 * user's own stays as it is, where the system can do that. */
int gv_dir_open_file(int root, const char *path, size_t len);

/* Read all names of an open directory into `out` (reused: what it held is
 * gone). The descriptor stays open. 0, or -1 with errno set and no names;
 * ENOENT where the directory was removed meanwhile. */
int gv_dir_list(struct gv_dir_names *out, int fd);

/* Whether one of the first `n` names is that. */
bool gv_dir_names_have(
    const struct gv_dir_names *names, size_t n, const char *name, size_t len);

void gv_dir_names_release(struct gv_dir_names *names);

#endif
