#ifndef GV_DEPGRAPH_INTERNAL_H
#define GV_DEPGRAPH_INTERNAL_H
/*
 * What the parts of the graph share: depgraph.c has files and folders,
 * depgraph_names.c finds definitions by name, depgraph_path.c files by path,
 * depgraph_link.c joins them, depgraph_resolve.c finds what a reference means,
 * depgraph_match.c by name,
 * depgraph_default.c the edges that apply by names of files alone.
 */

#include "base/near.h"
#include "graph/depgraph.h"

/* ---- depgraph.c -------------------------------------------------------------
 */

struct gv_depgraph_text {
	const char *p;
	size_t len;
};

/* The last component of a file's path; a symbol's texts. */
struct gv_depgraph_text
gv_depgraph_name(const struct gv_depgraph *g, uint32_t file);
struct gv_depgraph_text gv_depgraph_symbol_name(
    const struct gv_depgraph *g, const struct gv_symbol *symbol);
struct gv_depgraph_text gv_depgraph_symbol_scope(
    const struct gv_depgraph *g, const struct gv_symbol *symbol);
struct gv_depgraph_text gv_depgraph_symbol_extra(
    const struct gv_depgraph *g, const struct gv_symbol *symbol);

bool gv_depgraph_is(struct gv_depgraph_text text, const char *word);
bool gv_depgraph_begins(struct gv_depgraph_text text, const char *word);
bool gv_depgraph_ends(struct gv_depgraph_text text, const char *word);
/* Whether a text is what a pattern says: '*' stands for any bytes, also for '/'
 * where it `crosses`. Time grows with one length times the other at worst. */
bool gv_depgraph_matches(struct gv_depgraph_text pattern,
    struct gv_depgraph_text text, bool crosses);
bool gv_depgraph_equal(struct gv_depgraph_text a, struct gv_depgraph_text b);

/* Add an edge. 0 or GV_ENOMEM. */
int gv_depgraph_add_edge(
    struct gv_depgraph *g, const struct gv_depgraph_edge *edge);

/* Find the file that each symbol is in. 0 or GV_ENOMEM. */
int gv_depgraph_note_files(struct gv_depgraph *g);

/* Order of paths: folder by folder, files of a folder before those below. */
int
gv_depgraph_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* The folder's own part of the path of what is in it: how many folders are
 * above it, and the nearest folder that both are below. */
uint32_t gv_depgraph_depth(const struct gv_depgraph *g, uint32_t folder);
uint32_t
gv_depgraph_common(const struct gv_depgraph *g, uint32_t a, uint32_t b);

/* ---- depgraph_path.c ----------------------------------------------------- */

/* Append a path to a folder's, without ".", ".." and doubled slashes. Whether
 * it stays below the top. */
bool gv_depgraph_append(struct gv_buf *out, const char *p, size_t len);

/* ---- depgraph_index.c ---------------------------------------------------- */

/* Make the indexes of edges, once all are there. 0 or GV_ENOMEM. */
int gv_depgraph_index(struct gv_depgraph *g);
void gv_depgraph_index_release(struct gv_depgraph_index *index);

/* ---- depgraph_slim.c ----------------------------------------------------- */

/* Whose symbols are chosen: those of a file in this folder. */
struct gv_depgraph_choosing {
	const struct gv_depgraph *g;
	uint32_t folder;
};

/* Whether a symbol is needed: a gv_symbol_filter's, with the above. */
bool gv_depgraph_is_needed(void *ctx, const struct gv_symbol_choice *choice);

/* ---- depgraph_want.c ----------------------------------------------------- */

/* What all files together refer to, by name: gathered before the symbols are
 * there, by several threads. It may say of a name that it is referred to where
 * it is not, never the other way round. */
struct gv_depgraph_want;

int gv_depgraph_want_new(
    struct gv_depgraph_want **out, const struct gv_depgraph *g);
void gv_depgraph_want_free(struct gv_depgraph_want *want);

/* Note the references of a file, as gv_symbols_pack() has them. */
void
gv_depgraph_want_add(struct gv_depgraph_want *want, const void *p, size_t len);

/* Whether a definition in a folder may be what is referred to; true for all
 * that is no detail. */
bool gv_depgraph_want_has(const struct gv_depgraph_want *want, uint32_t folder,
    const struct gv_symbol_choice *choice);

/* ---- what a search finds ------------------------------------------------- */

/* Numbers of nodes, no more than GV_DEPGRAPH_MOST. */
struct gv_depgraph_found {
	uint32_t items[GV_DEPGRAPH_MOST];
	uint32_t n;
	bool is_cut;
	bool is_wide;   /* one of these is meant, or several */
	uint8_t target; /* what it is where nothing was found */
};

void gv_depgraph_found_add(struct gv_depgraph_found *found, uint32_t node);

/* ---- depgraph_names.c -------------------------------------------------------
 */

/* Definitions by space and name, and pods by their labels. */
struct gv_depgraph_names;

int gv_depgraph_names_new(
    struct gv_depgraph_names **out, const struct gv_depgraph *g);
void gv_depgraph_names_free(struct gv_depgraph_names *names);

/* Put the names in order now, which the first search by pattern does else: for
 * those that threads share. 0 or GV_ENOMEM. */
int gv_depgraph_names_order(struct gv_depgraph_names *names);

/* The same names, ordered before, for another thread, with a count of its own
 * of what was compared. They borrow from the first ones. */
int gv_depgraph_names_share(
    struct gv_depgraph_names **out, const struct gv_depgraph_names *names);

