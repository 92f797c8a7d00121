#include <stdlib.h>
#include <string.h>

#include "access/access.h"
#include "base/err.h"
#include "base/vec.h"

/* ---- who ----------------------------------------------------------------- */

static const struct gv_access_person *
find_person(const struct gv_access_person *people, size_t n, const char *name)
{
	size_t i;

	for (i = 0; name && i < n; i++)
		if (strcmp(people[i].name, name) == 0)
			return &people[i];
	return NULL;
}

bool
gv_access_has_person(
    const struct gv_access_person *people, size_t n, const char *name)
{
	return find_person(people, n, name) != NULL;
}

static bool
has_text(const struct gv_policy_texts *texts, const char *text)
{
	size_t i;

	for (i = 0; i < texts->n; i++)
		if (strcmp(texts->items[i], text) == 0)
			return true;
	return false;
}

bool
gv_access_has_role(const struct gv_policy_access *access,
    const struct gv_access_person *people, size_t n, const char *name,
    const char *role)
{
	const struct gv_access_person *who = find_person(people, n, name);
	const struct gv_policy_role *of = gv_policy_role(access, role);

	if (who == NULL)
		return false;
	return of ? has_text(&of->people, name)
		  : strcmp(gv_keyring_role_name(who->role), role) == 0;
}

bool
gv_access_has_any(const struct gv_policy_access *access,
    const struct gv_access_person *people, size_t n, const char *name,
    const struct gv_policy_texts *roles)
{
	size_t i;

	for (i = 0; i < roles->n; i++)
		if (gv_access_has_role(
			access, people, n, name, roles->items[i]))
			return true;
	return false;
}

const struct gv_policy_texts *
gv_access_approvers(const struct gv_policy_access_rule *rule)
{
	return rule->by.n ? &rule->by : &rule->roles;
}

const char *
gv_access_name_of(const struct gv_policy_access *access, const char *account)
{
	size_t i;

	if (!access->has_accounts)
		return account;
	for (i = 0; i < access->n_accounts; i++)
		if (strcmp(access->accounts[i].account, account) == 0)
			return access->accounts[i].name;
	return NULL;
}

/* ---- approvals ----------------------------------------------------------- */

static bool
is_author(const struct gv_access_asked *asked, const char *name)
{
	size_t i;

	for (i = 0; i < asked->n_authors; i++)
		if (strcmp(asked->authors[i], name) == 0)
			return true;
	return asked->person && !asked->is_reader &&
	    strcmp(asked->person, name) == 0;
}

/* Whether an approval of theirs would count: not that of a key that only
 * seals. */
static bool
may_approve(const struct gv_access_asked *asked,
    const struct gv_policy_access_rule *rule,
    const struct gv_access_person *who)
{
	const struct gv_policy_texts *roles = gv_access_approvers(rule);

	if (who->role == GV_KEYRING_WRITER ||
	    (!rule->lets_author && is_author(asked, who->name)))
		return false;
	return roles->n == 0 ||
	    gv_access_has_any(&asked->policy->access, asked->people,
		asked->n_people, who->name, roles);
}

static bool
has_given(const struct gv_access_asked *asked,
    const struct gv_policy_access_rule *rule, const char *name)
{
	size_t i;

	for (i = 0; i < asked->n_given; i++)
		if (strcmp(asked->given[i].name, name) == 0 &&
		    asked->now - asked->given[i].time <= rule->valid)
			return true;
	return false;
}

/* One name counts once. */
static int
count_approvals(struct gv_access_point *p, struct gv_access_verdict *v,
    const struct gv_access_asked *asked)
{
	const size_t room = (asked->n_people + 1) * sizeof(const char *);
	size_t i;

	p->by = gv_arena_alloc(&v->arena, room);
	p->may = gv_arena_alloc(&v->arena, room);
	if (p->by == NULL || p->may == NULL)
		return gv_err_nomem();
	for (i = 0; i < asked->n_people; i++) {
		const struct gv_access_person *who = &asked->people[i];

		if (!may_approve(asked, p->rule, who))
			continue;
		if (has_given(asked, p->rule, who->name))
			p->by[p->has++] = who->name;
		else
			p->may[p->n_may++] = who->name;
	}
	if (p->has < p->rule->approvals)
		p->lacks |= GV_ACCESS_APPROVALS;
	if (p->rule->approvals && !p->rule->lets_author &&
	    asked->n_authors == 0 &&
	    find_person(asked->people, asked->n_people, asked->person) == NULL)
		p->lacks |= GV_ACCESS_AUTHOR;
	return 0;
}

/* ---- the verdict --------------------------------------------------------- */

static int
judge(struct gv_access_point *p, struct gv_access_verdict *v,
    const struct gv_access_asked *asked)
{
	const struct gv_policy_access_rule *rule = p->rule;

	if (rule->roles.n &&
	    !gv_access_has_any(&asked->policy->access, asked->people,
		asked->n_people, asked->person, &rule->roles))
		p->lacks |= GV_ACCESS_ROLE;
	if (gv_policy_freeze_at(&p->frozen, &rule->freeze, asked->now,
		asked->zone, asked->zone_ctx))
		p->lacks |= GV_ACCESS_FROZEN;
	return rule->approvals ? count_approvals(p, v, asked) : 0;
}

int
gv_access_decide(
    struct gv_access_verdict *out, const struct gv_access_asked *asked)
{
	const struct gv_policy_access_rule *rule;
	size_t i, k;
	int r = 0;

	*out = (struct gv_access_verdict){ .arena = GV_ARENA_INIT };
	for (k = 0; r == 0 && (rule = gv_access_rule(asked->policy, k)) != NULL;
	     k++) {
		struct gv_access_point p = { .rule = rule };

		for (i = 0; i < asked->changes->n; i++) {
			const struct gv_access_change *c =
			    &asked->changes->items[i];

			if (!gv_access_is_of(asked->policy, rule, c))
				continue;
			p.change = p.change ? p.change : c;
			p.n_changes++;
		}
		if (p.n_changes == 0)
			continue;
		if ((r = GV_GROW(out->points, out->n, out->cap)) < 0 ||
		    (r = judge(&p, out, asked)) < 0)
			break;
		out->points[out->n++] = p;
		out->lacks |= p.lacks;
	}
	return r;
}

void
gv_access_verdict_release(struct gv_access_verdict *verdict)
{
	if (verdict == NULL)
		return;
	free(verdict->points);
	gv_arena_release(&verdict->arena);
	*verdict = (struct gv_access_verdict){ .arena = GV_ARENA_INIT };
}
