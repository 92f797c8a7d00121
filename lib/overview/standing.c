#include "overview/standing.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "code/stack_choice.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record_load.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "state/track.h"
#include "vault/scope.h"
#include "view/whereabouts.h"

const char *const gv_standing_kinds[GV_STANDING_KINDS] = {
	[GV_STANDING_STACK] = "stack",
	[GV_STANDING_CHART] = "chart",
	[GV_STANDING_SERVICE] = "service",
	[GV_STANDING_STATE] = "state",
};

/* ---- components ---------------------------------------------------------- */

static bool
ends_with(const char *name, size_t len, const char *end)
{
	const size_t n = strlen(end);

	return len > n && memcmp(name + len - n, end, n) == 0;
}

static bool
begins_with(const char *name, size_t len, const char *begin)
{
	const size_t n = strlen(begin);

	return len >= n && memcmp(name, begin, n) == 0;
}

/* What a directory with a file of that name is; GV_STANDING_KINDS: nothing. */
static enum gv_standing_kind
kind_of(const char *name, size_t len)
{
	if (ends_with(name, len, ".tf") || ends_with(name, len, ".tf.json") ||
	    ends_with(name, len, ".tfstate") ||
	    begins_with(name, len, "terragrunt.hcl") ||
	    begins_with(name, len, "Pulumi."))
		return GV_STANDING_STACK;
	if (begins_with(name, len, "Chart.yaml"))
		return GV_STANDING_CHART;
	if (begins_with(name, len, "kustomization.y") ||
	    begins_with(name, len, "docker-compose") ||
	    begins_with(name, len, "compose.y"))
		return GV_STANDING_SERVICE;
	return GV_STANDING_KINDS;
}

static size_t
folder_len(const struct gv_envtree_path *path)
{
	size_t len = path->len;

	while (len > 0 && path->p[len - 1] != '/')
		len--;
	return len;
}

/* The keys of these maps point into paths; values are numbers in the arena. */
static int
note(struct gv_map *map, struct gv_standing *s, const char *key, size_t len,
    size_t number)
{
	size_t *value = gv_arena_alloc(&s->arena, sizeof(*value));

	if (value == NULL)
		return GV_ENOMEM;
	*value = number;
	return gv_map_put(map, key, len, value);
}

/* A chart outweighs a service next to it, a stack both. */
static int
find_kind(void *ctx, const struct gv_envtree_path *path,
    const struct gv_envtree_verdict *v)
{
	struct gv_standing *s = ctx;
	const size_t at = folder_len(path);
	const enum gv_standing_kind kind =
	    kind_of(path->p + at, path->len - at);
	size_t *known;

	(void)v;
	if (kind == GV_STANDING_KINDS)
		return 0;
	known = gv_map_get(&s->kinds, path->p, at);
	if (known == NULL)
		return note(&s->kinds, s, path->p, at, kind);
	if (kind < *known)
		*known = kind;
	return 0;
}

/* The component of an environment in a directory, by "ENV NUL PATH"; made where
 * it is not there. */
static int
get_component(struct gv_standing_component **out, struct gv_standing *s,
    const char *env, const char *path, size_t len)
{
	struct gv_buf key = GV_BUF_INIT;
	const size_t *kind = gv_map_get(&s->kinds, path, len), *at;
	const size_t n = len && path[len - 1] == '/' ? len - 1 : len;
	struct gv_standing_component *c;
	const char *copy, *dir;
	int r;

	*out = NULL;
	if (kind == NULL)
		return 0;
	gv_buf_addstr(&key, env);
	gv_buf_addch(&key, '\0');
	gv_buf_add(&key, path, n);
	if ((r = gv_buf_check(&key)) < 0)
		goto out;
	at = gv_map_get(&s->places, key.p, key.len);
	if (at) {
		*out = &s->components[*at];
		goto out;
	}
	r = GV_ENOMEM;
	copy = gv_arena_copy(&s->arena, key.p, key.len);
	dir = gv_arena_copy(&s->arena, path, n);
	if (copy == NULL || dir == NULL ||
	    GV_GROW(s->components, s->n, s->cap) < 0 ||
	    note(&s->places, s, copy, key.len, s->n) < 0)
		goto out;
	c = &s->components[s->n++];
	*c = (struct gv_standing_component){
		.env = env, .kind = (enum gv_standing_kind) * kind, .path = dir
	};
	*out = c;
	r = 0;
out:
	gv_buf_release(&key);
	return r;
}

