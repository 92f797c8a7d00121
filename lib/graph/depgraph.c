#include "graph/depgraph_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

/*
 * Files and folders. They are ordered folder by folder, the files right in one
 * before those below it, so that all that is below a folder is one run, and
 * what is near to a file in the tree is near to it in the order.
 */

/* ---- texts --------------------------------------------------------------- */

bool
gv_depgraph_equal(struct gv_depgraph_text a, struct gv_depgraph_text b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

bool
gv_depgraph_is(struct gv_depgraph_text text, const char *word)
{
	return text.len == strlen(word) && memcmp(text.p, word, text.len) == 0;
}

bool
gv_depgraph_begins(struct gv_depgraph_text text, const char *word)
{
	const size_t n = strlen(word);

	return text.len >= n && memcmp(text.p, word, n) == 0;
}

bool
gv_depgraph_ends(struct gv_depgraph_text text, const char *word)
{
	const size_t n = strlen(word);

	return text.len >= n && memcmp(text.p + text.len - n, word, n) == 0;
}

bool
gv_depgraph_matches(
    struct gv_depgraph_text pattern, struct gv_depgraph_text text, bool crosses)
{
	size_t p = 0, t = 0, star = SIZE_MAX, from = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.p[p] == '*') {
			star = ++p;
			from = t;
		} else if (p < pattern.len && pattern.p[p] == text.p[t]) {
			p++;
			t++;
		} else if (star != SIZE_MAX &&
		    (crosses || text.p[from] != '/')) {
			/* the last star takes one byte more */
			p = star;
			t = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.p[p] == '*')
		p++;
	return p == pattern.len;
}

static struct gv_depgraph_text
text_of(const struct gv_depgraph *g, const struct gv_symbol_text *text)
{
	return (struct gv_depgraph_text){ gv_symbol_text(&g->symbols, text),
		text->len };
}

struct gv_depgraph_text
gv_depgraph_symbol_name(
    const struct gv_depgraph *g, const struct gv_symbol *symbol)
{
	return text_of(g, &symbol->name);
}

struct gv_depgraph_text
gv_depgraph_symbol_scope(
    const struct gv_depgraph *g, const struct gv_symbol *symbol)
{
	return text_of(g, gv_symbol_scope(&g->symbols, symbol));
}

struct gv_depgraph_text
gv_depgraph_symbol_extra(
    const struct gv_depgraph *g, const struct gv_symbol *symbol)
{
	return text_of(g, gv_symbol_extra(&g->symbols, symbol));
}

struct gv_depgraph_text
gv_depgraph_name(const struct gv_depgraph *g, uint32_t file)
{
	const struct gv_depgraph_file *f = &g->files[file];
	const size_t at = g->folders[f->folder].len;
	const size_t skip = at ? at + 1 : 0;

	return (struct gv_depgraph_text){ f->path + skip, f->len - skip };
}

/* ---- order --------------------------------------------------------------- */

/* Bytes, '/' before all others: a folder, what is below it, its neighbour. */
static int
compare_folders(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const size_t n = a_len < b_len ? a_len : b_len;
	size_t i = 0;
	int x, y;

	while (i < n && a[i] == b[i])
		i++;
	if (i == n)
		return (a_len > b_len) - (a_len < b_len);
	x = a[i] == '/' ? -1 : (unsigned char)a[i];
	y = b[i] == '/' ? -1 : (unsigned char)b[i];
	return x < y ? -1 : 1;
}

static size_t
folder_len(const char *path, size_t len)
{
	const char *slash = memrchr(path, '/', len);

	return slash ? (size_t)(slash - path) : 0;
}

int
gv_depgraph_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const size_t a_dir = folder_len(a, a_len), b_dir = folder_len(b, b_len);
	const int r = compare_folders(a, a_dir, b, b_dir);

	return r ? r
		 : compare_folders(
		       a + a_dir, a_len - a_dir, b + b_dir, b_len - b_dir);
}

static int
compare_files(const void *a, const void *b)
{
	const struct gv_depgraph_file *x = a, *y = b;

	return gv_depgraph_compare(x->path, x->len, y->path, y->len);
}

int
gv_depgraph_add(struct gv_depgraph *g, const char *path, size_t len,
    const char *env, unsigned flags)
{
	const char *copy = gv_arena_copy(&g->arena, path, len);

	if (copy == NULL || len > UINT32_MAX ||
	    g->n_files == GV_DEPGRAPH_NONE ||
	    GV_GROW(g->files, g->n_files, g->cap_files) < 0)
		return gv_err_nomem();
	g->n_files++;
	g->files[g->n_files - 1] = (struct gv_depgraph_file){ .path = copy,
		.len = (uint32_t)len,
		.stack = GV_DEPGRAPH_NONE,
		.given = g->n_files - 1,
		.env = env,
		.dialect = (uint8_t)(flags & GV_DEPGRAPH_LEFT_ALL
			? GV_SYMBOL_DIALECT_NONE
			: gv_symbol_dialect(copy, len)),
		.flags = (uint8_t)flags };
	return 0;
}

