#include "state_target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/file.h"

static int
there_already(const char *path)
{
	return gv_err(GV_EEXISTS,
	    "%s is there already, and is not written over; name another file, "
	    "or move it away",
	    path);
}

int
gv_state_target_open(struct gv_state_target *to)
{
	const char *slash;
	char *dir;

	if (to->path == NULL) {
		to->fd = STDOUT_FILENO;
		return 0;
	}
	if (gv_file_exists(AT_FDCWD, to->path))
		return there_already(to->path);
	slash = strrchr(to->path, '/');
	dir = slash == to->path ? strdup("/")
	    : slash             ? strndup(to->path, (size_t)(slash - to->path))
				: strdup(".");
	if (dir == NULL)
		return gv_err_nomem();
	to->fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	free(dir);
	if (to->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		if (asprintf(&to->name, "%s.tmp-%ld", to->path,
			(long)getpid()) < 0) {
			to->name = NULL;
			return gv_err_nomem();
		}
		to->fd = open(to->name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	return to->fd < 0 ? gv_err_sys("cannot create %s", to->path) : 0;
}

int
gv_state_target_put(void *target, const void *data, size_t len)
{
	struct gv_state_target *to = target;

	return gv_file_write_all(to->fd, data, len) < 0
	    ? gv_err_sys("cannot write %s", to->path ? to->path : "to stdout")
	    : 0;
}

static int
give_name(struct gv_state_target *to)
{
	char self[64];

	if (fsync(to->fd) < 0)
		return gv_err_sys("cannot write %s", to->path);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", to->fd);
	if ((to->name ? gv_file_rename_new(AT_FDCWD, to->name, to->path)
		      : linkat(AT_FDCWD, self, AT_FDCWD, to->path,
			    AT_SYMLINK_FOLLOW)) < 0)
		return errno == EEXIST
		    ? there_already(to->path)
		    : gv_err_sys("cannot create %s", to->path);
	return gv_file_sync_parent(AT_FDCWD, to->path);
}

int
gv_state_target_close(struct gv_state_target *to, int r)
{
	if (to->path == NULL)
		return r;
	if (r == 0)
		r = give_name(to);
	if (r < 0 && to->name && to->fd >= 0)
		unlink(to->name);
	if (to->fd >= 0)
		gv_file_close(to->fd);
	free(to->name);
	to->name = NULL;
	return r;
}
