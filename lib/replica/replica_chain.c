#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "replica/replica_internal.h"

/*
 * From the newest manifest back to a whole one. The newest must be signed by
 * somebody who is trusted; each one before it is trusted since it is named, by
 * its SHA-256, in the one behind it. Where one cannot be used, nothing newer
 * can either, unless a whole one lies between. Then the search begins again
 * before it, and the store's older state is what there is.
 */

struct link {
	struct gv_replica_manifest m;
	unsigned char sum[GV_REPLICA_SUM];
	unsigned char key[GV_SIGN_PUBLIC];
};

struct walking {
	struct gv_replica_chain *out;
	struct gv_replica_faults *faults;
	struct gv_replica *rep;
	const struct gv_replica_listed *listed;
	const struct gv_replica_chain_opts *opts;
	struct link *links; /* newest first */
	size_t n, cap;
	bool is_done;  /* they end with a whole one … */
	size_t n_done; /* … and that many of them the state needs */
};

static void
drop_links(struct walking *w)
{
	while (w->n > 0)
		gv_replica_manifest_release(&w->links[--w->n].m);
	w->is_done = false;
}

/* What was seen here before is as it was then. */
static bool
was_seen(const struct walking *w, const struct link *link)
{
	const struct gv_replica_seen *seen =
	    gv_replica_memory_find(&w->rep->memory, w->listed->host);

	return seen && seen->seq == link->m.seq &&
	    memcmp(seen->sum, link->sum, sizeof(seen->sum)) == 0;
}

static int
fault(struct walking *w, const char *kind, uint64_t seq, const char *what)
{
	return gv_replica_fault(w->faults, kind, w->listed->host,
	    "manifest %llu of host %s %s", (unsigned long long)seq,
	    w->listed->host, what);
}

static bool
is_text(const char *is, const char *wanted)
{
	return is && strcmp(is, wanted) == 0;
}

/* One of that number that is not it: written again, by who has the key. */
static bool
was_other(const struct walking *w, const struct link *link, uint64_t seq)
{
	const struct gv_replica_seen *seen =
	    gv_replica_memory_find(&w->rep->memory, w->listed->host);

	return seen && seen->seq == seq && !was_seen(w, link);
}

/* Whether it may stand at its place: 1 or 0, and then it is a fault. */
static int
judge(struct walking *w, struct link *link, uint64_t seq)
{
	const struct link *behind = w->n ? &w->links[w->n - 1] : NULL;
	char print[GV_KEYRING_PRINT];

	/* behind a gap, or one that was passed over, it speaks for itself */
	if (behind && behind->m.seq != seq + 1)
		behind = NULL;

	if (*w->rep->id && !is_text(link->m.store, w->rep->id))
		return fault(w, "foreign", seq, "belongs to another store");
	if (!is_text(link->m.host, w->listed->host) || link->m.seq != seq)
		return fault(
		    w, "foreign", seq, "was written for another place");
	if (was_other(w, link, seq))
		return fault(w, "link", seq,
		    "is not the one of that number that was seen here");
	if (behind &&
	    memcmp(behind->m.previous, link->sum, sizeof(link->sum)) == 0)
		return 1;
	if (behind)
		return fault(w, "link", seq,
		    "is not the one that the manifest behind it names");
	if (gv_replica_trusts(&w->rep->trust, link->key) || was_seen(w, link))
		return 1;
	gv_audit_signers_print(print, link->key);
	return gv_replica_fault(w->faults, "signer", w->listed->host,
	    "manifest %llu of host %s is signed by %s, a key that is not known "
	    "here",
	    (unsigned long long)seq, w->listed->host, print);
}

static int
read_one(struct link *out, struct walking *w, uint64_t seq)
{
	struct gv_buf name = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_sign by;
	int r;

	gv_replica_name_manifest(&name, w->listed->host, seq);
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_replica_fetch(
		    &text, out->sum, w->rep, name.p, GV_REPLICA_MANIFEST_MAX);
	if (r == 0)
		r = gv_replica_manifest_open(&out->m, &by, text.p, text.len);
	if (r == 0)
		memcpy(out->key, by.key, sizeof(out->key));
	gv_buf_release(&name);
	gv_buf_release(&text);
	return r;
}

/* What cannot be read or may not stand there: the chain before it counts. */
static int
pass_over(struct walking *w, uint64_t seq, int failure)
{
	const char *kind = failure == GV_ENOTFOUND ? "missing"
	    : failure == GV_EREFUSED               ? "signature"
						   : "form";

	if (failure != GV_ENOTFOUND && failure != GV_ECORRUPT &&
	    failure != GV_EREFUSED)
		return failure;
	if (!w->is_done)
		drop_links(w);
	return gv_replica_fault(w->faults, kind, w->listed->host,
	    "manifest %llu of host %s cannot be used: %s",
	    (unsigned long long)seq, w->listed->host,
	    failure == GV_ENOTFOUND ? "the store does not have it"
				    : gv_err_message());
}

