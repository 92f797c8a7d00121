#include "snapshot/snapshot.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/graph.h"
#include "policy/consent.h"
#include "record/own.h"
#include "record/record_load.h"
#include "repo/hash.h"
#include "repo/ref_file.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "snapshot/origin.h"
#include "snapshot/snapshot_internal.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/workers.h"
#include "vault/author.h"
#include "worktree/cache.h"

/* How often a snapshot is begun again when objects that it builds on were
 * pruned meanwhile. */
#define TRIES 3

#define FEW_DIRS 16

/* Files that a save after some edits reads at most; more may stay long. */
#define FEW_FILES 4096

static void
say_begin(const struct gv_snapshot_run *run, const char *title)
{
	if (run->opts->on_begin)
		run->opts->on_begin(run->opts->ctx, title, 0);
}

/* What would be newly stored, for a dry run. */
static int
add_entry(struct gv_snapshot_run *run, uint32_t dir, const struct gv_row *row)
{
	struct gv_snapshot *out = run->out;
	struct gv_snapshot_entry e = { .size = row->size };
	struct gv_buf path = GV_BUF_INIT;
	int r;

	e.status = row->flags & GV_ROW_NEW ? 'A' : 'M';
	e.why = row->flags & (GV_ROW_LOCAL | GV_ROW_WANTED) ? "ignored"
	    : row->flags & GV_ROW_PRECIOUS                  ? "precious"
	    : row->flags & GV_ROW_TRACKED                   ? "tracked"
							    : "untracked";
	gv_census_path(run->survey.census, dir, row, &path);
	e.path = gv_buf_take(&path);
	if (e.path == NULL)
		return GV_ENOMEM;
	r = GV_GROW(out->entries, out->n_entries, out->cap_entries);
	if (r == 0)
		out->entries[out->n_entries++] = e;
	else
		free(e.path);
	return r;
}

static int
report(struct gv_snapshot_run *run)
{
	uint32_t i, j;
	int r = 0;

	for (i = 0; r == 0 && i < run->survey.n_order; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(run->survey.census, run->survey.order[i]);

		for (j = 0; r == 0 && d->own && j < d->n; j++) {
			const struct gv_row *row = &d->rows[j];

			if (!(row->flags & (GV_ROW_ABSENT | GV_ROW_DIR)) &&
			    (row->flags &
				(GV_ROW_NEW | GV_ROW_READ | GV_ROW_CHANGED)))
				r = add_entry(run, run->survey.order[i], row);
		}
	}
	return r;
}

int
gv_snapshot_store(struct gv_snapshot_run *run)
{
	struct gv_pack_opts opts = { .objects_dir = run->repo->objects_dir,
		.odb = run->survey.odb,
		.is_quick =
		    run->survey.cache && run->survey.n_jobs <= FEW_FILES };
	int r;

	if ((r = gv_pack_open(&run->pack, &opts)) == 0)
		r = gv_snapshot_capture(run);
	run->whole = run->survey.cache == NULL || run->partial ||
	    run->survey.cache->head->n_layers == 0;
	say_begin(run, "");
	if (r < 0 || (r = gv_snapshot_trees(run)) < 0)
		return r;
	return gv_pack_lane_open(&run->lane, run->pack);
}

/* What the snapshot says beside the files, and its digest: where that and the
 * files are as they were, nothing changed. */
static int
collect(struct gv_snapshot_run *run, struct gv_snapshot_parts *parts,
    struct gv_origin *origin)
{
	struct gv_oid all[6];
	size_t n = 3;
	int r = gv_origin_collect(origin, run->repo, &run->survey.refs);

	if (r < 0)
		return r;
	if ((r = gv_snapshot_staged(run, parts)) == 0)
		r = gv_snapshot_unmerged(
		    run, &parts->index_text, &parts->stages);
	all[0] = origin->digest;
	all[1] = parts->index_text;
	all[2] = parts->stages;
	if (r != 0 || (r = gv_snapshot_links_digest(run, &all[3])) < 0 ||
	    (r = gv_working_copy_digest(&run->copy, run->repo)) < 0)
		return r;
	/* without links, or another tool, as it always was */
	all[4] = run->copy.digest;
	if (!gv_oid_is_zero(&all[4]))
		n = 5;
	else if (!gv_oid_is_zero(&all[3]))
		n = 4;
	/* from then on commits must not leave by it that were free to before */
	if (gv_snapshot_has_target(run->repo))
		all[n++] = gv_oid_empty_tree;
	gv_hash_object(&parts->digest, GV_OTYPE_BLOB, all, n * sizeof(all[0]));
	return 0;
}

