#include "code/stack_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/distance.h"
#include "base/err.h"
#include "base/vec.h"
#include "infra/environment.h"
#include "infra/statefile.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "seal/withheld.h"
#include "state/track.h"
#include "statelock/statelock_internal.h"
#include "vault/label.h"
#include "vault/scope.h"

#define DEFAULT "default"

/* ---- what there is ------------------------------------------------------ */

static int
compare(const void *a, const void *b)
{
	const struct gv_stack_name *x = a, *y = b;
	int r = strcmp(x->env, y->env);

	if (r == 0)
		r = strcmp(x->stack, y->stack);
	return r ? r : y->is_state - x->is_state;
}

int
gv_stack_names_add(struct gv_stack_names *names, const char *env,
    const char *stack, bool is_state)
{
	struct gv_stack_name *name;
	int r = GV_GROW(names->list, names->n, names->cap);

	if (r < 0)
		return r;
	name = &names->list[names->n++];
	memset(name, 0, sizeof(*name));
	name->is_state = is_state;
	memcpy(name->env, env, strnlen(env, GV_STACK_NAME - 1));
	memcpy(name->stack, stack, strnlen(stack, GV_STACK_NAME - 1));
	return 0;
}

static bool
is_same(const struct gv_stack_name *a, const struct gv_stack_name *b)
{
	return strcmp(a->env, b->env) == 0 && strcmp(a->stack, b->stack) == 0;
}

/* Ignore refs that are not named ENV/STACK. */
static int
add_ref(struct gv_stack_names *names, const char *rest, bool is_state)
{
	char env[GV_STACK_NAME];
	size_t n = strcspn(rest, "/");

	if (rest[n] != '/' || n >= sizeof(env) ||
	    !gv_label_is_valid(rest + n + 1))
		return 0;
	memcpy(env, rest, n);
	env[n] = '\0';
	return gv_label_is_valid(env)
	    ? gv_stack_names_add(names, env, rest + n + 1, is_state)
	    : 0;
}

static int
add_refs(struct gv_stack_names *names, const struct gv_refs *refs,
    const char *prefix)
{
	const bool is_state = strcmp(prefix, GV_REFS_STATES) == 0;
	size_t i, n = strlen(prefix);
	int r = 0;

	for (i = 0; r == 0 && i < refs->n; i++)
		if (strncmp(refs->refs[i].name, prefix, n) == 0)
			r = add_ref(names, refs->refs[i].name + n, is_state);
	return r;
}

static int
add_here(struct gv_stack_names *names, struct gv_repo *repo, const char *prefix)
{
	struct gv_refs refs = { 0 };
	int r = gv_ref_list(&refs, repo, prefix);

	if (r == 0)
		r = add_refs(names, &refs, prefix);
	gv_refs_release(&refs);
	return r;
}

int
gv_stack_names_load(struct gv_stack_names *out, struct gv_repo *repo)
{
	size_t i, n = 0;
	int r;

	memset(out, 0, sizeof(*out));
	r = add_here(out, repo, GV_REFS_STATES);
	out->has_state = out->n > 0;
	if (r < 0 || (r = add_here(out, repo, GV_REFS_LOCKS)) < 0) {
		gv_stack_names_release(out);
		return r;
	}
	if (out->n)
		qsort(out->list, out->n, sizeof(*out->list), compare);
	for (i = 0; i < out->n; i++)
		if (n == 0 || !is_same(&out->list[n - 1], &out->list[i]))
			out->list[n++] = out->list[i];
	out->n = n;
	return 0;
}

int
gv_stack_names_load_remote(
    struct gv_stack_names *out, struct gv_repo *repo, const char *remote)
{
	struct gv_refs refs = { 0 };
	int r =
	    gv_statelock_remote_ask(&refs, repo, remote, GV_REFS_STATES "*");

	memset(out, 0, sizeof(*out));
	if (r == 0)
		r = add_refs(out, &refs, GV_REFS_STATES);
	out->has_state = out->n > 0;
	if (r < 0)
		gv_stack_names_release(out);
	gv_refs_release(&refs);
	return r;
}

void
gv_stack_names_release(struct gv_stack_names *names)
{
	if (names == NULL)
		return;
	free(names->list);
	memset(names, 0, sizeof(*names));
}

bool
gv_stack_names_has(
    const struct gv_stack_names *names, const char *env, const char *stack)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (strcmp(names->list[i].env, env) == 0 &&
		    strcmp(names->list[i].stack, stack) == 0)
			return true;
	return false;
}

/* ---- similar names ------------------------------------------------------ */

/* The usual spelling of an environment's name; NULL if it is not a known name.
 */
static const char *
spelling_of(const char *env)
{
	char path[sizeof("envs//x") + GV_STACK_NAME];

	snprintf(path, sizeof(path), "envs/%.*s/x", GV_STACK_NAME - 1, env);
	return gv_environment_of(path);
}

/* How many letters differ, or `most` + 1 if more do. Two spellings of one
 * environment count as 1. */
