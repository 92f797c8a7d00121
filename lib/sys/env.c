#include "sys/env.h"

#include <pwd.h>
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
		getpwnam_r(user, &pw, text, sizeof(text), &found);
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
	if (gethostname(out, size) < 0 || *out == '\0')
		strncpy(out, "localhost", size);
	out[size - 1] = '\0';
}
