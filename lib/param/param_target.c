#include "param/param_target.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "infra/environment.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "param/param_internal.h"
#include "param/param_target_internal.h"
#include "worktree/index.h"

#define STEPS_MAX 100000 /* of one path against one pattern */

/* ---- a path and a pattern ------------------------------------------------ */

enum word { ENV, SERVICE, PROVIDER, REGION, HOST, TIER, EXT, DIR, WORDS };

static const char *const words[] = { "env", "service", "provider", "region",
	"host", "tier", "ext", "dir" };

/* What the words of a pattern are in a path. */
struct match {
	const char *dir;
	struct {
		const char *p; /* NULL: not yet */
		size_t len;
	} is[WORDS];
	unsigned steps;
};

static bool matches(struct match *m, const char *pattern, const char *path);

static bool
is_ext(const char *p, size_t len)
{
	size_t i;

	for (i = 0; gv_param_exts[i]; i++)
		if (strlen(gv_param_exts[i]) == len &&
		    memcmp(gv_param_exts[i], p, len) == 0)
			return true;
	return false;
}

static enum word
word_of(const char *name, size_t len)
{
	int i;

	for (i = 0; i < WORDS; i++)
		if (strlen(words[i]) == len && memcmp(words[i], name, len) == 0)
			break;
	return (enum word)i;
}

/* A word takes as much of a step of the path as lets the rest fit. */
static bool
takes(struct match *m, enum word w, const char *rest, const char *path)
{
	const size_t most = strcspn(path, "/");
	size_t len;

	if (m->is[w].p)
		return strncmp(path, m->is[w].p, m->is[w].len) == 0 &&
		    matches(m, rest, path + m->is[w].len);
	m->is[w].p = path;
	for (len = most; len > 0; len--) {
		m->is[w].len = len;
		if (*path != '.' && (w != EXT || is_ext(path, len)) &&
		    matches(m, rest, path + len))
			return true;
	}
	m->is[w].p = NULL;
	return false;
}

static bool
matches(struct match *m, const char *pattern, const char *path)
{
	const char *end;
	enum word w;

	for (;; pattern++, path++) {
		if (*pattern == '\0' || *pattern == '|')
			return *path == '\0';
		if (*pattern == '{' || ++m->steps > STEPS_MAX)
			break;
		if (*pattern != *path)
			return false;
	}
	if (m->steps > STEPS_MAX || (end = strchr(pattern, '}')) == NULL)
		return false;
	w = word_of(pattern + 1, (size_t)(end - pattern - 1));
	if (w == DIR)
		return strncmp(path, m->dir, strlen(m->dir)) == 0 &&
		    matches(m, end + 1, path + strlen(m->dir));
	return w != WORDS && takes(m, w, end + 1, path);
}

/* ---- names --------------------------------------------------------------- */

int
gv_param_target_add(struct gv_param_targets *out, enum gv_param_target of,
    const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < out->n[of]; i++)
		if (strlen(out->names[of][i]) == len &&
		    memcmp(out->names[of][i], name, len) == 0)
			return 0;
	if (GV_GROW(out->names[of], out->n[of], out->cap[of]) < 0)
		return gv_err_nomem();
	out->names[of][out->n[of]] = gv_arena_copy(&out->arena, name, len);
	return out->names[of][out->n[of]++] ? 0 : GV_ENOMEM;
}

bool
gv_param_target_has(const struct gv_param_targets *out, enum gv_param_target of,
    const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < out->n[of]; i++)
		if (strlen(out->names[of][i]) == len &&
		    memcmp(out->names[of][i], name, len) == 0)
			return true;
	return false;
}

static bool
has_word(const struct gv_param_search *s, const char *word)
{
	size_t i;

	for (i = 0; s->p->layout->layers[i]; i++)
		if (strstr(s->p->layout->layers[i], word))
			return true;
	return false;
}

bool
gv_param_target_is_other(
    const struct gv_param_search *s, const char *name, size_t len)
{
	static const char *const clouds[] = { "aws", "azure", "gcp" };
	const struct gv_policy_envs *envs = &s->p->pool->policy.envs;
	const bool has_tier = has_word(s, "{tier}");
	const bool has_region = has_word(s, "{region}");
	const struct gv_policy_texts *regions;
	size_t i, k;

	for (i = 0; s->set == NULL && i < 3; i++)
		if (strlen(clouds[i]) == len &&
		    memcmp(clouds[i], name, len) == 0)
			return true;

	for (i = 0; i < envs->n; i++) {
		const struct gv_policy_env *e = &envs->items[i];

		if (has_tier && e->tier && strlen(e->tier) == len &&
		    memcmp(e->tier, name, len) == 0)
			return true;
		regions = &e->lists[GV_POLICY_ENV_REGION];
		for (k = 0; has_region && k < regions->n; k++)
			if (strlen(regions->items[k]) == len &&
			    memcmp(regions->items[k], name, len) == 0)
				return true;
	}
	return gv_param_target_has(s->out, GV_PARAM_PROVIDERS, name, len) ||
	    (s->set && s->set->services.n &&
		gv_param_target_has(s->out, GV_PARAM_SERVICES, name, len));
}

