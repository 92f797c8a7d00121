#include "detect/screen.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "detect/sweep_internal.h"
#include "policy/team.h"
#include "repo/hash.h"

/* To be raised where what is withheld comes to be decided otherwise. */
#define DECIDER "2"

struct gv_screen {
	struct gv_sweep *sweep;  /* NULL: nothing is searched */
	struct gv_policy policy; /* … and this is the policy then */
	struct gv_oid sum, by_policy;
};

struct view {
	struct gv_screen_view public; /* first */
	struct gv_sweep *sweep;
	struct gv_sweep_window window;
	struct gv_sweep_facts facts;
	struct gv_sweep_tally tally;
};

static const struct gv_policy *
policy_of(const struct gv_screen *screen)
{
	return screen->sweep ? &screen->sweep->private->policy
			     : &screen->policy;
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
sum_up(struct gv_screen *screen)
{
	const struct gv_policy *policy = policy_of(screen);
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid rules;
	int r = 0;

	add_text(&text, DECIDER);
	add_paths(&text, policy->secrets.scopes, policy->secrets.n_scopes);
	add_paths(&text, policy->secrets.paths, policy->secrets.n_paths);
	if (policy->secrets.is_double)
		add_paths(&text, policy->secrets.also, policy->secrets.n_also);
	if ((r = gv_buf_check(&text)) == 0)
		gv_hash_plain(&screen->by_policy, text.p, text.len);
	if (r < 0 || screen->sweep == NULL)
		goto out;
	r = gv_sweep_sum_rules(&rules, screen->sweep);
	if (r < 0)
		goto out;
	gv_buf_add(&text, rules.id, GV_OID_RAW);
	add_text(&text, policy->secrets.withhold);
	add_allowances(&text, &policy->scan);
	if ((r = gv_buf_check(&text)) == 0)
		gv_hash_plain(&screen->sum, text.p, text.len);
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
gv_screen_new(struct gv_screen **out, struct gv_repo *repo, int64_t now)
{
	const struct gv_sweep_opts how = {
		.repo = repo, .now = now, .tallies = true
	};
	struct gv_screen *screen = calloc(1, sizeof(*screen));
	int r;

	if (screen == NULL)
		return gv_err_nomem();
	if ((r = gv_sweep_new(&screen->sweep, &how)) == 0)
		screen->sweep->private->withhold =
		    grade_of(screen->sweep->private->policy.secrets.withhold);
	if (r == 0 && (r = gv_sweep_fact_load(screen->sweep)) == 0 &&
	    (r = sum_up(screen)) == 0)
		*out = screen;
	else
		gv_screen_free(screen);
	return r;
}

void
gv_screen_want_likely(struct gv_screen *screen)
{
	struct gv_sweep_private *p =
	    screen->sweep ? screen->sweep->private : NULL;

	if (p && p->withhold > GV_FINDING_LIKELY)
		p->withhold = GV_FINDING_LIKELY;
}

int
gv_screen_new_blind(struct gv_screen **out, struct gv_repo *repo, int64_t now)
{
	struct gv_screen *screen = calloc(1, sizeof(*screen));
	char *before = gv_err_save();
	int r;

	(void)now;
	if (screen == NULL) {
		free(before);
		return gv_err_nomem();
	}
	r = gv_team_load(&screen->policy, repo);
	if (r == GV_ENOMEM) {
		free(before);
		gv_screen_free(screen);
		return r;
	}
	gv_err_restore(before);
	if ((r = sum_up(screen)) == 0)
		*out = screen;
	else
		gv_screen_free(screen);
	return r;
}

void
gv_screen_free(struct gv_screen *screen)
{
	if (screen == NULL)
		return;
	gv_sweep_free(screen->sweep);
	gv_policy_release(&screen->policy);
	free(screen);
}

void
gv_screen_save(struct gv_screen *screen)
{
	if (screen->sweep)
		gv_sweep_fact_save(screen->sweep);
}

bool
gv_screen_searches(const struct gv_screen *screen)
{
	return screen->sweep != NULL;
}

int
gv_screen_warm(struct gv_screen *screen)
{
	return screen->sweep ? gv_sweep_open_rules(screen->sweep) : 0;
}

const struct gv_oid *
gv_screen_sum(const struct gv_screen *screen)
{
	return &screen->sum;
}

const struct gv_oid *
gv_screen_policy(const struct gv_screen *screen)
{
	return &screen->by_policy;
}

enum gv_scope_keep
gv_screen_keep(
    const struct gv_screen *screen, const char *path, bool is_ignored)
{
	return gv_scope_keep(policy_of(screen), path, is_ignored);
}

const char *
gv_screen_scope(const struct gv_screen *screen, const char *path)
{
	return gv_scope_of(policy_of(screen), path);
}

bool
gv_screen_saves_states(const struct gv_screen *screen)
{
	return !policy_of(screen)->states.are_left;
}

/* ---- one thread's ---- */

int
gv_screen_view_new(struct gv_screen_view **out, struct gv_screen *screen)
{
	struct view *view = calloc(1, sizeof(*view));

	if (view == NULL)
		return gv_err_nomem();
	view->sweep = view->window.sweep = screen->sweep;
	view->window.scan = (struct gv_scan)GV_SCAN_INIT;
	view->facts.bytes = (struct gv_buf)GV_BUF_INIT;
	*out = &view->public;
	return 0;
}

void
gv_screen_view_free(struct gv_screen_view *public)
{
	struct view *view = (struct view *)public;

	if (view == NULL)
		return;
	gv_sweep_window_release(&view->window);
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
	view->public.lack = gv_sweep_lacks[view->tally.lack];
	view->public.settled = settled;
}

static void
reset(struct view *view)
{
	view->tally.n = 0;
	view->tally.open = 0;
	view->tally.is_all = false;
	view->tally.lack = GV_SWEEP_ALL;
	show(view, 0);
}

int
gv_screen_known(
    struct gv_screen_view *public, const char *path, const struct gv_oid *blob)
{
	struct view *view = (struct view *)public;
	const struct gv_sweep_job job = { .path = path, .blob = *blob };
	int r;

	reset(view);
	r = gv_sweep_fact_tell(view->sweep, &job, &view->tally);
	show(view, r > 0 ? UINT64_MAX : 0);
	return r;
}

int
gv_screen_begin(struct gv_screen_view *public, const char *path)
{
	struct view *view = (struct view *)public;

	reset(view);
	gv_sweep_window_open(&view->window, path);
	view->window.facts = gv_sweep_fact_begin(&view->facts);
	view->window.tally = &view->tally;
	return gv_sweep_open_rules(view->sweep);
}

int
gv_screen_add(struct gv_screen_view *public, const void *data, size_t len)
{
	struct view *view = (struct view *)public;
	int r = gv_sweep_window_add(&view->window, data, len);

	show(view, view->window.done);
	return r;
}

int
gv_screen_end(struct gv_screen_view *public)
{
	struct view *view = (struct view *)public;
	int r = gv_sweep_window_end(&view->window);

	show(view, r == 0 ? UINT64_MAX : view->window.done);
	return r;
}

void
gv_screen_learn(struct gv_screen_view *public, const struct gv_oid *blob)
{
	struct view *view = (struct view *)public;

	gv_sweep_fact_put(view->sweep, blob, view->window.path, &view->facts);
}

int
gv_screen_whole(struct gv_screen_view *view, const char *path,
    const struct gv_oid *blob, const void *data, size_t len)
{
	int r = gv_screen_known(view, path, blob);

	if (r != 0)
		return r < 0 ? r : 0;
	if ((r = gv_screen_begin(view, path)) == 0 &&
	    (r = gv_screen_add(view, data, len)) == 0 &&
	    (r = gv_screen_end(view)) == 0)
		gv_screen_learn(view, blob);
	return r;
}
