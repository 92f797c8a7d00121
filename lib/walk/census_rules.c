#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "infra/precious.h"
#include "infra/product.h"
#include "policy/wish.h"
#include "policy/wish_file.h"
#include "repo/foreign.h"
#include "repo/repo.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "walk/census_internal.h"
#include "walk/vcsrules.h"

/* An ignore file of more is nobody's honest work. */
#define MAX_RULES (32u * 1024 * 1024)

/* Goes up when a convention of lib/infra changes what is captured. */
#define CONVENTIONS 2u

/* Of a walk that leaves out what another version control system has. */
#define BASE_RULES 0x6261736521ULL

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
	char *slash;

	if (n == 1)
		n = 0; /* "/" */
	if (strncmp(repo->git_dir, repo->worktree, n) == 0 &&
	    repo->git_dir[n] == '/' &&
	    strcmp(repo->git_dir + n + 1, ".git") != 0)
		gv_buf_addstr(&c->git_dir, repo->git_dir + n + 1);
	/* what holds the vault of a working copy is the tool's own folder */
	if (gv_foreign_kind_of(repo->git_dir) != GV_FOREIGN_NONE &&
	    c->git_dir.len && (slash = strrchr(c->git_dir.p, '/')) != NULL)
		gv_buf_truncate(&c->git_dir, (size_t)(slash - c->git_dir.p));
}

int
gv_census_rules_open(struct gv_census *c)
{
	const struct gv_repo *repo = c->opts.repo;
	struct gv_buf path = GV_BUF_INIT;
	int r = 0;

	c->icase = gv_config_bool(&repo->config, "core.ignorecase", false);
	c->rules = CONVENTIONS * 2 + c->icase;
	if (c->opts.wish)
		c->rules ^= c->opts.wish->sum * 31;
	if (c->opts.base)
		c->rules ^= BASE_RULES;
	if (c->opts.vcs)
		c->rules ^= c->opts.vcs->sum * 127 + 1;
	find_git_dir(c);
	if (excludes_file(&path, &repo->config) == 0)
		r = load_level(&c->excludes_file, c, NULL, path.p);
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s/info/exclude", repo->common_dir);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = load_level(&c->exclude, c, c->excludes_file, path.p);
	gv_buf_release(&path);
	/* what a commit made clean has no other stat data than before; and in a
	 * sparse checkout, what is not on disk is not a deletion: only a
	 * full look next to the index can tell the two apart */
	if (c->opts.old)
		c->force = c->rules != c->opts.old->head->rules ||
		    c->opts.index->has_skipped || c->opts.base;
	return r;
}

void
gv_census_rules_close(struct gv_census *c)
{
	gv_ignore_level_free(c->exclude);
	gv_ignore_level_free(c->excludes_file);
	gv_buf_release(&c->git_dir);
}

/* The text of a directory's own ignore file; a link is not followed, as in
 * Git. */
static int
read_text(struct gv_buf *text, struct gv_census *c, const struct gv_buf *path)
{
	int fd = gv_dir_open_file(c->root_fd, path->p, path->len);
	char part[16384];
	ssize_t n;

	if (fd < 0)
		return 0;
	while ((n = gv_file_read_full(fd, part, sizeof(part))) > 0 &&
	    text->len < MAX_RULES)
		gv_buf_add(text, part, (size_t)n);
	gv_file_close(fd);
	return gv_buf_check(text);
}

/* Read one of them, and add it to the digest of the directory's rules. */
static int
read_own(struct gv_ignore_level **level, struct gv_census *c, uint32_t dir,
    const char *name, const struct gv_ignore_level *parent)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_census_dir *d = gv_census_dir(c, dir);
	size_t len;
	int r;

	gv_census_dir_path(c, dir, &path);
	len = path.len;
	gv_buf_addf(&path, "%s%s", len ? "/" : "", name);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = read_text(&text, c, &path)) < 0 || text.len == 0)
		goto out;
	d->rules = (gv_map_hash(text.p, text.len) ^ d->rules * 31) | 1;
	r = gv_ignore_level_new(level, parent, len,
	    &(struct gv_ignore_file){ text.p, text.len, path.p, c->icase });
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

