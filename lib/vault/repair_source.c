#include "vault/repair_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "store/hash.h"
#include "store/pack.h"
#include "store/repo.h"
#include "store/statcache.h"
#include "store/tree.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/file.h"

#define CHUNK (128 * 1024)

/* --- other copies --- */

/* Read it from a database whose copies are all checked by their hash. */
static int
read_from(struct gv_odb *odb, struct gv_object *obj,
    const struct gv_repair_item *item)
{
	int r = odb ? gv_odb_read(odb, obj, &item->oid) : GV_ENOTFOUND;

	if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
		return 0;
	if (r < 0)
		return r;
	if (item->type == 0 || obj->type == item->type)
		return 1;
	gv_object_release(obj);
	return 0;
}

/* --- trees that the cache of the last snapshot can tell --- */

static unsigned
mode_of(const struct gv_row *row)
{
	if (row->flags & GV_ROW_SPARSE)
		return row->mode;
	if (S_ISLNK(row->mode))
		return GV_MODE_LINK;
	return row->mode & S_IXUSR ? GV_MODE_EXEC : GV_MODE_FILE;
}

static int
build_tree(struct gv_buf *tree, const struct gv_statcache *c, uint32_t dir)
{
	const struct gv_dir_row *d = &c->dirs[dir];
	uint32_t i;

	for (i = 0; i < d->n; i++) {
		const struct gv_row *row = &c->rows[d->first + i];
		const char *name = c->names + row->name;
		const struct gv_dir_row *child =
		    row->flags & GV_ROW_DIR ? &c->dirs[row->size] : NULL;

		if (row->flags & GV_ROW_ABSENT)
			continue;
		if (child == NULL)
			gv_tree_add(
			    tree, mode_of(row), name, row->name_len, &row->oid);
		else if (!gv_oid_is_zero(&child->tree))
			gv_tree_add(tree,
			    child->state == GV_DIR_REPO ? GV_MODE_GIT
							: GV_MODE_DIR,
			    name, row->name_len, &child->tree);
	}
	return gv_buf_check(tree);
}

static void
open_cache(struct gv_repair_run *run)
{
	struct gv_buf path = GV_BUF_INIT;

	run->tried |= GV_REPAIR_CACHE;
	gv_buf_addf(&path, "%s/index", run->repo->vault_dir);
	if (gv_buf_check(&path) == 0 &&
	    gv_statcache_open(&run->cache, path.p) < 0)
		run->cache = NULL;
	gv_buf_release(&path);
}

static int
from_cache(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item)
{
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid real;
	uint32_t i;
	int r = 0;

	if (item->type && item->type != GV_OTYPE_TREE)
		return 0;
	if (!(run->tried & GV_REPAIR_CACHE))
		open_cache(run);
	for (i = 0; run->cache && i < run->cache->head->dirs; i++)
		if (gv_oid_equal(&run->cache->dirs[i].tree, &item->oid))
			break;
	if (run->cache == NULL || i == run->cache->head->dirs)
		return 0;
	r = build_tree(&tree, run->cache, i);
	if (r == 0)
		r = gv_oid_of(&real, GV_OTYPE_TREE, tree.p, tree.len);
	if (r < 0 || !gv_oid_equal(&real, &item->oid)) {
		gv_buf_release(&tree);
		return r;
	}
	obj->type = GV_OTYPE_TREE;
	obj->len = tree.len;
	obj->data = obj->owner = gv_buf_take(&tree);
	item->source = "computed from the cache";
	return 1;
}

/* --- the working tree --- */

static int
hash_fd(struct gv_oid *out, int fd, uint64_t size)
{
	struct gv_hash *hash = NULL;
	char *chunk = malloc(CHUNK);
	ssize_t n;
	int r =
	    chunk ? gv_hash_open(&hash, GV_OTYPE_BLOB, size) : gv_err_nomem();

	while (r == 0 && (n = gv_file_read_some(fd, chunk, CHUNK)) != 0)
		r = n < 0 ? GV_ERROR : gv_hash_update(hash, chunk, (size_t)n);
	if (r == 0)
		r = gv_hash_finish(hash, out);
	gv_hash_close(hash);
	free(chunk);
	return r;
}

