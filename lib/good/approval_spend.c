#include <fcntl.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "good/approval.h"
#include "good/approval_want.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/lock.h"

/*
 * An approval is for one run: its use is an event of the audit chain of the
 * user whose run it is, which lists the approvals by their commits and is there
 * before anything is done.
 */

#define LOCK    "approval.lock" /* of all working trees of the clone */
#define LOCK_MS 10000

/* An event lists no more than some ids, so there may be several. */
static int
tell(struct gv_approvals *a, const struct gv_approval_of *of, const char *by)
{
	struct gv_digest ids[GV_AUDIT_LISTED];
	const char *env = of->env;
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r == 0 && i < a->n_events; i++) {
		struct gv_audit_event e = { .what = GV_AUDIT_APPROVAL_USE,
			.time = of->now,
			.ids = ids,
			.scopes = &env,
			.n_scopes = env != NULL,
			.target = by };

		memcpy(ids[n++].bytes, a->events[i].id, GV_DIGEST_BYTES);
		if (n < GV_AUDIT_LISTED && i + 1 < a->n_events)
			continue;
		e.n_ids = n;
		n = 0;
		r = gv_audit_tell(a->repo, of->safe, &e);
	}
	return r;
}

int
gv_approval_spend(
    struct gv_approvals *a, const struct gv_approval_of *of, const char *by)
{
	struct gv_buf path = GV_BUF_INIT;
	int lock = -1, r;

	if (a->wanted == 0)
		return 1;
	gv_buf_addf(&path, "%s/vault", a->repo->common_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0700);
	gv_buf_addstr(&path, "/" LOCK);
	if (r == 0 && (r = gv_buf_check(&path)) == 0 &&
	    (r = gv_lock_open(&lock, path.p, LOCK_MS)) == 0 &&
	    (r = gv_approval_count(a, of)) == 0 && gv_approval_is_enough(a) &&
	    (r = tell(a, of, by)) == 0)
		r = 1;
	if (r == 1)
		gv_approval_want_end(a->repo, &of->subject, of->now);
	gv_lock_close(lock);
	gv_buf_release(&path);
	return r;
}
