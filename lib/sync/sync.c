#include "sync/sync.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "record/mark.h"
#include "record/tombstone.h"
#include "remote/remote.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "state/track.h"
#include "sync/sync_internal.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/proc.h"

/*
 * Fetch, merge, push, and all of it again where the remote moved in between: no
 * step of it can be left out then, since what came has to be merged with ours
 * before ours may go. How often, and how long to wait, is bounded; the waits
 * differ, so that two clones which met once do not meet again.
 */

#define TRIES    8
#define PAUSE_MS 40   /* doubled each time … */
#define LONGEST  2000 /* … up to this */
#define LOOSE    500  /* refs in a file each that are left so */

/* ---- the report --------------------------------------------------------- */

int
gv_sync_note(struct gv_sync *s, enum gv_sync_action action,
    const struct gv_sync_ref *ref, char *why)
{
	struct gv_sync_report *to = s->report;
	struct gv_sync_item *item;
	int r = GV_GROW(to->items, to->n, to->cap);

	if (r < 0) {
		free(why);
		return r;
	}
	item = &to->items[to->n];
	*item = (struct gv_sync_item){ .action = action,
		.ref = strdup(ref->name),
		.ours = ref->ours,
		.theirs = ref->theirs,
		.why = why };
	if (item->ref == NULL) {
		free(why);
		return gv_err_nomem();
	}
	to->n++;
	to->counts[action]++;
	return 0;
}

int
gv_sync_note_message(struct gv_sync *s, enum gv_sync_action action,
    const struct gv_sync_ref *ref)
{
	char *why = strdup(gv_err_message());

	return why ? gv_sync_note(s, action, ref, why) : gv_err_nomem();
}

static void
release_item(struct gv_sync_item *item)
{
	free(item->ref);
	free(item->why);
}

/* Forget what was noted from the n-th on: it did not come to be. */
static void
unnote(struct gv_sync_report *report, size_t n)
{
	while (report->n > n) {
		report->n--;
		report->counts[report->items[report->n].action]--;
		release_item(&report->items[report->n]);
	}
}

/* Conflicts are those of the last look. */
static void
forget_conflicts(struct gv_sync_report *report)
{
	size_t i, n = 0;

	for (i = 0; i < report->n; i++) {
		if (report->items[i].action == GV_SYNC_CONFLICT ||
		    report->items[i].action == GV_SYNC_HELD)
			release_item(&report->items[i]);
		else
			report->items[n++] = report->items[i];
	}
	report->n = n;
	report->counts[GV_SYNC_CONFLICT] = 0;
	report->counts[GV_SYNC_HELD] = 0;
}

void
gv_sync_release(struct gv_sync_report *report)
{
	if (report == NULL)
		return;
	unnote(report, 0);
	free(report->items);
	free(report->remote);
	gv_buf_release(&report->warnings);
	gv_safe_close(report->safe);
	memset(report, 0, sizeof(*report));
}

/* ---- sets of names ------------------------------------------------------ */

int
gv_sync_set_add(struct gv_sync *s, struct gv_map *set, const char *name)
{
	size_t len = strlen(name);
	char *key;

	if (gv_map_get(set, name, len))
		return 0;
	key = gv_arena_copy(&s->arena, name, len);
	return key ? gv_map_put(set, key, len, key) : GV_ENOMEM;
}

bool
gv_sync_set_has(const struct gv_map *set, const char *name)
{
	return gv_map_get(set, name, strlen(name)) != NULL;
}

/* ---- which remote ------------------------------------------------------- */

static int
name_remote(struct gv_sync *s)
{
	const char *name = s->opts->remote;
	int r = name && s->opts->given == NULL
	    ? gv_remote_check(&s->repo->config, name)
	    : 0;

	if (r < 0)
		return r;
	if (name == NULL)
		return gv_remote_default(&s->report->remote, s->repo);
	s->report->remote = strdup(name);
	return s->report->remote ? 0 : gv_err_nomem();
}

static int
choose_remote(struct gv_sync *s)
{
	int r = name_remote(s);

	s->remote = s->report->remote;
	if (r < 0 || s->opts->given)
		return r;
	s->is_elsewhere = gv_remote_is_pushed_elsewhere(
	    &s->repo->config, s->remote, strlen(s->remote));
	return gv_remote_ref_open(
	    &s->map, &s->repo->config, s->remote, strlen(s->remote));
}

