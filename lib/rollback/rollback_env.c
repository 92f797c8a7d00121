#include "rollback/rollback_env.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "config/policy.h"
#include "infra/environment.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/team.h"
#include "record/own.h"
#include "record/record.h"
#include "repo/repo.h"
#include "snapshot/survey.h"
#include "sys/proc.h"
#include "vault/scope.h"

struct gv_rollback_env {
	struct gv_repo *repo;
	const struct gv_rollback_env_of *of;
	const char *canon; /* its usual spelling, by gv_environment_of() */
	struct gv_policy policy;
	struct gv_map held;    /* paths of the snapshot */
	struct gv_map local;   /* those that stay: ignored, and of others */
	struct gv_map names;   /* of other environments */
	struct gv_buf others;  /* the same, for people */
	struct gv_buf ignored; /* what the keys of `local` point into */
	struct gv_buf paths;   /* to be asked about, NUL behind each */
	struct gv_arena arena;
	const char *one_local;
	size_t n_local;
	bool is_known, is_local_own, has_local;
};

/* ---- what a path is of -------------------------------------------------- */

/* The environment of a path: that of the scope in the team's policy, else the
 * one that the path names; NULL: none. A scope may not be an environment. */
static const char *
name_of(const struct gv_rollback_env *e, const char *path)
{
	const char *scope = gv_scope_of(&e->policy, path);
	const char *name = gv_environment_of(scope);

	if (strcmp(scope, e->of->env) == 0)
		return e->of->env;
	if (name == NULL)
		name = gv_environment_of(path);
	return name && strcmp(name, e->canon) == 0 ? e->of->env : name;
}

static int
find_canon(struct gv_rollback_env *e)
{
	struct gv_buf path = GV_BUF_INIT;
	const char *canon;
	int r;

	gv_buf_addf(&path, "envs/%s/x", e->of->env);
	r = gv_buf_check(&path);
	canon = r == 0 ? gv_environment_of(path.p) : NULL;
	e->canon = canon ? canon : e->of->env;
	gv_buf_release(&path);
	return r;
}

enum gv_rollback_place
gv_rollback_env_place(
    const struct gv_rollback_env *e, const char *path, size_t len)
{
	const char *name = name_of(e, path);

	(void)len;
	if (name && strcmp(name, e->of->env) == 0)
		return GV_ROLLBACK_OWN;
	if (name)
		return GV_ROLLBACK_OTHER;
	return e->others.len ? GV_ROLLBACK_SHARED : GV_ROLLBACK_OWN;
}

bool
gv_rollback_env_takes(void *env, const char *path, size_t len)
{
	struct gv_rollback_env *e = env;
	enum gv_rollback_place place = gv_rollback_env_place(e, path, len);

	if (place == GV_ROLLBACK_OTHER ||
	    (place == GV_ROLLBACK_SHARED && !gv_map_get(&e->held, path, len)))
		return false;
	return gv_map_get(&e->local, path, len) == NULL;
}

bool
gv_rollback_env_is_all(const struct gv_rollback_env *e)
{
	return e->others.len == 0 && !e->has_local;
}

const char *
gv_rollback_env_others(const struct gv_rollback_env *e)
{
	return e->others.p;
}

bool
gv_rollback_env_is_known(const struct gv_rollback_env *e)
{
	return e->is_known;
}

size_t
gv_rollback_env_local(
    const struct gv_rollback_env *e, const char **one, bool *is_own)
{
	*one = e->one_local;
	*is_own = e->is_local_own;
	return e->n_local;
}

/* ---- what there is ------------------------------------------------------ */

/* Have git asked about a path; one that begins with ':' is a pattern to it. */
static void
add_path(struct gv_rollback_env *e, const char *path, size_t len)
{
	gv_buf_addstr(&e->paths, *path == ':' ? "./" : "");
	gv_buf_add(&e->paths, path, len);
	gv_buf_addch(&e->paths, '\0');
}

int
gv_rollback_env_note(struct gv_rollback_env *e, const char *path)
{
	const char *name = name_of(e, path);

	if (name == NULL)
		return 0;
	if (strcmp(name, e->of->env) == 0) {
		e->is_known = true;
		return 0;
	}
	if (gv_map_get(&e->names, name, strlen(name)))
		return 0;
	gv_buf_addf(&e->others, "%s%s", e->others.len ? ", " : "", name);
	return gv_buf_check(&e->others) < 0
	    ? GV_ENOMEM
	    : gv_map_put(&e->names, name, strlen(name), (void *)name);
}

