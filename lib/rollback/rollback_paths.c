#include "rollback/rollback_paths.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/repo.h"
#include "sys/file.h"

/* The file: each path with a NUL behind it. */
#define NAME      "paths"
#define MAX_PATHS ((size_t)1024 * 1024 * 1024)

int
gv_rollback_paths_add(
    struct gv_rollback_paths *paths, const char *path, size_t len)
{
	char *copy;
	size_t n;

	copy = gv_arena_copy(&paths->arena, path, len);
	if (copy == NULL || GV_GROW(paths->own, paths->n, paths->cap) < 0 ||
	    gv_map_put(&paths->all, copy, len, copy) < 0)
		return gv_err_nomem();
	paths->own[paths->n++] = copy;
	for (n = len; n > 0; n--) {
		if (copy[n] != '/')
			continue;
		/* then all above it is there, too */
		if (gv_map_get(&paths->all, copy, n))
			break;
		if (gv_map_put(&paths->all, copy, n, copy) < 0)
			return gv_err_nomem();
	}
	return 0;
}

bool
gv_rollback_paths_has(void *paths, const char *path, size_t len)
{
	const struct gv_rollback_paths *p = paths;

	return gv_map_get(&p->all, path, len) != NULL;
}

int
gv_rollback_paths_save(const struct gv_rollback_paths *paths, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	size_t i;
	int r;

	gv_buf_addf(&path, "%s/" NAME, dir);
	for (i = 0; i < paths->n; i++)
		gv_buf_add(&text, paths->own[i], strlen(paths->own[i]) + 1);
	if ((r = gv_buf_check(&path)) == 0 && (r = gv_buf_check(&text)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0600, true);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_rollback_paths_load(
    struct gv_rollback_paths *paths, const struct gv_repo *repo, const char *id)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	const char *p, *end;
	int r;

	gv_buf_addf(&path, "%s/rollback/%s/" NAME, repo->vault_dir, id);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_read(&text, AT_FDCWD, path.p, MAX_PATHS);
	if (r == GV_ENOTFOUND || (r == 0 && text.len && text.p[text.len - 1]))
		r = gv_err(GV_ECORRUPT,
		    "%s, the list of what the rollback changed, is %s; to see "
		    "what differs from before it: git vault diff %s; to bring "
		    "all of that back: git vault restore %s --in-place",
		    path.p, r < 0 ? "not there" : "damaged", id, id);
	p = text.p;
	end = r == 0 ? p + text.len : p;
	for (; r == 0 && p < end; p += strlen(p) + 1)
		r = gv_rollback_paths_add(paths, p, strlen(p));
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

void
gv_rollback_paths_release(struct gv_rollback_paths *paths)
{
	gv_map_release(&paths->all);
	gv_arena_release(&paths->arena);
	free(paths->own);
	*paths = (struct gv_rollback_paths)GV_ROLLBACK_PATHS_INIT;
}
