#ifndef GV_SYMBOL_SCRIPT_H
#define GV_SYMBOL_SCRIPT_H
/*
 * The state of reading a script: where its commands run, and what it has made
 * by itself.
 *
 *	gv_symbol_script_file(s, 1, 0, GV_SYMBOL_EDGE_SCRIPT_FILE, 0);
 */

#include "symbol/symbol_shell.h"
#include "symbol/symbol_writer.h"

#define NAMES_MOST  256 /* files that a script makes or asks for */
#define PLACES_MOST 16  /* variables that are folders */
#define NESTED_MOST 16  /* subshells */

/* Where the commands run. */
struct gv_symbol_folder {
	char path[256];
	bool is_unknown;
	bool is_own; /* the path is from the folder of the script */
};

/* A variable that stands for a folder which is known. */
struct gv_symbol_place {
	struct gv_buf name;
	struct gv_symbol_folder folder;
	unsigned flags;
};

struct gv_symbol_commands {
	struct gv_symbol_writer w;
	const struct gv_symbol_script *in;
	struct gv_symbol_shell shell;
	size_t first; /* the word that is the command */
	struct gv_symbol_folder folder, last;
	struct gv_symbol_folder outer[NESTED_MOST];
	size_t depth;
	struct gv_symbol_folder caller;
	size_t braces;             /* that are open in a function */
	bool is_function;          /* one is about to begin */
	bool is_list;              /* the words are those of NAME=( … ) */
	uint64_t made[NAMES_MOST]; /* hashes of names */
	size_t n_made;
	struct gv_symbol_place places[PLACES_MOST];
	size_t n_places;
};

/* A word of the command; "" behind the last one. */
const char *gv_symbol_script_word(const struct gv_symbol_commands *s, size_t i);

/* Whether a text ends like a file that tools read. */
bool gv_symbol_script_ends(const char *p);

/* A name that the script makes, or asks for: it may be missing from here on. */
void gv_symbol_script_made(struct gv_symbol_commands *s, const char *name);

/* NAME=value: where it is a folder, NAME is known from here on. */
void gv_symbol_script_place(struct gv_symbol_commands *s, const char *p);

/* Go to a folder as it is written. Whether it is known. */
bool gv_symbol_script_enter(struct gv_symbol_commands *s, const char *p);

/* Make *folder the one that is `rest` below `base`. */
void gv_symbol_script_join(
    struct gv_symbol_folder *folder, const char *base, const char *rest);

/* Add the file that the word at `i` names, from its byte `at` on, if it is a
 * path that may be in the tree. */
void gv_symbol_script_file(struct gv_symbol_commands *s, size_t i, size_t at,
    enum gv_symbol_edge edge, unsigned flags);

#endif
