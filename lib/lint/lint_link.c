#include "lint/lint_internal.h"

#include <string.h>

/*
 * Symbolic links that lead to nothing, or out of the repository. A snapshot
 * stores where a link leads, not what is there.
 */

/* The end of the path that is above `len` bytes of it; 0: the top. */
static size_t
above(const char *path, size_t len)
{
	const char *slash = len ? memrchr(path, '/', len) : NULL;

	return slash ? (size_t)(slash - path) : 0;
}

/* Make `path` what `target` means from a folder. False: it leaves the top. */
static bool
resolve(struct gv_buf *path, const char *from, size_t len, const char *target)
{
	size_t n;

	gv_buf_add(path, from, len);
	for (; *target; target += n + strspn(target + n, "/")) {
		n = strcspn(target, "/");
		if (n == 0 || (n == 1 && *target == '.'))
			continue;
		if (n == 2 && memcmp(target, "..", 2) == 0) {
			if (path->len == 0)
				return false;
			gv_buf_truncate(path, above(path->p, path->len));
			continue;
		}
		if (path->len)
			gv_buf_addch(path, '/');
		gv_buf_add(path, target, n);
	}
	return true;
}

/* Whether something is at a path, or nothing is known of it: it is below
 * another link, or below a folder that is not looked into. */
static bool
is_there(const struct gv_depgraph *g, const struct gv_buf *path)
{
	size_t len;
	uint32_t at;

	if (path->len == 0 ||
	    gv_depgraph_find_folder(g, path->p, path->len) != GV_DEPGRAPH_NONE)
		return true;
	if (gv_depgraph_find_file(g, path->p, path->len) != GV_DEPGRAPH_NONE)
		return true;
	for (len = above(path->p, path->len); len; len = above(path->p, len)) {
		at = gv_depgraph_find_file(g, path->p, len);
		if (at != GV_DEPGRAPH_NONE)
			return (g->files[at].flags &
				   (GV_DEPGRAPH_LINK | GV_DEPGRAPH_LEFT_ALL)) !=
			    0;
	}
	return strncmp(path->p, ".git/", 5) == 0;
}

static void
look_at(struct gv_lint *c, uint32_t i)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_file *f = &g->files[i];
	const struct gv_lint_place place = { i, 0 };
	struct gv_buf target = GV_BUF_INIT, path = GV_BUF_INIT;

	if (c->opts->read_link(c->opts->read_ctx, &target, f) < 0 ||
	    target.len == 0)
		goto out;
	if (gv_buf_check(&target) < 0) {
		c->failed = true;
	} else if (*target.p == '/' ||
	    !resolve(&path, f->path, above(f->path, f->len), target.p)) {
		gv_lint_add(c, "link/dangling", f->path, place,
		    "this link leads out of the repository, to '%s', so no "
		    "backup has what is there",
		    target.p);
	} else if (gv_buf_check(&path) == 0 && !is_there(g, &path)) {
		gv_lint_add(c, "link/dangling", f->path, place,
		    "this link leads to '%s', which does not exist", path.p);
	}
	c->failed |= path.failed;
out:
	gv_buf_release(&target);
	gv_buf_release(&path);
}

void
gv_lint_links(struct gv_lint *c)
{
	uint32_t i;

	if (c->opts->read_link == NULL)
		return;
	for (i = 0; i < c->graph->n_files && !c->failed; i++)
		if (c->graph->files[i].flags & GV_DEPGRAPH_LINK)
			look_at(c, i);
}