static int
step(struct walking *w, uint64_t seq)
{
	struct link link = { .m = GV_REPLICA_MANIFEST_INIT };
	const bool was_done = w->is_done;
	int r = read_one(&link, w, seq);

	if (r < 0) {
		gv_replica_manifest_release(&link.m);
		return pass_over(w, seq, r);
	}
	if ((r = judge(w, &link, seq)) <= 0) {
		gv_replica_manifest_release(&link.m);
		if (r == 0 && !w->is_done)
			drop_links(w);
		return r;
	}
	if (w->opts->seen && (r = w->opts->seen(w->opts->ctx, &link.m)) < 0) {
		gv_replica_manifest_release(&link.m);
		return r;
	}
	/* what is older only has to be there: the one behind is enough */
	if (was_done && w->n > w->n_done)
		gv_replica_manifest_release(&w->links[--w->n].m);
	if ((r = GV_GROW(w->links, w->n, w->cap)) < 0) {
		gv_replica_manifest_release(&link.m);
		return r;
	}
	w->links[w->n++] = link;
	w->is_done |= link.m.is_whole &&
	    (w->opts->until == 0 || link.m.time <= w->opts->until);
	if (!was_done)
		w->n_done = w->n;
	return 0;
}

/* A store that was set back, or a chain that was cut: it once had more. */
static int
look_for_rollback(struct walking *w)
{
	const struct gv_replica_listed *l = w->listed;
	const struct gv_replica_seen *seen =
	    gv_replica_memory_find(&w->rep->memory, l->host);

	if (seen == NULL || w->out->last >= seen->seq)
		return 0;
	return gv_replica_fault(w->faults, "rollback", l->host,
	    "the chain of host %s ends with manifest %llu, and had manifest "
	    "%llu when it was last seen here",
	    l->host, (unsigned long long)w->out->last,
	    (unsigned long long)seen->seq);
}

static int
apply(struct walking *w)
{
	struct gv_replica_chain *out = w->out;
	size_t i;
	int r = 0;

	/* links before the newest whole one only prove that they are there */
	for (i = 0; i < w->n && !w->links[i].m.is_whole; i++)
		;
	if (w->opts->until)
		for (i = 0; i < w->n &&
		     !(w->links[i].m.is_whole &&
			 w->links[i].m.time <= w->opts->until);
		     i++)
			;
	if (i == w->n)
		return 0;
	out->whole = w->links[i].m.seq;
	for (i++; r == 0 && i-- > 0;) {
		struct link *link = &w->links[i];

		if (w->opts->until && link->m.time > w->opts->until)
			break;
		if ((r = gv_replica_manifest_apply(&out->state, &link->m)) < 0)
			break;
		memcpy(out->sum, link->sum, sizeof(out->sum));
		memcpy(out->key, link->key, sizeof(out->key));
	}
	return r;
}

int
gv_replica_chain_load(struct gv_replica_chain *out,
    struct gv_replica_faults *faults, struct gv_replica *rep,
    const struct gv_replica_listed *listed,
    const struct gv_replica_chain_opts *opts)
{
	struct walking w = { .out = out,
		.faults = faults,
		.rep = rep,
		.listed = listed,
		.opts = opts };
	const uint64_t before = faults->n + faults->more;
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	if (listed->n == 0)
		return 0;
	out->first = listed->seqs[0];
	out->last = listed->seqs[listed->n - 1];
	if ((r = gv_replica_listed_gaps(faults, listed)) < 0 ||
	    (r = look_for_rollback(&w)) < 0)
		return r;
	for (i = listed->n; r == 0 && i-- > 0;) {
		/* a hostile folder of rubbish is not read to its end */
		if (faults->n + faults->more - before > GV_REPLICA_FAULTS / 4)
			break;
		if ((w.is_done && !opts->reads_all))
			break;
		/* behind a gap nothing leads on */
		if (w.n && w.links[w.n - 1].m.seq != listed->seqs[i] + 1 &&
		    !w.is_done)
			drop_links(&w);
		r = step(&w, listed->seqs[i]);
	}
	if (r == 0)
		r = apply(&w);
	if (r == 0 && out->state.seq == 0 && opts->until == 0)
		r = gv_replica_fault(faults, "truncated", listed->host,
		    "no manifest of host %s can be used", listed->host);
	drop_links(&w);
	free(w.links);
	return r;
}

void
gv_replica_chain_release(struct gv_replica_chain *chain)
{
	if (chain)
		gv_replica_manifest_release(&chain->state);
}
