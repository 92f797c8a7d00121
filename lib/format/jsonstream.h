#ifndef GV_JSONSTREAM_H
#define GV_JSONSTREAM_H
/*
 * A large JSON document a piece at a time, by a window: the pieces, one behind
 * the other, are its bytes, all of them, and each is cut where a value of the
 * document ends. The caller says which lists and maps are gone into; what is
 * not is one piece, whole, so memory is as the largest of these. Each value is
 * held to jsontext.h's rules before it is given, and no byte is looked at twice
 * but where the window ends.
 *
 *	r = gv_jsonstream_new(&s, &source);
 *	while ((r = gv_jsonstream_next(s, &piece)) > 0) …
 *	gv_jsonstream_free(s);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/jsontext.h"

#define GV_JSONSTREAM_DEPTH 8 /* that can be gone into */

struct gv_jsonstream;
struct gv_memory;

/* A level that was gone into. */
struct gv_jsontext_level {
	const char *key; /* as it stands, without quotes; NULL in a list, and
			    of the outermost value */
	size_t key_len;
	uint64_t index; /* how many values of the level above came before */
	bool is_map;
};

struct gv_jsontext_source {
	/* up to `len` bytes to `data`: how many, 0 at the end, negative on
	 * failure, which ends it */
	int64_t (*read)(void *ctx, void *data, size_t len);
	/* whether to go into the list or map that begins here: the last of
	 * `levels`, of `n`. The outermost is asked for, too; what is deeper
	 * than GV_JSONSTREAM_DEPTH is not. NULL: into none */
	bool (*enter)(
	    void *ctx, const struct gv_jsontext_level *levels, size_t n);
	void *ctx;
	const struct gv_memory *memory; /* of the window; NULL: plain */
	size_t max; /* bytes that a piece may have; 0: 1 GiB */
};

enum gv_jsontext_piece_kind {
	GV_JSONTEXT_PIECE_VALUE, /* a value, its key before it */
	GV_JSONTEXT_PIECE_OPEN,  /* up to the bracket of what was gone into */
	GV_JSONTEXT_PIECE_CLOSE, /* up to the bracket that ends it */
	GV_JSONTEXT_PIECE_END,   /* blanks behind the document; may have no byte
				  */
};

struct gv_jsontext_piece {
	enum gv_jsontext_piece_kind kind;
	const char *text; /* with what stands before it: commas, blanks */
	size_t len;
	uint64_t at; /* offset of `text` in the document */
	/* of VALUE and OPEN: what is in the text. Of a list or map `p` and
	 * `len` are all of it, of OPEN and CLOSE the bracket */
	struct gv_jsontext_token token;
	/* that it stands in; of CLOSE the last is what it closes, of OPEN what
	 * it opens comes behind them */
	const struct gv_jsontext_level *levels;
	size_t n_levels;
};

/* Begin; 0 or GV_ENOMEM. *source is copied, its ctx must last. The window is
 * wiped when it goes; nothing is read before the first call. */
int gv_jsonstream_new(
    struct gv_jsonstream **out, const struct gv_jsontext_source *source);

/* The next piece, which lasts until the next call: 1; 0 at the end;
 * GV_EREFUSED with a message "line L, column C: " and what is wrong; what
 * read() returned; GV_ENOMEM. With one of these *piece tells the bytes from the
 * end of the last piece that the window holds; what source.read would still
 * give comes behind them. Every call after that gives the same. */
int
gv_jsonstream_next(struct gv_jsonstream *s, struct gv_jsontext_piece *piece);

/* The bytes from the beginning of the last piece on that the window holds, for
 * who does not believe it; until the next call. */
const char *gv_jsonstream_held(const struct gv_jsonstream *s, size_t *len);

/* Where a document was refused: the offset, and what is wrong without it; NULL
 * where it was not. */
const char *gv_jsonstream_wrong(const struct gv_jsonstream *s, uint64_t *at);

/* NULL-safe; wipes. */
void gv_jsonstream_free(struct gv_jsonstream *s);

#endif
