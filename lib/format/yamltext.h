#ifndef GV_YAMLTEXT_H
#define GV_YAMLTEXT_H
/*
 * A YAML document as JSON, and which bytes of the one which bytes of the other
 * are: for who cuts a document where its values end, and keeps the pieces as
 * they stand. Scalars are texts as they are written, their escapes and folds
 * not read, but for quotes around a whole one and for null. A tag is the
 * beginning of such a text, "!Ref Name", and of a list or map the key of a map
 * around it, {"!If":[…]}. A small document as a tree is yaml.h's.
 *
 *	r = gv_yamltext_read(&y, data, len, &gv_secret_memory);
 *	at = gv_yamltext_at(&y, &next, json_end);
 *	gv_yamltext_release(&y);
 */

#include <stddef.h>

#define GV_YAMLTEXT_MAX       ((size_t)32 * 1024 * 1024)
#define GV_YAMLTEXT_MAX_DEPTH 200

struct gv_memory;

/* What ends at this byte of the JSON ends at that of the text. */
struct gv_yamltext_bound {
	size_t json, text;
};

struct gv_yamltext {
	char *json;
	size_t len, cap;
	struct gv_yamltext_bound *bounds; /* of the outer levels */
	size_t n, cap_bounds;
	size_t size; /* of the text */
	const struct gv_memory *memory;
};

/* Read a document of at most GV_YAMLTEXT_MAX bytes: one, without aliases, whose
 * keys are scalars. What it holds stands in `memory` only (NULL: plain). 0;
 * GV_EREFUSED with a message "line L, column C: " and what is wrong; GV_ENOMEM;
 * *out is to be released after each. */
int gv_yamltext_read(struct gv_yamltext *out, const char *text, size_t len,
    const struct gv_memory *memory);

/* Where in the text that ends which ends at `json`; *next is 0 at the first
 * call, and no call is for what ends before that of the last one. */
size_t gv_yamltext_at(const struct gv_yamltext *y, size_t *next, size_t json);

/* Free, wiped; zeroed ok. */
void gv_yamltext_release(struct gv_yamltext *y);

#endif