static bool
is_safety(const char *trigger)
{
	return trigger && strcmp(trigger, GV_RECORD_SAFETY) == 0;
}

/* Whether the last one does for this one, too. A safety snapshot does only for
 * the next of its kind: it is never the latest, and soon gone. */
static bool
does_last(const struct gv_snapshot_run *run)
{
	struct gv_record rec = { 0 };
	bool does = gv_record_load(
			&rec, run->repo, &run->survey.cache->head->commit) == 0;

	does = does
	    ? (is_safety(run->opts->trigger) || !is_safety(rec.trigger)) &&
		gv_snapshot_is_as_settled(&rec, run)
	    : is_safety(run->opts->trigger);
	gv_record_release(&rec);
	return does;
}

static bool
is_unchanged(
    const struct gv_snapshot_run *run, const struct gv_snapshot_parts *parts)
{
	const struct gv_statcache *cache = run->survey.cache;

	return cache && !run->opts->force && !run->partial &&
	    run->opts->n_tags == 0 && run->lines == 0 && !run->whole &&
	    gv_oid_equal(&run->tree, &parts->old_tree) &&
	    gv_oid_equal(&run->staged, &cache->head->staged) &&
	    gv_oid_equal(&parts->digest, &cache->head->origin) &&
	    gv_snapshot_has_envs(run) && does_last(run);
}

static int
save_cache(struct gv_snapshot_run *run, const struct gv_snapshot_parts *parts)
{
	struct gv_statcache_head *head = calloc(1, sizeof(*head));
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r;

	if (head == NULL)
		return gv_err_nomem();
	head->commit = run->out->commit;
	head->staged = run->staged;
	head->origin = parts->digest;
	memcpy(head->id, run->out->id, sizeof(run->out->id));
	head->search = run->search;
	head->policy = run->policy;
	head->plain = run->plain_staged;
	head->secrets = parts->secrets;
	head->index_secrets = parts->index_secrets;
	head->n_secrets = run->out->secrets;
	head->files = run->out->found.files;
	head->bytes = run->out->found.bytes;
	gv_survey_index_stamp(head->index, run->survey.index);
	head->n_layers = (uint32_t)parts->n_layers;
	for (i = 0; i < parts->n_layers; i++) {
		head->layers[i].number = parts->layers[i].number;
		head->layers[i].size = (uint32_t)parts->layers[i].size;
		head->layers[i].oid = parts->layers[i].oid;
	}
	if (run->opts->is_auto)
		gv_survey_auto_path(&path, run->repo);
	else
		gv_survey_cache_path(&path, run->repo);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_census_save(run->survey.census, path.p, head);
	gv_buf_release(&path);
	free(head);
	return r;
}

/* The snapshot's ref, and those of the values that were sealed for it. */
static int
plan_refs(struct gv_snapshot_run *run, struct gv_ref_tx *tx)
{
	struct gv_buf name = GV_BUF_INIT;
	int r = 0;

	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", run->out->id);
	if (run->opts->is_auto)
		r = gv_autosave_step(
		    tx, run->repo, &run->survey.end.link, &run->link);
	else
		gv_ref_create(tx, name.p, &run->out->commit);
	if (run->survey.cache && !run->survey.is_by_auto) {
		/* its objects are ours only as long as it is there */
		gv_buf_reset(&name);
		gv_buf_addf(
		    &name, GV_REFS_SNAPSHOTS "%s", run->survey.cache->head->id);
		gv_ref_verify(tx, name.p, &run->survey.cache->head->commit);
	}
	if (r == 0 && (r = gv_buf_check(&name)) == 0 && run->withhold.safe)
		r = gv_safe_publish(run->withhold.safe, run->lane, tx);
	gv_buf_release(&name);
	return r;
}

