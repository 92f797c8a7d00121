#include <string.h>

#include "base/err.h"
#include "component/component_stored.h"
#include "health/health_internal.h"
#include "object/repo_odb.h"
#include "policy/team.h"
#include "replica/copies.h"
#include "repo/repo.h"

/* ---- copies -------------------------------------------------------------- */

/* How many snapshots a remote lacks, and since when. */
static void
look_at_remote(struct gv_health_copy *out, const struct gv_health *h,
    const struct gv_doctor_remote *remote)
{
	size_t i;

	out->is_known = remote->where->is_known;
	out->last = remote->received;
	out->behind = h->doctor.refs.refs.n - remote->snapshots;
	for (i = 0; out->since == 0 && i < h->doctor.refs.refs.n; i++)
		if (!gv_doctor_has(&h->doctor, remote, i))
			out->since = gv_doctor_time(&h->doctor, i);
}

static int
add_remotes(struct gv_health *h)
{
	struct gv_health_copy *copy;
	size_t i;

	for (i = 0; i < h->doctor.n_remotes; i++) {
		if (h->n_copies == GV_HEALTH_TARGETS) {
			h->left_out++;
			continue;
		}
		copy = &h->copies[h->n_copies++];
		copy->name =
		    gv_health_keep(h, h->doctor.remotes[i].where->name);
		if (copy->name == NULL)
			return GV_ENOMEM;
		look_at_remote(copy, h, &h->doctor.remotes[i]);
	}
	return 0;
}

static int
add_stores(struct gv_health *h, const struct gv_copies *all)
{
	struct gv_health_copy *copy;
	size_t i;

	h->wanted = all->wanted;
	h->lacking = all->lacking;
	for (i = 0; i < all->n; i++) {
		const struct gv_copies_target *t = &all->targets[i];

		if (h->n_copies == GV_HEALTH_TARGETS) {
			h->left_out++;
			continue;
		}
		copy = &h->copies[h->n_copies++];
		*copy = (struct gv_health_copy){ .is_store = true,
			.is_known = t->is_known,
			.is_damaged = t->damage.time != 0,
			.behind = t->behind_snapshots,
			.since = t->behind_snapshots
			    ? h->now - t->behind_seconds
			    : 0,
			.last = t->succeeded,
			.verified = t->verified,
			.how =
			    t->verified ? gv_replica_levels[t->level] : NULL };
		if ((copy->name = gv_health_keep(h, t->target->name)) == NULL)
			return GV_ENOMEM;
	}
	return 0;
}

int
gv_health_load_copies(struct gv_health *h, struct gv_repo *repo)
{
	struct gv_copies all = { .n = 0 };
	const int found = gv_copies_load(&all, repo, h->now, 0);
	const size_t n = h->doctor.n_remotes + all.n;
	int r = 0;

	if (n) {
		h->copies = gv_arena_alloc(&h->arena,
		    (n < GV_HEALTH_TARGETS ? n : GV_HEALTH_TARGETS) *
			sizeof(*h->copies));
		r = h->copies ? add_remotes(h) : GV_ENOMEM;
	}
	if (r == 0)
		r = found < 0 ? found : add_stores(h, &all);
	gv_copies_release(&all);
	return r;
}

/* ---- components ---------------------------------------------------------- */

/* Whether both refs are dumps of one component. */
static bool
is_of_same(const char *a, const char *b)
{
	const char *id_a, *id_b, *env_a, *env_b, *name_a, *name_b;
	size_t env_a_len, env_b_len, name_a_len, name_b_len;

	return gv_component_ref_split(
		   &id_a, &env_a, &env_a_len, &name_a, &name_a_len, a) &&
	    gv_component_ref_split(
		&id_b, &env_b, &env_b_len, &name_b, &name_b_len, b) &&
	    env_a_len == env_b_len && name_a_len == name_b_len &&
	    memcmp(env_a, env_b, env_a_len) == 0 &&
	    memcmp(name_a, name_b, name_a_len) == 0;
}

