#include "retention/prune_component.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "component/component_reader.h"
#include "component/component_stored.h"
#include "policy/team.h"
#include "object/repo_odb.h"
#include "record/record.h"
#include "record/tombstone.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "retention/retention.h"
#include "safe/safe.h"
#include "sys/clock.h"
#include "sys/lock.h"
#include "vault/ledger.h"

struct pruning {
	struct gv_prune_component *out;
	struct gv_repo *repo;
	struct gv_policy policy;
	struct gv_refs refs; /* of all dumps, the oldest first of a component */
	struct gv_odb *odb;
	struct gv_safe *safe;   /* once a component has rules */
	struct gv_safe *signer; /* NULL: of this host */
	bool is_locked;
	int64_t now;
};

/* ---- the rules ----------------------------------------------------------- */

static bool
has_rules(const struct gv_policy_limits *limits)
{
	int i;

	for (i = 0; i < GV_POLICY_PERIODS; i++)
		if (limits->keep[i] || *limits->within[i].text)
			return true;
	return false;
}

/* Those of a component: false where nothing says that a dump may go. A dump of
 * a component that the policy does not have any more is kept. */
static bool
find_rules(struct gv_policy_rules *out, const struct pruning *p,
    const char *name, size_t len)
{
	size_t i;

	*out = (struct gv_policy_rules){ .has_group_by = true };
	for (i = 0; i < p->policy.components.n; i++) {
		const struct gv_policy_component *c =
		    &p->policy.components.items[i];

		if (strlen(c->name) != len || memcmp(c->name, name, len) != 0)
			continue;
		if (has_rules(&c->retention))
			out->all = c->retention;
		else if (p->policy.has_retention)
			out->all = p->policy.retention.all;
		return has_rules(&out->all);
	}
	return false;
}

/* ---- the decision -------------------------------------------------------- */

static int
add_item(struct pruning *p, const char *ref, const char *why)
{
	struct gv_prune_component *out = p->out;
	struct gv_prune_component_item item = { strdup(ref), strdup(why) };
	int r = item.ref && item.why ? GV_GROW(out->items, out->n, out->cap)
				     : gv_err_nomem();

	if (r < 0) {
		free(item.ref);
		free(item.why);
		return r;
	}
	item.why[strcspn(item.why, "\n")] = '\0';
	out->items[out->n++] = item;
	return 0;
}

/* Nobody is asked for a passphrase: a scheduler prunes, too. */
static int
open_safe(struct pruning *p)
{
	const struct gv_safe_opts opts = { .now = p->now,
		.is_locked = p->is_locked };

	return p->safe ? 0 : gv_safe_open(&p->safe, p->repo, &opts);
}