/* A file that cannot be read, or changes, is of no use here: no failure. */
static int
note_file(struct gv_repair_run *run, int root, const struct gv_buf *path)
{
	char target[4096];
	struct gv_oid oid, *key;
	struct stat st;
	ssize_t n;
	char *copy;
	int fd, r;

	if (gv_dir_stat(root, path->p, path->len, &st) < 0)
		return 0;
	if (S_ISLNK(st.st_mode)) {
		n = gv_dir_read_link(
		    root, path->p, path->len, target, sizeof(target));
		r = n < 0 ? GV_ERROR
			  : gv_oid_of(&oid, GV_OTYPE_BLOB, target, (size_t)n);
	} else if (S_ISREG(st.st_mode)) {
		fd = gv_dir_open_file(root, path->p, path->len);
		r = fd < 0 ? GV_ERROR : hash_fd(&oid, fd, (uint64_t)st.st_size);
		gv_file_close(fd);
	} else {
		return 0;
	}
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	if (gv_map_get(&run->files, oid.id, GV_OID_RAW))
		return 0;
	copy = gv_arena_copy(&run->arena, path->p, path->len);
	key = gv_arena_alloc(&run->arena, sizeof(*key));
	if (copy == NULL || key == NULL)
		return GV_ENOMEM;
	*key = oid;
	return gv_map_put(&run->files, key->id, GV_OID_RAW, copy);
}

/* Everything below the top but .git, with a list of folders yet to see. */
static int
walk_worktree(struct gv_repair_run *run, int root, struct gv_buf *todo)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf path = GV_BUF_INIT, dir = GV_BUF_INIT;
	struct stat st;
	size_t at, i;
	int fd, r = 0;

	for (at = 0; r == 0 && at < todo->len; at += dir.len + 1) {
		gv_buf_reset(&dir);
		gv_buf_addstr(&dir, todo->p + at);
		fd = gv_dir_open(root, dir.p, dir.len);
		if (fd < 0 || gv_dir_list(&names, fd) < 0)
			names.n = 0;
		gv_file_close(fd);
		for (i = 0; r == 0 && i < names.n; i++) {
			if (strcmp(names.names[i].name, ".git") == 0)
				continue;
			gv_buf_reset(&path);
			gv_buf_addf(&path, "%s%s%s", dir.p, dir.len ? "/" : "",
			    names.names[i].name);
			r = gv_buf_check(&path);
			if (r == 0 &&
			    gv_dir_stat(root, path.p, path.len, &st) == 0 &&
			    S_ISDIR(st.st_mode))
				gv_buf_add(todo, path.p, path.len + 1);
			else if (r == 0)
				r = note_file(run, root, &path);
			if (gv_cancel_requested())
				r = gv_cancel_error();
		}
		if (r == 0)
			r = gv_buf_check(todo);
	}
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	gv_buf_release(&dir);
	return r;
}

static int
read_worktree(struct gv_repair_run *run)
{
	struct gv_buf todo = GV_BUF_INIT;
	int root, r = 0;

	run->tried |= GV_REPAIR_WORKTREE;
	if (run->repo->worktree == NULL)
		return 0;
	root = gv_dir_open_root(run->repo->worktree);
	if (root < 0)
		return 0;
	gv_buf_addch(&todo, '\0');
	r = walk_worktree(run, root, &todo);
	gv_buf_release(&todo);
	gv_file_close(root);
	return r;
}

