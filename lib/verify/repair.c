#include "verify/repair.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "fold/fold.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "snapshot/snapshot_last.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "verify/faulty.h"
#include "verify/repair_internal.h"
#include "verify/verify.h"
#include "worktree/statcache.h"

static void
say_begin(const struct gv_repair_run *run, const char *title)
{
	if (run->opts->begin)
		run->opts->begin(run->opts->progress_ctx, title, 0);
}

/* A dry run writes nothing into the repository. */
static int
make_dir(struct gv_repair_run *run)
{
	const char *set = gv_env_get("TMPDIR");
	const char *tmp = set && *set == '/' ? set : "/tmp";
	struct gv_buf prefix = GV_BUF_INIT;
	int fd, r;

	if (!run->opts->dry_run) {
		gv_buf_addf(
		    &run->scratch, "%s/vault/repair", run->repo->common_dir);
		if ((r = gv_buf_check(&run->scratch)) == 0)
			r = gv_file_remove_tree(AT_FDCWD, run->scratch.p);
		return r < 0 ? r
			     : gv_file_mkdirs(AT_FDCWD, run->scratch.p, 0777);
	}
	gv_buf_addf(&prefix, "%s/git-vault-", tmp);
	fd = gv_buf_check(&prefix) == 0
	    ? gv_entry_temp_dir(&run->scratch, AT_FDCWD, prefix.p)
	    : -1;
	gv_file_close(fd);
	gv_buf_release(&prefix);
	return fd < 0 ? gv_err_sys("cannot make a temporary folder in %s", tmp)
		      : 0;
}

int
gv_repair_scratch(struct gv_repair_run *run)
{
	const char *argv[] = { "git", "init", "-q", "--bare",
		"--template=", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (run->scratch.len)
		return 0;
	if ((r = make_dir(run)) == 0 &&
	    (r = gv_repair_git(&p, run, argv, true, NULL, NULL)) == 0 &&
	    p.status)
		r = gv_err(GV_ERROR, "git cannot make a repository in %s",
		    run->scratch.p);
	gv_proc_release(&p);
	return r;
}

/* --- looking --- */

static int
rescue(void *ctx, struct gv_object *out, const struct gv_oid *oid,
    enum gv_otype type)
{
	struct gv_repair_run *run = ctx;
	struct gv_repair_item *item;
	int r;

	pthread_mutex_lock(&run->lock);
	r = gv_repair_find(&item, run, oid, type);
	if (r == 1 && item->type != type)
		r = 0;
	if (r == 1) {
		*out = (struct gv_object){ .type = type, .len = item->len };
		out->data = item->obj.data; /* the item's own */
	}
	pthread_mutex_unlock(&run->lock);
	return r;
}

static void
tell_fault(struct gv_repair_run *run, const struct gv_verify_fault *fault)
{
	struct gv_repair_item *item =
	    gv_map_get(&run->items, fault->oid.id, GV_OID_RAW);

	if (item)
		item->is_told = true;
	else
		run->result->lost++;
	if (run->opts->lost)
		run->opts->lost(run->opts->ctx, fault);
}

/* It is reported when nothing more can be found. */
void
gv_repair_fault(void *ctx, const struct gv_verify_fault *fault)
{
	struct gv_repair_run *run = ctx;
	struct gv_verify_fault *f;
	const char *path, *reason, *snapshot, *state = NULL;

	path = gv_arena_copy(&run->told, fault->path, fault->len);
	reason =
	    gv_arena_copy(&run->told, fault->reason, strlen(fault->reason));
	/* faults come snapshot by snapshot */
	f = run->n_faults ? &run->faults[run->n_faults - 1] : NULL;
	snapshot = f && strcmp(f->snapshot, fault->snapshot) == 0
	    ? f->snapshot
	    : gv_arena_copy(
		  &run->told, fault->snapshot, strlen(fault->snapshot));
	if (fault->state)
		state = gv_arena_copy(
		    &run->told, fault->state, strlen(fault->state));
	if (path == NULL || reason == NULL || snapshot == NULL ||
	    (fault->state && state == NULL) ||
	    GV_GROW(run->faults, run->n_faults, run->faults_cap) < 0) {
		run->is_short = true;
		return;
	}
	f = &run->faults[run->n_faults++];
	*f = *fault;
	f->snapshot = snapshot;
	f->state = state;
	f->path = path;
	f->reason = reason;
}

/* Of use only where something is lost. */
static int
on_reached(void *ctx, const struct gv_oid *oid)
{
	struct gv_repair_run *run = ctx;
	struct gv_oid *key;

	if (run->n_faults == 0)
		return 0;
	key = gv_arena_alloc(&run->told, sizeof(*key));
	if (key == NULL)
		return GV_ENOMEM;
	*key = *oid;
	return gv_map_put(&run->reached, key->id, GV_OID_RAW, key);
}

/* Everything that snapshots and versions of states reach. */
static int
look_at_snapshots(struct gv_repair_run *run)
{
	struct gv_verify_opts opts = { .snapshots = run->opts->snapshots,
		.n_snapshots = run->opts->n_snapshots,
		.threads = run->opts->threads,
		.rescue = rescue,
		.reached = on_reached,
		.rescue_ctx = run,
		.fault = gv_repair_fault,
		.fault_ctx = run,
		.begin = run->opts->begin,
		.add = run->opts->add,
		.progress_ctx = run->opts->progress_ctx };
	struct gv_verify_result res;
	int r;

	run->n_faults = 0;
	gv_map_release(&run->reached);
	gv_map_release(&run->pointers);
	gv_arena_release(&run->told);
	r = gv_verify_run(&res, run->repo, &opts);
	run->result->snapshots = res.snapshots;
	run->result->versions = res.versions;
	run->result->objects = res.objects;
	return r == 0 && run->is_short ? gv_err_nomem() : r;
}

/* What was made may lead to more that is lost, or that can be made. */
static int
look_until_done(struct gv_repair_run *run)
{
	uint64_t made;
	int r;

	do {
		made = 0;
		r = look_at_snapshots(run);
		say_begin(run, "computing what is lost");
		if (r == 0 && run->n_faults)
			r = gv_repair_compute(run, &made);
	} while (r == 0 && made > 0);
	return r;
}

/* Whether the object can be read whole: 1, 0, negative. */
static int
is_whole(struct gv_odb *odb, const struct gv_oid *id)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read(odb, &obj, id);

	gv_object_release(&obj);
	return r == 0 ? 1 : r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

/* What damaged files held, and no snapshot asked for, or had from an alternate,
 * which may be gone tomorrow; adds up in *found. What may never have been is
 * looked for only where somebody has it. */
static int
look_at(struct gv_repair_run *run, const struct gv_oid *ids, size_t n,
    bool is_sure, uint64_t *found)
{
	struct gv_repair_item *item;
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < n; i++) {
		if (gv_map_get(&run->items, ids[i].id, GV_OID_RAW) ||
		    gv_repair_sealed_mends(run, &ids[i]))
			continue;
		r = is_whole(run->own, &ids[i]);
		if (r == 0 && !is_sure)
			r = !is_whole(run->odb, &ids[i]);
		if (r == 0) {
			r = gv_repair_find(&item, run, &ids[i], 0);
			*found += r == 1;
		}
	}
	return r < 0 ? r : 0;
}