/* ---- the run ------------------------------------------------------------ */

/* A stack that is to be resolved is one of those that there are. */
static int
check_stacks(struct gv_sync *s)
{
	size_t i, k, len = strlen(GV_REFS_STATES);

	for (i = 0; i < s->opts->n_stacks; i++) {
		for (k = 0; k < s->refs.n; k++)
			if (strncmp(s->refs.refs[k].name, GV_REFS_STATES,
				len) == 0 &&
			    strcmp(s->refs.refs[k].name + len,
				s->opts->stacks[i]) == 0)
				break;
		if (k == s->refs.n)
			return gv_err(GV_EUSAGE,
			    "there is no state %s, neither here nor in '%s'; "
			    "to list states: git vault state list",
			    s->opts->stacks[i], s->remote);
	}
	return 0;
}

/* A ref that another git-vault has just moved is as good as moved by us. */
static int
merge(struct gv_sync *s)
{
	size_t n;
	int r;

	forget_conflicts(s->report);
	n = s->report->n;
	gv_map_release(&s->held);
	gv_map_release(&s->gone);
	gv_map_release(&s->unseen);
	s->is_short = false;
	if ((r = gv_sync_list(s)) == 0 && s->attempt == 0)
		r = check_stacks(s);
	if (r == 0 && s->opts->given == NULL)
		r = gv_sync_check_project(s);
	if (r == 0)
		r = gv_sync_merge(s);
	/* a bundle has none, whatever remote it is called as */
	if (r == 0 && s->opts->given == NULL)
		r = gv_sync_receipts(s);
	if (r < 0)
		unnote(s->report, n);
	return r;
}

/* What such a push clears, and the marks, which move in it. */
static int
note_uncleared(struct gv_sync *s, bool sends_marks)
{
	struct gv_sync_ref marks = { .name = GV_REF_MARKS };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->refs.n; i++) {
		const struct gv_sync_ref *ref = &s->refs.refs[i];

		if (gv_sync_is_to_clear(s, ref))
			r = gv_sync_note(s, GV_SYNC_CLEARED, ref, NULL);
		else if (strcmp(ref->name, GV_REF_MARKS) == 0)
			marks = *ref;
	}
	return r == 0 && !sends_marks
	    ? gv_sync_note(s, GV_SYNC_SENT, &marks, NULL)
	    : r;
}

/* Whether a push would bring it: 1 or 0, or a failure. */
static int
would_send(const struct gv_sync *s, const struct gv_sync_ref *ref)
{
	bool behind = false;
	struct gv_oid base;
	int r;

	if (gv_oid_is_zero(&ref->ours) ||
	    gv_oid_equal(&ref->ours, &ref->theirs) ||
	    gv_sync_set_has(&s->held, ref->name) ||
	    gv_sync_set_has(&s->refused, ref->name) ||
	    gv_sync_set_has(&s->gone, ref->name))
		return 0;
	if (gv_oid_is_zero(&ref->theirs))
		return 1;
	r = gv_sync_is_line(&behind, &base, ref);
	return r < 0 ? r : !(r && behind);
}

/* What would go, in place of a push. */
static int
note_unsent(struct gv_sync *s)
{
	bool tells = false, sends_marks = false;
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < s->refs.n; i++) {
		const struct gv_sync_ref *ref = &s->refs.refs[i];

		r = would_send(s, ref);
		if (r <= 0)
			continue;
		tells |= strcmp(ref->name, GV_REF_DELETED) == 0;
		sends_marks |= strcmp(ref->name, GV_REF_MARKS) == 0;
		r = gv_sync_note(s, GV_SYNC_SENT, ref, NULL);
	}
	if (r >= 0 && gv_sync_clears(s, tells))
		r = note_uncleared(s, sends_marks);
	return r < 0 ? r : 0;
}