/* Note the snapshot as this clone's own. A failure must not lose the snapshot.
 */
static void
note_own(struct gv_snapshot_run *run)
{
	if (run->opts->is_auto ||
	    gv_own_add(run->repo, run->out->id, &run->out->commit) == 0 ||
	    run->repo->warning)
		return;
	run->repo->warning = strdup(gv_err_message());
}

struct storing {
	struct gv_snapshot_run *run;
	struct gv_pack_result *pack;
	const struct gv_ref_tx *tx;
	struct gv_ref_file *file; /* of the ref, or NULL */
};

/* All are on disk before the ref is made: the pack, and beside it the rest. */
static int
store_part(void *ctx, int i)
{
	struct storing *s = ctx;

	if (i == 0)
		return gv_pack_finish(s->run->pack, s->pack);
	note_own(s->run);
	s->file = gv_ref_file_new(s->tx, s->run->repo);
	return 0;
}

static int
move_refs(
    struct gv_snapshot_run *run, struct gv_ref_tx *tx, struct gv_ref_file *file)
{
	int r = gv_ref_file_move(tx, run->repo, file);

	return r < 0 && tx->moved == GV_REF_MOVED_ALL
	    ? gv_err_in(r, "snapshot %s is taken", run->out->id)
	    : r;
}

/* Take a ref back that names what is not whole. */
static int
take_back(struct gv_snapshot_run *run)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_buf name = GV_BUF_INIT;
	int r = 0;

	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", run->out->id);
	if (run->opts->is_auto)
		r = gv_autosave_step(
		    &tx, run->repo, &run->link, &run->survey.end.link);
	else
		gv_ref_delete(&tx, name.p, &run->out->commit);
	if (r == 0 && (r = gv_buf_check(&name)) == 0)
		r = gv_ref_commit(&tx, run->repo);
	gv_ref_tx_release(&tx);
	gv_buf_release(&name);
	/* it may still be there, and then its own objects must be too; and what
	 * was sealed is in the vault by now. Else they go, and a git beside us
	 * may have its commit in a graph already */
	if (r < 0 ||
	    (run->withhold.safe && gv_safe_sealed(run->withhold.safe) > 0))
		gv_pack_unkeep(run->pack);
	if (r < 0)
		return r;
	(void)gv_graph_forget(run->repo, &run->out->commit, 1);
	return gv_err(GV_EEXISTS,
	    "objects that the snapshot builds on were pruned "
	    "while it was taken; take it again");
}

/* Make it durable, give it its name, and then make sure that what it builds
 * on is still there: from now on the ref keeps it, but a prune may have come
 * before. GV_EEXISTS: begin again. */
static int
publish(struct gv_snapshot_run *run)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_pack_result pack = { 0 };
	struct storing s = { run, &pack, &tx, NULL };
	int r = plan_refs(run, &tx), relied;
	char *why;

	tx.keeps_objects = true; /* its pack is kept until the ref stands */

	if (r == 0)
		r = gv_pack_lane_close(run->lane);
	else
		gv_pack_lane_close(run->lane);
	run->lane = NULL;
	if (r == 0 && (r = gv_workers_run(2, store_part, &s)) == 0)
		r = move_refs(run, &tx, s.file);
	if (tx.moved == GV_REF_MOVED_NONE)
		goto out;
	why = gv_err_save();
	relied = gv_odb_check_relied(run->survey.odb);
	gv_err_restore(why);
	if (relied < 0) {
		r = take_back(run);
		goto out;
	}
	gv_pack_unkeep(run->pack);
	if (r < 0)
		goto out;
	run->out->objects = pack.objects;
	run->out->pack_bytes = pack.bytes;
	run->out->created = true;
out:
	gv_ref_file_free(s.file);
	gv_ref_tx_release(&tx);
	return r;
}

struct finishing {
	struct gv_snapshot_run *run;
	const struct gv_snapshot_parts *parts;
};

/* The caches are written while the disk and git are waited for. This one
 * belongs to
 * the snapshot of that id: if its ref is never made, nobody believes the
 * cache; and it only makes the next one quick. */
