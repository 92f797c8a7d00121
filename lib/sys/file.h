#ifndef GV_FILE_H
#define GV_FILE_H
/*
 * Files and directories as wholes. Paths are relative to `dirfd` (AT_FDCWD
 * for the current directory). Interrupted calls are taken up again.
 *
 *	r = gv_file_read(&bytes, AT_FDCWD, path, 1 << 20);
 *	r = gv_file_replace(AT_FDCWD, path, b.p, b.len, 0666, true);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct gv_buf;

/* Append the content of a regular file of at most `max` bytes. 0,
 * GV_ENOTFOUND where it does not exist, GV_EREFUSED where it is larger or no
 * regular file, GV_ERROR; `out` as it was on failure. */
int gv_file_read(struct gv_buf *out, int dirfd, const char *path, size_t max);

/* The bytes of a file where the system keeps them; `p` is NULL where there are
 * none. */
struct gv_file_map {
	const char *p;
	size_t len;
};

/* The same bytes without a copy, for a file that is only ever replaced: who cut
 * it down meanwhile would kill us. Results as of gv_file_read(); the caller
 * unmaps, which takes NULL and a zeroed struct as well. */
int
gv_file_map(struct gv_file_map *out, int dirfd, const char *path, size_t max);

/* The same for who looks at a few places of a large file: no page of it is
 * brought before it is looked at. */
int gv_file_map_places(
    struct gv_file_map *out, int dirfd, const char *path, size_t max);
void gv_file_unmap(struct gv_file_map *map);

/* Let the mapped bytes be written to, for this process alone: what is written
 * reaches no file. 0 or GV_ERROR. */
int gv_file_map_own(struct gv_file_map *map);

struct stat;

/* openat() that opens and never makes. Of a link that O_NOFOLLOW finds, POSIX
 * says ELOOP, FreeBSD EMLINK and NetBSD EFTYPE: errno is ELOOP on all. */
int gv_file_open_at(int dirfd, const char *path, int flags);

/* Open a regular file to be read, and look at it. 0; GV_ENOTFOUND; GV_EREFUSED
 * where it is something else; GV_ERROR. To be closed by gv_file_close(). */
int gv_file_open(int *fd, struct stat *st, int dirfd, const char *path);

/* Replace or create a file as a whole: written under a temporary name beside
 * it, flushed to disk if `durable` (file and directory), renamed. 0 or
 * GV_ERROR, and then the old file stands as it was (but for a directory that
 * cannot be flushed, which is seen only after the renaming). */
int gv_file_replace(int dirfd, const char *path, const void *data, size_t len,
    mode_t mode, bool durable);

/* Whether that is the name, in the same folder, under which a writer has left
 * what was to replace `of` when it was killed: its process is gone, or it is
 * older than a day. */
bool gv_file_is_left(int dirfd, const char *name, const char *of);

/* The name under which a file of the user's is written as a whole: `path`, or
 * what it leads to where it is a symbolic link, whether that is there or not,
 * so that a renamed file never stands in place of a link. `instead` says what
 * to do where something else than a regular file is there. 0, and the caller
 * frees *out; GV_EREFUSED; GV_ERROR; GV_ENOMEM. */
int gv_file_target(char **out, const char *path, const char *instead);

/* Make a file hold these bytes by writing over what it holds, or make it:
 * nothing stands beside it meanwhile, nothing is flushed, and who reads or is
 * killed in between finds some of both. For a few bytes whose loss costs
 * nothing. 0; GV_ENOTFOUND where its directory is missing; GV_ERROR. */
int gv_file_write_over(
    int dirfd, const char *path, const void *data, size_t len, mode_t mode);

/* Append whole lines to a file, or make it, and flush it to disk. A last line
 * without an end, which a killed writer left, is ended first: who reads skips
 * it. Two writers at once need a lock. 0; GV_ENOTFOUND where the directory is
 * missing; GV_ERROR, and then some of it may be there. (file_append.c) */
int gv_file_append_lines(const char *path, const void *lines, size_t len);

/* The same without flushing it: it outlives us, but not a loss of power. */
int gv_file_append_quick(const char *path, const void *lines, size_t len);

