#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "hook/hook_internal.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "vault/hook_script.h"
#include "worktree/index.h"

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

#define LINE "git vault hooks run -- "

/* Whether this line runs a hook: as it is said below, or by other words in
 * front of it and without the "--". */
static bool
is_line_of(const char *line, size_t len, const char *name)
{
	static const char run[] = "vault hooks run ";
	const char *at = memmem(line, len, run, sizeof(run) - 1);
	size_t n = strlen(name);

	if (at == NULL || memchr(line, '#', (size_t)(at - line)))
		return false;
	at += sizeof(run) - 1;
	if (strncmp(at, "-- ", 3) == 0)
		at += 3;
	return strncmp(at, name, n) == 0 && strchr(" \t\n", at[n]);
}

bool
gv_hook_has_line(int dir, const struct gv_hook *hook)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *p;
	bool has = false;
	size_t n;

	if (gv_file_read(&text, dir, hook->name, GV_HOOK_MAX) < 0)
		gv_buf_reset(&text);
	for (p = text.len ? text.p : ""; *p && !has; p += n + (p[n] != '\0')) {
		n = strcspn(p, "\n");
		has = is_line_of(p, n, hook->name);
	}
	gv_buf_release(&text);
	return has;
}

/* The first hook of this side that no line there runs; NULL: there is none. */
static const char *
first_without(const struct gv_repo *repo, const char *dir)
{
	const enum gv_hook_side side = gv_hook_side_of(repo);
	const struct gv_hook *h;
	int fd = gv_dir_open_root(dir);

	for (h = gv_hook_all; h->name; h++)
		if (h->side == side && !h->is_optional &&
		    (fd < 0 || !gv_hook_has_line(fd, h)))
			break;
	gv_file_close(fd);
	return h->name;
}

/* The sentence of why not, with what may be done instead. */
static char *
sentence(const struct gv_repo *repo, const char *dir, const char *why)
{
	const char *name = first_without(repo, dir);
	struct gv_buf text = GV_BUF_INIT;

	gv_path_quote(&text, dir, strlen(dir));
	gv_buf_addf(&text, "%s, so nothing is changed there; ", why);
	if (name)
		gv_buf_addf(&text,
		    "to run a hook of git vault, add to the file of its name "
		    "there, such as %s, the line: " LINE "%s \"$@\" || "
		    "exit",
		    name, name);
	else
		gv_buf_addstr(
		    &text, "lines in its hook files run those of git vault");
	return gv_buf_take(&text);
}

/* Whether git has it in the index, also in a conflict. */
static int
is_in_index(bool *out, const struct gv_repo *repo, const char *path)
{
	struct gv_index *index = NULL;
	unsigned stage;
	int r = gv_index_open(&index, repo);

	*out = false;
	for (stage = 0; r == 0 && stage <= 3; stage++)
		*out |= gv_index_find(index, path, strlen(path), stage) != NULL;
	gv_index_close(index);
	return r;
}

/* The path of a hook from the top of the working tree that it is in. */
static int
path_in_tree(struct gv_buf *out, const struct gv_hook_report *report,
    const struct gv_repo *repo, const char *name)
{
	char *dir = real_path(report->dir);
	char *top = gv_entry_real_path(repo->worktree);
	const char *below = dir && top ? dir + strlen(top) : NULL;

	if (below == NULL)
		out->failed = true;
	else
		gv_buf_addf(out, "%s%s%s", below + (*below == '/'),
		    below[0] ? "/" : "", name);
	free(dir);
	free(top);
	return gv_buf_check(out);
}

static int
refuse_tracked(struct gv_hook_report *report, struct gv_hook_step *step)
{
	const char *name = step->hook->name;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text,
	    "git tracks that file, and git vault's would replace it in all "
	    "clones, so it stays unchanged; to run git vault's hook, add to it "
	    "the line: " LINE "%s \"$@\" || exit",
	    name);
	if ((r = gv_buf_check(&text)) == 0)
		step->why = gv_arena_copy(&report->arena, text.p, text.len);
	step->action = GV_HOOK_REFUSED;
	gv_buf_release(&text);
	return r < 0 || step->why == NULL ? GV_ENOMEM : 1;
}

int
gv_hook_spare(
    struct gv_hook_report *report, int dir, const struct gv_repo *repo)
{
	struct gv_hook_step *step = &report->steps[report->n - 1];
	struct gv_buf path = GV_BUF_INIT;
	bool is = false;
	int r;

	/* husky's get lines, and what is ours is no loss */
	if (!report->is_tracked || report->own ||
	    (step->state != GV_HOOK_FOREIGN && step->state != GV_HOOK_MOVED))
		return 0;
	if ((r = path_in_tree(&path, report, repo, step->hook->name)) == 0)
		r = is_in_index(&is, repo, path.p);
	gv_buf_release(&path);
	if (r < 0 || !is)
		return r;
	return gv_hook_has_line(dir, step->hook) ? 1
						 : refuse_tracked(report, step);
}

/* A file below a folder. */
static bool
has(const char *dir, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	bool yes;

	gv_buf_addf(&path, "%s/%s", dir, name);
	yes = gv_buf_check(&path) == 0 && gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return yes;
}

/* How much of the path is husky's folder of what the project has; 0: it is not
 * husky's. From version 9 on git is sent to "_" in it. */
static size_t
husky_len(const char *dir)
{
	size_t len = strlen(dir);

	if (len > 2 && strcmp(dir + len - 2, "/_") == 0 &&
	    (has(dir, "h") || has(dir, "husky.sh")))
		return len - 2;
	return has(dir, "_/husky.sh") ? len : 0;
}

/* Of husky's folders that of the project is meant. */
static int
find_husky(struct gv_hook_report *report, const struct gv_repo *repo)
{
	size_t husky = husky_len(report->dir);
	struct gv_buf own = GV_BUF_INIT;

	if (husky == 0)
		return 0;
	report->dir[husky] = '\0';
	gv_buf_addf(&own, "%s/vault/hooks", repo->common_dir);
	report->own = gv_buf_take(&own);
	return report->own ? 0 : GV_ENOMEM;
}

int
gv_hook_place(struct gv_hook_report *report, struct gv_repo *repo,
    enum gv_hook_layout layout)
{
	const char *why = NULL;
	bool in_git, in_tree;
	char *real;
	int r = gv_hook_lay_out(report, repo, layout);

	if (r == 0 && report->layout == GV_HOOK_PLAIN)
		r = find_husky(report, repo);
	if (r < 0)
		return r;
	real = real_path(report->dir);
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
	if (why)
		report->where = sentence(repo, report->dir, why);
	r = why && report->where == NULL ? GV_ENOMEM : 0;
	free(real);
	return r;
}