/* How much of a path the words stand for. */
static size_t
count_words(const struct match *m)
{
	size_t n = 0;
	int i;

	for (i = 0; i < EXT; i++)
		n += m->is[i].p ? m->is[i].len : 0;
	return n;
}

/* The one with more of its own letters is meant, then one with {env}. */
static bool
is_better(const struct match *a, const struct match *than)
{
	const size_t mine = count_words(a), its = count_words(than);

	return mine < its ||
	    (mine == its && a->is[ENV].p && than->is[ENV].p == NULL);
}

/* Whether the name that {env} has may as well be one of {service}. */
static bool
is_either(const struct gv_param_search *s, const struct match *env,
    const struct match *service)
{
	return (s->set == NULL || s->set->services.n == 0) &&
	    service->is[SERVICE].p && env->is[SERVICE].p == NULL &&
	    service->is[SERVICE].len == env->is[ENV].len &&
	    service->is[SERVICE].p == env->is[ENV].p;
}

static bool
has_name(const struct match *m)
{
	return m->is[ENV].p || m->is[SERVICE].p || m->is[PROVIDER].p ||
	    m->is[REGION].p || m->is[HOST].p || m->is[TIER].p;
}

/* What a path says. A pattern without names keeps its paths: config/base.yaml
 * is no environment "base". */
static int
learn(struct gv_param_search *s, const char *path)
{
	const char *const *layers = s->p->layout->layers;
	struct match found = { .dir = s->dir }, service = found, m;
	bool is_found = false;
	const char *at;
	size_t i;
	int r;

	for (i = 0; layers[i]; i++)
		for (at = layers[i]; at; at = strchr(at, '|')) {
			at += *at == '|';
			m = (struct match){ .dir = s->dir };
			if (!matches(&m, at, path))
				continue;
			if (!has_name(&m))
				return 0;
			if (m.is[SERVICE].p && !m.is[ENV].p)
				service = m;
			if (!is_found || is_better(&m, &found))
				found = m;
			is_found = true;
		}
	if (!is_found)
		return 0;
	if (found.is[ENV].p &&
	    !gv_param_target_is_other(s, found.is[ENV].p, found.is[ENV].len) &&
	    (r = gv_param_target_add(
		 is_either(s, &found, &service) ? &s->either : s->out,
		 GV_PARAM_ENVS, found.is[ENV].p, found.is[ENV].len)) < 0)
		return r;
	/* where layers are guessed, a service may be anything */
	if (s->set && s->set->services.n == 0 && found.is[SERVICE].p)
		return gv_param_target_add(s->out, GV_PARAM_SERVICES,
		    found.is[SERVICE].p, found.is[SERVICE].len);
	return 0;
}

/* Whether a name is known for one of an environment. */
static bool
is_env_name(const struct gv_param_search *s, const char *name)
{
	return gv_policy_env(&s->p->pool->policy, name) ||
	    gv_environment_is_word(name, strlen(name));
}

/* config/prod.yaml and config/orders.yaml: where some names are known for
 * environments, the others are services. */
static int
settle_either(struct gv_param_search *s)
{
	const struct gv_param_targets *t = &s->either;
	bool has_known = s->p->pool->policy.envs.n > 0;
	size_t i;
	int r = 0;

	for (i = 0; i < t->n[GV_PARAM_ENVS]; i++)
		has_known =
		    has_known || is_env_name(s, t->names[GV_PARAM_ENVS][i]);
	for (i = 0; r == 0 && i < t->n[GV_PARAM_ENVS]; i++) {
		const char *name = t->names[GV_PARAM_ENVS][i];

		if (!has_known || is_env_name(s, name))
			r = gv_param_target_add(
			    s->out, GV_PARAM_ENVS, name, strlen(name));
		else if (s->set &&
		    !gv_param_target_has(
			s->out, GV_PARAM_ENVS, name, strlen(name)))
			r = gv_param_target_add(
			    s->out, GV_PARAM_SERVICES, name, strlen(name));
	}
	return r;
}

int
gv_param_target_learn(void *ctx, const char *path)
{
	return learn(ctx, path);
}

struct visit {
	int (*fn)(void *ctx, const char *path);
	void *ctx;
};

static int
visit_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	const struct visit *v = ctx;

	(void)len;
	return S_ISREG(e->mode) ? v->fn(v->ctx, path) : 0;
}

int
gv_param_each_path(struct gv_param_pool *pool,
    int (*fn)(void *ctx, const char *path), void *ctx)
{
	struct visit v = { fn, ctx };
	struct gv_odb *odb;
	size_t i;
	int r;

	if (pool->tree) {
		r = gv_repo_odb(pool->repo, &odb);
		return r < 0 ? r
			     : gv_tree_walk(odb, pool->tree, visit_entry, &v);
	}
	if (pool->index == NULL &&
	    (r = gv_index_open(&pool->index, pool->repo)) < 0)
		return r;
	for (i = 0; i < pool->index->n; i++)
		if (S_ISREG(pool->index->entries[i].mode) &&
		    (r = fn(ctx, pool->index->entries[i].path)) != 0)
			return r;
	return 0;
}

