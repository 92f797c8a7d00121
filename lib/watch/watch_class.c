#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "sys/file.h"
#include "watch/watch_internal.h"

#define MAX ((size_t)4 * 1024 * 1024)

/* The file is made by saves (autosave/restless.h): paths, a NUL behind each. */
static void
read_restless(struct gv_watched *p)
{
	struct gv_buf path = GV_BUF_INIT;
	char *before = gv_err_save();
	const char *at, *end;

	gv_buf_addf(&path, "%s/vault/restless", p->git_dir);
	if (gv_buf_check(&path) < 0 ||
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

int
gv_watch_class_read(struct gv_watched *p)
{
	gv_watch_class_forget(p);
	if (p->git_dir == NULL)
		return gv_classes_read(&p->classes, "", 0);
	read_restless(p);
	return gv_classes_find(&p->classes, p->git_dir);
}

enum gv_class
gv_watch_class(const struct gv_watched *p, const char *path)
{
	const size_t len = strlen(path);
	const enum gv_class class = gv_classes_of(&p->classes, path, len, NULL);

	return class < GV_CLASS_LOW && gv_map_get(&p->restless, path, len)
	    ? (enum gv_class)(class + 1)
	    : class;
}

void
gv_watch_class_forget(struct gv_watched *p)
{
	gv_classes_release(&p->classes);
	gv_map_release(&p->restless);
	p->restless = (struct gv_map)GV_MAP_INIT;
	gv_buf_release(&p->restless_text);
	p->restless_text = (struct gv_buf)GV_BUF_INIT;
}
