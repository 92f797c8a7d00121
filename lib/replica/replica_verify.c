#include "replica/replica_verify.h"

#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/shell.h"
#include "replica/copies_held.h"
#include "replica/replica_refs.h"
#include "replica/target.h"
#include "sys/cancel.h"

/* ---- what is needed ----------------------------------------------------- */

const char *
gv_replica_verify_host(const struct gv_replica_verify *verify,
    const unsigned char sum[GV_REPLICA_SUM])
{
	return gv_replica_manifest_pack(&verify->mine, sum)
	    ? verify->rep->memory.host
	    : NULL;
}

static int
need(struct gv_replica_verify *v, const char *host,
    const struct gv_replica_manifest *state)
{
	size_t i;
	int r = gv_replica_manifest_join_packs(&v->needed, state);

	if (r == 0 && strcmp(host, v->rep->memory.host) == 0)
		r = gv_replica_manifest_join_packs(&v->mine, state);
	for (i = 0; r == 0 && i < state->n_refs; i++)
		if (gv_replica_refs_is_snapshot(state->refs[i].name))
			r = gv_replica_manifest_add_ref(
			    &v->held, state->refs[i].name, &state->refs[i].id);
	return r;
}

static int
count(void *ctx, const struct gv_replica_manifest *m)
{
	struct gv_replica_verify *v = ctx;

	(void)m;
	v->out->manifests++;
	return 0;
}

/* A chain as this clone has it in memory, if that is what the store ends with:
 * at the first level its manifests are not read again. */
static int
take_known(bool *taken, struct gv_replica_verify *v,
    const struct gv_replica_listed *listed,
    const struct gv_replica_stock *stock)
{
	const struct gv_replica_memory *m = &v->rep->memory;
	struct gv_replica_manifest state = GV_REPLICA_MANIFEST_INIT;
	int r = 0;

	*taken = false;
	if (v->opts->level != GV_REPLICA_LISTED ||
	    strcmp(listed->host, m->host) != 0)
		return 0;
	r = gv_replica_memory_state(&state, v->rep->dir.p, GV_REPLICA_STATE);
	if (r == 0 && state.seq == listed->seqs[listed->n - 1] &&
	    (r = need(v, listed->host, &state)) == 0 &&
	    (r = gv_replica_listed_gaps(&v->out->faults, listed)) == 0) {
		v->own = state.seq;
		*taken = true;
		r = gv_replica_stock_check(&v->out->faults, stock, &state);
	}
	gv_replica_manifest_release(&state);
	return r == GV_ENOTFOUND ? 0 : r;
}

static int
take_chain(struct gv_replica_verify *v, const struct gv_replica_listed *listed,
    const struct gv_replica_stock *stock)
{
	const struct gv_replica_chain_opts opts = {
		.reads_all = v->opts->level == GV_REPLICA_READ,
		.seen = count,
		.ctx = v
	};
	const uint64_t faults = v->out->faults.n + v->out->faults.more;
	struct gv_replica_chain chain;
	int r = gv_replica_chain_load(
	    &chain, &v->out->faults, v->rep, listed, &opts);

	if (r == 0 && chain.state.seq) {
		if ((r = need(v, listed->host, &chain.state)) == 0)
			r = gv_replica_stock_check(
			    &v->out->faults, stock, &chain.state);
		if (strcmp(listed->host, v->rep->memory.host) == 0)
			v->own = chain.state.seq;
		if (r == 0 && v->out->faults.n + v->out->faults.more == faults)
			r = gv_replica_memory_see(&v->rep->memory, listed->host,
			    chain.state.seq, chain.sum);
	} else if (r == GV_ENOKEY) {
		v->out->is_complete = false;
		r = gv_replica_fault(&v->out->faults, "unchecked", listed->host,
		    "the chain of host %s is encrypted for others: %s",
		    listed->host, gv_err_message());
	}
	gv_replica_chain_release(&chain);
	return r;
}

/* Chains that were seen here and are not listed at all. */
static int
look_for_lost(struct gv_replica_verify *v)
{
	const struct gv_replica_memory *m = &v->rep->memory;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < m->n; i++)
		if (!gv_replica_listing_find(&v->all, m->seen[i].host))
			r = gv_replica_fault(&v->out->faults, "rollback",
			    m->seen[i].host,
			    "the chain of host %s is gone, and had manifest "
			    "%llu when it was last seen here",
			    m->seen[i].host,
			    (unsigned long long)m->seen[i].seq);
	return r;
}

