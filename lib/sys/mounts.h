#ifndef GV_MOUNTS_H
#define GV_MOUNTS_H
/*
 * What is mounted where, as the system tells this process.
 *
 *	r = gv_mounts_read(&text);
 *	for (p = text.p; *p;) { p = gv_mounts_next(&m, p); … m.point … }
 *	gv_mounts_release(&m);
 */

#include <stdbool.h>

#include "base/buf.h"

struct gv_mount {
	struct gv_buf device, root, point; /* "MAJOR:MINOR", and two paths */
};

#define GV_MOUNT_INIT                                                          \
	{                                                                      \
		.device = GV_BUF_INIT, .root = GV_BUF_INIT,                    \
		.point = GV_BUF_INIT                                           \
	}

/* Append the text of /proc/self/mountinfo. 0; GV_ENOTFOUND, GV_ERROR. */
int gv_mounts_read(struct gv_buf *out);

/* Take the line at p; what comes next. */
const char *gv_mounts_next(struct gv_mount *m, const char *p);
void gv_mounts_release(struct gv_mount *m);

/* Whether something that is no folder is mounted below that one, by the text. A
 * write to it by its other name makes no event where it stands. `dir` is
 * absolute and real. */
bool gv_mounts_have_file(const char *mountinfo, const char *dir);

#endif
