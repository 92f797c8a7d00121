#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "param/param_internal.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "scan/scan.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "worktree/index.h"

#define READ_STEP ((size_t)64 * 1024)

/* Files of the working tree, or of a tree of Git. */

static int
open_place(struct gv_param_pool *pool)
{
	struct gv_repo *repo = pool->repo;

	if (pool->tree)
		return gv_team_load_tree(&pool->policy, repo, pool->tree);
	if (repo->worktree == NULL)
		return gv_err(GV_EREFUSED,
		    "a bare repository has no working tree; name a commit or "
		    "snapshot: --at HEAD");
	if ((pool->root = gv_dir_open_root(repo->worktree)) < 0)
		return gv_err_sys("cannot open %s", repo->worktree);
	return gv_team_load(&pool->policy, repo);
}

int
gv_param_pool_open(
    struct gv_param_pool **out, struct gv_repo *repo, const struct gv_oid *tree)
{
	struct gv_param_pool *pool = calloc(1, sizeof(*pool));
	int r;

	if (pool == NULL)
		return gv_err_nomem();
	pool->repo = repo;
	pool->root = -1;
	if (tree) {
		pool->oid = *tree;
		pool->tree = &pool->oid;
	}
	if ((r = open_place(pool)) < 0) {
		gv_param_pool_close(pool);
		return r;
	}
	*out = pool;
	return 0;
}

static void
free_file(struct gv_param_file *file)
{
	if (file->scan) {
		gv_scan_release(file->scan);
		free(file->scan);
	}
	gv_layer_release(&file->layer);
	if (file->text.cap)
		explicit_bzero(file->text.p, file->text.len);
	gv_buf_release(&file->text);
	free(file);
}

void
gv_param_pool_close(struct gv_param_pool *pool)
{
	size_t i;

	if (pool == NULL)
		return;
	for (i = 0; i < pool->n; i++)
		free_file(pool->list[i]);
	if (pool->has_rules)
		gv_team_rules_release(&pool->rules);
	gv_index_close(pool->index);
	gv_file_close(pool->root);
	gv_map_release(&pool->files);
	gv_map_release(&pool->known);
	gv_map_release(&pool->put);
	gv_param_close_stores(pool);
	gv_policy_release(&pool->policy);
	gv_arena_release(&pool->arena);
	free(pool->list);
	free(pool);
}

int
gv_param_pool_put(
    struct gv_param_pool *pool, const char *path, const struct gv_buf *text)
{
	const char *key = gv_arena_copy(&pool->arena, path, strlen(path));

	if (key == NULL)
		return GV_ENOMEM;
	return gv_map_put(
	    &pool->put, key, strlen(key), (void *)(uintptr_t)text);
}

const struct gv_policy *
gv_param_policy(const struct gv_param_pool *pool)
{
	return &pool->policy;
}

/* ---- bytes --------------------------------------------------------------- */

/* The blob of a path; GV_ENOTFOUND where there is no regular file. */
static int
find_blob(struct gv_oid *out, struct gv_odb **odb, struct gv_param_pool *pool,
    const char *path)
{
	unsigned mode;
	int r;

	if ((r = gv_repo_odb(pool->repo, odb)) < 0 ||
	    (r = gv_tree_find(*odb, pool->tree, path, &mode, out)) < 0)
		return r;
	return S_ISREG(mode) ? 0 : GV_ENOTFOUND;
}

/* A link is not followed. It is there all the same, so that what it leads to is
 * not passed over: reading it is refused. */
static bool
is_link(struct gv_param_pool *pool, const char *path)
{
	struct gv_odb *odb;
	struct gv_oid id;
	struct stat st;
	unsigned mode = 0;

	if (pool->tree == NULL)
		return gv_dir_stat(pool->root, path, strlen(path), &st) == 0 &&
		    S_ISLNK(st.st_mode);
	return gv_repo_odb(pool->repo, &odb) == 0 &&
	    gv_tree_find(odb, pool->tree, path, &mode, &id) == 0 &&
	    S_ISLNK(mode);
}

static bool
look(struct gv_param_pool *pool, const char *path)
{
	struct gv_odb *odb;
	struct gv_oid id;
	int fd;

	if (!gv_path_is_all_safe(path))
		return false;
	if (gv_map_get(&pool->put, path, strlen(path)))
		return true;
	if (pool->tree)
		return find_blob(&id, &odb, pool, path) == 0 ||
		    is_link(pool, path);
	fd = gv_dir_open_file(pool->root, path, strlen(path));
	gv_file_close(fd);
	return fd >= 0 || is_link(pool, path);
}

bool
gv_param_exists(struct gv_param_pool *pool, const char *path)
{
	static char yes, no;
	const size_t len = strlen(path);
	const void *known = gv_map_get(&pool->known, path, len);
	const char *key;
	bool is;

	if (known)
		return known == &yes;
	is = look(pool, path);
	/* without memory it is looked for again */
	if ((key = gv_arena_copy(&pool->arena, path, len)) != NULL)
		gv_map_put(&pool->known, key, len, is ? &yes : &no);
	return is;
}

static int
read_blob(struct gv_buf *out, struct gv_param_pool *pool, const char *path)
{
	struct gv_object object;
	struct gv_odb *odb;
	struct gv_oid id;
	int r;

	if ((r = find_blob(&id, &odb, pool, path)) < 0)
		return gv_err_in(r, "%s", path);
	r = gv_odb_read_type(odb, &object, &id, GV_OTYPE_BLOB);
	/* a file whose bytes are lost is not one that is not there */
	if (r < 0)
		return gv_err_in(
		    r == GV_ENOTFOUND ? GV_ECORRUPT : r, "%s", path);
	if (object.len > GV_PARAM_FILE_MOST)
		r = gv_err(GV_EREFUSED, "%s: it is larger than 64 MiB", path);
	else
		gv_buf_add(out, object.data, object.len);
	gv_object_release(&object);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_param_read(struct gv_buf *out, struct gv_param_pool *pool, const char *path)
{
	const struct gv_buf *put = gv_map_get(&pool->put, path, strlen(path));
	ssize_t n;
	int fd, r = 0;

	if (put) {
		gv_buf_add(out, put->p, put->len);
		return gv_buf_check(out);
	}
	if (!gv_path_is_all_safe(path))
		return gv_err(GV_EREFUSED,
		    "'%s' is no path inside of the working tree", path);
	if (is_link(pool, path))
		return gv_err(GV_EREFUSED,
		    "%s: it is a symbolic link, which is not followed; put the "
		    "file itself there",
		    path);
	if (pool->tree)
		return read_blob(out, pool, path);
	/* no link is followed, not even one that has just been made */
	if ((fd = gv_dir_open_file(pool->root, path, strlen(path))) < 0)
		return gv_err_sys("cannot open %s", path);
	do {
		if ((r = gv_buf_grow(out, READ_STEP)) < 0)
			break;
		n = gv_file_read_some(fd, out->p + out->len, READ_STEP);
		if (n < 0)
			r = gv_err_sys("cannot read %s", path);
		else if (out->len + (size_t)n > GV_PARAM_FILE_MOST)
			r = gv_err(
			    GV_EREFUSED, "%s: it is larger than 64 MiB", path);
		else
			out->len += (size_t)n;
	} while (r == 0 && n > 0);
	out->p[out->len] = '\0';
	gv_file_close(fd);
	return r;
}
