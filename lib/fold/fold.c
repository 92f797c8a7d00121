#include "fold/fold.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "fold/fold_internal.h"
#include "object/graph.h"
#include "object/midx.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/pack_adopt.h"
#include "object/pack_drop.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/exec.h"
#include "sys/file.h"
#include "sys/lock.h"

#define TRIES   3
#define LOCK_MS 10000

#define GRAPH_PAYS 250

void
gv_fold_begin(const struct gv_fold_run *run, const char *title, uint64_t n)
{
	if (run->opts->begin)
		run->opts->begin(run->opts->ctx, title, n);
}

/* What was folded before stays as long as it is larger than twice the rest, so
 * that each object is packed again a few times only, however many folds there
 * are. The old packs go when the new one stands. */
void
gv_fold_choose(struct gv_odb_own *own, const struct gv_repo *repo)
{
	uint64_t sum = 0, left, total;
	bool is_set;
	size_t i;

	if (own->n <= gv_fold_limit(repo, &is_set))
		own->n = 0;
	for (i = 0; i < own->n; i++) {
		if (i > 1 && own->packs[i].bytes / 2 > sum)
			break;
		sum += own->packs[i].bytes;
	}
	own->n = i;
	if (gv_file_free_space(repo->objects_dir, &left, &total) == 0 &&
	    left < sum)
		own->n = 0;
}

static int
find(struct gv_fold_run *run)
{
	size_t i;
	int r = gv_odb_refresh(run->odb);

	if (r == 0)
		r = gv_odb_own_list(&run->own, run->odb, false);
	run->out->held = run->own.held;
	if (r < 0)
		return r;
	if (run->opts->is_auto)
		gv_fold_choose(&run->own, run->repo);
	r = gv_odb_own_check(&run->own, run->odb);
	if (r < 0)
		return r;
	run->out->packs = run->own.n;
	run->out->objects = run->own.n_objects;
	for (i = 0; i < run->own.n; i++)
		run->out->bytes += run->own.packs[i].bytes;
	run->out->is_folded = run->own.n > 1;
	return 0;
}

static int
pack(struct gv_fold_run *run)
{
	struct gv_buf list = GV_BUF_INIT;
	int r = gv_fold_list(&list, run, GV_ODB_OWN_STAYS);

	if (r == 0)
		r = gv_fold_pack(&run->whole, run, &list);
	gv_buf_release(&list);
	return r;
}

int
gv_fold_outrun(const struct gv_fold_run *run, int r)
{
	if (r == 0 || r == GV_ECANCELED || r == GV_EEXISTS ||
	    gv_odb_own_is_same(&run->own))
		return r;
	return gv_err(GV_EEXISTS,
	    "others keep using this repository: nothing was folded; try again "
	    "when it is quieter");
}

/* New before old goes: a crash leaves both, or one. */
static int
put_in_place(struct gv_fold_run *run)
{
	int r = gv_odb_own_compare(
	    &run->own, GV_ODB_OWN_STAYS, gv_pack_adopt_stem(run->whole));

	if (r == 0)
		r = gv_pack_adopt_place(run->whole);
	/* once more where it is to stay */
	if (r == 0)
		r = gv_odb_own_compare(&run->own, GV_ODB_OWN_STAYS,
		    gv_pack_adopt_stem(run->whole));
	/* git gc takes what has just been placed as well */
	if ((r = gv_fold_outrun(run, r)) == 0)
		r = gv_fold_hide(run);
	if (r < 0)
		return r;
	run->out->new_bytes = gv_pack_adopt_bytes(run->whole);
	memcpy(run->out->name, gv_pack_adopt_name(run->whole),
	    sizeof(run->out->name));
	/* from here on it is needed, whatever happens to the old ones */
	r = gv_pack_drop_commit(run->drop);
	gv_pack_adopt_accept(run->whole);
	return r;
}

/* A new pack that a multi-pack-index has found already, or may have, stays
 * beside the old ones: the next fold puts them together. */
static void
keep_named(const struct gv_fold_run *run)
{
	struct gv_pack_adopt *const made[] = { run->whole, run->cruft };
	const char *dir = run->repo->objects_dir;
	bool is_busy = gv_midx_is_busy(dir);
	struct gv_midx midx;
	size_t i;

	if (gv_midx_load(&midx, dir) < 0)
		is_busy = true;
	for (i = 0; i < 2; i++)
		if (made[i] &&
		    (is_busy ||
			gv_midx_names(&midx, gv_pack_adopt_name(made[i]))))
			gv_pack_adopt_accept(made[i]);
	gv_midx_release(&midx);
}