bool
gv_param_matches(struct gv_param_words *out, const char *pattern,
    const char *dir, const char *path)
{
	struct match m = { .dir = dir };
	const enum word of[] = { ENV, SERVICE, PROVIDER, REGION, EXT };
	size_t i;

	if (!matches(&m, pattern + (*pattern == '?'), path))
		return false;
	for (i = 0; i < GV_PARAM_WORDS; i++) {
		out->words[i] = m.is[of[i]].p;
		out->lens[i] = m.is[of[i]].len;
	}
	out->has_name = has_name(&m);
	return true;
}

bool
gv_param_has_pattern(const struct gv_param_layout *layout, const char *dir,
    const char *path, bool (*fits)(const struct gv_param_words *words))
{
	struct gv_param_words w;
	const char *at;
	size_t i;

	for (i = 0; layout->layers[i]; i++)
		for (at = layout->layers[i]; at; at = strchr(at, '|')) {
			at += *at == '|';
			if (gv_param_matches(&w, at, dir, path) && fits(&w))
				return true;
		}
	return false;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- the whole ----------------------------------------------------------- */

static int
add_all(struct gv_param_targets *out, enum gv_param_target of,
    const struct gv_policy_texts *texts)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < texts->n; i++)
		r = gv_param_target_add(
		    out, of, texts->items[i], strlen(texts->items[i]));
	return r;
}

static const struct gv_policy_config *
of_services(const struct gv_policy *policy)
{
	size_t i;

	for (i = 0; i < policy->configs.n; i++)
		if (policy->configs.items[i].services.n)
			return &policy->configs.items[i];
	return NULL;
}

static int
find_layout(struct gv_param_search *s, struct gv_param_private *p)
{
	const struct gv_policy *policy = &p->pool->policy;
	const char *name = p->query.layout;
	int r;

	s->dir = "";
	if (name) {
		s->set = gv_policy_config(&policy->configs, name);
		if (s->set == NULL)
			s->set = gv_policy_config(&policy->configs_also, name);
	}
	if (s->set == NULL) {
		r = gv_param_find_layout(p, &s->set, &s->dir);
		/* all layers of the set may be of services, which it names */
		s->set = r == GV_ENOTFOUND && name == NULL ? of_services(policy)
							   : s->set;
		if (r == 0 || s->set == NULL || s->set->services.n == 0)
			return r;
	}
	p->layout = &p->of_set;
	return gv_param_use_set(p, s->set);
}

/* Those of the layers that have no service in front of them. */
static int
learn_all(struct gv_param_search *s)
{
	struct gv_param_private *p = (struct gv_param_private *)(uintptr_t)s->p;
	int r = find_layout(s, p);

	if (r == 0)
		r = gv_param_target_patterns(p);
	if (r == 0 && s->set &&
	    ((r = add_all(s->out, GV_PARAM_PROVIDERS, &s->set->providers)) <
		    0 ||
		(r = add_all(s->out, GV_PARAM_SERVICES, &s->set->services)) <
		    0))
		return r;
	if (r == 0)
		r = p->store
		    ? gv_param_store_each(p->store, gv_param_target_learn, s)
		    : gv_param_each_path(p->pool, gv_param_target_learn, s);
	return r < 0 ? r : settle_either(s);
}

static void
sort_all(struct gv_param_targets *out)
{
	size_t i;

	for (i = 0; i < GV_PARAM_TARGETS; i++)
		if (out->n[i] > 1)
			qsort(out->names[i], out->n[i], sizeof(*out->names[i]),
			    compare);
}

int
gv_param_targets(struct gv_param_targets *out, struct gv_param_pool *pool,
    const char *layout)
{
	struct gv_param_private p = { .pool = pool, .query.layout = layout };
	struct gv_param_search s = { .out = out, .p = &p };
	const struct gv_policy_envs *envs = &pool->policy.envs;
	size_t i;
	int r = 0, found;

	for (i = 0; r == 0 && i < envs->n; i++)
		r = gv_param_target_add(out, GV_PARAM_ENVS, envs->items[i].name,
		    strlen(envs->items[i].name));
	if (r == 0)
		r = learn_all(&s);
	if (s.set == NULL && (r == 0 || r == GV_ENOTFOUND) &&
	    gv_param_may_guess(pool, layout)) {
		out->are_guessed = true;
		found = gv_param_guess(out, pool, layout);
		/* a folder for each service, and nothing at the top */
		if (found < 0 || out->n[GV_PARAM_SERVICES])
			r = found;
	}
	if (r == 0)
		sort_all(out);
	gv_param_targets_release(&s.either);
	gv_layer_hiera_release(&p.hiera);
	gv_arena_release(&p.arena);
	return r;
}

void
gv_param_targets_release(struct gv_param_targets *targets)
{
	int i;

	for (i = 0; i < GV_PARAM_TARGETS; i++)
		free(targets->names[i]);
	gv_arena_release(&targets->arena);
	*targets = (struct gv_param_targets){ .n = { 0 } };
}