static int
is_ours(bool *out, bool *is_safety, struct pruning *p, const struct gv_ref *ref)
{
	struct gv_component_stored stored = { .text = NULL };
	int r = gv_component_stored_load(&stored, p->odb, ref);

	*out = false;
	*is_safety = r == 0 && gv_component_is_safety(&stored);
	if (r == 0)
		r = gv_component_is_ours(out, p->safe, &stored);
	gv_component_stored_release(&stored);
	/* a damaged one is for verify to name */
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

/* Copy those that a key of this vault bound: *n, of which the first *real are
 * dumps of the component, the others of what a restore replaced. Both are in
 * the order of `refs`, which stays as it is, since it is searched later. */
static int
sort_out(struct gv_ref *out, size_t *n, size_t *real, struct pruning *p,
    const struct gv_ref *refs, size_t all)
{
	size_t i, to;
	int r = open_safe(p);

	*n = *real = 0;
	for (i = 0; r == 0 && i < all; i++) {
		bool is, is_safety;

		if ((r = is_ours(&is, &is_safety, p, &refs[i])) < 0 || !is)
			continue;
		to = is_safety ? *n : (*real)++;
		memmove(&out[to + 1], &out[to], (*n - to) * sizeof(*out));
		out[to] = refs[i];
		++*n;
	}
	p->out->n_unknown += all - *n;
	p->out->n_kept += all - *n;
	return r;
}

/* Of these dumps of one component, as if each were a snapshot of one host. */
static int
decide(struct pruning *p, const struct gv_ref *refs, size_t n,
    const struct gv_policy_rules *rules)
{
	const struct gv_retention_clock clock = { .now = p->now,
		.zone = gv_clock_zone };
	struct gv_records records = { .n = n };
	struct gv_retention kept = { .n = 0 };
	size_t i;
	int r = 0;

	records.records = calloc(n, sizeof(*records.records));
	if (records.records == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++) {
		struct gv_record *rec = &records.records[i];
		const char *id = strrchr(refs[n - 1 - i].name, '/') + 1;

		memcpy(rec->id, id, GV_RECORD_ID_LEN);
		(void)gv_time_parse_compact(&rec->time, id);
	}
	r = gv_retention_decide(&kept, &records, rules, &clock);
	for (i = 0; r == 0 && i < n; i++)
		if (kept.verdicts[i].keep)
			p->out->n_kept++;
		else
			r = add_item(
			    p, refs[n - 1 - i].name, kept.verdicts[i].why);
	gv_retention_release(&kept);
	free(records.records);
	return r;
}

/* What is kept of what a restore replaced takes no place of a dump. */
static int
decide_one(struct pruning *p, const struct gv_ref *refs, size_t all,
    const struct gv_policy_rules *rules)
{
	struct gv_ref *ours = calloc(all + 1, sizeof(*ours));
	size_t n, real;
	int r;

	if (ours == NULL)
		return gv_err_nomem();
	r = sort_out(ours, &n, &real, p, refs, all);
	if (r == 0 && real)
		r = decide(p, ours, real, rules);
	if (r == 0 && n > real)
		r = decide(p, ours + real, n - real, rules);
	free(ours);
	return r;
}

static size_t
front_of(const char *ref)
{
	return (size_t)(strrchr(ref, '/') + 1 - ref);
}

static int
decide_all(struct pruning *p)
{
	struct gv_refs *refs = &p->refs;
	const char *id, *env, *name;
	size_t from, to, env_len, name_len;
	struct gv_policy_rules rules;
	int r = 0;

	for (from = 0; r == 0 && from < refs->n; from = to) {
		const size_t front = front_of(refs->refs[from].name);

		for (to = from + 1; to < refs->n &&
		     strncmp(refs->refs[to].name, refs->refs[from].name,
			 front) == 0;
		     to++)
			;
		if (gv_component_ref_split(&id, &env, &env_len, &name,
			&name_len, refs->refs[from].name) &&
		    find_rules(&rules, p, name, name_len))
			r = decide_one(p, &refs->refs[from], to - from, &rules);
		else
			p->out->n_kept += to - from;
	}
	return r;
}

/* ---- the deletion -------------------------------------------------------- */

static int
join_audit(struct gv_audit_join *join, struct gv_ledger_edit *edit,
    struct gv_safe *signer, const char *const *ids, size_t n)
{
	struct gv_audit_event event = { .what = GV_AUDIT_PRUNE,
		.time = edit->now,
		.snapshots = ids,
		.n_snapshots = n,
		.result = GV_AUDIT_DONE,
		.reason = "dumps of components, by retention" };

	return gv_audit_join(join, edit, signer, &event);
}

static int
write_deletion(struct pruning *p, const char *const *ids)
{
	struct gv_prune_component *out = p->out;
	struct gv_audit_join join = { .told = NULL };
	struct gv_ledger_edit edit = { .repo = NULL };
	struct gv_ledger deleted;
	struct gv_oid tip;
	size_t i;
	int r = gv_ledger_begin(&edit, p->repo, p->now);

	if (r == 0 && (r = gv_ref_find(&tip, p->repo, GV_REF_DELETED)) == 0 &&
	    (r = gv_ledger_load(&deleted, edit.odb, &tip)) == 0 &&
	    (r = gv_tombstone_add(&edit, &deleted, ids, out->n)) == 0)
		r = join_audit(&join, &edit, p->signer, ids, out->n);
	for (i = 0; r == 0 && i < out->n; i++)
		gv_ref_delete(&edit.tx, out->items[i].ref,
		    &gv_refs_find(&p->refs, out->items[i].ref)->oid);
	if (r == 0 && (r = gv_ledger_publish(&edit)) == 0)
		gv_audit_joined(&join, p->repo);
	gv_audit_join_release(&join);
	gv_ledger_end(&edit);
	return r;
}

static int
delete_all(struct pruning *p)
{
	const char **ids = calloc(p->out->n + 1, sizeof(*ids));
	size_t i;
	int r;

	if (ids == NULL)
		return gv_err_nomem();
	for (i = 0; i < p->out->n; i++)
		ids[i] = strrchr(p->out->items[i].ref, '/') + 1;
	r = write_deletion(p, ids);
	free(ids);
	return r;
}

/* Approvals are bound to snapshots: dumps stay where others have to agree. */
static int
check_approvals(struct pruning *p)
{
	if (p->out->n == 0 || p->policy.removals[GV_POLICY_PRUNE].wanted == 0)
		return 0;
	p->out->put_off = strdup("the policy asks others to approve a prune, "
				 "which dumps of components do not have");
	return p->out->put_off ? 0 : gv_err_nomem();
}

int
gv_prune_component_run(struct gv_prune_component *out, struct gv_repo *repo,
    struct gv_safe *safe, int64_t now, bool dry_run)
{
	struct pruning p = { .out = out,
		.repo = repo,
		.signer = safe,
		.policy = GV_POLICY_INIT,
		.now = now,
		.is_locked = !dry_run };
	int lock = -1, r;

	*out = (struct gv_prune_component){ .n = 0 };
	if ((r = gv_team_load_strict(&p.policy, repo)) < 0)
		return r;
	if (!dry_run)
		r = gv_repo_lock(&lock, repo, 0);
	if (r == 0 && (r = gv_repo_odb(repo, &p.odb)) == 0 &&
	    (r = gv_component_list(&p.refs, repo, NULL, NULL)) == 0 &&
	    (r = decide_all(&p)) == 0 && (r = check_approvals(&p)) == 0 &&
	    out->n && out->put_off == NULL && !dry_run)
		r = delete_all(&p);
	gv_safe_close(p.safe);
	gv_lock_close(lock);
	gv_refs_release(&p.refs);
	gv_policy_release(&p.policy);
	return r;
}

void
gv_prune_component_release(struct gv_prune_component *done)
{
	size_t i;

	for (i = 0; i < done->n; i++) {
		free(done->items[i].ref);
		free(done->items[i].why);
	}
	free(done->items);
	free(done->put_off);
	*done = (struct gv_prune_component){ .n = 0 };
}
