#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "store/odb.h"
#include "sys/proc.h"
#include "vault/doctor_internal.h"
#include "vault/record.h"
#include "vault/status.h"

#define A_WEEK   (7 * 86400)
#define A_MINUTE 60

/* When the newest snapshot was taken, by its id; 0: there is none. */
static int64_t
newest(const struct gv_doctor *d)
{
	const char *id;
	int64_t t, last = 0;
	size_t i;

	for (i = 0; i < d->snapshots.n; i++) {
		id = d->snapshots.refs[i].name + strlen(GV_REF_SNAPSHOTS);
		if (gv_record_is_id(id, strlen(id)) &&
		    gv_time_parse_compact(&t, id) == 0 && t > last)
			last = t;
	}
	return last;
}

int
gv_doctor_clock(struct gv_doctor *d)
{
	char text[GV_TIME_MAX];
	int64_t last = newest(d);

	if (last <= d->opts->now + A_MINUTE)
		return 0;
	gv_time_rfc3339(text, last);
	return gv_doctor_add(d, GV_DOCTOR_WARNING, "clock_behind", NULL,
	    "the clock of this machine is behind the newest snapshot, which "
	    "was taken at %s; snapshots taken now would not be the newest",
	    text);
}

int
gv_doctor_age(struct gv_doctor *d)
{
	struct gv_status status = { 0 };
	char age[GV_TIME_MAX];
	int64_t last = newest(d);
	int r;

	if (last == 0)
		return gv_doctor_add(d, GV_DOCTOR_NOTE, "no_snapshot",
		    "git vault snapshot", "there is no snapshot yet");
	if (d->repo->worktree == NULL)
		return 0;
	r = gv_status_get(&status, d->repo);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		return gv_doctor_add(d, GV_DOCTOR_ERROR, "snapshot_damaged",
		    "git vault repair",
		    "the last snapshot cannot be compared with: %s",
		    gv_err_message());
	if (r < 0)
		return r;
	gv_time_relative(age, last, d->opts->now);
	if (status.n && d->opts->now - last > A_WEEK)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "snapshot_old",
		    "git vault snapshot",
		    "the newest snapshot was taken %s, and %zu paths have "
		    "changed since",
		    age, status.n);
	if (r == 0 && status.unheld)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "precious_unheld",
		    "git vault snapshot",
		    "%llu precious files that git ignores are in no snapshot; "
		    "'git vault status' names them",
		    (unsigned long long)status.unheld);
	gv_status_release(&status);
	return r;
}

static bool
is_snapshot(struct gv_odb *odb, const char *hex)
{
	struct gv_object obj = { 0 };
	struct gv_record rec;
	struct gv_oid oid;
	bool yes = false;

	if (gv_oid_parse(&oid, hex) == 0 &&
	    gv_odb_read_type(odb, &obj, &oid, GV_OTYPE_COMMIT) == 0 &&
	    gv_record_parse(&rec, obj.data, obj.len) == 0) {
		yes = true;
		gv_record_release(&rec);
	}
	gv_object_release(&obj);
	return yes;
}

/* Commits of snapshots that no ref names any more. */
int
gv_doctor_unreachable(struct gv_doctor *d)
{
	static const char word[] = "unreachable commit ";
	const char *argv[] = { "git", "fsck", "--connectivity-only",
		"--unreachable", "--no-progress", NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_odb *odb;
	const char *line, *end;
	size_t n = 0;
	int r = gv_repo_odb(d->repo, &odb);

	if (r == 0)
		r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	for (line = p.out.p; r == 0 && *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		if (strncmp(line, word, sizeof(word) - 1) == 0)
			n += is_snapshot(odb, line + sizeof(word) - 1);
	}
	gv_proc_release(&p);
	if (r < 0 || n == 0)
		return r;
	return gv_doctor_add(d, GV_DOCTOR_NOTE, "unreachable_snapshots",
	    "git fsck --unreachable",
	    "%zu snapshots are here that no ref names, deleted ones mostly; "
	    "git gc removes them in time",
	    n);
}
