#include "replica/replica_push.h"

#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/enc.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/sha.h"
#include "format/canon.h"
#include "replica/replica_refs.h"
#include "replica/target.h"
#include "repo/repo.h"
#include "safe/safe_who.h"

/*
 * The order is what makes a push safe against a kill: the pack and its index,
 * then what the manifest will be, here and durably, then the manifest, which
 * is the moment at which the push counts, then what is remembered, then the
 * hint. Objects that a kill leaves behind are named after their content, so
 * the next push finds them, and a prune removes the others.
 */

#define WHOLE_EVERY 64 /* manifests; a reader needs no more of them */

/* ---- what is to be there ------------------------------------------------ */

static int
load_after(struct gv_replica_push *push)
{
	size_t i;
	int r;

	gv_replica_manifest_release(&push->after);
	gv_buf_reset(&push->out->left);
	r = gv_replica_refs_load(
	    &push->after, &push->out->left, push->rep->repo);
	if (r < 0)
		return r;
	for (i = 0; r == 0 && i < push->before.n_packs; i++)
		r = gv_replica_manifest_add_pack(
		    &push->after, &push->before.packs[i]);
	gv_replica_manifest_sort(&push->after);
	return r;
}

static int
describe(struct gv_replica_push *push)
{
	struct gv_replica_manifest *m = &push->after;
	int r;

	/* a manifest that names no store, nobody can read; of one that is only
	 * looked at there may be none yet */
	if (*push->rep->id == '\0' && !push->opts->dry_run)
		return gv_err(GV_ERROR,
		    "the store at %s is not known yet; run this again",
		    gv_replica_url(push->rep));
	r = gv_replica_manifest_set(m, &m->store, push->rep->id);

	if (r == 0)
		r = gv_replica_manifest_set(
		    m, &m->host, push->rep->memory.host);
	m->seq = push->last + 1;
	m->time = push->rep->now;
	m->is_whole = true;
	memcpy(m->previous, push->previous, sizeof(m->previous));
	return r;
}

/* How many refs differ, and how many of these are worth a push. */
static int
count_changes(uint64_t *all, uint64_t *news, const struct gv_replica_push *push)
{
	struct gv_replica_manifest diff = GV_REPLICA_MANIFEST_INIT;
	int r = gv_replica_manifest_diff(&diff, &push->before, &push->after);

	*all = diff.n_refs;
	*news = gv_replica_refs_news(&diff);
	gv_replica_manifest_release(&diff);
	return r;
}

/* An event is written before what it tells of, so it travels along. */
static int
tell(struct gv_replica_push *push)
{
	char reason[GV_REPLICA_HOST_MAX + 24];
	struct gv_audit_event event = { .what = GV_AUDIT_REPLICATE,
		.time = push->rep->now,
		.target = push->rep->id,
		.reason = reason };

	snprintf(reason, sizeof(reason), "%s/%llu", push->rep->memory.host,
	    (unsigned long long)push->last + 1);
	return gv_audit_tell(push->rep->repo, push->rep->safe, &event);
}

/* ---- the manifest ------------------------------------------------------- */

static int
seal(struct gv_buf *out, struct gv_replica_push *push,
    struct gv_replica_manifest *m)
{
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_safe_signer(&key, push->rep->safe, false);
	r = key.len ? gv_replica_manifest_seal(&text, m, &key)
		    : gv_err(GV_ENOKEY,
			  "this host has no key to sign a copy with; to make "
			  "one: git vault key generate");
	if (r == 0)
		r = gv_replica_wrap(out, push->rep, &text);
	gv_secret_release(&key);
	gv_buf_release(&text);
	return r;
}

static int
make_manifest(struct gv_buf *out, struct gv_replica_push *push)
{
	struct gv_replica_manifest diff = GV_REPLICA_MANIFEST_INIT;
	const struct gv_replica_manifest *after = &push->after;
	int r;

	push->out->is_whole = push->is_whole;
	if (push->last == 0 || push->is_whole || after->seq % WHOLE_EVERY == 0)
		return seal(out, push, &push->after);
	if ((r = gv_replica_manifest_diff(&diff, &push->before, after)) == 0 &&
	    (r = gv_replica_manifest_set(&diff, &diff.store, after->store)) ==
		0 &&
	    (r = gv_replica_manifest_set(&diff, &diff.host, after->host)) == 0)
		r = gv_replica_manifest_set(&diff, &diff.head, after->head);
	diff.seq = after->seq;
	diff.time = after->time;
	memcpy(diff.previous, after->previous, sizeof(diff.previous));
	if (r == 0)
		r = seal(out, push, &diff);
	gv_replica_manifest_release(&diff);
	return r;
}

/* Another clone writes under the same name. With the first manifest nothing is
 * bound to it yet: the next push takes another name. */