static int
add_file(void *ctx, const struct gv_envtree_path *path,
    const struct gv_envtree_verdict *v)
{
	struct gv_standing *s = ctx;
	struct gv_standing_component *c;
	int r;

	if (v->env == NULL)
		return 0;
	r = get_component(&c, s, v->env->name, path->p, folder_len(path));
	if (r == 0 && c)
		c->files++;
	return r;
}

/* ---- environments -------------------------------------------------------- */

static struct gv_standing_env *
find_env(const struct gv_standing *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n_envs; i++)
		if (strcmp(s->envs[i].name, name) == 0)
			return &s->envs[i];
	return NULL;
}

static int
add_env(
    struct gv_standing *s, const char *name, const struct gv_envtree_env *env)
{
	if (GV_GROW(s->envs, s->n_envs, s->cap_envs) < 0)
		return gv_err_nomem();
	s->envs[s->n_envs++] =
	    (struct gv_standing_env){ .env = env, .name = name, .opens = -1 };
	return 0;
}

static int
add_envs(struct gv_standing *s)
{
	const struct gv_envtree_env *const *list;
	size_t n, i;
	int r = 0;

	list = gv_envtree_list(s->map->tree, &n);
	for (i = 0; r == 0 && i < n; i++)
		r = add_env(s, list[i]->name, list[i]);
	return r;
}

static int
add_left(struct gv_standing *s)
{
	struct gv_envtree_verdict v;
	struct gv_standing_component *c;
	struct gv_standing_env *env;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->map->n_left; i++) {
		const struct gv_envtree_path *path = &s->map->left[i];

		r = gv_envtree_of(&v, s->map->tree, path->p, path->len);
		if (r < 0 || v.env == NULL ||
		    (env = find_env(s, v.env->name)) == NULL)
			continue;
		env->left++;
		r = get_component(&c, s, env->name, path->p, folder_len(path));
		if (r == 0 && c)
			c->left++;
	}
	return r;
}

static int
find_openable(struct gv_standing *s, struct gv_safe *safe)
{
	bool opens;
	size_t i;
	int r = 0;

	if (safe == NULL || gv_safe_keyring(safe) == NULL)
		return 0;
	for (i = 0; r == 0 && i < s->n_envs; i++) {
		r = gv_safe_may_read(&opens, safe, s->envs[i].name);
		s->envs[i].opens = r == 0 ? opens : -1;
	}
	return r;
}

/* ---- states -------------------------------------------------------------- */

/* The names that snapshots give the states of the components, by "ENV/STACK".
 */
static int
name_states(struct gv_standing *s)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_stack_name name;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->n; i++) {
		const struct gv_standing_component *c = &s->components[i];
		char *key;

		if (c->kind != GV_STANDING_STACK)
			continue;
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s%sterraform.tfstate", c->path,
		    *c->path ? "/" : "");
		if ((r = gv_buf_check(&path)) < 0)
			break;
		memset(&name, 0, sizeof(name));
		if (gv_stack_name_of_file(&name,
			gv_scope_of(&s->map->policy, path.p), path.p) < 0)
			continue;
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/%s", c->env, name.stack);
		if ((r = gv_buf_check(&path)) < 0)
			break;
		key = gv_arena_copy(&s->arena, path.p, path.len);
		r = key ? note(&s->states, s, key, path.len, i) : GV_ENOMEM;
	}
	gv_buf_release(&path);
	return r;
}

static int
get_state(struct gv_standing_component **out, struct gv_standing *s,
    const char *env, const char *stack)
{
	struct gv_buf key = GV_BUF_INIT;
	const size_t *at = NULL;
	const char *name, *copy;
	int r;

	gv_buf_addf(&key, "%s/%s", env, stack);
	if ((r = gv_buf_check(&key)) == 0)
		at = gv_map_get(&s->states, key.p, key.len);
	gv_buf_release(&key);
	if (r < 0)
		return r;
	copy = gv_arena_copy(&s->arena, stack, strlen(stack));
	if (copy == NULL)
		return GV_ENOMEM;
	if (at) {
		*out = &s->components[*at];
		(*out)->stack = copy;
		return 0;
	}
	name = gv_arena_copy(&s->arena, env, strlen(env));
	if (name == NULL || GV_GROW(s->components, s->n, s->cap) < 0)
		return gv_err_nomem();
	*out = &s->components[s->n++];
	**out = (struct gv_standing_component){
		.env = name, .kind = GV_STANDING_STATE, .stack = copy
	};
	return find_env(s, env) ? 0 : add_env(s, name, NULL);
}