static size_t
env_distance(const char *a, const char *b, size_t most)
{
	const char *x, *y;

	if (strcmp(a, b) == 0)
		return 0;
	x = spelling_of(a);
	y = spelling_of(b);
	if (x && y)
		return strcmp(x, y) == 0 ? 1 : most + 1;
	return gv_distance(a, strlen(a), b, strlen(b), most);
}

const struct gv_stack_name *
gv_stack_names_nearest(
    const struct gv_stack_names *names, const char *env, const char *stack)
{
	const struct gv_stack_name *near = NULL;
	const size_t len = strlen(stack ? stack : env);
	/* a similar name differs in fewer letters than this */
	size_t best = len < 4 ? 1 + len / 2 : len < 16 ? 3 : 2 + len / 8;
	size_t i, d;

	for (i = 0; best > 1 && i < names->n; i++) {
		const struct gv_stack_name *name = &names->list[i];

		d = env_distance(name->env, env, best - 1);
		if (d < best && stack)
			d += gv_distance(name->stack, strlen(name->stack),
			    stack, strlen(stack), best - 1);
		if (d > 0 && d < best) {
			best = d;
			near = name;
		}
	}
	return near;
}

/* ---- the name of a file's state ----------------------------------------- */

static int
choose_env(char out[GV_STACK_NAME], const char *scope, const char *path,
    const struct gv_statefile *file)
{
	const struct gv_statefile_span ws = file->workspace;

	if (strlen(scope) >= GV_STACK_NAME)
		return gv_err(GV_EUSAGE, "its scope has too long a name");
	if (strcmp(scope, GV_SCOPE_SHARED) == 0 &&
	    gv_environment_of(path) == NULL && ws.len &&
	    ws.len < GV_STACK_NAME) {
		memcpy(out, ws.p, ws.len);
		out[ws.len] = '\0';
		if (gv_label_is_valid(out))
			return 0;
	}
	memcpy(out, scope, strlen(scope) + 1);
	return 0;
}

int
gv_stack_name_of_file(
    struct gv_stack_name *out, const char *scope, const char *path)
{
	struct gv_statefile file;
	int r;

	if (!gv_statefile_parse(&file, path))
		return GV_ENOTFOUND;
	r = gv_stack_of(out->stack, &file);
	return r < 0 ? r : choose_env(out->env, scope, path, &file);
}

/* ---- the choice --------------------------------------------------------- */

/* Count the states of this environment and stack; NULL stands for any. *out is
 * one of them. */
static size_t
count(const struct gv_stack_name **out, const struct gv_stack_names *names,
    const char *env, const char *stack)
{
	size_t i, n = 0;

	for (i = 0; i < names->n; i++) {
		const struct gv_stack_name *name = &names->list[i];

		if (!name->is_state || (env && strcmp(env, name->env) != 0) ||
		    (stack && strcmp(stack, name->stack) != 0))
			continue;
		*out = name;
		n++;
	}
	return n;
}

static void
take(struct gv_stack_choice *out, const struct gv_stack_names *names,
    const char *env, const char *stack)
{
	out->env = env;
	out->stack = stack;
	out->kind = gv_stack_names_has(names, env, stack) ? GV_STACK_KNOWN
							  : GV_STACK_NEW;
}

/* Take the only state that fits. If several of an environment do, take its
 * default stack. If no state does, begin one. */
static void
take_only(struct gv_stack_choice *out, const struct gv_stack_names *names,
    const char *env, const char *stack, const char *otherwise)
{
	const struct gv_stack_name *only = NULL;
	size_t n = count(&only, names, env, stack);
	if (n == 1)
		take(out, names, only->env, only->stack);
	else if (n > 1 && env && gv_stack_names_has(names, env, DEFAULT))
		take(out, names, env, DEFAULT);
	else if (n > 1)
		out->kind = GV_STACK_SEVERAL;
	else if (env)
		take(out, names, env, otherwise);
	else
		out->kind = GV_STACK_NOWHERE;
}

/* Whether the file has a state under its own name in this environment, or is to
 * be saved as one. */
static bool
is_own(const struct gv_stack_ask *ask, const struct gv_stack_names *names,
    const char *env)
{
	if (ask->own == NULL)
		return false;
	if (gv_stack_names_has(
		names, env ? env : ask->own->env, ask->own->stack))
		return true;
	return ask->is_file && env && strcmp(env, ask->own->env) == 0;
}

void
gv_stack_choose(struct gv_stack_choice *out, const struct gv_stack_ask *ask,
    const struct gv_stack_names *names)
{
	const char *env = ask->env ? ask->env : ask->here;

	*out = (struct gv_stack_choice){ .is_said = ask->env || ask->stack };
	if (ask->stack && env)
		take(out, names, env, ask->stack);
	else if (ask->stack)
		take_only(out, names, NULL, ask->stack, NULL);
	else if (is_own(ask, names, env))
		take(out, names, env ? env : ask->own->env, ask->own->stack);
	else if (env == NULL && ask->is_file)
		out->kind = GV_STACK_NOWHERE;
	else
		take_only(out, names, env, NULL, DEFAULT);
}
