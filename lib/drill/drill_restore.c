#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "drill/drill_internal.h"

/* Files of the environment that have a secret of another scope are in the
 * answer under that scope's name alone: ask for them. */
static int
check_own(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *const args[] = { "restore", run->drill->snapshot,
		"--in-place", "--env", run->opts->env, "--force", "--dry-run",
		NULL };
	struct gv_answer a;
	int r = gv_drill_ask(&a, run, args);

	if (r < 0)
		return r;
	if (a.status != 0)
		r = gv_drill_fail_by(run, step, &a);
	gv_answer_release(&a);
	return r;
}

/* Whether a restore came to its end: all is back but, of a drill of one
 * environment, what no key here opens of the others. That number is *sealed. */
static int
is_done(uint64_t *sealed, struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_answer *a)
{
	bool is_own;

	*sealed = gv_drill_answer_sealed(&is_own, run, a, "sealed");
	if (a->status == 0)
		return 0;
	if (a->status == 5 && *sealed && !is_own)
		return check_own(run, step);
	return gv_drill_fail_by(run, step, a);
}

int
gv_drill_restore(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *const args[] = { "restore", run->drill->snapshot,
		"--in-place", "--delete", NULL };
	struct gv_answer a;
	struct gv_buf rest = GV_BUF_INIT;
	uint64_t sealed;
	int r = gv_drill_ask(&a, run, args);

	if (r < 0)
		return r;
	r = is_done(&sealed, run, step, &a);
	if (r == 0 && step->result != GV_DRILL_FAILED) {
		if (sealed)
			gv_buf_addf(&rest,
			    "; %llu secrets of other scopes stay "
			    "encrypted",
			    (unsigned long long)sealed);
		step->result = GV_DRILL_PASSED;
		step->detail = gv_drill_text(run->drill,
		    "%llu created, %llu changed, %llu unchanged%s",
		    (unsigned long long)gv_drill_answer_count(&a, "created"),
		    (unsigned long long)gv_drill_answer_count(&a, "changed"),
		    (unsigned long long)gv_drill_answer_count(&a, "unchanged"),
		    rest.p ? rest.p : "");
		r = step->detail ? gv_buf_check(&rest) : GV_ENOMEM;
	}
	gv_buf_release(&rest);
	gv_answer_release(&a);
	return r;
}

/* A restore that only tells, and compares all content: what it would still do
 * is what did not come back. */
static int
compare(struct gv_drill_run *run, struct gv_drill_step *step, uint64_t *differ,
    uint64_t *same)
{
	const char *const args[] = { "restore", run->drill->snapshot,
		"--in-place", "--delete", "--dry-run", "--overwrite", "always",
		NULL };
	static const char *const keys[] = { "created", "changed", "touched",
		"deleted" };
	struct gv_answer a;
	uint64_t sealed;
	size_t i;
	int r = gv_drill_ask(&a, run, args);

	*differ = *same = 0;
	if (r < 0)
		return r;
	r = is_done(&sealed, run, step, &a);
	*differ = step->result == GV_DRILL_FAILED;
	*same =
	    sealed ? gv_drill_answer_count(&a, "unchanged") : run->drill->files;
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		*differ += gv_drill_answer_count(&a, keys[i]);
	gv_answer_release(&a);
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
	uint64_t n, same;
	int r = compare(run, step, &n, &same);

	run->drill->differing = n;
	if (r < 0 || step->result == GV_DRILL_FAILED)
		return r;
	if (n)
		return fail_differing(run, step, n);
	step->result = GV_DRILL_PASSED;
	step->detail = gv_drill_text(run->drill,
	    "%llu files are as they were, byte for byte",
	    (unsigned long long)same);
	return step->detail ? 0 : GV_ENOMEM;
}

int
gv_drill_repeat(struct gv_drill_run *run, struct gv_drill_step *step)
{
	uint64_t n, same;
	int r = gv_drill_restore(run, step);

	if (r < 0 || step->result == GV_DRILL_FAILED)
		return r;
	if ((r = compare(run, step, &n, &same)) < 0 ||
	    step->result == GV_DRILL_FAILED)
		return r;
	if (n)
		return fail_differing(run, step, n);
	step->result = GV_DRILL_PASSED;
	step->detail = "a second restore changes nothing";
	return 0;
}
