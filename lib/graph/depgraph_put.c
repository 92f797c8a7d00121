#include "graph/depgraph_internal.h"

#include <stdlib.h>

#include "base/err.h"
#include "sys/workers.h"

/*
 * Symbols of all files, by several threads: each has a run of files, in their
 * order, and the runs are put behind each other at the end. Texts of different
 * runs are not compared, so that more runs would take more memory.
 */

#define RUNS_MOST   4
#define BYTES_LEAST ((size_t)1024 * 1024) /* that are worth a thread */

static int
put(struct gv_symbols *out, struct gv_depgraph *g, uint32_t i,
    const struct gv_depgraph_bytes *bytes)
{
	struct gv_depgraph_choosing choosing = { g, g->files[i].folder };
	const struct gv_symbol_filter filter = { gv_depgraph_is_needed,
		&choosing };
	struct gv_depgraph_file *f = &g->files[i];
	int r;

	f->first = (uint32_t)out->n;
	f->n = 0;
	if (bytes->p == NULL)
		return 0;
	if (out->once == NULL && (r = gv_symbols_store_once(out)) < 0)
		return r;
	r = gv_symbols_unpack(
	    out, bytes->p, bytes->len, g->is_slim || g->want ? &filter : NULL);
	f->n = (uint32_t)out->n - f->first;
	return r == GV_ECORRUPT ? 0 : r;
}

int
gv_depgraph_put(struct gv_depgraph *g, uint32_t i, const void *p, size_t len)
{
	return put(&g->symbols, g, i, &(struct gv_depgraph_bytes){ p, len });
}

/* ---- runs ---------------------------------------------------------------- */

struct run {
	uint32_t from, to; /* files */
	struct gv_symbols symbols;
};

struct gv_depgraph_runs {
	struct gv_depgraph *g;
	const struct gv_depgraph_bytes *all;
	struct run runs[RUNS_MOST];
	int n;
};

static int
put_run(void *ctx, int k)
{
	struct gv_depgraph_runs *p = ctx;
	struct run *run = &p->runs[k];
	uint32_t i;
	int r;

	for (i = run->from; i < run->to; i++)
		if ((r = put(&run->symbols, p->g, i, &p->all[i])) < 0)
			return r;
	gv_symbols_settle(&run->symbols);
	return 0;
}

/* As many bytes for each. */
static void
share_out(struct gv_depgraph_runs *p, int threads)
{
	const uint32_t n_files = p->g->n_files;
	size_t sum = 0, done = 0;
	uint32_t i;
	int k;

	for (i = 0; i < n_files; i++)
		sum += p->all[i].len;
	p->n = threads < RUNS_MOST ? threads : RUNS_MOST;
	while (p->n > 1 && sum / (size_t)p->n < BYTES_LEAST)
		p->n--;
	for (k = 0, i = 0; k < p->n; k++) {
		p->runs[k].from = i;
		while (i < n_files &&
		    (k + 1 == p->n ||
			done < sum / (size_t)p->n * (size_t)(k + 1)))
			done += p->all[i++].len;
		p->runs[k].to = i;
	}
}

int
gv_depgraph_put_all(struct gv_depgraph_runs **out, struct gv_depgraph *g,
    const struct gv_depgraph_bytes *all, int threads)
{
	struct gv_depgraph_runs *p = calloc(1, sizeof(*p));
	int k, r;

	if (p == NULL)
		return gv_err_nomem();
	p->g = g;
	p->all = all;
	for (k = 0; k < RUNS_MOST; k++)
		p->runs[k].symbols = (struct gv_symbols)GV_SYMBOLS_INIT;
	share_out(p, threads);
	if ((r = gv_workers_run(p->n, put_run, p)) < 0)
		gv_depgraph_runs_free(p);
	else
		*out = p;
	return r;
}

int
gv_depgraph_put_end(struct gv_depgraph_runs *p)
{
	struct gv_depgraph *g = p->g;
	uint32_t i, by;
	int k, r;

	g->symbols = p->runs[0].symbols;
	p->runs[0].symbols = (struct gv_symbols)GV_SYMBOLS_INIT;
	for (k = 1; k < p->n; k++) {
		by = (uint32_t)g->symbols.n;
		if ((r = gv_symbols_join(&g->symbols, &p->runs[k].symbols)) < 0)
			return r;
		for (i = p->runs[k].from; i < p->runs[k].to; i++)
			g->files[i].first += by;
	}
	return 0;
}

void
gv_depgraph_runs_free(struct gv_depgraph_runs *p)
{
	int k;

	for (k = 0; p && k < RUNS_MOST; k++)
		gv_symbols_release(&p->runs[k].symbols);
	free(p);
}
