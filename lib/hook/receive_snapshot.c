#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "hook/receive_internal.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/record_load.h"
#include "record/tombstone.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

/*
 * A snapshot may come late: a user who was offline for weeks pushes it now, and
 * the receipt says when it came. So its age is no fault, unless the server's
 * configuration has a limit. What is refused is a time that contradicts itself:
 * an id that is not that of its commit, or of another second than its commit,
 * or of the future.
 */

static const char *
id_of(const struct gv_receive_update *u)
{
	return u->ref + strlen(GV_REFS_SNAPSHOTS);
}

static int
load_tombs(struct gv_receive_job *job)
{
	const struct gv_receive_update *u =
	    gv_receive_find(job->push, GV_REF_DELETED);
	struct gv_oid tip = { { 0 } };
	int r = 0;

	if (job->has_tombs)
		return 0;
	if (u)
		tip = u->new;
	else
		r = gv_ref_find(&tip, job->repo, GV_REF_DELETED);
	if (r == 0)
		r = gv_ledger_load(&job->tombs, job->odb, &tip);
	job->has_tombs = r == 0;
	return r < 0 ? gv_err_in(r, GV_REF_DELETED) : 0;
}

/* Whether it is deleted by what this push, or an earlier one, says: 1 or 0. */
static int
is_deleted(struct gv_receive_job *job, const char *id, int64_t *day)
{
	int r = load_tombs(job);

	return r < 0 ? r : gv_tombstone_find(day, job->odb, &job->tombs, id);
}

int
gv_receive_check_deletion(
    struct gv_receive_job *job, const struct gv_receive_update *u)
{
	/* of a snapshot or of a dump: the id comes last */
	int r = is_deleted(job, strrchr(u->ref, '/') + 1, NULL);

	if (r < 0)
		return gv_receive_fault_of(job, u->ref, r);
	return r > 0
	    ? 0
	    : gv_receive_fault(job, u->ref,
		  "it can only be deleted together with its entry in " GV_REF_DELETED
		  ", or other clones would bring it back; "
		  "git vault delete and git vault prune make one: push that ref as well");
}

static int
check_time(struct gv_receive_job *job, const struct gv_receive_update *u,
    const struct gv_record *rec)
{
	char when[GV_TIME_MAX], now[GV_TIME_MAX], said[GV_TIME_MAX];
	int64_t stamp;

	if (gv_time_parse_compact(&stamp, rec->id) < 0)
		return gv_receive_fault(job, u->ref, "its id has no time");
	gv_time_rfc3339(when, stamp);
	gv_time_rfc3339(now, job->now);
	gv_time_rfc3339(said, rec->time);
	if (stamp != rec->time)
		return gv_receive_fault(job, u->ref,
		    "by its id it was taken at %s, by its commit at %s: it was "
		    "made to look older or younger than it is",
		    when, said);
	if (stamp - job->now > job->settings.max_ahead)
		return gv_receive_fault(job, u->ref,
		    "it was taken at %s, but here it is %s: correct the clock "
		    "of the machine that took it, and take another one",
		    when, now);
	if (job->settings.max_age && job->now - stamp > job->settings.max_age)
		return gv_receive_fault(job, u->ref,
		    "it was taken at %s, which is older than this server "
		    "accepts (vault.receive.maxAge)",
		    when);
	return 0;
}

/* What else stood there nobody would look at. */
int
gv_receive_check_root(struct gv_receive_job *job,
    const struct gv_receive_update *u, const struct gv_oid *root)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(job->odb, &obj, root, GV_OTYPE_TREE);
	size_t others = 0;

	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0)
		others += e.mode != GV_MODE_DIR ||
		    (strcmp(e.name, "tree") != 0 &&
			strcmp(e.name, "index") != 0 &&
			strcmp(e.name, "meta") != 0);
	gv_object_release(&obj);
	return r < 0 || others == 0
	    ? r
	    : gv_receive_fault(job, u->ref,
		  "it has something other than tree/, index/ and meta/, which "
		  "no snapshot has");
}

static int
check_record(struct gv_receive_job *job, const struct gv_receive_update *u)
{
	struct gv_record rec = { .format = 0 };
	int r = gv_record_load(&rec, job->repo, &u->new);

	if (r < 0)
		return gv_receive_fault_of(job, u->ref, r);
	if (strcmp(rec.id, id_of(u)) != 0)
		r = gv_receive_fault(job, u->ref,
		    "it is the snapshot %s, and belongs under that name",
		    rec.id);
	else
		r = check_time(job, u, &rec);
	if (r == 0)
		r = gv_receive_check_root(job, u, &rec.root);
	gv_record_release(&rec);
	return r;
}

int
gv_receive_check_snapshot(
    struct gv_receive_job *job, const struct gv_receive_update *u)
{
	char when[GV_TIME_MAX];
	int64_t day = 0;
	int r;

	if (!gv_record_is_id(id_of(u), strlen(id_of(u))))
		return gv_receive_fault(
		    job, u->ref, "this is no name of a snapshot");
	r = is_deleted(job, id_of(u), &day);
	if (r < 0)
		return gv_receive_fault_of(job, u->ref, r);
	if (r == 0)
		return check_record(job, u);
	gv_time_rfc3339(when, day);
	return gv_receive_fault(job, u->ref,
	    "it was deleted on %.10s; fetch " GV_REF_DELETED
	    ", after which nobody has it",
	    when);
}