static int
take_held(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *entry)
{
	struct gv_rollback_env *e = ctx;
	char *copy = gv_arena_copy(&e->arena, path, len);

	if (copy == NULL || gv_map_put(&e->held, copy, len, copy) < 0)
		return GV_ENOMEM;
	if (entry->mode == GV_MODE_DIR)
		return 0;
	add_path(e, copy, len);
	return gv_rollback_env_note(e, copy);
}

static int
take_standing(
    void *ctx, const char *path, size_t len, const struct gv_oid *pointer)
{
	struct gv_rollback_env *e = ctx;

	(void)pointer;
	if (gv_map_get(&e->held, path, len))
		return 0;
	add_path(e, path, len);
	return gv_rollback_env_note(e, path);
}

/* Leave the path as it is, and count it if it would have gone back. */
static int
take_ignored(struct gv_rollback_env *e, char *path)
{
	enum gv_rollback_place place =
	    gv_rollback_env_place(e, path, strlen(path));

	if (place != GV_ROLLBACK_OTHER &&
	    gv_map_get(&e->held, path, strlen(path))) {
		e->one_local = e->one_local ? e->one_local : path;
		e->n_local++;
		e->is_local_own |= place == GV_ROLLBACK_OWN;
	}
	e->has_local = true;
	return gv_map_put(&e->local, path, strlen(path), path);
}

/* Find which of the paths git ignores and does not track. */
static int
ask_ignored(struct gv_rollback_env *e)
{
	const char *argv[] = { "git", "check-ignore", "-z", "--stdin", NULL };
	struct gv_proc p = GV_PROC_INIT;
	char *at, *end;
	int r = gv_proc_run(&p,
	    &(struct gv_proc_opts){ .argv = argv,
		.cwd = e->repo->worktree,
		.in = e->paths.p,
		.in_len = e->paths.len });

	if (r == 0 && p.status > 1)
		r = gv_err(GV_ERROR,
		    "git cannot list the ignored files: %s; to roll back all "
		    "of them, add --with-local-files",
		    gv_proc_why(&p));
	if (r < 0)
		goto out;
	gv_buf_release(&e->ignored);
	e->ignored = p.out;
	p.out = (struct gv_buf)GV_BUF_INIT;
	end = e->ignored.p + e->ignored.len;
	for (at = e->ignored.p; r == 0 && at < end; at += strlen(at) + 1)
		r = take_ignored(e, strncmp(at, "./", 2) == 0 ? at + 2 : at);
out:
	gv_proc_release(&p);
	return r;
}

static int
look(struct gv_rollback_env *e)
{
	struct gv_odb *odb;
	int r;

	if ((r = find_canon(e)) < 0 ||
	    (r = gv_team_load(&e->policy, e->repo)) < 0 || e->of->is_code)
		return r;
	if ((r = gv_repo_odb(e->repo, &odb)) < 0 ||
	    (r = gv_tree_walk(odb, &e->of->rec->tree, take_held, e)) < 0 ||
	    (r = gv_survey_each_held(e->repo, take_standing, e)) < 0 ||
	    (r = gv_buf_check(&e->paths)) < 0)
		return r;
	/* the host that a snapshot names proves nothing */
	r = e->of->takes_local ? 1 : gv_own_took(e->repo, &e->of->rec->commit);
	return r == 0 && e->paths.len ? ask_ignored(e) : r < 0 ? r : 0;
}

int
gv_rollback_env_open(struct gv_rollback_env **out, struct gv_repo *repo,
    const struct gv_rollback_env_of *of)
{
	struct gv_rollback_env *e = calloc(1, sizeof(*e));
	int r;

	if (e == NULL)
		return gv_err_nomem();
	e->repo = repo;
	e->of = of;
	e->policy = (struct gv_policy)GV_POLICY_INIT;
	e->others = e->ignored = e->paths = (struct gv_buf)GV_BUF_INIT;
	r = look(e);
	if (r < 0)
		gv_rollback_env_close(e);
	else
		*out = e;
	return r < 0 ? r : 0;
}

void
gv_rollback_env_close(struct gv_rollback_env *e)
{
	if (e == NULL)
		return;
	gv_policy_release(&e->policy);
	gv_map_release(&e->held);
	gv_map_release(&e->local);
	gv_map_release(&e->names);
	gv_buf_release(&e->others);
	gv_buf_release(&e->ignored);
	gv_buf_release(&e->paths);
	gv_arena_release(&e->arena);
	free(e);
}
