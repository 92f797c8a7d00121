#ifndef GV_DEPGRAPH_H
#define GV_DEPGRAPH_H
/*
 * What depends on what in a tree of infrastructure code: the symbols of all
 * files (lib/symbol), joined. Nodes are files, folders and what files define;
 * an edge goes from what refers to what is referred to. A pure function of
 * paths and symbols; depgraph_load.h brings those of a repository.
 *
 *	struct gv_depgraph g = GV_DEPGRAPH_INIT;
 *
 *	r = gv_depgraph_add(&g, path, len, "prod", 0);	for each file
 *	r = gv_depgraph_sort(&g);
 *	r = gv_depgraph_put(&g, i, p, len);		for each, in order
 *	r = gv_depgraph_link(&g);
 *	gv_depgraph_release(&g);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "symbol/symbol.h"

#define GV_DEPGRAPH_NONE UINT32_MAX

enum gv_depgraph_file_flag {
	GV_DEPGRAPH_LEFT = 1 << 0, /* there, but no snapshot stores it */
	GV_DEPGRAPH_LEFT_ALL = 1
	    << 1, /* a folder with all below it, likewise */
	GV_DEPGRAPH_TOO_LARGE = 1 << 2, /* not read for its size */
	GV_DEPGRAPH_UNREAD = 1 << 3,    /* it could not be read */
	GV_DEPGRAPH_PATCH = 1 << 4,     /* a kustomization patches with it: what
					   it defines is defined elsewhere */
	GV_DEPGRAPH_LINK = 1 << 5,      /* a symbolic link */
	GV_DEPGRAPH_PRIVATE = 1 << 6,   /* Git does not have it: a snapshot
					   encrypts all of it, and nothing of it
					   is kept here either */
};

struct gv_depgraph_file {
	const char *path; /* in the graph's arena, NUL behind it */
	const char *env;  /* name of its environment, borrowed; NULL: none */
	uint32_t len;
	uint32_t folder; /* its number */
	uint32_t stack;  /* of values: the folder whose code a script gives them
			    to, or NONE */
	uint32_t given;  /* it was added as the given-th, from 0 */
	uint32_t first, n; /* its symbols */
	uint8_t dialect;   /* enum gv_symbol_dialect */
	uint8_t flags;
};

struct gv_depgraph_folder {
	const char *path; /* "" for the top; `len` bytes of it count */
	uint32_t len;
	uint32_t parent;   /* its own number for the top */
	uint32_t depth;    /* folders above it */
	uint32_t chart;    /* the folder of the Helm chart it is in, or NONE */
	uint32_t first, n; /* the files right in it */
	uint32_t end;      /* behind the files in it and below it */
	bool is_module;    /* code of Terraform names it as a module */
	bool has_stacks;   /* code that is no module is in it or below it */
};

enum gv_depgraph_target {
	GV_DEPGRAPH_NODE,     /* `to` */
	GV_DEPGRAPH_EXTERNAL, /* nothing of this tree: "scheme:name" */
	GV_DEPGRAPH_MISSING,  /* nothing has this name */
	GV_DEPGRAPH_COMPUTED, /* a pattern that nothing matches yet */
};

struct gv_depgraph_edge {
	uint32_t from, to; /* nodes; `to` of others is GV_DEPGRAPH_NONE */
	uint32_t symbol;   /* the reference; NONE: it applies by names alone */
	uint16_t kind;     /* enum gv_symbol_edge */
	uint8_t target;    /* enum gv_depgraph_target */
	bool is_pattern;   /* class "pattern", else "sure" */
};

/* Edges by node. Most nodes have none, so that those that have any are counted:
 * a bit for each node, and how many are set before every 64 of them. */
struct gv_depgraph_index {
	uint64_t *bits;
	uint32_t *before;
	uint32_t *at;   /* where the edges of each such node begin, and the end
			   of all */
	uint32_t *list; /* numbers of edges */
};

/* What kustomizations put before names, or behind them. */
struct gv_depgraph_affix {
	struct gv_symbol_text text;
	bool is_suffix;
};

#define GV_DEPGRAPH_AFFIXES 64 /* different ones that count */

struct gv_depgraph {
	struct gv_depgraph_file *files; /* by folder, then name */
	uint32_t n_files;
	struct gv_depgraph_folder *folders; /* a folder before those in it */
	uint32_t n_folders;
	struct gv_symbols symbols;      /* of all files, in their order */
	uint32_t *file_of;              /* by symbol */
	struct gv_depgraph_edge *edges; /* by `from` within a file */
	uint32_t n_edges;
	/* edges by where they begin and where they end, see gv_depgraph_out();
	 * made by gv_depgraph_link() */
	struct gv_depgraph_index out, in;
	uint64_t compared; /* private: paths against patterns */
	uint32_t cut;      /* references with more targets than there may be */
	/* without symbols that no relation needs, and without details that
	 * nothing names: to be set before gv_depgraph_put() */
	bool is_slim;
	struct gv_depgraph_want *want; /* borrowed; NULL: all may be named */
	/* what `symbols` and `edges` point to is another's: depgraph_image.h */
	bool is_borrowed;
	/* private */
	struct gv_depgraph_affix affixes[GV_DEPGRAPH_AFFIXES];
	size_t n_affixes;
	size_t cap_files, cap_folders, cap_edges;
	struct gv_arena arena;
	struct gv_depgraph_names *names;
	struct gv_depgraph_sops *sops;
};

#define GV_DEPGRAPH_INIT                                                       \
	{                                                                      \
		.symbols = GV_SYMBOLS_INIT, .arena = GV_ARENA_INIT             \
	}

/* Targets of one reference; more are left out and counted. */
#define GV_DEPGRAPH_MOST 64