static int
finish(void *ctx, int i)
{
	struct finishing *f = ctx;

	if (i == 0)
		return publish(f->run);
	save_cache(f->run, f->parts);
	return 0;
}

/* A thread costs as much as it takes to write what is known of few files. The
 * caches are written first, as they are beside it: a snapshot that is taken
 * back finds them when it is taken again. */
static int
finish_both(struct finishing *f)
{
	if (f->run->partial)
		return publish(f->run);
	if (f->run->survey.n_order > FEW_DIRS)
		return gv_workers_run(2, finish, f);
	save_cache(f->run, f->parts);
	return publish(f->run);
}

static int
finish_unchanged(
    struct gv_snapshot_run *run, const struct gv_snapshot_parts *parts)
{
	const struct gv_statcache_head *head = run->survey.cache->head;
	struct gv_snapshot_parts same = *parts;
	size_t i;

	memcpy(run->out->id, head->id, sizeof(run->out->id));
	run->out->commit = head->commit;
	run->out->created = false;
	run->out->secrets = head->n_secrets;
	if (!gv_census_is_touched(run->survey.census) &&
	    !gv_census_is_counted(run->survey.census) &&
	    run->survey.same_index && !run->judged &&
	    gv_oid_equal(&run->search, &head->search) &&
	    gv_oid_equal(&run->policy, &head->policy))
		return 0;
	same.secrets = head->secrets;
	same.index_secrets = head->index_secrets;
	/* newer stat data for the next look; without it all is well too */
	same.n_layers = head->n_layers;
	for (i = 0; i < head->n_layers; i++)
		same.layers[i] =
		    (struct gv_manifest_layer){ head->layers[i].number,
			    head->layers[i].oid, head->layers[i].size };
	save_cache(run, &same);
	return 0;
}

static int
copy_text(char **out, const char *text)
{
	*out = text ? strdup(text) : NULL;
	return text && *out == NULL ? gv_err_nomem() : 0;
}

/* What the user learns about the vault. */
static int
report_safe(struct gv_snapshot_run *run)
{
	const struct gv_safe_news *news;
	struct gv_snapshot *out = run->out;
	int r;

	if (run->withhold.safe == NULL)
		return 0;
	news = gv_safe_news(run->withhold.safe);
	out->sealed = gv_safe_sealed(run->withhold.safe);
	out->made_keyring = news->is_made;
	out->saw_keyring = news->is_first_seen;
	out->is_random = news->is_random;
	out->is_lost = news->is_lost;
	if ((r = copy_text(&out->unreached, news->unreached)) < 0 ||
	    (r = copy_text(&out->shut, news->shut)) < 0 ||
	    (r = copy_text(&out->unmerged, news->unmerged)) < 0)
		return r;
	if (news->is_made &&
	    (r = copy_text(&out->identity, news->identity)) < 0)
		return r;
	if (news->is_made || news->is_first_seen)
		return copy_text(&out->print, news->print);
	return 0;
}

/* All of what is withheld, and what of it is in Git's history. */
static int
settle_withheld(struct gv_snapshot_run *run, struct gv_snapshot_parts *parts)
{
	int r = gv_snapshot_carry(run);

	if (r == 0 &&
	    (r = gv_snapshot_write_withheld(run, &parts->secrets)) == 0)
		r = gv_snapshot_exposed(run);
	run->out->secrets = run->withheld.n;
	return r;
}

static void
find_borrowed(struct gv_snapshot_run *run)
{
	struct gv_buf path = GV_BUF_INIT;

	gv_buf_addf(&path, "%s/info/alternates", run->repo->objects_dir);
	run->out->borrows =
	    gv_buf_check(&path) == 0 && gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
}