static int
add_state(void *ctx, const struct gv_track_version *v)
{
	struct gv_standing_component *c = NULL;
	int r = get_state(&c, ctx, v->env, v->stack);

	if (r < 0)
		return r;
	c->has_serial = v->has_serial;
	c->serial = v->serial;
	c->state_time = v->time;
	c->is_damaged = v->damage != NULL;
	return 0;
}

/* One that cannot be read is for `state verify`. */
static int
pass_over(void *ctx, const char *ref)
{
	(void)ctx;
	(void)ref;
	return 0;
}

static int
find_locks(struct gv_standing *s, struct gv_repo *repo)
{
	struct gv_refs refs = { 0 };
	size_t i, k;
	int r = gv_ref_list(&refs, repo, GV_REFS_LOCKS);

	for (i = 0; r == 0 && i < refs.n; i++) {
		const char *name = refs.refs[i].name + strlen(GV_REFS_LOCKS);
		const char *slash = strchr(name, '/');

		for (k = 0; slash && k < s->n; k++) {
			struct gv_standing_component *c = &s->components[k];
			const size_t len = (size_t)(slash - name);

			c->is_locked |= c->stack && strlen(c->env) == len &&
			    memcmp(c->env, name, len) == 0 &&
			    strcmp(c->stack, slash + 1) == 0;
		}
	}
	gv_refs_release(&refs);
	return r;
}

/* ---- the snapshot -------------------------------------------------------- */

static bool
is_whole(const struct gv_record *rec)
{
	return rec->only == NULL && rec->unread == 0 &&
	    (rec->trigger == NULL ||
		strcmp(rec->trigger, GV_RECORD_SAFETY) != 0);
}

static int
find_snapshot(struct gv_standing *s, struct gv_repo *repo)
{
	struct gv_buf damaged = GV_BUF_INIT;
	struct gv_records all = { 0 };
	size_t i;
	int r = gv_records_load(&all, repo, &damaged);

	s->is_newest = true;
	for (i = 0; r == 0 && i < all.n; i++) {
		if (!is_whole(&all.records[i])) {
			s->is_newest &= all.records[i].unread == 0;
			continue;
		}
		r = gv_record_load(&s->last, repo, &all.records[i].commit);
		break;
	}
	gv_records_release(&all);
	gv_buf_release(&damaged);
	return r;
}

/* One that is damaged is for `state verify`; of it nothing is said. */
static int
find_whole(struct gv_standing *s, struct gv_repo *repo)
{
	char *before;
	int r = 0;

	if (*s->last.id == '\0')
		return 0;
	before = gv_err_save();
	r = gv_whole_load(&s->whole, repo, &s->last);
	return gv_err_settle(
	    r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r, before);
}

/* Note a snapshot for each environment that was whole in it and has none yet.
 * How many environments still have none. */
static int
note_settled(size_t *n, struct gv_standing *s, const struct gv_whole *whole,
    const char *id)
{
	size_t i;

	for (*n = 0, i = 0; i < s->n_envs; i++) {
		struct gv_standing_env *env = &s->envs[i];

		if (env->settled)
			continue;
		if (!gv_whole_has(whole, env->name))
			(*n)++;
		else if ((env->settled = gv_arena_copy(
			      &s->arena, id, strlen(id))) == NULL)
			return gv_err_nomem();
	}
	return 0;
}

static int
look_at_record(size_t *n, struct gv_standing *s, struct gv_repo *repo,
    const struct gv_oid *commit)
{
	struct gv_record rec = { .text = NULL };
	struct gv_whole whole = GV_WHOLE_INIT;
	char *before = gv_err_save();
	int r;

	if ((r = gv_record_load(&rec, repo, commit)) == 0 &&
	    (r = gv_whole_load(&whole, repo, &rec)) == 0)
		r = note_settled(n, s, &whole, rec.id);
	gv_whole_release(&whole);
	gv_record_release(&rec);
	return gv_err_settle(
	    r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r, before);
}

/* Older snapshots are looked at for environments alone that were not whole in
 * the last one. */
static int
find_settled(struct gv_standing *s, struct gv_repo *repo)
{
	struct gv_buf damaged = GV_BUF_INIT;
	struct gv_records all = { 0 };
	size_t i, left = 0, tried = 0;
	int r;

	if (*s->last.id == '\0' ||
	    (r = note_settled(&left, s, &s->whole, s->last.id)) < 0 ||
	    left == 0)
		return *s->last.id ? r : 0;
	r = gv_records_load(&all, repo, &damaged);
	for (i = 0; r == 0 && left && tried < GV_STANDING_MOST && i < all.n;
	     i++)
		if (is_whole(&all.records[i])) {
			tried++;
			r = look_at_record(
			    &left, s, repo, &all.records[i].commit);
		}
	gv_records_release(&all);
	gv_buf_release(&damaged);
	return r;
}

