#include "access/access_step.h"

#include <stdlib.h>
#include <string.h>

#include "access/access_keys.h"
#include "access/access_template.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/glob.h"
#include "base/vec.h"
#include "env/envmap.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "param/param_gives.h"
#include "policy/team.h"
#include "repo/hash.h"
#include "sys/cancel.h"
#include "vault/ledger.h"

struct step {
	struct gv_access_changes *out;
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_policy *policy;
	struct gv_envmap *old, *now; /* NULL: no rule is of an environment */
	const struct gv_buf *text;   /* of the one file; NULL: as Git has it */
	const struct gv_buf *was;    /* the same before */
	bool is_supposed;            /* nothing is read of it */
	const struct gv_oid *trees[2];
	struct gv_access_uses uses; /* once they are asked for */
	bool has_uses;
};

/* ---- files --------------------------------------------------------------- */

static struct gv_access_change *
add(struct step *s, const char *path, size_t len)
{
	struct gv_access_change *c;
	char *copy = gv_arena_copy(&s->out->arena, path, len);

	if (copy == NULL || GV_GROW(s->out->items, s->out->n, s->out->cap) < 0)
		return NULL;
	c = &s->out->items[s->out->n++];
	*c = (struct gv_access_change){ .path = copy, .len = len };
	return c;
}

static int
take(void *ctx, const char *path, size_t len, const struct gv_tree_entry *a,
    const struct gv_tree_entry *b)
{
	struct step *s = ctx;
	struct gv_access_change *c = add(s, path, len);

	if (c == NULL)
		return gv_err_nomem();
	if (a) {
		c->old_mode = a->mode;
		c->old = a->oid;
	}
	if (b) {
		c->new_mode = b->mode;
		c->new = b->oid;
	}
	return gv_cancel_requested() ? gv_cancel_error() : 0;
}

/* ---- environments -------------------------------------------------------- */

/* Whether a file gives values to an environment as a layer. One of another
 * environment gives none, and one of no environment to all. */
static bool
is_layer_of(const struct gv_policy *policy, const char *env,
    const struct gv_access_change *c)
{
	const enum gv_param_gives gives =
	    gv_param_gives(policy, env, c->path, c->len);

	return gives == GV_PARAM_GIVES_ENV ||
	    (gives == GV_PARAM_GIVES_ALL && !c->is_elsewhere);
}

/* FILE#KEY */
static bool
is_keyed(const struct gv_policy *policy, const char *env,
    const struct gv_access_change *c)
{
	const struct gv_policy_env *said = gv_policy_env(policy, env);
	size_t i, n;

	for (i = 0; said && i < said->lists[GV_POLICY_ENV_KEYS].n; i++) {
		const char *item = said->lists[GV_POLICY_ENV_KEYS].items[i];

		n = strcspn(item, "#");
		if (gv_glob_match(item, n, c->path, c->len,
			GV_GLOB_PATHNAME | GV_GLOB_ICASE))
			return true;
	}
	return false;
}

/* The environments of a file by its path, before and after; NULL: none. */
static int
find_homes(const char *homes[2], const struct step *s,
    const struct gv_access_change *c)
{
	struct gv_envmap *maps[] = { c->old_mode ? s->old : NULL,
		c->new_mode ? s->now : NULL };
	struct gv_envtree_verdict v;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < 2; i++) {
		homes[i] = NULL;
		if (maps[i] == NULL)
			continue;
		r = gv_envtree_of(&v, maps[i]->tree, c->path, c->len);
		homes[i] = r == 0 && v.env ? v.env->name : NULL;
	}
	return r;
}

static bool
is_of_env(const struct step *s, const char *env,
    const struct gv_access_change *c, const char *const homes[2])
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (homes[i] && strcmp(homes[i], env) == 0)
			return true;
	return is_keyed(s->policy, env, c) || is_layer_of(s->policy, env, c);
}