/* Make the bytes the end of a file, from that place on, where it has as many
 * bytes before: what a killed writer left behind the place goes. Not flushed.
 * 0; GV_ENOTFOUND where it is shorter; GV_EREFUSED where it is no regular file;
 * GV_ERROR. */
int
gv_file_write_tail(const char *path, size_t at, const void *data, size_t len);

/* Give a regular file a name that nothing has yet; 0, or -1 with errno set,
 * EEXIST where something stands there. */
int gv_file_rename_new(int dirfd, const char *from, const char *to);

/* The same in place of what has the name; 0, or -1 with errno set. */
int gv_file_rename_over(const char *from, const char *to);

/* Whether something stands there, a dangling link too. */
bool gv_file_exists(int dirfd, const char *path);

/* Seconds since the thing at `path` was last modified, negative where it is
 * from the future; 0 where there is none. */
int64_t gv_file_age(int dirfd, const char *path);

/* Whether it was left this many seconds ago, or is dated further than this in
 * the future, because the clock was set back meanwhile. */
bool gv_file_is_stale(int dirfd, const char *path, int64_t seconds);

/* Close a descriptor that was only read; -1 is fine; errno is kept. */
void gv_file_close(int fd);

/* Write all bytes; 0 or GV_ERROR with errno set and no message, since only
 * the caller knows the file's name. */
int gv_file_write_all(int fd, const void *data, size_t len);

/* The same at an offset. */
int gv_file_pwrite_all(int fd, const void *data, size_t len, off_t at);

/* Read what there is, at most `len` bytes; the count, 0 at the end, or -1 with
 * errno set. */
ssize_t gv_file_read_some(int fd, void *data, size_t len);

/* The first run of data at or behind `at` in a file that may have holes: 1
 * with both set, 0 where there is none, -1 where the system cannot tell. The
 * place to read from moves. */
int gv_file_next_data(int fd, uint64_t at, uint64_t *begin, uint64_t *end);

/* Go to a place, or back to the beginning: 0, or -1 with errno set. */
int gv_file_seek(int fd, uint64_t at);
int gv_file_rewind(int fd);

/* Read until `len` bytes or the end; the count, or -1 with errno set. */
ssize_t gv_file_read_full(int fd, void *data, size_t len);

/* The same of what somebody may type: -1 with EINTR where the user wants to end
 * (sys/cancel.h). */
ssize_t gv_file_read_typed(int fd, void *data, size_t len);

/* gv_file_read_full() from an offset. */
ssize_t gv_file_pread_full(int fd, void *data, size_t len, off_t at);

/* Whether a part of a path below the directory `top`, its last one too, is a
 * symbolic link: who may push can put one into a tree, and lead out of it what
 * is written there. 1, 0; GV_ENOMEM. */
int gv_file_leads_through_link(const char *top, const char *path);

/* Whether there is a regular file, or a symbolic link to one. */
bool gv_file_is_regular(int dirfd, const char *path);

/* Whether there is a directory, or a symbolic link to one. */
bool gv_file_is_dir(int dirfd, const char *path);

/* Whether this process may make files in a directory; if not, errno says why.
 */
bool gv_file_may_write(int dirfd, const char *dir);

/* Make a directory and its missing parents. 0, also where it is there. */
int gv_file_mkdirs(int dirfd, const char *path, mode_t mode);

/* Let nobody but its owner use what stands there; 0, or -1 with errno set. */
int gv_file_make_private(int dirfd, const char *path);

/* Remove a socket; 0, or -1 with errno set, EEXIST where something else stands
 * there. */
int gv_file_remove_socket(int dirfd, const char *path);

/* Remove a file or a whole directory, never following a symbolic link; 0,
 * also where it is not there. */
int gv_file_remove_tree(int dirfd, const char *path);

/* How many bytes an ordinary user may still write on the file system of
 * `path`, and how large it is. 0, or -1 with errno set. */
int gv_file_free_space(const char *path, uint64_t *left, uint64_t *total);

/* Flush a directory's entries to disk. */
int gv_file_sync_dir(int dirfd, const char *path);

/* The same of the directory that holds `path`, so that what was made, renamed
 * or removed there is so after a power failure. */
int gv_file_sync_parent(int dirfd, const char *path);

/* Flush a file that somebody else wrote. 0; GV_ENOTFOUND; GV_ERROR. */
int gv_file_sync(int dirfd, const char *path);

#endif
