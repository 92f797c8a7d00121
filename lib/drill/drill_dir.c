#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "drill/drill.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/proc.h"

/* drill-PID-RANDOM: the process says whether somebody still works in it. */
#define PREFIX "drill-"

static bool
is_left(const char *name)
{
	char *end;
	long pid;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	pid = strtol(name + strlen(PREFIX), &end, 10);
	return pid > 0 && *end == '-' && gv_proc_is_gone(pid);
}

/* One that was kept on purpose stays until its process is gone and the next
 * drill comes. */
static int
remove_left(const char *vault)
{
	struct gv_dir_names names = { .n = 0 };
	int dir = gv_dir_open_root(vault), r = 0;
	size_t i;

	if (dir < 0)
		return 0;
	if (gv_dir_list(&names, dir) < 0)
		r = gv_err_sys("cannot read the directory %s", vault);
	for (i = 0; r == 0 && i < names.n; i++)
		if (is_left(names.names[i].name))
			r = gv_file_remove_tree(dir, names.names[i].name);
	gv_dir_names_release(&names);
	gv_file_close(dir);
	return r;
}

int
gv_drill_make_dir(struct gv_buf *out, const struct gv_repo *repo)
{
	struct gv_buf vault = GV_BUF_INIT;
	unsigned char random[4];
	int r = gv_clock_random(random, sizeof(random));

	gv_buf_addf(&vault, "%s/vault", repo->common_dir);
	if (r == 0 && (r = gv_buf_check(&vault)) == 0)
		r = remove_left(vault.p);
	if (r == 0) {
		gv_buf_addf(out, "%s/" PREFIX "%ld-%02x%02x%02x%02x", vault.p,
		    (long)getpid(), random[0], random[1], random[2], random[3]);
		r = gv_buf_check(out);
	}
	if (r == 0)
		r = gv_file_mkdirs(AT_FDCWD, out->p, 0700);
	gv_buf_release(&vault);
	return r;
}
