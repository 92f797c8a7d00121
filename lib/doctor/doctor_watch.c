#include "autosave/started.h"
#include "doctor/doctor_internal.h"
#include "repo/repo.h"

int
gv_doctor_watch(struct gv_doctor *d)
{
	if (d->repo->worktree == NULL || !gv_started_is_down(d->repo->worktree))
		return 0;
	return gv_doctor_add(d, GV_DOCTOR_ERROR, "watch_down",
	    "git vault watch start",
	    "git vault watch was started for this project and does not run any "
	    "more, so changes are not saved automatically");
}
