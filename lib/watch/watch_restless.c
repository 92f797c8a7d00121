#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "sys/file.h"
#include "watch/watch_internal.h"

#define MAX ((size_t)4 * 1024 * 1024)

/* The file is made by saves (autosave/restless.h): paths, a NUL behind each. */
void
gv_watch_restless_read(struct gv_watched *p)
{
	struct gv_buf path = GV_BUF_INIT;
	char *before = gv_err_save();
	const char *at, *end;

	gv_watch_restless_forget(p);
	gv_buf_addf(&path, "%s/vault/restless", p->git_dir);
	if (p->git_dir == NULL || gv_buf_check(&path) < 0 ||
	    gv_file_read(&p->restless_text, AT_FDCWD, path.p, MAX) < 0)
		goto out;
	end = p->restless_text.p + p->restless_text.len;
	for (at = p->restless_text.p;
	     at < end && memchr(at, '\0', (size_t)(end - at));
	     at += strlen(at) + 1)
		if (*at && gv_map_put(&p->restless, at, strlen(at), p) < 0)
			break;
out:
	gv_buf_release(&path);
	gv_err_restore(before);
}

enum gv_pace_class
gv_watch_restless_class(const struct gv_watched *p, const char *dir,
    const char *name, enum gv_pace_class class)
{
	const size_t top = strlen(p->path);
	struct gv_buf path = GV_BUF_INIT;
	bool is;

	if (p->restless.n == 0 || class == GV_PACE_LOW ||
	    strncmp(dir, p->path, top) != 0 || (dir[top] && dir[top] != '/'))
		return class;
	gv_buf_addf(&path, "%s%s%s", dir[top] ? dir + top + 1 : "",
	    dir[top] ? "/" : "", name);
	is = gv_buf_check(&path) == 0 &&
	    gv_map_get(&p->restless, path.p, path.len);
	gv_buf_release(&path);
	return is ? (enum gv_pace_class)(class + 1) : class;
}

void
gv_watch_restless_forget(struct gv_watched *p)
{
	gv_map_release(&p->restless);
	p->restless = (struct gv_map)GV_MAP_INIT;
	gv_buf_release(&p->restless_text);
	p->restless_text = (struct gv_buf)GV_BUF_INIT;
}
