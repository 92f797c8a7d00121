#include "sys/running.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/file.h"

#ifdef GV_LINUX

#define COMM_MAX 16 /* the name of a process, with its newline */

static bool
has_name(int proc, const char *pid, const char *name)
{
	struct gv_buf comm = GV_BUF_INIT;
	char path[64];
	size_t len = strlen(name);
	bool is;

	snprintf(path, sizeof(path), "%.20s/comm", pid);
	is = gv_file_read(&comm, proc, path, COMM_MAX) == 0 &&
	    comm.len == len + 1 && memcmp(comm.p, name, len) == 0;
	gv_buf_release(&comm);
	return is;
}

static bool
stands_in(int proc, const char *pid, const char *const *dirs)
{
	char path[64], cwd[PATH_MAX];
	ssize_t n;
	size_t len;

	snprintf(path, sizeof(path), "%.20s/cwd", pid);
	n = readlinkat(proc, path, cwd, sizeof(cwd) - 1);
	if (n < 0)
		return false;
	cwd[n] = '\0';
	for (; *dirs; dirs++) {
		len = strlen(*dirs);
		if (strncmp(cwd, *dirs, len) == 0 &&
		    (cwd[len] == '\0' || cwd[len] == '/'))
			return true;
	}
	return false;
}

long
gv_running_find(const char *name, const char *const *dirs)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	long found = 0, pid;
	char *end;

	while (proc && found == 0 && (e = readdir(proc)) != NULL) {
		pid = strtol(e->d_name, &end, 10);
		if (*end || pid <= 0 || pid == getpid() || pid == getppid())
			continue;
		if (has_name(dirfd(proc), e->d_name, name) &&
		    stands_in(dirfd(proc), e->d_name, dirs))
			found = pid;
	}
	if (proc)
		closedir(proc);
	return found;
}

bool
gv_running_is_known(void)
{
	return access("/proc/self/cwd", F_OK) == 0;
}

#else /* a system without /proc tells nobody where others are at work */

long
gv_running_find(const char *name, const char *const *dirs)
{
	(void)name, (void)dirs;
	return 0;
}

bool
gv_running_is_known(void)
{
	return false;
}

#endif
