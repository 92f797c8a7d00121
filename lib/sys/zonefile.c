#include "sys/zonefile.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/zone.h"
#include "sys/file.h"

#define FOLDER "/usr/share/zoneinfo"
#define MOST   ((size_t)64 * 1024) /* bytes of a file */

int
gv_zonefile_load(struct gv_zone *out, const char *name)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, FOLDER "/%s", name);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	r = gv_zone_is_name(name) ? gv_file_read(&text, AT_FDCWD, path.p, MOST)
				  : GV_ENOTFOUND;
	if (r == 0 && gv_zone_read(out, text.p, text.len) < 0)
		r = GV_ENOTFOUND;
	if (r == GV_ENOTFOUND)
		r = gv_err(
		    r, "this machine has no time zone '%s' in " FOLDER, name);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}
