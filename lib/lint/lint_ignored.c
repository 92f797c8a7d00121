#include "lint/lint_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "worktree/ignore.h"

/*
 * What the project's own .gitignore files ignore: such a file is missing in
 * every fresh clone, so its absence says nothing of the code. Exclusions of
 * this clone or user do not count, since others would find something else.
 */

#define NAME ".gitignore"

struct gv_lint_ignored {
	/* by folder, of each in which something is missing and of those above
	 * it: a number in `levels` + 1 */
	struct gv_map folders;
	struct gv_ignore_level **levels; /* the first one is NULL: no rules */
	size_t n, cap;
	struct gv_arena arena;
	struct gv_buf path, text;
};

/* ---- which rules there are ----------------------------------------------- */

/* Read the rules of one folder into `text`; whether there are any. */
static bool
read_rules(struct gv_lint_ignored *all, const struct gv_depgraph *g,
    const struct gv_lint_opts *opts)
{
	const struct gv_depgraph_file file = { .path = all->path.p,
		.len = (uint32_t)all->path.len };
	char *before;
	int r;

	if (!opts->is_part &&
	    gv_depgraph_find_file(g, file.path, file.len) == GV_DEPGRAPH_NONE)
		return false;
	gv_buf_reset(&all->text);
	before = gv_err_save();
	r = opts->read(opts->read_ctx, &all->text, &file);
	gv_err_restore(before);
	return r == 0;
}

static int
add_level(
    uint32_t *out, struct gv_lint_ignored *all, uint32_t parent, size_t dir_len)
{
	const struct gv_ignore_file file = {
		.text = all->text.p, .len = all->text.len, .source = NAME
	};

	if (GV_GROW(all->levels, all->n, all->cap) < 0 ||
	    gv_ignore_level_new(
		&all->levels[all->n], all->levels[parent], dir_len, &file) < 0)
		return GV_ENOMEM;
	*out = (uint32_t)all->n++;
	return 0;
}

/* Note the rules that hold in a folder, on top of those above it. */
static int
note_folder(uint32_t *level, struct gv_lint_ignored *all,
    const struct gv_depgraph *g, const struct gv_lint_opts *opts,
    const char *path, size_t len)
{
	const uintptr_t known = (uintptr_t)gv_map_get(&all->folders, path, len);
	const char *copy;

	if (known) {
		*level = (uint32_t)(known - 1);
		return 0;
	}
	gv_buf_reset(&all->path);
	gv_buf_add(&all->path, path, len);
	gv_buf_addstr(&all->path, len ? "/" NAME : NAME);
	if (gv_buf_check(&all->path) < 0)
		return GV_ENOMEM;
	if (read_rules(all, g, opts) && add_level(level, all, *level, len) < 0)
		return GV_ENOMEM;
	copy = gv_arena_copy(&all->arena, path, len);
	return copy == NULL ||
		gv_map_put(&all->folders, copy, len,
		    (void *)((uintptr_t)*level + 1)) < 0
	    ? GV_ENOMEM
	    : 0;
}

static int
note_path(struct gv_lint_ignored *all, const struct gv_depgraph *g,
    const struct gv_lint_opts *opts, const struct gv_buf *path)
{
	uint32_t level = 0;
	size_t i;
	int r = note_folder(&level, all, g, opts, "", 0);

	for (i = 0; r == 0 && i < path->len; i++)
		if (path->p[i] == '/')
			r = note_folder(&level, all, g, opts, path->p, i);
	return r;
}

static bool
is_missing_path(const struct gv_depgraph *g, const struct gv_depgraph_edge *e)
{
	const uint8_t how = e->symbol == GV_DEPGRAPH_NONE
	    ? GV_SYMBOL_BY_NAME
	    : g->symbols.items[e->symbol].how;

	return e->target == GV_DEPGRAPH_MISSING && !e->is_pattern &&
	    (how == GV_SYMBOL_BY_PATH || how == GV_SYMBOL_BY_PARENT);
}

int
gv_lint_ignored_new(struct gv_lint_ignored **out, const struct gv_depgraph *g,
    const struct gv_lint_opts *opts)
{
	struct gv_lint_ignored *all = calloc(1, sizeof(*all));
	struct gv_buf target = GV_BUF_INIT;
	uint32_t i;
	int r;

	if (all == NULL)
		return GV_ENOMEM;
	all->path = (struct gv_buf)GV_BUF_INIT;
	all->text = (struct gv_buf)GV_BUF_INIT;
	r = GV_GROW(all->levels, all->n, all->cap) < 0 ? GV_ENOMEM : 0;

	if (r == 0)
		all->levels[all->n++] = NULL;
	for (i = 0; r == 0 && opts->read && i < g->n_edges; i++) {
		if (!is_missing_path(g, &g->edges[i]))
			continue;
		gv_buf_reset(&target);
		gv_depgraph_add_target(&target, g, &g->edges[i]);
		r = gv_buf_check(&target) < 0
		    ? GV_ENOMEM
		    : note_path(all, g, opts, &target);
	}
	gv_buf_release(&target);
	if (r < 0)
		gv_lint_ignored_free(all);
	else
		*out = all;
	return r;
}

void
gv_lint_ignored_free(struct gv_lint_ignored *all)
{
	if (all == NULL)
		return;
	/* a level stands on one that was made before it */
	while (all->n)
		gv_ignore_level_free(all->levels[--all->n]);
	free(all->levels);
	gv_map_release(&all->folders);
	gv_arena_release(&all->arena);
	gv_buf_release(&all->path);
	gv_buf_release(&all->text);
	free(all);
}

/* ---- what they ignore ---------------------------------------------------- */

/* Whether a path or a folder above it is ignored: below such a one nothing is
 * included again. What is missing may be a file or a folder. */
bool
gv_lint_is_ignored(const struct gv_lint *c, const char *path)
{
	const struct gv_lint_ignored *all = c->ignored;
	const size_t len = strlen(path);
	size_t at = 0, end, dir = 0;
	uintptr_t known;

	for (; at <= len; at = end + 1) {
		end = at + strcspn(path + at, "/");
		known = (uintptr_t)gv_map_get(&all->folders, path, dir);
		if (known == 0)
			return false;
		if (gv_ignore_match(all->levels[known - 1], path, end, at, true,
			NULL) == GV_IGNORE_IGNORED ||
		    (end == len &&
			gv_ignore_match(all->levels[known - 1], path, end, at,
			    false, NULL) == GV_IGNORE_IGNORED))
			return true;
		dir = end;
	}
	return false;
}