static int
take_chains(struct gv_replica_verify *v, const struct gv_replica_stock *stock)
{
	bool taken;
	size_t i;
	int r = gv_replica_list(&v->all, v->rep, NULL);

	if (r < 0 || (r = look_for_lost(v)) < 0)
		return r;
	for (i = 0; r == 0 && i < v->all.n; i++) {
		r = take_known(&taken, v, &v->all.hosts[i], stock);
		if (r == 0 && !taken)
			r = take_chain(v, &v->all.hosts[i], stock);
	}
	v->out->hosts = v->all.n;
	return r;
}

/* ---- the second level --------------------------------------------------- */

static int
ask_hash(struct gv_replica_verify *v, const unsigned char *of,
    const unsigned char *sum, const char *ext)
{
	struct gv_buf name = GV_BUF_INIT;
	struct gv_store_stat st = { .bytes = 0 };
	int r;

	gv_replica_name_pack(&name, of, ext, v->rep->is_encrypted);
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_store_stat(&st, v->rep->store, name.p);
	if (r == 0 && !st.has_sha256) {
		if (v->out->is_complete)
			r = gv_replica_fault(&v->out->faults, "unchecked", NULL,
			    "the store tells no SHA-256 of its objects; to "
			    "read them: git vault replicate verify --level "
			    "read %s",
			    v->rep->target->name);
		v->out->is_complete = false;
	} else if (r == 0 && memcmp(st.sha256, sum, GV_REPLICA_SUM) != 0) {
		r = gv_replica_fault(&v->out->faults, "content",
		    gv_replica_verify_host(v, of),
		    "the store says another SHA-256 of %s than its manifest",
		    name.p);
	} else if (r == GV_ENOTFOUND) {
		r = 0; /* that is a fault already */
	}
	gv_buf_release(&name);
	return r;
}

static int
ask_hashes(struct gv_replica_verify *v)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < v->needed.n_packs; i++) {
		const struct gv_replica_pack *p = &v->needed.packs[i];

		if (gv_cancel_requested())
			return gv_cancel_error();
		r = ask_hash(v, p->sum, p->sum, "pack");
		if (r == 0)
			r = ask_hash(v, p->sum, p->idx_sum, "idx");
		v->out->checked++;
		v->out->checked_bytes += p->bytes;
	}
	return r;
}

/* ---- all of it ---------------------------------------------------------- */

/* Nothing of git-vault is there, and perhaps it never was. */
static int
tell_empty(struct gv_replica_verify *v)
{
	const struct gv_replica *rep = v->rep;

	if (rep->memory.n)
		return gv_replica_fault(&v->out->faults, "rollback", NULL,
		    "there is no copy at %s any more, although this clone has "
		    "pushed there: it was emptied, or its disk is not mounted",
		    gv_store_url(rep->store));
	return gv_err(GV_ENOTFOUND,
	    "there is no copy at %s yet: git vault replicate push %s",
	    gv_store_url(rep->store), rep->target->name);
}

static int
verify_all(struct gv_replica_verify *v, int64_t *since)
{
	struct gv_replica_stock stock;
	size_t i;
	int r;

	if ((r = gv_replica_format_load(NULL, v->rep)) < 0)
		return r == GV_ENOTFOUND ? tell_empty(v) : r;
	if (*v->rep->memory.store &&
	    strcmp(v->rep->memory.store, v->rep->id) != 0)
		return gv_replica_fault(&v->out->faults, "foreign", NULL,
		    "%s is another store than this clone has pushed to, "
		    "although its address is the same",
		    gv_store_url(v->rep->store));
	if ((r = gv_replica_stock_load(&stock, v->rep)) == 0 &&
	    (r = take_chains(v, &stock)) == 0)
		r = gv_replica_verify_audit(v);
	gv_replica_stock_release(&stock);
	v->out->packs = v->needed.n_packs;
	for (i = 0; i < v->needed.n_packs; i++)
		v->out->bytes += v->needed.packs[i].bytes;
	if (r < 0 || v->opts->level == GV_REPLICA_LISTED)
		return r;
	return v->opts->level == GV_REPLICA_HASHED
	    ? ask_hashes(v)
	    : gv_replica_verify_read(since, v);
}

