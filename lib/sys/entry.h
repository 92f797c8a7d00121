#ifndef GV_ENTRY_H
#define GV_ENTRY_H
/*
 * One entry of a directory: made new, given its metadata, moved, taken away;
 * by an open directory and a name, never through a symbolic link, never over
 * something that is there. Not for reading: see sys/dir.h.
 *
 *	r = gv_entry_create(&file, dirfd, name, 0644);
 *	r = gv_entry_write(&file, data, len);
 *	r = gv_entry_finish(&file, &meta, &refused);
 *
 * Failures are -1 with errno set and no message, since only the caller knows
 * the whole path.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"

/* What a file, directory or link is to be given. */
struct gv_entry_meta {
	uint32_t mode; /* permission bits, 07777; not of a link */
	uid_t uid;     /* -1: left as it is */
	gid_t gid;
	bool has_time;
	int64_t mtime_s;
	uint32_t mtime_ns;
	const char *xattrs; /* as sys/xattr.h reads it, or NULL */
	bool exact;         /* these alone, by gv_xattr_reset() */
};

/* A new regular file while it is written. */
struct gv_entry_file {
	int fd;
	mode_t mode;   /* that it was made with */
	uint64_t at;   /* where the next byte goes */
	bool has_hole; /* bytes were skipped: the size is to be set */
};

/* The process's umask; asked once, before threads start. */
mode_t gv_entry_umask(void);

/* Set it for all threads; the one before. */
mode_t gv_entry_set_umask(mode_t mask);

/* Make a file and open it; fails with EEXIST where anything has the name.
 * `mode` is what remains of the wanted one under the umask. */
int gv_entry_create(
    struct gv_entry_file *f, int dirfd, const char *name, mode_t mode);

/* Append bytes, or leave a hole of that size. */
int gv_entry_write(struct gv_entry_file *f, const void *data, size_t len);
void gv_entry_skip(struct gv_entry_file *f, uint64_t len);

/* Give it its metadata and close it (closed also on failure). *refused grows
 * by one where the system did not let us set owner or attributes. */
int gv_entry_finish(struct gv_entry_file *f, const struct gv_entry_meta *meta,
    bool sync, unsigned *refused);

/* Close without more; the file stays for the caller to remove. */
void gv_entry_drop(struct gv_entry_file *f);

/* Make a symbolic link with its own time and owner. */
int gv_entry_symlink(int dirfd, const char *name, const char *target,
    const struct gv_entry_meta *meta, unsigned *refused);

/* Give metadata to what an open descriptor stands for; `now` is the mode that
 * it has. */
int gv_entry_set(
    int fd, const struct gv_entry_meta *meta, mode_t now, unsigned *refused);

/* Give metadata to a file, directory or link by name. */
int gv_entry_set_at(int dirfd, const char *name,
    const struct gv_entry_meta *meta, unsigned *refused);

/* What a directory entry needs, under one roof, so that the layers above
 * touch no file: lstat, mkdir, second name, move over, remove, close. */
int gv_entry_stat(int dirfd, const char *name, struct stat *st);
int gv_entry_mkdir(int dirfd, const char *name, mode_t mode);
int gv_entry_link(int from_fd, const char *from, int dirfd, const char *name);
int gv_entry_rename(int from_fd, const char *from, int dirfd, const char *name);
int gv_entry_unlink(int dirfd, const char *name);
int gv_entry_rmdir(int dirfd, const char *name);
void gv_entry_close(int fd);

/* Read a link's target into `out` (what it held is gone). */
int gv_entry_readlink(struct gv_buf *out, int dirfd, const char *name);

/* Add permission for the owner to read, write and enter a directory. */
int gv_entry_unlock(int dirfd, const char *name);

/* Whether we may make and remove names in an open directory, or could after
 * gv_entry_unlock(). */
bool gv_entry_may_write(int dirfd, bool *locked);

/* Whether a file can be moved from beside `from` to beside `to`: no if they are
 * on two file systems or, where the system tells, on two mounts of one. Where
 * either cannot be looked at: yes, and the move will say why. */
bool
gv_entry_may_move(int from_fd, const char *from, int to_fd, const char *to);

/* Hold an open directory as a process's own until it is closed or we die:
 * true, or false where another process holds it. */
bool gv_entry_hold(int dirfd);

/* Make a directory `name` of six random letters at the end of `prefix`, mode
 * 0700 and without access control lists, and open it: a descriptor, with its
 * whole name in `name`. */
int gv_entry_temp_dir(struct gv_buf *name, int dirfd, const char *prefix);

/* Put on disk all that was written to the file system of `fd`. */
int gv_entry_sync_all(int fd);

/* An absolute path without links, "." and ".."; malloc'd; NULL with errno. */
char *gv_entry_real_path(const char *path);

/* The way into directories of a tree that is not ours to trust: one component
 * at a time, never through a link. Keeps the last directory open. */
struct gv_entry_cursor {
	int root; /* the caller's */
	int fd;   /* of `path`; the root's own while `path` is empty */
	struct gv_buf path;
};

void gv_entry_cursor_init(struct gv_entry_cursor *c, int root);

/* Go to a directory ("" is the root); its descriptor, borrowed until the next
 * call, or -1 with errno: ENOTDIR or ELOOP where a component is a link or a
 * file. */
int gv_entry_cursor_go(struct gv_entry_cursor *c, const char *path, size_t len);

/* Go to the directory that holds `path`; *name is the last component. */
int gv_entry_cursor_parent(
    struct gv_entry_cursor *c, const char *path, size_t len, const char **name);
void gv_entry_cursor_release(struct gv_entry_cursor *c);

#endif
