#ifndef GV_MEMDIR_H
#define GV_MEMDIR_H
/*
 * A private directory in memory: a file in it never reaches a disk, unless the
 * system swaps. For programs that read or write a secret only as a file.
 *
 *	r = gv_memdir_make(&path);
 *	...
 *	gv_memdir_remove(&path);
 */

#include <stdint.h>

struct gv_buf;

/* Make one that only this user can enter, and append its path. Those that
 * killed processes of this user have left go. 0; GV_EREFUSED where the system
 * has no file system in memory; GV_ERROR; GV_ENOMEM. */
int gv_memdir_make(struct gv_buf *path);

/* Bytes of memory that programs can still get, as far as the system says, and
 * bytes that fit into such a directory. 0; GV_EREFUSED as above. */
int gv_memdir_room(uint64_t *memory, uint64_t *files);

/* Remove it with all that is in it, and release the path. An empty path is
 * fine. Keeps this thread's message. */
void gv_memdir_remove(struct gv_buf *path);

#endif