/* What earlier repairs put aside and did not find. */
static int
look_again(struct gv_repair_run *run, uint64_t *found)
{
	struct gv_repair_item *item;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->n_sought; i++) {
		const struct gv_oid *oid = &run->sought[i].oid;

		r = look_at(run, oid, 1, true, found);
		item = gv_map_get(&run->items, oid->id, GV_OID_RAW);
		if (item)
			item->note = run->sought[i].note;
	}
	return r;
}

static int
look_at_files(struct gv_repair_run *run, uint64_t *found)
{
	size_t i;
	int r = look_at(run, run->loose_ids, run->n_loose, true, found);

	for (i = 0; r == 0 && i < run->n_packs; i++) {
		const struct gv_odb_health *h = &run->packs[i].health;

		/* an index that is damaged may name what never was */
		r = look_at(
		    run, h->damaged, h->n_damaged, !h->index_bad, found);
	}
	return r < 0 ? r : look_again(run, found);
}

/* What they held may be what others can be made of. */
static int
look_everywhere(struct gv_repair_run *run)
{
	uint64_t found = 0;
	int r = look_until_done(run);

	say_begin(run, "looking for missing objects");
	if (r == 0)
		r = look_at_files(run, &found);
	return r == 0 && found && run->n_faults ? look_until_done(run) : r;
}

/* --- telling --- */

static void
tell_found(struct gv_repair_run *run, const struct gv_repair_item *item)
{
	struct gv_repair_found found = { .oid = item->oid,
		.type = item->type,
		.source = item->source,
		.detail = item->detail };

	run->result->found++;
	if (run->opts->found)
		run->opts->found(run->opts->ctx, &found);
}

/* `where`: what is known of where it is missed. */
static int
tell_lost(struct gv_repair_run *run, const struct gv_repair_item *item,
    const char *where)
{
	struct gv_buf reason = GV_BUF_INIT;
	struct gv_verify_fault fault = {
		.snapshot = "", .path = "", .oid = item->oid
	};
	int r;

	gv_buf_addstr(&reason, where);
	if (item->note)
		gv_buf_addf(&reason,
		    " (an earlier repair did not find it either; remove %s to "
		    "give it up)",
		    item->note);
	r = gv_buf_check(&reason);
	fault.reason = reason.p;
	run->result->lost++;
	run->result->unasked += item->is_unasked;
	if (r == 0 && !item->is_told && run->opts->lost)
		run->opts->lost(run->opts->ctx, &fault);
	gv_buf_release(&reason);
	return r;
}

