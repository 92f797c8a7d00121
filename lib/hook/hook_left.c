#include <fcntl.h>
#include <string.h>

#include "hook/hook_internal.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"

/* Of what was to become dir/name: beside that, wherever it stands. */
static int
add_left(struct gv_buf *paths, const char *dir, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_dir_names names = { 0 };
	size_t i;
	int fd = -1, r;
	char *base;

	gv_buf_addf(&path, "%s/%s", dir, name);
	r = gv_buf_check(&path);
	if (r < 0)
		goto out;
	base = strrchr(path.p, '/');
	*base++ = '\0';
	fd = gv_dir_open_root(path.p);
	if (fd < 0 || gv_dir_list(&names, fd) < 0)
		names.n = 0;
	for (i = 0; i < names.n; i++) {
		if (!gv_file_is_left(fd, names.names[i].name, base))
			continue;
		gv_buf_addf(paths, "%s/%s", path.p, names.names[i].name);
		gv_buf_addch(paths, '\0');
	}
	r = gv_buf_check(paths);
out:
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r;
}

int
gv_hook_left(struct gv_buf *paths, struct gv_hook_report *report)
{
	const struct gv_hook *h;
	int r = 0;

	if (report->where)
		return 0;
	for (h = gv_hook_all; r == 0 && h->name; h++) {
		r = add_left(paths, report->dir, gv_hook_name(report, h, ""));
		if (r == 0 && report->own)
			r = add_left(paths, report->own, h->name);
	}
	return r;
}

int
gv_hook_sweep(struct gv_hook_report *report)
{
	struct gv_buf paths = GV_BUF_INIT;
	const char *at;
	int r = gv_hook_left(&paths, report);

	for (at = paths.p; r == 0 && at < paths.p + paths.len;
	     at += strlen(at) + 1)
		(void)gv_entry_unlink(AT_FDCWD, at); /* doctor tells of it */
	gv_buf_release(&paths);
	return r;
}
