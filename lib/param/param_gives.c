#include "param/param_gives.h"

#include <string.h>
#include <strings.h>

#include "base/glob.h"
#include "param/param_internal.h"

#define FLAGS (GV_GLOB_PATHNAME | GV_GLOB_ICASE)

/* ---- one pattern --------------------------------------------------------- */

struct asked {
	const char *env; /* NULL: any */
	const char *path;
	size_t len;
};

/* Write a pattern, up to its end or a '|', as one of git: other words than the
 * environment's are anything. */
static void
add_glob(struct gv_buf *out, const char *p, size_t n, const char *dir,
    const char *env, bool *names_env)
{
	const char *end = p + n, *close;
	size_t len;

	for (; p < end; p++) {
		close = *p == '{' ? memchr(p, '}', (size_t)(end - p)) : NULL;
		len = close ? (size_t)(close - p) - 1 : 0;
		if (close == NULL) {
			gv_buf_addch(out, *p);
			continue;
		}
		if (len == 3 && memcmp(p + 1, "env", 3) == 0) {
			*names_env = true;
			gv_buf_addstr(out, env ? env : "*");
		} else if (len == 3 && dir && memcmp(p + 1, "dir", 3) == 0) {
			add_glob(out, dir, strlen(dir), NULL, env, names_env);
		} else {
			gv_buf_addch(out, '*');
		}
		p = close;
	}
}

/* Whether the path is one of a pattern; without memory it is. */
static bool
fits(const struct asked *a, const char *pattern, size_t n, const char *dir,
    bool *names_env)
{
	struct gv_buf glob = GV_BUF_INIT;
	bool is;

	*names_env = false;
	add_glob(&glob, pattern, n, dir, a->env, names_env);
	is = gv_buf_check(&glob) < 0 ||
	    gv_glob_match(glob.p, glob.len, a->path, a->len, FLAGS);
	gv_buf_release(&glob);
	return is;
}

/* Of several patterns between '|', the one that names the environment wins. The
 * '?' of a layer that may be missing does not belong to the path. */
static enum gv_param_gives
gives(const struct asked *a, const char *patterns, const char *dir)
{
	enum gv_param_gives best = GV_PARAM_GIVES_NOTHING;
	const char *p;
	bool names_env;
	size_t n;

	for (p = patterns + (*patterns == '?'); *p; p += n + (p[n] == '|')) {
		n = strcspn(p, "|");
		if (!fits(a, p, n, dir, &names_env))
			continue;
		if (names_env)
			return GV_PARAM_GIVES_ENV;
		best = GV_PARAM_GIVES_ALL;
	}
	return best;
}

/* ---- sets ---------------------------------------------------------------- */

static enum gv_param_gives
gives_set(const struct gv_policy_config *set, const struct asked *a)
{
	enum gv_param_gives best = GV_PARAM_GIVES_NOTHING, one;
	size_t i;

	for (i = 0; i < set->layers.n && best != GV_PARAM_GIVES_ENV; i++) {
		one = gives(a, set->layers.items[i], NULL);
		best = one > best ? one : best;
	}
	return best;
}

bool
gv_param_is_layer(
    const struct gv_policy_config *set, const char *path, size_t len)
{
	const struct asked a = { NULL, path, len };

	return gives_set(set, &a) != GV_PARAM_GIVES_NOTHING;
}

/* ---- layouts ------------------------------------------------------------- */

/* A path without the name is no layer that has it. */
static bool
has_name(const struct asked *a)
{
	const size_t n = strlen(a->env);
	size_t i;

	for (i = 0; i + n <= a->len; i++)
		if (strncasecmp(a->path + i, a->env, n) == 0)
			return true;
	return false;
}

static bool
names_env(const struct asked *a, const struct gv_param_layout *l)
{
	size_t i, k;

	for (i = 0; l->dirs[i]; i++)
		for (k = 0; l->layers[k]; k++)
			if (gives(a, l->layers[k], l->dirs[i]) ==
			    GV_PARAM_GIVES_ENV)
				return true;
	return false;
}

enum gv_param_gives
gv_param_gives(const struct gv_policy *policy, const char *env,
    const char *path, size_t len)
{
	const struct gv_policy_configs *sets = &policy->configs;
	const struct asked a = { env, path, len };
	const struct gv_param_layout *l;
	enum gv_param_gives best = GV_PARAM_GIVES_NOTHING, one;
	size_t i;

	for (i = 0; i < sets->n && best != GV_PARAM_GIVES_ENV; i++) {
		one = gives_set(&sets->items[i], &a);
		best = one > best ? one : best;
	}
	if (best == GV_PARAM_GIVES_ENV || !has_name(&a))
		return best;
	for (l = gv_param_layout_table; l->name; l++)
		if (names_env(&a, l))
			return GV_PARAM_GIVES_ENV;
	return best;
}
