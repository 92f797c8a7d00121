#include "sys/env.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

const char *
gv_env_get(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

bool
gv_env_is_set(const char *name)
{
	return getenv(name) != NULL;
}

int
gv_env_set(const char *name, const char *value)
{
	int r = value ? setenv(name, value, 1) : unsetenv(name);

	return r < 0 ? gv_err_nomem() : 0;
}

int
gv_env_expand(struct gv_buf *out, const char *path)
{
	size_t n = strcspn(path, "/");
	const char *home = NULL;
	struct passwd pw, *found = NULL;
	char text[16384], *user;

	if (*path != '~') {
		gv_buf_addstr(out, path);
		return gv_buf_check(out);
	}
	if (n == 1) {
		home = gv_env_get("HOME");
	} else {
		user = strndup(path + 1, n - 1);
		if (user == NULL)
			return gv_err_nomem();
		if (getpwnam_r(user, &pw, text, sizeof(text), &found) != 0)
			found = NULL;
		home = found ? pw.pw_dir : NULL;
		free(user);
	}
	if (home == NULL)
		return gv_err(GV_ENOTFOUND, "no home for %.*s", (int)n, path);
	gv_buf_addf(out, "%s%s", home, path + n);
	return gv_buf_check(out);
}

int
gv_env_config_file(struct gv_buf *out, const char *name)
{
	const char *dir = gv_env_get("XDG_CONFIG_HOME");
	const char *home = gv_env_get("HOME");

	if (dir)
		gv_buf_addf(out, "%s/%s", dir, name);
	else if (home)
		gv_buf_addf(out, "%s/.config/%s", home, name);
	else
		return gv_err(GV_ENOTFOUND, "no home for %s", name);
	return gv_buf_check(out);
}

void
gv_env_host(char *out, unsigned long size)
{
	/* one that does not fit is cut; without an end, some systems say */
	out[size - 1] = '\0';
	if ((gethostname(out, size) < 0 && errno != ENAMETOOLONG) ||
	    *out == '\0')
		snprintf(out, size, "localhost");
	out[size - 1] = '\0';
}

void
gv_env_user(char *out, unsigned long size)
{
	struct passwd pw, *found = NULL;
	char text[16384];

	if (getpwuid_r(getuid(), &pw, text, sizeof(text), &found) == 0 && found)
		snprintf(out, size, "%s", pw.pw_name);
	else
		snprintf(out, size, "%lu", (unsigned long)getuid());
}
