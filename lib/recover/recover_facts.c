#include "recover/recover_facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "code/stack.h"
#include "drill/drill.h"
#include "env/envmap.h"
#include "graph/depgraph_load.h"
#include "graph/depgraph_unit.h"
#include "infra/envtree.h"
#include "record/good.h"
#include "record/record.h"
#include "repo/oid.h"
#include "state/track.h"

struct loading {
	struct gv_recover_facts *out;
	const struct gv_depgraph *g;
	const char *env;
};

static const char *
keep(struct gv_recover_facts *to, const char *text)
{
	return gv_arena_copy(&to->arena, text, strlen(text));
}

/* ---- components ---------------------------------------------------------- */

static int
add_components(
    struct gv_recover_facts *to, const struct gv_depgraph *g, const char *env)
{
	struct gv_depgraph_units units;
	struct gv_plan_fact *f;
	uint32_t *needs;
	size_t i;
	int r = gv_depgraph_units(&units, g, env);

	to->components = calloc(units.n + 1, sizeof(*to->components));
	if (r == 0 && to->components == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < units.n; i++) {
		const struct gv_depgraph_unit *u = &units.items[i];

		f = &to->components[to->plan.n_components++];
		f->name = f->dir = keep(to, *u->dir ? u->dir : ".");
		f->kind = u->kind;
		f->is_shared = u->is_shared;
		f->values = u->values ? keep(to, u->values) : NULL;
		needs = gv_arena_alloc(
		    &to->arena, (u->n_needs + 1) * sizeof(*needs));
		if (needs && u->n_needs)
			memcpy(needs, u->needs, u->n_needs * sizeof(*needs));
		f->needs = needs;
		f->n_needs = u->n_needs;
		if (!f->name || !needs || (u->values && !f->values))
			r = GV_ENOMEM;
	}
	to->plan.components = to->components;
	gv_depgraph_units_release(&units);
	return r;
}

/* ---- the playbook -------------------------------------------------------- */

static int
try_playbook(struct gv_recover_facts *to, const struct gv_depgraph *g,
    const char *dir, size_t len)
{
	static const char *const names[] = { "site.yml", "site.yaml",
		"playbook.yml", "playbook.yaml", "playbooks/site.yml",
		"playbooks/site.yaml" };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
		gv_buf_reset(&path);
		gv_buf_addf(
		    &path, "%.*s%s%s", (int)len, dir, len ? "/" : "", names[i]);
		if ((r = gv_buf_check(&path)) < 0 ||
		    gv_depgraph_find_file(g, path.p, path.len) ==
			GV_DEPGRAPH_NONE)
			continue;
		to->plan.playbook = keep(to, path.p);
		r = to->plan.playbook ? 1 : GV_ENOMEM;
	}
	gv_buf_release(&path);
	return r;
}

/* The one that is nearest to an inventory: beside it, or above it. */
static int
find_playbook(struct gv_recover_facts *to, const struct gv_depgraph *g)
{
	const struct gv_plan_fact *c;
	size_t i, len;
	int r = 0;

	for (i = 0; r == 0 && i < to->plan.n_components; i++) {
		c = &to->plan.components[i];
		if (c->kind == NULL || strcmp(c->kind, "inventory") != 0)
			continue;
		len = strcmp(c->dir, ".") == 0 ? 0 : strlen(c->dir);
		while ((r = try_playbook(to, g, c->dir, len)) == 0 && len)
			while (--len && c->dir[len] != '/')
				;
	}
	return r < 0 ? r : 0;
}

/* ---- states -------------------------------------------------------------- */

/* The directory of the code, where the name of the stack tells it and the tool
 * is one that a state can be pushed with. */
static int
find_dir(const char **out, struct loading *l, const struct gv_track_version *v)
{
	struct gv_buf dir = GV_BUF_INIT;
	uint32_t folder;
	int r = 0;

	*out = NULL;
	if (v->tool && strcmp(v->tool, "terraform") == 0 &&
	    gv_stack_dir(&dir, v->stack) && (r = gv_buf_check(&dir)) == 0) {
		folder =
		    gv_depgraph_find_folder(l->g, dir.p ? dir.p : "", dir.len);
		if (folder != GV_DEPGRAPH_NONE &&
		    (*out = keep(l->out, dir.p && dir.len ? dir.p : ".")) ==
			NULL)
			r = GV_ENOMEM;
	}
	gv_buf_release(&dir);
	return r;
}