static int
name_taken(struct gv_replica_push *push)
{
	struct gv_replica *rep = push->rep;
	struct gv_replica_memory *m = &rep->memory;

	if (push->after.seq == 1) {
		*m->host = '\0';
		m->pending.seq = 0;
		return gv_err(GV_EEXISTS,
		    "another clone has begun to push to the target %s under "
		    "the same name; to push under another one: git vault "
		    "replicate push %s",
		    rep->target->name, rep->target->name);
	}
	return gv_err(GV_EEXISTS,
	    "the target %s has a manifest %llu of host %s, which this clone "
	    "has not written: another clone uses the same name. Nothing was "
	    "replaced. To give this clone a chain of its own: %s",
	    rep->target->name, (unsigned long long)push->after.seq, m->host,
	    rep->forget.p);
}

static int
put_manifest(struct gv_replica_push *push, const struct gv_buf *text)
{
	struct gv_replica *rep = push->rep;
	struct gv_replica_memory *m = &rep->memory;
	struct gv_buf name = GV_BUF_INIT;
	int r;

	m->pending.seq = push->after.seq;
	snprintf(m->pending.host, sizeof(m->pending.host), "%s", m->host);
	gv_sha_sum(m->pending.sum, text->p, text->len);
	gv_replica_name_manifest(&name, m->host, push->after.seq);
	if ((r = gv_buf_check(&name)) < 0 ||
	    (r = gv_replica_memory_save_state(
		 &push->after, rep->dir.p, GV_REPLICA_PENDING)) < 0 ||
	    (r = gv_replica_memory_save(m, rep->dir.p)) < 0)
		goto out;
	r = gv_replica_store_raw(
	    rep, name.p, text, GV_STORE_NEW | GV_STORE_LOCK);
	if (r == GV_EEXISTS)
		r = name_taken(push);
	if (r < 0)
		goto out;
	r = gv_replica_memory_see(m, m->host, push->after.seq, m->pending.sum);
	if (r == 0)
		r = gv_replica_memory_save_state(
		    &push->after, rep->dir.p, GV_REPLICA_STATE);
	m->pending.seq = 0;
	m->pushed = rep->now;
	if (push->is_whole || push->after.seq == 1)
		m->whole = gv_replica_manifest_bytes(&push->after);
out:
	gv_buf_release(&name);
	return r;
}

/* A hint for readers; that it is missing or old harms nobody. */
static int
put_head(struct gv_replica_push *push)
{
	struct gv_replica *rep = push->rep;
	struct gv_buf text = GV_BUF_INIT, name = GV_BUF_INIT;
	struct gv_canon c = { .out = &text };
	char hex[GV_REPLICA_SUM_HEX + 1];
	int r;

	gv_enc_hex(hex, rep->memory.pending.sum, GV_REPLICA_SUM);
	gv_canon_map(&c, NULL);
	gv_canon_number(&c, "seq", push->after.seq);
	gv_canon_text(&c, "sha256", hex);
	gv_canon_end(&c);
	gv_buf_addch(&text, '\n');
	gv_buf_addf(&name, GV_REPLICA_HEADS "%s", rep->memory.host);
	if ((r = gv_buf_check(&text)) == 0 && (r = gv_buf_check(&name)) == 0)
		r = gv_replica_store_raw(rep, name.p, &text, 0);
	if (r < 0 && r != GV_ENOMEM && r != GV_ECANCELED) {
		gv_buf_addf(&push->out->warnings,
		    "the push is complete, but the hint %s was not written: "
		    "%s\n",
		    name.p, gv_err_message());
		r = gv_buf_check(&push->out->warnings);
	}
	gv_buf_release(&text);
	gv_buf_release(&name);
	return r;
}

/* ---- all of it ---------------------------------------------------------- */

static int
check(const struct gv_replica *rep)
{
	int r = gv_target_check_region(rep->target);

	if (r < 0)
		return r;
	if (rep->repo->shallow)
		return gv_err(GV_EREFUSED,
		    "this repository is shallow, and a copy of it would lack "
		    "commits that snapshots need: fetch them by `git fetch "
		    "--unshallow`");
	return gv_repo_check_writable(rep->repo);
}

/* A first push relies on packs of other hosts, and one of these may have purged
 * them since its chain was read here. */
static int
check_others(struct gv_replica_push *push)
{
	struct gv_replica_faults faults = { .n = 0 };
	struct gv_replica_stock stock;
	int r;

	if (push->last || push->is_whole || push->before.n_packs == 0)
		return 0;
	if ((r = gv_replica_stock_load(&stock, push->rep)) == 0)
		r = gv_replica_stock_check(&faults, &stock, &push->after);
	if (r == 0 && faults.n)
		r = gv_err(GV_ERROR,
		    "another host removed packs that this copy needs while it "
		    "was pushed: %s; to send all of it: git vault replicate "
		    "push --whole %s",
		    faults.all[0].text, push->rep->target->name);
	gv_replica_stock_release(&stock);
	gv_replica_faults_release(&faults);
	return r;
}