static int
take(struct gv_snapshot_run *run)
{
	struct gv_snapshot_parts *parts = calloc(1, sizeof(*parts));
	struct gv_origin origin = GV_ORIGIN_INIT;
	int r;

	if (parts == NULL)
		return gv_err_nomem();
	if ((r = gv_snapshot_open(run)) == 0 && run->opts->n_only)
		r = gv_snapshot_select(run);
	if (r < 0 || run->opts->dry_run) {
		r = r < 0 ? r : report(run);
		goto out;
	}
	if ((r = gv_snapshot_search(run)) == 0 && run->opts->recurse)
		r = gv_snapshot_nested(run);
	if (run->survey.cache)
		parts->old_tree = run->survey.cache->dirs[0].tree;
	if (r < 0 || (r = gv_snapshot_store(run)) < 0)
		goto out;
	if (run->opts->unless && gv_oid_equal(&run->tree, run->opts->unless))
		goto out;
	if ((r = collect(run, parts, &origin)) < 0)
		goto out;
	if (is_unchanged(run, parts)) {
		r = finish_unchanged(run, parts);
		goto out;
	}
	if ((r = gv_origin_add_git(&origin, run->repo)) == 0 &&
	    (r = gv_snapshot_hold(run)) == 0 &&
	    (r = gv_snapshot_stage_held(run, parts)) == 0 &&
	    (r = gv_snapshot_origin(run, &origin, parts)) == 0 &&
	    (r = settle_withheld(run, parts)) == 0 &&
	    (r = gv_snapshot_commit(run, parts)) == 0)
		r = finish_both(&(struct finishing){ run, parts });
	if (r == 0) {
		find_borrowed(run);
		gv_snapshot_keep_states(run);
		r = report_safe(run);
	}
out:
	gv_origin_release(&origin);
	run->lacks_tool = run->copy.omits && run->copy.has_failed;
	gv_working_copy_release(&run->copy);
	free(parts);
	return r;
}

static int
take_so(bool *lacks_tool, struct gv_snapshot *out, struct gv_repo *repo,
    const struct gv_snapshot_opts *opts, unsigned mask)
{
	struct gv_snapshot_run run = { GV_SNAPSHOT_RUN(opts, out, repo),
		.mask = mask, .partial = opts->n_only > 0,
		.stores_base = *lacks_tool };
	int r = take(&run);

	*lacks_tool = run.lacks_tool;
	gv_snapshot_close(&run);
	return r;
}

/* The tool is asked last, and only if there is something to store. Where it
 * fails, and files are left out since it said so earlier, all are stored. */
static int
take_once(struct gv_snapshot *out, struct gv_repo *repo,
    const struct gv_snapshot_opts *opts, unsigned mask)
{
	bool lacks_tool = false;
	int r = take_so(&lacks_tool, out, repo, opts, mask);

	if (!lacks_tool)
		return r;
	gv_snapshot_release(out);
	return take_so(&lacks_tool, out, repo, opts, mask);
}

/* Every writer's lock, and what others left. An automatic save has a lock of
 * its own, since no other command is to wait for it: what it writes is safe
 * next to them, as the snapshot of another working tree is. */
static int
begin(int *lock, struct gv_repo *repo, const struct gv_snapshot_opts *opts)
{
	int r;

	if (opts->dry_run)
		return 0;
	r = opts->is_auto ? gv_autosave_lock(lock, repo)
			  : gv_repo_lock(lock, repo, 0);
	if (r < 0 || (r = gv_pack_sweep(repo->objects_dir)) < 0 ||
	    (r = gv_ref_sweep(repo)) < 0 || opts->is_auto)
		return r;
	gv_cache_sweep(repo);
	return gv_consent_settle(repo);
}

int
gv_snapshot_take(struct gv_snapshot *out, struct gv_repo *repo,
    const struct gv_snapshot_opts *opts)
{
	unsigned mask = gv_repo_share(repo);
	int lock = -1, r = gv_author_check_time(gv_clock_now().tv_sec), i;

	memset(out, 0, sizeof(*out));
	if (r < 0)
		goto out;
	if ((r = begin(&lock, repo, opts)) < 0)
		goto out;
	for (i = 0; r == 0 && i < TRIES; i++) {
		gv_snapshot_release(out);
		r = take_once(out, repo, opts, mask);
		if (r != GV_EEXISTS)
			break;
		/* a prune or a deletion came between: with a fresh look */
		r = i + 1 < TRIES ? gv_odb_refresh(repo->odb) : r;
	}
out:
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	if (r < 0)
		gv_snapshot_release(out);
	return r;
}
