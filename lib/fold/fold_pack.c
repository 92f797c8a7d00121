#include "fold/fold_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "object/midx.h"
#include "object/pack_adopt.h"
#include "object/pack_drop.h"
#include "object/scratch.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/proc.h"
#include "sys/workers.h"

#define THREADS_MAX 4

static void
set_threads(char *out, size_t size, const struct gv_fold_opts *opts)
{
	int n = gv_workers_count(opts->threads);

	if (opts->is_auto)
		n = 1;
	else if (opts->threads <= 0 && n > THREADS_MAX)
		n = THREADS_MAX;
	/* the window's memory is each thread's */
	snprintf(out, size, "pack.threads=%d", n);
}

/* git prune takes away what git writes beside it, and by what it finds the
 * objects. */
static bool
was_pruned(const struct gv_proc *p, const struct gv_scratch *scratch)
{
	return !gv_scratch_is_whole(scratch) ||
	    (strstr(p->err.p, "temporary") &&
		strstr(p->err.p, "No such file or directory"));
}

/* Deltas that stand are taken over (the sister files' are as good as what git
 * finds itself, and it halves the time: 3.3 s of processor for 21 snapshots of
 * 50,000 files, where --no-reuse-delta takes 7.0 and makes the pack larger);
 * what stands whole is tried against its other versions. The limits keep git
 * at about 50 MB, where its own defaults map every pack as a whole.
 *
 * What git has begun to write when it fails, as where the disk is full, it
 * leaves; so it writes where all goes that is left. */
int
gv_fold_pack(struct gv_pack_adopt **a, struct gv_fold_run *run,
    const struct gv_buf *list)
{
	struct gv_scratch scratch = GV_SCRATCH_INIT;
	char threads[32];
	const char *argv[] = { "git", "-c", "core.packedGitWindowSize=1m", "-c",
		"core.packedGitLimit=32m", "-c", "core.deltaBaseCacheLimit=16m",
		"-c", "core.bigFileThreshold=16m", "-c",
		"pack.deltaCacheSize=16m", "-c", "pack.windowMemory=16m", "-c",
		"pack.packSizeLimit=0", "-c", "pack.writeReverseIndex=false",
		"-c", threads, "pack-objects", "-q", "--delta-base-offset",
		NULL, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	set_threads(threads, sizeof(threads), run->opts);
	r = gv_pack_adopt_open(a, run->repo->objects_dir);
	if (r < 0)
		return r;
	argv[sizeof(argv) / sizeof(argv[0]) - 2] = gv_pack_adopt_base(*a);
	r = gv_scratch_open(&scratch, run->repo, GV_SCRATCH_OBJECTS);
	if (r < 0 || (r = gv_scratch_git(&p, &scratch, argv, list)) < 0)
		goto out;
	if (gv_cancel_requested())
		r = gv_cancel_error();
	else if (p.status && was_pruned(&p, &scratch))
		r = gv_err(GV_EEXISTS,
		    "git prune deleted the pack that was being written: "
		    "nothing was folded; try again when it is done");
	else if (p.status)
		r = gv_err(
		    GV_ERROR, "git pack-objects failed: %s", gv_proc_why(&p));
	if (r < 0)
		goto out;
	r = gv_pack_adopt_seek(*a, p.out.p);
out:
	gv_proc_release(&p);
	gv_scratch_close(&scratch);
	return r;
}

static bool
is_new(const struct gv_pack_adopt *a, const char *name)
{
	return a && strcmp(gv_pack_adopt_name(a), name) == 0;
}

/* One that was begun before may name what has just been hidden. Who begins now
 * does not find it any more. */
static int
check_unnamed(const struct gv_fold_run *run)
{
	const char *dir = run->repo->objects_dir;
	bool is_named = gv_midx_is_busy(dir);
	struct gv_midx midx;
	size_t i;
	int r = gv_midx_load(&midx, dir);

	for (i = 0; r == 0 && !is_named && i < run->own.n; i++)
		is_named = gv_midx_names(&midx, run->own.packs[i].name);
	gv_midx_release(&midx);
	if (r == 0 && is_named)
		r = gv_err(GV_EEXISTS,
		    "git writes a multi-pack-index of the same packs: nothing "
		    "was folded; try again when it is done");
	return r;
}

int
gv_fold_hide(struct gv_fold_run *run)
{
	size_t i;
	int r = gv_pack_drop_open(&run->drop, run->repo->objects_dir);

	for (i = 0; r == 0 && i < run->own.n; i++) {
		const char *name = run->own.packs[i].name;

		if (!is_new(run->whole, name) && !is_new(run->cruft, name))
			r = gv_pack_drop_add(run->drop, name);
	}
	return r < 0 ? r : check_unnamed(run);
}
