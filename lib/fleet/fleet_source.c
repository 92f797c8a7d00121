#include "fleet/fleet_source.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fleet/fleet_lines.h"
#include "fleet/fleet_walk.h"
#include "sys/entry.h"

enum kind { LIST, ROOT, PATHS };

struct gv_fleet_source {
	enum kind kind;
	struct gv_fleet_lines lines; /* LIST */
	struct gv_buf cwd;
	struct gv_fleet_walk *walk; /* ROOT */
	const char *const *paths;   /* PATHS */
	size_t n_paths, next;

	struct gv_buf path, why;
};

/* ---- a line -------------------------------------------------------------- */

static void
add_path(struct gv_buf *path, const char *line, size_t len, const char *cwd)
{
	const bool is_absolute = line[0] == '/';

	while (len > 1 && line[len - 1] == '/')
		len--;
	while (!is_absolute && len > 2 && line[0] == '.' && line[1] == '/') {
		line += 2;
		len -= 2;
	}
	if (!is_absolute)
		gv_buf_addf(path, "%s%s", cwd,
		    cwd[0] && cwd[strlen(cwd) - 1] == '/' ? "" : "/");
	gv_buf_add(path, line, len);
}

int
gv_fleet_source_line(struct gv_buf *path, const char **why, const char *line,
    size_t len, const char *cwd)
{
	const char *nul = memchr(line, '\0', len);

	*why = NULL;
	gv_buf_reset(path);
	if (nul)
		*why = "the line has a NUL byte, so it is no path; lines end "
		       "with a newline";
	else if (len > GV_FLEET_PATH)
		*why = "the line has more than 4095 bytes, so it is no path";
	if (*why)
		gv_buf_add(path, line,
		    nul            ? (size_t)(nul - line)
			: len > 64 ? 64
				   : len);
	else if (len)
		add_path(path, line, len, cwd);
	return gv_buf_check(path);
}

/* ---- a list -------------------------------------------------------------- */

static int
next_of_list(struct gv_fleet_found *out, struct gv_fleet_source *s)
{
	const char *why;
	int r;

	do {
		if ((r = gv_fleet_lines_next(&s->lines)) <= 0)
			return r;
		r = gv_fleet_source_line(&s->path, &why, s->lines.line.p,
		    s->lines.line.len, s->cwd.p);
		if (r < 0)
			return r;
	} while (why == NULL && s->path.len == 0);
	gv_buf_reset(&s->why);
	if (why)
		gv_buf_addf(&s->why, "line %zu: %s", s->lines.number, why);
	if ((r = gv_buf_check(&s->why)) < 0)
		return r;
	out->path = s->path.p;
	out->why = why ? s->why.p : NULL;
	return 1;
}

/* ---- all of them --------------------------------------------------------- */

static int
add_cwd(struct gv_buf *out)
{
	char *cwd = gv_entry_real_path(".");

	if (cwd == NULL)
		return gv_err_sys("cannot tell which folder this is");
	gv_buf_addstr(out, cwd);
	free(cwd);
	return gv_buf_check(out);
}

static struct gv_fleet_source *
new_source(enum kind kind)
{
	struct gv_fleet_source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	*s = (struct gv_fleet_source){ .kind = kind,
		.cwd = GV_BUF_INIT,
		.path = GV_BUF_INIT,
		.why = GV_BUF_INIT };
	return s;
}

int
gv_fleet_source_list(struct gv_fleet_source **out, const char *file)
{
	struct gv_fleet_source *s = new_source(LIST);
	int r;

	if (s == NULL)
		return gv_err_nomem();
	r = gv_fleet_lines_open(&s->lines, file, GV_FLEET_PATH + 1);
	if (r == 0)
		r = add_cwd(&s->cwd);
	if (r < 0) {
		gv_fleet_source_close(s);
		return r;
	}
	*out = s;
	return 0;
}

int
gv_fleet_source_root(struct gv_fleet_source **out, const char *dir)
{
	struct gv_fleet_source *s = new_source(ROOT);
	char *path;
	int r;

	if (s == NULL)
		return gv_err_nomem();
	if ((path = gv_entry_real_path(dir)) == NULL)
		r = gv_err_sys("cannot search the folder %s", dir);
	else
		r = gv_fleet_walk_open(&s->walk, path);
	free(path);
	if (r < 0) {
		gv_fleet_source_close(s);
		return r;
	}
	*out = s;
	return 0;
}

int
gv_fleet_source_paths(
    struct gv_fleet_source **out, const char *const *paths, size_t n)
{
	struct gv_fleet_source *s = new_source(PATHS);

	if (s == NULL)
		return gv_err_nomem();
	s->paths = paths;
	s->n_paths = n;
	*out = s;
	return 0;
}

int
gv_fleet_source_next(struct gv_fleet_found *out, struct gv_fleet_source *s)
{
	memset(out, 0, sizeof(*out));
	if (s->kind == LIST)
		return next_of_list(out, s);
	if (s->kind == ROOT)
		return gv_fleet_walk_next(&out->path, s->walk);
	if (s->next == s->n_paths)
		return 0;
	out->path = s->paths[s->next++];
	return 1;
}

void
gv_fleet_source_close(struct gv_fleet_source *s)
{
	if (s == NULL)
		return;
	gv_fleet_lines_close(&s->lines);
	gv_fleet_walk_close(s->walk);
	gv_buf_release(&s->cwd);
	gv_buf_release(&s->path);
	gv_buf_release(&s->why);
	free(s);
}
