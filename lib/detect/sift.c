#include "detect/sift.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "detect/trawl_internal.h"
#include "policy/team.h"
#include "repo/hash.h"

/* To be raised where what is withheld comes to be decided otherwise. */
#define DECIDER "2"

struct gv_sift {
	struct gv_trawl *trawl;  /* NULL: nothing is searched */
	struct gv_policy policy; /* … and this is the policy then */
	struct gv_oid sum, by_policy;
};

struct view {
	struct gv_sift_view public; /* first */
	struct gv_trawl *trawl;
	struct gv_trawl_window window;
	struct gv_trawl_facts facts;
	struct gv_trawl_tally tally;
};

static const struct gv_policy *
policy_of(const struct gv_sift *sift)
{
	return sift->trawl ? &sift->trawl->private->policy : &sift->policy;
}

/* ---- what decides ---- */

static void
add_text(struct gv_buf *out, const char *text)
{
	gv_buf_add(out, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void
add_paths(struct gv_buf *out, const struct gv_policy_path *paths, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		add_text(out, paths[i].path);
		add_text(out, paths[i].scope);
		gv_buf_addf(out, "%d", (int)paths[i].keep);
	}
	gv_buf_addch(out, '\0');
}

/* Those that last. */
static void
add_allowances(struct gv_buf *out, const struct gv_policy_scan *scan)
{
	size_t i;

	for (i = 0; i < scan->n_allow; i++) {
		const struct gv_policy_allowance *a = &scan->allow[i];

		if (a->ends != INT64_MAX || a->reason == NULL)
			continue;
		add_text(out, a->fingerprint);
		add_text(out, a->value);
		add_text(out, a->path);
		add_text(out, a->rule);
	}
	gv_buf_addch(out, '\0');
}

static int
sum_up(struct gv_sift *sift)
{
	const struct gv_policy *policy = policy_of(sift);
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid rules;
	int r = 0;

	add_text(&text, DECIDER);
	add_paths(&text, policy->secrets.scopes, policy->secrets.n_scopes);
	add_paths(&text, policy->secrets.paths, policy->secrets.n_paths);
	if (policy->secrets.is_double)
		add_paths(&text, policy->secrets.also, policy->secrets.n_also);
	if ((r = gv_buf_check(&text)) == 0)
		gv_hash_plain(&sift->by_policy, text.p, text.len);
	if (r < 0 || sift->trawl == NULL)
		goto out;
	r = gv_trawl_sum_rules(&rules, sift->trawl);
	if (r < 0)
		goto out;
	gv_buf_add(&text, rules.id, GV_OID_RAW);
	add_text(&text, policy->secrets.withhold);
	add_allowances(&text, &policy->scan);
	if ((r = gv_buf_check(&text)) == 0)
		gv_hash_plain(&sift->sum, text.p, text.len);
out:
	gv_buf_release(&text);
	return r;
}

static enum gv_finding_grade
grade_of(const char *word)
{
	int i;

	for (i = 0; word && i < GV_FINDING_GRADES; i++)
		if (strcmp(gv_finding_grades[i], word) == 0)
			return (enum gv_finding_grade)i;
	return GV_FINDING_POSSIBLE;
}

int
gv_sift_new(struct gv_sift **out, struct gv_repo *repo, int64_t now)
{
	const struct gv_trawl_opts how = {
		.repo = repo, .now = now, .tallies = true
	};
	struct gv_sift *sift = calloc(1, sizeof(*sift));
	int r;

	if (sift == NULL)
		return gv_err_nomem();
	if ((r = gv_trawl_new(&sift->trawl, &how)) == 0)
		sift->trawl->private->withhold =
		    grade_of(sift->trawl->private->policy.secrets.withhold);
	if (r == 0 && (r = gv_trawl_fact_load(sift->trawl)) == 0 &&
	    (r = sum_up(sift)) == 0)
		*out = sift;
	else
		gv_sift_free(sift);
	return r;
}

void
gv_sift_want_likely(struct gv_sift *sift)
{
	struct gv_trawl_private *p = sift->trawl ? sift->trawl->private : NULL;

	if (p && p->withhold > GV_FINDING_LIKELY)
		p->withhold = GV_FINDING_LIKELY;
}

int
gv_sift_new_blind(struct gv_sift **out, struct gv_repo *repo, int64_t now)
{
	struct gv_sift *sift = calloc(1, sizeof(*sift));
	char *before = gv_err_save();
	int r;

	(void)now;
	if (sift == NULL) {
		free(before);
		return gv_err_nomem();
	}
	r = gv_team_load(&sift->policy, repo);
	if (r == GV_ENOMEM) {
		free(before);
		gv_sift_free(sift);
		return r;
	}
	gv_err_restore(before);
	if ((r = sum_up(sift)) == 0)
		*out = sift;
	else
		gv_sift_free(sift);
	return r;
}

void
gv_sift_free(struct gv_sift *sift)
{
	if (sift == NULL)
		return;
	gv_trawl_free(sift->trawl);
	gv_policy_release(&sift->policy);
	free(sift);
}

void
gv_sift_save(struct gv_sift *sift)
{
	if (sift->trawl)
		gv_trawl_fact_save(sift->trawl);
}

bool
gv_sift_searches(const struct gv_sift *sift)
{
	return sift->trawl != NULL;
}

int
gv_sift_warm(struct gv_sift *sift)
{
	return sift->trawl ? gv_trawl_open_rules(sift->trawl) : 0;
}

const struct gv_oid *
gv_sift_sum(const struct gv_sift *sift)
{
	return &sift->sum;
}

const struct gv_oid *
gv_sift_policy(const struct gv_sift *sift)
{
	return &sift->by_policy;
}

enum gv_scope_keep
gv_sift_keep(const struct gv_sift *sift, const char *path, bool is_ignored)
{
	return gv_scope_keep(policy_of(sift), path, is_ignored);
}

const char *
gv_sift_scope(const struct gv_sift *sift, const char *path)
{
	return gv_scope_of(policy_of(sift), path);
}

bool
gv_sift_saves_states(const struct gv_sift *sift)
{
	return !policy_of(sift)->states.are_left;
}

/* ---- one thread's ---- */

int
gv_sift_view_new(struct gv_sift_view **out, struct gv_sift *sift)
{
	struct view *view = calloc(1, sizeof(*view));

	if (view == NULL)
		return gv_err_nomem();
	view->trawl = view->window.trawl = sift->trawl;
	view->window.scan = (struct gv_scan)GV_SCAN_INIT;
	view->facts.bytes = (struct gv_buf)GV_BUF_INIT;
	*out = &view->public;
	return 0;
}

void
gv_sift_view_free(struct gv_sift_view *public)
{
	struct view *view = (struct view *)public;

	if (view == NULL)
		return;
	gv_trawl_window_release(&view->window);
	gv_buf_release(&view->facts.bytes);
	free(view->tally.spans);
	free(view);
}

static void
show(struct view *view, uint64_t settled)
{
	view->public.spans = view->tally.spans;
	view->public.n = view->tally.n;
	view->public.is_all = view->tally.is_all;
	view->public.findings = view->tally.open;
	view->public.lack = gv_trawl_lacks[view->tally.lack];
	view->public.settled = settled;
}

static void
reset(struct view *view)
{
	view->tally.n = 0;
	view->tally.open = 0;
	view->tally.is_all = false;
	view->tally.lack = GV_TRAWL_ALL;
	show(view, 0);
}

int
gv_sift_known(
    struct gv_sift_view *public, const char *path, const struct gv_oid *blob)
{
	struct view *view = (struct view *)public;
	const struct gv_trawl_job job = { .path = path, .blob = *blob };
	int r;

	reset(view);
	r = gv_trawl_fact_tell(view->trawl, &job, &view->tally);
	show(view, r > 0 ? UINT64_MAX : 0);
	return r;
}

int
gv_sift_begin(struct gv_sift_view *public, const char *path)
{
	struct view *view = (struct view *)public;

	reset(view);
	gv_trawl_window_open(&view->window, path);
	view->window.facts = gv_trawl_fact_begin(&view->facts);
	view->window.tally = &view->tally;
	return gv_trawl_open_rules(view->trawl);
}

int
gv_sift_add(struct gv_sift_view *public, const void *data, size_t len)
{
	struct view *view = (struct view *)public;
	int r = gv_trawl_window_add(&view->window, data, len);

	show(view, view->window.done);
	return r;
}

int
gv_sift_end(struct gv_sift_view *public)
{
	struct view *view = (struct view *)public;
	int r = gv_trawl_window_end(&view->window);

	show(view, r == 0 ? UINT64_MAX : view->window.done);
	return r;
}

void
gv_sift_learn(struct gv_sift_view *public, const struct gv_oid *blob)
{
	struct view *view = (struct view *)public;

	gv_trawl_fact_put(view->trawl, blob, view->window.path, &view->facts);
}

int
gv_sift_whole(struct gv_sift_view *view, const char *path,
    const struct gv_oid *blob, const void *data, size_t len)
{
	int r = gv_sift_known(view, path, blob);

	if (r != 0)
		return r < 0 ? r : 0;
	if ((r = gv_sift_begin(view, path)) == 0 &&
	    (r = gv_sift_add(view, data, len)) == 0 &&
	    (r = gv_sift_end(view)) == 0)
		gv_sift_learn(view, blob);
	return r;
}