static bool
is_tracked_file(const struct gv_census *c, const struct gv_buf *path)
{
	unsigned stage;

	for (stage = 0; stage <= 3; stage++)
		if (gv_index_find(c->opts.index, path->p, path->len, stage))
			return true;
	return false;
}

/* The patterns of a directory's .vaultignore that are accepted; one that Git
 * does not track was written here, and counts as it is. */
static int
read_accepted(struct gv_census *c, uint32_t dir,
    const struct gv_ignore_level *parent, bool may_have)
{
	const struct gv_buf *all = &c->opts.wish->accepted;
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_census_dir *d = gv_census_dir(c, dir);
	size_t len;
	int r;

	gv_census_dir_path(c, dir, &path);
	len = path.len;
	gv_buf_addf(&path, "%s" GV_WISH_FILE, len ? "/" : "");
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	if (may_have && !is_tracked_file(c, &path) &&
	    (r = read_text(&text, c, &path)) < 0)
		goto out;
	if (text.len == 0)
		r = gv_wish_file_of(&text, all->p, all->len, path.p, path.len);
	if (r < 0)
		goto out;
	if (text.len)
		r = gv_ignore_level_new(&d->accepted, parent, len,
		    &(struct gv_ignore_file){
			text.p, text.len, path.p, c->icase });
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

/* The levels that hold in a directory, from those above it. */
static int
read_levels(struct gv_census *c, uint32_t dir, bool may_have)
{
	struct gv_census_dir *d = gv_census_dir(c, dir),
			     *up = gv_census_dir(c, d->parent);
	const struct gv_ignore_level *rules = dir ? up->rules_here
	    : c->exclude                          ? c->exclude
						  : c->excludes_file;
	const struct gv_ignore_level *wish = dir ? up->wish_here
	    : c->opts.wish                       ? c->opts.wish->policy
						 : NULL;
	int r = 0;

	d->rules = 0;
	if (may_have &&
	    (r = read_own(&d->level, c, dir, ".gitignore", rules)) == 0)
		r = read_own(&d->wish, c, dir, GV_WISH_FILE, wish);
	d->rules_here = d->level ? d->level : rules;
	d->wish_here = d->wish ? d->wish : wish;
	if (r == 0 && c->opts.wish && c->opts.wish->is_held) {
		const struct gv_ignore_level *up_to =
		    dir ? up->accepted_here : c->opts.wish->policy;

		r = read_accepted(c, dir, up_to, may_have);
		d->accepted_here = d->accepted ? d->accepted : up_to;
	}
	d->level_ready = r == 0;
	return r;
}

/* Each level is read once a run, top down, by whoever needs it first. */
int
gv_census_level(struct gv_census *c, uint32_t dir, bool may_have,
    const struct gv_ignore_level **out)
{
	size_t n = 0;
	uint32_t i;
	int r = 0;

	pthread_mutex_lock(&c->level_lock);
	for (i = dir; r == 0 && !gv_census_dir(c, i)->level_ready;
	     i = gv_census_dir(c, i)->parent) {
		if ((r = GV_GROW(c->climb, n, c->cap_climb)) == 0)
			c->climb[n++] = i;
		if (i == 0)
			break;
	}
	while (r == 0 && n > 0) {
		i = c->climb[--n];
		r = read_levels(c, i, i != dir || may_have);
	}
	*out = gv_census_dir(c, dir)->rules_here;
	pthread_mutex_unlock(&c->level_lock);
	return r;
}

static bool
is_among(const struct gv_dir_names *names, const char *name)
{
	size_t i, len = strlen(name);

	if (*name != '*')
		return gv_dir_names_have(names, names->n, name, len);
	for (i = 0; i < names->n; i++) {
		const struct gv_dir_name *n = &names->names[i];

		if (n->len >= len &&
		    memcmp(n->name + n->len - (len - 1), name + 1, len - 1) ==
			0)
			return true;
	}
	return false;
}

/* Whether the directory that is two above the one of the case has it. */
static bool
is_above(const struct gv_census_case *c, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	struct stat st;
	size_t len = c->name_at ? c->name_at - 1 : 0;
	bool is;

	while (len > 0 && c->path->p[len - 1] != '/')
		len--;
	gv_buf_add(&path, c->path->p, len);
	gv_buf_addstr(&path, name);
	is = gv_buf_check(&path) == 0 &&
	    gv_dir_stat(c->census->root_fd, path.p, path.len, &st) == 0;
	gv_buf_release(&path);
	return is;
}

static bool
has_around(void *ctx, unsigned up, const char *name)
{
	const struct gv_census_case *c = ctx;

	return up == 1 ? is_among(c->siblings, name) : is_above(c, name);
}

static bool
has_inside(void *ctx, unsigned up, const char *name)
{
	(void)up;
	return is_among(ctx, name);
}

/* A file that marks its directory as a cache, and says so as it must. */
static bool
is_tagged(int fd, const struct gv_dir_names *names)
{
	static const char want[] = GV_PRODUCT_SIGNATURE;
	char text[sizeof(want) - 1];
	int tag;
	bool is;

	if (!is_among(names, GV_PRODUCT_TAG))
		return false;
	tag = gv_dir_open_file(fd, GV_PRODUCT_TAG, strlen(GV_PRODUCT_TAG));
	is = tag >= 0 &&
	    gv_file_read_full(tag, text, sizeof(text)) ==
		(ssize_t)sizeof(text) &&
	    memcmp(text, want, sizeof(text)) == 0;
	gv_file_close(tag);
	return is;
}

uint8_t
gv_census_read_as(struct gv_census *c, uint32_t dir, int fd,
    const struct gv_dir_names *names, uint8_t state)
{
	const struct gv_product_ask ask = { .has = has_inside,
		.ctx = (void *)names };
	struct gv_buf path = GV_BUF_INIT;
	size_t first, below = 0;
	bool made;

	if (dir == 0 || fd < 0 ||
	    (state != GV_DIR_NORMAL && state != GV_DIR_PRECIOUS_ONLY &&
		state != GV_DIR_CROWDED))
		return state;
	gv_census_dir_path(c, dir, &path);
	if (state == GV_DIR_NORMAL)
		gv_index_range(c->opts.index, path.p, path.len, &first, &below);
	/* what git tracks some of is the user's own */
	made = below == 0 && !path.failed &&
	    (is_tagged(fd, names) ||
		gv_product_rule_inside(path.p, path.len, &ask));
	gv_buf_release(&path);
	if (made)
		return GV_DIR_TRACKED_ONLY;
	return state == GV_DIR_PRECIOUS_ONLY && names->n > GV_CENSUS_CROWD
	    ? GV_DIR_CROWDED
	    : state;
}

static enum gv_ignore_verdict
match(const struct gv_ignore_level *level, const struct gv_census_case *c,
    struct gv_ignore_why *why)
{
	return level ? gv_ignore_match(level, c->path->p, c->path->len,
			   c->name_at, c->is_dir, why)
		     : GV_IGNORE_UNDECIDED;
}

/* What the user says of a path: on the command line, or else near it. */
static enum gv_ignore_verdict
ask_wish(struct gv_census_verdict *v, const struct gv_census_case *c)
{
	const struct gv_wish *wish = c->census ? c->census->opts.wish : NULL;
	struct gv_ignore_why why = v->why, other = v->why;
	enum gv_ignore_verdict said, accepted;

	said = match(wish ? wish->command : NULL, c, &v->why);
	if (said != GV_IGNORE_UNDECIDED)
		return said;
	said = match(c->wish, c, &why);
	if (wish && wish->is_held) {
		accepted = match(c->accepted, c, &other);
		if (said != GV_IGNORE_INCLUDED)
			why = accepted == GV_IGNORE_INCLUDED ? other : why;
		said = gv_wish_file_hold(accepted, said);
	}
	if (said != GV_IGNORE_UNDECIDED)
		v->why = why;
	return said;
}

/* Whether the user wants something below a directory that is left out. */
static bool
is_wanted_below(const struct gv_census_case *c)
{
	const struct gv_wish *wish = c->census ? c->census->opts.wish : NULL;

	return (wish && wish->command &&
		   gv_ignore_may_include(
		       wish->command, c->path->p, c->path->len)) ||
	    (c->wish &&
		gv_ignore_may_include(c->wish, c->path->p, c->path->len)) ||
	    (c->accepted &&
		gv_ignore_may_include(c->accepted, c->path->p, c->path->len));
}

static void
judge_dir(struct gv_census_verdict *v, const struct gv_census_case *c,
    bool ignored, enum gv_ignore_verdict wish)
{
	const struct gv_product_ask ask = { ignored, has_around, (void *)c };
	bool enter = c->tracked || is_wanted_below(c);

	v->rule = gv_product_rule(c->path->p, c->path->len, &ask);
	if (v->rule && c->tracked && !ignored)
		v->rule = NULL; /* the user keeps it under version control */
	if (wish == GV_IGNORE_IGNORED) {
		v->enter = enter;
		v->flags |= enter ? 0 : GV_ROW_IGNORED | GV_ROW_EXCLUDED;
		v->state = GV_DIR_TRACKED_ONLY;
	} else if (wish == GV_IGNORE_INCLUDED || c->state == GV_DIR_WANTED) {
		v->rule = NULL;
		v->enter = true;
		v->state = ignored ? GV_DIR_WANTED : GV_DIR_NORMAL;
	} else if (v->rule || c->state == GV_DIR_TRACKED_ONLY) {
		v->flags |= enter ? 0 : GV_ROW_PRODUCT;
		v->enter = enter;
		v->state = GV_DIR_TRACKED_ONLY;
	} else if (ignored) {
		v->enter =
		    enter || gv_precious_may_hold(c->path->p, c->path->len);
		v->flags |= v->enter ? 0 : GV_ROW_IGNORED;
		v->state = c->state == GV_DIR_CROWDED ? GV_DIR_CROWDED
						      : GV_DIR_PRECIOUS_ONLY;
	} else {
		v->enter = true;
		v->state = GV_DIR_NORMAL;
	}
}

/* A file that git does not track. */
static void
judge_file(struct gv_census_verdict *v, const struct gv_census_case *c,
    bool ignored, enum gv_ignore_verdict wish)
{
	if (wish == GV_IGNORE_IGNORED) {
		v->flags |= GV_ROW_IGNORED | GV_ROW_EXCLUDED;
	} else if (!ignored) {
		return;
	} else if (wish == GV_IGNORE_INCLUDED || c->state == GV_DIR_WANTED) {
		v->flags |= GV_ROW_PRECIOUS | GV_ROW_WANTED;
	} else if (c->state == GV_DIR_TRACKED_ONLY ||
	    (v->rule = gv_product_file_rule(c->path->p, c->path->len))) {
		v->flags |= GV_ROW_PRODUCT;
	} else if ((v->rule = gv_precious_rule(c->path->p, c->path->len))) {
		v->flags |= GV_ROW_PRECIOUS;
	} else {
		v->flags |= GV_ROW_IGNORED;
		if (c->state != GV_DIR_CROWDED)
			v->flags |= GV_ROW_LOCAL;
	}
}

void
gv_census_judge(struct gv_census_verdict *v, const struct gv_census_case *c)
{
	bool ignored = c->state != GV_DIR_NORMAL;
	enum gv_vcsrules_verdict vcs = GV_VCSRULES_NONE;
	enum gv_ignore_verdict wish;

	memset(v, 0, sizeof(*v));
	if (c->tracked)
		v->flags |= GV_ROW_TRACKED;
	if (c->is_dir)
		v->flags |= GV_ROW_DIR;
	/* what is tracked is stored, whatever the rules say */
	if (c->tracked && !c->is_dir)
		return;
	if (!ignored && c->level)
		ignored =
		    gv_ignore_match(c->level, c->path->p, c->path->len,
			c->name_at, c->is_dir, &v->why) == GV_IGNORE_IGNORED;
	if (!ignored && c->census)
		vcs = gv_vcsrules_judge(c->census->opts.vcs, c->path->p,
		    c->path->len, c->is_dir, &v->why);
	ignored |= vcs != GV_VCSRULES_NONE;
	wish = ask_wish(v, c);
	if (vcs == GV_VCSRULES_UNSURE && wish == GV_IGNORE_UNDECIDED)
		wish = GV_IGNORE_INCLUDED;
	if (c->is_dir)
		judge_dir(v, c, ignored, wish);
	else
		judge_file(v, c, ignored, wish);
}
