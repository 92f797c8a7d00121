#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "replica/replica_internal.h"

static int
add(void *ctx, const char *name, const struct gv_store_stat *st)
{
	struct gv_replica_listing *l = ctx;
	struct gv_replica_listed *last = l->n ? &l->hosts[l->n - 1] : NULL;
	char host[GV_REPLICA_HOST_MAX + 1];
	uint64_t seq;
	int r;

	(void)st;
	/* what is not ours is passed over */
	if (!gv_replica_name_is_manifest(host, &seq, name))
		return 0;
	if (last == NULL || strcmp(last->host, host) != 0) {
		if ((r = GV_GROW(l->hosts, l->n, l->cap)) < 0)
			return r;
		last = &l->hosts[l->n++];
		memset(last, 0, sizeof(*last));
		snprintf(last->host, sizeof(last->host), "%s", host);
	}
	if ((r = GV_GROW(last->seqs, last->n, last->cap)) == 0)
		last->seqs[last->n++] = seq;
	return r;
}

static int
compare_hosts(const void *a, const void *b)
{
	const struct gv_replica_listed *x = a, *y = b;

	return strcmp(x->host, y->host);
}

static int
compare_seqs(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* A store that lists in another order, or twice, is no reason to miss one. */
static void
put_in_order(struct gv_replica_listing *l)
{
	size_t i, k, n;

	for (i = 0; i < l->n; i++) {
		struct gv_replica_listed *h = &l->hosts[i];

		qsort(h->seqs, h->n, sizeof(*h->seqs), compare_seqs);
		for (k = n = 0; k < h->n; k++)
			if (n == 0 || h->seqs[k] != h->seqs[n - 1])
				h->seqs[n++] = h->seqs[k];
		h->n = n;
	}
	if (l->n)
		qsort(l->hosts, l->n, sizeof(*l->hosts), compare_hosts);
}

int
gv_replica_list(
    struct gv_replica_listing *out, struct gv_replica *rep, const char *host)
{
	struct gv_buf prefix = GV_BUF_INIT;
	int r;

	memset(out, 0, sizeof(*out));
	gv_buf_addstr(&prefix, GV_REPLICA_MANIFESTS);
	if (host)
		gv_buf_addf(&prefix, "%s/", host);
	if ((r = gv_buf_check(&prefix)) == 0)
		r = gv_store_list(rep->store, prefix.p, NULL, add, out);
	gv_buf_release(&prefix);
	if (r == 0)
		put_in_order(out);
	return r;
}

int
gv_replica_listed_gaps(
    struct gv_replica_faults *faults, const struct gv_replica_listed *listed)
{
	unsigned long long from, to;
	size_t i;
	int r = 0;

	for (i = 1; r == 0 && i < listed->n; i++) {
		from = (unsigned long long)listed->seqs[i - 1] + 1;
		to = (unsigned long long)listed->seqs[i] - 1;
		if (from == to)
			r = gv_replica_fault(faults, "gap", listed->host,
			    "manifest %llu of host %s is missing", from,
			    listed->host);
		else if (from < to)
			r = gv_replica_fault(faults, "gap", listed->host,
			    "manifests %llu to %llu of host %s are missing",
			    from, to, listed->host);
	}
	return r;
}

const struct gv_replica_listed *
gv_replica_listing_find(const struct gv_replica_listing *l, const char *host)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->hosts[i].host, host) == 0)
			return &l->hosts[i];
	return NULL;
}

void
gv_replica_listing_release(struct gv_replica_listing *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->hosts[i].seqs);
	free(l->hosts);
	memset(l, 0, sizeof(*l));
}
