#ifndef GV_LOCAL_H
#define GV_LOCAL_H
/*
 * A socket in the file system through which one process of a user asks another
 * one of the same user. The kernel names the other end, so no other user is
 * heard or asked, whatever the rights of the folder.
 *
 *	r = gv_local_listen(&fd, path);		the process that answers
 *	r = gv_local_accept(&peer, fd, 100);
 *	r = gv_local_join(&fd, path, 100);	the process that asks
 */

#include <stddef.h>

/* Listen at a path, for this user alone; a socket of an earlier process is
 * replaced. The caller makes sure that there is one listener only. 0;
 * GV_EREFUSED where something else is there; GV_ERROR. The caller closes by
 * gv_file_close(). */
int gv_local_listen(int *fd, const char *path);

/* Take one who asks, whose reads and writes end after that long. 0;
 * GV_ENOTFOUND without a message where nobody asks, or another user does. */
int gv_local_accept(int *fd, int listening, int wait_ms);

/* Ask the process that listens at a path; reads and writes end after that long.
 * 0; GV_ENOTFOUND without a message where none does, or it is another user's.
 */
int gv_local_join(int *fd, const char *path, int wait_ms);

/* A socket of such a family that programs which are started do not get; -1 with
 * errno set. */
int gv_local_socket(int family);

/* A pair of such sockets, connected. 0, or -1 with errno set. */
int gv_local_pair(int fds[2]);

/* Send all of it, without the signal that an end which is gone would bring. 0;
 * GV_ENOTFOUND without a message where it is gone, or takes too long. */
int gv_local_send(int fd, const void *p, size_t len);

#endif