/* What a level has shown, lower ones have. */
static void
note_levels(const struct gv_replica_verify *v, struct gv_replica_memory *m,
    int64_t since)
{
	size_t i;

	for (i = 0; i <= (size_t)v->opts->level; i++) {
		if (i == GV_REPLICA_HASHED &&
		    v->opts->level == GV_REPLICA_HASHED && !v->out->is_complete)
			continue;
		if (i == GV_REPLICA_READ && since == 0)
			continue;
		/* a share that was read shows nothing of the others' hashes */
		if (i == GV_REPLICA_HASHED &&
		    v->opts->level == GV_REPLICA_READ && v->opts->share)
			continue;
		m->verified[i].time =
		    i == GV_REPLICA_READ ? since : v->rep->now;
		m->verified[i].seq = v->own;
	}
}

/* Whether a fault is of a pack, which is sent again with everything. */
static enum gv_replica_mend
mend_of(const struct gv_replica_fault *f, const struct gv_replica_memory *m)
{
	static const char *const kinds[] = { "missing", "size", "content" };
	size_t i;

	if (f->host ? strcmp(f->host, m->host) != 0
		    : strcmp(f->kind, "content") == 0)
		return GV_REPLICA_MEND_OTHER;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(f->kind, kinds[i]) == 0)
			return GV_REPLICA_MEND_WHOLE;
	return GV_REPLICA_MEND_BEGIN;
}

/* The least level that shows all that is wrong. */
static unsigned
level_of(const struct gv_replica_verify *v)
{
	static const char *const listed[] = { "missing", "size", "gap",
		"rollback", "unchecked" };
	const struct gv_replica_faults *faults = &v->out->faults;
	size_t i, k;

	for (i = 0; i < faults->n; i++) {
		for (k = 0; k < sizeof(listed) / sizeof(listed[0]); k++)
			if (strcmp(faults->all[i].kind, listed[k]) == 0)
				break;
		if (k == sizeof(listed) / sizeof(listed[0]))
			return (unsigned)v->opts->level;
	}
	return faults->more ? (unsigned)v->opts->level : GV_REPLICA_LISTED;
}

/* The first that this clone can mend, or else the first. */
static const struct gv_replica_fault *
choose(
    const struct gv_replica_faults *faults, const struct gv_replica_memory *m)
{
	size_t i;

	for (i = 0; i < faults->n; i++)
		if (gv_replica_fault_is_grave(&faults->all[i]) &&
		    mend_of(&faults->all[i], m) != GV_REPLICA_MEND_OTHER)
			return &faults->all[i];
	return gv_replica_faults_grave(faults);
}

/* Remove the folder of a store, by what its owner has. */
static void
add_removal(struct gv_buf *out, const char *url, const char *folder)
{
	static const struct {
		const char *scheme, *tool;
		bool has_scheme; /* the tool takes the address as it is */
	} tools[] = { { "file://", "rm -r", false },
		{ "s3://", "aws s3 rm --recursive", true },
		{ "gs://", "gcloud storage rm --recursive", true },
		{ "rclone:", "rclone purge", false } };
	struct gv_buf place = GV_BUF_INIT;
	const char *tool = "remove there, with its own tools,";
	size_t i, n;

	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		n = strlen(tools[i].scheme);
		if (strncmp(url, tools[i].scheme, n) == 0) {
			tool = tools[i].tool;
			url += tools[i].has_scheme ? 0 : n;
			break;
		}
	}
	gv_buf_addf(&place, "%s/%s", url, folder);
	gv_buf_addstr(out, tool);
	gv_shell_word(out, place.p);
	out->failed |= place.failed;
	gv_buf_release(&place);
}

/* What a gap took away does not come back, and prune removes nothing as long as
 * it is there. */
static void
add_old_chain(
    struct gv_buf *out, const struct gv_replica *rep, const char *host)
{
	struct gv_buf folder = GV_BUF_INIT;

	gv_buf_addf(&folder, GV_REPLICA_MANIFESTS "%s", host);
	gv_buf_addf(out,
	    "if the clone that pushed as %s is gone, or goes on under another "
	    "name, nothing needs this chain, and it can go: ",
	    host);
	add_removal(out, gv_store_url(rep->store), folder.p);
	out->failed |= folder.failed;
	gv_buf_release(&folder);
}