static int
find_envs(struct step *s, struct gv_access_change *c)
{
	const struct gv_policy_access *access = &s->policy->access;
	const char **envs = gv_arena_alloc(
	    &s->out->arena, (access->n_rules + 1) * sizeof(*envs));
	const char *homes[2] = { NULL, NULL };
	size_t i, k;
	int r;

	if (envs == NULL)
		return gv_err_nomem();
	if ((r = find_homes(homes, s, c)) < 0)
		return r;
	/* what the policy says of an environment is not its configuration */
	c->is_elsewhere =
	    homes[0] || homes[1] || strcmp(c->path, GV_TEAM_POLICY) == 0;
	/* nor may a file that is not there be said to have keys of one */
	if (s->is_supposed && c->old_mode == 0)
		c->is_elsewhere = true;
	c->envs = envs;
	for (i = 0; i < access->n_rules; i++) {
		const char *env = access->rules[i].env;

		for (k = 0; env && k < c->n_envs; k++)
			if (strcmp(envs[k], env) == 0)
				env = NULL;
		if (env && is_of_env(s, env, c, homes))
			envs[c->n_envs++] = env;
	}
	return 0;
}

/* ---- keys ---------------------------------------------------------------- */

static bool
is_file(unsigned mode)
{
	return mode == GV_MODE_FILE || mode == GV_MODE_EXEC;
}

/* 0; 1 where it is too large to be read. */
static int
read_blob(struct gv_object *out, struct gv_access_text *text, struct step *s,
    unsigned mode, const struct gv_oid *oid)
{
	uint64_t size;
	int r;

	text->p = NULL;
	text->len = 0;
	if (mode == 0)
		return 0;
	if ((r = gv_odb_read_size(s->odb, &size, oid)) < 0)
		return r;
	if (size > GV_ACCESS_KEYS_MOST)
		return 1;
	if ((r = gv_odb_read_type(s->odb, out, oid, GV_OTYPE_BLOB)) < 0)
		return r;
	text->p = out->len ? (const char *)out->data : "";
	text->len = out->len;
	return 0;
}

static int
find_keys(struct step *s, struct gv_access_change *c)
{
	struct gv_object a = { 0 }, b = { 0 };
	struct gv_access_text old, now;
	int r;

	c->reads = GV_ACCESS_UNREAD;
	/* a link, a submodule, and what becomes executable or stops being so */
	if ((c->old_mode && !is_file(c->old_mode)) ||
	    (c->new_mode && !is_file(c->new_mode)) ||
	    (c->old_mode && c->new_mode && c->old_mode != c->new_mode))
		return 0;
	if (s->was) {
		old.p = s->was->p;
		old.len = s->was->len;
	} else if ((r = read_blob(&a, &old, s, c->old_mode, &c->old)) != 0) {
		goto out;
	}
	if (s->text) {
		now.p = s->text->p ? s->text->p : "";
		now.len = s->text->len;
	} else if ((r = read_blob(&b, &now, s, c->new_mode, &c->new)) != 0) {
		goto out;
	}
	r = gv_access_keys_find(c, &s->out->arena, s->out->key, &old, &now);
	/* keys are copies; only they outlive the texts */
out:
	gv_object_release(&a);
	gv_object_release(&b);
	return r < 0 ? r : 0;
}

static bool
wants_keys(const struct gv_policy *policy, const struct gv_access_change *c)
{
	const struct gv_policy_access *access = &policy->access;
	size_t i;

	for (i = 0; i < access->n_rules; i++)
		if ((access->rules[i].keys.n || access->rules[i].env) &&
		    gv_access_is_path_of(&access->rules[i], c))
			return true;
	return false;
}

/* ---- keys that are made of them ------------------------------------------ */

static int
load_uses(struct step *s)
{
	size_t i;
	int r = 0;

	s->uses = (struct gv_access_uses)GV_ACCESS_USES_INIT;
	s->has_uses = true;
	for (i = 0; r == 0 && i < 2; i++)
		if (i == 0 || !gv_oid_equal(s->trees[0], s->trees[1]))
			r = gv_access_template_load(
			    &s->uses, s->odb, s->trees[i], s->policy);
	return r;
}