static int
compare_items(const void *a, const void *b)
{
	const struct gv_repair_item *const *x = a, *const *y = b;

	return memcmp((*x)->oid.id, (*y)->oid.id, GV_OID_RAW);
}

static int
tell(struct gv_repair_run *run)
{
	struct gv_repair_item **list = calloc(run->items.n + 1, sizeof(*list));
	struct gv_buf where = GV_BUF_INIT;
	size_t i, n = 0;
	int r = list ? gv_repair_tell_below(&where, run) : gv_err_nomem();

	if (r < 0)
		goto out;
	for (i = 0; i < run->n_faults; i++)
		tell_fault(run, &run->faults[i]);
	for (i = 0; i < run->items.cap; i++)
		if (run->items.slots[i].value)
			list[n++] = run->items.slots[i].value;
	qsort(list, n, sizeof(struct gv_repair_item *), compare_items);
	for (i = 0; r == 0 && i < n; i++) {
		if (list[i]->found)
			tell_found(run, list[i]);
		else
			r = tell_lost(run, list[i], where.p);
	}
out:
	free(list);
	gv_buf_release(&where);
	return r < 0 ? r : gv_repair_tell_left(run);
}

/* --- writing --- */

/* With fresh eyes: all that was found must be readable from what stands. */
static int
check_found(struct gv_repair_run *run)
{
	struct gv_odb *odb = NULL;
	struct gv_object obj = { 0 };
	size_t i;
	int r = gv_repair_own(&odb, run->repo);

	for (i = 0; r == 0 && i < run->items.cap; i++) {
		const struct gv_repair_item *item = run->items.slots[i].value;

		if (item == NULL || !item->found)
			continue;
		r = gv_odb_read(odb, &obj, &item->oid);
		gv_object_release(&obj);
	}
	gv_odb_close(odb);
	return r < 0 ? gv_err_in(r, "what was just written") : 0;
}

static int
write_all(struct gv_repair_run *run)
{
	struct gv_pack_result pack;
	int r;

	if ((r = gv_repair_salvage(run)) < 0)
		return r;
	r = gv_pack_lane_close(run->lane);
	run->lane = NULL;
	if (r < 0 || (r = gv_pack_finish(run->pack, &pack)) < 0 ||
	    (r = check_found(run)) < 0)
		return r;
	gv_pack_unkeep(run->pack);
	if ((r = gv_repair_place(run)) < 0)
		return r;
	return gv_repair_settle(run);
}

/* --- all of it --- */

static int
open_odbs(struct gv_repair_run *run)
{
	int r;

	gv_odb_close(run->lenient);
	gv_odb_close(run->own);
	run->lenient = run->own = NULL;
	/* what was seen of a pack before its index was mended is of no use */
	gv_odb_close(run->repo->odb);
	run->repo->odb = NULL;
	if ((r = gv_repo_odb(run->repo, &run->odb)) == 0 &&
	    (r = gv_repair_own(&run->own, run->repo)) == 0 &&
	    (r = gv_odb_open(&run->lenient, run->repo)) == 0) {
		gv_odb_set_lenient(run->lenient);
		r = gv_odb_set_strict(run->lenient);
	}
	return r;
}

static int
open_pack(struct gv_repair_run *run)
{
	struct gv_pack_opts opts = { .objects_dir = run->repo->objects_dir };
	int r;

	if (run->opts->dry_run)
		return 0;
	if ((r = gv_pack_sweep(run->repo->objects_dir)) == 0)
		r = gv_pack_open(&run->pack, &opts);
	return r < 0 ? r : gv_pack_lane_open(&run->lane, run->pack);
}

/* Look again at the snapshots that a verification found damaged, and forget
 * what was found in other refs, if nothing is lost. */
