#include "graph/depgraph_image.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "compress/deflate.h"
#include "graph/depgraph_internal.h"
#include "worktree/fact.h"

/*
 * In the byte order and the layout of the program that writes it, which is the
 * only one that reads it, since the key names it:
 *	head
 *	a row for each file, zeros up to a multiple of 8
 *	a byte for each folder, likewise
 *	symbols, what few of them have besides, edges: as they are in memory
 *	the text of the symbols
 *	4 bytes		CRC-32 of all before
 * Files and folders are those of the graph that is linked again. The file of
 * each symbol and the indexes of edges are made again: that takes as long as
 * reading them.
 */

#define IS_MODULE  1
#define HAS_STACKS 2

struct gv_depgraph_image_head {
	char magic[GV_CACHE_MAGIC];
	unsigned char key[GV_DEPGRAPH_KEY];
	uint32_t n_files, n_folders, n_edges, cut;
	uint64_t n_symbols, n_more, text_len;
};

struct gv_depgraph_image_row {
	uint32_t stack, n, flags;
};

static size_t
padded(size_t n)
{
	return (n + 7) / 8 * 8;
}

/* ---- written ------------------------------------------------------------- */

static void
fill(struct gv_depgraph_image *out, const struct gv_depgraph *g,
    const unsigned char key[GV_DEPGRAPH_KEY])
{
	uint32_t i;

	memcpy(out->head->magic, GV_FACT_GRAPH_MAGIC, GV_CACHE_MAGIC);
	memcpy(out->head->key, key, GV_DEPGRAPH_KEY);
	out->head->n_files = g->n_files;
	out->head->n_folders = g->n_folders;
	out->head->n_edges = g->n_edges;
	out->head->n_symbols = g->symbols.n;
	out->head->n_more = g->symbols.n_more;
	out->head->text_len = g->symbols.text.len;
	out->head->cut = g->cut;
	for (i = 0; i < g->n_files; i++) {
		const struct gv_depgraph_file *f = &g->files[i];

		out->rows[i] =
		    (struct gv_depgraph_image_row){ f->stack, f->n, f->flags };
	}
	for (i = 0; i < g->n_folders; i++)
		out->folders[i] =
		    (unsigned char)((g->folders[i].is_module ? IS_MODULE : 0) |
			(g->folders[i].has_stacks ? HAS_STACKS : 0));
}

int
gv_depgraph_image_make(struct gv_depgraph_image *out,
    const struct gv_depgraph *g, const unsigned char key[GV_DEPGRAPH_KEY])
{
	const size_t rows = padded(g->n_files * sizeof(*out->rows)),
		     folders = padded(g->n_folders);
	uint32_t sum = 0;
	size_t i;

	*out = (struct gv_depgraph_image){ .head = NULL };
	out->head = calloc(1, sizeof(*out->head));
	out->rows = calloc(rows + 8, 1);
	out->folders = calloc(folders + 1, 1);
	if (!out->head || !out->rows || !out->folders) {
		gv_depgraph_image_release(out);
		return gv_err_nomem();
	}
	fill(out, g, key);
	memcpy(out->parts,
	    (struct gv_cache_part[GV_DEPGRAPH_IMAGE_PARTS]){
		{ out->head, sizeof(*out->head) }, { out->rows, rows },
		{ out->folders, folders },
		{ g->symbols.items, g->symbols.n * sizeof(*g->symbols.items) },
		{ g->symbols.more,
		    g->symbols.n_more * sizeof(*g->symbols.more) },
		{ g->edges, g->n_edges * sizeof(*g->edges) },
		{ g->symbols.text.p, g->symbols.text.len },
		{ out->end, GV_CACHE_SUM } },
	    sizeof(out->parts));
	/* a part of no bytes may be nowhere, with which a sum begins again */
	for (i = 0; i + 1 < GV_DEPGRAPH_IMAGE_PARTS; i++)
		if (out->parts[i].len)
			sum = gv_deflate_crc32(
			    sum, out->parts[i].p, out->parts[i].len);
	for (i = 0; i < GV_CACHE_SUM; i++)
		out->end[i] = (unsigned char)(sum >> (24 - 8 * i));
	return 0;
}

void
gv_depgraph_image_release(struct gv_depgraph_image *image)
{
	free(image->head);
	free(image->rows);
	free(image->folders);
	memset(image, 0, sizeof(*image));
}

/* ---- read ---------------------------------------------------------------- */

struct reading {
	const struct gv_depgraph_image_head *head;
	const struct gv_depgraph_image_row *rows;
	const unsigned char *folders;
	struct gv_symbols symbols; /* borrowed */
	struct gv_depgraph_edge *edges;
};

