#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "doctor/doctor_internal.h"
#include "format/yaml.h"
#include "repo/library.h"
#include "sys/proc.h"

#define FSYNC_KNOWN 236 /* as gv_doctor.git */

static void
add(struct gv_doctor_report *report, const char *name, const char *text)
{
	struct gv_doctor_version *v = &report->versions[report->n_versions++];

	v->name = name;
	snprintf(v->text, sizeof(v->text), "%s", text);
}

static int
check_git(struct gv_doctor *d)
{
	const char *argv[] = { "git", "version", NULL };
	struct gv_proc p = GV_PROC_INIT;
	char text[32];
	int major = 0, minor = 0, r;

	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && sscanf(p.out.p, "git version %31s", text) == 1 &&
	    sscanf(text, "%d.%d", &major, &minor) == 2) {
		add(d->report, "git", text);
		d->git = major * 100 + minor;
	}
	if (d->git && d->git < FSYNC_KNOWN)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "git_old", NULL,
		    "git %d.%d is older than 2.36 and cannot flush refs to "
		    "disk (core.fsync), so a power failure may lose the last "
		    "snapshot; install a newer git",
		    major, minor);
	gv_proc_release(&p);
	return r;
}

int
gv_doctor_versions(struct gv_doctor *d)
{
	struct gv_library libs[GV_LIBRARY_MAX];
	size_t i, n = gv_library_list(libs);
	int r = check_git(d);

	for (i = 0; r == 0 && i < n; i++) {
		if (libs[i].loaded[0] == '\0') {
			r = gv_doctor_add(d, GV_DOCTOR_ERROR, "library_missing",
			    NULL,
			    "%s %s, which names objects, is not installed, so "
			    "no snapshot can be taken; install it",
			    libs[i].name, libs[i].built);
			continue;
		}
		add(d->report, libs[i].name, libs[i].loaded);
		if (!gv_library_fits(&libs[i]))
			r = gv_doctor_add(d, GV_DOCTOR_WARNING, "library_other",
			    NULL,
			    "%s %s is not what git-vault was built with, %s; "
			    "install that version or a newer one, or rebuild "
			    "git-vault",
			    libs[i].name, libs[i].loaded, libs[i].built);
	}
	if (r == 0)
		add(d->report, "libyaml", gv_yaml_version());
	return r;
}
