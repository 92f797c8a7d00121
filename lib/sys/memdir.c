#include "sys/memdir.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef GV_LINUX
#include <sys/vfs.h>
#endif

#include "base/buf.h"
#include "base/err.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"

#define PREFIX "git-vault-mem-" /* + the process, '-', eight digits */

#ifdef GV_LINUX
#define NONE                                                                   \
	"no file system in memory was found for a file in clear: set "         \
	"XDG_RUNTIME_DIR to one (mount -t tmpfs), or mount /dev/shm"
#else
#define NONE                                                                   \
	"a file in clear goes to a file system in memory only, which "         \
	"git-vault finds on Linux only; run this command there"
#endif

#define TMPFS 0x01021994 /* what Linux calls the kind */

/* Whether files there are in memory alone. */
static bool
is_memory(const char *dir)
{
#ifdef GV_LINUX
	struct statfs st;

	return statfs(dir, &st) == 0 && (unsigned long)st.f_type == TMPFS &&
	    gv_file_may_write(AT_FDCWD, dir);
#else
	(void)dir;
	return false;
#endif
}

static const char *
find(void)
{
	const char *const dirs[] = { gv_env_get("XDG_RUNTIME_DIR"),
		"/dev/shm" };
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (dirs[i] && *dirs[i] == '/' && is_memory(dirs[i]))
			return dirs[i];
	return NULL;
}

/* Whether this user made it, in a process that is gone. */
static bool
is_left(int root, const struct gv_dir_name *e)
{
	struct stat st;
	long pid;

	if (strncmp(e->name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	pid = strtol(e->name + strlen(PREFIX), NULL, 10);
	return gv_proc_is_gone(pid) &&
	    gv_dir_stat(root, e->name, e->len, &st) == 0 &&
	    S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

static void
sweep(const char *dir)
{
	struct gv_dir_names names = { .n = 0 };
	const int root = gv_dir_open_root(dir);
	size_t i;

	if (root >= 0 && gv_dir_list(&names, root) == 0)
		for (i = 0; i < names.n; i++)
			if (is_left(root, &names.names[i]))
				(void)gv_file_remove_tree(
				    root, names.names[i].name);
	gv_dir_names_release(&names);
	gv_file_close(root);
}

static int
find_or_refuse(const char **dir)
{
	const char *found = find();

	*dir = found ? found : "";
	return found ? 0 : gv_err(GV_EREFUSED, NONE);
}

/* What Linux says of memory; all there can be where it says nothing. */
static uint64_t
available(void)
{
	static const char key[] = "\nMemAvailable:";
	struct gv_buf text = GV_BUF_INIT;
	char *saved = gv_err_save();
	const char *at = NULL;
	uint64_t bytes = UINT64_MAX;

	if (gv_file_read(&text, AT_FDCWD, "/proc/meminfo", 64 * 1024) == 0)
		at = strstr(text.p, key);
	if (at)
		bytes = strtoull(at + strlen(key), NULL, 10) * 1024;
	gv_buf_release(&text);
	gv_err_restore(saved);
	return bytes;
}

int
gv_memdir_room(uint64_t *memory, uint64_t *files)
{
	const char *dir;
	uint64_t total;
	int r = find_or_refuse(&dir);

	if (r < 0)
		return r;
	*memory = available();
	return gv_file_free_space(dir, files, &total) < 0
	    ? gv_err_sys("cannot ask how much space %s has", dir)
	    : 0;
}

int
gv_memdir_make(struct gv_buf *path)
{
	const char *dir;
	uint32_t random = 0;
	int r = find_or_refuse(&dir);

	if (r < 0)
		return r;
	sweep(dir);
	if ((r = gv_clock_random(&random, sizeof(random))) < 0)
		return r;
	gv_buf_addf(
	    path, "%s/" PREFIX "%ld-%08" PRIx32, dir, (long)getpid(), random);
	if (gv_buf_check(path) < 0)
		return GV_ENOMEM;
	if (mkdir(path->p, 0700) == 0)
		return 0;
	gv_buf_reset(path);
	return gv_err_sys("cannot make a private directory in %s", dir);
}

void
gv_memdir_remove(struct gv_buf *path)
{
	char *saved = gv_err_save();

	if (path->len)
		(void)gv_file_remove_tree(AT_FDCWD, path->p);
	gv_buf_release(path);
	gv_err_restore(saved);
}