/* The bytes once more, since they go into the pack now. */
static int
read_again(struct gv_object *obj, int root, const char *path)
{
	struct gv_buf data = GV_BUF_INIT;
	size_t len = strlen(path);
	struct stat st;
	ssize_t n;
	int r = GV_ENOTFOUND;

	if (gv_dir_stat(root, path, len, &st) < 0)
		return r;
	if (S_ISREG(st.st_mode)) {
		r = gv_file_read(&data, root, path, SIZE_MAX / 2);
	} else if (gv_buf_grow(&data, 4096) == 0) {
		n = gv_dir_read_link(root, path, len, data.p, 4096);
		r = n < 0 ? GV_ENOTFOUND : 0;
		data.len = n < 0 ? 0 : (size_t)n;
	}
	if (r < 0) {
		gv_buf_release(&data);
		return r;
	}
	obj->type = GV_OTYPE_BLOB;
	obj->len = data.len;
	if (gv_buf_grow(&data, 1) < 0)
		return GV_ENOMEM;
	obj->data = obj->owner = gv_buf_take(&data);
	return obj->owner ? 0 : GV_ENOMEM;
}

static int
from_worktree(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item)
{
	struct gv_oid real;
	const char *path;
	int root, r = 0;

	if (item->type && item->type != GV_OTYPE_BLOB)
		return 0;
	if (!(run->tried & GV_REPAIR_WORKTREE))
		r = read_worktree(run);
	path = gv_map_get(&run->files, item->oid.id, GV_OID_RAW);
	if (r < 0 || path == NULL)
		return r;
	root = gv_dir_open_root(run->repo->worktree);
	r = root < 0 ? GV_ENOTFOUND : read_again(obj, root, path);
	gv_file_close(root);
	if (r == 0)
		r = gv_oid_of(&real, GV_OTYPE_BLOB, obj->data, obj->len);
	if (r == 0 && gv_oid_equal(&real, &item->oid)) {
		item->source = "working tree";
		item->detail = path;
		return 1;
	}
	gv_object_release(obj);
	return r == GV_ENOMEM ? r : 0;
}

/* --- what only git can tell: all of it goes to the scratch --- */

int
gv_repair_git(struct gv_proc *p, struct gv_repair_run *run,
    const char *const *argv, bool in_scratch, const char *const *env,
    const struct gv_buf *in)
{
	struct gv_buf dir = GV_BUF_INIT;
	const char *list[8] = { "GIT_OPTIONAL_LOCKS=0" };
	struct gv_proc_opts opts = { .argv = argv, .env = list };
	size_t i;
	int r;

	for (i = 0; env && env[i]; i++)
		list[1 + i] = env[i];

	gv_buf_addf(&dir, "GIT_DIR=%s", run->scratch.p);
	if (in_scratch) {
		list[1] = dir.p;
		list[2] = "GIT_OBJECT_DIRECTORY";
		list[3] = "GIT_ALTERNATE_OBJECT_DIRECTORIES";
		list[4] = "GIT_WORK_TREE";
		list[5] = "GIT_INDEX_FILE";
		list[6] = "GIT_COMMON_DIR";
	}
	if (in) {
		opts.in = in->p;
		opts.in_len = in->len;
	}
	r = gv_buf_check(&dir);
	if (r == 0)
		r = gv_proc_run(p, &opts);
	gv_buf_release(&dir);
	return r;
}

/* Open the scratch's objects, or look at them again. */
static int
look_again(struct gv_repair_run *run)
{
	struct gv_buf dir = GV_BUF_INIT;
	struct gv_repo scratch = { 0 };
	int r;

	if (run->other)
		return gv_odb_refresh(run->other);
	gv_buf_addf(&dir, "%s/objects", run->scratch.p);
	r = gv_buf_check(&dir);
	scratch.objects_dir = dir.p;
	if (r == 0)
		r = gv_odb_open(&run->other, &scratch);
	gv_buf_release(&dir);
	return r;
}

/* A copy in the scratch, since git writes down in an index which trees it has
 * made of it, and does not flush the file. */
static int
copy_index(const struct gv_repair_run *run, const char *to)
{
	struct gv_buf data = GV_BUF_INIT;
	int r =
	    gv_file_read(&data, AT_FDCWD, run->repo->index_file, SIZE_MAX / 2);

	if (r == 0)
		r = gv_file_replace(
		    AT_FDCWD, to, data.p, data.len, 0666, false);
	gv_buf_release(&data);
	return r;
}