/* The next part of the bytes, `n` of `size`; NULL: there are fewer. */
static void *
take(const char **at, size_t *left, uint64_t n, size_t size)
{
	const char *p = *at;

	if (n > *left / size || padded(n * size) > *left)
		return NULL;
	*at += padded(n * size);
	*left -= padded(n * size);
	return (void *)(uintptr_t)p;
}

static bool
find_parts(struct reading *in, const void *p, size_t len,
    const unsigned char key[GV_DEPGRAPH_KEY])
{
	const struct gv_depgraph_image_head *head = p;
	const char *at = (const char *)p + sizeof(*head);
	size_t left = len - sizeof(*head) - GV_CACHE_SUM;

	if (len < sizeof(*head) + GV_CACHE_SUM ||
	    memcmp(head->key, key, GV_DEPGRAPH_KEY) != 0 ||
	    !gv_cache_is_sealed(p, len, GV_FACT_GRAPH_MAGIC))
		return false;
	in->head = head;
	in->rows = take(&at, &left, head->n_files, sizeof(*in->rows));
	in->folders = take(&at, &left, head->n_folders, 1);
	in->symbols.n = head->n_symbols;
	in->symbols.items =
	    take(&at, &left, head->n_symbols, sizeof(*in->symbols.items));
	in->symbols.n_more = head->n_more;
	in->symbols.more =
	    take(&at, &left, head->n_more, sizeof(*in->symbols.more));
	in->edges = take(&at, &left, head->n_edges, sizeof(*in->edges));
	in->symbols.text.p = (char *)(uintptr_t)at;
	in->symbols.text.len = head->text_len;
	return in->rows && in->folders && in->symbols.items &&
	    in->symbols.more && in->edges && head->text_len == left &&
	    head->n_symbols < UINT32_MAX / 2;
}

/* Whether each file has its symbols, one behind the other, and no other
 * folder. */
static bool
are_rows(const struct gv_depgraph *g, const struct reading *in)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < g->n_files; i++) {
		sum += in->rows[i].n;
		if (in->rows[i].stack != GV_DEPGRAPH_NONE &&
		    in->rows[i].stack >= g->n_folders)
			return false;
	}
	return sum == in->symbols.n;
}

static bool
are_edges(const struct reading *in)
{
	const uint64_t n_nodes =
	    (uint64_t)in->head->n_files + in->head->n_folders + in->symbols.n;
	uint32_t i;

	for (i = 0; i < in->head->n_edges; i++) {
		const struct gv_depgraph_edge *e = &in->edges[i];
		const bool is_node = e->target == GV_DEPGRAPH_NODE;
		unsigned char is_pattern;

		memcpy(&is_pattern, &e->is_pattern, 1);
		if (e->from >= n_nodes || is_pattern > 1 ||
		    e->target > GV_DEPGRAPH_COMPUTED ||
		    e->kind >= GV_SYMBOL_N_EDGES ||
		    (is_node ? e->to >= n_nodes : e->to != GV_DEPGRAPH_NONE) ||
		    (e->symbol != GV_DEPGRAPH_NONE &&
			e->symbol >= in->symbols.n))
			return false;
	}
	return true;
}

static void
set_files(struct gv_depgraph *g, const struct reading *in)
{
	uint32_t i, first = 0;

	for (i = 0; i < g->n_files; i++) {
		struct gv_depgraph_file *f = &g->files[i];

		f->stack = in->rows[i].stack;
		f->flags = (uint8_t)in->rows[i].flags;
		f->first = first;
		f->n = in->rows[i].n;
		first += f->n;
	}
	for (i = 0; i < g->n_folders; i++) {
		g->folders[i].is_module = in->folders[i] & IS_MODULE;
		g->folders[i].has_stacks = in->folders[i] & HAS_STACKS;
	}
}

int
gv_depgraph_image_read(struct gv_depgraph *g, const void *p, size_t len,
    const unsigned char key[GV_DEPGRAPH_KEY])
{
	struct reading in = { .symbols = GV_SYMBOLS_INIT };
	int r;

	if (!find_parts(&in, p, len, key) || in.head->n_files != g->n_files ||
	    in.head->n_folders != g->n_folders || !are_rows(g, &in) ||
	    !gv_symbols_are_sound(&in.symbols) || !are_edges(&in))
		return GV_ECORRUPT;
	set_files(g, &in);
	g->is_borrowed = true;
	g->symbols = in.symbols;
	g->edges = in.edges;
	g->n_edges = in.head->n_edges;
	g->cut = in.head->cut;
	if ((r = gv_depgraph_note_files(g)) < 0)
		return r;
	return gv_depgraph_index(g);
}
