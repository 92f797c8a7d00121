#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "param/param_internal.h"
#include "sys/file.h"

/* The files of a pool as files of a folder, for programs that look at them. */

struct export
{
	struct gv_param_pool *pool;
	const char *dir;
	struct gv_buf path, text;
};

static int
make_folder(struct export *e)
{
	char *slash = strrchr(e->path.p, '/');
	int r;

	*slash = '\0';
	r = gv_file_mkdirs(AT_FDCWD, e->path.p, 0755);
	*slash = '/';
	return r;
}

static int
write_one(void *ctx, const char *path)
{
	struct export *e = ctx;
	int r;

	gv_buf_reset(&e->text);
	r = gv_param_read(&e->text, e->pool, path);
	/* a link, or too large */
	if (r == GV_EREFUSED)
		return 0;
	if (r < 0)
		return r;
	gv_buf_reset(&e->path);
	gv_buf_addf(&e->path, "%s/%s", e->dir, path);
	if ((r = gv_buf_check(&e->path)) < 0 || (r = make_folder(e)) < 0)
		return r;
	/* which of them are programs is not asked: each may be one */
	return gv_file_replace(AT_FDCWD, e->path.p, e->text.p ? e->text.p : "",
	    e->text.len, 0755, false);
}

int
gv_param_pool_export(struct gv_param_pool *pool, const char *dir)
{
	struct export e = { .pool = pool,
		.dir = dir,
		.path = GV_BUF_INIT,
		.text = GV_BUF_INIT };
	int r = gv_file_mkdirs(AT_FDCWD, dir, 0755);

	if (r == 0)
		r = gv_param_each_path(pool, write_one, &e);
	gv_buf_release(&e.path);
	gv_buf_release(&e.text);
	return r;
}
