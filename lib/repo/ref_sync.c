#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "repo/ref_internal.h"
#include "repo/repo.h"
#include "sys/file.h"

/*
 * What is to be flushed for one step: the directory of its ref and those above
 * it, the nearest first, each with its NUL, and an empty one at the end. Of a
 * deletion, which begins with an empty one too, git takes away what has become
 * empty, so the nearest that is left is what has changed.
 */

static void
add_above(struct gv_buf *dirs, const char *ref, size_t len, int root, bool all)
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
		gv_buf_add(dirs, dir.p, dir.len);
		/* of new ones their entry above must reach the disk as well */
		if (!all && gv_file_exists(root, dir.p))
			break;
		while (len > 0 && ref[len - 1] != '/')
			len--;
		len -= len > 0;
	}
	gv_buf_release(&dir);
}

static void
add_step(struct gv_buf *dirs, int root, const char *ref, bool is_delete)
{
	size_t len = strcspn(ref, " \n");

	while (len > 0 && ref[len - 1] != '/')
		len--;
	if (len == 0)
		return;
	if (is_delete)
		gv_buf_addch(dirs, '\0');
	add_above(dirs, ref, len - 1, root, is_delete);
	gv_buf_addch(dirs, '\0');
}

int
gv_ref_sync_plan(
    struct gv_buf *dirs, const struct gv_repo *repo, const struct gv_buf *lines)
{
	const char *p = lines->p, *end = lines->p + lines->len, *nl;
	int root = open(repo->common_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool deletes = false, is_delete;

	if (root < 0)
		return gv_err_sys("cannot open %s", repo->common_dir);
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		is_delete = strncmp(p, "delete ", 7) == 0;
		deletes |= is_delete;
		add_step(dirs, root,
		    (const char *)memchr(p, ' ', (size_t)(nl - p)) + 1,
		    is_delete);
	}
	/* a deletion rewrites packed-refs, too */
	if (deletes && gv_file_exists(root, "packed-refs"))
		gv_buf_add(dirs, ".\0", 3);
	gv_file_close(root);
	return gv_buf_check(dirs);
}

/* Flush one, unless it is among those that were; 0, GV_ENOTFOUND, GV_ERROR. */
static int
sync_once(struct gv_buf *done, int root, const char *dir)
{
	size_t at;
	int r;

	for (at = 0; at < done->len; at += strlen(done->p + at) + 1)
		if (strcmp(done->p + at, dir) == 0)
			return 0;
	if (!gv_file_exists(root, dir))
		return GV_ENOTFOUND;
	if ((r = gv_file_sync_dir(root, dir)) == 0)
		gv_buf_add(done, dir, strlen(dir) + 1);
	return r;
}

int
gv_ref_sync(const struct gv_repo *repo, const struct gv_buf *dirs)
{
	int root = open(repo->common_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct gv_buf done = GV_BUF_INIT;
	bool is_delete, is_done;
	size_t at = 0;
	int r = 0;

	if (root < 0)
		return gv_err_sys("cannot open %s", repo->common_dir);
	while (r == 0 && at < dirs->len) {
		is_delete = dirs->p[at] == '\0';
		at += is_delete;
		is_done = false;
		for (; r == 0 && dirs->p[at]; at += strlen(dirs->p + at) + 1) {
			if (is_done)
				continue;
			r = sync_once(&done, root, dirs->p + at);
			is_done = is_delete && r == 0;
			if (r == GV_ENOTFOUND)
				r = 0;
		}
		at++;
	}
	gv_buf_release(&done);
	gv_file_close(root);
	return r;
}
