#include "project/registry_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/foreign.h"
#include "sys/dir.h"
#include "sys/file.h"

struct search {
	size_t *looks;
	int (*fn)(void *ctx, const char *path);
	void *ctx;
	struct gv_buf path;
	size_t begin; /* of it: the folder that the search began in */
};

/* What a tool fills by itself: thousands of folders, none of them a project of
 * the user's. */
static bool
is_product(const char *path)
{
	static const char *const names[] = { "node_modules", "vendor", "target",
		"build", "dist", "venv", "__pycache__", "Pods", "Carthage",
		"DerivedData", "bower_components", NULL };
	const char *slash = strrchr(path, '/');
	size_t i;

	for (i = 0; names[i] && slash; i++)
		if (strcmp(names[i], slash + 1) == 0)
			return true;
	return false;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_dir_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int look(struct search *s, unsigned depth);

static int
look_below(struct search *s, const struct gv_dir_names *names, unsigned depth)
{
	const size_t len = s->path.len;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < names->n; i++) {
		const struct gv_dir_name *e = &names->names[i];

		if (e->name[0] == '.' ||
		    (e->type != DT_DIR && e->type != DT_UNKNOWN))
			continue;
		gv_buf_addf(&s->path, "%s%s",
		    len > 0 && s->path.p[len - 1] == '/' ? "" : "/", e->name);
		if ((r = gv_buf_check(&s->path)) == 0)
			r = look(s, depth - 1);
		gv_buf_truncate(&s->path, len);
	}
	return r;
}

/* A working copy of another tool that has a vault. */
static bool
is_foreign(const struct gv_dir_names *names, const char *path)
{
	struct gv_foreign of;
	bool is;

	if (!gv_dir_names_have(names, names->n, ".svn", 4) &&
	    !gv_dir_names_have(names, names->n, ".hg", 3))
		return false;
	is = gv_foreign_find(&of, path) == 0 && of.has_vault &&
	    strcmp(of.top, path) == 0;
	gv_foreign_release(&of);
	return is;
}

/* Below a repository nothing is sought, but in the folder that the search began
 * in. */
static int
look(struct search *s, unsigned depth)
{
	struct gv_dir_names names = { 0 };
	const bool is_begin = s->path.len == s->begin;
	bool is_repo;
	int fd, r = 0;

	if (*s->looks >= GV_REGISTRY_LOOKS)
		return 1;
	++*s->looks;
	fd = gv_dir_open(AT_FDCWD, s->path.p, s->path.len);
	if (fd < 0)
		return 0;
	if (gv_dir_list(&names, fd) < 0)
		names.n = 0;
	gv_file_close(fd);
	is_repo = gv_dir_names_have(&names, names.n, ".git", 4) ||
	    is_foreign(&names, s->path.p);
	if (is_repo)
		r = s->fn(s->ctx, s->path.p);
	if (r == 0 && depth > 0 && names.n &&
	    (is_begin || (!is_repo && !is_product(s->path.p)))) {
		qsort(names.names, names.n, sizeof(*names.names), compare);
		r = look_below(s, &names, depth);
	}
	gv_dir_names_release(&names);
	return r;
}

int
gv_registry_root_each(const char *root, unsigned depth, size_t *looks,
    int (*fn)(void *ctx, const char *path), void *ctx)
{
	struct search s = {
		.looks = looks, .fn = fn, .ctx = ctx, .path = GV_BUF_INIT
	};
	int r;

	gv_buf_addstr(&s.path, root);
	s.begin = s.path.len;
	if ((r = gv_buf_check(&s.path)) == 0)
		r = look(&s, depth);
	gv_buf_release(&s.path);
	return r;
}
