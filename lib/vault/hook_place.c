#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "store/repo.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "vault/hook_internal.h"

/* The real path of a folder that may not be there yet: that of what holds it.
 */
static char *
real_path(const char *path)
{
	char *copy = strdup(path), *real = NULL, *slash;

	while (copy && (real = gv_entry_real_path(copy)) == NULL &&
	    errno == ENOENT && (slash = strrchr(copy, '/')) != NULL &&
	    slash > copy)
		*slash = '\0';
	free(copy);
	return real;
}

static bool
is_in(const char *real, const char *dir)
{
	char *top = dir ? gv_entry_real_path(dir) : NULL;
	bool yes =
	    top && gv_path_is_below(real, strlen(real), top, strlen(top));

	free(top);
	return yes;
}

/* A path that is set for all repositories of somebody, and is the same in each
 * of them, is not this one's, wherever it leads. */
static bool
is_for_all(const struct gv_config *c)
{
	size_t i = c->n;

	while (i-- > 0) {
		const struct gv_config_entry *e = &c->entries[i];

		if (strcmp(e->key, "core.hookspath") != 0)
			continue;
		return e->value && (*e->value == '/' || *e->value == '~') &&
		    (e->scope == GV_CONFIG_SYSTEM ||
			e->scope == GV_CONFIG_GLOBAL);
	}
	return false;
}

/* The sentence of why not, with what may be done instead. */
static char *
sentence(const char *dir, const char *why)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_path_quote(&text, dir, strlen(dir));
	gv_buf_addf(&text,
	    "%s, so nothing is changed there; to have a hook of git vault "
	    "run, add to the file of its name there, such as pre-commit, the "
	    "line: git vault hooks run -- pre-commit \"$@\" || exit",
	    why);
	return gv_buf_take(&text);
}

int
gv_hook_place(struct gv_hook_report *report, const struct gv_repo *repo)
{
	char *real = real_path(repo->hooks_dir);
	const char *why = NULL;
	bool in_git, in_tree;
	int r;

	in_git = real &&
	    (is_in(real, repo->common_dir) || is_in(real, repo->git_dir));
	in_tree = real && repo->worktree && is_in(real, repo->worktree);
	if (is_for_all(&repo->config))
		why = ", where hooks come from (core.hooksPath), is set for "
		      "all repositories";
	else if (!in_git && !in_tree)
		why = ", where hooks come from (core.hooksPath), is outside "
		      "of this repository and may be others' as well";
	else if (!gv_file_may_write(AT_FDCWD, real))
		why = ", where hooks come from, cannot be written";
	report->is_tracked = in_tree && !in_git;
	report->dir = strdup(repo->hooks_dir);
	if (why)
		report->where = sentence(repo->hooks_dir, why);
	r = report->dir == NULL || (why && report->where == NULL)
	    ? gv_err_nomem()
	    : 0;
	free(real);
	return r;
}
