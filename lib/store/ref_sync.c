#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "store/ref_internal.h"
#include "store/repo.h"
#include "sys/file.h"

/* Add a directory, and those above it as far as `all` or their being new asks
 * for it: its entry in them must reach the disk as well. */
static void
add_dir(struct gv_buf *dirs, int root, const char *ref, size_t len, bool all)
{
	struct gv_buf dir = GV_BUF_INIT;

	while (len > 0) {
		gv_buf_reset(&dir);
		gv_buf_add(&dir, ref, len);
		gv_buf_addch(&dir, '\0');
		if (gv_buf_check(&dir) < 0) {
			dirs->failed = true;
			break;
		}
		if (dirs->len < dir.len ||
		    memmem(dirs->p, dirs->len, dir.p, dir.len) == NULL)
			gv_buf_add(dirs, dir.p, dir.len);
		if (!all && gv_file_exists(root, dir.p))
			break;
		while (len > 0 && ref[len - 1] != '/')
			len--;
		len -= len > 0;
	}
	gv_buf_release(&dir);
}

int
gv_ref_sync_plan(
    struct gv_buf *dirs, const struct gv_repo *repo, const struct gv_buf *lines)
{
	const char *p = lines->p, *end = lines->p + lines->len, *name, *nl;
	int root = open(repo->common_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool deletes = false, is_delete;
	size_t len;

	if (root < 0)
		return gv_err_sys("cannot open %s", repo->common_dir);
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		name = (const char *)memchr(p, ' ', (size_t)(nl - p)) + 1;
		is_delete = strncmp(p, "delete ", 7) == 0;
		deletes |= is_delete;
		len = strcspn(name, " \n");
		while (len > 0 && name[len - 1] != '/')
			len--;
		if (len > 0)
			add_dir(dirs, root, name, len - 1, is_delete);
	}
	/* a deletion also writes packed-refs anew */
	if (deletes)
		gv_buf_add(dirs, ".", 2);
	gv_file_close(root);
	return gv_buf_check(dirs);
}

int
gv_ref_sync(const struct gv_repo *repo, const struct gv_buf *dirs)
{
	int root = open(repo->common_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t at;
	int r = 0;

	if (root < 0)
		return gv_err_sys("cannot open %s", repo->common_dir);
	for (at = 0; r == 0 && at < dirs->len; at += strlen(dirs->p + at) + 1) {
		/* git takes empty directories away */
		if (gv_file_exists(root, dirs->p + at))
			r = gv_file_sync_dir(root, dirs->p + at);
		if (r == GV_ENOTFOUND)
			r = 0;
	}
	gv_file_close(root);
	return r;
}
