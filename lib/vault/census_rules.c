#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "infra/precious.h"
#include "store/repo.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "vault/census_internal.h"

/* An ignore file of more is nobody's honest work. */
#define MAX_RULES (32u * 1024 * 1024)

/* Goes up when a convention of lib/infra changes what is captured. */
#define CONVENTIONS 1u

static int
load_level(struct gv_ignore_level **out, struct gv_census *c,
    const struct gv_ignore_level *parent, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_file_read(&text, AT_FDCWD, path, MAX_RULES);

	*out = NULL;
	if (r < 0) {
		/* Git, too, does without one that it cannot read */
		gv_buf_release(&text);
		return 0;
	}
	c->rules = gv_map_hash(text.p, text.len) ^ c->rules * 31;
	r = gv_ignore_level_new(out, parent, 0,
	    &(struct gv_ignore_file){ text.p, text.len, path, c->icase });
	gv_buf_release(&text);
	return r;
}

static int
excludes_file(struct gv_buf *path, const struct gv_config *config)
{
	const char *set = gv_config_get(config, "core.excludesfile");

	if (set)
		return *set ? gv_env_expand(path, set) : GV_ENOTFOUND;
	return gv_env_config_file(path, "git/ignore");
}

/* Where the repository's own folder lies in the tree under another name than
 * .git (GIT_DIR): that must not be captured. */
static void
find_git_dir(struct gv_census *c)
{
	const struct gv_repo *repo = c->opts.repo;
	size_t n = strlen(repo->worktree);

	if (n == 1)
		n = 0; /* "/" */
	if (strncmp(repo->git_dir, repo->worktree, n) == 0 &&
	    repo->git_dir[n] == '/' &&
	    strcmp(repo->git_dir + n + 1, ".git") != 0)
		gv_buf_addstr(&c->git_dir, repo->git_dir + n + 1);
}

int
gv_census_rules_open(struct gv_census *c)
{
	const struct gv_repo *repo = c->opts.repo;
	struct gv_buf path = GV_BUF_INIT;
	int r = 0;

	c->icase = gv_config_bool(&repo->config, "core.ignorecase", false);
	c->rules = CONVENTIONS * 2 + c->icase;
	find_git_dir(c);
	if (excludes_file(&path, &repo->config) == 0)
		r = load_level(&c->excludes_file, c, NULL, path.p);
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s/info/exclude", repo->common_dir);
	if (r == 0)
		r = gv_buf_check(&path);
	if (r == 0)
		r = load_level(&c->exclude, c, c->excludes_file, path.p);
	gv_buf_release(&path);
	/* in a sparse checkout, what is not on disk is not a deletion: only a
	 * full look beside the index can tell the two apart */
	if (c->opts.old)
		c->force = c->rules != c->opts.old->head->rules ||
		    c->opts.index->has_skipped;
	return r;
}

void
gv_census_rules_close(struct gv_census *c)
{
	gv_ignore_level_free(c->exclude);
	gv_ignore_level_free(c->excludes_file);
	gv_buf_release(&c->git_dir);
}

/* Read a directory's own ignore file; a link is not followed, as in Git. */
static int
read_own(struct gv_census *c, struct gv_census_dir *d, uint32_t dir,
    const struct gv_ignore_level *parent)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	size_t len;
	int fd, r = 0;

	gv_census_dir_path(c, dir, &path);
	len = path.len;
	gv_buf_addstr(&path, len ? "/.gitignore" : ".gitignore");
	r = gv_buf_check(&path);
	if (r < 0)
		goto out;
	fd = gv_dir_open_file(c->root_fd, path.p, path.len);
	if (fd >= 0) {
		char part[16384];
		ssize_t n;

		while ((n = gv_file_read_full(fd, part, sizeof(part))) > 0 &&
		    text.len < MAX_RULES)
			gv_buf_add(&text, part, (size_t)n);
		gv_file_close(fd);
	}
	r = gv_buf_check(&text);
	d->rules = text.len ? gv_map_hash(text.p, text.len) | 1 : 0;
	if (r == 0 && text.len)
		r = gv_ignore_level_new(&d->level, parent, len,
		    &(struct gv_ignore_file){
			text.p, text.len, path.p, c->icase });
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

