#ifndef CONTENT_JSON_H
#define CONTENT_JSON_H
/*
 * The content of a file as members of a JSON document, a piece at a time: it is
 * read twice, once to learn whether it is text, so that no copy of it is held.
 *
 *	r = gv_content_json(ctx, &(struct gv_content_json_source){ read, &c });
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_ctx;

struct gv_content_json_source {
	/* give all bytes to fn, from the first on; 0 or a failure */
	int (*read)(void *source,
	    int (*fn)(void *ctx, const void *data, size_t len), void *ctx);
	void *source;
	bool is_secret; /* pass the bytes on, keep no copy */
};

/* Write the members "bytes", "content" (null unless all is UTF-8) and, where it
 * is null, "content_base64". 0, or what reading gave; GV_ECANCELED where stdout
 * takes no more. */
int gv_content_json(
    struct gv_ctx *ctx, const struct gv_content_json_source *source);

#endif
