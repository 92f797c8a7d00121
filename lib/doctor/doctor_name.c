#include "doctor/doctor_internal.h"
#include "sys/env.h"

/* What snapshots and records say of who made them. */
int
gv_doctor_name(struct gv_doctor *d)
{
	const struct gv_config *c = &d->repo->config;
	bool name = gv_config_get(c, "user.name") ||
	    gv_config_get(c, "author.name") || gv_env_get("GIT_AUTHOR_NAME");
	bool email = gv_config_get(c, "user.email") ||
	    gv_config_get(c, "author.email") || gv_env_get("GIT_AUTHOR_EMAIL");

	if (name && email)
		return 0;
	return gv_doctor_add(d, GV_DOCTOR_NOTE, "no_name",
	    name ? "git config --global user.email YOU@EXAMPLE"
		 : "git config --global user.name 'YOUR NAME'",
	    "git does not know your %s: snapshots and records say the name of "
	    "the user and of the host instead",
	    name ? "address" : "name");
}