/* Each level is read once a run, top down, by whoever needs it first. */
int
gv_census_level(struct gv_census *c, uint32_t dir, bool may_have,
    const struct gv_ignore_level **out)
{
	const struct gv_ignore_level *above;
	struct gv_census_dir *d;
	size_t n = 0;
	uint32_t i;
	int r = 0;

	pthread_mutex_lock(&c->level_lock);
	for (i = dir; r == 0 && !gv_census_dir(c, i)->level_ready;
	     i = gv_census_dir(c, i)->parent) {
		r = gv_vec_grow((void **)&c->climb, &c->cap_climb, n + 1,
		    sizeof(*c->climb));
		if (r == 0)
			c->climb[n++] = i;
		if (i == 0)
			break;
	}
	while (r == 0 && n > 0) {
		i = c->climb[--n];
		d = gv_census_dir(c, i);
		above = i ? gv_census_dir(c, d->parent)->rules_here
			  : (c->exclude ? c->exclude : c->excludes_file);
		d->rules = 0;
		if (i != dir || may_have)
			r = read_own(c, d, i, above);
		d->rules_here = d->level ? d->level : above;
		d->level_ready = r == 0;
	}
	*out = gv_census_dir(c, dir)->rules_here;
	pthread_mutex_unlock(&c->level_lock);
	return r;
}

static bool
has_sibling(void *ctx, const char *name)
{
	const struct gv_dir_names *names = ctx;
	size_t i, len = strlen(name);
	bool suffix = *name == '*';

	for (i = 0; i < names->n; i++) {
		const struct gv_dir_name *n = &names->names[i];

		if (!suffix ? n->len == len && !memcmp(n->name, name, len)
			    : n->len >= len - 1 &&
			    !memcmp(n->name + n->len - (len - 1), name + 1,
				len - 1))
			return true;
	}
	return false;
}

static void
judge_dir(
    struct gv_census_verdict *v, const struct gv_census_case *c, bool ignored)
{
	v->rule = gv_precious_build_rule(
	    c->path->p, c->path->len, has_sibling, (void *)c->siblings);
	if (v->rule && c->tracked && !ignored)
		v->rule = NULL; /* the user keeps it under version control */
	if (v->rule || c->state == GV_DIR_TRACKED_ONLY) {
		v->flags |= c->tracked ? 0 : GV_ROW_PRODUCT;
		v->enter = c->tracked;
		v->state = GV_DIR_TRACKED_ONLY;
	} else if (ignored) {
		v->enter = c->tracked ||
		    gv_precious_may_hold(c->path->p, c->path->len);
		v->flags |= v->enter ? 0 : GV_ROW_IGNORED;
		v->state = GV_DIR_PRECIOUS_ONLY;
	} else {
		v->enter = true;
		v->state = GV_DIR_NORMAL;
	}
}

void
gv_census_judge(struct gv_census_verdict *v, const struct gv_census_case *c)
{
	bool ignored = c->state != GV_DIR_NORMAL;

	memset(v, 0, sizeof(*v));
	if (c->tracked)
		v->flags |= GV_ROW_TRACKED;
	if (c->is_dir)
		v->flags |= GV_ROW_DIR;
	/* what is tracked is captured, whatever the rules say */
	if (!ignored && c->level && !(c->tracked && !c->is_dir))
		ignored =
		    gv_ignore_match(c->level, c->path->p, c->path->len,
			c->name_at, c->is_dir, &v->why) == GV_IGNORE_IGNORED;
	if (c->is_dir) {
		judge_dir(v, c, ignored);
		return;
	}
	if (c->tracked || !ignored)
		return;
	if (c->state == GV_DIR_TRACKED_ONLY) {
		v->flags |= GV_ROW_PRODUCT;
		return;
	}
	v->rule = gv_precious_rule(c->path->p, c->path->len);
	v->flags |= v->rule ? GV_ROW_PRECIOUS : GV_ROW_IGNORED;
}
