#include "sys/self.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(GV_LINUX)
#include <sys/prctl.h>
#elif defined(__APPLE__)
#include <limits.h>
#include <mach-o/dyld.h>
#endif

#include "base/buf.h"
#include "base/err.h"
#include "sys/dir.h"
#include "sys/env.h"
#include "sys/file.h"

#define NAME "git-vault"

#if !defined(GV_LINUX) && !defined(__APPLE__)
/* What gv_self_started() found; NULL where PATH found the program. */
static char *started;
#endif

void
gv_self_started(const char *name)
{
#if !defined(GV_LINUX) && !defined(__APPLE__)
	free(started);
	started = name && strchr(name, '/') ? realpath(name, NULL) : NULL;
#else
	(void)name;
#endif
}

/* Where dumps go to a program, as systemd has it, a limit of none stops them
 * only if that program likes, and it would be inherited. */
void
gv_self_seclude(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return;
#elif defined(GV_LINUX)
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#else
	struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
#endif
}

/* Whether this directory of PATH has the very file, or, where nobody knows
 * which that is, one that can be run; then it is in `out`. */
static bool
is_in(struct gv_buf *out, const char *dir, size_t len, const struct stat *self)
{
	struct stat st;

	if (len == 0 || *dir != '/')
		return false;
	gv_buf_reset(out);
	gv_buf_addf(out, "%.*s/%s", (int)len, dir, NAME);
	if (gv_buf_check(out) < 0 || stat(out->p, &st) < 0)
		return false;
	return self ? st.st_dev == self->st_dev && st.st_ino == self->st_ino
		    : access(out->p, X_OK) == 0;
}

static bool
is_in_path(struct gv_buf *out, const struct stat *self)
{
	const char *p = gv_env_get("PATH");
	size_t n;

	for (; p && *p; p += n + (p[n] == ':')) {
		n = strcspn(p, ":");
		if (is_in(out, p, n, self))
			return true;
	}
	return false;
}

/* The file that this process runs, as far as the system tells; or NULL. The
 * caller frees it. */
static char *
find_own_file(void)
{
#if defined(GV_LINUX)
	return realpath("/proc/self/exe", NULL);
#elif defined(__APPLE__)
	char path[PATH_MAX];
	uint32_t size = sizeof(path);

	return _NSGetExecutablePath(path, &size) == 0 ? realpath(path, NULL)
						      : NULL;
#else
	return started ? strdup(started) : NULL;
#endif
}

int
gv_self_path(struct gv_buf *out)
{
	struct gv_buf found = GV_BUF_INIT;
	char *real = find_own_file();
	struct stat self;
	bool is_known = real && stat(real, &self) == 0;
	int r = 0;

	if (is_in_path(&found, is_known ? &self : NULL))
		gv_buf_add(out, found.p, found.len);
	else if (is_known)
		gv_buf_addstr(out, real);
	else
		r = gv_err(GV_ENOTFOUND,
		    "the system does not tell where this program is, and "
		    "git-vault is not in PATH");
	gv_buf_release(&found);
	free(real);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_self_file(struct gv_buf *out)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_self_path(&path);
	char *real = r == 0 ? realpath(path.p, NULL) : NULL;

	if (real)
		gv_buf_addstr(out, real);
	else if (r == 0)
		r = gv_err(GV_ENOTFOUND, "%s is not there any more", path.p);
	gv_buf_release(&path);
	free(real);
	return r < 0 ? r : gv_buf_check(out);
}

/* On Linux also where the file was replaced since. */
static bool
stat_own(struct stat *st)
{
#ifdef GV_LINUX
	return stat("/proc/self/exe", st) == 0;
#else
	char *file = find_own_file();
	const bool is_known = file && stat(file, st) == 0;

	free(file);
	return is_known;
#endif
}

int
gv_self_stamp(struct gv_buf *out)
{
	struct stat st;

	if (!stat_own(&st))
		return GV_ENOTFOUND;
	gv_buf_addf(out, "%ju %ju %jd %jd.%ld", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino, (intmax_t)st.st_size,
	    (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return gv_buf_check(out);
}

long
gv_self_pid(void)
{
	return (long)getpid();
}

#define SUPPLIES "/sys/class/power_supply"

/* Whether a file of a source of power has that text. */
static bool
says(const char *source, const char *file, const char *text)
{
	struct gv_buf path = GV_BUF_INIT, is = GV_BUF_INIT;
	bool does;

	gv_buf_addf(&path, SUPPLIES "/%s/%s", source, file);
	does = gv_buf_check(&path) == 0 &&
	    gv_file_read(&is, AT_FDCWD, path.p, 4096) == 0 &&
	    strncmp(is.p, text, strlen(text)) == 0;
	gv_buf_release(&path);
	gv_buf_release(&is);
	return does;
}

bool
gv_self_is_on_battery(void)
{
	const int fd = gv_dir_open_root(SUPPLIES);
	struct gv_dir_names names = { 0 };
	bool has_battery = false, has_mains = false;
	size_t i;

	if (fd >= 0 && gv_dir_list(&names, fd) == 0)
		for (i = 0; i < names.n; i++) {
			const char *name = names.names[i].name;

			has_battery |= says(name, "type", "Battery") &&
			    says(name, "status", "Discharging");
			has_mains |= says(name, "online", "1");
		}
	gv_dir_names_release(&names);
	gv_file_close(fd);
	return has_battery && !has_mains;
}
