#include "retention/reparent_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "detect/screen.h"
#include "object/graph.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "record/record_load.h"
#include "record/record_resolve.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/lock.h"
#include "sys/proc.h"
#include "worktree/cache.h"

/* How many commits come with this one that nothing of the user's reaches; 0
 * where a ref or a HEAD does. One that is lost is kept by nobody. */
static int
count_gone(
    uint64_t *out, struct gv_reparent_run *run, const struct gv_oid *commit)
{
	char hex[GV_OID_HEX + 1];
	const char *argv[] = { "git", "rev-list", "--count", hex, "--not",
		"--exclude=refs/vault/*", "--exclude=refs/vault-remote/*",
		"--exclude=refs/vault-trash/*", "--all", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	*out = 1;
	if (!gv_odb_has(run->odb, commit))
		return 0;
	gv_oid_format(hex, commit);
	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR,
		    "git cannot list the refs that contain commit %s: %.*s",
		    hex, (int)strcspn(p.err.p, "\n"), p.err.p);
	if (r == 0)
		*out = strtoull(p.out.p, NULL, 10);
	gv_proc_release(&p);
	return r;
}

/* A record is of the commit as it was: the environment could not be rolled back
 * to another one. Its tag keeps that, and all before it, anyway. */
static int
check_goods(const struct gv_reparent_run *run, const struct gv_record *rec)
{
	size_t i;

	for (i = 0; i < run->goods.n; i++) {
		const struct gv_good *good = &run->goods.all[i];

		if (good->damage || good->revoked ||
		    good->status == GV_GOOD_REVOKED ||
		    !gv_oid_equal(&good->snapshot, &rec->commit))
			continue;
		return gv_err(GV_EREFUSED,
		    "record %u of %s names this snapshot and keeps its "
		    "history; revoke the record by 'git vault good revoke "
		    "--reason TEXT %s %u', or leave this snapshot out",
		    good->n, good->env, good->env, good->n);
	}
	return 0;
}

/* One line of the head: whether it stays. Signatures do not: they are of the
 * commit as it was. */
static int
judge(struct gv_reparent_run *run, const struct gv_record *rec,
    const char *line, size_t len, bool *stays, bool *in_signature)
{
	struct gv_oid parent;
	uint64_t n = 0;
	int r;

	if (*line == ' ') {
		*stays = !*in_signature;
		return 0;
	}
	*in_signature = strncmp(line, "gpgsig", 6) == 0;
	*stays = !*in_signature;
	if (len != 7 + GV_OID_HEX || strncmp(line, "parent ", 7) != 0 ||
	    gv_oid_parse(&parent, line + 7) < 0)
		return 0;
	r = count_gone(&n, run, &parent);
	*stays = n == 0;
	if (r < 0)
		return r;
	if (n && (r = check_goods(run, rec)) < 0)
		return r;
	if (n && run->opts->told)
		run->opts->told(run->opts->ctx, rec->id, &parent, n);
	return 0;
}

/* The message, with a trailer for what the headers named. Who withholds
 * something is of a format that says so. */
static void
add_message(struct gv_buf *out, const char *p, const char *end,
    const struct gv_record *rec, bool withholds)
{
	static const char format[] = "\nVault-Format: ";
	const char *at = withholds && rec->format < GV_RECORD_WITHHOLDS
	    ? memmem(p, (size_t)(end - p), format, sizeof(format) - 1)
	    : NULL;

	if (at) {
		at += sizeof(format) - 1;
		gv_buf_add(out, p, (size_t)(at - p));
		gv_buf_addf(out, "%u", GV_RECORD_WITHHOLDS);
		p = at + strspn(at, "0123456789");
	}
	gv_buf_add(out, p, (size_t)(end - p));
}

/* The commit without its first line, which names *root, and without parents
 * that are gone; 1 where there were some, else 0. */