/* Dumps of one component, the oldest first. */
static int
add_component(struct gv_health *h, struct gv_odb *odb,
    const struct gv_ref *refs, size_t n)
{
	struct gv_health_component *c = &h->components[h->n_components];
	struct gv_component_stored stored = { .time = 0 };
	size_t i = n > GV_HEALTH_TREND ? n - GV_HEALTH_TREND : 0;
	int r = 0;

	c->dumps = n;
	for (; r == 0 && i < n; i++) {
		stored = (struct gv_component_stored){ .time = 0 };
		if ((r = gv_component_stored_load(&stored, odb, &refs[i])) <
		    0) {
			r = gv_health_settle(h, "components", r);
			gv_component_stored_release(&stored);
			continue;
		}
		if (gv_component_is_safety(&stored)) {
			gv_component_stored_release(&stored);
			continue;
		}
		gv_health_trend_add(&c->sizes, (double)stored.record.bytes);
		c->time = stored.time;
		c->bytes = stored.record.bytes;
		c->env = gv_health_keep(h, stored.record.env);
		c->name = gv_health_keep(h, stored.record.name);
		c->engine = gv_health_keep(
		    h, stored.record.engine ? stored.record.engine : "");
		if (c->env == NULL || c->name == NULL || c->engine == NULL)
			r = GV_ENOMEM;
		gv_component_stored_release(&stored);
	}
	h->n_components += r == 0 && c->name != NULL;
	return r;
}

/* What the policy has, and nobody has dumped yet. */
static int
add_undumped(struct gv_health *h, const struct gv_policy_component *wanted)
{
	struct gv_health_component *c = &h->components[h->n_components];
	size_t i;

	for (i = 0; i < h->n_components; i++)
		if (strcmp(h->components[i].name, wanted->name) == 0 &&
		    strcmp(h->components[i].env, wanted->env) == 0)
			return 0;
	if (h->n_components == GV_HEALTH_COMPONENTS) {
		h->left_out++;
		return 0;
	}
	*c = (struct gv_health_component){ .name =
					       gv_health_keep(h, wanted->name),
		.env = gv_health_keep(h, wanted->env),
		.engine = gv_policy_engines[wanted->engine] };
	h->n_components++;
	return c->name && c->env ? 0 : GV_ENOMEM;
}

static int
add_dumped(struct gv_health *h, struct gv_repo *repo, const struct gv_refs *all)
{
	struct gv_odb *odb;
	size_t i, next;
	int r = gv_repo_odb(repo, &odb);

	for (i = 0; r == 0 && i < all->n; i = next) {
		for (next = i + 1; next < all->n &&
		     is_of_same(all->refs[i].name, all->refs[next].name);
		     next++)
			;
		if (h->n_components == GV_HEALTH_COMPONENTS)
			h->left_out++;
		else
			r = add_component(h, odb, &all->refs[i], next - i);
	}
	return r;
}

int
gv_health_load_components(struct gv_health *h, struct gv_repo *repo)
{
	struct gv_refs refs = { .n = 0 };
	struct gv_policy policy;
	size_t i;
	int r, found = gv_team_load(&policy, repo);

	/* doctor has reported a policy that cannot be read */
	if (found == GV_EREFUSED)
		found = 0;
	h->components = gv_arena_alloc(
	    &h->arena, GV_HEALTH_COMPONENTS * sizeof(*h->components));
	r = h->components ? gv_component_list(&refs, repo, NULL, NULL)
			  : GV_ENOMEM;
	if (r == 0 && refs.n)
		r = add_dumped(h, repo, &refs);
	for (i = 0; r == 0 && i < policy.components.n; i++)
		r = add_undumped(h, &policy.components.items[i]);
	gv_refs_release(&refs);
	gv_policy_release(&policy);
	return r < 0 ? r : found;
}

/* ---- drills, events ------------------------------------------------------ */

int
gv_health_load_drills(struct gv_health *h, struct gv_repo *repo)
{
	int r;

	if ((r = gv_drill_log_load(&h->drills, repo, NULL)) < 0 ||
	    (r = gv_drill_due_load(&h->dues, repo, &h->drills, h->now)) < 0)
		return r;
	h->wants_drills = h->dues.is_said || h->drills.n;
	return 0;
}

int
gv_health_load_events(struct gv_health *h, struct gv_repo *repo)
{
	const struct gv_audit_find_opts opts = { .limit = GV_HEALTH_EVENTS };
	const char *p, *end;
	int r = gv_audit_find(&h->events, repo, &opts);

	if (r < 0)
		return r;
	for (p = h->events.damaged.p; p && *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, "\n");
		gv_buf_addf(&h->problems, "audit: %.*s\n", (int)(end - p), p);
	}
	return gv_buf_check(&h->problems);
}