static int
add_state(void *ctx, const struct gv_track_version *v)
{
	struct loading *l = ctx;
	struct gv_recover_facts *to = l->out;
	struct gv_plan_fact *f;
	int r;

	if (strcmp(v->env, l->env) != 0)
		return 0;
	if ((r = GV_GROW(to->states, to->plan.n_states, to->cap)) < 0)
		return r;
	f = &to->states[to->plan.n_states++];
	*f = (struct gv_plan_fact){ .name = keep(to, v->stack),
		.kind = keep(to, v->tool ? v->tool : "") };
	if (f->name == NULL || f->kind == NULL)
		return GV_ENOMEM;
	return find_dir(&f->dir, l, v);
}

/* A damaged ref is of no state that could come back. */
static int
skip_bad(void *ctx, const char *ref)
{
	(void)ctx;
	(void)ref;
	return 0;
}

/* ---- versions ------------------------------------------------------------ */

struct choosing {
	const struct gv_record *rec;
	struct gv_recover_facts *out;
	const char *version; /* NULL: not found yet */
};

/* The newest first: the one that was there when the snapshot was taken. */
static int
choose(void *ctx, const struct gv_track_version *v)
{
	struct choosing *c = ctx;
	char hex[GV_OID_HEX + 1];

	if (v->time > c->rec->time &&
	    (v->snapshot == NULL || strcmp(v->snapshot, c->rec->id) != 0))
		return 0;
	gv_oid_format(hex, &v->commit);
	c->version = keep(c->out, hex);
	return c->version ? 1 : GV_ENOMEM;
}

static int
find_version(const char **out, struct gv_recover_facts *facts,
    struct gv_repo *repo, const struct gv_record *rec, const char *stack)
{
	struct choosing c = { .rec = rec, .out = facts };
	const struct gv_track_of of = { .env = facts->plan.environment,
		.stack = stack };
	int r = gv_track_log(repo, &of, choose, &c);

	*out = c.version;
	return r;
}

static int
find_in_record(const char **out, struct gv_recover_facts *facts,
    const struct gv_good *good, const char *stack)
{
	char hex[GV_OID_HEX + 1];
	size_t i;

	for (i = 0; i < good->n_states; i++) {
		if (strcmp(good->states[i].stack, stack) != 0)
			continue;
		gv_oid_format(hex, &good->states[i].version);
		*out = keep(facts, hex);
		return *out ? 1 : GV_ENOMEM;
	}
	return 0;
}

int
gv_recover_facts_versions(struct gv_recover_facts *facts, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_good *good)
{
	size_t i, n = 0;
	int r = 0;

	for (i = 0; i < facts->plan.n_states; i++) {
		struct gv_plan_fact *f = &facts->states[i];

		r = find_in_record(&f->version, facts, good, f->name);
		if (r == 0)
			r = find_version(
			    &f->version, facts, repo, rec, f->name);
		if (r < 0)
			return r;
		if (f->version)
			facts->states[n++] = *f;
	}
	facts->plan.n_states = n;
	return 0;
}

/* ---- all of it ----------------------------------------------------------- */

int
gv_recover_facts_load(struct gv_recover_facts *out, struct gv_repo *repo,
    const char *env, const struct gv_oid *tree)
{
	struct gv_depgraph_loaded loaded = { .map = NULL };
	struct loading l = { .out = out, .g = &loaded.graph, .env = env };
	int r;

	*out = (struct gv_recover_facts){ .arena = GV_ARENA_INIT };
	out->plan.environment = env;
	if ((r = gv_depgraph_load(&loaded, repo, tree, 0)) < 0 ||
	    (r = add_components(out, &loaded.graph, env)) < 0 ||
	    (r = find_playbook(out, &loaded.graph)) < 0 ||
	    (r = gv_track_each(repo, add_state, skip_bad, &l)) < 0 ||
	    (r = gv_drill_targets(&out->plan.rto, &out->plan.rpo, repo, env)) <
		0)
		goto out;
	out->plan.states = out->states;
	if (out->plan.n_states == 0 &&
	    gv_envtree_find(loaded.map->tree, env) == NULL)
		r = gv_envtree_unknown(loaded.map->tree, env);
out:
	gv_depgraph_unload(&loaded);
	return r;
}

void
gv_recover_facts_release(struct gv_recover_facts *facts)
{
	free(facts->components);
	free(facts->states);
	gv_arena_release(&facts->arena);
	memset(facts, 0, sizeof(*facts));
}