/* Add a file. `env` is borrowed. 0 or GV_ENOMEM. */
int gv_depgraph_add(struct gv_depgraph *g, const char *path, size_t len,
    const char *env, unsigned flags);

/* Whether it is a link that has the symbols of the file that it leads to. */
bool gv_depgraph_is_followed(const struct gv_depgraph_file *file);

/* Order the files, once all are there; a path that is there twice counts once.
 * 0 or GV_ENOMEM. */
int gv_depgraph_sort(struct gv_depgraph *g);

/* Give the i-th file its symbols, as gv_symbols_pack() has them; NULL: none. To
 * be called for all of them in their order. 0, also where the bytes are no
 * symbols (then it has none); GV_ENOMEM. */
int
gv_depgraph_put(struct gv_depgraph *g, uint32_t i, const void *p, size_t len);

/* The same for all of them at once, by several threads: all[i] is of the i-th
 * file, and is not needed any more when gv_depgraph_put_end() makes one of what
 * the threads have. Nothing of it may be in the graph yet. 0 or GV_ENOMEM; the
 * caller frees *out. */
struct gv_depgraph_runs;
struct gv_depgraph_bytes {
	const void *p; /* NULL: none */
	size_t len;
};
int gv_depgraph_put_all(struct gv_depgraph_runs **out, struct gv_depgraph *g,
    const struct gv_depgraph_bytes *all, int threads);
int gv_depgraph_put_end(struct gv_depgraph_runs *runs);
void gv_depgraph_runs_free(struct gv_depgraph_runs *runs);

/* Find what each reference means. 0 or GV_ENOMEM. */
int gv_depgraph_link(struct gv_depgraph *g);

/* Free what only linking and gv_depgraph_add_near() need, once it is linked. */
void gv_depgraph_settle(struct gv_depgraph *g);

/* Make what gv_depgraph_add_near() needs, where it is not there. 0 or
 * GV_ENOMEM. */
int gv_depgraph_unsettle(struct gv_depgraph *g);

/* Free all but the files and folders. */
void gv_depgraph_release_links(struct gv_depgraph *g);

/* Free; zeroed ok. */
void gv_depgraph_release(struct gv_depgraph *g);

/* ---- nodes --------------------------------------------------------------- */

/* Nodes are numbers: those of files come first, then of folders, then of
 * symbols, of which definitions are nodes. */
static inline uint32_t
gv_depgraph_n_nodes(const struct gv_depgraph *g)
{
	return g->n_files + g->n_folders + (uint32_t)g->symbols.n;
}

static inline uint32_t
gv_depgraph_folder_node(const struct gv_depgraph *g, uint32_t folder)
{
	return g->n_files + folder;
}

static inline uint32_t
gv_depgraph_symbol_node(const struct gv_depgraph *g, uint32_t symbol)
{
	return g->n_files + g->n_folders + symbol;
}

static inline bool
gv_depgraph_is_file(const struct gv_depgraph *g, uint32_t node)
{
	return node < g->n_files;
}

static inline bool
gv_depgraph_is_folder(const struct gv_depgraph *g, uint32_t node)
{
	return node >= g->n_files && node < g->n_files + g->n_folders;
}

/* The definition that a node is; NULL: a file or folder. */
static inline const struct gv_symbol *
gv_depgraph_definition(const struct gv_depgraph *g, uint32_t node)
{
	return node < g->n_files + g->n_folders
	    ? NULL
	    : &g->symbols.items[node - g->n_files - g->n_folders];
}

/* The file that a node is or is in; GV_DEPGRAPH_NONE for a folder. */
uint32_t gv_depgraph_file_of(const struct gv_depgraph *g, uint32_t node);

/* Whether the node is one: a definition, a file that has symbols, and what an
 * edge touches. Keys and variables count only with an edge. */
bool gv_depgraph_is_node(const struct gv_depgraph *g, uint32_t node);

/* The file or folder at a path; GV_DEPGRAPH_NONE. `len` has no '/' at the end.
 */
uint32_t gv_depgraph_find_file(
    const struct gv_depgraph *g, const char *path, size_t len);
uint32_t gv_depgraph_find_folder(
    const struct gv_depgraph *g, const char *path, size_t len);

/* Append a node's id: a path, or PATH#SPACE:NAME. */
struct gv_buf;
void gv_depgraph_add_id(
    struct gv_buf *out, const struct gv_depgraph *g, uint32_t node);

/* ---- edges --------------------------------------------------------------- */

/* Numbers of edges. */
struct gv_depgraph_run {
	const uint32_t *items;
	uint32_t n;
};

/* The edges that begin at a node, and those that end there. Borrowed. */
struct gv_depgraph_run
gv_depgraph_out(const struct gv_depgraph *g, uint32_t node);
struct gv_depgraph_run
gv_depgraph_in(const struct gv_depgraph *g, uint32_t node);

/* Append what an edge that leads to no node is about: "scheme:name", a path
 * from the top, or SPACE:NAME. */
void gv_depgraph_add_target(struct gv_buf *out, const struct gv_depgraph *g,
    const struct gv_depgraph_edge *e);

/* Append what is most like a target that is missing: a name of its space, or a
 * path. Nothing where nothing is. */
void gv_depgraph_add_near(struct gv_buf *out, const struct gv_depgraph *g,
    const struct gv_depgraph_edge *e);

/* The line of an edge in the file that its `from` is in; 0: none. */
static inline uint32_t
gv_depgraph_line(const struct gv_depgraph *g, const struct gv_depgraph_edge *e)
{
	return e->symbol == GV_DEPGRAPH_NONE ? 0
					     : g->symbols.items[e->symbol].line;
}

#endif
