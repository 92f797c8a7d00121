#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/sha.h"
#include "replica/replica_push.h"
#include "replica/target.h"
#include "safe/safe_who.h"
#include "sys/clock.h"
#include "sys/env.h"

#define HINT_EVERY 8 /* manifests */

/* ---- what is wrong with the copy ----------------------------------------- */

/* Note what such a failure says of the copy. */
static int
note_damage(struct gv_replica_push *push, int r)
{
	char none[] = "", *said = gv_err_save();
	const struct gv_replica_damage found = { .time = push->rep->now,
		.by = GV_REPLICA_LEVELS,
		.mend = GV_REPLICA_MEND_BEGIN,
		.text = said ? said : none };
	const int noted = gv_replica_memory_damage(&push->rep->memory, &found);

	gv_err_restore(said);
	return noted < 0 ? noted : r;
}

/* What a push found gone is there: its disk is mounted again. */
static void
note_mended(struct gv_replica_memory *m)
{
	if (m->damage.by == GV_REPLICA_LEVELS)
		gv_replica_memory_mended(m);
}

/* ---- from memory -------------------------------------------------------- */

static int
lost_race(const struct gv_replica *rep, uint64_t seq)
{
	const char *host = rep->memory.host;

	return gv_err(GV_EEXISTS,
	    "another clone has written manifest %llu of host %s to the target "
	    "%s: this clone is a copy of it. Nothing was replaced. To give this "
	    "clone a chain of its own: %s",
	    (unsigned long long)seq, host, rep->target->name, rep->forget.p);
}

/* The manifest that a killed push was about to write is there, or it is not.
 * What is there instead was written by somebody else. */
static int
settle(struct gv_replica_push *push)
{
	struct gv_replica *rep = push->rep;
	struct gv_replica_memory *m = &rep->memory;
	struct gv_replica_manifest next = GV_REPLICA_MANIFEST_INIT;
	struct gv_buf name = GV_BUF_INIT, raw = GV_BUF_INIT;
	unsigned char sum[GV_SHA_BYTES];
	int r;

	gv_replica_name_manifest(&name, m->host, m->pending.seq);
	if ((r = gv_buf_check(&name)) < 0)
		goto out;
	r = gv_replica_fetch_raw(&raw, rep, name.p, GV_REPLICA_MANIFEST_MAX);
	if (r == GV_ENOTFOUND) {
		m->pending.seq = 0;
		r = 0;
		goto out;
	}
	if (r < 0)
		goto out;
	gv_sha_sum(sum, raw.p, raw.len);
	if (memcmp(sum, m->pending.sum, sizeof(sum)) != 0) {
		r = lost_race(rep, m->pending.seq);
		goto out;
	}
	r = gv_replica_memory_state(&next, rep->dir.p, GV_REPLICA_PENDING);
	if (r == 0 && next.seq != m->pending.seq)
		r = GV_ENOTFOUND;
	if (r < 0)
		goto out;
	gv_replica_manifest_release(&push->before);
	push->before = next;
	next = (struct gv_replica_manifest)GV_REPLICA_MANIFEST_INIT;
	push->last = m->pending.seq;
	memcpy(push->previous, sum, sizeof(sum));
	if ((r = gv_replica_memory_see(m, m->host, push->last, sum)) == 0)
		r = gv_replica_memory_save_state(
		    &push->before, rep->dir.p, GV_REPLICA_STATE);
	m->pending.seq = 0;
out:
	gv_replica_manifest_release(&next);
	gv_buf_release(&name);
	gv_buf_release(&raw);
	return r;
}

/* 0; GV_ENOTFOUND where the store must be asked. */
static int
from_memory(struct gv_replica_push *push)
{
	struct gv_replica *rep = push->rep;
	const struct gv_replica_memory *m = &rep->memory;
	const struct gv_replica_seen *seen;
	int r;

	if (*m->store == '\0' || *m->host == '\0')
		return GV_ENOTFOUND;
	/* a setting that was changed does not change the store */
	if (!m->has_kind || m->is_encrypted != rep->target->encrypts)
		return GV_ENOTFOUND;
	r = gv_replica_memory_state(
	    &push->before, rep->dir.p, GV_REPLICA_STATE);
	seen = gv_replica_memory_find(m, m->host);
	/* before the first manifest was known to be there */
	if (r == GV_ENOTFOUND && seen == NULL && m->pending.seq == 1) {
		r = settle(push);
		return r < 0 || push->last ? r : GV_ENOTFOUND;
	}
	if (r < 0)
		return r;
	if (seen == NULL || seen->seq != push->before.seq ||
	    strcmp(push->before.host, m->host) != 0 ||
	    strcmp(push->before.store, m->store) != 0)
		return GV_ENOTFOUND;
	push->last = seen->seq;
	memcpy(push->previous, seen->sum, sizeof(push->previous));
	return m->pending.seq ? settle(push) : 0;
}

