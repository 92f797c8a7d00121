#include "vault/setting.h"

#include <string.h>

#include "base/err.h"
#include "sys/clock.h"
#include "sys/proc.h"

#define TRIES    20
#define PAUSE_MS 50

#define NOT_THERE 5 /* git's status where nothing was to take away */

static int
change(const char *const *argv, const char *key)
{
	/* whose words for a lock that is held are read */
	static const char *const env[] = { "LC_ALL=C", NULL };
	int r, i;

	for (i = 0;; i++) {
		struct gv_proc p = GV_PROC_INIT;
		bool locked;

		r = gv_proc_run(
		    &p, &(struct gv_proc_opts){ .argv = argv, .env = env });
		locked = r == 0 && p.status && strstr(p.err.p, "File exists");
		if (r == 0 && p.status && p.status != NOT_THERE)
			r = gv_err(locked ? GV_ELOCKED : GV_ERROR,
			    "cannot set %s: %s", key, gv_proc_why(&p));
		gv_proc_release(&p);
		if (!locked || i == TRIES)
			return r;
		gv_clock_sleep(PAUSE_MS);
	}
}

int
gv_setting_add(const char *key, const char *value)
{
	const char *argv[] = { "git", "config", "--local", "--fixed-value",
		"--replace-all", key, value, value, NULL };

	return change(argv, key);
}

int
gv_setting_del(const char *key, const char *value)
{
	const char *argv[] = { "git", "config", "--local", "--fixed-value",
		"--unset-all", key, value, NULL };
	const char *all[] = { "git", "config", "--local", "--unset-all", key,
		NULL };

	return change(value ? argv : all, key);
}
