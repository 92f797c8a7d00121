#include "vault/ancestry.h"

#include <string.h>

#include "base/err.h"
#include "repo/oid.h"
#include "sys/proc.h"

int
gv_ancestry_base(
    struct gv_oid *out, const struct gv_oid *a, const struct gv_oid *b)
{
	char x[GV_OID_HEX + 1], y[GV_OID_HEX + 1];
	const char *argv[] = { "git", "merge-base", x, y, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	memset(out, 0, sizeof(*out));
	if (gv_oid_is_zero(a) || gv_oid_is_zero(b))
		return 0;
	gv_oid_format(x, a);
	gv_oid_format(y, b);
	if ((r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv })) < 0)
		goto out;
	if (p.status > 1) {
		r = gv_err(GV_ERROR, "%s", gv_proc_why(&p));
		goto out;
	}
	if (p.status == 0 && gv_oid_parse(out, p.out.p) < 0)
		r = gv_err(GV_ERROR, "git merge-base printed no commit");
out:
	gv_proc_release(&p);
	return r;
}
