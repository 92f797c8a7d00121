#include "view/labels.h"

#include <string.h>

#include "base/map.h"
#include "repo/ref.h"
#include "repo/refs.h"

struct visit {
	struct gv_map seen;
	int (*fn)(void *ctx, const char *name, size_t len);
	void *ctx;
};

static int
visit_name(struct visit *v, const char *name, size_t len)
{
	int r;

	if (len == 0 || gv_map_get(&v->seen, name, len))
		return 0;
	if ((r = gv_map_put(&v->seen, name, len, v)) < 0)
		return r;
	return v->fn(v->ctx, name, len);
}

/* The part of a ref's name below a prefix: the first, or the one behind `env`
 * where that is not NULL; "" is any environment. */
static int
visit_part(
    struct visit *v, const char *name, const char *prefix, const char *env)
{
	size_t len, n = strlen(prefix);

	if (strncmp(name, prefix, n) != 0)
		return 0;
	name += n;
	len = strcspn(name, "/");
	if (env == NULL)
		return visit_name(v, name, len);
	if (*env && (strlen(env) != len || memcmp(name, env, len) != 0))
		return 0;
	name += len + (name[len] == '/');
	return visit_name(v, name, strlen(name));
}

/* All refs of the vault at once: git lists them by one process. */
static int
visit_vault(struct visit *v, struct gv_repo *repo, enum gv_labels_of of,
    const char *env)
{
	struct gv_refs refs = { .n = 0 };
	const char *name;
	size_t i;
	int r = gv_ref_list(&refs, repo, GV_REFS_VAULT);

	for (i = 0; r == 0 && i < refs.n; i++) {
		name = refs.refs[i].name;
		if (of == GV_LABELS_STACKS)
			r = visit_part(v, name, GV_REFS_STATES, env ? env : "");
		if (of == GV_LABELS_ENVIRONMENTS)
			r = visit_part(v, name, GV_REFS_STATES, NULL);
		if (r == 0 &&
		    (of == GV_LABELS_ENVIRONMENTS || of == GV_LABELS_GOOD))
			r = visit_part(v, name, GV_REFS_GOOD, NULL);
		if (of == GV_LABELS_SCOPES)
			r = visit_part(v, name, GV_REFS_SECRETS, NULL);
	}
	gv_refs_release(&refs);
	return r;
}

static int
visit_branches(struct visit *v, struct gv_repo *repo)
{
	static const char *const prefixes[] = { "refs/heads/", "refs/remotes/",
		"refs/tags/" };
	struct gv_refs refs = { .n = 0 };
	const char *name;
	size_t i, k;
	int r = gv_ref_list(&refs, repo, "refs/");

	for (i = 0; r == 0 && i < refs.n; i++)
		for (k = 0; r == 0 && k < 3; k++) {
			name = refs.refs[i].name;
			if (strncmp(name, prefixes[k], strlen(prefixes[k])) !=
			    0)
				continue;
			name += strlen(prefixes[k]);
			r = visit_name(v, name, strlen(name));
		}
	gv_refs_release(&refs);
	return r;
}

int
gv_labels_each(struct gv_repo *repo, enum gv_labels_of of, const char *env,
    int (*fn)(void *ctx, const char *name, size_t len), void *ctx)
{
	struct visit v = { .seen = GV_MAP_INIT, .fn = fn, .ctx = ctx };
	int r = of == GV_LABELS_BRANCHES ? visit_branches(&v, repo)
					 : visit_vault(&v, repo, of, env);

	gv_map_release(&v.seen);
	return r;
}