void
gv_fold_end(struct gv_fold_run *run)
{
	gv_pack_drop_close(run->drop);
	keep_named(run);
	gv_pack_adopt_close(run->whole);
	gv_pack_adopt_close(run->cruft);
	run->drop = NULL;
	run->whole = run->cruft = NULL;
	/* one may have been written that names a pack by its temporary name;
	 * what cannot be removed now is by the next sweep */
	gv_midx_sweep(run->repo->objects_dir);
	gv_odb_own_release(&run->own);
}

static int
fold_once(struct gv_fold_run *run)
{
	int r;

	memset(run->out, 0, sizeof(*run->out));
	r = gv_fold_outrun(run, find(run));
	if (r < 0 || !run->out->is_folded || run->opts->dry_run)
		goto out;
	gv_fold_begin(run, "folding packs", run->out->objects);
	if ((r = gv_fold_outrun(run, pack(run))) == 0)
		r = put_in_place(run);
out:
	gv_fold_end(run);
	return r;
}

/* Others may share the objects of such a repository and read its packs, so git
 * removes none there either. */
static int
check_precious(const struct gv_repo *repo)
{
	if (!gv_config_bool(&repo->config, "extensions.preciousobjects", false))
		return 0;
	return gv_err(GV_EREFUSED,
	    "this repository is marked by extensions.preciousObjects: no pack "
	    "of it is ever removed");
}

int
gv_fold_lock(int *lock, const struct gv_repo *repo, bool is_patient)
{
	unsigned mask = gv_repo_share(repo);
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_repo_check_writable(repo);

	*lock = -1;
	if (r < 0 || (r = gv_repo_check_gc(repo)) < 0)
		goto out;
	if (gv_midx_is_busy(repo->objects_dir)) {
		r = gv_err(GV_ELOCKED,
		    "git maintenance is at work here, or git writes a "
		    "multi-pack-index; try again when it is done");
		goto out;
	}
	gv_buf_addf(&path, "%s/vault", repo->common_dir);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, path.p, 0777)) < 0)
		goto out;
	gv_buf_addstr(&path, "/fold");
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	r = gv_lock_open(lock, path.p, is_patient ? LOCK_MS : 0);
out:
	gv_buf_release(&path);
	gv_repo_unshare(mask);
	return r;
}

int
gv_fold_alone(struct gv_fold_run *run, int (*once)(struct gv_fold_run *run),
    int (*after)(const struct gv_fold_run *run, int r))
{
	struct gv_repo *repo = run->repo;
	const struct gv_fold_opts *opts = run->opts;
	unsigned mask;
	int lock = -1, r, i;

	memset(run->out, 0, sizeof(*run->out));
	if (opts->is_auto)
		gv_exec_yield();
	if ((r = check_precious(repo)) == 0)
		r = gv_fold_lock(&lock, repo, !opts->is_auto);
	mask = gv_repo_share(repo);
	if (r == 0 && (r = gv_repo_odb(repo, &run->odb)) == 0 && !opts->dry_run)
		r = gv_pack_sweep(repo->objects_dir);
	for (i = 0; r == 0 && i < TRIES; i++) {
		r = once(run);
		if (r != GV_EEXISTS || i + 1 == TRIES)
			break;
		r = 0;
	}
	if (lock >= 0 && !opts->dry_run)
		r = after(run, r);
	gv_repo_unshare(mask);
	gv_lock_close(lock);
	return r;
}

/* A commit-graph spares git 2 µs for each commit of a snapshot, and costs each
 * process that uses it 0.25 ms; where one is, the user pays that anyway. */
static bool
is_graph_due(const struct gv_repo *repo)
{
	static const char *const of[] = { GV_REFS_SNAPSHOTS, GV_REFS_REMOTES };
	size_t n = 0, i;

	if (gv_graph_is_there(repo))
		return true;
	for (i = 0; i < 2; i++) {
		struct gv_refs refs = { 0 };

		if (gv_ref_list(&refs, repo, of[i]) == 0)
			n += refs.n;
		gv_refs_release(&refs);
	}
	return n >= GRAPH_PAYS;
}

static int
after_fold(const struct gv_fold_run *run, int r)
{
	size_t refs = 0;

	if (r < 0)
		return r;
	r = gv_ref_pack(&refs, run->repo, GV_FOLD_REFS);
	run->out->refs = refs;
	/* a cache of git's: where it cannot be written, git reads commits */
	if (r == 0 && run->opts->is_auto && (run->out->is_folded || refs) &&
	    is_graph_due(run->repo))
		(void)gv_graph_write(run->repo);
	return r;
}

int
gv_fold_run(struct gv_fold_result *out, struct gv_repo *repo,
    const struct gv_fold_opts *opts)
{
	struct gv_fold_run run = { .repo = repo, .opts = opts, .out = out };

	return gv_fold_alone(&run, fold_once, after_fold);
}