static int
rewrite(struct gv_buf *out, struct gv_oid *root, struct gv_reparent_run *run,
    const struct gv_record *rec, const struct gv_object *obj)
{
	const char *p = (const char *)obj->data, *end = p + obj->len, *lf;
	char hex[GV_OID_HEX + 1];
	bool stays, in_signature = false, base_goes = false, changed = false;
	bool withholds = false;
	int r = 0;

	*root = rec->root;
	for (; r == 0 && p < end && *p != '\n'; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			return gv_err(GV_ECORRUPT, "its commit ends early");
		if ((r = judge(run, rec, p, (size_t)(lf - p), &stays,
			 &in_signature)) == 0 &&
		    stays && strncmp(p, "tree ", 5) != 0)
			gv_buf_add(out, p, (size_t)(lf + 1 - p));
		if (r < 0 || stays || in_signature)
			continue;
		changed = true;
		gv_oid_format(hex, &rec->base);
		base_goes |= strncmp(p + 7, hex, GV_OID_HEX) == 0;
	}
	if (r == 0 && base_goes && gv_oid_is_zero(&rec->index))
		r = gv_reparent_index(root, &withholds, run, rec);
	add_message(out, p, end, rec, withholds);
	gv_oid_format(hex, &rec->base);
	if (base_goes)
		gv_buf_addf(out, "Vault-Base: %s\n", hex);
	if (r < 0 || (r = gv_buf_check(out)) < 0)
		return r;
	return changed;
}

static int
put(struct gv_reparent_run *run, const struct gv_record *rec,
    const struct gv_buf *rest, const struct gv_oid *root)
{
	struct gv_buf text = GV_BUF_INIT, name = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	struct gv_oid commit;
	int r;

	gv_oid_format(hex, root);
	gv_buf_addf(&text, "tree %s\n", hex);
	gv_buf_add(&text, rest->p, rest->len);
	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", rec->id);
	if ((r = gv_buf_check(&text)) == 0 && (r = gv_buf_check(&name)) == 0)
		r = gv_pack_add(run->lane, &commit, GV_OTYPE_COMMIT, text.p,
		    text.len, NULL);
	if (r == 0 && (r = GV_GROW(run->old, run->n_old, run->cap_old)) == 0) {
		run->old[run->n_old++] = rec->commit;
		gv_own_renew(&run->renewed, &run->own, &rec->commit, &commit);
		gv_ref_update(&run->tx, name.p, &commit, &rec->commit);
	}
	gv_buf_release(&text);
	gv_buf_release(&name);
	return r;
}

static int
reparent(struct gv_reparent_run *run, const struct gv_record *rec)
{
	struct gv_buf rest = GV_BUF_INIT;
	struct gv_object obj = { 0 };
	struct gv_oid root;
	int r = gv_odb_read_type(run->odb, &obj, &rec->commit, GV_OTYPE_COMMIT);

	run->result->snapshots++;
	if (r == 0)
		r = rewrite(&rest, &root, run, rec, &obj);
	if (r == 1) {
		run->result->changed++;
		r = run->opts->dry_run ? 0 : put(run, rec, &rest, &root);
	}
	gv_object_release(&obj);
	gv_buf_release(&rest);
	return r < 0 ? gv_err_in(r, "snapshot %s", rec->id) : r;
}