static int
note_damage(const struct gv_replica_verify *v, struct gv_replica_memory *m)
{
	const struct gv_replica_fault *f = choose(&v->out->faults, m);
	const struct gv_replica_damage found = { .time = v->rep->now,
		.by = level_of(v),
		.mend = mend_of(f, m),
		.text = f->text };

	if (found.mend == GV_REPLICA_MEND_BEGIN)
		gv_buf_addf(&v->out->mend, "%s && git vault replicate push %s",
		    v->rep->forget.p, v->rep->target->name);
	else if (found.mend == GV_REPLICA_MEND_WHOLE)
		gv_replica_memory_mend(
		    &v->out->mend, &found, v->rep->target->name);
	else if (strcmp(f->kind, "gap") == 0)
		add_old_chain(&v->out->mend, v->rep, f->host);
	return gv_replica_memory_damage(m, &found);
}

/* What a higher level found, only that level proves to be gone: a listing shows
 * nothing of what is in a pack. */
static bool
is_proven(const struct gv_replica_verify *v, const struct gv_replica_damage *d,
    int64_t since)
{
	const unsigned level = (unsigned)v->opts->level;

	if (d->by >= GV_REPLICA_LEVELS || d->by == GV_REPLICA_LISTED)
		return true;
	if (level < d->by)
		return false;
	return level == GV_REPLICA_READ ? since >= d->time
					: v->out->is_complete;
}

/* A store with a fault has no copy of anything until it is mended. The list is
 * written before the time that it is as of. */
static int
note(struct gv_replica_verify *v, struct gv_replica_memory *m, int64_t since)
{
	const struct gv_replica_manifest none = GV_REPLICA_MANIFEST_INIT;
	int r;

	if (gv_replica_faults_are_grave(&v->out->faults)) {
		r = note_damage(v, m);
		return r < 0 ? r : gv_copies_held_save(&none, v->rep->dir.p);
	}
	if (m->damage.time && !is_proven(v, &m->damage, since))
		return gv_copies_held_save(&none, v->rep->dir.p);
	gv_replica_memory_mended(m);
	note_levels(v, m, since);
	return gv_copies_held_save(&v->held, v->rep->dir.p);
}

/* Others may have pushed meanwhile: only what this has seen is changed. */
static int
end(struct gv_replica_verify *v, int64_t since)
{
	struct gv_replica_memory seen = v->rep->memory;
	struct gv_replica_memory *m = &v->rep->memory;
	const struct gv_replica_seen *known;
	size_t i;
	int r;

	memset(m, 0, sizeof(*m));
	if ((r = gv_replica_lock(v->rep)) < 0)
		goto out;
	for (i = 0; r == 0 && i < seen.n; i++) {
		known = gv_replica_memory_find(m, seen.seen[i].host);
		if (known == NULL || known->seq < seen.seen[i].seq)
			r = gv_replica_memory_see(m, seen.seen[i].host,
			    seen.seen[i].seq, seen.seen[i].sum);
	}
	if (*m->store == '\0')
		memcpy(m->store, v->rep->id, sizeof(m->store));
	if (r == 0)
		r = note(v, m, since);
	r = gv_replica_end(v->rep, r);
out:
	gv_replica_memory_release(&seen);
	return r;
}

int
gv_replica_verify(struct gv_replica_verified *out, struct gv_replica *rep,
    const struct gv_replica_verify_opts *opts)
{
	struct gv_replica_verify v = { .out = out,
		.rep = rep,
		.opts = opts,
		.needed = GV_REPLICA_MANIFEST_INIT,
		.mine = GV_REPLICA_MANIFEST_INIT,
		.held = GV_REPLICA_MANIFEST_INIT };
	struct gv_store_count count;
	int64_t since = 0;
	int r;

	memset(out, 0, sizeof(*out));
	out->mend = (struct gv_buf)GV_BUF_INIT;
	out->is_complete = true;
	r = verify_all(&v, &since);
	gv_store_count(&count, rep->store);
	out->requests = count.requests;
	if (r == 0)
		r = end(&v, since);
	gv_replica_listing_release(&v.all);
	gv_replica_manifest_release(&v.needed);
	gv_replica_manifest_release(&v.mine);
	gv_replica_manifest_release(&v.held);
	return r < 0 ? gv_err_in(r, "target %s", rep->target->name) : 0;
}

void
gv_replica_verified_release(struct gv_replica_verified *verified)
{
	gv_replica_faults_release(&verified->faults);
	gv_buf_release(&verified->mend);
}
