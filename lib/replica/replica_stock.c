#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/vec.h"
#include "replica/replica_internal.h"

static int
compare(const void *a, const void *b)
{
	const struct gv_replica_stock_item *x = a, *y = b;

	return memcmp(x->sum, y->sum, sizeof(x->sum));
}

static int
add(void *ctx, const char *name, const struct gv_store_stat *st)
{
	struct gv_replica_stock *stock = ctx;
	struct gv_replica_stock_item *item;
	unsigned char sum[GV_REPLICA_SUM];
	bool is_index;
	int r;

	if (!gv_replica_name_is_pack(sum, &is_index, name))
		return 0;
	item = stock->n ? &stock->all[stock->n - 1] : NULL;
	/* the index comes before its pack, in the order of a listing */
	if (item == NULL || memcmp(item->sum, sum, sizeof(sum)) != 0) {
		if ((r = GV_GROW(stock->all, stock->n, stock->cap)) < 0)
			return r;
		item = &stock->all[stock->n++];
		memset(item, 0, sizeof(*item));
		memcpy(item->sum, sum, sizeof(sum));
		item->pack = item->idx = UINT64_MAX;
	}
	*(is_index ? &item->idx : &item->pack) = st->bytes;
	if (!is_index)
		item->modified = st->modified;
	stock->bytes += st->bytes;
	return 0;
}

int
gv_replica_stock_load(struct gv_replica_stock *out, struct gv_replica *rep)
{
	int r;

	memset(out, 0, sizeof(*out));
	r = gv_store_list(rep->store, GV_REPLICA_PACKS, NULL, add, out);
	if (r == 0 && out->n)
		qsort(out->all, out->n, sizeof(*out->all), compare);
	return r;
}

struct gv_replica_stock_item *
gv_replica_stock_find(
    const struct gv_replica_stock *stock, const unsigned char *sum)
{
	struct gv_replica_stock_item key = { .pack = 0 };

	memcpy(key.sum, sum, sizeof(key.sum));
	return stock->n
	    ? bsearch(&key, stock->all, stock->n, sizeof(key), compare)
	    : NULL;
}

static int
check_one(struct gv_replica_faults *faults, const char *host, const char *hex,
    const char *ext, uint64_t is, uint64_t wanted)
{
	if (is == wanted)
		return 0;
	if (is == UINT64_MAX)
		return gv_replica_fault(faults, "missing", host,
		    "the store does not have pack-%s.%s, which host %s needs",
		    hex, ext, host);
	return gv_replica_fault(faults, "size", host,
	    "pack-%s.%s has %llu bytes in the store and must have %llu", hex,
	    ext, (unsigned long long)is, (unsigned long long)wanted);
}

int
gv_replica_stock_check(struct gv_replica_faults *faults,
    const struct gv_replica_stock *stock,
    const struct gv_replica_manifest *state)
{
	char hex[GV_REPLICA_SUM_HEX + 1];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < state->n_packs; i++) {
		const struct gv_replica_pack *p = &state->packs[i];
		const struct gv_replica_stock_item *item =
		    gv_replica_stock_find(stock, p->sum);

		gv_enc_hex(hex, p->sum, GV_REPLICA_SUM);
		r = check_one(faults, state->host, hex, "pack",
		    item ? item->pack : UINT64_MAX, p->bytes);
		if (r == 0)
			r = check_one(faults, state->host, hex, "idx",
			    item ? item->idx : UINT64_MAX, p->idx_bytes);
	}
	return r;
}

void
gv_replica_stock_release(struct gv_replica_stock *stock)
{
	free(stock->all);
	memset(stock, 0, sizeof(*stock));
}