static int
find_commit(struct gv_reparent_run *run)
{
	struct gv_buf name = GV_BUF_INIT;
	const char *argv[] = { "git", "rev-parse", "--verify", "-q",
		"--end-of-options", NULL, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	gv_buf_addf(&name, "%s^{commit}", run->opts->all_of);
	argv[5] = name.p;
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	/* --end-of-options is printed too by some versions */
	if (r == 0 &&
	    (p.out.len <= GV_OID_HEX ||
		gv_oid_parse(
		    &run->all_of, p.out.p + p.out.len - GV_OID_HEX - 1) < 0))
		r = gv_err(
		    GV_ENOTFOUND, "there is no commit '%s'", run->opts->all_of);
	gv_proc_release(&p);
	gv_buf_release(&name);
	return r;
}

static int
has_parent(bool *has, struct gv_reparent_run *run, const struct gv_record *rec)
{
	struct gv_object obj = { 0 };
	struct gv_buf line = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r = gv_odb_read_type(run->odb, &obj, &rec->commit, GV_OTYPE_COMMIT);

	gv_oid_format(hex, &run->all_of);
	gv_buf_addf(&line, "\nparent %s\n", hex);
	if (r == 0)
		r = gv_buf_check(&line);
	*has = r == 0 && memmem(obj.data, obj.len, line.p, line.len) != NULL;
	gv_object_release(&obj);
	gv_buf_release(&line);
	return r;
}

static int
reparent_all_of(struct gv_reparent_run *run)
{
	struct gv_records all = { 0 };
	bool has = false;
	size_t i;
	int r = find_commit(run);

	if (r == 0)
		r = gv_records_load(&all, run->repo, NULL);
	for (i = 0; r == 0 && i < all.n; i++) {
		if ((r = has_parent(&has, run, &all.records[i])) == 0 && has)
			r = reparent(run, &all.records[i]);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	gv_records_release(&all);
	return r;
}

static int
reparent_named(struct gv_reparent_run *run)
{
	struct gv_record rec = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->opts->n_snapshots; i++) {
		r = gv_record_resolve(&rec, run->repo,
		    &(struct gv_record_query){
			.text = run->opts->snapshots[i] });
		if (r == 0)
			r = reparent(run, &rec);
		gv_record_release(&rec);
	}
	return r;
}

/* Durable first, then all refs in one step. */
static int
publish(struct gv_reparent_run *run)
{
	struct gv_pack_result pack;
	int r = run->withhold.safe
	    ? gv_safe_publish(run->withhold.safe, run->lane, &run->tx)
	    : 0;
	int closed = gv_pack_lane_close(run->lane);

	run->lane = NULL;
	if (r == 0 && (r = closed) == 0 && run->result->changed)
		r = gv_pack_finish(run->pack, &pack);
	if (r == 0 && run->result->changed)
		r = gv_own_append(run->repo, &run->renewed);
	if (r == 0 && run->result->changed)
		r = gv_ref_commit(&run->tx, run->repo);
	if (run->tx.moved != GV_REF_MOVED_NONE) {
		gv_pack_unkeep(run->pack);
		/* where that fails git fsck says so once they are gone */
		(void)gv_graph_forget(run->repo, run->old, run->n_old);
	}
	return r == GV_EEXISTS ? gv_err(GV_ELOCKED,
				     "another command changed a snapshot "
				     "meanwhile, so none was changed here; "
				     "try again")
			       : r;
}

static int
work(struct gv_reparent_run *run)
{
	struct gv_pack_opts opts = { .objects_dir = run->repo->objects_dir };
	int r;

	if ((r = gv_repo_odb(run->repo, &run->odb)) < 0 ||
	    (r = gv_goods_load(&run->goods, run->repo, NULL)) < 0 ||
	    (r = gv_own_load(&run->own, run->repo)) < 0)
		goto out;
	if (!run->opts->dry_run) {
		if ((r = gv_pack_sweep(run->repo->objects_dir)) < 0 ||
		    (r = gv_pack_open(&run->pack, &opts)) < 0 ||
		    (r = gv_pack_lane_open(&run->lane, run->pack)) < 0)
			goto out;
	}
	r = run->opts->all_of ? reparent_all_of(run) : reparent_named(run);
	if (r != 0)
		goto out;
	if (!run->opts->dry_run)
		r = publish(run);
out:
	if (run->lane)
		gv_pack_lane_close(run->lane);
	gv_pack_free(run->pack);
	gv_ref_tx_release(&run->tx);
	gv_goods_release(&run->goods);
	gv_own_release(&run->own);
	gv_buf_release(&run->renewed);
	free(run->old);
	return r;
}

/* A safe of the caller's reads again what was published. */
static void
close_safe(struct gv_reparent_run *run, int r)
{
	struct gv_safe *safe = run->withhold.safe;

	if (r == 0 && safe && run->opts->told_safe)
		run->opts->told_safe(run->opts->ctx, safe);
	if (run->opts->safe)
		gv_safe_forget_scopes(safe);
	else
		gv_safe_close(safe);
	if (r == 0 && run->withhold.screen)
		gv_screen_save(run->withhold.screen);
	gv_screen_free(run->withhold.screen);
	pthread_mutex_destroy(&run->withhold.safe_lock);
}

int
gv_reparent_run(struct gv_reparent_result *out, struct gv_repo *repo,
    const struct gv_reparent_opts *opts)
{
	struct gv_reparent_run run = {
		.repo = repo,
		.opts = opts,
		.result = out,
		.tx = GV_REF_TX_INIT,
		.renewed = GV_BUF_INIT,
		.withhold = { .repo = repo,
		    .safe = opts->safe,
		    .safe_lock = PTHREAD_MUTEX_INITIALIZER },
		.now = gv_clock_now().tv_sec,
	};
	unsigned mask = gv_repo_share(repo);
	int lock = -1, r = 0;

	memset(out, 0, sizeof(*out));
	if (!opts->dry_run) {
		r = gv_repo_lock(&lock, repo, 0);
		/* of a ref that this run may not move: the audit's */
		if (r == 0 && (r = gv_ref_sweep(repo)) == 0)
			gv_cache_sweep(repo);
	}
	if (r == 0)
		r = work(&run);
	close_safe(&run, r);
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	return r;
}