static int
add_folder(struct gv_depgraph *g, const char *path, size_t len, uint32_t parent)
{
	if (GV_GROW(g->folders, g->n_folders, g->cap_folders) < 0)
		return gv_err_nomem();
	g->folders[g->n_folders] = (struct gv_depgraph_folder){ .path = path,
		.len = (uint32_t)len,
		.parent = parent,
		.depth = g->n_folders ? g->folders[parent].depth + 1 : 0,
		.chart = g->n_folders ? g->folders[parent].chart
				      : GV_DEPGRAPH_NONE };
	g->n_folders++;
	return 0;
}

static bool
is_below(const char *path, size_t len, const struct gv_depgraph_folder *folder)
{
	return folder->len == 0 ||
	    (len >= folder->len &&
		memcmp(path, folder->path, folder->len) == 0 &&
		(len == folder->len || path[folder->len] == '/'));
}

/* Go from the last folder to the one of the next file. */
static int
enter(uint32_t *at, struct gv_depgraph *g, uint32_t file)
{
	const struct gv_depgraph_file *f = &g->files[file];
	const size_t len = folder_len(f->path, f->len);
	const char *slash;
	size_t end;

	while (!is_below(f->path, len, &g->folders[*at])) {
		g->folders[*at].end = file;
		*at = g->folders[*at].parent;
	}
	while (g->folders[*at].len < len) {
		end = g->folders[*at].len ? g->folders[*at].len + 1 : 0;
		slash = memchr(f->path + end, '/', len - end);
		end = slash ? (size_t)(slash - f->path) : len;
		if (add_folder(g, f->path, end, *at) < 0)
			return GV_ENOMEM;
		*at = g->n_folders - 1;
		g->folders[*at].first = file;
	}
	return 0;
}

static void
drop_doubles(struct gv_depgraph *g)
{
	uint32_t i, n = 0;

	for (i = 0; i < g->n_files; i++) {
		if (n && compare_files(&g->files[n - 1], &g->files[i]) == 0)
			continue;
		g->files[n++] = g->files[i];
	}
	g->n_files = n;
}

int
gv_depgraph_sort(struct gv_depgraph *g)
{
	uint32_t at = 0, i;
	int r;

	if (g->n_files)
		qsort(g->files, g->n_files, sizeof(*g->files), compare_files);
	drop_doubles(g);
	if ((r = add_folder(g, "", 0, 0)) < 0)
		return r;
	for (i = 0; i < g->n_files; i++) {
		if ((r = enter(&at, g, i)) < 0)
			return r;
		g->files[i].folder = at;
		g->folders[at].n++;
		if (g->files[i].dialect == GV_SYMBOL_DIALECT_HELM_CHART)
			g->folders[at].chart = at;
	}
	for (;; at = g->folders[at].parent) {
		g->folders[at].end = g->n_files;
		if (at == 0)
			return 0;
	}
}

int
gv_depgraph_note_files(struct gv_depgraph *g)
{
	uint32_t i, k;

	g->file_of = calloc(g->symbols.n + 1, sizeof(*g->file_of));
	if (g->file_of == NULL)
		return gv_err_nomem();
	for (i = 0; i < g->n_files; i++)
		for (k = 0; k < g->files[i].n; k++)
			g->file_of[g->files[i].first + k] = i;
	return 0;
}

int
gv_depgraph_unsettle(struct gv_depgraph *g)
{
	return g->names ? 0 : gv_depgraph_names_new(&g->names, g);
}

void
gv_depgraph_settle(struct gv_depgraph *g)
{
	gv_depgraph_names_free(g->names);
	gv_depgraph_sops_free(g->sops);
	g->names = NULL;
	g->sops = NULL;
}

void
gv_depgraph_release_links(struct gv_depgraph *g)
{
	gv_depgraph_settle(g);
	if (!g->is_borrowed) {
		gv_symbols_release(&g->symbols);
		free(g->edges);
	}
	g->symbols = (struct gv_symbols)GV_SYMBOLS_INIT;
	g->edges = NULL;
	g->n_edges = 0;
	g->cap_edges = 0;
	free(g->file_of);
	g->file_of = NULL;
	gv_depgraph_index_release(&g->out);
	gv_depgraph_index_release(&g->in);
}

void
gv_depgraph_release(struct gv_depgraph *g)
{
	gv_depgraph_release_links(g);
	gv_arena_release(&g->arena);
	free(g->files);
	free(g->folders);
	memset(g, 0, sizeof(*g));
}

/* ---- finding ------------------------------------------------------------- */

