#include "doctor/probe_hold.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/lock.h"

#define PREFIX  "probe-"
#define STALE_S 60 /* one that was just made is not held yet */

/* Whether a process has it locked. A file of another program is held by none.
 */
static bool
is_locked(int dirfd, const char *path)
{
	struct stat st;
	bool is = false;
	int fd;

	if (gv_file_open(&fd, &st, dirfd, path) < 0)
		return false;
	is = !gv_entry_hold(fd);
	gv_file_close(fd);
	return is;
}

static void
sweep(const char *vault)
{
	struct gv_dir_names names = { .n = 0 };
	int root = gv_dir_open_root(vault);
	size_t i;

	for (i = 0;
	     root >= 0 && (i || gv_dir_list(&names, root) == 0) && i < names.n;
	     i++) {
		const char *name = names.names[i].name;

		if (strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
		    gv_file_is_stale(root, name, STALE_S) &&
		    !is_locked(root, name))
			(void)gv_file_remove_tree(root, name);
	}
	gv_dir_names_release(&names);
	gv_file_close(root);
}

int
gv_probe_hold_open(
    struct gv_probe_hold *out, const struct gv_repo *repo, const char *name)
{
	struct gv_buf vault = GV_BUF_INIT;
	int r;

	*out = (struct gv_probe_hold)GV_PROBE_HOLD_INIT;
	gv_buf_addf(&vault, "%s/vault", repo->common_dir);
	gv_buf_addf(
	    &out->path, "%s/vault/" PREFIX "%s", repo->common_dir, name);
	if ((r = gv_buf_check(&vault)) == 0 &&
	    (r = gv_buf_check(&out->path)) == 0 &&
	    (r = gv_file_mkdirs(AT_FDCWD, vault.p, 0777)) == 0) {
		sweep(vault.p);
		r = gv_lock_open(&out->fd, out->path.p, 0);
	}
	gv_buf_release(&vault);
	return r;
}

bool
gv_probe_hold_is_held(const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is;

	gv_buf_addf(&path, "%s/vault/" PREFIX "%s", repo->common_dir, name);
	is = strchr(name, '/') == NULL && gv_buf_check(&path) == 0 &&
	    is_locked(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return is;
}

void
gv_probe_hold_close(struct gv_probe_hold *hold)
{
	if (hold == NULL)
		return;
	if (hold->fd >= 0)
		(void)gv_file_remove_tree(AT_FDCWD, hold->path.p);
	gv_lock_close(hold->fd);
	hold->fd = -1;
	gv_buf_release(&hold->path);
}
