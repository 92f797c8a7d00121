#include "doctor/doctor.h"

#include <string.h>

#include "base/err.h"
#include "sys/proc.h"

/*
 * What is not here is left to a person: what sends something to others or
 * changes what they have, what deletes by age alone, and what undoes a setting
 * that may have been made on purpose.
 */
static const char *const safe[] = {
	/* takes a snapshot, or reads all of them */
	"no_snapshot",
	"snapshot_old",
	"precious_unheld",
	"own_lost",
	"verified_long_ago",
	/* removes what is made again, or was left by a process that is gone */
	"cache_damaged",
	"git_cache_damaged",
	"left_by_killed",
	/* gives Git's files another form */
	"loose_refs",
	"many_packs",
	"no_commit_graph",
	/* has Git delete less, flush more, or fetch into the right place */
	"refspec_prunes",
	"refspec_overwrites",
	"refspec_elsewhere",
	"fetch_brings_vault",
	"fetch_brings_snapshots",
	"fetch_looks_at_all",
	"gc_prunes_at_once",
	"gc_loosens",
	"fsync_off",
	"fsync_default",
};

bool
gv_doctor_is_safe(const char *kind)
{
	size_t i;

	for (i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
		if (strcmp(safe[i], kind) == 0)
			return true;
	return false;
}

int
gv_doctor_fix(struct gv_doctor_report *report, size_t i)
{
	struct gv_doctor_finding *f = &report->findings[i];
	const char *argv[] = { "sh", "-c", f->command, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if ((r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv })) < 0)
		goto out;
	if (p.status != 0) {
		r = gv_err(GV_ERROR, "%s", gv_proc_why(&p));
		goto out;
	}
	f->is_fixed = true;
	report->counts[f->grade]--;
out:
	gv_proc_release(&p);
	return r;
}
