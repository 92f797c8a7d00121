#include <string.h>

#include "base/err.h"
#include "param/param_internal.h"
#include "param/param_target.h"
#include "policy/team.h"

/* A layout that was recognised, as a set of the policy. */

struct describing {
	const struct gv_param_private *p;
	const char *dir;
	const char *at;    /* an alternative of a pattern */
	struct gv_buf ext; /* of the first file of the layout */
	bool is_used, has_file;
	struct gv_param_words found; /* of the file that uses it */
};

static bool
is_cloud(const char *name, size_t len)
{
	static const char *const clouds[] = { "aws", "azure", "gcp" };
	size_t i;

	for (i = 0; i < 3; i++)
		if (strlen(clouds[i]) == len &&
		    memcmp(clouds[i], name, len) == 0)
			return true;
	return false;
}

static bool
has_env(const struct gv_param_words *w)
{
	return w->words[0] != NULL;
}

/* Whether another pattern says that the path is of an environment. */
static bool
is_env(const struct describing *d, const char *path)
{
	return gv_param_has_pattern(d->p->layout, d->dir, path, has_env);
}

/* Patterns of one word fit the same files: a provider is one that is known, and
 * an environment is likelier than a region or a service. */
static int
look(void *ctx, const char *path)
{
	struct describing *d = ctx;
	struct gv_param_words w;

	if (!gv_param_matches(&w, d->at, d->dir, path) ||
	    (w.words[2] && !is_cloud(w.words[2], w.lens[2])) ||
	    (w.words[0] && !w.words[2] && is_cloud(w.words[0], w.lens[0])) ||
	    (!w.words[0] && (w.words[1] || w.words[3]) && is_env(d, path)))
		return 0;
	d->is_used = true;
	d->found = w;
	return 1;
}

static void
add_pattern(struct gv_buf *out, const struct describing *d)
{
	const char *p = d->at;

	while (*p && *p != '|')
		if (strncmp(p, "{dir}", 5) == 0) {
			gv_buf_addstr(out, d->dir);
			p += 5;
		} else if (strncmp(p, "{ext}", 5) == 0) {
			if (d->is_used && d->found.words[4])
				gv_buf_add(
				    out, d->found.words[4], d->found.lens[4]);
			else
				gv_buf_add(out, d->ext.p, d->ext.len);
			p += 5;
		} else {
			gv_buf_addch(out, *p++);
		}
}

static void
add_unused(struct gv_buf *out, struct describing *d, const char *pattern)
{
	d->is_used = false;
	for (d->at = pattern; d->at; d->at = strchr(d->at, '|')) {
		d->at += *d->at == '|';
		gv_buf_addstr(out, d->at > pattern ? "|" : "    - \"");
		add_pattern(out, d);
	}
	gv_buf_addstr(out, "\"\n");
}

/* The ending that files of the layout have. */
static int
find_ext(struct describing *d)
{
	const char *const *layers = d->p->layout->layers;
	size_t i;
	int r;

	for (i = 0; layers[i] && d->ext.len == 0; i++)
		for (d->at = layers[i] + (*layers[i] == '?'); d->at;
		     d->at = strchr(d->at, '|')) {
			d->at += *d->at == '|';
			d->is_used = false;
			if ((r = gv_param_each_path(d->p->pool, look, d)) < 0)
				return r;
			if (d->is_used && d->found.words[4] && d->ext.len == 0)
				gv_buf_add(&d->ext, d->found.words[4],
				    d->found.lens[4]);
		}
	if (d->ext.len == 0)
		gv_buf_addstr(&d->ext, "yaml");
	return gv_buf_check(&d->ext);
}

static int
add_layer(struct gv_buf *out, struct describing *d, const char *pattern)
{
	size_t n = 0;
	int r;

	for (d->at = pattern + (*pattern == '?'); d->at;
	     d->at = strchr(d->at, '|')) {
		d->at += *d->at == '|';
		d->is_used = false;
		if ((r = gv_param_each_path(d->p->pool, look, d)) < 0)
			return r;
		if (!d->is_used)
			continue;
		d->has_file = true;
		gv_buf_addstr(out, n++ ? "|" : "    - \"");
		add_pattern(out, d);
	}
	if (n)
		gv_buf_addstr(out, "\"\n");
	/* a file that comes later is a layer then, as it would be now */
	else if (*pattern != '?')
		add_unused(out, d, pattern);
	return gv_buf_check(out);
}

/* The policy with the section is one that can be read. */
static int
check(const struct gv_buf *text)
{
	struct gv_policy policy = GV_POLICY_INIT;
	const int r =
	    gv_policy_parse(&policy, GV_TEAM_POLICY, text->p, text->len);

	if (r == 0)
		gv_policy_release(&policy);
	return r;
}

int
gv_param_describe(
    struct gv_buf *out, struct gv_param_pool *pool, const char *layout)
{
	struct gv_param_private p = { .pool = pool, .query.layout = layout };
	const struct gv_policy_config *set = NULL;
	struct describing d = { .p = &p, .ext = GV_BUF_INIT };
	size_t i;
	int r;

	if (pool->policy.configs.n)
		return gv_err(GV_EREFUSED,
		    ".gitvault.yaml:%u: there is a set already",
		    pool->policy.configs.items[0].line);
	if ((r = gv_param_find_layout(&p, &set, &d.dir)) < 0)
		goto out;
	if (p.layout->dialect == GV_PARAM_HIERA) {
		r = gv_err(GV_EREFUSED,
		    "hiera.yaml says itself what its layers are; no set is "
		    "needed");
		goto out;
	}
	gv_buf_addstr(out, "config:\n  app:\n    layers:\n");
	r = find_ext(&d);
	for (i = 0; r == 0 && p.layout->layers[i]; i++)
		r = add_layer(out, &d, p.layout->layers[i]);
	if (r == 0 && !d.has_file)
		r = gv_err(GV_ENOTFOUND,
		    "Git tracks no file of the layout '%s'; to add them: git "
		    "add",
		    p.layout->name);
	if (p.layout->dialect == GV_PARAM_HELM)
		gv_buf_addstr(out, "    \"null\": delete\n");
	if (p.layout->are_whole)
		gv_buf_addstr(out, "    merge: {\"*\": replace}\n");
	if (r == 0 && (r = gv_buf_check(out)) == 0)
		r = check(out);
out:
	gv_buf_release(&d.ext);
	gv_arena_release(&p.arena);
	return r;
}