/* The symbols that define a name, in the order of their files. */
struct gv_depgraph_group {
	const uint32_t *symbols;
	uint32_t n;
};

struct gv_depgraph_group
gv_depgraph_names_get(const struct gv_depgraph_names *names, uint16_t space,
    struct gv_depgraph_text name);

/* The pods that have one label, "app=web". */
struct gv_depgraph_group gv_depgraph_names_label(
    const struct gv_depgraph_names *names, struct gv_depgraph_text label);

/* The names of a space that a pattern matches: fn(ctx, group) of each. */
void gv_depgraph_names_match(struct gv_depgraph_names *names, uint16_t space,
    struct gv_depgraph_text pattern,
    void (*fn)(void *ctx, struct gv_depgraph_group group), void *ctx);

/* The name in a space that is most like this one; len 0: none is. */
struct gv_depgraph_text gv_depgraph_names_near(struct gv_depgraph_names *names,
    uint16_t space, struct gv_depgraph_text name);

/* ---- depgraph_path.c --------------------------------------------------------
 */

/* What a reference BY_PATH or BY_PARENT leads to. */
int gv_depgraph_find_path(struct gv_depgraph_found *found,
    struct gv_depgraph *g, uint32_t file, const struct gv_symbol *ref);

/* The folder that a folder of this kind of edge stands for in full: the file in
 * it that counts, or itself. */
uint32_t
gv_depgraph_entry(const struct gv_depgraph *g, uint32_t folder, uint16_t edge);

/* A path from the top, of a reference BY_PATH: what of it is written. 0;
 * GV_EREFUSED without a message where it leads out of the tree; GV_ENOMEM. */
int gv_depgraph_join(struct gv_buf *out, const struct gv_depgraph *g,
    uint32_t file, const struct gv_symbol *ref);

/* ---- depgraph_sops.c ----------------------------------------------------- */

/* The rule of SOPS for an encrypted file: of the nearest .sops.yaml the first
 * that matches its path. The target is MISSING if none does; NODE if there are
 * no rules, or some that cannot be read. 0 or GV_ENOMEM. */
int gv_depgraph_find_rule(
    struct gv_depgraph_found *found, struct gv_depgraph *g, uint32_t file);

void gv_depgraph_sops_free(struct gv_depgraph_sops *s);

/* ---- depgraph_reach.c -------------------------------------------------------
 */

/* Of the definitions in a group, those that a reference in a file means. */
void
gv_depgraph_reach(struct gv_depgraph_found *found, const struct gv_depgraph *g,
    struct gv_depgraph_group group, uint32_t file, const struct gv_symbol *ref);

/* The nearest of them that no patch defines: what a patch in that file means.
 */
void gv_depgraph_reach_beyond(struct gv_depgraph_found *found,
    const struct gv_depgraph *g, struct gv_depgraph_group group, uint32_t file,
    const struct gv_symbol *ref);

/* ---- depgraph_resolve.c ---------------------------------------------------
 */

/* Add the edges of the references in files from <= i < to. 0 or GV_ENOMEM. */
int gv_depgraph_resolve(struct gv_depgraph *g, uint32_t from, uint32_t to);

/* ---- depgraph_match.c ---------------------------------------------------- */

/* A reference whose target is looked for. */
struct gv_depgraph_joining {
	struct gv_depgraph *g;
	uint32_t file;
	const struct gv_symbol *ref;
	struct gv_depgraph_found found;
	bool is_pattern; /* found by wildcard */
};

/* Find the definitions that a reference BY_NAME means. 0 or GV_ENOMEM. */
int gv_depgraph_match(struct gv_depgraph_joining *j);

/* ---- depgraph_default.c -----------------------------------------------------
 */

/* Add the edges that apply by names of files alone, once all others are there.
 * 0 or GV_ENOMEM. */
int gv_depgraph_defaults(struct gv_depgraph *g);

/* ---- depgraph_assign.c ------------------------------------------------------
 */

/* Whether a file of values lies above stacks and belongs to no other folder:
 * then those that declare a variable share its value. */
bool gv_depgraph_is_shared(const struct gv_depgraph *g, uint32_t file);

/* The definitions of a name below a folder, those of modules left out; and take
 * note of what modules are. */
void
gv_depgraph_below(struct gv_depgraph_found *found, const struct gv_depgraph *g,
    struct gv_depgraph_group group, uint32_t folder);
void gv_depgraph_note_module(
    struct gv_depgraph *g, const struct gv_depgraph_found *found);

/* Find which folders have stacks, once all modules are known. */
void gv_depgraph_note_stacks(struct gv_depgraph *g);

/* The folder of Terraform whose variables a file of values (*.tfvars) assigns:
 * its own, else the one that a script names, else the nearest above that has
 * code; GV_DEPGRAPH_NONE: unknown. */
uint32_t gv_depgraph_assigned(const struct gv_depgraph *g, uint32_t file);

/* Take note of a script that gives values to the code of a folder: terraform
 * apply -var-file. 0 or GV_ENOMEM. */
int gv_depgraph_assign(
    struct gv_depgraph *g, uint32_t file, const struct gv_symbol *ref);

/* The definitions of a name that are right in a folder. */
void gv_depgraph_in_folder(struct gv_depgraph_found *found,
    const struct gv_depgraph *g, struct gv_depgraph_group group,
    uint32_t folder);

/* Begin a search for the name that was meant by one that is not there: one edit
 * may lead to it, two for longer names, three for long ones. */
struct gv_near gv_depgraph_near_to(struct gv_depgraph_text name);

#endif
