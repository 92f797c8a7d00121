#include "doctor/doctor.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "doctor/doctor_internal.h"
#include "repo/refs.h"
#include "sys/cancel.h"

/* In the order of danger, which findings of one grade are shown in: what keeps
 * a snapshot from being taken or read, what loses all of them at once, what may
 * lose some, what lets secrets out or keeps records from counting, what stands
 * in the way, and what Git was told. */
static const struct {
	int (*run)(struct gv_doctor *d);
	bool is_brief; /* reads refs, receipts and dates alone */
} checks[] = {
	{ gv_doctor_policy, true },
	{ gv_doctor_watch, true },
	{ gv_doctor_versions, false },
	{ gv_doctor_marks, true },
	{ gv_doctor_damage, true },
	{ gv_doctor_broken, true },
	{ gv_doctor_misnamed, false },
	{ gv_doctor_targets, true },
	{ gv_doctor_remotes, true },
	{ gv_doctor_keys, true },
	{ gv_doctor_key_age, true },
	{ gv_doctor_conflicts, true },
	{ gv_doctor_member, false },
	{ gv_doctor_unsent, true },
	{ gv_doctor_clock, true },
	{ gv_doctor_age, true },
	{ gv_doctor_verified, true },
	{ gv_doctor_borrowed, false },
	{ gv_doctor_trash, false },
	{ gv_doctor_own, false },
	{ gv_doctor_states, false },
	{ gv_doctor_drills, true },
	{ gv_doctor_good, true },
	{ gv_doctor_scopes, false },
	{ gv_doctor_revoked, false },
	{ gv_doctor_clear, false },
	{ gv_doctor_backends, false },
	{ gv_doctor_receipts, false },
	{ gv_doctor_audit, true },
	{ gv_doctor_approvals, true },
	{ gv_doctor_state_locks, false },
	{ gv_doctor_hooks, false },
	{ gv_doctor_disk, false },
	{ gv_doctor_permissions, false },
	{ gv_doctor_locks, false },
	{ gv_doctor_refs, false },
	{ gv_doctor_left, false },
	{ gv_doctor_runs, false },
	{ gv_doctor_packs, false },
	{ gv_doctor_caches, false },
	{ gv_doctor_refspecs, false },
	{ gv_doctor_prefixes, false },
	{ gv_doctor_gc, false },
	{ gv_doctor_fsync, false },
	{ gv_doctor_file_system, false },
	{ gv_doctor_clone, false },
	{ gv_doctor_name, false },
	{ gv_doctor_graph, false },
	{ gv_doctor_fetch, false },
	{ gv_doctor_notes, false },
	{ gv_doctor_unreachable, false },
	{ gv_doctor_aside, false },
	{ gv_doctor_elsewhere, false },
};

const char *
gv_doctor_id(const struct gv_doctor_report *report, size_t i)
{
	return report->refs.refs.refs[i].name + strlen(GV_REFS_SNAPSHOTS);
}

int64_t
gv_doctor_time(const struct gv_doctor_report *report, size_t i)
{
	int64_t t = 0;

	return gv_time_parse_compact(&t, gv_doctor_id(report, i)) == 0 ? t : 0;
}

/* Other names are reported by gv_doctor_misnamed(). */
static void
keep_ids(struct gv_refs *refs)
{
	size_t i, n = 0;

	for (i = 0; i < refs->n; i++)
		if (gv_record_is_ref(refs->refs[i].name))
			refs->refs[n++] = refs->refs[i];
	refs->n = n;
}

static int
load(struct gv_doctor *d)
{
	int r = gv_ref_list(&d->snapshots, d->repo, GV_REFS_SNAPSHOTS);

	if (r == 0 && (r = gv_record_refs_load(&d->report->refs, d->repo)) == 0)
		keep_ids(&d->report->refs.refs);
	return r;
}

int
gv_doctor_run(struct gv_doctor_report *out, struct gv_repo *repo,
    const struct gv_doctor_opts *opts)
{
	struct gv_doctor d = { .repo = repo, .opts = opts, .report = out };
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	r = load(&d);
	for (i = 0; r == 0 && i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (opts->brief && !checks[i].is_brief)
			continue;
		r = gv_cancel_requested() ? gv_cancel_error()
					  : checks[i].run(&d);
		out->checks++;
	}
	if (r == 0 && opts->remote) {
		r = gv_doctor_remote(&d);
		out->checks++;
	}
	gv_refs_release(&d.snapshots);
	if (r < 0)
		gv_doctor_release(out);
	else
		gv_doctor_sort(out);
	return r;
}

void
gv_doctor_release(struct gv_doctor_report *report)
{
	size_t i;

	if (report == NULL)
		return;
	for (i = 0; i < report->n; i++) {
		free(report->findings[i].text);
		free(report->findings[i].command);
	}
	free(report->findings);
	for (i = 0; i < report->n_envs; i++) {
		if (report->envs[i].has_good)
			gv_good_release(&report->envs[i].good);
		gv_record_release(&report->envs[i].rec);
	}
	free(report->envs);
	for (i = 0; i < report->n_conflicts; i++) {
		free(report->conflicts[i].state);
		free(report->conflicts[i].remote);
	}
	free(report->conflicts);
	free(report->remotes);
	if (report->has_keyring)
		gv_keyring_kept_release(&report->keyring);
	gv_keyring_ages_release(&report->ages);
	gv_goods_release(&report->goods);
	gv_whereabouts_release(&report->where);
	gv_copies_release(&report->copies);
	gv_record_refs_release(&report->refs);
	gv_probe_release(&report->probe);
	memset(report, 0, sizeof(*report));
}