/* ---- from the store ----------------------------------------------------- */

/* What other hosts have stored need not be sent again. The names of their refs
 * say nothing about ours, so they are marked by the host's. */
static int
take_other(
    struct gv_replica_manifest *out, const struct gv_replica_manifest *other)
{
	struct gv_buf name = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < other->n_refs; i++) {
		gv_buf_truncate(&name, 0);
		gv_buf_addf(&name, "%s:%s", other->host, other->refs[i].name);
		if ((r = gv_buf_check(&name)) == 0)
			r = gv_replica_manifest_add_ref(
			    out, name.p, &other->refs[i].id);
	}
	gv_buf_release(&name);
	return r < 0 ? r : gv_replica_manifest_join_packs(out, other);
}

/* A chain that has a fault is not relied on: then all is sent. */
static int
take_others(struct gv_replica_push *push, const struct gv_replica_listing *all)
{
	const struct gv_replica_chain_opts opts = { .until = 0 };
	struct gv_replica_faults faults;
	struct gv_replica_chain chain;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < all->n; i++) {
		memset(&faults, 0, sizeof(faults));
		r = gv_replica_chain_load(
		    &chain, &faults, push->rep, &all->hosts[i], &opts);
		if (r == 0 && faults.n == 0)
			r = take_other(&push->before, &chain.state);
		/* encrypted for others */
		else if (r == GV_ENOKEY)
			r = 0;
		gv_replica_chain_release(&chain);
		gv_replica_faults_release(&faults);
	}
	return r;
}

/* The state of this clone's chain was lost here, and the store has it. */
static int
take_own(struct gv_replica_push *push, const struct gv_replica_listed *listed)
{
	const struct gv_replica_chain_opts opts = { .until = 0 };
	struct gv_replica_faults faults = { .n = 0 };
	struct gv_replica_chain chain;
	int r =
	    gv_replica_chain_load(&chain, &faults, push->rep, listed, &opts);

	if (r == 0 && (faults.n || chain.state.seq != chain.last))
		r = note_damage(push,
		    gv_err(GV_ECORRUPT,
			"the chain of this clone in the target %s is damaged "
			"(%s); to begin another one: %s",
			push->rep->target->name,
			faults.n ? faults.all[0].text : "it is cut",
			push->rep->forget.p));
	if (r == 0) {
		note_mended(&push->rep->memory);
		push->before = chain.state;
		push->last = chain.last;
		memcpy(push->previous, chain.sum, sizeof(chain.sum));
		memset(&chain.state, 0, sizeof(chain.state));
	}
	gv_replica_chain_release(&chain);
	gv_replica_faults_release(&faults);
	return r;
}

/* The host's name or, where another clone of this host has it, a longer one. */
static int
choose_name(struct gv_replica *rep, const struct gv_replica_listing *all)
{
	struct gv_buf name = GV_BUF_INIT;
	unsigned char random[2];
	char host[256], hex[5];
	size_t room = GV_REPLICA_HOST_MAX - sizeof(hex);
	int r = 0;

	gv_env_host(host, sizeof(host));
	gv_replica_name_host(&name, host);
	while (gv_replica_listing_find(all, name.p)) {
		if ((r = gv_clock_random(random, sizeof(random))) < 0)
			break;
		gv_enc_hex(hex, random, sizeof(random));
		gv_buf_truncate(&name, 0);
		gv_replica_name_host(&name, host);
		gv_buf_truncate(&name, name.len < room ? name.len : room);
		gv_buf_addf(&name, "-%s", hex);
	}
	if (r == 0 && (r = gv_buf_check(&name)) == 0)
		snprintf(
		    rep->memory.host, sizeof(rep->memory.host), "%s", name.p);
	gv_buf_release(&name);
	return r;
}

static int
from_store(struct gv_replica_push *push)
{
	struct gv_replica *rep = push->rep;
	struct gv_replica_listing all;
	const struct gv_replica_listed *own;
	int r = gv_replica_list(&all, rep, NULL);

	gv_replica_manifest_release(&push->before);
	if (r < 0)
		return r;
	own = *rep->memory.host
	    ? gv_replica_listing_find(&all, rep->memory.host)
	    : NULL;
	if (own)
		r = take_own(push, own);
	else if ((r = choose_name(rep, &all)) == 0)
		r = take_others(push, &all);
	gv_replica_listing_release(&all);
	return r;
}

static int
meet(struct gv_replica *rep)
{
	struct gv_replica_memory *m = &rep->memory;
	int r = gv_replica_format_make(rep);

	if (r < 0)
		return r;
	if (*m->store && strcmp(m->store, rep->id) != 0)
		return gv_err(GV_EREFUSED,
		    "the target %s is another store than before, although its "
		    "address is the same; if that is meant: %s",
		    rep->target->name, rep->forget.p);
	memcpy(m->store, rep->id, sizeof(m->store));
	if ((r = gv_store_promises(&m->promises, rep->store)) < 0)
		return r;
	m->is_probed = true;
	m->is_encrypted = rep->is_encrypted;
	m->has_kind = true;
	return 0;
}