static int
write_all(struct gv_replica_push *push)
{
	struct gv_buf text = GV_BUF_INIT;
	int r =
	    gv_scratch_open(&push->scratch, push->rep->repo, GV_SCRATCH_BESIDE);

	if (r == 0 && push->is_whole)
		push->after.n_packs = 0;
	if (r == 0 && (r = gv_replica_push_pack(push)) == 0 &&
	    (r = make_manifest(&text, push)) == 0 &&
	    (r = put_manifest(push, &text)) == 0 &&
	    gv_replica_push_writes_hint(push))
		r = put_head(push);
	if (r == 0)
		r = check_others(push);
	gv_buf_release(&text);
	return r;
}

/* What changed, with the event of it; *n is 0 where nothing did. */
static int
find_changes(uint64_t *n, struct gv_replica_push *push)
{
	uint64_t all;
	int r;

	if ((r = load_after(push)) < 0 ||
	    (r = count_changes(&all, n, push)) < 0)
		return r;
	if (push->last == 0 || push->is_whole)
		*n = push->after.n_refs;
	if (*n == 0 || push->opts->dry_run)
		return 0;
	if ((r = tell(push)) < 0)
		return r;
	return load_after(push);
}

/* Where a limit leaves no room for everything again, the push is a small one:
 * better many packs than no copy. */
static int
choose_whole(struct gv_replica_push *push)
{
	push->is_whole = push->opts->is_whole;
	if (push->is_whole || push->last == 0 ||
	    !gv_replica_manifest_is_due(&push->before, push->rep->memory.whole))
		return 0;
	return gv_replica_push_room_for_all(&push->is_whole, push);
}

static int
push_all(struct gv_replica_push *push)
{
	struct gv_replica *rep = push->rep;
	struct gv_replica_pushed *out = push->out;
	uint64_t n;
	int r;

	if ((r = gv_replica_need_recipients(rep)) < 0 ||
	    (r = gv_replica_push_start(push)) < 0)
		return r;
	if ((r = choose_whole(push)) < 0 || (r = find_changes(&n, push)) < 0 ||
	    n == 0)
		return r;
	if ((r = gv_replica_push_gate(push)) < 0 || (r = describe(push)) < 0 ||
	    (r = count_changes(&out->refs, &n, push)) < 0)
		return r;
	out->snapshots =
	    gv_replica_refs_new_snapshots(&push->before, &push->after);
	if (push->opts->dry_run)
		return 0;
	if ((r = write_all(push)) < 0)
		return r;
	out->seq = push->after.seq;
	snprintf(out->host, sizeof(out->host), "%s", rep->memory.host);
	out->is_unsafe = !(rep->memory.promises & GV_STORE_CREATES);
	return rep->target->bundles && !rep->is_encrypted &&
		(push->is_whole || push->after.seq == 1)
	    ? gv_replica_push_bundle(push)
	    : 0;
}

int
gv_replica_push(struct gv_replica_pushed *out, struct gv_replica *rep,
    const struct gv_replica_push_opts *opts)
{
	struct gv_replica_push push = { .out = out,
		.rep = rep,
		.opts = opts,
		.before = GV_REPLICA_MANIFEST_INIT,
		.after = GV_REPLICA_MANIFEST_INIT,
		.scratch = GV_SCRATCH_INIT };
	struct gv_store_count count;
	int r;

	memset(out, 0, sizeof(*out));
	out->found = out->allow = out->left = out->warnings =
	    (struct gv_buf)GV_BUF_INIT;
	if ((r = check(rep)) < 0 || (r = gv_replica_lock(rep)) < 0)
		return gv_err_in(r, "target %s", rep->target->name);
	r = push_all(&push);
	if (r == 0 && out->n_kept_back == 0 && out->left.len == 0)
		rep->memory.succeeded = rep->now;
	gv_store_count(&count, rep->store);
	out->requests = count.requests;
	out->bytes = count.bytes_out;
	gv_scratch_close(&push.scratch);
	gv_replica_manifest_release(&push.before);
	gv_replica_manifest_release(&push.after);
	r = opts->dry_run ? r : gv_replica_end(rep, r);
	return r < 0 ? gv_err_in(r, "target %s", rep->target->name) : 0;
}

void
gv_replica_pushed_release(struct gv_replica_pushed *pushed)
{
	gv_buf_release(&pushed->found);
	gv_buf_release(&pushed->allow);
	gv_buf_release(&pushed->left);
	gv_buf_release(&pushed->warnings);
}
