#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "doctor/doctor_internal.h"
#include "good/approval_twice.h"

/* Approvals that two clones have used. One finding for all: who looks at the
 * chain sees each of them. */
int
gv_doctor_approvals(struct gv_doctor *d)
{
	struct gv_buf lines = GV_BUF_INIT;
	const char *p, *line;
	size_t n = 0, len;
	bool are = false;
	int r = gv_approval_are_asked(&are, d->repo);

	if (are)
		r = gv_approval_twice(&lines, &n, d->repo);
	p = lines.p;
	if (r == 0 && n && gv_lines_next(&line, &len, &p, p + lines.len))
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "approval_used_twice",
		    "git vault audit list -v --kind approval-use", "%.*s%s",
		    (int)len, line, n > 1 ? "; and there are others" : "");
	/* the policy has a finding of its own */
	if (r == GV_EREFUSED)
		r = 0;
	gv_buf_release(&lines);
	return r;
}
