#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/repo.h"
#include "sys/env.h"
#include "sys/file.h"

#define STALE (12 * 3600) /* git's own: nobody's gc takes half a day */

/* git gc writes "<process> <host>" to gc.pid, and a second one steps back
 * while that process lives, or where it is another host's. */
int
gv_repo_check_gc(const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char host[128] = "", here[128];
	long pid = 0;
	int r;

	gv_buf_addf(&path, "%s/gc.pid", repo->common_dir);
	r = gv_buf_check(&path);
	if (r < 0 || gv_file_read(&text, AT_FDCWD, path.p, 512) < 0)
		goto out;
	gv_env_host(here, sizeof(here));
	if (sscanf(text.p, "%ld %127s", &pid, host) != 2 || pid <= 0 ||
	    gv_file_is_stale(AT_FDCWD, path.p, STALE))
		goto out;
	if (strcmp(host, here) != 0 || kill((pid_t)pid, 0) == 0 ||
	    errno == EPERM)
		r = gv_err(GV_ELOCKED,
		    "git gc is at work here (process %ld on %s, says %s); try "
		    "again when it is done",
		    pid, host, path.p);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}
