#ifndef GV_MAKEUP_H
#define GV_MAKEUP_H
/*
 * What a project is made with, by the names of its files: the language that
 * most of its code is in, and the tools that its marker files are of. No file
 * is read. Pure functions.
 *
 *	gv_makeup_add(&makeup, "main.tf", 7, 1200);
 *	language = gv_makeup_language(&makeup);		"Terraform"
 *	n = gv_makeup_stack(stack, &makeup);		"terraform"
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_MAKEUP_LANGUAGES 80
#define GV_MAKEUP_STACKS    64 /* at most, each a bit */

#define GV_MAKEUP_MARKS 256

/* Zeroed at the beginning. */
struct gv_makeup {
	uint64_t bytes[GV_MAKEUP_LANGUAGES];
	uint64_t stacks; /* which of the tools were seen */
	/* private: names and suffixes of names, taken apart at the first use */
	struct gv_makeup_mark {
		const char *text;
		unsigned char len, of;
		bool is_whole, is_stack;
	} marks[GV_MAKEUP_MARKS];
	size_t n_marks;
};

/* Count a file of a path from the top. What others wrote (vendor,
 * node_modules) and what is generated does not count. */
void
gv_makeup_add(struct gv_makeup *m, const char *path, size_t len, uint64_t size);

/* Whether others wrote a file, or a tool did, as its path says. */
bool gv_makeup_is_foreign(const char *path, size_t len);

/* The language of a file by its name, without the folders; NULL: none is
 * known. Static. */
const char *gv_makeup_language_of(const char *name, size_t len);

/* Whether a file of that name is for people to read: Markdown, Text. */
bool gv_makeup_is_prose(const char *name, size_t len);

/* The i-th language that there is; NULL behind the last. Static. */
const char *gv_makeup_language_at(size_t i);

/* The language with most bytes; data and prose only where there is no code.
 * NULL: none. Static. */
const char *gv_makeup_language(const struct gv_makeup *m);

/* The names of the tools, in alphabetical order; how many there are. Static. */
size_t
gv_makeup_stack(const char *out[GV_MAKEUP_STACKS], const struct gv_makeup *m);

#endif