static int
attempt(struct gv_sync *s)
{
	const struct gv_sync_opts *o = s->opts;
	int r = o->no_fetch ? 0 : gv_sync_fetch(s);

	if (r == 0 && s->attempt == 0 && !o->given)
		r = gv_sync_adopt(s);
	if (r == 0 && (r = merge(s)) == 0 && s->is_short && !s->was_short &&
	    !o->dry_run) {
		s->was_short = true;
		r = gv_err(GV_EEXISTS, "its pins were not fetched yet");
	}
	if (r < 0 || o->no_push)
		return r;
	/* what the merge has moved */
	if (!o->dry_run)
		r = gv_sync_list(s);
	if (r < 0 || (r = gv_sync_gate(s)) < 0)
		return r;
	/* a push looks again each time that the remote refuses something */
	if (o->dry_run && (r = gv_sync_hold(s)) < 0)
		return r;
	return o->dry_run ? note_unsent(s) : gv_sync_push(s);
}

static void
wait(unsigned attempt)
{
	unsigned longest = PAUSE_MS << attempt;
	unsigned char random[2] = { 0 };

	longest = longest < LONGEST ? longest : LONGEST;
	(void)gv_clock_random(random, sizeof(random));
	gv_clock_sleep((int)(longest / 2 +
	    ((unsigned)random[0] << 8 | random[1]) % (longest / 2 + 1)));
}

static int
run(struct gv_sync *s)
{
	int r;

	if ((r = choose_remote(s)) < 0)
		goto out;
	if (!s->opts->dry_run && (r = gv_ref_sweep(s->repo)) < 0)
		goto out;
	if ((r = gv_sync_narrow_mark(s)) < 0)
		goto out;
	while (r == 0) {
		s->report->attempts++;
		r = attempt(s);
		if (r != GV_EEXISTS || s->attempt + 1 == TRIES)
			break;
		if (gv_cancel_requested())
			return gv_cancel_error();
		wait(s->attempt++);
		r = 0;
	}
	if (r < 0 || (r = gv_sync_narrow_unmark(s)) < 0)
		goto out;
	if (s->opts->given == NULL)
		r = gv_sync_narrow_tell(s);
out:
	return r == GV_EEXISTS
	    ? gv_err_in(
		  GV_ELOCKED, "given up after %d times; do it again", TRIES)
	    : r;
}

/* As git's own fetch does at its end, which is switched off here: once for all
 * fetches, where something came, when nothing else of git-vault is under way.
 * Otherwise each sync would leave one more pack. */
static void
tend(const struct gv_sync *s)
{
	static const char *const argv[] = { "git", "maintenance", "run",
		"--auto", "--quiet", NULL };
	const size_t *n = s->report->counts;
	struct gv_proc p = GV_PROC_INIT;

	if (s->opts->dry_run || s->opts->no_fetch || s->opts->given ||
	    !gv_config_bool(&s->repo->config, "maintenance.auto", true) ||
	    n[GV_SYNC_TAKEN] + n[GV_SYNC_MERGED] + n[GV_SYNC_RESOLVED] == 0)
		return;
	/* what fails of it is for git's next one */
	(void)gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	gv_proc_release(&p);
}

int
gv_sync_run(struct gv_sync_report *out, struct gv_repo *repo,
    const struct gv_sync_opts *opts)
{
	struct gv_sync s = { .repo = repo,
		.opts = opts,
		.report = out,
		.held = GV_MAP_INIT,
		.gone = GV_MAP_INIT,
		.refused = GV_MAP_INIT,
		.unseen = GV_MAP_INIT,
		.wanted = GV_MAP_INIT,
		.arena = GV_ARENA_INIT };
	size_t n;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = gv_repo_check_writable(repo)) < 0 || (r = run(&s)) < 0)
		goto out;
	if (!opts->dry_run && !opts->given) {
		gv_sync_audit_keep(&s);
		if ((r = gv_sync_keep(&s)) < 0)
			goto out;
	}
	if (!opts->dry_run)
		(void)gv_ref_pack(&n, repo, LOOSE);
	tend(&s);
out:
	gv_sync_refs_release(&s.refs);
	gv_refs_release(&s.there);
	gv_remote_ref_release(&s.map);
	gv_map_release(&s.held);
	gv_map_release(&s.gone);
	gv_map_release(&s.refused);
	gv_map_release(&s.unseen);
	gv_map_release(&s.wanted);
	gv_arena_release(&s.arena);
	return r;
}