uint32_t
gv_depgraph_find_folder(
    const struct gv_depgraph *g, const char *path, size_t len)
{
	uint32_t low = 0, high = g->n_folders, mid;
	int r;

	while (low < high) {
		mid = low + (high - low) / 2;
		r = compare_folders(
		    path, len, g->folders[mid].path, g->folders[mid].len);
		if (r == 0)
			return mid;
		if (r < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return GV_DEPGRAPH_NONE;
}

uint32_t
gv_depgraph_find_file(const struct gv_depgraph *g, const char *path, size_t len)
{
	const uint32_t folder =
	    gv_depgraph_find_folder(g, path, folder_len(path, len));
	uint32_t low, high, mid;
	int r;

	if (folder == GV_DEPGRAPH_NONE)
		return GV_DEPGRAPH_NONE;
	low = g->folders[folder].first;
	high = low + g->folders[folder].n;
	while (low < high) {
		mid = low + (high - low) / 2;
		r = gv_depgraph_compare(
		    path, len, g->files[mid].path, g->files[mid].len);
		if (r == 0)
			return mid;
		if (r < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return GV_DEPGRAPH_NONE;
}

uint32_t
gv_depgraph_common(const struct gv_depgraph *g, uint32_t a, uint32_t b)
{
	/* a folder's number is higher than that of the one it is in */
	while (a != b) {
		if (a > b)
			a = g->folders[a].parent;
		else
			b = g->folders[b].parent;
	}
	return a;
}

uint32_t
gv_depgraph_file_of(const struct gv_depgraph *g, uint32_t node)
{
	if (gv_depgraph_is_file(g, node))
		return node;
	return gv_depgraph_is_folder(g, node)
	    ? GV_DEPGRAPH_NONE
	    : g->file_of[node - g->n_files - g->n_folders];
}

/* Keys and variables are many, and most stand for themselves: of these only
 * what is referred to, or refers to something, is worth a node. */
static bool
is_detail(uint16_t space)
{
	return space == GV_SYMBOL_SPACE_K8S_KEY ||
	    space == GV_SYMBOL_SPACE_K8S_PORT ||
	    space == GV_SYMBOL_SPACE_HELM_VALUE ||
	    space == GV_SYMBOL_SPACE_ANSIBLE_VAR ||
	    space == GV_SYMBOL_SPACE_ENV_VAR;
}

bool
gv_depgraph_is_node(const struct gv_depgraph *g, uint32_t node)
{
	const struct gv_symbol *s = gv_depgraph_definition(g, node);
	const bool has_edges =
	    gv_depgraph_out(g, node).n || gv_depgraph_in(g, node).n;

	if (s)
		return s->kind == GV_SYMBOL_DEFINITION &&
		    (has_edges || !is_detail(s->word));
	return has_edges || (gv_depgraph_is_file(g, node) && g->files[node].n);
}

/* There may be a million of them to print: nothing to be formatted. */
static void
add_space(struct gv_buf *out, unsigned space)
{
	gv_buf_addstr(out, gv_symbol_spaces[space]);
	gv_buf_addch(out, ':');
}

void
gv_depgraph_add_id(
    struct gv_buf *out, const struct gv_depgraph *g, uint32_t node)
{
	const struct gv_symbol *s = gv_depgraph_definition(g, node);
	const uint32_t file = gv_depgraph_file_of(g, node);

	if (file == GV_DEPGRAPH_NONE) {
		const struct gv_depgraph_folder *f =
		    &g->folders[node - g->n_files];

		gv_buf_add(out, f->len ? f->path : ".", f->len ? f->len : 1);
		return;
	}
	gv_buf_add(out, g->files[file].path, g->files[file].len);
	if (s == NULL)
		return;
	gv_buf_addch(out, '#');
	add_space(out, s->word);
	gv_buf_addstr(out, gv_symbol_text(&g->symbols, &s->name));
}

/* ---- edges --------------------------------------------------------------- */

int
gv_depgraph_add_edge(struct gv_depgraph *g, const struct gv_depgraph_edge *edge)
{
	size_t n = g->n_edges;

	if (n >= GV_DEPGRAPH_NONE || GV_GROW(g->edges, n, g->cap_edges) < 0)
		return gv_err_nomem();
	g->edges[g->n_edges++] = *edge;
	return 0;
}

void
gv_depgraph_add_target(struct gv_buf *out, const struct gv_depgraph *g,
    const struct gv_depgraph_edge *e)
{
	const struct gv_symbol *s;
	const size_t before = out->len;

	if (e->symbol == GV_DEPGRAPH_NONE)
		return;
	s = &g->symbols.items[e->symbol];
	if (s->how == GV_SYMBOL_BY_PATH &&
	    gv_depgraph_join(out, g, gv_depgraph_file_of(g, e->from), s) == 0)
		return;
	gv_buf_truncate(out, before);
	if (s->how == GV_SYMBOL_BY_NAME || s->how == GV_SYMBOL_BY_LABELS)
		add_space(out, s->space);
	else if (s->how != GV_SYMBOL_EXTERNAL &&
	    e->target == GV_DEPGRAPH_EXTERNAL)
		gv_buf_addstr(out, "path:");
	gv_buf_addstr(out, gv_symbol_text(&g->symbols, &s->name));
}