/* The trees of git's index. Git must not see the repository's objects, or it
 * would take the damaged ones for written. */
static int
write_index_trees(struct gv_repair_run *run)
{
	static const char key[] = "GIT_INDEX_FILE=";
	const char *argv[] = { "git", "write-tree", "--missing-ok", NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf objects = GV_BUF_INIT, index = GV_BUF_INIT;
	int r = gv_repair_scratch(run);

	run->tried |= GV_REPAIR_INDEX;
	gv_buf_addf(
	    &objects, "GIT_OBJECT_DIRECTORY=%s/objects", run->scratch.p);
	gv_buf_addf(&index, "%s%s/index", key, run->scratch.p);
	if (r == 0)
		r = gv_buf_check(&objects);
	if (r == 0)
		r = gv_buf_check(&index);
	/* where there is none, or none to read, there are no trees of it */
	if (r == 0 && copy_index(run, index.p + strlen(key)) == 0) {
		const char *env[] = { objects.p, index.p, NULL };

		r = gv_repair_git(&p, run, argv, false, env, NULL);
	}
	gv_proc_release(&p);
	gv_buf_release(&objects);
	gv_buf_release(&index);
	return r < 0 ? r : look_again(run);
}

/* What git can save of packs whose index is gone with them. */
static int
unpack_all(struct gv_repair_run *run)
{
	const char *argv[] = { "git", "unpack-objects", "-q", "-r", NULL };
	struct gv_buf path = GV_BUF_INIT, data = GV_BUF_INIT;
	size_t i;
	int r = 0;

	run->tried |= GV_REPAIR_UNPACKED;
	for (i = 0; r == 0 && i < run->n_packs; i++) {
		struct gv_proc p = GV_PROC_INIT;

		if (run->packs[i].is_mended && !run->opts->dry_run)
			continue;
		r = gv_repair_scratch(run);
		gv_buf_reset(&path);
		gv_buf_reset(&data);
		gv_buf_addf(&path, "%s.pack", run->packs[i].stem);
		if (r == 0)
			r = gv_buf_check(&path);
		if (r == 0 &&
		    gv_file_read(&data, AT_FDCWD, path.p, SIZE_MAX / 2) == 0)
			r = gv_repair_git(&p, run, argv, true, NULL, &data);
		gv_proc_release(&p);
	}
	gv_buf_release(&path);
	gv_buf_release(&data);
	return r < 0 || run->scratch.len == 0 ? r : look_again(run);
}

static int
add_unpacked(struct gv_repair_run *run, const char *hex)
{
	struct gv_object obj = { 0 };
	struct gv_oid oid;
	int r = gv_oid_parse(&oid, hex);

	if (r < 0 || gv_odb_has(run->odb, &oid))
		return 0;
	r = gv_odb_read(run->other, &obj, &oid);
	if (r == 0)
		r = gv_pack_add_known(
		    run->lane, &oid, obj.type, obj.data, obj.len, NULL);
	gv_object_release(&obj);
	return r;
}

/* Nobody may have asked for them, yet the user's history may need them. */
int
gv_repair_unpacked(struct gv_repair_run *run)
{
	const char *argv[] = { "git", "cat-file", "--batch-all-objects",
		"--batch-check=%(objectname)", NULL };
	struct gv_proc p = GV_PROC_INIT;
	const char *line;
	int r = 0;

	if (!(run->tried & GV_REPAIR_UNPACKED))
		r = unpack_all(run);
	if (r < 0 || run->other == NULL)
		return r;
	r = gv_repair_git(&p, run, argv, true, NULL, NULL);
	for (line = p.out.p; r == 0 && line && *line;
	     line = strchr(line, '\n')) {
		line += *line == '\n';
		if (*line)
			r = add_unpacked(run, line);
	}
	gv_proc_release(&p);
	return r;
}

/* Everything of ours that the remote has, and what the branches reach: servers
 * give no single object away. Nothing is shared with our own repository, so
 * that git asks for all of it. */
static int
fetch_all(struct gv_repair_run *run)
{
	struct gv_buf include = GV_BUF_INIT;
	const char *argv[] = { "git", "-c", NULL, "fetch", "-q", "--no-tags",
		"--no-filter", "--no-auto-maintenance",
		"--no-recurse-submodules", "--", run->opts->remote,
		"+refs/*:refs/theirs/*", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_repair_scratch(run);

	run->tried |= GV_REPAIR_REMOTE;
	gv_buf_addf(&include, "include.path=%s/config", run->repo->common_dir);
	argv[2] = include.p;
	if (r == 0)
		r = gv_buf_check(&include);
	if (r == 0)
		r = gv_repair_git(&p, run, argv, true, NULL, NULL);
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "cannot fetch from the remote '%s': %s",
		    run->opts->remote, gv_proc_why(&p));
	gv_proc_release(&p);
	gv_buf_release(&include);
	return r < 0 ? r : look_again(run);
}

static int
from_scratch(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item)
{
	const bool was_fetched = run->tried & GV_REPAIR_REMOTE;
	int r = 0;

	if (!(run->tried & GV_REPAIR_INDEX)) {
		r = write_index_trees(run);
		if (r == 0)
			r = read_from(run->other, obj, item);
		item->source = "computed from git's index";
		if (r)
			return r;
	}
	if (!(run->tried & GV_REPAIR_UNPACKED))
		r = unpack_all(run);
	if (r == 0)
		r = read_from(run->other, obj, item);
	item->source = "unpacked from what is left of a pack, or computed";
	if ((r && !was_fetched) || run->opts->remote == NULL)
		return r;
	if (!(run->tried & GV_REPAIR_REMOTE))
		r = fetch_all(run);
	if (r == 0 && !was_fetched)
		r = read_from(run->other, obj, item);
	item->source = "remote";
	item->detail = run->opts->remote;
	return r;
}

static int
look(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item)
{
	int r = read_from(run->odb, obj, item);

	item->source = "another copy";
	if (r == 0) {
		r = read_from(run->lenient, obj, item);
		item->source = "a pack whose frame is damaged";
	}
	if (r == 0)
		r = from_cache(run, obj, item);
	if (r == 0)
		r = from_worktree(run, obj, item);
	if (r == 0)
		r = from_scratch(run, obj, item);
	return r;
}

static int
make_item(struct gv_repair_item **out, struct gv_repair_run *run,
    const struct gv_oid *oid, enum gv_otype type)
{
	struct gv_repair_item *item =
	    gv_arena_alloc(&run->arena, sizeof(*item));

	if (item == NULL)
		return GV_ENOMEM;
	item->oid = *oid;
	item->type = type;
	item->detail = "";
	*out = item;
	return gv_map_put(&run->items, item->oid.id, GV_OID_RAW, item);
}

int
gv_repair_find(struct gv_repair_item **out, struct gv_repair_run *run,
    const struct gv_oid *oid, enum gv_otype type)
{
	struct gv_repair_item *item =
	    gv_map_get(&run->items, oid->id, GV_OID_RAW);
	struct gv_object obj = { 0 };
	int r;

	*out = item;
	if (item)
		return item->found;
	r = make_item(&item, run, oid, type);
	*out = item;
	if (r < 0)
		return r;
	r = look(run, &obj, item);
	if (r == 1 && run->lane)
		r = gv_pack_add_known(run->lane, &item->oid, obj.type, obj.data,
			obj.len, NULL) < 0
		    ? GV_ERROR
		    : 1;
	if (r == 1) {
		item->found = true;
		item->type = obj.type;
		item->len = obj.len;
		if (obj.type != GV_OTYPE_BLOB) {
			item->obj = obj;
			memset(&obj, 0, sizeof(obj));
		}
	} else if (r == 0) {
		item->detail = "";
	}
	gv_object_release(&obj);
	return r;
}
