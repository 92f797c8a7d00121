#include "vault/restore_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "store/repo.h"
#include "sys/dir.h"

/* Directories that are still to be read: their places in the text. */
struct todo {
	size_t *at;
	size_t n, cap;
};

static int
remember(struct todo *t, size_t at)
{
	if (gv_vec_grow((void **)&t->at, &t->cap, t->n + 1, sizeof(*t->at)) < 0)
		return GV_ENOMEM;
	t->at[t->n++] = at;
	return 0;
}

/* One directory: its files go to `out`, its directories to `dirs` (each with
 * a '/' and a NUL behind it) and to the list of what is to be read. */
static int
read_one(struct gv_buf *out, struct gv_buf *dirs, struct todo *todo, int root,
    const char *path, size_t len, const char *except)
{
	struct gv_dir_names names = { 0 };
	struct stat st;
	size_t i;
	int fd = gv_dir_open(root, path, len), r = 0;

	if (fd < 0 || gv_dir_list(&names, fd) < 0)
		r = gv_err_sys("cannot read directory %s", path);
	gv_entry_close(fd);
	for (i = 0; r == 0 && i < names.n; i++) {
		const struct gv_dir_name *e = &names.names[i];
		struct gv_buf full = GV_BUF_INIT;
		bool is_dir = e->type == DT_DIR;

		if (except && len == 0 && strcmp(e->name, except) == 0)
			continue;
		gv_buf_add(&full, path, len);
		if (len)
			gv_buf_addch(&full, '/');
		gv_buf_add(&full, e->name, e->len);
		if (e->type == DT_UNKNOWN &&
		    gv_dir_stat(root, full.p, full.len, &st) == 0)
			is_dir = S_ISDIR(st.st_mode);
		if (is_dir) {
			r = remember(todo, dirs->len);
			gv_buf_add(dirs, full.p, full.len);
			gv_buf_add(dirs, "/", 2);
		} else {
			gv_buf_add(out, full.p, full.len + 1);
		}
		if (r == 0)
			r = gv_buf_check(&full);
		gv_buf_release(&full);
	}
	gv_dir_names_release(&names);
	return r;
}

int
gv_restore_list_below(struct gv_buf *out, int root, const char *path,
    size_t len, const char *except)
{
	struct gv_buf dirs = GV_BUF_INIT, one = GV_BUF_INIT;
	struct todo todo = { NULL, 0, 0 };
	size_t next;
	int r;

	r = read_one(out, &dirs, &todo, root, path, len, except);
	for (next = 0; r == 0 && next < todo.n; next++) {
		/* a copy, since `dirs` moves as it grows */
		gv_buf_reset(&one);
		gv_buf_addstr(&one, dirs.p + todo.at[next]);
		gv_buf_truncate(&one, one.len - (one.len > 0));
		r = gv_buf_check(&one);
		if (r == 0)
			r = read_one(
			    out, &dirs, &todo, root, one.p, one.len, except);
	}
	/* from the last found up: what is below comes before */
	for (next = todo.n; r == 0 && next-- > 0;) {
		const char *dir = dirs.p + todo.at[next];

		gv_buf_add(out, dir, strlen(dir) + 1);
	}
	if (r == 0)
		r = gv_buf_check(out);
	gv_buf_release(&dirs);
	gv_buf_release(&one);
	free(todo.at);
	return r;
}

/* What git tracks here or would add, below the pathspecs. */
static int
list_git(struct gv_buf *out, struct gv_restore_run *run)
{
	const char *argv[8 + 256] = { "git", "ls-files", "-z", "--full-name",
		"--cached", "--others", "--exclude-standard", "--" };
	struct gv_proc p = GV_PROC_INIT;
	size_t i, n = 8;
	int r;

	for (i = 0; i < run->opts->n_pathspecs; i++)
		argv[n++] = run->opts->pathspecs[i];
	r = gv_restore_git(&p, run->repo, argv, run->repo->index_file,
	    run->opts->n_pathspecs > 0, NULL);
	if (r == 0 && p.status)
		r = gv_restore_git_failed(
		    &p, GV_ERROR, "git cannot list the files here");
	if (r == 0)
		gv_buf_add(out, p.out.p, p.out.len);
	gv_proc_release(&p);
	return r < 0 ? r : gv_buf_check(out);
}

/* All paths of the plan, so that they can be asked for. */
static int
index_plan(struct gv_map *map, struct gv_arena *arena,
    const struct gv_restore_plan *plan)
{
	struct gv_buf path = GV_BUF_INIT;
	char *copy;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < plan->n_files; i++) {
		gv_restore_file_path(&path, plan, i);
		copy = gv_arena_copy(arena, path.p, path.len);
		r = copy ? gv_map_put(map, copy, path.len, copy) : GV_ENOMEM;
	}
	for (i = 1; r == 0 && i < plan->n_dirs; i++) {
		gv_restore_dir_path(&path, plan, i);
		copy = gv_arena_copy(arena, path.p, path.len);
		r = copy ? gv_map_put(map, copy, path.len, copy) : GV_ENOMEM;
	}
	if (r == 0)
		r = gv_buf_check(&path);
	gv_buf_release(&path);
	return r;
}

/* Whether git itself lives in this path: "…/.git/…". */
static bool
is_git(const char *path, size_t len)
{
	const char *at = path, *end = path + len, *slash;

	for (; at < end; at = slash + 1) {
		slash = memchr(at, '/', (size_t)(end - at));
		if (slash == NULL)
			slash = end;
		if (slash - at == 4 && memcmp(at, ".git", 4) == 0)
			return true;
	}
	return false;
}

int
gv_restore_list_surplus(
    struct gv_buf *out, struct gv_restore_run *run, int root)
{
	struct gv_buf all = GV_BUF_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_map map = GV_MAP_INIT;
	const char *p, *end;
	size_t len, n;
	int r;

	r = run->opts->to ? gv_restore_list_below(&all, root, "", 0, ".git")
			  : list_git(&all, run);
	if (r == 0)
		r = index_plan(&map, &arena, &run->plan);
	p = all.p;
	end = r == 0 ? all.p + all.len : all.p;
	for (; p < end; p += len + 1) {
		len = n = strlen(p);
		if (n && p[n - 1] == '/')
			n--; /* a directory, or a nested repository */
		if (n == 0 || is_git(p, n) || gv_map_get(&map, p, n) ||
		    (!run->opts->to && n != len))
			continue;
		gv_buf_add(out, p, len + 1);
	}
	if (r == 0)
		r = gv_buf_check(out);
	gv_buf_release(&all);
	gv_map_release(&map);
	gv_arena_release(&arena);
	return r;
}
