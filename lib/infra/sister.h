#ifndef GV_SISTER_H
#define GV_SISTER_H
/*
 * Sister files: the same file in several environments, whose paths differ in
 * the environment's name only. A pure function of the path.
 *
 *	gv_sister_fold(&key, "live/prod/vpc.tf", 16);	"live/\1/vpc.tf"
 */

#include <stddef.h>

struct gv_buf;

/* Append the path with every word of environments (gv_environment_is_word) that
 * stands alone between separators ('/', '.', '-', '_') folded to one byte:
 * sisters fold to equal keys. */
void gv_sister_fold(struct gv_buf *out, const char *path, size_t len);

#endif
