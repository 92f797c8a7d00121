#include "project/registry.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/env.h"
#include "sys/file.h"

static uint64_t
mix(uint64_t sum, uint64_t value)
{
	return (sum ^ value) * 0x100000001b3u;
}

static uint64_t
add_file(uint64_t sum, struct gv_buf *path)
{
	struct stat st;
	int fd;

	if (path->len == 0 || gv_buf_check(path) < 0 ||
	    gv_file_open(&fd, &st, AT_FDCWD, path->p) < 0)
		return mix(sum, 1);
	gv_file_close(fd);
	sum = mix(sum, (uint64_t)st.st_mtim.tv_sec);
	sum = mix(sum, (uint64_t)st.st_mtim.tv_nsec);
	sum = mix(sum, (uint64_t)st.st_ino);
	return mix(sum, (uint64_t)st.st_size);
}

/* Where git looks for them. */
uint64_t
gv_registry_stamp(void)
{
	const char *instead = gv_env_get("GIT_CONFIG_GLOBAL");
	struct gv_buf path = GV_BUF_INIT;
	char *before = gv_err_save();
	uint64_t sum = 0xcbf29ce484222325u;

	if (instead) {
		gv_buf_addstr(&path, instead);
		sum = add_file(sum, &path);
	} else {
		(void)gv_env_expand(&path, "~/.gitconfig");
		sum = add_file(sum, &path);
		gv_buf_reset(&path);
		(void)gv_env_config_file(&path, "git/config");
		sum = add_file(sum, &path);
	}
	gv_buf_release(&path);
	gv_err_restore(before);
	return sum;
}
