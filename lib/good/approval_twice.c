#include "good/approval_twice.h"

#include <string.h>

#include "audit/audit.h"
#include "audit/audit_find.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "config/policy.h"
#include "policy/team.h"

#define SINCE "30 days ago" /* what is older was seen, or is known */
#define SHORT 10            /* digits of an approval */

struct twice {
	struct gv_buf *lines;
	size_t n;
	struct gv_map uses; /* by the digits of an approval: its first use */
	struct gv_arena arena;
};

static bool
asks(const struct gv_policy *policy)
{
	bool does = policy->rollbacks.wanted > 0;
	size_t i;

	for (i = 0; i < GV_POLICY_REMOVALS; i++)
		does |= policy->removals[i].wanted > 0;
	for (i = 0; i < policy->envs.n; i++)
		does |= policy->envs.items[i].approval.wanted > 0;
	return does;
}

int
gv_approval_are_asked(bool *are, struct gv_repo *repo)
{
	struct gv_policy policy = GV_POLICY_INIT;
	int r = gv_team_load(&policy, repo);

	*are = r == 0 && asks(&policy);
	gv_policy_release(&policy);
	return r;
}

static const char *
target_of(const struct gv_audit_event_at *at)
{
	return at->entry.target ? at->entry.target : "a run";
}

/* The same run can ask again, and its events are of one chain. */
static bool
is_same(const struct gv_audit_event_at *a, const struct gv_audit_event_at *b)
{
	return strcmp(a->host, b->host) == 0 &&
	    strcmp(target_of(a), target_of(b)) == 0;
}

static void
name(struct twice *t, const char *id, const struct gv_audit_event_at *first,
    const struct gv_audit_event_at *second)
{
	gv_buf_addf(t->lines,
	    "approval %.*s was used by %s at %s for %s, and by %s at %s for "
	    "%s: one of these had no approval of its own\n",
	    SHORT, id, first->signer->name ? first->signer->name : "a key",
	    first->host, target_of(first),
	    second->signer->name ? second->signer->name : "a key", second->host,
	    target_of(second));
	t->n++;
}

static int
look_at(struct twice *t, const struct gv_audit_event_at *at)
{
	const char *ids = at->entry.ids ? at->entry.ids : "";
	const struct gv_audit_event_at *later;
	const char *id;
	size_t n;
	int r = 0;

	for (; r == 0 && *ids; ids += n + (ids[n] == ' ')) {
		n = strcspn(ids, " ");
		later = gv_map_get(&t->uses, ids, n);
		if (later && !is_same(later, at))
			name(t, ids, at, later);
		if (later)
			continue;
		if ((id = gv_arena_copy(&t->arena, ids, n)) == NULL)
			return gv_err_nomem();
		r = gv_map_put(&t->uses, id, n, (void *)at);
	}
	return r;
}

int
gv_approval_twice(struct gv_buf *lines, size_t *n, struct gv_repo *repo)
{
	const struct gv_audit_find_opts wanted = {
		.kind = GV_AUDIT_APPROVAL_USE, .since = SINCE, .limit = -1
	};
	struct twice t = { .lines = lines };
	struct gv_audit_found found;
	size_t i;
	int r;

	*n = 0;
	if ((r = gv_audit_find(&found, repo, &wanted)) < 0)
		return r;
	for (i = 0; r == 0 && i < found.n; i++)
		if (found.events[i].signer && !found.events[i].is_elsewhere)
			r = look_at(&t, &found.events[i]);
	gv_audit_found_release(&found);
	gv_map_release(&t.uses);
	gv_arena_release(&t.arena);
	*n = t.n;
	return r < 0 ? r : gv_buf_check(lines);
}
