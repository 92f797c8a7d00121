#ifndef GV_FIFO_H
#define GV_FIFO_H
/*
 * A named pipe of the user's own, through which small messages reach a process
 * that runs already. A message of at most GV_FIFO_MAX bytes arrives whole.
 *
 *	r = gv_fifo_open(&fd, path);		the process that reads
 *	r = gv_fifo_join(&fd, path);		another one, to write
 */

#include <limits.h>
#include <stddef.h>

#define GV_FIFO_MAX ((size_t)PIPE_BUF)

/* Make it, for its owner alone, and open it to be read without waiting: reads
 * fail where nothing has come. 0; GV_EREFUSED where something else is there;
 * GV_ERROR. The caller closes by gv_file_close(). */
int gv_fifo_open(int *fd, const char *path);

/* Open it to write without waiting. 0; GV_ENOTFOUND without a message where no
 * process reads it; GV_EREFUSED where it is not a pipe of this user; GV_ERROR.
 */
int gv_fifo_join(int *fd, const char *path);

#endif
