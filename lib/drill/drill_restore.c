#include <string.h>

#include "base/err.h"
#include "drill/drill_internal.h"

int
gv_drill_restore(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *const args[] = { "restore", run->drill->snapshot,
		"--in-place", "--delete", NULL };
	struct gv_drill_answer a;
	int r = gv_drill_ask(&a, run, args);

	if (r < 0)
		return r;
	if (a.status != 0) {
		r = gv_drill_fail_by(run, step, &a);
	} else {
		step->result = GV_DRILL_PASSED;
		step->detail = gv_drill_text(run->drill,
		    "%llu created, %llu changed, %llu unchanged",
		    (unsigned long long)gv_drill_answer_count(&a, "created"),
		    (unsigned long long)gv_drill_answer_count(&a, "changed"),
		    (unsigned long long)gv_drill_answer_count(&a, "unchanged"));
		r = step->detail ? 0 : GV_ENOMEM;
	}
	gv_drill_answer_release(&a);
	return r;
}

/* A restore that only tells, and compares all content: what it would still do
 * is what did not come back. */
static int
compare(struct gv_drill_run *run, struct gv_drill_step *step, uint64_t *differ)
{
	const char *const args[] = { "restore", run->drill->snapshot,
		"--in-place", "--delete", "--dry-run", "--overwrite", "always",
		NULL };
	static const char *const keys[] = { "created", "changed", "touched",
		"deleted" };
	struct gv_drill_answer a;
	size_t i;
	int r = gv_drill_ask(&a, run, args);

	*differ = 0;
	if (r < 0)
		return r;
	if (a.status != 0) {
		r = gv_drill_fail_by(run, step, &a);
		*differ = 1;
	}
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		*differ += gv_drill_answer_count(&a, keys[i]);
	gv_drill_answer_release(&a);
	return r;
}

static int
fail_differing(struct gv_drill_run *run, struct gv_drill_step *step, uint64_t n)
{
	const char *detail =
	    gv_drill_text(run->drill, "%llu file%s not as the manifest says",
		(unsigned long long)n, n == 1 ? " is" : "s are");

	return detail ? gv_drill_fail_at(run, step, detail) : GV_ENOMEM;
}

int
gv_drill_compare(struct gv_drill_run *run, struct gv_drill_step *step)
{
	uint64_t n;
	int r = compare(run, step, &n);

	run->drill->differing = n;
	if (r < 0 || step->result == GV_DRILL_FAILED)
		return r;
	if (n)
		return fail_differing(run, step, n);
	step->result = GV_DRILL_PASSED;
	step->detail = gv_drill_text(run->drill,
	    "%llu files are as they were, byte for byte",
	    (unsigned long long)run->drill->files);
	return step->detail ? 0 : GV_ENOMEM;
}

int
gv_drill_repeat(struct gv_drill_run *run, struct gv_drill_step *step)
{
	uint64_t n;
	int r = gv_drill_restore(run, step);

	if (r < 0 || step->result == GV_DRILL_FAILED)
		return r;
	if ((r = compare(run, step, &n)) < 0 || step->result == GV_DRILL_FAILED)
		return r;
	if (n)
		return fail_differing(run, step, n);
	step->result = GV_DRILL_PASSED;
	step->detail = "a second restore changes nothing";
	return 0;
}
