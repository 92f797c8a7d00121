#include <string.h>

#include "base/err.h"
#include "drill/drill_internal.h"

/* What is wrong around the clone, and not in it. */

#define SLOW_MS 2000 /* how long one waits for a remote that is stuck */
#define HOUR    3600

/* A copy of the remote, whose answer stops after some bytes. */
static int
slow_down(struct gv_drill_run *run)
{
	const char *copy =
	    gv_drill_text(run->drill, "%s/remote.git", run->opts->dir);
	const char *const args[] = { "clone", "--quiet", "--mirror",
		gv_drill_address(run), copy, NULL };
	int r = copy ? gv_drill_git_at_home(NULL, run, args) : GV_ENOMEM;

	if (r > 0)
		return gv_err(GV_ERROR, "git cannot copy the remote");
	if (r < 0)
		return r;
	run->address = copy;
	run->clone_ms = SLOW_MS;
	run->upload_pack = gv_drill_text(run->drill,
	    "f() { git-upload-pack \"$1\" | { head -c %llu; exec sleep 600; }; "
	    "}; f",
	    (unsigned long long)(run->opts->seed * 97 % 2000));
	return run->upload_pack ? 0 : GV_ENOMEM;
}

/* From some minutes to years, in both directions. */
static int64_t
skew(uint64_t seed)
{
	const int64_t off = HOUR / 4 + (int64_t)(seed * seed % 86400) * HOUR;

	return seed % 2 ? off : -off;
}

int
gv_drill_strain(struct gv_drill_run *run)
{
	switch (run->opts->fault) {
	case GV_DRILL_SLOW_REMOTE:
		return slow_down(run);
	case GV_DRILL_CLOCK_SKEW:
		run->now += skew(run->opts->seed);
		return 0;
	case GV_DRILL_DISK_FULL:
		if (run->opts->seed % 2)
			run->blocks = (int)(run->opts->seed / 2 % 4);
		return 0;
	default:
		return 0;
	}
}
