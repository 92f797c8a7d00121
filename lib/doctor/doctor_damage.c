#include <string.h>

#include "base/err.h"
#include "doctor/doctor_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record_parse.h"
#include "repo/refs.h"
#include "verify/faulty.h"

/* Whether stored snapshots and states are damaged: what the last verification
 * found, and the newest snapshot, which is what a restore begins with. */

static bool
is_snapshot(const struct gv_faulty_entry *e)
{
	return strncmp(e->ref, GV_REFS_SNAPSHOTS, strlen(GV_REFS_SNAPSHOTS)) ==
	    0;
}

static int
add(struct gv_doctor *d, const struct gv_faulty *faulty)
{
	const char *snapshot = NULL, *other = NULL;
	struct gv_buf cmd = GV_BUF_INIT;
	size_t i, n = 0;
	int r;

	for (i = 0; i < faulty->n; i++) {
		n += is_snapshot(&faulty->entries[i]);
		if (is_snapshot(&faulty->entries[i]))
			snapshot =
			    faulty->entries[i].ref + strlen(GV_REFS_SNAPSHOTS);
		else
			other = faulty->entries[i].ref;
	}
	if ((r = gv_doctor_repair(&cmd, d)) < 0)
		goto out;
	if (snapshot &&
	    (r = gv_doctor_add(d, GV_DOCTOR_ERROR, "snapshot_damaged", cmd.p,
		 "the last verification found %zu damaged "
		 "snapshot%s, %s%s; repair looks for intact copies",
		 n, n == 1 ? "" : "s", n == 1 ? "" : "the newest of them ",
		 snapshot)) < 0)
		goto out;
	if (other)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "ref_damaged", cmd.p,
		    "the last verification found damage in %zu other ref%s, "
		    "such as %s; repair looks for intact copies",
		    faulty->n - n, faulty->n - n == 1 ? "" : "s", other);
out:
	gv_buf_release(&cmd);
	return r;
}

/* Of the newest snapshot, the commit and the trees at its top: 0, or why not.
 */
static int
read_top(struct gv_odb *odb, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 }, top = { 0 };
	struct gv_record rec = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT);

	if (r < 0 || (r = gv_record_parse(&rec, obj.data, obj.len)) < 0 ||
	    (r = gv_odb_read_type(odb, &top, &rec.root, GV_OTYPE_TREE)) < 0)
		goto out;
	gv_tree_iter_init(&it, top.data, top.len);
	while (r == 0 && gv_tree_next(&it, &e) > 0) {
		gv_object_release(&obj);
		if (e.mode == GV_MODE_DIR)
			r = gv_odb_read_type(odb, &obj, &e.oid, GV_OTYPE_TREE);
	}
out:
	gv_object_release(&obj);
	gv_object_release(&top);
	gv_record_release(&rec);
	return r;
}

static int
check_newest(struct gv_doctor *d, struct gv_odb *odb)
{
	const size_t n = d->report->refs.refs.n;
	struct gv_buf cmd = GV_BUF_INIT;
	const struct gv_oid *commit;
	int r;

	if (n == 0)
		return 0;
	commit = &d->report->refs.refs.refs[n - 1].oid;
	/* one that is missing is reported with the others that are */
	if (!gv_odb_has(odb, commit))
		return 0;
	r = read_top(odb, commit);
	if (r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r;
	if ((r = gv_doctor_repair(&cmd, d)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "snapshot_damaged", cmd.p,
		    "the newest snapshot, %s, is damaged: %s; repair looks for "
		    "an intact copy",
		    gv_doctor_id(d->report, n - 1), gv_err_message());
	gv_buf_release(&cmd);
	return r;
}

int
gv_doctor_damage(struct gv_doctor *d)
{
	struct gv_faulty faulty = { 0 };
	struct gv_odb *odb = NULL;
	const size_t before = d->report->n;
	int r = gv_faulty_load(&faulty, d->repo);

	if (r == 0 && (r = gv_faulty_drop_gone(&faulty, d->repo)) == 0 &&
	    (r = add(d, &faulty)) == 0 && d->report->n == before &&
	    (r = gv_repo_odb(d->repo, &odb)) == 0)
		r = check_newest(d, odb);
	gv_faulty_release(&faulty);
	return r;
}
