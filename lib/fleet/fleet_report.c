#include "fleet/fleet_report.h"

#include <fcntl.h>

#include "base/err.h"
#include "fleet/fleet_lines.h"
#include "sys/file.h"
#include "sys/lock.h"

int
gv_fleet_report_load(struct gv_fleet_past *past, const char *file,
    enum gv_fleet_verb verb, bool is_round)
{
	struct gv_fleet_lines lines;
	int r;

	r = gv_fleet_lines_open(&lines, file, GV_FLEET_LINE);
	while (r == 0 && (r = gv_fleet_lines_next(&lines)) > 0) {
		if (!lines.is_whole || lines.line.len == 0) {
			past->skipped += lines.line.len > 0;
			r = 0;
			continue;
		}
		r = gv_fleet_past_add(
		    past, lines.line.p, lines.line.len, verb, is_round);
	}
	gv_fleet_lines_close(&lines);
	return r;
}

int
gv_fleet_report_open(int *lock, const char *file)
{
	int r;

	/* nothing is made of, or in place of, a device or a pipe */
	if (gv_file_exists(AT_FDCWD, file) &&
	    !gv_file_is_regular(AT_FDCWD, file))
		return gv_err(GV_EREFUSED,
		    "%s is no regular file, so no report can be appended to it",
		    file);
	r = gv_lock_open_shown(lock, file, 0);
	if (r == GV_ELOCKED)
		return gv_err(GV_ELOCKED,
		    "another run is writing the report %s; wait for it, or "
		    "name another file",
		    file);
	return r;
}
