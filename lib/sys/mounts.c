#include "sys/mounts.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "sys/file.h"

#define MOUNTS     "/proc/self/mountinfo"
#define MOUNTS_MAX ((size_t)16 << 20)

/*
 * A line of mountinfo, proc(5):
 *
 *	36 35 98:0 /root/of/mount /mount/point rw,noatime …
 *
 * with blanks and backslashes as three octal digits behind a backslash.
 */

int
gv_mounts_read(struct gv_buf *out)
{
#ifdef GV_LINUX
	return gv_file_read(out, AT_FDCWD, MOUNTS, MOUNTS_MAX);
#else
	(void)out;
	return gv_err(GV_ENOTFOUND, "this system does not list its mounts");
#endif
}

/* Append a word of the line, and go behind it. */
static const char *
take_word(struct gv_buf *out, const char *p)
{
	while (*p && *p != ' ' && *p != '\n') {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] &&
		    p[3]) {
			gv_buf_addch(out,
			    (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 +
				(p[3] - '0')));
			p += 4;
		} else {
			gv_buf_addch(out, *p++);
		}
	}
	return *p == ' ' ? p + 1 : p;
}

const char *
gv_mounts_next(struct gv_mount *m, const char *p)
{
	struct gv_buf ids = GV_BUF_INIT;

	gv_buf_reset(&m->device);
	gv_buf_reset(&m->root);
	gv_buf_reset(&m->point);
	p = take_word(&ids, p);
	p = take_word(&ids, p);
	p = take_word(&m->device, p);
	p = take_word(&m->root, p);
	p = take_word(&m->point, p);
	gv_buf_release(&ids);
	p += strcspn(p, "\n");
	return *p ? p + 1 : p;
}

void
gv_mounts_release(struct gv_mount *m)
{
	gv_buf_release(&m->device);
	gv_buf_release(&m->root);
	gv_buf_release(&m->point);
}

bool
gv_mounts_have_file(const char *mountinfo, const char *dir)
{
	struct gv_mount m = GV_MOUNT_INIT;
	const size_t len = dir[1] ? strlen(dir) : 0;
	const char *p = mountinfo;
	bool have = false;

	while (*p && !have) {
		p = gv_mounts_next(&m, p);
		/* without memory it is not known */
		have = gv_buf_check(&m.point) < 0 ||
		    (gv_path_is_below(m.point.p, m.point.len, dir, len) &&
			!gv_file_is_dir(AT_FDCWD, m.point.p));
	}
	gv_mounts_release(&m);
	return have;
}
