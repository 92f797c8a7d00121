#include "fleet/fleet_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fleet/fleet_look.h"
#include "sys/dir.h"
#include "sys/file.h"

/* A folder on the way down, and which of its names is next. */
struct level {
	struct gv_dir_names names;
	size_t next;
	size_t len; /* of the folder's path */
};

struct gv_fleet_walk {
	struct gv_buf path;
	struct level levels[GV_FLEET_DEPTH + 1];
	size_t n;
	bool is_begun;
};

static int
compare(const void *a, const void *b)
{
	const struct gv_dir_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Go into the folder of w->path: 1 where it is a repository or cannot be read;
 * 0 where its names are to be gone through. */
static int
enter(struct gv_fleet_walk *w)
{
	struct level *level = &w->levels[w->n];
	int fd = gv_dir_open(AT_FDCWD, w->path.p, w->path.len), r;

	/* a link, no folder, or gone since: no repository is left out */
	if (fd < 0)
		return errno != ELOOP && errno != ENOTDIR && errno != ENOENT;
	r = gv_dir_list(&level->names, fd);
	gv_file_close(fd);
	if (r < 0)
		return 1;
	/* nobody's repositories lie that deep; who looks at it says so */
	if (gv_fleet_look_is_repository(&level->names, w->path.p) ||
	    w->n == GV_FLEET_DEPTH)
		return 1;
	if (level->names.n)
		qsort(level->names.names, level->names.n,
		    sizeof(*level->names.names), compare);
	level->next = 0;
	level->len = w->path.len;
	w->n++;
	return 0;
}

int
gv_fleet_walk_open(struct gv_fleet_walk **out, const char *dir)
{
	struct gv_fleet_walk *w;

	if (!gv_file_is_dir(AT_FDCWD, dir))
		return gv_err(GV_ENOTFOUND, "there is no folder %s", dir);
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return gv_err_nomem();
	w->path = (struct gv_buf)GV_BUF_INIT;
	gv_buf_addstr(&w->path, dir);
	if (gv_buf_check(&w->path) < 0) {
		gv_fleet_walk_close(w);
		return gv_err_nomem();
	}
	*out = w;
	return 0;
}

/* The next name that may be a folder, as w->path; false where the level ends.
 */
static bool
take_name(struct gv_fleet_walk *w, struct level *level)
{
	while (level->next < level->names.n) {
		const struct gv_dir_name *e =
		    &level->names.names[level->next++];

		if (e->type != DT_DIR && e->type != DT_UNKNOWN)
			continue;
		gv_buf_truncate(&w->path, level->len);
		gv_buf_addf(&w->path, "%s%s",
		    w->path.p[w->path.len - 1] == '/' ? "" : "/", e->name);
		return true;
	}
	return false;
}

int
gv_fleet_walk_next(const char **path, struct gv_fleet_walk *w)
{
	bool has = false;

	if (!w->is_begun) {
		w->is_begun = true;
		has = true;
	}
	for (;;) {
		if (has && gv_buf_check(&w->path) < 0)
			return gv_err_nomem();
		if (has && enter(w) > 0) {
			*path = w->path.p;
			return 1;
		}
		if (w->n == 0)
			return 0;
		has = take_name(w, &w->levels[w->n - 1]);
		if (!has)
			gv_dir_names_release(&w->levels[--w->n].names);
	}
}

void
gv_fleet_walk_close(struct gv_fleet_walk *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i <= GV_FLEET_DEPTH; i++)
		gv_dir_names_release(&w->levels[i].names);
	gv_buf_release(&w->path);
	free(w);
}
