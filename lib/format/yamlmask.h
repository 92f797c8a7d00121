#ifndef GV_YAMLMASK_H
#define GV_YAMLMASK_H
/*
 * What libyaml is shown of a document that may hold secrets, since it takes
 * what memory it likes and wipes none: one byte for each character, each letter
 * and digit an 'a', because all that it is asked for is where nodes begin and
 * end, and signs and blanks show that. "\a" is an escape, as what it
 * stands for is. A digit that says how far a block is indented stays.
 *
 *	r = gv_yamlmask_make(&mask, text, len, &gv_secret_memory);
 *	yaml_parser_set_input_string(&parser, mask.mask, mask.n);
 *	at = gv_yamlmask_place(&mask, event.start_mark.index);
 *	gv_yamlmask_release(&mask);
 */

#include <stddef.h>

struct gv_memory;

struct gv_yamlmask {
	const char *text; /* of the caller's; in UTF-8 */
	size_t len;
	char *mask;
	size_t n;
	size_t index, at; /* a character of the mask, its byte in the text */
	const struct gv_memory *memory;
};

/* Make the mask of a text, in `memory` (NULL: plain). 0 or GV_ENOMEM. */
int gv_yamlmask_make(struct gv_yamlmask *out, const char *text, size_t len,
    const struct gv_memory *memory);

/* The byte of the text that a mark is at, which counts characters; marks are
 * asked for in their order, and one that is not gives the last place. */
size_t gv_yamlmask_place(struct gv_yamlmask *m, size_t index);

/* Free, wiped; zeroed ok. */
void gv_yamlmask_release(struct gv_yamlmask *m);

#endif
