#include "project/registry_internal.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/lines.h"
#include "base/path.h"
#include "base/vec.h"
#include "project/project_id.h"
#include "sys/env.h"
#include "sys/file.h"
#include "worktree/cache.h"

/*
 * Which projects with a vault were found below roots. The list of git has only
 * what the user registered; without this one, a project that was deleted would
 * be missing from every list without a word. In the user's folder of
 * configuration:
 *	git-vault found 1
 *	…		of each its id and its path, each with a NUL
 *	= <8 digits>	the sum of all that
 */
#define HEAD  "git-vault found 1\n"
#define DIR_  "git-vault"
#define FILE_ DIR_ "/projects-found"
#define MOST  ((size_t)16 * 1024 * 1024)

static int
path_of(struct gv_buf *out)
{
	const int r = gv_env_config_file(out, FILE_);

	return r < 0 ? r : gv_buf_check(out);
}

static int
make_dir(void)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_env_config_file(&path, DIR_);

	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0700);
	gv_buf_release(&path);
	return r;
}

/* The entries; nothing if the file is missing or damaged. */
static void
load(struct gv_buf *out)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	const char *p, *end;

	if (path_of(&path) == 0 &&
	    gv_file_read(&text, AT_FDCWD, path.p, MOST) == 0) {
		end = text.p + gv_cache_text_end(text.p, text.len, HEAD);
		p = gv_lines_after(text.p, end, HEAD);
		if (p && p < end && end[-1] == '\0')
			gv_buf_add(out, p, (size_t)(end - p));
	}
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_err_restore(before);
}

/* Losing it costs a line of a list. */
static void
save(const struct gv_buf *entries)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();

	gv_buf_addstr(&text, HEAD);
	gv_buf_add(&text, entries->p, entries->len);
	gv_cache_seal_text(&text, 0);
	if (make_dir() == 0 && path_of(&path) == 0 && gv_buf_check(&text) == 0)
		(void)gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0600, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_err_restore(before);
}

/* The next id and path; false at the end. */
static bool
next(const char **id, const char **path, const char **p, const char *end)
{
	*id = *p;
	if (*p == NULL || *p >= end)
		return false;
	*path = *p + strlen(*p) + 1;
	if (*path >= end)
		return false;
	*p = *path + strlen(*path) + 1;
	return true;
}

static bool
is_below_root(const struct gv_registry *reg, const char *path)
{
	size_t i;

	for (i = 0; i < reg->n_roots; i++)
		if (gv_path_is_below(path, strlen(path), reg->roots[i],
			strlen(reg->roots[i])))
			return true;
	return false;
}

static const struct gv_registered *
find(const struct gv_registry *reg, const char *path)
{
	size_t i;

	for (i = 0; i < reg->n; i++)
		if (strcmp(reg->items[i].path, path) == 0)
			return &reg->items[i];
	return NULL;
}

/* A search that ended early did not come to all that is there. */
static bool
is_there(const char *path, const char *id)
{
	char now[GV_PROJECT_ID_MAX];

	return gv_project_id_saved(now, path) && strcmp(now, id) == 0;
}

int
gv_registry_add_lost(struct gv_registry *reg)
{
	struct gv_registered one = { .is_gone = true };
	struct gv_buf entries = GV_BUF_INIT;
	const char *p, *end, *id, *path;
	int r = 0;

	load(&entries);
	p = entries.p;
	end = p + entries.len;
	while (r == 0 && next(&id, &path, &p, end)) {
		if (reg->n >= GV_REGISTRY_MAX || !is_below_root(reg, path) ||
		    find(reg, path) || is_there(path, id))
			continue;
		one.path = one.key =
		    gv_arena_copy(&reg->arena, path, strlen(path));
		one.id = gv_arena_copy(&reg->arena, id, strlen(id));
		if (one.path == NULL || one.id == NULL)
			r = GV_ENOMEM;
		else if (GV_GROW(reg->items, reg->n, reg->cap) < 0)
			r = gv_err_nomem();
		else
			reg->items[reg->n++] = one;
	}
	gv_buf_release(&entries);
	return r;
}

/* By path, so that nothing is written while nothing changes. */
static void
list(struct gv_buf *out, const struct gv_registry *reg, const char *but)
{
	char id[GV_PROJECT_ID_MAX];
	size_t i;

	for (i = 0; i < reg->n; i++) {
		const struct gv_registered *one = &reg->items[i];
		const char *its = one->id;

		if (one->is_listed || one->was ||
		    (but && strcmp(one->path, but) == 0))
			continue;
		if (its == NULL && gv_project_id_saved(id, one->path))
			its = id;
		if (its) {
			gv_buf_add(out, its, strlen(its) + 1);
			gv_buf_add(out, one->path, strlen(one->path) + 1);
		}
	}
}

/* What a search that ended early did not come to stays. */
static void
keep(struct gv_buf *out, const struct gv_registry *reg,
    const struct gv_buf *was, const char *but)
{
	const char *p = was->p, *end = p + was->len, *id, *path;

	while (next(&id, &path, &p, end))
		if (!find(reg, path) && is_below_root(reg, path) &&
		    !(but && strcmp(path, but) == 0) && is_there(path, id)) {
			gv_buf_add(out, id, strlen(id) + 1);
			gv_buf_add(out, path, strlen(path) + 1);
		}
}

static void
remember_but(const struct gv_registry *reg, const char *but)
{
	struct gv_buf was = GV_BUF_INIT, is = GV_BUF_INIT;

	load(&was);
	list(&is, reg, but);
	keep(&is, reg, &was, but);
	if (gv_buf_check(&is) == 0 && !gv_buf_equal(&was, &is))
		save(&is);
	gv_buf_release(&was);
	gv_buf_release(&is);
}

void
gv_registry_remember(const struct gv_registry *registry)
{
	remember_but(registry, NULL);
}

void
gv_registry_forget(const struct gv_registry *registry, const char *path)
{
	remember_but(registry, path);
}