static int
find_made(struct step *s, struct gv_access_change *c)
{
	int r;

	if (c->reads != GV_ACCESS_KEYS || c->n_keys == 0 ||
	    !gv_access_is_template(s->policy, c->path, c->len))
		return 0;
	if (!s->has_uses && (r = load_uses(s)) < 0)
		return r;
	return gv_access_made_find(c, &s->out->arena, &s->uses);
}

/* ---- the whole ----------------------------------------------------------- */

static bool
has_envs(const struct gv_policy *policy)
{
	size_t i;

	for (i = 0; i < policy->access.n_rules; i++)
		if (policy->access.rules[i].env)
			return true;
	return false;
}

static int
load_maps(struct step *s, const struct gv_oid *old, const struct gv_oid *now)
{
	int r = 0;

	if (!has_envs(s->policy) || s->out->n == 0)
		return 0;
	if (!gv_oid_is_zero(old))
		r = gv_envmap_load_by(&s->old, s->repo, old, s->policy);
	if (r == 0 && !gv_oid_is_zero(now))
		r = gv_envmap_load_by(&s->now, s->repo, now, s->policy);
	return r;
}

static int
describe(struct step *s, const struct gv_oid *old, const struct gv_oid *now)
{
	size_t i;
	int r = load_maps(s, old, now);

	s->trees[0] = old;
	s->trees[1] = now;
	for (i = 0; r == 0 && i < s->out->n; i++) {
		struct gv_access_change *c = &s->out->items[i];

		if (has_envs(s->policy))
			r = find_envs(s, c);
		if (r == 0 && !s->is_supposed &&
		    (s->was || wants_keys(s->policy, c)))
			r = find_keys(s, c);
		if (r == 0)
			r = find_made(s, c);
	}
	gv_envmap_free(s->old);
	gv_envmap_free(s->now);
	gv_access_uses_release(&s->uses);
	if (r == 0)
		gv_access_mark(s->out, s->policy);
	return r;
}

int
gv_access_step_load(struct gv_access_changes *out, struct gv_repo *repo,
    const struct gv_oid *old, const struct gv_oid *now,
    const struct gv_policy *policy, const unsigned char *key)
{
	struct step s = { .out = out, .repo = repo, .policy = policy };
	int r;

	*out = (struct gv_access_changes)GV_ACCESS_CHANGES_INIT;
	out->key = key;
	if ((r = gv_repo_odb(repo, &s.odb)) < 0 ||
	    (r = gv_tree_diff(s.odb, gv_oid_is_zero(old) ? NULL : old,
		 gv_oid_is_zero(now) ? NULL : now, take, &s)) < 0)
		return r;
	return describe(&s, old, now);
}

static int
tree_of(struct gv_oid *out, struct gv_odb *odb, const struct gv_oid *commit)
{
	struct gv_ledger at;
	int r = gv_ledger_load(&at, odb, commit);

	*out = at.tree;
	return r;
}

/* Add a file with what a tree has of it. */
static int
add_file(struct step *s, const struct gv_oid *tree, const char *path)
{
	struct gv_access_change *c = add(s, path, strlen(path));
	int r;

	if (c == NULL)
		return gv_err_nomem();
	if (gv_oid_is_zero(tree))
		return 0;
	r = gv_tree_find(s->odb, tree, path, &c->old_mode, &c->old);
	if (r == GV_ENOTFOUND) {
		c->old_mode = 0;
		r = 0;
	}
	return r;
}