static int
find_held(struct gv_standing *s, struct gv_repo *repo)
{
	struct gv_odb *odb;
	struct gv_oid found;
	unsigned mode;
	size_t i;
	int r;

	if (*s->last.id == '\0')
		return 0;
	if ((r = gv_repo_odb(repo, &odb)) < 0)
		return r;
	for (i = 0; i < s->n; i++) {
		struct gv_standing_component *c = &s->components[i];

		if (c->path == NULL)
			continue;
		r = gv_tree_find(odb, &s->last.tree, c->path, &mode, &found);
		if (r < 0 && r != GV_ENOTFOUND)
			return r;
		c->is_held = r == 0;
	}
	return 0;
}

static int
count_copies(struct gv_standing *s, struct gv_repo *repo)
{
	struct gv_whereabouts where;
	size_t i;
	int r = gv_whereabouts_load(&where, repo, 0);

	for (i = 0; r == 0 && i < where.n; i++) {
		if (!where.remotes[i].is_vault)
			continue;
		s->remotes++;
		s->copies += *s->last.id &&
		    gv_whereabouts_has(
			&where.remotes[i], s->last.id, &s->last.commit);
	}
	gv_whereabouts_release(&where);
	return r;
}

/* ---- the whole ----------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const struct gv_standing_component *x = a, *y = b;
	int r = (x->order > y->order) - (x->order < y->order);

	if (r == 0)
		r = (x->path == NULL) - (y->path == NULL);
	if (r == 0)
		r = strcmp(
		    x->path ? x->path : x->stack, y->path ? y->path : y->stack);
	return r;
}

int
gv_standing_get(
    struct gv_standing *out, struct gv_repo *repo, struct gv_safe *safe)
{
	struct gv_standing_env *env;
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = gv_envmap_load(&out->map, repo)) < 0 ||
	    (r = add_envs(out)) < 0 ||
	    (r = gv_envtree_each(out->map->tree, find_kind, out)) < 0 ||
	    (r = gv_envtree_each(out->map->tree, add_file, out)) < 0 ||
	    (r = add_left(out)) < 0 || (r = name_states(out)) < 0 ||
	    (r = gv_track_each(repo, add_state, pass_over, out)) < 0 ||
	    (r = find_locks(out, repo)) < 0 ||
	    (r = find_snapshot(out, repo)) < 0 ||
	    (r = find_whole(out, repo)) < 0 ||
	    (r = find_settled(out, repo)) < 0 ||
	    (r = find_held(out, repo)) < 0 ||
	    (r = count_copies(out, repo)) < 0 ||
	    (r = find_openable(out, safe)) < 0)
		return r;
	for (i = 0; i < out->n; i++) {
		if ((env = find_env(out, out->components[i].env)) == NULL)
			continue;
		env->components++;
		out->components[i].order = (size_t)(env - out->envs);
	}
	if (out->n)
		qsort(
		    out->components, out->n, sizeof(*out->components), compare);
	return 0;
}

void
gv_standing_release(struct gv_standing *standing)
{
	gv_envmap_free(standing->map);
	gv_record_release(&standing->last);
	gv_whole_release(&standing->whole);
	gv_map_release(&standing->kinds);
	gv_map_release(&standing->places);
	gv_map_release(&standing->states);
	gv_arena_release(&standing->arena);
	free(standing->envs);
	free(standing->components);
	memset(standing, 0, sizeof(*standing));
}

/* ---- what the policy wants ----------------------------------------------- */

int
gv_standing_is_late(
    const struct gv_standing *standing, const char *env, int64_t now)
{
	const struct gv_policy_env *of =
	    gv_policy_env(&standing->map->policy, env);
	int64_t most = 0, every, rpo;

	if (of) {
		every = of->times[GV_POLICY_ENV_EVERY];
		rpo = of->times[GV_POLICY_ENV_RPO];
		most = every && (rpo == 0 || every < rpo) ? every : rpo;
	}
	if (most == 0)
		return -1;
	return *standing->last.id == '\0' || now - standing->last.time > most;
}

int
gv_standing_is_short(const struct gv_standing *standing, const char *env)
{
	const unsigned wanted =
	    gv_policy_remotes_for(&standing->map->policy, env);

	return wanted ? standing->copies < wanted : -1;
}