static int
check_faulty(struct gv_repair_run *run)
{
	const bool is_all = run->opts->n_snapshots == 0;
	const size_t prefix = strlen(GV_REFS_SNAPSHOTS);
	struct gv_verify_opts opts = { .now = run->opts->now,
		.threads = run->opts->threads };
	struct gv_verify_result res;
	struct gv_faulty faulty = { 0 }, kept = { 0 };
	const char **ids = NULL;
	size_t i;
	int r = gv_faulty_load(&faulty, run->repo);

	if (r < 0 || faulty.n == 0 ||
	    (r = gv_faulty_drop_gone(&faulty, run->repo)) < 0)
		goto out;
	r = GV_ENOMEM;
	if ((ids = calloc(faulty.n + 1, sizeof(*ids))) == NULL)
		goto out;
	for (i = 0; i < faulty.n; i++) {
		const struct gv_faulty_entry *e = &faulty.entries[i];
		const bool is_snapshot =
		    strncmp(e->ref, GV_REFS_SNAPSHOTS, prefix) == 0;

		if (is_snapshot)
			ids[opts.n_snapshots++] = e->ref + prefix;
		if ((is_snapshot || !is_all || run->result->lost) &&
		    gv_faulty_add(&kept, e->ref, &e->commit) < 0)
			goto out;
	}
	gv_faulty_save(&kept, run->repo);
	opts.snapshots = ids;
	r = opts.n_snapshots ? gv_verify_run(&res, run->repo, &opts) : 0;
out:
	free(ids);
	gv_faulty_release(&faulty);
	gv_faulty_release(&kept);
	return r;
}

static int
repair(struct gv_repair_run *run)
{
	int r = open_odbs(run);

	say_begin(run, "reading packs");
	if (r == 0 && (r = open_pack(run)) == 0 &&
	    (r = gv_repair_caches(run)) == 0 &&
	    (r = gv_repair_broken(run)) == 0 &&
	    (r = gv_repair_inspect(run)) == 0 && (r = open_odbs(run)) == 0 &&
	    (r = gv_repair_seek(run)) == 0 &&
	    (r = gv_repair_sealed(run)) == 0 &&
	    (r = look_everywhere(run)) == 0 && !run->opts->dry_run)
		r = write_all(run);
	if (r == 0 && !run->opts->dry_run)
		r = gv_repair_sealed_write(run, run->opts->now);
	if (r == 0)
		r = gv_repair_sealed_faults(run);
	say_begin(run, "");
	if (r < 0 || (r = gv_repair_sealed_tell(run)) < 0 ||
	    (r = tell(run)) < 0 || (r = gv_repair_ledgers(run)) < 0 ||
	    (r = gv_repair_chains(run)) < 0)
		return r;
	if (run->result->lost && !run->opts->dry_run)
		gv_snapshot_forget(run->repo);
	return run->opts->dry_run ? 0 : check_faulty(run);
}

static void
release(struct gv_repair_run *run)
{
	size_t i;

	gv_repair_sealed_free(run);
	for (i = 0; i < run->items.cap; i++) {
		struct gv_repair_item *item = run->items.slots[i].value;

		if (item)
			gv_object_release(&item->obj);
	}
	for (i = 0; i < run->n_packs; i++) {
		gv_odb_health_release(&run->packs[i].health);
		free(run->packs[i].stem);
	}
	free(run->packs);
	if (run->lane)
		gv_pack_lane_close(run->lane);
	gv_pack_free(run->pack);
	gv_odb_close(run->lenient);
	gv_odb_close(run->own);
	gv_odb_close(run->other);
	gv_repair_tops_free(run);
	gv_statcache_close(run->cache);
	if (run->scratch.len)
		gv_file_remove_tree(AT_FDCWD, run->scratch.p);
	gv_buf_release(&run->scratch);
	gv_buf_release(&run->loose);
	free(run->loose_ids);
	free(run->sought);
	gv_map_release(&run->items);
	gv_map_release(&run->reached);
	gv_map_release(&run->pointers);
	free(run->files);
	free(run->faults);
	free(run->places);
	gv_arena_release(&run->told);
	gv_map_release(&run->by_id);
	gv_map_release(&run->seen);
	gv_map_release(&run->seen_by_id);
	gv_arena_release(&run->arena);
	pthread_mutex_destroy(&run->lock);
}

/* The scratch of a repair that was killed; if it stays, it does no harm. */
static void
sweep(const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;

	gv_buf_addf(&path, "%s/vault/repair", repo->common_dir);
	if (gv_buf_check(&path) == 0)
		gv_file_remove_tree(AT_FDCWD, path.p);
	gv_buf_release(&path);
}

int
gv_repair_run(struct gv_repair_result *out, struct gv_repo *repo,
    const struct gv_repair_opts *opts)
{
	struct gv_repair_run run = { .repo = repo,
		.opts = opts,
		.result = out,
		.scratch = GV_BUF_INIT,
		.loose = GV_BUF_INIT };
	unsigned mask = gv_repo_share(repo);
	int lock = -1, fold = -1, r = 0;

	memset(out, 0, sizeof(*out));
	pthread_mutex_init(&run.lock, NULL);
	if (!opts->dry_run)
		r = gv_repo_lock(&lock, repo, 0);
	/* a pack that it hides for a moment would look damaged */
	if (r == 0 && !opts->dry_run)
		r = gv_fold_lock(&fold, repo, true);
	if (fold >= 0)
		sweep(repo);
	if (r == 0)
		r = repair(&run);
	release(&run);
	gv_lock_close(fold);
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	return r;
}