int
gv_access_step_file(struct gv_access_changes *out, struct gv_repo *repo,
    const struct gv_oid *commit, const char *path, const struct gv_buf *text,
    const struct gv_policy *policy)
{
	struct step s = {
		.out = out, .repo = repo, .policy = policy, .text = text
	};
	struct gv_access_change *c;
	struct gv_oid tree;
	int r;

	*out = (struct gv_access_changes)GV_ACCESS_CHANGES_INIT;
	if ((r = gv_repo_odb(repo, &s.odb)) < 0 ||
	    (r = tree_of(&tree, s.odb, commit)) < 0 ||
	    (r = add_file(&s, &tree, path)) < 0)
		return r;
	c = &out->items[0];
	c->new_mode = c->old_mode ? c->old_mode : GV_MODE_FILE;
	gv_hash_object(&c->new, GV_OTYPE_BLOB, text->p, text->len);
	if (c->old_mode && gv_oid_equal(&c->old, &c->new)) {
		out->n = 0;
		return 0;
	}
	return describe(&s, &tree, &tree);
}

int
gv_access_step_kept(struct gv_access_changes *out, struct gv_repo *repo,
    const struct gv_access_kept *kept, const struct gv_policy *policy,
    const unsigned char *key)
{
	const struct gv_buf *was = kept->was, *text = kept->text;
	const struct gv_oid none = { .id = { 0 } };
	struct step s = { .out = out,
		.repo = repo,
		.policy = policy,
		.text = text,
		.was = was };
	struct gv_access_change *c;

	*out = (struct gv_access_changes)GV_ACCESS_CHANGES_INIT;
	out->key = key;
	if ((c = add(&s, kept->path, strlen(kept->path))) == NULL)
		return gv_err_nomem();
	c->old_mode = c->new_mode = GV_MODE_FILE;
	gv_hash_object(&c->old, GV_OTYPE_BLOB, was->p, was->len);
	gv_hash_object(&c->new, GV_OTYPE_BLOB, text->p, text->len);
	return describe(&s, &none, &none);
}

int
gv_access_step_index(struct gv_access_changes *out, struct gv_repo *repo,
    const struct gv_oid *commit, const struct gv_oid *tree,
    const struct gv_policy *policy)
{
	struct gv_oid old;
	struct gv_odb *odb;
	int r;

	*out = (struct gv_access_changes)GV_ACCESS_CHANGES_INIT;
	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = tree_of(&old, odb, commit)) < 0)
		return r;
	return gv_access_step_load(out, repo, &old, tree, policy, NULL);
}

int
gv_access_step_path(struct gv_access_changes *out, struct gv_repo *repo,
    const struct gv_oid *commit, const char *path, const char *key,
    const struct gv_policy *policy)
{
	struct step s = { .out = out, .repo = repo, .policy = policy };
	struct gv_access_change *c;
	const char **keys;
	struct gv_oid tree;
	int r;

	*out = (struct gv_access_changes)GV_ACCESS_CHANGES_INIT;
	if ((r = gv_repo_odb(repo, &s.odb)) < 0 ||
	    (r = tree_of(&tree, s.odb, commit)) < 0 ||
	    (r = add_file(&s, &tree, path)) < 0)
		return r;
	c = &out->items[0];
	c->new_mode = GV_MODE_FILE;
	c->reads = GV_ACCESS_UNREAD;
	s.is_supposed = true;
	if (key) {
		keys = gv_arena_alloc(&out->arena, sizeof(*keys));
		if (keys == NULL ||
		    (*keys = gv_arena_copy(&out->arena, key, strlen(key))) ==
			NULL)
			return gv_err_nomem();
		c->reads = GV_ACCESS_KEYS;
		c->keys = keys;
		c->n_keys = 1;
	}
	return describe(&s, &tree, &tree);
}

int
gv_access_step_has(
    struct gv_repo *repo, const struct gv_oid *commit, const char *path)
{
	struct gv_oid tree, blob;
	struct gv_odb *odb;
	unsigned mode;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = tree_of(&tree, odb, commit)) < 0)
		return r;
	if (gv_oid_is_zero(&tree) || *path == '\0')
		return 0;
	r = gv_tree_find(odb, &tree, path, &mode, &blob);
	return r == GV_ENOTFOUND ? 0 : r < 0 ? r : mode != GV_MODE_DIR;
}
