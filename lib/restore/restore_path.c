#include "restore/restore_internal.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"

int
gv_restore_in(int r, const struct gv_buf *path)
{
	struct gv_buf quoted = GV_BUF_INIT;

	gv_path_quote(&quoted, path->p, path->len);
	gv_err_in(r, "%s", path->len ? quoted.p : ".");
	gv_buf_release(&quoted);
	return r;
}

int
gv_restore_lacks(int r)
{
	return r == GV_ENOTFOUND ? GV_ECORRUPT : r;
}

bool
gv_restore_is_full(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EIO:
	case ENOMEM:
	case EROFS:
	case EMFILE:
	case ENFILE:
		return true;
	default:
		return false;
	}
}

/* Written from its end, since each directory knows the one above it. */
void
gv_restore_dir_path(
    struct gv_buf *out, const struct gv_restore_plan *plan, size_t dir)
{
	const struct gv_restore_dir *d = &plan->dirs[dir];
	size_t at = d->path_len;

	gv_buf_reset(out);
	if (gv_buf_grow(out, at) < 0)
		return;
	out->len = at;
	if (out->cap)
		out->p[at] = '\0';
	while (at > 0) {
		at -= d->name_len;
		memcpy(out->p + at, d->name, d->name_len);
		if (at > 0)
			out->p[--at] = '/';
		d = &plan->dirs[d->parent];
	}
}

void
gv_restore_file_path(
    struct gv_buf *out, const struct gv_restore_plan *plan, size_t file)
{
	const struct gv_restore_file *f = &plan->files[file];

	gv_restore_dir_path(out, plan, f->dir);
	if (out->len)
		gv_buf_addch(out, '/');
	gv_buf_add(out, f->name, f->name_len);
}