/* Nothing is written: what the store has, if it has anything. */
static int
look_only(struct gv_replica_push *push)
{
	int r = gv_replica_format_load(NULL, push->rep);

	return r == GV_ENOTFOUND ? 0 : r < 0 ? r : from_store(push);
}

static bool
is_folder(const struct gv_replica *rep)
{
	return strncmp(gv_store_url(rep->store), "file://", 7) == 0;
}

/* Of every eighth push the hint is written, and the others look whether the
 * last manifest is the one they know: so none takes more than four requests. In
 * a folder they are free, and each push does both. */
bool
gv_replica_push_writes_hint(const struct gv_replica_push *push)
{
	return push->last == 0 || push->is_whole ||
	    (push->last + 1) % HINT_EVERY == 0 || is_folder(push->rep);
}

static int
say_lost(const struct gv_replica_push *push)
{
	const struct gv_replica *rep = push->rep;
	const char *url = gv_store_url(rep->store);

	if (is_folder(rep))
		return gv_err(GV_EREFUSED,
		    "%s does not have manifest %llu, which this clone has "
		    "pushed: is its disk mounted? If that copy is lost, to "
		    "begin another one: %s",
		    url, (unsigned long long)push->last, rep->forget.p);
	return gv_err(GV_EREFUSED,
	    "%s does not have manifest %llu, which this clone has pushed: it "
	    "was set back to an older state, or emptied. Nothing was sent. For "
	    "what is there: git vault replicate verify %s; to begin another "
	    "copy: %s",
	    url, (unsigned long long)push->last, rep->target->name,
	    rep->forget.p);
}

/* Two disks that are mounted at one place in turn have chains of one host, and
 * manifests of one number. */
static int
say_other(const struct gv_replica_push *push)
{
	const struct gv_replica *rep = push->rep;

	return gv_err(GV_EREFUSED,
	    "%s has another manifest %llu than the one this clone has pushed: "
	    "it is another store, or another clone's. Nothing was sent. Stores "
	    "that share an address in turn, as disks do, need an address and a "
	    "target each. For what is there: git vault replicate verify %s; to "
	    "begin another copy: %s",
	    gv_store_url(rep->store), (unsigned long long)push->last,
	    rep->target->name, rep->forget.p);
}

/* 0 where the last manifest is the one that this clone has pushed. */
static int
compare_last(struct gv_replica_push *push, const char *name)
{
	struct gv_buf raw = GV_BUF_INIT;
	unsigned char sum[GV_SHA_BYTES];
	int r = gv_replica_fetch_raw(
	    &raw, push->rep, name, GV_REPLICA_MANIFEST_MAX);

	if (r == 0) {
		gv_sha_sum(sum, raw.p, raw.len);
		if (memcmp(sum, push->previous, sizeof(sum)) != 0)
			r = note_damage(push, say_other(push));
	} else if (r == GV_ENOTFOUND)
		r = note_damage(push, say_lost(push));
	gv_buf_release(&raw);
	return r;
}

/* A folder may be where a disk is mounted at other times, and a bucket may have
 * been brought back from a copy of last week: a push would add what is new to
 * nothing. */
static int
look_for_last(struct gv_replica_push *push)
{
	struct gv_replica *rep = push->rep;
	struct gv_buf name = GV_BUF_INIT;
	int r;

	if (push->last == 0 ||
	    (gv_replica_push_writes_hint(push) && !is_folder(rep)))
		return 0;
	gv_replica_name_manifest(&name, rep->memory.host, push->last);
	if ((r = gv_buf_check(&name)) == 0)
		r = compare_last(push, name.p);
	gv_buf_release(&name);
	if (r == 0)
		note_mended(&rep->memory);
	return r;
}

/* Without a key nothing could be used of what a push has sent. */
static int
need_signer(const struct gv_replica_push *push)
{
	struct gv_secret key = GV_SECRET_INIT;
	int r = 0;

	gv_safe_signer(&key, push->rep->safe, false);
	if (key.len == 0)
		r = gv_err(GV_ENOKEY,
		    "this host has no key to sign a copy with; to make one: "
		    "git vault key generate");
	gv_secret_release(&key);
	return r;
}

int
gv_replica_push_start(struct gv_replica_push *push)
{
	int r = push->opts->dry_run ? 0 : need_signer(push);

	if (r == 0)
		r = from_memory(push);
	if (r == 0)
		return look_for_last(push);
	if (r != GV_ENOTFOUND)
		return r;
	if (push->opts->dry_run)
		return look_only(push);
	r = meet(push->rep);
	return r < 0 ? r : from_store(push);
}
